"""What every tool is told of a training, and what it has to do: a module a tool says how.

Each has a function `begin`, which takes a `Watched` and returns a `Watcher`. It loads its library itself, when it is
called: byhand needs none of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

Choice: TypeAlias = str | int | float


@dataclass(frozen=True)
class Watched:
    """A training, as a tool is told of it at the beginning.

    Attributes
    ----------
    name
        Of its folder; of seeds, with that of the folder above.
    folder, home
        The run's folder, and the one above it in which the name begins.
    choices
        Recipe and data by name.
    first
        The epoch that the tool is told next; later than 1 if the training goes on.
    id
        What the tool calls the run that goes on; None for a new one.
    """

    name: str
    folder: Path
    home: Path
    choices: Mapping[str, Choice]
    first: int
    id: str | None


class Watcher(Protocol):
    """A tool that watches a training."""

    @property
    def id(self) -> str:
        """What the tool calls this run, by which it goes on."""

    @property
    def look(self) -> str:
        """The command, or the address, that shows it."""

    def tell(self, epoch: int, values: Mapping[str, float]) -> None:
        """Take what is known after an epoch."""

    def end(self, *, complete: bool) -> None:
        """Close the run, which is complete or was stopped."""
