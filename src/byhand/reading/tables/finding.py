"""The numbers on a page → rows and columns, in which empty cells stay empty.

Lines are rows. Columns are found by where the edges between them may lie: an edge should cross no number, should lie in
a wide gap, and no cell should hold two numbers of one row. All edges are chosen together, by dynamic programming. The
page may be a bit turned: everything is first turned back, by the slope of its lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from byhand.reading.numbers.number import Number
from byhand.reading.pages import Page

CROSSED, SHARED, EDGE = 3.0, 3.0, 0.6  # what an edge through a number, two numbers in a cell, and any edge cost
ENOUGH = 1.0  # A gap so wide, in heights, is worth an edge by itself.
SAME_ROW = 0.4  # A larger step down, in heights, begins a row.
STEEPEST, SLOPES, LEVEL = 0.12, 97, 0.2  # rows' slopes that are tried; and how level numbers lie, in heights
MOST_EDGES = 400  # that are tried

Cell = tuple[Number, ...]


@dataclass(frozen=True)
class Table:
    """What stands on a page in rows and columns.

    Attributes
    ----------
    rows
        From top to bottom, each of as many cells; a cell holds no number, one, or several.
    """

    rows: tuple[tuple[Cell, ...], ...]

    @property
    def columns(self) -> int:
        """How many there are."""
        return len(self.rows[0]) if self.rows else 0


def table_of(page: Page, columns: int | None = None) -> Table:
    """Return the numbers of a page in rows and columns.

    Parameters
    ----------
    page
        As it was read.
    columns
        How many columns there are, if that is known; no more are made than there is something to fill them with.

    Returns
    -------
    Table
        Without rows if nothing stands on the page.
    """
    if not page.numbers:
        return Table(())
    height = float(np.median([digit.box[3] - digit.box[1] for number in page.numbers for digit in number]))
    middles = np.array([_middle(number) for number in page.numbers])
    slope = _slope(middles, height)
    rows = _rows(page, middles, slope, height)
    spans = [_spans(row, slope) for row in rows]
    edges = _edges(spans, height, columns)
    table = []
    for row, places in zip(rows, spans, strict=True):
        cells: list[list[Number]] = [[] for _ in range(len(edges) + 1)]
        for number, column in zip(row, np.searchsorted(edges, places.mean(axis=1)), strict=True):
            cells[int(column)].append(number)
        table.append(tuple(map(tuple, cells)))
    return Table(tuple(table))


def _middle(number: Number) -> tuple[float, float]:
    """Return the middle of a number's digits."""
    boxes = np.array([digit.box for digit in number], float)
    return float(boxes[:, 0].min() + boxes[:, 2].max()) / 2, float((boxes[:, 1] + boxes[:, 3]).mean()) / 2


def _slope(middles: NDArray[np.float64], height: float) -> float:
    """Return how much rows fall to the right: the slope along which most numbers lie level with others."""
    x, y = middles.T
    across, down = x[:, None] - x, y[:, None] - y
    near = (np.abs(across) > height) & (np.abs(down) < STEEPEST * np.abs(across) + height)
    across, down = across[near], down[near]
    slopes = np.linspace(-STEEPEST, STEEPEST, SLOPES)
    level = [np.exp(-(((down - slope * across) / (LEVEL * height)) ** 2)).sum() for slope in slopes]
    return float(slopes[int(np.argmax(np.array(level) - 1e-3 * np.abs(slopes)))])  # level if all are as good


def _rows(page: Page, middles: NDArray[np.float64], slope: float, height: float) -> list[list[Number]]:
    """Return rows of numbers: what lies level on a page turned back; or the page's lines, if rows would overlap."""
    level = middles[:, 1] - slope * middles[:, 0]
    order = np.argsort(level, kind="stable")
    starts = np.concatenate(([True], np.diff(level[order]) > SAME_ROW * height))
    numbers = page.numbers
    rows = [
        sorted((numbers[k] for k in some), key=lambda number: number.box[0])
        for some in np.split(order, np.flatnonzero(starts)[1:])
    ]
    if any(np.ptp(level[some]) > height for some in np.split(order, np.flatnonzero(starts)[1:])):
        return [list(line) for line in page.lines]
    return rows


def _spans(row: Sequence[Number], slope: float) -> NDArray[np.float64]:
    """Return from where to where each number of a row goes, on a page turned back."""
    boxes = np.array([number.box for number in row], float)
    spans: NDArray[np.float64] = boxes[:, [0, 2]] + slope * (boxes[:, [1]] + boxes[:, [3]]) / 2
    return spans


def _edges(spans: Sequence[NDArray[np.float64]], height: float, columns: int | None) -> NDArray[np.float64]:
    """Return where the edges between columns lie."""
    every = np.concatenate(spans)
    owners = np.repeat(np.arange(len(spans)), [len(row) for row in spans])
    ends = np.unique(np.concatenate((every.ravel(), every.mean(axis=1))))
    tried = (ends[:-1] + ends[1:])[np.diff(ends) > 0] / 2
    if len(tried) > MOST_EDGES:
        tried = tried[np.linspace(0, len(tried) - 1, MOST_EDGES).astype(int)]
    cost = np.array([_cost(edge, every, height) for edge in tried])
    inside = np.searchsorted(tried, every.mean(axis=1))  # after how many edges each number lies
    most = columns or min(len(tried) + 1, 4 * max(len(row) for row in spans))
    chosen: NDArray[np.float64] = tried[
        _cheapest(cost, _shared(inside, owners, len(tried) + 1), most, exact=columns is not None)
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


def _shared(inside: NDArray[np.intp], owners: NDArray[np.intp], places: int) -> NDArray[np.float64]:
    """Return for columns from one place to another how many numbers too many they hold: (places + 1, places + 1)."""
    many = np.zeros((owners.max() + 1, places + 1))
    np.add.at(many, (owners, inside + 1), 1)
    upto = many.cumsum(axis=1)
    held = upto[:, None, :] - upto[:, :, None]
    extra: NDArray[np.float64] = np.maximum(held - 1, 0).sum(axis=0)
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
