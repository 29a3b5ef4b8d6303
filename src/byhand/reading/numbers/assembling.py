"""The digits and marks of a line → numbers.

Whatever lies close together is one number. Each of its strokes has one reading or several: a digit, a sign, a speck
that means nothing. Of all ways to read them together the likeliest is taken, by how well each sign fits its place
(`byhand.reading.numbers.signs`) and how people write numbers (`byhand.reading.numbers.patterns`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from byhand.model import AnyModel
from byhand.reading.answers import answer
from byhand.reading.numbers.certainty import Evidence, calibration, probability
from byhand.reading.numbers.evidence import Parts, Seen, gathered
from byhand.reading.numbers.number import Digit, Number, Sign
from byhand.reading.numbers.parting import cuts
from byhand.reading.numbers.patterns import UNREAD, decimal_mark, fits, kind_of, log_prior, value_of
from byhand.reading.numbers.shapes import SHAPES, Ground, fit, ground, is_cross
from byhand.reading.numbers.signs import STRAY, as_slash, likelihoods
from byhand.reading.numbers.words import are_numbers
from byhand.reading.parsing import Line
from byhand.reading.sharing import Glyph
from byhand.types import Box

Place: TypeAlias = Callable[[Box], Box]

DIGIT, NOTHING, APART = "#", "", " "  # readings that are no signs; the last parts two numbers
WAYS = 48  # to read a number that are followed at a time
BESIDE = 0.6  # A sign is as near to its digit, in heights.
LOOSE = -1.5  # the logarithm of how likely a point or dash at a number's end belongs to the text around it
HIGH = -3.0  # ... and how likely one writes a decimal point at half height
SELDOM, MOST = -3.0, 4.0  # how likely a straight stroke is a slash beforehand, as a logarithm; what its place may add
RARE = 1e-4  # Odds as small are not worth telling.
FEW = 3  # So many digits in a line tell what one that stands alone there is; else the page does.
SHORT = 0.15  # the standard deviation of a digit's height, in heights


@dataclass(frozen=True, eq=False)
class _Item:
    """What stands in a line: its box, its readings with their likelihoods' logarithms, and its glyph if it has one."""

    box: Box
    readings: dict[str, float]
    glyph: Glyph | None = None

    @property
    def middle(self) -> float:
        """From the left."""
        return (self.box[0] + self.box[2]) / 2


@dataclass(frozen=True, eq=False)
class _Group:
    """What lies close together: its items, how wide a gap may be, and how clearly it does, in heights, 1 at most."""

    items: list[_Item]
    widest: float
    clear: float
    at: Ground

    @property
    def glyphs(self) -> list[Glyph]:
        """What of it may be digits."""
        return [item.glyph for item in self.items if item.glyph is not None]


@dataclass(frozen=True)
class _Way:
    """A way to read a number: what each item is, the text of it all, and its likelihood's logarithm."""

    readings: tuple[str, ...]
    text: str
    score: float


@dataclass(frozen=True)
class Manner:
    """How numbers are read.

    Attributes
    ----------
    expected
        What all are, "amount", "date" or "integer", if that is known.
    certainty
        Numbers that are right with less than this probability are not certain; if None, as calibrated.
    """

    expected: str | None = None
    certainty: float | None = None


def assemble(
    lines: Sequence[Line], model: AnyModel, place: Place, manner: Manner, seen: Seen
) -> list[tuple[Number, ...]]:
    """Return the numbers of lines, of glyphs that a model looked at; `place` gives boxes of the picture for theirs."""
    if manner.certainty is None and not _knows_digits(model):
        manner = replace(manner, certainty=0.0)  # What is calibrated is for digits.
    groups = _by_columns([list(_groups(line, model)) for line in lines], [line.height for line in lines])
    if _knows_digits(model):
        groups = _without_words(groups)
    company = [_company([glyph for group in line for glyph in group.glyphs], model) for line in groups]
    page = sum(sure for sure, _ in company), sum(of for _, of in company)
    read = [
        [n for group in line for n in _numbers(group, around if around[1] >= FEW else page, model, place, manner, seen)]
        for line, around in zip(groups, company, strict=True)
    ]
    mark = decimal_mark(number.text for line in read for number in line)
    return [tuple(replace(number, value=value_of(number.text, mark)) for number in line) for line in read if line]


def _knows_digits(model: AnyModel) -> bool:
    """Tell whether a model's classes are digits, of which numbers are made."""
    return all(len(name) == 1 and name.isdigit() for name in model.classes)


