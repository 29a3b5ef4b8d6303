"""Ink with grain, specks and parts of neighbours → the ink of the one digit that the picture is about.

Whatever differs from the paper by a single grey level is ink, until a noise floor parts the pen from the paper's grain:
Otsu's threshold (1979, "A threshold selection method from gray-level histograms"). What hangs together above it is a
piece. The main one is large and, if it comes in from the picture's edge, near the middle; the others belong to it
unless they are specks, or come in from the edge. All in numbers that are the same in any language:
docs/preprocessing.md.
"""

from dataclasses import dataclass
from functools import reduce
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from byhand.images.fit import bounds
from byhand.images.ink.strokes import with_neighbours
from byhand.types import Box, Bytes, Mask

CELLS = 100  # The longest side of the ink in cells, of one or more pixels, on which it is seen what hangs together.
SPECK = 10  # A piece is a speck if the main one is at least so many times as long: it is shorter than a pen is wide.
ALIKE, MANY = 3, 5  # More pieces than so many, of at least a third of the main one's length, are several digits.
NEAR = 4  # The bar of a 5 is nearer to its body than the body's height, divided by this.
ENDS = 3  # Cells at the ends and sides of strokes that are at least half as full as the pen's faintest ...
AROUND = ENDS + 1  # ... and one more of any ink, as the edges of strokes are soft.
UNIT = 64  # Half the picture's side, for distances from its middle in whole numbers.


@dataclass(frozen=True, eq=False)
class Pieces:
    """What of the ink hangs together, in cells.

    Attributes
    ----------
    labels
        (rows, columns): the piece that has ink in a cell, from 0 on; −1 where none has.
    boxes
        Left, top, right and bottom of each piece; right and bottom are exclusive.
    sizes
        How many cells each of them has.
    at_edge
        Whether each of them comes to the picture's edge.
    worth
        How much each of them may be what the picture is about.
    """

    labels: NDArray[np.int64]
    boxes: list[Box]
    sizes: list[int]
    at_edge: list[bool]
    worth: list[float]

    def chosen(self) -> list[bool]:
        """Tell of each piece whether it is the main one or belongs to it."""
        main = self.worth.index(max(self.worth))
        return [
            k == main
            or (SPECK * _length(box) > _length(self.boxes[main]) and (not edge or _is_bar(box, self.boxes[main])))
            for k, (box, edge) in enumerate(zip(self.boxes, self.at_edge, strict=True))
        ]

    def problem(self, chosen: list[bool]) -> Literal["specks", "several"] | None:
        """Tell why there is no main piece: what is inside and not chosen is as much as what is, or many are alike."""
        left_out = sum(n for n, one, edge in zip(self.sizes, chosen, self.at_edge, strict=True) if not (one or edge))
        if left_out >= sum(n for n, one in zip(self.sizes, chosen, strict=True) if one):
            return "specks"
        lengths = [_length(box) for box, one in zip(self.boxes, chosen, strict=True) if one]
        return "several" if sum(ALIKE * length >= max(lengths) for length in lengths) > MANY else None


