"""Part the ink of a page by its colour: a blue pen on a form's grey boxes, a red stamp over black figures."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from byhand.images.limits import Effort
from byhand.images.paper import Sheet
from byhand.types import Bytes, Floats, Mask

ENOUGH = 0.05  # of the ink must be of either colour.
APART = 0.08  # two colours' shares of what ink takes from red, green and blue differ by so much, ...
SPREAD = 2.0  # ... and by so many times what each differs by in itself.
SURELY = 0.35  # Ink is of the other colour if it lies so near to it on the way there, 0…1: both where lines cross.
BLOCK = 16  # pixels of a side in which the paper has one colour
SAMPLE = 20_000  # pixels of ink that tell of which colours it is
ROUNDS = 12  # of k-means
PIXEL, INK = 12, 60  # operations


def of_one_colour(sheet: Sheet, pixels: Bytes, effort: Effort) -> Iterator[Sheet]:
    """Yield a sheet with the ink of one colour alone, then of the other, if its ink is of two: the thicker first.

    Parameters
    ----------
    sheet
        What is known of the page.
    pixels
        (height, width, 3) that it was made from; if they are grey, nothing is yielded.
    effort
        What may be spent.
    """
    if pixels.ndim == 2 or not sheet.dark:
        return
    ink = sheet.ink > sheet.threshold
    if not ink.any():
        return
    effort.spend(PIXEL * pixels.size + INK * int(ink.sum()))
    colours = _colours(pixels, ink)
    means = _two_means(colours[:: -(-len(colours) // SAMPLE)])
    if means is None:
        return
    way = means[1] - means[0]
    along = (colours - means[0]) @ way / (way @ way)
    sheets = []
    for place in (along, 1 - along):
        other = np.zeros(ink.shape, bool)
        other[ink] = place > 1 - SURELY
        sheets.append(replace(sheet, ink=np.where(_in_pieces(other), np.float32(0), sheet.ink)))
    yield from sorted(sheets, key=_thickness, reverse=True)


def _thickness(sheet: Sheet) -> float:
    """Return how much of the ink has ink all around: of a pen it is more than of print."""
    from scipy import ndimage

    ink = sheet.ink > sheet.threshold
    return float(ndimage.binary_erosion(ink, np.ones((3, 3), bool)).sum() / max(ink.sum(), 1))


def _colours(pixels: Bytes, ink: Mask) -> NDArray[np.float64]:
    """Return in which shares ink takes red, green and blue from the paper's light: (pixels of ink, 3)."""
    from scipy import ndimage

    taken = np.stack([_taken(pixels[..., k].astype(np.float32), ink) for k in range(3)], axis=-1)
    smooth = np.stack([ndimage.uniform_filter(taken[..., k], 3)[ink] for k in range(3)], axis=-1).astype(np.float64)
    return np.asarray(smooth / np.maximum(smooth.sum(axis=1, keepdims=True), 1e-6))


def _taken(plane: Floats, ink: Mask) -> Floats:
    """Return which share of the paper's light is missing where there is ink, and 0 elsewhere."""
    from scipy import ndimage

    height, width = plane.shape
    framed = [(0, -side % BLOCK) for side in plane.shape]
    shape = -(-height // BLOCK), BLOCK, -(-width // BLOCK), BLOCK
    bare = np.pad(~ink, framed).astype(np.float32)
    light = np.pad(plane, framed) * bare
    sums, counts = (ndimage.gaussian_filter(each.reshape(shape).sum(axis=(1, 3)), 1.5) for each in (light, bare))
    paper = sums / np.maximum(counts, 1e-3)
    there = np.nonzero(ink)
    near = paper[there[0] // BLOCK, there[1] // BLOCK]
    taken = np.zeros_like(plane)
    taken[there] = np.maximum(near - plane[there], 0) / np.maximum(near, 24)
    return taken


def _two_means(colours: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the two colours (2, 3) about which most of them lie, by k-means; None if they are hardly two."""
    middle = colours.mean(axis=0)
    way = np.linalg.eigh(np.cov(colours.T))[1][:, -1]  # along which they differ most
    means = middle + np.quantile((colours - middle) @ way, [ENOUGH, 1 - ENOUGH])[:, None] * way
    for _ in range(ROUNDS):
        nearest = ((colours[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
        if not ENOUGH < nearest.mean() < 1 - ENOUGH:
            return None
        means = np.stack([colours[nearest == k].mean(axis=0) for k in (0, 1)])
    apart = float(np.sqrt(((means[1] - means[0]) ** 2).sum()))
    spread = float(np.sqrt(((colours - means[nearest]) ** 2).sum(axis=1).mean()))
    return means if apart > max(APART, SPREAD * spread) else None


def _in_pieces(other: Mask) -> Mask:
    """Return the ink of the other colour without single pixels, which are grain in strokes of the first."""
    from scipy import ndimage

    solid = ndimage.binary_opening(other, np.ones((2, 2), bool))
    return np.asarray(other & ndimage.binary_dilation(solid, np.ones((3, 3), bool)), bool)
