"""A working process's line to the server: what it shall do comes on its standard input, and its answers go out.

Nothing else ever uses these two, and nothing is said on the terminal.
"""

import contextlib
import os
from collections.abc import Iterator
from typing import TypeVar

from byhand.web.work.records import Kinds, Record, encode, read_record

T = TypeVar("T")


class Line:
    """The line to the server."""

    def __init__(self) -> None:
        self._out = os.dup(1)
        silent = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):  # So that no library gets a word in.
            os.dup2(silent, stream)

    def heard(self, kinds: Kinds[T]) -> Iterator[T]:
        """Yield what comes in, until the server is gone.

        Raises
        ------
        ValueError
            If something cannot be understood.
        """
        with open(0, "rb", closefd=False) as stream:
            while (record := read_record(stream, kinds)) is not None:
                yield record

    def send(self, record: Record) -> None:
        """Send a record."""
        left = memoryview(encode(record))
        with contextlib.suppress(OSError):  # Nobody is there any more; the end of the input says so, too.
            while left:
                left = left[os.write(self._out, left) :]
