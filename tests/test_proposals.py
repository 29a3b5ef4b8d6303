"""A page is looked at in several ways, and what explains its ink best is read: edges, lines, faint ink, turns."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

import byhand
from byhand.images.ink.margins import without_margins
from byhand.images.ink.strokes import Stroke
from byhand.images.limits import Effort
from byhand.images.paper import Sheet, look
from byhand.model import AnyModel
from byhand.reading.parsing import Line, parse
from byhand.reading.proposals import read_pixels
from byhand.reading.turning import turned_box, turned_sheet
from writing import Written, unmarked, write

Bytes = NDArray[np.uint8]
TEXT = "314 15\n97"


@pytest.fixture(scope="module")
def shipped() -> byhand.Model:
    return byhand.Model.load()


@pytest.fixture(scope="module")
def scan(mnist: byhand.Dataset) -> Bytes:
    return scanned(write(TEXT, mnist.test))


def scanned(written: Written) -> Bytes:
    """Return a page with the grain of a scan."""
    grain = np.random.default_rng(3).normal(0, 3, written.ink.shape)
    return np.clip(240 - 0.8 * written.ink + grain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_page_is_read_as_if_upright(quarters: int, shipped: byhand.Model, scan: Bytes) -> None:
    upright, turned = byhand.read(scan, shipped), byhand.read(np.rot90(scan, quarters), shipped)
    assert turned.text == upright.text == TEXT
    assert turned.size == np.rot90(scan, quarters).shape[::-1]
    for before, after in zip(upright.digits, turned.digits, strict=True):
        expected = turned_box(before.box, quarters, (scan.shape[1], scan.shape[0]))
        assert np.abs(np.subtract(after.box, expected)).max() <= 3


def test_a_turned_page_is_upright_though_no_effort_is_left_to_look_at_it_anew(
    shipped: byhand.Model, scan: Bytes
) -> None:
    turned = np.ascontiguousarray(np.rot90(scan, 2))
    spent = Effort()
    assert read_pixels(turned, shipped, spent).way.quarters == 2
    scarce = Effort(Effort().left - spent.left - 1)
    assert read_pixels(turned, shipped, scarce).way.quarters == 2


@pytest.mark.parametrize("quarters", range(5))
def test_a_box_turns_with_its_page(quarters: int) -> None:
    page = np.zeros((30, 50), np.uint8)
    page[4:9, 20:32] = 1
    left, top, right, bottom = turned_box((20, 4, 32, 9), quarters, (50, 30))
    turned = turned_sheet(look(255 - 255 * page), quarters).ink > 0
    assert turned[top:bottom, left:right].all()
    assert turned.sum() == page.sum()


@pytest.mark.parametrize("sides", [(60, 60, 60, 60), (300, 0, 0, 0), (0, 0, 400, 500), (200, 200, 200, 200)])
def test_black_margins_do_not_matter(sides: tuple[int, int, int, int], shipped: byhand.Model, scan: Bytes) -> None:
    top, bottom, left, right = sides
    assert byhand.read(np.pad(scan, ((top, bottom), (left, right)), constant_values=12), shipped).text == TEXT


@pytest.mark.parametrize("label", range(10))
def test_a_light_digit_on_black_is_no_page_with_margins(label: int, mnist: byhand.Dataset) -> None:
    for image in mnist.test.images[mnist.test.labels == label][:40]:
        large = np.kron(np.pad(image, 6), np.ones((6, 6), np.uint8))
        assert without_margins(large) is large


def test_ink_at_the_edges_is_read(shipped: byhand.Model, mnist: byhand.Dataset) -> None:
    written = write("5241478075", mnist.test)
    pixels = scanned(written)
    left, top, right, bottom = (
        int(function(box[k] for box in written.boxes)) for k, function in enumerate((min, min, max, max))
    )
    assert unmarked(byhand.read(pixels[top:bottom, left:right], shipped)) == "5241478075"


def test_round_zeros_are_no_boxes_and_are_not_cut(shipped: byhand.Model, mnist: byhand.Dataset) -> None:
    assert byhand.read(scanned(write("00 80 600", mnist.test)), shipped).text == "00 80 600"


def test_faint_digits_beside_dark_ones_are_read(shipped: byhand.Model, mnist: byhand.Dataset) -> None:
    written = write("31 52\n46 97", mnist.test)
    ink = written.ink.astype(float)
    ink[len(ink) // 2 :] *= 0.25
    pixels = np.clip(240 - 0.8 * ink + np.random.default_rng(3).normal(0, 2, ink.shape), 0, 255).astype(np.uint8)
    assert read_pixels(pixels, shipped, Effort()).way.faint
    assert byhand.read(pixels, shipped).text == "31 52\n46 97"


def test_a_shadow_over_a_wide_page_is_paper(mnist: byhand.Dataset) -> None:
    written = write("\n".join(["314 15 2093 587 6402 71 865"] * 3), mnist.test, side=40)
    light = np.ones(written.ink.shape)
    light[:100, 300:700] = 0.65
    grain = np.random.default_rng(3).normal(0, 3, light.shape)
    pixels = np.clip((240 - 0.5 * written.ink) * ndimage.gaussian_filter(light, 8) + grain, 0, 255).astype(np.uint8)
    sheet = look(pixels)
    inked = sheet.ink > sheet.threshold
    assert inked[written.ink > 200].mean() > 0.9
    assert inked[ndimage.maximum_filter(written.ink, 9) == 0].mean() < 0.001


def test_a_page_that_is_read_well_is_looked_at_once(
    shipped: byhand.Model, scan: Bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Sheet] = []

    def counted(sheet: Sheet, found: list[Stroke], model: AnyModel, effort: Effort) -> list[Line]:
        looks.append(sheet)
        return parse(sheet, found, model, effort)

    monkeypatch.setattr("byhand.reading.proposals.parse", counted)
    assert byhand.read(scan, shipped).text == TEXT
    assert len(looks) == 1
