"""What whoever watches a training is told of it; the server's description of that is made from these records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from byhand.web.training.messages import Figures, Notice, Phase, Result

FOLDER = "Where it is kept, on the server; where there is none, a folder in which one was left that can go on."


@dataclass(frozen=True)
class Columns:
    """Moments of the training: columns of the same length, at most a thousand."""

    images: list[int]
    loss: list[float]
    validation_loss: list[float | None]
    accuracy: list[float | None]


@dataclass(frozen=True)
class Waiting:
    """A training's place among those that wait for a turn to learn."""

    place: int = field(metadata={"description": "1 for the one whose turn is next."})
    learning: int = field(metadata={"description": "How many learn now."})


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How the training stands."""

    state: Phase | Literal["none"]
    settings: Mapping[str, object] = field(default_factory=dict)
    sizes: tuple[int, ...] = ()
    classes: tuple[str, ...] = ()
    folder: str | None = field(default=None, metadata={"description": FOLDER})
    owned: bool = field(default=False, metadata={"description": "Whether it takes its starter's key to command it."})
    started: str | None = field(default=None, metadata={"description": "When it was begun, ISO 8601."})
    figures: Figures | None = None
    curve: Columns | None = None
    notice: Notice | None = None
    message: str | None = field(default=None, metadata={"description": "Why it failed."})
    fields: tuple[str, ...] = field(default=(), metadata={"description": "The settings that the message is about."})
    result: Result | None = None
    waiting: Waiting | None = field(
        default=None,
        metadata={"description": "Where pupils learn in turns: null while it has its turn, or wants none."},
    )


@dataclass(frozen=True, kw_only=True)
class Snapshot(Standing):
    """How the training stands. Without one there are only its state, "none", the event, and perhaps a folder."""

    event: int = field(metadata={"description": "The number of the latest event."})


@dataclass(frozen=True, kw_only=True)
class Started(Snapshot):
    """How the training stands, with the key that commands it."""

    key: str = field(metadata={"description": "To be sent as X-Training-Key."})
