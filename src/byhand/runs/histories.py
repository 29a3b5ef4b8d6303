"""The histories that trainings left in their folders, also those that are under way, and what tells them apart."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

from byhand.errors import ByhandError
from byhand.files import kind_of, meant, parsing, read_file
from byhand.judging.curves import Course, Curve
from byhand.labels import printable
from byhand.learning.recipe import Recipe
from byhand.runs import checkpoints
from byhand.runs.run_folder import HISTORY_FILE, course_of
from byhand.sealing.facts import EpochFacts, HistoryFacts
from byhand.sealing.schema import check
from byhand.sealing.sealed import read_json
from byhand.types import Json

MOST_BYTES = 2**24  # of a history: 50,000 epochs take half
MOST_NAMED = 4  # choices that a name tells
LONGEST = 40  # characters of a folder's name or of a choice
_BESIDE = ("seed", "engine")  # change a run by chance, or not at all


@dataclass(frozen=True, eq=False)
class Run:
    """What a training has left in its folder, or what one that is under way has left so far."""

    folder: Path
    recipe: Mapping[str, Json]
    data: str
    course: Course
    is_over: bool


Group: TypeAlias = Sequence[Run]  # one, or several that differ by their seed alone


def find_curves(paths: Sequence[Path]) -> tuple[list[Curve], list[str]]:
    """Read the histories of runs.

    Parameters
    ----------
    paths
        Folders of runs; of seeds, which are one curve; or of such folders, as `runs` is.

    Returns
    -------
    list of Curve
        Named by what tells them apart.
    list of str
        Why runs within a folder that was named are left out.

    Raises
    ------
    ByhandError
        If a path is none of that, a run's history cannot be read, or nothing is in it yet.
    """
    groups, left_out = [], []
    seen: set[Path] = set()
    for path in paths:
        for folders in _folders(path):
            read = []
            for folder in folders:
                if (resolved := folder.resolve()) in seen:
                    continue
                seen.add(resolved)
                try:
                    read.append(_read(folder))
                except ByhandError as error:
                    if folder == path:
                        raise
                    left_out.append(str(error))
            groups += [read] if read else []
    if not groups:
        raise ByhandError(left_out[0])
    return [
        Curve(name, [run.course for run in group]) for name, group in zip(_names(groups), groups, strict=True)
    ], left_out


def _folders(path: Path) -> Iterator[list[Path]]:
    """Yield the folders of the runs that a path means, those of seeds together."""
    if kind_of(path) == "file":
        raise ByhandError(f"{path}: is a file. Name the folder of a run.")
    if kind_of(path) != "folder":
        raise ByhandError(f"{path}: there is no such folder.{meant(path)} `byhand train` makes one.")
    found = _runs_in(path) or [group for below in sorted(path.iterdir(), key=_in_order) for group in _runs_in(below)]
    if not found:
        raise ByhandError(f"{path}: holds no run, or one whose first epoch is not over. Name the folder of a training.")
    yield from found


def _runs_in(folder: Path) -> list[list[Path]]:
    """Return a folder if it is a run's, or those of its seeds."""
    if _is_run(folder):
        return [[folder]]
    seeds = [path for path in sorted(folder.glob("seed-*"), key=_in_order) if _is_run(path)]
    return [seeds] if seeds else []


def _is_run(folder: Path) -> bool:
    """Tell whether a training has left something in a folder."""
    return kind_of(folder / HISTORY_FILE) == "file" or checkpoints.exists(folder)


def _in_order(path: Path) -> list[tuple[int, str]]:
    """Return by what to sort paths: mnist-9 stands before mnist-10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name)]


def _read(folder: Path) -> Run:
    """Read the history of a run: its checkpoint's where that is newer than the file, as the training goes on."""
    history = folder / HISTORY_FILE
    if (checkpoint := checkpoints.look(folder, newer_than=history)) is not None:
        recipe, data, over = checkpoint.recipe.to_dict(), checkpoint.data["name"], False
        rows = cast("Sequence[EpochFacts]", checkpoint.history)
    else:
        with parsing(history, "is not a sound history", "Name another run."):
            facts = read_json(read_file(history, MOST_BYTES))
            check(HistoryFacts, facts)
            told = cast("HistoryFacts", facts)
            recipe, rows, over = told["recipe"], told["epochs"], "test" in facts
        data = told.get("data", {}).get("name") or ""
    if not rows:
        raise ByhandError(f"{folder}: no epoch of this training is over yet.")
    return Run(folder, recipe, data, course_of(rows), over)


def _names(groups: Sequence[Group]) -> list[str]:
    """Return for each group what tells it from the others: choices of its recipe first, then its folder."""
    first = [group[0] for group in groups]
    folders = [(run.folder.parent if len(group) > 1 else run.folder) for group, run in zip(groups, first, strict=True)]
    short = [_shown(folder.resolve().name) for folder in folders]
    known = {**{name: None for run in first for name in run.recipe}, **Recipe().to_dict()}
    choices = [_choices(run, known) for run in first]
    telling = _telling(first, choices)
    names = []
    for group, folder, name, chosen in zip(groups, folders, short, choices, strict=True):
        place = name if short.count(name) == 1 else _shown(str(folder))
        said = [chosen[field] for field in telling[:MOST_NAMED]] + (["…"] if len(telling) > MOST_NAMED else [])
        notes = [place] * bool(said) + [f"{len(group)} seeds and their mean"] * (len(group) > 1)
        done, planned = len(group[0].course.losses), group[0].recipe.get("epochs")
        if not all(run.is_over for run in group):
            notes.append(f"{done} of {_shown(str(planned))} epochs" if len(group) == 1 else "not all over")
        names.append((", ".join(said) or place) + (f" ({', '.join(notes)})" if notes else ""))
    return names


def _shown(text: str) -> str:
    """Return a text in one line that is not too long: its end tells it from its neighbours."""
    return printable(text if len(text) <= LONGEST else f"…{text[1 - LONGEST :]}")


def _telling(runs: Sequence[Run], choices: Sequence[Mapping[str, str]]) -> list[str]:
    """Return which choices tell runs apart, what a picture shows by itself last; the seed where nothing else does."""
    differ = [name for name in choices[0] if len({one[name] for one in choices}) > 1]
    if all(map(_has_usual_rate, runs)):
        differ = [name for name in differ if name != "learning_rate"]
    telling = [name for name in differ if name not in _BESIDE] or [name for name in differ if name == "seed"]
    return sorted(telling, key=lambda name: name == "epochs")


def _has_usual_rate(run: Run) -> bool:
    """Tell whether a run's learning rate follows from its other choices."""
    try:
        usual = Recipe(**{**run.recipe, "learning_rate": None}).default_rate  # type: ignore[arg-type]
    except (ByhandError, TypeError):  # A newer byhand may know choices that this one does not.
        return False
    return usual == run.recipe.get("learning_rate")


def _choices(run: Run, known: Mapping[str, Json]) -> dict[str, str]:
    """Return the data and every choice of a run's recipe in words; what its byhand did not know is as always."""
    recipe = {**known, **run.recipe}
    words = {name: _shown(_in_words(name.replace("_", " "), value)) for name, value in recipe.items()}
    return {"data": _shown(run.data), **words}


def _in_words(name: str, value: Json) -> str:
    """Return a choice in words."""
    match value:
        case None:
            return f"no {name}"
        case list():
            return f"{name} {'-'.join(map(str, value)) or 'none'}"
        case dict():
            return f"{name} {','.join(f'{key}={part}' for key, part in value.items())}"
        case float():
            return f"{name} {value:.4g}"
        case _:
            return f"{name} {value}"
