"""Draw every image anew in every epoch, as another hand might have written it.

An image is looked at through a map that turns, slants, stretches and shifts it, and through a smooth random field that
bends it (Simard, Steinkraus and Platt 2003, "Best practices for convolutional neural networks"). Its strokes may also
grow thicker or thinner. What is drawn depends on the seed, the epoch and the image's position in the data alone: not on
the order of learning, the batch size, the number of threads or where a training was interrupted.

White noise blurred by a Gaussian is so smooth that `rows · noise · columns`, with six random numbers a side instead of
28, draws the same fields: the columns of `rows` are the strongest shapes, the eigenvectors, of such noise.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache

import numpy as np
from numpy.typing import NDArray

from byhand.errors import ByhandError
from byhand.types import Bytes, Floats

LONGEST_SIDE = 2048  # Pixels of an image that can be bent: the covariance of a side is a square of that size.
SMOOTHNESS = 5.0  # Standard deviation of the Gaussian blur, in pixels.
SHAPES = 6  # Along one side; they hold 99.9 % of the power of a field of 28 pixels.
MARGIN = 2  # Dark pixels around the image, so that every point within 1 of it has four neighbours.


@dataclass(frozen=True, kw_only=True)
class Distortions:
    """How strongly images are changed. Each value is the largest change; every image gets its own, smaller one.

    Attributes
    ----------
    rotation
        In degrees.
    scale
        As a share: 0.15 makes an image up to 15 % larger or smaller, upwards and sideways apart.
    shear
        Sideways, as a share of the height.
    shift
        In pixels, upwards and sideways. Apart from it, the centre of the ink stays where it is.
    elastic
        Standard deviation of the bending field, in pixels.
    thickness
        How far the edges of strokes move, in or out, as a share of a pixel.
    """

    rotation: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    shift: float = 0.0
    elastic: float = 0.0
    thickness: float = 0.0

    @classmethod
    def of(cls, recipe: object) -> "Distortions":
        """Return those that a recipe, or anything with attributes of these names, asks for."""
        return cls(**{entry.name: getattr(recipe, entry.name) for entry in fields(cls)})

    def __bool__(self) -> bool:
        return any((self.rotation, self.scale, self.shear, self.shift, self.elastic, self.thickness))


@dataclass(frozen=True, eq=False)
class Drawn:
    """What was drawn for each of n images.

    Attributes
    ----------
    maps
        (n, 6) float32: the matrix (2×2, row by row) that leads from a pixel of the result, seen from the centre of its
        ink, to the place in the image it shows; then the shift down and right.
    thickness
        (n,) float32: how far edges of strokes move out (in, if negative), −1…1.
    noise
        (n, 2, SHAPES, SHAPES) float32: the bending down and right.
    """

    maps: Floats
    thickness: Floats
    noise: Floats

    def take(self, chosen: NDArray[np.intp] | slice) -> "Drawn":
        """Return what was drawn for the chosen images."""
        return Drawn(self.maps[chosen], self.thickness[chosen], self.noise[chosen])


def standard_normal(rng: np.random.Generator, n: int) -> Floats:
    """Return `n` normal numbers."""
    return rng.standard_normal(n, np.float32)


def draw(
    distortions: Distortions,
    n: int,
    rng: np.random.Generator,
    normal: Callable[[np.random.Generator, int], Floats] = standard_normal,
) -> Drawn:
    """Draw changes for `n` images; the first ones are the same however many follow.

    `normal` draws normal numbers from a generator, as `standard_normal` does; which need not be used after that.
    """
    for_maps, for_noise = rng.spawn(2)
    turn, slant, tall, wide, down, right, thick = for_maps.uniform(-1, 1, (n, 7)).T
    angle, shear = np.radians(distortions.rotation) * turn, distortions.shear * slant
    cos, sin = np.cos(angle), np.sin(angle)
    tall, wide = 1 + distortions.scale * tall, 1 + distortions.scale * wide
    # From result to image: stretch back, slant, turn.
    matrix = cos / tall, (shear * cos - sin) / wide, sin / tall, (shear * sin + cos) / wide
    maps = np.stack([*matrix, distortions.shift * down, distortions.shift * right], axis=1).astype(np.float32)
    count = n * 2 * SHAPES * SHAPES
    noise = normal(for_noise, count) if distortions.elastic else np.zeros(count, np.float32)
    noise *= np.float32(distortions.elastic)
    return Drawn(maps, (distortions.thickness * thick).astype(np.float32), noise.reshape(n, 2, SHAPES, SHAPES))


@cache
def smooth_shapes(side: int) -> Floats:
    """Return shapes (side, SHAPES) whose random mixtures are blurred noise of variance 1 at every pixel."""
    if side > LONGEST_SIDE:
        raise ByhandError(f"images with a side of {side:,} pixels cannot be drawn anew; at most {LONGEST_SIDE:,}.")
    distance = np.subtract.outer(np.arange(side), np.arange(side))
    power, shapes = np.linalg.eigh(np.exp(-(distance**2) / (4 * SMOOTHNESS**2)))  # two pixels' covariance
    shapes = (shapes * np.sqrt(np.maximum(power, 0)))[:, -SHAPES:]
    shapes /= np.sqrt((shapes**2).sum(axis=1, keepdims=True))  # Makes up for the weaker shapes left out.
    return np.pad(shapes, ((0, 0), (SHAPES - shapes.shape[1], 0))).astype(np.float32)


def warp(
    images: Bytes,
    chosen: NDArray[np.intp],
    maps: Floats,
    thickness: Floats,
    noise: Floats,
    rows: Floats,
    columns: Floats,
    out: Bytes,
) -> None:
    """Write every chosen image, as it looks through its map and field, into `out`.

    Parameters
    ----------
    images, chosen, out
        (n, height, width); which of them, in which order; as many.
    maps, thickness, noise
        As in `Drawn`, of all images.
    rows, columns
        (height, SHAPES) and (SHAPES, width): the smooth shapes that the noise mixes.
    """
    _, height, width = images.shape
    ink = thicken(images[chosen].astype(np.float32), thickness[chosen])  # (n, height, width)
    bend = rows @ noise[chosen] @ columns  # (n, 2, height, width)
    y, x = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)

    def centre(values: NDArray[np.floating]) -> Floats:
        """Return the mean over each image's ink, as (n, 1, 1)."""
        total = np.maximum(ink.sum(axis=(1, 2)), 1)
        return np.asarray((ink * values).sum(axis=(1, 2)) / total)[:, None, None]

    middle_y, middle_x = centre(y), centre(x)
    # The ink's centre stays in place, to first order: it moves with the field, and away from where the field thins ink.
    thinning = np.zeros_like(bend[:, 0])  # the divergence of the field
    thinning[:, 1:-1, 1:-1] = (bend[:, 0, 2:, 1:-1] - bend[:, 0, :-2, 1:-1]) / 2
    thinning[:, 1:-1, 1:-1] += (bend[:, 1, 1:-1, 2:] - bend[:, 1, 1:-1, :-2]) / 2
    down = bend[:, 0] - centre(bend[:, 0] + thinning * (y - middle_y))
    right = bend[:, 1] - centre(bend[:, 1] + thinning * (x - middle_x))
    a, b, c, d, shift_y, shift_x = (maps[chosen, k, None, None] for k in range(6))
    from_y, from_x = y - middle_y - shift_y, x - middle_x - shift_x
    look_y = np.clip(middle_y + a * from_y + b * from_x + down, -1, height) + MARGIN  # Beyond the edge all is dark.
    look_x = np.clip(middle_x + c * from_y + d * from_x + right, -1, width) + MARGIN
    framed = np.pad(ink, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)))
    out[...] = _between_pixels(framed, look_y, look_x) + 0.5


