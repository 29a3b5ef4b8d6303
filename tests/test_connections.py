"""What a peer may cost the server before anybody has looked at what it asks, and how long it is waited for."""

import json
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from fastapi import FastAPI

from asking import Client
from byhand.errors import ByhandError
from byhand.web import addresses, connections, running
from byhand.web.application import _config
from byhand.web.guard import SECURITY
from trainings import until

HOST = b"Host: localhost\r\n"
START = b"GET /healthz HTTP/1.1\r\n" + HOST
HEALTHY = START + b"\r\n"
LAST = HEALTHY.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
PIECES = b"POST /api/predict HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
SERVER = "the server's thread"

Connect = Callable[[], socket.socket]


@pytest.fixture(scope="module", params=[pytest.param("asyncio", marks=pytest.mark.slow), "uvloop"])
def server(app: FastAPI, request: pytest.FixtureRequest) -> Iterator[running.Server]:
    """Serve the application in a thread, on each of the loops that there may be."""
    listening = addresses.listen("127.0.0.1", 0)
    config = _config(app)
    config.loop, config.lifespan = request.param, "off"
    server = running.Server(config, app.state.streams, lambda: None)
    thread = threading.Thread(target=server.run, args=([listening],), name=SERVER, daemon=True)
    thread.start()
    until(lambda: server.started)
    yield server
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def place(server: running.Server) -> tuple[str, int]:
    """Return where the server is."""
    address: tuple[str, int] = server.servers[0].sockets[0].getsockname()
    return address


@pytest.fixture
def connect(server: running.Server, place: tuple[str, int]) -> Iterator[Connect]:
    """Connect to the server."""
    opened = list[socket.socket]()

    def connect() -> socket.socket:
        opened.append(socket.create_connection(place, timeout=60))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()
    noted = time.monotonic() + 1  # A server that rests from a peer sees later that it has gone.
    while server.server_state.connections and time.monotonic() < noted:
        time.sleep(0.01)


def answers(connection: socket.socket) -> bytes:
    """Return all that comes until the server ends the connection."""
    said = b""
    with suppress(ConnectionResetError):
        while more := connection.recv(1 << 16):
            said += more
    return said


def send(connection: socket.socket, *parts: bytes) -> None:
    """Send all, or as much as the server lets one."""
    with suppress(OSError):
        for part in parts:
            connection.sendall(part)


