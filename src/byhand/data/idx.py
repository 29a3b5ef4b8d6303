"""Read and write IDX, the file format of MNIST: a magic number, the dimensions, then the values.

Format: http://yann.lecun.com/exdb/mnist/ ("the IDX file format"). All numbers are big-endian.
"""

import gzip
import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from byhand.data.disk.stored import CannotStay, Stored
from byhand.data.disk.unpacking import unpacked
from byhand.errors import ByhandError
from byhand.files import MOST_BYTES, check_promise, write_atomically, written
from byhand.types import Bytes

CHUNK = 2**22  # Bytes that are read at once.
# The third byte of the magic number.
TYPES: dict[int, np.dtype[Any]] = {
    8: np.dtype("u1"),
    9: np.dtype("i1"),
    11: np.dtype(">i2"),
    12: np.dtype(">i4"),
    13: np.dtype(">f4"),
    14: np.dtype(">f8"),
}


def is_idx(beginning: bytes) -> bool:
    """Tell whether a file that begins so may be IDX."""
    return beginning[:2] == b"\0\0" and len(beginning) > 4 and beginning[2] in TYPES and 1 <= beginning[3] <= 3


def read_idx(path: Path, dimensions: int) -> tuple[NDArray[np.generic], memoryview]:
    """Read an IDX file, plain or packed by gzip, whatever its name ends in.

    Parameters
    ----------
    path
        The file.
    dimensions
        How many dimensions it must have: 1 for labels, 3 for images.

    Returns
    -------
    array
        Read-only, of the type and dimensions in the header; MNIST's are uint8.
    payload
        The whole uncompressed file, for a checksum.

    Raises
    ------
    ByhandError
        If the file is missing, empty, cut off, too long, not soundly packed, or not IDX with that many dimensions. No
        memory is set aside for what a header merely promises.
    """
    head = 4 + 4 * dimensions
    with unpacked(path) as (file, size, packed):
        header = file.read(head)
        if path.suffix == ".gz" and not packed and header[:2] != b"\0\0":
            raise ByhandError(f"{path}: is not a sound gzip file. Fetch the file again.")
        kind, shape = _described(path, header, dimensions)
        expected = head + math.prod(shape) * kind.itemsize
        _check_size(path, expected, size, packed=packed)
        file.seek(0)
        payload = bytearray()
        while len(payload) <= expected and (some := file.read(min(CHUNK, expected + 1 - len(payload)))):
            payload += some
    if len(payload) != expected:
        raise _misfit(path, expected, len(payload))
    array = np.frombuffer(payload, kind, offset=head).reshape(shape)
    array.flags.writeable = False
    return array, memoryview(payload)


def find_idx(path: Path) -> Stored:
    """Return the images in an IDX file that stay there.

    Raises
    ------
    ByhandError
        If the file is missing, empty, cut off, too long, or not IDX in three dimensions.
    CannotStay
        If it is packed, or of other values than bytes.
    """
    with unpacked(path) as (file, size, packed):
        if packed:
            raise CannotStay(f"{path}: is packed by gzip, so it cannot be mapped. Unpack it.")
        kind, shape = _described(path, file.read(16), 3)
        if size != (expected := 16 + math.prod(shape) * kind.itemsize):
            raise _misfit(path, expected, size)
        if kind != np.uint8:
            raise CannotStay(f"{path}: its pixels are {kind.name}, so it cannot be mapped; that takes bytes.")
        return Stored.of(path, file, 16, (shape[0], shape[1], shape[2]))


def _check_size(path: Path, expected: int, size: int, *, packed: bool) -> None:
    """Refuse a file of `size` bytes that cannot hold what its header promises, before any of it is read."""
    if not packed and size != expected:
        raise _misfit(path, expected, size)
    try:
        check_promise(expected, size if packed else expected)
    except ValueError as error:
        raise ByhandError(f"{path}: the header promises {expected:,} bytes; {error}.") from error


def _misfit(path: Path, expected: int, found: int) -> ByhandError:
    """Return the error for a file that does not end where its header says."""
    fault = "is cut off" if found < expected else "goes on after its end"
    return ByhandError(
        f"{path}: {fault}: the header promises {expected:,} bytes, there are "
        f"{'more' if found > expected else f'{found:,}'}. Fetch the file again."
    )


def _described(path: Path, header: bytes, dimensions: int) -> tuple[np.dtype[np.generic], list[int]]:
    """Return the type and the shape that a header tells, or refuse it."""
    if len(header) < 4 + 4 * dimensions:
        raise ByhandError(
            f"{path}: {len(header)} bytes are too few for an IDX header of {4 + 4 * dimensions}. Fetch the file again."
        )
    magic, *shape = struct.unpack(f">{dimensions + 1}I", header)
    if magic & 0xFF != dimensions or magic >> 8 not in TYPES:
        raise ByhandError(
            f"{path}: starts with the magic number 0x{magic:08x} instead of 0x{0x0800 + dimensions:08x}: not an IDX "
            f"file in {dimensions} dimension(s). Check that images and labels are not swapped."
        )
    # NumPy has no array of vast sides, though it be empty.
    if 0 in shape and math.prod(side or 1 for side in shape) > MOST_BYTES:
        raise ByhandError(
            f"{path}: the header promises {' × '.join(f'{side:,}' for side in shape)} values; at most "
            f"{MOST_BYTES:,} are read."
        )
    return TYPES[magic >> 8], shape


def write_idx(path: Path, array: Bytes) -> None:
    """Write `array`, uint8 of any shape, as an IDX file, gzip-compressed if the name ends in `.gz`.

    Raises
    ------
    ByhandError
        If the array is not uint8, or the file cannot be written (an older one is then still there).
    """
    if array.dtype != np.uint8 or not 1 <= array.ndim <= 255:
        raise ByhandError(f"{path}: only uint8 arrays can be written as IDX here, not {array.dtype} {array.shape}.")
    content = _header(array.shape) + array.tobytes()
    write_atomically(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


@contextmanager
def written_idx(path: Path, shape: tuple[int, ...]) -> Iterator[BinaryIO]:
    """Yield what takes the bytes of an array of some shape, which become an IDX file when all are there.

    Raises
    ------
    ByhandError
        As `write_idx`.
    """
    with written(path) as file:
        file.write(_header(shape))
        yield file


def _header(shape: tuple[int, ...]) -> bytes:
    """Return what stands before the bytes of an array of some shape."""
    return struct.pack(f">{len(shape) + 1}I", 0x0800 + len(shape), *shape)
