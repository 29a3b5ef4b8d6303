"""Data of every usual form, each made as its source makes it: what comes out is what went in."""

import gzip
import itertools
import pickle
import shutil
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import byhand
from asking import png
from byhand import machine
from byhand.data.idx import write_idx
from conftest import Run

SIZE, TESTED = 60, 20


@pytest.fixture(scope="module")
def small(mnist: byhand.Dataset) -> byhand.Dataset:
    """Return a few images, of every digit, as a set."""
    return byhand.Dataset("small", mnist.train.take(slice(SIZE)), mnist.test.take(slice(TESTED)))


def same(path: Path | str, small: byhand.Dataset, classes: tuple[str, ...] | None = None) -> byhand.Dataset:
    """Load data, and compare them with the small set."""
    loaded = byhand.load(path)
    for got, wanted in ((loaded.train, small.train), (loaded.test, small.test)):
        np.testing.assert_array_equal(got.images, wanted.images)
        np.testing.assert_array_equal(got.labels, wanted.labels)
        assert got.classes == (classes or wanted.classes)
    return loaded


def files(small: byhand.Dataset) -> Iterator[tuple[str, str, Any]]:
    """Yield part, content and array of each file of IDX."""
    for part, split in (("train", small.train), ("t10k", small.test)):
        yield part, "images", split.images
        yield part, "labels", split.labels


def idx(array: Any, code: int = 8) -> bytes:
    """Return an array as an IDX file of any type."""
    types = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
    body: bytes = array.astype(types[code]).tobytes()
    return struct.pack(f">{array.ndim + 1}I", code << 8 | array.ndim, *array.shape) + body


NAMES = {
    "MNIST's own": "{part}-{what}-idx{d}-ubyte",
    "7-Zip's": "{part}-{what}.idx{d}-ubyte",
    "with underscores": "{part}_{what}_idx{d}_ubyte.gz",
    "EMNIST's": "emnist-digits-{part}-{what}-idx{d}-ubyte",
    "torchvision's": "MNIST/raw/{part}-{what}-idx{d}-ubyte",
    "torchvision's for another set": "FashionMNIST/raw/{part}-{what}-idx{d}-ubyte.gz",
    "EMNIST's archive": "gzip/emnist-mnist-{part}-{what}-idx{d}-ubyte.gz",
    "each in a folder": "{part}-{what}-idx{d}-ubyte/{part}-{what}.idx{d}-ubyte",
    "in a folder within": "mnist/{part}-{what}-idx{d}-ubyte",
}


@pytest.mark.parametrize("name", NAMES)
def test_idx_files_of_all_names(name: str, small: byhand.Dataset, tmp_path: Path) -> None:
    for part, what, array in files(small):
        given = "test" if "EMNIST" in name and part == "t10k" else part
        path = tmp_path / "set" / NAMES[name].format(part=given, what=what, d=array.ndim)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_idx(path, array)
    same(tmp_path / "set", small)


def twice(raw: bytes) -> bytes:
    return gzip.compress(gzip.compress(raw))


WRAPPINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "packed, without the ending": ("", gzip.compress),
    "plain, with the ending": (".gz", bytes),
    "packed twice": (".gz", twice),
    "in several members": (".gz", lambda raw: gzip.compress(raw[:500]) + gzip.compress(raw[500:])),
    "padded with zeros": (".gz", lambda raw: gzip.compress(raw) + bytes(1000)),
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_idx_files_packed_in_all_ways(wrapping: str, small: byhand.Dataset, tmp_path: Path) -> None:
    ending, wrap = WRAPPINGS[wrapping]
    for part, what, array in files(small):
        (tmp_path / f"{part}-{what}-idx{array.ndim}-ubyte{ending}").write_bytes(wrap(idx(array)))
    same(tmp_path, small)


@pytest.mark.parametrize(("code", "factor"), [(11, 1), (12, 1), (13, 1), (14, 1), (13, 255), (14, 255)])
def test_idx_files_of_other_numbers(code: int, factor: int, small: byhand.Dataset, tmp_path: Path) -> None:
    for part, what, array in files(small):
        values = array / factor if what == "images" else array
        (tmp_path / f"{part}-{what}-idx{array.ndim}-ubyte").write_bytes(idx(values, code))
    same(tmp_path, small)


def test_qmnists_labels_are_the_first_of_eight_columns(small: byhand.Dataset, tmp_path: Path) -> None:
    for part, what, array in files(small):
        part = "test" if part == "t10k" else part
        if what == "labels":
            table = np.tile(array.astype(int)[:, None], 8) * [1, 0, 500, 1, 7, 7, 7, 7]
            (tmp_path / f"qmnist-{part}-labels-idx2-int").write_bytes(idx(table, 12))
        else:
            write_idx(tmp_path / f"qmnist-{part}-images-idx3-ubyte.gz", array)
    same(tmp_path, small)


def test_emnists_letters_have_their_names(small: byhand.Dataset, tmp_path: Path) -> None:
    for part, what, array in files(small):
        write_idx(tmp_path / f"emnist-letters-{part}-{what}-idx{array.ndim}-ubyte", array + (what == "labels"))
        write_idx(tmp_path / f"emnist-other-{part}-{what}-idx{array.ndim}-ubyte", array)
    with pytest.raises(byhand.ByhandError, match=r"several sets.*emnist-letters, .*emnist-other"):
        byhand.load(tmp_path)
    same(tmp_path / "emnist-letters", small, classes=tuple(map(str, range(1, 11))))
    lines = [f"{label} {64 + label} {96 + label}" for label in range(1, 11)]
    (tmp_path / "emnist-letters-mapping.txt").write_text("\n".join(lines))
    with pytest.warns(UserWarning, match="labels go from 1 to 10; 1 is taken for 'A'"):
        same(tmp_path / "emnist-letters", small, classes=tuple("ABCDEFGHIJ"))


