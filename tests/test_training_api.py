"""Training by HTTP: what the command line would learn, a stream that loses nothing, and an end that keeps all."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

import byhand
from asking import Client, detail
from byhand.model import FILE_NAME
from byhand.runs import checkpoints
from byhand.web.training.history import Event
from byhand.web.training.settings import OFFERED
from byhand.web.training.trainer import Trainer
from served import Serving
from trainings import LONG, SMALL, has_ended, is_alive, trained, until


@pytest.mark.slow
def test_the_stream_is_never_too_quick_and_begins_with_what_was_missed(tmp_path: Path, data: byhand.Dataset) -> None:
    from byhand.web.api.training_events import stream

    trainer = Trainer("mnist", tmp_path, data)
    start = trainer.snapshot()["event"]
    assert isinstance(start, int)

    async def collect(after: int | None, count: int) -> list[tuple[str, float]]:
        rows = []
        async for text in stream(trainer, after):
            rows.append((text, time.monotonic()))
            if len(rows) == count + 1:
                return rows[1:]
            if len(rows) == 2 and after is None:
                for i in range(count):
                    trainer.audience.tell("figures", {"images": i})
        return rows[1:]

    live = asyncio.run(collect(None, 26))
    assert "event: snapshot" in live[0][0]
    assert live[25][1] - live[1][1] > 0.99
    assert live[20][1] - live[1][1] < 0.5
    again = asyncio.run(collect(start, 26))
    assert [text for text, _ in again[:25]] == [text for text, _ in live[1:]]
    assert again[-1][1] - again[0][1] < 0.3
    trainer.close()
    assert asyncio.run(collect(None, 1)) == []


def test_a_stream_on_which_nothing_happens_says_that_it_is_there(
    tmp_path: Path, data: byhand.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from byhand.web.api import training_events

    monkeypatch.setattr(training_events, "ALIVE", 0.01)
    trainer = Trainer("mnist", tmp_path, data)

    async def collect() -> list[str]:
        said: list[str] = []
        async for text in training_events.stream(trainer, None):
            said.append(text)
            if text.startswith(":"):
                trainer.close()  # ends it
        return said

    retry, snapshot, alive = asyncio.run(asyncio.wait_for(collect(), 5))
    assert retry.startswith("retry: ")
    assert "event: snapshot" in snapshot
    assert alive == ": still here\n\n"


NO_JSON = "The body is no object in JSON that can be used"


@pytest.mark.parametrize(
    ("path", "content", "status", "said"),
    [
        ("", b" " * 10_001, 413, "This is too long: at most 10,000 bytes of settings are taken."),
        ("", b'{"a', 422, f"{NO_JSON} ("),
        ("", b'{"seed": ' + 5000 * b"1" + b"}", 422, f"{NO_JSON} ("),
        ("", 4000 * b"[" + 4000 * b"]", 422, f"{NO_JSON} ("),
        ("", b'["layers"]', 422, f"{NO_JSON} (it is no object)."),
        (
            "",
            b'{"seed": 1, "seed": 2}',
            422,
            f"{NO_JSON} (a key stands there twice).",
        ),
        ("", b'{"scale": NaN}', 422, f"{NO_JSON} (NaN is no finite number)."),
        ("", b'{"scale": 1e999}', 422, f"{NO_JSON} (1e999 is no finite number)."),
        ("", b'{"\\ud800": 1}', 422, f"{NO_JSON} ("),
        ("", b'{"layers": "\\ud800"}', 422, f"{NO_JSON} ("),
        ("/step", b'{"by": "\\udfff"}', 422, f"{NO_JSON} ("),
        ("", '{"layers": "١"}'.encode(), 422, 'layers: "١" is not a list of sizes.'),
        ("", b'{"paused": 1}', 422, "paused: must be true or false."),
        ("/step", b'{"by": "year"}', 422, "by: a step goes by one of image, batch, epoch; nothing else"),
        ("/step", b'{"by": ["image"]}', 422, "by: a step goes by one of image, batch, epoch; nothing else"),
        ("/run", b'{"far": 1}', 422, "by: a step goes by one of image, batch, epoch; nothing else"),
        ("/run", b"", 404, "No training was begun yet."),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_in_a_sentence(
    client: Client, path: str, content: bytes, status: int, said: str
) -> None:
    assert detail(client.post(f"/api/training{path}", content=content), status).startswith(said)


class Server:
    """A server in an empty folder, and a client that trains."""

    def __init__(self, folder: Path) -> None:
        self.folder, serving = folder, Serving(folder)
        self.process, self.link = serving.process, serving.address
        self.client = httpx.Client(base_url=self.link, timeout=30)

    def snapshot(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.get("/api/training").raise_for_status().json()
        return answer

    def begin(self, settings: Mapping[str, Any], *, paused: bool = False) -> dict[str, str]:
        """Begin a training and return the header with its key."""
        answer = self.client.post("/api/training", json={**settings, "paused": paused})
        assert answer.status_code == 201, answer.text
        return {"X-Training-Key": answer.json()["key"]}

    def worker(self) -> int:
        """Return the number of the training's process."""
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return int(next(text for path in children if (text := path.read_text().strip())))

    @contextmanager
    def events(self, last: int | None = None) -> Iterator[Iterator[tuple[Event, float]]]:
        """Open the stream, and give all that comes with its time."""
        headers = {} if last is None else {"Last-Event-ID": str(last)}
        with httpx.stream("GET", f"{self.link}/api/training/events", headers=headers, timeout=60) as answer:
            yield self._parsed(answer.iter_lines())

    def _parsed(self, lines: Iterator[str]) -> Iterator[tuple[Event, float]]:
        known: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(": ")
            known[name] = value
            if name == "data":
                yield Event(int(known["id"]), known["event"], json.loads(value)), time.monotonic()

    def close(self) -> None:
        """End it; nothing more is ever said on the terminal."""
        self.client.close()
        self.process.kill()
        assert self.process.communicate() == ("", "")


