"""How the command line tells of a search: a line for every trial, and a table of the best in the end."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from byhand.commands.console import duration, table
from byhand.runs.sweeps import results
from byhand.runs.sweeps.spaces import as_text

if TYPE_CHECKING:
    from byhand.runs.sweeps.spaces import Space
    from byhand.runs.sweeps.trials import Trial

SHOWN = 10  # trials of the table


def beginning(space: "Space", most: int, over: int) -> str:
    """Return what is going to be searched as lines of text."""
    what = "; ".join(f"{name} {allowed}" for name, allowed in space.searched.items())
    sets = "trains" if over == 0 else f"goes on, {over:,} of {most:,} trials being over, and trains"
    epochs = f"{space.longest} epoch{'s' * (space.longest > 1)} at most"
    return (
        f"searches {what}\n{sets} {epochs}, {most:,} trials in all; {space.base.validation:,} "
        "training images are set aside to judge by, and no test image is read"
    )


def trial_line(trial: "Trial", space: "Space", most: int) -> str:
    """Return what a trial came to as a line of text."""
    came = results.outcome(trial)
    chosen = ", ".join(f"{name} {_short(value)}" for name, value in trial.chosen.items())
    return f"trial {trial.number:{len(str(most))}}   {_result(trial, space)}   {came['seconds']:.1f} s   {chosen}"


def _result(trial: "Trial", space: "Space") -> str:
    """Return in words how a trial did."""
    came = results.outcome(trial)
    percent = f"{100 * (results.accuracy(trial, space) or 0):.2f} %"
    same = f" (the same as trial {came['same_as']})" if "same_as" in came else ""
    match trial.state:
        case "complete":
            return percent + same
        case "stopped":
            return f"{percent}, ended after epoch {came['epochs']}" + same
    return f"{trial.state}: {came['said']}" + same


def best_table(trials: "Sequence[Trial]", space: "Space") -> str:
    """Return the best trials as a table, with the intervals of their accuracies."""
    rows = []
    for trial in results.ranked(trials)[:SHOWN]:
        low, high = results.interval(trial, space)
        percent = f"{100 * (results.accuracy(trial, space) or 0):.2f} %"
        values = (_short(trial.chosen[name]) for name in space.searched)
        rows.append((f"{trial.number}", percent, f"{100 * low:.2f} to {100 * high:.2f} %", *values))
    return table(("trial", "read right", "95 % interval", *space.searched), rows)


def ending(trials: "Sequence[Trial]", space: "Space") -> str:
    """Return what all trials came to in a sentence or two."""
    states = [trial.state for trial in trials]
    early, bad = states.count("stopped"), states.count("diverged") + states.count("failed")
    seconds = sum(results.outcome(trial)["seconds"] for trial in trials)
    told = [f"{len(trials):,} trials, {duration(seconds)} of learning in all"]
    told += [f"{early:,} ended early"] if early else []
    told += [f"{bad:,} diverged or failed"] if bad else []
    text = f"{'; '.join(told)}."
    if others := results.as_good(trials, space):
        text += (
            f" {others:,} other{'s lie' if others > 1 else ' lies'} within the interval of the best one: which of them "
            "is the best, these images do not tell."
        )
    return text


def _short(value: object) -> str:
    """Return a value in few characters."""
    return f"{value:.3g}" if isinstance(value, float) else as_text(value)
