"""What is given to a model as images → rows of its inputs: exactly what was meant, or one sentence."""

import math
import os
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from byhand.data.forms.found import as_array
from byhand.errors import ByhandError, UsageError
from byhand.network import to_inputs
from byhand.types import Bytes, Floats

Images: TypeAlias = ArrayLike
Rows: TypeAlias = Bytes | NDArray[np.floating]


def as_rows(given: Images, image_shape: tuple[int, int]) -> tuple[Rows, bool]:
    """Return images as rows (n, pixels) of bytes or floats, and whether it was a single image.

    Parameters
    ----------
    given
        Whatever NumPy makes an array of: (n, height, width), (n, pixels), (n, height, width, 1), (n, 1, height, width),
        or one image without n. Whole numbers and truth values become bytes; floats are not looked at.
    image_shape
        Height and width of the images that are wanted.

    Raises
    ------
    UsageError
        If the shape, type or range is another one.
    """
    array = given if type(given) is np.ndarray and given.dtype.kind != "O" else _array(given)
    height, width = image_shape
    pixels = height * width
    single = array.shape in (image_shape, (pixels,), (height, width, 1))
    if not single and array.shape[1:] not in (image_shape, (pixels,), (height, width, 1), (1, height, width)):
        colour = " Make colours grey first." if array.shape[-1:] in ((3,), (4,)) else ""
        raise UsageError(
            f"images of shape {array.shape} do not fit: the model takes (n, {height}, {width}), (n, {pixels}) or one "
            f"image without the n.{colour}"
        )
    return _numbers(array).reshape(1 if single else len(array), pixels), single


def likely_shape(pixels: int) -> tuple[int, int]:
    """Return the shape of images of so many pixels, where nobody tells it: a square, if there is one, else a row."""
    side = math.isqrt(pixels)
    return (side, side) if side * side == pixels else (1, pixels)


def to_unit(rows: Rows) -> Floats:
    """Return rows of uint8, or of floats in 0…1, as the network's inputs."""
    if rows.dtype == np.uint8:
        return to_inputs(cast("Bytes", rows))
    if not ((rows >= 0) & (rows <= 1)).all():
        raise UsageError(
            f"float images must lie in 0…1, with no NaN; these go from {rows.min():.8g} to {rows.max():.8g}. Divide "
            "grey levels by 255, or pass uint8; undo what standardized them."
        )
    return np.asarray(rows, np.float32)


def _array(given: object) -> NDArray[np.generic]:
    """Return as an array what is none yet."""
    if isinstance(given, str | bytes | os.PathLike):
        raise UsageError(
            "images are an array here, not a file: byhand.recognize and byhand.read take pictures from files."
        )
    if hasattr(given, "train") and hasattr(given, "test"):
        raise UsageError("a data set is no array of images: take those of a part, such as data.test.images.")
    if hasattr(given, "images") and hasattr(given, "labels"):
        raise UsageError(f"a {type(given).__name__} is no array of images: take its images, such as data.test.images.")
    try:
        return as_array(given, "images")
    except ByhandError as error:
        raise UsageError(error.text) from error


def _numbers(array: NDArray[np.generic]) -> Rows:
    """Return an array as bytes or floats."""
    if array.dtype == np.uint8 or array.dtype.kind == "f":
        return cast("Rows", array)
    if array.dtype.kind == "b":
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind not in "iu":
        raise UsageError(f"images must be uint8, or floats in 0…1, not {array.dtype}.")
    if array.size and not 0 <= array.min() <= array.max() <= 255:
        raise UsageError(
            f"images of whole numbers must lie in 0…255; these go from {array.min():,} to {array.max():,}."
        )
    return array.astype(np.uint8)