@pytest.fixture
def server(tmp_path: Path, compiled: None) -> Iterator[Server]:  # noqa: ARG001
    server = Server(tmp_path)
    yield server
    server.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, compiled: None) -> Iterator[Server]:  # noqa: ARG001
    """Run a server for all tests that do not mind what was trained before."""
    server = Server(tmp_path_factory.mktemp("shared"))
    yield server
    server.close()


@pytest.mark.slow
def test_a_training_by_http_is_that_of_the_command_line(server: Server) -> None:
    assert server.snapshot()["state"] == "none"
    settings = {**SMALL, "layers": "12"}
    mine = server.begin(settings, paused=True)
    until(lambda: server.snapshot()["state"] == "paused")
    step = server.client.post("/api/training/step", headers=mine, json={"by": "batch"}).json()
    assert step["figures"]["images"] == 8
    assert step["curve"]["images"] == [8]
    assert len(server.client.get("/api/model?of=training").content) > 784 * 12 * 4
    rewound = server.client.post("/api/training/rewind", headers=mine).json()
    assert rewound["figures"]["images"] == 0
    assert rewound["curve"]["images"] == []
    assert rewound["folder"] == step["folder"] == "runs/page-1"
    options = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
    command = [sys.executable, "-m", "byhand", "train", *options, "--out", "line", "--json"]
    with subprocess.Popen(command, cwd=server.folder, stdout=subprocess.DEVNULL) as line:
        server.client.post("/api/training/run", headers=mine)
        until(lambda: server.snapshot()["state"] == "finished")
    assert line.returncode == 0
    snapshot = server.snapshot()
    whole = (server.folder / "line" / FILE_NAME).read_bytes()
    assert (server.folder / "runs" / "page-1" / FILE_NAME).read_bytes() == whole
    assert server.client.get("/api/model?of=training").content == whole
    test = json.loads((server.folder / "line" / "history.json").read_text())["test"]
    assert snapshot["result"] == {name: test[name] for name in ("accuracy", "interval", "n")}
    assert {path.name for path in (server.folder / "runs" / "page-1").iterdir()} == {
        path.name for path in (server.folder / "line").iterdir()
    }


@pytest.mark.slow
def test_what_is_asked_wrongly_is_refused_in_a_sentence(shared: Server) -> None:
    mine = shared.begin(LONG, paused=True)
    post = shared.client.post
    refused = [
        (422, post("/api/training", json={"layers": [0]}, headers=mine)),
        (422, post("/api/training", json={"layers": "12,x"}, headers=mine)),
        (422, post("/api/training", json={"layers": [2048, 2048, 2048]}, headers=mine)),
        (422, post("/api/training", json={"engine": "numpy"}, headers=mine)),
        (422, post("/api/training", json={"epochs": "3"}, headers=mine)),
        (422, post("/api/training", json={"validation": 60_000}, headers=mine)),
        (422, post("/api/training", json={"learning_rate": 0}, headers=mine)),
        (422, post("/api/training", content=b'{"learning_rate": NaN}', headers=mine)),
        (409, post("/api/training/resume")),
        (422, post("/api/training/fly", headers=mine)),
        (422, post("/api/training/step", headers=mine, json={"by": "year"})),
        (422, post("/api/training/step", headers=mine, json={"by": ["image"]})),
        (422, post("/api/training/step", headers=mine, json={"far": "image"})),
        (422, post("/api/training", json={"paused": 1}, headers=mine)),
        (422, post("/api/training", json=["layers"], headers=mine)),
        (422, post("/api/training", content=b'{"a', headers=mine)),
        (422, post("/api/training", content=b'{"seed": ' + 5000 * b"1" + b"}", headers=mine)),
        (422, post("/api/training", content=4000 * b"[" + 4000 * b"]", headers=mine)),
        (422, post("/api/training", content=b'{"learning_rate": 1e999}', headers=mine)),
        (413, post("/api/training", json={"layers": 9000 * "1,"}, headers=mine)),
    ]
    for status, answer in refused:
        assert answer.status_code == status, answer.text
        assert re.fullmatch(r"([A-Z]|[a-z_]+: ).*\.", answer.json()["detail"])
        named = ", ".join(answer.json()["fields"])
        assert answer.json()["detail"].startswith(f"{named}: " if named else answer.json()["detail"][0].upper())
        assert "--" not in answer.text
    with httpx.stream("GET", f"{shared.link}/api/training/events", headers={"Last-Event-ID": 5000 * "1"}) as events:
        assert next(line for line in events.iter_lines() if line.startswith("event")) == "event: snapshot"
    description = shared.client.get("/openapi.json").json()
    body = description["paths"]["/api/training"]["post"]["requestBody"]["content"]
    settings = body["application/json"]["schema"]["properties"]
    assert set(settings) == {*OFFERED, "paused"}
    assert all("description" in setting for setting in settings.values())
    shared.client.post("/api/training/stop", headers=mine)


