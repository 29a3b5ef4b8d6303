"""The first layer, where four pixels in five are dark: sums and gradients from the lit ones alone, many images at once.

Which pixels are lit stands in bits, a word for 64 pixels of an image, so that the next lit one is found in two
instructions. A word of pixels is taken for all images of a block before the next one: its 64 rows of weights stay in
the first-level cache. For the gradient the bits are turned round: a word for each pixel says which images have it lit;
then a row of the gradient is summed up in registers, and moved once a batch instead of once an image.
"""

from typing import NamedTuple

from numba import uint64

from byhand.compiled.blocks.dense import FEW, Matrix, copy_tile
from byhand.compiled.compiling import inlined, part
from byhand.compiled.vectors import (
    WORD,
    Vector,
    add_lit,
    apart,
    lit_bits,
    load,
    lowest_bit,
    ones,
    store,
    store_first,
    zeros,
)
from byhand.types import Bytes, Floats, Integers

ROOM = WORD * 128  # numbers of a tile of rows


class Block(NamedTuple):
    """At most 64 images of many, and which of their pixels are lit."""

    images: Bytes | Floats  # flat
    start: int  # place of the first one's first pixel
    n: int
    pixels: int
    bits: Integers  # (n · words,): of each image, which pixels
    turned: Integers  # (words · 64,): of each pixel, which images


@inlined
def words(pixels: int) -> int:
    """Return how many words of bits so many pixels take."""
    return (pixels + WORD - 1) // WORD


@part
def list_lit(block: Block) -> int:
    """Write the bits of a block; return how many pixels are lit."""
    k, lit = 0, 0
    for s in range(block.n):
        for first in range(0, block.pixels, WORD):
            place, count = block.start + s * block.pixels + first, min(block.pixels - first, WORD)
            word = uint64(0)
            if place + WORD <= len(block.images):
                word = lit_bits(block.images, place)
                if count < WORD:
                    word &= (uint64(1) << uint64(count)) - uint64(1)
            else:
                for i in range(count):
                    word |= uint64(block.images[place + i] != 0) << uint64(i)
            block.bits[k] = word
            lit += ones(word)
            k += 1
    return lit


@part
def turn_round(block: Block, square: Integers) -> None:
    """Write its bits the other way round, by way of a square of 64 words."""
    each = words(block.pixels)
    for k in range(each):
        for s in range(block.n):
            square[s] = block.bits[s * each + k]
        for s in range(block.n, WORD):
            square[s] = uint64(0)
        transpose_bits(square)
        for i in range(WORD):
            block.turned[WORD * k + i] = square[i]


@part
def transpose_bits(square: Integers) -> None:
    """Exchange rows and columns of 64×64 bits: of halves, then of halves of these (Warren, "Hacker's Delight", 7-3)."""
    width, mask = uint64(32), uint64(0xFFFFFFFF)
    while width:
        k = uint64(0)
        while k < uint64(WORD):
            other = k + width
            changed = ((square[k] >> width) ^ square[other]) & mask
            square[k] ^= changed << width
            square[other] ^= changed
            k = (other + uint64(1)) & ~width
        width >>= uint64(1)
        mask ^= mask << width


@part
def in_vectors(n: int) -> int:
    """Return how many of n units are taken by vectors of 128 numbers, so that few are left for those of 32."""
    return n // 128 * 128 if n % 128 <= 32 else (n + 127) // 128 * 128


@part
def add_lit_rows(block: Block, greys: Floats, w: Matrix, n_out: int, bias: int, out: Matrix, tile: Floats) -> None:
    """Write the sums of every image: bias, which stands in w's array, too, plus lit pixels' weights times their grey.

    Rows of `out` have room for whole vectors.
    """
    apart()
    wide = in_vectors(n_out)
    for j in range(0, wide, 128):
        _add_lit_rows(zeros(128), 128, block, greys, w, bias, out, j, tile)
    for j in range(wide, n_out, 32):
        _add_lit_rows(zeros(32), 32, block, greys, w, bias, out, j, tile)


@part
def _add_lit_rows(
    like: Vector,
    width: int,
    block: Block,
    greys: Floats,
    w: Matrix,
    bias: int,
    out: Matrix,
    j: int,
    tile: Floats,
) -> None:
    """Do that for as many units, from j on, as a vector has numbers."""
    each = words(block.pixels)
    for k in range(each):
        rows, start, down = w.values, w.start + WORD * k * w.down + j, w.down
        # Such rows would keep each other out of the cache, where they share their places.
        if w.down % 256 == 0 and block.n >= FEW:
            copy_tile(like, width, w, WORD * k, min(WORD, block.pixels - WORD * k), j, width, tile)
            rows, start, down = tile, 0, width
        for s in range(block.n):
            place, pixel = out.start + s * out.down + j, block.start + s * block.pixels + WORD * k
            total = load(like, w.values, bias + j) if k == 0 else load(like, out.values, place)
            word = block.bits[s * each + k]
            while word:
                i = lowest_bit(word)
                word &= word - uint64(1)
                total = add_lit(total, greys, block.images, pixel + i, load(like, rows, start + i * down))
            store(out.values, place, total)


@part
def add_to_lit_rows(block: Block, greys: Floats, delta: Matrix, n_out: int, first: int, last: int, out: Matrix) -> None:
    """Add grey · delta of every image to the rows of its lit pixels, of pixels first…last; `out` begins with these."""
    apart()
    wide = in_vectors(n_out)
    for j in range(0, wide, 128):
        _add_to_lit_rows(zeros(128), 128, block, greys, delta, n_out, first, last, out, j)
    for j in range(wide, n_out, 32):
        _add_to_lit_rows(zeros(32), 32, block, greys, delta, n_out, first, last, out, j)


@part
def _add_to_lit_rows(
    like: Vector,
    width: int,
    block: Block,
    greys: Floats,
    delta: Matrix,
    n_out: int,
    first: int,
    last: int,
    out: Matrix,
    j: int,
) -> None:
    """Do that for as many units, from j on, as a vector has numbers."""
    count = min(width, n_out - j)
    for i in range(first, last):
        word = block.turned[i]
        if word == uint64(0):
            continue
        place = out.start + (i - first) * out.down + j
        total = load(like, out.values, place)
        while word:
            s = lowest_bit(word)
            word &= word - uint64(1)
            place_of_grey = block.start + s * block.pixels + i
            row = load(like, delta.values, delta.start + s * delta.down + j)
            total = add_lit(total, greys, block.images, place_of_grey, row)
        if count == width:
            store(out.values, place, total)
        else:
            store_first(out.values, place, total, count)
