"""The server's doorman: checks every request, and says how much it may send and how long all may take."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict

from byhand.web import logs
from byhand.web.access import Access, is_trusted_way
from byhand.web.api.problems import Problem
from byhand.web.api.training_events import EVENTS
from byhand.web.bodies import Application, Bodies, Headers, Limits, Message, Receive, Send, TurnedAway
from byhand.web.exchanges import NO_ROUTE, Exchange
from byhand.web.page.notices import MEDIA_TYPE, STYLE_SOURCE, notice, wants_page

MOST_STREAMS = 50  # at once
PIECE = 32 * 1024  # Bytes of an answer that are handed on together.
LEAVING = 0.2  # Seconds that work goes on for a client that has left: it may just be done.
SAID_ONCE = frozenset((b"host", b"origin", b"sec-fetch-site", b"authorization", b"content-length"))
SECURITY = [
    (
        b"content-security-policy",
        b"default-src 'self'; style-src 'self' " + STYLE_SOURCE.encode() + b"; base-uri 'none'; form-action 'none'; "
        b"frame-ancestors 'none'; object-src 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
OPENER = (b"cross-origin-opener-policy", b"same-origin")  # where a browser takes it

logger = logging.getLogger("byhand.web")


class Guard:
    """ASGI middleware: check every request before the application sees it, and put security headers on every answer.

    Parameters
    ----------
    app
        What it guards.
    access
        Who may ask.
    limits
        What a request may cost.
    streams
        Where the tasks of open streams of events are noted, so that a server that stops can cancel them.
    told
        Is told what came of each request.
    """

    def __init__(
        self,
        app: Application,
        *,
        access: Access,
        limits: Limits,
        streams: "list[asyncio.Future[None]]",
        told: Callable[[Exchange], None] = logs.keep,
    ) -> None:
        self.app, self.access, self.limits, self.streams, self.told = app, access, limits, streams, told
        self._bodies = Bodies(limits)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it with what is wrong."""
        if scope["type"] != "http":  # The server takes no web sockets, so this is its own starting and stopping.
            await self.app(scope, receive, send)
            return
        headers: Headers = dict(scope["headers"])
        said = [*self.access.said_to(headers), *([OPENER] if is_trusted_way(headers) else [])]
        answer = Answer(scope, send, said)
        refusal, began, path = None, time.monotonic(), self.access.without_token(scope["path"])
        try:
            await self._pass_on(scope, headers, receive, answer)
        except TurnedAway as why:
            refusal = why
        except asyncio.CancelledError:
            refusal = TurnedAway(503, "The server stops.")
        except Exception:
            logger.exception("%s %s failed", scope["method"], logs.shown_path(path))
            refusal = TurnedAway(500, "The server made a mistake; its terminal says more.")
        if refusal is not None and not answer.has_begun:
            page = wants_page(scope["method"], headers.get(b"accept", b""))
            await _refuse(refusal, answer.send, page=page)
        peer, route = (scope.get("client") or ["-"])[0], getattr(scope.get("route"), "path", NO_ROUTE)
        asked = (peer, scope["method"], path, route)
        self.told(Exchange(*asked, answer.status, answer.sent, time.monotonic() - began))

    async def _pass_on(self, scope: Message, headers: Headers, receive: Receive, answer: "Answer") -> None:
        """Check a request and hand it to the application, within the time there is."""
        _check_once(scope["headers"])
        self.access.check(scope, headers)
        if scope["path"] == EVENTS and scope["method"] == "GET":
            await self._stream(scope, receive, answer.send)
            return
        body = await self._bodies.take(headers, receive)
        left = asyncio.ensure_future(_leaving(receive))
        unread = True

        async def receive_body() -> Message:
            nonlocal unread
            if unread:
                unread = False
                return {"type": "http.request", "body": body, "more_body": False}
            return await asyncio.shield(left)

        def let_go(task: "asyncio.Future[None]") -> None:
            self._bodies.let_go(body)
            if not task.cancelled():
                task.exception()  # It was told already, or nobody waits for it any more.

        task = asyncio.ensure_future(self.app(scope, receive_body, answer.send))
        task.add_done_callback(let_go)
        try:
            await asyncio.wait([task, left], timeout=self.limits.answering, return_when=asyncio.FIRST_COMPLETED)
            if answer.has_begun:  # How long it may take to go is for the connection to say.
                await asyncio.wait([task, left], return_when=asyncio.FIRST_COMPLETED)
            if left.done():
                await asyncio.wait([task], timeout=LEAVING)
            elif not task.done():
                raise TurnedAway(504, f"The answer took longer than {self.limits.answering:g} seconds; try less.")
        finally:
            left.cancel()
            task.cancel()
        if task.done():
            task.result()

    async def _stream(self, scope: Message, receive: Receive, send: Send) -> None:
        """Let a stream go on until its client leaves, too many came after it, or the application or server ends it."""
        if len(self.streams) >= MOST_STREAMS:
            self.streams.pop(0).cancel()  # Whoever still watches there asks again by itself, and misses nothing.
        task = asyncio.ensure_future(self.app(scope, receive, send))
        self.streams.append(task)
        try:
            await asyncio.wait([task])
        finally:
            if task in self.streams:
                self.streams.remove(task)
            task.cancel()
        if task.cancelled():
            with contextlib.suppress(Exception):  # Nothing was said yet, or nobody listens any more.
                await send({"type": "http.response.body", "body": b""})
        else:
            task.result()


