"""Share out the parts of a line among digits: the most probable way, by dynamic programming.

The network's probability alone misleads: half of a 0 is a good 1, so two sure parts would beat one doubtful whole. How
probable it is that a group of parts is one digit, and neither more nor less than that, is told by a small logistic
model of its probability, its size among the line's, and what was cut through or left open for it.
"""

from dataclasses import dataclass, replace

import numpy as np

from byhand.images.ink.strokes import Stroke
from byhand.reading.numbers.marks import against, as_mark, is_uncut, may_be_mark
from byhand.reading.numbers.shapes import LEAST, Ground, fit_of, ground, is_cross
from byhand.types import Box, Bytes, Floats

MOST_PARTS = 7  # of strokes, or parts of one, that may make up one digit

USUAL = 0.9  # width of a wide digit
CUT = -1.11
PLUS = 0.7  # how probable it is that a small cross is a sign by itself

# What the logarithm of the odds that a group of parts is one digit is the sum of. Fitted by benchmarks/wholeness.py, on
# groups of generated pages; all lengths are in typical heights.
WEIGHTS = (
    -1.67,  # always
    0.45,  # times the logarithm of the odds that the network gives; fitted 0.31, but digits that touch need more
    4.08,  # times the logarithm of its height
    3.44,  # times its width, ...
    -8.41,  # ... and times that beyond a usual one
    CUT,  # for each side where it was cut off
    -0.38,  # for each stroke but the first
    -16.89,  # times the widest gap between its strokes
)
LEFT_OUT = -0.5, -3.0  # For a part that is left out: always, and times its height.


@dataclass(frozen=True, eq=False)
class Glyph:
    """What may be a digit.

    Attributes
    ----------
    box
        Left, top, right and bottom of its ink in pixels of the picture; right and bottom are exclusive.
    image
        (28, 28) uint8, as the network saw it.
    probabilities
        (classes,).
    ink
        How many pixels of ink it has.
    whole
        How probable it is that it is one digit, and neither more nor less.
    """

    box: Box
    image: Bytes
    probabilities: Floats
    ink: int
    whole: float = 0.0

    @property
    def height(self) -> int:
        """In pixels."""
        return self.box[3] - self.box[1]

    @property
    def width(self) -> int:
        """In pixels."""
        return self.box[2] - self.box[0]

    @property
    def middle(self) -> tuple[float, float]:
        """Right and down, of the box."""
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2

    @property
    def confidence(self) -> float:
        """The highest probability."""
        return float(self.probabilities.max())


def is_plus(glyph: Glyph, at: Ground) -> bool:
    """Tell whether a glyph is a cross that is smaller than a digit."""
    return glyph.height < 0.8 * at.height and is_cross(glyph.image) and fit_of("+", glyph.box, at) > LEAST


def share_out(
    parts: list[Stroke], judged: dict[tuple[int, int], Glyph], height: float
) -> tuple[list[Glyph], list[Glyph]]:
    """Return the glyphs that a line is most probably made of, and what they leave out.

    Parameters
    ----------
    parts
        Of the line, from left to right.
    judged
        What the parts from one up to another, exclusive, look like together; at least each alone.
    height
        The typical one of the line's writing.
    """
    best: list[tuple[float, list[Glyph], list[Glyph]]] = [(0.0, [], [])]
    at = ground(parts, height)
    for j, part in enumerate(parts, 1):
        ways = []
        for i in range(max(j - MOST_PARTS, 0), j):
            if (glyph := judged.get((i, j))) is not None:
                crossed = j == i + 1 and is_uncut(parts, i) and is_plus(glyph, at)
                whole = PLUS if crossed else wholeness(glyph, parts, i, j, height)
                # Every part counts once, so that neither many digits nor few are the better for that alone.
                score = best[i][0] + (j - i) * float(np.log(whole)) - against(parts, i, j, height, at)
                ways.append((score, [*best[i][1], replace(glyph, whole=whole)], best[i][2]))
        if may_be_mark(part, height):
            score, glyphs, skipped = best[j - 1]
            left_out = LEFT_OUT[0] + LEFT_OUT[1] * part.height / height
            fits = as_mark(parts, j - 1, height, at)
            score += (left_out if fits is None else max(left_out, fits)) + CUT * (part.cut > 0)
            ways.append((score, glyphs, [*skipped, judged[j - 1, j]]))
        best.append(max(ways, key=lambda way: way[0]))
    return best[-1][1:]


def wholeness(glyph: Glyph, parts: list[Stroke], i: int, j: int, height: float) -> float:
    """Return how probable it is that some parts are one digit, and neither more nor less."""
    odds = float(np.dot(WEIGHTS, evidence(glyph, parts, i, j, height)))
    return float(1 / (1 + np.exp(-max(odds, -30.0))))


def evidence(glyph: Glyph, parts: list[Stroke], i: int, j: int, height: float) -> tuple[float, ...]:
    """Return what tells whether some parts of a line are one digit, in the order of `WEIGHTS`."""
    p = min(max(glyph.confidence, 0.02), 0.9995)
    tall, wide = glyph.height / height, glyph.width / height
    cuts = (parts[i].cut > 0) + (j < len(parts) and parts[j].cut > 0)
    pieces = sum(part.cut == 0 for part in parts[i + 1 : j])
    sizes = float(np.log(tall)), wide, max(wide - USUAL, 0.0)
    return 1.0, float(np.log(p / (1 - p))), *sizes, float(cuts), float(pieces), _gap(parts[i:j]) / height


def _gap(parts: list[Stroke]) -> int:
    """Return how wide the widest gap between some parts is, in pixels; 0 if there is none."""
    widest, right = 0, parts[0].box[2]
    for part in parts[1:]:
        widest = max(widest, part.box[0] - right)
        right = max(right, part.box[2])
    return widest
