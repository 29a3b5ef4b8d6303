"""The server's connections: what a peer may cost it, and how long it is waited for.

Nothing of what a peer says reaches the guard before its head is whole. So what a head may cost is decided here, and how
long a peer may take for all that it is waited for: to ask, to take its answer, and to leave.
"""

import asyncio
import time
from collections.abc import Callable
from typing import cast

import httptools
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from byhand.web.bodies import HELD_BACK, TurnedAway
from byhand.web.exchanges import NO_ROUTE, Exchange
from byhand.web.guard import SECURITY, as_answer

MOST_CONNECTIONS = 500
SLOW = 2.0  # Seconds that a peer lets the server wait before it makes room sooner than one that is idle.
KEPT_ALIVE = 30  # Seconds that an idle connection stays open, and within which the head of a request must come.
TAKING = 30.0  # Seconds within which a peer must take all that waits for it, ...
LEAST = 480_000  # ... or so many bytes of it: 16 KB a second, a slow line of old.
WAITING = 40_000_000  # Bytes that may wait for all peers together.
HIGH = 32 * 1024  # Bytes that wait for one peer when its answer is made no further.
HEAD = 64 * 1024  # bytes of a request that are not its body; of what frames one that comes in pieces, for each piece
MOST_HEADERS = 100
PIPELINED = 8  # requests on one connection that wait for the answer to the one before
TURN = 0.002  # Seconds of work with what a peer says after which it rests, ...
RESTING = 5.0  # ... so many times as long: else one that sends tiny pieces has the server for itself.
PIECE = 4096  # Bytes that are looked at together: by so much, a head may be too long unnoticed.

FRAMING = (b"content-length", b"transfer-encoding")  # What tells how long a body is.

TOO_LONG = TurnedAway(431, f"The head of the request is too long: at most {HEAD // 1024} KB are taken.")
TOO_MANY = TurnedAway(431, f"The request has too many headers: at most {MOST_HEADERS} are taken.")
NO_REQUEST = TurnedAway(400, "This is no request in HTTP that can be understood.")
CROWDED = TurnedAway(503, f"{MOST_CONNECTIONS} are connected already; more cannot. Try again in a moment.")


class Quiet:
    """A transport that takes nothing more once it closes, and that can rest; some make errors of that.

    Attributes
    ----------
    written
        Bytes that were sent in all.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport, self.written = transport, 0
        self._reads, self._rests = True, False  # whether it should read, but for its rest

    def pause_reading(self) -> None:
        """Read nothing more for now."""
        self._reads = False
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on, after its rest."""
        self._reads = True
        if not self._rests and not self._transport.is_closing():
            self._transport.resume_reading()

    def rest(self, seconds: float) -> None:
        """Read nothing for a time."""
        if not self._rests:
            self._rests = True
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(seconds, self._go_on)

    def _go_on(self) -> None:
        """Read on if that is wanted."""
        self._rests = False
        if self._reads:
            self.resume_reading()

    def write(self, data: bytes) -> None:
        """Send something, if somebody may still take it."""
        if not self._transport.is_closing():
            self.written += len(data)
            self._transport.write(data)

    def __getattr__(self, name: str) -> object:
        """Be the transport in all else."""
        return getattr(self._transport, name)