def test_several_folders_of_data_are_not_chosen_from(small: byhand.Dataset, tmp_path: Path) -> None:
    for name in ("MNIST", "KMNIST"):
        (tmp_path / name / "raw").mkdir(parents=True)
        for part, what, array in files(small):
            write_idx(tmp_path / name / "raw" / f"{part}-{what}-idx{array.ndim}-ubyte", array)
    with pytest.raises(byhand.ByhandError, match=r"there are data in .*KMNIST/raw. Name one"):
        byhand.load(tmp_path)
    same(tmp_path / "KMNIST", small)
    same(tmp_path / "KMNIST" / "raw" / "train-images-idx3-ubyte", small)


SHAPES: dict[str, Callable[[Any], Any]] = {
    "as they are": lambda images: images,
    "rows": lambda images: images.reshape(len(images), -1),
    "channels last": lambda images: images[..., None],
    "channels first": lambda images: images[:, None],
    "of numbers 0…1": lambda images: (images / 255).astype(np.float32),
    "of halves 0…1": lambda images: (images / 255).astype(np.float16),
    "of numbers −1…1": lambda images: images / 127.5 - 1,
    "of numbers 0…255": lambda images: images.astype(np.float64),
    "of wide numbers": lambda images: images.astype(np.int64),
    "of 16 bits": lambda images: images.astype(np.uint16) * 257,
}
LABELS: dict[str, Callable[[Any], Any]] = {
    "int64": lambda labels: labels.astype(np.int64),
    "numbers with a point": lambda labels: labels.astype(np.float32),
    "texts": lambda labels: labels.astype(str),
    "bytes": lambda labels: labels.astype("S"),
    "a column": lambda labels: labels[:, None],
    "a single 1 in a row": lambda labels: np.eye(10)[labels],
    "of true and false": lambda labels: np.eye(10, dtype=bool)[labels],
}
FILES = {
    "Keras's": ("x_train", "y_train", "x_test", "y_test"),
    "scikit-learn's": ("X_train", "y_train", "X_test", "y_test"),
    "MedMNIST's": ("train_images", "train_labels", "test_images", "test_labels"),
    "in one word": ("trainX", "trainy", "testX", "testy"),
    "turned round": ("images_train", "labels_train", "images_test", "labels_test"),
    "another": ("training_data", "training_targets", "testing_data", "testing_targets"),
}


def save(path: Path, names: tuple[str, ...], small: byhand.Dataset, change: Any = None, labels: Any = None) -> None:
    """Write the small set as an archive of arrays."""
    change, labels = change or SHAPES["as they are"], labels or LABELS["int64"]
    arrays = [made for split in (small.train, small.test) for made in (change(split.images), labels(split.labels))]
    np.savez(path, **dict(zip(names, arrays, strict=True)))


@pytest.mark.parametrize("names", FILES)
def test_archives_with_all_names(names: str, small: byhand.Dataset, tmp_path: Path) -> None:
    save(tmp_path / "set.npz", FILES[names], small)
    shutil.move(tmp_path / "set.npz", tmp_path / "set")  # It is known by its content.
    same(tmp_path / "set", small)


@pytest.mark.parametrize("shape", SHAPES)
def test_images_of_all_shapes_and_types(shape: str, small: byhand.Dataset, tmp_path: Path) -> None:
    save(tmp_path / "set.npz", FILES["Keras's"], small, change=SHAPES[shape])
    same(tmp_path / "set.npz", small)


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_all_types(kind: str, small: byhand.Dataset, tmp_path: Path) -> None:
    save(tmp_path / "set.npz", FILES["Keras's"], small, labels=LABELS[kind])
    same(tmp_path / "set.npz", small)


def test_images_of_true_and_false_are_ink_and_paper(small: byhand.Dataset, tmp_path: Path) -> None:
    save(tmp_path / "set.npz", FILES["Keras's"], small, change=lambda images: images > 127)
    np.testing.assert_array_equal(byhand.load(tmp_path / "set.npz").test.images, (small.test.images > 127) * 255)


def test_a_part_for_validation_is_left_out_in_words(small: byhand.Dataset, tmp_path: Path) -> None:
    save(tmp_path / "set.npz", FILES["MedMNIST's"], small)
    with np.load(tmp_path / "set.npz") as held:
        np.savez(tmp_path / "set.npz", val_images=held["test_images"], **held)
    with pytest.warns(UserWarning, match="val_images are left out"):
        same(tmp_path / "set.npz", small)


