"""Weights of float32 → whole numbers of a few bits, rounded so that what the layers compute changes least.

Each unit has a scale of its own. Weights are rounded one input after another, and what rounding did to a unit's sums,
on real images, is made good by the weights that are still to be rounded, and last by its bias: Frantar, Ashkboos,
Hoefler and Alistarh 2022, "GPTQ" (https://arxiv.org/abs/2210.17323), after Hassibi and Stork's "Optimal brain surgeon"
of 1993. A layer is rounded for what the layers before it put out when they are rounded already.
"""

import math

import numpy as np
from numpy.typing import NDArray

from byhand import machine
from byhand.data.datasets import Split
from byhand.errors import UsageError
from byhand.export import fixed_point
from byhand.export.fixed_point import FACTOR_BITS, FULL, MOST_SHIFT, SUM_LIMIT, WHITE, Z_BITS, Layer, Network, Whole
from byhand.model import Model
from byhand.network import layers
from byhand.types import Bytes

Doubles = NDArray[np.float64]

IMAGES = 5000  # So many tell how the layers' inputs hang together; more change next to nothing.
DAMPING = 0.01  # of the inputs' mean square, is added to each, so that pixels that are always dark count a little.
NARROWER = np.linspace(1, 0.4, 31)  # Shares of the largest weight that are tried as the largest whole number.
ROOM = 2  # What units put out may be so many times what they did on the images, before it is cut off.
RARELY = 1000  # Of a layer that put out next to nothing, its sums below 0 tell the unit, but they count so much less.
MOST_RATIO = FULL + 1
FINEST_LOGIT, COARSEST_LOGIT = 16, -14  # fractional bits