class Connection(HttpToolsProtocol):
    """A connection that takes only so much of a head, and that ends if its peer lets it wait.

    Attributes
    ----------
    until
        When it ends if nothing happens before, as `time.monotonic` tells it; None while an answer is being made.
    """

    until: float | None = None
    _took = (0.0, 0)  # when the peer had last taken all, or enough of it, and how much in all
    _refused: TurnedAway | None = None
    _room = HEAD
    _coming = False  # whether a request has begun that is not all here
    _named = False  # whether its headers are all here
    _spent = 0.0  # seconds of work with what it said, since its last rest
    _asked = 0.0  # when it began
    _reads_on = False  # whether the parser is told again of a request that is known

    @property
    def is_idle(self) -> bool:
        """Whether nothing that was asked is still to be answered."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the head of the first request."""
        self._quiet = Quiet(transport)
        super().connection_made(cast("asyncio.Transport", self._quiet))
        transport.set_write_buffer_limits(HIGH)
        self._took = (time.monotonic(), 0)
        self._wait(KEPT_ALIVE)
        if len(self.connections) > MOST_CONNECTIONS:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """Take in what comes, and let others have their turn."""
        began = time.thread_time()
        self._take(data)
        self._spent += time.thread_time() - began
        if self._spent > TURN and not self.transport.is_closing():
            self._quiet.rest(RESTING * self._spent)
            self._spent = 0.0

    def _take(self, data: bytes) -> None:
        """Take in data until the peer is refused."""
        for start in range(0, len(data), PIECE):
            if self._refused or self.transport.is_closing():
                return
            piece = data[start : start + PIECE]
            self._room -= len(piece)
            self._unset_keepalive_if_required()
            self._feed(piece)
            if self._room < 0:
                self._refuse(TOO_LONG)

    def on_message_begin(self) -> None:
        """Wait for the rest of a head."""
        if self._reads_on:
            return
        super().on_message_begin()
        self._room, self._coming, self._named, self._asked = HEAD, True, False, time.monotonic()
        if self.is_idle:
            self._wait(KEPT_ALIVE)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take note of a header, but not of those that come after a body: the request was judged already."""
        if self._named:
            return
        if len(self.headers) == MOST_HEADERS:
            self._refuse(TOO_MANY)
            raise httptools.HttpParserError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Let the request take its time: from here on it is the guard's affair."""
        if self._reads_on:
            return
        if len(self.pipeline) == PIPELINED:
            raise httptools.HttpParserError
        self._named = True
        super().on_headers_complete()
        self.until = None

    def on_body(self, body: bytes) -> None:
        """Take in a part of a body, which is counted elsewhere."""
        self._room += len(body)
        super().on_body(body)

    def on_chunk_header(self) -> None:
        """Count anew what comes between a piece of a body and the next, or after the last one."""
        self._room = HEAD

    def on_message_complete(self) -> None:
        """Note that a request is all here, other than where the parser believes so because of an offer to upgrade."""
        if self.parser.should_upgrade():
            return
        super().on_message_complete()
        self._coming = False

    def on_response_complete(self) -> None:
        """Wait for the next request; or for a moment only if this one, which has its answer, goes on and on."""
        super().on_response_complete()
        if self.is_idle:
            self._wait(HELD_BACK if self._coming else KEPT_ALIVE)

    @property
    def waiting(self) -> int:
        """How many bytes wait for the peer."""
        return self.transport.get_write_buffer_size()

    def pause_writing(self) -> None:
        """Wait for the peer to take something; where too much waits for all, who has most of it is cut off."""
        super().pause_writing()
        others = [other for other in self.connections if isinstance(other, Connection)]
        waiting = sorted(((other.waiting, other) for other in others), key=lambda pair: pair[0])
        total = sum(size for size, _ in waiting)
        while total > WAITING:
            size, largest = waiting.pop()
            largest.transport.abort()
            total -= size

    def check(self, now: float) -> None:
        """End the connection if its time is over, which stands still as long as its peer takes what waits for it."""
        waiting, (since, before) = self.waiting, self._took
        taken = self._quiet.written - waiting
        if not waiting or taken >= before + LEAST:
            since, self._took = now, (now, taken)
        if waiting and self.until is not None:
            self.until = max(self.until, now + HELD_BACK)
        if now > since + TAKING or (self.until is not None and now > self.until):
            self.transport.abort()

    def _wait(self, seconds: float) -> None:
        """Give it some time from now on."""
        self.until = time.monotonic() + seconds

    @property
    def _waited_for(self) -> float | None:
        """Since when the server waits for its peer to end a request or to take an answer; None if it does not."""
        if self._coming:
            return self._asked
        return self._took[0] if self.waiting else None

    def _make_room(self) -> None:
        """End the connection that is waited for longest, or that was idle longest; if there is none, this one."""
        others = [other for other in self.connections if isinstance(other, Connection) and other is not self]
        others = [other for other in others if not other.transport.is_closing()]
        slow = [(since, place) for place, other in enumerate(others) if (since := other._waited_for) is not None]
        idle = [(other.until or 0.0, place) for place, other in enumerate(others) if other.is_idle]
        late = [each for each in slow if each[0] < time.monotonic() - SLOW]
        if choice := late or idle or slow:
            others[min(choice)[1]].transport.abort()
        else:
            self._refuse(CROWDED)

    def _feed(self, data: bytes) -> None:
        """Have data parsed. What follows an offer of another protocol is no such: the request goes on as if without."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            framing = [b"%s: %s\r\n" % header for header in self.headers if header[0] in FRAMING]
            if not self.cycle.keep_alive:
                framing.append(b"Connection: close\r\n")
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as it was before
            self._reads_on = True
            self._feed(b"".join((b"POST / HTTP/1.1\r\n", *framing, b"\r\n")))
            self._reads_on = False
            self._feed(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(NO_REQUEST)

    def _refuse(self, why: TurnedAway) -> None:
        """Say why nothing more is taken, and end the connection, a moment later: else the peer would not read it."""
        if self._refused:
            return
        self._refused = why
        if not self.is_idle:  # In the middle of another answer it cannot be said.
            self.transport.abort()
            return
        headers, content = as_answer(why)
        peer = self.client[0] if self.client else "-"
        told: Callable[[Exchange], None] = cast("FastAPI", self.config.app).state.told
        told(Exchange(peer, "-", "-", NO_ROUTE, why.status, len(content), 0.0))
        lines = [name + b": " + value + b"\r\n" for name, value in (*headers, *SECURITY)]
        self.transport.write(b"".join((STATUS_LINE[why.status], *lines, b"\r\n", content)))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._wait(HELD_BACK)
