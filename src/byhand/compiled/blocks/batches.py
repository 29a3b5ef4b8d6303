"""Learning in batches: a whole stretch of images in one compiled loop, by one thread or by several.

What `network.loss_and_gradient` does, and an optimizer after it, is done in two stages for every batch. In the first,
images go forward, and the gradient in all sums comes back. In the second, rows of weights get the sum of their products
over the batch, and are moved at once: the gradient of all weights is never written down. Both are done in pieces, of
64 or 128 images or rows. Every number is summed up within one piece, so the number of threads changes no bit.
"""

from typing import NamedTuple

import numpy as np

from byhand.compiled.blocks.dense import Matrix, add_product
from byhand.compiled.blocks.passes import (
    Network,
    Room,
    Scratch,
    backward,
    begin,
    blame,
    go_on,
    list_images,
    logits_of,
    rows_of,
    scratch,
    weights_of,
    write_inputs,
)
from byhand.compiled.blocks.sparse import Block, add_to_lit_rows, turn_round, words
from byhand.compiled.blocks.turns import DONE, LEAVE, TAKEN, count, look, wait_for
from byhand.compiled.compiling import compiled, inlined, part
from byhand.compiled.network import loss_and_delta
from byhand.compiled.optimizers import adam_step, momentum_step
from byhand.compiled.vectors import WORD, add, load, store_first, zeros
from byhand.types import Bytes, Floats, Integers

DESCENT, MOMENTUM, NESTEROV, ADAM = range(4)


class Samples(NamedTuple):
    """What is learned, and how."""

    images: Bytes | Floats  # flat
    labels: Bytes
    weights: Floats
    batch_size: int
    label_smoothing: np.float32
    adversarial: np.float32
    piece: int  # how many images, whole blocks, a thread takes at a time; and how many rows of weights
    rows: int


class Mover(NamedTuple):
    """An optimizer as the loops see it."""

    kind: int
    first: Floats  # what it remembers: velocity, or mean
    second: Floats  # square
    numbers: Floats  # (batches, any): those that it has for each step


@compiled
def learn(
    network: Network,
    samples: Samples,
    mover: Mover,
    room: Room,
    losses: Floats,
    counters: Integers,
    patience: int,
    helps: bool,
) -> bool:
    """Take a step for every batch; write the losses before it. Return whether another thread kept this one waiting.

    A thread that helps leaves when it is told to; the other one tells it so as soon as it had to wait for longer than
    its patience, which is a number of looks at a counter, three or so a nanosecond.
    """
    images, size, waited = len(samples.labels), samples.batch_size, False
    own, piece, height = scratch(network.sizes, samples.rows), samples.piece, samples.rows
    blocks = (min(size, images) + piece - 1) // piece
    each = blocks
    for layer in range(len(network.sizes) - 1):
        each += (network.sizes[layer] + height - 1) // height
    pieces = (images + size - 1) // size * each
    while not (helps and look(counters, LEAVE)):
        taken = count(counters, TAKEN, 1)
        if taken >= pieces:
            break
        batch, number = taken // each, taken % each
        needed = batch * each if number < blocks else batch * each + blocks
        if wait_for(counters, needed, patience) and not helps:
            waited = True
            count(counters, LEAVE, 1)
        if number < blocks:
            pass_images(network, samples, mover, room, batch, number * piece, own, losses)
        else:
            correct_rows(network, samples, mover, room, batch, number - blocks, own)
        count(counters, DONE, 1)
    if not helps:
        waited |= wait_for(counters, pieces, patience)
    return waited


@inlined
def place_of(samples: Samples, batch: int) -> tuple[int, int]:
    """Return with which image a batch begins, and how many it has."""
    first = batch * samples.batch_size
    return first, min(samples.batch_size, len(samples.labels) - first)


@part
def pass_images(
    network: Network,
    samples: Samples,
    mover: Mover,
    room: Room,
    batch: int,
    image: int,
    own: Scratch,
    losses: Floats,
) -> None:
    """Let a piece of a batch's images, from `image` on, go forward, and the gradient in their sums come back."""
    first, of = place_of(samples, batch)
    n = min(samples.piece, of - image)
    if n <= 0:
        return
    share, changes = mover.numbers[batch, -1] / np.float32(of), samples.adversarial != 0
    for again in range(1 + changes):
        for part_of in range(image, image + n, WORD):
            block = block_of(network, samples, room, first, part_of, image + n, own)
            if not again:
                list_images(room, block, part_of)
                turn_round(block, own.square)
            begin(network, room, block, part_of, own)
        compare(network, samples, room, first, image, n, share, again == changes, own, losses)
        if changes and not again:
            worsen(network, samples, room, first, image, n, own)


@part
def compare(
    network: Network,
    samples: Samples,
    room: Room,
    first: int,
    image: int,
    n: int,
    share: np.float32,
    counts: bool,
    own: Scratch,
    losses: Floats,
) -> None:
    """Let images that have passed the first layer go on, and come back with the gradient, which weighs what it counts.

    Without `counts`, it is that of each image's own loss.
    """
    go_on(network, room, n, image, own)
    for s in range(image, image + n):
        k, logits = first + s, room.delta[logits_of(network, room, s)]
        factor = share * samples.weights[k] if counts else np.float32(1)
        losses[k] = loss_and_delta(logits, samples.labels[k], samples.label_smoothing, factor)
    backward(network, room, n, image, own)


