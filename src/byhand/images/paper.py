"""A drawing, scan or photo → the ink on it: light on dark, free of shadows, the paper's colour and its grain.

In a drawing, made on a screen, ink is whatever differs from the paper. In a photo it is what is darker than the paper
around it, on the mean of the channels, if that is no table around the sheet; and not too faint to be the pen.
"""

from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from byhand.types import Bytes, Floats, Mask, T

SMALL = 64  # Pixels of the longest side up to which a picture is taken for a drawing, whatever it looks like.
COARSE = 300  # Pixels of the longest side, on which paper and light are looked at.
OTHER_COLOUR = 0.035  # A table's share of red, green or blue differs from the sheet's by so much, ...
MUCH_DARKER = 0.4  # ... or it is darker than so much of the sheet's lightness.
DARK_PAPER = 110  # A picture of which half is lighter than this grey level has light paper ...
_CHALK = 16  # ... and light ink only if that is farther from it, so many times: a dark table around a sheet misleads.
WIDEST = 6  # A stroke is narrower than the picture's longest side divided by this, ...
THICK, TIMES = 0.75, 8  # ... and than so much of the length of strokes is thick at most, times this.
LINE = 10  # times as long as thick ink may be a printed line
MEASURED = 1200  # Pixels of the longest side, up to which that is measured on a picture itself.
FINE = 8  # pixels of a plane that a stroke may be wide there


@dataclass(frozen=True, eq=False)
class Sheet:
    """What is known of a picture's paper and ink.

    Attributes
    ----------
    ink
        (height, width) float32: how far a pixel is from the paper around it, as a share of the paper's own lightness.
    dark
        Whether the ink is darker than the paper.
    noise
        Standard deviation of `ink` where there is none.
    pen
        How far full ink is from the paper.
    drawing
        Whether it was made on a screen: then nothing lies around it.
    faint
        Whether ink counts that is far fainter than most.
    """

    ink: Floats
    dark: bool
    noise: float
    pen: float
    drawing: bool = False
    faint: bool = False

    @property
    def threshold(self) -> float:
        """From which value on a pixel is ink."""
        return 0.12 * self.pen if self.drawing else max((0.16 if self.faint else 0.4) * self.pen, 4 * self.noise, 0.04)


def look(pixels: Bytes) -> Sheet:
    """Tell ink from paper.

    Parameters
    ----------
    pixels
        (height, width) or (height, width, 3).
    """
    distance, is_dark = away_from_paper(pixels)
    if is_drawing(distance):
        ink: Floats = distance.astype(np.float32) / np.float32(255)
        return Sheet(ink, is_dark, 0.0, float(ink.max(initial=0)), drawing=True)
    return look_at_photo(pixels)


def look_at_photo(pixels: Bytes, *, dark: bool | None = None) -> Sheet:
    """Tell ink from paper, as `look` does, in what is known to be no drawing; and maybe, whether its ink is dark.

    What is dark and no wider than ink may be is no paper; a shadow is. So it is looked at twice: the first time, with
    the widest ink that there can be, only shows how thick most of it is.
    """
    dark = is_ink_dark(pixels) if dark is None else dark
    planes = np.asarray(pixels, np.float32).reshape(*pixels.shape[:2], -1)
    if not dark:
        planes = 255 - planes
    return replace(_from_paper(planes, _widest(pixels, dark=dark)), dark=dark)


