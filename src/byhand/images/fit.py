"""Light ink on dark paper → 28×28 pixels, as MNIST's makers did it, in whole numbers.

The longest side of the ink becomes 20 pixels and its centre of mass the middle of the image (LeCun, Bottou, Bengio and
Haffner 1998, "Gradient-based learning applied to document recognition", section III-A). Every sum is one of integers
below 2⁵³, so that any language whose numbers are doubles gets the very same pixels: docs/preprocessing.md.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from byhand.types import Box, Bytes, Mask

SIDE = 28
LONGEST = 20  # Pixels of the ink's longest side.
CENTRE = 14  # The pixel, counted from 0, that the centre of mass goes to.
WORKING = 100  # Pixels of the longest side while strokes are made thicker or thinner.

# Width of strokes in pixels of the 28×28 image. Of MNIST's training images, 1 % have thinner strokes than THIN and 2 %
# thicker ones than THICK; what lies outside is brought to THIN_GOAL and THICK_GOAL, the lower and upper quarter.
THIN, THIN_GOAL = 1.4, 2.0
THICK, THICK_GOAL = 4.2, 3.0

Ink: TypeAlias = Bytes


@dataclass(frozen=True)
class Fitted:
    """What was done to ink to fit it into 28×28 pixels.

    Attributes
    ----------
    box
        Left, top, right and bottom of the ink, in pixels of the picture; right and bottom are exclusive.
    scale
        Pixels of the 28×28 image for one of the picture.
    stroke_width
        Of the ink as it was, in pixels of the 28×28 image.
    thickened
        By how many pixels of the 28×28 image strokes were made wider; narrower, if below 0.
    shift
        Right and down: how far the ink's box was moved from the upper left corner, in pixels of the 28×28 image.
    """

    box: Box
    scale: float
    stroke_width: float
    thickened: float
    shift: tuple[int, int]


def fit(ink: Ink) -> tuple[Ink, Fitted]:
    """Return the 28×28 image of ink, and how it was made.

    Parameters
    ----------
    ink
        (height, width) uint8 of any size; 0 is paper and 255 full ink. Some of it is not 0. Of mere specks, far apart,
        nothing remains.
    """
    box = bounds(ink)
    left, top, right, bottom = box
    ink = ink[top:bottom, left:right]
    longest = max(ink.shape)
    scale = LONGEST / longest
    width = stroke_width(ink) * scale
    grown = 0.0
    if not THIN <= width <= THICK:
        ink, grown = _with_other_strokes(ink, width)
    small = _brightest(resize(ink, _shrunk(ink.shape, LONGEST)))
    shift = _shift(small)
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[shift[1] : shift[1] + small.shape[0], shift[0] : shift[0] + small.shape[1]] = small
    return image, Fitted(box, scale, width, grown, shift)


def bounds(ink: Bytes | Mask) -> Box:
    """Return left, top, right and bottom (exclusive) of what is not 0."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def stroke_width(ink: Ink) -> float:
    """Return the mean width of strokes in pixels: twice their area, divided by the length of their edges.

    The length of edges is the sum of all changes from pixel to pixel, √(dx² + dy²), with 1 and 2/5 of the greater and
    the smaller change for the root. It is the same for blurred and for crisp edges.
    """
    framed = np.zeros((ink.shape[0] + 2, ink.shape[1] + 2), np.int16)  # wide enough: 7 × 255 is the most there can be
    framed[1:-1, 1:-1] = ink
    across = np.abs(np.diff(framed, axis=1))[:-1]
    down = np.abs(np.diff(framed, axis=0))[:, :-1]
    edges = 5 * np.maximum(across, down) + 2 * np.minimum(across, down)
    return float(10 * ink.sum(dtype=np.int64) / edges.sum(dtype=np.int64))


