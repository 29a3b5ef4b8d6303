"""Damage that knows what it damages: facts, arrays, members, headers; and then the checksum is made right again."""

import gzip
import io
import json
import struct
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from attacks.mutate import mutated
from attacks.specimens import Specimen
from byhand import model
from byhand.runs import checkpoints
from byhand.sealing.sealed import Kind, sealed, unsealed
from byhand.types import Arrays

Random: TypeAlias = np.random.Generator


KINDS: dict[str, Kind] = {
    "model": replace(model._KIND, facts=None),
    "checkpoint": replace(checkpoints._KIND, facts=None),
}
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 10, 255, 256, 2**31, 2**53, 2**63 - 1, 2**64, 10**30, 10**400),
    *(0.0, -0.0, 0.5, 1.5, -1.0, 1e-320, 1e308, float("nan"), float("inf"), float("-inf")),
    *("", "a", "0", "mnist", "relu", "\0", "\x1b[2J", "a\nb", "\u202e", "x" * 200, "../../x", "NaN"),
    *([], {}, [[]], [1, 2, 3], ["a"], {"a": 1}, [None], [{}], [0.5], list(range(300))),
)
WORDS = (
    *("0", "-1", "1", "10", "784", "65536", "99999999999999999999", "1e400", "nan", "inf", "-inf", "''", "'a'", "None"),
    *("(", ")", "[", "]", "{", "}", "=", ",", ".", "'", '"', '"""', "#", "\n", "true", "false", "1979-05-27", "0x7f"),
    *("'<u8'", "'|O'", "'>f4'", "'|S0'", "'<U1'", "(1,)", "()", "(-1,)", "adam", "sgd", "[recipe]", "\0", "é"),
)
SHAPES: tuple[tuple[int, ...], ...] = ((), (0,), (1,), (2, 2), (0, 5), (1, 1, 1, 1), (7850,), (100_000,))
TYPES = ("f4", "f8", "f2", "i8", "i4", "u1", "?", "c8")


def damaged(specimen: Specimen, random: Random) -> bytes:
    """Return a file with some of its bytes changed."""
    return mutated(specimen.content, random)


def resealed(specimen: Specimen, random: Random, folder: Path) -> bytes:
    """Return a file of which what it says is changed, with right lengths and checksums."""
    match specimen.use, specimen.name.rpartition(".")[2]:
        case "model" | "checkpoint", _:
            return _sealed_anew(specimen, random, folder)
        case _, "skops":
            return _told_anew(specimen.content, random)
        case ("recipe", _) | (_, "csv" | "arff" | "txt" | "SHA256SUMS"):
            return _retold(specimen.content, random)
        case "npz", "gz":
            return gzip.compress(_retold(gzip.decompress(specimen.content), random), mtime=0)
        case _, "mat" | "parquet" | "onnx" | "safetensors":
            return mutated(specimen.content, random)
        case "npz", _:
            return _archived_anew(specimen, random)
        case "history", _:
            return _history(specimen.content, random)
        case _, "gz":
            return gzip.compress(_idx(gzip.decompress(specimen.content), random), mtime=0)
        case _:
            return _idx(specimen.content, random)


def _history(content: bytes, random: Random) -> bytes:
    """Return a history that tells something else: mostly what may still be believed, and has to be drawn."""
    facts = json.loads(content)
    for _ in range(int(random.geometric(0.3))):
        told = _pick((facts["recipe"], *facts["epochs"]), random)
        numbers = tuple(value for value in VALUES if isinstance(value, float) and value >= 0)
        told[_pick((*told, "a\nb"), random)] = _pick(VALUES if told is facts["recipe"] else numbers, random)
    return json.dumps(_changed(facts, random) if random.random() < 0.3 else facts).encode()


def _sealed_anew(specimen: Specimen, random: Random, folder: Path) -> bytes:
    """Return a sealed file with other facts or arrays."""
    (folder / specimen.name).write_bytes(specimen.content)
    arrays, facts = unsealed(KINDS[specimen.use], folder / specimen.name)
    told: Any = facts
    changed = dict(arrays)
    for _ in range(int(random.geometric(0.6))):
        if random.random() < 0.7:
            told = _changed(told, random)
        else:
            changed = _rearranged(changed, random)
    if not isinstance(told, dict):
        told = {"all": told}
    return sealed(KINDS[specimen.use], changed, told)


def _changed(value: Any, random: Random) -> Any:  # noqa: ANN401  # any JSON
    """Return JSON with one part changed, somewhere."""
    if isinstance(value, dict | list) and value and random.random() < 0.85:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key, copy = keys[random.integers(len(keys))], value.copy()
        match random.integers(8):
            case 0:
                del copy[key]
            case 1 if isinstance(copy, dict):
                copy[f"{key}?" if random.random() < 0.5 else str(_pick(WORDS, random))] = copy.pop(key)
            case 1 if isinstance(copy, list):
                copy.insert(key, copy[key])
            case 2 if isinstance(copy, dict):
                copy[str(_pick(WORDS, random))] = _pick(VALUES, random)
            case _:
                copy[key] = _changed(copy[key], random)
        return copy
    if isinstance(value, int | float) and random.random() < 0.4:
        return value + _pick((-1, 1, 1000) if isinstance(value, int) else (-1.0, 0.5, 1000.0), random)
    if random.random() < 0.05:
        nested: Any = []
        for _ in range(int(random.choice([5, 25, 200, 900]))):
            nested = [nested] if random.random() < 0.5 else {"a": nested}
        return nested
    return _pick(VALUES, random)


