"""Write as many images as are wanted, each drawn anew as a recipe draws it while it learns: data larger than memory."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from byhand.data.datasets import Dataset, Split
from byhand.data.disk.saving import Stream, save_folder
from byhand.data.distortions import Distortions
from byhand.errors import UsageError
from byhand.files import refuse_present
from byhand.learning.drawing.distorting import distort, draw
from byhand.learning.recipe import LARGEST
from byhand.types import Bytes

_MADE = 4  # The tag of their random numbers, beside those of a training; see `portions`.
AT_ONCE = 2**24  # bytes of images


def check(out: Path, count: int, distortions: Distortions) -> None:
    """Refuse what `write` cannot do, before it takes its time."""
    refuse_present(out)
    if not distortions:
        raise UsageError("the recipe learns every image as it is; nothing would be drawn anew.", "recipe")
    if out.suffix.lower() in (".npz", ".csv"):
        raise UsageError(f"{out}: is to be a folder, of IDX files. Choose another name.", "write")
    if not 1 <= count <= LARGEST:
        raise UsageError(f"{count:,} cannot be used; it must be a whole number from 1 to {LARGEST:,}.", "count")


def write(data: Dataset, out: Path, count: int, distortions: Distortions, seed: int = 0) -> None:
    """Write a folder of four IDX files: training images drawn anew, and the test images as they are.

    Parameters
    ----------
    data
        What they are drawn from.
    out
        The folder, which is not there yet.
    count
        How many training images it shall have: those of the data in their order, again and again.
    distortions
        How they are changed, each time otherwise.
    seed
        Starting point of everything random.

    Raises
    ------
    UsageError
        If nothing would be changed, or there cannot be so many.
    ByhandError
        As `save_folder`.
    """
    check(out, count, distortions)
    train = Stream(count, data.train.image_shape, _drawn(data.train, count, distortions, seed))
    save_folder(out, data.train.classes, train, Stream.of(data.test))


def _drawn(split: Split, count: int, distortions: Distortions, seed: int) -> Iterator[tuple[Bytes, Bytes]]:
    """Yield images drawn anew, and their labels."""
    step = max(1, AT_ONCE // math.prod(split.image_shape))
    for start in range(0, count, len(split)):
        for first in range(0, min(len(split), count - start), step):
            chosen = slice(first, min(first + step, len(split), count - start))
            images, rng = split.source[chosen], np.random.default_rng([seed, start, first, _MADE])
            yield distort(images, draw(distortions, len(images), rng)), split.labels[chosen]
