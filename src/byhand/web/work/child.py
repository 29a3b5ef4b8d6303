"""A process that works for the server, as the server sees it: begun, spoken to, heard, ended, and never left behind."""

import contextlib
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from typing import TypeVar

from byhand import machine
from byhand.web.work.records import Kinds, Record, parts_of, read_record

T = TypeVar("T")


class Child:
    """A process that does what it is told on its standard input; when that ends, it goes by itself.

    Parameters
    ----------
    module
        What it runs.

    Raises
    ------
    OSError
        If there can be no more processes.
    """

    def __init__(self, module: str) -> None:
        pipe = subprocess.PIPE
        try:
            self._words = tempfile.TemporaryFile()  # noqa: SIM115  # Its process writes there as long as it lives.
        except OSError as error:
            raise OSError(error.errno, "No folder for temporary files can be written into") from error
        try:
            self._process = subprocess.Popen(  # noqa: S603  # What it runs is byhand's own.
                machine.own_command(module),
                stdin=pipe,
                stdout=pipe,
                stderr=self._words,
                start_new_session=True,  # so that Ctrl-C in the terminal is the server's alone
            )
        except OSError:
            self._words.close()
            raise
        self._sending = threading.Lock()

    @property
    def number(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def hears_at(self) -> int:
        """The file descriptor on which it is heard, for who waits for several things at once."""
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    @property
    def is_alive(self) -> bool:
        """Whether it has not gone."""
        return self._process.poll() is None

    def send(self, record: Record) -> None:
        """Send a record; to one that has gone nothing can be said."""
        assert self._process.stdin is not None
        with self._sending, contextlib.suppress(OSError, ValueError):
            for part in parts_of(record):
                self._process.stdin.write(part)
            self._process.stdin.flush()

    def hear(self, kinds: Kinds[T]) -> T | None:
        """Return the next that it says; None once it has gone.

        Raises
        ------
        ValueError
            If it cannot be understood.
        """
        assert self._process.stdout is not None
        return read_record(self._process.stdout, kinds)

    def all_heard(self, kinds: Kinds[T]) -> Iterator[T]:
        """Yield all that it says until it has gone; see `hear`."""
        while (record := self.hear(kinds)) is not None:
            yield record

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def bury(self) -> str:
        """Wait until it has gone, and return the last line that it wrote for people, such as an error of Python's."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.wait()
        with self._sending, contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.stdout.close()
        with self._words as file:
            file.seek(0)
            lines = file.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def end(self) -> str:
        """End it at once, and return its last words; see `bury`."""
        self.kill()
        return self.bury()
