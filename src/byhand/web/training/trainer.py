"""The one who trains for the page: at most one training at a time, and whoever began it or took it over commands it."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from byhand.data.datasets import Dataset
from byhand.files import words
from byhand.model import Model
from byhand.types import Json
from byhand.web.training.history import Event, Ring
from byhand.web.training.left import find_left, recipe_left
from byhand.web.training.messages import Gone, Order, Report, Step, Verb
from byhand.web.training.process import WorkerProcess
from byhand.web.training.session import Session
from byhand.web.training.settings import check, recipe_of
from byhand.web.work.crew import Refusal

REPLACEABLE_AFTER = 600.0  # Seconds after which a training that is held may be replaced by anyone.
FRESH = 0.1  # Seconds for which parameters of a training that runs need not be asked for again.
STOPPING = 10.0  # Seconds to save what was reached.
CLOSING = 2.5  # Seconds to write a checkpoint when the server stops.


class Trainer:
    """Trains in a process of its own, and knows how it stands. All methods may be called from any thread.

    Parameters
    ----------
    source
        Where the data come from: "mnist", a folder or a file, as `byhand.load` takes it.
    home
        The folder that the trainings' own folders go into.
    dataset
        The data themselves.
    owned
        Whether a training is its starter's. Where one person alone can ask, in several browsers, it is anybody's.

    Attributes
    ----------
    is_closed
        Whether nothing more will be told.
    """

    def __init__(self, source: str, home: Path, dataset: Dataset, *, owned: bool = True) -> None:
        self._source, self._home, self._dataset, self._split = source, home, dataset, dataset.train
        self._owned, self._left = owned, find_left(home)
        self._lock = threading.RLock()  # of what is known; never held while the worker is waited for
        self._deciding = threading.Lock()  # Trainings begin and end one after the other.
        self._session: Session | None = None
        self._ring = Ring()
        self._listeners: set[Callable[[], None]] = set()
        self.is_closed = False

    def start(self, settings: Mapping[str, object], *, paused: bool = False, key: str | None = None) -> dict[str, Json]:
        """Begin a training, and return its snapshot with the key that commands it.

        Parameters
        ----------
        settings
            See `settings.recipe_of`.
        paused
            Whether it waits for a command before the first image.
        key
            That of the training before, whose starter may replace it at any time.

        Raises
        ------
        UsageError
            If the settings cannot be used.
        Refusal
            409 if somebody else's training is not over, 503 if there can be no process for this one.
        """
        recipe = recipe_of(settings)
        with self._deciding:
            height, width = self._split.image_shape
            sizes = recipe.sizes(height * width, len(self._split.classes))
            check(recipe, sizes, len(self._split))
            key = self._replaces(key)
            if self._session is not None:
                self._end(self._session, "stop", STOPPING)
            session = Session(recipe, sizes, self._split.classes, (height, width), key, self._owned)
            self._begin(session, paused=paused)
            return {**self.snapshot(), "key": key}

    def go_on(self) -> dict[str, Json]:
        """Go on with the training that an earlier server has left, held at first; see `start` for what is returned.

        Raises
        ------
        ByhandError
            If its checkpoint cannot be used.
        Refusal
            409 if there is none, or another training was begun since.
        """
        with self._deciding:
            if self._session is not None or self._left is None:
                raise Refusal(409, "There is no training that was left and could go on. Start one.")
            recipe = recipe_left(self._left, self._dataset, self._source)
            shape = self._split.image_shape
            sizes = recipe.sizes(shape[0] * shape[1], len(self._split.classes))
            key = secrets.token_urlsafe(16)
            session = Session(recipe, sizes, self._split.classes, shape, key, self._owned, folder=str(self._left))
            self._begin(session, paused=True, goes_on=True)
            return {**self.snapshot(), "key": key}

    def take_over(self) -> dict[str, Json]:
        """Make a training that is not over that of whoever asks; return its snapshot with the key that commands it now.

        Raises
        ------
        Refusal
            409 if there is none that goes on.
        """
        with self._deciding, self._lock:
            session = self._session
            if session is None or session.is_over:
                raise Refusal(409, "No training is going on that could be taken over. Start one.")
            session.key = secrets.token_urlsafe(16)
            return {**self.snapshot(), "key": session.key}

    def command(self, verb: Verb, key: str | None, by: Step | None = None) -> tuple[dict[str, Json], bool]:
        """Command the training: run, pause, step (by image, batch or epoch), rewind or stop.

        Returns
        -------
        tuple
            The training's snapshot, and whether it has done so: one whose images take seconds does so only after the
            one that it is at.

        Raises
        ------
        Refusal
            404 if there is none, 403 without its starter's key, 409 if it is over and this cannot be done any more, 503
            if there can be no process to begin it again.
        """
        with self._deciding:
            session = self.check_key(key)
            session.since, done = time.monotonic(), True
            if verb == "stop" or (verb == "rewind" and (session.is_over or session.is_being_judged)):
                self._end(session, "stop", STOPPING)
            if verb == "rewind" and session.is_over:
                self._begin(session, paused=True)
            elif session.is_over and verb != "stop":
                raise Refusal(409, "This training is over. Rewind it, or start another one.")
            elif session.worker is not None and verb != "stop":
                done = session.worker.ask(verb, by)
            return self.snapshot(), done

    def check_key(self, key: str | None) -> Session:
        """Return the training if the key is its starter's; see `command`."""
        session = self._session
        if session is None:
            raise Refusal(404, "No training was begun yet. Start one first.")
        if not _is_its_key(key, session):
            raise Refusal(403, "This training is somebody else's: who began it, or took it over, commands it.")
        return session

    def snapshot(self) -> dict[str, Json]:
        """Return how the training stands; of the key nothing."""
        with self._lock:
            if self._session is not None:
                known = self._session.snapshot()
            else:
                known = {"state": "none", **({} if self._left is None else {"folder": str(self._left)})}
            return {**known, "event": self._ring.last}

    @property
    def sizes(self) -> tuple[int, ...] | None:
        """The units of each layer of the network in training; None if there is none."""
        session = self._session
        return None if session is None else session.sizes

    @property
    def state(self) -> str:
        """How the training stands; none if none was begun."""
        session = self._session
        return "none" if session is None else session.state

    @property
    def processes(self) -> list[int]:
        """The id of the process that trains, if there is one."""
        worker = self._session.worker if self._session is not None else None
        return [worker.number] if worker is not None and worker.is_alive else []

    def model(self) -> Model | None:
        """Return the network as it is now, or as it was when its training ended; None if there is none yet.

        Raises
        ------
        ByhandError
            As `Session.model`.
        """
        with self._lock:
            session = self._session
        if session is None:
            return None
        fresh = session.state == "running" and time.monotonic() - session.received < FRESH
        if session.state in ("paused", "running") and session.worker and not (fresh or session.is_being_judged):
            session.worker.ask("model")
        return session.model()  # without the lock: it may take long

    def model_before(self) -> Model | None:
        """Return the network before the single image that was learned last; None if more was learned since."""
        session = self._session
        return None if session is None else session.model_before()

    def events(self, after: int | None) -> list[Event]:
        """Return all events after the one with this number; if they are not known any more, or it is None, a snapshot.

        Take note of the last one's number to ask for what follows.
        """
        with self._lock:
            known = None if after is None else self._ring.after(after)
            return [Event(self._ring.last, "snapshot", self.snapshot())] if known is None else known

    @contextmanager
    def listening(self, listener: Callable[[], None]) -> Iterator[None]:
        """Let a function be called, in some thread, whenever there are new events, and when the trainer closes."""
        with self._lock:
            self._listeners.add(listener)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.discard(listener)

    def close(self) -> None:
        """Stop the training with a checkpoint, from which `byhand train --resume` goes on."""
        with self._lock:  # From here on no training begins.
            self.is_closed = True
            self._wake()
            session = self._session
        if session is not None:  # Whoever decides about it now, even that it shall stop, is not waited for.
            self._end(session, "quit", CLOSING)

    def _replaces(self, key: str | None) -> str:
        """Return the key of a new training: the one given if it is that of the training before; or refuse."""
        session = self._session
        if session is not None and _is_its_key(key, session):
            return session.key
        with self._lock:
            if session is not None and not session.is_over:
                forgotten = session.state == "paused" and time.monotonic() - session.since > REPLACEABLE_AFTER
                if not forgotten:
                    raise Refusal(
                        409,
                        f"Somebody else began a training at {session.started:%H:%M}, and it is not over. Watch it, "
                        f"take it over, or start yours when it is over or has been held for "
                        f"{REPLACEABLE_AFTER / 60:g} minutes.",
                    )
        return secrets.token_urlsafe(16)

    def _begin(self, session: Session, *, paused: bool, goes_on: bool = False) -> None:
        """Let a worker begin a training, or go on with one, in the folder it had if it had one."""
        pixels = self._dataset.white, self._dataset.transposed
        recipe = session.recipe.to_dict()
        order = Order(self._source, str(self._home), recipe, session.folder, paused, goes_on, *pixels)
        with self._lock:
            if self.is_closed:
                raise Refusal(409, "The server is about to stop.")
            try:
                worker = WorkerProcess(order, partial(self._hear, session))
            except OSError as error:  # The training before is still there.
                raise Refusal(
                    503, f"The machine can begin no process to train in ({words(error)}). Try again later."
                ) from error
            session.begin()
            self._session, session.worker = session, worker
            self._tell("snapshot", session.snapshot())

    def _end(self, session: Session, verb: Verb, seconds: float) -> None:
        """Let the worker of a training end, and wait for that."""
        session.is_told_to_end = True
        if session.worker is not None:  # pragma: no branch  # only where the server stops just as a training begins
            session.worker.end(verb, seconds)

    def _hear(self, session: Session, worker: WorkerProcess, message: Report | Gone) -> None:
        """Take in what a worker says, and pass on what is new."""
        with self._lock:
            if session is self._session and worker is session.worker:
                for name, data in session.hear(message):
                    self._tell(name, data)

    def _tell(self, name: str, data: Mapping[str, Json]) -> None:
        """Add an event, and wake who waits for one."""
        self._ring.add(name, {**data, "event": self._ring.last + 1} if name == "snapshot" else data)
        self._wake()

    def _wake(self) -> None:
        """Call everybody who listens."""
        for listener in self._listeners:
            listener()


def _is_its_key(key: str | None, session: Session) -> bool:
    """Tell whether a key is that of a training, or it takes none."""
    return not session.owned or (key is not None and secrets.compare_digest(key.encode(), session.key.encode()))
