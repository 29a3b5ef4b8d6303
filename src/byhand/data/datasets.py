"""Sets of labelled images: MNIST, which ships with byhand, and anything stored in the same way."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from byhand.data.idx import read_idx
from byhand.data.npz import read_npz
from byhand.data.pixels import check_white, taken
from byhand.errors import ByhandError, UsageError
from byhand.files import kind_of, parsing, read_file, words
from byhand.labels import DIGITS, NO_CLASS, check_classes, is_plain
from byhand.types import Bytes

MNIST = Path(__file__).parent / "mnist"
BUILT_IN = "mnist"
CHECKSUMS = "SHA256SUMS"
MOST_PIXELS = 2**20  # of an image
MOST_NAMED = 12  # classes in a message
MOST_TEXT = 2**20  # Bytes of such a file, and of one with the names of classes.


@dataclass(frozen=True, eq=False)
class Split:
    """Labelled images; `len` tells how many.

    Attributes
    ----------
    images
        (n, height, width) uint8, read-only; 0 is paper and 255 ink.
    labels
        (n,) uint8, read-only: positions in `classes`.
    classes
        The name of each class.
    """

    images: Bytes
    labels: Bytes
    classes: tuple[str, ...] = DIGITS

    def __post_init__(self) -> None:
        for array, dimensions in ((self.images, 3), (self.labels, 1)):
            if array.dtype != np.uint8 or array.ndim != dimensions:
                raise ByhandError(
                    "images must be (n, height, width), uint8, and labels (n,), whole numbers from 0 to 255; not "
                    f"{array.dtype} {array.shape}."
                )
        check_classes(self.classes)
        if len(self.images) != len(self.labels):
            raise ByhandError(f"{len(self.images):,} images but {len(self.labels):,} labels: one of them is not whole.")
        if len(self.labels) and self.labels.max() >= len(self.classes):
            raise ByhandError(
                f"label {self.labels.max()} is outside the {len(self.classes)} classes (0 to {len(self.classes) - 1}). "
                "If there are more, name them, one a line, in a file classes.txt beside the images."
            )
        for name in ("images", "labels"):
            view = getattr(self, name).view()
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, chosen: NDArray[np.intp] | slice) -> "Split":
        """Return the chosen samples as a split of their own.

        Parameters
        ----------
        chosen
            Their positions (m,), or a slice of them, 0 for the first.

        Returns
        -------
        Split
            The m samples in that order, of the same classes.
        """
        return Split(self.images[chosen], self.labels[chosen], self.classes)

    def in_classes(self, classes: tuple[str, ...]) -> "Split":
        """Return the same samples with labels that are positions in other class names, such as a model's.

        Parameters
        ----------
        classes
            Names in any order; there may be more of them than these samples have.

        Returns
        -------
        Split
            This one, if its classes are the very same.

        Raises
        ------
        UsageError
            If a class of these samples is not among them.
        """
        if classes == self.classes:
            return self
        places = {name: place for place, name in enumerate(classes)}
        there = [self.classes[label] for label in np.unique(self.labels)]
        if strange := [name for name in there if name not in places]:
            raise UsageError(
                f"there are images of the classes {_listed(strange)} in the data, which the model does not know; it "
                f"knows {_listed(classes)}. Use the data it was trained for."
            )
        moved = np.array([places.get(name, 0) for name in self.classes], np.uint8)
        return Split(self.images, moved[self.labels], classes)

    def sha256(self) -> str:
        """Return a fingerprint of images, labels and class names.

        Returns
        -------
        str
            64 hexadecimal digits, the same for the same data however it was stored.
        """
        return self._checksum

    @cached_property
    def _checksum(self) -> str:
        """Read every byte, once."""
        fingerprint = hashlib.sha256(repr((self.images.shape, self.classes)).encode())
        fingerprint.update(np.ascontiguousarray(self.images).data)
        fingerprint.update(np.ascontiguousarray(self.labels).data)
        return fingerprint.hexdigest()


@dataclass(frozen=True, eq=False)
class Dataset:
    """A training split and a test split of the same classes.

    Attributes
    ----------
    name
        Where they came from, in a word.
    train, test
        The labelled images.
    checksums
        Whether every file was compared with a listed checksum.
    white, transposed
        How the pixels were taken, as `load` was told.
    """

    name: str
    train: Split
    test: Split
    checksums: bool = False
    white: int | None = None
    transposed: bool = False


def load(source: str | Path = BUILT_IN, *, white: int | None = None, transposed: bool = False) -> Dataset:
    """Load labelled images.

    Parameters
    ----------
    source
        "mnist"; or a folder with the four IDX files under MNIST's names, plain or `.gz`; or an `.npz` file with arrays
        `x_train`, `y_train`, `x_test`, `y_test`. A folder may also hold `classes.txt` (a class name a line; the digits
        0–9 otherwise) and `SHA256SUMS` (of the uncompressed files), which is then checked. In an `.npz` file the names
        may be an array `classes`.
    white
        The grey level of full ink, 1 to 255, if it is not 255: 1 where images hold 0 and 1, 16 where they hold 0 to 16.
    transposed
        Whether rows and columns are swapped in the files, as in EMNIST's.

    Returns
    -------
    Dataset
        Its arrays are read-only uint8: images (n, height, width), labels (n,).

    Warns
    -----
    RuntimeWarning
        If no `white` is named and no pixel is as light as half of full ink.

    Raises
    ------
    ByhandError
        If anything is missing, damaged, of the wrong type, or does not fit together; the message names the file.
    """
    check_white(white)
    path = MNIST if source == BUILT_IN else Path(source)
    train, test, checked = _read(path)
    _check_images(path, train, test)
    train, test = (
        Split(taken(split.images, white, transposed=transposed), split.labels, split.classes) for split in (train, test)
    )
    return Dataset(_name_of(source), train, test, checked, white, transposed)


def _read(path: Path) -> tuple[Split, Split, bool]:
    """Read both splits as they are stored, and tell whether every file was compared with a listed checksum."""
    kind = kind_of(path)
    if kind == "folder":
        return _load_folder(path)
    if path.suffix == ".npz" and kind != "nothing":
        return (*_load_npz(path), False)
    raise ByhandError(
        f"{path}: no data there. Name a folder with the four IDX files, or an .npz file; mnist needs none."
    )


def _name_of(source: str | Path) -> str:
    """Return a data set's name, in which nothing acts on a terminal: models tell it, wherever they are read."""
    name = BUILT_IN if source == BUILT_IN else Path(source).resolve().stem
    return "".join(letter if is_plain(letter) else "_" for letter in name)