def main_ink(ink: Bytes, *, least: int = 1) -> tuple[Bytes, Literal["specks", "several"] | None]:
    """Return the ink of the digit alone, 0 elsewhere; and why there is none, if so.

    Parameters
    ----------
    ink
        (height, width) uint8; 0 is paper and 255 full ink. Some of it is not 0.
    least
        What is fainter than this is no ink in any case.
    """
    level = min(max(threshold(ink), least), int(ink.max()))
    left, top, right, bottom = box = _bounds_from(ink, level)
    size = -(-max(right - left, bottom - top) // CELLS)
    most = _most_in_cells(ink, box, size)
    found = _pieces((most >= level)[AROUND:-AROUND, AROUND:-AROUND], box, size, ink.shape)
    chosen = found.chosen()
    kept = np.pad(np.append(chosen, False)[found.labels], AROUND)  # The last is for cells without ink.
    for _ in range(ENDS):
        kept |= with_neighbours(kept) & (2 * most.astype(np.int16) >= level)
    return _in_cells(ink, with_neighbours(kept), box, size), found.problem(chosen)


def threshold(ink: Bytes) -> int:
    """Return Otsu's threshold: from this level, 2…255, on is the pen. Below and above it, ink differs most.

    Pixels that are exactly paper do not count, so that it does not matter how many there are. Of several levels
    that are best, as where there is none between grain and pen, it is the middle one.
    """
    levels = np.arange(1, 256)
    left, top, right, bottom = bounds(ink)
    part = ink[top:bottom, left:right]
    counts = np.bincount(part[part > 0], minlength=256)[1:]
    below, sums = np.cumsum(counts), np.cumsum(counts * levels)
    above, rest = below[-1] - below, sums[-1] - sums
    apart = sums / np.maximum(below, 1) - rest / np.maximum(above, 1)
    values = (apart * apart * below * above)[:-1]
    return 2 + int(values.argmax() + len(values) - 1 - values[::-1].argmax()) // 2


def _bounds_from(ink: Bytes, level: int) -> Box:
    """Return the box of all ink from a level on."""
    rows, columns = (np.flatnonzero(ink.max(axis=axis) >= level) for axis in (1, 0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _most_in_cells(ink: Bytes, box: Box, size: int) -> Bytes:
    """Return the fullest pixel of each cell, so many pixels long and wide; the first begins with the box.

    There are `AROUND` more cells on each side of the box.
    """
    left, top, right, bottom = box
    rows, columns = -(-(bottom - top) // size), -(-(right - left) // size)
    framed = np.zeros(((rows + 2 * AROUND) * size, (columns + 2 * AROUND) * size), np.uint8)
    x, y = left - AROUND * size, top - AROUND * size
    part = ink[max(y, 0) : y + framed.shape[0], max(x, 0) : x + framed.shape[1]]
    y, x = max(-y, 0), max(-x, 0)
    framed[y : y + part.shape[0], x : x + part.shape[1]] = part
    # Several times as fast as the greatest along the axes of a cell, which are short.
    tall = reduce(np.maximum, (framed[k::size] for k in range(size)))
    return np.asarray(reduce(np.maximum, (tall[:, k::size] for k in range(size))), np.uint8)


def _in_cells(ink: Bytes, kept: Mask, box: Box, size: int) -> Bytes:
    """Return the ink in some cells, and 0 elsewhere."""
    out = np.zeros_like(ink)
    x, y = box[0] - AROUND * size, box[1] - AROUND * size
    large = kept.repeat(size, axis=0).repeat(size, axis=1)[max(-y, 0) :, max(-x, 0) :]
    y, x = max(y, 0), max(x, 0)
    part = ink[y : y + large.shape[0], x : x + large.shape[1]]
    out[y : y + part.shape[0], x : x + part.shape[1]] = part * large[: part.shape[0], : part.shape[1]]
    return out


def _pieces(cells: Mask, box: Box, size: int, shape: tuple[int, ...]) -> Pieces:
    """Return the pieces of the ink of a picture, which lies in a box."""
    labels, n = labelled(cells)
    rows, columns = np.nonzero(cells)
    of = labels[rows, columns]
    boxes = np.zeros((n, 4), np.int64)
    for side, places in enumerate((columns, rows)):
        boxes[:, side] = max(cells.shape)
        np.minimum.at(boxes[:, side], of, places)  # Along one axis it is quick.
        np.maximum.at(boxes[:, 2 + side], of, places + 1)
    far = np.zeros(len(of), np.int64)
    for place, start, side in ((columns, box[0], shape[1]), (rows, box[1], shape[0])):
        far += (UNIT * (2 * start + (2 * place + 1) * size - side) // side) ** 2
    sizes = np.bincount(of, minlength=n)
    mean = np.bincount(of, far, n) / sizes / UNIT**2  # 0 in the middle, 1 and more at an edge
    margin = max(shape) // CELLS
    ends = box[0] <= margin, box[1] <= margin, box[2] >= shape[1] - margin, box[3] >= shape[0] - margin
    there = (boxes == (0, 0, cells.shape[1], cells.shape[0])) & ends
    at_edge = there.any(axis=1)
    lengths = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    worth = np.where(at_edge, lengths * np.minimum(1.5 - mean, 1), lengths)
    return Pieces(labels, [_box(row) for row in boxes.tolist()], sizes.tolist(), at_edge.tolist(), worth.tolist())


def _box(sides: list[int]) -> Box:
    """Return four numbers as a box."""
    left, top, right, bottom = sides
    return left, top, right, bottom


def _length(box: Box) -> int:
    """Return the longest side of a box."""
    return max(box[2] - box[0], box[3] - box[1])


def _is_bar(box: Box, body: Box) -> bool:
    """Tell whether a piece may be the bar of a 5: right above the body, or below it, and not wider."""
    away = max(body[1] - box[3], box[1] - body[3])
    inside = 2 * body[0] <= box[0] + box[2] <= 2 * body[2]
    return inside and box[2] - box[0] <= body[2] - body[0] and NEAR * away <= body[3] - body[1]


def labelled(cells: Mask) -> tuple[NDArray[np.int64], int]:
    """Return the piece of each cell with ink, −1 elsewhere, and how many there are; corners hang together.

    Stretches of ink in a row are joined with those of the row above that they touch. Pieces are counted as they
    begin, row by row from the left.
    """
    framed = np.zeros((cells.shape[0], cells.shape[1] + 2), np.int8)
    framed[:, 1:-1] = cells
    change = np.diff(framed, axis=1)
    rows, starts = np.nonzero(change == 1)
    ends = np.nonzero(change == -1)[1]
    wide = framed.shape[1]  # A place in the row above is so many places before.
    first = np.searchsorted(rows * wide + ends, (rows - 1) * wide + starts).tolist()
    after = np.searchsorted(rows * wide + starts, (rows - 1) * wide + ends, "right").tolist()
    parent = list(range(len(first)))
    for k, (start, stop) in enumerate(zip(first, after, strict=True)):
        for other in range(start, stop):
            one, two = parent[k], _root(parent, other)
            parent[max(one, two)] = parent[k] = min(one, two)
    for k, before in enumerate(parent):
        parent[k] = parent[before]  # That one stands before it, and knows its first one already.
    roots = np.array(parent, np.int64)
    begins = roots == np.arange(len(parent))
    of = (np.cumsum(begins) - 1)[roots]
    labels = np.full(cells.shape, -1, np.int64)
    labels[cells] = np.repeat(of, ends - starts)
    return labels, int(begins.sum())


def _root(parent: list[int], k: int) -> int:
    """Return the first stretch of the piece that a stretch belongs to, and shorten the way there."""
    while parent[k] != k:
        parent[k] = parent[parent[k]]
        k = parent[k]
    return k