def _groups(line: Line, model: AnyModel) -> Iterator[_Group]:
    """Yield what lies close together in a line: the digits and marks of a number, or of none."""
    glyphs = [glyph for number in line.numbers for glyph in number]
    at = ground(glyphs, line.height)
    if _knows_digits(model):
        items = [_of_glyph(glyph, at) for glyph in glyphs] + list(_of_marks(line.marks, at))
    else:  # Signs are of numbers.
        items = [_Item(glyph.box, {DIGIT: 0.0}, glyph) for glyph in glyphs]
    items.sort(key=lambda item: item.middle)
    group, clear = items[:1], at.height
    for before, after in pairwise(items):
        limit = line.widest if before.glyph and after.glyph else min(line.widest, BESIDE * at.height)
        off = after.box[0] - before.box[2] - limit
        if any(before.middle < wall < after.middle for wall in line.walls):
            off = max(off, at.height)
        if off > 0:
            yield _Group(group, line.widest, min(clear, off) / at.height, at)
            group, clear = [], min(off, at.height)
        group.append(after)
        clear = min(clear, abs(off))
    yield _Group(group, line.widest, clear / at.height, at)


def _by_columns(lines: list[list[_Group]], heights: list[float]) -> list[list[_Group]]:
    """Return the same, where a group that reaches from one column into the next is two."""
    boxes = [[np.array([item.box for item in group.items], float) for group in line] for line in lines]
    places = cuts(boxes, float(np.median(heights))) if heights else []
    result = []
    for line, of_line in zip(lines, places, strict=True):
        parts = [
            replace(group, items=group.items[start:end])
            for group, some in zip(line, of_line, strict=True)
            for start, end in pairwise([0, *some, len(group.items)])
        ]
        result.append(parts)
    return result


def _without_words(lines: list[list[_Group]]) -> list[list[_Group]]:
    """Return the groups of lines that have digits, without printed words."""
    kept = [[group for group in line if group.glyphs] for line in lines]
    numbers = iter(are_numbers([group.glyphs for line in kept for group in line]))
    return [[group for group in line if next(numbers)] for line in kept]


def _company(glyphs: Sequence[Glyph], model: AnyModel) -> tuple[int, int]:
    """Return how many glyphs are surely digits, and of how many: among which a doubtful one is told, or not."""
    return sum(glyph.confidence >= model.threshold for glyph in glyphs), len(glyphs)


def _of_glyph(glyph: Glyph, at: Ground) -> _Item:
    """Return what may be a digit with all its readings: a straight stroke may be a slash, a small cross a plus."""
    readings = {DIGIT: 0.0}
    slash = as_slash(glyph, at)
    if slash is not None and slash > -6:
        readings["/"] = min(slash, MOST) + SELDOM
    tall = glyph.height / at.height
    if tall < 0.8 and is_cross(glyph.image):
        digit = np.log(max(glyph.confidence, 1e-6)) - 0.5 * ((tall - 1) / SHORT) ** 2
        readings["+"] = likelihoods(glyph, at).get("+", STRAY) - float(digit)
    return _Item(glyph.box, readings, glyph)


def _of_marks(marks: Sequence[Glyph], at: Ground) -> Iterator[_Item]:
    """Yield the marks of a line with all their readings: two points above each other are a colon, two bars equal."""
    spare = list(marks)
    while spare:
        mark = spare.pop(0)
        likely = likelihoods(mark, at)
        for other in spare:
            across = abs(other.middle[0] - mark.middle[0])
            if across > 0.25 * at.height or abs(other.middle[1] - mark.middle[1]) < 0.12 * at.height:
                continue
            low, top = sorted((mark, other), key=lambda each: -each.middle[1])
            places = at.place(low.box), at.place(top.box)
            colon = fit(SHAPES[":"], places[0]) + fit(SHAPES["·"], places[1])
            equals = fit(SHAPES["-"], places[0], above=-0.14) + fit(SHAPES["-"], places[1], above=0.14)
            name, best = (":", colon) if colon >= equals else ("=", equals)
            if best > 2 * STRAY:
                spare.remove(other)
                (left, top_edge, right, bottom), others = mark.box, other.box
                box = min(left, others[0]), min(top_edge, others[1]), max(right, others[2]), max(bottom, others[3])
                yield _Item(box, {name: best, NOTHING: 2 * STRAY})
                break
        else:
            high = max(likely.pop("·", STRAY), likely.pop(":", STRAY))
            likely["."] = max(likely.get(".", STRAY), high + HIGH)
            likely = {name: value for name, value in likely.items() if value > STRAY}
            if likely:
                yield _Item(mark.box, {**likely, NOTHING: STRAY})


