"""What a search came to: a table, the best recipe as a file that `byhand train` takes, and everything as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from byhand.files import write_atomically
from byhand.judging.evaluation import wilson_interval
from byhand.learning import recipe_files
from byhand.learning.recipe import Recipe
from byhand.runs.sweeps.spaces import Space, as_text
from byhand.runs.sweeps.trials import Outcome, Trial
from byhand.types import Json

BEST_FILE, RESULT_FILE, SPACE_FILE = "best.toml", "sweep.json", "space.toml"


def ranked(trials: Sequence[Trial]) -> list[Trial]:
    """Return the trials that were learned to their end, the best first; of equals the one that was tried first."""
    complete = [trial for trial in trials if trial.state == "complete"]
    return sorted(complete, key=lambda trial: (-outcome(trial)["right"], trial.number))


def outcome(trial: Trial) -> Outcome:
    """Return what a trial that is over came to."""
    assert trial.outcome is not None
    return trial.outcome


def accuracy(trial: Trial, space: Space) -> float | None:
    """Return the share of the validation images that a trial read right; None if it has none to be compared."""
    return outcome(trial)["right"] / space.base.validation if trial.state in ("complete", "stopped") else None


def interval(trial: Trial, space: Space) -> tuple[float, float]:
    """Return the 95 % interval of its accuracy."""
    return wilson_interval(outcome(trial)["right"], space.base.validation)


def as_good(trials: Sequence[Trial], space: Space) -> int:
    """Return how many trials besides the best one lie within its interval."""
    best, *others = ranked(trials)
    least = interval(best, space)[0]
    return sum(outcome(trial)["right"] / space.base.validation >= least for trial in others)


def best_recipe(trial: Trial, space: Space) -> Recipe:
    """Return the recipe of a trial as one would train by it: from all images, unless the space sets some aside."""
    recipe = space.recipe(trial.chosen)
    keeps = "validation" in space.content.said or recipe.patience is not None
    return recipe if keeps else replace(recipe, validation=0)


def facts(trial: Trial, space: Space) -> dict[str, Json]:
    """Return a trial that is over as JSON can hold it; what has no accuracy has None."""
    known = accuracy(trial, space)
    chosen = {name: as_text(value) if isinstance(value, tuple) else value for name, value in trial.chosen.items()}
    came = cast("dict[str, Json]", outcome(trial))
    return {
        "trial": trial.number,
        "state": trial.state,
        "accuracy": known,
        "interval": None if known is None else list(interval(trial, space)),
        "chosen": cast("dict[str, Json]", chosen),
        **{name: value for name, value in came.items() if name != "right"},
    }


def summary(trials: Sequence[Trial], space: Space, importance: Mapping[str, float]) -> dict[str, Json]:
    """Return what all trials came to, as JSON can hold it."""
    best = ranked(trials)
    states = [trial.state for trial in trials]
    return {
        "best": best[0].number if best else None,
        "accuracy": accuracy(best[0], space) if best else None,
        "interval": list(interval(best[0], space)) if best else None,
        "validation": space.base.validation,
        "trials": len(trials),
        **{state: states.count(state) for state in ("complete", "stopped", "diverged", "failed")},
        "seconds": round(sum(outcome(trial)["seconds"] for trial in trials if trial.outcome), 3),
        "importance": importance,
    }


def save_space(folder: Path, space: Space) -> None:
    """Write the space into the folder of its search, so that it can be taken up from there."""
    import tomli_w

    content = space.content
    more = {name: value for name, value in (("data", content.data), ("from", content.model)) if value is not None}
    write_atomically(folder / SPACE_FILE, tomli_w.dumps({**space.facts, **more}).encode())


def save(folder: Path, trials: Sequence[Trial], space: Space, importance: Mapping[str, float]) -> None:
    """Write every trial, and the best recipe if there is one, into the folder of a search."""
    over = [trial for trial in trials if trial.outcome is not None]
    told = {
        **summary(over, space, importance),
        "space": space.to_dict(),
        "runs": [{**facts(trial, space), "accuracies": list(trial.accuracies)} for trial in over],
    }
    write_atomically(folder / RESULT_FILE, json.dumps(told, indent=1, allow_nan=False).encode())
    if best := ranked(over)[:1]:
        low, high = interval(best[0], space)
        about = (
            f"The best of {len(over)} trials of a sweep: it read {100 * (accuracy(best[0], space) or 0):.2f} % of "
            f"{space.base.validation:,} validation images ({100 * low:.2f} to {100 * high:.2f} %)."
        )
        content = replace(space.content, recipe=best_recipe(best[0], space), about=about)
        recipe_files.write(folder / BEST_FILE, content)
