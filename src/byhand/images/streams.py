"""The bytes of a picture's file: had without waiting for ever, and no more of them than it takes.

Pillow reads the heads of files piece by piece, in Python: a file of nothing but pieces would hold it for minutes, and
one whose pieces all say that they are the rest of the file would fill the memory. So reads are counted, and bytes.
"""

import contextlib
import io
import os
from collections.abc import Iterator
from threading import Lock
from typing import BinaryIO

from byhand.errors import ByhandError, UsageError
from byhand.images.formats import LONGEST_FILE

MOST_READS = 150_000
OFTEN = 4  # A file's bytes are read so many times at most, ...
BESIDES = 16_000_000  # ... and so many more, for small ones.
_HUSHED = Lock()  # The standard error is the whole process's: who brings it back must be who sent it away.


@contextlib.contextmanager
def hushed() -> Iterator[None]:
    """Send away what is written to the process's standard error meanwhile: libtiff tells there what it thinks."""
    with _HUSHED, contextlib.ExitStack() as after:
        try:
            kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        except OSError:  # There is none.
            yield
            return
        after.callback(os.close, kept)
        after.callback(os.dup2, kept, 2)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        yield


class Counted:
    """A stream of bytes from its start, of which not too much and not too often is read.

    Parameters
    ----------
    stream
        Of bytes. One that cannot go back, such as a pipe, is read to its end.
    where
        Names it in messages.

    Raises
    ------
    UsageError
        If the stream is one of text.
    ByhandError
        If it is longer than any picture's file may be; by `read`, if too much or too often is read.
    """

    def __init__(self, stream: BinaryIO | io.TextIOBase, where: str) -> None:
        if isinstance(stream, io.TextIOBase):
            raise UsageError(f"{where}: is open as text. Open it as bytes, with mode 'rb'.")
        if not getattr(stream, "seekable", lambda: hasattr(stream, "seek"))():
            stream = io.BytesIO(stream.read(LONGEST_FILE + 1))
        self._stream, self._where = stream, where
        self.length = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        if self.length > LONGEST_FILE:
            raise ByhandError(f"{where}: has more than {LONGEST_FILE // 1_000_000} MB. Make it smaller.")
        self._reads, self._bytes = MOST_READS, OFTEN * self.length + BESIDES

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes.

        Raises
        ------
        ByhandError
            If more was read than a picture needs.
        """
        content = self._stream.read(size)
        self._reads -= 1
        self._bytes -= len(content)
        if self._reads < 0 or self._bytes < 0:
            raise too_many_parts(self._where)
        return content

    def tell(self) -> int:
        """Return the place."""
        return self._stream.tell()

    def seek(self, place: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place, and return it."""
        return self._stream.seek(place, whence)

    def __getattr__(self, name: str) -> object:
        """Return what else the stream has: Pillow hands its descriptor on to decoders."""
        value: object = getattr(self._stream, name)
        return value


def too_many_parts(where: str) -> ByhandError:
    """Return the error for a file of too many parts."""
    return ByhandError(f"{where}: has more parts than a picture needs. Save it anew, as PNG.")
