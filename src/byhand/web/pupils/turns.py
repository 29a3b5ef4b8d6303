"""Whose turn it is to learn, where seats are fewer than pupils: who has had a turn goes to the end of the line."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass
class Turns(Generic[T]):
    """A line before some seats.

    Attributes
    ----------
    seats
        How many may learn at once.
    learning
        Who do, those first who began first.
    line
        Who wait, those first whose turn is next.
    """

    seats: int
    learning: list[T] = field(default_factory=list)
    line: list[T] = field(default_factory=list)

    def pass_on(self, wanting: Collection[T], is_tired: Callable[[T], bool]) -> None:
        """Let all who want to learn have turns, and no one else; who is tired makes way if there is no seat for others.

        Parameters
        ----------
        wanting
            Who want to learn; those who come anew are put at the end of the line in this order.
        is_tired
            Tells whether somebody has learned for as long as a turn may take.
        """
        self.learning = [each for each in self.learning if each in wanting]
        self.line = [each for each in self.line if each in wanting]
        self.line += [each for each in wanting if each not in self.learning and each not in self.line]
        without_seat = max(0, len(self.line) - (self.seats - len(self.learning)))
        makes_way = [each for each in self.learning if is_tired(each)][:without_seat]
        self.learning = [each for each in self.learning if each not in makes_way]
        self.line += makes_way
        free = self.seats - len(self.learning)
        self.learning += self.line[:free]
        del self.line[:free]
