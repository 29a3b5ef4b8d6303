"""Learning image by image: the loops one would write on a blackboard, compiled with Numba.

A step of one image is too small for matrix products: calling the library costs more than the arithmetic. Here a whole
stretch of images is one compiled loop, and its speed comes from what it leaves out. An input that is zero adds nothing
to any sum and its weights do not move, so every layer first lists its inputs that are *lit*: one pixel in five, and
with ReLU about half of the units. Weights are stored as [input][unit]: those of a lit input are neighbours in memory.
"""

import numpy as np
from numba import uint32

from byhand.compiled.compiling import compiled, inlined
from byhand.compiled.vectors import WIDEST, Vector, add_times, length, load, number_at, store, store_first, zeros
from byhand.labels import NO_CLASS
from byhand.network import ACTIVATIONS
from byhand.types import Bytes, Floats, Integers

EDGE = np.float32(9)  # Beyond, tanh is ±1, but for rounding.
RELU, TANH, SIGMOID, LEAKY_RELU = range(4)
KINDS = {"relu": RELU, "tanh": TANH, "sigmoid": SIGMOID, "leaky_relu": LEAKY_RELU}
assert KINDS.keys() == ACTIVATIONS.keys()


@compiled
def learn(
    theta: Floats,
    sizes: Integers,
    kind: int,
    images: Bytes | Floats,
    labels: Bytes,
    sample_weights: Floats,
    label_smoothing: np.float32,
    learning_rate: np.float32,
    losses: Floats,
) -> None:
    """Take a step for every image in turn, as long as its weight says; write the loss before it into `losses`."""
    lit, a, n_lit, delta = scratch(sizes)
    for s in range(len(labels)):
        n_lit[0] = list_lit_pixels(images[s], lit[0], a[0])
        rate = -learning_rate * sample_weights[s]  # With the rate in delta, updates are additions.
        room = lit, a, n_lit, delta
        losses[s] = step(theta, sizes, kind, lit[0], a[0], n_lit[0], room, labels[s], label_smoothing, rate)


@compiled
def learn_sparse(
    theta: Floats,
    sizes: Integers,
    kind: int,
    values: Floats,
    columns: Integers,
    starts: Integers,
    labels: Bytes,
    sample_weights: Floats,
    label_smoothing: np.float32,
    learning_rate: np.float32,
    losses: Floats,
) -> None:
    """Do that for sparse rows, which are lists of what is lit already."""
    room = scratch(sizes[1:])
    for s in range(len(labels)):
        there = slice(starts[s], starts[s + 1])
        lit, a, rate = columns[there], values[there], -learning_rate * sample_weights[s]
        losses[s] = step(theta, sizes, kind, lit, a, len(lit), room, labels[s], label_smoothing, rate)


@inlined
def step(
    theta: Floats,
    sizes: Integers,
    kind: int,
    lit: Integers,
    a: Floats,
    n: int,
    room: tuple[Integers, Floats, Integers, Floats],
    label: int,
    label_smoothing: np.float32,
    rate: np.float32,
) -> np.float32:
    """Take a step for one image, of which `n` pixels are lit; return the loss before it."""
    depth = len(sizes) - 1
    lit_units, outputs, n_lit, delta = room
    z = forward(theta, sizes, kind, lit, a, n, lit_units, outputs, n_lit, delta)
    loss = loss_and_delta(z, label, label_smoothing, rate)
    start = len(theta)
    for layer in range(depth - 1, -1, -1):
        n_in, n_out = sizes[layer], sizes[layer + 1]
        start -= n_in * n_out + n_out
        w, b = views(theta, start, n_in, n_out)
        d = delta[layer, :n_out]
        for j in range(n_out):
            b[j] += d[j]
        if layer == 0:
            correct(w, lit, a, n, d)
        else:
            below = delta[layer - 1]
            correct_and_blame(w, lit_units[layer], outputs[layer], n_lit[layer], d, kind, below)
    return loss


