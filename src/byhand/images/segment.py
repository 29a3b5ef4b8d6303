"""The ink on a page → strokes.

Nothing here knows what a digit looks like: `byhand.reading` lets the network decide which strokes belong together.
"""

from dataclasses import dataclass

import numpy as np

from byhand.images.fit import stroke_width
from byhand.images.limits import Effort
from byhand.images.paper import Sheet
from byhand.images.rules import growing_lines, printed_lines
from byhand.types import Box, Bytes, Mask

MANY = 60  # From so many pieces of ink on, there may be rules among them, broken into dashes.

# What it takes, in operations: for each piece of ink, for each pixel of its box, and to measure distances there.
PIECE, PIXEL, DISTANCE = 60_000, 15, 200

_AROUND = np.ones((3, 3), bool)  # a pixel's neighbours, corners included


@dataclass(frozen=True, eq=False)
class Stroke:
    """Ink that hangs together, or a part of it.

    Attributes
    ----------
    box
        Left, top, right and bottom in pixels of the picture; right and bottom are exclusive.
    mask
        (height, width) of the box: which of its pixels belong to it.
    """

    box: Box
    mask: Mask

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


def strokes(sheet: Sheet, effort: Effort) -> list[Stroke]:
    """Return everything on a page that may be a part of its writing, points too: no blots, no rules, no edges."""
    mask = _without_lines(sheet.ink > sheet.threshold, effort)
    found = _connected(mask, effort)
    if len(found) > MANY:
        found = _off_faint_lines(found, sheet, effort)
    if not sheet.drawing:
        found = _inside(found, mask.shape)
    found = _of_one_pen(found)
    if not found:
        return []
    height = typical_height(found)
    found = [part for stroke in found for part in _without_blot(stroke, height, effort)]
    return [
        stroke
        for stroke in found
        if max(stroke.height, stroke.width) > 0.05 * height
        and stroke.height < 4 * height
        and stroke.mask.sum() > 5
        and not (
            not sheet.drawing and _touches(stroke, mask.shape) and min(stroke.height, stroke.width) < 0.35 * height
        )
    ]


def _connected(mask: Mask, effort: Effort) -> list[Stroke]:
    """Return all ink that hangs together, but specks of a few pixels."""
    from scipy import ndimage

    labels, _ = ndimage.label(mask, _AROUND)
    found = [
        (k, down, across)
        for k, (down, across) in enumerate(ndimage.find_objects(labels), 1)
        if down.stop - down.start > 2 or across.stop - across.start > 2
    ]
    # Before anything is made of them: boxes of pieces that lie in each other may hold the page many times over.
    area = sum((down.stop - down.start) * (across.stop - across.start) for _, down, across in found)
    effort.spend(PIECE * len(found) + PIXEL * area)
    return [
        Stroke((across.start, down.start, across.stop, down.stop), labels[down, across] == k)
        for k, down, across in found
    ]


def _without_lines(mask: Mask, effort: Effort) -> Mask:
    """Return the ink without printed lines."""
    thickest = _thickest(mask)
    found = _connected(mask, effort)
    frames = [stroke for stroke in found if _is_frame(stroke, effort)]
    framed = {id(frame) for frame in frames}
    mask = mask.copy()
    for frame in frames:
        left, top, right, bottom = frame.box
        across, down = (max(int(share), 12) for share in (0.8 * frame.width, 0.85 * frame.height))
        thick = max(thickest, round(0.12 * min(frame.width, frame.height)))
        mask[top:bottom, left:right] &= ~printed_lines(frame.mask, thick, across, down, effort)
    rest = [stroke for stroke in found if id(stroke) not in framed and not _is_edge(stroke, mask.shape)]
    height = typical_height(rest) if rest else 0.0
    across, down = max(0.1 * mask.shape[1], 1.5 * height, 12), max(0.1 * mask.shape[0], 2 * height, 12)
    return mask & ~printed_lines(mask, thickest, int(across), int(down), effort)


def _inside(found: list[Stroke], page: tuple[int, ...]) -> list[Stroke]:
    """Return the strokes without what lies around the sheet: at the picture's edge, and unlike all that is inside."""
    found = [stroke for stroke in found if not _is_edge(stroke, page)]
    inside = [stroke for stroke in found if not _touches(stroke, page)]
    if not any(stroke.height > 0.03 * min(page) for stroke in inside):
        return found
    height = typical_height(inside)
    cut_off = [s for s in found if _touches(s, page) and 0.6 * height < s.height < 1.4 * height > s.width]
    return inside + cut_off


def _of_one_pen(found: list[Stroke]) -> list[Stroke]:
    """Return the strokes without long bars much thinner than the pen that wrote most of the ink: left of rules."""
    if not found:
        return []
    widths = np.array([stroke_width(255 * stroke.mask.astype(np.uint8)) for stroke in found])
    order, area = np.argsort(widths), np.array([stroke.mask.sum() for stroke in found])
    pen = widths[order][np.searchsorted(np.cumsum(area[order]), area.sum() / 2)]
    return [
        stroke
        for stroke, width in zip(found, widths, strict=True)
        if width > 0.45 * pen
        or min(stroke.height, stroke.width) > 2.5 * width
        or max(stroke.height, stroke.width) < 2.5 * pen
    ]


