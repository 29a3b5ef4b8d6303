"""What the server says of itself on standard error: a line each, whatever a client has put into it, and never a token.

Of an address nothing is written that follows its question mark: the link with the token has it there. What cannot be
written at once, as to a pager that rests, is left out: else the whole server would wait for who reads its log.
"""

import logging
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, TextIO, TypeAlias
from urllib.parse import quote

from byhand.labels import printable
from byhand.web.access import OPEN
from byhand.web.exchanges import Exchange

Level: TypeAlias = Literal["error", "warning", "info", "debug"]

LONGEST_PATH = 200  # characters
LONGEST_LINE = 1000  # characters: what can be written to at all takes so many
WATCHED = (*OPEN, "/metrics")  # who watches over a server asks for them all the time

logger = logging.getLogger("byhand.web")


class Lines(logging.Formatter):
    """Writes a record as one line, with the time; of a mistake where it happened, further in, so that it is no line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as text."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        lines = [f"{moment}.{int(record.msecs):03}Z {record.levelname.lower()} {printable(record.getMessage())}"]
        if record.exc_info:
            lines += [f"    {printable(line)}" for line in self.formatException(record.exc_info).split("\n")]
        return "\n".join(lines)


class Handler(logging.StreamHandler[TextIO]):
    """Writes records as long as somebody takes them, and then how many it left out."""

    _left_out = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, or leave it out."""
        try:
            said = f"{self._left_out} of these were left out, or cut short: nobody took them."
            note = logging.makeLogRecord({"levelname": "WARNING", "msg": said})
            if self._left_out and self._writes(note):
                self._left_out = 0
            if self._left_out or not self._writes(record):
                self._left_out += 1
        except Exception:
            self.handleError(record)

    def _writes(self, record: logging.LogRecord) -> bool:
        """Write a record line by line; return whether all were taken."""
        for line in self.format(record).split("\n"):
            if not _takes(self.stream):
                return False
            self.stream.write(line[:LONGEST_LINE] + self.terminator)
            self.flush()
        return True


@contextmanager
def said_on_standard_error(level: Level) -> Iterator[None]:
    """Write what the server says of itself, from some level on, as long as it runs."""
    handler = Handler(sys.stderr)
    handler.setFormatter(Lines())
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(level.upper())
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)


def keep(exchange: Exchange) -> None:
    """Write a line about a request and its answer."""
    watched = exchange.path in WATCHED and exchange.status == 200
    level = logging.DEBUG if watched else logging.INFO
    if logger.isEnabledFor(level):
        method, path = exchange.method, shown_path(exchange.path)
        status = exchange.status or "left"
        said = (exchange.peer, method, path, status, exchange.sent, exchange.seconds)
        logger.log(level, "%s %s %s %s %d %.3f", *said)


def shown_path(path: str) -> str:
    """Return the path of an address as one word without anything strange in it."""
    return quote(path[:LONGEST_PATH], safe="/:@!$&'()*+,;=~")


def _takes(stream: TextIO) -> bool:
    """Tell whether something can be written without waiting for who reads it, as far as the system tells."""
    try:
        return bool(select.select([], [stream], [], 0)[1])
    except (OSError, ValueError):  # No file of the system; or one of Windows, which tells nothing of them.
        return True
