"""Rows of numbers in the order in which they are learned; they are shown as they are, in every epoch.

Sparse rows that are rather full are written down with their zeros, a stretch at a time, and learned as dense ones are:
to the same bits, and up to twice as quickly as entry by entry. Measured from 100 to 4,000 columns, by Adam and by plain
descent: where a tenth of the numbers is told, and a batch tells one of each column on average, dense rows take 0.7 to
0.9 of the time; where a fifth, 0.5 to 0.8; where a twentieth, 0.8 to 1.4; and where a batch leaves most columns alone,
several times as much, as the optimizer moves all their weights.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import partial

import numpy as np
from numpy.typing import NDArray

from byhand.compiled.rows import ROOM
from byhand.data.distortions import Distortions
from byhand.data.rows import Features, Sparse
from byhand.errors import refuse
from byhand.learning.drawing.orders import Orders
from byhand.learning.recipe import Recipe
from byhand.types import Floats, fixed

# What a recipe may want of images alone: to be drawn anew, others beside them, or pixels that stay within 0…1.
OF_IMAGES = ("strangers", "hands", "adversarial", *(entry.name for entry in fields(Distortions)))

SPARSE_STEPS = 32
FULL = 0.1  # of the numbers of sparse rows, told: from here on they are learned as dense ones


class RowPortions:
    """What a training by a resolved recipe learns of rows, in stretches of `size`; as `Portions` of images.

    Attributes
    ----------
    steps_at_once
        How many steps at least are handed in at once: of sparse rows some, as what they put off costs much.

    Raises
    ------
    UsageError
        If the recipe wants of rows what only images can have.
    """

    def __init__(self, recipe: Recipe, features: Features, size: int) -> None:
        for name in OF_IMAGES:
            if value := getattr(recipe, name):
                refuse(value, "it is for images; rows of numbers are learned as they are.", name)
        self._features, self._orders = features, Orders(recipe.seed, len(features), None)
        self._order: tuple[int, NDArray[np.intp]] = (0, np.empty(0, np.intp))
        self._taken: Callable[[NDArray[np.intp]], Features] = features.__getitem__
        stays_sparse = isinstance(features, Sparse)
        if isinstance(features, Sparse) and _are_full(features, recipe.batch_size, size):
            self._taken, stays_sparse = partial(_written, features, recipe.engine == "compiled"), False
        self.steps_at_once = SPARSE_STEPS if stays_sparse else 1

    @property
    def none(self) -> Features:
        """What is learned, without a row of it."""
        return self._taken(np.empty(0, np.intp))

    def chosen(self, epoch: int, start: int, stop: int) -> NDArray[np.intp]:
        """Return which rows are learned from one place of an epoch to another."""
        if self._order[0] != epoch:
            self._order = epoch, self._orders.part(epoch, 0).order
        return self._order[1][start:stop]

    def until(self, epoch: int, place: int) -> Iterator[NDArray[np.intp]]:
        """Yield which rows are learned in an epoch before a place."""
        yield self.chosen(epoch, 0, place)

    def take(self, epoch: int, start: int, stop: int) -> Features:
        """Return the rows from one place of an epoch to another."""
        return self._taken(self.chosen(epoch, start, stop))


def _are_full(rows: Sparse, batch_size: int, size: int) -> bool:
    """Tell whether it pays to write sparse rows down, and a stretch of them has room."""
    share, at_once = len(rows.values) / (max(len(rows), 1) * rows.width), min(size, len(rows))
    return share >= FULL and share * min(batch_size, len(rows)) >= 1 and at_once * rows.width <= ROOM


def _written(rows: Sparse, compiles: bool, chosen: NDArray[np.intp]) -> Floats:
    """Return chosen rows with their zeros; `compiles` to write them by a loop that is quicker, and says the same."""
    if not compiles:
        return rows.taken(chosen).dense()
    from byhand.compiled.blocks.entries import write_rows
    from byhand.compiled.blocks.layouts import rows_of

    out = np.empty((len(chosen), rows.width), np.float32)
    write_rows(rows_of(rows), fixed(chosen), out)
    return out
