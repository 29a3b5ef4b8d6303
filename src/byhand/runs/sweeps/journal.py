"""The journal of a search: Optuna's own, a line of JSON for every step, to which processes of any machine add.

Nothing in it is code, and nothing of it is run. What Optuna lacks is added here: a line that a killed process has left
half written is taken away before the next one follows it, with which it would be one that nobody can read.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from byhand.errors import ByhandError
from byhand.files import opened, parsing, words
from byhand.runs.sweeps.locks import Lock

if TYPE_CHECKING:
    from optuna.storages import JournalStorage

MOST_BYTES = 2**28  # of a journal, which every process reads whole: 100,000 trials of twenty epochs
_STRIDE = 2**12
ADVICE = "Choose another folder; what was learned by then is in its sweep.json."


class _JournalLock:
    """Lets one process alone write into a journal, which is mended first."""

    def __init__(self, journal: Path) -> None:
        self._journal, self._lock = journal, Lock(journal.with_name(f"{journal.name}.lock"))

    def acquire(self) -> bool:
        """Wait until no other process writes, and take away what the last one may have left half written."""
        self._lock.acquire()
        try:
            mend(self._journal)
        except BaseException:
            self._lock.release()
            raise
        return True

    def release(self) -> None:
        """Let others write."""
        self._lock.release()


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Say in one sentence what is wrong with a journal, whatever Optuna makes of strange lines."""
    try:
        with parsing(path, "is no sound journal of a sweep", ADVICE):
            yield
    except ByhandError as error:
        if isinstance(cause := error.__cause__, ByhandError):  # It is a sentence already.
            raise cause from None
        if isinstance(cause, OSError):
            raise ByhandError(f"{path}: cannot be read or written ({words(cause)}).") from cause
        raise


def storage(path: Path) -> "JournalStorage":
    """Open the journal at a path, which is made.

    Raises
    ------
    OSError
        If it cannot be read or written, or is no file.
    Exception
        Whatever Optuna makes of lines that are not its own; see `reading`.
    """
    from optuna import logging
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    logging.set_verbosity(logging.ERROR)  # byhand itself tells what there is to tell.
    path.touch()
    with opened(path) as file:
        if os.fstat(file.fileno()).st_size > MOST_BYTES:
            raise ValueError(f"it is larger than {MOST_BYTES:,} bytes")
    return JournalStorage(JournalFileBackend(str(path), _JournalLock(path)))


def mend(path: Path) -> None:
    """Take away the end of a journal that is no whole line."""
    with path.open("r+b") as file:
        end = place = file.seek(0, os.SEEK_END)
        while place:
            start = max(place - _STRIDE, 0)
            file.seek(start)
            whole = file.read(place - start).rfind(b"\n")
            if whole >= 0:
                place = start + whole + 1
                break
            place = start
        if place < end:
            file.truncate(place)
