"""What the server's routes know of trainings: a place for each who asks, or one for all."""

from collections import Counter
from collections.abc import Mapping
from typing import Protocol

from byhand.model import Model
from byhand.types import Json
from byhand.web.training.history import Audience
from byhand.web.training.messages import Step, Verb
from byhand.web.training.session import Session
from byhand.web.training.settings import Most


class Place(Protocol):
    """One training, which is commanded and watched; see `byhand.web.training.trainer.Trainer`."""

    audience: Audience
    is_closed: bool

    @property
    def sizes(self) -> tuple[int, ...] | None:
        """The units of each layer of its network; None if there is none."""

    def start(self, settings: Mapping[str, object], *, paused: bool, key: str | None) -> dict[str, Json]:
        """Begin a training, and return its snapshot with the key that commands it."""

    def go_on(self) -> dict[str, Json]:
        """Go on with what an earlier server has left."""

    def take_over(self) -> dict[str, Json]:
        """Make it that of whoever asks."""

    def command(self, verb: Verb, key: str | None, by: Step | None) -> tuple[dict[str, Json], bool]:
        """Command it, and return its snapshot, and whether it has done so."""

    def check_key(self, key: str | None) -> Session:
        """Return it if the key is its own."""

    def snapshot(self) -> dict[str, Json]:
        """Return how it stands."""

    def model(self) -> Model | None:
        """Return its network as it is now."""

    def model_before(self) -> Model | None:
        """Return the same before the single image that was learned last; None if more was learned since."""


class Places(Protocol):
    """All trainings of a server."""

    most: Most

    def of(self, visitor: str | None) -> Place:
        """Return the place of a visitor; None for one who did not say who it is."""

    @property
    def processes(self) -> list[int]:
        """The ids of the processes that train."""

    @property
    def states(self) -> Counter[str]:
        """How many trainings stand how."""

    def close(self) -> None:
        """End all trainings, each with a checkpoint."""
