"""Where a training stands, on disk, so that it can be killed at any moment and go on to the very same bits.

A checkpoint is one safetensors file: the arrays of `progress.State`, and as JSON everything else, with a SHA-256 over
both. The one before it is kept until the next is whole. When the training is over, the last one stays under another
name: a training that is to have more epochs goes on from there.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, NotRequired, TypedDict, cast

from byhand.errors import ByhandError
from byhand.files import as_typed, put, write_atomically
from byhand.learning.progress import Place, State
from byhand.learning.recipe import Recipe
from byhand.learning.states import check_state
from byhand.model import FILE_NAME
from byhand.sealing.facts import BegunFrom, CheckpointFacts
from byhand.sealing.sealed import Kind, sealed, stating, unsealed
from byhand.types import Json

_KIND = Kind("checkpoint", 1, "Go on from another copy, or train anew.", CheckpointFacts, 2**24)
FILE, BEFORE = "checkpoint.safetensors", "checkpoint-before.safetensors"
FINISHED = "finished.safetensors"
LATER: tuple[Literal["test_sha256", "white", "transposed"], ...] = ("test_sha256", "white", "transposed")
_NEXT, _DAMAGED = "checkpoint-next.safetensors", "checkpoint-damaged.safetensors"


class Source(TypedDict):
    """Where the data come from, their name, the fingerprints of all images, and how their pixels are taken."""

    source: str
    name: str
    sha256: str
    test_sha256: NotRequired[str]  # Older checkpoints have none.
    white: NotRequired[int]
    transposed: NotRequired[bool]


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A training that can go on.

    Attributes
    ----------
    recipe
        With its engine named.
    data
        The data it learns from.
    state
        Where it stands.
    history
        The facts of the epochs that are over.
    machine
        What its last bits depend on besides: processor, threads and versions.
    begun_from, begun_at
        Which network it began from, if from any, and where that lay.
    resumed_after
        After how many epochs it was given more of them, where the learning rate has gone on otherwise for that.
    """

    recipe: Recipe
    data: Source
    state: State
    history: Sequence[Mapping[str, Json]]
    machine: Mapping[str, str]
    begun_from: BegunFrom | None = None
    begun_at: str | None = None
    resumed_after: Sequence[int] = ()


