"""The ink on a page → strokes, and lines of strokes.

Nothing here knows what a digit looks like: `byhand.reading` lets the network decide which strokes belong together.
"""

from dataclasses import dataclass

import numpy as np

from byhand.images.fit import stroke_width
from byhand.images.paper import Sheet
from byhand.images.rules import level_lines, printed_lines
from byhand.types import Box, Bytes, Mask

MANY = 60  # From so many pieces of ink on, there may be rules among them, broken into dashes.
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


def strokes(sheet: Sheet) -> list[Stroke]:
    """Return everything on a page that may be a part of its writing: no specks, no blots, no rules, no edges."""
    mask = _without_lines(sheet.ink > sheet.threshold)
    found = _connected(mask)
    if len(found) > MANY:
        found = _off_faint_lines(found, sheet)
    if not sheet.drawing:
        found = _inside(found, mask.shape)
    found = _of_one_pen(found)
    if not found:
        return []
    height = typical_height(found)
    found = [part for stroke in found for part in _without_blot(stroke, height)]
    return [
        stroke
        for stroke in found
        if max(stroke.height, stroke.width) > 0.12 * height
        and stroke.height < 4 * height
        and stroke.mask.sum() > 6
        and not (
            not sheet.drawing and _touches(stroke, mask.shape) and min(stroke.height, stroke.width) < 0.35 * height
        )
    ]


def _connected(mask: Mask) -> list[Stroke]:
    """Return all ink that hangs together, but specks of a few pixels."""
    from scipy import ndimage

    labels, _ = ndimage.label(mask, _AROUND)
    return [
        Stroke((across.start, down.start, across.stop, down.stop), labels[down, across] == k)
        for k, (down, across) in enumerate(ndimage.find_objects(labels), 1)
        if down.stop - down.start > 3 or across.stop - across.start > 3
    ]


def _without_lines(mask: Mask) -> Mask:
    """Return the ink without printed lines."""
    thickest = _thickest(mask)
    found = _connected(mask)
    frames = [stroke for stroke in found if _is_frame(stroke)]
    framed = {id(frame) for frame in frames}
    mask = mask.copy()
    for frame in frames:
        left, top, right, bottom = frame.box
        across, down = (max(int(share), 12) for share in (0.8 * frame.width, 0.85 * frame.height))
        thick = max(thickest, round(0.12 * min(frame.width, frame.height)))
        mask[top:bottom, left:right] &= ~printed_lines(frame.mask, thick, across, down)
    rest = [stroke for stroke in found if id(stroke) not in framed and not _is_edge(stroke, mask.shape)]
    height = typical_height(rest) if rest else 0.0
    across, down = max(0.1 * mask.shape[1], 1.5 * height, 12), max(0.1 * mask.shape[0], 2 * height, 12)
    return mask & ~printed_lines(mask, thickest, int(across), int(down))


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
    """Return the strokes without bars much thinner than the pen that wrote most of the ink: what is left of rules."""
    if not found:
        return []
    widths = np.array([stroke_width(255 * stroke.mask.astype(np.uint8)) for stroke in found])
    order, area = np.argsort(widths), np.array([stroke.mask.sum() for stroke in found])
    pen = widths[order][np.searchsorted(np.cumsum(area[order]), area.sum() / 2)]
    return [
        stroke
        for stroke, width in zip(found, widths, strict=True)
        if width > 0.45 * pen or min(stroke.height, stroke.width) > 2.5 * width
    ]


def _off_faint_lines(found: list[Stroke], sheet: Sheet) -> list[Stroke]:
    """Return the strokes without the dashes of rules that are hardly darker than what counts as paper."""
    from scipy import ndimage

    faint = sheet.ink > max(0.15 * sheet.pen, 3 * sheet.noise, 0.03)
    height, width = faint.shape
    rules = printed_lines(faint, _thickest(faint), int(0.15 * width), int(0.15 * height))
    rules = ndimage.binary_dilation(rules, _AROUND)
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


