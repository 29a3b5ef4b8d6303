"""The ink on a page → strokes.

Nothing here knows what a digit looks like: `byhand.reading` lets the network decide which strokes belong together.
"""

from dataclasses import dataclass, replace

import numpy as np

from byhand.images.ink.printed import off_faint_lines, ruled, without_frames, without_lines
from byhand.images.ink.strokes import (
    Stroke,
    connected,
    is_edge,
    pen_width,
    solid,
    touches,
    typical_height,
    widths,
    with_neighbours,
)
from byhand.images.limits import Effort
from byhand.images.paper import Sheet
from byhand.types import Box, Bytes, Mask

MANY = 60  # From so many pieces of ink on, there may be rules among them, broken into dashes.
ALONE, ON_LINES = 0.45, 0.75  # Of the pen's width a bar must have more, and more if it touches printed lines.
TICKS = 3  # So many bars show what others look like, ...
LOWER, ALIKE = 0.8, 0.35  # ... if they are lower than so many heights; and they do so but for that share.
THROUGH = 0.15  # Of a stroke's length at either end a line that it goes through does not touch.
FILLED = 1.3  # heights: what is smaller may be a digit, however thick
DISTANCE = 200  # operations for each pixel of a box, to measure distances there


@dataclass(frozen=True, eq=False)
class Found:
    """What was found on a page.

    Attributes
    ----------
    strokes
        What may be a part of its writing.
    ruled
        How many pixels of ink are printed lines, beyond doubt: short ones, as a bar of a digit may be, count less.
    lines
        (height, width): which pixels belong to printed lines, faint ones too.
    """

    strokes: list[Stroke]
    ruled: float
    lines: Mask


def strokes(sheet: Sheet, effort: Effort) -> list[Stroke]:
    """Return everything that may be a part of a page's writing, but what touches the edges of a photo."""
    return find(sheet, effort, edges=False, rules=False).strokes


def find(sheet: Sheet, effort: Effort, *, edges: bool, rules: bool) -> Found:
    """Return everything on a page that may be a part of its writing, points too: no blots, no rules, no edges.

    Parameters
    ----------
    sheet
        The page's ink.
    effort
        What may be spent.
    edges
        Whether what touches the edges of a photo may be writing.
    rules
        Whether what is like printed lines may be writing.
    """
    ink = mask = unframed = sheet.ink > sheet.threshold
    if not rules:
        unframed = without_frames(ink, effort)
        mask = without_lines(unframed, effort)
    found, dashes, lines = connected(mask, effort), 0, ink & ~mask
    if len(found) > MANY and not rules:
        found, dashes, faint = off_faint_lines(found, sheet, effort)
        lines |= faint
    edges = edges or sheet.drawing
    found = _without_margins(found, mask.shape) if edges else _inside(found, mask.shape)
    found = _of_one_pen(found, lines)
    if not found:
        return Found([], 0.0, lines)
    height = typical_height(found)
    printed = dashes + int((ink & ~unframed).sum()) + ruled(unframed & ~mask, height)
    found = [part for stroke in found for part in _without_blot(stroke, height, effort)]
    kept = [
        stroke
        for stroke in found
        if max(stroke.height, stroke.width) > 0.05 * height
        and stroke.height < 4 * height
        and stroke.area > 5
        and (edges or not touches(stroke, mask.shape) or min(stroke.height, stroke.width) >= 0.35 * height)
    ]
    return Found(kept, printed, lines)


def written_ink(sheet: Sheet, pen: float) -> int:
    """Return how many pixels of a page's ink are no thicker than a pen of some width may leave it."""
    mask = sheet.ink > sheet.threshold
    return int((mask & ~solid(mask, int(4 * pen) + 2)).sum())


def faint_ink(sheet: Sheet, effort: Effort, pen: float, height: float) -> int:
    """Return how many pixels of what is too faint to be ink look like writing, of a pen's width and some height."""
    from scipy import ndimage

    if sheet.drawing:
        return 0
    strong = (sheet.ink > sheet.threshold).view(np.uint8)
    faint = (sheet.ink > replace(sheet, faint=True).threshold) & (ndimage.maximum_filter(strong, 2 * int(pen) + 3) == 0)
    return sum(
        stroke.area
        for stroke in connected(faint, effort)
        if 0.4 * height < stroke.height < 2.5 * height and pen < stroke.width < 4 * height and stroke.mask.mean() < 0.7
    )


def _without_margins(found: list[Stroke], page: tuple[int, ...]) -> list[Stroke]:
    """Return the strokes without what touches the edges and is no part of the writing inside: margins, tables."""
    inside = [stroke for stroke in found if not touches(stroke, page)]
    outer = [stroke for stroke in found if touches(stroke, page)]
    if not outer or not any(stroke.height > 0.02 * min(page) for stroke in inside):
        return found
    thickest, near = 3 * pen_width(inside), 0.5 * typical_height(inside)
    lefts, tops, rights, bottoms = np.array([s.box for s in inside if max(s.height, s.width) > near]).T
    kept = []
    for stroke, width in zip(outer, widths(outer), strict=True):
        left, top, right, bottom = stroke.box
        gap = np.maximum(np.maximum(lefts - right, left - rights), np.maximum(tops - bottom, top - bottoms)).min()
        of_side, of_itself = _contact(stroke, page)
        filled = of_itself > 0.6 and stroke.mask.mean() > 0.7
        if not (width > thickest and of_side > 0.5) and not (gap > near and filled):
            kept.append(stroke)
    return inside + kept


