"""The images of an epoch in the order in which they are learned, each drawn anew: a portion ahead of the engine.

Where a processor core is idle, engines wait for no drawing: while they learn a portion, another thread draws the next
one, and late in an epoch also the order and the random numbers of the next. Of very many images that is done for a part
of the epoch at a time, as `orders` has it, whose images are read then, too. What is drawn follows from the seed, the
epoch and an image's place in the data, so it does not matter which thread draws it, nor when.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from byhand import machine
from byhand.data.disk.stored import AnyImages, copied
from byhand.data.distortions import Distortions, Drawn
from byhand.learning.drawing.distorting import distort_into, draw
from byhand.learning.drawing.orders import Orders, Part
from byhand.learning.recipe import Recipe
from byhand.types import Bytes

T = TypeVar("T")
V = TypeVar("V", bound=np.generic)
_DISTORTIONS = 1  # The tag of their random numbers; those of the order have none.
_EARLY = 0.75  # The share of a part after which the next one's numbers are drawn: they take a while, and room.


@dataclass(frozen=True, eq=False)
class _Ready:
    """A part of an epoch, its images as the data have them, and what was drawn for each, if they are changed."""

    part: Part
    images: Bytes
    drawn: Drawn | None


def drawn_for(recipe: Recipe, epoch: int, count: int, *part: int) -> Drawn | None:
    """Draw how each of so many images is changed in an epoch, or in a part of it; None where none is."""
    if not (distortions := Distortions.of(recipe)):
        return None
    return draw(distortions, count, np.random.default_rng([recipe.seed, epoch, _DISTORTIONS, *part]))


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
    """What a training by a recipe learns of the images of some sources, in portions of `size` images."""

    def __init__(self, recipe: Recipe, sources: Sequence[AnyImages], size: int) -> None:
        self._recipe, self._sources, self._size = recipe, sources, size
        self._total, self._shape = sum(map(len, sources)), sources[0].shape[1:]
        self._orders = Orders.of(recipe.seed, self._total, math.prod(self._shape))
        self._distortions = Distortions.of(recipe)
        self._parts: dict[tuple[int, int], Begun[list[_Ready]]] = {}
        self._portions: dict[tuple[int, int], Begun[Bytes]] = {}

    def __getstate__(self) -> dict[str, object]:
        """Leave out, of a copy, what is drawn already: other threads may still be at it."""
        state: dict[str, object] = self.__dict__ | {"_parts": {}, "_portions": {}}
        state.pop("whole", None)
        return state

    @property
    def are_in_parts(self) -> bool:
        """Whether the images are so many that they are learned a part after the other."""
        return self._orders.block is not None

    def chosen(self, epoch: int, start: int, stop: int) -> NDArray[np.intp]:
        """Return which images are learned from one place of an epoch to another."""
        return _joined([ready.part.learned(some) for ready, some in self._pieces(epoch, start, stop)])

    def until(self, epoch: int, place: int) -> Iterator[NDArray[np.intp]]:
        """Yield which images are learned in an epoch before a place, not too many at a time."""
        return self._orders.until(epoch, place)

    def take(self, epoch: int, start: int, stop: int) -> Bytes:
        """Return the images from one place of an epoch to another, as they look then; both lie within a portion."""
        if not self._distortions:
            pieces = self._pieces(epoch, start, stop)
            images = _joined([ready.images[ready.part.order[some]] for ready, some in pieces])
            if self.are_in_parts:
                self._look_ahead(epoch, stop)
            self._forget(epoch, start)
            return images
        first = start - start % self._size
        now, following = (epoch, first), (epoch, first + self._size)
        following = following if following[1] < self._total else (epoch + 1, 0)
        portion = self._portions.pop(now, None) or self._begin(*now)  # popped: if it fails, it is begun anew next time
        images = portion.get()
        self._look_ahead(epoch, stop)
        ahead = self._portions.get(following)
        if ahead is None and self._is_drawn(*following):
            ahead = self._begin(*following)
        self._portions = {now: portion} | ({following: ahead} if ahead else {})
        self._forget(epoch, start)
        return images[start - first : stop - first]

    def _begin(self, epoch: int, first: int) -> Begun[Bytes]:
        """Let other threads draw a portion."""
        stop = min(first + self._size, self._total)
        out, done = np.empty((stop - first, *self._shape), np.uint8), 0
        works: list[Callable[[], None]] = []
        for ready, some in self._pieces(epoch, first, stop):
            chosen = ready.part.order[some]
            assert ready.drawn is not None
            works += distort_into(out[done : done + len(chosen)], ready.images, ready.drawn, chosen)
            done += len(chosen)
        return Begun(out, machine.begin(works))

    def _pieces(self, epoch: int, start: int, stop: int) -> Iterator[tuple[_Ready, slice]]:
        """Yield the parts, and what of each, that lie from one place of an epoch to another."""
        starts = self._orders.starts(epoch)
        for number in range(self._orders.at(epoch, start), self._orders.at(epoch, stop - 1) + 1):
            begin, end = starts[number : number + 2]
            yield self._ready(epoch, number), slice(max(start, begin) - begin, min(stop, end) - begin)

    def _ready(self, epoch: int, number: int) -> _Ready:
        """Return a part of an epoch."""
        begun = self._parts.pop((epoch, number), None) or self._begin_part(epoch, number)
        ready = begun.get()[0]
        self._parts[epoch, number] = begun
        return ready

    def _begin_part(self, epoch: int, number: int) -> Begun[list[_Ready]]:
        """Let other threads draw the order of a part of an epoch, and read its images."""
        made: list[_Ready] = []

        def work() -> None:
            part = self._orders.part(epoch, number)
            numbers = [number] if self.are_in_parts else []
            drawn = drawn_for(self._recipe, epoch, len(part.order), *numbers)
            made.append(_Ready(part, self._images(part), drawn))

        return Begun(made, machine.begin([work]))

    def _images(self, part: Part) -> Bytes:
        """Return the images of a part."""
        if self._orders.block is None:
            return self.whole
        out = np.empty((len(part.places), *self._shape), np.uint8)
        for start in range(0, len(out), self._orders.block):
            copied(self._sources, int(part.places[start]), out[start : start + self._orders.block])
        return out

    @cached_property
    def whole(self) -> Bytes:
        """All images in memory, where they are few enough to be one part."""
        if len(self._sources) == 1 and isinstance(self._sources[0], np.ndarray):
            return self._sources[0]
        out = np.empty((self._total, *self._shape), np.uint8)
        copied(self._sources, 0, out)
        return out

    def _look_ahead(self, epoch: int, stop: int) -> None:
        """Let other threads begin the part that follows, where what was learned comes to the end of this one."""
        starts, number = self._orders.starts(epoch), self._orders.at(epoch, stop - 1)
        begin, end = starts[number : number + 2]
        following = (epoch, number + 1) if end < self._total else (epoch + 1, 0)
        is_late = stop - begin > _EARLY * (end - begin)
        if is_late and following[0] <= self._recipe.epochs and following not in self._parts:
            self._parts[following] = self._begin_part(*following)

    def _is_drawn(self, epoch: int, first: int = 0) -> bool:
        """Tell whether all is there that a portion is drawn of."""
        at, last = self._orders.at, min(first + self._size, self._total) - 1
        keys = [(epoch, number) for number in range(at(epoch, first), at(epoch, last) + 1)]
        return all(key in self._parts and len(self._parts[key].made) > 0 for key in keys)

    def _forget(self, epoch: int, start: int) -> None:
        """Forget the parts before a place."""
        now = epoch, self._orders.at(epoch, start)
        self._parts = {key: begun for key, begun in self._parts.items() if key >= now}


def _joined(pieces: Sequence[NDArray[V]]) -> NDArray[V]:
    """Return arrays one after the other; a single one as it is."""
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
