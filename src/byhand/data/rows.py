"""Labelled rows of numbers: what is learned beside images, such as tables, or texts as counts of their words.

Of such counts nearly all are zero. They are kept as `Sparse` rows, each the list of its numbers that are not, and are
never written down with their zeros, but for a few rows at a time.
"""

import hashlib
from dataclasses import dataclass
from typing import Protocol, Self, TypeAlias, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from byhand.data.sample_weights import SampleWeight
from byhand.data.splits import Split
from byhand.errors import UsageError
from byhand.labels import NO_CLASS, check_classes
from byhand.types import Bytes, Floats, Integers, Mask

WIDEST_ROW = 2**31 - 1  # numbers, whose places 32 bits can tell
MOST_CLASSES = NO_CLASS - 1

Chosen: TypeAlias = NDArray[np.intp] | Mask | slice


@dataclass(frozen=True, eq=False)
class Sparse:
    """Rows of numbers that are nearly all zero; `len` tells how many, and `rows[:100]` are the first hundred.

    It is the form that is called CSR. A row may name its columns in any order. Where it names one twice, the values are
    added up; and a value may be 0. What has the right types already is not copied.

    Attributes
    ----------
    values
        (nnz,) float32, read-only: the numbers of the first row, then those of the second, and so on.
    columns
        (nnz,) int32, read-only: in which column each stands.
    starts
        (n + 1,) int64, read-only: where each row begins among these, and the last one ends.
    width
        How many numbers a row has, zeros included.
    """

    values: Floats
    columns: Integers
    starts: Integers
    width: int

    def __post_init__(self) -> None:
        if not 1 <= self.width <= WIDEST_ROW:
            raise UsageError(f"rows of {self.width:,} numbers cannot be; there may be {WIDEST_ROW:,}.", "features")
        shapes = [np.shape(array) for array in (self.values, self.columns, self.starts)]
        if any(len(shape) != 1 for shape in shapes) or shapes[0] != shapes[1] or not shapes[2][0]:
            raise UsageError(
                "sparse rows have a column for every value, and one start more than rows; these have "
                f"values {shapes[0]}, columns {shapes[1]} and starts {shapes[2]}.",
                "features",
            )
        columns, starts = np.asarray(self.columns), np.asarray(self.starts, np.int64)
        if starts[0] != 0 or starts[-1] != len(columns) or (np.diff(starts) < 0).any():
            raise UsageError("the starts of sparse rows must rise from 0 to the number of values.", "features")
        if len(columns) and not 0 <= columns.min() <= columns.max() < self.width:
            raise UsageError(
                f"sparse rows of {self.width:,} numbers name columns from {columns.min():,} to {columns.max():,}.",
                "features",
            )
        object.__setattr__(self, "values", _exact(self.values))
        object.__setattr__(self, "columns", _read_only(np.ascontiguousarray(columns, np.int32)))
        object.__setattr__(self, "starts", _read_only(np.ascontiguousarray(starts)))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, chosen: Chosen) -> "Sparse":
        if isinstance(chosen, slice):
            start, stop, step = chosen.indices(len(self))
            if step == 1:
                return self._some(start, max(start, stop))
            return self.taken(np.arange(start, stop, step))
        if np.ndim(chosen) == 0:
            raise TypeError("sparse rows have parts, such as rows[:100].")
        return self.taken(chosen)

    def __repr__(self) -> str:
        return f"<byhand sparse rows: {len(self):,} of {self.width:,} numbers, {len(self.values):,} of them told>"

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows, and how many numbers each has."""
        return len(self), self.width

    def taken(self, chosen: NDArray[np.intp] | Mask) -> "Sparse":
        """Return the chosen rows, in that order.

        Parameters
        ----------
        chosen
            Their positions (m,), or whether each (n,) is chosen.
        """
        chosen = np.arange(len(self))[chosen]  # which heeds positions from the end, and refuses those beyond
        begins, counts = self.starts[chosen], self.starts[chosen + 1] - self.starts[chosen]
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        places = np.arange(starts[-1]) + np.repeat(begins - starts[:-1], counts)
        return Sparse(self.values[places], self.columns[places], starts, self.width)

    def lit(self) -> tuple[Integers, Floats]:
        """Return which columns (m,) these rows name, in order, and all their numbers there (n, m)."""
        lit, places = np.unique(self.columns, return_inverse=True)
        out: Floats = np.zeros((len(self), len(lit)), np.float32)
        np.add.at(out, (np.repeat(np.arange(len(self)), np.diff(self.starts)), places), self.values)
        return lit, out

    def dense(self) -> Floats:
        """Return the rows with their zeros, (n, width) float32: of a few rows only, or memory may not hold them."""
        out = np.zeros(len(self) * self.width, np.float32)
        begins = np.arange(len(self)) * self.width
        np.add.at(out, np.repeat(begins, np.diff(self.starts)) + self.columns, self.values)
        return out.reshape(self.shape)

    def _some(self, start: int, stop: int) -> "Sparse":
        """Return neighbouring rows, which are not copied."""
        first, last = self.starts[start], self.starts[stop]
        there = slice(int(first), int(last))
        return Sparse(self.values[there], self.columns[there], self.starts[start : stop + 1] - first, self.width)


Features: TypeAlias = Floats | Sparse


@dataclass(frozen=True, eq=False)
class Table:
    """Labelled rows of numbers of any size and sign: what a `Split` is of images.

    Attributes
    ----------
    features
        (n, width) float32, read-only, or `Sparse` rows.
    labels
        (n,) uint8, read-only: positions in `classes`.
    classes
        The name of each class.
    weights
        (n,) float32, read-only: how much each row counts when it is learned; 0 leaves it out. None where all count
        alike.

    Raises
    ------
    UsageError
        If a number is NaN, infinite or too large for float32, or the parts do not fit together.
    """

    features: Features
    labels: Bytes
    classes: tuple[str, ...]
    weights: Floats | None = None

    def __post_init__(self) -> None:
        if len(self.classes) > MOST_CLASSES:
            raise UsageError(
                f"{len(self.classes):,} classes are too many: there may be {MOST_CLASSES} at most.", "labels"
            )
        check_classes(self.classes)
        features = self.features if isinstance(self.features, Sparse) else _rows(self.features)
        labels = np.asarray(self.labels)
        if labels.shape != (len(features),):
            raise UsageError(f"{len(features):,} rows do not fit labels of shape {labels.shape}.", "labels")
        if labels.dtype.kind not in "iu" or (len(labels) and not 0 <= labels.min() <= labels.max() < len(self.classes)):
            raise UsageError(f"must be whole numbers from 0 to {len(self.classes) - 1}, one a row.", "labels")
        object.__setattr__(self, "features", features)
        object.__setattr__(self, "labels", _read_only(np.ascontiguousarray(labels, np.uint8)))
        if self.weights is not None:
            object.__setattr__(self, "weights", _exact_weights(self.weights, len(features)))

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"<byhand.Table: {len(self):,} rows of {self.width:,} numbers, {len(self.classes)} classes>"

    @property
    def width(self) -> int:
        """How many numbers a row has."""
        return int(self.features.shape[1])

    @property
    def image_shape(self) -> tuple[int, int]:
        """What stands for the height and width of an image: a single row."""
        return 1, self.width

    @property
    def sample_weight(self) -> SampleWeight | None:
        """The weights as those of a `Split`."""
        return None if self.weights is None else self.weights.astype(np.float64)

    def take(self, chosen: Chosen) -> "Table":
        """Return the chosen rows as a table of their own, in that order.

        Parameters
        ----------
        chosen
            Their positions (m,), a slice of them, or whether each (n,) is chosen.
        """
        weights = None if self.weights is None else self.weights[chosen]
        return Table(self.features[chosen], self.labels[chosen], self.classes, weights)

    kept = take

    def weighted(self, sample_weight: SampleWeight | None) -> "Table":
        """Return the same rows with other weights, (n,) numbers of at least 0; None to let all count alike."""
        return Table(self.features, self.labels, self.classes, cast("Floats | None", sample_weight))

    def sha256(self) -> str:
        """Return a fingerprint of all that is in it: 64 hexadecimal digits."""
        fingerprint = hashlib.sha256(repr((self.features.shape, self.classes)).encode())
        some = self.features
        parts = [some.values, some.columns, some.starts] if isinstance(some, Sparse) else [some]
        for array in (*parts, self.labels, *([] if self.weights is None else [self.weights])):
            fingerprint.update(array.data)
        return fingerprint.hexdigest()


Samples: TypeAlias = Split | Table


class Parted(Protocol):
    """What is asked of labelled images and rows alike to take parts of them."""

    @property
    def labels(self) -> Bytes:
        """(n,): positions in the classes."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The name of each class."""

    @property
    def sample_weight(self) -> SampleWeight | None:
        """(n,): how much each counts."""

    def __len__(self) -> int: ...

    def take(self, chosen: Chosen) -> Self:
        """Return the chosen ones."""

    def kept(self, chosen: Chosen) -> Self:
        """Return the chosen ones, and leave on disk what is there."""