@inlined
def block_of(network: Network, samples: Samples, room: Room, first: int, image: int, end: int, own: Scratch) -> Block:
    """Return the block of images of a batch that begins with one of them, and ends before another at the latest."""
    pixels = network.sizes[0]
    turned = room.turned[image * words(pixels) :]
    return Block(samples.images, (first + image) * pixels, min(WORD, end - image), pixels, own.bits, turned)


@inlined
def worsen(network: Network, samples: Samples, room: Room, first: int, image: int, n: int, own: Scratch) -> None:
    """Change every pixel of images whose gradient came back by a little, so that their loss grows most."""
    x, worse = rows_of(room, room.a, 0, image), rows_of(room, room.delta, 0, image)
    blame(network, 0, rows_of(room, room.delta, 1, image), worse, n, own)
    for part_of in range(image, image + n, WORD):
        write_inputs(room, block_of(network, samples, room, first, part_of, image + n, own), part_of)
        room.has_inputs[part_of // WORD] = 1
    for k in range(x.start, x.start + n * x.down):
        room.a[k] += samples.adversarial * np.sign(room.delta[k])


@part
def correct_rows(
    network: Network, samples: Samples, mover: Mover, room: Room, batch: int, number: int, own: Scratch
) -> None:
    """Move some rows of a layer's weights, which are the piece of that number, and after the last of them its bias."""
    sizes, layer, height = network.sizes, 0, samples.rows
    while number >= (sizes[layer] + height - 1) // height:
        number -= (sizes[layer] + height - 1) // height
        layer += 1
    n_in, n_out, w = sizes[layer], sizes[layer + 1], weights_of(network, layer)
    first, end = number * height, min(n_in, number * height + height)
    start, n = w.start + first * n_out, place_of(samples, batch)[1]
    begins = begin_gradient(network, mover, start, (end - first) * n_out, own)
    add_products(samples, room, layer, batch, n, first, end, begins, n_out, own)
    move(network, mover, batch, start, (end - first) * n_out, own)
    if end == n_in:
        start += (end - first) * n_out
        bias = begin_gradient(network, mover, start, n_out, own)
        add_rows(rows_of(room, room.delta, layer + 1, 0), n, n_out, bias)
        move(network, mover, batch, start, n_out, own)


@inlined
def begin_gradient(network: Network, mover: Mover, start: int, n: int, own: Scratch) -> Matrix:
    """Return where the gradient of parameters is summed up: in descent, in the parameters, which so move at once."""
    if mover.kind == DESCENT:
        return Matrix(network.theta, start, 0, 1)
    for k in range(n):
        own.gradient[k] = 0
    return Matrix(own.gradient, 0, 0, 1)


@inlined
def add_products(
    samples: Samples,
    room: Room,
    layer: int,
    batch: int,
    n: int,
    first: int,
    end: int,
    begin: Matrix,
    n_out: int,
    own: Scratch,
) -> None:
    """Add the products of inputs first…end of a layer and its deltas, of all n images of a batch."""
    out = Matrix(begin.values, begin.start, n_out, 1)
    if layer > 0:
        a = Matrix(room.a, room.starts[layer] + first, 1, room.rows[layer])
        add_product(out, a, rows_of(room, room.delta, layer + 1, 0), out, (end - first, n, n_out), own.tile)
        return
    pixels = samples.images.size // len(samples.labels)
    for image in range(0, n, WORD):
        some, delta = min(WORD, n - image), rows_of(room, room.delta, 1, image)
        if room.has_inputs[image // WORD]:
            x = Matrix(room.a, room.starts[0] + image * room.rows[0] + first, 1, room.rows[0])
            add_product(out, x, delta, out, (end - first, some, n_out), own.tile)
        else:
            start = (batch * samples.batch_size + image) * pixels
            block = Block(samples.images, start, some, pixels, own.bits, room.turned[image * words(pixels) :])
            add_to_lit_rows(block, own.greys, delta, n_out, first, end, out)


@inlined
def add_rows(delta: Matrix, n: int, n_out: int, out: Matrix) -> None:
    """Add n rows to one."""
    for j in range(0, n_out, 64):
        total = load(zeros(64), out.values, out.start + j)
        for s in range(n):
            total = add(total, load(zeros(64), delta.values, delta.start + s * delta.down + j))
        store_first(out.values, out.start + j, total, min(64, n_out - j))


@inlined
def move(network: Network, mover: Mover, batch: int, start: int, n: int, own: Scratch) -> None:
    """Take the optimizer's step with n parameters, unless it is taken already."""
    there, numbers = slice(start, start + n), mover.numbers[batch]
    theta, first, gradient = network.theta[there], mover.first[there], own.gradient[:n]
    if mover.kind == ADAM:
        adam_step(theta, first, mover.second[there], gradient, numbers)
    elif mover.kind != DESCENT:
        momentum_step(theta, first, gradient, numbers[0], numbers[1], mover.kind == NESTEROV)
