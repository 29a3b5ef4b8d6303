"""What a network says of rows of numbers that are no images."""

from collections.abc import Sequence

import numpy as np

from byhand import machine
from byhand.data.rows import Features, Sparse, as_features
from byhand.errors import UsageError
from byhand.network import Array, forward, softmax
from byhand.types import Floats, Integers, array_namespace

CHUNK = 1000  # rows for one pass
ROOM = 2**24  # numbers of sparse rows that are written down at a time


def probabilities(theta: Floats, sizes: Sequence[int], activation: str, features: Features) -> Floats:
    """Return the probability of every class for every row.

    Parameters
    ----------
    theta, sizes, activation
        The network.
    features
        (n, width) numbers, or sparse rows, of which a few at a time are written down with their zeros.

    Returns
    -------
    array
        (n, classes) float32; every row sums to 1.

    Raises
    ------
    UsageError
        If the rows do not fit, or the sums of so large parameters or numbers overflow.
    """
    features = as_features(features, sizes[0])
    out = np.empty((len(features), sizes[-1]), np.float32)
    with np.errstate(over="ignore", invalid="ignore"), machine.linear_algebra():
        for some in _portions(features):
            out[some] = _probabilities(theta, sizes, activation, features[some])
    if not np.isfinite(out).all():
        raise UsageError("parameters or numbers are so large that what comes of them is no number.", "features")
    return out


def _portions(features: Features) -> list[slice]:
    """Return the places of rows that are taken at a time."""
    most = CHUNK if isinstance(features, np.ndarray) else max(1, min(CHUNK, ROOM // features.width))
    return [slice(start, start + most) for start in range(0, len(features), most)]


def _probabilities(theta: Floats, sizes: Sequence[int], activation: str, some: Features) -> Array:
    """Return those of a few rows."""
    if isinstance(some, Sparse):
        lit, some = some.lit()
        theta, sizes = without_dark(theta, sizes, lit)
    return softmax(forward(theta, sizes, activation, some)[1])


def without_dark(theta: Array, sizes: Sequence[int], lit: Integers) -> tuple[Array, tuple[int, ...]]:
    """Return the smaller network, and its sizes, that remains when all inputs but some are left out."""
    n_in, n_out = sizes[:2]
    xp = array_namespace(theta)
    w, rest = xp.reshape(theta[: n_in * n_out], (n_in, n_out)), theta[n_in * n_out :]
    return xp.concat([xp.reshape(w[lit], (-1,)), rest]), (lit.shape[0], *sizes[1:])
