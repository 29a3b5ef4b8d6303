"""The server without training: what it answers, whom it lets in, and how it begins and ends."""

import asyncio
import base64
import gzip
import io
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import byhand
from byhand.cli import main
from byhand.data.datasets import Dataset
from byhand.evaluation import evaluate
from byhand.model import SHIPPED
from byhand.web import assets, judging
from byhand.web.guard import SECURITY, Guard, Limits
from byhand.web.server import build
from conftest import Run
from writing import enlarged, write

ADDRESS = "http://localhost:8765"
TOKEN = "a-token-for-tests"  # noqa: S105
STATIC = assets.FOLDER


class Client:
    """Asks an application in this process, as a browser would over the network."""

    def __init__(self, app: Any, address: str = ADDRESS) -> None:
        self.app, self.loop = app, asyncio.new_event_loop()
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url=address)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.loop.run_until_complete(self.client.request(method, path, **options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("POST", path, **options)

    def raw(self, path: str, headers: dict[str, str]) -> tuple[httpx.Response, bytes]:
        """Return an answer with its bytes as they were sent."""

        async def ask() -> tuple[httpx.Response, bytes]:
            async with self.client.stream("GET", path, headers=headers) as response:
                return response, b"".join([chunk async for chunk in response.aiter_raw()])

        return self.loop.run_until_complete(ask())

    def close(self) -> None:
        self.loop.run_until_complete(self.client.aclose())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()


Limited = Callable[[Limits], Client]


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    """Yield a body piece by piece, of a length that nobody tells."""
    for chunk in chunks:
        yield chunk


@pytest.fixture(scope="module")
def data(mnist: Dataset) -> Dataset:
    """Return a small part of the images."""
    return Dataset("mnist", mnist.train.take(slice(300)), mnist.test.take(slice(500)))


@pytest.fixture(scope="module")
def app(data: Dataset) -> FastAPI:
    return build(byhand.Model.load(), data, train=False)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[Client]:
    client = Client(app)
    yield client
    client.close()
    app.state.close()


@pytest.fixture(scope="module")
def seven(mnist: Dataset) -> bytes:
    """Return a drawing of a 7 as a PNG file."""
    return png(255 - np.pad(enlarged(mnist.test.images[0]), 80))


def png(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def detail(response: httpx.Response, status: int) -> str:
    """Return the sentence of an answer that is an error, with everything that belongs to it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    said = response.json()
    assert list(said) == ["detail"]
    assert re.fullmatch(r".+[.!?]|the picture: .+", said["detail"]), said
    check_headers(response)
    return str(said["detail"])


def check_headers(response: httpx.Response) -> None:
    for name, value in SECURITY:
        assert response.headers.get_list(name.decode()) == [value.decode()]
    assert "server" not in response.headers


# What it reads


def test_a_drawing_is_read_as_the_library_reads_it(client: Client, seven: bytes) -> None:
    response = client.post("/api/predict", content=seven, headers={"content-type": "image/png"})
    assert response.status_code == 200
    check_headers(response)
    said = response.json()
    prepared = byhand.prepare(seven)
    assert base64.b64decode(said.pop("image")) == prepared.image.tobytes()
    assert prepared.fitted is not None
    assert (said.pop("box"), said.pop("drawing"), said.pop("problem")) == (list(prepared.fitted.box), True, None)
    expected = byhand.recognize(seven, byhand.Model.load()).to_dict()
    assert {name: said[name] for name in ("digit", "best", "reason")} == {"digit": "7", "best": "7", "reason": None}
    assert said.keys() == expected.keys()
    assert said["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-6)


@pytest.mark.parametrize("kind", ["JPEG", "BMP", "WEBP", "GIF"])
def test_other_kinds_of_file(client: Client, seven: bytes, kind: str) -> None:
    stream = io.BytesIO()
    Image.open(io.BytesIO(seven)).save(stream, kind)
    assert client.post("/api/predict", content=stream.getvalue()).json()["digit"] == "7"


def test_a_large_picture_has_its_box_in_its_own_pixels(client: Client, seven: bytes) -> None:
    large = np.asarray(Image.open(io.BytesIO(seven)).resize((3000, 3200), Image.Resampling.NEAREST))
    box = client.post("/api/predict", content=png(large)).json()["box"]
    rows, columns = np.flatnonzero((large < 255).any(axis=1)), np.flatnonzero((large < 255).any(axis=0))
    assert box == pytest.approx([columns[0], rows[0], columns[-1], rows[-1]], abs=8)


@pytest.mark.parametrize(
    ("pixels", "problem"),
    [(np.zeros((40, 40), np.uint8), "it is blank"), (np.pad(np.full((90, 90), 255, np.uint8), 9), "it is filled")],
)
def test_what_cannot_be_a_digit(client: Client, pixels: np.ndarray[Any, np.dtype[np.uint8]], problem: str) -> None:
    said = client.post("/api/predict", content=png(pixels)).json()
    assert said["digit"] is None
    assert said["problem"].startswith(problem)
    assert said["reason"] == said["problem"]
    assert (said["box"] is None) == (problem == "it is blank")


@pytest.mark.parametrize("path", ["/api/predict", "/api/read"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the picture: is not a picture: the file is empty."),
        (b"no picture", "the picture: is not a picture that can be read. PNG and JPEG work."),
        (b"%PDF-1.7", "the picture: is a document, not pixels: export it as PNG."),
        (b"\x89PNG\r\n\x1a\n" + bytes(30), "the picture: "),
    ],
)
def test_what_is_no_picture(client: Client, path: str, content: bytes, message: str) -> None:
    assert detail(client.post(path, content=content), 422).startswith(message)


def test_a_picture_that_claims_to_be_huge_is_never_decoded(client: Client) -> None:
    content = png(np.zeros((8, 8), np.uint8))
    header = b"IHDR" + (9_000).to_bytes(4, "big") + (12_000).to_bytes(4, "big") + content[24:29]
    content = content[:12] + header + zlib.crc32(header).to_bytes(4, "big") + content[33:]
    assert len(content) < 100
    assert "too many pixels" in detail(client.post("/api/predict", content=content), 422)


def test_a_page_is_read(client: Client, mnist: Dataset) -> None:
    written = write("31 4\n26", mnist.test)
    response = client.post("/api/read", content=png(255 - written.ink))
    assert response.status_code == 200
    said = response.json()
    assert said["text"] == written.text
    assert said["size"] == list(reversed(written.ink.shape))
    assert [len(number) for number in said["lines"][0]] == [2, 1]
    assert said["lines"][0][0][0]["digit"] == "3"


def test_many_at_once_are_all_answered(client: Client, seven: bytes, mnist: Dataset) -> None:
    page = png(255 - write("31", mnist.test).ink)

    async def ask() -> list[httpx.Response]:
        post, get = client.client.post, client.client.get
        drawings = [post("/api/predict", content=seven) for _ in range(20)]
        return await asyncio.gather(post("/api/read", content=page), *drawings, get("/healthz"))

    first, *others, last = client.loop.run_until_complete(ask())
    assert first.json()["text"] == "31"
    assert {response.json()["digit"] for response in others} == {"7"}
    assert last.json() == {"status": "ok"}


# The network and the images


def test_the_model_is_its_file(client: Client, tmp_path: Path) -> None:
    response = client.get("/api/model")
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.content == SHIPPED.read_bytes() == client.get("/api/model?of=served").content
    (tmp_path / "model.safetensors").write_bytes(response.content)
    assert byhand.Model.load(tmp_path / "model.safetensors").sizes == byhand.Model.load().sizes
    again = client.get("/api/model", headers={"if-none-match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["model", "judgement", "robustness"])
def test_without_a_training_there_is_no_other_network(client: Client, path: str) -> None:
    assert detail(client.get(f"/api/{path}?of=training"), 404).startswith("No network is being trained.")
    assert detail(client.get(f"/api/{path}?of=nothing"), 422).startswith("of: ")


class OneNetwork:
    """A trainer that has a network."""

    def __init__(self, model: byhand.Model | None) -> None:
        self.now = model

    def model(self) -> byhand.Model | None:
        return self.now


def test_the_network_in_training_is_judged_as_it_is_now(data: Dataset, model: byhand.Model, tmp_path: Path) -> None:
    from byhand.web.api import Library, router

    training = OneNetwork(None)
    library = Library(byhand.Model.load(), data, training)
    own = FastAPI()
    own.include_router(router(library))
    client = Client(own)
    assert client.get("/api/model?of=training").status_code == 404
    training.now = model
    (tmp_path / "now").write_bytes(client.get("/api/model?of=training").content)
    assert (byhand.Model.load(tmp_path / "now").theta == model.theta).all()
    first = client.get("/api/judgement?of=training").json()
    assert first["accuracy"] == evaluate(model, data.test).accuracy
    training.now = replace(model, theta=np.full(len(model.theta), 3e38, np.float32))
    for path in ("judgement", "robustness"):
        with pytest.raises(byhand.ByhandError, match="no number"):
            asyncio.run(library.judged(path, "training", getattr(judging, path)))
    training.now = byhand.Model.load()
    second = client.get("/api/judgement?of=training").json()
    assert second == client.get("/api/judgement").json()
    assert second["mistakes"] != first["mistakes"]
    client.close()
    library.close()


def test_images_are_those_of_the_data(client: Client, data: Dataset) -> None:
    assert client.get("/api/data").json() == {
        "name": "mnist",
        "classes": list("0123456789"),
        "train": 300,
        "test": 500,
        "shape": [28, 28],
    }
    for part, split in (("train", data.train), ("test", data.test)):
        response = client.get("/api/images", params={"part": part, "index": [3, 8, 3, 299]})
        assert response.headers["content-type"] == "application/octet-stream"
        records = np.frombuffer(response.content, np.uint8).reshape(4, 785)
        assert (records[:, 0] == split.labels[[3, 8, 3, 299]]).all()
        assert (records[:, 1:].reshape(-1, 28, 28) == split.images[[3, 8, 3, 299]]).all()


@pytest.mark.parametrize(
    "query",
    [
        "part=test",
        "index=1",
        "part=all&index=1",
        "part=test&index=x",
        "part=test&index=-1",
        "part=test&index=500",
        "part=test&index=99999999999999999999",
        "part=test&" + "&".join(501 * ["index=1"]),
    ],
)
def test_wrong_images(client: Client, query: str) -> None:
    assert re.match(r"(part|index)(\.\d+)?: .", detail(client.get(f"/api/images?{query}"), 422))


# How good it is


def test_the_judgement_is_that_of_the_library(client: Client, data: Dataset) -> None:
    model = byhand.Model.load()
    expected = evaluate(model, data.test)
    response = client.get("/api/judgement")
    said = response.json()
    assert {name: said[name] for name in expected.to_dict()} == expected.to_dict()
    assert (said["classes"], said["threshold"]) == (list(model.classes), model.threshold)
    assert said["labels"] == data.test.labels.tolist()
    assert said["answers"] == expected.probabilities.argmax(axis=1).tolist()
    assert said["confidence"] == pytest.approx(expected.probabilities.max(axis=1).tolist(), abs=6e-5)
    ordered = np.sort(expected.probabilities, axis=1)
    runner_up = expected.probabilities[np.arange(said["n"]), said["runner_up"]]
    assert (runner_up == ordered[:, -2]).all()
    bins = said["reliability"]
    assert len(bins) == 15
    assert sum(row["n"] for row in bins) == said["n"]
    gaps = [row["n"] * abs(row["confidence"] - row["accuracy"]) for row in bins if row["n"]]
    assert sum(gaps) / said["n"] == pytest.approx(said["calibration_error"], abs=1e-6)
    assert client.get("/api/judgement").content == response.content


def test_robustness(client: Client, data: Dataset) -> None:
    said = client.get("/api/robustness").json()
    assert said["n"] == len(data.test)
    kinds = {kind: [row for row in said["rows"] if row["kind"] == kind] for kind in ("shift", "rotation", "noise")}
    assert sum(map(len, kinds.values())) == len(said["rows"])
    untouched = evaluate(byhand.Model.load(), data.test).accuracy
    for rows in kinds.values():
        assert rows[0]["amount"] == 0
        assert rows[0]["accuracy"] == untouched
        assert rows[-1]["accuracy"] < rows[1]["accuracy"] <= untouched + 0.01
    assert kinds["rotation"][-1]["amount"] == 45


@pytest.mark.parametrize("degrees", [15, 30])
def test_turned_images_are_those_that_pillow_turns(data: Dataset, degrees: int) -> None:
    images = data.test.images[:20]
    turned = judging._turned(images, np.deg2rad(degrees)).astype(int)
    for image, mine in zip(images, turned, strict=True):
        theirs = np.asarray(Image.fromarray(image).rotate(degrees, Image.Resampling.BILINEAR)).astype(int)
        assert np.abs(theirs - mine).max() <= 2


def test_the_accuracy_of_other_parameters(client: Client, data: Dataset) -> None:
    model = byhand.Model.load()
    expected = evaluate(model, data.test)
    said = client.post("/api/accuracy", content=model.theta.astype("<f4").tobytes()).json()
    assert said == {"accuracy": expected.accuracy, "n": expected.n, "loss": expected.loss}
    zeros = client.post("/api/accuracy", content=bytes(4 * len(model.theta))).json()
    assert zeros["loss"] == pytest.approx(np.log(10))


@pytest.mark.parametrize(
    ("value", "message"), [(None, "parameters, 4 bytes each"), (np.nan, "finite"), (3e38, "no number")]
)
def test_wrong_parameters(client: Client, value: float | None, message: str) -> None:
    theta = b"abc" if value is None else np.full(len(byhand.Model.load().theta), value, "<f4").tobytes()
    assert message in detail(client.post("/api/accuracy", content=theta), 422)


# The page's files


def test_every_file_of_the_page_is_served(client: Client) -> None:
    files = [path for path in STATIC.rglob("*") if path.is_file() and path.name != "index.html"]
    assert len(files) > 5
    for path in files:
        response = client.get(f"/static/{path.relative_to(STATIC).as_posix()}")
        assert response.status_code == 200, path
        assert response.content == path.read_bytes()
        check_headers(response)
        if path.suffix == ".js":
            assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    page = client.get("/")
    preloads = re.findall(r'<link rel="modulepreload" href="/static/(.*)">\n', page.text)
    assert {"main.js", "nn.js", "views/draw.js", "words/en.js"} <= set(preloads)
    assert "views/learn.js" not in preloads
    assert re.sub(r'<link rel="modulepreload".*\n', "", page.text) == (STATIC / "index.html").read_text()
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    assert client.ask("HEAD", "/").status_code == 200


def test_a_file_is_sent_once_and_compressed(client: Client) -> None:
    plain = client.get("/static/main.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept-Encoding"
    for accepted in ("gzip", "br, gzip;q=0.5", "*"):
        short, raw = client.raw("/static/main.js", {"accept-encoding": accepted})
        assert short.headers["content-encoding"] == "gzip"
        assert len(raw) < len(plain.content)
        assert gzip.decompress(raw) == plain.content
    for refused in ("gzip;q=0", "br"):
        assert "content-encoding" not in client.get("/static/main.js", headers={"accept-encoding": refused}).headers
    etag = plain.headers["etag"]
    for known in (etag, f'"other", {etag}', "*"):
        again = client.get("/static/main.js", headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        check_headers(again)
    assert client.get("/static/main.js", headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/nothing.js",
        "/static/",
        "/static/../server.py",
        "/static/%2e%2e/server.py",
        "/static/..%2fserver.py",
        "/static/views/../../server.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/main.js%00",
        "/docs",
        "/redoc",
        "/api/predict/",
        "/favicon.ico",
    ],
)
def test_nothing_else_is_ever_opened(app: FastAPI, path: str) -> None:
    async def ask() -> list[dict[str, Any]]:
        said: list[dict[str, Any]] = []
        scope = {"type": "http", "method": "GET", "headers": [(b"host", b"localhost")], "query_string": b""}
        names = {"path": httpx.URL(ADDRESS + path).path, "raw_path": path.encode(), "root_path": "", "scheme": "http"}

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b""}

        async def send(message: Any) -> None:
            said.append(message)

        await app({**scope, **names}, receive, send)
        return said

    start, body = asyncio.run(ask())
    assert start["status"] == 404
    assert b"There is no" in body["body"]


def test_wrong_methods(client: Client) -> None:
    assert detail(client.get("/api/predict"), 405)
    assert detail(client.post("/api/model"), 405)
    assert detail(client.ask("DELETE", "/"), 405)


def test_the_description_is_complete(client: Client) -> None:
    described = client.get("/openapi.json").json()
    assert {
        "/api/predict",
        "/api/read",
        "/api/model",
        "/api/images",
        "/api/data",
        "/api/judgement",
        "/api/robustness",
        "/api/accuracy",
        "/healthz",
    } <= described["paths"].keys()
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            assert told.get("description"), (method, path)
            assert {"200", "413", "422"} <= told["responses"].keys()
            schema = told["responses"]["422"]["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}


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
    ],
)
def test_names_of_others(client: Client, host: str) -> None:
    for path in ("/", "/healthz", "/static/main.js"):
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


@pytest.fixture
def guarded(data: Dataset) -> Iterator[Client]:
    """Return a client of a server that others can reach."""
    app = build(byhand.Model.load(), data, token=TOKEN, train=False)
    client = Client(app, "http://192.168.0.7:8765")
    yield client
    client.close()
    app.state.close()


def test_other_machines_need_the_token(guarded: Client) -> None:
    for path in (
        "/",
        "/static/main.js",
        "/healthz",
        "/api/model",
        "/openapi.json",
        "/?token=wrong",
        "/healthz?token=" + TOKEN,
    ):
        refused = guarded.get(path)
        assert "token" in detail(refused, 401)
        assert refused.headers["www-authenticate"] == "Bearer"
        assert "set-cookie" not in refused.headers
    for wrong in (f"Bearer {TOKEN}x", "Bearer", f"Basic {TOKEN}", "Bearer ä"):
        assert guarded.get("/healthz", headers={"authorization": wrong.encode()}).status_code == 401
    for wrong in ("", "byhand-token=", f"byhand-token={TOKEN}x", f"other={TOKEN}", '"; byhand-token'):
        assert guarded.get("/healthz", headers={"cookie": wrong}).status_code == 401
    assert guarded.get("/healthz", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert guarded.get("/healthz", headers={"cookie": f'a="b c; byhand-token={TOKEN}; z={{}}'}).status_code == 200


def test_the_link_with_the_token_opens_the_page(guarded: Client) -> None:
    opened = guarded.get(f"/?token={TOKEN}")
    assert (opened.status_code, opened.headers["location"]) == (303, "/")
    cookie = opened.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    check_headers(opened)
    assert guarded.get("/").status_code == 200
    assert detail(guarded.get("/", headers={"origin": "http://example.org"}), 403)


def test_a_link_in_a_foreign_page_opens_it_too(guarded: Client) -> None:
    opened = guarded.get(f"/?token={TOKEN}", headers={"sec-fetch-site": "cross-site"})
    assert (opened.status_code, opened.headers["refresh"]) == (200, "0; url=/")
    assert "SameSite=Strict" in opened.headers["set-cookie"]


# How much, and how long


@pytest.fixture
def limited() -> Iterator[Limited]:
    """Make clients of an application with narrow limits."""
    clients: list[Client] = []

    def make(limits: Limits) -> Client:
        clients.append(Client(Guard(_measure, token=None, limits=limits, streams=set())))
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
    crowded = limited(Limits(body=1000, bodies=1500))
    guard: Any = crowded.app
    guard._held = 900
    assert "Try again" in detail(crowded.post("/", content=1000 * b"x"), 503)
    assert guard._held == 900
    guard._held = 0
    for content in (1000 * b"x", pieces(900 * b"x", 900 * b"x"), b""):
        crowded.post("/", content=content)
    for path in ("/wait", "/break"):
        limited(Limits(answering=0.01)).post(path, content=b"x")
    assert guard._held == 0


def test_a_body_that_does_not_come() -> None:
    async def receive() -> dict[str, Any]:
        await asyncio.sleep(5)
        raise AssertionError

    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b""}
    headers = [(b"host", b"localhost"), (b"content-length", b"5")]
    guard = Guard(_measure, token=None, limits=Limits(receiving=0.02), streams=set())
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
    streams: set[asyncio.Future[None]] = set()

    async def drops() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"data: 1\n\n"
            await asyncio.sleep(0.01)

    inner = FastAPI()
    inner.add_api_route("/api/training/events", lambda: StreamingResponse(drops(), media_type="text/event-stream"))
    guard = Guard(inner, token=None, limits=Limits(answering=0.01), streams=streams)

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
        for stream in list(streams):
            stream.cancel()
        await asyncio.wait_for(task, 1)
        assert said[0]["status"] == 200
        assert said[-1] == {"type": "http.response.body", "body": b""}
        return len(said), len(streams)

    messages, left = asyncio.run(ask())
    assert 3 < messages < 100
    assert left == 0


# Wrong uses


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("serve", "none.safetensors"), 1, "none.safetensors: there is no such file."),
        (("serve", "tiny.safetensors"), 2, "the model takes images of (2, 2)"),
        (("serve", "--port", "70000"), 2, "--port"),
        (("serve", "--data", "nowhere"), 1, "nowhere: no data there."),
        (("serve", "--host", "no.such.host.invalid", "--port", "0"), 1, "no.such.host.invalid"),
        (("export", "page", "page.txt"), 2, "let its name end with .html"),
        (("export", "page", "page.html", "--model", "tiny.safetensors"), 2, "the model takes images of (2, 2)"),
    ],
)
def test_wrong_uses(
    arguments: tuple[str, ...],
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    byhand.Model((4, 10), "relu", np.zeros(50, np.float32), tuple("0123456789"), (2, 2)).save("tiny.safetensors")
    assert main(list(arguments)) == code
    told = capsys.readouterr()
    assert told.err.startswith("byhand: ")
    assert message in told.err
    assert told.err.count("\n") == 1
    assert not told.out


def test_without_the_extra_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("byhand.cli_web.find_spec", lambda _: None)
    assert main(["serve"]) == 1
    assert 'pip install "byhand[web]"' in capsys.readouterr().err


def test_a_port_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 1
    assert f"{port} on 127.0.0.1 is in use" in capsys.readouterr().err


# The exported page


def test_the_exported_page_needs_nothing_else(tmp_path: Path, data: Dataset) -> None:
    from byhand.web.export import HIDDEN, carried, export_page

    model = byhand.Model.load()
    path = tmp_path / "page.html"
    export_page(model, data, path)
    text = path.read_text()
    assert (
        re.search(r"""(src|href)=["']?(?!/["'])(/|http|\.)""", re.sub(r"<script.*?</script>", "", text, flags=re.S))
        is None
    )
    assert "default-src &#x27;none&#x27;" in text
    assert "<link" not in text
    data_blocks = re.findall(r'<script type="application/json" id="exported">(.*?)</script>', text, re.S)
    assert len(data_blocks) == 1
    facts = json.loads(data_blocks[0])
    assert facts == json.loads(json.dumps(carried(model, data.test)))
    assert base64.b64decode(facts["model"]) == SHIPPED.read_bytes()
    records = np.frombuffer(base64.b64decode(facts["images"]), np.uint8).reshape(len(facts["indices"]), 785)
    assert (records[:, 1:].reshape(-1, 28, 28) == data.test.images[facts["indices"]]).all()
    assert (records[:, 0] == data.test.labels[facts["indices"]]).all()
    assert set(records[:, 0].tolist()) == set(range(10))
    assert set(facts["hidden"]) == set(HIDDEN)
    links = json.loads(re.findall(r'<script type="importmap">(.*?)</script>', text, re.S)[0])["imports"]
    assert "byhand/main.js" in links
    for link in links.values():
        module = base64.b64decode(link.partition(",")[2]).decode()
        for called in re.findall(r"""^import\b[^;]*?["']([^"']+)["'];""", module, re.M):
            assert called in links


def test_modules_call_each_other_by_name() -> None:
    from byhand.web.modules import needed, renamed

    texts = {
        "main.js": 'import { a } from "./a.js";\nimport("./views/draw.js");\nimport("./views/learn.js");\n',
        "a.js": '/** @typedef {import("./types.js").T} T */\nexport { b } from "./words/b.js";\n',
        "words/b.js": "import '../c.js';\n// import './never.js'\n",
        "c.js": "",
        "types.js": "",
        "unused.js": "",
        "views/draw.js": 'import { b }\n  from "../words/b.js";\n',
        "views/learn.js": "",
    }
    assert needed(texts, ["main.js"], later=False) == ["a.js", "c.js", "main.js", "words/b.js"]
    names = needed(texts, ["main.js"], later=True, without=["views/learn.js"])
    assert names == ["a.js", "c.js", "main.js", "views/draw.js", "words/b.js"]
    modules = {name: renamed(name, texts[name], "byhand/{}".format) for name in names}
    assert 'from "byhand/a.js"' in modules["main.js"]
    assert 'import("byhand/views/draw.js")' in modules["main.js"]
    assert "import 'byhand/c.js'" in modules["words/b.js"]
    assert 'from "byhand/words/b.js"' in modules["views/draw.js"]
    with pytest.raises(byhand.ByhandError, match=r"c\.js"):
        needed({name: text for name, text in texts.items() if name != "c.js"}, ["main.js"], later=False)


# Real processes


class Serving:
    """`byhand serve` in a process of its own."""

    def __init__(self, *arguments: str, cwd: Path) -> None:
        command = [sys.executable, "-W", "error", "-m", "byhand", "serve", *arguments]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd, start_new_session=True
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        found = re.search(r"http://\S+", self.line)
        self.address = found[0].rstrip("/") if found else ""

    def stop(self, how: int = signal.SIGINT) -> tuple[int, str, str]:
        """Send a signal, and return the exit code and what was printed."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    server = Serving("--port", "0", cwd=tmp_path)
    assert server.address, server.process.communicate()
    yield server
    server.process.kill()
    server.process.communicate()


@pytest.mark.slow
def test_a_server_from_its_start_to_ctrl_c(serving: Serving, run: Run, seven: bytes, tmp_path: Path) -> None:
    assert re.fullmatch(r"The page is at http://127\.0\.0\.1:\d+/ \(Ctrl-C ends it\)\.\n", serving.line)
    (tmp_path / "seven.png").write_bytes(seven)
    told = json.loads(run("predict", "seven.png", "--json").stdout)
    said = httpx.post(f"{serving.address}/api/predict", content=seven).json()
    assert said["digit"] == told["digit"] == "7"
    assert said["probabilities"] == pytest.approx(told["probabilities"], abs=1e-6)
    port = serving.address.rpartition(":")[2]
    again = run("serve", "--port", port, code=1)
    assert again.stderr.startswith(f"byhand: port (--port): {port} on 127.0.0.1 is in use")
    second = Serving("--port", "0", cwd=tmp_path)
    assert httpx.get(f"{second.address}/healthz").status_code == 200
    assert second.stop()[0] == 130
    assert httpx.get(f"{serving.address}/healthz").status_code == 200
    began = time.monotonic()
    assert serving.stop() == (130, "", "")
    assert time.monotonic() - began < 3
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{serving.address}/healthz")


@pytest.mark.slow
def test_ctrl_c_ends_open_streams_and_idle_connections(serving: Serving) -> None:
    opened, ended = threading.Event(), threading.Event()

    def watch() -> None:
        with httpx.stream("GET", f"{serving.address}/api/training/events", timeout=30) as stream:
            opened.set()
            for _ in stream.iter_raw():
                pass
            ended.set()

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    assert opened.wait(10)
    with httpx.Client(base_url=serving.address) as idle:
        assert idle.get("/healthz").status_code == 200
        began = time.monotonic()
        assert serving.stop() == (130, "", "")
        assert time.monotonic() - began < 4
    assert ended.wait(5)
    watching.join()


@pytest.mark.slow
def test_the_end_by_a_service_manager_is_clean_too(serving: Serving) -> None:
    code, out, err = serving.stop(signal.SIGTERM)
    assert (code, out, err) == (-signal.SIGTERM, "", "")


@pytest.mark.slow
def test_at_another_address_the_link_has_a_token(tmp_path: Path) -> None:
    serving = Serving("--host", "0.0.0.0", "--port", "0", cwd=tmp_path)  # noqa: S104
    try:
        found = re.search(r":(\d+)/\?token=(\S+) ", serving.line)
        assert found
        local = f"http://127.0.0.1:{found[1]}"
        assert httpx.get(f"{local}/").status_code == 401
        with httpx.Client(follow_redirects=True) as client:
            assert client.get(f"{local}/?token={found[2]}").status_code == 200
    finally:
        assert serving.stop() == (130, "", "")


@pytest.mark.slow
def test_slow_and_broken_clients(serving: Serving, seven: bytes) -> None:
    host, _, port = serving.address.removeprefix("http://").partition(":")
    half = [socket.create_connection((host, int(port))) for _ in range(20)]
    for number, connection in enumerate(half):
        connection.sendall(
            b"POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\nabc"[: 40 + 4 * number]
        )
    for connection in half[:10]:
        connection.close()
    assert httpx.post(f"{serving.address}/api/predict", content=seven).json()["digit"] == "7"
    assert httpx.post(f"{serving.address}/api/predict", content=bytes(30_000_000)).status_code == 413
    assert serving.stop()[0] == 130
    for connection in half:
        connection.close()


@pytest.mark.slow
def test_garbage_is_never_a_mistake_of_the_server(client: Client, seven: bytes) -> None:
    paths = st.sampled_from(["/api/predict", "/api/read", "/api/accuracy"])
    damaged = st.tuples(st.integers(0, len(seven) - 1), st.binary(min_size=1, max_size=8)).map(
        lambda change: seven[: change[0]] + change[1] + seven[change[0] + len(change[1]) :]
    )

    @settings(max_examples=300)
    @given(paths, st.binary(max_size=3000) | damaged)
    def ask(path: str, content: bytes) -> None:
        response = client.post(path, content=content)
        assert response.status_code in (200, 422), response.text
        check_headers(response)

    ask()
