"""Open whatever people have, a file, a picture in memory or an array, as plain 8-bit pixels, the right way up."""

import contextlib
import errno
import io
import math
import os
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from byhand.errors import ByhandError, UsageError
from byhand.files import meant, opened, refuse_address, words
from byhand.images.formats import (
    MADE,
    MOST_PIXELS,
    MOST_SAMPLES,
    Format,
    check_cost,
    check_operations,
    check_single,
    check_size,
    loaded,
    samples,
    too_many_pixels,
    what_else_it_is,
)
from byhand.images.jpeg import check_scans
from byhand.images.pixels import STRIP, is_numbers, levels, of_numbers, to_pixels
from byhand.images.showing.texts import shortened, size
from byhand.images.streams import Counted, hushed
from byhand.types import Bytes

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

Source: TypeAlias = "Picture | Path | str | bytes | BinaryIO | Image | NDArray[Any]"

LARGEST = 2400  # Pixels of the longest side that is kept; a larger picture is reduced by a whole factor.
NAMELESS = "the picture"
OUT_OF_MEMORY = "out of memory"


@dataclass(frozen=True, eq=False)
class Picture:
    """What a picture shows, upright and without transparency.

    Attributes
    ----------
    pixels
        (height, width) uint8, or (height, width, 3) if it has colours: red, green and blue. Contiguous; no side is
        longer than 2400.
    factor
        By which it was made smaller, 1 if not: a place in `pixels` times this is the place in the upright original.
    name
        The file's name, or "the picture": for messages.
    size
        Width and height of the upright original.
    operations
        That it took to open it, about a nanosecond each; so many fewer are left to read it.
    """

    pixels: Bytes
    factor: int
    name: str
    size: tuple[int, int]
    operations: int = 0

    def __repr__(self) -> str:
        colours = "colours" if self.pixels.ndim == 3 else "greys"
        return f"<byhand picture {shortened(self.name, 60)}: {size(self.size[::-1])} pixels, {colours}>"

    def _repr_html_(self) -> str:
        """Return the picture, made small, for a notebook."""
        from byhand.images.showing import records

        return records.picture([shortened(self.name, 60), f"{size(self.size[::-1])} pixels"], self.pixels)


def open_picture(source: Source) -> Picture:
    """Open a picture, turned upright as the camera noted. Files of several pages or pictures are refused.

    What is transparent becomes paper: white if what can be seen is dark, else black. 16 and 32 bits and fractions are
    brought to 8 bits. A picture with a side longer than `LARGEST` is reduced by averaging areas.

    Parameters
    ----------
    source
        One that was opened already, the path of a file, its content, a stream of it (which stays open), a Pillow
        picture (as it is now, of several the one that it stands at), or an array of shape
        (height, width), (height, width, 1), (…, 2) grey and alpha, (…, 3) or (…, 4) colours and alpha: integers
        0…255, uint16 0…65535, floats 0…1, or bool, where True is 255.

    Raises
    ------
    ByhandError
        If a file is missing, not a picture, several of them, damaged, or larger than may be: 100 million pixels, a
        side of 30,000, 150 MB; of some kinds of file, and with colours, less.
    MemoryError
        If the memory does not suffice.
    UsageError
        If `source` is something else, or an array of another shape, type or range.
    """
    from PIL import Image

    if isinstance(source, Picture):
        return source
    if isinstance(source, np.ndarray):
        picture = _picture_of_array(source)
        return _picture(picture, NAMELESS)
    if isinstance(source, Image.Image):
        with blaming(NAMELESS):
            check_size(source.size, NAMELESS)
            return _picture(_upright(source), NAMELESS)
    if isinstance(source, str | os.PathLike):
        return _open_file(Path(source))
    if hasattr(source, "__array__"):  # of another library
        return _picture(_picture_of_array(_array(source)), NAMELESS)
    if isinstance(source, bytes | bytearray | memoryview):
        return read_stream(io.BytesIO(source), NAMELESS)
    if hasattr(source, "read"):
        return read_stream(source, NAMELESS)
    raise UsageError(f"A picture is a file, its content, a Pillow picture or an array, not {type(source).__name__}.")


def _open_file(path: Path) -> Picture:
    """Read the file at a path, or a shell's pipe."""
    with opened_file(path) as stream:
        return replace(read_stream(stream, str(path)), name=path.name)


def opened_file(path: Path) -> BinaryIO:
    """Open the file at a path, or a shell's pipe.

    Raises
    ------
    ByhandError
        If there is none, or it cannot be read.
    """
    refuse_address(path)
    try:
        stream = opened(path, pipes=True)
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise ByhandError(f"{path}: cannot be read ({words(error)}).{meant(path)}") from error
        what = "a named pipe" if path.is_fifo() else "a device"
        raise ByhandError(f"{path}: is {what}, not a file. Give a file, or - for the standard input.") from error
    return stream


def read_stream(stream: BinaryIO, where: str) -> Picture:
    """Read a file's content; `where` names it in messages."""
    with blaming(where):
        counted = Counted(stream, where)
        picture, kind = opened_as(counted, where)
        with picture:
            operations = check_cost(picture, kind, counted.length, where)
            check_single(picture, kind, where)
            return decoded(picture, kind, counted, operations, where)


