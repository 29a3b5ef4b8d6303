"""Look at a page in several ways, and let the network judge which explains its ink best.

A rule that helps one kind of page harms another: what lies at a picture's edge is a table or half a digit, what is long
and straight is ruled paper or the bar of a 7. So nothing of that is decided beforehand. A page that is read well the
first way, as most are, is not looked at in any other.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from byhand.errors import ByhandError
from byhand.images.ink.colours import of_one_colour
from byhand.images.ink.margins import without_margins
from byhand.images.ink.strokes import pen_width, typical_height
from byhand.images.limits import Effort
from byhand.images.paper import Sheet, look
from byhand.images.segment import Found, faint_ink, find, written_ink
from byhand.model import AnyModel
from byhand.reading.parsing import Line, parse
from byhand.reading.turning import likeliest_turns, turned_sheet, turned_strokes
from byhand.reading.walls import with_walls
from byhand.types import Bytes

ENOUGH = 0.93  # of the ink: who explains so much need not look for another way.
TURNED = 0.1  # of the ink more must be explained by a page that is turned.
HALF = 0.5  # Who explains less may have it the wrong way up, whatever a few strokes say.
SLACK = 0.95  # times the quality without faint ink is what that with it must have.
COLOURED = 0.1  # of the ink more must be explained where that of one colour counts alone.
LOST = 0.05  # of what was explained may be digits that are mostly of the other colour.
UNEXPLAINED = 0.5  # of the ink that is left speaks against a way.
MARK = 0.5  # of the ink of a mark counts as explained.


@dataclass(frozen=True)
class Way:
    """How to look at a page.

    Attributes
    ----------
    edges
        Whether what touches the edges of a photo may be writing.
    rules
        Whether what is like printed lines may be writing.
    faint
        Whether ink counts that is far fainter than most.
    all_colours
        Whether ink of every colour counts.
    quarters
        How often it is turned by 90 degrees, counterclockwise.
    """

    edges: bool = True
    rules: bool = False
    faint: bool = False
    all_colours: bool = True
    quarters: int = 0


@dataclass(frozen=True, eq=False)
class Reading:
    """A page, read in one way.

    Attributes
    ----------
    lines
        From top to bottom of the turned page, with boxes on it.
    way
        How it was looked at.
    explained
        How long the strokes are, in pixels, that lie in marks, and in digits, each times the probability that it is
        read right.
    ruled
        How long printed lines are.
    left
        How long all other strokes are.
    sheet
        What it was read on, turned as it was.
    pen
        How wide the pen is, in pixels.
    """

    lines: list[Line]
    way: Way
    explained: float
    ruled: float
    left: float
    sheet: Sheet
    pen: float

    def quality(self, overlooked: float = 0.0) -> float:
        """Return how much of what may be written is explained, 0…1, given how long strokes are that it overlooks."""
        return self.explained / max(self.explained + self.left + overlooked, 1)

    def is_better(self, other: "Reading") -> bool:
        """Tell whether this explains more than another, and leaves less."""
        if self.way.all_colours != other.way.all_colours:
            return self.quality() > other.quality() + COLOURED
        gain = self.explained - other.explained - UNEXPLAINED * (self.left - other.left)
        if self.way.faint == other.way.faint:  # then it is the same ink, and what is no digit may be a line
            return gain + self.ruled - other.ruled > 0
        return gain > 0 and self.quality() > SLACK * other.quality()


@dataclass(frozen=True, eq=False)
class _View:
    """A sheet, turned or not, with faint ink or not, what is found on it the first way, and of what pen and area."""

    sheet: Sheet
    quarters: int
    found: Found
    pen: float
    area: int

    @classmethod
    def of(cls, sheet: Sheet, effort: Effort, quarters: int = 0) -> "_View":
        """Look the first way at a sheet that was turned by some quarters."""
        found = find(sheet, effort, edges=True, rules=False)
        pen = pen_width(found.strokes) if found.strokes else 1.0
        return cls(sheet, quarters, found, pen, written_ink(sheet, pen) if found.strokes else 0)

    def read(self, way: Way, model: AnyModel, effort: Effort) -> Reading:
        """Read it in some way."""
        found = self.found
        if way.rules or not way.edges:
            found = find(self.sheet, effort, edges=way.edges, rules=way.rules)
        height, width = self.sheet.ink.shape
        more = (way.quarters - self.quarters) % 4
        strokes = turned_strokes(found.strokes, more, (width, height))
        sheet = turned_sheet(self.sheet, more)
        lines = with_walls(parse(sheet, strokes, model, effort), np.rot90(found.lines, more))
        digits = (glyph for line in lines for number in line.numbers for glyph in number)
        explained = sum(digit.ink * digit.whole * digit.confidence for digit in digits)
        explained += MARK * sum(mark.ink for line in lines for mark in line.marks)
        left = max(self.area - found.ruled - explained, 0)
        return Reading(lines, way, explained / self.pen, found.ruled / self.pen, left / self.pen, sheet, self.pen)


def read_pixels(pixels: Bytes, model: AnyModel, effort: Effort) -> Reading:
    """Return the best reading of a page's pixels, (height, width) or (height, width, 3).

    Raises
    ------
    ByhandError
        If there is far too much on it.
    """
    pixels = without_margins(pixels)
    view = _View.of(look(pixels), effort)
    best = view.read(Way(), model, effort)
    if not view.found.strokes:  # All ink there is may look like printed lines, as a long 1 does.
        return view.read(Way(rules=True), model, effort)
    try:
        for turned in _upright(best, view, model, effort):
            best, view = turned
        faint = faint_ink(view.sheet, effort, view.pen, typical_height(view.found.strokes)) / view.pen
        if faint and best.quality(faint) <= ENOUGH:
            darker = _View.of(replace(view.sheet, faint=True), effort, view.quarters)
            other = darker.read(replace(best.way, faint=True), model, effort)
            if other.is_better(best):
                best, view, faint = other, darker, 0.0
        if best.quality(faint) <= ENOUGH:
            best, view = _in_one_colour(best, view, pixels, model, effort)
        for change in ({"rules": True}, {"edges": False}):
            if best.quality(faint) <= ENOUGH:
                other = view.read(replace(best.way, **change), model, effort)
                best = other if other.is_better(best) else best
    except ByhandError:  # There is no effort left for more.
        pass
    return best


def _in_one_colour(best: Reading, view: _View, pixels: Bytes, model: AnyModel, effort: Effort) -> tuple[Reading, _View]:
    """Return what is better of the ink of one colour, and the view of it, or what there was."""
    for sheet in of_one_colour(view.sheet, np.rot90(pixels, view.quarters), effort):
        if _lost(best, view.sheet, sheet) < LOST:
            one = _View.of(sheet, effort, view.quarters)
            other = one.read(replace(best.way, all_colours=False), model, effort)
            if other.is_better(best):
                return other, one
    return best, view


def _lost(reading: Reading, sheet: Sheet, part: Sheet) -> float:
    """Return which share of what a reading explains are digits of which a sheet of one colour has little ink."""
    ink, kept = sheet.ink > sheet.threshold, part.ink > part.threshold
    lost = 0.0
    for digit in (glyph for line in reading.lines for number in line.numbers for glyph in number):
        left, top, right, bottom = digit.box
        if 2 * kept[top:bottom, left:right].sum() < ink[top:bottom, left:right].sum():
            lost += digit.ink * digit.whole * digit.confidence
    return lost / max(reading.explained * reading.pen, 1)


def _upright(first: Reading, view: _View, model: AnyModel, effort: Effort) -> Iterator[tuple[Reading, _View]]:
    """Yield a reading of the page turned, and the view of it, whenever it is better than all before and the first."""
    best, turns = first, likeliest_turns(view.sheet, view.found.strokes, model, effort)
    likelier = turns[: turns.index(0)]
    # On its head a page may be read well, too; but if it is, then only what is likelier needs to be tried.
    for quarters in likelier if first.quality() > HALF else [turn for turn in turns if turn]:
        other = view.read(Way(quarters=quarters), model, effort)
        # On its side a 0 above a 9 may be an 8, as sure as they are: most pictures are upright.
        least = first.quality() + (0.0 if quarters in likelier else TURNED)
        if other.is_better(best) and other.quality() > least:
            best = other
            yield best, view
        if best.quality() > ENOUGH:
            break
    if best is not first:  # Looked at anew, it is read as if it had been upright.
        view = _View.of(turned_sheet(view.sheet, best.way.quarters), effort, best.way.quarters)
        yield view.read(best.way, model, effort), view
