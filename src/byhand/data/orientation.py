"""Whether images of digits have rows and columns swapped, as EMNIST's do: what is told of it, and nothing else.

MNIST's own digits tell: each image is compared with the mean image of every digit, as it is and swapped. Of digits that
stand upright about four in five look most like their own, swapped hardly one in five, so some dozens are enough.
"""

import warnings
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from byhand.data.disk.stored import AnyImages
from byhand.data.idx import read_idx
from byhand.labels import DIGITS
from byhand.types import Bytes

MNIST = Path(__file__).parent / "mnist"
SIDE = 28
FEWEST, MOST = 20, 1000  # images looked at
SHARE = 0.5  # that must look like their digit one way, and twice as many as the other way


def tell_orientation(images: AnyImages, labels: Bytes, classes: tuple[str, ...], *, transposed: bool) -> None:
    """Tell if digits look as if rows and columns had still to be swapped.

    Parameters
    ----------
    images
        (n, height, width) uint8, as they were taken; those of other sizes are not looked at.
    labels
        (n,) positions in `classes`; those that are no digits are not looked at.
    classes
        The name of each class.
    transposed
        Whether they have been swapped already.

    Warns
    -----
    RuntimeWarning
        If so.
    """
    places = np.array([DIGITS.index(name) if name in DIGITS else -1 for name in classes])
    digits = np.flatnonzero(places[labels] >= 0)
    if images.shape[1:] != (SIDE, SIDE) or len(digits) < FEWEST:
        return
    chosen = digits[:: -(-len(digits) // MOST)]
    some, wanted = images[chosen], places[labels[chosen]]
    upright, swapped = (int((_nearest(each) == wanted).sum()) for each in (some, some.transpose(0, 2, 1)))
    if swapped < SHARE * len(some) or swapped < 2 * upright:
        return
    advice = "leave out --transposed" if transposed else "say --transposed, or from Python load(..., transposed=True)"
    warnings.warn(
        f"rows and columns seem to be swapped: of {len(some):,} images {swapped:,} look like their digit if they are "
        f"swapped, {upright:,} as they are. If so, {advice}.",
        RuntimeWarning,
        stacklevel=3,
    )


def _nearest(images: Bytes) -> NDArray[np.intp]:
    """Return the digit (n,) whose mean image is the nearest to each image."""
    means = _means()
    rows = images.reshape(len(images), -1).astype(np.float32)
    return np.asarray(((means * means).sum(axis=1) - 2 * rows @ means.T).argmin(axis=1))


@cache
def _means() -> NDArray[np.float32]:
    """Return the mean image (10, pixels) of each digit of MNIST's test images."""
    images, _ = read_idx(MNIST / "t10k-images-idx3-ubyte.gz", 3)
    labels, _ = read_idx(MNIST / "t10k-labels-idx1-ubyte.gz", 1)
    return np.stack([images[labels == digit].mean(axis=0, dtype=np.float32).ravel() for digit in range(10)])
