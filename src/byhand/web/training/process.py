"""The worker's process as the server sees it: begun, spoken to, listened to, ended, and never left behind."""

import contextlib
import logging
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable

from byhand.web.training.messages import Command, Done, Gone, Order, Report, Step, Verb, encode, read_message

Listener = Callable[["WorkerProcess", Report | Gone], None]

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
        pipe = subprocess.PIPE
        self._words = tempfile.TemporaryFile()  # noqa: SIM115  # Its process writes there as long as it lives.
        self._process = subprocess.Popen(
            # -P: never a module of the folder that one stands in
            [sys.executable, "-P", "-m", "byhand.web.training.worker"],
            stdin=pipe,
            stdout=pipe,
            stderr=self._words,
            start_new_session=True,  # so that Ctrl-C in the terminal is the server's alone
        )
        self._listener = listener
        self._sending = threading.Lock()
        self._answered = threading.Condition()
        self._asked = self._done = 0  # commands
        self._gone = self._killed = False
        self._send(order)
        threading.Thread(target=self._listen, name="worker", daemon=True).start()

    @property
    def number(self) -> int:
        """The process id."""
        return self._process.pid

    def ask(self, verb: Verb, by: Step | None = None, seconds: float = 2.0) -> bool:
        """Give a command; return whether it was carried out within so many seconds, or the process has gone."""
        with self._sending:
            self._asked += 1
            number = self._asked
            self._send(Command(verb, by, number))
        with self._answered:
            return self._answered.wait_for(lambda: self._gone or self._done >= number, seconds)

    def end(self, verb: Verb, seconds: float) -> None:
        """Let it go by itself (quit: with a checkpoint; stop: with what it has reached, too), or else kill it."""
        if not self.ask(verb, seconds=seconds):  # Neither is ever answered but by going.
            self._killed = True
            self._process.kill()
            with self._answered:
                self._answered.wait_for(lambda: self._gone, seconds)

    def _send(self, message: Order | Command) -> None:
        """Send a message; to one that has gone nothing can be said."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(encode(message))
            self._process.stdin.flush()

    def _listen(self) -> None:
        """Pass on what it says until it has gone; whatever it says, and whatever comes of it, tell that at last."""
        try:
            self._pass_on()
        except Exception:
            logger.exception("the process of a training said what cannot be understood")
            self._process.kill()
        self._process.wait()
        with self._sending, contextlib.suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]
        try:
            self._listener(self, Gone(self._killed, self._last_words()))
        finally:
            with self._answered:
                self._gone = True
                self._answered.notify_all()

    def _pass_on(self) -> None:
        """Pass on all reports, and note what was done."""
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            while (message := read_message(stream)) is not None:
                if isinstance(message, Report):
                    self._listener(self, message)
                elif isinstance(message, Done):
                    with self._answered:
                        self._done = message.number
                        self._answered.notify_all()
                else:
                    raise ValueError(f"{message} is not for the server")

    def _last_words(self) -> str:
        """Return the last line that it wrote for people: before it could speak for itself, an error of Python's."""
        with self._words as file:
            file.seek(0)
            lines = file.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
