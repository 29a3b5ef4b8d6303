"""Sets of labelled images: MNIST, which ships with byhand, and anything stored in the same way."""

import hashlib
import os
import warnings
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from byhand.data.forms import objects, sources, values
from byhand.data.forms.found import Found, Part, drawn, listed
from byhand.data.orientation import MNIST, tell_orientation
from byhand.data.pixels import check_white, taken
from byhand.data.sample_weights import SampleWeight, exact_weights
from byhand.errors import ByhandError, UsageError
from byhand.files import as_path
from byhand.images.showing.texts import shortened, size, some_of
from byhand.labels import DIGITS, as_classes, is_plain
from byhand.types import Bytes, Mask

BUILT_IN = "mnist"
MOST_PIXELS = 2**20  # of an image
TEST_SHARE, TEST_SEED = 7, 0  # Where there are no test images, one of so many becomes one, as of MNIST's 70,000.


@dataclass(frozen=True, eq=False)
class Split:
    """Labelled images; `len` tells how many, and `split[:100]` is a split of the first hundred.

    Whatever NumPy makes an array of can be given, such as lists, pandas Series or tensors, if nothing has to be
    rounded: images also as (n, pixels) of squares and with one channel, of integers 0…255 or of floats 0…255 or 0…1;
    labels also as class names, whole floats, a column, or rows with a single 1.

    Attributes
    ----------
    images
        (n, height, width) uint8, read-only; 0 is paper and 255 ink.
    labels
        (n,) uint8, read-only: positions in `classes`.
    classes
        The name of each class.
    sample_weight
        (n,) float64, read-only: how much each image counts when it is learned, beside the others; 0 leaves it out. None
        where all count alike. Judging heeds no weights: there every image counts once.
    """

    images: Bytes
    labels: Bytes
    classes: tuple[str, ...] = DIGITS
    sample_weight: SampleWeight | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", as_classes(self.classes))
        object.__setattr__(self, "images", values.exact_images(self.images))
        object.__setattr__(self, "labels", values.exact_labels(self.labels, self.classes))
        if len(self.images) != len(self.labels):
            raise ByhandError(f"{len(self.images):,} images but {len(self.labels):,} labels: one of them is not whole.")
        if len(self.labels) and self.labels.max() >= len(self.classes):
            raise ByhandError(
                f"label {self.labels.max()} is outside the {len(self.classes)} classes (0 to {len(self.classes) - 1}). "
                "If there are more, name them, one a line, in a file classes.txt beside the images."
            )
        if self.sample_weight is not None:
            object.__setattr__(self, "sample_weight", exact_weights(self.sample_weight, len(self.labels)))
        for name in ("images", "labels", *([] if self.sample_weight is None else ["sample_weight"])):
            view = getattr(self, name).view()
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, chosen: NDArray[np.intp] | Mask | slice) -> "Split":
        if not isinstance(chosen, slice) and np.ndim(chosen) == 0:
            raise TypeError("a Split has parts, such as split[:100]; single ones: split.images[0], split.labels[0].")
        return self.take(chosen)

    def __repr__(self) -> str:
        return f"<byhand.Split: {len(self):,} images of {size(self.images.shape[1:])}, {some_of(self.classes)}>"

    def _repr_html_(self) -> str:
        """Return some images of each class, for a notebook."""
        from byhand.images.showing import records

        about = [f"{len(self):,} labelled images", f"{size(self.images.shape[1:])} pixels", some_of(self.classes)]
        return records.samples(about, self.images, self.labels, self.classes, self.labels)

    def __reduce__(self) -> tuple[object, ...]:
        """Go to other processes, and into copies, by way of the constructor: what arrives is read-only, too."""
        return Split, tuple(getattr(self, entry.name) for entry in fields(self))

    def take(self, chosen: NDArray[np.intp] | Mask | slice) -> "Split":
        """Return the chosen samples as a split of their own.

        Parameters
        ----------
        chosen
            Their positions (m,), a slice of them, 0 for the first, or whether each (n,) is chosen.

        Returns
        -------
        Split
            The m samples in that order, of the same classes.
        """
        weights = None if self.sample_weight is None else self.sample_weight[chosen]
        return Split(self.images[chosen], self.labels[chosen], self.classes, weights)

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
                f"there are images of the classes {listed(strange)} in the data, which the model does not "
                f"know; it knows {listed(classes)}. Use the data it was trained for."
            )
        moved = np.array([places.get(name, 0) for name in self.classes], np.uint8)
        return Split(self.images, moved[self.labels], classes, self.sample_weight)

    def sha256(self) -> str:
        """Return a fingerprint of images, labels, class names and, where there are any, weights.

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
        if self.sample_weight is not None:
            fingerprint.update(np.ascontiguousarray(self.sample_weight).data)
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

    def __post_init__(self) -> None:
        if not (isinstance(self.train, Split) and isinstance(self.test, Split)):
            raise UsageError("a Dataset is a name and two Splits: byhand.load((train, test)) makes one of other data.")

    def __repr__(self) -> str:
        return f"<byhand.Dataset {', '.join(self._about())}>"

    def _repr_html_(self) -> str:
        """Return some training images of each class, for a notebook."""
        from byhand.images.showing import records

        train, test = self.train, self.test
        about = [*self._about(), "beside each class: training + test images"]
        return records.samples(about, train.images, train.labels, train.classes, train.labels, test.labels)

    def _about(self) -> list[str]:
        """Return what there is to say of it in short."""
        train, test = self.train, self.test
        numbers = f"{len(train):,} training and {len(test):,} test images of {size(train.images.shape[1:])}"
        return [shortened(self.name, 40), numbers, some_of(train.classes)]


def load(source: object = BUILT_IN, *, white: int | None = None, transposed: bool = False) -> Dataset:
    """Load labelled images.

    Parameters
    ----------
    source
        "mnist", or a path: of a folder with the four IDX files, with arrays, or with pictures in one folder a class; of
        an `.npz` file, a table (CSV, ARFF) or a MATLAB file. Or what other libraries have: (images, labels),
        ((x_train, y_train), (x_test, y_test)), a mapping of such arrays, a scikit-learn Bunch, a pandas DataFrame with
        a column label, a data set of PyTorch or Hugging Face. A folder with IDX files may hold `classes.txt` (a class
        name a line; the digits 0–9 otherwise) and `SHA256SUMS` (of the uncompressed files), which is then checked. How
        large all this may be: SECURITY.md.
    white
        The grey level of full ink, 1 to 255, if it is not 255: 1 where images hold 0 and 1, 16 where they hold 0 to 16.
    transposed
        Whether rows and columns are swapped in the files, as in EMNIST's.

    Returns
    -------
    Dataset
        Its arrays are read-only uint8: images (n, height, width), labels (n,).

    Raises
    ------
    ByhandError, UsageError
        If anything is missing, damaged, of the wrong type, or does not fit together; the message names the file.

    Warns
    -----
    UserWarning
        Of what was chosen: which test images were set aside where there are none, how pictures were taken, what was
        left out.
    RuntimeWarning
        If no `white` is named and no pixel is as light as half of full ink; if digits seem to be transposed.
    """
    check_white(white)
    where, found = _found(source)
    train, test = _splits(found)
    _check_images(where, train, test)
    train, test = (replace(split, images=taken(split.images, white, transposed=transposed)) for split in (train, test))
    if source != BUILT_IN:
        tell_orientation(train.images, train.labels, train.classes, transposed=transposed)
    return Dataset(name_of(source), train, test, found.checked, white, transposed)


def _found(source: object) -> tuple[str, Found]:
    """Return where data lie, and what was found there."""
    if isinstance(source, Dataset):
        raise UsageError("a Dataset is loaded already: use it as it is.", "source")
    if not isinstance(source, str | os.PathLike):
        return type(source).__name__, objects.read(source)
    path = MNIST if source == BUILT_IN else as_path(source, "a file or folder of data")
    return str(path), sources.read(path)


def name_of(source: object) -> str:
    """Return a data set's name, in which nothing acts on a terminal: models tell it, wherever they are read."""
    name = str(source) if source == BUILT_IN else type(source).__name__
    if isinstance(source, str | os.PathLike) and source != BUILT_IN:
        name = Path(source).resolve().stem
    return "".join(letter if is_plain(letter) else "_" for letter in name)


