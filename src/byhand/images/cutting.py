"""Cut ink that hangs together where two digits may touch: along the paths from top to bottom that cross least ink."""

import numpy as np
from numpy.typing import NDArray

from byhand.images.fit import bounds
from byhand.images.ink.strokes import Stroke
from byhand.images.limits import Effort
from byhand.types import Box, Mask

Seam = NDArray[np.int16]  # of columns, a row each

# What it takes, in operations: for each pixel, each row, and each step of a path that is tried.
PIXEL, ROW, STEP = 60, 50_000, 40


def cuts(stroke: Stroke, effort: Effort, most: int = 9) -> list[Stroke]:
    """Return the parts of a stroke, from left to right, when it is cut wherever that costs little ink.

    A cut is a path from top to bottom, one pixel aside a row at most, through as few inked pixels as can be. A stroke
    of which only specks would be left stays whole.
    """
    effort.spend(PIXEL * stroke.mask.size + ROW * stroke.height)
    paths, costs = _paths(stroke.mask, effort, most)
    if not paths:
        return [stroke]
    columns = np.arange(stroke.width)
    side = sum((columns >= path[:, None]).astype(np.int8) for path in paths)  # (height, width): which part
    parts: list[Stroke] = []
    for k in range(len(paths) + 1):
        part = stroke.mask & (side == k)
        if part.sum() > 6:
            parts.append(cropped(stroke.box, part, costs[k - 1] if parts else 0.0))
    return parts or [stroke]


def cropped(box: Box, mask: Mask, cut: float = 0.0) -> Stroke:
    """Return the stroke of a mask that lies in a box, without empty rows and columns around it."""
    left, top, right, bottom = bounds(mask)
    x, y = box[:2]
    return Stroke((x + left, y + top, x + right, y + bottom), mask[top:bottom, left:right], cut)


def _paths(mask: Mask, effort: Effort, most: int) -> tuple[list[Seam], list[float]]:
    """Return the cheapest paths (height,) of columns from top to bottom, from left to right, well apart; and costs.

    The cheapest path through a pixel is the cheapest one to it from the top, and on from there to the bottom. Those
    through the best pixels of some rows are tried.
    """
    height, width = mask.shape
    tried = sorted({0, height // 4, height // 2, 3 * height // 4, height - 1})
    down, came_down = _costs(mask, tried)
    up, came_up = _costs(mask[::-1], [height - 1 - y for y in tried])
    apart = max(height // 8, 2)
    candidates: list[tuple[float, int, int, Seam]] = []
    for y in tried:
        through = down[y] + up[height - 1 - y] - _steps(mask[y])
        columns = np.flatnonzero((through <= _least_around(through, apart // 2) + 1e-9) & (through < 0.5 * height))
        effort.spend(STEP * height * len(columns))
        paths = np.concatenate([_back(came_down[: y + 1], columns), _back(came_up[: height - y], columns)[-2::-1]])
        candidates += [(float(through[x]), y, int(x), path) for x, path in zip(columns, paths.T, strict=True)]
    chosen: list[tuple[Seam, float]] = []
    for cost, _, _, path in sorted(candidates, key=lambda candidate: candidate[:3]):
        distinct = all(np.abs(path - other).mean() > 0.75 * apart for other, _ in chosen)
        if distinct and apart < path.mean() < width - apart:
            chosen.append((path, cost))
        if len(chosen) == most:
            break
    chosen.sort(key=lambda pair: float(pair[0].mean()))
    if not chosen:
        return [], []
    return list(np.maximum.accumulate([path for path, _ in chosen])), [cost for _, cost in chosen]


def _steps(row: Mask) -> NDArray[np.float64]:
    """Return what a step on each pixel of a row costs."""
    return np.where(row, 1.0, 0.02)


def _least_around(values: NDArray[np.float64], aside: int) -> NDArray[np.float64]:
    """Return the least of each value and its neighbours, so many to either side."""
    framed = np.pad(values, aside, constant_values=np.inf)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(framed, 2 * aside + 1).min(axis=1))


def _costs(mask: Mask, wanted: list[int]) -> tuple[dict[int, NDArray[np.float64]], NDArray[np.int8]]:
    """Return what the cheapest paths from the top to some rows cost; and whence to each pixel: −1, 0 or 1 aside."""
    height, width = mask.shape
    came = np.zeros((height, width), np.int8)
    framed = np.full(width + 2, np.inf)
    framed[1:-1] = _steps(mask[0])
    costs = {0: framed[1:-1].copy()}
    for y in range(1, height):
        left, straight, right = framed[:-2] + 0.02, framed[1:-1], framed[2:] + 0.02
        came[y] = np.where((left <= straight) & (left <= right), -1, straight > right)
        framed[1:-1] = _steps(mask[y]) + np.minimum(np.minimum(left, straight), right)
        if y in wanted:
            costs[y] = framed[1:-1].copy()
    return costs, came


def _back(came: NDArray[np.int8], columns: NDArray[np.intp]) -> NDArray[np.int16]:
    """Return the paths (rows, columns) from the first row to some columns of the last."""
    paths = np.empty((len(came), len(columns)), np.int16)
    for y in range(len(came) - 1, -1, -1):
        paths[y] = columns
        columns = columns + came[y, columns]
    return paths