def _between_pixels(ink: Floats, y: NDArray[np.floating], x: NDArray[np.floating]) -> Floats:
    """Return the ink of images (n, …) at places between their pixels (n, height, width)."""
    i, j = y.astype(np.intp), x.astype(np.intp)
    part_y, part_x = y - i, x - j
    s = np.arange(len(ink))[:, None, None]
    above = ink[s, i, j] * (1 - part_x) + ink[s, i, j + 1] * part_x
    below = ink[s, i + 1, j] * (1 - part_x) + ink[s, i + 1, j + 1] * part_x
    return np.asarray(above * (1 - part_y) + below * part_y)


def thicken(ink: Floats, thickness: Floats) -> Floats:
    """Mix each image with what it is when its strokes' edges move by one pixel, out or (`thickness` < 0) in.

    Grey levels stay whole.
    """
    sign = np.where(thickness < 0, -1, 1).astype(np.float32)[:, None, None]
    framed = np.pad(sign * ink, ((0, 0), (1, 1), (1, 1)))
    neighbours = framed[:, :-2, 1:-1], framed[:, 2:, 1:-1], framed[:, 1:-1, :-2], framed[:, 1:-1, 2:]
    grown = sign * np.maximum.reduce([sign * ink, *neighbours])
    return np.asarray(np.floor(ink + np.abs(thickness)[:, None, None] * (grown - ink) + np.float32(0.5)))
