"""Write files so that a crash leaves the old file or the new one, never half of either; and know a damaged one.

A sealed file is a safetensors file: arrays, and as JSON in its metadata the facts about them, with a SHA-256 over both.
Reading one never runs code.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from byhand.errors import ByhandError

if TYPE_CHECKING:
    from byhand.types import Arrays, Json

_KEY = "byhand"  # of the facts in the metadata
# What is raised where facts, read from JSON, are not as they should be.
FACTS_ERRORS = (KeyError, TypeError, ValueError, AttributeError, RecursionError)


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the file at `path` by `content` in one step.

    Raises
    ------
    ByhandError
        If the file cannot be written; what stood at `path` before is then still there.
    """
    temporary = path.parent / f".{path.name}.{os.urandom(4).hex()}"
    try:
        try:
            # 0o666 less what the process's umask takes away: the permissions of any new file.
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ByhandError(
            f"{path}: cannot be written ({error.strerror or error}). Free some space or choose another folder."
        ) from error


@dataclass(frozen=True)
class Kind:
    """A kind of sealed file.

    Attributes
    ----------
    name
        What it is called in messages.
    format
        Its number; a file of another one is refused.
    advice
        What to do if one is damaged.
    seals_shapes
        Whether its checksum covers names, types and shapes of the arrays; else only their numbers.
    arrays
        The names of the arrays, where they are always the same.
    """

    name: str
    format: int
    advice: str
    seals_shapes: bool = True
    arrays: tuple[str, ...] | None = None


def sealed(kind: Kind, arrays: "Arrays", facts: "Mapping[str, Json]") -> bytes:
    """Return the content of a sealed file. Equal arrays and facts give equal bytes."""
    from safetensors.numpy import save

    facts = {**facts, "format": kind.format}
    text = json.dumps({"sha256": _digest(kind, arrays, facts), **facts}, sort_keys=True)
    return save(dict(arrays), metadata={_KEY: text})


def unsealed(kind: Kind, path: Path) -> "tuple[Arrays, dict[str, Json]]":
    """Return arrays and facts of a sealed file.

    Raises
    ------
    ByhandError
        If it cannot be read, is damaged, not of byhand, of another format, or was changed; the message names it.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            text = (file.metadata() or {}).get(_KEY)
            if text is None or (kind.arrays is not None and tuple(file.keys()) != kind.arrays):
                raise ByhandError(f"{path}: is a safetensors file, but not one that byhand wrote.")
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        facts = json.loads(text)
        digest = facts.pop("sha256")
        if facts["format"] != kind.format:
            raise ByhandError(f"{path}: was written by another version of byhand; use that one.")
        if digest != _digest(kind, arrays, facts):
            raise ByhandError(f"{path}: was changed after it was written: its checksum differs. {kind.advice}")
    except (OSError, SafetensorError) as error:
        raise ByhandError(f"{path}: is not a sound {kind.name} ({error}). {kind.advice}") from error
    except FACTS_ERRORS as error:
        raise misstated(kind, path, error) from error
    del facts["format"]
    return arrays, facts


def misstated(kind: Kind, path: Path, error: Exception) -> ByhandError:
    """Return the error for facts that are not as they should be."""
    return ByhandError(f"{path}: its metadata lack or misstate something ({error}). {kind.advice}")


def _digest(kind: Kind, arrays: "Arrays", facts: "Mapping[str, Json]") -> str:
    """Return the SHA-256 of everything that a file says."""
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(arrays):
        values = arrays[name].astype(arrays[name].dtype.newbyteorder("<"), order="C", copy=False)
        if kind.seals_shapes:
            digest.update(f"{name} {values.dtype.str} {values.shape}".encode())
        digest.update(values.data)
    return digest.hexdigest()
