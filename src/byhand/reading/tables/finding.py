"""The numbers on a page → rows and columns, in which empty cells stay empty.

What lies level on the page, once it is straightened, is a row; columns are found in all rows together
(`byhand.reading.numbers.columns`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from byhand.reading.numbers.columns import Straightened, edges_between, straightened
from byhand.reading.numbers.number import Number
from byhand.reading.pages import Page

SAME_ROW = 0.4  # A larger step down, in heights, begins a row.

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
    boxes = np.array([_written(number) for number in page.numbers])
    straight = straightened(boxes, height)
    rows = _rows(page, boxes, straight, height)
    spans = [straight.spans(np.array([number.box for number in row], float)) for row in rows]
    edges = edges_between(spans, height, columns)
    table = []
    for row, places in zip(rows, spans, strict=True):
        cells: list[list[Number]] = [[] for _ in range(len(edges) + 1)]
        for number, column in zip(row, np.searchsorted(edges, places.mean(axis=1)), strict=True):
            cells[int(column)].append(number)
        table.append(tuple(map(tuple, cells)))
    return Table(tuple(table))


def _written(number: Number) -> tuple[float, float, float, float]:
    """Return from where to where a number's digits go, and how high they are on average."""
    left, top, right, bottom = np.array([digit.box for digit in number], float).T
    return float(left.min()), float(top.mean()), float(right.max()), float(bottom.mean())


def _rows(page: Page, boxes: NDArray[np.float64], straight: Straightened, height: float) -> list[list[Number]]:
    """Return rows of numbers: what lies level on a straightened page; or its lines, if rows would overlap."""
    level = straight.level((boxes[:, :2] + boxes[:, 2:]) / 2)
    order = np.argsort(level, kind="stable")
    starts = np.concatenate(([True], np.diff(level[order]) > SAME_ROW * height))
    parts = np.split(order, np.flatnonzero(starts)[1:])
    if any(np.ptp(level[some]) > height for some in parts):
        return [list(line) for line in page.lines]
    numbers = page.numbers
    return [sorted((numbers[k] for k in some), key=lambda number: number.box[0]) for some in parts]
