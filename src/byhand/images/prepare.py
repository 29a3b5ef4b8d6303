"""A picture of one digit → the image that the network knows: 28×28, light ink on dark paper, as in MNIST.

A drawing, made on a screen, has paper of one colour, and all that differs from it is ink. A photo or scan has light,
grain and shadows, and its ink is found by `byhand.images.paper`. From the ink on, both go the same way: `fit`. What is
done with a drawing is so simple that it can be done again in a browser, to the same pixels: docs/preprocessing.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from byhand import machine
from byhand.errors import ByhandError
from byhand.images.digit.pieces import main_ink
from byhand.images.fit import SIDE, Fitted, fit
from byhand.images.paper import away_from_paper, is_drawing, looks_drawn
from byhand.images.pictures import Picture, Source, open_picture
from byhand.images.showing.texts import shortened
from byhand.types import Bytes, Mask

if TYPE_CHECKING:
    from byhand.images.digit.photos import Found

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
    drawing = prepare_drawing(picture)
    if drawing is not None:
        return drawing
    first, *others = proposals(picture)
    return next((way for way in (first, *others) if way.problem is None), first)


def proposals(picture: Picture) -> Iterator[Prepared]:
    """Yield the ways in which a picture of one digit can be made ready, what is right most often first.

    A drawing has one way, which takes a millisecond or two if it is small. Of a photo or scan, each is made when it is
    asked for; they take scikit-image and SciPy. What is so small that it is taken for a drawing may be a photo too.
    """
    drawing = prepare_drawing(picture)
    if drawing is not None:
        yield drawing
        if looks_drawn(away_from_paper(picture.pixels)[0]):
            return
    try:
        machine.require("read", f"{picture.name}: is a photo or scan. To read one")
    except ByhandError:
        if drawing is None:
            raise
        return
    yield from _photo_proposals(picture)


def prepare_drawing(picture: Picture) -> Prepared | None:
    """Bring a drawing to 28×28 pixels, in a millisecond or two if it is small; return None of a photo."""
    ink, dark = away_from_paper(picture.pixels)
    return prepare_ink(picture, ink, dark=dark) if is_drawing(ink) else None


def prepare_ink(picture: Picture, ink: Bytes, *, dark: bool) -> Prepared:
    """Bring the ink of a drawing to 28×28 pixels."""
    problem: Problem | None = None
    if int(ink.max()) >= FAINTEST:
        ink, problem = main_ink(ink)
    return _finished(picture, ink, drawing=True, dark=dark, threshold=1.0, problem=problem)


def _photo_proposals(picture: Picture) -> Iterator[Prepared]:
    """Yield the ways to make a photo or scan ready."""
    from byhand.images.digit.photos import ways
    from byhand.images.limits import Effort

    try:
        for found in ways(picture.pixels, Effort.after_opening(picture)):
            dark, threshold, problem = found.dark, found.threshold, found.problem
            prepared = _finished(picture, found.ink, drawing=False, dark=dark, threshold=threshold, problem=problem)
            yield _in_picture(prepared, found)
    except ByhandError as error:
        raise error.within(picture.name) from error


def _in_picture(prepared: Prepared, found: "Found") -> Prepared:
    """Return what was made of a reduced copy, or a part of it, with places and ink of the picture."""
    left, top = found.place
    height, width = prepared.picture.pixels.shape[:2]
    ink = np.zeros((height, width), np.uint8)
    large = found.ink.repeat(found.factor, axis=0).repeat(found.factor, axis=1)[: height - top, : width - left]
    ink[top : top + large.shape[0], left : left + large.shape[1]] = large
    fitted = prepared.fitted
    if fitted is not None:
        starts, ends = (left, top, left, top), (width, height, width, height)
        sides = (min(a + found.factor * side, b) for a, side, b in zip(starts, fitted.box, ends, strict=True))
        one, two, three, four = sides
        fitted = replace(fitted, box=(one, two, three, four), scale=fitted.scale / found.factor)
    return replace(prepared, ink=ink, fitted=fitted)


def _finished(
    picture: Picture, ink: Bytes, *, drawing: bool, dark: bool, threshold: float, problem: Problem | None
) -> Prepared:
    """Fit the ink to 28×28 pixels and tell what is wrong with it, if that is not known yet."""
    if int(ink.max(initial=0)) < FAINTEST:
        blank = np.zeros((SIDE, SIDE), np.uint8)
        return Prepared(blank, picture, drawing, dark, threshold, ink, None, "blank")
    image, fitted = fit(ink)
    if not image.any():
        problem = "specks"
    elif problem is None and fitted.stroke_width > FILLED:
        problem = "filled"
    elif problem is None and _apart(ink, fitted):
        problem = "several"
    return Prepared(image, picture, drawing, dark, threshold, ink, fitted, problem)


def _apart(ink: Bytes, fitted: Fitted) -> bool:
    """Tell whether the ink lies in two parts with free space between them: side by side, or one above the other."""
    left, top, right, bottom = fitted.box
    inked = ink[top:bottom, left:right] >= FAINTEST
    height = inked.shape[0]
    for columns in _parted(inked):
        if all(_is_tall(side, height) and side.sum() > 0.1 * inked.sum() for side in columns):
            return True
    for rows in _parted(inked.T):
        # The bar of a 5 may well lie above its body.
        if all(side.shape[1] > 0.35 * height and side.sum() > 0.2 * inked.sum() for side in rows):
            return True
    return False


def _is_tall(inked: Mask, height: int) -> bool:
    """Tell whether ink reaches over most of a height."""
    return bool(np.ptp(np.flatnonzero(inked.any(axis=1))) > 0.6 * height)


def _parted(inked: Mask) -> Iterator[tuple[Mask, Mask]]:
    """Yield what lies on either side of each gap, of empty columns."""
    empty: Mask = np.logical_not(inked.any(axis=0))
    for cut in np.flatnonzero(empty[1:] & ~empty[:-1]) + 1:
        if np.argmin(empty[cut:]) > 0.06 * max(inked.shape):
            yield inked[:, :cut], inked[:, cut:]
