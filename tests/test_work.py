"""Long work for the server: ended within a second when nobody waits for it any more, and never left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

import byhand
from asking import png
from byhand.data.datasets import Dataset
from byhand.errors import ByhandError, UsageError
from byhand.web.access import Access
from byhand.web.bodies import Limits
from byhand.web.guard import Guard
from byhand.web.work import crew as crews
from byhand.web.work.crew import Crew, Refusal
from byhand.web.work.records import encode
from byhand.web.work.tasks import Failed, Images, Network, Task
from served import Serving
from trainings import has_ended, is_alive, until

# A process that says which it is, sleeps, fails or breaks, as it is told.
MODULE = """
import os, sys, time
from byhand.errors import UsageError
from byhand.web.work.tasks import Images, serve
def work(task):
    match task.verb:
        case "sleep": time.sleep(60)
        case "spin": sum(range(10**10))
        case "refuse": raise UsageError("cannot be used.", "picture")
        case "mistake": raise KeyError("secret")
        case "memory": bytearray(3_000_000_000)
        case "break": os.kill(os.getpid(), 11)
    return f"{os.getpid()} {os.getcwd()} {task.content.decode()}".encode()
serve(Images, lambda images: work)
"""
NOTHING = Images((0, 28, 28), b"", b"", tuple("0123456789"))


@pytest.fixture
def crew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crew]:
    """Return a crew of two processes that do as they are told."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "obedient.py").write_text(MODULE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]))
    crew = Crew("obedient", lambda: NOTHING, 2)
    yield crew
    crew.close()


def number(answer: bytes) -> int:
    return int(answer.split()[0])


def test_a_process_is_used_again_and_one_whose_task_is_not_wanted_is_ended(crew: Crew) -> None:
    async def ask() -> None:
        first, again = [number(await crew.do(Task("tell", b""))) for _ in range(2)]
        assert first == again
        for verb in ("sleep", "spin"):
            victim = number(await crew.do(Task("tell", b"")))
            asked = [asyncio.ensure_future(crew.do(Task(verb, b""))) for _ in range(3)]  # one more than there may be
            await asyncio.sleep(0.5)
            began = time.monotonic()
            for task in asked:
                task.cancel()
            assert {type(end) for end in await asyncio.gather(*asked, return_exceptions=True)} == {
                asyncio.CancelledError
            }
            assert time.monotonic() - began < 5  # of the 60 that the task takes
            assert not is_alive(victim)
            assert (await crew.do(Task("tell", b"well"))).endswith(b"well")

    asyncio.run(ask())


def test_what_goes_wrong_in_a_process_is_told(crew: Crew) -> None:
    async def ask(verb: str) -> bytes:
        return await crew.do(Task(verb, b""))

    with pytest.raises(UsageError, match=r"picture: cannot be used\.") as error:
        asyncio.run(ask("refuse"))
    assert error.value.fields == ("picture",)
    with pytest.raises(RuntimeError, match="KeyError: 'secret'"):
        asyncio.run(ask("mistake"))
    with pytest.raises(ByhandError, match="too much memory"):
        asyncio.run(ask("memory"))
    with pytest.raises(ByhandError, match=r"broke down.*Try something else"):
        asyncio.run(ask("break"))
    assert asyncio.run(ask("tell"))


def test_what_can_never_begin_is_told(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object, **__: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    with monkeypatch.context() as patched:
        patched.setattr(subprocess, "Popen", none)
        with pytest.raises(Refusal, match="can begin no process") as refusal:
            asyncio.run(crew.do(Task("tell", b"")))
    assert refusal.value.status == 503
    assert not crew._jobs  # with all that was sent
    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "tempdir", "/home/me/gone")
        with pytest.raises(Refusal, match=r"for this \(No folder for temporary files can be written into\)\."):
            asyncio.run(crew.do(Task("tell", b"")))
    lost = Crew("byhand.no_such_module", lambda: NOTHING, 1)
    with pytest.raises(ByhandError, match="No module named"):
        asyncio.run(lost.do(Task("tell", b"")))
    lost.close()


