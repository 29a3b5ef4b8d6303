"""Images that are no digit, for a network to learn to be unsure of.

A network that has seen nothing but digits calls everything a digit, and with confidence. If it also learns from images
that are none, with all classes equally right for each, it stays unsure of others too, of kinds it has never seen
(Hendrycks, Mazeika and Dietterich 2019, "Deep anomaly detection with outlier exposure", arXiv:1812.04606). All of these
are drawn here: letters and signs by the pen of `hands`, scribbles, blots and noise; and digits mirrored, turned, or two
at once.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from byhand.data.datasets import Split
from byhand.data.disk.stored import chunks
from byhand.data.hands.digits import check_digits
from byhand.data.hands.letters import LETTERS
from byhand.data.hands.pen import drawn, written
from byhand.data.hands.signs import SIGNS
from byhand.images.fit import SIDE, fit
from byhand.labels import NO_CLASS
from byhand.types import Bytes

Image: TypeAlias = Bytes

# What makes a stranger of a digit: which digits are others' signs mirrored, upside down, or on their side.
_MIRRORED, _UPSIDE_DOWN, _ON_SIDE = (3, 4, 6, 7, 9), (3, 4, 7), (2, 3, 5)

_WAYS = [way for ways in (*LETTERS.values(), *SIGNS.values()) for way in ways]  # to write a letter or a sign


def strangers(digits: Split, n: int, rng: np.random.Generator) -> tuple[Image, Bytes]:
    """Draw images that are no digit.

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
        (n,) uint8: `NO_CLASS`.

    Raises
    ------
    UsageError
        If the images are none of digits, or of another size.
    """
    check_digits(digits, "strangers")
    kinds = _kinds(digits, rng)
    chosen = rng.choice(len(kinds), n, p=[share for share, _ in kinds])
    images = np.stack([_fitted(kinds[kind][1]) for kind in chosen])
    return images, np.full(n, NO_CLASS, np.uint8)


def _kinds(digits: Split, rng: np.random.Generator) -> tuple[tuple[float, Callable[[], Image]], ...]:
    """Return of every kind its share, and what draws one."""
    inked = np.concatenate([some.any(axis=(1, 2)) for some in chunks(digits.source)])
    by_class = [np.flatnonzero((digits.labels == label) & inked) for label in range(10)]

    def digit(*labels: int) -> Image:
        """Return a random image of one of the labels, or of any; a scribble if there is none."""
        there = [label for label in labels or range(10) if len(by_class[label])]
        if not there:
            return fit(_scribble(rng))[0]
        place = rng.choice(by_class[rng.choice(there)])
        return np.asarray(digits.source[place : place + 1][0])

    return (
        (0.72, lambda: drawn(written(_WAYS[rng.integers(len(_WAYS))], rng))),
        (0.06, lambda: _scribble(rng)),
        (0.06, lambda: _side_by_side(digit(), digit(), rng)),
        (0.03, lambda: digit(*_MIRRORED)[:, ::-1]),
        (0.03, lambda: digit(*_UPSIDE_DOWN)[::-1, ::-1]),
        (0.03, lambda: np.rot90(digit(*_ON_SIDE), rng.choice((1, 3)))),
        (0.04, lambda: _blot(rng)),
        (0.03, lambda: _noise(rng)),
    )


def _fitted(draw: Callable[[], Image]) -> Image:
    """Draw until there is something to see, and place it."""
    while not (image := draw()).any():
        pass
    return fit(image)[0]


def _scribble(rng: np.random.Generator) -> Image:
    """Draw a curve or two that go to and fro."""
    curved = "~" if rng.random() < 0.7 else ""
    strokes = [curved + " ".join(_place(rng) for _ in range(rng.integers(5, 14))) for _ in range(rng.integers(1, 3))]
    return drawn(written("|".join(strokes), rng))


def _place(rng: np.random.Generator) -> str:
    """Return a random point of a shape."""
    return "".join("0123456789a"[tenth] for tenth in rng.integers(0, 11, 2))


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