def decoded(picture: "ImageFile", kind: Format, counted: Counted, operations: int, where: str) -> Picture:
    """Decode an open file, or the page that it stands at, given how many operations that takes."""
    if kind.name == "JPEG":
        operations += check_scans(picture, counted, where)
    width, height = picture.size
    drafted = _draft(picture)
    operations += MADE * picture.width * picture.height * samples(picture)
    check_operations(operations, kind, where)
    shown = of_numbers(picture) if is_numbers(picture) else picture
    with hushed() if kind.name == "TIFF" else contextlib.nullcontext():
        shown.load()
    check_size(shown.size, where)  # Only a few kinds of file know it better by now.
    upright = _upright(shown)
    if drafted == 1:
        return replace(_picture(upright, where), operations=operations)
    turned = (width > height) != (upright.width > upright.height)
    size = (height, width) if turned else (width, height)
    return replace(_picture(upright, where, drafted), size=size, operations=operations)


def opened_as(stream: Counted, where: str) -> "tuple[ImageFile, Format]":
    """Open a file as one of the kinds that it may be by its first bytes.

    Pillow's own `open` would load and try everything that it has.
    """
    from PIL import Image

    start = stream.read(4096)
    for kind in loaded(start, stream.length):
        opener, accepts = Image.OPEN[kind.name]
        if accepts is not None and accepts(start[:16]) is not True:
            continue
        stream.seek(0)
        with contextlib.suppress(SyntaxError, IndexError, TypeError, struct.error):  # It is of no such kind.
            return opener(cast("BinaryIO", stream), ""), kind
    raise ByhandError(f"{where}: {what_else_it_is(start)}")


@contextlib.contextmanager
def blaming(where: str) -> Iterator[None]:
    """Turn all that Pillow says of a bad picture into one message, and keep its warnings in."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Harmless faults, such as broken camera data, are not the user's concern.
            yield
    except (ByhandError, MemoryError):
        raise
    except Image.DecompressionBombError as error:  # Within the file, as icons have them.
        raise too_many_pixels(None, where) from error
    except OSError as error:
        if OUT_OF_MEMORY in str(error):  # as Pillow says it for what decodes
            raise MemoryError from error
        if error.strerror:
            raise ByhandError(f"{where}: cannot be read ({error.strerror}).") from error
        raise ByhandError(f"{where}: is a damaged picture ({words(error)}).") from error
    except Exception as error:  # Of a damaged file, Pillow's readers raise nearly everything that Python has.
        raise ByhandError(f"{where}: is a damaged picture ({words(error)}).") from error


def _factor(size: tuple[int, int]) -> int:
    """Return the least whole factor that makes a picture small enough."""
    return max(1, math.ceil(max(size) / LARGEST))


def _draft(picture: "Image") -> int:
    """Let a JPEG be decoded at a half, a quarter or an eighth, which takes less time, and return by how much."""
    width, height = picture.size
    factor = _factor(picture.size)
    scale = min(factor & -factor, 8)  # The largest power of two in the factor: the rest is a whole number as well.
    if scale == 1 and factor > 1 and width * height > MOST_PIXELS // 3:
        scale = 2  # Else it would need too much memory.
    if scale > 1:
        picture.draft(None, (max(1, width // scale), max(1, height // scale)))
    return round(max(width, height) / max(picture.size))


def _upright(picture: "Image") -> "Image":
    """Turn a picture as the camera noted that it was held."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    picture.load()  # Some files say only at their end how they were held.
    turn = None
    with contextlib.suppress(Exception):  # A picture whose notes are damaged is still a picture.
        turn = turns.get(picture.getexif().get(0x0112, 1))
    return picture if turn is None else picture.transpose(turn)


def _picture(upright: "Image", where: str, drafted: int = 1) -> Picture:
    """Return what a Pillow picture shows, made small enough."""
    factor = _factor(upright.size)
    operations = MADE * upright.width * upright.height * samples(upright)
    return Picture(to_pixels(upright, factor, where), drafted * factor, where, upright.size, operations)


def _array(source: object) -> NDArray[Any]:
    """Return the array of another library's, such as a tensor."""
    try:
        return np.asarray(source)
    except Exception as error:  # Other libraries' own, of a tensor on a GPU, say.
        raise UsageError(f"The {type(source).__name__} is no picture: {words(error)}") from error


def _picture_of_array(array: NDArray[Any]) -> "Image":
    """Return an array as a picture of 8 bits."""
    from PIL import Image

    if array.ndim not in (2, 3) or array.size == 0 or (array.ndim == 3 and array.shape[2] > 4):
        raise UsageError(
            f"An array of shape {array.shape} is no picture: take (height, width), or (height, width, 1…4)."
        )
    if array.dtype.kind not in "biuf":
        raise UsageError(f"An array of {array.dtype} is no picture: take uint8, uint16, bool, or floats within 0…1.")
    check_size((array.shape[1], array.shape[0]), NAMELESS)
    if array.size > MOST_SAMPLES:
        raise too_many_pixels((array.shape[1], array.shape[0]), NAMELESS)
    low, high = array.min(), array.max()
    top = {"f": 1, "b": 1}.get(array.dtype.kind, 65535 if array.dtype == np.uint16 else 255)
    if not (low >= 0 and high <= top):  # Neither holds of NaN.
        raise UsageError(
            f"An array of {array.dtype} must have values within 0…{top}, and these go from {low} to {high}."
        )
    array = array[..., 0] if array.shape[2:] == (1,) else array
    pixels = np.empty(array.shape, np.uint8)
    rows = max(1, STRIP // array.shape[1])
    for start in range(0, len(array), rows):
        pixels[start : start + rows] = levels(array[start : start + rows], float(low), float(high))
    return Image.fromarray(pixels)
