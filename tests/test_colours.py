"""Ink of two colours is parted, so that a pen is read where print of another colour runs through its strokes."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

import byhand
from byhand.images.ink.colours import of_one_colour
from byhand.images.limits import Effort
from byhand.images.paper import look
from byhand.reading import proposals
from writing import Written, unmarked, write

Bytes = NDArray[np.uint8]
BLUE, ORANGE, GREY = (30, 50, 150), (220, 130, 60), (110, 110, 110)
TEXT = "74 18 9\n30 62 5"


@pytest.fixture(scope="module")
def page(mnist: byhand.Dataset) -> Written:
    return write(TEXT, mnist.test, gap=24)


def painted(ink: Bytes, colour: tuple[int, ...], paper: Bytes) -> Bytes:
    """Return paper with ink of a colour on it, which takes its share of the light."""
    taken = ink[..., None] / 255 * (1 - np.array(colour) / 255)
    return np.asarray(paper * (1 - taken), np.uint8)


def boxes(page: Written, *, width: int = 4) -> Bytes:
    """Return the ink of boxes that run through the digits of a page, near their edges."""
    image = Image.new("L", page.ink.shape[::-1])
    draw = ImageDraw.Draw(image)
    for left, top, right, bottom in page.boxes:
        middle, half = (left + right) // 2, (bottom - top) // 2 - 3
        draw.rectangle((middle - half, top + 3, middle + half, bottom - 3), outline=255, width=width)
    return np.asarray(image)


def scanned(page: Written, pen: tuple[int, ...], print_: tuple[int, ...], rng: np.random.Generator) -> Bytes:
    """Return a scan of a form: grainy paper, printed boxes, and digits written over them."""
    paper = np.clip(rng.normal(240, 3, (*page.ink.shape, 3)), 0, 255)
    return painted(page.ink, pen, painted(boxes(page), print_, np.asarray(paper, np.uint8)))


@pytest.mark.parametrize(("pen", "print_"), [(BLUE, ORANGE), (BLUE, GREY), ((30, 30, 30), ORANGE)])
def test_a_pen_is_read_where_print_of_another_colour_runs_through_it(
    pen: tuple[int, ...], print_: tuple[int, ...], page: Written, rng: np.random.Generator
) -> None:
    assert unmarked(byhand.read(scanned(page, pen, print_, rng))) == TEXT


def test_no_number_is_lost_for_being_of_another_colour(
    page: Written, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposals, "ENOUGH", 1.0)  # However well it is read, ...
    monkeypatch.setattr(proposals, "COLOURED", -1.0)  # ... what one colour shows is said to be better.
    paper = np.asarray(np.clip(rng.normal(240, 3, (*page.ink.shape, 3)), 0, 255), np.uint8)
    half = page.ink.shape[0] // 2
    upper, lower = page.ink.copy(), page.ink.copy()
    upper[half:] = lower[:half] = 0
    pixels = painted(upper, BLUE, painted(lower, ORANGE, paper))
    assert len(list(of_one_colour(look(pixels), pixels, Effort()))) == 2
    assert unmarked(byhand.read(pixels)) == TEXT


def test_each_colour_stands_on_a_sheet_of_its_own(page: Written, rng: np.random.Generator) -> None:
    pixels = scanned(page, BLUE, ORANGE, rng)
    sheet = look(pixels)
    written, printed = page.ink > 200, (boxes(page) > 200) & (page.ink == 0)
    shares = [
        [(one.ink > one.threshold)[some].mean() for some in (written, printed)]
        for one in of_one_colour(sheet, pixels, Effort())
    ]
    (pen, none), (neither, print_) = sorted(shares, reverse=True)
    assert min(pen, print_) > 0.95
    assert max(none, neither) < 0.15


def test_ink_of_one_colour_is_not_parted(page: Written, rng: np.random.Generator) -> None:
    one = scanned(page, BLUE, BLUE, rng)
    for pixels in (one, one.mean(axis=2).astype(np.uint8)):
        assert not list(of_one_colour(look(pixels), pixels, Effort()))


def test_a_large_photo_that_lies_on_its_side_is_looked_at_by_colours_too(
    page: Written, rng: np.random.Generator, tmp_path: Path
) -> None:
    image = Image.fromarray(scanned(page, BLUE, ORANGE, rng))
    image.resize((4 * image.width, 4 * image.height)).transpose(Image.Transpose.ROTATE_90).save(tmp_path / "side.jpg")
    assert unmarked(byhand.read(tmp_path / "side.jpg")) == TEXT
