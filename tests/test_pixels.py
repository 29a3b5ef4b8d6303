"""What the numbers of images mean: full ink that is not 255, rows that are columns."""

from pathlib import Path

import numpy as np
import pytest

import byhand
from byhand.data.idx import write_idx


def stored(folder: Path, data: byhand.Dataset, white: int = 255, *, transposed: bool = False) -> Path:
    """Write data as others store them: from 0 to `white`, columns before rows."""
    for stem, split in (("train", data.train), ("t10k", data.test)):
        images = np.round(split.images * (white / 255)).astype(np.uint8)
        write_idx(folder / f"{stem}-images-idx3-ubyte", images.transpose(0, 2, 1) if transposed else images)
        write_idx(folder / f"{stem}-labels-idx1-ubyte", split.labels)
    return folder


@pytest.mark.parametrize("white", [1, 16, 100])
def test_pale_images_are_told_and_an_option_mends_them(data: byhand.Dataset, tmp_path: Path, white: int) -> None:
    stored(tmp_path, data, white)
    with pytest.warns(RuntimeWarning, match=f"the lightest pixel is {white} of 255.*--white {white}"):
        raw = byhand.load(tmp_path)
    assert raw.train.images.max() == white
    mended = byhand.load(tmp_path, white=white)
    assert (mended.white, mended.train.images.max(), mended.test.images.max()) == (white, 255, 255)
    assert np.abs(mended.train.images.astype(int) - data.train.images).max() <= 128 / white


def test_whoever_says_that_pale_is_meant_is_not_told(data: byhand.Dataset, tmp_path: Path) -> None:
    assert byhand.load(stored(tmp_path, data, 16), white=255).train.images.max() == 16


@pytest.mark.parametrize(("white", "fault"), [(0, "from 1 to 255"), (256, "from 1 to 255"), (16, "pixels of 255")])
def test_full_ink_that_cannot_be_is_refused(data: byhand.Dataset, tmp_path: Path, white: int, fault: str) -> None:
    with pytest.raises(byhand.UsageError, match=fault):
        byhand.load(stored(tmp_path, data), white=white)


def test_rows_and_columns_are_swapped_when_told(data: byhand.Dataset, tmp_path: Path) -> None:
    split = byhand.load(stored(tmp_path, data, transposed=True), transposed=True).train
    assert np.array_equal(split.images, data.train.images)
    assert split.sha256() == data.train.sha256()
