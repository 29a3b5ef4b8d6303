"""What one page may cost: more than anybody writes on one, and little enough that no picture holds up all others.

A page is read in steps that look at pixels again and again. Each says beforehand how many simple operations it will
take, about a nanosecond each, and what would take too many is refused at once.
"""

from dataclasses import dataclass

from byhand.errors import ByhandError
from byhand.types import Bytes

MOST_EFFORT = 2_400_000_000
OPENED = 5  # for each sample of 8 bits in the original
LOOKED_AT = 50  # for each in what is kept of it


@dataclass(eq=False)
class Effort:
    """How many operations may still be spent on a page."""

    left: int = MOST_EFFORT

    @classmethod
    def after_opening(cls, pixels: Bytes, size: tuple[int, int]) -> "Effort":
        """Return what is left for a picture when its pixels, of an original of a size, were made and looked at."""
        channels = pixels.size // (pixels.shape[0] * pixels.shape[1])
        return cls(MOST_EFFORT - OPENED * size[0] * size[1] * channels - LOOKED_AT * pixels.size)

    def spend(self, operations: int) -> None:
        """Take some operations off; refuse the page if there are not so many left."""
        self.left -= operations
        if self.left < 0:
            raise too_much("has too much on it")


def too_much(what: str) -> ByhandError:
    """Return the error for a picture with too much on it, of which `what` tells."""
    return ByhandError(f"{what}: too much for one page. Read a part of it.")