def _check_images(path: str, train: Split, test: Split) -> None:
    """Refuse sets without images, with huge ones, or with ones of two sizes."""
    if not (train.images.size and test.images.size):
        raise ByhandError(f"{path}: {len(train):,} training and {len(test):,} test images; there must be some of both.")
    if train.images[0].size > MOST_PIXELS:
        raise ByhandError(f"{path}: an image has {train.images[0].size:,} pixels; there may be {MOST_PIXELS:,}.")
    if train.images.shape[1:] != test.images.shape[1:]:
        raise ByhandError(f"{path}: training images are {train.images.shape[1:]}, test images {test.images.shape[1:]}.")


def _splits(found: Found) -> tuple[Split, Split]:
    """Make splits of what was found; where there is no test part, draw one, and say so."""
    images = values.to_images(found.parts)
    labels, classes, notes = values.to_labels(found.parts, found.classes, names=found.names)
    splits = [
        _split(part, of_part, as_labelled, classes)
        for part, of_part, as_labelled in zip(found.parts, images, labels, strict=True)
    ]
    if found.test is None:
        whole = splits[0]
        count = len(whole) // TEST_SHARE
        if not 0 < count < len(whole):
            raise ByhandError(
                f"{found.train.where}: {len(whole):,} images are too few to set some aside as test images."
            )
        chosen = drawn(whole.labels, count, TEST_SEED)
        splits = [whole.take(np.flatnonzero(~chosen)), whole.take(np.flatnonzero(chosen))]
        notes.append(
            f"{found.train.where}: has no test images. {count:,} of its {len(whole):,}, drawn by the seed {TEST_SEED}, "
            "each class in its share, are set aside as such, and are not learned."
        )
    for note in (*found.notes, *notes):
        warnings.warn(note, stacklevel=3)
    return splits[0], splits[1]


def _split(part: Part, images: Bytes, labels: Bytes, classes: tuple[str, ...]) -> Split:
    """Make a split; if it is refused, say where the data lies."""
    try:
        return Split(images, labels, classes, part.weights)
    except ByhandError as error:
        raise error.within(part.where) from error