def save(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint into a run's folder, and keep the one before it.

    Raises
    ------
    ByhandError
        If it cannot be written; the one before is then still there.
    """
    state = checkpoint.state
    facts: dict[str, Json] = {
        "recipe": checkpoint.recipe.to_dict(),
        **_written(checkpoint.data),
        "place": asdict(state.place),
        "history": cast("list[Json]", list(checkpoint.history)),
        "machine": cast("dict[str, Json]", checkpoint.machine),
    }
    optional: dict[str, Json] = {
        "begun_from": cast("dict[str, Json] | None", checkpoint.begun_from),
        "model": checkpoint.begun_at,
        "resumed_after": list(checkpoint.resumed_after) or None,
    }
    facts |= {name: value for name, value in optional.items() if value is not None}
    write_atomically(folder / _NEXT, sealed(_KIND, state.arrays, facts))
    if (folder / FILE).exists():
        put(folder / FILE, folder / BEFORE)
    put(folder / _NEXT, folder / FILE)


def exists(folder: Path) -> bool:
    """Tell whether a training was stopped in the folder."""
    return any((folder / name).exists() for name in (FILE, BEFORE))


def is_finished(folder: Path) -> bool:
    """Tell whether a training is over in the folder that can have more epochs."""
    return (folder / FINISHED).exists()


def finish(folder: Path) -> None:
    """Keep the last checkpoint of a training that is over for who wants more of it, and remove all others."""
    _remove(folder, _DAMAGED, _NEXT, BEFORE)
    with contextlib.suppress(OSError):  # The training is over all the same.
        put(folder / FILE, folder / FINISHED)


def forget_finished(folder: Path) -> None:
    """Remove what was kept of a training that is over, as another one takes its place."""
    _remove(folder, FINISHED)


def load_finished(folder: Path) -> Checkpoint:
    """Read the last checkpoint of a training that is over.

    Raises
    ------
    ByhandError
        If it is not sound; the message names the file.
    """
    return _read(folder / FINISHED)


def load(folder: Path) -> tuple[Checkpoint, str | None]:
    """Read the newest sound checkpoint of a folder. Nothing in it is ever run. A damaged one is put aside.

    Returns
    -------
    Checkpoint
    str or None
        Why an older one had to be taken, if so.

    Raises
    ------
    ByhandError
        If there is none, or none is sound; the message names the file.
    """
    check_exists(folder)
    found = [folder / name for name in (FILE, BEFORE) if (folder / name).exists()]
    try:
        return _read(found[0]), None
    except ByhandError as error:
        if len(found) == 1:
            raise
        before = _read(found[1])
        put(found[0], folder / _DAMAGED)  # Or the next one saved would make it the one before.
        return before, f"{error} The one before it is taken."


def look(folder: Path, *, newer_than: Path) -> Checkpoint | None:
    """Read the newest sound checkpoint of a folder, and change nothing there; None if a file, where it is, is newer.

    Raises
    ------
    ByhandError
        If there are some, and none is sound; the message names the file.
    """
    written = newer_than.stat().st_mtime_ns if newer_than.exists() else -1
    failed = None
    for path in (folder / FILE, folder / BEFORE):
        try:
            if path.stat().st_mtime_ns > written:
                return _read(path)
        except FileNotFoundError:
            continue  # A training that is under way may just be putting another one in its place.
        except ByhandError as error:
            failed = failed or error
    if failed is not None and written < 0:
        raise failed
    return None


def check_exists(folder: Path) -> None:
    """Refuse a folder in which no training was stopped."""
    if not exists(folder):
        below = [str(path) for path in sorted(folder.glob("seed-*")) if exists(path) or is_finished(path)]
        advice = f" There are some in {', '.join(below)}." if below else ""
        if (folder / FILE_NAME).exists():
            advice = f" byhand train --from {as_typed(folder)} begins a training from its network."
        raise ByhandError(f"{folder}: holds no checkpoint, so there is nothing to go on with.{advice}")


def remove(folder: Path) -> None:
    """Remove the checkpoints of a training, and what a kill has left of one."""
    _remove(folder, _DAMAGED, _NEXT, BEFORE, FILE)


def _remove(folder: Path, *names: str) -> None:
    """Remove files of a folder, and what a kill has left of a checkpoint."""
    for path in [*folder.glob(".checkpoint*"), *(folder / name for name in names)]:
        with contextlib.suppress(OSError):  # Somebody's folder of that name, say: the training is over all the same.
            path.unlink()


def differences(checkpoint: Checkpoint, now: Mapping[str, str]) -> list[str]:
    """Return, in words, what was different about the machine that wrote the checkpoint, and what worked there."""
    now, before = ({"processes": "1", **known} for known in (now, checkpoint.machine))
    return [f"{name} {was}, now {now.get(name)}" for name, was in before.items() if now.get(name) != was]


def _written(data: Source) -> dict[str, Json]:
    """Return the facts of the data as a file has them: those of which an older byhand does not know apart."""
    facts: dict[str, Json] = {"data": {name: data[name] for name in ("source", "name", "sha256")}}
    return facts | {name: data[name] for name in LATER if name in data}


def _read(path: Path) -> Checkpoint:
    """Read one checkpoint file, and refuse it if a training could not go on with it."""
    arrays, known = unsealed(_KIND, path)
    with stating(_KIND, path):
        facts = cast("CheckpointFacts", known)
        state, data = State(Place(**facts["place"]), dict(arrays)), cast("Source", facts["data"])
        data |= cast("Source", {name: facts[name] for name in LATER if name in facts})
        recipe = Recipe(**facts["recipe"])
        check_state(recipe, state)
    history = cast("Sequence[Mapping[str, Json]]", facts["history"])
    begun = facts.get("begun_from"), facts.get("model")
    return Checkpoint(recipe, data, state, history, facts["machine"], *begun, facts.get("resumed_after", []))
