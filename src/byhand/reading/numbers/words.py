"""Printed words beside numbers: a network that knows digits alone finds some in any word.

One letter may be a 0 or a 1 beyond doubt. A whole word is hardly ever: some of its letters are like no digit, they are
lower than the writing, and other words are as high. So all that stands together is judged together, by a small logistic
model, and with what is as high elsewhere on the page.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from byhand.images.ink.strokes import weighted_median
from byhand.reading.sharing import Glyph

# What the logarithm of the odds that what stands together is a number is the sum of. Chosen so that on generated
# tables and forms hardly any number is lost, and most printed words are.
WEIGHTS = (
    4.0,  # always
    1.5,  # for each sure digit
    -1.5,  # for each other
    2.0,  # times the sum of the logarithms of how probable it is that each is one digit, and neither more nor less
    6.0,  # times the logarithm of its height among the writing's, if it is lower
)
SURE = 0.85  # A digit that is so probable is.
ALIKE = 0.12  # What differs so much in height, as a logarithm, is as high.
OTHERS = 1.0  # times the mean of what is as high counts for each
LOWEST, HIGHEST = -1.2, 6.0  # of what is asked of height, and of what many digits add
LEAST = 0.05  # probability of being one digit that is told from others


def are_numbers(groups: Sequence[Sequence[Glyph]]) -> list[bool]:
    """Tell for the glyphs of each group of a page whether they are the digits of a number, and no printed word.

    A page that has nothing else may be written in letters: then all are kept, so that they can be asked about.
    """
    if not groups:
        return []
    alone = odds(groups)
    heights = np.log([_height(group) for group in groups])
    alike = np.abs(heights[:, None] - heights) < ALIKE
    np.fill_diagonal(alike, val=False)
    count = alike.sum(axis=1)
    others = np.where(count > 0, alike @ alone / np.maximum(count, 1), 0)
    result = alone + OTHERS * np.clip(others, -HIGHEST, HIGHEST) > 0
    return [bool(each) for each in result] if result.any() else [True] * len(groups)


def odds(groups: Sequence[Sequence[Glyph]]) -> NDArray[np.float64]:
    """Return for each group the logarithm of the odds that it is a number, judged alone."""
    result: NDArray[np.float64] = evidence(groups) @ np.array(WEIGHTS)
    return result


def evidence(groups: Sequence[Sequence[Glyph]]) -> NDArray[np.float64]:
    """Return what tells whether groups are numbers: (groups, weights)."""
    every = [glyph for group in groups for glyph in group]
    heights = np.array([glyph.height for glyph in every])
    weights = np.array([glyph.ink * glyph.confidence * glyph.whole for glyph in every])
    height = weighted_median(heights, weights)
    rows = []
    for group in groups:
        sure = sum(glyph.confidence >= SURE for glyph in group)
        whole = sum(float(np.log(max(glyph.whole, LEAST))) for glyph in group)
        low = min(max(float(np.log(_height(group) / height)), LOWEST), 0.0)
        rows.append((1.0, float(sure), float(len(group) - sure), whole, low))
    return np.array(rows)


def _height(group: Sequence[Glyph]) -> float:
    """Return how high the highest of some glyphs is."""
    return float(max(glyph.height for glyph in group))
