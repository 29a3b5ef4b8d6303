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
from byhand.images.ink.strokes import Stroke, typical_height
from byhand.images.limits import Effort, too_much
from byhand.images.lines import lines
from byhand.images.paper import Sheet
from byhand.images.segment import ink_of
from byhand.model import AnyModel
from byhand.reading.answers import DOUBTFUL
from byhand.reading.numbers.shapes import ground
from byhand.reading.sharing import MOST_PARTS, Glyph, is_plus, share_out
from byhand.types import Box

MOST_STROKES = 2000  # of a page: nobody writes so much on one, and it would take minutes
GROUP, PIXEL = 150_000, 40  # operations that it takes to judge a group of strokes, and for each pixel of its box
SURE = 0.95  # A stroke that is so probably a digit is not cut.

MANY = 2  # points for each stroke: then they are dirt.

# All in typical heights of the page's writing.
WIDEST, TALLEST = 1.7, 1.8  # of a digit made of several parts
SPECK = 0.4  # Something lower that is no digit is a mark.
POINT = 0.12  # Something smaller is a point or dirt, and no part of a digit.
HANGING = 0.3  # A comma may be so far below its line, and a mark so far above.
ONE_NUMBER = 0.8  # A gap as wide parts two numbers, where nothing else tells.
FINE = 0.15  # A gap so wide is small: from there on what counts is how many times as wide another is ...
STEP = 0.3  # ... and this logarithm of it is much.
LIMIT = 0.85  # of the way from the widest gap in a number to the narrowest between two is where a number ends.


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
    walls
        Where upright lines stand between its numbers, in pixels from the left.
    """

    numbers: list[list[Glyph]]
    marks: list[Glyph]
    height: float
    widest: float
    walls: tuple[float, ...] = ()


def parse(sheet: Sheet, found: list[Stroke], model: AnyModel, effort: Effort) -> list[Line]:
    """Return the lines that strokes found on a sheet make up, from top to bottom.

    Raises
    ------
    ByhandError
        If there is far too much on it.
    """
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
        share_out(row, {span: next(judged) for span in some}, tall)
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
    widest = _widest_gap(written, marks)
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
    return [
        Glyph(box, image, p, sum(stroke.area for stroke in group))
        for box, image, p, group in zip(boxes, images, probabilities, groups, strict=True)
    ]


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


def _low(row: list[Glyph], height: float, threshold: float) -> tuple[list[Glyph], list[Glyph]]:
    """Return a line without low things that are no digit; and those."""

    def is_low(glyph: Glyph) -> bool:
        is_bar = glyph.width < 0.2 * height
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
        return len(sure) > 1 and any(glyph.width > 0.4 * glyph.height for glyph in sure)
    return any(glyph.confidence > DOUBTFUL for glyph in row)


def _widest_gap(rows: list[tuple[list[Glyph], float]], marks: list[Glyph]) -> float:
    """Return how wide a gap within a number may be, in typical heights, given the lines and theirs.

    Gaps within and between numbers are two heaps, so the limit lies in the largest step between sorted
    gaps, small ones measured as finely as large ones roughly; where there is but one heap, at `ONE_NUMBER`. A gap with
    a mark in it tells nothing: it is wide, though in a number.
    """
    gaps = sorted(
        (after.box[0] - before.box[2]) / tall
        for row, tall in rows
        for before, after in pairwise(row)
        if not _is_marked(before, after, marks)
    )
    steps = [
        (float(np.log((wide + FINE) / (max(narrow, 0.0) + FINE))), narrow, wide)
        for narrow, wide in pairwise(gaps)
        if narrow < 0.9 and wide > 0.5
    ]
    step, narrow, wide = max(steps, default=(0.0, 0.0, 0.0))
    return narrow + LIMIT * (wide - narrow) if step > STEP else ONE_NUMBER


def _is_marked(before: Glyph, after: Glyph, marks: list[Glyph]) -> bool:
    """Tell whether a mark lies between two glyphs of a line: a point, a dash."""
    top, bottom = min(before.box[1], after.box[1]), max(before.box[3], after.box[3])
    return any(
        before.box[2] <= mark.middle[0] <= after.box[0] and top < mark.middle[1] < bottom + 0.1 * (bottom - top)
        for mark in marks
    )


def _numbers(row: list[Glyph], widest: float, marks: list[Glyph]) -> list[list[Glyph]]:
    """Cut a line into numbers wherever a gap is wider than within a number, or a mark is in it: a point, a dash."""
    numbers = [row[:1]]
    for before, after in pairwise(row):
        if after.box[0] - before.box[2] > widest or _is_marked(before, after, marks):
            numbers.append([])
        numbers[-1].append(after)
    return numbers
