"""Numbers of two columns that stand so close to each other that they look like one: where to cut them.

In most other rows there is a gap between the columns. A number that reaches from one into the other is cut where it has
a gap there that is wider than those within numbers usually are.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from byhand.reading.numbers.columns import edges_between, straightened

Boxes = NDArray[np.float64]

LINES, NUMBERS = 3, 6  # Fewer are no table.
CLEAR = 3  # lines at least, and times those with a number to be cut, have a gap between the columns.
INTO = 0.3  # So far must a number reach into both columns, in heights.
NEAR = 0.5  # So far from the gap of the other lines may its own be, in heights.
WIDE, WIDER = 0.3, 1.3  # So wide must it be, in heights, and times what most gaps within numbers are at most.
MOST = 0.9  # of gaps within numbers are most.


def cuts(lines: Sequence[Sequence[Boxes]], height: float) -> list[list[list[int]]]:
    """Return for each line and each of its numbers, (strokes, 4) from left to right, before which strokes to cut it."""
    found: list[list[list[int]]] = [[[] for _ in line] for line in lines]
    each = [box for line in lines for box in line]
    if len(lines) < LINES or len(each) < NUMBERS:
        return found
    bounds = [np.array([np.append(box[:, :2].min(axis=0), box[:, 2:].max(axis=0)) for box in line]) for line in lines]
    straight = straightened(np.concatenate(bounds), height)
    spans = [straight.spans(boxes) for boxes in bounds]
    inner = [straight.spans(box) for box in each]
    gaps = [_gaps(strokes) for strokes in inner]
    if not any(map(len, gaps)):
        return found
    wide = max(WIDE * height, WIDER * float(np.quantile(np.concatenate(gaps), MOST)))
    parts = iter(zip(inner, gaps, strict=True))
    strokes_of = [[next(parts) for _ in line] for line in lines]
    for edge in edges_between(spans, height):
        crossing = [(k, i) for k, row in enumerate(spans) for i in np.flatnonzero(_crosses(row, edge, height))]
        clear = sum(_is_clear(row, edge, height) for row in spans)
        if not crossing or clear < CLEAR * len(crossing):
            continue
        low, high = _corridor(spans, float(edge), height)
        for k, i in crossing:
            strokes, between = strokes_of[k][i]
            middles = (np.maximum.accumulate(strokes[:, 1])[:-1] + strokes[1:, 0]) / 2
            near = (middles > low - NEAR * height) & (middles < high + NEAR * height)
            if near.any():
                place = int(np.argmax(np.where(near, between, -np.inf)))
                if between[place] > wide:
                    found[k][i].append(place + 1)
    return [[sorted(set(places)) for places in line] for line in found]


def _gaps(strokes: Boxes) -> NDArray[np.float64]:
    """Return how wide the gaps between strokes (n, 2) are."""
    gaps: NDArray[np.float64] = strokes[1:, 0] - np.maximum.accumulate(strokes[:, 1])[:-1]
    return gaps


def _crosses(row: Boxes, edge: float, height: float) -> NDArray[np.bool_]:
    """Return which numbers of a line reach into both columns beside an edge."""
    return np.asarray((row[:, 0] < edge - INTO * height) & (row[:, 1] > edge + INTO * height))


def _is_clear(row: Boxes, edge: float, height: float) -> bool:
    """Tell whether a line has numbers on both sides of an edge, and none on it."""
    if _crosses(row, edge, height).any():
        return False
    middles = row.mean(axis=1)
    return bool((middles < edge).any() and (middles > edge).any())


def _corridor(spans: Sequence[Boxes], edge: float, height: float) -> tuple[float, float]:
    """Return from where to where the gap at an edge goes, in lines that have none on it."""
    every = np.concatenate(spans)
    every = every[~_crosses(every, edge, height)]
    before = every.mean(axis=1) < edge
    low, high = float(every[before, 1].max(initial=-np.inf)), float(every[~before, 0].min(initial=np.inf))
    return min(low, edge), max(high, edge)
