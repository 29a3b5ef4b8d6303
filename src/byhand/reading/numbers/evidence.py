"""Gather what tells whether a number is right: its digits, its signs, and what lies in and around it unread.

A number may be sure of all its digits and still be wrong: a point was not seen, or a digit at its end. So the ink is
looked at that no digit or sign explains, and the gaps, as one is wide where a sign was left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from byhand.images.ink.strokes import solid
from byhand.images.paper import Sheet
from byhand.reading.numbers.certainty import LEAST, Evidence, log_odds
from byhand.reading.numbers.patterns import log_prior
from byhand.reading.numbers.shapes import Ground
from byhand.reading.sharing import Glyph
from byhand.types import Box, Mask

THICK = 0.5  # Ink narrower than so much of the pen is a printed line or dirt.
ASIDE, ABOVE, BELOW = 0.5, 0.2, 0.35  # heights around a number in which its ink may be
INKED = 64  # of 255: from here on a pixel of an image is ink
NEAR = 2  # pixels around a box that are its own


@dataclass(frozen=True, eq=False)
class Seen:
    """What a page was read on: its sheet, and how wide the pen is, in pixels."""

    sheet: Sheet
    pen: float


@dataclass(frozen=True, eq=False)
class Parts:
    """What was read as a number.

    Attributes
    ----------
    digits
        From left to right.
    signs
        The box of each, and the logarithm of how well it fits.
    text
        All of it.
    told
        How probable this reading of its signs is beside all others.
    clear
        How clearly it stands apart, see `Evidence.apart`.
    at
        Where its line stands.
    """

    digits: Sequence[Glyph]
    signs: Sequence[tuple[Box, float]]
    text: str
    told: float
    clear: float
    at: Ground


def gathered(parts: Parts, seen: Seen) -> Evidence:
    """Return what tells whether a number is right."""
    digits, at = parts.digits, parts.at
    each = [glyph.confidence for glyph in digits]
    parted = [float(np.log(max(glyph.whole, LEAST))) for glyph in digits]
    places = [at.place(glyph.box) for glyph in digits]
    heights = np.log([tall for tall, _, _ in places])
    inside, outside, hidden = _left_over(parts, seen)
    return Evidence(
        digits=log_odds(float(np.prod(each))),
        weakest=log_odds(min(each)),
        mean=float(np.mean([log_odds(p) for p in each])),
        parted=sum(parted),
        worst=min(parted),
        told=log_odds(parts.told),
        signs=min([0.0, *(fit for _, fit in parts.signs)]),
        usual=log_prior(parts.text),
        apart=parts.clear,
        inside=-inside,
        outside=-outside,
        hidden=-hidden,
        loose=-max(_loose(glyph) for glyph in digits),
        wide=-_widest(parts),
        uneven=-float(abs(heights - np.median(heights)).max()),
        level=-max(abs(middle - tall / 2) for tall, _, middle in places),
        many=-float(len(parts.signs)),
    )


def _widest(parts: Parts) -> float:
    """Return by how much the widest gap without a sign is wider than a usual one of the number, in heights."""
    gaps = [
        (after[0] - before[2]) / parts.at.height
        for before, after in pairwise(sorted(glyph.box for glyph in parts.digits))
        if not any(before[0] < (sign[0] + sign[2]) / 2 < after[2] for sign, _ in parts.signs)
    ]
    return max(gaps) - float(np.median(gaps)) if gaps else 0.0


def _loose(glyph: Glyph) -> float:
    """Return how much of a digit's image is apart from most of it, as a point that was taken for a part of it is."""
    from scipy import ndimage

    labels, count = ndimage.label(glyph.image > INKED, np.ones((3, 3)))
    return float(np.log1p(np.sort(np.bincount(labels.ravel())[1:])[-2])) if count > 1 else 0.0


def _left_over(parts: Parts, seen: Seen) -> tuple[float, float, float]:
    """Return how much ink of a pen is unread: the largest piece within a number and beside it, and what boxes hide.

    In squares of the pen's width, as logarithms of one more.
    """
    boxes = [*(glyph.box for glyph in parts.digits), *(box for box, _ in parts.signs)]
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    tall, (height, width) = parts.at.height, seen.sheet.ink.shape
    x, y = max(min(lefts) - int(ASIDE * tall), 0), max(min(tops) - int(ABOVE * tall), 0)
    right, bottom = min(max(rights) + int(ASIDE * tall), width), min(max(bottoms) + int(BELOW * tall), height)
    ink = solid(seen.sheet.ink[y:bottom, x:right] > seen.sheet.threshold, max(round(THICK * seen.pen), 2))
    own = np.zeros_like(ink)
    for box in boxes:
        own[box[1] - y : box[3] - y, box[0] - x : box[2] - x] = True
    hidden = int((ink & own).sum()) - sum(glyph.ink for glyph in parts.digits)
    for box in boxes:
        ink[max(box[1] - y - NEAR, 0) : box[3] - y + NEAR, max(box[0] - x - NEAR, 0) : box[2] - x + NEAR] = False
    areas = np.array([*_largest(ink, min(lefts) - x, max(rights) - x), max(hidden, 0)])
    inside, outside, within = (float(value) for value in np.log1p(areas / seen.pen**2))
    return inside, outside, within


def _largest(ink: Mask, left: int, right: int) -> tuple[int, int]:
    """Return how many pixels the largest piece of ink has between two columns, and the largest beside them."""
    from scipy import ndimage

    labels, _ = ndimage.label(ink)
    areas = np.bincount(labels.ravel())[1:]
    inside = outside = 0
    for area, (_, across) in zip(areas, ndimage.find_objects(labels), strict=True):
        if left <= (across.start + across.stop) / 2 <= right:
            inside = max(inside, int(area))
        else:
            outside = max(outside, int(area))
    return inside, outside
