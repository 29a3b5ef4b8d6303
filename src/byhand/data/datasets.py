"""Sets of labelled images: MNIST, which ships with byhand, and anything stored in the same way."""

import math
import os
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from byhand.data.disk.stored import Stored
from byhand.data.forms import known, objects, sources, values
from byhand.data.forms.found import Found, Part, drawn
from byhand.data.orientation import MNIST, tell_orientation
from byhand.data.pixels import check_stored, check_white, taken, tell_pale
from byhand.data.splits import Split as Split
from byhand.errors import ByhandError, UsageError
from byhand.files import as_path
from byhand.images.showing.texts import shortened, size, some_of
from byhand.labels import DIGITS, is_plain
from byhand.types import Bytes

BUILT_IN = "mnist"
MOST_PIXELS = 2**20  # of an image
LOOKED_AT = 1000  # images of a large file
TEST_SHARE, TEST_SEED = 7, 0  # Where there are no test images, one of so many becomes one, as of MNIST's 70,000.


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
        numbers = f"{len(train):,} training and {len(test):,} test images of {size(train.image_shape)}"
        return [shortened(self.name, 40), numbers, some_of(train.classes)]


def load(
    source: object = BUILT_IN, *, white: int | None = None, transposed: bool = False, mapped: bool | None = None
) -> Dataset:
    """Load labelled images.

    Parameters
    ----------
    source
        "mnist", or a path: of a folder with the four IDX files, with arrays, or with pictures in one folder a class; of
        an `.npz` file, a table (CSV, ARFF) or a MATLAB file. Or what other libraries have: (images, labels),
        ((x_train, y_train), (x_test, y_test)), a mapping of such arrays, a scikit-learn Bunch, a pandas DataFrame with
        a column label, a data set of PyTorch or Hugging Face. A folder with IDX files may hold `classes.txt` (a class
        name a line) and `SHA256SUMS`, which is then checked. How large all this may be: SECURITY.md.
    white
        The grey level of full ink, 1 to 255, if it is not 255: 1 where images hold 0 and 1, 16 where they hold 0 to 16.
    transposed
        Whether rows and columns are swapped in the files, as in EMNIST's.
    mapped
        Whether training images stay in a plain IDX or `.npy` file of bytes, to be read from there as they are learned,
        to the same bits; by default, if they take more than half of the free memory.

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
    where, found = _found(source, mapped)
    train, test = (_taken(split, white, transposed=transposed) for split in _splits(where, found))
    if source != BUILT_IN:
        tell_orientation(train.source, train.labels, train.classes, transposed=transposed)
    return Dataset(name_of(source), train, test, found.checked, white, transposed)


def _found(source: object, mapped: bool | None) -> tuple[str, Found]:
    """Return where data lie, and what was found there."""
    if isinstance(source, Dataset):
        raise UsageError("a Dataset is loaded already: use it as it is.", "source")
    if mapped and (source == BUILT_IN or not isinstance(source, str | os.PathLike)):
        raise UsageError("takes a folder of plain IDX files, or of .npy files of bytes; leave it out here.", "mapped")
    if not isinstance(source, str | os.PathLike):
        return type(source).__name__, objects.read(source)
    path = MNIST if source == BUILT_IN else as_path(source, "a file or folder of data")
    found = sources.read(path, mapped)
    if found.train.stored is not None and mapped is None:
        said = f"{found.train.stored.path}: is large, so its images stay there, and are read as they are learned."
        found = replace(found, notes=(*found.notes, said))
    return str(path), found


def _taken(split: Split, white: int | None, *, transposed: bool) -> Split:
    """Return a split with its pixels as byhand takes them; of those in a file some are looked at."""
    source = split.source
    if isinstance(source, Stored):
        check_stored(white, transposed=transposed)
        tell_pale(int(source[:: -(-len(source) // LOOKED_AT)].max()))
        return split
    return Split(taken(source, white, transposed=transposed), split.labels, split.classes, split.sample_weight)


def name_of(source: object) -> str:
    """Return a data set's name, in which nothing acts on a terminal: models tell it, wherever they are read."""
    name = str(source) if source == BUILT_IN else type(source).__name__
    if isinstance(source, str | os.PathLike) and source != BUILT_IN:
        name = Path(source).resolve().stem
    return "".join(letter if is_plain(letter) else "_" for letter in name)


def _check_images(path: str, train: Split, test: Split) -> None:
    """Refuse sets without images, with huge ones, or with ones of two sizes."""
    pixels = math.prod(train.image_shape)
    if not (len(train) and pixels and test.images.size):
        raise ByhandError(f"{path}: {len(train):,} training and {len(test):,} test images; there must be some of both.")
    if pixels > MOST_PIXELS:
        raise ByhandError(f"{path}: an image has {pixels:,} pixels; there may be {MOST_PIXELS:,}.")
    if train.image_shape != test.image_shape:
        raise ByhandError(f"{path}: training images are {train.image_shape}, test images {test.image_shape}.")


def _splits(where: str, found: Found) -> tuple[Split, Split]:
    """Make splits of what was found; where there is no test part, draw one, and say so."""
    images = values.to_images(found.parts)
    labels, classes, notes = values.to_labels(found.parts, found.classes, names=found.names)
    if found.classes is None and classes == DIGITS:
        classes = known.names_of(labels) or classes
    splits = [
        _split(part, of_part, as_labelled, classes)
        for part, of_part, as_labelled in zip(found.parts, images, labels, strict=True)
    ]
    if found.test is None:
        whole = splits[0]
        if isinstance(whole.source, Stored):
            raise ByhandError(
                f"{found.train.where}: has no test images, which data that are mapped must have, in files of their own."
            )
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
    _check_images(where, splits[0], splits[1])
    return splits[0], splits[1]


def _split(part: Part, images: Bytes, labels: Bytes, classes: tuple[str, ...]) -> Split:
    """Make a split; if it is refused, say where the data lies."""
    stays = part.stored is not None and np.may_share_memory(images, part.images)  # unless its greys had to be turned
    try:
        return Split(cast("Bytes", part.stored) if stays else images, labels, classes, part.weights)
    except ByhandError as error:
        raise error.within(part.where) from error
