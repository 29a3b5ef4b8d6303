"""The worker as the server sees it: commanded, listened to, and ended."""

import logging
import threading
from collections.abc import Callable

from byhand.web.training.messages import KINDS, Command, Done, Gone, Order, Report, Step, Verb
from byhand.web.work.child import Child

Listener = Callable[["WorkerProcess", Report | Gone], None]

MOST_UNANSWERED = 100  # commands: so few that a worker that hangs can still be sent the one to end, and be killed
AFTER_KILLED = 1.0  # Seconds in which a process that was killed is gone.

logger = logging.getLogger("byhand.web")


class WorkerProcess:
    """A process that trains.

    Parameters
    ----------
    order
        What to train, and where.
    listener
        Is told, in a thread of its own, every report; and at last that the process has gone, whether it was `killed`,
        and its last `words`, which tell why it could not even begin.

    Raises
    ------
    OSError
        If there can be no more processes.
    """

    def __init__(self, order: Order, listener: Listener) -> None:
        self._child = Child("byhand.web.training.worker")
        self._listener = listener
        self._asking = threading.Lock()
        self._answered = threading.Condition()
        self._asked = self._done = 0  # commands
        self._gone = self._killed = False
        self._child.send(order)
        threading.Thread(target=self._listen, name="worker", daemon=True).start()

    @property
    def number(self) -> int:
        """The process id."""
        return self._child.number

    @property
    def is_alive(self) -> bool:
        """Whether it has not gone."""
        return not self._gone

    @property
    def is_busy(self) -> bool:
        """Whether a command is not carried out yet."""
        return self._done < self._asked and not self._gone

    def ask(self, verb: Verb, by: Step | None = None, seconds: float = 2.0) -> bool:
        """Give a command; return whether it was carried out within so many seconds, or the process has gone."""
        with self._asking:
            if self._asked - self._done > MOST_UNANSWERED and verb not in ("quit", "stop"):
                return False
            self._asked += 1
            number = self._asked
            self._child.send(Command(verb, by, number))
        with self._answered:
            return self._answered.wait_for(lambda: self._gone or self._done >= number, seconds)

    def end(self, verb: Verb, seconds: float) -> None:
        """Let it go by itself (quit: with a checkpoint; stop: with what it has reached, too), or else kill it."""
        if not self.ask(verb, seconds=seconds):  # Neither is ever answered but by going.
            self._killed = True
            self._child.kill()
            with self._answered:
                self._answered.wait_for(lambda: self._gone, AFTER_KILLED)

    def _listen(self) -> None:
        """Pass on what it says until it has gone; whatever it says, and whatever comes of it, tell that at last."""
        try:
            self._pass_on()
        except Exception:
            logger.exception("the process of a training said what cannot be understood")
            self._child.kill()
        words = self._child.bury()
        try:
            self._listener(self, Gone(self._killed, words))
        finally:
            with self._answered:
                self._gone = True
                self._answered.notify_all()

    def _pass_on(self) -> None:
        """Pass on all reports, and note what was done."""
        for message in self._child.all_heard(KINDS):
            if isinstance(message, Report):
                self._listener(self, message)
            elif isinstance(message, Done):
                with self._answered:
                    self._done = message.number
                    self._answered.notify_all()
            else:
                raise ValueError(f"{message} is not for the server")
