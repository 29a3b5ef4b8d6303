"""Share out the strokes of a page among digits.

Strokes of a line are taken alone, together with their neighbours, and cut in parts; the network says of each such group
how much it looks like a digit, which it can, as it has learned what is none. The best way to share out all the strokes
of a line is then found by dynamic programming.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from byhand.images.fit import fit
from byhand.images.paper import Sheet
from byhand.images.segment import Box, Stroke, cuts, ink_of, lines, strokes, typical_height
from byhand.model import Model

MOST_PARTS = 7  # of strokes, or parts of one, that may make up one digit
SURE = 0.95  # A stroke that is so probably a digit is not cut.

# All in typical heights of the page's writing.
WIDEST, TALLEST = 1.7, 1.8  # of a digit made of several parts
SPECK = 0.4  # Something lower may be left out.
SHORT = 0.55  # A digit should be higher.
ONE_NUMBER = 0.8  # A gap as wide parts two numbers, where nothing else tells.

Rows = list[list["Glyph"]]


@dataclass(frozen=True, eq=False)
class Glyph:
    """What may be a digit: its box in the picture, its 28×28 image, and its probabilities (classes,)."""

    box: Box
    image: NDArray[np.uint8]
    probabilities: NDArray[np.float32]

    @property
    def height(self) -> int:
        """In pixels."""
        return self.box[3] - self.box[1]

    @property
    def confidence(self) -> float:
        """The highest probability."""
        return float(self.probabilities.max())


def parse(sheet: Sheet, model: Model) -> list[Rows]:
    """Return the digits on a sheet: lines of numbers of glyphs."""
    found = strokes(sheet)
    if not found:
        return []
    height = typical_height(found)
    rows = _parts(sheet, lines(found), height, model)
    spans = [_spans(row, height) for row in rows]
    groups = [row[i:j] for row, some in zip(rows, spans, strict=True) for i, j in some]
    judged = iter(_judge(sheet, groups, model))
    glyphs = [_best(row, {span: next(judged) for span in some}, height) for row, some in zip(rows, spans, strict=True)]
    glyphs = _written(glyphs, height, model.threshold)
    widest = _widest_gap(glyphs, height)
    return [_numbers(row, widest) for row in glyphs]


def _judge(sheet: Sheet, groups: Sequence[list[Stroke]], model: Model) -> list[Glyph]:
    """Let the network look at groups of strokes."""
    inks = [ink_of(sheet, group) for group in groups]
    images = [fit(ink)[0] for ink, _ in inks]
    probabilities = model.predict_proba(np.stack(images))
    return [
        Glyph(_bounds(group), *pair)
        for group, pair in zip(groups, zip(images, probabilities, strict=True), strict=True)
    ]


def _bounds(group: list[Stroke]) -> Box:
    """Return the box around all strokes of a group."""
    boxes = np.array([stroke.box for stroke in group])
    return (*map(int, boxes[:, :2].min(axis=0)), *map(int, boxes[:, 2:].max(axis=0)))  # type: ignore[return-value]


def _parts(sheet: Sheet, rows: list[list[Stroke]], height: float, model: Model) -> list[list[Stroke]]:
    """Return the lines with every stroke cut in parts that may be more than one digit."""
    whole = iter(_judge(sheet, [[stroke] for row in rows for stroke in row], model))
    result = []
    for row in rows:
        parts: list[Stroke] = []
        for stroke in row:
            doubtful = next(whole).confidence < SURE or stroke.width > 1.2 * height
            large = stroke.width > 0.45 * height and stroke.height > 0.5 * height
            parts += cuts(stroke) if doubtful and large else [stroke]
        result.append(sorted(parts, key=lambda part: part.middle[0]))
    return result


def _spans(parts: list[Stroke], height: float) -> list[tuple[int, int]]:
    """Return which neighbours may make up a digit: each alone, and runs of them that are not too wide or tall."""
    spans = []
    for i in range(len(parts)):
        for j in range(i + 1, min(i + MOST_PARTS, len(parts)) + 1):
            left, top, right, bottom = _bounds(parts[i:j])
            if j == i + 1 or (right - left < WIDEST * height and bottom - top < TALLEST * height):
                spans.append((i, j))
    return spans


def _best(parts: list[Stroke], judged: dict[tuple[int, int], Glyph], height: float) -> list[Glyph]:
    """Return the glyphs that share out the parts of a line with the highest sum of scores."""
    best: list[tuple[float, list[Glyph]]] = [(0.0, [])]
    for j, part in enumerate(parts, 1):
        ways = [
            (best[i][0] + _score(glyph, height), [*best[i][1], glyph])
            for i in range(max(j - MOST_PARTS, 0), j)
            if (glyph := judged.get((i, j))) is not None
        ]
        if part.height < SPECK * height:
            ways.append((best[j - 1][0] - 0.5 - 3 * part.height / height, best[j - 1][1]))
        best.append(max(ways, key=lambda way: way[0]))
    return best[-1][1]


def _score(glyph: Glyph, height: float) -> float:
    """Return how good a digit a glyph is: the logarithm of its probability, less for an unlikely size."""
    tall = glyph.height / height
    return float(np.log(max(glyph.confidence, 1e-6))) - 3 * max(SHORT - tall, 0) - 2 * max(tall - TALLEST, 0)


def _written(rows: Rows, height: float, threshold: float) -> Rows:
    """Return the lines without what nobody wrote: low things that are no digit, and lines without any digit."""

    def is_low(glyph: Glyph) -> bool:
        is_bar = glyph.box[2] - glyph.box[0] < 0.2 * height
        return glyph.height < SPECK * height and (glyph.confidence < threshold or is_bar)

    rows = [[glyph for glyph in row if not is_low(glyph)] for row in rows]
    legible = [row for row in rows if any(glyph.confidence >= threshold for glyph in row)]
    return legible or [row for row in rows if row]


def _widest_gap(rows: Rows, height: float) -> float:
    """Return how wide a gap within a number may be, in pixels.

    Gaps within and between numbers are two heaps, so the limit lies in the middle of the largest step between sorted
    gaps; where there is but one heap, at `ONE_NUMBER`.
    """
    gaps = sorted(after.box[0] - before.box[2] for row in rows for before, after in pairwise(row))
    steps = [
        (wide - narrow, (narrow + wide) / 2)
        for narrow, wide in pairwise(gaps)
        if narrow < 0.9 * height and wide > 0.5 * height
    ]
    step, middle = max(steps, default=(0.0, 0.0))
    return middle if step > 0.2 * height else ONE_NUMBER * height


def _numbers(row: list[Glyph], widest: float) -> Rows:
    """Cut a line into numbers wherever a gap is wider than within a number."""
    numbers = [row[:1]]
    for before, after in pairwise(row):
        if after.box[0] - before.box[2] > widest:
            numbers.append([])
        numbers[-1].append(after)
    return numbers
