"""What a training has shown so far: its curve, never too long to send, and its latest events, to be sent again."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from byhand.types import Json
from byhand.web.training.snapshots import Columns

MOST_POINTS = 1000
KEPT_EVENTS = 2000


@dataclass(frozen=True)
class Point:
    """One moment of a training.

    Attributes
    ----------
    images
        Learned in all.
    loss
        Mean training loss of the latest thousand, in nats.
    validation_loss, accuracy
        On the images set aside; None if they were not judged at this moment.
    """

    images: int
    loss: float
    validation_loss: float | None = None
    accuracy: float | None = None


class Curve:
    """The points of a training in their order, about as far from each other everywhere, and never too many."""

    def __init__(self) -> None:
        self._kept: list[Point] = []
        self._gap = self._next = 0.0  # images between points; and from which on one is kept again
        self._choice = self._latest = Point(0, 0.0)  # the one to keep of those since the last kept

    def add(self, point: Point) -> None:
        """Add a moment; one that was shown before is replaced."""
        if self._kept and self._kept[-1].images == point.images:
            self._kept.pop()
            self._next = point.images
        self._latest = point
        self._take(point)
        if len(self._kept) >= MOST_POINTS:
            kept, self._kept, self._next = self._kept, [], 0.0
            self._gap = 2 * (point.images - kept[0].images) / MOST_POINTS
            for each in kept:
                self._take(each)

    def _take(self, point: Point) -> None:
        """Keep a point, or one since the last that was kept: rather one that was judged, and rather a later one."""
        if point.validation_loss is not None or self._choice.validation_loss is None:
            self._choice = point
        if point.images >= self._next:
            self._kept.append(self._choice)
            self._next = point.images + self._gap
            self._choice = Point(0, 0.0)

    @property
    def points(self) -> list[Point]:
        """All that are kept, and the latest."""
        return self._kept if self._kept[-1:] == [self._latest] or not self._kept else [*self._kept, self._latest]

    def columns(self) -> Columns:
        """Return the points' figures, each in a column."""
        points = self.points
        return Columns(
            [point.images for point in points],
            [point.loss for point in points],
            [point.validation_loss for point in points],
            [point.accuracy for point in points],
        )


@dataclass(frozen=True)
class Event:
    """Something that whoever watches is told."""

    number: int
    name: str
    data: Mapping[str, Json]

    @cached_property
    def text(self) -> str:
        """The event as a stream carries it, made once for all streams."""
        return f"id: {self.number}\nevent: {self.name}\ndata: {json.dumps(self.data, separators=(',', ':'))}\n\n"


class Ring:
    """The latest events, numbered.

    The numbers begin with the time, so that those of an earlier server are never taken for this one's.
    """

    def __init__(self) -> None:
        self.last = int(time.time() * 1000)  # the number of the latest event
        self._first = self.last
        self._events: deque[Event] = deque(maxlen=KEPT_EVENTS)

    def add(self, name: str, data: Mapping[str, Json]) -> None:
        """Add an event, whose number is then `last`."""
        self.last += 1
        self._events.append(Event(self.last, name, data))

    def after(self, number: int) -> list[Event] | None:
        """Return all events after one; None if some of them are gone, or there was no such one."""
        oldest = self._events[0].number if self._events else self.last + 1
        if not max(oldest - 1, self._first) <= number <= self.last:
            return None
        return [self._events[i] for i in range(number + 1 - oldest, len(self._events))]


class Audience:
    """Those who watch a training: each is woken by what happens, and asks then for the events that it has missed.

    All methods may be called from any thread.

    Parameters
    ----------
    lock
        Of what is known of the training.
    snapshot
        Returns how it stands.
    """

    def __init__(self, lock: threading.RLock, snapshot: Callable[[], Mapping[str, Json]]) -> None:
        self._lock, self._snapshot = lock, snapshot
        self._ring = Ring()
        self._listeners: set[Callable[[], None]] = set()

    @property
    def last(self) -> int:
        """The number of the latest event."""
        return self._ring.last

    @property
    def watching(self) -> int:
        """How many watch."""
        return len(self._listeners)

    def tell(self, name: str, data: Mapping[str, Json]) -> None:
        """Add an event, and wake who waits for one."""
        with self._lock:
            self._ring.add(name, {**data, "event": self._ring.last + 1} if name == "snapshot" else data)
            self.wake()

    def wake(self) -> None:
        """Call everybody who listens."""
        with self._lock:
            for listener in self._listeners:
                listener()

    def events(self, after: int | None) -> list[Event]:
        """Return all events after the one with this number; if they are not known any more, or it is None, a snapshot.

        Take note of the last one's number to ask for what follows.
        """
        with self._lock:
            known = None if after is None else self._ring.after(after)
            return [Event(self._ring.last, "snapshot", self._snapshot())] if known is None else known

    @contextmanager
    def listening(self, listener: Callable[[], None]) -> Iterator[None]:
        """Let a function be called, in some thread, whenever there are new events, and when nothing more will be."""
        with self._lock:
            self._listeners.add(listener)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.discard(listener)
