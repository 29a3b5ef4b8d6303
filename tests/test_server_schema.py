"""The server does what its OpenAPI description says, whatever is asked of it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings

import byhand
from asking import Client
from byhand.data.datasets import Dataset
from byhand.web.server import build

pytestmark = pytest.mark.page

HOST = {"host": "localhost"}
ENDLESS = "/api/training/events"
# What they take depends on more than a description can say: the content of a picture, the number of images.
MAY_REFUSE = {"/api/accuracy", "/api/images", "/api/predict", "/api/read", "/api/training", "/api/training/resume"}
OPERATIONS = [
    ("GET", "/api/data"),
    ("GET", "/api/images"),
    ("GET", "/api/judgement"),
    ("GET", "/api/model"),
    ("GET", "/api/robustness"),
    ("GET", "/api/training"),
    ("GET", "/healthz"),
    ("GET", "/metrics"),
    ("GET", "/readyz"),
    ("POST", "/api/accuracy"),
    ("POST", "/api/predict"),
    ("POST", "/api/read"),
    ("POST", "/api/training"),
    ("POST", "/api/training/resume"),
    ("POST", "/api/training/take"),
    ("POST", "/api/training/{verb}"),
]


@pytest.fixture(scope="module")
def app(mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    dataset = Dataset("mnist", mnist.train.take(slice(5500)), mnist.test.take(slice(300)))  # 5,000 are set aside
    app = build(byhand.Model.load(), dataset, runs=tmp_path_factory.mktemp("runs"))
    yield app
    app.state.close()


@pytest.fixture(scope="module")
def key(app: FastAPI) -> str:
    """Begin a training, and return the key that commands it."""
    client = Client(app)
    started = client.post("/api/training", json={"validation": 10, "paused": True}).json()
    client.close()
    return str(started["key"])


@pytest.fixture(scope="module")
def description(app: FastAPI) -> Any:
    import schemathesis

    async def kept_open(scope: Any, receive: Any, send: Any) -> None:
        """Let the application live on: for schemathesis, each request is all its life."""
        if scope["type"] == "lifespan":
            for step in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{step}.complete"})
        else:
            await app(scope, receive, send)

    return schemathesis.openapi.from_asgi("/openapi.json", kept_open, headers=HOST)


def test_every_operation_is_known(description: Any) -> None:
    found = {(op.ok().method.upper(), op.ok().path) for op in description.get_all_operations()}
    assert found == {*OPERATIONS, ("GET", ENDLESS)}


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_as_described(method: str, path: str, description: Any, key: str) -> None:
    from schemathesis.checks import CHECKS, load_all_checks

    load_all_checks()
    left_out = [CHECKS.get_one("positive_data_acceptance")] if path in MAY_REFUSE else []

    headers = HOST | ({"X-Training-Key": key} if "training" in path else {})

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(description[path][method].as_strategy())
    def ask(case: Any) -> None:
        answer = case.call_and_validate(headers=headers, excluded_checks=left_out, timeout=600)
        statuses.add(answer.status_code)

    statuses: set[int] = set()
    ask()
    assert statuses & {200, 201} or path in MAY_REFUSE - {"/api/training"}  # They need a picture, or parameters.


@pytest.mark.parametrize("last", [None, "1", "-1", "x", 5000 * "9"])
def test_the_stream_begins_as_described(app: FastAPI, last: str | None) -> None:
    """It never ends, so what schemathesis does with the others is done by hand."""
    headers = [(b"host", b"localhost")] + ([] if last is None else [(b"last-event-id", last.encode())])
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        said.append(message)

    async def ask() -> None:
        scope = {"type": "http", "method": "GET", "path": ENDLESS, "query_string": b"", "root_path": ""}
        task = asyncio.ensure_future(app({**scope, "headers": headers}, receive, send))
        while len(said) < 3:
            await asyncio.sleep(0.01)
        for stream in list(app.state.streams):
            stream.cancel()
        await task

    asyncio.run(asyncio.wait_for(ask(), 10))
    assert said[0]["status"] == 200
    assert dict(said[0]["headers"])[b"content-type"].startswith(b"text/event-stream")
    assert b"event: snapshot" in said[2]["body"]
