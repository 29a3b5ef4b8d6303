"""What the numbers of images mean: full ink that is not 255, rows that are columns."""

import json
from pathlib import Path

import numpy as np
import pytest

import byhand
from byhand.data.idx import write_idx
from byhand.learning import recipe_files
from byhand.learning.engines import choice
from byhand.learning.training import Training
from byhand.runs import checkpoints, run_folder
from conftest import Run

SMALL = ("--layers", "16", "--epochs", "2")


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


@pytest.mark.parametrize("count", [20, 300])
def test_digits_with_rows_and_columns_swapped_are_told(data: byhand.Dataset, tmp_path: Path, count: int) -> None:
    few = byhand.Dataset("few", data.train.take(slice(count)), data.test.take(slice(20)))
    stored(tmp_path, few, transposed=True)
    with pytest.warns(RuntimeWarning, match="rows and columns seem to be swapped.*say --transposed"):
        assert np.array_equal(byhand.load(tmp_path).train.images.transpose(0, 2, 1), few.train.images)
    stored(tmp_path, few)
    with pytest.warns(RuntimeWarning, match="seem to be swapped.*leave out --transposed"):
        byhand.load(tmp_path, transposed=True)


@pytest.mark.parametrize("classes", ["0123456789", "abcdefghij", "9876543210"])
def test_what_is_no_digit_as_mnist_has_them_is_never_called_swapped(
    data: byhand.Dataset, tmp_path: Path, classes: str, rng: np.random.Generator
) -> None:
    for stem in ("train", "t10k"):
        write_idx(tmp_path / f"{stem}-images-idx3-ubyte", rng.integers(0, 256, (300, 28, 28), np.uint8))
        write_idx(tmp_path / f"{stem}-labels-idx1-ubyte", data.train.labels)
    (tmp_path / "classes.txt").write_text("\n".join(classes))
    byhand.load(tmp_path)  # Warnings are errors here.


def test_rows_and_columns_are_swapped_when_told(data: byhand.Dataset, tmp_path: Path) -> None:
    split = byhand.load(stored(tmp_path, data, transposed=True), transposed=True).train
    assert np.array_equal(split.images, data.train.images)
    assert split.sha256() == data.train.sha256()


@pytest.mark.filterwarnings("always:the lightest pixel")
@pytest.mark.usefixtures("undrawn")
def test_the_scale_is_kept_with_the_run_and_the_model(call: Run, data: byhand.Dataset, tmp_path: Path) -> None:
    (tmp_path / "pale").mkdir()
    stored(tmp_path / "pale", data, 16, transposed=True)
    pixels = ("--white", 16, "--transposed")
    told = "the lightest pixel is 16 of 255"
    assert told not in call("train", *SMALL, "--data", "pale", *pixels, "--out", "run").stderr
    learned = json.loads(call("info", "run", "--json").stdout)["data"]
    assert (learned["white"], learned["transposed"]) == (16, True)
    written = recipe_files.read(tmp_path / "run/run.toml")
    assert (written.white, written.transposed) == (16, True)
    call("train", "--recipe", "run/run.toml", "--out", "again")
    assert (tmp_path / "again/model.safetensors").read_bytes() == (tmp_path / "run/model.safetensors").read_bytes()
    judged = call("evaluate", "run", "--data", "pale", "--json")  # as the model has learned them
    assert told not in judged.stderr
    kept = json.loads((tmp_path / "run/history.json").read_text())["test"]["accuracy"]
    assert json.loads(judged.stdout)["accuracy"] == kept
    assert json.loads(call("compare", "run", "again", "--data", "pale", "--json").stdout)["only_first"] == 0
    assert told in call("evaluate", "--data", "pale").stderr  # the model that comes with byhand has not
    assert told in call("data", "--data", "pale").stderr
    assert told not in call("data", "--data", "pale", *pixels).stderr
    call("data", "convert", "pale", "plain.npz", *pixels)
    assert byhand.load(tmp_path / "plain.npz").train.images.max() == 255


def test_a_training_that_goes_on_takes_pixels_as_before(data: byhand.Dataset, tmp_path: Path) -> None:
    loaded = byhand.load(stored(tmp_path, data, 16), white=16)
    origin = run_folder.source_of(str(tmp_path), loaded)
    recipe = choice.resolve(byhand.Recipe(limit=200, epochs=2, layers=()))
    training = Training(recipe, loaded.train)
    training.advance()
    checkpoint = checkpoints.Checkpoint(recipe, origin, training.state(), [], {})
    checkpoints.save(tmp_path, checkpoint)
    assert checkpoints.load(tmp_path)[0].data == {**origin, "white": 16}
