"""The whole algorithm: a fully connected network, its loss, and the gradient of that loss.

Everything else in byhand makes this faster or easier to use. All weights and biases live in one flat vector `theta`;
`layers` cuts it into views, so whatever is written into a view is written into the vector. Arrays may come from any
library that follows the Python array API standard (https://data-apis.org/array-api/): NumPy, PyTorch and others.

The letters: `x` images, one a row, pixels 0…1; `y` the wanted probabilities, one row an image; `w` weights and `b` bias
of a layer; `z` its weighted sums, those of the last layer called logits; `a` what it puts out; `p` the predicted
probabilities; `delta` the gradient of the loss in `z`.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from byhand.types import array_namespace

# For the type checker an array is NumPy's; at run time it may be any library's.
Array: TypeAlias = NDArray[np.floating]


def n_parameters(sizes: Sequence[int]) -> int:
    """Return how many weights and biases a network has, given the sizes of its layers, input first."""
    return sum(n_in * n_out + n_out for n_in, n_out in pairwise(sizes))


def layers(theta: Array, sizes: Sequence[int]) -> list[tuple[Array, Array]]:
    """Cut `theta` (n_parameters,) into the weights (n_in, n_out) and bias (n_out,) of every layer, as views.

    Of many networks at once, `theta` (..., n_parameters), the views have the same first axes.
    """
    xp = array_namespace(theta)
    views, start = [], 0
    for n_in, n_out in pairwise(sizes):
        middle, end = start + n_in * n_out, start + n_in * n_out + n_out
        w = xp.reshape(theta[..., start:middle], (*theta.shape[:-1], n_in, n_out))
        views.append((w, theta[..., middle:end]))
        start = end
    return views


def initial_parameters(sizes: Sequence[int], activation: str, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw small normal weights, so that signals neither fade nor grow from layer to layer; biases are zero.

    The variance is gain / n_in: gain 2 for ReLU (He et al. 2015, https://arxiv.org/abs/1502.01852), because it lets
    half of a signal's power through, and 1 for tanh (LeCun et al. 1998, "Efficient BackProp").
    """
    theta = np.zeros(n_parameters(sizes), np.float32)
    for w, _ in layers(theta, sizes):
        w[...] = rng.normal(0, math.sqrt(ACTIVATIONS[activation].gain / w.shape[0]), w.shape)
    return theta


def forward(theta: Array, sizes: Sequence[int], activation: str, x: Array) -> tuple[list[Array], Array]:
    """Return the input of every layer, and the logits."""
    f = ACTIVATIONS[activation].function
    *hidden, (w, b) = layers(theta, sizes)
    inputs = [x]  # (batch, n_in)
    for v, c in hidden:
        inputs.append(f(inputs[-1] @ v + c))  # (batch, n_out)
    return inputs, inputs[-1] @ w + b  # (batch, classes)


def log_softmax(logits: Array) -> Array:
    """Turn logits z (batch, classes) into logarithms of probabilities: log p = z − log Σ exp(z)."""
    xp = array_namespace(logits)
    z = logits - xp.max(logits, axis=1, keepdims=True)
    return z - xp.log(xp.sum(xp.exp(z), axis=1, keepdims=True))


def softmax(logits: Array) -> Array:
    """Turn logits z (batch, classes) into probabilities: p = exp(z) / Σ exp(z)."""
    xp = array_namespace(logits)
    powers = xp.exp(logits - xp.max(logits, axis=1, keepdims=True))  # The largest is exp(0) = 1: nothing overflows.
    return powers / xp.sum(powers, axis=1, keepdims=True)


def cross_entropy(log_p: Array, y: Array) -> Array:
    """Return each image's loss (batch,): −Σ y log p, the surprise at the right answer."""
    return -array_namespace(log_p).sum(y * log_p, axis=1)


def backward(theta: Array, sizes: Sequence[int], activation: str, inputs: list[Array], delta: Array) -> list[Array]:
    """Return the gradient in the weighted sums of every layer; `delta` (batch, classes) is that in the logits."""
    slope = ACTIVATIONS[activation].slope
    deltas = [delta]
    for (w, _), a in reversed(list(zip(layers(theta, sizes), inputs, strict=True))[1:]):
        delta = (delta @ w.T) * slope(a)  # (batch, n_in)
        deltas.insert(0, delta)
    return deltas


