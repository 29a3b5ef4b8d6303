"""Whatever the picture, it is read or refused in a sentence: found by chance, kept by chance."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

import byhand

Bytes = NDArray[np.uint8]


@pytest.fixture(scope="module")
def shipped() -> byhand.Model:
    return byhand.Model.load()


def wavy(period: float, width: float, ink: float, side: int = 40) -> Bytes:
    """Return a wavy line across a picture, `width` pixels wide and `ink` grey levels darker than white paper."""
    x, y = np.arange(side), np.arange(side)[:, None]
    away = (y - side / 2 - side / 4 * np.sin(x / period)) / width
    return np.asarray(255.5 - ink * np.exp(-(away**2)), np.uint8)


@pytest.mark.parametrize(("period", "width", "ink"), [(11, 0.3, 50), (12, 0.3, 5), (12, 0.3, 30)])
def test_a_stroke_that_cuts_would_leave_nothing_of_stays_whole(
    period: float, width: float, ink: float, shipped: byhand.Model
) -> None:
    assert byhand.read(wavy(period, width, ink), shipped).text


def test_a_narrow_picture_of_many_specks_is_read_or_refused(shipped: byhand.Model) -> None:
    specks = np.full((700, 6), 255, np.uint8)
    specks[::10, 1:5] = specks[1::10, 1:5] = specks[2::10, 1:5] = specks[3::10, 1:5] = 0
    assert byhand.read(specks, shipped).size == (6, 700)


@st.composite
def pictures(draw: st.DrawFn) -> NDArray[Any] | bytes:
    """Draw a picture: of every type and shape that is allowed, with little or much on it, or a JPEG of it."""
    shape = draw(st.tuples(st.integers(1, 90), st.integers(1, 90)))
    channels = draw(st.sampled_from([(), (), (1,), (2,), (3,), (4,)]))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    match draw(st.sampled_from(["noise", "few", "wavy", "bars", "flat"])):
        case "noise":
            grey = random.random(shape)
        case "few":
            grey = (random.random(shape) < draw(st.sampled_from([0.003, 0.02, 0.2]))) * random.random(shape)
        case "wavy":
            period, width = draw(st.floats(1, 20)), draw(st.floats(0.2, 4))
            grey = np.resize(wavy(period, width, draw(st.floats(1, 255)), max(shape)) / 255, shape)
        case "bars":
            grey = np.ones(shape)
            for top, left in random.integers(0, shape, (draw(st.integers(1, 9)), 2)):
                grey[top : top + random.integers(1, 40), left : left + random.integers(1, 40)] = random.random()
        case _:
            grey = np.full(shape, draw(st.sampled_from([0.0, 0.5, 1.0])))
    pixels = np.repeat(grey[..., None], channels[0], axis=2) if channels else grey
    if draw(st.booleans()) and channels not in ((2,), (4,)):
        saved = io.BytesIO()
        plain = pixels[..., 0] if channels == (1,) else pixels
        Image.fromarray((plain * 255).astype(np.uint8)).save(saved, "JPEG", quality=draw(st.integers(1, 95)))
        return saved.getvalue()
    kind, top = draw(
        st.sampled_from([("?", 1), ("i1", 127), ("u1", 255), ("u2", 65535), ("i8", 255), ("f2", 1), ("f8", 1)])
    )
    return (pixels * top).astype(kind)


@given(picture=pictures())
def test_any_picture_is_read_or_refused(picture: NDArray[Any] | bytes, shipped: byhand.Model) -> None:
    for use in (byhand.prepare, byhand.read, byhand.recognize):
        given = (picture,) if use is byhand.prepare else (picture, shipped)
        try:
            use(*given)
        except byhand.ByhandError as error:
            refused = str(error)
            assert refused


def test_a_damaged_tiff_is_one_sentence_and_no_lines_of_the_library(capfd: pytest.CaptureFixture[str]) -> None:
    whole = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (50, 50), np.uint8)).save(
        whole, "TIFF", compression="tiff_lzw"
    )
    damaged = bytearray(whole.getvalue())
    damaged[500:800] = bytes([255]) * 300
    with pytest.raises(byhand.ByhandError, match="is a damaged picture"):
        byhand.prepare(bytes(damaged))
    assert capfd.readouterr().err == ""
