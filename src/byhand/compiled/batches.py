"""Learning in batches: a whole stretch of images in one compiled loop, by one thread or several.

What `network.loss_and_gradient` does, and an optimizer after it, is done here in two stages for every batch. In the
first, 64 images a piece go forward and their gradient in all sums comes back. In the second, 64 rows of weights a piece get
the sum of their products over the batch, and are moved at once, while they are in the cache. Every number is summed up in one piece and
in the same order, so threads change no bit.
"""

from typing import NamedTuple

import numpy as np

from byhand.compiled.compiling import compiled
from byhand.compiled.dense import TILE, Matrix, add_product
from byhand.compiled.network import RELU, SIGMOID, TANH, slope, softmax
from byhand.compiled.optimizers import adam_step, momentum_step
from byhand.compiled.sparse import ROOM, Block, add_lit_rows, add_to_lit_rows, list_lit, turn_round
from byhand.compiled.turns import DONE, LEAVE, TAKEN, count, look, wait_for
from byhand.compiled.vectors import WORD, Vector, add, load, store, store_first, zeros
from byhand.labels import NO_CLASS
from byhand.types import Bytes, Floats, Integers

PLAIN, MOMENTUM, NESTEROV, ADAM = range(4)
SLACK = 128  # numbers behind the last one of an array that a vector may read


class Network(NamedTuple):
    """A network, as the loops see it."""

    theta: Floats  # with room for a vector behind it
    sizes: Integers
    activation: int
    begins: Integers  # where each layer's weights begin


class Samples(NamedTuple):
    """What is learned."""

    images: Bytes  # flat
    labels: Bytes
    weights: Floats
    batch_size: int
    label_smoothing: np.float32
    adversarial: np.float32


class Mover(NamedTuple):
    """An optimizer, as the loops see it."""

    kind: int
    first: Floats  # what it remembers: velocity, or mean
    second: Floats  # square
    numbers: Floats  # (batches, 7): those of each step


class Room(NamedTuple):
    """Where the threads share what they found: for each image of a batch a row of each layer's numbers."""

    starts: Integers  # where the rows of each layer's sums begin
    rows: Integers  # how far they lie apart
    a: Floats
    delta: Floats
    turned: Integers


@compiled
def learn(network: Network, samples: Samples, mover: Mover, room: Room, losses: Floats, counters: Integers) -> bool:
    """Take a step for every batch; write the losses before it. Return whether another thread kept this one waiting."""
    images, size, widest = len(samples.labels), samples.batch_size, 0
    for layer in range(1, len(network.sizes)):
        widest = max(widest, network.sizes[layer])
    words = (network.sizes[0] + WORD - 1) // WORD
    bits, tile, gradient, greys = np.empty(WORD * words, np.uint64), aligned(max(TILE, ROOM)), aligned(WORD * widest), all_greys()
    blocks, places = (min(size, images) + WORD - 1) // WORD, n_places(network.sizes)
    each, waited = blocks + places, False
    pieces = (images + size - 1) // size * each
    while look(counters, LEAVE) == 0:
        taken = count(counters, TAKEN, 1)
        if taken >= pieces:
            break
        batch, piece = taken // each, taken % each
        first = batch * size
        n = min(size, images - first)
        if piece < blocks:
            waited |= wait_for(counters, batch * each)
            if piece * WORD < n:
                pass_through(network, samples, mover, room, first, n, piece, batch, bits, greys, tile, losses)
        else:
            waited |= wait_for(counters, batch * each + blocks)
            correct(network, samples, mover, room, first, n, piece - blocks, batch, greys, tile, gradient)
        count(counters, DONE, 1)
    return waited


@compiled
def n_places(sizes: Integers) -> int:
    """Return how many pieces of at most 64 rows of weights there are."""
    total = 0
    for layer in range(len(sizes) - 1):
        total += (sizes[layer] + WORD - 1) // WORD
    return total


