"""Features of any unit → numbers of about 1, which is what a network's first weights and learning rates are made for.

A feature is divided by its root mean square, so that it does not matter in which unit it is told. It is divided by a
quarter of its largest number instead where that is more: else a feature that is nearly always zero, such as a pixel at
the edge or a rare word, would count for ten or a hundred times as much as others. And where all its numbers lie on one
side of zero, such as years, their mean is moved there first. Zero stays zero in all others, so that sparse rows stay
sparse, and say the same as dense ones.

Measured with 20,000 images of MNIST and pixels of 0 to 1, eight epochs, 5,000 others to judge by, mean of two seeds:
96.1 % as they are, 96.3 with a third, 96.1 with a fifth, 95.9 with a tenth of the largest, 96.1 by the largest alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from byhand.data.rows import Features, Sparse
from byhand.types import Floats

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LARGEST = 4.0  # of what is learned, about
_BEYOND = np.float32(1e9)  # Of what is asked later: float32 squares it without overflow.
_CHUNK = 4096  # rows

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scaling:
    """What is taken from each feature, (width,), and what it is then divided by; and between what they lay."""

    shift: Doubles
    scale: Doubles
    lowest: float
    highest: float

    def dense(self, x: NDArray[np.generic]) -> Floats:
        """Return dense rows as the network takes them."""
        numbers = cast("Doubles", x if x.dtype.kind == "f" else x.astype(np.float64))
        if self.shift.any():
            numbers = numbers - self.shift
        with np.errstate(over="ignore"):  # What is infinite in float32 is clipped.
            scaled = np.asarray(numbers / self.scale, np.float32)
        return np.clip(scaled, -_BEYOND, _BEYOND, out=scaled)

    def sparse(self, x: "csr_array") -> Sparse:
        """Return sparse rows as the network takes them."""
        with np.errstate(over="ignore"):
            values = np.asarray(x.data / self.scale[x.indices], np.float32)
        np.clip(values, -_BEYOND, _BEYOND, out=values)
        return Sparse(values, x.indices, x.indptr, int(x.shape[1]))

    def rows(self, x: Any) -> Features:  # noqa: ANN401  # an array of NumPy's, or a sparse one of SciPy's
        """Return rows, dense or sparse, as the network takes them."""
        return self.dense(x) if isinstance(x, np.ndarray) else self.sparse(x)

    def elsewhere(self, x: Any, xp: ModuleType, device: object) -> Any:  # noqa: ANN401  # arrays of any library
        """Return dense rows of another array library as the network takes them, in that library."""
        kind = x.dtype if xp.isdtype(x.dtype, "real floating") else xp.float32
        shift, scale = (xp.asarray(each, dtype=kind, device=device) for each in (self.shift, self.scale))
        return xp.clip(xp.astype((xp.astype(x, kind) - shift) / scale, xp.float32), -float(_BEYOND), float(_BEYOND))


def scaling_of(x: Any, weights: Doubles | None) -> Scaling:  # noqa: ANN401  # as for `Scaling.rows`
    """Return the scaling that suits rows, dense or sparse, which count so much, (n,) numbers above 0."""
    shift, square, largest, lowest, highest = (_of_dense if isinstance(x, np.ndarray) else _of_sparse)(x, weights)
    scale = np.maximum(np.sqrt(square) * largest, largest / LARGEST)
    known = scale > np.finfo(np.float64).tiny
    # What never moved says nothing of its unit: should it move one day, it shall not count for more than all others.
    scale[~known] = scale[known].max(initial=0.0) or 1.0
    return Scaling(shift, scale, lowest, highest)


def _of_dense(x: NDArray[np.generic], weights: Doubles | None) -> tuple[Doubles, Doubles, Doubles, float, float]:
    """Return of each feature what to take from it, and then its mean square by its largest; its largest; and bounds."""
    low, high = (np.asarray(end, np.float64) for end in (x.min(axis=0), x.max(axis=0)))
    bound = np.maximum(abs(low), abs(high))
    shift = np.zeros(x.shape[1])
    one_sided = ((low > 0) | (high < 0)) & (low < high)
    shift[(low == high)] = low[low == high]
    if one_sided.any():
        unit = np.where(one_sided, bound, 1.0)  # so that no sum overflows
        mean = sum(_weighted(part[:, one_sided] / unit[one_sided], w, 1) for part, w in _parts(x, weights))
        shift[one_sided] = np.clip(mean * unit[one_sided] / _total(x, weights), low[one_sided], high[one_sided])
    largest = np.maximum(high - shift, shift - low)
    unit = np.where(largest > 0, largest, 1.0)
    square = sum(_weighted((part - shift) / unit, w, 2) for part, w in _parts(x, weights)) / _total(x, weights)
    return shift, cast("Doubles", square), largest, float(low.min()), float(high.max())


def _of_sparse(x: "csr_array", weights: Doubles | None) -> tuple[Doubles, Doubles, Doubles, float, float]:
    """Return the same of sparse rows, from which nothing is taken."""
    count, width = x.shape
    largest = np.zeros(width)
    values = abs(x.data.astype(np.float64))
    np.maximum.at(largest, x.indices, values)
    shares = (values / np.where(largest > 0, largest, 1.0)[x.indices]) ** 2
    if weights is not None:
        shares *= np.repeat(weights, np.diff(x.indptr))
    square = np.bincount(x.indices, shares, width) / _total(x, weights)
    whole = x.nnz == count * width
    bounds = (float(x.data.min()), float(x.data.max())) if x.nnz else (0.0, 0.0)
    return np.zeros(width), square, largest, *(bounds if whole else (min(bounds[0], 0.0), max(bounds[1], 0.0)))


def _total(x: Any, weights: Doubles | None) -> float:  # noqa: ANN401  # as for `Scaling.rows`
    """Return how much all rows count."""
    return float(x.shape[0] if weights is None else weights.sum())


def _parts(x: NDArray[np.generic], weights: Doubles | None) -> Iterator[tuple[Doubles, Doubles | None]]:
    """Yield some rows after others, as float64, with how much they count: all at once would take too much memory."""
    for start in range(0, len(x), _CHUNK):
        some = slice(start, start + _CHUNK)
        yield x[some].astype(np.float64), None if weights is None else weights[some]


def _weighted(part: Doubles, weights: Doubles | None, power: int) -> Doubles:
    """Return the sum of powers of rows, (width,), each counted as its weight says."""
    powers = part if power == 1 else part * part
    return np.asarray(powers.sum(axis=0) if weights is None else weights @ powers)
