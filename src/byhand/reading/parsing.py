"""Share out the strokes of a page among digits.

Strokes of a line are taken alone, together with their neighbours, and cut in parts; the network says of each such group
how much it looks like a digit, which it can, as it has learned what is none. The best way to share out all the strokes
of a line is then found by dynamic programming.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from byhand.images.cutting import cuts
from byhand.images.fit import fit
from byhand.images.limits import Effort, too_much
from byhand.images.lines import lines
from byhand.images.paper import Sheet
from byhand.images.segment import Stroke, ink_of, strokes, typical_height
from byhand.model import AnyModel
from byhand.reading.answers import DOUBTFUL
from byhand.reading.shapes import LEAST, Ground, best_fit, fit_of, ground, is_cross
from byhand.types import Box, Bytes, Floats

MOST_STROKES = 2000  # of a page: nobody writes so much on one, and it would take minutes
MOST_PARTS = 7  # of strokes, or parts of one, that may make up one digit
GROUP, PIXEL = 150_000, 40  # operations that it takes to judge a group of strokes, and for each pixel of its box
SURE = 0.95  # A stroke that is so probably a digit is not cut.

MANY = 2  # points for each stroke: then they are dirt.

# All in typical heights of the page's writing.
WIDEST, TALLEST = 1.7, 1.8  # of a digit made of several parts
POINT = 0.12  # Something smaller is a point or dirt, and no part of a digit.
SPECK = 0.4  # Something lower may be left out.
COLON = 6.0  # how little two points are like a digit, as a logarithm
COMMA, NARROW = 0.65, 0.35  # A narrow digit should be higher.
SHORT = 0.55  # A digit should be higher.
HANGING = 0.3  # A comma may be so far below its line, and a mark so far above.
ONE_NUMBER = 0.8  # A gap as wide parts two numbers, where nothing else tells.


@dataclass(frozen=True, eq=False)
class Glyph:
    """What may be a digit: its box in the picture, its 28×28 image, and its probabilities (classes,)."""

    box: Box
    image: Bytes
    probabilities: Floats

    @property
    def height(self) -> int:
        """In pixels."""
        return self.box[3] - self.box[1]

    @property
    def middle(self) -> tuple[float, float]:
        """Right and down, of the box."""
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2

    @property
    def confidence(self) -> float:
        """The highest probability."""
        return float(self.probabilities.max())


@dataclass(frozen=True, eq=False)
class Line:
    """What stands in one line.

    Attributes
    ----------
    numbers
        From left to right, each of glyphs from left to right.
    marks
        What is too small to be a digit, such as points, commas and dashes, from left to right.
    height
        Of the writing, in pixels of the picture.
    widest
        How wide a gap within a number may be, in pixels.
    """

    numbers: list[list[Glyph]]
    marks: list[Glyph]
    height: float
    widest: float


def is_plus(glyph: Glyph, at: Ground) -> bool:
    """Tell whether a glyph is a cross that is smaller than a digit."""
    return glyph.height < 0.8 * at.height and is_cross(glyph.image) and fit_of("+", glyph.box, at) > LEAST


def parse(sheet: Sheet, model: AnyModel, effort: Effort) -> list[Line]:
    """Return the lines on a sheet, from top to bottom.

    Raises
    ------
    ByhandError
        If there is far too much on it.
    """
    found = strokes(sheet, effort)
    height = typical_height(found) if found else 0.0
    specks = [stroke for stroke in found if max(stroke.height, stroke.width) <= POINT * height]
    found = [stroke for stroke in found if max(stroke.height, stroke.width) > POINT * height]
    if len(found) > MOST_STROKES:
        raise too_much(f"has {len(found):,} strokes, more than {MOST_STROKES:,}")
    if not found:
        return []
    rows = lines(found)
    heights = [typical_height(row) if max(s.height for s in row) < 0.5 * height else height for row in rows]
    rows = _parts(sheet, rows, heights, model, effort)
    spans = [_spans(row, tall) for row, tall in zip(rows, heights, strict=True)]
    groups = [row[i:j] for row, some in zip(rows, spans, strict=True) for i, j in some]
    judged = iter(_judge(sheet, groups, model, effort))
    shared = [
        _best(row, {span: next(judged) for span in some}, tall)
        for row, some, tall in zip(rows, spans, heights, strict=True)
    ]
    parted = [(*_low(glyphs, tall, model.threshold), tall) for (glyphs, _), tall in zip(shared, heights, strict=True)]
    written = [
        (row, tall) for row, _, tall in parted if _is_writing(row, is_small=tall < height, threshold=model.threshold)
    ]
    marks = [mark for _, skipped in shared for mark in skipped] + [mark for _, low, _ in parted for mark in low]
    if not written:
        written = [(glyphs, tall) for (glyphs, _), tall in zip(shared, heights, strict=True) if glyphs]
    points = _judge(sheet, [[speck] for speck in specks], model, effort) if len(specks) < MANY * len(found) else []
    widest = _widest_gap(written)
    return [
        Line(_numbers(row, widest * tall, marks), of_line, tall, widest * tall)
        for (row, tall), of_line in zip(written, _of_lines(marks + points, written), strict=True)
    ]


def _judge(sheet: Sheet, groups: Sequence[list[Stroke]], model: AnyModel, effort: Effort) -> list[Glyph]:
    """Let the network look at groups of strokes."""
    boxes = [_bounds(group) for group in groups]
    area = sum((right - left) * (bottom - top) for left, top, right, bottom in boxes)
    effort.spend(GROUP * len(groups) + PIXEL * area)
    if not groups:
        return []
    images = [fit(ink_of(sheet, group)[0])[0] for group in groups]
    probabilities = model.predict_proba(np.stack(images))
    return [Glyph(box, image, p) for box, image, p in zip(boxes, images, probabilities, strict=True)]


def _bounds(group: list[Stroke]) -> Box:
    """Return the box around all strokes of a group."""
    lefts, tops, rights, bottoms = zip(*(stroke.box for stroke in group), strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _parts(
    sheet: Sheet, rows: list[list[Stroke]], heights: list[float], model: AnyModel, effort: Effort
) -> list[list[Stroke]]:
    """Return the lines with every stroke cut in parts that may be more than one digit."""
    whole = iter(_judge(sheet, [[stroke] for row in rows for stroke in row], model, effort))
    result = []
    for row, height in zip(rows, heights, strict=True):
        parts: list[Stroke] = []
        at = ground(row, height)
        for stroke in row:
            glyph = next(whole)
            doubtful = (glyph.confidence < SURE or stroke.width > 1.2 * height) and not is_plus(glyph, at)
            large = stroke.width > 0.45 * height and stroke.height > 0.5 * height
            parts += cuts(stroke, effort) if doubtful and large else [stroke]
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


def _best(parts: list[Stroke], judged: dict[tuple[int, int], Glyph], height: float) -> tuple[list[Glyph], list[Glyph]]:
    """Return the glyphs that share out the parts of a line with the highest sum of scores, and what they leave out."""
    best: list[tuple[float, list[Glyph], list[Glyph]]] = [(0.0, [], [])]
    at = ground(parts, height)
    for j, part in enumerate(parts, 1):
        ways = [
            (
                best[i][0] + _score(glyph, height, at) - _against_marks(parts, i, j, height, at),
                [*best[i][1], glyph],
                best[i][2],
            )
            for i in range(max(j - MOST_PARTS, 0), j)
            if (glyph := judged.get((i, j))) is not None
        ]
        if _may_be_mark(part, height):
            score, glyphs, skipped = best[j - 1]
            as_mark = -0.5 - 3 * part.height / height
            if _stands_free(parts, j - 1, height):
                as_mark = max(as_mark, best_fit(part.box, at) - 0.3)
            ways.append((score + as_mark, glyphs, [*skipped, judged[j - 1, j]]))
        best.append(max(ways, key=lambda way: way[0]))
    return best[-1][1:]


def _may_be_mark(part: Stroke, height: float) -> bool:
    """Tell whether a stroke is so low that it may be a mark beside digits; a narrow one, a comma, may be taller."""
    return part.height < (SPECK + (0.15 if part.width < 0.35 * height else 0)) * height


def _stands_free(parts: list[Stroke], k: int, height: float) -> bool:
    """Tell whether nothing tall lies above or below a part of a line, as it does of parts of a broken digit."""
    left, _, right, _ = parts[k].box
    near = (part.box for part in parts[max(k - 3, 0) : k + 4] if not _may_be_mark(part, height))
    return all(min(right, box[2]) - max(left, box[0]) < max(0.3 * (right - left), 0.04 * height) for box in near)


def _against_marks(parts: list[Stroke], i: int, j: int, height: float, at: Ground) -> float:
    """Return how unlikely it is that parts of a line are one digit if some of them stand where signs do, and free."""
    tall = [part for part in parts[i:j] if not _may_be_mark(part, height)]
    if not tall and j == i + 2 and _is_colon(parts[i], parts[i + 1], at):
        return COLON
    if not tall or j == i + 1:
        return 0.0
    _, _, _, bottom = _bounds(tall)
    left, right = min(part.box[0] for part in tall), max(part.box[2] for part in tall)
    against = 0.0
    for k in range(i, j):
        box = parts[k].box
        off = max(box[0] - right, left - box[2], box[3] - bottom) / height
        if off > 0.02 and _may_be_mark(parts[k], height) and _stands_free(parts, k, height):
            against += max(1 + 30 * (off - 0.02) + min(best_fit(box, at) + 3, 0), 0)
    return against


def _is_colon(one: Stroke, other: Stroke, at: Ground) -> bool:
    """Tell whether two strokes are points, one above the other."""
    low, high = sorted((one, other), key=lambda part: -part.middle[1])
    apart = low.box[1] - high.box[3] > 0.1 * at.height and abs(low.middle[0] - high.middle[0]) < 0.25 * at.height
    return apart and fit_of(":", low.box, at) > LEAST and fit_of("·", high.box, at) > LEAST


def _score(glyph: Glyph, height: float, at: Ground) -> float:
    """Return how good a digit, or a plus, a glyph is: the logarithm of its probability, less for an unlikely size."""
    tall, wide, middle = at.place(glyph.box)
    probable = float(np.log(max(glyph.confidence, 1e-6)))
    if tall < COMMA and wide < NARROW:  # A comma's image looks like a 1.
        return probable - 6 * (COMMA - tall) - 0.5 * ((middle - 0.5) / 0.2) ** 2
    if is_plus(glyph, at):
        return max(probable - 4, fit_of("+", glyph.box, at))
    tall = glyph.height / height
    return probable - 3 * max(SHORT - tall, 0) - 2 * max(tall - TALLEST, 0)


def _low(row: list[Glyph], height: float, threshold: float) -> tuple[list[Glyph], list[Glyph]]:
    """Return a line without low things that are no digit; and those."""

    def is_low(glyph: Glyph) -> bool:
        is_bar = glyph.box[2] - glyph.box[0] < 0.2 * height
        return glyph.height < SPECK * height and (glyph.confidence < threshold or is_bar)

    return [glyph for glyph in row if not is_low(glyph)], [glyph for glyph in row if is_low(glyph)]


def _of_lines(marks: list[Glyph], written: list[tuple[list[Glyph], float]]) -> list[list[Glyph]]:
    """Return the marks of each line: those that lie beside the nearest glyph, or hang a little below it."""
    result: list[list[Glyph]] = [[] for _ in written]
    for mark in sorted(marks, key=lambda mark: mark.middle[0]):
        off = []
        for row, tall in written:
            near = min(row, key=lambda glyph: abs(glyph.middle[0] - mark.middle[0]))
            above, below = near.box[1] - mark.middle[1], mark.middle[1] - near.box[3]
            off.append(max(above / tall, below / tall - HANGING, 0.0))
        if off and min(off) < HANGING:
            result[off.index(min(off))].append(mark)
    return result


def _is_writing(row: list[Glyph], *, is_small: bool, threshold: float) -> bool:
    """Tell whether anybody wrote a line: something in it is like a digit. Of small lines more is asked."""
    if is_small:
        sure = [glyph for glyph in row if glyph.confidence >= threshold]
        return len(sure) > 1 and any(glyph.box[2] - glyph.box[0] > 0.4 * glyph.height for glyph in sure)
    return any(glyph.confidence > DOUBTFUL for glyph in row)


def _widest_gap(rows: list[tuple[list[Glyph], float]]) -> float:
    """Return how wide a gap within a number may be, in typical heights, given the lines and theirs.

    Gaps within and between numbers are two heaps, so the limit lies in the middle of the largest step between sorted
    gaps; where there is but one heap, at `ONE_NUMBER`.
    """
    gaps = sorted((after.box[0] - before.box[2]) / tall for row, tall in rows for before, after in pairwise(row))
    steps = [(wide - narrow, (narrow + wide) / 2) for narrow, wide in pairwise(gaps) if narrow < 0.9 and wide > 0.5]
    step, middle = max(steps, default=(0.0, 0.0))
    return middle if step > 0.2 else ONE_NUMBER


def _numbers(row: list[Glyph], widest: float, marks: list[Glyph]) -> list[list[Glyph]]:
    """Cut a line into numbers wherever a gap is wider than within a number, or a mark is in it: a point, a dash."""

    def is_marked(before: Glyph, after: Glyph) -> bool:
        top, bottom = min(before.box[1], after.box[1]), max(before.box[3], after.box[3])
        return any(
            before.box[2] <= mark.middle[0] <= after.box[0] and top < mark.middle[1] < bottom + 0.1 * (bottom - top)
            for mark in marks
        )

    numbers = [row[:1]]
    for before, after in pairwise(row):
        if after.box[0] - before.box[2] > widest or is_marked(before, after):
            numbers.append([])
        numbers[-1].append(after)
    return numbers
