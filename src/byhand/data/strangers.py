"""Images that are no digit, for a network to learn to be unsure of.

A network that has seen nothing but digits calls everything a digit, and with confidence. If it also learns from images
that are none, with all classes equally right for each, it stays unsure of others too, of kinds it has never seen
(Hendrycks, Mazeika and Dietterich 2019, "Deep anomaly detection with outlier exposure", arXiv:1812.04606). All of these
are drawn here: letters and signs from points, scribbles, blots and noise; and digits mirrored, turned, or two at once.
Among them are some digits as many people write them, but hardly any of those who wrote MNIST: a 1 with a long upstroke,
a 7 with a bar.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from byhand.data.datasets import Split
from byhand.data.disk.stored import chunks
from byhand.errors import UsageError
from byhand.images.fit import SIDE, fit
from byhand.labels import DIGITS, NO_CLASS
from byhand.types import Bytes

Image: TypeAlias = Bytes

# Letters and signs that no hand means as a digit. Each stroke is a list of points, right and down in tenths of a square
# (a is ten); one that begins with ~ is a smooth curve through them.
SIGNS = {
    "A": "0a 50 aa|26 86",
    "E": "a0 00 0a aa|05 75",
    "F": "a0 00 0a|05 75",
    "H": "00 0a|a0 aa|05 a5",
    "K": "00 0a|a0 05 aa",
    "L": "00 0a aa",
    "M": "0a 10 57 90 aa",
    "N": "0a 00 aa a0",
    "P": "0a 00|~00 80 a3 85 05",
    "R": "0a 00|~00 80 a3 85 05|45 aa",
    "T": "00 a0|50 5a",
    "U": "~00 07 5a a7 a0",
    "V": "00 5a a0",
    "W": "00 3a 53 7a a0",
    "X": "00 aa|a0 0a",
    "e": "~05 a4 60 16 3a aa",
    "h": "00 0a|~05 53 a6 aa",
    "k": "00 0a|a3 06 aa",
    "m": "03 0a|~05 32 56 5a|~56 82 a6 aa",
    "n": "03 0a|~05 52 a5 aa",
    "r": "03 0a|~05 52 a3",
    "t": "50 58 7a 9a|24 84",
    "@": "~75 55 37 58 75 78 a6 82 40 05 3a 9a",
    "#": "30 3a|70 7a|03 a3|07 a7",
    "+": "50 5a|05 a5",
    "=": "03 a3|07 a7",
    "-": "05 a5",
    "*": "50 5a|05 a5|11 99",
    "π": "00 a0|30 3a|70 7a",
    "λ": "~00 30 aa|55 0a",
    "木": "03 a3|50 5a|53 0a|53 aa",
    "大": "04 a4|50 0a|55 aa",
    "✓": "05 4a a0",
    "→": "05 a5|62 a5 68",
    "triangle": "0a 50 aa 0a",
    "crossed box": "00 0a aa a0 00|00 aa",
    "house": "0a 04 50 a4 aa 0a",
    "heart": "~52 70 a2 a4 5a|~52 30 02 04 5a",
    "face": "~50 92 a5 98 5a 18 05 12 50|33 34|73 74|~37 58 77",
    "zigzag": "00 a2 04 a6 08 aa",
    "comb": "00 a0|00 0a|30 3a|60 6a|a0 aa",
}

# Digits in other countries' hands.
OTHER_HANDS = {
    1: ("24 60 6a", "33 60 6a", "15 60 5a", "06 70 6a", "25 60 6a|3a 9a", "34 60 6a|2a aa"),
    7: ("00 90 4a|25 75", "02 00 90 4a|25 85", "00 a0 6a|36 96"),
}

# What makes a stranger of a digit: which digits are others' signs mirrored, upside down, or on their side.
_MIRRORED, _UPSIDE_DOWN, _ON_SIDE = (3, 4, 6, 7, 9), (3, 4, 7), (2, 3, 5)


def strangers(digits: Split, n: int, rng: np.random.Generator) -> tuple[Image, Bytes]:
    """Draw images that are no digit, and some digits in other hands.

    Parameters
    ----------
    digits
        MNIST's training images; some are made into strangers.
    n
        How many.
    rng
        Where everything random comes from.

    Returns
    -------
    images
        (n, 28, 28) uint8, placed as MNIST's digits are.
    labels
        (n,) uint8: the digit, or `NO_CLASS`.

    Raises
    ------
    UsageError
        If the images are none of digits, or of another size.
    """
    if digits.classes != DIGITS or digits.image_shape != (SIDE, SIDE):
        raise UsageError(f"are made for digits of {SIDE}×{SIDE} pixels, not for these data.", "strangers")
    kinds = _kinds(digits, rng)
    chosen = rng.choice(len(kinds), n, p=[share for share, _ in kinds])
    images = np.stack([_fitted(kinds[kind][1]) for kind in chosen])
    labels = np.full(len(kinds), NO_CLASS, np.uint8)
    labels[1:3] = 1, 7
    return images, labels[chosen]


def _kinds(digits: Split, rng: np.random.Generator) -> tuple[tuple[float, Callable[[], Image]], ...]:
    """Return of every kind its share, and what draws one."""
    inked = np.concatenate([some.any(axis=(1, 2)) for some in chunks(digits.source)])
    by_class = [np.flatnonzero((digits.labels == label) & inked) for label in range(10)]

    def digit(*labels: int) -> Image:
        """Return a random image of one of the labels, or of any; a scribble if there is none."""
        there = [label for label in labels or range(10) if len(by_class[label])]
        if not there:
            return _scribble(rng)
        place = rng.choice(by_class[rng.choice(there)])
        return np.asarray(digits.source[place : place + 1][0])

    return (
        (0.37, lambda: _drawn_sign(SIGNS[rng.choice(list(SIGNS))], rng)),
        (0.06, lambda: _drawn_sign(rng.choice(OTHER_HANDS[1]), rng)),
        (0.06, lambda: _drawn_sign(rng.choice(OTHER_HANDS[7]), rng)),
        (0.11, lambda: _scribble(rng)),
        (0.14, lambda: _side_by_side(digit(), digit(), rng)),
        (0.05, lambda: digit(*_MIRRORED)[:, ::-1]),
        (0.04, lambda: digit(*_UPSIDE_DOWN)[::-1, ::-1]),
        (0.04, lambda: np.rot90(digit(*_ON_SIDE), rng.choice((1, 3)))),
        (0.09, lambda: _blot(rng)),
        (0.04, lambda: _noise(rng)),
    )


def _fitted(draw: Callable[[], Image]) -> Image:
    """Draw until there is something to see, and place it."""
    while not (image := draw()).any():
        pass
    return fit(image)[0]


def _drawn_sign(sign: str, rng: np.random.Generator) -> Image:
    """Draw a sign as one of many hands."""
    strokes = sign.split("|")
    matrix = np.diag(rng.uniform(0.65, 1.1, 2)) @ [[1, rng.uniform(-0.25, 0.25)], [0, 1]]
    return _drawn([(_points(stroke) + rng.normal(0, 0.045, (1, 2))) @ matrix.T for stroke in strokes], rng)


def _points(stroke: str) -> NDArray[np.float64]:
    """Return the points (n, 2) of a stroke, right and down in −0.5…0.5, closely enough to draw it."""
    points = np.array([[int(digit, 11) for digit in point] for point in stroke.lstrip("~").split()]) / 10 - 0.5
    return _curve(points) if stroke.startswith("~") else _line(points)


def _line(points: NDArray[np.float64], per_piece: int = 16) -> NDArray[np.float64]:
    """Return points on straight lines through `points` (n, 2)."""
    places = np.linspace(0, len(points) - 1, per_piece * (len(points) - 1) + 1)
    return np.stack([np.interp(places, np.arange(len(points)), values) for values in points.T], axis=1)


def _curve(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points on a smooth curve through `points` (n, 2): Catmull and Rom's spline."""
    p = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, 12)[:, None, None]
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    pieces = (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - 3 * c + d - a) * t**3) / 2
    return np.asarray(pieces.transpose(1, 0, 2).reshape(-1, 2))


