"""The worker's line to the server: commands come in, reports go out."""

import threading
from queue import Empty, SimpleQueue

from byhand.web.training.messages import KINDS, Command, Message, Order
from byhand.web.work.line import Line

LEFT = Command("quit")  # what the end of the input means: the server is gone


class Channel:
    """What the server wants, in the order in which it came, and the way back to it."""

    def __init__(self) -> None:
        self._line = Line()
        self._heard: SimpleQueue[Message] = SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        """Queue what comes in; at the end of it, or if it cannot be understood, the command to quit."""
        try:
            for message in self._line.heard(KINDS):
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
        self._line.send(message)
