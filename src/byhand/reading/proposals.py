"""Look at a page in several ways, and let the network judge which explains its ink best.

A rule that helps one kind of page harms another: what lies at a picture's edge is a table or half a digit, what is long
and straight is ruled paper or the bar of a 7. So nothing of that is decided beforehand. A page that is read well the
first way, as most are, is not looked at in any other.
"""

from dataclasses import dataclass

from byhand.errors import ByhandError
from byhand.images.ink.strokes import pen_width
from byhand.images.limits import Effort
from byhand.images.paper import look
from byhand.images.segment import find, written_ink
from byhand.model import AnyModel
from byhand.reading.parsing import Line, parse
from byhand.types import Bytes

# Whether what touches the edges may be writing, and what is like printed lines: the likeliest first.
WAYS = ((True, False), (True, True), (False, False))
ENOUGH = 0.93  # of the ink: who explains so much need not look for another way.
MARK = 0.5  # of the ink of a mark counts as explained.


@dataclass(frozen=True, eq=False)
class Reading:
    """One way to read a page: its lines, and which share of its ink they explain."""

    lines: list[Line]
    explained: float


def read_pixels(pixels: Bytes, model: AnyModel, effort: Effort) -> Reading:
    """Return the best reading of a page's pixels, (height, width) or (height, width, 3).

    Raises
    ------
    ByhandError
        If there is far too much on it.
    """
    sheet = look(pixels)
    best, ink = Reading([], 0.0), 0
    for edges, rules in WAYS:
        before = effort.left
        try:
            found = find(sheet, effort, edges=edges, rules=rules)
            lines = parse(sheet, found.strokes, model, effort)
        except ByhandError:
            if best.lines:
                break
            raise
        if found.strokes and not ink:
            ink = written_ink(sheet, pen_width(found.strokes))
        explained = (_explained(lines) + found.ruled) / max(ink, 1)
        if not best.lines or explained > best.explained:
            best = Reading(lines, explained)
        if best.explained > ENOUGH or effort.left < before - effort.left:
            break
    return best


def _explained(lines: list[Line]) -> float:
    """Return how many pixels of ink lie in digits, each times the probability that it is read right."""
    digits = (glyph for line in lines for number in line.numbers for glyph in number)
    marks = (mark for line in lines for mark in line.marks)
    return sum(g.ink * g.whole * g.confidence for g in digits) + MARK * sum(mark.ink for mark in marks)
