"""Where a training stands, on disk, so that it can be killed at any moment and go on to the very same bits.

A checkpoint is one safetensors file: the arrays of `training.State`, and as JSON everything else, with a SHA-256 over
both. The one before it is kept until the next is whole.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, cast

import numpy as np
from numpy.typing import NDArray

from byhand import machine
from byhand.errors import ByhandError
from byhand.files import write_atomically
from byhand.model import Json
from byhand.recipes import Recipe
from byhand.training import PLACE, State

FORMAT = 1
FILE, BEFORE = "checkpoint.safetensors", "checkpoint-before.safetensors"
_NEXT, _DAMAGED = "checkpoint-next.safetensors", "checkpoint-damaged.safetensors"


class Source(TypedDict):
    """Where the data come from, their name, and the fingerprint of all training images."""

    source: str
    name: str
    sha256: str


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
    """

    recipe: Recipe
    data: Source
    state: State
    history: Sequence[Mapping[str, Json]]
    machine: Mapping[str, str]


def save(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint into a run's folder, and keep the one before it.

    Raises
    ------
    ByhandError
        If it cannot be written; the one before is then still there.
    """
    from safetensors.numpy import save as packed

    state = checkpoint.state
    place = {name: getattr(state, name) for name in PLACE}
    facts: dict[str, Json] = {
        "format": FORMAT,
        "recipe": checkpoint.recipe.to_dict(),
        "data": cast("dict[str, Json]", checkpoint.data),
        "place": place,
        "history": cast("list[Json]", list(checkpoint.history)),
        "machine": cast("dict[str, Json]", checkpoint.machine),
    }
    text = json.dumps({"sha256": _digest(facts, state.arrays), **facts}, sort_keys=True)
    write_atomically(folder / _NEXT, packed(state.arrays, metadata={"byhand": text}))
    if (folder / FILE).exists():
        (folder / FILE).replace(folder / BEFORE)
    (folder / _NEXT).replace(folder / FILE)


def exists(folder: Path) -> bool:
    """Tell whether a training was stopped in the folder."""
    return any((folder / name).exists() for name in (FILE, BEFORE))


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
    found = [folder / name for name in (FILE, BEFORE) if (folder / name).exists()]
    if not found:
        below = [str(path) for path in sorted(folder.glob("seed-*")) if exists(path)]
        advice = f" There are some in {', '.join(below)}." if below else ""
        raise ByhandError(f"{folder}: holds no checkpoint, so there is nothing to go on with.{advice}")
    try:
        return _read(found[0]), None
    except ByhandError as error:
        if len(found) == 1:
            raise
        before = _read(found[1])
        found[0].replace(folder / _DAMAGED)  # Or the next one saved would make it the one before.
        return before, f"{error} The one before it is taken."


def remove(folder: Path) -> None:
    """Remove the checkpoints of a training that is over, and what a kill has left of one."""
    for path in [*folder.glob(".checkpoint*"), *(folder / name for name in (_DAMAGED, _NEXT, BEFORE, FILE))]:
        path.unlink(missing_ok=True)


def differences(checkpoint: Checkpoint) -> list[str]:
    """Return, in words, what was different about the machine that wrote the checkpoint."""
    now = machine.facts()
    return [f"{name} {was}, now {now.get(name)}" for name, was in checkpoint.machine.items() if now.get(name) != was]


def _read(path: Path) -> Checkpoint:
    """Read one checkpoint file."""
    from safetensors import SafetensorError, safe_open

    advice = "Go on from another copy, or train anew."
    try:
        with safe_open(path, framework="numpy") as file:
            facts = json.loads((file.metadata() or {})["byhand"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        digest = facts.pop("sha256")
        if digest != _digest(facts, arrays):
            raise ByhandError(f"{path}: was changed after it was written: its checksum differs. {advice}")
        if facts["format"] != FORMAT:
            raise ByhandError(f"{path}: was written by another version of byhand; go on with that one.")
        state = State(arrays=arrays, **facts["place"])
        return Checkpoint(Recipe(**facts["recipe"]), facts["data"], state, facts["history"], facts["machine"])
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ByhandError(f"{path}: is not a sound checkpoint ({error}). {advice}") from error


def _digest(facts: Mapping[str, Json], arrays: Mapping[str, NDArray[np.generic]]) -> str:
    """Return the SHA-256 of everything a checkpoint says."""
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()
