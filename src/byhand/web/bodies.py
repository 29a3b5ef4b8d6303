"""The bodies of requests: how long one may be, how much is held at once, and how long one may take to come."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]
Headers = dict[bytes, bytes]

HELD_BACK = 1.0  # Seconds for which what nobody wants is still taken in, so that its sender gets to read the refusal.


@dataclass(frozen=True)
class Limits:
    """What a request may cost.

    Attributes
    ----------
    body, bodies
        Bytes of one request's body, and of all that are held at once: until the work on them is done, even if that is
        too late for an answer.
    small
        Bytes of a body that is taken however many others are held: a drawing never waits for others' photos.
    receiving, answering
        Seconds until a body must be here, and then until the answer must be there.
    """

    body: int = 20_000_000
    bodies: int = 60_000_000
    small: int = 64 * 1024
    receiving: float = 20.0
    answering: float = 60.0


class TurnedAway(Exception):  # noqa: N818  # not an error of the server
    """A request that is turned away, with the status and the sentence that say why."""

    def __init__(self, status: int, detail: str, headers: Headers | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers or {}


class Bodies:
    """Takes in bodies, and knows how much of them is held.

    Attributes
    ----------
    held
        Bytes of all bodies that were taken and not let go.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits, self.held = limits, 0

    async def take(self, headers: Headers, receive: Receive) -> bytes:
        """Return the whole body; as long as it is held, it counts."""
        declared = headers.get(b"content-length", b"0")
        if declared == b"0" and b"transfer-encoding" not in headers:
            return b""
        chunks: list[bytes] = []
        length, more = 0, True
        try:
            if declared.isdigit() and int(declared) > self._limits.body:
                raise self._too_long()
            async with asyncio.timeout(self._limits.receiving):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise TurnedAway(400, "The request broke off.")
                    chunk = message.get("body", b"")
                    more = message.get("more_body", False)
                    chunks.append(chunk)
                    length += len(chunk)
                    self.held += len(chunk)
                    if length > self._limits.body:
                        raise self._too_long()
                    if self.held > self._limits.bodies and length > self._limits.small:
                        raise TurnedAway(503, "Too much is asked at once. Try again in a moment.")
        except TimeoutError:
            self.held -= length
            raise TurnedAway(
                408, f"The request took longer than {self._limits.receiving:g} seconds to arrive."
            ) from None
        except BaseException as error:
            self.held -= length
            if more and isinstance(error, TurnedAway) and (length or b"expect" not in headers):  # Else nothing comes.
                chunks.clear()
                await _drop_the_rest(receive)
            raise
        return b"".join(chunks)

    def let_go(self, body: bytes) -> None:
        """Count a body no more."""
        self.held -= len(body)

    def _too_long(self) -> TurnedAway:
        """Return the refusal of a body that is too long."""
        return TurnedAway(413, f"This is too large: at most {self._limits.body / 1e6:g} MB are taken. Make it smaller.")


async def _drop_the_rest(receive: Receive) -> None:
    """Take in and forget what is still coming, for a moment."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HELD_BACK):
            while (await receive()).get("more_body"):
                pass
