"""The upright lines between the cells of a table: what stands on both sides of one is not one number.

But between the digits of a number there may be lines too: those of a form with a box for each digit, or of squared
paper. So lines are walls only where more than one digit stands between two of them, and none goes through digits.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from byhand.reading.parsing import Line
from byhand.reading.sharing import Glyph
from byhand.types import Mask

TALL = 0.6  # of the height of the digits beside it a wall has at least.
SEVERAL = 1.3  # digits on average stand between walls, or more.
THROUGH = 0.1  # Through so many digits for each wall may a line go, at most.
INNER = 0.25  # of a digit's width, from either side, is not its inner part.


def with_walls(lines: Sequence[Line], printed: Mask) -> list[Line]:
    """Return the lines with the walls that are among a page's printed lines, (height, width)."""
    every = [sorted((g for number in line.numbers for g in number), key=lambda g: g.middle[0]) for line in lines]
    walls = [
        [x for before, after in pairwise(glyphs) if (x := _between(before, after, printed)) is not None]
        for glyphs in every
    ]
    count, digits = sum(map(len, walls)), sum(map(len, every))
    if not count or digits < SEVERAL * (count + len(lines)):
        return list(lines)
    if sum(_goes_through(glyph, printed) for glyphs in every for glyph in glyphs) > THROUGH * count:
        return list(lines)
    return [replace(line, walls=tuple(some)) for line, some in zip(lines, walls, strict=True)]


def _between(before: Glyph, after: Glyph, printed: Mask) -> float | None:
    """Return where a wall stands between two neighbours, if one does."""
    top, bottom = min(before.box[1], after.box[1]), max(before.box[3], after.box[3])
    left, right = before.box[2], after.box[0]
    if right <= left:
        return None
    part = printed[top:bottom, left:right]
    if part.any(axis=1).mean() < TALL:
        return None
    return left + int(part.sum(axis=0).argmax()) + 0.5


def _goes_through(glyph: Glyph, printed: Mask) -> bool:
    """Tell whether an upright line goes through a digit."""
    left, top, right, bottom = glyph.box
    aside = round(INNER * (right - left))
    part = printed[top:bottom, left + aside : right - aside]
    return bool(part.size and np.mean(part.any(axis=1)) >= TALL)
