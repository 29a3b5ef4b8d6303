"""Sealed files: safetensors files with arrays, and as JSON the facts about them, with a SHA-256 over both.

Reading one never runs code. A right checksum says that a file is as it was written, not that it is sound: see `facts`.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from byhand.errors import ByhandError
from byhand.files import opened, parsing, words
from byhand.sealing.schema import check

if TYPE_CHECKING:
    from byhand.types import Arrays, Json

_KEY = "byhand"  # of the facts in the metadata
MOST_HEADER = 100_000_000  # Bytes of a header, as the format has it.
ROOM = 2**12  # Bytes of a header for all but the facts.


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
    facts
        The type of its facts; see `facts`. None is for who wants to write what could not be read.
    most
        Bytes of its header, which holds the facts.
    seals_shapes
        Whether its checksum covers names, types and shapes of the arrays; else only their numbers.
    arrays
        The names of the arrays, where they are always the same.
    """

    name: str
    format: int
    advice: str
    facts: type | None
    most: int
    seals_shapes: bool = True
    arrays: tuple[str, ...] | None = None


def sealed(kind: Kind, arrays: "Arrays", facts: "Mapping[str, Json]") -> bytes:
    """Return the content of a sealed file. Equal arrays and facts give equal bytes."""
    from safetensors.numpy import save

    facts = {**facts, "format": kind.format}
    text = json.dumps({"sha256": _digest(kind, arrays, facts), **facts}, sort_keys=True)
    return save(dict(arrays), metadata={_KEY: text})


def is_sealed(start: bytes) -> bool:
    """Tell whether a file that starts so, with nine bytes or more, is a safetensors file, of byhand or not."""
    return start[8:9] == b"{" and 2 <= int.from_bytes(start[:8], "little") <= MOST_HEADER


def readable(kind: Kind, facts: "Mapping[str, Json]") -> "Mapping[str, Json]":
    """Return facts, unless with them a file could be written, but not be read again.

    Raises
    ------
    ByhandError
        With the first fault.
    """
    try:
        text = json.dumps(facts)
        _check_facts(kind, read_json(text))
        if len(json.dumps(text)) > kind.most - ROOM:
            raise ValueError(f"it tells more than {kind.most:,} bytes")
    except (TypeError, ValueError, RecursionError) as error:
        raise ByhandError(f"the {kind.name} could not be read again ({words(error)}).") from error
    return facts


def unsealed(kind: Kind, path: Path) -> "tuple[Arrays, dict[str, Json]]":
    """Return arrays and facts of a sealed file.

    Raises
    ------
    ByhandError
        If it cannot be read, is damaged, not of byhand, of another format, or was changed; the message names it.
    """
    from safetensors import safe_open

    with parsing(path, f"is not a sound {kind.name}", kind.advice):
        with opened(path) as opening:
            start = opening.read(9)
        if not is_sealed(start):
            raise ValueError("it does not begin as one does, so it may be something else")
        if int.from_bytes(start[:8], "little") > kind.most:
            raise ValueError(f"its header is larger than {kind.most:,} bytes")
        with safe_open(path, framework="numpy") as file:
            text = (file.metadata() or {}).get(_KEY)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if text is not None:
        with stating(kind, path):
            facts = read_json(text)
        if "sha256" in facts and kind.facts is not None and facts.keys().isdisjoint(kind.facts.__annotations__):
            raise ByhandError(f"{path}: is one of byhand's files, but no {kind.name}.")
    if text is None or (kind.arrays is not None and tuple(arrays) != kind.arrays):
        raise ByhandError(f"{path}: is a safetensors file, but not one that byhand wrote as a {kind.name}.")
    with stating(kind, path):
        claimed, written = facts.pop("sha256"), facts["format"]
        found = _digest(kind, arrays, facts)
        del facts["format"]
    if written != kind.format:
        raise ByhandError(f"{path}: was written by another version of byhand; use that one.")
    if claimed != found:
        raise ByhandError(f"{path}: was changed after it was written: its checksum differs. {kind.advice}")
    with stating(kind, path):
        _check_facts(kind, facts)
    return arrays, facts


def _check_facts(kind: Kind, facts: "dict[str, Json]") -> None:
    """Refuse facts that are not of the kind's type."""
    if kind.facts is not None:
        check(kind.facts, facts)


def stating(kind: Kind, path: Path) -> AbstractContextManager[None]:
    """Say of whatever is raised within that the file's facts are not as they should be."""
    return parsing(path, "its metadata lack or misstate something", kind.advice)


def read_json(text: str | bytes) -> "dict[str, Json]":
    """Return a JSON object, as strictly as other readers take it: no key twice, and numbers that are finite."""
    facts = json.loads(text, object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_float)
    if not isinstance(facts, dict):
        raise ValueError("it is no object")
    return facts


def _object(pairs: "list[tuple[str, Json]]") -> "dict[str, Json]":
    """Return an object of JSON, with every key once."""
    named = dict(pairs)
    if len(named) < len(pairs):
        raise ValueError("a key stands there twice")
    return named


def _integer(text: str) -> int:
    """Return a whole number of 64 bits."""
    if len(text) > 20 or not -(2**63) <= (number := int(text)) < 2**63:
        raise ValueError("a number is far too large")
    return number


def _float(text: str) -> float:
    """Return a finite number."""
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text[:20]} is no finite number")
    return number


def _digest(kind: Kind, arrays: "Arrays", facts: "Mapping[str, Json]") -> str:
    """Return the SHA-256 of everything that a file says."""
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(arrays):
        values = arrays[name].astype(arrays[name].dtype.newbyteorder("<"), order="C", copy=False)
        if kind.seals_shapes:
            digest.update(f"{name} {values.dtype.str} {values.shape}".encode())
        digest.update(values.data)
    return digest.hexdigest()