def _off_faint_lines(found: list[Stroke], sheet: Sheet, effort: Effort) -> list[Stroke]:
    """Return the strokes without the dashes of rules that are hardly darker than what counts as paper."""
    faint = sheet.ink > max(0.15 * sheet.pen, 3 * sheet.noise, 0.03)
    height, width = faint.shape
    rules = printed_lines(faint, _thickest(faint), int(0.15 * width), int(0.15 * height), effort)
    rules = _with_neighbours(rules)
    kept = []
    for stroke in found:
        left, top, right, bottom = stroke.box
        if (rules[top:bottom, left:right] & stroke.mask).sum() < 0.8 * stroke.mask.sum():
            kept.append(stroke)
    return kept


def _thickest(mask: Mask) -> int:
    """Return how many pixels thick a printed line may be."""
    longest: int = max(mask.shape)
    return max(round(0.008 * longest), 5)


def _is_frame(stroke: Stroke, effort: Effort) -> bool:
    """Tell whether a stroke is the outline of boxes: straight lines run along all four of its sides."""
    height, width = stroke.mask.shape
    if min(height, width) < 16 or stroke.mask.mean() > 0.45:
        return False
    thickest, length = max(round(0.12 * min(height, width)), 3), int(0.6 * min(height, width))
    y, x = max(int(0.3 * min(height, width)), 1), max(int(0.2 * min(height, width)), 1)

    def at_both_ends(mask: Mask, near: int) -> bool:
        found = growing_lines(mask, thickest, length, effort)
        return any(bool(lines[:near].any() and lines[-near:].any()) for lines in found)

    return at_both_ends(stroke.mask, y) and at_both_ends(stroke.mask.T, x)


def _without_blot(stroke: Stroke, height: float, effort: Effort) -> list[Stroke]:
    """Return what is left of a stroke without anything too thick for a pen, such as a corner of a shadow."""
    from scipy import ndimage

    radius = 0.24 * height
    if min(stroke.height, stroke.width) < 2 * radius or stroke.mask.mean() < 0.3:
        return [stroke]
    effort.spend(DISTANCE * stroke.mask.size)
    core = ndimage.distance_transform_edt(np.pad(stroke.mask, 1))[1:-1, 1:-1] > radius
    if not core.any():
        return [stroke]
    rest = stroke.mask & (ndimage.distance_transform_edt(~core) > 1.5 * radius)
    left, top = stroke.box[:2]
    return [
        Stroke((part.box[0] + left, part.box[1] + top, part.box[2] + left, part.box[3] + top), part.mask)
        for part in _connected(rest, effort)
    ]


def _with_neighbours(mask: Mask) -> Mask:
    """Return which pixels are set or have a neighbour that is, corners included."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    wide = grown.copy()
    wide[:, 1:] |= grown[:, :-1]
    wide[:, :-1] |= grown[:, 1:]
    return wide


def _touches(stroke: Stroke, page: tuple[int, ...]) -> bool:
    """Tell whether a stroke reaches the edge of the picture."""
    left, top, right, bottom = stroke.box
    return left <= 1 or top <= 1 or right >= page[1] - 1 or bottom >= page[0] - 1


def typical_height(found: list[Stroke]) -> float:
    """Return the height of most of the writing: the median, where a stroke counts with the square of its height."""
    heights = np.sort([stroke.height for stroke in found])
    weights = heights.astype(np.float64) ** 2
    return float(heights[np.searchsorted(np.cumsum(weights), weights.sum() / 2)])


def _is_edge(stroke: Stroke, page: tuple[int, ...]) -> bool:
    """Tell whether a stroke is what lies around the sheet: it touches the picture's edge, and fills much or is long."""
    long = max(stroke.width / page[1], stroke.height / page[0]) > 0.25
    return (_touches(stroke, page) and long) or stroke.width > 0.9 * page[1] or stroke.height > 0.95 * page[0]


def ink_of(sheet: Sheet, group: list[Stroke]) -> tuple[Bytes, Box]:
    """Return the ink of strokes and its box: 0 is paper, 255 full ink, and everything else is left out."""
    page = sheet.ink.shape
    left, top = (max(min(s.box[k] for s in group) - 1, 0) for k in (0, 1))
    right, bottom = (min(max(s.box[k] for s in group) + 1, page[1 - (k - 2)]) for k in (2, 3))
    mask = np.zeros((bottom - top, right - left), bool)
    for stroke in group:
        x, y = stroke.box[0] - left, stroke.box[1] - top
        mask[y : y + stroke.height, x : x + stroke.width] |= stroke.mask
    away = sheet.ink[top:bottom, left:right]
    full, floor = sheet.pen, 0.0
    if not sheet.drawing:
        full = float(np.percentile(away[mask], 75))
        floor = min(sheet.threshold, 0.5 * full) / 2
    mask = _with_neighbours(mask)
    share = np.clip((away - floor) / (full - floor), 0, 1)
    return np.asarray(255 * share * mask, np.uint8), (left, top, right, bottom)
