"""A photo or scan of one digit → its ink, in several ways, for the network to say which is right.

No rule for paper suits all pictures: what is lightest near by is paper where shadows and tables have edges, and an even
surface where a thick stroke or a tight crop leaves no paper near by. A digit is large enough to be seen on a reduced
copy, which takes a hundredth of the time; if it is small in the picture, the part that it lies in is looked at again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from byhand.images.digit.pieces import labelled, main_ink
from byhand.images.digit.surface import away_from_surface
from byhand.images.fit import bounds
from byhand.images.ink.strokes import Stroke
from byhand.images.limits import Effort
from byhand.images.paper import Sheet, is_ink_dark, look_at_photo, near_corners, signed_from_paper
from byhand.images.segment import ink_of, strokes
from byhand.types import Box, Bytes, Floats

SEEN = 400  # Pixels of the longest side of the copy that is looked at.
CLEAR = 80  # Pixels of the longest side of a digit that is seen clearly in it.
ACROSS = 0.9  # Of the picture's width or height, which what is as long may be a printed line.
LOOKS = 3  # A digit that is smaller is looked at again, so many times at most.

Way = Callable[[Bytes, bool], Sheet]


@dataclass(frozen=True, eq=False)
class Found:
    """The ink of one digit, as one way found it.

    Attributes
    ----------
    ink
        (height, width) uint8 of the copy, or a part of it, that was looked at; all 0 if nothing was found.
    specks
        Whether it is no more than one of many specks.
    factor
        By which the copy is smaller than the picture.
    place
        Left and top of it, in pixels of the picture.
    dark
        Whether the ink is darker than the paper.
    threshold
        From which distance from the paper on a pixel is ink, as a share of the paper's lightness.
    """

    ink: Bytes
    specks: bool
    factor: int
    place: tuple[int, int]
    dark: bool
    threshold: float


def ways(pixels: Bytes, effort: Effort) -> Iterator[Found]:
    """Yield the ink of the digit in a photo or scan, (height, width) or (height, width, 3), found in several ways.

    What is right most often comes first.
    """
    copy = _reduced(pixels)[0]
    dark = is_ink_dark(copy)
    yield _seen(pixels, on_even_paper, dark)
    yield _seen(pixels, on_any_paper, dark)
    yield _seen(pixels, on_plain_paper, dark)
    if _may_have_lines(on_even_paper(copy, dark)):
        yield _without_lines(pixels, dark, effort)
    yield _seen(pixels, on_even_paper, not dark)
    yield _seen(pixels, on_any_paper, not dark)


def on_even_paper(pixels: Bytes, dark: bool) -> Sheet:
    """Tell ink from paper that is a smooth surface."""
    return _sheet(away_from_surface(pixels, dark=dark), dark)


def on_any_paper(pixels: Bytes, dark: bool) -> Sheet:
    """Tell ink from paper that is what is lightest near by, on a table or not."""
    return look_at_photo(pixels, dark=dark)


def on_plain_paper(pixels: Bytes, _: bool) -> Sheet:
    """Tell ink from paper of one colour, that of the corners: of a digit that fills its picture, little else shows."""
    away, dark = signed_from_paper(pixels)
    return _sheet(np.asarray(away.mean(axis=2) / (-255 if dark else 255), np.float32), dark)


def _sheet(away: Floats, dark: bool) -> Sheet:
    """Return what is known of a picture from how far its pixels are from the paper; most of them may be ink.

    What is on the other side of the paper than ink is grain.
    """
    from skimage.filters import threshold_otsu

    grain = -away[away < 0]
    noise = 1.4826 * float(np.median(grain)) if grain.size else 0.0
    inked = away[away > max(5 * noise, 0.05)]
    pen = float(inked[inked >= threshold_otsu(inked)].mean()) if inked.size else 0.0
    return Sheet(away, dark, noise, pen)


def _may_have_lines(sheet: Sheet) -> bool:
    """Tell whether ink that hangs together reaches from one side of a picture nearly to the other."""
    labels, n = labelled(sheet.ink > sheet.threshold)
    for axis, side in enumerate(sheet.ink.shape):
        places = np.indices(labels.shape, np.int16)[axis][labels >= 0]
        first, last = np.full(n, side), np.zeros(n, np.int64)
        np.minimum.at(first, labels[labels >= 0], places)
        np.maximum.at(last, labels[labels >= 0], places)
        if n and (last - first).max() >= ACROSS * side:
            return True
    return False


def _seen(pixels: Bytes, way: Way, dark: bool) -> Found:
    """Return the ink that a way finds, looked at more closely until it is seen clearly."""
    height, width = pixels.shape[:2]
    box: Box = (0, 0, width, height)
    for _ in range(LOOKS):
        left, top, right, bottom = box
        copy, factor = _reduced(pixels[top:bottom, left:right])
        sheet = way(copy, dark)
        ink, specks = _digit(*_levels(sheet))
        found = Found(ink, specks, factor, (left, top), dark, sheet.threshold)
        if factor == 1 or not ink.any():
            break
        near = bounds(ink)
        longest = max(near[2] - near[0], near[3] - near[1])
        if longest >= CLEAR:
            break
        box = _around(near, longest, found, (width, height))
    return found


def _digit(ink: Bytes, least: int) -> tuple[Bytes, bool]:
    """Return the main ink, and whether it is a speck; without what lies around the sheet: it fills most corners."""
    if not ink.any():
        return ink, False
    main, specks = main_ink(ink, least=least)
    if np.count_nonzero(corners := near_corners(main)) > len(corners) / 2:
        rest = np.where(main > 0, np.uint8(0), ink)
        return main_ink(rest, least=least) if rest.max() >= least else (np.zeros_like(ink), False)
    return main, specks


def _around(near: Box, longest: int, found: Found, size: tuple[int, int]) -> Box:
    """Return the part of a picture that has the ink in its middle and as much paper around it as it is long."""
    sides = [
        (found.place[k % 2] + found.factor * (side + (longest if k > 1 else -longest))) for k, side in enumerate(near)
    ]
    return max(sides[0], 0), max(sides[1], 0), min(sides[2], size[0]), min(sides[3], size[1])


def _levels(sheet: Sheet) -> tuple[Bytes, int]:
    """Return the ink of a sheet, 0…255, and from which level on it may be the pen; nothing if all may be grain."""
    if sheet.pen <= 0:
        return np.zeros(sheet.ink.shape, np.uint8), 1
    scale = 255 / sheet.pen
    ink: Bytes = np.asarray(np.clip(sheet.ink * scale, 0, 255), np.uint8)
    return ink, max(int(max(4 * sheet.noise, 0.04) * scale), 1)


def _reduced(pixels: Bytes) -> tuple[Bytes, int]:
    """Return a copy of a picture that is small enough to be looked at, and by which factor it is smaller."""
    from PIL import Image

    factor = -(-max(pixels.shape[:2]) // SEEN)
    return (pixels, 1) if factor == 1 else (np.asarray(Image.fromarray(pixels).reduce(factor)), factor)


def _without_lines(pixels: Bytes, dark: bool, effort: Effort) -> Found:
    """Return the ink that is left when printed lines are taken out."""
    copy, factor = _reduced(pixels)
    sheet = look_at_photo(copy, dark=dark)
    ink = np.zeros(sheet.ink.shape, np.uint8)
    found = _main(strokes(sheet, effort))
    if found:
        part, (left, top, right, bottom) = ink_of(sheet, found)
        ink[top:bottom, left:right] = part
    return Found(ink, False, factor, (0, 0), dark, sheet.threshold)


def _main(found: list[Stroke]) -> list[Stroke]:
    """Return the strokes that are not small beside the largest."""
    largest = max((stroke.height for stroke in found), default=0)
    return [stroke for stroke in found if max(stroke.height, stroke.width) > 0.25 * largest]
