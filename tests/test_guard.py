"""Whom the server lets in, how much it takes, and how long it waits."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

import byhand
from asking import Client, check_headers, detail, pieces
from byhand.data.datasets import Dataset
from byhand.web import guard as guarding
from byhand.web.access import Access
from byhand.web.bodies import Limits
from byhand.web.guard import Guard
from byhand.web.server import build

TOKEN = "a-token-for-tests"  # noqa: S105
Limited = Callable[[Limits], Client]


# Who is let in


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:1", "127.0.0.1:8765", "[::1]:80", "LOCALHOST:8765", "127.8.9.1"]
)
def test_names_of_this_machine(client: Client, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "example.org",
        "localhost.example.org",
        "127.0.0.1.example.org",
        "192.168.0.7:8765",
        "[::1",
        "localhost@example.org",
        "x@localhost",
        "evil:80@127.0.0.1",
        "localhost/evil",
        "localhost#evil",
        "localhost?evil",
        "localhost:80:80",
        "localhost:123456",
    ],
)
def test_names_of_others(client: Client, host: str) -> None:
    for path in ("/", "/api/data", "/static/main.js"):
        assert "its own machine" in detail(client.get(path, headers={"host": host}), 403)


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:8765", 200),
        ("https://localhost:8765", 200),
        ("http://localhost:9000", 403),
        ("http://127.0.0.1:8765", 403),
        ("https://example.org", 403),
        ("null", 403),
        ("", 403),
    ],
)
def test_the_page_a_request_comes_from(client: Client, seven: bytes, origin: str, status: int) -> None:
    for response in (
        client.post("/api/predict", content=seven, headers={"origin": origin}),
        client.get("/api/data", headers={"origin": origin}),
    ):
        assert response.status_code == status
        if status == 403:
            assert "Another web page" in detail(response, 403)


def test_a_foreign_page_sets_no_work_going_by_a_picture(client: Client) -> None:
    for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)):
        headers = {"sec-fetch-site": site}
        assert client.get("/api/data", headers=headers).status_code == status
        assert client.get("/", headers=headers).status_code == 200  # a link to the page


@pytest.fixture
def guarded(data: Dataset, tmp_path: Path) -> Iterator[Client]:
    """Return a client of a server that others can reach."""
    app = build(byhand.Model.load(), data, runs=tmp_path, access=Access(TOKEN))
    client = Client(app, "http://192.168.0.7:8765")
    yield client
    client.close()
    app.state.close()


def test_other_machines_need_the_token(guarded: Client) -> None:
    for path in (
        "/",
        "/static/main.js",
        "/api/data",
        "/api/model",
        "/openapi.json",
        "/?token=wrong",
        "/api/data?token=" + TOKEN,
    ):
        refused = guarded.get(path)
        assert "token" in detail(refused, 401)
        assert refused.headers["www-authenticate"] == "Bearer"
        assert "set-cookie" not in refused.headers
    for wrong in (f"Bearer {TOKEN}x", "Bearer", f"Basic {TOKEN}", "Bearer ä"):
        assert guarded.get("/api/data", headers={"authorization": wrong.encode()}).status_code == 401
    for wrong in ("", "byhand-token-8765=", f"byhand-token-8765={TOKEN}x", f"other={TOKEN}", '"; byhand-token-8765'):
        assert guarded.get("/api/data", headers={"cookie": wrong}).status_code == 401
    assert guarded.get("/api/data", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert guarded.get("/api/data", headers={"cookie": f'a="b c; byhand-token-8765={TOKEN}; z={{}}'}).status_code == 200


def test_the_link_with_the_token_opens_the_page(guarded: Client) -> None:
    opened = guarded.get(f"/?token={TOKEN}")
    assert (opened.status_code, opened.headers["location"]) == (303, "./")
    cookie = opened.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Strict"} == set(cookie.split("; ")[1:])  # and for this path alone
    check_headers(opened)
    assert guarded.get("/").status_code == 200
    assert detail(guarded.get("/", headers={"origin": "http://example.org"}), 403)


def test_a_link_in_a_foreign_page_opens_it_too(guarded: Client) -> None:
    opened = guarded.get(f"/?token={TOKEN}", headers={"sec-fetch-site": "cross-site"})
    assert (opened.status_code, opened.headers["refresh"]) == (200, "0; url=./")
    assert "SameSite=Strict" in opened.headers["set-cookie"]


# How much, and how long


@pytest.fixture
def limited() -> Iterator[Limited]:
    """Make clients of an application with narrow limits."""
    clients: list[Client] = []

    def make(limits: Limits) -> Client:
        clients.append(Client(Guard(_measure, access=Access(), limits=limits, streams=[])))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


async def _measure(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the length of the body; wait or break where the path says so."""
    message = await receive()
    if scope["path"] == "/wait":
        await asyncio.sleep(5)
    if scope["path"] == "/break":
        raise ValueError("secret")
    if scope["path"] == "/late":
        raise TimeoutError("of something else")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(len(message["body"])).encode()})