def test_what_breaks_before_a_process_has_work_leaves_nothing(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Images:
        raise KeyError("secret")

    begun = list[int]()
    popen = subprocess.Popen

    def noted(*arguments: Any, **options: Any) -> "subprocess.Popen[bytes]":
        begun.append((process := popen(*arguments, **options)).pid)
        return process

    monkeypatch.setattr(subprocess, "Popen", noted)
    monkeypatch.setattr(crew, "_first", broken)
    with pytest.raises(KeyError):
        asyncio.run(crew.do(Task("tell", b"")))
    assert not crew._jobs
    assert not [process for process in begun if is_alive(process)]


@pytest.mark.usefixtures("crew")
def test_a_process_that_never_listens_is_ended(tmp_path: Path) -> None:
    (tmp_path / "modules" / "deaf.py").write_text("import time\ntime.sleep(60)\n")
    deaf = Crew("deaf", lambda: Images((0, 28, 28), bytes(10_000_000), b"", ()), 1)

    async def ask() -> None:
        for _ in range(2):
            asked = asyncio.ensure_future(deaf.do(Task("tell", b"")))
            await asyncio.to_thread(until, lambda: [job for job in deaf._jobs if job.child is not None], 60)
            asked.cancel()
            done, _ = await asyncio.wait([asked], timeout=60)
            assert done

    asyncio.run(ask())
    assert not deaf._jobs
    deaf.close()


def test_processes_without_work_are_ended(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crews, "IDLE", 0.1)

    async def ask() -> None:
        idle = number(await crew.do(Task("tell", b"")))
        await asyncio.to_thread(until, lambda: not is_alive(idle))
        again = number(await crew.do(Task("tell", b"")))
        os.kill(again, signal.SIGKILL)
        await asyncio.to_thread(until, lambda: not crew._idle or not crew._idle[-1][1].is_alive, 10)
        assert number(await crew.do(Task("tell", b""))) != again

    asyncio.run(ask())


def test_a_crew_that_closes_ends_all(crew: Crew) -> None:
    async def ask() -> None:
        asked = asyncio.ensure_future(crew.do(Task("sleep", b"")))
        await asyncio.sleep(0.3)
        crew.close()
        with pytest.raises(ByhandError, match="broke down"):
            await asyncio.wait_for(asked, 5)
        with pytest.raises(Refusal, match="about to stop"):
            await crew.do(Task("tell", b""))

    asyncio.run(ask())


def test_no_module_of_the_current_folder_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seven: bytes) -> None:
    for name in ("numpy", "json", "pickle", "byhand", "PIL", "scipy"):
        (tmp_path / f"{name}.py").write_text("open('ran', 'w').close(); raise SystemExit\n")
    monkeypatch.chdir(tmp_path)
    for module, first, task in (
        ("byhand.web.work.reading", Network.of(byhand.Model.load()), Task("prepare", seven)),
        ("byhand.web.work.judge", NOTHING, Task("judgement", b"")),
    ):
        said = encode(first) + encode(task)
        command = [sys.executable, "-P", "-m", module]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as done:
            assert done.stdin is not None
            assert done.stdout is not None
            done.stdin.write(said)
            done.stdin.flush()
            assert done.stdout.readline().startswith(b'{"kind": ')
            done.stdin.close()  # At the end of its input it goes.
            assert done.wait(10) == 0
    assert not (tmp_path / "ran").exists()


def test_a_network_and_images_arrive_as_they_were(model: byhand.Model, data: Dataset) -> None:
    there = Network.of(model).model()
    assert there.to_bytes() == model.to_bytes()
    split = Images.of(data.test).split()
    assert (split.images == data.test.images).all()
    assert (split.labels == data.test.labels).all()
    assert split.classes == data.test.classes


def test_a_failure_is_an_error_again() -> None:
    assert isinstance(Failed("a", ("b",), usage=False, mistake=False).error(), ByhandError)
    assert isinstance(Failed("a", ("b",), usage=True, mistake=False).error(), UsageError)


@pytest.mark.parametrize("leaves", [False, True])
def test_work_ends_when_its_time_is_over_or_its_client_leaves(leaves: bool) -> None:
    ended = threading.Event()

    async def working(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001
        await receive()
        try:
            await asyncio.sleep(30)
        finally:
            ended.set()

    coming = [{"type": "http.request", "body": b"12345"}]

    async def receive() -> dict[str, Any]:
        if coming:
            return coming.pop()
        await asyncio.sleep(0.1 if leaves else 30)
        return {"type": "http.disconnect"}

    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message.get("status"))

    guard = Guard(working, access=Access(), limits=Limits(answering=20 if leaves else 0.2), streams=[])
    headers = [(b"host", b"localhost"), (b"content-length", b"5")]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}

    async def ask() -> None:
        await guard(scope, receive, send)
        await asyncio.sleep(0.01)

    began = time.monotonic()
    asyncio.run(ask())
    assert ended.is_set()
    assert time.monotonic() - began < 10  # of the 20 and 30 seconds that the other end of it would take
    assert said == ([] if leaves else [504, None])
    assert guard._bodies.held == 0


def processes_of(parent: int) -> list[int]:
    """Return the process ids of a process's children."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False)
    return [int(line) for line in listed.stdout.split()]


@pytest.mark.slow
def test_a_server_that_is_killed_leaves_no_process_behind(tmp_path: Path) -> None:
    serving = Serving(tmp_path)
    marks = np.tile(np.pad(np.zeros((8, 2), np.uint8), ((2, 2), (5, 5)), constant_values=255), (3, 40))
    assert httpx.post(f"{serving.address}/api/read", content=png(marks), timeout=60).status_code in (200, 422)
    children = processes_of(serving.process.pid)
    assert children
    serving.process.kill()
    serving.process.communicate()
    until(lambda: all(map(has_ended, children)))
