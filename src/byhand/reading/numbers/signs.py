"""Tell signs among digits: read the same stroke as each sign that it may be, by its place and its shape.

What fits no sign is a speck. A stroke may be a digit, too: then both readings have their likelihoods, and the number
around decides (`byhand.reading.numbers.assembling`).
"""

import numpy as np

from byhand.reading.numbers.shapes import LEAST, ONE, SHAPES, Ground, Shape, fit, is_cross
from byhand.reading.sharing import Glyph

STRAY = -6.0  # the logarithm of the likelihood of a speck that is no sign, wherever it is
STRAIGHT = 0.22  # A stroke's width as a share of its length, in standard deviations of its ink, at most.


def likelihoods(glyph: Glyph, at: Ground) -> dict[str, float]:
    """Return the logarithms of how well a mark fits each of the signs that it may be, the best first."""
    place = at.place(glyph.box)
    fits = {name: _likelihood(shape, place, glyph) for name, shape in SHAPES.items()}
    if not is_cross(glyph.image):
        fits.pop("+")
    chosen = {name: fit for name, fit in fits.items() if fit > LEAST}
    return dict(sorted(chosen.items(), key=lambda item: -item[1]))


def as_slash(glyph: Glyph, at: Ground) -> float | None:
    """Return how much more likely a glyph is a slash than a 1, as a logarithm; None if it is no straight stroke."""
    if not is_stroke(glyph):
        return None
    place = at.place(glyph.box)
    return _likelihood(SHAPES["/"], place, glyph) - _likelihood(ONE, place, glyph)


def _likelihood(shape: Shape, place: tuple[float, float, float], glyph: Glyph) -> float:
    """Return the logarithm of how well a glyph at a place fits a shape."""
    leaning = 0.0 if shape.lean is None else -0.5 * ((lean(glyph)[0] - shape.lean[0]) / shape.lean[1]) ** 2
    return fit(shape, place) + leaning


def lean(glyph: Glyph) -> tuple[float, float]:
    """Return by how many degrees a glyph's longer axis leans to the right, and how thick it is beside its length."""
    ink = glyph.image.astype(np.float64)
    y, x = np.indices(ink.shape)
    total = max(float(ink.sum()), 1.0)
    dx, dy = x - (ink * x).sum() / total, (ink * y).sum() / total - y
    xx, xy, yy = ((ink * a).sum() / total for a in (dx * dx, dx * dy, dy * dy))
    turn = 0.5 * np.arctan2(2 * xy, yy - xx)
    root = np.hypot(2 * xy, yy - xx)
    return float(np.degrees(turn)), float(np.sqrt(max(xx + yy - root, 1e-9) / max(xx + yy + root, 1e-9)))


def is_stroke(glyph: Glyph) -> bool:
    """Tell whether a glyph is one straight stroke."""
    return lean(glyph)[1] < STRAIGHT