class Answer:
    """An answer on its way, with what belongs to every one.

    Attributes
    ----------
    has_begun
        Whether it can be no other one any more.
    status, sent
        Of what was said, 0 before that, and the bytes of its content.
    """

    def __init__(self, scope: Message, send: Send, said: list[tuple[bytes, bytes]]) -> None:
        self._send, self._said = send, said
        self.has_begun, self.status, self.sent = False, 0, 0
        # What came with a request is held until its answer has gone: so that goes, all of it, at once.
        self._piece = PIECE if scope["method"] == "GET" else None
        self._is_sent = scope["method"] != "HEAD"

    async def send(self, message: Message) -> None:
        """Hand a message on: piece by piece, so that no more is made than its reader can take."""
        if message["type"] == "http.response.start":
            self.has_begun, self.status = True, message["status"]
            headers = list(message.get("headers", ()))
            if all(name.lower() != b"cache-control" for name, _ in headers):
                headers.append((b"cache-control", b"no-store"))
            message["headers"] = [*headers, *self._said, *SECURITY]
        body, done = message.get("body", b""), 0
        self.sent += len(body) if self._is_sent else 0
        if self._piece is not None:
            for done in range(self._piece, len(body), self._piece):
                piece = body[done - self._piece : done]
                await self._send({"type": message["type"], "body": piece, "more_body": True})
        await self._send({**message, "body": body[done:]} if done else message)


async def _leaving(receive: Receive) -> Message:
    """Wait until the client has left, or has its answer."""
    while (message := await receive())["type"] != "http.disconnect":
        await asyncio.sleep(0)
    return message


def _check_once(headers: list[tuple[bytes, bytes]]) -> None:
    """Refuse a request that says twice who asks: others on its way may have believed the other one."""
    names = [name for name, _ in headers if name in SAID_ONCE]
    if len(names) > len(set(names)):
        raise TurnedAway(400, "A header that tells who asks was sent twice.")


def as_answer(refusal: TurnedAway, *, page: bool = False) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Return the headers and the content of a refusal; it ends the connection where more of the request may come."""
    if page and refusal.status >= 400:
        kind, content = MEDIA_TYPE.encode(), notice(refusal.status, refusal.detail)
    else:
        kind, content = b"application/json", json.dumps(asdict(Problem(refusal.detail))).encode()
    headers = {
        b"content-type": kind,
        b"content-length": str(len(content)).encode(),
        b"cache-control": b"no-store",
        **({b"connection": b"close"} if refusal.status in (400, 408, 413, 431, 503) else {}),
        **refusal.headers,
    }
    return list(headers.items()), content


async def _refuse(refusal: TurnedAway, send: Send, *, page: bool) -> None:
    """Answer with a refusal, as a page if that is what was asked for."""
    headers, content = as_answer(refusal, page=page)
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
