"""A small photo or scan → its ink, where the paper is a smooth surface: lighter or darker here and there, but even.

`byhand.images.paper` takes for paper what is lightest near by. That is right where shadows and tables have edges, but a
thick stroke or the edge of a tight crop has no paper near by. Here the paper is a polynomial of the second degree in
the place, fitted by least squares to all that is no ink, and what is ink is found by turns.
"""

import numpy as np
from numpy.typing import NDArray

from byhand.images.digit.pieces import threshold
from byhand.types import Bytes, Floats

DEGREE = 2
SAMPLE = 60  # Pixels, along each side, that the surface is fitted to.
TURNS = 4
FAR = 2.5  # Standard deviations below the surface from which on is ink.
DARKEST = 24  # Paper is nowhere darker, so that ink in deep shadow is not raised without bounds.


def away_from_surface(pixels: Bytes, *, dark: bool) -> Floats:
    """Return how far each pixel (height, width) is from even paper, as a share of the paper's own lightness.

    Parameters
    ----------
    pixels
        (height, width) or (height, width, 3).
    dark
        Whether the ink is darker than the paper.
    """
    planes = np.asarray(pixels, np.float32).reshape(*pixels.shape[:2], -1)
    if not dark:
        planes = 255 - planes
    away: Floats = np.zeros(pixels.shape[:2], np.float32)
    for k in range(planes.shape[2]):
        paper = np.maximum(_surface(planes[..., k]), DARKEST)
        away += (paper - planes[..., k]) / paper
    return np.asarray(away / planes.shape[2], np.float32)


def _surface(plane: Floats) -> Floats:
    """Return the paper of one channel (height, width)."""
    height, width = plane.shape
    sample = plane[:: max(height // SAMPLE, 1), :: max(width // SAMPLE, 1)]
    terms = _terms(*sample.shape)
    values = sample.ravel().astype(np.float64)
    paper = sample.ravel() >= threshold(sample.astype(np.uint8))
    factors = np.zeros(terms.shape[1])
    for _ in range(TURNS):
        factors = np.asarray(np.linalg.lstsq(terms[paper], values[paper], rcond=None)[0], np.float64)
        below = values - terms @ factors
        spread = 1.4826 * float(np.median(np.abs(below[paper]))) + 0.5  # half a grey level: values are rounded
        lighter = below > -FAR * spread
        if lighter.sum() < terms.shape[1] or np.array_equal(lighter, paper):
            break
        paper = lighter
    return np.asarray((_terms(height, width) @ factors).reshape(height, width), np.float32)


def _terms(height: int, width: int) -> NDArray[np.float64]:
    """Return the terms of the polynomial (height · width, terms) for places from −1 to 1."""
    down, across = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    terms = [down**i * across**k for i in range(DEGREE + 1) for k in range(DEGREE + 1 - i)]
    return np.stack(np.broadcast_arrays(*terms), axis=-1).reshape(height * width, -1)