def test_bodies_that_are_too_long(client: Client, limited: Limited) -> None:
    small = limited(Limits(body=1000))
    parts = [600 * b"x", 400 * b"x"]
    assert small.post("/", content=1000 * b"x").text == "1000"
    assert small.post("/", content=pieces(*parts)).text == "1000"
    for content in (1001 * b"x", pieces(*parts, b"x"), pieces(*(50 * parts))):
        response = small.post("/", content=content)
        assert "too large" in detail(response, 413)
        assert response.headers["connection"] == "close"
    assert "20 MB" in detail(client.post("/api/predict", content=bytes(20_000_001)), 413)
    assert client.post("/api/predict", content=bytes(100)).status_code == 422


def test_the_length_that_is_told_does_not_count_alone(limited: Limited) -> None:
    small = limited(Limits(body=1000))
    for told in ("-1", "x", "1_0", "99999999999999999999999"):
        response = small.post("/", content=5000 * b"x", headers={"content-length": told})
        assert response.status_code == 413


def test_bodies_held_at_once(limited: Limited) -> None:
    crowded = limited(Limits(body=1000, bodies=1500, small=10, answering=0.01))
    guard: Any = crowded.app
    guard._bodies.held = 1500
    assert crowded.post("/", content=10 * b"x").text == "10"  # Small ones come through all the same.
    guard._bodies.held = 900
    assert "Try again" in detail(crowded.post("/", content=1000 * b"x"), 503)
    assert guard._bodies.held == 900
    guard._bodies.held = 0
    for content in (1000 * b"x", pieces(900 * b"x", 900 * b"x"), b""):
        crowded.post("/", content=content)
    for path in ("/wait", "/break"):
        crowded.post(path, content=b"x")
    assert guard._bodies.held == 0


def test_a_body_that_does_not_come() -> None:
    async def receive() -> dict[str, Any]:
        await asyncio.sleep(5)
        raise AssertionError

    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b""}
    headers = [(b"host", b"localhost"), (b"content-length", b"5")]
    guard = Guard(_measure, access=Access(), limits=Limits(receiving=0.02), streams=[])
    asyncio.run(guard({**scope, "headers": headers}, receive, send))
    assert said[0]["status"] == 408
    assert b"took longer than 0.02 seconds to arrive" in said[1]["body"]


def test_answers_that_take_too_long_or_break(limited: Limited, caplog: pytest.LogCaptureFixture) -> None:
    slow = limited(Limits(answering=0.05))
    began = time.monotonic()
    assert "took longer than 0.05 seconds" in detail(slow.get("/wait"), 504)
    assert time.monotonic() - began < 2
    assert not caplog.records
    for path in ("/break", "/late"):
        assert "made a mistake" in detail(slow.get(path), 500)
        assert path in caplog.text


def test_a_stream_has_no_time_limit_and_ends_when_it_is_told() -> None:
    streams: list[asyncio.Future[None]] = []

    async def drops() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"data: 1\n\n"
            await asyncio.sleep(0.01)

    inner = FastAPI()
    inner.add_api_route("/api/training/events", lambda: StreamingResponse(drops(), media_type="text/event-stream"))
    guard = Guard(inner, access=Access(), limits=Limits(answering=0.01), streams=streams)

    async def ask() -> tuple[int, int]:
        said: list[Any] = []

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(60)
            raise AssertionError

        async def send(message: Any) -> None:
            said.append(message)

        scope = {"type": "http", "method": "GET", "path": "/api/training/events", "query_string": b"", "root_path": ""}
        task = asyncio.ensure_future(guard({**scope, "headers": [(b"host", b"localhost")]}, receive, send))
        await asyncio.sleep(0.1)
        assert len(streams) == 1
        for stream in streams:
            stream.cancel()
        await asyncio.wait_for(task, 1)
        assert said[0]["status"] == 200
        assert said[-1] == {"type": "http.response.body", "body": b""}
        return len(said), len(streams)

    messages, left = asyncio.run(ask())
    assert 3 < messages < 100
    assert left == 0


