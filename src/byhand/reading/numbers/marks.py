"""Tell strokes that are marks beside digits from parts of digits, before anybody has read either.

A point stands beside a digit and a comma hangs below it, free of it; the bar of a 5 and a piece of a broken stroke do
neither.
"""

from collections.abc import Sequence
from itertools import pairwise

from byhand.images.ink.strokes import Stroke
from byhand.reading.numbers.shapes import LEAST, Ground, best_fit, fit_of

# In typical heights:
LOW, NARROW, NARROW_LOW = 0.4, 0.35, 0.55  # A mark is lower; a narrow one, a comma, may be taller.
OFF = 0.02  # It stands off what it belongs to.
TALL, FREE = 0.7, 0.05  # Strokes as tall, with as wide a gap between them, ...
SIDE = 4.0  # ... are unlikely one digit, as a logarithm.
COLON = 6.0  # how little two points are like a digit, as a logarithm
SURELY = 0.3  # What is a mark costs so much, beside how ill it fits its place.
NEAR = 3  # parts of a line to either side that are looked at


def may_be_mark(part: Stroke, height: float) -> bool:
    """Tell whether a stroke is low enough for a mark."""
    return part.height < (NARROW_LOW if part.width < NARROW * height else LOW) * height


def as_mark(parts: Sequence[Stroke], k: int, height: float, at: Ground) -> float | None:
    """Return how likely a part of a line is a mark by its place, as a logarithm; None if it does not stand free."""
    return best_fit(parts[k].box, at) - SURELY if _stands_free(parts, k, height) else None


def against(parts: Sequence[Stroke], i: int, j: int, height: float, at: Ground) -> float:
    """Return how unlikely it is that the parts i to j, exclusive, of a line are one digit: some are marks."""
    tall = [part.box for part in parts[i:j] if not may_be_mark(part, height)]
    if not tall and j == i + 2 and _is_colon(parts[i], parts[i + 1], at):
        return COLON
    if not tall or j == i + 1:
        return 0.0
    total = SIDE * _side_by_side(parts, i, j, height)
    left, right, bottom = min(box[0] for box in tall), max(box[2] for box in tall), max(box[3] for box in tall)
    for k in range(i, j):
        box = parts[k].box
        off = max(box[0] - right, left - box[2], box[3] - bottom) / height
        if off > OFF and may_be_mark(parts[k], height) and _stands_free(parts, k, height):
            total += max(1 + 30 * (off - OFF) + min(best_fit(box, at) + 3, 0), 0)
    return total


def _side_by_side(parts: Sequence[Stroke], i: int, j: int, height: float) -> int:
    """Return how many free gaps there are between tall whole strokes of some parts: digits beside each other."""
    tall = [parts[k].box for k in range(i, j) if parts[k].height > TALL * height and is_uncut(parts, k)]
    return sum(after[0] - before[2] > FREE * height for before, after in pairwise(tall))


def is_uncut(parts: Sequence[Stroke], k: int) -> bool:
    """Tell whether a part of a line is a whole stroke."""
    return parts[k].cut == 0 and (k + 1 == len(parts) or parts[k + 1].cut == 0)


def _stands_free(parts: Sequence[Stroke], k: int, height: float) -> bool:
    """Tell whether a part is a whole stroke, and nothing tall lies above or below, as it does in a broken digit."""
    if not is_uncut(parts, k):
        return False
    left, _, right, _ = parts[k].box
    near = (part.box for part in parts[max(k - NEAR, 0) : k + NEAR + 1] if not may_be_mark(part, height))
    return all(min(right, box[2]) - max(left, box[0]) < max(0.3 * (right - left), 0.04 * height) for box in near)


def _is_colon(one: Stroke, other: Stroke, at: Ground) -> bool:
    """Tell whether two strokes are points, one above the other."""
    low, high = sorted((one, other), key=lambda part: -part.middle[1])
    apart = low.box[1] - high.box[3] > 0.1 * at.height and abs(low.middle[0] - high.middle[0]) < 0.25 * at.height
    return apart and fit_of(":", low.box, at) > LEAST and fit_of("·", high.box, at) > LEAST