@compiled
def aligned(n: int) -> Floats:
    """Return room for n numbers, and for vectors behind them, that begins with a cache line."""
    room = np.empty(n + SLACK + 16, np.float32)
    start = (-room.ctypes.data % 64) // 4
    return room[start : start + n + SLACK]


@compiled
def all_greys() -> Floats:
    """Return the value 0…1 of every byte."""
    greys = np.empty(256, np.float32)
    for k in range(256):
        greys[k] = np.float32(k) / np.float32(255)
    return greys


@compiled
def pass_through(network, samples, mover, room, first, n, piece, batch, bits, greys, tile, losses):
    """Let a block of a batch's images go forward, and their gradient come back."""
    sizes, depth = network.sizes, len(network.sizes) - 1
    words = (sizes[0] + WORD - 1) // WORD
    g = piece * WORD
    m = min(WORD, n - g)
    block = Block(samples.images, (first + g) * sizes[0], m, sizes[0], bits, room.turned[piece * WORD * words :])
    list_lit(block)
    turn_round(block)
    forward(network, room, block, g, greys, tile)
    share = np.float32(1) / np.float32(n)
    factor = -mover.numbers[batch, 0] * share if mover.kind == PLAIN else share
    for s in range(m):
        p, k = room.starts[depth] + (g + s) * room.rows[depth], first + g + s
        z = room.a[p : p + sizes[depth]]
        d = room.delta[p : p + sizes[depth]]
        losses[k] = loss_and_delta(z, d, samples.labels[k], samples.label_smoothing, factor * samples.weights[k])
    backward(network, room, g, m, tile)


@compiled
def forward(network, room, block, g, greys, tile):
    sizes, depth, m = network.sizes, len(network.sizes) - 1, block.n
    for layer in range(depth):
        n_in, n_out = sizes[layer], sizes[layer + 1]
        w = Matrix(network.theta, network.begins[layer], n_out, 1)
        bias = network.begins[layer] + n_in * n_out
        start, row = room.starts[layer + 1] + g * room.rows[layer + 1], room.rows[layer + 1]
        z = Matrix(room.a, start, row, 1)
        if layer == 0:
            add_lit_rows(block, greys, w, n_out, bias, z, tile)
        else:
            a = Matrix(room.a, room.starts[layer] + g * room.rows[layer], room.rows[layer], 1)
            add_product(Matrix(network.theta, bias, 0, 1), a, w, z, (m, n_in, n_out), tile)
        if layer + 1 < depth:
            activate(room.a[start : start + m * row], network.activation)


@compiled
def activate(z: Floats, kind: int) -> None:
    """Apply the activation in place."""
    if kind == RELU:
        for j in range(len(z)):
            z[j] = np.float32(0) if z[j] <= 0 else z[j]  # What is no number stays.
    elif kind == TANH:
        for j in range(len(z)):
            z[j] = np.tanh(z[j])
    elif kind == SIGMOID:
        for j in range(len(z)):
            z[j] = np.float32(0.5) + np.float32(0.5) * np.tanh(np.float32(0.5) * z[j])
    else:
        for j in range(len(z)):
            z[j] = max(z[j], np.float32(0.01) * z[j])


@compiled
def times_slope(delta: Floats, a: Floats, kind: int) -> None:
    if kind == RELU:
        for j in range(len(a)):
            delta[j] = delta[j] if a[j] > 0 else np.float32(0)
    else:
        for j in range(len(a)):
            delta[j] *= slope(a[j], kind)


@compiled
def loss_and_delta(z: Floats, delta: Floats, label: int, smoothing: np.float32, factor: np.float32) -> np.float32:
    """Write the gradient (p - y) times a factor into delta; return the loss."""
    classes = np.float32(len(z))
    peak, rest = np.float32(1) - smoothing, smoothing / classes
    if label == NO_CLASS:
        peak, rest = np.float32(0), np.float32(1) / classes
    total = np.float32(0)
    for j in range(len(z)):
        total += z[j]
        delta[j] = z[j]
    wanted = rest * total
    if label != NO_CLASS:
        wanted += peak * z[label]
    loss = softmax(delta) - wanted
    for j in range(len(z)):
        delta[j] = (delta[j] - rest) * factor
    if label != NO_CLASS:
        delta[label] -= peak * factor
    return loss


