"""The server without training: what it reads, tells and judges, and the files of the page."""

import asyncio
import base64
import gzip
import io
import json
import re
import struct
import threading
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from threadpoolctl import threadpool_limits

import byhand
from asking import Client, check_headers, detail, png
from byhand.data.datasets import Dataset
from byhand.images import pictures
from byhand.judging.evaluation import evaluate
from byhand.model import SHIPPED
from byhand.web.api import judges, networks, reader
from byhand.web.application import _say_errors_in_sentences
from byhand.web.page import assets
from byhand.web.page.facts import FACTS
from byhand.web.training.trainer import Trainer
from byhand.web.work import judging
from writing import write

STATIC = assets.FOLDER


# What it reads


def test_a_drawing_is_read_as_the_library_reads_it(client: Client, seven: bytes) -> None:
    response = client.post("/api/predict", content=seven, headers={"content-type": "image/png"})
    assert response.status_code == 200
    check_headers(response)
    said = response.json()
    prepared = byhand.prepare(seven)
    assert base64.b64decode(said.pop("image")) == prepared.image.tobytes()
    assert prepared.fitted is not None
    assert (said.pop("box"), said.pop("drawing")) == (list(prepared.fitted.box), True)
    assert (said.pop("problem"), said.pop("problem_kind")) == (None, None)
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
    ("pixels", "kind", "problem"),
    [
        (np.zeros((40, 40), np.uint8), "blank", "it is blank"),
        (np.pad(np.full((90, 90), 255, np.uint8), 9), "filled", "it is filled"),
        (np.pad(np.tile(np.pad(np.full((60, 6), 255, np.uint8), 20), 2), 9), "several", "it seems to be more than one"),
    ],
)
def test_what_cannot_be_a_digit(
    client: Client, pixels: np.ndarray[Any, np.dtype[np.uint8]], kind: str, problem: str
) -> None:
    said = client.post("/api/predict", content=png(pixels)).json()
    assert said["digit"] is None
    assert said["problem"].startswith(problem)
    assert said["reason"] == said["problem"]
    assert said["problem_kind"] == kind
    assert (said["box"] is None) == (kind == "blank")


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


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return a part of a PNG file."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def test_only_a_small_plain_drawing_is_read_at_once(
    client: Client, seven: bytes, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, decoded = threading.get_ident(), []

    def note(source: pictures.Source) -> pictures.Picture:
        decoded.append(threading.get_ident() == own)
        return pictures.open_picture(source)

    monkeypatch.setattr(reader, "open_picture", note)
    huge = struct.pack(">IIBBBBB", 7000, 7000, 8, 0, 0, 0, 0)
    packed = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1_000_000)))
    start, end = seven[:33], seven[33:]
    slow = [
        start + chunk(b"IHDR", huge) + end,
        seven[:8] + packed + seven[8:],
        start + packed + end,
        start + end[:-12] + packed + end[-12:],
        seven + bytes(20),
        start[:16] + huge[:8] + start[24:] + end,
        png(rng.integers(0, 255, (401, 400), np.uint8)),
        start + 50 * chunk(b"gAMA", struct.pack(">I", 45455)) + end,
        start + 50 * chunk(b"IDAT", b"") + end,
    ]
    for content in slow:
        client.post("/api/predict", content=content)
        assert not reader.is_small(content)
    assert not decoded
    photo = png(rng.normal(150, 40, (100, 100)).clip(0, 255).astype(np.uint8))
    assert client.post("/api/predict", content=photo).json()["drawing"] is False
    assert client.post("/api/predict", content=seven).json()["digit"] == "7"
    assert decoded == [True, True]


def test_a_picture_tells_how_large_it_is(seven: bytes, rng: np.random.Generator) -> None:
    for kind in ("PNG", "JPEG"):
        for progressive in (False, True):
            stream = io.BytesIO()
            Image.effect_noise((300, 200), 50).save(stream, kind, progressive=progressive, exif=bytes(5000))
            content = stream.getvalue()
            assert reader.pixels_told(content) == 60_000
            for cut in (0, 1, 2, 5, 10, 20, 23):
                assert reader.pixels_told(content[:cut]) == reader.UNTOLD
    twice = seven[:33] + seven[8:]
    for content in (twice, b"GIF89a" + seven, b"\xff\xd8" + b"\xff\xe0\0\2" * 10**6, b"\xff\xd8" + rng.bytes(1000)):
        assert reader.pixels_told(content) == reader.UNTOLD


