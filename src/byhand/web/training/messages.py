"""What the server and the worker say to each other: a record for each message, and each of them one line of JSON.

Only parameters, which are large, follow their line as bytes. What the figures mean stands here alone: the server's
description of its answers is made from these records.
"""

import json
import types
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import IO, Any, Literal, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

from byhand.types import Json

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


@dataclass(frozen=True)
class Theta:
    """The parameters as they are now: float32, little-endian."""

    content: bytes


@dataclass(frozen=True)
class Notice:
    """Something that goes wrong, and the figures that tell it.

    diverged: the loss exploded. not_learning: it stays that of guessing. overfitting: it still falls on the images
    learned, but has risen on those set aside. dead: most units of a hidden layer never answer.
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
KINDS: Mapping[str, type[Message]] = {kind.__name__.lower(): kind for kind in get_args(Message)}
RECORDS = (*KINDS.values(), Judged, Notice, Result)
HINTS: Mapping[type[object], Mapping[str, Any]] = {record: get_type_hints(record) for record in RECORDS}

T = TypeVar("T")


def encode(message: Message) -> bytes:
    """Return a message as a line of JSON; for parameters it says how many bytes they are, and they follow."""
    facts, content = {"kind": type(message).__name__.lower(), **asdict(message)}, b""
    if isinstance(message, Theta):
        content = message.content
        facts["content"] = len(content)
    return json.dumps(facts, allow_nan=False).encode() + b"\n" + content


def read_message(stream: IO[bytes]) -> Message | None:
    """Return the next message; None at the end, also if that lies within a message: who sent it was killed.

    Raises
    ------
    ValueError
        If a line holds none, or one that lacks or misstates something.
    """
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    try:
        facts = json.loads(line)
        kind = KINDS[facts.pop("kind")]
        if kind is Theta:
            length = facts["content"]
            if type(length) is not int or length < 0:
                raise TypeError(f"{length!r} is no number of bytes")
            facts["content"] = stream.read(length)
            if len(facts["content"]) < length:
                return None
        return _record(kind, facts)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise ValueError(f"{line[:200]!r} is no message: {type(error).__name__}: {error}") from error


def _record(kind: type[T], facts: Mapping[str, object]) -> T:
    """Return a record, if its facts are all there and of the right kind."""
    hints = HINTS[kind]
    if facts.keys() != hints.keys():
        raise TypeError(f"it takes {', '.join(hints)}")
    return kind(**{name: _value(hint, facts[name]) for name, hint in hints.items()})


def _value(hint: Any, fact: Any) -> object:  # noqa: ANN401  # Types are values here, and of facts nothing is known yet.
    """Return a fact of JSON as the type that a field has."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if len(inner) > 2:  # all that JSON can hold
            return fact
        return None if fact is None else _value(inner[0], fact)
    if hint in RECORDS:
        return _record(hint, fact)
    if origin is tuple and isinstance(fact, list):
        kinds = len(fact) * inner[:1] if inner[-1] is Ellipsis else inner
        return tuple(_value(kind, one) for kind, one in zip(kinds, fact, strict=True))
    if origin is Mapping and isinstance(fact, dict):
        return {name: _value(inner[1], one) for name, one in fact.items()}
    if origin is Literal and fact in inner:
        return fact
    if hint is float and type(fact) is int:
        return fact
    if type(fact) is hint:
        return fact
    raise TypeError(f"{fact!r} is not {hint}")