def _rearranged(arrays: Arrays, random: Random) -> dict[str, Any]:
    """Return arrays of which one has another name, type, shape or content."""
    changed: dict[str, Any] = dict(arrays)
    name = _pick(tuple(changed), random) if changed else "theta"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numbers that the other type has not
        _rearrange(changed, name, random)
    return changed


def _rearrange(changed: dict[str, Any], name: str, random: Random) -> None:
    """Give an array another name, type, shape or content."""
    values = np.asarray(changed.get(name, np.zeros(3, np.float32)))
    match random.integers(7):
        case 0:
            changed.pop(name, None)
        case 1:
            changed[_pick(("theta", "mean", "best", "average", "x", "steps", ""), random)] = values
        case 2:
            changed[name] = np.zeros(_pick(SHAPES, random), _pick(TYPES, random))
        case 3:
            changed[name] = values.astype(_pick(TYPES, random))
        case 4:
            changed[name] = values[: random.integers(len(values) + 1)] if values.ndim else values
        case 5:
            changed[name] = values.reshape(1, -1)
        case _:
            filled = np.array(values)
            filled.flat[random.integers(max(filled.size, 1)) :: 3] = _pick((0, 1, 100), random)
            if filled.dtype.kind == "f":
                filled.flat[:1] = _pick((np.nan, np.inf, -np.inf, 3e38, -1, 1e-40), random)
            changed[name] = filled


def _archived_anew(specimen: Specimen, random: Random) -> bytes:
    """Return an archive with one member changed, named otherwise, doubled or left out."""
    with zipfile.ZipFile(io.BytesIO(specimen.content)) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    at = int(random.integers(len(members)))
    name, content = members[at]
    match random.integers(8):
        case 0:
            del members[at]
        case 1:
            members.append((members[int(random.integers(len(members)))][0], content))
        case 2:
            members[at] = (_pick(("../x.npy", "x_train", "/", "a/x_train.npy", "x_train.npy"), random), content)
        case 3 | 4:
            members[at] = (name, mutated(content, random))
        case _:
            head = 10 + int.from_bytes(content[8:10], "little")
            header = _retold(content[10:head], random)
            size = min(len(header), 65_535).to_bytes(2, "little")
            members[at] = (name, content[:8] + size + header + content[head:])
    buffer = io.BytesIO()
    packing = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2)
    with zipfile.ZipFile(buffer, "w", _pick(packing, random)) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are in it twice
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def _told_anew(content: bytes, random: Random) -> bytes:
    """Return a file of skops whose schema tells something else."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            held = old.read(name)
            if name == "schema.json":
                told = json.loads(held)
                for _ in range(int(random.geometric(0.4))):
                    told = _changed(told, random)
                held = json.dumps(told).encode()
            new.writestr(name, held)
    return buffer.getvalue()


def _retold(content: bytes, random: Random) -> bytes:
    """Return a text in which some words are others, or repeated many times."""
    text = content.decode("utf-8", "replace")
    for _ in range(int(random.geometric(0.5))):
        start = int(random.integers(len(text) + 1))
        length, word = int(random.integers(0, 8)), str(_pick(WORDS, random))
        times = 1 if random.random() < 0.9 else int(random.choice([100, 5000, 70_000]))
        text = text[:start] + word * times + text[start + length :]
    return text.encode("utf-8", "replace")


def _idx(content: bytes, random: Random) -> bytes:
    """Return an IDX file with another header, and mostly as long as that says."""
    count = content[3]
    shape = list(struct.unpack(f">{count}I", content[4 : 4 + 4 * count]))
    body = content[4 + 4 * count :]
    for _ in range(int(random.geometric(0.6))):
        at = int(random.integers(len(shape)))
        shape[at] = int(_pick((0, 1, 2, 14, 28, 39, 41, 56, 784, 65_536, 2**31, 2**32 - 1), random))
    wanted = int(np.prod([float(side) for side in shape]))
    if wanted < 2**22 and random.random() < 0.7:
        body = (body * (wanted // max(len(body), 1) + 1))[:wanted]
    elif random.random() < 0.5:
        body = mutated(body, random)
    return content[:4] + struct.pack(f">{count}I", *shape) + body


def _pick(values: tuple[Any, ...], random: Random) -> Any:  # noqa: ANN401  # one of them
    """Return one of some values."""
    return values[int(random.integers(len(values)))]
