"""What one page may cost: more than anybody writes on one, and little enough that no picture holds up all others.

A page is read in steps that look at pixels again and again. Each says beforehand how many simple operations it will
take, about a nanosecond each, and what would take too many is refused at once.
"""

from dataclasses import dataclass

from byhand.errors import ByhandError

MOST_EFFORT = 1_500_000_000


@dataclass(eq=False)
class Effort:
    """How many operations may still be spent on a page."""

    left: int = MOST_EFFORT

    def spend(self, operations: int) -> None:
        """Take some operations off; refuse the page if there are not so many left."""
        self.left -= operations
        if self.left < 0:
            raise too_much("has too much on it")


def too_much(what: str) -> ByhandError:
    """Return the error for a picture with too much on it, of which `what` tells."""
    return ByhandError(f"{what}: too much for one page. Read a part of it.")
