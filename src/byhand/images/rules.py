"""Find printed lines among the ink: ruled and squared paper, margins, the boxes of forms.

A printed line is thin, straight and longer than any stroke of a digit. It is looked for along every slope up to a few
degrees, by sliding a window along the picture, sheared so that the slope becomes level. Where a stroke of the pen
crosses a line, the ink is thicker than the line, and stays. So does a point on a line, which is thinner than other
lines may be, but thicker than this one.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from byhand.images.limits import Effort
from byhand.types import Mask

STEEPEST = 0.11  # rows a column: a little over six degrees
SHARE = 0.75  # of a window must be thin ink; strokes of the pen hide the rest.
LOOKING = 16  # operations for a pixel in a row that may have a line
SLOPE, MARK = 35_000, 120_000  # for a slope, and for each along which there are lines
KNOT, MORE = 1.5, 1.0  # Where a line is so many times as thick as it usually is, and pixels more, somebody wrote.
KNOTTED = 30  # operations for a pixel, to tell lines from each other
CROSSED = 8  # operations for a pixel of ink, to tell whether lines cross there
PIECE = 32  # Columns that are looked at together, to leave out rows with too little ink.


def printed_lines(mask: Mask, thickest: int, across: int, down: int, effort: Effort) -> Mask:
    """Return which pixels of the ink belong to printed lines.

    Parameters
    ----------
    mask
        (height, width): the ink.
    thickest
        Pixels that a line may be thick.
    across, down
        Pixels that a line, level or upright, must at least be long.
    effort
        What may be spent.

    Raises
    ------
    ByhandError
        If too much is like lines.
    """
    level, upright = level_lines(mask, thickest, across, effort), level_lines(mask.T, thickest, down, effort)
    level &= ~_knots(mask, level, thickest, effort)
    upright &= ~_knots(mask.T, upright, thickest, effort)
    lines = level | upright.T
    if level.any() and upright.any():
        lines |= _crossings(mask & ~lines, level, upright.T, thickest, effort)
    return lines


def level_lines(mask: Mask, thickest: int, length: int, effort: Effort) -> Mask:
    """Return which pixels of the ink (height, width) belong to lines that are level, or nearly; see `printed_lines`."""
    found = np.zeros_like(mask)
    for found in growing_lines(mask, thickest, length, effort):  # noqa: B007  # the last of them
        pass
    return found


def _knots(ink: Mask, lines: Mask, thickest: int, effort: Effort) -> Mask:
    """Return where the ink of level lines is much thicker than it is along most of each line, and as wide as that."""
    from scipy import ndimage

    knots = np.zeros_like(lines)
    y, x = np.nonzero(lines)
    if not y.size:
        return knots
    effort.spend(KNOTTED * lines.size + 4 * thickest * y.size)
    framed = np.pad(ink, ((thickest, thickest), (0, 0)))
    thick = np.ones(len(y), np.int16)
    for aside in (-1, 1):
        on = np.ones(len(y), bool)
        for far in range(1, thickest + 1):
            on &= framed[y + thickest + aside * far, x]
            thick += on
    # A line may have gaps.
    labels, count = ndimage.label(ndimage.maximum_filter1d(lines.view(np.uint8), 8 * thickest + 1, axis=1))
    usual = np.asarray(ndimage.median(thick, labels[y, x], np.arange(count + 1)))[labels[y, x]]
    knots[y, x] = thick > KNOT * usual + MORE
    wide = round(float(np.median(usual))) + 1
    return np.asarray(ndimage.binary_opening(knots, np.ones((1, wide), bool)), bool)


def _crossings(rest: Mask, level: Mask, upright: Mask, thickest: int, effort: Effort) -> Mask:
    """Return where level and upright lines cross, which is too thick for either: each goes on at both sides of it."""
    found = np.zeros_like(rest)
    y, x = np.nonzero(rest)
    effort.spend(CROSSED * thickest * y.size)
    across, down = np.pad(level, thickest), np.pad(upright, thickest)
    y, x = y + thickest, x + thickest
    for lines, dy, dx in ((across, 0, 1), (across, 0, -1), (down, 1, 0), (down, -1, 0)):
        goes_on = np.zeros(y.size, bool)
        for far in range(1, thickest + 1):
            goes_on |= lines[y + far * dy, x + far * dx]
        y, x = y[goes_on], x[goes_on]
    found[y - thickest, x - thickest] = True
    return found


def growing_lines(mask: Mask, thickest: int, length: int, effort: Effort) -> Iterator[Mask]:
    """Yield the same, whenever there is more of it; the last is all."""
    height, width = mask.shape
    effort.spend(10 * mask.size)
    thin = _thin(mask, thickest)
    if not 1 <= length <= width or not thin.any():
        return
    # A window of slope s has thin ink within a pixel of it even if s is off by one step.
    step = min(2 / length, 0.02)
    many = round(STEEPEST / step)
    reach = int(many * step * width / 2) + 2
    thick = thin.copy()
    thick[1:] |= thin[:-1]
    thick[:-1] |= thin[1:]
    # Column by column, so that to shear is to move whole pieces of memory.
    thick, thin = _framed(thick.T, reach), _framed(thin.T, reach)
    left = thin.copy()  # of the ink, what was not found yet
    ink, rest = _summed(thick), _summed(left)
    for slope in sorted(np.arange(-many, many + 1) * step, key=abs):
        shear = _shear(float(slope), width, height, reach)
        rows = shear.candidates(ink, rest, length)
        effort.spend(LOOKING * len(rows) * width + len(shear.starts) * height + SLOPE)
        if rows.size and shear.mark(thick, rows, length, left):
            effort.spend(3 * mask.size + MARK)
            rest = _summed(left)
            yield (thin & ~left)[:, reach : reach + height].T
            if not rest[-1].any():
                break


def _framed(ink: Mask, aside: int) -> Mask:
    """Return ink (columns, rows) with so many empty rows more on either side."""
    framed = np.zeros((ink.shape[0], ink.shape[1] + 2 * aside), bool)
    framed[:, aside : aside + ink.shape[1]] = ink
    return framed


def _summed(ink: Mask) -> NDArray[np.int16]:
    """Return how many pixels of the columns (width, height) before each are ink, row by row: (width + 1, height)."""
    sums = np.zeros((ink.shape[0] + 1, ink.shape[1]), np.int16)
    sums[1:] = ink
    _accumulate(sums)
    return sums


def _accumulate(values: NDArray[np.int16]) -> None:
    """Add to each row all those before it; several times as fast as `cumsum`."""
    for before, row in pairwise(values):
        np.add(before, row, out=row)


@dataclass(frozen=True, eq=False)
class _Shear:
    """A slope, given as columns that are moved by the same number of rows.

    Attributes
    ----------
    starts, ends
        The first column of each piece, and the one after its last.
    tops
        The row, counted with `reach` more rows above, that becomes the first.
    height
        Rows of the picture.
    """

    starts: list[int]
    ends: list[int]
    tops: list[int]
    height: int

    def candidates(self, ink: NDArray[np.int16], rest: NDArray[np.int16], length: int) -> NDArray[np.intp]:
        """Return the rows, sheared, where pieces that hold a window have ink enough, and some of the rest is near."""
        pieces = self._pieces(ink)
        rows: NDArray[np.intp] = np.flatnonzero(pieces.sum(axis=0, dtype=np.int16) >= _enough(length))
        if not rows.size:
            return rows
        total = np.zeros((len(pieces) + 1, len(rows)), np.int16)
        total[1:] = pieces[:, rows]
        _accumulate(total)
        ends = np.array(self.ends)
        first = np.flatnonzero(np.array(self.starts) + length <= ends[-1])  # pieces in which a window can begin
        last = np.minimum(np.searchsorted(ends, ends[first] - 1 + length), len(ends) - 1)
        rows = rows[(total[last + 1] - total[first] >= _enough(length)).any(axis=0)]
        if not rows.size:
            return rows
        near = np.zeros(self.height + 2, bool)
        near[1:-1] = self._pieces(rest).any(axis=0)
        useful: NDArray[np.intp] = rows[near[rows] | near[rows + 1] | near[rows + 2]]
        return useful

    def _pieces(self, sums: NDArray[np.int16]) -> NDArray[np.int16]:
        """Return how much ink lies in each piece, row by row, sheared, given that of all columns before each."""
        pieces = np.empty((len(self.starts), self.height), np.int16)
        for k, (start, end, top) in enumerate(zip(self.starts, self.ends, self.tops, strict=True)):
            np.subtract(sums[end, top : top + self.height], sums[start, top : top + self.height], out=pieces[k])
        return pieces

    def mark(self, thick: Mask, rows: NDArray[np.intp], length: int, left: Mask) -> bool:
        """Clear what lies in windows that are mostly ink, and a row above and below; tell whether there are any."""
        width = len(thick)
        pieces = list(zip(self.starts, self.ends, self.tops, strict=True))
        sums = np.zeros((width + 1, len(rows)), np.int16)
        for start, end, top in pieces:
            sums[start + 1 : end + 1] = thick[start:end].take(rows + top, axis=1)
        _accumulate(sums)
        full = sums[length:] - sums[:-length] >= _enough(length)  # windows that begin at a column
        hit = full.any(axis=0)
        if not hit.any():
            return False
        rows, full = rows[hit], full[:, hit]
        marks = np.zeros((width + 1, len(rows)), np.int16)
        marks[: width - length + 1] += full
        marks[length:] -= full
        _accumulate(marks)
        inside = marks[:-1] > 0
        near = np.unique(rows[:, None] + np.array([-1, 0, 1]))
        near = near[(near >= 0) & (near < self.height)]
        spread = np.zeros((width, len(near)), bool)
        for aside in (-1, 0, 1):
            there = (rows + aside >= 0) & (rows + aside < self.height)
            spread[:, np.searchsorted(near, rows[there] + aside)] |= inside[:, there]
        for start, end, top in pieces:
            left[start:end, near + top] &= ~spread[start:end]
        return True


@lru_cache(2000)
def _shear(slope: float, width: int, height: int, reach: int) -> _Shear:
    """Return a slope, of rows down by column, for pictures of a size with `reach` more rows above and below."""
    shifts = np.round(slope * (np.arange(width) - width / 2)).astype(np.intp)
    new = (shifts[1:] != shifts[:-1]) | (np.arange(1, width) % PIECE == 0)
    starts = [0, *(np.flatnonzero(new) + 1).tolist()]
    return _Shear(starts, [*starts[1:], width], (shifts[starts] + reach).tolist(), height)


def _enough(length: int) -> int:
    """Return how many of the pixels of a window must be ink."""
    return math.ceil(SHARE * length)


def _thin(mask: Mask, thickest: int) -> Mask:
    """Return the ink that is at most so many pixels thick, measured down."""
    if thickest >= len(mask):
        return mask.copy()
    solid = mask  # Where so many pixels from here on down, and one more, are ink: doubled until they are enough.
    size = 1
    while size <= thickest:
        more = min(size, thickest + 1 - size)
        solid = solid[:-more] & solid[more:]
        size += more
    framed = _framed(solid.T, thickest).T
    size = 1
    while size <= thickest:
        more = min(size, thickest + 1 - size)
        framed = framed[:-more] | framed[more:]
        size += more
    return mask & ~framed
