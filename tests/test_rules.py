"""Printed lines are found as fast as they can be, and to the pixel as if every window had been looked at."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from scipy import ndimage

from byhand import ByhandError
from byhand.images.limits import Effort
from byhand.images.rules import SHARE, STEEPEST, level_lines, printed_lines
from byhand.types import Mask


def plainly(mask: Mask, thickest: int, length: int) -> Mask:
    """Return what lies in windows of thin ink along all slopes, looked at one after another."""
    height, width = mask.shape
    thin = mask & ~ndimage.binary_opening(mask, np.ones((thickest + 1, 1), bool))
    thick = ndimage.binary_dilation(thin, np.ones((3, 1), bool))
    found = np.zeros_like(mask)
    step = min(2 / length, 0.02)
    many = round(STEEPEST / step)
    for slope in np.arange(-many, many + 1) * step if length <= width else ():
        shifts = np.round(slope * (np.arange(width) - width / 2)).astype(int)
        inside = np.zeros_like(mask)
        for row in range(height):
            for start in range(width - length + 1):
                columns = np.arange(start, start + length)
                rows = row + shifts[columns]
                lies = (rows >= 0) & (rows < height)
                if thick[rows[lies], columns[lies]].sum() >= SHARE * length:
                    inside[row, columns] = True
        spread = ndimage.binary_dilation(inside, np.ones((3, 1), bool))
        rows, columns = np.nonzero(spread)
        rows = rows + shifts[columns]
        lies = (rows >= 0) & (rows < height)
        found[rows[lies], columns[lies]] = True
    return np.asarray(found & thin)


def ruled(random: np.random.Generator, height: int, width: int, lines: int, noise: float) -> Mask:
    """Return some nearly level lines, and grain."""
    picture = Image.new("1", (width, height))
    draw = ImageDraw.Draw(picture)
    for _ in range(lines):
        x, y, across, down = (int(v) for v in random.integers([-9, -9, 0, -6], [width, height + 9, 60, 7]))
        draw.line([(x, y), (x + across, y + down)], 1, int(random.integers(1, 5)))
    return np.asarray(np.asarray(picture) | (random.random((height, width)) < noise))


@given(
    seed=st.integers(0, 2**32),
    height=st.integers(1, 24),
    width=st.integers(1, 40),
    noise=st.sampled_from([0, 0.1, 0.4, 0.7, 1]),
    thickest=st.integers(1, 6),
    length=st.integers(3, 40),
)
def test_lines_are_found_as_if_every_window_were_looked_at(
    seed: int, height: int, width: int, noise: float, thickest: int, length: int
) -> None:
    mask = ruled(np.random.default_rng(seed), height, width, seed % 9, noise)
    expected = plainly(mask, thickest, length)
    np.testing.assert_array_equal(level_lines(mask, thickest, length, Effort()), expected)


def test_what_is_like_lines_all_over_is_refused_before_it_costs_much() -> None:
    noise = np.random.default_rng(2).random((2400, 2400)) < 0.35
    with pytest.raises(ByhandError, match="too much for one page"):
        level_lines(noise, 19, 1440, Effort(10**9))


def test_a_point_on_a_line_is_none_of_it() -> None:
    sheet = Image.new("1", (400, 300))
    draw = ImageDraw.Draw(sheet)
    for at in (100, 200):
        draw.line([(0, at), (399, at + 5)], 1, 2)
    lines = np.asarray(sheet).copy()
    draw.ellipse([(296, 99), (303, 106)], 1)
    draw.ellipse([(116, 197), (123, 204)], 1)
    mask = np.asarray(sheet)
    found = printed_lines(mask, 8, 100, 100, Effort())
    assert found[lines].mean() > 0.95
    points = ndimage.find_objects(ndimage.label(mask & ~found)[0])
    assert [mask[point].sum() > 30 for point in points] == [True, True]
