"""Ink that hangs together, as strokes, and what all of it has in common."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from byhand.images.fit import stroke_width
from byhand.images.limits import Effort
from byhand.types import Box, Mask

# What it takes, in operations: for each piece of ink, and for each pixel of its box.
PIECE, PIXEL = 60_000, 15

AROUND = np.ones((3, 3), bool)  # a pixel's neighbours, corners included

INKED = 12  # times its ink is the square of a digit's height, even if the pen is fine
LARGEST = 40  # strokes that are looked at for others inside
AROUND_OTHERS = 0.4  # of the ink of a line around others is inside it, or more


@dataclass(frozen=True, eq=False)
class Stroke:
    """Ink that hangs together, or a part of it.

    Attributes
    ----------
    box
        Left, top, right and bottom in pixels of the picture; right and bottom are exclusive.
    mask
        (height, width) of the box: which of its pixels belong to it.
    cut
        Through how many pixels of ink it was cut off from what lies left of it; 0 if it was not.
    """

    box: Box
    mask: Mask
    cut: float = 0.0

    @property
    def height(self) -> int:
        """In pixels."""
        return self.box[3] - self.box[1]

    @property
    def width(self) -> int:
        """In pixels."""
        return self.box[2] - self.box[0]

    @property
    def middle(self) -> tuple[float, float]:
        """Right and down, of the box."""
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2

    @cached_property
    def area(self) -> int:
        """How many pixels of ink it has."""
        return int(np.count_nonzero(self.mask))


def connected(mask: Mask, effort: Effort) -> list[Stroke]:
    """Return all ink that hangs together, but specks of a few pixels."""
    from scipy import ndimage

    labels, _ = ndimage.label(mask, AROUND)
    found = [
        (k, down, across)
        for k, (down, across) in enumerate(ndimage.find_objects(labels), 1)
        if down.stop - down.start > 2 or across.stop - across.start > 2
    ]
    # Before anything is made of them: boxes of pieces that lie in each other may hold the page many times over.
    area = sum((down.stop - down.start) * (across.stop - across.start) for _, down, across in found)
    effort.spend(PIECE * len(found) + PIXEL * area)
    return [
        Stroke((across.start, down.start, across.stop, down.stop), labels[down, across] == k)
        for k, down, across in found
    ]


def typical_height(found: list[Stroke]) -> float:
    """Return the height of most of the writing: the median, where a stroke counts with the square of its height.

    A long line, which has little ink for its height, counts less; and what is drawn around other ink, as a table's
    lines are around all that is written in it, does not count at all.
    """
    boxes = np.array([stroke.box for stroke in found])
    areas = np.array([stroke.area for stroke in found], np.float64)
    heights = boxes[:, 3] - boxes[:, 1]
    weights = np.minimum(heights.astype(np.float64) ** 2, INKED * areas)
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    for k in np.argsort(heights)[: -LARGEST - 1 : -1]:
        left, top, right, bottom = boxes[k]
        inside = (middles > (left, top)).all(axis=1) & (middles < (right, bottom)).all(axis=1)
        inside &= heights < heights[k]
        if areas[inside].sum() > AROUND_OTHERS * areas[k]:
            weights[k] = 0
    return weighted_median(heights, weights)


def pen_width(found: list[Stroke]) -> float:
    """Return how wide the pen is, in pixels, that wrote most of the ink of some strokes."""
    return weighted_median(widths(found), np.array([stroke.area for stroke in found]))


def weighted_median(values: NDArray[np.number], weights: NDArray[np.number]) -> float:
    """Return the value up to which values have half of all weight."""
    order = np.argsort(values)
    return float(values[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)])


def widths(found: list[Stroke]) -> NDArray[np.float64]:
    """Return the mean width of each stroke, in pixels."""
    return np.array([stroke_width(255 * stroke.mask.astype(np.uint8)) for stroke in found])


def touches(stroke: Stroke, page: tuple[int, ...]) -> bool:
    """Tell whether a stroke reaches the edge of the picture."""
    left, top, right, bottom = stroke.box
    return left <= 1 or top <= 1 or right >= page[1] - 1 or bottom >= page[0] - 1


def is_edge(stroke: Stroke, page: tuple[int, ...]) -> bool:
    """Tell whether a stroke is what lies around the sheet: it touches the picture's edge, and fills much or is long."""
    long = max(stroke.width / page[1], stroke.height / page[0]) > 0.25
    return (touches(stroke, page) and long) or stroke.width > 0.9 * page[1] or stroke.height > 0.95 * page[0]


def solid(ink: Mask, side: int) -> Mask:
    """Return the ink that squares of a side fit into."""
    from scipy import ndimage

    return np.asarray(ndimage.maximum_filter(ndimage.minimum_filter(ink.view(np.uint8), side), side), bool)


def with_neighbours(mask: Mask) -> Mask:
    """Return which pixels are set or have a neighbour that is, corners included."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    wide = grown.copy()
    wide[:, 1:] |= grown[:, :-1]
    wide[:, :-1] |= grown[:, 1:]
    return wide
