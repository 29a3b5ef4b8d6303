"""A pen: a shape → light ink on dark paper, as one of many hands and pens writes it.

What changes from one to the next: where the points of the shape lie, how wide, slanted and turned it is, how hasty and
how shaky; where strokes begin and end, and whether the pen is lifted between them; how wide the pen is, how hard it
presses, and where its ink fails.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from byhand.types import Bytes

LOWEST, TALLEST = 20, 56  # pixels of what is written
MARGIN = 8  # pixels around it
SPACING = 0.6  # pixels from one point of a stroke to the next

Points = NDArray[np.float64]  # (n, 2), right and down


@dataclass(frozen=True, eq=False)
class Marks:
    """What a pen leaves at points (n, 2), in pixels: the half width (n,) of its mark, and how much ink (n,), 0…1."""

    points: Points
    radius: NDArray[np.float64]
    ink: NDArray[np.float64]

    def __add__(self, other: "Marks") -> "Marks":
        pairs = (self.points, other.points), (self.radius, other.radius), (self.ink, other.ink)
        return Marks(*(np.concatenate(pair) for pair in pairs))


def written(shape: str, rng: np.random.Generator) -> Marks:
    """Return the marks that one of many pens in one of many hands leaves where it writes a shape."""
    strokes = _in_a_hand(shape.split("|"), rng)
    if rng.random() < 0.04:  # The pen is hardly lifted.
        strokes = [np.concatenate(strokes)]
    height = np.exp(rng.uniform(np.log(LOWEST), np.log(TALLEST)))
    strokes = [_shaky(_spaced(stroke * height), rng) for stroke in strokes]
    width = height * np.clip(np.exp(rng.normal(np.log(0.075), 0.4)), 0.03, 0.16)
    pressure, fading = abs(rng.normal(0, 0.25)), max(rng.normal(0, 0.3), 0)
    full = rng.uniform(0.6, 1)
    marks = []
    for stroke in strokes:
        wide = np.clip(1 + pressure * _smooth(len(stroke), 15, rng), 0.5, 1.6)
        ink = full * np.clip(1 - fading * np.abs(_smooth(len(stroke), 12, rng)), 0.15, 1)
        marks.append(Marks(stroke, np.maximum(width * wide / 2, 0.45), ink))
    whole = marks[0]
    for mark in marks[1:]:
        whole += mark
    return _failing(whole, rng) if rng.random() < 0.08 else whole


def drawn(marks: Marks) -> Bytes:
    """Return an image of the marks and a margin around them."""
    points = marks.points - marks.points.min(axis=0) + MARGIN
    width, height = np.ceil(points.max(axis=0)).astype(int) + MARGIN
    reach = int(marks.radius.max() + 1.5)
    around = np.arange(-reach, reach + 1)
    columns = np.clip(np.rint(points[:, :1]).astype(int) + around, 0, width - 1)  # (n, side)
    rows = np.clip(np.rint(points[:, 1:]).astype(int) + around, 0, height - 1)
    distance = np.hypot((columns - points[:, :1])[:, None, :], (rows - points[:, 1:])[:, :, None])  # (n, side, side)
    ink = marks.ink[:, None, None] * np.clip(marks.radius[:, None, None] + 0.5 - distance, 0, 1)
    image = np.zeros(height * width)
    np.maximum.at(image, (rows[:, :, None] * width + columns[:, None, :]).ravel(), ink.ravel())
    return np.asarray(255 * image.reshape(height, width), np.uint8)


def _in_a_hand(strokes: Sequence[str], rng: np.random.Generator) -> list[Points]:
    """Return the ways of the strokes of a shape, in parts of its height."""
    points = [_points(stroke) for stroke in strokes]
    different, which = np.unique(np.concatenate(points), axis=0, return_inverse=True)
    moved = different + rng.normal(0, rng.uniform(0.01, 0.06), different.shape)  # What stands twice moves together.
    slant, turn = np.clip(rng.normal(0.17, 0.22), -0.4, 0.8), np.radians(rng.normal(0, 6))
    wide = np.clip(np.exp(rng.normal(np.log(0.64), 0.27)), 0.35, 1.25)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ [[wide, -slant], [0, 1]]
    placed = np.split(moved[which.ravel()] @ matrix.T, np.cumsum([len(some) for some in points])[:-1])
    ways = []
    for stroke, some in zip(strokes, placed, strict=True):
        apart = rng.normal(0, 0.03, 2) if len(strokes) > 1 else 0
        way = _spaced((_curve if stroke.startswith("~") else _line)(some + apart), 0.01)
        ways.append(_hasty(_ended(way, rng), rng))
    return ways


def _points(stroke: str) -> Points:
    """Return the points of a stroke, in −0.5…0.5."""
    return np.array([[int(digit, 11) for digit in point] for point in stroke.lstrip("~").split()]) / 10 - 0.5


def _line(points: Points) -> Points:
    """Return what straight lines go through."""
    return points


def _curve(points: Points) -> Points:
    """Return points on a smooth curve through `points`: Catmull and Rom's spline."""
    p = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, 12)[:, None, None]
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    pieces = (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - 3 * c + d - a) * t**3) / 2
    return np.asarray(pieces.transpose(1, 0, 2).reshape(-1, 2))


def _spaced(points: Points, spacing: float = SPACING) -> Points:
    """Return points at even distances on the lines through `points`."""
    ways = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    places = np.linspace(0, ways[-1], max(int(ways[-1] / spacing), 1) + 1)
    return np.stack([np.interp(places, ways, values) for values in points.T], axis=1)


def _ended(way: Points, rng: np.random.Generator) -> Points:
    """Begin and end a stroke a little late or early, or with a hook."""
    late, early = np.maximum(rng.normal(0, 0.04, 2), 0) * len(way)
    way = way[int(late) : len(way) - int(early)] if len(way) > 12 else way
    if rng.random() < 0.1:
        way = np.concatenate([way[:1] + rng.normal(0, 0.05, 2), way])
    return np.concatenate([way, way[-1:] + rng.normal(0, 0.05, 2)]) if rng.random() < 0.1 else way


def _hasty(way: Points, rng: np.random.Generator) -> Points:
    """Round the corners of a stroke, as a quick hand does."""
    window = int(abs(rng.normal(0, 5))) * 2 + 1
    framed = np.pad(way, ((window // 2, window // 2), (0, 0)), "edge")
    sums = np.cumsum(np.concatenate([np.zeros((1, 2)), framed]), axis=0)
    return np.asarray((sums[window:] - sums[:-window]) / window)


def _shaky(way: Points, rng: np.random.Generator) -> Points:
    """Let the hand shake a little."""
    strength = abs(rng.normal(0, 0.4))
    return way + strength * np.stack([_smooth(len(way), 9, rng) for _ in range(2)], axis=1)


def _failing(marks: Marks, rng: np.random.Generator) -> Marks:
    """Let the ink fail once or twice for a short stretch."""
    kept = np.ones(len(marks.points), bool)
    for start in rng.integers(0, len(kept), rng.integers(1, 3)):
        kept[start : start + rng.integers(3, 9)] = False
    return Marks(marks.points[kept], marks.radius[kept], marks.ink[kept]) if kept.sum() > 8 else marks


def _smooth(n: int, knot: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return `n` normal numbers, of which neighbours are alike: straight between one every `knot`."""
    knots = rng.standard_normal(n // knot + 2)
    return np.interp(np.arange(n) / knot, np.arange(len(knots)), knots)
