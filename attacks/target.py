"""The server under attack, as an attacker sees it."""

import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

HOST = b"Host: localhost\r\n"


@dataclass
class Target:
    """The server under attack.

    Attributes
    ----------
    port, token
        Where it is, and what it asks for, or None.
    until
        When the attack is over, as `time.monotonic` tells it.
    found
        What got through, and how.
    """

    port: int
    token: str | None
    until: float
    random: np.random.Generator
    found: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def goes_on(self) -> bool:
        """Whether there is time left."""
        return time.monotonic() < self.until

    @property
    def proof(self) -> bytes:
        """The header with the token."""
        return f"Authorization: Bearer {self.token}\r\n".encode() if self.token else b""

    def connect(self) -> socket.socket:
        """Connect to it."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=2)

    def ask(self, said: bytes, seconds: float = 2.0) -> bytes:
        """Send something on a new connection, and return all that comes within some seconds."""
        answer = b""
        with suppress(OSError), self.connect() as connection:
            connection.settimeout(seconds)
            with suppress(OSError):
                connection.sendall(said)
            while more := connection.recv(1 << 16):
                answer += more
        return answer
