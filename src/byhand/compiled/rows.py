"""What a network says of rows of numbers that are no images."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from byhand import machine
from byhand.data.rows import Features, Sparse, as_features
from byhand.errors import UsageError
from byhand.network import ACTIVATIONS, Array, forward, softmax
from byhand.types import Floats, Integers, Mask, array_namespace

CHUNK, PART = 1000, 250  # rows for one pass, and of sparse ones for one thread
ROOM = 2**24  # numbers of sparse rows that are written down at a time where no loops can be compiled


def probabilities(theta: NDArray[np.floating], sizes: Sequence[int], activation: str, features: Features) -> Floats:
    """Return the probability of every class for every row.

    Parameters
    ----------
    theta, sizes, activation
        The network. With float64 parameters sums are taken in float64 (but those of sparse rows in the first layer), so
        that an answer does not depend on where its row stands: the rounding of a matrix product does.
    features
        (n, width) numbers, or sparse rows.

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
    logits, at_once = _dense(theta, sizes, activation), CHUNK
    if isinstance(features, Sparse) and machine.has_numba():
        logits = _sparse(theta, sizes, activation)
    elif isinstance(features, Sparse):
        at_once = max(1, min(CHUNK, ROOM // features.width))
    with np.errstate(over="ignore", invalid="ignore"), machine.linear_algebra():
        for start in range(0, len(features), at_once):
            out[start : start + at_once] = softmax(logits(features[start : start + at_once]))
    if not np.isfinite(out).all():
        raise UsageError("parameters or numbers are so large that what comes of them is no number.", "features")
    return out


def _dense(theta: Array, sizes: Sequence[int], activation: str) -> Callable[[Features], Array]:
    """Return a function that returns the logits of a few rows, by matrix products."""

    def logits(some: Features) -> Array:
        network = theta, sizes
        if isinstance(some, Sparse):
            lit, some = some.lit()
            network = without_dark(theta, sizes, lit)
        return forward(*network, activation, some)[1]

    return logits


def _sparse(theta: NDArray[np.floating], sizes: Sequence[int], activation: str) -> Callable[[Features], Array]:
    """Return a function that returns the logits of a few sparse rows; the first layer's sums are a compiled loop's."""
    from byhand.compiled.blocks.entries import sums_of
    from byhand.compiled.blocks.layouts import network_of, room_for, rows_of, zeros

    n_in, n_out = sizes[:2]
    network = network_of(np.asarray(theta, np.float32), sizes, activation)
    down = int(room_for(sizes[:2], 0, with_inputs=False).rows[1])
    room = zeros(CHUNK * down)

    def logits(some: Features) -> Array:
        assert isinstance(some, Sparse)
        works = []
        for start in range(0, len(some), PART):
            part = rows_of(some[start : start + PART])
            works.append(partial(sums_of, network.theta, network.sizes, part, room[start * down :], down))
        machine.share(works)
        z: Array = room[: len(some) * down].reshape(len(some), down)[:, :n_out]
        if len(sizes) == 2:
            return z
        return forward(theta[n_in * n_out + n_out :], sizes[1:], activation, ACTIVATIONS[activation].function(z))[1]

    return logits


def without_dark(theta: Array, sizes: Sequence[int], lit: Integers | Mask) -> tuple[Array, tuple[int, ...]]:
    """Return the smaller network, and its sizes, that remains when all inputs are left out that are not `lit`."""
    n_in, n_out = sizes[:2]
    xp = array_namespace(theta)
    w, rest = xp.reshape(theta[: n_in * n_out], (n_in, n_out)), theta[n_in * n_out :]
    few = w[lit]
    return xp.concat([xp.reshape(few, (-1,)), rest]), (few.shape[0], *sizes[1:])
