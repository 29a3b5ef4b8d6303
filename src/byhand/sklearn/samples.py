"""What scikit-learn's users give → rows that can be learned, or scikit-learn's own words for what is wrong."""

import math
from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, validate_data

from byhand.data.rows import MOST_CLASSES, Table
from byhand.data.splits import Split
from byhand.errors import UsageError
from byhand.sklearn.scaling import Scaling
from byhand.sklearn.spaces import Space, space_of, to_numpy

Labels = NDArray[np.generic]


@dataclass(frozen=True, eq=False)
class Samples:
    """Rows that count, dense (n, width) or sparse; their labels as places in `classes`, weights, and where `X` lay."""

    x: Any
    places: NDArray[np.uint8]
    classes: Labels
    weights: NDArray[np.float64] | None
    space: Space

    @property
    def names(self) -> tuple[str, ...]:
        """What the classes are called while they are learned: whatever labels are, their places are short and plain."""
        return tuple(map(str, range(len(self.classes))))

    def table(self, scaling: Scaling) -> Table:
        """Return them as a training takes rows."""
        weights = None if self.weights is None else np.asarray(self.weights, np.float32)
        return Table(scaling.rows(self.x), self.places, self.names, weights)

    def images(self, white: float) -> Split:
        """Return them as a training takes images, for a recipe that draws them anew; `white` is what full ink is."""
        x, side = self.x, math.isqrt(self.x.shape[1])
        if side**2 != x.shape[1] or x.min() < 0:
            raise UsageError(
                "is for square images: features must be their pixels, of at least 0. These are "
                f"{x.shape[1]:,}, from {x.min():g} to {x.max():g}.",
                "recipe",
            )
        x = x if isinstance(x, np.ndarray) else x.toarray()
        images = np.rint(x * np.float32(255 / white)).astype(np.uint8).reshape(-1, side, side)
        return Split(images, self.places, self.names, self.weights)


def checked_x(estimator: Any, x: object, **others: object) -> Any:  # noqa: ANN401  # what there is of scikit-learn
    """Return features, and labels if there are some in `others`, as scikit-learn's checks leave them."""
    return validate_data(estimator, x, accept_sparse="csr", **others)


def labelled(
    estimator: Any,  # noqa: ANN401
    x: Any,  # noqa: ANN401
    y: object,
    sample_weight: object,
    *,
    reset: bool,
    classes: object = None,
) -> Samples:
    """Return features and labels as samples.

    Parameters
    ----------
    estimator
        Whose features they are: it gets their number and names if `reset`, else they must have its own.
    x, y, sample_weight
        As `fit` takes them.
    reset
        Whether it begins anew.
    classes
        All the labels that there may be; None for those that are there.
    """
    space = space_of(x)
    weights = None if sample_weight is None else to_numpy(sample_weight)
    x, y = checked_x(estimator, x, y=to_numpy(y), reset=reset)
    x, y = to_numpy(x), np.asarray(to_numpy(y))
    sorted_labels(y)
    check_classification_targets(y)
    x = x if isinstance(x, np.ndarray) else _plain(x)
    if weights is not None:
        weights = _weights(weights, len(y))
        counted = np.flatnonzero(weights)
        x, y, weights = (x, y, weights) if len(counted) == len(y) else (x[counted], y[counted], weights[counted])
    labels, places = (np.unique(y, return_inverse=True)) if classes is None else _among(y, np.asarray(classes))
    if len(labels) < 2:
        raise ValueError(
            f"{type(estimator).__name__} needs samples of at least 2 classes in the data, but the data contains only "
            f"one class: {labels.tolist()[0]!r}"
        )
    if len(labels) > MOST_CLASSES:
        raise ValueError(f"{len(labels):,} classes are too many: there may be {MOST_CLASSES}.")
    return Samples(x, places.astype(np.uint8), labels, weights, space)


def sorted_labels(labels: Any) -> Any:  # noqa: ANN401  # of any kind
    """Return all different labels in their order; refuse those that have none."""
    try:
        return np.unique(labels)
    except TypeError as error:
        kinds = ", ".join(sorted({type(label).__name__ for label in np.ravel(np.asarray(labels, object)).tolist()}))
        raise ValueError(
            f"`y` must have labels of one kind, all of them texts or all of them numbers, and none missing: these are "
            f"of the types {kinds}."
        ) from error


def _plain(x: Any) -> Any:  # noqa: ANN401  # a sparse array or matrix
    """Return sparse rows in which no place is told twice."""
    if not x.has_canonical_format:
        x = x.copy()
        x.sum_duplicates()
    return x


def _among(y: Labels, classes: Labels) -> tuple[Labels, NDArray[np.intp]]:
    """Return all classes, and the places of labels among them."""
    labels = np.unique(classes)
    strange = np.setdiff1d(y, labels)
    if len(strange):
        raise ValueError(f"`y` has classes {strange.tolist()} that are not in `classes`, which are {labels.tolist()}.")
    return labels, np.searchsorted(labels, y)


def _weights(given: Any, count: int) -> NDArray[np.float64]:  # noqa: ANN401  # numbers in whatever form
    """Return how much each of so many samples counts."""
    if isinstance(given, Number):
        given = np.full(count, given)
    weights = check_array(given, ensure_2d=False, dtype=np.float64, input_name="sample_weight")
    if weights.shape != (count,):
        raise ValueError(f"sample_weight.shape == {weights.shape}, expected {(count,)}!")
    if (weights < 0).any():
        raise ValueError("Negative values in data passed to `sample_weight`.")
    if not weights.any():
        raise ValueError("Sample weights must contain at least one non-zero number: all of them are zero.")
    return np.asarray(weights / weights.max())  # so that no sum overflows
