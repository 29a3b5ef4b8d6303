"""Find printed lines among the ink: ruled and squared paper, margins, the boxes of forms.

A printed line is thin, straight and longer than any stroke of a digit. It is looked for along every slope up to a few
degrees, by sliding a window along the picture, sheared so that the slope becomes level. Where a stroke of the pen
crosses a line, the ink is thicker than the line, and stays.
"""

import numpy as np
from numpy.typing import NDArray

from byhand.types import Mask

STEEPEST = 0.11  # rows a column: a little over six degrees
SHARE = 0.75  # of a window must be thin ink; strokes of the pen hide the rest.


def printed_lines(mask: Mask, thickest: int, across: int, down: int) -> Mask:
    """Return which pixels of the ink belong to printed lines.

    Parameters
    ----------
    mask
        (height, width): the ink.
    thickest
        Pixels that a line may be thick.
    across, down
        Pixels that a line, level or upright, must at least be long.
    """
    return level_lines(mask, thickest, across) | level_lines(mask.T, thickest, down).T


def level_lines(mask: Mask, thickest: int, length: int) -> Mask:
    """Return which pixels of the ink (height, width) belong to lines that are level, or nearly; see `printed_lines`."""
    width = mask.shape[1]
    found = np.zeros_like(mask)
    thin = _thin(mask, thickest)
    if length > width or not thin.any():
        return found
    # A window of slope s has thin ink within a pixel of it even if s is off by one step.
    step = min(2 / length, 0.02)
    many = round(STEEPEST / step)
    reach = int(many * step * width / 2) + 2
    thick = thin.copy()
    thick[1:] |= thin[:-1]
    thick[:-1] |= thin[1:]
    thick = np.pad(thick, ((reach, reach), (0, 0)))
    for slope in np.arange(-many, many + 1) * step:
        shifts = np.round(slope * (np.arange(width) - width / 2)).astype(np.intp)
        found |= _along(thick, shifts, length, reach)
    return found & thin


def _along(thick: Mask, shifts: NDArray[np.intp], length: int, reach: int) -> Mask:
    """Return where windows along one slope, given as rows down by column, are mostly ink.

    The ink has `reach` more rows above and below.
    """
    height, width = thick.shape[0] - 2 * reach, thick.shape[1]
    columns, rows = np.arange(width), np.arange(height)[:, None] + reach
    level = thick[rows + shifts, columns]  # (height, width), sheared
    sums = np.zeros((height, width + 1), np.int32)
    np.cumsum(level, axis=1, out=sums[:, 1:])
    full = sums[:, length:] - sums[:, :-length] >= SHARE * length  # windows that begin at a column
    if not full.any():
        return np.zeros((height, width), bool)
    marks = np.zeros((height, width + 1), np.int32)
    marks[:, : width - length + 1] += full
    marks[:, length:] -= full
    inside = np.cumsum(marks[:, :-1], axis=1) > 0
    spread = inside.copy()
    spread[1:] |= inside[:-1]
    spread[:-1] |= inside[1:]
    back: Mask = np.pad(spread, ((reach, reach), (0, 0)))[rows - shifts, columns]
    return back


def _thin(mask: Mask, thickest: int) -> Mask:
    """Return the ink that is at most so many pixels thick, measured down."""
    from scipy import ndimage

    return np.asarray(mask & ~ndimage.binary_opening(mask, np.ones((thickest + 1, 1), bool)))
