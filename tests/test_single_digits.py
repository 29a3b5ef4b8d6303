"""One digit is found in whatever picture of it people have: its ink, all of it, and nothing beside it."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

import byhand
from byhand.images.digit.pieces import labelled, main_ink, threshold
from byhand.images.digit.surface import away_from_surface

Bytes = NDArray[np.uint8]
Ink = NDArray[np.float64]
DIGITS = 6
CASES = ("edge", "specks", "neighbours", "margin", "table", "glare", "pattern", "thick", "rim", "ruled", "far")


@pytest.fixture(scope="module")
def shipped() -> byhand.Model:
    return byhand.Model.load()


def ink_of(image: Bytes, side: int) -> Ink:
    """Return a digit with crisp edges in its own box, whose longest side is given: 0 is paper, 1 ink."""
    large = np.asarray(Image.fromarray(image).resize((336, 336), Image.Resampling.BICUBIC), np.float64) / 255
    crisp = 1 / (1 + np.exp(-20 * (ndimage.gaussian_filter(large, 4) - 0.5)))
    rows, columns = (np.flatnonzero((crisp > 0.3).any(axis)) for axis in (1, 0))
    crisp = crisp[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    size = [max(round(length * side / max(crisp.shape)), 3) for length in crisp.shape[::-1]]
    return np.asarray(Image.fromarray(crisp.astype(np.float32)).resize((size[0], size[1])), np.float64).clip(0, 1)


def grey(rng: np.random.Generator, ink: Ink, paper: Ink | float = 225.0, pen: float = 60.0) -> Bytes:
    """Return a scan: ink on paper, a little blurred, with grain."""
    mixed = ndimage.gaussian_filter(paper + (pen - paper) * ink, 0.6) + rng.normal(0, 3, ink.shape)
    return np.asarray(mixed.clip(0, 255), np.uint8)


def picture_of(  # noqa: C901  # so many kinds
    case: str, rng: np.random.Generator, image: Bytes, other: Bytes
) -> Bytes:
    """Return a picture of a digit, as people have it."""
    ink = ink_of(image, 24 if case == "pattern" else 100)
    wide = np.pad(ink, 40)
    y, x = np.indices(wide.shape)
    if case == "edge":
        return grey(rng, ink[1:-1, 1:-1])
    if case == "specks":
        wide[4:6, 4:6] = wide[-7:-5, 30:32] = 1
        return np.asarray(255 - 255 * wide, np.uint8)
    if case == "neighbours":
        beside = ink_of(other, 95)
        high = min(len(beside), len(wide))
        wide[:high, :15] = np.maximum(wide[:high, :15], beside[:high, -15:])
        return grey(rng, wide)
    if case == "margin":
        scan = grey(rng, wide)
        scan[:, :9] = scan[-7:] = 20
        return scan
    if case == "table":
        around = 110 + 12 * ndimage.gaussian_filter(rng.normal(0, 9, (len(wide) + 120, wide.shape[1] + 120)), 9)
        around[60:-60, 60:-60] = grey(rng, wide)
        coloured = around[..., None] * np.where(np.pad(np.ones(wide.shape), 60)[..., None] > 0, 1, [0.9, 0.6, 0.4])
        return np.asarray(coloured.clip(0, 255), np.uint8)
    if case == "glare":
        return grey(rng, wide, 165 + 85 * np.exp(-((x - 30) ** 2 + (y - 40) ** 2) / 2500), 50)
    if case == "pattern":
        tight = np.pad(ink, 2)
        y, x = np.indices(tight.shape)
        return grey(rng, tight, 205 + 12 * np.sin(y + 2 * np.sin(x / 4)), 90)
    if case == "thick":
        return grey(rng, np.pad(ndimage.grey_dilation(ink, 7), 1))
    if case == "rim":
        opaque = np.pad(np.full((len(wide) - 8, wide.shape[1] - 8), 255), 4)
        return np.asarray(np.dstack([*[255 - 255 * wide] * 3, opaque]), np.uint8)
    if case == "ruled":
        large = np.pad(ink, 150)
        large[20::45] = np.maximum(large[20::45], 0.35)
        return grey(rng, large)
    return grey(rng, np.pad(ink, ((900, 300), (200, 900))))


@pytest.mark.parametrize("case", CASES)
def test_digits_are_read_in_every_kind_of_picture(case: str, mnist: byhand.Dataset, shipped: byhand.Model) -> None:
    rng = np.random.default_rng(CASES.index(case))
    right = wrong = 0
    for k in range(DIGITS):
        image, label = mnist.test.images[k], str(mnist.test.labels[k])
        said = byhand.recognize(picture_of(case, rng, image, mnist.test.images[k + 50]), shipped)
        right += said.guesses[0][0] == label
        wrong += said.name not in (None, label)
    assert right >= DIGITS - 1
    assert wrong == 0


def test_a_photo_takes_little_time(mnist: byhand.Dataset, shipped: byhand.Model) -> None:
    rng = np.random.default_rng(5)
    ink = np.pad(ink_of(mnist.test.images[0], 900), ((200, 700), (300, 900)))
    photo = grey(rng, ink[:1800, :1500])
    began = time.process_time()
    assert byhand.recognize(photo, shipped).name == "7"
    assert time.process_time() - began < 2  # on a busy machine; 0.2 on an idle one


def test_a_digit_far_off_in_a_large_picture_is_told_in_pixels_of_the_picture(mnist: byhand.Dataset) -> None:
    photo = grey(np.random.default_rng(0), np.pad(ink_of(mnist.test.images[0], 60), ((700, 500), (200, 900))))
    prepared = byhand.prepare(photo)
    assert prepared.fitted is not None
    left, top, _, bottom = prepared.fitted.box
    assert (abs(left - 200) <= 4, abs(top - 700) <= 4, abs(bottom - 760) <= 4) == (True, True, True)
    assert prepared.ink.shape == photo.shape
    assert prepared.ink[top:bottom, left:].sum() == prepared.ink.sum()


# The ink of the digit


@given(rows=st.integers(1, 40), columns=st.integers(1, 40), share=st.floats(0.05, 0.9), seed=st.integers(0, 99))
def test_pieces_are_those_of_scipy(rows: int, columns: int, share: float, seed: int) -> None:
    cells = np.random.default_rng(seed).random((rows, columns)) < share
    found, n = labelled(cells)
    wanted, many = ndimage.label(cells, np.ones((3, 3)))
    assert n == many
    np.testing.assert_array_equal(found + 1, wanted)


@given(low=st.integers(1, 60), high=st.integers(120, 255), paper=st.integers(0, 500))
def test_the_threshold_parts_grain_from_the_pen_however_much_paper_there_is(low: int, high: int, paper: int) -> None:
    ink = np.array([[0] * paper + [low] * 80 + [high] * 30 + [low + 1] * 50 + [high - 9] * 20], np.uint8)
    assert low + 1 < threshold(ink) <= high - 9


def test_grain_and_specks_do_not_widen_the_box(rng: np.random.Generator) -> None:
    ink = rng.integers(0, 12, (120, 120)).astype(np.uint8)
    ink[40:80, 50:58] = 200
    ink[3:5, 100:102] = 255
    found, problem = main_ink(ink)
    assert problem is None
    rows, columns = np.nonzero(found)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (39, 80, 49, 58)


def test_ink_at_the_edge_stays_unless_it_is_a_neighbours() -> None:
    ink = np.zeros((100, 100), np.uint8)
    ink[:, 45:55] = 255
    assert np.array_equal(main_ink(ink)[0], ink)
    beside = ink.copy()
    beside[20:90, :6] = 255
    assert np.array_equal(main_ink(beside)[0], ink)


def test_the_bar_of_a_5_belongs_to_it_and_dots_do_too() -> None:
    ink = np.zeros((100, 100), np.uint8)
    ink[18:, 20:28] = ink[90:98, 20:80] = 255
    ink[:6, 40:80] = 255
    assert np.array_equal(main_ink(ink)[0], ink)
    dotted = np.pad(ink, 20)
    dotted[60:72, 90:102] = 255
    assert np.array_equal(main_ink(dotted)[0], dotted)


def test_of_many_specks_none_is_a_digit() -> None:
    ink = np.zeros((90, 90), np.uint8)
    ink[10:80:4, 10:80:4] = 255
    ink[42, 12:32] = 255
    assert main_ink(ink)[1] == "specks"


def test_a_page_of_digits_is_several(mnist: byhand.Dataset) -> None:
    line = np.hstack(
        [np.pad(ink_of(image, 60), ((20, 80 - len(ink_of(image, 60))), (12, 12))) for image in mnist.test.images[:8]]
    )
    assert byhand.prepare(np.asarray(255 - 255 * line, np.uint8)).problem_kind == "several"
    assert byhand.prepare(grey(np.random.default_rng(0), np.vstack([line, line]))).problem_kind == "several"


def test_even_paper_is_a_surface_though_most_of_it_is_covered() -> None:
    y, x = np.mgrid[-1:1:80j, -1:1:80j]
    paper = 200 + 20 * x - 10 * y - 15 * x * y
    ink = np.zeros((80, 80))
    ink[8:72, 8:72] = 0.5
    ink[30:50, 30:50] = 0
    away = away_from_surface(np.asarray(paper * (1 - ink), np.uint8), dark=True)
    assert np.abs(away - ink).max() < 0.03
