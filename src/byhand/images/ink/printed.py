"""Tell what is printed on a sheet from what is written: rules, squares and the outlines of boxes."""

import numpy as np

from byhand.images.ink.strokes import AROUND, Stroke, connected, is_edge, typical_height, with_neighbours
from byhand.images.limits import Effort
from byhand.images.paper import Sheet
from byhand.images.rules import growing_lines, printed_lines
from byhand.types import Mask


def without_frames(mask: Mask, effort: Effort) -> Mask:
    """Return the ink without the outlines of boxes."""
    thickest = _thickest(mask)
    mask = mask.copy()
    for frame in connected(mask, effort):
        if _is_frame(frame, effort):
            left, top, right, bottom = frame.box
            across, down = (max(int(share), 12) for share in (0.8 * frame.width, 0.85 * frame.height))
            thick = max(thickest, round(0.12 * min(frame.width, frame.height)))
            mask[top:bottom, left:right] &= ~printed_lines(frame.mask, thick, across, down, effort)
    return mask


def without_lines(mask: Mask, effort: Effort) -> Mask:
    """Return the ink without printed lines that go on for long."""
    found = connected(mask, effort)
    if not found:
        return mask
    height = typical_height([stroke for stroke in found if not is_edge(stroke, mask.shape)] or found)
    across, down = max(0.1 * mask.shape[1], 1.5 * height), max(0.1 * mask.shape[0], 2 * height)
    return mask & ~printed_lines(mask, _thickest(mask), int(across), int(down), effort)


def off_faint_lines(found: list[Stroke], sheet: Sheet, effort: Effort) -> tuple[list[Stroke], int, Mask]:
    """Return the strokes without dashes of rules that are hardly darker than paper; their ink; and where rules are."""
    faint = sheet.ink > max(0.15 * sheet.pen, 3 * sheet.noise, 0.03)
    height, width = faint.shape
    rules = printed_lines(faint, _thickest(faint), int(0.15 * width), int(0.15 * height), effort)
    rules = with_neighbours(rules)
    kept, dashes = [], 0
    for stroke in found:
        left, top, right, bottom = stroke.box
        if (rules[top:bottom, left:right] & stroke.mask).sum() < 0.8 * stroke.area:
            kept.append(stroke)
        else:
            dashes += stroke.area
    return kept, dashes, rules


def ruled(lines: Mask, height: float) -> float:
    """Return how many pixels of ink are lines, given the height of the writing: in full from five times that on.

    Dashes with little between them are one line: a faint one looks so.
    """
    from scipy import ndimage

    if not lines.any():
        return 0.0
    block = max(round(height / 8), 1)
    down, across = (np.arange(0, side, block) for side in lines.shape)
    inked = np.add.reduceat(np.add.reduceat(lines, down, axis=0, dtype=np.int32), across, axis=1)
    labels, count = ndimage.label(inked, AROUND)
    each = np.bincount(labels.ravel(), inked.ravel(), minlength=count + 1)[1:]
    long = [block * max(y.stop - y.start, x.stop - x.start) for y, x in ndimage.find_objects(labels)]
    return float(each @ np.minimum(np.array(long) / (5 * height), 1))


def _thickest(mask: Mask) -> int:
    """Return how many pixels thick a printed line may be."""
    longest: int = max(mask.shape)
    return max(round(0.008 * longest), 5)


def _is_frame(stroke: Stroke, effort: Effort) -> bool:
    """Tell whether a stroke is the outline of boxes: straight lines run along all four of its sides."""
    height, width = stroke.mask.shape
    if min(height, width) < 16 or stroke.mask.mean() > 0.45:
        return False
    thickest, length = max(round(0.12 * min(height, width)), 3), int(0.8 * min(height, width))
    y, x = max(int(0.3 * min(height, width)), 1), max(int(0.2 * min(height, width)), 1)

    def at_both_ends(mask: Mask, near: int) -> bool:
        found = growing_lines(mask, thickest, length, effort)
        return any(bool(lines[:near].any() and lines[-near:].any()) for lines in found)

    return at_both_ends(stroke.mask, y) and at_both_ends(stroke.mask.T, x)
