"""Black margins around a page, as copiers, scanners and phones leave them, become paper.

They may be larger than the page, and would then be taken for dark paper with light ink.
"""

import numpy as np
from numpy.typing import NDArray

from byhand.types import Bytes, Mask

DARK = 0.35  # of the paper's lightness: what is darker may be margin
ALL = 0.97  # of a row or column is dark in a margin
AROUND = 0.85  # of what lies just inside the margins is light
LEAST = 0.1  # of the picture is page


def without_margins(pixels: Bytes) -> Bytes:
    """Return a picture, (height, width) or (height, width, 3), whose black margins have the colour of the page."""
    grey = pixels if pixels.ndim == 2 else pixels.max(axis=2)
    dark = grey < DARK * np.percentile(grey[:: 1 + grey.shape[0] // 300, :: 1 + grey.shape[1] // 300], 95)
    top, bottom = _inside(dark.mean(axis=1))
    left, right = _inside(dark[top:bottom].mean(axis=0)) if bottom > top else (0, 0)
    slack = 1 + min(bottom - top, right - left) // 50  # for the blur at the page's edges
    top, bottom = top + slack * (top > 0), bottom - slack * (bottom < len(grey))
    left, right = left + slack * (left > 0), right - slack * (right < grey.shape[1])
    page, lightness = dark[top:bottom, left:right], grey[top:bottom, left:right]
    if page.size == dark.size or page.size < LEAST * dark.size or not _is_page(page, lightness):
        return pixels
    filled = np.empty_like(pixels)
    filled[:] = np.median(pixels[top:bottom, left:right][:: 1 + len(page) // 300], axis=(0, 1))
    filled[top:bottom, left:right] = pixels[top:bottom, left:right]
    return filled


def _inside(shares: NDArray[np.float64]) -> tuple[int, int]:
    """Return the first row that is no margin and the one after the last, given how much of each is dark."""
    light = np.flatnonzero(shares < ALL)
    return (int(light[0]), int(light[-1]) + 1) if light.size else (0, 0)


def _is_page(dark: Mask, lightness: Bytes) -> bool:
    """Tell whether what lies inside is a page: light all around, with something darker on it. A light digit is not."""
    outline = np.concatenate([dark[:2].ravel(), dark[-2:].ravel(), dark[:, :2].ravel(), dark[:, -2:].ravel()])
    written = (lightness < 0.8 * np.median(lightness)).mean()
    return bool(outline.mean() < 1 - AROUND and dark.mean() < 0.5 and written > 0.001)
