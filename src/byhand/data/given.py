"""Take as labelled images whatever stands for them."""

import warnings
from typing import Literal, TypeAlias

from byhand.data.datasets import Dataset, Split
from byhand.data.forms import values
from byhand.data.forms.found import Part, as_array
from byhand.errors import UsageError

Labelled: TypeAlias = Split | Dataset | tuple[object, object]


def as_split(given: object, part: Literal["train", "test"], classes: tuple[str, ...] | None = None) -> Split:
    """Return a split as it is, one part of a data set, and of (images, labels) the split of them.

    Parameters
    ----------
    given
        Any of these.
    part
        Of a data set.
    classes
        Of (images, labels), if they are known; else the labels tell, as `byhand.load` has it.

    Raises
    ------
    ByhandError
        If images and labels do not fit together.
    UsageError
        If it is something else.
    """
    if isinstance(given, Split):
        return given
    if isinstance(given, Dataset):
        return given.train if part == "train" else given.test
    if isinstance(given, tuple | list) and len(given) == 2 and not any(isinstance(each, Split) for each in given):
        images, labels = given
        return _split_of(images, labels, classes)
    advice = "load it by byhand.load" if isinstance(given, str) else "byhand.load makes them of nearly everything"
    raise UsageError(
        f"{type(given).__name__} holds no labelled images: give a Split, such as data.{part}, a Dataset or "
        f"(images, labels); {advice}.",
        "split",
    )


def _split_of(images: object, labels: object, classes: tuple[str, ...] | None) -> Split:
    """Return arrays as a split, and warn of what is not plain."""
    if classes is None:
        part = Part("the data", as_array(images, "images"), as_array(labels, "labels"))
        (labels,), classes, notes = values.to_labels([part], None, names=True)
        for note in notes:
            warnings.warn(note, stacklevel=4)
    return Split(images, labels, classes)  # type: ignore[arg-type]  # It makes bytes of both.
