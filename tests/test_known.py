"""Fashion-MNIST, whose files number its classes, is known by checksums, and its classes get their names."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import byhand
from byhand.data.forms import known
from byhand.data.idx import write_idx
from byhand.images.prepare import PROBLEMS
from byhand.labels import DIGITS
from byhand.reading.answers import SEVERAL_THINGS, answer


@pytest.fixture
def clothes(mnist: byhand.Dataset, monkeypatch: pytest.MonkeyPatch) -> byhand.Dataset:
    """Return a few images, and let their labels stand for those of Fashion-MNIST."""
    small = byhand.Dataset("small", mnist.train.take(slice(60)), mnist.test.take(slice(20)))
    sums = (hashlib.sha256(split.labels.tobytes()).hexdigest() for split in (small.train, small.test))
    monkeypatch.setattr(known, "_LABELS", dict.fromkeys(sums, known.FASHION))
    monkeypatch.setattr(known, "_LEARNED", {small.train.sha256(): known.FASHION})
    return small


def in_files(folder: Path, data: byhand.Dataset) -> Path:
    """Write data as the four plain IDX files."""
    for stem, split in (("train", data.train), ("t10k", data.test)):
        write_idx(folder / f"{stem}-images-idx3-ubyte", split.images)
        write_idx(folder / f"{stem}-labels-idx1-ubyte", split.labels)
    return folder


def in_npz(folder: Path, data: byhand.Dataset) -> Path:
    """Write data as Keras passes them on."""
    train, test = data.train, data.test
    arrays = {"x_train": train.images, "y_train": train.labels, "x_test": test.images, "y_test": test.labels}
    np.savez(folder / "clothes.npz", allow_pickle=False, **arrays)
    return folder / "clothes.npz"


@pytest.mark.parametrize("written", [in_files, in_npz])
def test_known_labels_get_their_names_in_whatever_form(
    written: Callable[[Path, byhand.Dataset], Path], clothes: byhand.Dataset, tmp_path: Path
) -> None:
    loaded = byhand.load(written(tmp_path, clothes))
    assert loaded.train.classes == loaded.test.classes == known.FASHION
    assert loaded.test.labels.tolist() == clothes.test.labels.tolist()


def test_other_labels_stay_numbers_and_given_names_go_first(clothes: byhand.Dataset, tmp_path: Path) -> None:
    folder = in_files(tmp_path, clothes)
    (folder / "classes.txt").write_text("\n".join("abcdefghij"))
    assert byhand.load(folder).train.classes == tuple("abcdefghij")
    (folder / "classes.txt").unlink()
    labels = clothes.test.labels.copy()
    labels[[0, 1]] = labels[[1, 0]]
    assert labels[0] != labels[1]
    write_idx(folder / "t10k-labels-idx1-ubyte", labels)
    assert byhand.load(folder).train.classes == DIGITS


def test_the_two_checksums_are_of_one_data_set() -> None:
    """Each part of the real data is known; a part that is not makes nothing known."""
    sums = list(known._LABELS)
    assert len(set(sums)) == 2
    assert all(len(each) == 64 for each in (*sums, *known._LEARNED))
    assert known.names_of([np.arange(10, dtype=np.uint8)]) is None


def test_a_model_that_learned_them_under_numbers_is_read_with_their_names(
    clothes: byhand.Dataset, tmp_path: Path
) -> None:
    shipped = byhand.Model.load()
    of_clothes = replace(shipped, details={"data": {"name": "x", "n": 60, "sha256": clothes.train.sha256()}})
    of_clothes.save(tmp_path / "clothes.safetensors")
    loaded = byhand.Model.load(tmp_path / "clothes.safetensors")
    assert loaded.classes == known.FASHION
    assert byhand.evaluate(loaded, byhand.load(in_files(tmp_path, clothes)).test).n == 20
    assert shipped.classes == DIGITS
    with pytest.raises(byhand.UsageError, match="classes T-shirt"):
        byhand.evaluate(shipped, byhand.load(tmp_path).test)


def test_what_is_no_digit_is_called_none() -> None:
    shipped, sure = byhand.Model.load(), np.eye(10, dtype=np.float32)[0]
    clothes = replace(shipped, classes=known.FASHION)
    assert answer(clothes, sure, PROBLEMS["several"]).reason == SEVERAL_THINGS
    assert answer(clothes, sure, PROBLEMS["blank"]).reason == PROBLEMS["blank"]
    assert answer(shipped, sure, PROBLEMS["several"]).reason == PROBLEMS["several"]