def resize(ink: Ink, shape: tuple[int, int]) -> Ink:
    """Return ink in another shape (height, width): averaged over areas where smaller, interpolated where larger."""
    down, down_total = _weights(ink.shape[0], shape[0])
    across, across_total = _weights(ink.shape[1], shape[1])
    total = down_total * across_total
    sums = down @ ink.astype(np.float64) @ across.T  # whole numbers
    return np.asarray((2 * sums + total) // (2 * total), np.uint8)  # rounded half up


def _weights(n: int, m: int) -> tuple[NDArray[np.float64], int]:
    """Return whole weights (m, n) by which `m` pixels are made of `n`, and the sum of each row.

    Downwards, a weight is how far the two pixels overlap, in units of 1/m of an old pixel. Upwards it falls linearly
    with the distance of their centres, in units of 1/2m of an old pixel.
    """
    old, new = np.arange(n), np.arange(m)[:, None]
    if m <= n:
        overlap = np.minimum((new + 1) * n, (old + 1) * m) - np.maximum(new * n, old * m)
        return np.maximum(overlap, 0).astype(np.float64), n
    place = np.clip((2 * new + 1) * n - m, 0, 2 * m * (n - 1))
    return np.maximum(2 * m - np.abs(place - 2 * m * old), 0).astype(np.float64), 2 * m


def _shrunk(shape: tuple[int, ...], longest: int) -> tuple[int, int]:
    """Return height and width with the longest side as given and the other in proportion, at least 1."""
    height, width = shape
    side = max(height, width)
    return max((2 * height * longest + side) // (2 * side), 1), max((2 * width * longest + side) // (2 * side), 1)


def _with_other_strokes(ink: Ink, width: float) -> tuple[Ink, float]:
    """Return the ink with strokes of MNIST's width, and by how much they grew in pixels of the 28×28 image."""
    if max(ink.shape) > WORKING:
        ink = resize(ink, _shrunk(ink.shape, WORKING))
    ink = _brightest(ink)
    unit = max(ink.shape) / LONGEST
    wanted = THIN_GOAL if width < THIN else THICK_GOAL
    radius = int(abs(wanted - width) * unit / 2 + 0.5)
    sign = 1 if width < THIN else -1
    if radius == 0 or not ink.any() or (sign < 0 and 2 * radius + 2 > min(ink.shape)):
        return ink, 0.0
    return _grown(ink, sign * radius), sign * 2 * radius / unit


def _grown(ink: Ink, radius: int) -> Ink:
    """Return the ink with every edge moved out by `radius` pixels, or in if it is below 0; cut to what is left."""
    r = abs(radius)
    framed = np.pad(ink, 2 * r)
    if radius < 0:
        framed = 255 - framed
    height, width = framed.shape[0] - 2 * r, framed.shape[1] - 2 * r
    disc = [(i, j) for i in range(-r, r + 1) for j in range(-r, r + 1) if i * i + j * j <= r * r]
    out = np.zeros((height, width), np.uint8)
    for i, j in disc:
        np.maximum(out, framed[r + i : r + i + height, r + j : r + j + width], out=out)
    if radius < 0:
        out = 255 - out
        if not out.any():  # pragma: no cover  # Strokes are thinned by less than they are wide: something is left.
            return ink
    left, top, right, bottom = bounds(out)
    return out[top:bottom, left:right]


def _brightest(ink: Ink) -> Ink:
    """Return the ink with its fullest pixel at 255 and all others in proportion."""
    most = int(ink.max())
    return ink if most >= 254 or most == 0 else np.asarray((ink.astype(np.int64) * 510 + most) // (2 * most), np.uint8)


def _shift(small: Ink) -> tuple[int, int]:
    """Return how far right and down the ink goes for its centre of mass to be in the middle, with nothing cut off."""
    values = small.astype(np.int64)
    total = max(int(values.sum()), 1)
    shifts = []
    for axis, length in ((0, small.shape[1]), (1, small.shape[0])):
        moment = int((values.sum(axis=axis) * np.arange(length)).sum())
        wanted = (2 * (CENTRE * total - moment) + total) // (2 * total)  # 14 − mean, rounded half up
        shifts.append(min(max(wanted, 0), SIDE - length))
    return shifts[0], shifts[1]