def _numbers(
    group: _Group, around: tuple[int, int], model: AnyModel, place: Place, manner: Manner, seen: Seen
) -> Iterator[Number]:
    """Yield the number that lies close together, or the numbers, if what lies between some of it is but a speck."""
    items = group.items
    company = _company(group.glyphs, model) if len(group.glyphs) > 1 else around  # One alone has its line, or its page.

    def digit_of(glyph: Glyph) -> Digit:
        others = company[0] - (glyph.confidence >= model.threshold), company[1] - 1
        among = others[0] > 0 and others[0] >= others[1] / 2  # most are digits
        return Digit(place(glyph.box), glyph.image, answer(model, glyph.probabilities, among_digits=among))

    digits = [None if item.glyph is None else digit_of(item.glyph) for item in items]
    ways = _ways(items, [digit.text if digit else "" for digit in digits], group.widest, manner.expected)
    best, start = ways[0], 0
    told = float(1 / np.exp(np.array([way.score for way in ways]) - best.score).sum())
    gaps = [k for k, reading in enumerate(best.readings) if reading == APART]
    texts = best.text.split(APART) if gaps else [best.text]
    others = [] if gaps else [(float(np.exp(way.score - best.score)), way.text) for way in ways[1:]]
    for end, text in zip([*gaps, len(items)], texts, strict=True):
        part = slice(start, end)
        found = list(zip(items[part], digits[part], best.readings[part], strict=True))
        here = [digit for _, digit, reading in found if digit is not None and reading == DIGIT]
        if here:
            signs = [(item, reading) for item, _, reading in found if reading not in (DIGIT, NOTHING, APART)]
            glyphs = [item.glyph for item, _, reading in found if item.glyph is not None and reading == DIGIT]
            fitting = [(item.box, item.readings[name]) for item, name in signs]
            evidence = gathered(Parts(glyphs, fitting, text, told, group.clear, group.at), seen)
            marked = tuple(Sign(place(item.box), name) for item, name in signs)
            yield _number(tuple(here), marked, text, evidence, others, manner)
        start = end + 1


def _ways(items: list[_Item], texts: list[str], widest: float, expected: str | None) -> list[_Way]:
    """Return the ways to read a number, the likeliest first, each text once."""
    ways = [_Way((), "", 0.0)]
    for k, digit in enumerate(texts):
        more = []
        for reading, likely in _readings(items, k, widest).items():
            shown = digit if reading == DIGIT else reading
            more += [_Way((*way.readings, reading), way.text + shown, way.score + likely) for way in ways]
        ways = sorted(more, key=lambda way: -way.score)[:WAYS]
    judged: dict[str, _Way] = {}
    for way in ways:
        score = way.score + sum(log_prior(text, expected) for text in way.text.split(APART) if text)
        if DIGIT in way.readings and (way.text not in judged or judged[way.text].score < score):
            judged[way.text] = _Way(way.readings, way.text, score)
    return sorted(judged.values(), key=lambda way: -way.score)


def _readings(items: list[_Item], k: int, widest: float) -> dict[str, float]:
    """Return how an item may be read in its place: a mark at an end may belong to none, a speck within may part."""
    readings = items[k].readings
    if items[k].glyph is not None or NOTHING not in readings:
        return readings
    marks_alone = any(all(item.glyph is None for item in some) for some in (items[: k + 1], items[k:]))
    if marks_alone and not {"-", "+"} & readings.keys():
        return {**readings, NOTHING: LOOSE}
    if 0 < k < len(items) - 1 and items[k + 1].box[0] - items[k - 1].box[2] > widest:
        return {(APART if name == NOTHING else name): fit for name, fit in readings.items()}
    return readings


def _number(
    digits: tuple[Digit, ...],
    signs: tuple[Sign, ...],
    text: str,
    evidence: Evidence,
    others: list[tuple[float, str]],
    manner: Manner,
) -> Number:
    """Return a number, with how sure it is, and what else it may be."""
    sure = probability(evidence)
    kind = kind_of(text)
    needed = calibration().threshold if manner.certainty is None else manner.certainty
    fitting = manner.expected is None or fits(kind, manner.expected)
    odds, second = _second(digits, text, others)
    return Number(
        digits,
        signs,
        text,
        kind,
        None,
        probability=sure,
        certain=UNREAD not in text and sure >= needed and fitting,
        second=second,
        second_probability=min(odds * sure, 1 - sure),
        evidence=evidence,
    )


def _second(digits: tuple[Digit, ...], text: str, others: list[tuple[float, str]]) -> tuple[float, str | None]:
    """Return the best other reading, of its signs or of one of its digits, after its odds to the first."""
    found = list(others)
    places = [k for k, name in enumerate(text) if name.isdigit() or name == UNREAD]
    for place, digit in zip(places, digits, strict=False):
        (_, p), (name, q) = digit.answer.guesses[:2]
        found.append((q / p, text[:place] + name + text[place + 1 :]))
    odds, other = max(found, default=(0.0, ""))
    return (odds, other) if odds > RARE else (0.0, None)
