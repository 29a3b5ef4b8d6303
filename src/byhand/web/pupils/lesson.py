"""A class: each pupil has a training, as many of them learn at once as the machine has cores, and all get their turns.

One thread gives turns, begins processes and ends them. It waits for nobody: what a pupil is just being commanded it
looks at the next time.
"""

import logging
import secrets
import threading
import time
from collections import Counter, OrderedDict
from pathlib import Path
from weakref import WeakValueDictionary

from byhand import machine
from byhand.data.datasets import Dataset
from byhand.web.pupils.ground import Ground
from byhand.web.pupils.pupil import Pupil
from byhand.web.pupils.turns import Turns
from byhand.web.training.settings import MOST_OF_A_PUPIL
from byhand.web.training.snapshots import Waiting
from byhand.web.work.crew import Refusal

TURN = 5.0  # Seconds that a pupil learns before others who wait have their turn ...
LONG_TURN = 15.0  # ... and the same where there are more pupils than processes, each of which takes a second to begin.
HELD = 6  # processes that wait, beside those that learn: 350 MB each with MNIST
AWAY = 120.0  # Seconds after which the place of a pupil whom nothing is heard of is free for others.
TICK = 0.25  # seconds

logger = logging.getLogger("byhand.web")


class Lesson:
    """The trainings of all pupils.

    Parameters
    ----------
    source, home, dataset
        As for a `Trainer`.
    pupils
        How many may have a training.
    seats
        How many of them learn at once; one for each core if not given.

    Attributes
    ----------
    most
        What a training may take.
    """

    def __init__(self, source: str, home: Path, dataset: Dataset, *, pupils: int, seats: int | None = None) -> None:
        self.most, self._places = MOST_OF_A_PUPIL, pupils
        self._ground = Ground(source, home, dataset, self._admit, self._ring)
        self._turns = Turns[Pupil](seats or machine.cores())
        self._processes = self._turns.seats + HELD
        self._lock = threading.Lock()  # of who is here
        self._known = WeakValueDictionary[str, Pupil]()  # who asks or watches, or has a training
        self._here = OrderedDict[Pupil, None]()  # who has one, or had one; who asked last comes last
        self._leaving: list[Pupil] = []
        self._news, self._is_closed = threading.Event(), False
        self._thread = threading.Thread(target=self._give_turns, name="turns", daemon=True)
        self._thread.start()

    def of(self, visitor: str | None) -> Pupil:
        """Return the pupil that a visitor is; None for a new one."""
        with self._lock:
            visitor = visitor or secrets.token_urlsafe(16)
            pupil = self._known.get(visitor)
            if pupil is None:
                pupil = self._known[visitor] = Pupil(self._ground, visitor)
            pupil.seen = time.monotonic()
            if pupil in self._here:
                self._here.move_to_end(pupil)
            return pupil

    @property
    def processes(self) -> list[int]:
        """The ids of the processes that train."""
        return [number for pupil in self._all() if (number := pupil.process) is not None]

    @property
    def states(self) -> Counter[str]:
        """How many trainings stand how."""
        return Counter(pupil.state for pupil in self._all())

    def close(self) -> None:
        """End all trainings, each with a checkpoint, and begin none."""
        with self._lock:
            self._is_closed = True
            pupils = list(self._known.values())
        self._ring()
        closing = [threading.Thread(target=pupil.close) for pupil in pupils]
        for thread in closing:
            thread.start()
        for thread in (*closing, self._thread):
            thread.join()

    def _all(self) -> list[Pupil]:
        """Return all who have a training, or had one."""
        with self._lock:
            return list(self._here)

    def _admit(self, pupil: object) -> None:
        """Give a pupil a place, or refuse; who has been away for longest, and learns nothing, loses one if need be."""
        assert isinstance(pupil, Pupil)
        with self._lock:
            if self._is_closed:
                raise Refusal(409, "The server is about to stop.")
            if pupil not in self._here and len(self._here) >= self._places:
                away = (each for each in self._here if each.is_away(AWAY) and not each.wants_turn)
                leaves = next(away, None)
                if leaves is None:
                    raise Refusal(
                        503, f"All {self._places} places for trainings are taken. Try again when somebody has gone."
                    )
                del self._here[leaves]
                self._leaving.append(leaves)
            self._here[pupil] = None
            self._here.move_to_end(pupil)

    def _ring(self) -> None:
        """Let turns be looked after at once."""
        self._news.set()

    def _give_turns(self) -> None:
        """Look after turns whenever something happens, and often while somebody learns."""
        while not self._is_closed:
            self._news.wait(TICK if self._turns.learning or self._turns.line else None)
            self._news.clear()
            try:
                self._look()
            except Exception:  # pragma: no cover  # Whatever it is, the lesson goes on.
                logger.exception("turns could not be given")

    def _look(self) -> None:
        """Give turns, and tell those who wait where they are in the line."""
        while self._leaving:
            self._leaving.pop().dismiss()
        turns, pupils = self._turns, self._all()
        wanting = [pupil for pupil in pupils if pupil.wants_turn]
        seconds = TURN if len(wanting) <= self._processes else LONG_TURN
        turns.pass_on(wanting, lambda pupil: pupil.is_tired(seconds))
        is_wanted = not all(pupil.is_away(AWAY) for pupil in turns.line)
        for pupil in pupils:
            learns = pupil in turns.learning
            if is_wanted and pupil.wants_turn and pupil.is_away(AWAY):
                pupil.rest(away=True)
            elif not learns or pupil.process is not None or self._has_room(pupils):
                pupil.follow(has_turn=learns)
        for pupil in pupils:
            waits = pupil in turns.line
            pupil.wait(Waiting(turns.line.index(pupil) + 1, len(turns.learning)) if waits else None)

    def _has_room(self, pupils: list[Pupil]) -> bool:
        """Tell whether another process may begin; if there are too many, end the one that is needed last."""
        with_process = [pupil for pupil in pupils if pupil.process is not None and not pupil.is_over]
        if len(with_process) < self._processes:
            return True
        turns = self._turns
        idle = [pupil for pupil in with_process if pupil not in turns.learning]
        waits = {pupil: place for place, pupil in enumerate(turns.line)}
        last = max(idle, key=lambda pupil: (pupil not in waits, waits.get(pupil, -pupil.seen)), default=None)
        if last is not None:
            last.rest()
        return last is not None and last.process is None
