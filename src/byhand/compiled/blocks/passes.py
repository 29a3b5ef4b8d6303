"""A block of images through the whole network, forward and back: what `network.forward` and `network.backward` do."""

from typing import NamedTuple

import numpy as np

from byhand.compiled.blocks.dense import FEW, TILE, Matrix, add_product
from byhand.compiled.blocks.sparse import ROOM, Block, add_lit_rows, list_lit, words
from byhand.compiled.compiling import compiled, inlined, part
from byhand.compiled.network import RELU, SIGMOID, TANH, slope, softmax, tanh
from byhand.compiled.vectors import WIDEST, WORD, number_at
from byhand.types import Bytes, Floats, Integers

MOSTLY = 0.45  # From this share of lit pixels on, products of everything cost less than those of what is lit.


class Network(NamedTuple):
    """A network as the loops see it."""

    theta: Floats  # (n_parameters + WIDEST,)
    sizes: Integers
    activation: int  # one of `network.KINDS`
    begins: Integers  # where each layer's weights begin in theta


class Room(NamedTuple):
    """What is found out about images: for each of them a row of the numbers of every layer.

    Rows are an odd number of cache lines long, so that they do not share their places in the cache.
    """

    starts: Integers  # where the first image's row of each layer begins, input first
    rows: Integers  # how long a layer's rows are
    a: Floats  # what the layers put out; of the input, only where it was needed as numbers
    delta: Floats  # the gradient of the loss in their sums
    has_inputs: Integers  # of each block of images, whether the input stands in `a`
    turned: Integers  # of each block, for each pixel, which images have it lit


class Scratch(NamedTuple):
    """What a thread needs for itself."""

    bits: Integers
    square: Integers  # of 64 × 64 bits
    greys: Floats  # (256,): the value 0…1 of every byte
    tile: Floats
    gradient: Floats  # of the rows of weights of a piece


@compiled
def scratch(sizes: Integers, piece: int) -> Scratch:
    """Return what a thread needs for itself."""
    widest = 64
    for layer in range(1, len(sizes)):
        widest = max(widest, sizes[layer])
    bits = np.empty(words(sizes[0]) * WORD, np.uint64)
    return Scratch(bits, np.empty(WORD, np.uint64), greys(), aligned(max(TILE, ROOM)), aligned(piece * widest))


@compiled
def greys() -> Floats:
    """Return the value 0…1 of every byte."""
    values = np.empty(256, np.float32)
    for k in range(256):
        values[k] = np.float32(k) / np.float32(255)
    return values


@compiled
def aligned(n: int) -> Floats:
    """Return room for n numbers, and zeros for vectors behind them, from the beginning of a cache line on."""
    room = np.empty(n + WIDEST + 16, np.float32)
    start = (-room.ctypes.data % 64) // 4
    room[start + n : start + n + WIDEST] = 0
    return room[start : start + n + WIDEST]


@inlined
def rows_of(room: Room, values: Floats, layer: int, image: int) -> Matrix:
    """Return the rows of a layer from an image on."""
    return Matrix(values, room.starts[layer] + image * room.rows[layer], room.rows[layer], 1)


@inlined
def weights_of(network: Network, layer: int) -> Matrix:
    """Return a layer's weights (n_in, n_out)."""
    return Matrix(network.theta, network.begins[layer], network.sizes[layer + 1], 1)


