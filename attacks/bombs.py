"""Small files that promise, or hold, far more than their size: each must be refused in little time and memory."""

import gzip
import io
import json
import struct
import zipfile
from collections.abc import Iterator

import numpy as np
from safetensors.numpy import save

from attacks.specimens import Specimen
from byhand.runs import checkpoints

MANY = 2**23  # Bytes of what is told at too great length.
IMAGES = "train-images-idx3-ubyte"
TOLD = "{'descr': %s, 'fortran_order': False, 'shape': %s}"
# Texts that a parser of Python's literals may choke on.
STRANGE = (
    *("-" * 9000 + "1", "not " * 2000 + "1", "(" * 9000, "[" * 90 + "]" * 90, "{1:" * 3000, "a" + ".a" * 4000),
    *("1" + "+1" * 4000, "9" * 9000, "9**9**9", "'" * 3, "lambda:" * 1000 + "1", "f'{" * 300, "()", "(-1, -1)"),
)


def bombs() -> Iterator[Specimen]:
    """Yield files of every kind that would take too much."""
    yield from _sealed()
    yield from _archives()
    yield from _recipes()
    for promised, held in ((6 * 10**9, 10**7), (10**8, 10**8), (10**4, 10**8), (2**96, 0)):
        sides = (promised // 784 % 2**32, 28, 28) if promised < 2**64 else (2**32 - 1,) * 3
        content = struct.pack(">4I", 0x0803, *sides) + bytes(held)
        yield Specimen("data", f"{IMAGES}.gz", gzip.compress(content, mtime=0))
        yield Specimen("data", IMAGES, content[:1000])
    yield Specimen("data", "classes.txt", b"a\n" * (MANY // 2))
    yield Specimen("data", "SHA256SUMS", b"\0\n*\n" * 200_000)
    yield Specimen("data", f"{IMAGES}.gz", gzip.compress(b"", mtime=0) * 100_000)


def _sealed() -> Iterator[Specimen]:
    """Yield models and checkpoints with headers that promise too much, or tell too much."""
    theta = {"theta": np.zeros(12, np.float32)}
    for details in ("[]," * (MANY // 3) + "[]", "[" * MANY, '"' + "a" * MANY + '"', "9" * MANY):
        text = f'{{"sha256": "0", "format": 1, "details": {{"x": [{details}]}}}}'
        for use, name in (("model", "model.safetensors"), ("checkpoint", checkpoints.FILE)):
            yield Specimen(use, name, save(theta, metadata={"byhand": text}))
    empty = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    beyond = {"dtype": "F32", "shape": [2**62, 4], "data_offsets": [0, 0]}
    for header in ({f"t{k}": empty for k in range(100_000)}, {"theta": beyond}):
        text = json.dumps({"__metadata__": {"byhand": "{}"}, **header})
        for use, name in (("model", "model.safetensors"), ("checkpoint", checkpoints.FILE)):
            yield Specimen(use, name, struct.pack("<Q", len(text)) + text.encode())
            yield Specimen(use, name, struct.pack("<Q", 2**63) + text.encode())


def _archives() -> Iterator[Specimen]:
    """Yield archives whose arrays have strange headers, promise too much, or are packed too well."""
    headers = [*STRANGE, *(TOLD % ("'|u1'", strange) for strange in STRANGE), *(TOLD % (s, "(1,)") for s in STRANGE)]
    headers += [TOLD % ("'|u1'", f"({10**12},)"), TOLD % ("'<U2000000'", "(9,)"), TOLD % ("'(1000000000,)u1'", "(1,)")]
    for header in headers:
        yield _archive(b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode())
    yield _archive(b"\x93NUMPY\2\0" + struct.pack("<I", 2**31) + b" " * 10**7)
    for packing in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        header = TOLD % ("'|u1'", "(60000, 28, 28)")
        yield _archive(
            b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode() + bytes(60_000 * 784), packing
        )


def _archive(content: bytes, packing: int = zipfile.ZIP_DEFLATED) -> Specimen:
    """Return an archive every array of which is the same."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name in ("x_train", "y_train", "x_test", "y_test", "classes"):
            archive.writestr(f"{name}.npy", content)
    return Specimen("npz", "data.npz", buffer.getvalue())


def _recipes() -> Iterator[Specimen]:
    """Yield recipes that are nested, long or absurd."""
    texts = (
        *("a." * 8000 + "a = 1", "[" + "a." * 8000 + "a]", "[recipe]\n" + "a." * 8000 + "a = 1", "a." * MANY),
        *("recipe = " + "{a = " * 3000, "x = " + "[" * 16_000, "\n".join(f"[a{k}.b.c]" for k in range(1500))),
        *("\n".join("[" + ".".join("a" * k) + "]" for k in range(1, 120)), "[[recipe]]\n" * 1400, "'''" + "\n" * MANY),
        *("[recipe]\nlayers = [" + "10000000," * 99 + "]", "[recipe]\nlayers = [" + "1," * 7000 + "]"),
        *(f"[recipe]\nepochs = {'9' * 4000}", f"[recipe]\nepochs = {'9' * 9000}", f"[recipe]\nseed = 0x{'f' * 9000}"),
        "[recipe]\nbatch_size = 1000000000\noptimizer = 'adam'\nlimit = 1000000000\nwarmup = 0.999999",
        "[recipe]\nrotation = 180\nscale = 0.99999\nshear = 1\nshift = 100\nelastic = 100\nlearning_rate = 1e30",
        "[recipe]\nlearning_rate = 1e-320\noptimizer = 'adamw'\nweight_decay = 1e9\naverage = 0.9999999999",
    )
    for text in texts:
        yield Specimen("recipe", "run.toml", text.encode())
