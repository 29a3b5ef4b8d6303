"""Where signs stand among digits, and how large they are: points, commas, dashes, slashes.

A network of digits knows none of them, and a point is a point only beside a digit: so a sign is told by its place and
size relative to the digits around it. One table says of every sign how tall and wide it is, where its middle lies, and
how it leans.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from byhand.types import Box, Bytes

LEAST = -14.0  # What is less likely is none of the signs.
FLAT = 2.0  # heights²: how little a line of few digits may slope


@dataclass(frozen=True)
class Shape:
    """How a sign looks: mean and standard deviation of each of its measures, in heights of the digits around.

    Attributes
    ----------
    tall, wide
        Of its box.
    middle
        How high above the base line the middle of its box lies.
    longer
        By how much it is taller than wide; any if None.
    lean
        In degrees, how far its longer axis leans to the right of upright; any if None.
    """

    tall: tuple[float, float]
    wide: tuple[float, float]
    middle: tuple[float, float]
    longer: tuple[float, float] | None = None
    lean: tuple[float, float] | None = None


# A point is small and on the base line. A comma hangs below it. A mark of thousands hangs from the top. A minus is
# wide, low, and at half height. A plus is as wide as tall, smaller than a digit, and at half height. A slash is taller
# than a digit, and leans. Both of a colon's points are points, one of them higher; an equals sign is two bars.
SHAPES = {
    ".": Shape((0.16, 0.05), (0.17, 0.06), (0.03, 0.05), (0.0, 0.05)),
    ",": Shape((0.35, 0.09), (0.21, 0.08), (-0.07, 0.07), (0.14, 0.07)),
    "'": Shape((0.28, 0.09), (0.15, 0.06), (0.85, 0.11), (0.14, 0.08)),
    "-": Shape((0.14, 0.06), (0.47, 0.13), (0.48, 0.10)),
    "+": Shape((0.60, 0.12), (0.60, 0.12), (0.45, 0.10)),
    "/": Shape((1.22, 0.14), (0.64, 0.22), (0.50, 0.09), lean=(27.0, 9.0)),
    "·": Shape((0.16, 0.05), (0.17, 0.06), (0.60, 0.11), (0.0, 0.06)),  # the upper point of a colon
    ":": Shape((0.16, 0.05), (0.17, 0.06), (0.17, 0.08), (0.0, 0.06)),  # and the lower one
}
LOW = ".,'-·:"
ONE = Shape((1.0, 0.12), (0.25, 0.18), (0.5, 0.08), lean=(9.0, 12.0))  # a 1, which a slash is compared with


class Boxed(Protocol):
    """What has a box: a stroke, or what may be a digit."""

    @property
    def box(self) -> Box:
        """Left, top, right and bottom."""


@dataclass(frozen=True)
class Ground:
    """Where a line of digits stands: its base line, `y = base + slope·x`, and how tall they are, in pixels."""

    base: float
    slope: float
    height: float

    def place(self, box: Box) -> tuple[float, float, float]:
        """Return how tall and wide a box is, and how high its middle lies above the base line, in heights."""
        left, top, right, bottom = box
        base = self.base + self.slope * (left + right) / 2
        return (bottom - top) / self.height, (right - left) / self.height, (base - (top + bottom) / 2) / self.height


def ground(found: Sequence[Boxed], height: float) -> Ground:
    """Return where a line of digits stands, by those of them that are about as tall as the writing."""
    boxes = np.array([each.box for each in found], float)
    talls = boxes[:, 3] - boxes[:, 1]
    boxes = boxes[talls > 0.6 * height] if (talls > 0.6 * height).any() else boxes
    tall = float(np.median(boxes[:, 3] - boxes[:, 1]))
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]
    away = x - np.median(x)
    slope = float((away * (y - np.median(y))).sum() / ((away**2).sum() + FLAT * tall**2))
    return Ground(float(np.median(y - slope * x)), slope, tall)


def fit(shape: Shape, place: tuple[float, float, float], *, above: float = 0.0) -> float:
    """Return how well something at a place fits a shape, written higher by `above`, in heights, as a logarithm."""
    tall, wide, middle = place
    pairs = [(tall, shape.tall), (wide, shape.wide), (middle - above, shape.middle)]
    pairs += [] if shape.longer is None else [(tall - wide, shape.longer)]
    return sum(-0.5 * min(((value - mean) / spread) ** 2, 60) for value, (mean, spread) in pairs)


def fit_of(name: str, box: Box, at: Ground) -> float:
    """Return how well a box fits a sign, as a logarithm."""
    return fit(SHAPES[name], at.place(box))


def best_fit(box: Box, at: Ground) -> float:
    """Return how well a box fits the low sign that it fits best, as a logarithm."""
    place = at.place(box)
    return max(fit(SHAPES[name], place) for name in LOW)


def is_cross(image: Bytes) -> bool:
    """Tell whether an image is a cross: nearly all of its ink lies in its fullest row and column, near the middle."""
    ink = image.astype(np.float64)
    row, column = (int(ink.sum(axis).argmax()) for axis in (1, 0))
    y, x = np.indices(ink.shape)
    share = ink[(abs(y - row) < 4) | (abs(x - column) < 4)].sum() / max(float(ink.sum()), 1.0)
    return bool(share > 0.85 and abs(row - 14) < 5 and abs(column - 14) < 5)
