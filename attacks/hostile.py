"""Hostile clients: each goes on against a server at a port until its time is over, and returns what got through."""

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from typing import TypeAlias

import numpy as np

from attacks.costly import costly_photos, described
from attacks.target import HOST, Target
from attacks.uploads import strangers, wrapped

MANY = 400  # connections of one attacker, or ...
MORE = 505  # ... more than a server takes at all, ...
AT_ONCE = 10  # ... who opens so many in a tenth of a second: more sound requests than can be answered hold up anyone.
OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"  # of another protocol

Attacker: TypeAlias = Callable[[Target], None]


def _flood(target: Target, beginning: bytes, more: bytes, connections: int = 4) -> None:
    """Send a beginning and then the same without end, on a few connections at once."""

    def send() -> None:
        while target.goes_on:
            with suppress(OSError), target.connect() as connection:
                connection.sendall(beginning)
                while target.goes_on:
                    connection.sendall(more)

    threads = [threading.Thread(target=send, daemon=True) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _crowd(target: Target, beginning: bytes, drip: bytes, *, reads: int = 0, most: int = MANY) -> None:
    """Hold many connections open, send or read a little on each now and then, and open new ones for those that end."""
    with ExitStack() as stack:
        held: list[socket.socket] = []
        while target.goes_on:
            for _ in range(min(AT_ONCE, most - len(held))):
                with suppress(OSError):
                    connection = stack.enter_context(target.connect())
                    connection.sendall(beginning)
                    connection.setblocking(False)
                    held.append(connection)
            for connection in list(held):
                try:
                    if drip:
                        connection.send(drip)
                    if reads and not connection.recv(reads):
                        held.remove(connection)
                except BlockingIOError:
                    pass
                except OSError:
                    held.remove(connection)
            time.sleep(0.1)


def endless_header(target: Target) -> None:
    """Send one header that never ends."""
    _flood(target, b"GET / HTTP/1.1\r\n" + HOST + b"X: ", b"x" * 50_000)


def many_headers(target: Target) -> None:
    """Send headers without end."""
    _flood(target, b"GET / HTTP/1.1\r\n" + HOST, b"a:\r\n" * 10_000)


def endless_url(target: Target) -> None:
    """Ask for an address that never ends."""
    _flood(target, b"GET /", b"x" * 50_000)


def long_heads(target: Target) -> None:
    """Send many heads as long as they may be, none of which is ever whole."""
    _crowd(target, b"GET /" + b"x" * 30_000 + b" HTTP/1.1\r\n" + HOST + 90 * (b"a: " + 300 * b"y" + b"\r\n"), b"")


def slow_heads(target: Target) -> None:
    """Send many heads letter by letter."""
    _crowd(target, b"GET / HTTP/1.1\r\n" + HOST + b"X: ", b"x")


def half_open(target: Target) -> None:
    """Hold many connections on which nothing is said."""
    _crowd(target, b"", b"")


def unfinished_bodies(target: Target) -> None:
    """Hold many connections on each of which a small body is never whole."""
    head = b"POST /api/predict HTTP/1.1\r\n" + HOST + target.proof
    _crowd(target, head + b"Content-Length: 60000\r\n\r\n", b"x", most=MORE)


def watching(target: Target) -> None:
    """Hold more streams of events than there may be: another one may still watch."""
    ask = b"GET /api/training/events HTTP/1.1\r\n" + HOST + target.proof + b"\r\n"
    threading.Thread(target=_crowd, args=(target, ask, b""), daemon=True).start()
    while target.goes_on:
        time.sleep(0.5)
        if not target.ask(ask, 0.5).startswith(b"HTTP/1.1 200") and target.goes_on:
            target.found.append(("nobody else can watch a training", ask))
            return


def never_reading(target: Target) -> None:
    """Ask for much on many connections, and take nothing of it."""
    ask = b"GET /api/model HTTP/1.1\r\n" + HOST + target.proof + b"\r\n"
    _crowd(target, 8 * ask, b"")


def reading_slowly(target: Target) -> None:
    """Ask for much on many connections, and take one byte now and then."""
    index = b"&".join(b"index=%d" % place for place in range(500))
    ask = b"GET /api/images?part=test&" + index + b" HTTP/1.1\r\n" + HOST + target.proof + b"\r\n"
    _crowd(target, 4 * ask, b"", reads=1)


def endless_bodies(target: Target) -> None:
    """Send bodies that never end: of a length that is a lie, and in pieces."""
    head = b"POST /api/predict HTTP/1.1\r\n" + HOST + target.proof
    halves = (
        (head + b"Content-Length: 19999999\r\n\r\n", b"x" * 50_000),
        (head + b"Transfer-Encoding: chunked\r\n\r\n", b"c350\r\n" + b"x" * 50_000 + b"\r\n"),
        (head + b"Transfer-Encoding: chunked\r\n\r\n5;", b"x" * 50_000),
        (head + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n" * 8_000),
        (head + b"Transfer-Encoding: chunked\r\n\r\n4C4B40\r\n" + bytes(5_000_000) + b"\r\n0\r\nX: ", b"x" * 50_000),
        (head + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 10_000),
        (head.replace(b"localhost", b"example.org") + b"Content-Length: 9999999999\r\n\r\n", b"x" * 50_000),
    )
    flood = [(target, *half, 8 if place == 0 else 1) for place, half in enumerate(halves)]
    threads = [threading.Thread(target=_flood, args=each, daemon=True) for each in flood]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def pipelined(target: Target) -> None:
    """Send requests without end, and wait for no answer."""
    _flood(target, b"", 1000 * (b"GET /healthz HTTP/1.1\r\n" + HOST + target.proof + b"\r\n"))


def smuggling(target: Target) -> None:
    """Send requests that two readers understand in two ways: what hides in one may never be answered."""
    inner = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + target.proof + b"Connection: close\r\n\r\n"
    post = b"POST /static/none HTTP/1.1\r\n" + HOST + target.proof
    forms = (
        post + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner,
        post + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + inner,
        post + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(inner) + inner,
        post + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + inner,
        post + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + inner,
        post + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + inner,
        post + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + inner,
        post + b"Content-Length: +5\r\n\r\nabcde" + inner,
        post + b"Content-Length: 0x5\r\n\r\nabcde" + inner,
        post + b"Content-Length: 5, 5\r\n\r\nabcde" + inner,
        post + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n" + inner,
        post + b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + inner,
        post + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n\r\n" + inner,
        post + OFFER + b"Content-Length: %d\r\n\r\n" % len(inner) + inner,
        post + OFFER + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(inner) + inner,
        post + b"X: a\r\n folded: b\r\n\r\n" + inner,
        post + b"X: a\nY: b\n\n" + inner,
        post + b"X: a\rY: b\r\n\r\n" + inner,
        post + b"X: \0\r\n\r\n" + inner,
        b"POST / HTTP/1.1\r\nHost: localhost\r\nHost: example.org\r\n" + target.proof + b"\r\n" + inner,
    )
    while target.goes_on:
        for form in forms:
            if b'"ok"' in target.ask(form, 0.5) and target.goes_on:
                target.found.append(("a request was smuggled behind another one", form))
                return


def foreign_names(target: Target) -> None:
    """Ask under other names, and as other pages: none may be answered."""
    rest = target.proof + b"Connection: close\r\n\r\n"
    forms = [b"Host: %s\r\n" % name for name in (b"example.org", b"localhost.example.org", b"127.0.0.1.example.org")]
    forms += [b"Host: localhost@example.org\r\n", b"Host: \r\n", b"", b"Host: localhost\r\nHost: example.org\r\n"]
    forms = [] if target.token else forms  # With its token a server may be found under any name.
    for header in (b"Origin: http://example.org", b"Origin: null", b"Origin: http://localhost.example.org"):
        forms.append(HOST + header + b"\r\n")
    forms += [HOST + b"Sec-Fetch-Site: %s\r\n" % site for site in (b"cross-site", b"same-site")]
    paths = (
        b"GET /api/data",
        b"GET /metrics",
        b"GET /api/model",
        b"POST /api/training",
        b"POST /api/predict",
        b"GET /openapi.json",
    )
    while target.goes_on:
        for form in forms:
            for path in paths:
                said = path + b" HTTP/1.1\r\n" + form + rest
                status = target.ask(said)[9:12]
                if status not in (b"403", b"400", b"") and target.goes_on:
                    target.found.append((f"a foreign page or name was answered {status.decode()}", said))
                    return


def guessing(target: Target) -> None:
    """Guess the token in all places where it may stand: no guess may be let in."""
    letters = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", np.uint8)
    own = (target.token or "").encode()
    while target.goes_on and target.token:
        guess = target.random.choice(letters, int(target.random.integers(0, 24))).tobytes()
        guess = guess if target.random.random() < 0.5 else own[: int(target.random.integers(0, len(own)))] + guess
        if guess == own:
            continue
        cookie = b"byhand-token-%d=%s" % (target.port, guess)
        for form in (
            b"Authorization: Bearer " + guess,
            b"Cookie: " + cookie,
            b"Authorization: Basic " + guess,
            b"X: y",
        ):
            said = b"GET /api/data?token=" + guess + b" HTTP/1.1\r\n" + HOST + form + b"\r\nConnection: close\r\n\r\n"
            status = target.ask(said)[9:12]
            if status in (b"200", b"303"):
                target.found.append(("a guess of the token was let in", said))
                return


def garbage(target: Target) -> None:
    """Send random bytes, and sound requests with some bytes changed: none may be answered with a mistake."""
    sound = [
        b"GET /api/images?part=test&index=1 HTTP/1.1\r\n" + HOST + target.proof + b"\r\n",
        b"POST /api/training/step HTTP/1.1\r\n" + HOST + target.proof + b'Content-Length: 14\r\n\r\n{"by":"batch"}',
        b"POST /api/predict HTTP/1.1\r\n"
        + HOST
        + target.proof
        + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ]
    while target.goes_on:
        said = bytearray(sound[int(target.random.integers(len(sound)))])
        if target.random.random() < 0.3:
            said = bytearray(target.random.bytes(int(target.random.integers(1, 3000))))
        for _ in range(int(target.random.integers(1, 5))):
            said[int(target.random.integers(len(said)))] = int(target.random.integers(256))
        if (answer := target.ask(bytes(said), 0.1)).startswith(b"HTTP/1.1 500"):
            target.found.append((f"a mistake of the server: {answer[-200:]!r}", bytes(said)))
            return


ATTACKERS: Mapping[str, Attacker] = {
    attacker.__name__: attacker
    for attacker in (
        endless_header,
        many_headers,
        endless_url,
        long_heads,
        slow_heads,
        half_open,
        unfinished_bodies,
        watching,
        never_reading,
        reading_slowly,
        endless_bodies,
        pipelined,
        smuggling,
        foreign_names,
        guessing,
        garbage,
        described,
        costly_photos,
        wrapped,
        strangers,
    )
}


def main() -> None:
    """Attack as the command line says, and print what got through as JSON."""
    name, port, token, seconds, *seed = sys.argv[1:]
    os.nice(10)  # It is on a machine of its own, as it were: the server and the honest need not share this one with it.
    chance = np.random.default_rng([int(number) for number in seed])
    target = Target(int(port), token or None, time.monotonic() + float(seconds), chance)
    ATTACKERS[name](target)
    print(json.dumps([[what, repr(said[:2000])] for what, said in target.found]), flush=True)
    os._exit(0)  # Threads that still wait for an answer are not waited for.


if __name__ == "__main__":
    main()