@pytest.mark.parametrize("names", [("X", "y"), ("images", "labels"), ("data", "target"), ("x_train", "y_train")])
def test_without_a_test_part_some_are_set_aside_in_words(
    names: tuple[str, str], small: byhand.Dataset, tmp_path: Path
) -> None:
    arrays: tuple[Any, Any] = (small.train.images, small.train.labels)
    np.savez(tmp_path / "set.npz", **dict(zip(names, arrays, strict=True)))
    with pytest.warns(UserWarning, match=r"has no test images. 8 of its 60, drawn by the seed 0"):
        first = byhand.load(tmp_path / "set.npz")
    with pytest.warns(UserWarning, match="has no test images"):
        again = byhand.load(tmp_path / "set.npz")
    assert (len(first.train), len(first.test)) == (52, 8)
    assert first.train.sha256() == again.train.sha256()
    everything = {image.tobytes() for split in (first.train, first.test) for image in split.images}
    assert len(everything) == SIZE


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "standardized": (
        {"x": np.linspace(-0.42, 2.82, 9 * 16).reshape(9, 4, 4)},
        "pixels from -0.42 to 2.82 have no scale",
    ),
    "colours": ({"x": np.zeros((9, 4, 4, 3), np.uint8)}, "Make colours grey first"),
    "no squares": ({"x": np.zeros((9, 15), np.uint8)}, "so many pixels make no square"),
    "not finite": ({"x": np.full((9, 4, 4), np.nan)}, "no finite numbers"),
    "texts": ({"x": np.full((9, 16), "a")}, "its pixels are texts"),
    "half a label": ({"y": np.arange(9) / 2}, "are not whole numbers"),
    "no label": ({"y": np.full(9, np.nan)}, "are not whole numbers"),
    "below nothing": ({"y": np.arange(9) - 1}, "from 0 to 255, or names; there is -1"),
    "too many labels": ({"y": np.zeros((9, 3))}, "rows with a single 1"),
    "more labels": ({"y": np.zeros(10, int)}, "9 images but 10 labels"),
    "a label in a gap": ({"y": np.array([*range(8), 77])}, "label 77 is outside the 10 classes"),
    "names that differ": (
        {"y": np.array([*"abcdefgh", "z"]), "classes": np.array([*"abcdefgh"])},
        "labels 'z', but no",
    ),
    "twice the same": ({"images": np.zeros((9, 4, 4))}, "x and images are both images of one part"),
    "nothing known": ({"x": None, "y": None, "weights": np.zeros(3)}, "x_train, y_train, x_test, y_test; .* 'weights'"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_would_have_to_be_guessed_is_refused(fault: str, tmp_path: Path) -> None:
    changed, said = REFUSED[fault]
    arrays: dict[str, Any] = {"x": np.full((9, 4, 4), 200, np.uint8), "y": np.arange(9) % 3} | changed
    np.savez(tmp_path / "set.npz", **{name: array for name, array in arrays.items() if array is not None})
    with pytest.raises(byhand.ByhandError, match=said):
        byhand.load(tmp_path / "set.npz")


def table(
    split: byhand.Split, *, separator: str = ",", first: bool = True, label: Callable[[int], str] = str
) -> list[str]:
    """Return a split as lines of a table."""
    lines = []
    for image, number in zip(split.images, split.labels.tolist(), strict=True):
        cells = [*map(str, image.ravel())]
        lines.append(separator.join([label(number), *cells] if first else [*cells, label(number)]))
    return lines


def aside(path: Path, split: byhand.Split, classes: tuple[str, ...] | None = None) -> None:
    """Load a table, and compare all of its images and labels with a split, in any order."""
    with pytest.warns(UserWarning, match="has no test images"):
        loaded = byhand.load(path)
    assert loaded.train.classes == (classes or split.classes)
    got = [*zip(loaded.train.images, loaded.train.labels, strict=True)]
    got += zip(loaded.test.images, loaded.test.labels, strict=True)
    assert sorted((image.tobytes(), int(label)) for image, label in got) == sorted(
        (image.tobytes(), int(label)) for image, label in zip(split.images, split.labels, strict=True)
    )


NAMED = ",".join(f"pixel{place}" for place in range(784))
PLACES = ",".join(f"{row}x{column}" for row, column in itertools.product(range(1, 29), range(1, 29)))
TABLES: dict[str, tuple[str, dict[str, Any], Callable[[bytes], bytes]]] = {
    "Kaggle's": (f"label,{NAMED}\n", {}, bytes),
    "with places": (f"label,{PLACES}\n", {}, bytes),
    "OpenML's": (f"{NAMED},class\n", {"first": False}, bytes),
    "OpenML's with quotation marks": (f'{NAMED},"class"\n', {"first": False, "label": "'{}'".format}, bytes),
    "without a header": ("", {}, bytes),
    "without a header, the label last": ("", {"first": False}, bytes),
    "numbered": (",".join(map(str, range(785))) + "\n", {}, bytes),
    "as pandas numbers what is there twice": ("0," + ",".join(f"0.{n}" for n in range(1, 785)) + "\n", {}, bytes),
    "pandas's with the numbers of rows": (f",label,{NAMED}\n", {"label": "7,{}".format}, bytes),
    "with semicolons": ("", {"separator": ";"}, bytes),
    "with tabs": ("", {"separator": "\t"}, bytes),
    "with blanks": ("", {"separator": " "}, bytes),
    "with a mark of its bytes' order": (f"label,{NAMED}\n", {}, lambda raw: b"\xef\xbb\xbf" + raw),
    "from Windows": (f"label,{NAMED}\n", {}, lambda raw: raw.replace(b"\n", b"\r\n")),
    "packed": (f"label,{NAMED}\n", {}, gzip.compress),
    "without a last end of a line": (f"label,{NAMED}\n", {}, bytes.rstrip),
    "with blank lines": (f"\nlabel,{NAMED}\n\n", {}, lambda raw: raw + b"\n\n"),
    "ARFF": (
        "% MNIST\n@RELATION mnist\n" + "".join(f"@ATTRIBUTE pixel{n} real\n" for n in range(784))
        + "@ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}\n@DATA\n",
        {"first": False},
        bytes,
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", TABLES)
def test_tables_of_all_kinds(kind: str, small: byhand.Dataset, tmp_path: Path) -> None:
    header, options, change = TABLES[kind]
    (tmp_path / "set.csv").write_bytes(change((header + "\n".join(table(small.train, **options)) + "\n").encode()))
    aside(tmp_path / "set.csv", small.train)


def test_a_table_of_numbers_from_0_to_1_and_of_words(small: byhand.Dataset, tmp_path: Path) -> None:
    rows = [
        f"digit {label}," + ",".join(f"{grey:.9f}" for grey in (image / 255).ravel())
        for image, label in zip(small.train.images, small.train.labels, strict=True)
    ]
    (tmp_path / "set.csv").write_text("\n".join(rows))
    aside(tmp_path / "set.csv", small.train, tuple(f"digit {number}" for number in range(10)))


FAULTS: dict[str, tuple[Callable[[list[str]], object], str]] = {
    "a word": (lambda lines: lines.__setitem__(7, lines[7][:-1] + "x"), r"line 8, column 785: '.*x' is no number"),
    "a cell too few": (lambda lines: lines.__setitem__(9, lines[9][:-2]), "line 10 has 783 pixels instead of 784"),
    "a cell too many": (lambda lines: lines.__setitem__(9, lines[9] + ",0"), "line 10 has 785 pixels instead of 784"),
    "an empty cell": (lambda lines: lines.__setitem__(3, lines[3][:-1]), r"line 4, column 785: '' is no number"),
    "no number": (lambda lines: lines.__setitem__(3, lines[3][:-1] + "nan"), "line 4 has a pixel that is no finite"),
    "too light": (lambda lines: lines.__setitem__(3, lines[3][:-1] + "256"), "pixels from 0 to 256 have no scale"),
    "a label missing": (lambda lines: lines.__setitem__(3, lines[3][1:]), "some labels are empty"),
    "no rows": (lambda lines: lines.__delitem__(slice(1, None)), "has no rows with an image"),
    "no labels": (
        lambda lines: lines.__setitem__(slice(None), [line.partition(",")[2] for line in lines]),
        "784 pixels in a row and no label",
    ),
    "no square": (
        lambda lines: lines.__setitem__(slice(None), [line.rpartition(",")[0] for line in lines]),
        "783 pixels in a row make no square",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_table_is_told_with_its_line(fault: str, small: byhand.Dataset, tmp_path: Path) -> None:
    change, said = FAULTS[fault]
    lines = [f"label,{NAMED}", *table(small.train)]
    change(lines)
    (tmp_path / "set.csv").write_text("\n".join(lines) + "\n")
    with pytest.raises(byhand.ByhandError, match=said) as caught:
        byhand.load(tmp_path / "set.csv")
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "set.csv") in str(caught.value)


def test_kaggles_test_table_becomes_a_submission(
    small: byhand.Dataset, model: byhand.Model, model_file: Path, tmp_path: Path, call: Run
) -> None:
    (tmp_path / "test.csv").write_text("\n".join([NAMED, *(line.partition(",")[2] for line in table(small.test))]))
    said = call("predict", model_file, "test.csv", "--submission", "out.csv").stdout
    assert said == "20 images of test.csv are named in out.csv\n"
    names = [model.classes[place] for place in model.predict(small.test.images)]
    lines = [f"{number},{name}" for number, name in enumerate(names, 1)]
    assert (tmp_path / "out.csv").read_text().splitlines() == ["ImageId,Label", *lines]
    numbered = [f"{number + 70},{line.partition(',')[2]}" for number, line in enumerate(table(small.test))]
    (tmp_path / "test.csv").write_text("\n".join([f"id,{NAMED}", *numbered]))
    call("predict", model_file, "test.csv", "--submission", "out.csv")
    lines = [f"{number},{name}" for number, name in enumerate(names, 70)]
    assert (tmp_path / "out.csv").read_text().splitlines() == ["id,label", *lines]


def test_a_column_without_a_name_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / "odd.arff").write_bytes(b"@relation digits\n@attribute \n@data\n1\n")
    with pytest.raises(byhand.ByhandError, match="its header must name one column label"):
        byhand.load(tmp_path / "odd.arff")


def test_a_table_is_no_picture(small: byhand.Dataset, tmp_path: Path, call: Run) -> None:
    (tmp_path / "test.csv").write_text("\n".join(table(small.test)))
    assert (
        "test.csv: is a table. To have its rows named, add --submission" in call("predict", "test.csv", code=2).stderr
    )
    for options in (["--csv"], ["--json"], ["--show", "a.png"]):
        call("predict", "test.csv", "--submission", "out.csv", *options, code=2)
    call("predict", "test.csv", "test.csv", "--submission", "out.csv", code=2)
    assert "choose another name" in call("predict", "test.csv", "--submission", "test.csv", code=2).stderr
    (tmp_path / "odd.csv").write_text("\n".join(["1,2,3,200", "1,2,3,4"]))
    assert "odd.csv: " in call("predict", "odd.csv", "--submission", "out.csv", code=2).stderr
    assert not (tmp_path / "out.csv").exists()


def draw(
    folder: Path, split: byhand.Split, change: Callable[[Any], Any] = bytes, names: Callable[[int], str] = str
) -> None:
    """Write a split as pictures in one folder a class."""
    from PIL import Image

    for number, (image, label) in enumerate(zip(split.images, split.labels.tolist(), strict=True)):
        path = folder / names(label) / f"{number:05d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(change(image)).save(path)
    (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")


def unordered(split: byhand.Split) -> list[tuple[bytes, int]]:
    """Return images and labels in an order that is always the same."""
    return sorted((image.tobytes(), int(label)) for image, label in zip(split.images, split.labels, strict=True))


@pytest.mark.parametrize("parts", [("train", "test"), ("training", "testing"), ("trainingSet/trainingSet", "testSet")])
def test_pictures_of_one_small_size_are_taken_as_they_are(
    parts: tuple[str, str], small: byhand.Dataset, tmp_path: Path
) -> None:
    draw(tmp_path / "set" / parts[0], small.train, np.asarray)
    draw(tmp_path / "set" / parts[1], small.test, lambda image: np.stack([image] * 3, axis=2))
    with pytest.warns(UserWarning, match="80 pictures of 28×28 pixels are taken as they are."):
        loaded = byhand.load(tmp_path / "set")
    assert unordered(loaded.train) == unordered(small.train)
    assert unordered(loaded.test) == unordered(small.test)
    assert loaded.train.labels[:10].tolist() != sorted(loaded.train.labels[:10].tolist())


def test_pictures_without_parts_and_dark_on_light(small: byhand.Dataset, tmp_path: Path) -> None:
    draw(tmp_path / "set", small.train, lambda image: 255 - image, "digit {}".format)
    said = "60 pictures of 28×28 pixels are taken as they are, with dark and light exchanged"
    with pytest.warns(UserWarning, match=said), pytest.warns(UserWarning, match="has no test images. 8 of its 60"):
        loaded = byhand.load(tmp_path / "set")
    assert loaded.train.classes == tuple(f"digit {number}" for number in range(10))
    assert sorted(unordered(loaded.train) + unordered(loaded.test)) == unordered(small.train)


def test_larger_pictures_are_prepared(small: byhand.Dataset, tmp_path: Path) -> None:
    def enlarged(image: Any) -> Any:
        return np.pad(255 - image.repeat(3, axis=0).repeat(3, axis=1), 9, constant_values=255)

    few = small.train.take(slice(14))
    draw(tmp_path / "set", few, enlarged)
    draw(tmp_path / "set", few.take(slice(1)), lambda _: np.full((90, 70), 250, np.uint8), "{}".format)
    with (
        pytest.warns(UserWarning, match="13 pictures are brought to 28×28 pixels"),
        pytest.warns(UserWarning, match="1 blank pictures are left out: "),
        pytest.warns(UserWarning, match="has no test images. 1 of its 13"),
    ):
        loaded = byhand.load(tmp_path / "set")
    wanted = sorted(byhand.prepare(enlarged(image)).image.tobytes() for image in few.images[1:])
    assert sorted(image.tobytes() for split in (loaded.train, loaded.test) for image in split.images) == wanted


def test_a_damaged_picture_is_named(small: byhand.Dataset, tmp_path: Path) -> None:
    draw(tmp_path / "set", small.train, np.asarray)
    (tmp_path / "set" / "5" / "00000.png").write_bytes(b"no picture")
    with pytest.raises(byhand.ByhandError, match=r"5/00000\.png: "):
        byhand.load(tmp_path / "set")
    (tmp_path / "empty" / "one" / "two").mkdir(parents=True)
    with pytest.raises(byhand.ByhandError, match="empty: has none of the files that are known here"):
        byhand.load(tmp_path / "empty")


class Tensor:
    """What other libraries have: something that becomes an array when NumPy asks."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if self.values is None:
            raise TypeError("can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() first.")
        return np.array(self.values, dtype)


GIVEN: dict[str, Callable[[Any], Any]] = {
    "lists": lambda array: array.tolist(),
    "tuples": lambda array: tuple(map(tuple, array.tolist())) if array.ndim > 1 else tuple(array.tolist()),
    "int64": lambda array: array.astype(np.int64),
    "floats": lambda array: array.astype(np.float32),
    "a tensor": lambda array: Tensor(array.astype(np.int64)),
    "objects that are numbers": lambda array: array.astype(object),
    "arrays in a list": list,
}


@pytest.mark.parametrize("kind", GIVEN)
def test_a_split_takes_what_numpy_makes_an_array_of(kind: str, small: byhand.Dataset) -> None:
    made = byhand.Split(GIVEN[kind](small.test.images), GIVEN[kind](small.test.labels))
    assert made.sha256() == small.test.sha256()


@pytest.mark.parametrize("kind", [*[*SHAPES][:5], "of numbers 0…255", "of wide numbers"])
def test_a_split_takes_images_of_usual_shapes(kind: str, small: byhand.Dataset) -> None:
    assert byhand.Split(SHAPES[kind](small.test.images), small.test.labels).sha256() == small.test.sha256()


@pytest.mark.parametrize("kind", LABELS)
def test_a_split_takes_labels_of_usual_kinds(kind: str, small: byhand.Dataset) -> None:
    assert byhand.Split(small.test.images, LABELS[kind](small.test.labels)).sha256() == small.test.sha256()


@pytest.mark.parametrize(
    ("images", "labels", "said"),
    [
        (np.full((2, 3, 3), 0.41), [0, 1], "would have to be rounded"),
        (np.full((2, 3, 3), 1000), [0, 1], "pixels from 1000 to 1000 have no scale"),
        (Tensor(None), [0, 1], r"images \(Tensor\) cannot become an array: can't convert cuda:0"),
        ([[[1]], [[1, 2]]], [0, 1], r"images \(list\) cannot become an array"),
        (np.array([{}, {}]), [0, 1], "no array of numbers"),
        (None, [0, 1], "images"),
        (np.zeros((2, 3, 3)), [1, 10], "label 10 is outside the 10 classes"),
        (np.zeros((2, 3, 3)), [-1, 0], "from 0 to 255; these go from -1 to 0"),
        (np.zeros((2, 3, 3)), ["0", "ten"], "labels 'ten', but no such names"),
        (np.zeros((2, 3, 3)), [0.5, 0], "not whole numbers"),
        (np.zeros((2, 3, 3)), [0], "2 images but 1 labels"),
        (np.zeros((2, 3, 3)), None, "labels"),
    ],
)
def test_a_split_says_what_cannot_be_taken(images: Any, labels: Any, said: str) -> None:
    with pytest.raises(byhand.ByhandError, match=said):
        byhand.Split(images, labels)


def test_a_recipe_takes_numbers_of_other_libraries() -> None:
    made = byhand.Recipe(
        epochs=np.int64(3),  # type: ignore[arg-type]
        learning_rate=np.float32(0.5),  # type: ignore[arg-type]
        seed=np.array(7),  # type: ignore[arg-type]
        layers=np.array([30, 20]),  # type: ignore[arg-type]
        rotation=np.float64(3),
    )
    assert made == byhand.Recipe(epochs=3, learning_rate=0.5, seed=7, layers=(30, 20), rotation=3.0)
    assert {type(made.epochs), type(made.seed), *map(type, made.layers)} == {int}
    assert type(made.learning_rate) is float
    assert byhand.Recipe(layers=[np.int32(5)]).layers == (5,)  # type: ignore[arg-type]
    for wrong in ({"epochs": np.float32(1.5)}, {"seed": np.bool_(True)}, {"layers": np.array([1.5])}):
        with pytest.raises(byhand.UsageError, match="cannot be used"):
            byhand.Recipe(**wrong)


@pytest.mark.parametrize("packed", [False, True])
def test_emnists_matlab_file(packed: bool, small: byhand.Dataset, tmp_path: Path) -> None:
    scipy_io = pytest.importorskip("scipy.io")
    parts = {
        name: {
            "images": split.images.reshape(len(split), -1),
            "labels": split.labels[:, None],
            "writers": np.zeros((3, 1)),
        }
        for name, split in (("train", small.train), ("test", small.test))
    }
    held = {"dataset": parts | {"mapping": np.array([[k, 48 + k] for k in range(10)])}}
    scipy_io.savemat(tmp_path / "emnist-mnist.mat", held, do_compression=packed)
    same(tmp_path / "emnist-mnist.mat", small)


def test_matlab_files_of_other_habits(small: byhand.Dataset, tmp_path: Path) -> None:
    scipy_io = pytest.importorskip("scipy.io")
    by_class = {
        f"{name}{label}": split.images[split.labels == label].reshape(-1, 784)
        for name, split in (("train", small.train), ("test", small.test))
        for label in range(10)
    }
    scipy_io.savemat(tmp_path / "mnist_all.mat", by_class)
    loaded = byhand.load(tmp_path / "mnist_all.mat")
    assert unordered(loaded.train) == unordered(small.train)
    columns = {
        f"{name}_{what}": array
        for name, split in (("train", small.train), ("test", small.test))
        for what, array in (
            ("patterns", split.images.reshape(len(split), -1).T / 127.5 - 1),
            ("labels", 2 * np.eye(10)[split.labels].T - 1),
        )
    }
    scipy_io.savemat(tmp_path / "usps_resampled.mat", columns)
    same(tmp_path / "usps_resampled.mat", small)


def test_unsound_matlab_files(small: byhand.Dataset, tmp_path: Path) -> None:
    scipy_io = pytest.importorskip("scipy.io")
    path = tmp_path / "set.mat"
    scipy_io.savemat(path, {"X": small.train.images, "y": small.train.labels}, do_compression=True)
    raw = path.read_bytes()
    path.write_bytes(raw[:2000])
    with pytest.raises(byhand.ByhandError, match=r"set\.mat: is not a sound MATLAB file \(it is cut off\)"):
        byhand.load(path)
    path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(512))
    with pytest.raises(byhand.ByhandError, match=r"version 7\.3\. Save it with -v7"):
        byhand.load(path)
    scipy_io.savemat(path, {"X": np.zeros(2 * 10**8, np.uint8)}, do_compression=True)
    with pytest.raises(byhand.ByhandError, match="unpacks to more than"):
        byhand.load(path)


def test_an_array_in_each_file(small: byhand.Dataset, tmp_path: Path) -> None:
    for part, split in (("train", small.train), ("test", small.test)):
        np.save(tmp_path / f"x_{part}.npy", split.images)
        np.save(tmp_path / f"y_{part}.npy", split.labels)
        (tmp_path / "kmnist").mkdir(exist_ok=True)
        np.savez_compressed(tmp_path / "kmnist" / f"kmnist-{part}-imgs.npz", split.images)
        np.savez_compressed(tmp_path / "kmnist" / f"kmnist-{part}-labels.npz", split.labels)
    same(tmp_path, small)
    same(tmp_path / "x_test.npy", small)
    same(tmp_path / "kmnist", small)
    np.save(tmp_path / "y_test.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(byhand.ByhandError, match=r"y_test\.npy: is not a sound .npy file \(.*pickles are never read"):
        byhand.load(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (pickle.dumps([1]), "is a pickle. byhand reads no pickles"),
        (pickle.dumps([1], protocol=2), "is a pickle"),
        (gzip.compress(pickle.dumps([1]), mtime=0), "is a pickle"),
        (b"7z\xbc\xaf\x27\x1c", "an archive of 7-Zip: unpack it first"),
        (b"\x89PNG\r\n\x1a\n", "is a picture"),
        (b"PAR1nothing", "Parquet file"),
        (b"\xff\xfel\0a\0", "text in UTF-16"),
        (b"", "no form that is known here"),
        (b"<!DOCTYPE html><p>Sign in, please, to go on, now, here", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0 a b c d e f", "pointer of Git LFS"),
        (b"hello\n", "no form that is known here"),
        (bytes(100), "no form that is known here"),
    ],
)
def test_other_files_are_named(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(content)
    with pytest.raises(byhand.ByhandError, match=said):
        byhand.load(tmp_path / "data")


class Fake:
    """An object of another library, by what it has."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__ |= attributes


class Pairs:
    """A data set of PyTorch: pairs of a tensor and a label."""

    def __init__(self, split: byhand.Split) -> None:
        self.split = split

    def __len__(self) -> int:
        return len(self.split)

    def __getitem__(self, place: int) -> tuple[Any, Any]:
        return Tensor((self.split.images[place] / 255).astype(np.float32)[None]), int(self.split.labels[place])


class Columns:
    """A data set of Hugging Face: columns by name."""

    def __init__(self, split: byhand.Split) -> None:
        self.split, self.column_names = split, ["image", "label"]
        self.features = {"label": Fake(names=[str(digit) for digit in range(10)])}

    def __getitem__(self, name: str) -> list[Any]:
        from PIL import Image

        return [*map(Image.fromarray, self.split.images)] if name == "image" else self.split.labels.tolist()


class Bunch(dict[str, Any]):
    """scikit-learn's mapping."""


def arrays_of(split: byhand.Split) -> tuple[Any, Any]:
    return split.images, split.labels.astype(np.int64)


OBJECTS: dict[str, Callable[[byhand.Dataset], Any]] = {
    "pairs": lambda data: (arrays_of(data.train), arrays_of(data.test)),
    "Keras's four": lambda data: (*arrays_of(data.train), *arrays_of(data.test)),
    "train_test_split's four": lambda data: (data.train.images, data.test.images, data.train.labels, data.test.labels),
    "a mapping": lambda data: dict(zip(FILES["Keras's"], (*arrays_of(data.train), *arrays_of(data.test)), strict=True)),
    "torchvision's": lambda data: tuple(
        Fake(data=Tensor(split.images), targets=Tensor(split.labels), classes=[f"{k} - name" for k in range(10)])
        for split in (data.train, data.test)
    ),
    "PyTorch's": lambda data: (Pairs(data.train), Pairs(data.test)),
    "Hugging Face's": lambda data: {"train": Columns(data.train), "test": Columns(data.test)},
}


@pytest.mark.parametrize("kind", OBJECTS)
def test_objects_of_other_libraries(kind: str, small: byhand.Dataset) -> None:
    loaded = byhand.load(OBJECTS[kind](small))
    assert loaded.train.sha256() == small.train.sha256()
    assert loaded.test.sha256() == small.test.sha256()


def test_a_bunch_has_its_images_twice(small: byhand.Dataset) -> None:
    images, labels = arrays_of(small.train)
    held = Bunch(data=images.reshape(SIZE, -1), images=images, target=labels.astype(str), frame=None)
    with pytest.warns(UserWarning, match="the data: has no test images"):
        loaded = byhand.load(held | {"target_names": np.arange(10), "DESCR": "digits", "feature_names": None})
    assert loaded.name == "dict"
    assert sorted(unordered(loaded.train) + unordered(loaded.test)) == unordered(small.train)


@pytest.mark.parametrize("given", [7, None, object(), (1, 2, 3), {}, {"train": 3}, [], np.zeros((3, 2, 2)), b"mnist"])
def test_what_is_no_data_is_told(given: Any) -> None:
    with pytest.raises(byhand.ByhandError):
        byhand.load(given)


def test_tables_in_pairs(small: byhand.Dataset, tmp_path: Path) -> None:
    for part, split in (("train", small.train), ("test", small.test)):
        (tmp_path / f"mnist_{part}.csv").write_text("\n".join(table(split)))
    same(tmp_path / "mnist_train.csv", small)
    (tmp_path / "mnist_test.csv").write_text("\n".join(line.partition(",")[2] for line in table(small.test)))
    with pytest.warns(UserWarning, match=r"mnist_test\.csv: has no labels, and cannot serve"):
        aside(tmp_path / "mnist_train.csv", small.train)


@pytest.mark.parametrize(("out", "made"), [("new.npz", "new.npz"), ("new.csv", "new_train.csv"), ("new", "new")])
def test_data_converted_are_the_same(out: str, made: str, small: byhand.Dataset, tmp_path: Path, call: Run) -> None:
    save(tmp_path / "set.npz", FILES["Keras's"], small)
    assert f"saved as {made}\n" in call("data", "convert", "set.npz", out).stdout
    same(tmp_path / made, small)
    assert f"{made}: is there already" in call("data", "convert", "set.npz", out, code=2).stderr


def test_data_are_converted_into_known_forms_only(small: byhand.Dataset, tmp_path: Path, call: Run) -> None:
    save(tmp_path / "set.npz", FILES["Keras's"], small)
    assert "end in .npz or .csv" in call("data", "convert", "set.npz", "set.parquet", code=2).stderr
    np.savez(
        tmp_path / "named.npz", x=small.train.images, y=small.train.labels, classes=np.array([*"abcdefghi", "j k"])
    )
    with pytest.warns(UserWarning, match="has no test images"):
        odd = byhand.load(tmp_path / "named.npz")
    from byhand.data.disk.saving import save as save_data

    with pytest.raises(byhand.ByhandError, match="class 'j k' cannot stand in a table"):
        save_data(odd, tmp_path / "odd.csv")
    with pytest.raises(byhand.ByhandError, match="cannot be made"):
        save_data(odd, tmp_path / "named.npz" / "odd")


def test_parquet(small: byhand.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "set.parquet"
    import pyarrow
    from pyarrow import parquet

    rows = small.train.images.reshape(SIZE, -1)
    columns = {f"pixel{place}": rows[:, place] for place in range(784)}
    parquet.write_table(pyarrow.table({"label": small.train.labels, **columns}), path)
    aside(path, small.train)
    drawn = [{"bytes": png(image), "path": None} for image in small.train.images]
    parquet.write_table(pyarrow.table({"image": drawn, "label": small.train.labels}), path)
    aside(path, small.train)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(byhand.ByhandError, match="not a sound Parquet file"):
        byhand.load(path)
    monkeypatch.setitem(machine.EXTRAS, "parquet", ("no_such_module",))
    with pytest.raises(byhand.ByhandError, match=r'set.parquet: is a Parquet file.*pip install "byhand\[parquet\]"'):
        byhand.load(path)


def test_an_archive_of_something_else(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.pt", "w") as archive:
        archive.writestr("archive/data.pkl", b"")
    with pytest.raises(byhand.ByhandError, match=r"archive without arrays.*byhand reads no pickles"):
        byhand.load(tmp_path / "model.pt")
    np.save(tmp_path / "alone.npy", np.zeros(3))
    with pytest.raises(byhand.ByhandError, match=r"holds one array\. Name a folder"):
        byhand.load(tmp_path / "alone.npy")


def test_a_folder_as_kaggle_gives_it(small: byhand.Dataset, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "train.csv").write_text("\n".join(table(small.train)))
    (tmp_path / "set" / "test.csv").write_text("\n".join(table(small.test)))
    (tmp_path / "set" / "sample_submission.csv").write_text("ImageId,Label\n1,0\n")
    same(tmp_path / "set", small)
    (tmp_path / "set" / "train2.csv").write_text("")
    with pytest.raises(byhand.ByhandError, match=r"several files with data in it. Name one: train\.csv, train2\.csv"):
        byhand.load(tmp_path / "set")


@pytest.mark.parametrize("change", [lambda images: images / 255, lambda images: images > 127])
def test_parts_of_two_scales_are_refused(change: Callable[[Any], Any], small: byhand.Dataset) -> None:
    parts = (arrays_of(small.train), (change(small.test.images), small.test.labels))
    with pytest.raises(byhand.ByhandError, match="different scales: the lightest are 255, 1"):
        byhand.load(parts)


def test_a_label_is_no_book(small: byhand.Dataset, tmp_path: Path) -> None:
    lines = [f"label,{NAMED}", *table(small.train), "a" * 501 + table(small.test)[0]]
    (tmp_path / "set.csv").write_text("\n".join(lines))
    with pytest.raises(byhand.ByhandError, match="line 62 has a label of more than 500 bytes"):
        byhand.load(tmp_path / "set.csv")
    (tmp_path / "set.csv").write_text("p," * 1_100_000)
    with pytest.raises(byhand.ByhandError, match="more than 1,048,586 columns"):
        byhand.load(tmp_path / "set.csv")


def test_a_submission_takes_pixels_as_the_model_learned_them(
    small: byhand.Dataset, model: byhand.Model, tmp_path: Path, call: Run
) -> None:
    facts: Any = {**model.details, "data": {**model.details["data"], "white": 16, "transposed": True}}  # type: ignore[dict-item]
    replace(model, details=facts).save(tmp_path / "model.safetensors")
    pale = np.rint(small.test.images / 255 * 16).astype(np.uint8)
    lines = table(byhand.Split(pale.transpose(0, 2, 1), small.test.labels))
    (tmp_path / "test.csv").write_text("\n".join([f"label,{NAMED}", *lines]))
    call("predict", "model.safetensors", "test.csv", "--submission", "out.csv")
    named = [line.partition(",")[2] for line in (tmp_path / "out.csv").read_text().splitlines()[1:]]
    wanted = model.predict(np.rint(pale * (255 / 16)).astype(np.uint8))
    assert named == [model.classes[place] for place in wanted]
