"""The upright lines between the cells of a table: what stands on both sides of one is not one number.

But between the digits of a number there may be lines too: those of a form with a box for each digit, or of squared
paper. So lines are walls only if they reach further than one line of writing, more than one digit stands between two
of them, and none goes through digits.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from byhand.reading.parsing import Line
from byhand.reading.sharing import Glyph
from byhand.types import Mask

TALL = 0.6  # of the height of the digits beside it a wall has at least.
FAR = 2.2  # times the height of writing it reaches up and down, or more: a box around a digit does not.
SLANTED, BROKEN = 0.3, 0.25  # of that height it may be off aside, and interrupted
SEVERAL = 1.3  # digits on average stand between walls, or more.
THROUGH = 0.1  # Through so many digits for each wall may a line go, at most.
INNER = 0.25  # of a digit's width, from either side, is not its inner part.


def with_walls(lines: Sequence[Line], printed: Mask) -> list[Line]:
    """Return the lines with the walls that are among a page's printed lines, (height, width)."""
    every = [sorted((g for number in line.numbers for g in number), key=lambda g: g.middle[0]) for line in lines]
    walls = [
        [found for before, after in pairwise(glyphs) if (found := _between(before, after, printed)) is not None]
        for glyphs in every
    ]
    count, digits = sum(map(len, walls)), sum(map(len, every))
    if not count or digits < SEVERAL * (count + len(lines)):
        return list(lines)
    if sum(_goes_through(glyph, printed) for glyphs in every for glyph in glyphs) > THROUGH * count:
        return list(lines)
    far = [tuple(x for x, reach in some if reach >= FAR * line.height) for line, some in zip(lines, walls, strict=True)]
    return [replace(line, walls=some) for line, some in zip(lines, far, strict=True)]


def _between(before: Glyph, after: Glyph, printed: Mask) -> tuple[float, int] | None:
    """Return where an upright line stands between two neighbours, if one does, and how far it reaches."""
    top, bottom = min(before.box[1], after.box[1]), max(before.box[3], after.box[3])
    left, right = before.box[2], after.box[0]
    if right <= left:
        return None
    part = printed[top:bottom, left:right]
    if part.any(axis=1).mean() < TALL:
        return None
    middle = left + int(part.sum(axis=0).argmax())
    return middle + 0.5, _reach(printed, middle, top, bottom)


def _reach(printed: Mask, middle: int, top: int, bottom: int) -> int:
    """Return how far, up and down, an upright line reaches that passes between two rows."""
    aside, broken = round(SLANTED * (bottom - top)), BROKEN * (bottom - top)
    rows = np.flatnonzero(printed[:, max(middle - aside, 0) : middle + aside + 1].any(axis=1))
    parts = np.split(rows, np.flatnonzero(np.diff(rows) > broken) + 1)
    return max(int(part[-1] - part[0]) for part in parts if part[0] < bottom and part[-1] >= top)


def _goes_through(glyph: Glyph, printed: Mask) -> bool:
    """Tell whether an upright line goes through a digit."""
    left, top, right, bottom = glyph.box
    aside = round(INNER * (right - left))
    part = printed[top:bottom, left + aside : right - aside]
    return bool(part.size and np.mean(part.any(axis=1)) >= TALL)
