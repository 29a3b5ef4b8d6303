"""Pictures that nobody writes, each of a kind that costs a reader of pages the most: lines, boxes, specks, knots.

All are made of a seed, of any size, and most are small files: what repeats is compressed well.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Pixels: TypeAlias = NDArray[np.uint8]
Ink: TypeAlias = NDArray[np.bool_]
Kind: TypeAlias = Callable[[np.random.Generator, int, int], Ink]


def _places(height: int, width: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the row and the column of every pixel, for arithmetic."""
    return np.arange(height)[:, None], np.arange(width)[None, :]


def _period(random: np.random.Generator) -> tuple[int, int]:
    """Return how far apart things are, and how thick."""
    period = int(random.integers(4, 60))
    return period, int(random.integers(1, max(period // 2, 2)))


def spiral(random: np.random.Generator, height: int, width: int) -> Ink:
    """One stroke, as long as can be."""
    period, thick = _period(random)
    y, x = _places(height, width)
    away = np.hypot(y - height / 2, x - width / 2)
    turned = (away - np.arctan2(y - height / 2, x - width / 2) / (2 * np.pi) * period) % period < thick
    return np.asarray(turned & (away < random.uniform(0.5, 0.99) * min(height, width) / 2))


def rings(random: np.random.Generator, height: int, width: int) -> Ink:
    """Rings, each in the box of the next: round, or square as frames are."""
    period, thick = _period(random)
    y, x = _places(height, width)
    down, across = abs(y - height // 2), abs(x - width // 2)
    away = np.hypot(down, across) if random.random() < 0.5 else np.maximum(down, across)
    return np.asarray(away % (period + 3) < thick)


def comb(random: np.random.Generator, height: int, width: int) -> Ink:
    """Teeth that hang on one bar, or two combs in each other."""
    period, thick = _period(random)
    y, x = _places(height, width)
    edge = max(height // 20, 1)
    ink = ((x % period < thick) & (y > edge) & (y < height - edge)) | ((y >= edge) & (y < 2 * edge) & (x > 2))
    return np.asarray(ink if random.random() < 0.5 else ink | ((y > 9 * edge) & (y < 10 * edge)))


def frames(random: np.random.Generator, height: int, width: int) -> Ink:
    """Boxes of a form, apart from each other, some with smaller ones within."""
    side = int(random.integers(12, 120))
    y, x = (place % side for place in _places(height, width))
    down, across = np.minimum(y, side - 1 - y), np.minimum(x, side - 1 - x)
    away = np.minimum(down, across)
    return np.asarray((away == 3) | ((away == 6) if random.random() < 0.5 else (away == 4)))


def hatching(random: np.random.Generator, height: int, width: int) -> Ink:
    """Lines along one slope, or along some, over each other."""
    y, x = _places(height, width)
    ink = np.zeros((height, width), bool)
    for _ in range(int(random.integers(1, 4))):
        period, thick = _period(random)
        slope = float(random.choice([0, 0.02, 0.05, 0.1, 0.11, 0.2, 1, 3])) * float(random.choice([-1, 1]))
        ink |= (y + np.round(slope * x)).astype(np.int64) % period < thick
    return ink.T.copy() if random.random() < 0.3 and height == width else ink


def fan(random: np.random.Generator, height: int, width: int) -> Ink:
    """Long lines of all slopes that a printed line may have."""
    picture = Image.new("1", (width, height))
    draw = ImageDraw.Draw(picture)
    many = int(random.integers(10, 400))
    for y, slope in zip(random.integers(0, height, many), random.uniform(-0.115, 0.115, many), strict=True):
        draw.line([(0, int(y)), (width, int(y + slope * width))], 1, int(random.integers(1, 4)))
    return np.asarray(picture).copy()


def noise(random: np.random.Generator, height: int, width: int) -> Ink:
    """Specks, of every density and size."""
    size = int(random.choice([1, 1, 2, 3, 4, 6, 9]))
    rough = random.random((-(-height // size), -(-width // size))) < random.choice(
        [0.003, 0.03, 0.1, 0.25, 0.35, 0.5, 0.7]
    )
    return np.asarray(rough.repeat(size, 0).repeat(size, 1)[:height, :width])


def squares(random: np.random.Generator, height: int, width: int) -> Ink:
    """Equal squares: a chessboard, or apart."""
    side, gap = int(random.integers(1, 40)), int(random.integers(0, 12))
    y, x = _places(height, width)
    if gap < 3:
        return np.asarray((y // side + x // side) % 2 == 0)
    return np.asarray((y % (side + gap) < side) & (x % (side + gap) < side))


def maze(random: np.random.Generator, height: int, width: int) -> Ink:
    """Walls that hang together, at random."""
    cell = int(random.integers(6, 40))
    rows, columns = height // cell + 1, width // cell + 1
    ink = np.zeros((rows * cell, columns * cell), bool)
    level = np.kron(random.random((rows, columns)) < 0.5, np.ones((cell, cell), bool))
    y, x = _places(*ink.shape)
    thick = max(cell // 5, 1)
    ink = np.where(level, y % cell < thick, x % cell < thick)
    return np.asarray(ink[:height, :width])


def scribble(random: np.random.Generator, height: int, width: int) -> Ink:
    """Many small knots, as if a page were full of writing."""
    size = int(random.integers(10, 80))
    picture = Image.new("1", (width, height))
    draw = ImageDraw.Draw(picture)
    for top in range(2, height - size, size + int(random.integers(2, 20))):
        for left in range(2, width - size, size + int(random.integers(1, 20))):
            points = random.integers(0, size, (5, 2)) + np.array([left, top])
            draw.line([(int(x), int(y)) for x, y in points], 1, max(size // 12, 1))
    return np.asarray(picture).copy()


def bars(random: np.random.Generator, height: int, width: int) -> Ink:
    """Thousands of short bars, level or upright."""
    long, thick = int(random.integers(4, 40)), int(random.integers(1, 4))
    down, across = (long, thick) if random.random() < 0.5 else (thick, long)
    y, x = _places(height, width)
    return np.asarray((y % (down + int(random.integers(2, 9))) < down) & (x % (across + 3) < across))


def blots(random: np.random.Generator, height: int, width: int) -> Ink:
    """Large filled shapes among small ones."""
    picture = Image.new("1", (width, height))
    draw = ImageDraw.Draw(picture)
    for _ in range(int(random.integers(2, 60))):
        side = int(random.pareto(0.7) * 8) + 2
        left, top = int(random.integers(0, width)), int(random.integers(0, height))
        box = (left, top, left + min(side, width), top + min(side, height))
        (draw.ellipse if random.random() < 0.5 else draw.rectangle)(box, fill=1)
    return np.asarray(picture).copy()


KINDS: dict[str, Kind] = {
    kind.__name__: kind
    for kind in (spiral, rings, comb, frames, hatching, fan, noise, squares, maze, scribble, bars, blots)
}

SHAPES = (
    (2400, 2400),
    (2400, 2400),
    (2399, 1697),
    (1200, 1600),
    (600, 800),
    (2400, 200),
    (150, 2400),
    (2400, 1),
    (90, 90),
)


def hostile(random: np.random.Generator, kind: str, shape: tuple[int, int] | None = None) -> Pixels:
    """Return a picture of a kind: as a drawing, grey, faint, on grainy paper, or in colours; of one of some shapes."""
    height, width = shape or SHAPES[random.integers(len(SHAPES))]
    ink = KINDS[kind](random, height, width)
    margin = int(random.choice([0, 3, 60]))
    if margin and min(height, width) > 3 * margin:
        ink[:margin] = ink[-margin:] = False
        ink[:, :margin] = ink[:, -margin:] = False
    dark, paper = (0, 255) if random.random() < 0.4 else (int(random.integers(20, 150)), int(random.integers(170, 250)))
    grey = np.where(ink, dark, paper).astype(np.float32)
    if random.random() < 0.5:
        grey += random.normal(0, random.choice([1, 3, 9]), grey.shape).astype(np.float32)
    pixels = np.clip(grey, 0, 255).astype(np.uint8)
    if random.random() < 0.4:
        colours = np.stack([pixels, pixels // 2 + 60, 255 - (255 - pixels) // 2], axis=2)
        pixels = colours
    return pixels if random.random() < 0.8 else 255 - pixels
