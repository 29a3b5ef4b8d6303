"""Images drawn anew: what changes, what stays, and that the compiled loop does what NumPy does."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import byhand
from byhand import machine
from byhand.compiled.normals import standard_normal
from byhand.data.distortions import SHAPES, Distortions, Drawn, draw, smooth_shapes, warp
from byhand.judging import canvas, figures
from byhand.learning.drawing.distorting import distort, distort_into

STRONG = Distortions(rotation=25, scale=0.3, shear=0.3, shift=2, elastic=1.5, thickness=0.8)


def plain(n: int = 1) -> Drawn:
    """Return maps that change nothing."""
    maps = np.tile(np.array([1, 0, 0, 1, 0, 0], np.float32), (n, 1))
    return Drawn(maps, np.zeros(n, np.float32), np.zeros((n, 2, SHAPES, SHAPES), np.float32))


def centres(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the mean row and column of the ink of every image (n, 2)."""
    ink = images.astype(float)
    rows, columns = np.arange(images.shape[1]), np.arange(images.shape[2])
    total = ink.sum(axis=(1, 2))
    return np.stack([(ink.sum(axis=2) @ rows) / total, (ink.sum(axis=1) @ columns) / total], axis=1)


def shapes_of(shape: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what the noise mixes in images of a shape."""
    return smooth_shapes(shape[0]), smooth_shapes(shape[1]).T


@given(
    st.integers(0, 6),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.builds(
        Distortions,
        rotation=st.floats(0, 180),
        scale=st.floats(0, 0.9),
        shear=st.floats(0, 1),
        shift=st.floats(0, 50),
        elastic=st.floats(0, 10),
        thickness=st.floats(0, 1),
    ),
    st.integers(0, 2**32),
)
def test_the_compiled_loop_does_what_numpy_does(
    n: int, shape: tuple[int, int], strengths: Distortions, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (n, *shape), np.uint8)
    drawn = draw(strengths, n, rng)
    expected = np.empty_like(images)
    rows, columns = smooth_shapes(shape[0]), smooth_shapes(shape[1]).T
    warp(images, np.arange(len(images)), drawn.maps, drawn.thickness, drawn.noise, rows, columns, expected)
    result = distort(images, drawn)
    assert result.dtype == np.uint8
    difference = np.abs(result.astype(int) - expected)
    assert (difference <= 2).mean() > 0.99 if images.size else True  # A place to look may be rounded across a pixel.
    assert difference.mean() < 0.1 if images.size else True


def test_on_real_images_they_agree_to_a_grey_level(mnist: byhand.Dataset) -> None:
    images = mnist.train.images[:500]
    drawn = draw(STRONG, 500, np.random.default_rng(1))
    expected = np.empty_like(images)
    shapes = smooth_shapes(28)
    warp(images, np.arange(len(images)), drawn.maps, drawn.thickness, drawn.noise, shapes, shapes.T, expected)
    difference = np.abs(distort(images, drawn).astype(int) - expected)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-3


@pytest.mark.parametrize("shape", [(1, 1), (3, 70), (100, 5), (64, 130)])
def test_images_of_any_shape_and_order_in_memory_are_drawn_and_nothing_else_is_written(
    shape: tuple[int, int], rng: np.random.Generator
) -> None:
    images = rng.integers(0, 256, (*shape, 9), np.uint8).transpose(2, 0, 1)
    drawn, chosen = draw(STRONG, 9, rng), np.array([8, 3, 3, 0])
    out = np.full((6, *shape), 77, np.uint8)
    for work in distort_into(out[1:5], images, drawn, chosen):
        work()
    expected = np.full_like(out, 77)
    warp(images, chosen, drawn.maps, drawn.thickness, drawn.noise, *shapes_of(shape), expected[1:5])
    assert (out[[0, 5]] == 77).all()
    assert (out[2] == out[3]).all()
    assert (np.abs(out.astype(int) - expected) <= 1).mean() > 0.99


def test_without_numba_numpy_does_it(mnist: byhand.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    images, drawn = mnist.train.images[:20], draw(STRONG, 20, np.random.default_rng(1))
    compiled = distort(images, drawn)
    monkeypatch.setattr(machine, "has_numba", lambda: False)
    np.testing.assert_allclose(distort(images, drawn).astype(int), compiled, atol=1)


def test_nothing_asked_changes_nothing(mnist: byhand.Dataset) -> None:
    images = mnist.train.images[:100]
    assert not Distortions()
    assert (distort(images, draw(Distortions(), 100, np.random.default_rng(0))) == images).all()


def test_a_quarter_turn_and_a_step_aside_by_hand(rng: np.random.Generator) -> None:
    image = np.zeros((1, 28, 28), np.uint8)
    blot = rng.integers(0, 256, (10, 10), np.uint8)
    image[0, 9:19, 9:19] = blot // 2 + np.rot90(blot, 2) // 2  # Symmetric, so that its centre is the middle.
    turn = replace(plain(), maps=np.array([[0, -1, 1, 0, 0, 0]], np.float32))
    np.testing.assert_allclose(distort(image, turn)[0].astype(int), np.rot90(image[0], -1), atol=1)
    step = replace(plain(), maps=np.array([[1, 0, 0, 1, 3, -2]], np.float32))  # down 3, left 2
    np.testing.assert_allclose(distort(image, step)[0].astype(int), np.roll(image[0], (3, -2), (0, 1)), atol=1)


def test_an_image_stretched_is_larger() -> None:
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 10:18, 10:18] = 255
    double = replace(plain(), maps=np.array([[0.5, 0, 0, 1, 0, 0]], np.float32))  # twice as tall, as wide as before
    rows, columns = np.nonzero(distort(image, double)[0] > 127)
    assert np.ptp(rows) + 1 == pytest.approx(16, abs=1)
    assert np.ptp(columns) + 1 == 8


def test_the_field_is_as_strong_as_it_says_at_every_pixel() -> None:
    drawn = draw(Distortions(elastic=1.5), 4000, np.random.default_rng(0))
    shapes = smooth_shapes(28)
    field = shapes @ drawn.noise @ shapes.T
    np.testing.assert_allclose(field.std(axis=0), 1.5, rtol=0.06)
    neighbours = np.corrcoef(field[:, 0, 14, 14], field[:, 0, 14, 19])[0, 1]
    assert neighbours == pytest.approx(np.exp(-(5**2) / (4 * 5**2)), abs=0.05)  # Blurred noise, 5 pixels apart.


def test_the_ink_keeps_its_centre_but_for_the_shift(mnist: byhand.Dataset) -> None:
    images, strengths = mnist.train.images[:2000], Distortions(rotation=15, scale=0.15, shear=0.15, elastic=1.2)
    moved = centres(distort(images, draw(strengths, 2000, np.random.default_rng(0)))) - centres(images)
    assert np.abs(moved.mean(axis=0)).max() < 0.05
    assert moved.std(axis=0).max() < 0.4  # The field alone would move it by about 1.
    drawn = draw(Distortions(shift=1.5), 2000, np.random.default_rng(0))
    moved = centres(distort(images, drawn)) - centres(images)
    wrong = np.abs(moved - drawn.maps[:, 4:])
    assert (wrong < 0.1).mean() > 0.99  # The others have ink that leaves the image.


@given(st.integers(0, 40_000), st.integers(0, 2**32))
def test_compiled_normal_numbers_are_numpys(n: int, seed: int) -> None:
    drawn = standard_normal(np.random.default_rng(seed), n)
    assert drawn.tobytes() == np.random.default_rng(seed).standard_normal(n, np.float32).tobytes()


def test_strokes_grow_and_shrink(mnist: byhand.Dataset) -> None:
    images = mnist.train.images[:100]
    ink = [
        distort(images, replace(plain(100), thickness=np.full(100, t, np.float32))).mean() for t in (-0.8, 0, 0.4, 0.8)
    ]
    assert ink == sorted(ink)
    assert ink[0] < 0.7 * ink[1] < 1.3 * ink[1] < ink[3]


def test_what_is_drawn_depends_on_the_position_alone(mnist: byhand.Dataset) -> None:
    images = mnist.train.images[:3000]
    drawn = draw(STRONG, 3000, np.random.default_rng(7))
    together = distort(images, drawn)
    chosen = np.random.default_rng(0).permutation(3000)[:50]
    assert (distort(images[chosen], drawn.take(chosen)) == together[chosen]).all()
    fewer = draw(STRONG, 10, np.random.default_rng(7))
    assert (distort(images[:10], fewer) == together[:10]).all()


def test_no_ink_stays_no_ink() -> None:
    blank = np.zeros((3, 28, 28), np.uint8)
    assert not distort(blank, draw(STRONG, 3, np.random.default_rng(0))).any()


def test_the_contact_sheet_shows_every_kind(mnist: byhand.Dataset, tmp_path: Path) -> None:
    figure = figures.contact_sheet(mnist.train, STRONG)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    kinds = ["rotation", "scale", "shear", "shift", "elastic", "thickness"]
    assert titles[:8] == ["original", *kinds, "all together"]
    canvas.save_figure(figure, tmp_path / "sheet.png")
    sheets = [np.asarray(axes.images[0].get_array()) for axes in figure.axes]
    assert all((sheet != sheets[0]).any() for sheet in sheets[1:])
