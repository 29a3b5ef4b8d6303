"""A picture of one digit → the image that the network knows: 28×28, light ink on dark paper, as in MNIST.

A drawing, made on a screen, has paper of one colour, and all that differs from it is ink. A photo or scan has light,
grain and shadows, and its ink is found by `byhand.images.paper`. From the ink on, both go the same way: `fit`. What is
done with a drawing is so simple that it can be done again in a browser, to the same pixels: docs/preprocessing.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from byhand import machine
from byhand.errors import ByhandError
from byhand.images.fit import SIDE, Fitted, fit
from byhand.images.paper import away_from_paper, is_drawing, look_at_photo
from byhand.images.pictures import Picture, Source, open_picture
from byhand.images.showing.texts import shortened
from byhand.types import Bytes, Mask

if TYPE_CHECKING:
    from byhand.images.ink.strokes import Stroke

FAINTEST = 24  # of 255: what differs less from the paper everywhere is no ink.
FILLED = 7.5  # Width of strokes, in pixels of the 28×28 image, that no pen makes; MNIST's widest are 6.4.

Problem: TypeAlias = Literal["blank", "specks", "filled", "several"]

PROBLEMS: dict[Problem, str] = {
    "blank": "it is blank",
    "specks": "its ink is a few specks, far apart",
    "filled": "it is filled rather than written: its strokes are far too thick",
    "several": "it seems to be more than one digit; byhand read reads several",
}


@dataclass(frozen=True, eq=False)
class Prepared:
    """A picture of one digit, made ready for the network, and how.

    Attributes
    ----------
    image
        (28, 28) uint8: 0 is paper, 255 ink.
    picture
        What it was made of.
    drawing
        Whether it was taken for a drawing; else for a photo or scan.
    dark
        Whether its ink is darker than its paper.
    threshold
        From which distance from the paper on a pixel is ink: in grey levels for a drawing, as a share of the paper's
        lightness for a photo.
    ink
        (height, width) uint8, the ink alone; 0 is paper.
    fitted
        How the ink became the image; None if there is none.
    problem_kind
        Why this cannot be a digit, in a word; None if it can.
    """

    image: Bytes
    picture: Picture
    drawing: bool
    dark: bool
    threshold: float
    ink: Bytes
    fitted: Fitted | None
    problem_kind: Problem | None

    def __repr__(self) -> str:
        return f"<byhand.Prepared: {', '.join(self._about())}>"

    def _repr_html_(self) -> str:
        """Return the image and the picture that it was made of, for a notebook."""
        from byhand.images.showing import records

        return records.prepared(self._about(), self.image, self.picture.pixels)

    def _about(self) -> list[str]:
        """Return what there is to say of it in short."""
        kind = f"{'dark' if self.dark else 'light'} ink in a {'drawing' if self.drawing else 'photo or scan'}"
        return [shortened(self.picture.name, 60), kind, self.problem or "ready to be read"]

    @property
    def problem(self) -> str | None:
        """Why this cannot be a digit, in words; None if it can."""
        return None if self.problem_kind is None else PROBLEMS[self.problem_kind]


def prepare(source: Source) -> Prepared:
    """Bring a picture of one digit to 28×28 pixels, as MNIST's makers did.

    Parameters
    ----------
    source
        A file's path, its bytes or an open file, a Pillow image, or an array (height, width), with 2, 3 or 4 channels:
        uint8, uint16, bool, or floats in 0…1. Dark ink on light paper or light on dark, of any colours, any size, and
        anywhere in the picture.

    Returns
    -------
    Prepared
        With the image, also if there is a problem with it; then `problem` says which.

    Raises
    ------
    ByhandError
        If a file cannot be read, or a photo needs `byhand[read]`, which is not installed.
    UsageError
        If an array is of another shape, type or range.
    """
    picture = open_picture(source)
    return prepare_drawing(picture) or prepare_photo(picture)


def prepare_drawing(picture: Picture) -> Prepared | None:
    """Bring a drawing to 28×28 pixels, in less than a millisecond if it is small; return None of a photo."""
    ink, dark = away_from_paper(picture.pixels)
    return _finished(picture, ink, drawing=True, dark=dark, threshold=1.0) if is_drawing(ink) else None


def prepare_photo(picture: Picture) -> Prepared:
    """Bring a photo or scan to 28×28 pixels; it takes scikit-image and SciPy."""
    machine.require("read", f"{picture.name}: is a photo or scan. To read one")
    from byhand.images.limits import Effort
    from byhand.images.segment import ink_of, strokes

    sheet = look_at_photo(picture.pixels)
    try:
        found = _main(strokes(sheet, Effort.after_opening(picture)))
    except ByhandError as error:
        raise error.within(picture.name) from error
    ink = np.zeros(sheet.ink.shape, np.uint8)
    if found:
        part, (left, top, right, bottom) = ink_of(sheet, found)
        ink[top:bottom, left:right] = part
    return _finished(picture, ink, drawing=False, dark=sheet.dark, threshold=sheet.threshold)


def _main(found: "list[Stroke]") -> "list[Stroke]":
    """Return the strokes that are not small beside the largest."""
    largest = max((stroke.height for stroke in found), default=0)
    return [stroke for stroke in found if max(stroke.height, stroke.width) > 0.25 * largest]


def _finished(picture: Picture, ink: Bytes, *, drawing: bool, dark: bool, threshold: float) -> Prepared:
    """Fit the ink to 28×28 pixels and tell what is wrong with it."""
    if int(ink.max(initial=0)) < FAINTEST:
        blank = np.zeros((SIDE, SIDE), np.uint8)
        return Prepared(blank, picture, drawing, dark, threshold, ink, None, "blank")
    image, fitted = fit(ink)
    problem: Problem | None = None
    if not image.any():
        problem = "specks"
    elif fitted.stroke_width > FILLED:
        problem = "filled"
    elif _apart(ink, fitted):
        problem = "several"
    return Prepared(image, picture, drawing, dark, threshold, ink, fitted, problem)


def _apart(ink: Bytes, fitted: Fitted) -> bool:
    """Tell whether the ink lies in two parts with free space between them: side by side, or one above the other."""
    left, top, right, bottom = fitted.box
    inked = ink[top:bottom, left:right] >= FAINTEST
    height = inked.shape[0]
    for columns in _parted(inked):
        if all(np.ptp(np.flatnonzero(side.any(axis=1))) > 0.6 * height for side in columns):
            return True
    for rows in _parted(inked.T):
        # The bar of a 5 may well lie above its body.
        if all(side.shape[1] > 0.35 * height and side.sum() > 0.2 * inked.sum() for side in rows):
            return True
    return False


def _parted(inked: Mask) -> Iterator[tuple[Mask, Mask]]:
    """Yield what lies on either side of each gap, of empty columns."""
    empty: Mask = np.logical_not(inked.any(axis=0))
    for cut in np.flatnonzero(empty[1:] & ~empty[:-1]) + 1:
        if np.argmin(empty[cut:]) > 0.06 * max(inked.shape):
            yield inked[:, :cut], inked[:, cut:]
