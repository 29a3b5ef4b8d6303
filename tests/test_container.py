"""The Dockerfile: its steps, and what comes of them; by an engine where there is one that can, else in a folder."""

import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from conftest import REPOSITORY
from container import Image, build, instructions

DOCKERFILE = REPOSITORY / "Dockerfile"
BASE = "python:3.11-slim"
TOKEN = "a-token-for-the-container"  # noqa: S105
BEARER = {"authorization": f"Bearer {TOKEN}"}
SECONDS = 2.0  # of the processor until it answers


def test_what_the_dockerfile_says() -> None:
    said = instructions(DOCKERFILE.read_text("utf-8"))
    assert {text.split()[0] for name, text in said if name == "FROM"} == {BASE}
    last = dict(said)  # of each instruction the last
    assert int(last["USER"].partition(":")[0]) > 0
    assert "/healthz" in last["HEALTHCHECK"]
    assert "TOKEN" not in DOCKERFILE.read_text()  # It is told when the image is run.
    copied = [word for name, text in said if name == "COPY" and "--from" not in text for word in text.split()[:-1]]
    kept = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert sorted(copied) == sorted(line[1:] for line in kept if line.startswith("!"))
    assert all((REPOSITORY / name).exists() for name in copied)


@dataclass
class Running:
    """A container, or what stands for one.

    Attributes
    ----------
    seconds
        Of the processor that it took until it answered.
    """

    address: str
    seconds: float


def has_an_engine() -> bool:
    """Tell whether Docker runs here and has, or gets, what the image is made from."""
    for command in (["docker", "info"], ["docker", "pull", "--quiet", BASE]):
        try:
            if subprocess.run(command, capture_output=True, check=False, timeout=60).returncode:
                return False
        except (OSError, subprocess.TimeoutExpired):
            return False
    return True


@contextmanager
def in_an_engine() -> Iterator[Running]:
    """Build the image with Docker, and run it with a file system that cannot be written."""

    def docker(*words: str) -> str:
        return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout.strip()

    image = docker("build", "--quiet", str(REPOSITORY))
    options = ["--read-only", "--tmpfs", "/tmp", "--tmpfs", "/opt/byhand/work:uid=10001"]  # noqa: S108
    began = time.monotonic()
    name = docker("run", "--detach", *options, "-p", "127.0.0.1::8765", "-e", f"BYHAND_TOKEN={TOKEN}", image)
    try:
        address = f"http://{docker('port', name, '8765')}"
        until_it_answers(address)
        yield Running(address, time.monotonic() - began)
        docker("stop", name)
        assert docker("inspect", "--format", "{{.State.ExitCode}}", name) == "0"
    finally:
        docker("rm", "--force", name)


@contextmanager
def in_a_folder(folder: Path) -> Iterator[Running]:
    """Carry out the Dockerfile's steps in a folder, run what it says, and leave nothing of it: it is large."""
    try:
        yield from _run(build(DOCKERFILE, folder / "root"))
    finally:
        for made in ("root", "stages"):
            shutil.rmtree(folder / made, ignore_errors=True)


def _run(image: Image) -> Iterator[Running]:
    """Run what an image's Dockerfile says, several times: a busy machine makes the same work take longer."""
    kept, times = files(image), list[float]()
    for last in (False, False, True):
        process = begun(image)
        assert process.stdout is not None
        line = process.stdout.readline()
        port = re.search(r"http://\S+:(\d+)/ and asks for the token in BYHAND_TOKEN", line)
        assert port, process.communicate()
        until_it_answers(f"http://127.0.0.1:{port[1]}")
        times.append(processor_time(process.pid))
        if last:
            yield Running(f"http://127.0.0.1:{port[1]}", min(times))
            check = [word.replace("8765", port[1]) for word in image.command("HEALTHCHECK")]
            assert subprocess.run(check, executable=found(image, check), check=False).returncode == 0
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == -signal.SIGTERM
        assert TOKEN not in line + errors
    assert "POST /api/predict 200" in errors
    assert files(image) == kept  # Nothing had to be compiled.


def begun(image: Image) -> "subprocess.Popen[str]":
    """Begin what an image's Dockerfile says, at a port that is free."""
    command = [*image.command("ENTRYPOINT"), *image.command("CMD"), "--port", "0"]
    environment = {**image.environment, "BYHAND_TOKEN": TOKEN}
    pipe, program = subprocess.PIPE, found(image, command)
    return subprocess.Popen(
        command, cwd=image.folder, env=environment, stdout=pipe, stderr=pipe, text=True, executable=program
    )


def found(image: Image, command: list[str]) -> str:
    """Return the program that a command begins, among those of the image."""
    return str(image.root / "venv" / "bin" / command[0])


def files(image: Image) -> list[Path]:
    """Return what is kept of compiled loops and fonts."""
    kept = sorted(path for path in (image.root / "cache").rglob("*") if path.suffix in (".nbc", ".nbi", ".json"))
    assert len(kept) > 10
    return kept


def processor_time(process: int) -> float:
    """Return how many seconds of the processor a process has taken."""
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / 100


def until_it_answers(address: str) -> None:
    """Wait until a server lives."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            httpx.get(f"{address}/healthz").raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.02)
    raise AssertionError(address)


@pytest.mark.slow
def test_an_image_starts_at_once_and_reads(tmp_path: Path, seven: bytes) -> None:
    with in_an_engine() if has_an_engine() else in_a_folder(tmp_path) as running:
        assert running.seconds <= SECONDS
        assert httpx.get(f"{running.address}/api/data").status_code == 401
        began = time.monotonic()
        answer = httpx.post(f"{running.address}/api/predict", content=seven, headers=BEARER, timeout=30)
        assert answer.json()["digit"] == "7"
        assert time.monotonic() - began < 5
