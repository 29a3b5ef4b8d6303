"""What whoever runs the server sees of it: its log, which nobody else can write into, and its figures."""

import io
import logging
import os
import re
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

import byhand
from asking import Client, check_headers, png
from byhand.data.datasets import Dataset
from byhand.web import logs
from byhand.web.access import Access
from byhand.web.api.metrics import BOUNDS
from byhand.web.bodies import Limits
from byhand.web.exchanges import Exchange
from byhand.web.guard import Guard
from byhand.web.server import build
from served import Serving
from trainings import until

TOKEN = "a-token-for-the-tests"  # noqa: S105
LINE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info \S+ (\S+) (\S+) (\d+|left) (\d+) \d+\.\d{3}"


@pytest.fixture
def fresh(data: Dataset, tmp_path: Path) -> Iterator[FastAPI]:
    """Return an application that nobody has asked yet."""
    app = build(byhand.Model.load(), data, runs=tmp_path, access=Access(TOKEN))
    yield app
    app.state.close()


@pytest.fixture
def known(fresh: FastAPI) -> Iterator[Client]:
    """Return a client of it that has the token."""
    client = Client(fresh)
    client.client.headers["authorization"] = f"Bearer {TOKEN}"
    yield client
    client.close()


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Return what tells all that was written on standard error."""
    said: list[str] = []

    def told() -> str:
        said.append(capsys.readouterr().err)
        return "".join(said)

    return told


# The log


def test_a_line_for_each_request(known: Client, seven: bytes, written: Callable[[], str]) -> None:
    with logs.said_on_standard_error("info"):
        image = known.post("/api/predict", content=seven)
        known.get("/static/main.js?v=1")
        known.get("/api/data", headers={"authorization": "Bearer wrong"})
        known.get("/healthz")  # who watches over it does so all the time
        known.ask("HEAD", "/")
    told = [re.fullmatch(LINE, line) for line in written().splitlines()]
    assert [found and found.groups()[:3] for found in told] == [
        ("POST", "/api/predict", "200"),
        ("GET", "/static/main.js", "200"),
        ("GET", "/api/data", "401"),
        ("HEAD", "/", "200"),
    ]
    assert [found and found[4] for found in (told[0], told[3])] == [str(len(image.content)), "0"]


@pytest.mark.parametrize(("level", "lines"), [("error", 0), ("warning", 0), ("info", 1), ("debug", 3)])
def test_as_much_as_is_wished(level: logs.Level, lines: int, known: Client, written: Callable[[], str]) -> None:
    with logs.said_on_standard_error(level):
        for path in ("/healthz", "/api/data", "/metrics"):
            known.get(path)
    assert len(written().splitlines()) == lines
    known.get("/api/data")  # and afterwards nothing any more
    assert len(written().splitlines()) == lines


def test_the_token_is_never_written(known: Client, written: Callable[[], str]) -> None:
    with logs.said_on_standard_error("debug"):
        for path in (f"/?token={TOKEN}", f"/?%74oken={TOKEN}", f"/api/data?token={TOKEN}", f"/?a=1&token={TOKEN}#x"):
            known.get(path)
        for path in (f"/%3Ftoken={TOKEN}", f"/&token={TOKEN}", f"/{'x' * 190}{TOKEN}"):  # as by a link that was cut
            assert known.get(path).status_code == 404
    assert len(written().splitlines()) == 7
    assert TOKEN[:5] not in written()


def test_no_address_can_write_into_the_log(known: Client, written: Callable[[], str]) -> None:
    for path in (
        "/a%0A2026-11-26T00:00:00.000Z%20info",
        "/%1B[31mred",
        "/%E2%80%AE",
        "/%FF%00",
        '/a b"c',
        "/" + 5000 * "x",
    ):
        with logs.said_on_standard_error("info"):
            known.get(path)
    lines = written().splitlines()
    assert len(lines) == 6
    for line in lines:
        assert re.fullmatch(LINE, line), line
        assert line.isprintable()
        assert line.isascii()
        assert len(line) < 300


def test_a_mistake_is_told_where_it_happened_and_is_no_line_of_the_log(written: Callable[[], str]) -> None:
    async def broken(scope: object, receive: object, send: object) -> None:  # noqa: ARG001
        raise ValueError("said by a client\n2026-11-26T00:00:00.000Z info 127.0.0.1 GET / 200 0 0.000\x1b[31m")

    client = Client(Guard(broken, access=Access(), limits=Limits(), streams=[]))
    with logs.said_on_standard_error("error"):
        assert client.get("/a%0Ab").status_code == 500
    client.close()
    first, *rest = written().splitlines()
    assert re.fullmatch(r"\S+Z error GET /a%0Ab failed", first)
    assert any("ValueError: said by a client" in line for line in rest)
    assert all(line.startswith("    ") for line in rest)
    assert "\x1b" not in written()


def test_where_nobody_listens_it_goes_on(known: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Closed())
    with logs.said_on_standard_error("info"):
        assert known.get("/api/data").status_code == 200


def test_it_does_not_wait_for_who_reads_its_log(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream, os.fdopen(reading, "rb", 0) as reader:
        monkeypatch.setattr(sys, "stderr", stream)
        with logs.said_on_standard_error("info"):
            for _ in range(2000):  # much more than a pipe holds
                logs.keep(Exchange("127.0.0.1", "GET", "/" + 190 * "x", "none", 404, 0, 0.0))
            taken = reader.read(1 << 20).count(b"\n")
            logs.logger.error("1\n%s", 5000 * "x")
        *_, note, last = reader.read(1 << 20).decode().splitlines()
        assert re.search(rf"Z warning {2000 - taken} of these were left out", note)
        assert len(last) == logs.LONGEST_LINE


def test_a_client_that_has_left_is_told_as_such(caplog: pytest.LogCaptureFixture) -> None:
    exchange = Exchange("127.0.0.1", "POST", "/api/read", "/api/read", 0, 0, 1.5)
    with caplog.at_level(logging.INFO, "byhand.web"):
        logs.keep(exchange)
    assert caplog.messages == ["127.0.0.1 POST /api/read left 0 1.500"]


@pytest.mark.slow
def test_the_log_of_a_real_server(tmp_path: Path, seven: bytes) -> None:
    server = Serving(tmp_path, "--log-level", "info")
    httpx.post(f"{server.address}/api/predict", content=seven).raise_for_status()
    host, port = server.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"no request\x1b[31m\r\n\r\n")
        while connection.recv(1000):
            pass
    code, out, err = server.stop(signal.SIGTERM)
    assert (code, out) == (-signal.SIGTERM, "")
    lines = err.splitlines()
    assert sorted(line.split()[2:6] for line in lines if re.fullmatch(LINE, line)) == [
        [host, "-", "-", "400"],
        [host, "POST", "/api/predict", "200"],
    ]
    assert len(lines) == 2
    assert port not in err


# The figures


def figures(text: str) -> dict[str, float]:
    """Read figures as Prometheus does: each has a kind, and stands there once."""
    found: dict[str, float] = {}
    kinds: dict[str, str] = {}
    for line in text.splitlines():
        if kind := re.fullmatch(r"# TYPE ([a-z_]+) (counter|gauge|histogram)", line):
            assert kind[1] not in kinds
            kinds[kind[1]] = kind[2]
        elif not line.startswith("# HELP "):
            figure = re.fullmatch(r'(([a-z_]+)(?:\{[a-z]+="[^"\\\n]*"(?:,[a-z]+="[^"\\\n]*")*\})?) ([0-9.e+-]+)', line)
            assert figure, line
            assert figure[1] not in found
            assert figure[2] in kinds or re.sub("_(bucket|sum|count)$", "", figure[2]) in kinds
            found[figure[1]] = float(figure[3])
    return found


def test_figures_of_what_was_asked_and_read(known: Client, seven: bytes) -> None:
    known.post("/api/predict", content=seven)
    blank = known.post("/api/predict", content=png(np.full((40, 40), 255, np.uint8)))
    assert blank.json()["digit"] is None
    known.get("/api/data", headers={"authorization": ""})
    answer = known.get("/metrics")
    check_headers(answer)
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    told = figures(answer.text)
    assert told['byhand_requests_total{method="POST",route="/api/predict",status="200"}'] == 2
    assert told['byhand_requests_total{method="GET",route="none",status="401"}'] == 1
    assert told['byhand_pictures_total{what="digit",outcome="answered"}'] == 1
    assert told['byhand_pictures_total{what="digit",outcome="refused"}'] == 1
    name = "byhand_request_duration_seconds"
    buckets = [told[f'{name}_bucket{{route="/api/predict",le="{bound}"}}'] for bound in (*BOUNDS, "+Inf")]
    assert buckets == sorted(buckets)
    assert buckets[-1] == told[f'{name}_count{{route="/api/predict"}}'] == 2
    assert 0 < told[f'{name}_sum{{route="/api/predict"}}'] < 60
    assert told['byhand_training_state{state="none"}'] == 1
    assert sum(value for name, value in told.items() if name.startswith("byhand_training_state")) == 1
    assert told["byhand_watching"] == 0
    assert told["process_resident_memory_bytes"] > 10_000_000
    assert told["process_cpu_seconds_total"] > 0


def test_there_are_few_figures_whatever_is_asked(known: Client) -> None:
    known.get("/api/data")
    known.get("/static/main.js")
    before = known.get("/metrics").text.count("\n")
    for number in range(30):
        known.get(f'/static/{number}"}} 1')
        known.get(f"/{number}%0Abyhand_requests_total")
        known.ask(f"METHOD{number}", "/api/data")
        known.post(f"/api/training/{number}")
    after = known.get("/metrics").text
    figures(after)
    assert after.count("\n") < before + 60


def test_figures_of_what_runs(known: Client) -> None:
    large = png(np.full((700, 700), 255, np.uint8))
    known.post("/api/predict", content=large)
    known.post("/api/training", json={"epochs": 500, "paused": True, "validation": 10}).raise_for_status()
    of_training = 'byhand_processes_resident_memory_bytes{work="training"}'
    until(lambda: figures(known.get("/metrics").text)[of_training] > 1_000_000, 10)  # At first it has nearly nothing.
    told = figures(known.get("/metrics").text)
    for work, count in (("pictures", 1), ("judging", 0), ("training", 1)):
        assert told[f'byhand_processes{{work="{work}"}}'] == count
        assert (told[f'byhand_processes_resident_memory_bytes{{work="{work}"}}'] > 1_000_000) == bool(count)
    assert told['byhand_training_state{state="none"}'] == 0


def test_nobody_sees_them_without_the_token(fresh: FastAPI) -> None:
    stranger = Client(fresh)
    assert stranger.get("/metrics").status_code == 401
    stranger.close()