def loss_and_deltas(
    theta: Array, sizes: Sequence[int], activation: str, x: Array, y: Array
) -> tuple[Array, list[Array], list[Array]]:
    """Return each image's loss (batch,), the input of every layer, and the gradient of the mean loss in its sums."""
    xp = array_namespace(theta)
    inputs, logits = forward(theta, sizes, activation, x)
    log_p = log_softmax(logits)
    delta = (xp.exp(log_p) - y) / x.shape[0]  # Of softmax and cross-entropy together, p − y is all that is left.
    return cross_entropy(log_p, y), inputs, backward(theta, sizes, activation, inputs, delta)


def loss_and_gradient(theta: Array, sizes: Sequence[int], activation: str, x: Array, y: Array) -> tuple[Array, Array]:
    """Return each image's loss (batch,), and the gradient of their mean in `theta` (n_parameters,).

    This is the whole of it; an engine takes the deltas, and sums up the products in its own, quicker way.
    """
    xp = array_namespace(theta)
    gradient = xp.empty_like(theta)
    losses, inputs, deltas = loss_and_deltas(theta, sizes, activation, x, y)
    for (dw, db), a, delta in zip(layers(gradient, sizes), inputs, deltas, strict=True):
        dw[...] = a.T @ delta  # (n_in, n_out)
        db[...] = xp.sum(delta, axis=0)  # (n_out,)
    return losses, gradient


def gradient_in_images(theta: Array, sizes: Sequence[int], activation: str, x: Array, y: Array) -> Array:
    """Return the gradient of each image's loss in its own pixels (batch, n_in): how each would have to change."""
    inputs, logits = forward(theta, sizes, activation, x)
    deltas = backward(theta, sizes, activation, inputs, softmax(logits) - y)
    w, _ = layers(theta, sizes)[0]
    return deltas[0] @ w.T


def to_inputs(images: NDArray[np.uint8], dtype: DTypeLike = np.float32) -> Array:
    """Return uint8 images (n, ...) as rows x (n, pixels) of `dtype`, scaled to 0…1."""
    xp = array_namespace(images)
    return xp.astype(xp.reshape(images, (images.shape[0], -1)), dtype) / 255


def one_hot(labels: NDArray[np.integer], classes: int, dtype: DTypeLike) -> Array:
    """Write labels (batch,) as probabilities (batch, classes): 1 for the right class and 0 elsewhere."""
    xp = array_namespace(labels)
    numbers = xp.arange(classes, dtype=labels.dtype, device=labels.device)
    return xp.astype(labels[:, None] == numbers[None, :], dtype)


def relu(z: Array) -> Array:
    """Let the positive part through."""
    xp = array_namespace(z)
    return xp.maximum(z, xp.zeros((), dtype=z.dtype, device=z.device))


def relu_slope(a: Array) -> Array:
    """Return 1 where ReLU let its input through, else 0."""
    return array_namespace(a).astype(a > 0, a.dtype)


def leaky_relu(z: Array) -> Array:
    """Let the positive part through, and a hundredth of the negative one."""
    return array_namespace(z).maximum(z, 0.01 * z)


def leaky_relu_slope(a: Array) -> Array:
    """Return 1 where the output is positive, else 0.01."""
    return 0.01 + 0.99 * relu_slope(a)


def tanh(z: Array) -> Array:
    """Squeeze into −1…1."""
    return array_namespace(z).tanh(z)


def tanh_slope(a: Array) -> Array:
    """Return 1 − tanh²."""
    return 1 - a * a


def sigmoid(z: Array) -> Array:
    """Squeeze into 0…1: 1 / (1 + exp(−z)), written with tanh because that cannot overflow."""
    return 0.5 + 0.5 * array_namespace(z).tanh(0.5 * z)


def sigmoid_slope(a: Array) -> Array:
    """Return sigmoid · (1 − sigmoid)."""
    return a * (1 - a)


class Activation(NamedTuple):
    """What a hidden unit does with its weighted sum.

    The slope is a function of the unit's own *output*, so no second array need be kept. The gain is that of the initial
    weights; sigmoid's slope is at most 1/4, so its weights start four times as wide as tanh's.
    """

    function: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    gain: float


ACTIVATIONS = {
    "relu": Activation(relu, relu_slope, gain=2.0),
    "tanh": Activation(tanh, tanh_slope, gain=1.0),
    "sigmoid": Activation(sigmoid, sigmoid_slope, gain=16.0),
    "leaky_relu": Activation(leaky_relu, leaky_relu_slope, gain=2.0),
}
