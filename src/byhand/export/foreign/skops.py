"""A file of skops → the attributes of what it holds, as data: no class that it names is looked up, and none called.

Such a file is a zip archive, of `schema.json`, which tells what is what, and of arrays in NumPy's own format; see
https://skops.readthedocs.io/en/stable/persistence.html.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from byhand.data.npz import checked, read_npz
from byhand.errors import ByhandError
from byhand.files import opened, parsing
from byhand.sealing.sealed import read_json
from byhand.types import Json

MOST_SCHEMA = 2**22  # Bytes of it; that of a pipeline with a network takes twenty thousand.
_ADVICE = "Write it again with skops.io.dump, or export it as ONNX."


@dataclass(frozen=True)
class Stored:
    """An object as a file tells of it: the name of its class, and its attributes, as far as they are plain."""

    kind: str
    attributes: Mapping[str, object]

    def __getattr__(self, name: str) -> object:
        try:
            return self.attributes[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(frozen=True)
class _Array:
    """An array that lies in the archive under a name."""

    name: str


def read(path: Path) -> Stored:
    """Return what a file of skops holds.

    Raises
    ------
    ByhandError
        If it is no such file.
    """
    with parsing(path, "is not a sound file of skops", _ADVICE):
        with opened(path) as file, zipfile.ZipFile(checked(file)) as archive, archive.open("schema.json") as member:
            text = member.read(MOST_SCHEMA + 1)
        if len(text) > MOST_SCHEMA:
            raise ValueError(f"schema.json takes more than {MOST_SCHEMA:,} bytes")
        held = _value(read_json(text))
    if not isinstance(held, Stored):
        raise ByhandError(f"{path}: holds no estimator of scikit-learn. {_ADVICE}")
    names = {array.name for array in _arrays(held)}
    arrays = read_npz(path, lambda there: [name for name in there if name in names])
    with parsing(path, "is not a sound file of skops", _ADVICE):
        found = _filled(held, arrays)
    assert isinstance(found, Stored)
    return found


def _value(node: Json) -> object:
    """Return what a part of the schema means; None of what is not plain."""
    if not isinstance(node, dict):
        raise ValueError("its schema is none")
    content = node.get("content")
    match node.get("__loader__"):
        case "JsonNode":
            return json.loads(str(content))
        case "ListNode" | "TupleNode":
            return [_value(each) for each in content]  # type: ignore[union-attr]
        case "DictNode":
            return {name: _value(each) for name, each in content.items()}  # type: ignore[union-attr]
        case "ObjectNode":
            attributes = _value(content) if content is not None else {}
            if not isinstance(attributes, dict):
                raise ValueError("the attributes of an object have no names")
            of_sklearn = str(node.get("__module__")).split(".")[0] == "sklearn"
            return Stored(str(node.get("__class__")) if of_sklearn else "an unknown class", attributes)
        case "NdArrayNode" if node.get("type") == "numpy":
            return _Array(str(node["file"]).removesuffix(".npy"))
    return None


def _arrays(held: object) -> Iterator[_Array]:
    """Yield the arrays that what a network does depends on."""
    if isinstance(held, _Array):
        yield held
    elif isinstance(held, Stored):
        for name, each in held.attributes.items():
            if not name.startswith("_"):  # What was only of use while it learned.
                yield from _arrays(each)
    elif isinstance(held, list):
        for each in held:
            yield from _arrays(each)


def _filled(held: object, arrays: Mapping[str, NDArray[np.generic]]) -> object:
    """Return the same with the arrays themselves."""
    if isinstance(held, _Array):
        return arrays.get(held.name)
    if isinstance(held, Stored):
        return Stored(held.kind, {name: _filled(each, arrays) for name, each in held.attributes.items()})
    return [_filled(each, arrays) for each in held] if isinstance(held, list) else held