def test_far_too_much_on_a_page_is_refused(client: Client) -> None:
    marks = np.tile(np.pad(np.zeros((8, 2), np.uint8), ((2, 2), (5, 5)), constant_values=255), (50, 50))
    assert "too much for one page" in detail(client.post("/api/read", content=png(marks)), 422)


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


def test_it_is_told_why_the_network_in_training_cannot_be_shown(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: Trainer) -> None:
        raise byhand.ByhandError("model.safetensors: there is no such file.")

    monkeypatch.setattr(Trainer, "model", gone)
    said = "The network in training cannot be shown: model.safetensors: there is no such file."
    for path in ("model", "judgement"):
        assert detail(client.get(f"/api/{path}?of=training"), 404) == said


def test_the_network_in_training_is_judged_as_it_is_now(
    data: Dataset, model: byhand.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer("mnist", tmp_path, data)
    known = networks.Networks(byhand.Model.load())
    judge = judges.Judges(known, data.test)
    own = FastAPI()
    own.include_router(networks.router(known, trainer))
    own.include_router(judges.router(judge, trainer))
    client = Client(own)
    assert client.get("/api/model?of=training").status_code == 404
    now = model
    monkeypatch.setattr(trainer, "model", lambda: now)
    (tmp_path / "now").write_bytes(client.get("/api/model?of=training").content)
    assert (byhand.Model.load(tmp_path / "now").theta == model.theta).all()
    first = client.get("/api/judgement?of=training").json()
    assert first["accuracy"] == evaluate(model, data.test).accuracy
    now = replace(model, theta=np.full(len(model.theta), 3e38, np.float32))
    for path in ("judgement", "robustness"):
        with pytest.raises(byhand.ByhandError, match="no number"):
            client.loop.run_until_complete(judge.judge("training", path, trainer))
    now = byhand.Model.load()
    second = client.get("/api/judgement?of=training").json()
    assert second == client.get("/api/judgement").json()
    assert second["mistakes"] != first["mistakes"]
    client.close()
    judge.close()


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
    response = client.get(f"/api/images?{query}")
    assert re.match(
        r"(part|index): (is missing|must be|there may be at most 500|the test images are)", detail(response, 422)
    )
    assert response.json()["fields"] in (["part"], ["index"])


def test_a_wrong_body_is_refused_without_naming_an_argument() -> None:
    def take(numbers: list[int]) -> int:
        return sum(numbers)

    app = FastAPI()
    _say_errors_in_sentences(app)
    app.add_api_route("/sum", take, methods=["POST"])
    inner = Client(app)
    said = inner.post("/sum").json()
    inner.close()
    assert said == {"detail": "The body is missing.", "fields": []}


# How good it is


def test_the_judgement_is_that_of_the_library(client: Client, data: Dataset) -> None:
    model = byhand.Model.load()
    with threadpool_limits(1):  # as the process that judges
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
    with threadpool_limits(1):  # as the process that judges
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
    preloads = re.findall(r'<link rel="modulepreload" href="static/(.*)">\n', page.text)
    assert {"main.js", "network/nn.js", "draw/view.js", "draw/words.js"} <= set(preloads)
    assert "learn/view.js" not in preloads
    facts = re.findall(r'<script type="application/json" id="facts">(.*)</script>\n', page.text)
    assert [json.loads(fact) for fact in facts] == [json.loads(json.dumps({**FACTS, "shared": False}))]
    assert (
        re.sub(r'<(link rel="modulepreload"|script type="application/json").*\n', "", page.text)
        == (STATIC / "index.html").read_text()
    )
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
        "/static/draw/../../server.py",
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
        names = {"path": unquote(path), "raw_path": path.encode(), "root_path": "", "scheme": "http"}

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
            success = "201" if (method, path) == ("post", "/api/training") else "200"
            assert {success, "413", "422"} <= told["responses"].keys()
            schema = told["responses"]["422"]["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}


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