def _check_images(path: Path, train: Split, test: Split) -> None:
    """Refuse sets without images, with huge ones, or with ones of two sizes."""
    if not (train.images.size and test.images.size):
        raise ByhandError(f"{path}: {len(train):,} training and {len(test):,} test images; there must be some of both.")
    if train.images[0].size > MOST_PIXELS:
        raise ByhandError(f"{path}: an image has {train.images[0].size:,} pixels; there may be {MOST_PIXELS:,}.")
    if train.images.shape[1:] != test.images.shape[1:]:
        raise ByhandError(f"{path}: training images are {train.images.shape[1:]}, test images {test.images.shape[1:]}.")


def _load_folder(folder: Path) -> tuple[Split, Split, bool]:
    """Read the four IDX files of a folder, and tell whether each has been compared with a listed checksum."""
    listed = [line.split() for line in _read_lines(folder / CHECKSUMS)]
    checksums = {Path(words[-1].lstrip("*")).name: words[0].lower() for words in listed}
    unlisted = []
    classes = tuple(_read_lines(folder / "classes.txt")) or DIGITS

    def read(stem: str, dimensions: int) -> Bytes:
        path = next((p for p in (folder / stem, folder / f"{stem}.gz") if kind_of(p) != "nothing"), None)
        if path is None:
            raise ByhandError(f"{folder / stem}: missing, and so is {stem}.gz. A data folder holds four IDX files.")
        array, payload = read_idx(path, dimensions)
        if stem not in checksums:
            unlisted.append(stem)
        elif hashlib.sha256(payload).hexdigest() != checksums[stem]:
            raise ByhandError(f"{path}: its SHA-256 is not the one in {CHECKSUMS}, so it was changed. Fetch it again.")
        return array

    def split(stem: str) -> Split:
        images, labels = read(f"{stem}-images-idx3-ubyte", 3), read(f"{stem}-labels-idx1-ubyte", 1)
        return _split(f"{folder / stem}-*", images, labels, classes)

    return split("train"), split("t10k"), not unlisted


def _load_npz(path: Path) -> tuple[Split, Split]:
    """Read the four arrays of an .npz file; a pickle inside it is refused, never run."""
    names = ("x_train", "y_train", "x_test", "y_test")
    arrays = read_npz(path, (*names, "classes"))
    if missing := [name for name in names if name not in arrays]:
        raise ByhandError(f"{path}: has no array {', '.join(missing)}; it must hold {', '.join(names)}.")
    x_train, y_train, x_test, y_test = (arrays[name] for name in names)
    classes = DIGITS
    if "classes" in arrays:
        with parsing(path, "has class names that are no text", "Write it again."):
            classes = tuple(map(str, arrays["classes"].ravel()[: NO_CLASS + 1]))
    return (
        _split(f"{path} (train)", cast("Bytes", x_train), _as_labels(y_train), classes),
        _split(f"{path} (test)", cast("Bytes", x_test), _as_labels(y_test), classes),
    )


def _split(where: str, images: Bytes, labels: Bytes, classes: tuple[str, ...]) -> Split:
    """Make a split; if it is refused, say where the data lies."""
    try:
        return Split(images, labels, classes)
    except ByhandError as error:
        raise error.within(where) from error


def _as_labels(labels: NDArray[np.generic]) -> Bytes:
    """Turn whole numbers 0…255 of any type into uint8, and leave everything else to the split's check."""
    fits = labels.dtype.kind in "iu" and labels.size and 0 <= int(labels.min()) <= int(labels.max()) <= 255
    return labels.astype(np.uint8) if fits else cast("Bytes", labels)


def _listed(names: Sequence[str]) -> str:
    """Return names of classes, not too many, as text."""
    return ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} others" if len(names) > MOST_NAMED else "")


def _read_lines(path: Path) -> list[str]:
    """Return the lines, without blank ones, of a small text file that is allowed to be missing."""
    try:
        text = read_file(path, MOST_TEXT).decode() if kind_of(path) != "nothing" else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ByhandError(f"{path}: cannot be read as text ({words(error)}).") from error
    return [line.strip() for line in text.splitlines() if line.strip()]
