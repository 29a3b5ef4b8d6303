"""What the server says of itself on standard error: a line each, whatever a client has put into it, and never a token.

Of an address nothing is written that follows its question mark: the link with the token has it there.
"""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, TypeAlias
from urllib.parse import quote

from byhand.labels import printable
from byhand.web.access import OPEN
from byhand.web.exchanges import Exchange

Level: TypeAlias = Literal["error", "warning", "info", "debug"]

LONGEST_PATH = 200  # characters
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


@contextmanager
def said_on_standard_error(level: Level) -> Iterator[None]:
    """Write what the server says of itself, from some level on, as long as it runs."""
    handler = logging.StreamHandler(sys.stderr)
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
