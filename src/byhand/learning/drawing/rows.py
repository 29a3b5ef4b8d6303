"""Rows of numbers in the order in which they are learned; they are shown as they are, in every epoch."""

from collections.abc import Iterator
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from byhand.data.distortions import Distortions
from byhand.data.rows import Features, Samples, Sparse, Table
from byhand.errors import refuse
from byhand.learning.drawing.orders import Orders
from byhand.learning.recipe import Recipe

# What a recipe may want of images alone: to be drawn anew, others beside them, or pixels that stay within 0…1.
OF_IMAGES = ("strangers", "hands", "adversarial", *(entry.name for entry in fields(Distortions)))

SPARSE_STEPS = 32


def check_for_rows(recipe: Recipe) -> None:
    """Refuse a recipe that wants of rows what only images can have."""
    for name in OF_IMAGES:
        if value := getattr(recipe, name):
            refuse(value, "it is for images; rows of numbers are learned as they are.", name)


def steps_at_once(samples: Samples) -> int:
    """Return how many steps at least are handed in at once: of sparse rows some, as what they put off costs much."""
    return SPARSE_STEPS if isinstance(samples, Table) and isinstance(samples.features, Sparse) else 1


class RowPortions:
    """What a training by a recipe learns of rows; as `Portions` of images."""

    def __init__(self, recipe: Recipe, features: Features) -> None:
        self._features, self._orders = features, Orders(recipe.seed, len(features), None)
        self._order: tuple[int, NDArray[np.intp]] = (0, np.empty(0, np.intp))

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
        return self._features[self.chosen(epoch, start, stop)]
