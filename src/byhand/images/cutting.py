"""Cut ink that hangs together where two digits may touch: along the paths from top to bottom that cross least ink."""

import numpy as np
from numpy.typing import NDArray

from byhand.images.fit import bounds
from byhand.images.segment import Stroke
from byhand.types import Box, Mask

Seam = NDArray[np.intp]  # of columns, a row each


def cuts(stroke: Stroke, most: int = 9) -> list[Stroke]:
    """Return the parts of a stroke, from left to right, when it is cut wherever that costs little ink.

    A cut is a path from top to bottom, one pixel aside a row at most, through as few inked pixels as can be.
    """
    paths = _paths(stroke.mask, most)
    if not paths:
        return [stroke]
    columns = np.arange(stroke.width)
    side = sum((columns >= path[:, None]).astype(np.int8) for path in paths)  # (height, width): which part
    parts = []
    for k in range(len(paths) + 1):
        part = stroke.mask & (side == k)
        if part.sum() > 6:
            parts.append(cropped(stroke.box, part))
    return parts


def cropped(box: Box, mask: Mask) -> Stroke:
    """Return the stroke of a mask that lies in a box, without empty rows and columns around it."""
    left, top, right, bottom = bounds(mask)
    x, y = box[:2]
    return Stroke((x + left, y + top, x + right, y + bottom), mask[top:bottom, left:right])


def _paths(mask: Mask, most: int) -> list[Seam]:
    """Return the cheapest paths (height,) of columns from top to bottom, from left to right, well apart.

    The cheapest path through a pixel is the cheapest one to it from the top, and on from there to the bottom. Those
    through the best pixels of some rows are tried.
    """
    height, width = mask.shape
    step = np.where(mask, 1.0, 0.02)
    down, came_down = _costs(step)
    up, came_up = _costs(step[::-1])
    through = down + up[::-1] - step
    apart = max(height // 8, 2)
    candidates = []
    for y in sorted({0, height // 4, height // 2, 3 * height // 4, height - 1}):
        for x in range(width):
            nearby = through[y, max(x - apart // 2, 0) : x + apart // 2 + 1]
            if through[y, x] <= nearby.min() + 1e-9 and through[y, x] < 0.5 * height:
                candidates.append((through[y, x], y, x))
    chosen: list[Seam] = []
    for _, y, x in sorted(candidates):
        path = np.concatenate([_back(came_down[: y + 1], x), _back(came_up[: height - y], x)[-2::-1]])
        distinct = all(np.abs(path - other).mean() > 0.75 * apart for other in chosen)
        if len(chosen) < most and distinct and apart < path.mean() < width - apart:
            chosen.append(path)
    chosen.sort(key=lambda path: float(path.mean()))
    return list(np.maximum.accumulate(chosen)) if chosen else []


def _costs(step: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Return the cost of the cheapest path from the top to each pixel, and from which side it came: −1, 0 or 1."""
    height, width = step.shape
    cost, came = np.empty((height, width)), np.zeros((height, width), np.int8)
    cost[0] = step[0]
    for y in range(1, height):
        framed = np.pad(cost[y - 1], 1, constant_values=np.inf)
        ways = np.stack([framed[:-2] + 0.02, framed[1:-1], framed[2:] + 0.02])
        best = ways.argmin(axis=0)
        came[y] = best - 1
        cost[y] = step[y] + ways[best, np.arange(width)]
    return cost, came


def _back(came: NDArray[np.int8], x: int) -> Seam:
    """Return the path from the first row to column `x` of the last."""
    path = np.empty(len(came), np.intp)
    for y in range(len(came) - 1, -1, -1):
        path[y] = x
        x += int(came[y, x])
    return path
