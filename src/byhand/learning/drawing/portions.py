"""The images of an epoch in the order in which they are learned, each drawn anew: a portion ahead of the engine.

Where a processor core is idle, engines wait for no drawing: while they learn a portion, another thread draws the next
one, and late in an epoch also the order and the random numbers of the next. What is drawn follows from the seed, the
epoch and an image's place in the data, so it does not matter which thread draws it, nor when.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from byhand import machine
from byhand.data.distortions import Distortions, Drawn
from byhand.learning.drawing.distorting import distort_into, draw
from byhand.learning.recipe import Recipe
from byhand.types import Bytes

T = TypeVar("T")
_DISTORTIONS = 1  # The tag of their random numbers; those of the order have none.
_EARLY = 0.75  # The share of an epoch after which the next one's numbers are drawn: they take a while, and room.


@dataclass(frozen=True, eq=False)
class Order:
    """In which order the images of an epoch are learned, and what was drawn to change each, if they are changed."""

    order: NDArray[np.intp]
    drawn: Drawn | None


def order_of(recipe: Recipe, epoch: int, total: int) -> Order:
    """Draw the order of an epoch of so many images, and how each is changed."""
    order = np.random.default_rng([recipe.seed, epoch]).permutation(total)
    if not (distortions := Distortions.of(recipe)):
        return Order(order, None)
    return Order(order, draw(distortions, total, np.random.default_rng([recipe.seed, epoch, _DISTORTIONS])))


@dataclass(eq=False)
class Begun(Generic[T]):
    """What other threads may be making until `end` is called."""

    made: T
    end: Callable[[], None] | None

    def get(self) -> T:
        """Return it whole."""
        if self.end is not None:
            self.end()
            self.end = None
        return self.made


class Portions:
    """What a training by a recipe learns of some images (n, height, width), in portions of `size` images."""

    def __init__(self, recipe: Recipe, images: Bytes, size: int) -> None:
        self._recipe, self._images, self._size = recipe, images, size
        self._distortions = Distortions.of(recipe)
        self._orders: dict[int, Begun[list[Order]]] = {}
        self._portions: dict[tuple[int, int], Begun[Bytes]] = {}

    def __getstate__(self) -> dict[str, object]:
        """Leave out, of a copy, what is drawn already: other threads may still be at it."""
        return self.__dict__ | {"_orders": {}, "_portions": {}}

    def order(self, epoch: int) -> NDArray[np.intp]:
        """Return in which order all images are learned in an epoch."""
        return self._order(epoch).order

    def take(self, epoch: int, start: int, stop: int) -> Bytes:
        """Return the images from one place of an epoch to another, as they look then; both lie within a portion."""
        if not self._distortions:
            return np.asarray(self._images[self.order(epoch)[start:stop]])
        first, total = start - start % self._size, len(self._images)
        now, following = (epoch, first), (epoch, first + self._size) if first + self._size < total else (epoch + 1, 0)
        portion = self._portions.pop(now, None) or self._begin(*now)  # popped: if it fails, it is begun anew next time
        images = portion.get()
        if stop > _EARLY * total and epoch < self._recipe.epochs and epoch + 1 not in self._orders:
            self._orders[epoch + 1] = self._begin_order(epoch + 1)
        ahead = self._portions.get(following)
        if ahead is None and self._is_drawn(following[0]):
            ahead = self._begin(*following)
        self._portions = {now: portion} | ({following: ahead} if ahead else {})
        return images[start - first : stop - first]

    def _begin(self, epoch: int, first: int) -> Begun[Bytes]:
        """Let other threads draw a portion."""
        order = self._order(epoch)
        chosen = order.order[first : first + self._size]
        out = np.empty((len(chosen), *self._images.shape[1:]), np.uint8)
        assert order.drawn is not None
        return Begun(out, machine.begin(distort_into(out, self._images, order.drawn, chosen)))

    def _order(self, epoch: int) -> Order:
        """Return the order of an epoch, and forget those before."""
        begun = self._orders.pop(epoch, None) or self._begin_order(epoch)
        order = begun.get()[0]
        self._orders = {epoch: begun} | {number: kept for number, kept in self._orders.items() if number > epoch}
        return order

    def _begin_order(self, epoch: int) -> Begun[list[Order]]:
        """Let other threads draw the order of an epoch."""
        made: list[Order] = []

        def work() -> None:
            made.append(order_of(self._recipe, epoch, len(self._images)))

        return Begun(made, machine.begin([work]))

    def _is_drawn(self, epoch: int) -> bool:
        """Tell whether the order of an epoch is there."""
        return epoch in self._orders and len(self._orders[epoch].made) > 0
