"""Strokes → lines of strokes, each followed from left to right.

Every stroke is compared with all that are in lines already, at once: of some thousand strokes, one by one would take
seconds.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from byhand.images.ink.strokes import Stroke, typical_height


@dataclass(eq=False)
class _Rows:
    """Lines that grow.

    Attributes
    ----------
    rows
        The lines, each of strokes in the order in which they came.
    boxes, places
        (strokes, 4) of all strokes, in the order in which they came; and in which line each is.
    """

    rows: list[list[Stroke]] = field(default_factory=list)
    boxes: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 4), np.int64))
    places: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))

    def add(self, strokes: list[Stroke], place: int) -> None:
        """Add strokes to a line, or to a new one after the last."""
        if place == len(self.rows):
            self.rows.append([])
        self.rows[place] += strokes
        self.boxes = np.concatenate([self.boxes, [stroke.box for stroke in strokes]])
        self.places = np.concatenate([self.places, np.full(len(strokes), place)])

    def off(self, stroke: Stroke, height: float) -> NDArray[np.float64]:
        """Return how far above or below the two nearest strokes of each line another lies, in typical heights."""
        across = np.abs(self.boxes[:, 0] + self.boxes[:, 2] - (stroke.box[0] + stroke.box[2]))
        down = np.abs(self.boxes[:, 1] + self.boxes[:, 3] - (stroke.box[1] + stroke.box[3])) / 2
        order = across * len(across) + np.arange(len(across))  # of two as near the one that came first
        off = np.full(len(self.rows), np.inf)
        for _ in range(2):
            nearest = np.full(len(self.rows), _FAR)
            np.minimum.at(nearest, self.places, order)
            found = (order == nearest[self.places]) & (order < _FAR)
            np.minimum.at(off, self.places[found], down[found])
            order[found] = _FAR
        return off / height

    def continues(self, part: Stroke, height: float) -> NDArray[np.bool_]:
        """Return which strokes, above or below another, may be parts of one digit with it."""
        lows, highs = np.minimum(self.boxes, part.box), np.maximum(self.boxes, part.box)
        beside = lows[:, 2] - highs[:, 0] > 0
        gap = highs[:, 1] - lows[:, 3]
        return beside & (gap < 0.25 * height) & (highs[:, 3] - lows[:, 1] < 1.7 * height)


_FAR = np.iinfo(np.int64).max


def lines(found: list[Stroke]) -> list[list[Stroke]]:
    """Return the strokes line by line, from top to bottom, each from left to right.

    A line is followed stroke by stroke, so it may climb or bend. Small strokes join the line that they lie within.
    """
    if not found:
        return []
    height = typical_height(found)
    large = sorted((s for s in found if s.height > 0.5 * height), key=lambda s: s.middle[0])
    rows = _Rows()
    for stroke in large:
        off = rows.off(stroke, height)
        near = bool(off.size) and off.min() < 0.6
        rows.add([stroke], int(off.argmin()) if near else len(rows.rows))
    apart: list[Stroke] = []
    for stroke in (stroke for stroke in found if stroke.height <= 0.5 * height):
        off = rows.off(stroke, height)
        k = int(off.argmin())
        if off[k] < 0.75 or (off[k] < 1.15 and (rows.continues(stroke, height) & (rows.places == k)).any()):
            rows.add([stroke], k)
        else:
            apart.append(stroke)
    written = rows.rows + lines(apart)  # smaller writing, in lines of its own
    return [sorted(row, key=lambda s: s.middle[0]) for row in _without_orphans(written, height)]


def _without_orphans(rows: list[list[Stroke]], height: float) -> list[list[Stroke]]:
    """Return the lines; those of one stroke, closely above or below one of another line, with that: a broken digit."""
    kept = _Rows()
    for row in sorted(rows, key=lambda row: len(row) == 1):
        near = kept.places[kept.continues(row[0], height)] if len(row) == 1 else kept.places[:0]
        kept.add(row, int(near.min()) if near.size else len(kept.rows))
    return sorted(kept.rows, key=lambda row: float(np.mean([stroke.middle[1] for stroke in row])))