@inlined
def begin(network: Network, room: Room, block: Block, image: int, own: Scratch) -> None:
    """Let a block of images, which have their rows from `image` on, pass the first layer."""
    w, n_out = weights_of(network, 0), network.sizes[1]
    bias, z = w.start + block.pixels * n_out, sums_of(network, room, 0, image)
    if room.has_inputs[image // WORD] == 0:
        add_lit_rows(block, own.greys, w, n_out, bias, z, own.tile)
    else:
        shape, start = (block.n, block.pixels, n_out), Matrix(network.theta, bias, 0, 1)
        add_product(start, rows_of(room, room.a, 0, image), w, z, shape, own.tile)
    if len(network.sizes) > 2:
        activate(z.values[z.start : z.start + block.n * z.down], network.activation)


@inlined
def go_on(network: Network, room: Room, n: int, image: int, own: Scratch) -> None:
    """Let n images, from `image` on, pass all other layers; their logits go where the gradient will stand."""
    depth = len(network.sizes) - 1
    for layer in range(1, depth):
        n_in, n_out = network.sizes[layer], network.sizes[layer + 1]
        w, z = weights_of(network, layer), sums_of(network, room, layer, image)
        start = Matrix(network.theta, w.start + n_in * n_out, 0, 1)
        add_product(start, rows_of(room, room.a, layer, image), w, z, (n, n_in, n_out), own.tile)
        if layer + 1 < depth:
            activate(z.values[z.start : z.start + n * z.down], network.activation)


@inlined
def sums_of(network: Network, room: Room, layer: int, image: int) -> Matrix:
    """Return where the sums of a layer stand, from an image on."""
    last = layer + 2 == len(network.sizes)
    return rows_of(room, room.delta if last else room.a, layer + 1, image)


@inlined
def logits_of(network: Network, room: Room, image: int) -> slice:
    """Return where the logits of an image, or their gradient, stand among the deltas."""
    last = len(network.sizes) - 1
    start = room.starts[last] + image * room.rows[last]
    return slice(start, start + network.sizes[last])


@inlined
def backward(network: Network, room: Room, n: int, image: int, own: Scratch) -> None:
    """Pass the delta of `n` images' logits, from `image` on, down to the first layer."""
    for layer in range(len(network.sizes) - 2, 0, -1):
        delta = rows_of(room, room.delta, layer, image)
        blame(network, layer, rows_of(room, room.delta, layer + 1, image), delta, n, own)
        there = slice(delta.start, delta.start + n * delta.down)
        times_slope(room.delta[there], room.a[there], network.activation)


@inlined
def blame(network: Network, layer: int, delta: Matrix, out: Matrix, n: int, own: Scratch) -> None:
    """Write the gradient in what goes into a layer, given that in its sums: delta · wᵀ."""
    w, n_in, n_out = weights_of(network, layer), network.sizes[layer], network.sizes[layer + 1]
    for j in range(64):
        own.gradient[j] = 0
    nothing = Matrix(own.gradient, 0, 0, 1)
    for i in range(0, n_in, 64):
        turned = Matrix(w.values, w.start + i * n_out, 1, n_out)
        part = Matrix(out.values, out.start + i, out.down, 1)
        add_product(nothing, delta, turned, part, (n, n_out, min(64, n_in - i)), own.tile)


@part
def activate(z: Floats, kind: int) -> None:
    """Apply the activation in place."""
    if kind == RELU:
        for j in range(len(z)):
            z[j] = np.float32(0) if z[j] <= 0 else z[j]  # What is no number stays.
    elif kind == TANH:
        for j in range(len(z)):
            z[j] = tanh(z[j])
    elif kind == SIGMOID:
        for j in range(len(z)):
            z[j] = np.float32(0.5) + np.float32(0.5) * tanh(np.float32(0.5) * z[j])
    else:
        for j in range(len(z)):
            z[j] = max(z[j], np.float32(0.01) * z[j])


@part
def times_slope(delta: Floats, a: Floats, kind: int) -> None:
    """Multiply by the slope of the activation, from its output."""
    if kind == RELU:
        for j in range(len(a)):
            delta[j] = delta[j] if a[j] > 0 else np.float32(0)
    else:
        for j in range(len(a)):
            delta[j] *= slope(a[j], kind)


@inlined
def list_images(room: Room, block: Block, image: int) -> None:
    """List what is lit in a block of images; if that is nearly everything, write all pixels as numbers."""
    lit, most = list_lit(block), MOSTLY * block.n * block.pixels
    room.has_inputs[image // WORD] = lit > most and room.starts[0] >= 0
    if room.has_inputs[image // WORD]:
        write_inputs(room, block, image)


@part
def write_inputs(room: Room, block: Block, image: int) -> None:
    """Write all pixels of a block as numbers."""
    x = rows_of(room, room.a, 0, image)
    for s in range(block.n):
        row, pixel = x.values[x.start + s * x.down :], block.start + s * block.pixels
        for i in range(block.pixels):
            row[i] = number_at(block.images, pixel + i)


@compiled
def read(
    theta: Floats,
    sizes: Integers,
    activation: int,
    begins: Integers,
    rows: Integers,
    images: Bytes | Floats,
    probabilities: Floats,
) -> None:
    """Write the probability of every class for every image (n, pixels), given the parts of a network and of a room.

    They come one by one, and room is taken here: to hand over records would take longer than to read an image.
    """
    network = Network(theta, sizes, activation, begins)
    room, own = room_to_read(rows, sizes[0], min(len(images), WORD))
    read_blocks(network, room, images.reshape(-1), probabilities, own)


@part
def read_blocks(network: Network, room: Room, images: Bytes | Floats, probabilities: Floats, own: Scratch) -> None:
    """Do that for a block of images after the other."""
    pixels, (n, classes) = network.sizes[0], probabilities.shape
    for first in range(0, n, WORD):
        block = Block(images, first * pixels, min(WORD, n - first), pixels, own.bits, own.bits)
        list_images(room, block, 0)
        begin(network, room, block, 0, own)
        go_on(network, room, block.n, 0, own)
        for s in range(block.n):
            z = room.delta[logits_of(network, room, s)]
            softmax(z)
            for j in range(classes):
                probabilities[first + s, j] = z[j]


@compiled
def room_to_read(rows: Integers, pixels: int, n: int) -> tuple[Room, Scratch]:
    """Return room for one block of images that are only read: what the layers put out, and no gradient."""
    starts, total = np.empty_like(rows), 0
    for layer in range(len(rows)):
        starts[layer] = total
        total += n * rows[layer]
    a, bits = aligned(total), np.empty(n * words(pixels), np.uint64)
    tile = aligned(max(TILE, ROOM) if n >= FEW else 0)
    return Room(starts, rows, a, a, np.zeros(1, np.int64), bits), Scratch(bits, bits, greys(), tile, tile)
