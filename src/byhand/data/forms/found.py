"""What was found in a source: arrays as they lie there, before they become images and labels."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from byhand.data.disk.stored import Stored
from byhand.errors import ByhandError
from byhand.files import words
from byhand.types import Bytes, Mask

MOST_NAMED = 12  # in a message
MOST_LISTED = 100_000  # Files of a folder that are looked at.
NO_PICKLE: Final = (
    "byhand reads no pickles (.pkl, .pt, .joblib, arrays of objects), since to read one runs whatever code its author "
    'put there. Where you trust it, open it with what wrote it, and write the arrays with numpy.savez("data.npz", '
    "x_train=…, y_train=…, x_test=…, y_test=…)."
)


@dataclass(frozen=True, eq=False)
class Part:
    """Images and labels of any type and usual shape, n of each, where they lie, and perhaps how much each counts.

    Of images that stay in their file, `stored`, `images` is a map.
    """

    where: str
    images: NDArray[np.generic]
    labels: NDArray[np.generic]
    weights: NDArray[np.float64] | None = None
    stored: Stored | None = None


@dataclass(frozen=True, eq=False)
class Found:
    """A training part, a test part if there is one, and class names if the source tells them.

    `names` tells that numbers which are no positions are names; `checked` that all checksums were compared.
    """

    train: Part
    test: Part | None = None
    classes: tuple[str, ...] | None = None
    names: bool = False
    checked: bool = False
    notes: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts that there are."""
        return (self.train,) if self.test is None else (self.train, self.test)


def as_array(given: object, what: str) -> NDArray[np.generic]:
    """Return as an array whatever NumPy makes one of: lists, Series and frames of pandas, tensors.

    Raises
    ------
    ByhandError
        If it makes none, or one of objects, or some values are masked.
    """
    if hasattr(given, "mask") and np.ma.is_masked(given):
        raise ByhandError(f"some of the {what} are masked: fill them, with numpy.ma.filled({what}, 0), say.")
    try:
        array: NDArray[np.generic] = np.asarray(given)
        if array.dtype.kind == "O" and array.size:
            array = np.asarray(array.tolist())
    except Exception as error:  # Other libraries' own, of a tensor on a GPU, say.
        said = words(error).rstrip(".")
        raise ByhandError(f"the {what} ({type(given).__name__}) cannot become an array: {said}.") from error
    if array.dtype.kind == "O":
        raise ByhandError(f"the {what} ({type(given).__name__}) are no array of numbers: some are of another kind.")
    return array


def drawn(labels: Bytes, count: int, seed: int) -> Mask:
    """Tell of every sample (n,) whether it is among `count` drawn by a seed, each class in its share."""
    n = len(labels)
    order = np.random.default_rng(seed).permutation(n)
    by_class = order[np.argsort(labels[order], kind="stable")]
    chosen = np.zeros(n, bool)
    chosen[by_class[np.arange(count) * n // count]] = True  # evenly through the classes
    return chosen


def listed(names: Sequence[str], most: int = MOST_NAMED, quote: Callable[[str], str] = str) -> str:
    """Return some names in a line, the first ones if there are many."""
    return ", ".join(map(quote, names[:most])) + (f" and {len(names) - most:,} more" if len(names) > most else "")


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder, in order."""
    return [entry.name for entry in entries_in(folder, MOST_LISTED)]


def entries_in(folder: Path, most: int) -> list[os.DirEntry[str]]:
    """Return what lies in a folder by name, at most so many."""
    try:
        with os.scandir(folder) as entries:
            return sorted(islice(entries, most), key=lambda entry: entry.name)
    except OSError as error:
        raise ByhandError(f"{folder}: cannot be read ({words(error)}). Check the name and the permissions.") from error