def _contact(stroke: Stroke, page: tuple[int, ...]) -> tuple[float, float]:
    """Return along which share of a side of the picture a stroke lies at most, and of its own extent there."""
    left, top, right, bottom = stroke.box
    sides = (
        (left <= 1, stroke.mask[:, :2].any(axis=1), page[0]),
        (right >= page[1] - 1, stroke.mask[:, -2:].any(axis=1), page[0]),
        (top <= 1, stroke.mask[:2].any(axis=0), page[1]),
        (bottom >= page[0] - 1, stroke.mask[-2:].any(axis=0), page[1]),
    )
    there = [(line.sum() / length, line.mean()) for near, line, length in sides if near]
    return max(share for share, _ in there), max(own for _, own in there)


def _inside(found: list[Stroke], page: tuple[int, ...]) -> list[Stroke]:
    """Return the strokes without what lies around the sheet: at the picture's edge, and unlike all that is inside."""
    found = [stroke for stroke in found if not is_edge(stroke, page)]
    inside = [stroke for stroke in found if not touches(stroke, page)]
    if not any(stroke.height > 0.03 * min(page) for stroke in inside):
        return found
    height = typical_height(inside)
    cut_off = [s for s in found if touches(s, page) and 0.6 * height < s.height < 1.4 * height > s.width]
    return inside + cut_off


def _of_one_pen(found: list[Stroke], lines: Mask) -> list[Stroke]:
    """Return the strokes without bars much thinner than the pen that wrote most of the ink: left of rules.

    Of bars that end on printed lines, as between the digits of a form, more is asked; and what is like many of those
    that are too thin, and no digit's height, is one of them.
    """
    if not found:
        return []
    each, pen, height = widths(found), pen_width(found), typical_height(found)

    def is_written(stroke: Stroke, width: float) -> bool:
        short, long = sorted((stroke.height, stroke.width))
        if short > 2.5 * width or width > ON_LINES * pen:
            return True
        if long > max(2 * short, 1.5 * pen) and _ends_on(stroke, lines):
            return False
        return width > ALONE * pen or long < 2.5 * pen

    def is_tick(stroke: Stroke) -> bool:
        return 2 * stroke.width < stroke.height < LOWER * height and _ends_on(stroke, lines)

    written = np.array([is_written(stroke, width) for stroke, width in zip(found, each, strict=True)])
    ticks = np.array([not kept and is_tick(stroke) for stroke, kept in zip(found, written, strict=True)])
    if ticks.sum() >= TICKS:
        wide, tall = float(np.median(each[ticks])), np.median([found[k].height for k in np.flatnonzero(ticks)])
        like = [abs(stroke.height - tall) < ALIKE * tall and is_tick(stroke) for stroke in found]
        written &= ~(np.array(like) & (each < (1 + ALIKE) * wide))
    return [stroke for stroke, kept in zip(found, written, strict=True) if kept]


def _ends_on(stroke: Stroke, lines: Mask) -> bool:
    """Tell whether a stroke touches what was found to be printed lines, but does not go through, as a comma does."""
    left, top, right, bottom = stroke.box
    around = lines[max(top - 2, 0) : bottom + 2, max(left - 2, 0) : right + 2]
    long = max(stroke.height, stroke.width)
    places = np.flatnonzero(around.any(axis=1 if stroke.height >= stroke.width else 0)) - 2
    return bool(places.size) and not (places.min() > THROUGH * long and places.max() < (1 - THROUGH) * long)


def _without_blot(stroke: Stroke, height: float, effort: Effort) -> list[Stroke]:
    """Return what is left of a stroke without anything too thick for a pen, such as a corner of a shadow.

    What is no larger than a digit may be one whose loops are filled.
    """
    from scipy import ndimage

    radius = 0.24 * height
    short, long = sorted((stroke.height, stroke.width))
    if short < 2 * radius or stroke.mask.mean() < 0.3 or long < FILLED * height:
        return [stroke]
    effort.spend(DISTANCE * stroke.mask.size)
    core = ndimage.distance_transform_edt(np.pad(stroke.mask, 1))[1:-1, 1:-1] > radius
    if not core.any():
        return [stroke]
    rest = stroke.mask & (ndimage.distance_transform_edt(~core) > 1.5 * radius)
    left, top = stroke.box[:2]
    return [
        Stroke((part.box[0] + left, part.box[1] + top, part.box[2] + left, part.box[3] + top), part.mask)
        for part in connected(rest, effort)
    ]


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
    mask = with_neighbours(mask)
    share = np.clip((away - floor) / (full - floor), 0, 1)
    return np.asarray(255 * share * mask, np.uint8), (left, top, right, bottom)