def quantised(model: Model, images: Bytes, bits: int, *, most: int = FULL) -> Network:
    """Return a model in whole numbers.

    Parameters
    ----------
    model
        Any.
    images
        (n, height, width) uint8: some that it has learned.
    bits
        Of a weight, 2…8.
    most
        The most that a hidden unit may put out.

    Raises
    ------
    UsageError
        If its layers are so wide that sums may overflow, or its logits too large.
    """
    sizes, top = model.sizes, 2 ** (bits - 1) - 1
    if sizes[0] * top * WHITE >= SUM_LIMIT:
        raise UsageError(f"images of {sizes[0]:,} pixels are too large: a sum over them may not fit into 32 bits.")
    while max(sizes[1:-1], default=0) * top * most >= SUM_LIMIT:
        most //= 2
    values, unit = images.reshape(-1, sizes[0]).astype(np.int64), 1 / WHITE
    made: list[Layer] = []
    *hidden, last = (
        (np.asarray(w, np.float64), np.asarray(b, np.float64)) for w, b in layers(model.theta, model.sizes)
    )
    for w, b in hidden:
        weights, bias, scales = rounded(w, b, values, unit, top)
        sums = fixed_point.sums(Layer(weights, bias, bias, 1), values)
        z_unit, next_unit = _units(model.activation, sums * scales, most)
        made.append(_scaling(weights, bias, scales / z_unit, MOST_RATIO))
        values, unit = fixed_point.activated(fixed_point.scaled(made[-1], sums), model.activation, most), next_unit
    weights, bias, scales = rounded(*last, values, unit, top)
    fraction = _fraction(float(np.abs(fixed_point.sums(Layer(weights, bias, bias, 1), values) * scales).max()))
    made.append(_scaling(weights, bias, scales * 2.0**fraction, SUM_LIMIT // 4))
    return Network(bits, model.activation, most, tuple(made), fraction)


def examples(model: Model, split: Split) -> Bytes:
    """Return images of a split on which a model's weights can be rounded, from all over it.

    Raises
    ------
    UsageError
        If they do not fit the model.
    """
    if split.image_shape != model.image_shape:
        raise UsageError(
            f"the data have images of {split.image_shape}, the model takes {model.image_shape}: its weights are "
            "rounded on images that it has learned.",
            "data",
        )
    return split.take(slice(None, None, max(1, len(split) // IMAGES))).images[:IMAGES]


def rounded(w: Doubles, b: Doubles, values: Whole, unit: float, top: int) -> tuple[NDArray[np.int8], Whole, Doubles]:
    """Return the weights (n_in, n_out) and the bias (n_out,) in whole numbers, and what 1 of a sum means (n_out,).

    Parameters
    ----------
    w, b
        Of a layer.
    values
        (n, n_in) inputs in whole numbers.
    unit
        What 1 of an input means.
    top
        The largest whole number for a weight.
    """
    usual = math.sqrt(float((values.astype(np.float64) ** 2).mean())) or 1.0  # In its unit, all inputs are about 1.
    w = w * (unit * usual)
    products = _products(values, 1 / usual)
    scales = _scales(w, products.diagonal()[:-1], top)
    scales = np.maximum(scales, np.abs(b) * usual / (SUM_LIMIT // 2))  # or else the bias would be too large
    order = np.append(np.argsort(-products.diagonal()[:-1], kind="stable"), len(w))  # the bias last
    with machine.linear_algebra():
        upper = np.linalg.cholesky(np.linalg.inv(products[np.ix_(order, order)])).T
    rest = np.vstack([w, b])[order]
    whole = np.zeros(w.shape, np.int8)
    for k, place in enumerate(order[:-1]):
        whole[place] = np.clip(np.rint(rest[k] / scales), -top, top)
        error = (rest[k] - whole[place] * scales) / upper[k, k]
        rest[k + 1 :] -= np.outer(upper[k, k + 1 :], error)
    scales = scales / usual
    bias = np.clip(np.rint(rest[-1] / scales), 1 - SUM_LIMIT, SUM_LIMIT - 1).astype(np.int64)
    return whole, bias, scales


def _products(values: Whole, unit: float) -> Doubles:
    """Return the mean products (n_in + 1, n_in + 1) of inputs with each other and with the bias's 1, damped."""
    x = np.column_stack([values, np.ones(len(values), np.int64)]).astype(np.float64)
    with machine.linear_algebra():
        products: Doubles = x.T @ x / len(x)  # Sums of whole numbers: whatever their order, they are the same.
    products[:-1] *= unit
    products[:, :-1] *= unit
    inputs = np.arange(len(products) - 1)
    products[inputs, inputs] += DAMPING * float(products.diagonal()[:-1].mean()) or 1.0
    return products


def _scales(w: Doubles, weights: Doubles, top: int) -> Doubles:
    """Return the scale of each unit (n_out,) with which rounding errs least, inputs having weights (n_in,)."""
    largest = np.abs(w).max(axis=0)
    largest = np.where(largest > 0, largest, 1.0)
    errors = []
    for share in NARROWER:
        scale = share * largest / top
        errors.append(weights @ (w - scale * np.clip(np.rint(w / scale), -top, top)) ** 2)
    return np.asarray(NARROWER[np.argmin(errors, axis=0)] * largest / top)


def _units(activation: str, z: Doubles, most: int) -> tuple[float, float]:
    """Return what 1 of a scaled sum means, and 1 of what a hidden unit puts out; sums z (n, n_out) have been seen."""
    if activation == "tanh":
        return 2.0**-Z_BITS, 1 / most
    if activation == "sigmoid":
        return 2.0 ** (1 - Z_BITS), 1 / most  # tanh is taken of half of it
    largest = max(float(z.max()), float(np.abs(z).max()) / RARELY) or 1.0
    unit = 2.0 ** math.ceil(math.log2(ROOM * largest / most))
    return unit, unit


def _fraction(largest: float) -> int:
    """Return how many fractional bits logits have."""
    fraction = math.floor(math.log2(SUM_LIMIT / (ROOM * max(largest, 1.0))))
    if fraction < COARSEST_LOGIT:
        raise UsageError("the model's parameters are so large that its logits do not fit into 32 bits.")
    return min(fraction, FINEST_LOGIT)


def _scaling(weights: NDArray[np.int8], bias: Whole, ratios: Doubles, limit: int) -> Layer:
    """Return a layer whose sums are multiplied by ratios, with factors as fine as can be.

    A sum of 1 times the limit is cut off in any case, so no ratio need be larger.
    """
    ratios = np.minimum(ratios, limit)
    shift = min(FACTOR_BITS - 1 - math.frexp(float(ratios.max()))[1], MOST_SHIFT)
    return Layer(weights, bias, np.rint(ratios * 2.0**shift).astype(np.int64), shift)
