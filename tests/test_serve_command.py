"""`byhand serve`, from its wrong uses to Ctrl-C."""

import json
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import httpx
import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI

import byhand
from asking import png
from attacks.processes import children, resident
from byhand.commands.app import main
from byhand.data.datasets import Dataset
from byhand.machine import EXTRAS
from byhand.web import addresses, connections, running
from conftest import Run
from served import Serving

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


@pytest.mark.parametrize("missing", EXTRAS["web"])
def test_without_the_extra_it_says_what_to_install(
    missing: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("byhand.machine.find_spec", lambda name: None if name == missing else find_spec(name))
    assert main(["serve"]) == 1
    assert 'pip install "byhand[web]"' in capsys.readouterr().err


def test_a_port_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 1
    assert f"{port} on 127.0.0.1 is in use" in capsys.readouterr().err


@pytest.mark.parametrize("opens", [True, False])
def test_the_page_is_opened_in_the_browser_if_that_is_wished(
    opens: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: SimpleQueue[str] = SimpleQueue()
    monkeypatch.setattr("webbrowser.open", opened.put)
    monkeypatch.setattr("byhand.web.server.serve", lambda *_, ready, **__: ready("http://127.0.0.1:1/"))
    assert main(["serve", "--runs", str(tmp_path), *(["--open"] if opens else [])]) == 0
    assert capsys.readouterr().out == "The page is at http://127.0.0.1:1/ (Ctrl-C ends it).\n"
    if opens:
        assert opened.get(timeout=60) == "http://127.0.0.1:1/"
    assert opened.empty()


# Real processes


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    server = Serving(tmp_path)
    assert server.address
    yield server
    server.process.kill()
    server.process.communicate()


@pytest.mark.slow
def test_a_server_from_its_start_to_ctrl_c(serving: Serving, run: Run, seven: bytes, tmp_path: Path) -> None:
    second = Serving(tmp_path)
    assert re.fullmatch(r"The page is at http://127\.0\.0\.1:\d+/ \(Ctrl-C ends it\)\.\n", serving.line)
    (tmp_path / "seven.png").write_bytes(seven)
    told = json.loads(run("predict", "seven.png", "--json").stdout)
    said = httpx.post(f"{serving.address}/api/predict", content=seven).json()
    assert said["digit"] == told["digit"] == "7"
    assert said["probabilities"] == pytest.approx(told["probabilities"], abs=1e-6)
    port = serving.address.rpartition(":")[2]
    again = run("serve", "--port", port, code=1)
    assert again.stderr.startswith(f"byhand: --port: {port} on 127.0.0.1 is in use")
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
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_the_end_by_a_service_manager_or_a_closed_terminal_is_clean_too(
    serving: Serving, seven: bytes, how: signal.Signals
) -> None:
    large = png(np.full((700, 700), 255, np.uint8))
    for content in (seven, large):
        assert httpx.post(f"{serving.address}/api/predict", content=content).status_code == 200
    httpx.post(f"{serving.address}/api/training", json={"epochs": 50}).raise_for_status()
    begun = children(serving.process.pid)
    assert len(begun) == 2  # one for pictures, one that trains
    began = time.monotonic()
    assert serving.stop(how) == (-how, "", "")
    assert time.monotonic() - began < 6
    until = time.monotonic() + 60
    while (left := [child for child in begun if resident(child)]) and time.monotonic() < until:
        time.sleep(0.05)
    assert not left


@pytest.mark.slow
def test_without_a_terminal_it_goes_on_where_that_is_wished(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        serving = Serving(tmp_path)
        serving.process.send_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert httpx.get(f"{serving.address}/healthz").status_code == 200
    serving.process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert httpx.get(f"{serving.address}/healthz").status_code == 200
    assert serving.stop()[0] == 130


@pytest.mark.slow
@pytest.mark.parametrize("options", [("--host", "0.0.0.0"), ("--token",)])  # noqa: S104
def test_at_another_address_or_where_it_is_wished_the_link_has_a_token(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    serving = Serving(tmp_path, *options)
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
def test_ctrl_c_does_not_wait_for_a_picture(serving: Serving, mnist: Dataset) -> None:
    tile = np.pad(255 - mnist.test.images[0][4:24, 4:24], 2, constant_values=255)
    page, answers = png(np.tile(tile, (80, 80))), []

    def ask() -> None:
        try:
            answers.append(httpx.post(f"{serving.address}/api/read", content=page, timeout=60).status_code)
        except httpx.HTTPError:
            answers.append(0)

    asking = [threading.Thread(target=ask, daemon=True) for _ in range(2)]
    for thread in asking:
        thread.start()
    time.sleep(0.5)
    assert not answers
    began = time.monotonic()
    assert serving.stop() == (130, "", "")
    assert time.monotonic() - began < 4
    for thread in asking:
        thread.join()


@pytest.mark.slow
def test_requests_that_never_come_are_ended(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "KEPT_ALIVE", 0.3)
    listening = addresses.listen("127.0.0.1", 0)
    config = uvicorn.Config(app, http=connections.Connection, ws="none", log_config=None, lifespan="off")
    server = running.Server(config, app.state.streams, lambda: None)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    parts = [b"", b"POST", whole[:30], whole + b"GET"]
    half = [socket.create_connection(listening.getsockname()) for _ in parts]
    for connection, part in zip(half, parts, strict=True):
        connection.sendall(part)
        connection.settimeout(5)
    for connection in half:
        while connection.recv(1000):  # to the end, not to a time limit
            pass
        connection.close()
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


def test_the_link_of_all_addresses_can_be_opened() -> None:
    assert socket.has_ipv6
    with addresses.listen("::", 0) as listening:
        link = addresses.link_to("::", listening, "token")
        port = listening.getsockname()[1]
        assert link.endswith(f":{port}/?token=token")
        for address in ("127.0.0.1", "::1"):
            socket.create_connection((address, port)).close()


def test_without_a_network_the_link_has_the_machines_name(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unconnected(socket.socket):
        def connect(self, _: Any) -> None:
            raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket, "gethostname", lambda: "desk")
    with addresses.listen("0.0.0.0", 0) as listening:  # noqa: S104
        monkeypatch.setattr(socket, "socket", Unconnected)
        link = addresses.link_to("0.0.0.0", listening, "token")  # noqa: S104
        assert link == f"http://desk:{listening.getsockname()[1]}/?token=token"


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
