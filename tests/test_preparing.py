"""A picture of one digit becomes the image that MNIST's makers would have made of it, whatever it was drawn on."""

import io
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

import byhand
from byhand import machine
from byhand.images.fit import LONGEST, THICK, THIN, bounds, fit, resize, stroke_width
from byhand.images.prepare import FAINTEST

Bytes = NDArray[np.uint8]
sides = st.integers(1, 60)


@pytest.fixture(scope="module")
def seven(mnist: byhand.Dataset) -> Bytes:
    """Return a large 7, light on dark, with much paper around it."""
    large = Image.fromarray(mnist.test.images[0]).resize((168, 168), Image.Resampling.BICUBIC)
    return np.pad(np.asarray(large, np.uint8), 40)


def ink_of(height: int, width: int, seed: int) -> Bytes:
    """Return random ink; all of it reaches from edge to edge."""
    rng = np.random.default_rng(seed)
    ink = rng.integers(1, 256, (height, width)) * (rng.random((height, width)) < rng.choice([0.02, 0.2, 1]))
    ink[0, 0] = ink[-1, -1] = 255
    return np.asarray(ink, np.uint8)


def photo_of(ink: Bytes, seed: int = 0) -> Bytes:
    """Return a photo of dark ink on grey paper: light from one side, and grain."""
    y, x = np.indices(ink.shape) / max(ink.shape)
    grain = np.random.default_rng(seed).normal(0, 6, ink.shape)
    light = 150 + 60 * x - 30 * y
    return np.asarray(np.clip(light * (1 - 0.75 * ink / 255) + grain, 0, 255), np.uint8)


def ways(old: int, new: int) -> list[dict[int, Fraction]]:
    """Return for every new pixel which old ones it is made of, and in which shares, as anybody would define it."""
    rows: list[dict[int, Fraction]] = []
    for i in range(new):
        if new <= old:  # Shares of the area that it covers.
            low, high = Fraction(i * old, new), Fraction((i + 1) * old, new)
            shares = {k: max(min(high, Fraction(k + 1)) - max(low, Fraction(k)), Fraction(0)) for k in range(old)}
            rows.append({k: share / (high - low) for k, share in shares.items()})
        else:  # Linear between the centres of pixels.
            place = min(max(Fraction(2 * i + 1, 2) * old / new - Fraction(1, 2), Fraction(0)), Fraction(old - 1))
            rows.append({k: max(1 - abs(place - k), Fraction(0)) for k in range(old)})
    return [{k: share for k, share in row.items() if share} for row in rows]


# Fitting


@given(height=st.integers(1, 12), width=st.integers(1, 12), tall=st.integers(1, 15), wide=st.integers(1, 15))
def test_resizing_is_exact(height: int, width: int, tall: int, wide: int) -> None:
    ink = np.random.default_rng(height * width + tall).integers(0, 256, (height, width), np.uint8)
    values = ink.tolist()
    expected = [
        [
            int(sum(a * b * values[y][x] for y, a in row.items() for x, b in column.items()) + Fraction(1, 2))
            for column in ways(width, wide)
        ]
        for row in ways(height, tall)
    ]
    np.testing.assert_array_equal(resize(ink, (tall, wide)), expected)


@given(height=sides, width=sides, seed=st.integers(0, 99))
@example(1, 1, 0)
@example(1, 57, 0)
@example(57, 1, 0)
@example(300, 2, 0)
def test_the_longest_side_is_20_and_the_centre_of_mass_in_the_middle(height: int, width: int, seed: int) -> None:
    image, fitted = fit(ink_of(height, width, seed))
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    assert fitted.box == (0, 0, width, height)
    assert fitted.scale == LONGEST / max(height, width)
    left, top, right, bottom = bounds(image)
    assert max(right - left, bottom - top) <= LONGEST
    assert image.max() >= 254
    mass = image.astype(np.int64)
    for axis, (low, high) in ((0, (left, right)), (1, (top, bottom))):
        mean = float((mass.sum(axis=axis) * np.arange(28)).sum() / mass.sum())
        clamped = (mean < 14 and high == 28) or (mean > 14 and low == 0)
        assert clamped or abs(mean - 14) <= 0.5


