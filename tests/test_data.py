"""Data: the real MNIST, other sets in its form, and every way in which files can be damaged."""

import gzip
import hashlib
import os
import pickle
import shutil
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import byhand
from byhand.data.idx import read_idx, write_idx
from byhand.data.orientation import MNIST

TRAIN_COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
TEST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_mnist_is_mnist(mnist: byhand.Dataset) -> None:
    assert mnist.train.images.shape == (60_000, 28, 28)
    assert mnist.test.images.shape == (10_000, 28, 28)
    assert np.bincount(mnist.train.labels).tolist() == TRAIN_COUNTS
    assert np.bincount(mnist.test.labels).tolist() == TEST_COUNTS
    assert mnist.train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.count_nonzero(mnist.train.images) / mnist.train.images.size == pytest.approx(0.1912, abs=1e-4)
    assert int((~mnist.train.images.any(axis=0)).sum()) == 67
    assert mnist.checksums


def test_the_licence_ships_with_the_data() -> None:
    assert "CC BY-SA 3.0" in (MNIST / "LICENSE").read_text()


def test_data_cannot_be_written_into(mnist: byhand.Dataset) -> None:
    for array in (mnist.train.images, mnist.train.labels, mnist.train.take(slice(3)).images):
        assert array.dtype == np.uint8
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_a_users_own_arrays_stay_writable() -> None:
    images, labels = np.zeros((2, 3, 3), np.uint8), np.zeros(2, np.uint8)
    byhand.Split(images, labels)
    images[0] = 1


@given(array=hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=4, max_side=6)), packed=st.booleans())
def test_idx_written_is_idx_read(array: np.ndarray, packed: bool, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("idx") / ("data.gz" if packed else "data")
    write_idx(path, array)
    back, _ = read_idx(path, array.ndim)
    np.testing.assert_array_equal(back, array)
    assert back.shape == array.shape


def test_the_original_files_are_written_byte_for_byte(mnist: byhand.Dataset, tmp_path: Path) -> None:
    write_idx(tmp_path / "labels", mnist.test.labels)
    digest = hashlib.sha256((tmp_path / "labels").read_bytes()).hexdigest()
    assert f"{digest}  t10k-labels-idx1-ubyte" in (MNIST / "SHA256SUMS").read_text()


def test_only_bytes_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(byhand.ByhandError, match="uint8"):
        write_idx(tmp_path / "x", np.zeros(3))  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_a_folder_of_plain_or_packed_files(small_folder: Path, mnist: byhand.Dataset) -> None:
    plain = byhand.load(small_folder)
    for path in list(small_folder.iterdir()):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    packed = byhand.load(str(small_folder))
    assert plain.name == packed.name == "small"
    np.testing.assert_array_equal(plain.train.images, mnist.train.images[:300])
    assert plain.train.sha256() == packed.train.sha256() == mnist.train.take(slice(300)).sha256()
    assert not plain.checksums


def test_an_npz_file(mnist: byhand.Dataset, tmp_path: Path) -> None:
    arrays: dict[str, Any] = {"x_train": mnist.train.images[:50], "y_train": mnist.train.labels[:50].astype(np.int64)}
    arrays |= {"x_test": mnist.test.images[:20], "y_test": mnist.test.labels[:20]}
    np.savez(tmp_path / "set.npz", **arrays)
    data = byhand.load(tmp_path / "set.npz")
    assert data.train.sha256() == mnist.train.take(slice(50)).sha256()
    np.savez(tmp_path / "named.npz", classes=np.array([f"c{k}" for k in range(10)]), **arrays)
    assert byhand.load(tmp_path / "named.npz").test.classes[3] == "c3"


def test_class_names_and_more_than_ten_classes(small_folder: Path) -> None:
    labels, _ = read_idx(small_folder / "train-labels-idx1-ubyte", 1)
    write_idx(small_folder / "train-labels-idx1-ubyte", labels.astype(np.uint8) + 20)
    with pytest.raises(byhand.ByhandError, match=r"label 29 is outside the 10 classes.*classes\.txt"):
        byhand.load(small_folder)
    (small_folder / "classes.txt").write_text("\n".join(f"letter {k}" for k in range(30)) + "\n")
    assert byhand.load(small_folder).train.classes[29] == "letter 29"


LABELS = "train-labels-idx1-ubyte"
IMAGES = "train-images-idx3-ubyte"
DAMAGE: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "empty": (IMAGES, lambda _: b"", "0 bytes are too few"),
    "half a header": (IMAGES, lambda raw: raw[:10], "10 bytes are too few"),
    "cut off": (IMAGES, lambda raw: raw[:-1], "is cut off"),
    "too long": (LABELS, lambda raw: raw + b"\0", "goes on after its end"),
    "wrong magic": (IMAGES, lambda raw: b"\x89PNG" + raw[4:], "magic number 0x89504e47"),
    "labels for images": (IMAGES, lambda raw: b"\0\0\x08\x01" + raw[4:], "swapped"),
    "a terabyte promised": (
        IMAGES,
        lambda raw: raw[:4] + struct.pack(">3I", 10_000, 10_000, 10_000) + raw[16:],
        "promises 1,000,000,000,016",
    ),
    "nothing, of a vast size": (
        IMAGES,
        lambda raw: raw[:4] + struct.pack(">3I", 2**31, 2**32 - 1, 0),
        "promises .* × 0 values; at most",
    ),
    "a label too few": (LABELS, lambda raw: raw[:4] + struct.pack(">I", 299) + raw[8:-1], "300 images but 299 labels"),
    "a label outside": (LABELS, lambda raw: raw[:-1] + b"\x0b", "label 11 is outside the 10 classes"),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_named_with_what_is_wrong(small_folder: Path, damage: str, packed: bool) -> None:
    name, change, message = DAMAGE[damage]
    path = small_folder / name
    content = change(path.read_bytes())
    path.unlink()
    path = path.with_name(f"{name}.gz") if packed else path
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(byhand.ByhandError, match=message) as caught:
        byhand.load(small_folder)
    assert str(small_folder / "train") in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw[:-9], "cut off"),
        (lambda raw: raw[: len(raw) // 2], "cut off"),
        (lambda raw: raw[:500] + bytes([raw[500] ^ 255]) + raw[501:], "not a sound gzip|cut off"),
        (lambda raw: raw + raw, "goes on after"),
        (lambda _: b"not gzip at all, though it says so", "not a sound gzip"),
    ],
)
def test_damaged_gzip(tmp_path: Path, change: Callable[[bytes], bytes], message: str) -> None:
    path = tmp_path / "labels.gz"
    path.write_bytes(change((MNIST / "t10k-labels-idx1-ubyte.gz").read_bytes()))
    with pytest.raises(byhand.ByhandError, match=message):
        read_idx(path, 1)


