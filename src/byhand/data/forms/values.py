"""Arrays as others write them → images (n, height, width) of bytes, and labels that are positions among class names.

What can be turned exactly is turned; what would have to be guessed is refused, with what was found. Greys of the
training and the test part are turned alike, and so are their labels.
"""

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from byhand.data.forms.found import NO_PICKLE, Part, as_array, listed
from byhand.errors import ByhandError
from byhand.labels import DIGITS, NO_CLASS
from byhand.types import Bytes

Array: TypeAlias = NDArray[np.generic]
CHUNK = 2**22  # Values that are turned at once.
NEARLY = 1e-3  # So far from a whole number a grey may lie that float32 has rounded.


def to_images(parts: Sequence[Part]) -> list[Bytes]:
    """Return the images of all parts, in one and the same scale.

    Raises
    ------
    ByhandError
        If an array is none of images, or its greys have no scale that can be known.
    """
    arrays = [_shaped(part) for part in parts]
    if all(array.dtype == np.uint8 for array in arrays):
        return [cast("Bytes", array) for array in arrays]
    where = parts[0].where
    for part, array in zip(parts, arrays, strict=True):
        if array.dtype.kind not in "biuf":
            raise ByhandError(f"{part.where}: its pixels are {_named(array)}, not numbers.")
        if array.dtype.kind == "f" and not _all(array, lambda values: np.isfinite(values)):
            raise ByhandError(f"{part.where}: some pixels are no finite numbers (NaN, infinite, or left empty).")
    full = [array for array in arrays if array.size]
    if not full:
        return [array.astype(np.uint8) for array in arrays]
    if all(array.dtype.kind == "b" for array in arrays):
        return [array.astype(np.uint8) * np.uint8(255) for array in arrays]
    tops = [float(array.max()) for array in full]
    least, most = min(float(array.min()) for array in full), max(tops)
    if most > 1 and any(0 < top <= 1 for top in tops):
        raise ByhandError(
            f"{where}: the pixels of the parts have different scales: the lightest are "
            f"{', '.join(f'{top:g}' for top in tops)}."
        )
    whole = all(array.dtype.kind != "f" or _all(array, lambda values: values == np.rint(values)) for array in full)
    turn = _scale(where, least, most, floats=any(array.dtype.kind == "f" for array in arrays), whole=whole)
    return [_turned(array, turn) for array in arrays]


def _scale(where: str, least: float, most: float, *, floats: bool, whole: bool) -> tuple[float, float]:
    """Return what to add to a grey, and then by what to multiply it, to come to 0…255."""
    if floats and least >= 0 and most <= 1:
        return 0.0, 255.0
    if floats and -1 <= least < 0 and most <= 1:
        return 1.0, 127.5
    if least >= 0 and most <= 255:
        return 0.0, 1.0
    if whole and least >= 0 and most == 65_535:
        return 0.0, 1 / 257
    raise ByhandError(
        f"{where}: pixels from {least:g} to {most:g} have no scale that is known here (0…255, or with a point 0…1 or "
        "−1…1; 0 is paper). Give them as they were before they were standardized or multiplied."
    )


def _turned(array: Array, turn: tuple[float, float]) -> Bytes:
    """Return greys as bytes, a stretch at a time."""
    if array.dtype == np.uint8 and turn == (0.0, 1.0):
        return cast("Bytes", array)
    added, factor = turn
    out = np.empty(array.shape, np.uint8)
    for some in _stretches(array):
        out[some] = np.rint((array[some].astype(np.float64) + added) * factor)
    return out


def exact_images(given: object) -> Bytes:
    """Return images (n, height, width) of whatever NumPy makes an array of, if nothing is rounded.

    Raises
    ------
    ByhandError
        If it is none of images, or its greys are neither 0…255 nor 0…1 in steps of 1/255.
    """
    array = as_array(given, "images")
    if array.dtype.kind == "f" and array.size and np.isfinite(array).all():
        steps = array.astype(np.float64) * (255.0 if float(array.max()) <= 1 else 1.0)
        if (np.abs(steps - np.rint(steps)) > NEARLY).any():
            raise ByhandError(
                "the images would have to be rounded: greys are 0…255, or 0…1 in steps of 1/255. Round them yourself: "
                "numpy.rint(255 * images).astype(numpy.uint8), say."
            )
    return to_images([Part("the images", array, array)])[0]