@inlined
def scratch(sizes: Integers) -> tuple[Integers, Floats, Integers, Floats]:
    """Return room for, per layer: positions and values of its lit inputs, how many they are, and its sums."""
    depth, width = len(sizes), max(sizes) + WIDEST
    lit, a = np.empty((depth, width), uint32), np.empty((depth, width), np.float32)
    return lit, a, np.empty(depth, np.int64), np.empty((depth, width), np.float32)


@compiled
def forward(
    theta: Floats,
    sizes: Integers,
    kind: int,
    lit_pixels: Integers,
    pixels: Floats,
    n: int,
    lit: Integers,
    a: Floats,
    n_lit: Integers,
    sums: Floats,
) -> Floats:
    """Fill the scratch arrays for one image, of which `n` pixels are lit; return the logits."""
    depth, start = len(sizes) - 1, 0
    for layer in range(depth):
        n_in, n_out = sizes[layer], sizes[layer + 1]
        w, b = views(theta, start, n_in, n_out)
        start += n_in * n_out + n_out
        z = sums[layer, :n_out]
        if layer == 0:
            weighted_sums(z, w, b, lit_pixels, pixels, n)
        else:
            weighted_sums(z, w, b, lit[layer], a[layer], n_lit[layer])
        if layer + 1 < depth:
            n_lit[layer + 1] = list_lit_units(z, kind, lit[layer + 1], a[layer + 1])
    return sums[depth - 1, : sizes[depth]]


@inlined
def views(theta: Floats, start: int, n_in: int, n_out: int) -> tuple[Floats, Floats]:
    """Return the weights (n_in, n_out) and bias (n_out,) that begin at `start`, as `network.layers` does."""
    middle = start + n_in * n_out
    return theta[start:middle].reshape(n_in, n_out), theta[middle : middle + n_out]


@inlined
def list_lit_pixels(image: Bytes | Floats, lit: Integers, a: Floats) -> int:
    """Write positions and values of the pixels that are not zero; return how many."""
    n = uint32(0)
    for i in range(len(image)):
        lit[n] = i  # Always written, counted only if lit: cheaper than a jump the processor cannot foresee.
        a[n] = number_at(image, i)
        n += uint32(image[i] != 0)
    return n


@compiled
def list_lit_units(z: Floats, kind: int, lit: Integers, a: Floats) -> int:
    """Apply the activation; write positions and values of the units that pass something on; return how many."""
    n = uint32(0)
    for i in range(len(z)):
        lit[n] = i
        if kind == RELU:
            a[n] = z[i]
            n += uint32(not z[i] <= 0)
        else:
            if kind == TANH:
                a[n] = tanh(z[i])
            elif kind == SIGMOID:
                a[n] = np.float32(0.5) + np.float32(0.5) * tanh(np.float32(0.5) * z[i])
            else:
                a[n] = max(z[i], np.float32(0.01) * z[i])
            n += uint32(1)
    return n


@compiled
def tanh(x: np.float32) -> np.float32:
    """Return tanh x to 2e-7 by arithmetic alone, for many x at once: Lambert's continued fraction for its half."""
    x = EDGE if x > EDGE else x  # What is no number stays.
    y = np.float32(0.5) * (-EDGE if x < -EDGE else x)
    s, p, q = y * y, np.float32(1 / 135135), np.float32(4 / 19305)
    p = y * (((p * s + np.float32(2 / 715)) * s + np.float32(5 / 39)) * s + np.float32(1))
    q = ((q * s + np.float32(10 / 429)) * s + np.float32(6 / 13)) * s + np.float32(1)
    t = np.float32(2) * p * q / (p * p + q * q)  # tanh 2y, where p / q is tanh y
    t = np.float32(1) if t > 1 else t
    return np.float32(-1) if t < -1 else t


@compiled
def slope(a: np.float32, kind: int) -> np.float32:
    """Return the slope of the activation, from its output."""
    if kind == RELU:
        return np.float32(1)  # Only lit units are asked.
    if kind == TANH:
        return np.float32(1) - a * a
    if kind == SIGMOID:
        return a * (np.float32(1) - a)
    return np.float32(1) if a > 0 else np.float32(0.01)


