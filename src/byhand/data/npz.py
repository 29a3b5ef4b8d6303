"""Read the arrays of an .npz file: a zip archive of arrays in NumPy's own format, packed or not.

NumPy's own reader believes what a header promises. Here every size is compared with the archive before memory is set
aside, only numbers and texts are taken, never a pickle, and what is not asked for is not looked at.
"""

import math
import os
import sys
import warnings
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from byhand.data.disk.stored import CannotStay, Stored
from byhand.files import check_promise, opened, parsing

KINDS = "biufUS"  # of numbers and texts
MOST_DIRECTORY = 2**20  # Bytes of an archive's list of what is in it; some thousand names.
CHUNK = 2**20  # Bytes that are unpacked at once.
_END = b"PK\5\6"  # of the record at the end of an archive
_END_SIZE, _MOST_COMMENT = 22, 2**16


def read_npz(path: Path, choose: Callable[[list[str]], Sequence[str]]) -> dict[str, NDArray[np.generic]]:
    """Return those arrays that are chosen among the names that there are.

    Raises
    ------
    ByhandError
        If the file is not sound, or promises more than is read.
    """
    with (
        parsing(path, "is not a sound .npz file", "Fetch or write it again."),
        opened(path) as file,
        zipfile.ZipFile(checked(file)) as archive,
    ):
        listed = archive.infolist()
        there = [info.filename.removesuffix(".npy") for info in listed if info.filename.endswith(".npy")]
        names = choose(list(dict.fromkeys(there)))
        found = {name: [info for info in listed if info.filename == f"{name}.npy"] for name in names}
        if twice := [name for name, infos in found.items() if len(infos) > 1]:
            raise ValueError(f"{twice[0]} is in it twice")
        chosen = {name: infos[0] for name, infos in found.items() if infos}
        promised = sum(info.file_size for info in chosen.values())
        try:
            check_promise(promised, os.fstat(file.fileno()).st_size)
        except ValueError as error:
            raise ValueError(f"it promises {promised:,} bytes; {error}") from error
        return {name: _read_member(archive, info) for name, info in chosen.items()}


def checked(file: BinaryIO) -> BinaryIO:
    """Return an open archive if the list of what is in it is not too long to be read."""
    size = os.fstat(file.fileno()).st_size
    file.seek(max(size - _END_SIZE - _MOST_COMMENT, 0))
    tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) < end + _END_SIZE:
        raise ValueError("it is no zip archive")
    if int.from_bytes(tail[end + 12 : end + 16], "little") > MOST_DIRECTORY:
        raise ValueError("there is too much in it")
    file.seek(0)
    return file


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> NDArray[np.generic]:
    """Return one array of an archive."""
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{info.filename} is encrypted, or packed otherwise than NumPy does")
    with archive.open(info) as member:
        return _read_array(member, info.file_size, info.filename)


def read_npy(path: Path) -> NDArray[np.generic]:
    """Return the array of an .npy file.

    Raises
    ------
    ByhandError
        If the file is not sound, or promises more than is read.
    """
    with parsing(path, "is not a sound .npy file", "Fetch or write it again."), opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        check_promise(size, size)
        return _read_array(file, size, "it")


def find_npy(path: Path) -> Stored:
    """Return the images in an .npy file that stay there.

    Raises
    ------
    ByhandError
        If the file is not sound.
    CannotStay
        If they are not bytes, one image after the other: (n, height, width), or (n, pixels) of squares.
    """
    with parsing(path, "is not a sound .npy file", "Fetch or write it again."), opened(path) as file:
        shape, in_columns, dtype = _quiet_header(file)
        size = os.fstat(file.fileno()).st_size - file.tell()
        if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != size:
            raise ValueError("it is not as long as its header says")
        images = _as_images(shape)
        if dtype == np.uint8 and images is not None and not in_columns:
            return Stored.of(path, file, file.tell(), images)
    raise CannotStay(
        f"{path}: holds {dtype} {shape}{', by columns' if in_columns else ''}, so it cannot be mapped; that takes "
        "bytes, (n, height, width) or (n, pixels) of squares."
    )


def _as_images(shape: tuple[int, ...]) -> tuple[int, int, int] | None:
    """Return the shape of images without that of their single channel, None if they are none."""
    if len(shape) == 4 and 1 in (shape[1], shape[3]):
        shape = shape[:3] if shape[3] == 1 else (shape[0], *shape[2:])
    if len(shape) == 2 and (side := math.isqrt(shape[1])) ** 2 == shape[1]:
        shape = shape[0], side, side
    return (shape[0], shape[1], shape[2]) if len(shape) == 3 else None


def _read_array(member: IO[bytes], size: int, name: str) -> NDArray[np.generic]:
    """Return the array that `size` bytes in NumPy's format hold."""
    shape, in_columns, dtype = _quiet_header(member)
    expected = math.prod(shape) * dtype.itemsize
    if dtype.kind not in KINDS or dtype.hasobject:
        raise ValueError(f"{name} holds {dtype}, neither numbers nor texts; pickles are never read")
    if expected != size - member.tell():
        raise ValueError(f"{name} is not as long as its header says")
    content = np.empty(expected, np.uint8)
    for start in range(0, expected, CHUNK):
        read = member.read(min(CHUNK, expected - start))
        content[start : start + CHUNK] = np.frombuffer(read, np.uint8)
    member.read(1)  # At its end the checksum is compared.
    if dtype.kind == "U" and (content.view(np.dtype("u4").newbyteorder(dtype.byteorder)) > sys.maxunicode).any():
        raise ValueError(f"{name} has letters that there are not")
    values = content.view(dtype) if expected else np.empty(0, dtype)
    return values.reshape(shape[::-1]).T if in_columns else values.reshape(shape)


def _quiet_header(member: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
    """Return what a header says, without Python's warnings of one that is refused a moment later."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _header(member)


def _header(member: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
    """Return shape, whether columns come first, and type of an array."""
    match npy.read_magic(member):
        case (1, 0):
            read = npy.read_array_header_1_0
        case (2, 0):
            read = npy.read_array_header_2_0
        case version:
            raise ValueError(f"version {version} of NumPy's format is not read")
    try:
        shape, in_columns, dtype = read(member)
    except ValueError as error:
        if "allow_pickle" in str(error):  # NumPy's advice for a header that is too long, which nobody should follow.
            raise ValueError("a header is far too long") from error
        raise
    if any(isinstance(side, bool) for side in shape):  # For Python, True is a number.
        raise ValueError(f"a shape has sides that are no numbers: {shape}")
    return shape, in_columns, dtype
