"""The compiled loops of `distortions.py`: what its `warp` does, image by image, dozens of times as fast."""

import numpy as np
from numba import int32, uint8, uint32

from byhand.compiled.compiling import compiled
from byhand.data.distortions import MARGIN
from byhand.types import Bytes, Floats, Integers


@compiled
def warp(
    images: Bytes, maps: Floats, thickness: Floats, noise: Floats, rows: Floats, columns: Floats, out: Bytes
) -> None:
    """Write every image, as it looks through its map and field, into `out`; see `distortions.warp`."""
    n, height, width = images.shape
    plain = np.zeros((height + 2 * MARGIN, width + 2 * MARGIN), np.float32)
    thickened = plain.copy()
    field = np.empty((2, height, width), np.float32)
    partial = np.empty((noise.shape[2], width), np.float32)
    spot, part_y, part_x = np.empty(width, uint32), np.empty(width, np.float32), np.empty(width, np.float32)
    for s in range(n):
        for r in range(height):
            for c in range(width):
                plain[r + MARGIN, c + MARGIN] = images[s, r, c]
        ink = plain
        if thickness[s] != 0:
            thicken(plain, thickness[s], thickened)
            ink = thickened
        for axis in range(2):
            mix(noise[s, axis], rows, columns, partial, field[axis])
        look(ink, maps[s], field, spot, part_y, part_x, out[s])


@compiled
def thicken(ink: Floats, thickness: np.float32, out: Floats) -> None:
    """Mix a framed image with what it is when its strokes' edges move by one pixel, out or (`thickness` < 0) in."""
    sign, share = np.float32(1 if thickness > 0 else -1), abs(thickness)
    for r in range(MARGIN, ink.shape[0] - MARGIN):
        for c in range(MARGIN, ink.shape[1] - MARGIN):
            here = sign * ink[r, c]
            upright = max(sign * ink[r - 1, c], sign * ink[r + 1, c])
            level = max(sign * ink[r, c - 1], sign * ink[r, c + 1])
            out[r, c] = sign * (here + share * (max(here, upright, level) - here))


@compiled
def mix(noise: Floats, rows: Floats, columns: Floats, partial: Floats, field: Floats) -> None:
    """Write rows · noise · columns into `field`."""
    for p in range(noise.shape[0]):
        for c in range(field.shape[1]):
            partial[p, c] = 0
        for q in range(noise.shape[1]):
            for c in range(field.shape[1]):
                partial[p, c] += noise[p, q] * columns[q, c]
    for r in range(field.shape[0]):
        for c in range(field.shape[1]):
            field[r, c] = 0
        for p in range(noise.shape[0]):
            for c in range(field.shape[1]):
                field[r, c] += rows[r, p] * partial[p, c]


@compiled
def centre(ink: Floats, height: int, width: int) -> tuple[np.float32, np.float32, np.float32]:
    """Return the sum of the ink of a framed image, at least 1, and its mean row and column."""
    total, y, x = np.float32(0), np.float32(0), np.float32(0)
    for r in range(height):
        for c in range(width):
            value = ink[r + MARGIN, c + MARGIN]
            total += value
            y += value * np.float32(r)
            x += value * np.float32(c)
    total = max(total, np.float32(1))
    return total, y / total, x / total


@compiled
def drift(ink: Floats, field: Floats, total: np.float32, y: np.float32, x: np.float32) -> tuple[np.float32, np.float32]:
    """Return how far, to first order, the field would move the ink's centre (y, x) up and left."""
    down, right = np.float32(0), np.float32(0)
    height, width = field.shape[1:]
    for r in range(height):
        for c in range(width):
            down += ink[r + MARGIN, c + MARGIN] * field[0, r, c]
            right += ink[r + MARGIN, c + MARGIN] * field[1, r, c]
    for r in range(1, height - 1):
        for c in range(1, width - 1):
            thinning = field[0, r + 1, c] - field[0, r - 1, c] + field[1, r, c + 1] - field[1, r, c - 1]
            thinned = np.float32(0.5) * thinning * ink[r + MARGIN, c + MARGIN]
            down += thinned * (np.float32(r) - y)
            right += thinned * (np.float32(c) - x)
    return down / total, right / total


@compiled
def look(ink: Floats, m: Floats, field: Floats, spot: Integers, part_y: Floats, part_x: Floats, out: Bytes) -> None:
    """Write one framed image, seen through its map `m` (6,) and field (2, height, width), into `out`."""
    height, width = out.shape
    total, y, x = centre(ink, height, width)
    down, right = drift(ink, field, total, y, x)
    to_y, to_x = y - down + np.float32(MARGIN), x - right + np.float32(MARGIN)
    least, most_y, most_x = np.float32(MARGIN - 1), np.float32(MARGIN + height), np.float32(MARGIN + width)
    flat, stride = ink.reshape(-1), int32(ink.shape[1])
    for r in range(height):
        from_y = np.float32(r) - y - m[4]
        for c in range(width):  # Where to look comes first, in a loop of its own: it runs for sixteen pixels at a time.
            from_x = np.float32(c) - x - m[5]
            v = min(max(to_y + m[0] * from_y + m[1] * from_x + field[0, r, c], least), most_y)
            h = min(max(to_x + m[2] * from_y + m[3] * from_x + field[1, r, c], least), most_x)
            i, j = int32(v), int32(h)
            spot[c], part_y[c], part_x[c] = i * stride + j, v - np.float32(i), h - np.float32(j)
        for c in range(width):
            k, beside, below = spot[c], spot[c] + uint32(1), spot[c] + uint32(stride)
            top = flat[k] + part_x[c] * (flat[beside] - flat[k])
            bottom = flat[below] + part_x[c] * (flat[below + uint32(1)] - flat[below])
            out[r, c] = uint8(int32(top + part_y[c] * (bottom - top) + np.float32(0.5)))