@compiled
def weighted_sums(z: Floats, w: Floats, b: Floats, lit: Integers, a: Floats, n: int) -> None:
    """Write into `z` the bias plus the weighted sums of the `n` lit inputs."""
    if len(z) <= 64:  # The sums stay in registers.
        _add_rows(zeros(64), z, w, b, lit, a, n)
    elif len(z) <= 128:
        _add_rows(zeros(128), z, w, b, lit, a, n)
    else:
        for j in range(len(z)):
            z[j] = b[j]
        q = 0
        while q + 4 <= n:  # Four rows at a time: each sum is fetched and stored once instead of four times.
            i0, i1, i2, i3 = lit[q], lit[q + 1], lit[q + 2], lit[q + 3]
            a0, a1, a2, a3 = a[q], a[q + 1], a[q + 2], a[q + 3]
            for j in range(w.shape[1]):
                z[j] += a0 * w[i0, j] + a1 * w[i1, j] + a2 * w[i2, j] + a3 * w[i3, j]
            q += 4
        for r in range(q, n):
            for j in range(w.shape[1]):
                z[j] += a[r] * w[lit[r], j]


@inlined
def _add_rows(like: Vector, z: Floats, w: Floats, b: Floats, lit: Integers, a: Floats, n: int) -> None:
    """Do that for no more units than a vector has numbers; `z` has room for all of them."""
    total = load(like, b, 0)
    for q in range(n):
        total = add_times(total, a, q, load(like, w, lit[q] * w.shape[1]))
    store(z, 0, total)


@compiled
def softmax(z: Floats) -> np.float32:
    """Turn logits into probabilities in place; return log Σ exp(z)."""
    top = z[0]
    for j in range(1, len(z)):
        top = max(top, z[j])
    total = np.float32(0)
    for j in range(len(z)):
        z[j] = np.exp(z[j] - top)
        total += z[j]
    for j in range(len(z)):
        z[j] /= total
    return top + np.log(total)


@compiled
def loss_and_delta(z: Floats, label: int, smoothing: np.float32, factor: np.float32) -> np.float32:
    """Turn logits into their gradient p − y, times a factor, in place; return the loss −Σ y log p."""
    classes = np.float32(len(z))
    right, any_class = np.float32(1) - smoothing, smoothing / classes  # what is wanted of the label, and of each class
    if label == NO_CLASS:
        right, any_class = np.float32(0), np.float32(1) / classes
    label = min(label, len(z) - 1)
    total = np.float32(0)
    for j in range(len(z)):
        total += z[j]
    wanted = any_class * total + right * z[label]
    loss = softmax(z) - wanted
    for j in range(len(z)):
        z[j] = (z[j] - any_class) * factor
    z[label] -= right * factor
    return loss


@inlined
def correct(w: Floats, lit: Integers, a: Floats, n: int, delta: Floats) -> None:
    """Move the weights of `n` lit inputs by a · delta."""
    if w.shape[1] <= 64:  # The delta stays in registers.
        _move_rows(zeros(64), w, lit, a, n, delta)
    elif w.shape[1] <= 128:
        _move_rows(zeros(128), w, lit, a, n, delta)
    else:
        for q in range(n):
            i, a_i = lit[q], a[q]
            for j in range(w.shape[1]):
                w[i, j] += a_i * delta[j]


@inlined
def _move_rows(like: Vector, w: Floats, lit: Integers, a: Floats, n: int, delta: Floats) -> None:
    """Do that for no more units than a vector has numbers."""
    step, n_out = load(like, delta, 0), w.shape[1]
    for q in range(n):
        place = lit[q] * n_out
        row = add_times(load(like, w, place), a, q, step)
        if n_out == length(like):
            store(w, place, row)
        else:
            store_first(w, place, row, n_out)


@inlined
def correct_and_blame(
    w: Floats, lit: Integers, a: Floats, n: int, delta: Floats, kind: int, delta_below: Floats
) -> None:
    """Do the same, and pass delta on to the units below by the weights as they were."""
    for i in range(w.shape[0]):
        delta_below[i] = 0
    for q in range(n):
        i, a_i = lit[q], a[q]
        blame = np.float32(0)
        for j in range(w.shape[1]):
            blame += w[i, j] * delta[j]
            w[i, j] += a_i * delta[j]
        delta_below[i] = blame * slope(a_i, kind)