@pytest.mark.slow
def test_a_stream_that_was_cut_is_resumed_without_loss(shared: Server) -> None:
    mine = shared.begin(LONG)
    rows: list[tuple[Event, float]] = []
    whole = threading.Event()

    def watch() -> None:
        with shared.events() as events:
            for row in events:
                rows.append(row)
                if len(rows) >= 50:
                    whole.set()
                    return

    threading.Thread(target=watch, daemon=True).start()
    cut: list[Event] = []
    with shared.events() as events:
        for event, _ in events:
            cut.append(event)
            if len(cut) == 15:
                break
    assert cut[0].name == "snapshot"
    images = shared.snapshot()["figures"]["images"]
    time.sleep(0.7)
    assert shared.snapshot()["figures"]["images"] > images  # Nobody need watch it.
    with shared.events(cut[-1].number) as events:
        for event, _ in events:
            cut.append(event)
            if len(cut) == 40:
                break
    assert whole.wait(30)
    numbers = [event.number for event in cut[1:]]
    assert numbers == list(range(numbers[0], numbers[0] + 39))
    seen = {event.number: event for event, _ in rows}
    assert all(seen[event.number] == event for event in cut[1:] if event.number in seen)
    times = [when for _, when in rows]
    assert min(later - earlier for earlier, later in zip(times, times[20:], strict=False)) > 0.9
    with shared.events(1) as events:
        assert next(events)[0].name == "snapshot"
    shared.client.post("/api/training/stop", headers=mine)


@pytest.mark.slow
def test_a_killed_server_leaves_a_checkpoint(server: Server) -> None:
    settings = {**SMALL, "epochs": 10, "batch_size": 1, "limit": 40_000}
    server.begin(settings)
    until(lambda: (server.snapshot()["figures"] or {}).get("images", 0) > 50_000)
    worker = server.worker()
    server.process.kill()
    server.process.wait()
    until(lambda: has_ended(worker))
    folder = server.folder / "runs" / "page-1"
    reached = checkpoints.load(folder)[0].state
    assert (reached.place.epoch - 1) * 40_000 + reached.place.done > 50_000
    command = [sys.executable, "-m", "byhand", "train", "--resume", "runs/page-1", "--json"]
    subprocess.run(command, cwd=server.folder, check=True, capture_output=True)
    model = byhand.Model.load(folder / FILE_NAME)
    line = trained(settings, byhand.load("mnist")).model
    np.testing.assert_array_equal(model.theta[: 784 * 12], line.theta[: 784 * 12])  # The last layer is calibrated.


@pytest.mark.slow
@pytest.mark.parametrize("paused", [True, False])
def test_ctrl_c_leaves_a_checkpoint_and_ends_soon(server: Server, paused: bool) -> None:
    mine = server.begin(LONG, paused=paused)
    until(lambda: server.snapshot()["state"] in ("paused", "running"))
    if paused:
        server.client.post("/api/training/step", headers=mine, json={"by": "image"})
    with server.events() as events:
        until(lambda: next(events)[0].data)
        until(lambda: (server.snapshot()["figures"] or {}).get("images", 0) > 0)
        worker, began = server.worker(), time.monotonic()
        os.killpg(server.process.pid, signal.SIGINT)
        server.process.wait(10)
    assert time.monotonic() - began < 4
    assert not is_alive(worker)
    assert checkpoints.exists(server.folder / "runs" / "page-1")
