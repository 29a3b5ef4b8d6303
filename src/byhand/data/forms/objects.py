"""Take labelled images from the objects of other libraries by what they can do; none of these is imported here.

A Bunch of scikit-learn, a frame of pandas, data sets of PyTorch and of Hugging Face, mappings and tuples of arrays.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from byhand.data.forms import arrays
from byhand.data.forms.columns import named
from byhand.data.forms.found import Found, Part, as_array
from byhand.errors import ByhandError

Anything: TypeAlias = Any  # of a library that is not known here
_IMAGES = ("image", "img", "images", "pixel_values")
_LABELS = ("label", "labels", "fine_label", "target", "digit")
_DIGIT_NAME = re.compile(r"(\d) - [a-z]+")  # torchvision's names of MNIST's classes
_FORMS = (
    "Give a path, (images, labels), ((x_train, y_train), (x_test, y_test)), a mapping of such arrays, a scikit-learn "
    "Bunch, a pandas DataFrame with a column label, or a data set of PyTorch or Hugging Face"
)


def read(given: Anything) -> Found:
    """Take what an object holds.

    Raises
    ------
    ByhandError
        If it is nothing that is known here.
    """
    if isinstance(given, tuple | list):
        return _sequence(given)
    if isinstance(given, Mapping):
        return _mapping(given)
    part, classes = _part(given, type(given).__name__)
    return Found(part, None, classes, names=True)


def _sequence(given: Sequence[Anything]) -> Found:
    """Take images and labels, or such pairs, or data sets, of which the second is the test part."""
    match [*given]:
        case [train, test] if _is_set(train) and _is_set(test):
            first, classes = _part(train, "the training part")
            return Found(first, _part(test, "the test part")[0], classes, names=True)
        case [images, labels]:
            return Found(_pair(images, labels, "the data"), names=True)
        case [x_train, second, third, y_test]:
            # Of train_test_split the second are images; of others labels.
            second, third = (third, second) if as_array(second, "data").ndim > 1 else (second, third)
            return Found(_pair(x_train, second, "the training part"), _pair(third, y_test, "the test part"), names=True)
    raise ByhandError(f"{len(given)} things are no data. {_FORMS}.")


def _is_set(given: Anything) -> bool:
    """Tell whether something holds images and labels, and is no array of either."""
    return (isinstance(given, tuple) and len(given) == 2) or _kind(given) is not None


def _kind(given: Anything) -> str | None:
    """Return what an object is, by what it has."""
    if hasattr(given, "columns") and hasattr(given, "to_numpy"):
        return "frame"
    if hasattr(given, "column_names") and hasattr(given, "features"):
        return "hugging face"
    if hasattr(given, "data") and hasattr(given, "targets"):
        return "torchvision"
    if hasattr(given, "images") and hasattr(given, "labels"):
        return "split"
    arrays_have = hasattr(given, "shape") or hasattr(given, "__array__")
    indexed = hasattr(given, "__getitem__") and hasattr(given, "__len__")
    return (
        "items" if indexed and not arrays_have and not isinstance(given, str | bytes | tuple | list | Mapping) else None
    )


def _mapping(given: Mapping[str, Anything]) -> Found:
    """Take a mapping of arrays by name, or of data sets by part."""
    if "train" in given and _is_set(given["train"]):
        train, classes = _part(given["train"], "the part train")
        test = next(
            (_part(given[name], f"the part {name}")[0] for name in ("test", "validation") if name in given), None
        )
        return Found(train, test, classes, names=True)
    names = arrays.wanted([name for name in given if isinstance(name, str) and given[name] is not None])
    if "images" in names and "data" in names:  # scikit-learn's digits have both, of the same numbers
        names.remove("data")
    return arrays.settle(
        "the data", {name: as_array(given[name], name) for name in names}, [*map(str, given)], names=True
    )


def _part(given: Anything, where: str) -> tuple[Part, tuple[str, ...] | None]:
    """Take images, labels and the names of the classes from one object."""
    match _kind(given):
        case "frame":
            return _frame(given, where), None
        case "hugging face":
            return _hugging_face(given, where)
        case "torchvision":
            classes = [*map(str, getattr(given, "classes", None) or ())]
            digits = [said[1] for name in classes if (said := _DIGIT_NAME.fullmatch(name))]
            names = digits if len(digits) == len(classes) else classes
            return _pair(given.data, given.targets, where), tuple(names) or None
        case "split":
            part = _pair(given.images, given.labels, where)
            part = replace(part, weights=getattr(given, "sample_weight", None))
            return part, tuple(getattr(given, "classes", ())) or None
        case "items":
            pairs = [given[place] for place in range(len(given))]
            if not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in pairs):
                raise ByhandError(f"{where}: its items are no pairs of an image and a label.")
            return _pair(_stacked([pair[0] for pair in pairs], where), [int(pair[1]) for pair in pairs], where), None
    if isinstance(given, tuple) and len(given) == 2:
        return _pair(given[0], given[1], where), None
    raise ByhandError(f"{type(given).__name__} is no data. {_FORMS}.")


def _pair(images: Anything, labels: Anything, where: str) -> Part:
    """Take images and labels."""
    return Part(where, as_array(images, "images"), as_array(labels, "labels"))


def _frame(given: Anything, where: str) -> Part:
    """Take a frame with a column of labels."""
    columns = named(where, [*map(str, given.columns)])
    if columns.label is None:
        raise ByhandError(f"{where}: has no column label. Name the one that it is, or give (images, labels).")
    values = given.iloc[:, columns.before : columns.before + columns.pixels]
    return Part(where, _images(values, columns.shape), as_array(given.iloc[:, columns.label], "labels"))


def _images(values: Anything, shape: tuple[int, int]) -> NDArray[np.generic]:
    """Return rows of pixels as images."""
    rows = as_array(values, "images")
    return rows.reshape(len(rows), *shape)


def _hugging_face(given: Anything, where: str) -> tuple[Part, tuple[str, ...] | None]:
    """Take a data set of Hugging Face: columns of pictures and of labels."""
    names = [*given.column_names]
    image = next((name for name in _IMAGES if name in names), None)
    label = next((name for name in _LABELS if name in names), None)
    if image is None or label is None:
        raise ByhandError(f"{where}: has the columns {', '.join(map(str, names))}; it needs image and label.")
    classes = getattr(given.features[label], "names", None)
    part = Part(where, _stacked([*given[image]], where), as_array([*given[label]], "labels"))
    return part, tuple(map(str, classes)) if classes else None


def _stacked(pictures: Sequence[Anything], where: str) -> NDArray[np.generic]:
    """Return pictures, each of Pillow or an array, as one array."""
    made = [as_array(each.convert("L") if hasattr(each, "convert") else each, "images") for each in pictures]
    if len({array.shape for array in made}) > 1:
        raise ByhandError(f"{where}: its images are of several sizes. Bring them to one.")
    return np.stack(made) if made else np.empty((0, 1, 1), np.uint8)