def test_a_stream_that_breaks_is_told(limited: Limited, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001
        raise ValueError("secret")

    client = limited(Limits())
    client.app.app = broken
    assert "made a mistake" in detail(client.get("/api/training/events"), 500)
    assert "/api/training/events failed" in caplog.text
    assert not client.app.streams


def test_who_asks_on_hears_that_the_client_has_left() -> None:
    heard: list[Any] = []
    coming: list[dict[str, Any]] = [{"type": "http.request", "body": b"12345"}, {"type": "http.disconnect"}]

    async def asking(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001
        heard.extend([await receive(), await receive()])

    async def receive() -> dict[str, Any]:
        return coming.pop(0)

    async def send(_: Any) -> None:
        raise AssertionError

    guard = Guard(asking, access=Access(), limits=Limits(), streams=[])
    headers = [(b"host", b"localhost"), (b"content-length", b"5")]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}
    asyncio.run(guard(scope, receive, send))
    assert heard == [{"type": "http.request", "body": b"12345", "more_body": False}, {"type": "http.disconnect"}]


async def nothing_more() -> dict[str, Any]:
    """Wait for what never comes."""
    await asyncio.sleep(60)
    raise AssertionError


def test_where_too_many_watch_the_oldest_stream_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarding, "MOST_STREAMS", 2)
    said: list[list[Any]] = [[], [], []]

    async def endless(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(60)

    guard = Guard(endless, access=Access(), limits=Limits(), streams=[])
    scope = {"type": "http", "method": "GET", "path": "/api/training/events", "headers": [(b"host", b"localhost")]}

    async def watch(number: int) -> None:
        async def send(message: Any) -> None:
            said[number].append(message)

        await guard(dict(scope), nothing_more, send)

    async def ask() -> None:
        tasks = []
        for number in range(3):
            tasks.append(asyncio.ensure_future(watch(number)))
            await asyncio.sleep(0)
        await asyncio.wait_for(tasks[0], 5)
        assert len(guard.streams) == 2
        assert not any(task.done() for task in tasks[1:])
        for task in tasks[1:]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(ask())
    assert said[2][0]["status"] == 200
    assert not guard.streams


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_large_answer_goes_in_pieces_where_nothing_is_held_for_it(method: str) -> None:
    async def large(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": bytes(range(250)) * 1000})

    said: list[Any] = []

    async def send(message: Any) -> None:
        await asyncio.sleep(0.01)  # longer in all than an answer may take to be made
        said.append(message)

    guard = Guard(large, access=Access(), limits=Limits(answering=0.02), streams=[])
    scope = {"type": "http", "method": method, "path": "/", "headers": [(b"host", b"localhost")]}
    asyncio.run(guard(scope, nothing_more, send))
    parts = [message["body"] for message in said[1:]]
    assert b"".join(parts) == bytes(range(250)) * 1000
    assert (max(map(len, parts)) <= 65536) == (method == "GET")
    assert [message.get("more_body", False) for message in said[1:]] == [*(len(parts) - 1) * [True], False]


def test_every_answer_says_whether_it_may_be_kept(client: Client) -> None:
    for path in ("/healthz", "/openapi.json", "/nothing"):
        assert client.get(path).headers.get_list("cache-control") == ["no-store"]
    assert client.get("/static/main.js").headers.get_list("cache-control") == ["no-cache"]


def test_an_error_about_half_a_character_is_told(client: Client) -> None:
    settings = b'{"layers": [8], "\\ud800": 1}'
    assert detail(client.post("/api/training", content=settings, headers={"content-type": "application/json"}), 422)


def test_the_token_counts_in_any_cookie_and_is_given_to_who_gets_the_page(guarded: Client) -> None:
    assert guarded.post(f"/?token={TOKEN}").status_code == 401
    port = guarded.get(f"/?token={TOKEN}").headers["set-cookie"].partition("=")[0]
    guarded.client.cookies.clear()
    own, other = ("cookie", f"{port}={TOKEN}"), ("cookie", "other=1")
    for headers in ([own, other], [other, own]):
        assert guarded.get("/api/data", headers=headers).status_code == 200
