"""Networks of other tools, sound, dangerous and far too large, and what is done with each."""

import io
import json
import pickle
import zipfile
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

import byhand
from attacks.specimens import Specimen, Trap
from byhand.export import onnx
from byhand.export.foreign.estimators import from_sklearn
from byhand.export.foreign.onnx_files import from_onnx
from byhand.export.foreign.states import from_torch
from byhand.network import layers

USE = "foreign"
SIZES = (9, 4, 3)
MANY = 2**22  # Bytes of what takes much more in memory.


def sound(folder: Path) -> list[Specimen]:
    """Make a network as each tool writes it; as ONNX where the library for that is installed."""
    theta = np.random.default_rng(0).normal(0, 1, 55).astype(np.float32)
    model = byhand.Model(SIZES, "relu", theta, ("a", "b", "c"), (3, 3))
    cut = layers(model.theta, SIZES)
    named = {f"l{k}.{name}": part for k, (w, b) in enumerate(cut) for name, part in (("weight", w.T), ("bias", b))}
    made = [
        Specimen(USE, "x.skops", skops([w for w, _ in cut], [b for _, b in cut])),
        Specimen(USE, "x.safetensors", save({name: np.ascontiguousarray(part) for name, part in named.items()})),
    ]
    if find_spec("onnx"):
        onnx.write(model, folder / "x.onnx")
        made.append(Specimen(USE, "x.onnx", (folder / "x.onnx").read_bytes()))
    return made


def skops(coefs: list[NDArray[np.float32]], intercepts: list[NDArray[np.float32]]) -> bytes:
    """Return a classifier as skops writes it."""
    buffer, arrays = io.BytesIO(), [*coefs, *intercepts, np.array(["a", "b", "c"])]
    stored = [{"__loader__": "NdArrayNode", "type": "numpy", "file": f"{k}.npy"} for k in range(len(arrays))]
    plain = {"activation": "relu", "n_features_in_": SIZES[0], "out_activation_": "softmax"}
    content = {
        **{name: {"__loader__": "JsonNode", "content": json.dumps(value)} for name, value in plain.items()},
        "coefs_": {"__loader__": "ListNode", "content": stored[: len(coefs)]},
        "intercepts_": {"__loader__": "ListNode", "content": stored[len(coefs) : -1]},
        "classes_": stored[-1],
    }
    attributes = {"__loader__": "DictNode", "content": content}
    schema = {"__class__": "MLPClassifier", "__module__": "sklearn", "__loader__": "ObjectNode", "content": attributes}
    with zipfile.ZipFile(buffer, "w") as archive:
        for k, array in enumerate(arrays):
            held = io.BytesIO()
            np.save(held, array)
            archive.writestr(f"{k}.npy", held.getvalue())
        archive.writestr("schema.json", json.dumps(schema))
    return buffer.getvalue()


def traps(canary: Path) -> Iterator[Specimen]:
    """Yield files that would write the canary if anything in them was run."""
    trap = pickle.dumps(Trap(canary))
    for name in ("x.skops", "x.pt", "x.onnx"):
        yield Specimen(USE, name, trap)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x/data.pkl", trap)
        archive.writestr("x/version", "3\n")
    yield Specimen(USE, "x.pt", buffer.getvalue())


def bombs() -> Iterator[Specimen]:
    """Yield files of few bytes that would take many."""
    for content in (_field(7, _field(1, b"") * (MANY // 2)), _field(7, _field(5, _field(9, b"")) * (MANY // 4))):
        yield Specimen(USE, "x.onnx", content)
    for schema in (b"[" * 2**26, b'{"a":' * 2**20, b" " * 2**26):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("schema.json", schema)
        yield Specimen(USE, "x.skops", buffer.getvalue())
    thin = [np.ones((9, 1), np.float32), *[np.ones((1, 30_000), np.float32), np.ones((30_000, 1), np.float32)] * 200]
    yield Specimen(USE, "x.skops", skops(thin, [np.zeros(w.shape[1], np.float32) for w in thin]))
    yield Specimen(USE, "x.safetensors", save({f"t{k}": np.zeros((1, 1), np.float32) for k in range(50_000)}))


def _field(number: int, content: bytes) -> bytes:
    """Return a field of a message as Protocol Buffers have it."""
    length, size = b"", len(content)
    while size > 127:
        length, size = length + bytes([size & 127 | 128]), size >> 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content


def use(path: Path) -> str:
    """Make a model of a file, let it read, and write it."""
    read: Mapping[str, Callable[[], byhand.Model]] = {
        ".onnx": lambda: from_onnx(path),
        ".skops": lambda: from_sklearn(path),
        ".safetensors": lambda: from_torch(path, activation="relu"),
        ".pt": lambda: from_torch(path, activation="relu"),
    }
    model = read[path.suffix]()
    with np.errstate(all="ignore"):
        model.predict(np.full((2, *model.image_shape), 255, np.uint8))
    (path.parent / "made").write_bytes(model.to_bytes())
    if byhand.Model.load(path.parent / "made").to_bytes() != model.to_bytes():
        raise AssertionError("what is written is not what was made")
    return repr(model)