def test_a_changed_file_is_refused_by_its_checksum(tmp_path: Path) -> None:
    folder = tmp_path / "mnist"
    shutil.copytree(MNIST, folder)
    path = folder / "t10k-labels-idx1-ubyte.gz"
    raw = bytearray(gzip.decompress(path.read_bytes()))
    raw[-1] ^= 1
    path.write_bytes(gzip.compress(bytes(raw)))
    with pytest.raises(byhand.ByhandError, match=r"t10k-labels.*SHA-256"):
        byhand.load(folder)


def test_what_is_not_there(tmp_path: Path, small_folder: Path) -> None:
    with pytest.raises(byhand.ByhandError, match="nowhere: no data there"):
        byhand.load(tmp_path / "nowhere")
    (small_folder / LABELS).unlink()
    with pytest.raises(byhand.ByhandError, match=f"{LABELS}: missing"):
        byhand.load(small_folder)


def test_what_cannot_be_read(small_folder: Path) -> None:
    (small_folder / "classes.txt").write_bytes("\n".join("ä" * 10).encode("latin-1"))
    with pytest.raises(byhand.ByhandError, match=r"classes\.txt: cannot be read as text"):
        byhand.load(small_folder)
    (small_folder / "classes.txt").unlink()
    (small_folder / LABELS).unlink()
    (small_folder / LABELS).mkdir()
    with pytest.raises(byhand.ByhandError, match=rf"{LABELS}: cannot be read \(Is a directory\)"):
        byhand.load(small_folder)


