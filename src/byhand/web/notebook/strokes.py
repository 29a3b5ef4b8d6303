"""Strokes of the pad → pixels: the twin of the page's ink/ink.js, whose pixels are exactly these.

A pixel's ink is how much of it the pen covers: all within the pen's radius less half a pixel of the line, nothing from
half a pixel beyond, and in between what is left of that distance. Of several pieces of a line the one that covers most
counts. Points lie on quarters of a pixel.
"""

import math
from collections.abc import Sequence
from typing import TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray

from byhand.errors import UsageError
from byhand.types import Bytes

PAD = 280  # Pixels of the pad's side.
THINNEST, THICKEST, USUAL = 1, 80, 20  # Pixels of the pen's diameter.
MOST_POINTS = 200_000

Point: TypeAlias = list[float]
Doubles: TypeAlias = NDArray[np.floating]


class Stroke(TypedDict):
    """What the pen draws from where it is put down to where it is lifted, as the page has it."""

    brush: float
    erase: bool
    points: list[Point]


def sound(given: object) -> tuple[Stroke, ...]:
    """Return strokes from elsewhere as the pad has them.

    Raises
    ------
    UsageError
        If they are none.
    """
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise _no_strokes(f"{type(given).__name__} is no list of strokes.")
    strokes = tuple(_stroke(each) for each in given)
    if sum(len(stroke["points"]) for stroke in strokes) > MOST_POINTS:
        raise _no_strokes(f"all together may have {MOST_POINTS:,} points.")
    return strokes


def _no_strokes(why: str) -> UsageError:
    """Return the error of what is no strokes."""
    form = '{"brush": 20, "erase": False, "points": [(x, y), …]}'
    return UsageError(f"{why} They are a list, each {form} in pixels of a pad of {PAD}×{PAD}.", "strokes")


def _stroke(given: object) -> Stroke:
    """Return a stroke, its pen and places on multiples of a quarter and within the pad."""
    if not isinstance(given, dict) or not {*given} <= {"brush", "erase", "points"} or "points" not in given:
        raise _no_strokes(f"{given!r:.60} is no stroke.")
    brush = given.get("brush", USUAL)
    if isinstance(brush, bool) or not isinstance(brush, int | float) or not THINNEST <= brush <= THICKEST:
        raise _no_strokes(f"`brush` {brush!r:.60} is not in {THINNEST}…{THICKEST}.")
    try:
        points = np.asarray(given["points"], np.float64)
    except (TypeError, ValueError, OverflowError):
        points = np.empty(0)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points) or not np.isfinite(points).all():
        raise _no_strokes("the `points` of a stroke are pairs of numbers, at least one.")
    snapped = np.clip(np.floor(4 * points + 0.5) / 4, 0, PAD)
    return {"brush": math.floor(4 * brush + 0.5) / 4, "erase": given.get("erase") is True, "points": snapped.tolist()}


def drawn(strokes: Sequence[Stroke], side: int = PAD) -> Bytes:
    """Return the ink (side, side) of strokes, one after the other: 0 is paper, 255 full ink."""
    ink = np.zeros((side, side), np.uint8)
    for stroke in strokes:
        points = stroke["points"]
        for k, point in enumerate(points):
            _add_segment(ink, points[max(k - 1, 0)], point, stroke["brush"], erase=stroke["erase"])
    return ink


def _add_segment(ink: Bytes, start: Point, end: Point, brush: float, *, erase: bool) -> None:
    """Draw a straight piece of a stroke, or a dot where both ends are the same."""
    side = len(ink)
    reach = min(max(brush, THINNEST), THICKEST) / 2 + 0.5
    (left, right), (top, bottom) = (
        (max(math.floor(min(pair) - reach), 0), min(math.ceil(max(pair) + reach), side))
        for pair in zip(start, end, strict=True)
    )
    if left >= right or top >= bottom:
        return
    x = np.arange(left, right) + 0.5 - start[0]
    y = np.arange(top, bottom)[:, None] + 0.5 - start[1]
    away = np.sqrt(_squared_distance(x, y, end[0] - start[0], end[1] - start[1]))
    covered = np.clip(np.floor(255 * (reach - away) + 0.5), 0, 255).astype(np.uint8)
    part = ink[top:bottom, left:right]
    if erase:
        np.minimum(part, 255 - covered, out=part)
    else:
        np.maximum(part, covered, out=part)


def _squared_distance(x: Doubles, y: Doubles, along_x: float, along_y: float) -> Doubles:
    """Return the squared distance of each (x, y) from the line from (0, 0), exact but for one division."""
    along, square = x * along_x + y * along_y, along_x * along_x + along_y * along_y
    from_start = x * x + y * y
    if square == 0:
        return from_start
    from_end = (x - along_x) ** 2 + (y - along_y) ** 2
    across = x * along_y - y * along_x
    return np.where(along <= 0, from_start, np.where(along >= square, from_end, across * across / square))