def _is_frame(stroke: Stroke) -> bool:
    """Tell whether a stroke is the outline of boxes: straight lines run along all four of its sides."""
    height, width = stroke.mask.shape
    if min(height, width) < 16 or stroke.mask.mean() > 0.45:
        return False
    thickest, length = max(round(0.12 * min(height, width)), 3), int(0.6 * min(height, width))
    level, upright = level_lines(stroke.mask, thickest, length), level_lines(stroke.mask.T, thickest, length).T
    y, x = max(int(0.3 * min(height, width)), 1), max(int(0.2 * min(height, width)), 1)
    return bool(level[:y].any() and level[-y:].any() and upright[:, :x].any() and upright[:, -x:].any())


def _without_blot(stroke: Stroke, height: float) -> list[Stroke]:
    """Return what is left of a stroke without anything too thick for a pen, such as a corner of a shadow."""
    from scipy import ndimage

    radius = 0.24 * height
    if min(stroke.height, stroke.width) < 2 * radius or stroke.mask.mean() < 0.3:
        return [stroke]
    core = ndimage.distance_transform_edt(np.pad(stroke.mask, 1))[1:-1, 1:-1] > radius
    if not core.any():
        return [stroke]
    rest = stroke.mask & (ndimage.distance_transform_edt(~core) > 1.5 * radius)
    left, top = stroke.box[:2]
    return [
        Stroke((part.box[0] + left, part.box[1] + top, part.box[2] + left, part.box[3] + top), part.mask)
        for part in _connected(rest)
    ]


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


def lines(found: list[Stroke]) -> list[list[Stroke]]:
    """Return the strokes line by line, from top to bottom, each from left to right.

    A line is followed stroke by stroke, so it may climb or bend. Small strokes join the line that they lie within.
    """
    if not found:
        return []
    height = typical_height(found)
    large = sorted((s for s in found if s.height > 0.5 * height), key=lambda s: s.middle[0])
    rows: list[list[Stroke]] = []
    for stroke in large:
        near = [(_off_line(row, stroke, height), k) for k, row in enumerate(rows)]
        off, k = min(near, default=(1.0, -1))
        if off < 0.6:
            rows[k].append(stroke)
        else:
            rows.append([stroke])
    apart: list[Stroke] = []
    for stroke in (stroke for stroke in found if stroke.height <= 0.5 * height):
        off, k = min((_off_line(row, stroke, height), k) for k, row in enumerate(rows))
        belongs = off < 0.75 or (off < 1.15 and any(_continues(stroke, other, height) for other in rows[k]))
        (rows[k] if belongs else apart).append(stroke)
    rows += lines(apart)  # smaller writing, in lines of its own
    return [sorted(row, key=lambda s: s.middle[0]) for row in _without_orphans(rows, height)]


def _without_orphans(rows: list[list[Stroke]], height: float) -> list[list[Stroke]]:
    """Return the lines; those of one stroke, closely above or below one of another line, with that: a broken digit."""
    kept = [row for row in rows if len(row) > 1]
    for row in (row for row in rows if len(row) == 1):
        near = [other for other in kept if any(_continues(row[0], stroke, height) for stroke in other)]
        if near:
            near[0].append(row[0])
        else:
            kept.append(row)
    kept.sort(key=lambda row: float(np.mean([stroke.middle[1] for stroke in row])))
    return kept


def _continues(part: Stroke, other: Stroke, height: float) -> bool:
    """Tell whether two strokes, one above the other, may be parts of one digit."""
    (left, top, right, bottom), (left2, top2, right2, bottom2) = part.box, other.box
    beside = min(right, right2) - max(left, left2) > 0
    gap = max(top, top2) - min(bottom, bottom2)
    return beside and gap < 0.25 * height and max(bottom, bottom2) - min(top, top2) < 1.7 * height


def _off_line(row: list[Stroke], stroke: Stroke, height: float) -> float:
    """Return how far above or below the nearest strokes of a line a stroke lies, in typical heights."""
    nearest = sorted(row, key=lambda other: abs(other.middle[0] - stroke.middle[0]))[:2]
    return float(min(abs(other.middle[1] - stroke.middle[1]) for other in nearest)) / height


def ink_of(sheet: Sheet, group: list[Stroke]) -> tuple[Bytes, Box]:
    """Return the ink of strokes and its box: 0 is paper, 255 full ink, and everything else is left out."""
    from scipy import ndimage

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
    mask = ndimage.binary_dilation(mask, _AROUND)
    share = np.clip((away - floor) / (full - floor), 0, 1)
    return np.asarray(255 * share * mask, np.uint8), (left, top, right, bottom)