def test_the_longest_side_is_20_exactly_where_the_ink_is_full() -> None:
    for height, width in ((200, 100), (100, 200), (10, 7), (20, 20)):
        ink = np.zeros((height, width), np.uint8)
        thick = max(height // 8, 1)
        ink[:thick], ink[-thick:], ink[:, :thick], ink[:, -thick:] = 255, 255, 255, 255
        left, top, right, bottom = bounds(fit(ink)[0])
        assert (right - left, bottom - top) == (
            round(20 * width / max(height, width)),
            round(20 * height / max(height, width)),
        )


@given(height=sides, width=sides, seed=st.integers(0, 99), right=st.integers(0, 9), down=st.integers(0, 9))
def test_it_does_not_matter_where_the_ink_lies(height: int, width: int, seed: int, right: int, down: int) -> None:
    ink = ink_of(height, width, seed)
    np.testing.assert_array_equal(fit(np.pad(ink, ((down, 3), (right, 0))))[0], fit(ink)[0])


def test_nothing_is_cut_off_though_the_mass_is_far_aside() -> None:
    ink = np.zeros((100, 100), np.uint8)
    ink[:, :8], ink[:30, :30], ink[-6:] = 255, 255, 255  # nearly all of it to the left
    image, fitted = fit(ink)
    left, top, right, bottom = bounds(image)
    assert (right - left, bottom - top) == (20, 20)
    assert fitted.shift == (left, top)
    assert left == 8


@pytest.mark.parametrize(("width", "sign"), [(1, 1), (2, 1), (60, -1), (70, -1)])
def test_strokes_of_no_pen_are_brought_to_the_width_of_mnists(width: int, sign: int) -> None:
    ink = np.zeros((260, 260), np.uint8)
    ink[20 : 20 + width, 20:240] = ink[20:240, 240 - width : 240] = 255
    image, fitted = fit(ink)
    assert not THIN <= fitted.stroke_width <= THICK
    assert fitted.thickened * sign > 0
    assert THIN <= stroke_width(image) <= THICK
    assert max(image.any(axis=0).sum(), image.any(axis=1).sum()) == LONGEST


@given(width=st.integers(20, 40))
def test_strokes_of_a_pen_stay_as_they_are(width: int) -> None:
    ink = np.zeros((220, 220), np.uint8)
    ink[:width] = ink[:, -width:] = 255
    image, fitted = fit(ink)
    assert fitted.thickened == 0
    assert stroke_width(image) == pytest.approx(width / 11, rel=0.15)


def test_a_single_pixel_and_the_thinnest_lines_are_fitted() -> None:
    for shape in ((1, 1), (1, 500), (500, 1), (2, 2)):
        for value in (1, 255):
            image, _ = fit(np.full(shape, value, np.uint8))
            assert image.max() == 255
            assert max(image.any(axis=0).sum(), image.any(axis=1).sum()) == LONGEST


def test_of_two_specks_far_apart_nothing_remains() -> None:
    ink = np.zeros((2400, 30), np.uint8)
    ink[0, 0] = ink[-1, -1] = 255
    assert not fit(ink)[0].any()
    assert "specks" in str(byhand.prepare(255 - np.pad(ink, 30)).problem)


def test_mnists_images_stay_what_they_are(mnist: byhand.Dataset) -> None:
    images = mnist.test.images[:500]
    fitted = np.stack([fit(image)[0] for image in images])
    change = np.abs(fitted.astype(int) - images).mean(axis=(1, 2))
    assert change.mean() < 1
    assert (change == 0).mean() > 0.95
    again = np.stack([fit(image)[0] for image in fitted])
    assert (again == fitted).mean() > 0.9999


# Drawings


def drawings_of(ink: Bytes) -> dict[str, Any]:
    """Return the same drawing as people might have it."""
    share = ink[..., None] / 255
    png = io.BytesIO()
    Image.fromarray(255 - ink).save(png, format="PNG")
    alpha = np.dstack([np.zeros_like(ink), ink])
    wider = np.pad(255 - ink, ((3, 200), (90, 0)), constant_values=255)
    return {
        "light on dark": ink,
        "dark on light": 255 - ink,
        "shifted": wider,
        "alpha": alpha,
        "colours": np.dstack([255 - ink] * 3),
        "light ink on nothing": np.dstack([np.full_like(ink, 255)] * 3 + [ink]),
        "red on white": np.round(255 * (1 - share) + [255, 0, 0] * share).astype(np.uint8),
        "bytes": png.getvalue(),
        "stream": png,
        "Pillow": Image.fromarray(255 - ink),
        "palette": Image.fromarray(255 - ink).convert("P"),
        "fractions": (255 - ink) / 255,
        "16 bits": ink.astype(np.uint16) * 257,
    }


def test_the_same_drawing_gives_the_same_image(seven: Bytes, tmp_path: Path) -> None:
    expected = byhand.prepare(seven)
    assert expected.drawing
    assert expected.problem is None
    sources = drawings_of(seven)
    Image.fromarray(255 - seven).save(tmp_path / "seven.png")
    for name, source in (sources | {"path": tmp_path / "seven.png", "text": str(tmp_path / "seven.png")}).items():
        prepared = byhand.prepare(source)
        np.testing.assert_array_equal(prepared.image, expected.image, err_msg=name)
        assert prepared.drawing, name


def test_ink_and_paper_may_have_any_colours(seven: Bytes) -> None:
    expected, share = byhand.prepare(seven).image.astype(int), seven[..., None] / 255
    for paper, ink in (
        ((250, 240, 200), (20, 30, 90)),
        ((20, 60, 30), (240, 240, 100)),
        ((200, 40, 40), (40, 40, 200)),
    ):
        prepared = byhand.prepare(np.round(np.array(paper) * (1 - share) + np.array(ink) * share).astype(np.uint8))
        assert prepared.drawing
        assert np.abs(prepared.image - expected).max() <= 4, (paper, ink)


def test_black_and_white_alone_is_a_drawing_too(seven: Bytes) -> None:
    inked = seven > 127
    images = [byhand.prepare(drawn).image for drawn in (inked, ~inked, inked.astype(float))]
    assert all(np.array_equal(image, images[0]) for image in images)


@given(scale=st.floats(0.5, 3))
def test_a_larger_or_smaller_drawing_gives_nearly_the_same_image(seven: Bytes, scale: float) -> None:
    size = round(scale * len(seven))
    scaled = Image.fromarray(255 - seven).resize((size, size), Image.Resampling.BICUBIC)
    image, expected = byhand.prepare(scaled).image.astype(int), byhand.prepare(seven).image
    # The centre of mass is brought to a whole pixel, so by a hair it may be the next one.
    moved = [np.roll(image, (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    assert min(np.abs(some - expected).mean() for some in moved) < 3


def test_it_is_told_whether_the_ink_is_dark(seven: Bytes) -> None:
    for source, dark in ((seven, False), (255 - seven, True)):
        assert byhand.prepare(source).dark == dark
        assert byhand.prepare(photo_of(seven) if dark else 255 - photo_of(seven)).dark == dark


def test_what_was_done_is_told(seven: Bytes) -> None:
    prepared = byhand.prepare(255 - seven)
    assert np.array_equal(prepared.ink[prepared.ink > 0], seven[prepared.ink > 0])
    assert seven[prepared.ink == 0].max() < 32  # the softest ends of strokes
    assert prepared.fitted is not None
    left, top, right, bottom = prepared.fitted.box
    assert prepared.ink[top:bottom, left:right].any(axis=1).all()
    assert prepared.ink.sum() == prepared.ink[top:bottom, left:right].sum()
    assert prepared.fitted.scale == 20 / max(right - left, bottom - top)
    assert prepared.picture.name == "the picture"


# What is no digit


@pytest.mark.parametrize("size", [(28, 28), (300, 200), (1, 1)])
@pytest.mark.parametrize("grey", [0, 128, 255])
def test_blank_paper_is_blank(size: tuple[int, int], grey: int) -> None:
    paper = np.full(size, grey, np.uint8)
    prepared = byhand.prepare(paper)
    assert prepared.problem == "it is blank"
    assert not prepared.image.any()
    assert prepared.fitted is None
    paper[0, -1] = grey + (FAINTEST - 1 if grey < 255 else 1 - FAINTEST)
    assert byhand.prepare(paper).problem == "it is blank"


def disc(radius: int) -> Bytes:
    """Return a disc that fills half a picture."""
    y, x = np.mgrid[-2 * radius : 2 * radius, -2 * radius : 2 * radius]
    return np.where(np.hypot(x, y) < radius, 255, 0).astype(np.uint8)


@pytest.mark.parametrize("radius", [7, 50])
def test_a_disc_is_filled(radius: int) -> None:
    for source in (disc(radius), 255 - disc(radius)):
        assert "filled" in str(byhand.prepare(source).problem)


def test_two_digits_are_more_than_one(seven: Bytes, mnist: byhand.Dataset) -> None:
    two = np.pad(
        np.asarray(Image.fromarray(mnist.test.images[1]).resize((168, 168), Image.Resampling.BICUBIC)),
        ((40, 40), (0, 40)),
    )
    assert "more than one digit" in str(byhand.prepare(255 - np.hstack([seven, two])).problem)
    assert "more than one digit" in str(byhand.prepare(np.vstack([seven, np.pad(two, ((0, 0), (40, 0)))])).problem)


def test_a_point_beside_a_digit_makes_it_no_second_one(seven: Bytes) -> None:
    pointed = np.pad(seven, ((0, 0), (0, 60)))
    pointed[120:140, -40:-20] = 255
    assert byhand.prepare(255 - pointed).problem is None


def test_hardly_any_single_digit_is_taken_for_several_or_filled(mnist: byhand.Dataset) -> None:
    problems = [byhand.prepare(image).problem for image in mnist.test.images[:500]]
    assert sum(problem is not None for problem in problems) <= 2


# Photos


def test_a_photo_is_told_from_a_drawing_and_gives_nearly_the_same_image(seven: Bytes) -> None:
    drawn, taken = byhand.prepare(255 - seven), byhand.prepare(photo_of(seven))
    assert (drawn.drawing, taken.drawing) == (True, False)
    assert (drawn.threshold, taken.problem) == (1, None)
    assert 0 < taken.threshold < 1
    assert np.corrcoef(drawn.image.ravel(), taken.image.ravel())[0, 1] > 0.95


def test_digits_in_photos_are_read(mnist: byhand.Dataset) -> None:
    shipped = byhand.Model.load()
    for k in range(8):
        large = Image.fromarray(mnist.test.images[k]).resize((112, 112), Image.Resampling.BICUBIC)
        photo = photo_of(np.pad(np.asarray(large), 20), seed=k)
        assert shipped.classes[int(shipped.predict(byhand.prepare(photo).image))] == str(mnist.test.labels[k])


def test_grain_alone_is_no_digit(rng: np.random.Generator) -> None:
    paper = np.clip(rng.normal(180, 6, (200, 200)), 0, 255).astype(np.uint8)
    assert byhand.prepare(paper).problem == "it is blank"


@pytest.mark.parametrize("missing", ["scipy", "skimage"])
def test_photos_need_more_than_drawings(missing: str, seven: Bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "find_spec", lambda name: None if name == missing else True)
    assert byhand.prepare(seven).problem is None
    with pytest.raises(
        byhand.ByhandError, match=re.escape("the picture: is a photo or scan. To read one takes more")
    ) as e:
        byhand.prepare(photo_of(seven))
    assert 'pip install "byhand[read]"' in str(e.value)
    assert not isinstance(e.value, byhand.UsageError)
