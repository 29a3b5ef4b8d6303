"""What the server gives a working process to do, what comes back, and how such a process lives.

It does one task after the other. It ends with the server, however that ended, and in the middle of a task too; and it
takes only so much memory and so much of the processor as leaves the machine usable.
"""

import contextlib
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import TypeAlias, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from byhand.data.datasets import Split
from byhand.errors import ByhandError, UsageError
from byhand.model import Model
from byhand.sealing.facts import ModelFacts
from byhand.types import Json
from byhand.web.work.line import Line
from byhand.web.work.records import Kinds, kinds_of

MEMORY = 1_300_000_000  # Bytes that a process may take for its tasks, besides those it begins with.
YIELDING = 10  # How much it makes way for others on the processor: above all the server, and whoever sits there.

T = TypeVar("T")


@dataclass(frozen=True)
class Network:
    """A network: all facts of it, and its parameters, float32, little-endian."""

    facts: Mapping[str, Json]
    theta: bytes

    @classmethod
    def of(cls, model: Model) -> "Network":
        """Return what a process needs to have the same model."""
        return cls(facts_of(model), theta_of(model))

    def model(self) -> Model:
        """Return the model."""
        facts = {name: tuple(fact) if isinstance(fact, list) else fact for name, fact in self.facts.items()}
        return Model(theta=np.frombuffer(self.theta, "<f4").astype(np.float32), **facts)  # type: ignore[arg-type]


def facts_of(model: Model) -> dict[str, Json]:
    """Return all of a model but its parameters."""
    return {name: getattr(model, name) for name in ModelFacts.__annotations__}


def theta_of(model: Model) -> bytes:
    """Return a model's parameters, float32, little-endian."""
    return model.theta.astype("<f4", copy=False).tobytes()


@dataclass(frozen=True)
class Images:
    """Labelled images."""

    shape: tuple[int, ...]
    images: bytes
    labels: bytes
    classes: tuple[str, ...]

    @classmethod
    def of(cls, split: Split) -> "Images":
        """Return what a process needs to have the same images."""
        return cls(split.images.shape, split.images.tobytes(), split.labels.tobytes(), split.classes)

    def split(self) -> Split:
        """Return the images."""
        images = np.frombuffer(self.images, np.uint8).reshape(self.shape)
        return Split(images, np.frombuffer(self.labels, np.uint8), self.classes)


@dataclass(frozen=True)
class Task:
    """Something to do with some bytes, such as a picture, or with a network."""

    verb: str
    content: bytes
    facts: Mapping[str, Json] = field(default_factory=dict)
    theta: bytes = b""


@dataclass(frozen=True)
class Answered:
    """What came of a task."""

    content: bytes


@dataclass(frozen=True)
class Failed:
    """Why nothing came of a task: the sentence of an error, or of a mistake the traceback."""

    text: str
    fields: tuple[str, ...]
    usage: bool
    mistake: bool

    def error(self) -> Exception:
        """Return the error to raise."""
        if self.mistake:
            return RuntimeError(self.text)
        return (UsageError if self.usage else ByhandError)(self.text, *self.fields)


Answer: TypeAlias = Answered | Failed
ANSWERS: Kinds[Answer] = kinds_of(Answered, Failed)


def serve(first: type[T], prepare: Callable[[T], Callable[[Task], bytes]]) -> None:
    """Do tasks until the server is gone; what is needed for them all comes first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's, which then ends this process.
    warnings.simplefilter("ignore")
    line = Line()
    if hasattr(os, "nice"):  # not on Windows
        os.nice(YIELDING)
    queue: SimpleQueue[T | Task] = SimpleQueue()
    threading.Thread(target=_listen, args=(line, queue, first), daemon=True).start()
    beginning = queue.get()
    assert isinstance(beginning, first)
    do = prepare(beginning)
    limit_memory(MEMORY)
    with threadpool_limits(1):
        while True:
            task = queue.get()
            assert isinstance(task, Task)
            line.send(_outcome(do, task))


def _listen(line: Line, queue: "SimpleQueue[T | Task]", first: type[T]) -> None:
    """Queue what comes in. At the end of it, or if it cannot be understood, the process ends, whatever it does."""
    try:
        kinds: Kinds[T | Task] = kinds_of(first, Task)
        for record in line.heard(kinds):
            queue.put(record)
    finally:
        os._exit(0)


def _outcome(do: Callable[[Task], bytes], task: Task) -> Answer:
    """Do a task, and return what came of it."""
    try:
        return Answered(do(task))
    except ByhandError as error:
        return Failed(error.text, error.fields, usage=isinstance(error, UsageError), mistake=False)
    except MemoryError:
        return Failed("It takes too much memory. Make it smaller.", (), usage=False, mistake=False)
    except Exception:
        return Failed(traceback.format_exc(), (), usage=False, mistake=True)


def limit_memory(more: int) -> None:
    """Let this process have only so many bytes more than it has, where the system can do that."""
    if sys.platform != "win32":
        with contextlib.suppress(ImportError, OSError, ValueError):
            import resource

            now = int(Path("/proc/self/statm").read_bytes().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (now + more, now + more))
