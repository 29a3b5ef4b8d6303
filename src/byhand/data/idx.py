"""Read and write IDX, the file format of MNIST: a magic number, the dimensions, then one byte a value.

Format: http://yann.lecun.com/exdb/mnist/ ("the IDX file format"). All numbers are big-endian; only the type 0x08,
unsigned bytes, is read here.
"""

import gzip
import math
import os
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from byhand.errors import ByhandError
from byhand.files import check_promise, opened, words, write_atomically
from byhand.types import Bytes

CHUNK = 2**20  # Bytes that are unpacked at once.


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
    packed, head = path.suffix == ".gz", 4 + 4 * dimensions
    try:
        with opened(path) as file:
            size = os.fstat(file.fileno()).st_size
            shape = _shape(path, _decompress(path, file, head) if packed else file.read(head), dimensions)
            expected = head + math.prod(shape)
            _check_size(path, expected, size, packed=packed)
            file.seek(0)
            payload = _decompress(path, file, expected + 1) if packed else file.read(expected + 1)
    except OSError as error:
        raise ByhandError(f"{path}: cannot be read ({words(error)}). Check the name and the permissions.") from error
    if len(payload) != expected:
        raise _misfit(path, expected, len(payload))
    array = np.frombuffer(payload, np.uint8, offset=head).reshape(shape)
    array.flags.writeable = False
    return array, memoryview(payload)


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


def _shape(path: Path, header: bytes | bytearray, dimensions: int) -> list[int]:
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


def _decompress(path: Path, file: BinaryIO, at_most: int) -> bytearray:
    """Return the first `at_most` bytes of what gzip packed, and check that it is whole if it ends there."""
    unpacker = zlib.decompressobj(wbits=31)  # 31: gzip's header and checksum
    content = bytearray()
    try:
        while len(content) < at_most and not unpacker.eof and (raw := unpacker.unconsumed_tail or file.read(CHUNK)):
            content += unpacker.decompress(raw, at_most - len(content))
    except zlib.error as error:
        raise ByhandError(f"{path}: is not a sound gzip file ({error}). Fetch the file again.") from error
    if len(content) < at_most and not unpacker.eof:
        raise ByhandError(f"{path}: is cut off in the middle of its gzip data. Fetch the file again.")
    if unpacker.eof and (unpacker.unused_data or file.read(1)):
        raise ByhandError(f"{path}: goes on after the end of its gzip data. Fetch the file again.")
    return content
