"""Rows and columns among the numbers on a page: how they slope, and where the edges between columns may lie.

A page that is turned, or seen from aside, is straightened first: rows are made level and columns upright. An edge
should then cross no number, should lie in a wide gap, and no column should hold two numbers of one row. All edges are
chosen together, by dynamic programming.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CROSSED, SHARED, EDGE = 3.0, 3.0, 0.6  # what an edge through a number, two numbers in a cell, and any edge cost
NEAR, FAR = 0.5, 1.0  # Two numbers in a cell that are so far apart, in heights, cost that; nearer ones less.
ENOUGH = 1.0  # A gap so wide, in heights, is worth an edge by itself.
STEEPEST, SLOPES, LEVEL = 0.12, 97, 0.2  # rows' slopes that are tried; and how level numbers lie, in heights
FANNED, FANS = 0.12, 13  # how much slopes differ from one side of a page to the other, and how many are tried
LEANS = 25  # of columns, about a right angle with the rows
BIN = 0.25  # How finely columns are looked at, in heights.
LIKELIER = 1.02  # times as well must columns stand that are not at right angles with rows.
MOST_EDGES = 400  # that are tried
MOST_NUMBERS = 400  # that are compared with each other

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Straightened:
    """How a page is straightened.

    Attributes
    ----------
    middle, size
        Of what stands on it: right and down.
    row, column
        How many pixels a row falls for each to the right; and how many a column goes left for each down.
    row_fan, column_fan
        How much more they do so at the bottom than at the top, and at the right than at the left.
    """

    middle: tuple[float, float]
    size: tuple[float, float]
    row: float
    row_fan: float
    column: float
    column_fan: float

    def level(self, points: Points) -> NDArray[np.float64]:
        """Return how far down points (n, 2) lie."""
        x, y = (points - self.middle).T
        down: NDArray[np.float64] = y - (self.row + self.row_fan * y / self.size[1]) * x
        return down

    def across(self, points: Points) -> NDArray[np.float64]:
        """Return how far right points (n, 2) lie."""
        x, y = (points - self.middle).T
        right: NDArray[np.float64] = x + (self.column + self.column_fan * x / self.size[0]) * y
        return right

    def spans(self, boxes: Points) -> Points:
        """Return from where to where boxes (n, 4) go from left to right: (n, 2)."""
        middle = (boxes[:, 1] + boxes[:, 3]) / 2
        ends = [self.across(np.column_stack((boxes[:, side], middle))) for side in (0, 2)]
        return np.column_stack(ends)


def straightened(boxes: Points, height: float) -> Straightened:
    """Return how to straighten a page of numbers in boxes (n, 4), written in a height."""
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    middle, size = (low + high) / 2, np.maximum(high - low, 1)
    x, y = (middles - middle).T
    row, row_fan = _rows(x, y, float(size[1]), height)
    halves = (boxes[:, 2] - boxes[:, 0]) / 2
    column, column_fan = _columns(x, y, halves, row, float(size[0]), height)
    (right, down), (wide, tall) = (tuple(map(float, pair)) for pair in (middle, size))
    return Straightened((right, down), (wide, tall), row, row_fan, column, column_fan)


def _rows(x: NDArray[np.float64], y: NDArray[np.float64], tall: float, height: float) -> tuple[float, float]:
    """Return how rows fall, and how differently: as most numbers lie level with others."""
    some = slice(None, None, -(-len(x) // MOST_NUMBERS))
    x, y = x[some], y[some]
    ones, others = np.nonzero(np.triu(np.ones((len(x), len(x)), bool), 1))
    across, down = x[ones] - x[others], y[ones] - y[others]
    near = (np.abs(across) > height) & (np.abs(down) < STEEPEST * np.abs(across) + height)
    if not near.any():
        return 0.0, 0.0
    across, down = across[near], down[near]
    # With a fan, a row falls by slope + fan · y / tall: what its two numbers differ by.
    fanned = (x * y)[ones[near]] - (x * y)[others[near]]

    def level(slope: float, fan: float) -> float:
        off = (down - slope * across - fan * fanned / tall) / (LEVEL * height)
        return float(np.exp(-(off**2)).sum()) - 1e-3 * (abs(slope) + abs(fan))  # level if all are as good

    slope = max(np.linspace(-STEEPEST, STEEPEST, SLOPES), key=lambda each: level(float(each), 0.0))
    step = 2 * STEEPEST / (SLOPES - 1)
    tried = [(float(slope + k * step), float(fan)) for k in (-2, -1, 0, 1, 2) for fan in _fans()]
    return max(tried, key=lambda each: level(*each))


def _fans() -> NDArray[np.float64]:
    """Return the fans that are tried."""
    return np.linspace(-FANNED, FANNED, FANS)


def _columns(
    x: NDArray[np.float64], y: NDArray[np.float64], halves: NDArray[np.float64], row: float, wide: float, height: float
) -> tuple[float, float]:
    """Return how columns lean, and how differently: as most numbers lie below each other."""
    bins = int(1.5 * wide / (BIN * height)) + 4

    def stacked(lean: float, fan: float) -> float:
        middles = x + (lean + fan * x / wide) * y
        ends = [(middles + side * halves) / (BIN * height) + bins / 2 for side in (-1, 1)]
        first, last = (np.clip(np.round(end).astype(int), 0, bins - 1) for end in ends)
        covered = np.zeros(bins)
        np.add.at(covered, first, 1)
        np.add.at(covered, last, -1)
        return float((covered.cumsum() ** 2).sum())

    def better(ways: list[tuple[float, float]]) -> tuple[float, float]:
        best = max(ways, key=lambda way: stacked(*way))
        return best if stacked(*best) > LIKELIER * stacked(*ways[0]) else ways[0]

    lean, _ = better([(row, 0.0), *((row + float(k), 0.0) for k in np.linspace(-STEEPEST, STEEPEST, LEANS))])
    step = 2 * STEEPEST / (LEANS - 1)
    return better([(lean, 0.0), *((lean + k * step, float(fan)) for k in (-1, 0, 1) for fan in _fans())])


def edges_between(
    spans: Sequence[NDArray[np.float64]], height: float, columns: int | None = None
) -> NDArray[np.float64]:
    """Return where the edges between columns lie.

    Parameters
    ----------
    spans
        Of each row (numbers, 2): from where to where each number goes, from left to right.
    height
        Of the writing.
    columns
        How many columns there are, if that is known; no more are made than there is something to fill them with.
    """
    every = np.concatenate(spans)
    owners = np.repeat(np.arange(len(spans)), [len(row) for row in spans])
    ends = np.unique(np.concatenate((every.ravel(), every.mean(axis=1))))
    tried = (ends[:-1] + ends[1:])[np.diff(ends) > 0] / 2
    if len(tried) > MOST_EDGES:
        tried = tried[np.linspace(0, len(tried) - 1, MOST_EDGES).astype(int)]
    cost = np.array([_cost(edge, every, height) for edge in tried])
    inside = np.searchsorted(tried, every.mean(axis=1))  # after how many edges each number lies
    gaps = [np.append(FAR * height, row[1:, 0] - row[:-1, 1]) for row in spans]  # before each number
    apart = np.clip((np.concatenate(gaps) / height - NEAR) / (FAR - NEAR), 0.1, 1)
    most = columns or min(len(tried) + 1, 4 * max(len(row) for row in spans))
    chosen: NDArray[np.float64] = tried[
        _cheapest(cost, _shared(inside, owners, apart, len(tried) + 1), most, exact=columns is not None)
    ]
    return chosen


def _cost(edge: float, every: NDArray[np.float64], height: float) -> float:
    """Return what an edge costs: much if it crosses numbers, less if it lies in a wide gap."""
    before, after = every[:, 0] < edge, every[:, 1] > edge
    crossed = int((before & after).sum())
    if crossed:
        depth = np.minimum(edge - every[:, 0], every[:, 1] - edge)[before & after] / height
        return EDGE + CROSSED * float(np.minimum(depth / 0.3, 1).sum())
    gap = (every[~before, 0].min(initial=np.inf) - every[~after, 1].max(initial=-np.inf)) / height
    return float(EDGE * (1 - min(gap / ENOUGH, 1.2)))


def _shared(
    inside: NDArray[np.intp], owners: NDArray[np.intp], apart: NDArray[np.float64], places: int
) -> NDArray[np.float64]:
    """Return for columns from one place to another what numbers too many in them cost: (places + 1, places + 1)."""
    each = np.zeros((owners.max() + 1, places + 1))
    np.add.at(each, (owners, inside + 1), apart)
    upto = each.cumsum(axis=1)
    # The first number of a cell, whose gap lies before it, costs nothing.
    first = np.zeros_like(each)
    for owner, place, gap in sorted(zip(owners, inside, apart, strict=True), key=lambda number: -number[1]):
        first[owner, : place + 1] = gap
    held = upto[:, None, :] - upto[:, :, None] - first[:, :, None]
    extra: NDArray[np.float64] = np.maximum(held, 0).sum(axis=0)
    return extra


def _cheapest(cost: NDArray[np.float64], shared: NDArray[np.float64], most: int, *, exact: bool) -> NDArray[np.intp]:
    """Return which edges are cheapest together; so many columns as `most` if they shall be exactly as many."""
    places = len(cost) + 1
    best = SHARED * shared[0, 1:]  # of one column that ends with each place
    least, came = [best], [np.zeros(places, np.intp)]
    for _ in range(1, min(most, places)):
        ways = np.full((places, places), np.inf)
        for end in range(1, places):
            ways[end, :end] = best[:end] + cost[:end] + SHARED * shared[1 : end + 1, end + 1]
        came.append(ways.argmin(axis=1))
        best = ways.min(axis=1)
        least.append(best)
    totals = [float(each[-1]) for each in least]
    count = len(totals) - 1 if exact else int(np.argmin(totals))
    edges, end = [], places - 1
    for k in range(count, 0, -1):
        end = int(came[k][end])
        edges.append(end)
    return np.array(sorted(edges), np.intp)