def test_an_unsound_npz(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    path.write_bytes(b"PK\3\4 not really")
    with pytest.raises(byhand.ByhandError, match=r"set\.npz: is not a sound"):
        byhand.load(path)
    np.savez(path, x_train=np.zeros((1, 2, 2), np.uint8))
    with pytest.raises(byhand.ByhandError, match="y_train, x_test, y_test"):
        byhand.load(path)
    floats = np.zeros(3)
    np.savez(path, x_train=floats, y_train=floats, x_test=floats, y_test=floats)
    with pytest.raises(byhand.ByhandError, match=r"set\.npz \(train\): .*float64"):
        byhand.load(path)


class Trap:
    """Something that would run code when unpickled."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return eval, ("1 / 0",)


def test_a_pickle_in_an_npz_is_never_run(tmp_path: Path) -> None:
    trap = np.array([Trap()], dtype=object)
    np.savez(tmp_path / "trap.npz", x_train=trap, y_train=trap, x_test=trap, y_test=trap)
    with pytest.raises(byhand.ByhandError, match="not a sound"):
        byhand.load(tmp_path / "trap.npz")
    (tmp_path / "raw.npz").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(byhand.ByhandError, match="not a sound"):
        byhand.load(tmp_path / "raw.npz")


def test_different_shapes_of_training_and_test_images(small_folder: Path, mnist: byhand.Dataset) -> None:
    write_idx(small_folder / "t10k-images-idx3-ubyte", mnist.test.images[:100, :20])
    with pytest.raises(byhand.ByhandError, match=r"28, 28.*20, 28"):
        byhand.load(small_folder)


def test_checksums_of_other_files_are_not_taken_for_a_check(small_folder: Path) -> None:
    digest = hashlib.sha256((small_folder / LABELS).read_bytes()).hexdigest()
    (small_folder / "SHA256SUMS").write_text(f"{digest.upper()}  {LABELS}\n")
    assert not byhand.load(small_folder).checksums
    (small_folder / "SHA256SUMS").write_text(f"{digest[::-1]}  {LABELS}\n")
    with pytest.raises(byhand.ByhandError, match="SHA-256"):
        byhand.load(small_folder)


def test_odd_npz_files_are_refused_in_words(mnist: byhand.Dataset, tmp_path: Path) -> None:
    sound: dict[str, Any] = {"x_train": mnist.train.images[:5], "y_train": mnist.train.labels[:5]}
    sound |= {"x_test": mnist.test.images[:5], "y_test": mnist.test.labels[:5]}
    path = tmp_path / "odd.npz"
    for change, message in [
        ({"x_train": np.zeros((5, 1, 2**20 + 1), np.uint8)}, "1,048,577 pixels; there may be 1,048,576"),
        ({"classes": np.array("one")}, "use two or more"),
        ({"classes": np.array(["a"] * 10)}, "use two or more"),
        ({"x_test": mnist.test.images[:0], "y_test": mnist.test.labels[:0]}, "0 test images"),
        ({"x_train": np.zeros((5, 0, 28), np.uint8), "x_test": np.zeros((5, 0, 28), np.uint8)}, "there must be some"),
        ({"y_train": -mnist.train.labels[:5].astype(int)}, "from 0 to 255"),
    ]:
        np.savez(path, **(sound | change))
        with pytest.raises(byhand.ByhandError, match=message):
            byhand.load(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name in sound:
            archive.writestr(f"{name}.npy", b"not an array")
    with pytest.raises(byhand.ByhandError, match=r"odd\.npz"):
        byhand.load(path)


def bomb(promised: int, size: int) -> bytes:
    """Return a packed IDX file of 28×28 images whose header promises so many bytes, and that holds `size` zeros."""
    header = struct.pack(">4I", 0x0803, (promised - 16) // 784, 28, 28)
    return gzip.compress(header + bytes(size), 9)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bomb(16 + 784 * 300_000, 10**8), "promises 235,200,016 bytes; of .* packed ones at most"),
        (bomb(16 + 784 * 6_000_000, 10**6), "promises 4,704,000,016 bytes; at most 4,294,967,296 are read"),
        (bomb(16 + 784, 5 * 10**7), "there are more"),
    ],
)
def test_a_small_file_never_takes_much_memory(small_folder: Path, content: bytes, message: str) -> None:
    (small_folder / IMAGES).unlink()
    (small_folder / f"{IMAGES}.gz").write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(byhand.ByhandError, match=message):
            byhand.load(small_folder)
        assert tracemalloc.get_traced_memory()[1] < 10**7
    finally:
        tracemalloc.stop()


def test_a_large_plain_file_is_not_read_before_its_size_is_right(small_folder: Path) -> None:
    with (small_folder / IMAGES).open("r+b") as file:
        file.truncate(50 * 10**9)
    with pytest.raises(byhand.ByhandError, match="goes on after its end"):
        byhand.load(small_folder)
    with (small_folder / IMAGES).open("r+b") as file:
        file.write(struct.pack(">4I", 0x0803, 63_000_000, 28, 28))
        file.truncate(16 + 63_000_000 * 784)
    with pytest.raises(byhand.ByhandError, match="at most 4,294,967,296 are read"):
        byhand.load(small_folder, mapped=False)
    with pytest.raises(byhand.ByhandError, match="63,000,000 images but 300 labels"):
        byhand.load(small_folder)


def test_what_is_no_file_is_never_waited_for(small_folder: Path) -> None:
    for name in (IMAGES, "classes.txt", "SHA256SUMS"):
        kept = (small_folder / name).read_bytes() if (small_folder / name).exists() else None
        (small_folder / name).unlink(missing_ok=True)
        os.mkfifo(small_folder / name)
        with pytest.raises(byhand.ByhandError, match=f"{name}: .*No file, but a pipe or a device"):
            byhand.load(small_folder)
        (small_folder / name).unlink()
        if kept is not None:
            (small_folder / name).write_bytes(kept)
    os.mkfifo(small_folder / "data.npz")
    with pytest.raises(byhand.ByhandError, match="No file, but a pipe or a device"):
        byhand.load(small_folder / "data.npz")


@pytest.mark.parametrize("name", ["classes.txt", "SHA256SUMS"])
def test_a_text_of_a_gigabyte_is_not_read(small_folder: Path, name: str) -> None:
    with (small_folder / name).open("wb") as file:
        file.truncate(10**9)
    with pytest.raises(byhand.ByhandError, match=f"{name}: .*More than 1,048,576 bytes"):
        byhand.load(small_folder)


@pytest.mark.parametrize("source", ["a\0b", "x" * 5000, "a\0b.npz", "/proc/self/mem/x.npz", "\ud800"])
def test_a_name_that_no_file_can_have(source: str) -> None:
    with pytest.raises(byhand.ByhandError, match="no data there"):
        byhand.load(source)


def test_a_loop_of_links_is_a_missing_file(small_folder: Path) -> None:
    (small_folder / LABELS).unlink()
    (small_folder / LABELS).symlink_to(small_folder / LABELS)
    with pytest.raises(byhand.ByhandError, match=f"{LABELS}: missing"):
        byhand.load(small_folder)


def test_a_data_sets_name_is_one_line(small_folder: Path) -> None:
    strange = small_folder.rename(small_folder.parent / "two\nlines\x1b[2J")
    assert byhand.load(strange).name == "two_lines_[2J"


@pytest.mark.parametrize(("name", "fault"), [("a\x1b[2Jb", "control"), ("b" * 101, "100 characters")])
def test_class_names_are_lines_of_a_bearable_length(small_folder: Path, name: str, fault: str) -> None:
    (small_folder / "classes.txt").write_text("\n".join([*"012345678", name]))
    with pytest.raises(byhand.ByhandError, match=f"name of class 9 cannot be used: .*{fault}"):
        byhand.load(small_folder)
    (small_folder / "classes.txt").write_text("\n".join(map(str, range(256))))
    with pytest.raises(byhand.ByhandError, match="256 classes are too many"):
        byhand.load(small_folder)


def header(text: str, version: tuple[int, int] = (1, 0)) -> bytes:
    """Return the beginning of an array in NumPy's format, with any header."""
    size = len(text).to_bytes(2 if version == (1, 0) else 4, "little")
    return b"\x93NUMPY" + bytes(version) + size + text.encode()


TOLD = "{'descr': %s, 'fortran_order': False, 'shape': %s}"
STRANGE_ARRAYS = {
    "no header": header("("),
    "half a token": header("{'descr': '''"),
    "nested too deeply": header("(" * 5000),
    "a long header": header(TOLD % ("'|u1'", "(0,)") + " " * 60_000),
    "no dictionary": header("7"),
    "no type": header(TOLD % ("'|q1'", "(1, 2, 2)") + " " * 8),
    "an object": header(TOLD % ("'|O'", "(1, 2, 2)") + " " * 8),
    "a record": header(TOLD % ("[('a', '|u1')]", "(1, 2, 2)") + " " * 4),
    "a shape of texts": header(TOLD % ("'|u1'", "('a',)")),
    "a shape that is true": header(TOLD % ("'|u1'", "(True, 2, 2)")) + b"four",
    "a length that is true": header(TOLD % ("'|u1'", "(1, True)")) + b"1",
    "a header without end": header(TOLD % ("'|u1'", "(1, 2, 2)") + " " * 20_000) + b"four",
    "a shape too large": header(TOLD % ("'|u1'", f"({10**30}, 2, 2)")),
    "a shape beyond all": header(TOLD % ("'|u1'", f"({'9' * 5000},)")),
    "a negative shape": header(TOLD % ("'|u1'", "(-1, -2, 2)")) + b"four",
    "a terabyte": header(TOLD % ("'|u1'", f"({10**12},)")),
    "no bytes at all": header(TOLD % ("'|S0'", "(5,)")),
    "another version": header(TOLD % ("'|u1'", "(0,)"), (3, 0)),
    "a version to come": header(TOLD % ("'|u1'", "(0,)"), (9, 0)),
    "too short": header(TOLD % ("'|u1'", "(1, 2, 2)")) + b"123",
    "too long": header(TOLD % ("'|u1'", "(1, 2, 2)")) + b"12345",
    "letters beyond all": header(TOLD % ("'<U1'", "(10,)")) + struct.pack("<10I", *range(0x110000, 0x11000A)),
    "a letter that is none": header(TOLD % ("'<U1'", "(1,)")) + b"\xff\xff\xff\x7f",
}


def npz(path: Path, split: byhand.Split, **members: bytes) -> None:
    """Write five images as an .npz file, some arrays of which are of other bytes."""
    sound = {"x_train": split.images[:5], "y_train": split.labels[:5], "x_test": split.images[:5]}
    np.savez(path, **sound, y_test=split.labels[:5])  # type: ignore[arg-type]
    with zipfile.ZipFile(path) as archive:
        content = {info.filename: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in (content | {f"{name}.npy": raw for name, raw in members.items()}).items():
            archive.writestr(name, raw)


@pytest.mark.parametrize("name", ["x_train", "classes"])
@pytest.mark.parametrize("strange", STRANGE_ARRAYS)
def test_a_strange_array_in_an_npz_is_one_sentence(
    mnist: byhand.Dataset, tmp_path: Path, strange: str, name: str
) -> None:
    npz(tmp_path / "odd.npz", mnist.test, **{name: STRANGE_ARRAYS[strange]})
    with pytest.raises(byhand.ByhandError, match=r"odd\.npz") as told:
        byhand.load(tmp_path / "odd.npz")
    assert "allow_pickle" not in str(told.value)


def test_arrays_in_columns_and_of_other_byte_orders_are_read(mnist: byhand.Dataset, tmp_path: Path) -> None:
    images, labels = mnist.test.images[:5], mnist.test.labels[:5]
    turned = np.asfortranarray(images)
    np.savez_compressed(
        tmp_path / "set.npz", x_train=turned, y_train=labels.astype(">i4"), x_test=images, y_test=labels
    )
    data = byhand.load(tmp_path / "set.npz")
    assert data.train.sha256() == data.test.sha256() == mnist.test.take(slice(5)).sha256()


@pytest.mark.parametrize("packing", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_an_archive_packed_otherwise_is_refused(tmp_path: Path, packing: int) -> None:
    with zipfile.ZipFile(tmp_path / "odd.npz", "w", packing) as archive:
        archive.writestr("x_train.npy", bytes(1000))
    with pytest.raises(byhand.ByhandError, match="packed otherwise than NumPy does"):
        byhand.load(tmp_path / "odd.npz")


def test_data_that_packs_well_is_no_bomb(tmp_path: Path) -> None:
    path, images = tmp_path / "plain.npz", np.zeros((60_000, 28, 28), np.uint8)
    images[:, 5:20, 10:15] = 255
    labels = np.arange(60_000) // 6000
    np.savez_compressed(path, x_train=images, y_train=labels, x_test=images[::99], y_test=labels[::99])
    assert images.nbytes > 150 * path.stat().st_size
    assert len(byhand.load(path).train) == 60_000


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_of_bombs_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", bytes(2 * 10**8))
    with pytest.raises(byhand.ByhandError, match=r"promises 200,000,000 bytes; of .* packed ones"):
        byhand.load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_train.npy", b"")
        archive.writestr("x_train.npy", b"")
    with pytest.raises(byhand.ByhandError, match="x_train is in it twice"):
        byhand.load(path)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(20):
            archive.writestr(f"{number:060000d}", b"")
    with pytest.raises(byhand.ByhandError, match="there is too much in it"):
        byhand.load(path)
