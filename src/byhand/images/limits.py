"""What one page may cost: more than anybody writes on one, and little enough that no picture holds up all others.

A page is read in steps that look at pixels again and again. Each says beforehand how many simple operations it will
take, about a nanosecond each, and what would take too many is refused at once.
"""

from dataclasses import dataclass

from byhand.errors import ByhandError
from byhand.images.pictures import Picture

MOST_EFFORT = 2_400_000_000
LOOKED_AT = 50  # for each in what is kept of it


@dataclass(eq=False)
class Effort:
    """How many operations may still be spent on a page."""

    left: int = MOST_EFFORT

    @classmethod
    def after_opening(cls, picture: Picture) -> "Effort":
        """Return what is left for a picture when it was opened and looked at."""
        return cls(MOST_EFFORT - picture.operations - LOOKED_AT * picture.pixels.size)

    def spend(self, operations: int) -> None:
        """Take some operations off.

        Raises
        ------
        ByhandError
            If there are not so many left: the page has too much on it.
        """
        self.left -= operations
        if self.left < 0:
            raise too_much("has too much on it")


def too_much(what: str) -> ByhandError:
    """Return the error for a picture with too much on it, of which `what` tells."""
    return ByhandError(f"{what}: too much for one page. Read a part of it.")
