"""Digits as people of many countries write them, for a network to learn beside those of one country."""

import numpy as np

from byhand.data.datasets import Split
from byhand.data.hands.pen import drawn, written
from byhand.data.hands.shapes import DIGITS
from byhand.errors import UsageError
from byhand.images.fit import SIDE, bounds, fit
from byhand.labels import DIGITS as NAMES
from byhand.types import Bytes


def hands(data: Split, n: int, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
    """Draw digits as people of many countries write them.

    Parameters
    ----------
    data
        What they are learned beside.
    n
        How many.
    rng
        Where everything random comes from.

    Returns
    -------
    images
        (n, 28, 28) uint8, placed as MNIST's digits are.
    labels
        (n,) uint8.

    Raises
    ------
    UsageError
        If the data are none of digits, or of another size.
    """
    check_digits(data, "hands")
    labels = rng.integers(0, 10, n).astype(np.uint8)
    return np.stack([fit(digit(label, rng))[0] for label in labels.tolist()]), labels


def check_digits(data: Split, field: str) -> None:
    """Refuse data that what a recipe's field draws cannot be learned beside."""
    if data.classes != NAMES or data.image_shape != (SIDE, SIDE):
        raise UsageError(f"are made for digits of {SIDE}×{SIDE} pixels, not for these data.", field)


def digit(label: int, rng: np.random.Generator) -> Bytes:
    """Draw a digit as somebody writes it, now and then damaged as what is cut out of a page may be."""
    image = in_some_hand(label, rng)
    kind = rng.random()
    for share, damage in _DAMAGES:
        if kind < share:
            return damage(image, rng)
        kind -= share
    return image


def in_some_hand(label: int, rng: np.random.Generator) -> Bytes:
    """Draw a digit of one of its families of shapes."""
    families = DIGITS[label]
    ends = np.cumsum(list(families.values()))
    return drawn(written(list(families)[np.searchsorted(ends, rng.uniform(0, ends[-1]))], rng))


def _cut(image: Bytes, rng: np.random.Generator) -> Bytes:
    """Cut a little off one side of the ink."""
    side, ink = int(rng.integers(4)), _inked(image)
    turned = np.rot90(ink, side)
    return np.rot90(turned[int(rng.uniform(0.03, 0.12) * len(turned)) :], -side)


def _ruled(image: Bytes, rng: np.random.Generator) -> Bytes:
    """Leave a piece of a printed line at one side."""
    side, ink = int(rng.integers(4)), _inked(image)
    turned = np.pad(np.rot90(ink, side), ((int(rng.integers(1, 2 + len(ink) // 4)), 0), (0, 0)))
    begin, end = np.sort(rng.integers(0, turned.shape[1] + 1, 2))
    turned[: rng.integers(1, 3), begin:end] = rng.integers(60, 255)
    return np.rot90(turned, -side)


def _beside_another(image: Bytes, rng: np.random.Generator) -> Bytes:
    """Leave a piece of a neighbour at the left or right."""
    ink, other = _inked(image), _inked(in_some_hand(int(rng.integers(10)), rng))
    some = max(int(rng.uniform(0.05, 0.2) * other.shape[1]), 1)
    height, gap = max(len(ink), len(other)), np.zeros((0, rng.integers(2, 6)), np.uint8)
    parts = (other[:, -some:], gap, ink) if rng.random() < 0.5 else (ink, gap, other[:, :some])
    return np.concatenate([np.pad(part, ((0, height - len(part)), (0, 0))) for part in parts], axis=1)


def _specked(image: Bytes, rng: np.random.Generator) -> Bytes:
    """Leave a few specks around."""
    for _ in range(rng.integers(1, 4)):
        row, column = rng.integers(0, np.array(image.shape) - 2)
        image[row : row + 2, column : column + rng.integers(1, 3)] = rng.integers(60, 255)
    return image


def _inked(image: Bytes) -> Bytes:
    """Return the part of an image that has ink."""
    left, top, right, bottom = bounds(image)
    return image[top:bottom, left:right]


_DAMAGES = ((0.05, _cut), (0.04, _ruled), (0.03, _beside_another), (0.03, _specked))
