"""A network in whole numbers: what it computes on a chip, bit for bit, in NumPy.

Weights are whole numbers of a few bits, with a scale for each unit; hidden units put out 16 bits; sums have 32 and
cannot overflow. A scale is a factor by which a sum is multiplied before it is shifted right. So no two processors
differ, and what is measured here is what the header of `byhand.export.c_header` does, which has the same names.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from byhand import machine
from byhand.types import Bytes, Floats

Whole = NDArray[np.int64]

WHITE = 255  # The fullest pixel, which is 1 elsewhere.
CHUNK = 1000  # Images at a time.
FULL = 2**15 - 1  # The most that a hidden unit can put out.
SUM_LIMIT = 2**30  # All weights times their inputs stay below, and so do biases: an int32 holds both together.
FACTOR_BITS = 31
MOST_SHIFT = 61  # A scaled sum is below 2⁶² before it is shifted.
LEAK, LEAK_SHIFT = 41943, 22  # 41943 / 2²² is 1/100, to a part in 200,000.
Z_BITS = 12  # Fractional bits of what tanh is taken of, ...
STEP_BITS = 7  # ... which is looked up in steps of 2⁷ / 2¹², and interpolated.
ONE_BITS = 30  # 1 is 2³⁰ in what follows.
LOG2_E = round(float(np.log2(np.e)) * 2**ONE_BITS)
# 2^−f = c₀ − f (c₁ − f (c₂ − …)) for f in 0…1, by Chebyshev's nodes: to 6 · 10⁻⁸.
POWERS = (1073741764, 744256774, 257890191, 59375904, 9888282, 1016701)


@dataclass(frozen=True, eq=False)
class Layer:
    """What a layer does: sums, and how they are scaled.

    Attributes
    ----------
    weights
        (n_in, n_out) int8.
    bias
        (n_out,) in units of the sums.
    factors
        (n_out,) below 2³¹: a sum is multiplied by its factor ...
    shift
        ... and divided by 2 to this power.
    """

    weights: NDArray[np.int8]
    bias: Whole
    factors: Whole
    shift: int


@dataclass(frozen=True, eq=False)
class Network:
    """A network in whole numbers.

    Attributes
    ----------
    bits
        Of a weight.
    activation
        Name of the hidden layers' function.
    most
        The most that a hidden unit can put out.
    layers
        From the first to the last.
    fraction
        Fractional bits of the logits.
    """

    bits: int
    activation: str
    most: int
    layers: tuple[Layer, ...]
    fraction: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of each layer, input and output included."""
        return (self.layers[0].weights.shape[0], *(layer.weights.shape[1] for layer in self.layers))

    @property
    def n_bytes(self) -> int:
        """What weights, biases and factors take."""
        return sum(
            len(layer.weights) * row_bytes(layer.weights.shape[1], self.bits) + 8 * len(layer.bias)
            for layer in self.layers
        )


def row_bytes(weights: int, bits: int) -> int:
    """Return how many bytes the weights of one input take, packed without gaps."""
    return -(-weights * bits // 8)


def predict_proba(network: Network, images: Bytes) -> Floats:
    """Return the probability of every class (n, classes) for uint8 images (n, …)."""
    return np.concatenate([probabilities(z, network.fraction) for z in _logits(network, images)])


def logits(network: Network, images: Bytes) -> Whole:
    """Return the logits (n, classes) for uint8 images (n, …)."""
    return np.concatenate(list(_logits(network, images)))


def _logits(network: Network, images: Bytes) -> Iterator[Whole]:
    """Yield the logits of some images after others."""
    rows = images.reshape(len(images), -1)
    for start in range(0, len(rows), CHUNK):
        values = rows[start : start + CHUNK].astype(np.int64)
        for layer in network.layers[:-1]:
            values = activated(scaled(layer, sums(layer, values)), network.activation, network.most)
        yield scaled(network.layers[-1], sums(network.layers[-1], values))


def sums(layer: Layer, values: Whole) -> Whole:
    """Return the weighted sums (n, n_out) of inputs (n, n_in); in float64, which holds them exactly."""
    with machine.linear_algebra():
        products = values.astype(np.float64) @ layer.weights.astype(np.float64)
    return products.astype(np.int64) + layer.bias


def scaled(layer: Layer, sums: Whole) -> Whole:
    """Return the sums in the unit that is wanted: multiplied, shifted and rounded, halves away from zero."""
    size = np.abs(sums).astype(np.uint64) * layer.factors.astype(np.uint64)
    size = (size + np.uint64(1 << (layer.shift - 1))) >> np.uint64(layer.shift)
    limited = np.minimum(size, np.uint64(SUM_LIMIT)).astype(np.int64)
    return np.where(sums < 0, -limited, limited)


def activated(z: Whole, activation: str, most: int) -> Whole:
    """Return what units put out for scaled sums."""
    if activation == "relu":
        return np.asarray(np.clip(z, 0, most))
    size = np.abs(z)
    if activation == "leaky_relu":
        leaked = (LEAK * size + (1 << (LEAK_SHIFT - 1))) >> LEAK_SHIFT
        return np.where(z < 0, -np.minimum(leaked, most), np.minimum(z, most))
    size = np.minimum(size, FULL)
    place, rest = size >> STEP_BITS, size & ((1 << STEP_BITS) - 1)
    table = tanh_table(most)
    tanh = table[place] + (((table[place + 1] - table[place]) * rest + (1 << (STEP_BITS - 1))) >> STEP_BITS)
    tanh = np.where(z < 0, -tanh, tanh)
    return np.asarray((most + tanh + 1) >> 1 if activation == "sigmoid" else tanh)  # (1 + tanh(z / 2)) / 2


def tanh_table(most: int) -> Whole:
    """Return tanh of 0, 1/32, 2/32, … 8, where 1 is `most`."""
    return np.asarray(np.round(np.tanh(np.arange(257) * 2.0 ** (STEP_BITS - Z_BITS)) * most), np.int64)


def probabilities(z: Whole, fraction: int) -> Floats:
    """Return softmax of logits z (n, classes), which have so many fractional bits."""
    away = (z.max(axis=1, keepdims=True) - z).astype(np.uint64)
    exponent = (away * np.uint64(LOG2_E)) >> np.uint64(ONE_BITS - 16 + fraction)  # with 16 fractional bits
    whole, f = exponent >> np.uint64(16), exponent & np.uint64(0xFFFF)
    power = np.full(z.shape, POWERS[-1], np.uint64)
    for c in POWERS[-2::-1]:
        power = np.uint64(c) - ((f * power) >> np.uint64(16))
    power >>= np.minimum(whole, np.uint64(31))
    return np.asarray(power.astype(np.float32) / power.sum(axis=1, keepdims=True).astype(np.float32))
