"""One pupil's training: commanded as any training in the page, but it learns only while it has its turn.

A turn is given from outside: see `lesson`. Between two turns its process is held, or, where there are too many, ended
with a checkpoint, from which the next one goes on. Who watches is told of neither, but of the place in the line.
"""

import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from byhand.files import words
from byhand.model import Model
from byhand.runs import checkpoints
from byhand.types import Json
from byhand.web.pupils.ground import Ground
from byhand.web.training.history import Audience
from byhand.web.training.messages import Figures, Gone, Order, Phase, Ready, Report, Step, Theta, Verb
from byhand.web.training.process import WorkerProcess
from byhand.web.training.session import Session
from byhand.web.training.settings import MOST_OF_A_PUPIL, check, recipe_of
from byhand.web.training.snapshots import Waiting
from byhand.web.training.trainer import CLOSING, FRESH, STOPPING
from byhand.web.work.crew import Refusal

NAME = "pupil"  # what the folders of their runs are called, with a number
STARTING = 60.0  # Seconds that a process may take to begin before others have its turn.


class Pupil:
    """Has a training, or none. All methods may be called from any thread.

    Parameters
    ----------
    ground
        What all share.
    visitor
        Whose it is.

    Attributes
    ----------
    audience
        Those who watch it.
    seen
        When its pupil last asked for anything.
    is_closed
        Whether nothing more will be told.
    """

    def __init__(self, ground: Ground, visitor: str) -> None:
        self._ground, self._visitor = ground, visitor
        self._lock = threading.RLock()  # of what is known; never held while the worker is waited for
        self._deciding = threading.Lock()  # What is done with it is done one after the other.
        self.audience = Audience(self._lock, self.snapshot)
        self.seen, self.is_closed = time.monotonic(), False
        self._session: Session | None = None
        self._fresh = self._paused = self._has_turn = self._ready = False
        self._step: Step | None = None  # that was asked for while there was no process
        self._began = 0.0  # its turn

    # What the pupil does.

    def start(self, settings: Mapping[str, object], *, paused: bool = False, key: str | None = None) -> dict[str, Json]:
        """Let a training wait for its first turn; the one before, and its folder, make way. See `Trainer.start`."""
        del key  # Whose it is, is known.
        recipe, split = recipe_of(settings, MOST_OF_A_PUPIL), self._ground.dataset.train
        height, width = split.image_shape
        sizes = recipe.sizes(height * width, len(split.classes))
        check(recipe, sizes, len(split), MOST_OF_A_PUPIL)
        with self._deciding:
            self._ground.admit(self)
            before = self._session
            self._part("quit", CLOSING)
            folder = None if before is None else before.folder
            facts = split.classes, (height, width), self._visitor
            self._renew(Session(recipe, sizes, *facts, owned=False, folder=folder), paused=paused)
            return {**self.snapshot(), "key": self._visitor}

    def go_on(self) -> dict[str, Json]:
        """Refuse: what an earlier server has left is nobody's here."""
        raise Refusal(409, "There is no training that was left and could go on. Start one.")

    def take_over(self) -> dict[str, Json]:
        """Refuse: everybody has a training of their own."""
        raise Refusal(409, "Everybody has a training of their own here: there is none to take over.")

    def command(self, verb: Verb, key: str | None, by: Step | None = None) -> tuple[dict[str, Json], bool]:
        """Command it; see `Trainer.command`. What takes a process waits for the next turn where there is none."""
        with self._deciding:
            session, done = self.check_key(key), True
            begins = verb == "rewind" and (session.is_over or session.is_being_judged or session.worker is None)
            if verb == "stop":
                self._stop(session)
            elif begins:
                self._part("quit", CLOSING)
                self._renew(session, paused=True)
            elif session.is_over:
                raise Refusal(409, "This training is over. Rewind it, or start another one.")
            elif session.worker is not None:
                done = session.worker.ask(verb, by)
            else:
                done = self._note(session, verb, by)
        self._ground.ring()
        return self.snapshot(), done

    def check_key(self, key: str | None) -> Session:
        """Return the training, if there is one."""
        del key
        if self._session is None:
            raise Refusal(404, "No training was begun yet. Start one first.")
        return self._session

    def snapshot(self) -> dict[str, Json]:
        """Return how it stands."""
        with self._lock:
            known: dict[str, Json] = {"state": "none"} if self._session is None else self._session.snapshot()
            return {**known, "event": self.audience.last}

    def model(self) -> Model | None:
        """Return the network; see `Trainer.model`."""
        with self._lock:
            session = self._session
            worker = None if session is None else session.worker
        if session is None:
            return None
        fresh = session.state == "running" and time.monotonic() - session.received < FRESH
        if worker is not None and self._ready and not (session.is_over or fresh or session.is_being_judged):
            worker.ask("model")
        return session.model()

    def model_before(self) -> Model | None:
        """Return the network before its last single image; see `Trainer.model_before`."""
        session = self._session
        return None if session is None else session.model_before()

    def close(self) -> None:
        """Stop with a checkpoint, from which `byhand train --resume` goes on, and tell nothing more."""
        with self._lock:
            self.is_closed = True
            self.audience.wake()
        self._part("quit", CLOSING)

    # How it stands, for who gives turns.

    @property
    def sizes(self) -> tuple[int, ...] | None:
        """The units of each layer of its network; None if there is none."""
        session = self._session
        return None if session is None else session.sizes

    @property
    def state(self) -> str:
        """How it stands; none if it was not begun."""
        session = self._session
        return "none" if session is None else session.state

    @property
    def wants_turn(self) -> bool:
        """Whether it has something to learn, or must get ready to."""
        return self.state in ("starting", "running")

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to learn: its process, if it has one still, is about to go."""
        return self._session is None or self._session.is_over

    @property
    def process(self) -> int | None:
        """The id of its process, if it has one."""
        session = self._session
        worker = None if session is None else session.worker
        return worker.number if worker is not None and worker.is_alive else None

    def is_tired(self, seconds: float) -> bool:
        """Tell whether it has had its turn for so long; the time until its process is ready does not count."""
        session = self._session
        if session is None or session.worker is None or session.is_being_judged:
            return False  # It has not begun, or cannot be held any more and is over in a moment.
        return time.monotonic() - self._began >= (seconds if self._ready else STARTING)

    def is_away(self, seconds: float) -> bool:
        """Tell whether nobody watches, and its pupil has asked for nothing for so long."""
        return self.audience.watching == 0 and time.monotonic() - self.seen > seconds

    # What is done with it by who gives turns; where it is just being commanded, nothing: there is another time.

    def follow(self, *, has_turn: bool) -> None:
        """Let it learn, or hold it."""
        with self._undisturbed() as session:
            if session is None or session.is_over or not (has_turn or session.worker):
                return
            if session.worker is None:
                self._begin(session)
            elif has_turn != self._has_turn:
                session.worker.ask("go" if has_turn else "hold", seconds=0)
                self._has_turn, self._began = has_turn, time.monotonic()

    def wait(self, waiting: Waiting | None) -> None:
        """Tell its place among those that wait."""
        with self._lock:
            if self._session is not None:
                for name, data in self._session.wait(waiting):
                    self.audience.tell(name, data)

    def rest(self, *, away: bool = False) -> None:
        """End its process with a checkpoint; hold it, too, where its pupil has gone away."""
        with self._undisturbed() as session:
            if session is None or session.is_over:
                return
            if session.worker is not None and self._ready:
                session.worker.ask("hold")
                session.worker.ask("model")  # so that there is something to look at
            self._part("quit", CLOSING)
            if away and session.state != "paused":
                self._turn_to(session, "paused")

    def dismiss(self) -> None:
        """Forget it, and delete its folder."""
        with self._deciding:
            session = self._session
            self._part("quit", CLOSING)
            with self._lock:
                self._session = None
                self.audience.tell("snapshot", self.snapshot())
        if session is not None and session.folder is not None:
            shutil.rmtree(session.folder, ignore_errors=True)

    @contextmanager
    def _undisturbed(self) -> Iterator[Session | None]:
        """Yield the training if nobody commands it just now."""
        free = self._deciding.acquire(blocking=False)
        try:
            yield self._session if free else None
        finally:
            if free:
                self._deciding.release()

    # Within.

    def _renew(self, session: Session, *, paused: bool) -> None:
        """Let a training stand before its first image, without a process until it has its turn."""
        with self._lock:
            if self.is_closed:
                raise Refusal(409, "The server is about to stop.")
            session.begin()
            self._session, self._fresh, self._paused, self._step = session, True, paused, None
            self.audience.tell("snapshot", session.snapshot())
        self._ground.ring()

    def _stop(self, session: Session) -> None:
        """End it for good, with what it has reached."""
        session.is_told_to_end = True
        if session.worker is not None:
            session.worker.end("stop", STOPPING)
        elif not session.is_over:
            self._turn_to(session, "stopped")

    def _note(self, session: Session, verb: Verb, by: Step | None) -> bool:
        """Note a command until there is a process; return whether it is carried out."""
        self._paused = verb == "pause" or by in ("image", "batch")
        self._step = by
        if verb == "pause" and not self._fresh:
            self._turn_to(session, "paused")
        elif verb != "pause" and session.state == "paused":
            self._turn_to(session, "starting")
        return verb == "pause"

    def _turn_to(self, session: Session, state: Phase) -> None:
        """Enter a state without a process that says so."""
        with self._lock:
            for name, data in session.change_to(state):
                self.audience.tell(name, data)

    def _begin(self, session: Session) -> None:
        """Let a process begin, or go on from the checkpoint."""
        ground, folder = self._ground, session.folder
        goes_on = not self._fresh and folder is not None and checkpoints.exists(Path(folder))
        pixels = ground.dataset.white, ground.dataset.transposed
        recipe = session.recipe.to_dict()
        what = ground.source, str(ground.home), recipe, folder, self._paused, goes_on
        with self._lock:
            if self.is_closed:
                return
            try:
                worker = WorkerProcess(Order(*what, *pixels, name=NAME, shares=True), partial(self._hear, session))
            except OSError as error:
                session.message = f"The machine can begin no process to train in ({words(error)}). Try again later."
                self._turn_to(session, "failed")
                return
            session.goes_on, session.worker = goes_on, worker
            self._has_turn, self._ready, self._began = True, False, time.monotonic()
            step, self._step = self._step, None
        if step is not None:
            worker.ask("step", step, seconds=0)

    def _part(self, verb: Verb, seconds: float) -> None:
        """Let the process end, if there is one; what it says from now on is not heard."""
        with self._lock:
            session = self._session
            worker = None if session is None else session.worker
            if session is not None:
                session.worker = None
            self._has_turn = self._ready = False
        if worker is not None:
            worker.end(verb, seconds)

    def _hear(self, session: Session, worker: WorkerProcess, message: Report | Gone) -> None:
        """Take in what the process says, and pass on what is new."""
        with self._lock:
            if session is not self._session or worker is not session.worker:
                return
            if isinstance(message, Ready):
                self._fresh, self._ready, self._began = False, True, time.monotonic()
            for name, data in session.hear(message):
                self.audience.tell(name, data)
        if not isinstance(message, Figures | Theta):
            self._ground.ring()