@compiled
def backward(network, room, g, m, tile):
    sizes, depth = network.sizes, len(network.sizes) - 1
    nothing = Matrix(aligned(64), 0, 0, 1)
    for j in range(64):
        nothing.values[j] = 0
    for layer in range(depth - 1, 0, -1):
        n_in, n_out = sizes[layer], sizes[layer + 1]
        start, row = room.starts[layer] + g * room.rows[layer], room.rows[layer]
        above = Matrix(room.delta, room.starts[layer + 1] + g * room.rows[layer + 1], room.rows[layer + 1], 1)
        w = Matrix(network.theta, network.begins[layer], 1, n_out)
        for j in range(0, n_in, 64):
            add_product(nothing, above, Matrix(network.theta, network.begins[layer] + j * n_out, 1, n_out), Matrix(room.delta, start + j, row, 1), (m, n_out, min(64, n_in - j)), tile)
        times_slope(room.delta[start : start + m * row], room.a[start : start + m * row], network.activation)


@compiled
def correct(network, samples, mover, room, first, n, piece, batch, greys, tile, gradient):
    """Move at most 64 rows of weights of a layer, and with its last ones the bias."""
    sizes, layer = network.sizes, 0
    while piece >= (sizes[layer] + WORD - 1) // WORD:
        piece -= (sizes[layer] + WORD - 1) // WORD
        layer += 1
    n_in, n_out = sizes[layer], sizes[layer + 1]
    r, end = piece * WORD, min(n_in, piece * WORD + WORD)
    start = network.begins[layer] + r * n_out
    delta = Matrix(room.delta, room.starts[layer + 1], room.rows[layer + 1], 1)
    is_plain = mover.kind == PLAIN
    if not is_plain:
        for j in range((end - r) * n_out):
            gradient[j] = 0
    out = Matrix(network.theta if is_plain else gradient, start if is_plain else 0, n_out, 1)
    if layer == 0:
        words = (sizes[0] + WORD - 1) // WORD
        for g in range(0, n, WORD):
            block = Block(samples.images, (first + g) * sizes[0], min(WORD, n - g), sizes[0], room.turned, room.turned[g * words :])
            add_to_lit_rows(block, greys, Matrix(room.delta, delta.start + g * delta.down, delta.down, 1), n_out, r, end, out)
    else:
        a = Matrix(room.a, room.starts[layer] + r, 1, room.rows[layer])
        add_product(out, a, delta, out, (end - r, n, n_out), tile)
    if not is_plain:
        move(network, mover, gradient, start, (end - r) * n_out, batch)
    if end == n_in:
        start += (end - r) * n_out
        if not is_plain:
            for j in range(n_out):
                gradient[j] = 0
        add_rows(delta, n, n_out, network.theta if is_plain else gradient, start if is_plain else 0)
        if not is_plain:
            move(network, mover, gradient, start, n_out, batch)


@compiled
def add_rows(delta, n, n_out, out, start):
    for j in range(0, n_out, 64):
        total = load(zeros(64), out, start + j)
        for s in range(n):
            total = add(total, load(zeros(64), delta.values, delta.start + s * delta.down + j))
        store_first(out, start + j, total, min(64, n_out - j))


@compiled
def move(network, mover, gradient, start, n, batch):
    end, numbers = start + n, mover.numbers[batch]
    theta, first, g = network.theta[start:end], mover.first[start:end], gradient[:n]
    if mover.kind == ADAM:
        adam_step(theta, first, mover.second[start:end], g, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6])
    else:
        momentum_step(theta, first, g, numbers[0], numbers[1], mover.kind == NESTEROV)
