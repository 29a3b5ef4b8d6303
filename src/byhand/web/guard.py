"""The server's doorman: who may ask, how much they may send, and how long all may take.

A server on one's own machine can be reached by every page that is open in the browser. A foreign page is kept out by
its `Origin`, or where the browser sends none, as for a picture, by `Sec-Fetch-Site`; one that gives its own name this
machine's address ("DNS rebinding") by its `Host`; and where a server can be reached from other machines, only who has
the token comes in.
"""

import asyncio
import contextlib
import hmac
import ipaddress
import json
import logging
import re
from dataclasses import asdict
from urllib.parse import parse_qs

from byhand.web.api.problems import Problem
from byhand.web.api.training_events import EVENTS
from byhand.web.bodies import Application, Bodies, Headers, Limits, Message, Receive, Send, TurnedAway

COOKIE = "byhand-token"  # and the port: a browser sends cookies to every server of a machine
MOST_STREAMS = 50  # at once
PIECE = 32 * 1024  # Bytes of an answer that are handed on together.
LEAVING = 0.2  # Seconds that work goes on for a client that has left: it may just be done.
SAID_ONCE = frozenset((b"host", b"origin", b"sec-fetch-site", b"authorization", b"content-length"))
AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{0,5}))?")  # a machine, and perhaps a port
SECURITY = [
    (
        b"content-security-policy",
        b"default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]

logger = logging.getLogger("byhand.web")


def is_loopback(host: str) -> bool:
    """Tell whether a name or address means this very machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


class Guard:
    """ASGI middleware: check every request before the application sees it, and put security headers on every answer.

    Parameters
    ----------
    app
        What it guards.
    token
        What a request must bring along, as a cookie or as `Authorization: Bearer …`; None on a server that only this
        machine can reach. Then the `Host` must be a name of this machine.
    limits
        What a request may cost.
    streams
        Where the tasks of open streams of events are noted, so that a server that stops can cancel them.
    """

    def __init__(
        self, app: Application, *, token: str | None, limits: Limits, streams: "list[asyncio.Future[None]]"
    ) -> None:
        self.app, self.token, self.limits, self.streams = app, token, limits, streams
        self._bodies = Bodies(limits)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it with what is wrong."""
        if scope["type"] != "http":  # The server takes no web sockets, so this is its own starting and stopping.
            await self.app(scope, receive, send)
            return
        answer = Answer(scope, send)
        refusal = None
        try:
            await self._pass_on(scope, receive, answer)
        except TurnedAway as why:
            refusal = why
        except asyncio.CancelledError:
            refusal = TurnedAway(503, "The server stops.")
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
            refusal = TurnedAway(500, "The server made a mistake; its terminal says more.")
        if refusal is not None and not answer.has_begun:
            await _refuse(refusal, answer.send)

    async def _pass_on(self, scope: Message, receive: Receive, answer: "Answer") -> None:
        """Check a request and hand it to the application, within the time there is."""
        headers: Headers = dict(scope["headers"])
        _check_once(scope["headers"])
        self._check_sender(scope, headers)
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

    def _check_sender(self, scope: Message, headers: Headers) -> None:
        """Refuse a request of a foreign page, under a foreign name, or without the token."""
        host = headers.get(b"host", b"").decode("latin-1").lower()
        address = AUTHORITY.fullmatch(host)
        if address is None or (self.token is None and not is_loopback(address[1])):
            raise TurnedAway(403, "This server answers only under the names of its own machine, such as localhost.")
        origin = headers.get(b"origin")
        # https: where a proxy stands before this server.
        own = origin is None or origin.decode("latin-1").lower() in (f"http://{host}", f"https://{host}")
        foreign = (
            headers.get(b"sec-fetch-site") in (b"cross-site", b"same-site") and scope["path"] != "/"
        )  # a link to it
        if not own or foreign:
            raise TurnedAway(403, "Another web page asked for this; only byhand's own page may.")
        if self.token is not None:
            self._check_token(self.token, f"{COOKIE}-{int(address[2] or 80)}={self.token}", scope, headers)

    def _check_token(self, token: str, cookie: str, scope: Message, headers: Headers) -> None:
        """Refuse who has no token; give who opens the page with it a cookie."""
        if scope["method"] == "GET" and scope["path"] == "/" and b"token=" in scope["query_string"]:
            given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[-1]
            if _is_same(given, token):
                # After a link in a foreign page, as of a mail, a browser would follow a redirect without the cookie.
                foreign = headers.get(b"sec-fetch-site") == b"cross-site"
                status, way = (200, {b"refresh": b"0; url=/"}) if foreign else (303, {b"location": b"/"})
                set_cookie = f"{cookie}; Path=/; HttpOnly; SameSite=Strict".encode()
                raise TurnedAway(status, "Go on to the page.", {**way, b"set-cookie": set_cookie})
        scheme, _, given = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if scheme.lower() == "bearer" and _is_same(given.strip(), token):
            return
        cookies = b";".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
        if not any(_is_same(given.strip(), cookie) for given in cookies.split(";")):
            raise TurnedAway(
                401,
                "Open the page with the whole link that byhand serve has printed, with its token.",
                {b"www-authenticate": b"Bearer"},
            )

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
    """

    def __init__(self, scope: Message, send: Send) -> None:
        self._send, self.has_begun = send, False
        # What came with a request is held until its answer has gone: so that goes, all of it, at once.
        self._piece = PIECE if scope["method"] == "GET" else None

    async def send(self, message: Message) -> None:
        """Hand a message on: piece by piece, so that no more is made than its reader can take."""
        if message["type"] == "http.response.start":
            self.has_begun = True
            headers = list(message.get("headers", ()))
            if all(name.lower() != b"cache-control" for name, _ in headers):
                headers.append((b"cache-control", b"no-store"))
            message["headers"] = [*headers, *SECURITY]
        body, done = message.get("body", b""), 0
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


def _is_same(given: str, secret: str) -> bool:
    """Compare in a time that tells nothing."""
    return hmac.compare_digest(given.encode(), secret.encode())


def as_answer(refusal: TurnedAway) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Return the headers and the content of a refusal; it ends the connection where more of the request may come."""
    content = json.dumps(asdict(Problem(refusal.detail))).encode()
    headers = {
        b"content-type": b"application/json",
        b"content-length": str(len(content)).encode(),
        b"cache-control": b"no-store",
        **({b"connection": b"close"} if refusal.status in (400, 408, 413, 431, 503) else {}),
        **refusal.headers,
    }
    return list(headers.items()), content


async def _refuse(refusal: TurnedAway, send: Send) -> None:
    """Answer with a refusal."""
    headers, content = as_answer(refusal)
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