def _scribble(rng: np.random.Generator) -> Image:
    """Draw a curve or two that go to and fro."""
    make = _curve if rng.random() < 0.7 else _line
    return _drawn([make(rng.uniform(-0.5, 0.5, (rng.integers(5, 14), 2))) for _ in range(rng.integers(1, 3))], rng)


def _drawn(strokes: list[NDArray[np.float64]], rng: np.random.Generator) -> Image:
    """Draw strokes of points in −0.5…0.5 with a round pen of random width."""
    points = np.concatenate(strokes).astype(np.float32) * 19 + 13.5
    grid = np.arange(SIDE, dtype=np.float32)
    nearest = ((grid - points[:, :1])[:, None] ** 2 + (grid - points[:, 1:])[:, :, None] ** 2).min(axis=0)
    width = rng.uniform(1.4, 4.2)
    return np.asarray(255 * np.clip(width / 2 + 0.5 - np.sqrt(nearest), 0, 1), np.uint8)


def _side_by_side(left: Image, right: Image, rng: np.random.Generator) -> Image:
    """Return two digits beside each other, perhaps touching."""
    left, right = left[:, left.any(axis=0)], right[:, right.any(axis=0)]
    gap, down = int(rng.integers(-3, 5)), int(rng.integers(0, 5))
    gap = max(gap, -left.shape[1], -right.shape[1])
    both = np.zeros((SIDE + 4, left.shape[1] + right.shape[1] + gap), np.uint8)
    both[:SIDE, : left.shape[1]] = left
    both[down : down + SIDE, left.shape[1] + gap :] |= right
    return both


def _blot(rng: np.random.Generator) -> Image:
    """Draw filled shapes with smooth edges: what exceeds a level in smooth noise."""
    noise = rng.standard_normal((SIDE, SIDE))
    frequency = np.fft.fftfreq(SIDE)
    smooth = np.exp(-((frequency[:, None] ** 2 + frequency**2) * rng.uniform(30, 400)))
    field = np.fft.ifft2(np.fft.fft2(noise) * smooth).real
    field /= field.std()
    inside = np.hypot(*np.meshgrid(*[np.linspace(-1, 1, SIDE)] * 2)) < rng.uniform(0.6, 1.4)
    grey = np.clip((field - rng.uniform(-0.7, 0.9)) * rng.uniform(1, 8) + 0.5, 0, 1) * inside
    return np.asarray(255 * grey, np.uint8)


def _noise(rng: np.random.Generator) -> Image:
    """Draw pixels that know nothing of each other."""
    grey = rng.random((SIDE, SIDE)) ** rng.uniform(0.5, 4)
    return np.asarray(255 * grey * (rng.random((SIDE, SIDE)) < rng.uniform(0.02, 1)), np.uint8)
