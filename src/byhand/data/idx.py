"""Read and write IDX, the file format of MNIST: a magic number, the dimensions, then one byte a value.

Format: http://yann.lecun.com/exdb/mnist/ ("the IDX file format"). All numbers are big-endian; only the type 0x08,
unsigned bytes, is read here.
"""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from byhand.errors import ByhandError
from byhand.files import write_atomically
from byhand.types import Bytes


def read_idx(path: Path, dimensions: int) -> tuple[Bytes, memoryview]:
    """Read an IDX file, plain or gzip-compressed (`.gz`).

    Parameters
    ----------
    path
        The file.
    dimensions
        How many dimensions it must have: 1 for labels, 3 for images.

    Returns
    -------
    array
        uint8, read-only, of the dimensions in the header.
    payload
        The whole uncompressed file, for a checksum.

    Raises
    ------
    ByhandError
        If the file is missing, empty, cut off, too long, not gzip where it says so, or not IDX of unsigned bytes with
        that many dimensions. No memory is set aside for what a header merely promises.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ByhandError(f"{path}: cannot be read ({error.strerror}). Check the name and the permissions.") from error
    head = 4 + 4 * dimensions
    shape = _shape(path, _decompress(path, raw, head) if path.suffix == ".gz" else raw[:head], dimensions)
    expected = head + math.prod(shape)
    payload = _decompress(path, raw, expected + 1) if path.suffix == ".gz" else raw
    if len(payload) != expected:
        fault = "is cut off" if len(payload) < expected else "goes on after its end"
        raise ByhandError(
            f"{path}: {fault}: the header promises {expected:,} bytes, there are "
            f"{'more' if len(payload) > expected else f'{len(payload):,}'}. Fetch the file again."
        )
    return np.frombuffer(payload, np.uint8, offset=head).reshape(shape), memoryview(payload)


def _shape(path: Path, header: bytes, dimensions: int) -> list[int]:
    """Return the shape that a header tells, or refuse it."""
    if len(header) < 4 + 4 * dimensions:
        raise ByhandError(
            f"{path}: {len(header)} bytes are too few for an IDX header of {4 + 4 * dimensions}. Fetch the file again."
        )
    magic, *shape = struct.unpack(f">{dimensions + 1}I", header)
    if magic != 0x0800 + dimensions:
        raise ByhandError(
            f"{path}: starts with the magic number 0x{magic:08x} instead of 0x{0x0800 + dimensions:08x}: not an IDX "
            f"file of unsigned bytes in {dimensions} dimension(s). Check that images and labels are not swapped."
        )
    return shape


def write_idx(path: Path, array: Bytes) -> None:
    """Write `array`, uint8 of any shape, as an IDX file, gzip-compressed if the name ends in `.gz`.

    Raises
    ------
    ByhandError
        If the array is not uint8, or the file cannot be written (an older one is then still there).
    """
    if array.dtype != np.uint8 or not 1 <= array.ndim <= 255:
        raise ByhandError(f"{path}: only uint8 arrays can be written as IDX here, not {array.dtype} {array.shape}.")
    content = struct.pack(f">{array.ndim + 1}I", 0x0800 + array.ndim, *array.shape) + array.tobytes()
    write_atomically(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def _decompress(path: Path, raw: bytes, at_most: int) -> bytes:
    """Return the first `at_most` bytes of what gzip packed, and check that it is whole if it ends there."""
    unpacker = zlib.decompressobj(wbits=31)  # 31: gzip's header and checksum
    try:
        content = unpacker.decompress(raw, at_most)
    except zlib.error as error:
        raise ByhandError(f"{path}: is not a sound gzip file ({error}). Fetch the file again.") from error
    if len(content) < at_most and not unpacker.eof:
        raise ByhandError(f"{path}: is cut off in the middle of its gzip data. Fetch the file again.")
    if unpacker.unused_data:
        raise ByhandError(f"{path}: goes on after the end of its gzip data. Fetch the file again.")
    return content