def status(answer: bytes) -> int:
    """Return the status of an answer that is a refusal, with everything that belongs to it."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert set(json.loads(body)) == {"detail", "fields"}
    assert "content-type: application/json" in lines
    assert "connection: close" in lines
    for name, value in SECURITY:
        assert f"{name.decode()}: {value.decode()}".lower() in lines
    return int(lines[0].split()[1])


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((START, b"X: ", *(70 * [bytes([120]) * 1024])), 431),
        ((b"GET /", *(70 * [b"x" * 1024])), 431),
        ((START, b"X" * 70_000), 431),
        ((START, *(101 * [b"a:\r\n"]), b"\r\n"), 431),
        ((b"\r\n" * 40_000,), 431),
        ((b"nonsense\r\n\r\n",), 400),
        ((START, b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400),
        ((START, b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400),
        ((START, b" folded\r\n\r\n"), 400),
        ((START, b"Host: example.org\r\n\r\n"), 400),
    ],
)
def test_a_head_that_is_too_long_or_cannot_be_understood(
    connect: Connect, parts: tuple[bytes, ...], expected: int
) -> None:
    connection = connect()
    send(connection, *parts)
    assert status(answers(connection)) == expected


def test_what_is_refused_so_early_is_counted_too(connect: Connect, client: Client) -> None:
    def count() -> int:
        label = re.escape('{method="other",route="none",status="431"}')
        found = re.search(rf"byhand_requests_total{label} (\d+)", client.get("/metrics").text)
        return int(found[1]) if found else 0

    before, connection = count(), connect()
    send(connection, START, *(101 * [b"a:\r\n"]), b"\r\n")
    answers(connection)
    assert count() == before + 1


def test_a_long_head_is_taken(connect: Connect) -> None:
    connection = connect()
    send(connection, START, *(90 * [b"a: " + 680 * b"x" + b"\r\n"]), b"Connection: close\r\n\r\n")
    assert answers(connection).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("endless", [b"5;" + b"x" * 1000, b"0\r\n" + 1000 * b"a: b\r\n", b"0" * 1000])
def test_what_stands_between_the_pieces_of_a_body_has_an_end(connect: Connect, endless: bytes) -> None:
    connection = connect()
    send(connection, PIECES, endless, *(100 * [b"a" * 1000]))
    assert len(answers(connection)) < 1000


@pytest.mark.parametrize("host", [HOST, b"Host: example.org\r\n"], ids=["taken", "refused"])
@pytest.mark.parametrize(
    ("beginning", "endless"),
    [(b"0\r\nX: ", b"y"), (b"0\r\n", b"X: y\r\n"), (b"5;", b"y"), (b"", b"0")],
    ids=["a trailer", "trailers", "an extension", "a number"],
)
def test_after_a_long_body_its_frame_may_be_no_longer(
    connect: Connect, beginning: bytes, endless: bytes, host: bytes
) -> None:
    connection, began = connect(), time.process_time()
    send(connection, PIECES.replace(HOST, host), b"F4240\r\n" + 1_000_000 * b"x" + b"\r\n", beginning)
    with suppress(OSError):
        for sent in range(100):  # noqa: B007
            connection.sendall(endless * (100_000 // len(endless)))
    assert host != HOST or sent < 80  # much of which the system still has; after a refusal all is dropped for a moment
    assert time.process_time() - began < 2
    assert b" 200 " not in answers(connection)


def test_a_body_may_come_in_many_small_pieces(connect: Connect) -> None:
    connection = connect()
    send(
        connection, PIECES.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), 20_000 * b"1\r\nx\r\n" + b"0\r\n\r\n"
    )
    assert answers(connection).startswith(b"HTTP/1.1 422 ")


def test_what_follows_a_body_is_no_header(connect: Connect) -> None:
    connection = connect()
    send(connection, PIECES.replace(HOST, b""), b"1\r\nx\r\n0\r\nHost: localhost\r\n\r\n")
    assert connection.recv(100).startswith(b"HTTP/1.1 403 ")


def test_requests_that_do_not_wait_for_their_answers(connect: Connect) -> None:
    connection = connect()
    connection.sendall(5 * HEALTHY + HEALTHY.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert answers(connection).count(b'{"status":"ok"}') == 6
    crowd = connect()
    send(crowd, 1000 * HEALTHY)
    assert answers(crowd).count(b'{"status":"ok"}') < 1000


def test_where_too_many_are_connected_the_idle_ones_make_room(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 3)
    first, second = connect(), connect()
    time.sleep(0.05)
    others = [connect() for _ in range(3)]
    assert not answers(first)
    assert not answers(second)
    for other in others:
        other.sendall(HEALTHY)
        said = b""
        while not said.endswith(b'{"status":"ok"}'):
            said += (more := other.recv(10_000))
            assert more
    watching = [connect() for _ in range(3)]
    for watcher in watching:
        watcher.sendall(START.replace(b"/healthz", b"/api/training/events") + b"\r\n")
        assert watcher.recv(10_000).startswith(b"HTTP/1.1 200 ")
    assert status(answers(connect())) == 503


@pytest.mark.parametrize("ask", [b"GET /api/model", b"POST /api/predict"])
def test_where_too_many_are_connected_the_slow_ones_make_room(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, ask: bytes
) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 3)
    for _ in range(3):
        connection = connect()
        more = b"" if ask.startswith(b"GET") else b"Content-Length: 60000\r\n"
        connection.sendall((4 if not more else 1) * (ask + b" HTTP/1.1\r\n" + HOST + more + b"\r\n") + more[:1])
    time.sleep(0.3)
    other = connect()
    other.sendall(HEALTHY)
    assert other.recv(10_000).startswith(b"HTTP/1.1 200 ")
    monkeypatch.setattr(connections, "SLOW", 0.1)
    connect()
    other.sendall(LAST)  # It is idle, but nobody waits for it.
    assert answers(other).endswith(b'{"status":"ok"}')


OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"


@pytest.mark.parametrize("pause", [0.0, 0.1])
@pytest.mark.parametrize("offer", [OFFER, b"Connection: Upgrade\r\nUpgrade: websocket\r\n", b"Upgrade: x\r\n"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_is_a_body_where_another_protocol_is_offered(
    connect: Connect, offer: bytes, pause: float, chunked: bool
) -> None:
    head = b"POST /static/none HTTP/1.1\r\n" + HOST + offer
    head += b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"Content-Length: %d\r\n\r\n" % len(HEALTHY)
    body = b"%x\r\n" % len(HEALTHY) + HEALTHY + b"\r\n0\r\n\r\n" if chunked else HEALTHY
    connection = connect()
    if pause:
        connection.sendall(head)
        time.sleep(pause)
        connection.sendall(body + LAST)
    else:
        connection.sendall(head + body + LAST)
    said = answers(connection)
    assert said.count(b"HTTP/1.1 ") == 2
    assert said.count(b'{"status":"ok"}') == 1


def test_requests_that_offer_another_protocol_are_answered(connect: Connect, seven: bytes) -> None:
    connection = connect()
    connection.sendall(
        5 * (START + OFFER + b"\r\n")
        + LAST.replace(b"Connection: close", b"Connection: close, Upgrade\r\nUpgrade: h2c")
    )
    assert answers(connection).count(b'{"status":"ok"}') == 6
    connection = connect()
    head = b"POST /api/predict HTTP/1.1\r\n" + HOST + OFFER.replace(b"n: ", b"n: close, ")
    connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(seven) + seven)
    assert answers(connection).startswith(b"HTTP/1.1 200 ")
    crowd = connect()
    send(crowd, 1000 * (START + OFFER + b"\r\n"))
    assert answers(crowd).count(b'{"status":"ok"}') < 1000
    tunnel = connect()
    send(tunnel, b"CONNECT localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n" + LAST)
    assert b"200" not in answers(tunnel)


def test_what_is_far_too_long_is_not_asked_for(connect: Connect) -> None:
    connection = connect()
    send(connection, PIECES.split(b"Transfer")[0] + b"Expect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n")
    assert status(answers(connection)) == 413


@pytest.mark.parametrize(
    "host", ["a..b", "..", 300 * "a", 70 * "é", "xn--\u2028", "255.255.255.255", "\ud800", "no\0name"]
)
def test_an_address_that_is_none_is_told(host: str) -> None:
    with pytest.raises(ByhandError, match=r"^host") as error:
        addresses.listen(host, 0)
    assert "host" in error.value.fields


@pytest.mark.parametrize("host", ["0", "0.0", "0.0.0.0"])  # noqa: S104
def test_a_link_leads_to_the_page(host: str) -> None:
    with addresses.listen(host, 0) as listening:
        assert not addresses.link_to(host, listening, None).startswith("http://0")


@pytest.mark.parametrize(
    ("begin", "again"),
    [
        (b"", b""),
        (b"GET / HT", b"x"),
        (HEALTHY, b"\r\n"),
        (b"POST /static HTTP/1.1\r\nHost: example.org\r\nContent-Length: 999999999\r\n\r\n", b"x" * 1000),
    ],
)
def test_who_lets_the_server_wait_is_cut_off(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, begin: bytes, again: bytes
) -> None:
    monkeypatch.setattr(connections, "KEPT_ALIVE", 0.3)
    monkeypatch.setattr(connections, "HELD_BACK", 0.2)
    connection, began = connect(), time.monotonic()
    send(connection, begin)
    with suppress(OSError):
        while time.monotonic() < began + 15:
            connection.sendall(again or b"")
            connection.settimeout(0.05)
            with suppress(TimeoutError):
                if not connection.recv(10_000):
                    break
    assert time.monotonic() < began + 10  # of the 30 seconds that there are, and of as many as `again` is sent


@pytest.mark.parametrize("way", ["never", "slowly", "closing"])
def test_who_does_not_take_the_answer_is_cut_off(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, way: str
) -> None:
    monkeypatch.setattr(connections, "TAKING", 0.2)
    connection = connect()
    ask = b"GET /api/model HTTP/1.1\r\n" + HOST + (b"Connection: close\r\n\r\n" if way == "closing" else b"\r\n")
    with caplog.at_level(logging.WARNING, "asyncio"):
        send(connection, *(7 * [ask]))
        ended = time.monotonic() + 0.7
        while time.monotonic() < ended:
            if way == "slowly":
                connection.recv(1)
            time.sleep(0.05)
        left = len(answers(connection))
    assert left < 7 * 430_000
    assert not caplog.records


def test_who_takes_the_answer_steadily_gets_all_of_it(place: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "TAKING", 0.5)
    monkeypatch.setattr(connections, "KEPT_ALIVE", 0.5)
    monkeypatch.setattr(connections, "LEAST", 20_000)
    ask = b"GET /api/model HTTP/1.1\r\n" + HOST
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)
        connection.settimeout(10)
        connection.connect(place)
        connection.sendall(6 * (ask + b"\r\n") + ask + b"Connection: close\r\n\r\n")
        taken, began = 0, time.monotonic()
        while more := connection.recv(1 << 15):
            taken += len(more)
            time.sleep(max(0.0, began + taken / 3_000_000 - time.monotonic()))
    assert taken > 7 * 430_000


def test_what_waits_for_all_peers_is_bounded(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "WAITING", 100_000)
    lazy = [connect() for _ in range(6)]
    for connection in lazy:
        send(connection, *(7 * [b"GET /api/model HTTP/1.1\r\n" + HOST + b"\r\n"]))
    time.sleep(0.5)

    def has_ended(connection: socket.socket) -> bool:
        connection.settimeout(0.3)
        with suppress(TimeoutError):
            answers(connection)
            return True
        return False

    until(lambda: sum(map(has_ended, lazy)) >= 4)


def test_who_sends_tiny_pieces_leaves_the_server_time_for_others(connect: Connect) -> None:
    (server,) = (thread.ident for thread in threading.enumerate() if thread.name == SERVER)
    assert server is not None
    clock = time.pthread_getcpuclockid(server)
    connection, began, spent = connect(), time.monotonic(), time.clock_gettime(clock)
    connection.sendall(PIECES)
    while time.monotonic() < began + 0.7:
        connection.sendall(10_000 * b"1\r\nx\r\n")
    assert time.clock_gettime(clock) - spent < 0.4 * (time.monotonic() - began)
