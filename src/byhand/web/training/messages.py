"""What the server and the worker say to each other: a record for each message.

What the figures mean stands here alone: the server's
description of its answers is made from these records.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from byhand.types import Json
from byhand.web.work.records import Kinds, kinds_of

Phase: TypeAlias = Literal["starting", "paused", "running", "finished", "failed", "stopped"]
Ending: TypeAlias = Literal["finished", "failed", "stopped"]
Verb: TypeAlias = Literal["run", "pause", "step", "model", "rewind", "stop", "quit"]
Step: TypeAlias = Literal["image", "batch", "epoch"]
Flaw: TypeAlias = Literal["diverged", "not_learning", "overfitting", "dead"]


@dataclass(frozen=True)
class Order:
    """What to train, and where: the first that a worker is told."""

    source: str
    runs: str
    settings: Mapping[str, Json]
    folder: str | None
    paused: bool
    goes_on: bool = False  # from the checkpoint in the folder
    white: int | None = None
    transposed: bool = False


@dataclass(frozen=True)
class Command:
    """What a training shall do. The worker says its number when that is done; quit and stop it answers by going."""

    verb: Verb
    by: Step | None = None
    number: int = 0


@dataclass(frozen=True)
class Ready:
    """The training stands before its first image."""

    folder: str
    details: Mapping[str, Json]
    state: Phase


@dataclass(frozen=True)
class Changed:
    """The training runs now, or waits."""

    state: Phase


@dataclass(frozen=True)
class Judged:
    """How good the network is on images set aside."""

    n: int
    loss: float | None = field(metadata={"description": "Mean cross-entropy in nats."})
    accuracy: float = field(metadata={"description": "Share read right, 0…1."})
    confusion: tuple[tuple[int, ...], ...] = field(
        metadata={"description": "How often the class of the row was read as that of the column."}
    )


@dataclass(frozen=True)
class Moved:
    """A weight or bias that was moved."""

    layer: int = field(metadata={"description": "Counted from 0, the one above the image."})
    unit: int = field(metadata={"description": "Of this layer; it leads there."})
    source: int | None = field(metadata={"description": "The pixel or unit it comes from; null of a bias."})
    was: float
    now: float


@dataclass(frozen=True)
class Seen:
    """The single image that was just learned, and what the network made of it before and after."""

    pixels: str = field(metadata={"description": "As it was shown: a byte for each pixel, in base64."})
    index: int | None = field(metadata={"description": "Among all training images; null if it was drawn anew."})
    label: int = field(metadata={"description": "The place of its class."})
    before: tuple[float, ...] = field(metadata={"description": "The probability of each class before."})
    after: tuple[float, ...] = field(metadata={"description": "The same when it was learned."})
    moved: int = field(metadata={"description": "Weights and biases that are others now."})
    most: Moved | None = field(metadata={"description": "The one of them that moved farthest."})
    rate: float | None = field(
        metadata={"description": "The step was this times the gradient; null if the optimizer made another one."}
    )
    network: int = field(metadata={"description": "The CRC-32 of the parameters before: api/model?of=before."})


@dataclass(frozen=True)
class Figures:
    """How far the training is, and how good."""

    epoch: int
    epochs: int
    done: int = field(metadata={"description": "Images learned in this epoch."})
    total: int = field(metadata={"description": "Images of an epoch."})
    images: int = field(metadata={"description": "Images learned in all."})
    loss: float | None = field(
        metadata={"description": "Mean loss of the latest thousand images; null before the first."}
    )
    rate: float = field(metadata={"description": "The learning rate."})
    speed: int = field(metadata={"description": "Images learned in a second; 0 until that is known."})
    validation: Judged | None = field(
        metadata={"description": "Null in an event when they were not judged at this moment."}
    )
    dead: tuple[int, ...] = field(
        metadata={"description": "Units of each hidden layer that are silent on all images judged."}
    )
    seen: Seen | None = field(default=None, metadata={"description": "Null unless a single image was just learned."})


@dataclass(frozen=True)
class Theta:
    """The parameters as they are now: float32, little-endian."""

    content: bytes


@dataclass(frozen=True)
class Notice:
    """Something that goes wrong, and the figures that tell it.

    diverged: the loss exploded. not_learning: it is that of guessing, perhaps because most units of a layer never
    answer. overfitting: it still falls on the images learned, but has risen on those set aside. dead: most units of a
    hidden layer never answer, and the network does not read well.
    """

    kind: Flaw
    evidence: Mapping[str, float]


@dataclass(frozen=True)
class Result:
    """How good the network is on the test images."""

    accuracy: float
    interval: tuple[float, float]
    n: int


@dataclass(frozen=True)
class Done:
    """The command of this number was carried out."""

    number: int


@dataclass(frozen=True)
class Over:
    """How the training ended; without a folder, nothing of it is kept."""

    state: Ending
    folder: str | None
    message: str | None = None
    fields: tuple[str, ...] = ()
    notice: Notice | None = None
    result: Result | None = None


@dataclass(frozen=True)
class Gone:
    """The worker is no more: it was killed, or else these are its last words, perhaps none."""

    killed: bool
    words: str


Report: TypeAlias = Ready | Changed | Figures | Theta | Over
Message: TypeAlias = Order | Command | Report | Done | Gone
KINDS: Kinds[Message] = kinds_of(*get_args(Message))
