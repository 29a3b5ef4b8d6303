"""The compiled loops of `distortions.py`: what its `warp` does, image by image, dozens of times as fast.

Sixteen pixels are drawn at a time. A place in an image lies between four pixels; these stand together in one number of
32 bits, so that they are looked up at once.
"""

import numpy as np
from numba import int32
from numpy.typing import NDArray

from byhand.compiled.compiling import compiled
from byhand.compiled.lanes import (
    LANES,
    Lanes,
    copy_bytes,
    floats,
    gather,
    larger,
    least,
    load,
    load_bytes,
    load_whole,
    prefetch,
    spread,
    spread_from,
    spread_whole,
    store,
    store_bytes,
    store_whole,
    total,
    whole,
)
from byhand.data.distortions import MARGIN, SHAPES
from byhand.types import Bytes, Floats, Integers

AHEAD = 4  # images, that memory is asked for before they are needed
LINE = 64  # bytes that come from it together


@compiled
def warp(
    images: Bytes,
    chosen: NDArray[np.intp],
    maps: Floats,
    thickness: Floats,
    noise: Floats,
    rows: Floats,
    columns: Floats,
    out: Bytes,
) -> None:
    """Write every chosen image, as it looks through its map and field, into `out`; see `distortions.warp`."""
    _, height, width = images.shape
    size, count = height * width, len(chosen)
    shapes, inside, mask, across = tables(columns)
    wide, shift = len(inside), shift_for(len(inside))
    stride = 1 << shift  # of framed images
    plain, seen = np.zeros((size + LANES) // 8 + 1, np.uint64).view(np.uint8), np.empty(size + LANES, np.uint8)
    framed = np.zeros((height + 2 * MARGIN) * stride, np.uint8)
    thickened, fours = np.zeros_like(framed), np.zeros(framed.size, np.int32)
    field = np.zeros(2 * (wide + LANES) + 2 * height * wide, np.float32)
    pixels, drawn, numbers, weights = images.reshape(-1), out.reshape(-1), noise.reshape(-1), rows.reshape(-1)
    affine = maps.reshape(-1)
    if count > 0:
        copy_bytes(pixels, chosen[0] * size, plain, 0, size)
    for s in range(count):  # What was written in pieces is read in others: so late that it has left the store buffer.
        at, ink = chosen[s], framed
        if s + AHEAD < count:
            fetch(chosen[s + AHEAD], size, pixels, numbers, affine, thickness)
        first, last = lit_rows(plain, height, width)
        frame(plain, mask, height, width, stride, framed)
        if s + 1 < count:
            copy_bytes(pixels, chosen[s + 1] * size, plain, 0, size)
        if thickness[at] != 0:
            thicken(framed, mask, thickness[at], height, stride, thickened)
            ink, first, last = thickened, max(first - 1, 0), min(last + 1, height - 1)
        bend(numbers, at * 2 * SHAPES * SHAPES, weights, shapes, height, field)
        amount, y, x = fold(ink, across, height, width, stride, fours)
        down, right = drift(ink, first, last, field, inside, across, height, stride, y, x)
        if s > 0:
            copy_bytes(seen, 0, drawn, (s - 1) * size, size)
        look(fours, maps[at], field, across, height, width, shift, y, x, down / amount, right / amount, seen)
    if count > 0:
        copy_bytes(seen, 0, drawn, (count - 1) * size, size)


@compiled
def tables(columns: Floats) -> tuple[Floats, Floats, Integers, Floats]:
    """Return the shapes, row by row, in whole lanes, and for each column: 0.5 unless at an edge, 255, and its number.

    Columns that the image does not have are 0, except for their numbers.
    """
    width = columns.shape[1]
    wide = (width + LANES - 1) // LANES * LANES
    shapes, inside, mask = np.zeros(SHAPES * wide, np.float32), np.zeros(wide, np.float32), np.zeros(wide, np.int32)
    for c in range(width):
        mask[c] = 255
        inside[c] = 0.5 if 0 < c < width - 1 else 0.0
        for q in range(SHAPES):
            shapes[q * wide + c] = columns[q, c]
    return shapes, inside, mask, np.arange(wide + LANES).astype(np.float32)


@compiled
def shift_for(wide: int) -> int:
    """Return which power of two is the width of a frame around so many columns: products with it are shifts."""
    shift = 0
    while 1 << shift < wide + 2 * LANES:
        shift += 1
    return shift


@compiled
def lit_rows(plain: Bytes, height: int, width: int) -> tuple[int, int]:
    """Return the first and the last row of an image that may have ink; the last is before the first if none has."""
    words = plain.view(np.uint64)
    first, last, each = 0, len(words) - 1, words.itemsize
    while first <= last and words[first] == 0:
        first += 1
    while last > first and words[last] == 0:
        last -= 1
    return first * each // width, min((last * each + each - 1) // width, height - 1)


@compiled
def fetch(at: int, size: int, pixels: Bytes, noise: Floats, maps: Floats, thickness: Floats) -> None:
    """Ask the memory for an image, and what was drawn for it."""
    for k in range(at * size, (at + 1) * size, LINE):
        prefetch(pixels, k)
    prefetch(pixels, (at + 1) * size - 1)
    each = 2 * SHAPES * SHAPES
    for k in range(at * each, (at + 1) * each, LINE // 4):
        prefetch(noise, k)
    prefetch(noise, (at + 1) * each - 1)
    prefetch(maps, at * 6)
    prefetch(maps, at * 6 + 5)
    prefetch(thickness, at)


@compiled
def frame(plain: Bytes, inside: Integers, height: int, width: int, stride: int, out: Bytes) -> None:
    """Copy an image into the middle of a frame."""
    for r in range(height):
        for k in range(0, len(inside), LANES):
            here = load_bytes(plain, r * width + k) & load_whole(inside, k)
            store_bytes(out, (r + MARGIN) * stride + MARGIN + k, here)


@compiled
def thicken(ink: Bytes, inside: Integers, thickness: np.float32, height: int, stride: int, out: Bytes) -> None:
    """Mix a framed image with what it is when its strokes' edges move by one pixel, out or (`thickness` < 0) in."""
    share, half = spread(np.float32(abs(thickness))), spread(np.float32(0.5))
    flip = spread_whole(int32(0 if thickness > 0 else 255))  # The least of some bytes is the largest of them, flipped.
    for r in range(height):
        for k in range(0, len(inside), LANES):
            at = (r + MARGIN) * stride + MARGIN + k
            here = load_bytes(ink, at) ^ flip
            most = larger(load_bytes(ink, at - 1) ^ flip, load_bytes(ink, at + 1) ^ flip)
            most = larger(most, load_bytes(ink, at - stride) ^ flip)
            most = larger(most, load_bytes(ink, at + stride) ^ flip)
            most = larger(most, here)
            here, most = here ^ flip, most ^ flip
            mixed = whole(floats(here) + share * floats(most - here) + half)
            store_bytes(out, at, mixed & load_whole(inside, k))


@compiled
def fold(
    ink: Bytes, across: Floats, height: int, width: int, stride: int, fours: Integers
) -> tuple[np.float32, np.float32, np.float32]:
    """Write each pixel of a framed image and its neighbours right, below and right below into one number of `fours`.

    Return the sum of the ink, at least 1, and its mean row and column.
    """
    byte, two_bytes, nothing = spread_whole(int32(8)), spread_whole(int32(16)), spread_whole(int32(0))
    amount, high, far = np.float32(0), np.float32(0), np.float32(0)
    for k in range(0, width + 1, LANES):
        above, column, columns = nothing, nothing, nothing
        for r in range(height + 1):
            at = (r + MARGIN) * stride + MARGIN - 1 + k
            here = load_bytes(ink, at)
            below = here | load_bytes(ink, at + 1) << byte
            store_whole(fours, at - stride, above | below << two_bytes)
            column = column + here
            columns = columns + column
            above = below
        amount += total(floats(column))
        high += total(floats(columns))  # What stands in row r is counted height + 1 - r times.
        far += total(floats(column) * load(across, k))  # ... and here, all is one column further.
    y, x = np.float32(height + 1) * amount - high, far - amount
    amount = max(amount, np.float32(1))
    return amount, y / amount, x / amount


@compiled
def bend(noise: Floats, start: int, rows: Floats, shapes: Floats, height: int, field: Floats) -> None:
    """Write rows · noise · shapes, down and right, into `field`."""
    wide = len(shapes) // SHAPES
    for axis in range(2):
        at = start + axis * SHAPES * SHAPES
        for k in range(0, wide, LANES):
            a = mix(noise, at, shapes, wide, k)
            b = mix(noise, at + SHAPES, shapes, wide, k)
            c = mix(noise, at + 2 * SHAPES, shapes, wide, k)
            d = mix(noise, at + 3 * SHAPES, shapes, wide, k)
            e = mix(noise, at + 4 * SHAPES, shapes, wide, k)
            f = mix(noise, at + 5 * SHAPES, shapes, wide, k)
            for r in range(height):
                p = r * SHAPES
                bent = spread_from(rows, p) * a + spread_from(rows, p + 1) * b + spread_from(rows, p + 2) * c
                bent = bent + spread_from(rows, p + 3) * d + spread_from(rows, p + 4) * e + spread_from(rows, p + 5) * f
                store(field, wide + LANES + (axis * height + r) * wide + k, bent)


@compiled
def mix(noise: Floats, start: int, shapes: Floats, wide: int, k: int) -> Lanes:
    """Return a mixture of shapes, from column `k` on."""
    mixed = spread_from(noise, start) * load(shapes, k)
    for q in range(1, SHAPES):
        mixed = mixed + spread_from(noise, start + q) * load(shapes, q * wide + k)
    return mixed


@compiled
def drift(
    ink: Bytes,
    first: int,
    last: int,
    field: Floats,
    inside: Floats,
    across: Floats,
    height: int,
    stride: int,
    y: np.float32,
    x: np.float32,
) -> tuple[np.float32, np.float32]:
    """Return how far, to first order and times the ink, the field would move the ink's centre (y, x) up and left."""
    wide = len(inside)
    down, right, middle = spread(np.float32(0)), spread(np.float32(0)), spread(x)
    for r in range(first, last + 1):
        is_inside = spread(np.float32(1 if 0 < r < height - 1 else 0))
        from_middle = spread(np.float32(r) - y)
        for k in range(0, wide, LANES):
            bent_down = wide + LANES + r * wide + k
            bent_right = bent_down + height * wide
            here = floats(load_bytes(ink, (r + MARGIN) * stride + MARGIN + k))
            thinning = load(field, bent_down + wide) - load(field, bent_down - wide)
            thinning = thinning + (load(field, bent_right + 1) - load(field, bent_right - 1))
            thinned = here * thinning * load(inside, k) * is_inside
            down = down + here * load(field, bent_down) + thinned * from_middle
            right = right + here * load(field, bent_right) + thinned * (load(across, k) - middle)
    return total(down), total(right)


@compiled
def look(
    fours: Integers,
    m: Floats,
    field: Floats,
    across: Floats,
    height: int,
    width: int,
    shift: int,
    y: np.float32,
    x: np.float32,
    down: np.float32,
    right: np.float32,
    out: Bytes,
) -> None:
    """Write an image, seen through its map `m` (6,) and field, into `out`."""
    wide = (width + LANES - 1) // LANES * LANES
    from_x, to_y, to_x = -x - m[5], y - down + np.float32(MARGIN), x - right + np.float32(MARGIN)
    along_y, along_x, half, steps = spread(m[1]), spread(m[3]), spread(np.float32(0.5)), spread_whole(int32(shift))
    lowest, farthest = spread_whole(int32(height + MARGIN)), spread_whole(int32(width + MARGIN))
    byte, eight, sixteen, most = (
        spread_whole(int32(255)),
        spread_whole(int32(8)),
        spread_whole(int32(16)),
        spread_whole(int32(24)),
    )
    for r in range(height):
        from_y = np.float32(r) - y - m[4]
        row_y = spread(to_y + m[0] * from_y + m[1] * from_x)
        row_x = spread(to_x + m[2] * from_y + m[3] * from_x)
        for k in range(0, wide, LANES):
            bent = wide + LANES + r * wide + k
            v = row_y + along_y * load(across, k) + load(field, bent)
            h = row_x + along_x * load(across, k) + load(field, bent + height * wide)
            i, j = whole(v), whole(h)
            part_y, part_x = v - floats(i), h - floats(j)
            # What lies outside of the frame, on any side, is as dark as its last row and column: below zero is far.
            four = gather(fours, (least(i, lowest) << steps) + least(j, farthest))
            here, beside = floats(four & byte), floats(four >> eight & byte)
            below, right_below = floats(four >> sixteen & byte), floats(four >> most)
            top = here + part_x * (beside - here)
            bottom = below + part_x * (right_below - below)
            store_bytes(out, r * width + k, whole(top + part_y * (bottom - top) + half))
