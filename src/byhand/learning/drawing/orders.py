"""In which order the images of an epoch are learned: all shuffled, or if they are very many, a part after the other.

The order of an epoch is drawn from the seed and the epoch. Images of more than a gigabyte are shuffled as a file is
read quickest that memory does not hold: they are cut into blocks of neighbours, and these are learned in an order that
is drawn; a part of them at a time, which memory holds easily, and whose images are shuffled. That depends on the number
and size of the images alone, not on whether they are in memory.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

LARGE = 2**30  # bytes of images, beyond which they are shuffled a part after the other
BLOCK = 2**22  # bytes of images that are read in one go
TOGETHER = 32  # blocks of a part
_WITHIN = 3  # The tag of the random order within a part, beside those of distortions and strangers; see `portions`.


@dataclass(frozen=True, eq=False)
class Part:
    """Some images that are learned one after the other.

    Attributes
    ----------
    places
        (n,) where they are in the data, in the order of the data.
    order
        (n,) positions in `places`, in the order of learning.
    """

    places: NDArray[np.intp]
    order: NDArray[np.intp]

    def learned(self, chosen: slice = slice(None)) -> NDArray[np.intp]:
        """Return where those are in the data that are learned from one place of the part to another."""
        return self.places[self.order[chosen]]


@dataclass(frozen=True)
class Orders:
    """The orders of the epochs of a training.

    Attributes
    ----------
    seed
        Of the training.
    total
        How many images an epoch has.
    block
        How many of them lie in a block; None where all are shuffled at once.
    """

    seed: int
    total: int
    block: int | None

    @classmethod
    def of(cls, seed: int, total: int, pixels: int) -> "Orders":
        """Return those of images of so many pixels."""
        return cls(seed, total, max(1, BLOCK // pixels) if total * pixels > LARGE else None)

    def starts(self, epoch: int) -> tuple[int, ...]:
        """Return after how many images of an epoch each part begins, and where the last one ends."""
        return (0, self.total) if self.block is None else _starts(self, epoch)

    def at(self, epoch: int, place: int) -> int:
        """Return in which part of an epoch a place is."""
        return bisect_right(self.starts(epoch), place) - 1

    def part(self, epoch: int, number: int) -> Part:
        """Return a part of an epoch."""
        if self.block is None:
            return Part(np.arange(self.total), np.random.default_rng([self.seed, epoch]).permutation(self.total))
        blocks = np.sort(self._blocks(epoch)[number * TOGETHER : (number + 1) * TOGETHER])
        places = (blocks[:, None] * self.block + np.arange(self.block)).ravel()
        places = places[places < self.total]  # The last block of the data may be a short one.
        return Part(places, np.random.default_rng([self.seed, epoch, _WITHIN, number]).permutation(len(places)))

    def until(self, epoch: int, place: int) -> Iterator[NDArray[np.intp]]:
        """Yield which images are learned in an epoch before a place, a part at a time."""
        for number, start in enumerate(self.starts(epoch)[:-1]):
            if start < place:
                yield self.part(epoch, number).learned(slice(place - start))

    def _blocks(self, epoch: int) -> NDArray[np.intp]:
        """Return the blocks in the order of an epoch."""
        assert self.block is not None
        return np.random.default_rng([self.seed, epoch]).permutation(-(-self.total // self.block))


@lru_cache(4)
def _starts(orders: Orders, epoch: int) -> tuple[int, ...]:
    """Return where the parts of an epoch begin, and where the last one ends."""
    assert orders.block is not None
    sizes = np.minimum(orders.total - orders._blocks(epoch) * orders.block, orders.block)
    ends = np.cumsum(sizes)[TOGETHER - 1 :: TOGETHER].tolist()
    return tuple(dict.fromkeys([0, *ends, orders.total]))