def exact_labels(given: object, classes: tuple[str, ...]) -> Bytes:
    """Return labels (n,) as positions: of whole numbers of any type, names of classes, a column, rows with a single 1.

    Raises
    ------
    ByhandError
        If they are something else.
    """
    labels = as_array(given, "labels")
    if labels.dtype == np.uint8 and labels.ndim == 1:
        return cast("Bytes", labels)
    column = _column(Part("the labels", labels, labels))
    if column.dtype.kind in "US":
        return _by_text("the labels", [_texts("the labels", column)], classes)[0][0]
    whole = _whole(Part("the labels", labels, labels), column)
    if whole.size and not 0 <= int(whole.min()) <= int(whole.max()) <= 255:
        raise ByhandError(f"labels are whole numbers from 0 to 255; these go from {whole.min():,} to {whole.max():,}.")
    return whole.astype(np.uint8)


def _all(array: Array, holds: Callable[[Array], NDArray[np.bool_]]) -> bool:
    """Tell whether something holds for all values, a stretch at a time."""
    return all(bool(holds(array[some]).all()) for some in _stretches(array))


def _stretches(array: Array) -> list[slice]:
    """Return slices of the first dimension, none of too many values."""
    step = max(1, CHUNK // max(1, array[0].size)) if len(array) else 1
    return [slice(start, start + step) for start in range(0, len(array), step)]


def _shaped(part: Part) -> Array:
    """Return images as (n, height, width), or refuse what is none."""
    array, where = part.images, part.where
    if array.dtype.kind == "O":
        raise ByhandError(f"{where}: its images are objects, not one array of numbers. {NO_PICKLE}")
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    if array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 2 and (side := math.isqrt(array.shape[1])) ** 2 == array.shape[1]:
        return array.reshape(len(array), side, side)
    if array.ndim == 3:
        return array
    colour = " Make colours grey first." if array.ndim == 4 and {3, 4} & {array.shape[1], array.shape[3]} else ""
    square = ", and so many pixels make no square" if array.ndim == 2 else ""
    raise ByhandError(
        f"{where}: images must be (n, height, width), or (n, pixels) of squares, of numbers; not {_named(array)} "
        f"{array.shape}{square}.{colour}"
    )


def _named(array: Array) -> str:
    """Return the type of an array in a word."""
    return {"U": "texts", "S": "texts", "O": "objects"}.get(array.dtype.kind, str(array.dtype))


def to_labels(
    parts: Sequence[Part], classes: tuple[str, ...] | None, *, names: bool = False
) -> tuple[list[Bytes], tuple[str, ...], list[str]]:
    """Return the labels of all parts as positions, the names of the classes, and what there is to say of it.

    Parameters
    ----------
    parts
        Labels as whole numbers of any type, texts, a column, or rows with a single 1.
    classes
        The names, if the source has some.
    names
        Whether numbers that have gaps are the names of their classes, since there is no other place for names.

    Raises
    ------
    ByhandError
        If they are no labels, or do not fit the names.
    """
    columns = [_column(part) for part in parts]
    where = parts[0].where
    texts = any(column.dtype.kind in "US" for column in columns)
    if texts:
        columns = [_texts(where, column) for column in columns]
        numbers = [_numbers(column) for column in columns]
        if classes is None and all(each is not None for each in numbers):
            columns, texts = [cast("Array", each) for each in numbers], False
    if texts:
        return _by_text(where, columns, classes)
    return _by_number(where, [_whole(part, each) for part, each in zip(parts, columns, strict=True)], classes, names)


def _column(part: Part) -> Array:
    """Return labels as (n,): of a column (n, 1) its values, of rows with a single 1 where it stands."""
    labels = part.labels
    if labels.dtype.kind == "O":
        raise ByhandError(f"{part.where}: its labels are objects, neither numbers nor texts. {NO_PICKLE}")
    if labels.ndim == 2 and 1 in labels.shape:
        return labels.ravel()
    if labels.ndim == 2 and labels.dtype.kind in "biuf" and labels.size:
        ones = labels == 1
        if (ones.sum(axis=1) == 1).all() and (np.count_nonzero(labels, axis=1) == 1).all():
            return np.asarray(ones.argmax(axis=1))
    if labels.ndim != 1:
        raise ByhandError(
            f"{part.where}: labels must be (n,), or (n, 1), or rows with a single 1; not {labels.dtype} {labels.shape}."
        )
    return labels


def _texts(where: str, column: Array) -> Array:
    """Return labels as texts, without blanks and quotation marks around them."""
    if column.dtype.kind == "S":
        try:
            column = np.char.decode(cast("NDArray[np.bytes_]", column), "utf-8")
        except UnicodeDecodeError as error:
            raise ByhandError(f"{where}: some labels are no UTF-8 text.") from error
    return np.char.strip(column.astype(str), " \t\r'\"")


def _numbers(column: Array) -> Array | None:
    """Return texts as the numbers that they write, if all do."""
    different, places = np.unique(column, return_inverse=True)
    try:
        return np.array([float(text) for text in different])[places]
    except ValueError:
        return None


def _whole(part: Part, column: Array) -> NDArray[np.int64]:
    """Return labels as whole numbers."""
    if column.dtype.kind not in "biuf":
        raise ByhandError(f"{part.where}: its labels are {column.dtype}, neither numbers nor texts.")
    wide = column.astype(np.float64)
    if not (np.isfinite(wide).all() and (wide == np.rint(wide)).all() and (np.abs(wide) < 2**53).all()):
        raise ByhandError(
            f"{part.where}: its labels are not whole numbers ({column.dtype}); some are missing, or are none."
        )
    return wide.astype(np.int64)


def _by_text(
    where: str, columns: list[Array], classes: tuple[str, ...] | None
) -> tuple[list[Bytes], tuple[str, ...], list[str]]:
    """Find the positions of labels that are names."""
    found = sorted({str(name) for column in columns for name in np.unique(column)})
    if classes is None:
        if "" in found:
            raise ByhandError(f"{where}: some labels are empty. Leave those images out, or label them.")
        classes = tuple(found)
    if strange := [name for name in found if name not in classes]:
        raise ByhandError(f"{where}: there are labels {listed(strange, quote=repr)}, but no such names of classes.")
    return (
        [_places(column, {name: place for place, name in enumerate(classes)}, where) for column in columns],
        classes,
        [],
    )


def _by_number(
    where: str, columns: list[NDArray[np.int64]], classes: tuple[str, ...] | None, names: bool
) -> tuple[list[Bytes], tuple[str, ...], list[str]]:
    """Find the positions of labels that are numbers."""
    found = sorted({int(label) for column in columns for label in np.unique(column)})
    if not found:
        return [column.astype(np.uint8) for column in columns], classes or DIGITS, []
    least, most = found[0], found[-1]
    if classes is not None and least == 1 and most == len(classes):
        said = f"{where}: labels go from 1 to {most}; 1 is taken for {classes[0]!r}, the first class."
        return [(column - 1).astype(np.uint8) for column in columns], classes, [said]
    if least < 0 and not (names and classes is None):
        raise ByhandError(
            f"{where}: labels must be whole numbers from 0 to 255, or names; there is {least}. If it stands for images "
            "without a label, leave them out."
        )
    if most <= NO_CLASS and (classes is not None or most < len(DIGITS)) and least >= 0:
        return [column.astype(np.uint8) for column in columns], classes or DIGITS, []
    without_gaps = least in (0, 1) and most - least + 1 == len(found)
    if classes is None and (without_gaps or names):
        said = f"{where}: the labels are {listed([*map(str, found)])}; these are taken for the names of the classes."
        places = {label: place for place, label in enumerate(found)}
        return (
            [_places(column, places, where) for column in columns],
            (*map(str, found),),
            [] if without_gaps else [said],
        )
    if most > 255:
        raise ByhandError(f"{where}: labels must be whole numbers from 0 to 255, or names; there is {most:,}.")
    return [column.astype(np.uint8) for column in columns], classes or DIGITS, []  # the split says what does not fit


def _places(column: Array, places: "dict[str, int] | dict[int, int]", where: str) -> Bytes:
    """Return for every label its place."""
    if len(places) > NO_CLASS:
        raise ByhandError(f"{where}: {len(places):,} different labels are too many for classes: at most {NO_CLASS}.")
    different, back = np.unique(column, return_inverse=True)
    return np.array([places[label] for label in different.tolist()], np.uint8)[back]
