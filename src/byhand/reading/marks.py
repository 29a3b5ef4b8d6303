"""Which strokes of a line may be signs, and no parts of digits: by their place and size among the strokes around."""

from collections.abc import Sequence

from byhand.images.ink.strokes import Stroke
from byhand.reading.shapes import LEAST, Boxed, Ground, best_fit, fit_of, is_cross
from byhand.types import Bytes

# All in typical heights of the line's writing.
LOWEST, NARROW = 0.4, 0.35  # Something lower may be a mark, ...
HANGING = 0.15  # ... and something narrow, a comma, may be so much taller.
LEFT_OUT = -0.5, -3.0  # the logarithm of how likely a part is left out for no reason: always, and times its height
LESS = -0.3  # for a sign, which might as well be a speck
COLON = 8.0  # how unlikely, as a logarithm, two points above each other are a digit


def may_be_mark(part: Stroke, height: float) -> bool:
    """Tell whether a stroke is so low that it may be a mark beside digits."""
    return part.height < (LOWEST + (HANGING if part.width < NARROW * height else 0)) * height


def likeness(parts: Sequence[Stroke], k: int, height: float, at: Ground) -> float:
    """Return how likely a part of a line is a mark, or may be left out, as a logarithm."""
    left_out = LEFT_OUT[0] + LEFT_OUT[1] * parts[k].height / height
    return max(left_out, best_fit(parts[k].box, at) + LESS) if _stands_free(parts, k, height) else left_out


def against_marks(parts: Sequence[Stroke], i: int, j: int, height: float, at: Ground) -> float:
    """Return how unlikely it is that parts of a line are one digit if some of them stand where signs do, and free."""
    tall = [part.box for part in parts[i:j] if not may_be_mark(part, height)]
    if not tall and j == i + 2 and _is_colon(parts[i], parts[i + 1], at):
        return COLON
    if not tall or j == i + 1:
        return 0.0
    left, right, bottom = min(box[0] for box in tall), max(box[2] for box in tall), max(box[3] for box in tall)
    against = 0.0
    for k in range(i, j):
        box = parts[k].box
        off = max(box[0] - right, left - box[2], box[3] - bottom) / height
        if off > 0.02 and may_be_mark(parts[k], height) and _stands_free(parts, k, height):
            against += max(1 + 30 * (off - 0.02) + min(best_fit(box, at) + 3, 0), 0)
    return against


def is_plus(glyph: Boxed, image: Bytes, at: Ground) -> bool:
    """Tell whether something is a cross that is smaller than a digit."""
    return at.place(glyph.box)[0] < 0.8 and is_cross(image) and fit_of("+", glyph.box, at) > LEAST


def _stands_free(parts: Sequence[Stroke], k: int, height: float) -> bool:
    """Tell whether nothing tall lies above or below a part of a line, as it does of parts of a broken digit."""
    left, _, right, _ = parts[k].box
    near = (part.box for part in parts[max(k - 3, 0) : k + 4] if not may_be_mark(part, height))
    return all(min(right, box[2]) - max(left, box[0]) < max(0.3 * (right - left), 0.04 * height) for box in near)


def _is_colon(one: Stroke, other: Stroke, at: Ground) -> bool:
    """Tell whether two strokes are points, one above the other."""
    low, high = sorted((one, other), key=lambda part: -part.middle[1])
    apart = low.box[1] - high.box[3] > 0.1 * at.height and abs(low.middle[0] - high.middle[0]) < 0.25 * at.height
    return apart and fit_of(":", low.box, at) > LEAST and fit_of("·", high.box, at) > LEAST
