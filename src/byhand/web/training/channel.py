"""The worker's line to the server: commands on its standard input and reports on its standard output.

Nothing else ever uses these two, and nothing is said on the terminal.
"""

import contextlib
import os
import threading
from queue import Empty, SimpleQueue

from byhand.web.training.messages import Command, Message, Order, encode, read_message

LEFT = Command("quit")  # what the end of the input means: the server is gone


class Channel:
    """The line to the server: commands come in, reports go out."""

    def __init__(self) -> None:
        self._out = os.dup(1)
        silent = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):  # So that no library gets a word in.
            os.dup2(silent, stream)
        self._heard: SimpleQueue[Message] = SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        """Queue what comes in; at the end of it, or if it cannot be understood, the command to quit."""
        try:
            with open(0, "rb", closefd=False) as stream:
                while (message := read_message(stream)) is not None:
                    self._heard.put(message)
        finally:
            self._heard.put(LEFT)

    def order(self) -> Order | None:
        """Wait for the order, which comes first; None if the server is gone before it has given one."""
        first = self._heard.get()
        return first if isinstance(first, Order) else None

    def next(self, *, wait: bool) -> Command | None:
        """Return the next command; None if there is none and it shall not be waited for."""
        try:
            heard = self._heard.get(block=wait)
        except Empty:
            return None
        return heard if isinstance(heard, Command) else LEFT

    def send(self, message: Message) -> None:
        """Send a message."""
        left = memoryview(encode(message))
        with contextlib.suppress(OSError):  # Nobody is there any more; the end of the input says so, too.
            while left:
                left = left[os.write(self._out, left) :]
