"""Pages that lie on a side or on their head: which way up their digits are, asked of a few strokes before all."""

from dataclasses import replace

import numpy as np

from byhand.images.fit import fit
from byhand.images.ink.strokes import Stroke, typical_height
from byhand.images.limits import Effort
from byhand.images.paper import Sheet
from byhand.images.segment import ink_of
from byhand.model import AnyModel
from byhand.types import Box

ASKED = 40  # strokes at most, spread over the page
UPRIGHT = 1.0  # how much likelier a page is upright before it was looked at, as a logarithm; a 6 may be a 9
LEAST, MOST = 0.001, 0.999  # probabilities of a digit that are told from others
STROKE = 400_000  # operations for each


def likeliest_turns(sheet: Sheet, found: list[Stroke], model: AnyModel, effort: Effort) -> list[int]:
    """Return how many quarter turns, counterclockwise, bring a sheet upright, judged by some of its strokes.

    All that may, from 0 to 3, the likeliest first.
    """
    size = typical_height(found)
    large = [stroke for stroke in found if 0.6 * size < max(stroke.height, stroke.width) < 1.8 * size]
    if not large:
        return [0]
    chosen = large[:: -(-len(large) // ASKED)]
    effort.spend(STROKE * len(chosen))
    upright = np.stack([fit(ink_of(sheet, [stroke])[0])[0] for stroke in chosen])
    odds = []  # logarithms of how likely each turn is, but for what all have in common
    for quarters in range(4):
        images = np.rot90(upright, quarters, axes=(1, 2))
        # The middle is pixel 14 of 28, not the one between 13 and 14: turned, it has to be moved there.
        images = np.roll(images, (int(quarters in (1, 2)), int(quarters in (2, 3))), axis=(1, 2))
        sure = np.clip(model.predict_proba(np.ascontiguousarray(images)).max(axis=1), LEAST, MOST)
        odds.append(float(np.log(sure / (1 - sure)).sum()) + (0.0 if quarters else UPRIGHT))
    return [int(k) for k in np.argsort(odds, kind="stable")[::-1]]


def turned_sheet(sheet: Sheet, quarters: int) -> Sheet:
    """Return a sheet after some quarter turns, counterclockwise."""
    return replace(sheet, ink=np.ascontiguousarray(np.rot90(sheet.ink, quarters)))


def turned_strokes(found: list[Stroke], quarters: int, size: tuple[int, int]) -> list[Stroke]:
    """Return the strokes of a sheet of some size, width and height, after quarter turns."""
    return [Stroke(turned_box(s.box, quarters, size), np.rot90(s.mask, quarters)) for s in found]


def turned_box(box: Box, quarters: int, size: tuple[int, int]) -> Box:
    """Return a box on a sheet of some size, width and height, after quarter turns, counterclockwise."""
    left, top, right, bottom = box
    width, height = size
    for _ in range(quarters % 4):
        left, top, right, bottom = top, width - right, bottom, width - left
        width, height = height, width
    return left, top, right, bottom