AnySamples = TypeVar("AnySamples", bound=Parted)


def as_features(given: object, width: int) -> Features:
    """Return rows for a network that takes so many numbers.

    Raises
    ------
    UsageError
        If they have others, or some are not finite.
    """
    features = given if isinstance(given, Sparse) else _rows(given)
    if features.shape[1] != width:
        raise UsageError(f"rows of {features.shape[1]:,} numbers do not fit; the network takes {width:,}.", "features")
    return features


def _rows(given: object) -> Floats:
    """Return numbers as float32 rows, or refuse what is none."""
    array = np.asarray(given)
    if array.ndim != 2 or array.dtype.kind not in "biuf" or array.shape[1] == 0:
        raise UsageError(f"must be rows of numbers, (n, width), not {array.dtype} of shape {array.shape}.", "features")
    return _exact(array)


def _exact(given: NDArray[np.generic]) -> Floats:
    """Return numbers as float32, or refuse those that are none."""
    with np.errstate(over="ignore"):
        array = np.ascontiguousarray(given, np.float32)
    if not _all_finite(array):
        wrong = np.argwhere(~np.isfinite(array))[0]
        where = f"row {wrong[0]:,}, column {wrong[1]:,}" if len(wrong) == 2 else f"place {wrong[0]:,}"
        raise UsageError(
            f"{np.asarray(given)[tuple(wrong)]} in {where} cannot be learned: fill in what is missing, and bring all "
            "numbers within ±3e38.",
            "features",
        )
    return _read_only(array)


def _all_finite(array: Floats) -> bool:
    """Tell whether all numbers are finite: most quickly by their sum, unless that overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(array.sum()) or np.isfinite(array).all())


def _exact_weights(given: Floats, n: int) -> Floats:
    """Return a weight for each of so many rows, or refuse what is none."""
    weights = np.asarray(given)
    if weights.shape != (n,) or weights.dtype.kind not in "biuf":
        raise UsageError(f"must be a number for each of the {n:,} rows, not of shape {weights.shape}.", "weights")
    with np.errstate(over="ignore"):
        weights = np.ascontiguousarray(weights, np.float32)
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise UsageError("every weight must be a finite number of at least 0.", "weights")
    return _read_only(weights)


def _read_only(array: NDArray[np.generic]) -> NDArray:  # type: ignore[type-arg]  # Of any type: that of its argument.
    """Return a view that cannot be written."""
    view = array.view()
    view.flags.writeable = False
    return view