def _widest(pixels: Bytes, *, dark: bool) -> float:
    """Return how wide ink may be in a photo, in pixels: as writing is high, about."""
    from PIL import Image

    longest = max(pixels.shape[:2])
    factor = -(-longest // MEASURED)
    grey = np.asarray(Image.fromarray(pixels).convert("L").reduce(factor), np.float32)[..., None]
    rough = _from_paper(grey if dark else 255 - grey, longest / factor / WIDEST)
    thick = _thick(rough.ink > rough.threshold)
    return float(min(longest / WIDEST, TIMES * factor * thick))


def _thick(ink: Mask) -> float:
    """Return how thick most strokes are at most, in pixels, whatever shadows and printed lines there are.

    A pixel lies in a run of ink across and one down. The shorter is how thick its stroke is, and as that has so many
    pixels side by side, each tells of one part in so many: a shadow is large, but short for its width. Of a line, the
    longer is much longer.
    """
    across, down = _runs(ink)[ink], _runs(ink.T).T[ink]
    short = np.sort(np.minimum(across, down)[np.maximum(across, down) <= LINE * np.minimum(across, down)])
    if not short.size:
        return np.inf
    length = np.cumsum(1 / short)
    return float(short[np.searchsorted(length, THICK * length[-1])])


def _runs(ink: Mask) -> NDArray[np.intp]:
    """Return how long the run of ink in its row is that each pixel lies in; 0 where there is none."""
    framed = np.zeros((ink.shape[0], ink.shape[1] + 2), np.int8)
    framed[:, 1:-1] = ink
    change = np.diff(framed, axis=1)
    runs = np.nonzero(change < 0)[1] - np.nonzero(change > 0)[1]
    result = np.zeros(ink.shape, np.intp)
    result[ink] = np.repeat(runs, runs)
    return result


def _from_paper(planes: Floats, widest: float) -> Sheet:
    """Return how far planes (height, width, channels) of dark ink are from the paper, given how wide ink may be."""
    from scipy import ndimage
    from skimage.filters import threshold_otsu

    size = planes.shape[1], planes.shape[0]
    coarse = max(max(size) / COARSE, 1)
    fine = max(min(coarse, widest / FINE), 1)
    away: Floats = np.zeros(planes.shape[:2], np.float32)
    nearly = []  # without ink, but still with a table around the sheet, however little of it shows
    for k in range(planes.shape[2]):
        plane = ndimage.gaussian_filter(planes[:, :, k], 0.6)
        nearly.append(_without_ink(plane, max(size) / 30, coarse))
        paper = _enlarged(_without_ink(plane, widest, fine), size)
        away += np.maximum(paper - plane, 0) / np.maximum(paper, 24)
    away /= planes.shape[2]
    on_sheet = _sheet_region(np.stack(nearly, axis=2))
    if on_sheet is not None:
        away *= _enlarged(on_sheet.astype(np.float32), size) > 0.99
    sample = away[:: max(away.shape[0] // 400, 1), :: max(away.shape[1] // 400, 1)]
    middle = float(np.median(sample))
    noise = 1.4826 * float(np.median(np.abs(sample - middle)))
    away -= middle
    inked = away[away > max(5 * noise, 0.05)]
    pen = 0.0
    if inked.size:  # Otsu parts the pen from printed lines and grain, or else the middle of strokes from their edges.
        pen = float(inked[inked >= threshold_otsu(inked)].mean())
    return Sheet(away, dark=True, noise=noise, pen=pen)


def away_from_paper(pixels: Bytes) -> tuple[Bytes, bool]:
    """Return how far each pixel (height, width) is from the paper, in its farthest channel; and if ink is darker."""
    away, dark = signed_from_paper(pixels)
    return _channels(np.maximum, np.abs(away)).astype(np.uint8), dark


def signed_from_paper(pixels: Bytes) -> tuple[NDArray[np.int16], bool]:
    """Return how much lighter each pixel is than the paper (height, width, channels), and if most is darker.

    The paper is the median of the outermost pixels near the corners, channel by channel: the middle of a side may well
    be full of a digit that fills its picture.
    """
    planes = pixels.reshape(*pixels.shape[:2], -1).astype(np.int16)
    border = near_corners(planes)
    paper = np.sort(border, axis=0)[len(border) // 2]  # (channels,)
    away = planes - paper
    return away, bool(away.sum(dtype=np.int64) < 0)


def near_corners(planes: NDArray[T]) -> NDArray[T]:
    """Return the outermost pixels (n, …) of the first and the last quarter of each side, corners twice."""
    down, across = (-(-side // 4) for side in planes.shape[:2])
    ends = [side[part] for side in (planes[0], planes[-1]) for part in (slice(across), slice(-across, None))]
    ends += [side[part] for side in (planes[:, 0], planes[:, -1]) for part in (slice(down), slice(-down, None))]
    return np.concatenate(ends)


def is_drawing(away: Bytes) -> bool:
    """Tell a drawing from a photo; what is small is taken for one."""
    return max(away.shape) <= SMALL or looks_drawn(away)


def looks_drawn(away: Bytes) -> bool:
    """Tell whether much is exactly paper, and most of the rest is full ink."""
    if not away.any():
        return True
    peak = int(away.max())

    def at_least(level: int) -> int:
        return int(np.count_nonzero(away >= level))

    # An eighth of the peak and more is: −(−n // 8) is n / 8, rounded up.
    inked, eighth, three_eighths, six_eighths = (at_least(-(-n // 8)) for n in (1, peak, 3 * peak, 6 * peak))
    faint, others = inked - eighth, eighth - six_eighths
    return 10 * (away.size - inked) >= 3 * away.size and faint <= three_eighths and others <= 4 * six_eighths


def _channels(function: np.ufunc, planes: NDArray[Any]) -> NDArray[Any]:
    """Return what a function of two makes of all channels (height, width, channels); faster than its `reduce`."""
    return reduce(function, (planes[..., k] for k in range(planes.shape[2])))


def is_ink_dark(pixels: Bytes) -> bool:
    """Tell whether the ink is darker than the paper: on that side, pixels are farther from their surroundings."""
    from scipy import ndimage

    grey = pixels if pixels.ndim == 2 else _channels(np.minimum, pixels) // 2 + _channels(np.maximum, pixels) // 2
    block = -(-max(grey.shape) // 120)
    framed = np.pad(grey, [(0, -side % block) for side in grey.shape], mode="edge")
    rows, columns = framed.shape[0] // block, framed.shape[1] // block
    blocks = framed.reshape(rows, block, columns, block).swapaxes(1, 2).reshape(rows, columns, -1).astype(np.float32)
    paper = ndimage.median_filter(np.median(blocks, axis=2), size=25, mode="nearest")
    darker, lighter = np.maximum(paper - blocks.min(axis=2), 0), np.maximum(blocks.max(axis=2) - paper, 0)
    bonus = _CHALK if np.median(grey) > DARK_PAPER else 1
    return bonus * float((darker**3).sum()) >= float((lighter**3).sum())


def _without_ink(plane: Floats, widest: float, shrink: float) -> Floats:
    """Return a plane, so many times smaller, without what is dark and narrower than `widest`, and without grain."""
    from PIL import Image
    from scipy import ndimage

    height, width = plane.shape
    shape = max(round(width / shrink), 1), max(round(height / shrink), 1)
    coarse = np.asarray(Image.fromarray(plane).resize(shape, Image.Resampling.BOX))
    closed = ndimage.grey_closing(coarse, size=max(round(widest / shrink), 3), mode="nearest")
    return np.asarray(ndimage.gaussian_filter(closed, 1.0), np.float32)


def _enlarged(plane: Floats, size: tuple[int, int]) -> Floats:
    """Return a coarse plane in full size (width, height)."""
    from PIL import Image

    return np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BILINEAR), np.float32)


def _sheet_region(papers: Floats) -> Mask | None:
    """Return where the sheet lies in a coarse picture (height, width, channels), if something else lies around it.

    A table is darker than the sheet on it and goes to the picture's edges. So does a shadow; but a table is of another
    colour, or much darker.
    """
    from scipy import ndimage
    from skimage.filters import threshold_otsu

    grey = papers.mean(axis=2)
    if np.ptp(grey) < 40:
        return None
    bright = grey > threshold_otsu(grey)
    colour = np.median(papers[bright], axis=0)  # (channels,) of the sheet
    shares = papers / np.maximum(papers.sum(axis=2, keepdims=True), 1)
    unlike = np.abs(shares - colour / colour.sum()).max(axis=2) > OTHER_COLOUR
    around = ~bright & (unlike | (grey < MUCH_DARKER * colour.mean()))
    labels, _ = ndimage.label(~around)
    sheet = ndimage.binary_fill_holes(labels == 1 + np.bincount(labels.ravel())[1:].argmax())
    edge = np.concatenate([sheet[0], sheet[-1], sheet[:, 0], sheet[:, -1]])
    if not 0.15 < sheet.mean() < 0.97 or edge.mean() > 0.7:
        return None
    return np.asarray(ndimage.binary_erosion(sheet, iterations=2, border_value=1))
