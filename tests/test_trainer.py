"""Trainings for the page: one at a time, each its starter's alone, and never lost."""

import asyncio
import copy
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

import byhand
from asking import Client, detail
from byhand.learning.training import Training
from byhand.model import FILE_NAME
from byhand.runs import checkpoints
from byhand.web.access import Access
from byhand.web.api import training_api
from byhand.web.server import build
from byhand.web.training.messages import Changed, Command, Order, Over
from byhand.web.training.process import MOST_UNANSWERED, WorkerProcess
from byhand.web.training.settings import recipe_of
from byhand.web.training.trainer import REPLACEABLE_AFTER, Trainer
from byhand.web.work.child import Child
from byhand.web.work.crew import Refusal
from byhand.web.work.records import encode
from trainings import LONG, SMALL, is_alive, until


def test_a_refusal_can_be_copied() -> None:
    refusal = Refusal(409, "It is over.")
    for again in (copy.copy(refusal), copy.deepcopy(refusal)):  # as pickle does it
        assert (again.status, str(again), again.fields) == (409, "It is over.", ())


class Idle:
    """A worker that does nothing, at once."""

    def ask(self, *_: object, **__: object) -> bool:
        return True

    end = ask


def test_without_a_process_the_next_training_can_begin(
    tmp_path: Path, data: byhand.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer("mnist", tmp_path, data)

    def no_process(*_: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    with monkeypatch.context() as patched:
        patched.setattr("byhand.web.training.trainer.WorkerProcess", no_process)
        with pytest.raises(Refusal, match="no process") as refusal:
            trainer.start({"validation": 10})
    assert refusal.value.status == 503
    assert trainer.snapshot()["state"] == "none"
    with monkeypatch.context() as patched:
        patched.setattr("byhand.web.training.trainer.WorkerProcess", lambda *_: Idle())
        assert trainer.start({"validation": 10})["state"] == "starting"
    trainer.close()


def test_who_commands_keeps_the_training(tmp_path: Path, data: byhand.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("byhand.web.training.trainer.WorkerProcess", lambda *_: Idle())
    trainer = Trainer("mnist", tmp_path, data)
    key = str(trainer.start({"validation": 10})["key"])
    session = trainer._session
    assert session is not None
    session._enter("paused")
    session.since -= 2 * REPLACEABLE_AFTER
    trainer.command("step", key, "image")
    with pytest.raises(Refusal, match="Somebody else"):
        trainer.start({"validation": 10})
    session.since -= 2 * REPLACEABLE_AFTER
    assert trainer.start({"validation": 10})["key"] != key
    trainer.close()


def test_who_takes_a_training_over_commands_it(
    tmp_path: Path, data: byhand.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("byhand.web.training.trainer.WorkerProcess", lambda *_: Idle())
    trainer = Trainer("mnist", tmp_path, data)
    with pytest.raises(Refusal, match="No training is going on") as refusal:
        trainer.take_over()
    assert refusal.value.status == 409
    key = str(trainer.start({"validation": 10})["key"])
    taken = trainer.take_over()
    assert (taken["owned"], taken["started"]) == (True, trainer.snapshot()["started"])
    trainer.command("pause", str(taken["key"]))
    with pytest.raises(Refusal, match="somebody else's"):
        trainer.command("pause", key)
    app = build(byhand.Model.load(), data, runs=tmp_path, access=Access(token=16 * "t"))
    client, told = Client(app), {"Authorization": f"Bearer {16 * 't'}"}
    own = {"X-Training-Key": client.post("/api/training", json={"validation": 10}, headers=told).json()["key"]}
    detail(client.post("/api/training", json={"validation": 10}, headers=told), 409)
    for wrong in ({}, {"X-Training-Key": "wrong"}):
        detail(client.post("/api/training/pause", headers={**told, **wrong}), 403)
    assert client.post("/api/training/pause", headers={**told, **own}).status_code == 200
    mine = {"X-Training-Key": client.post("/api/training/take", headers=told).json()["key"]}
    detail(client.post("/api/training/pause", headers={**told, **own}), 403)
    assert client.post("/api/training/pause", headers={**told, **mine}).status_code == 200
    client.close()
    app.state.close()
    trainer.close()


def test_where_one_person_alone_can_ask_a_training_is_anybodys(
    tmp_path: Path, data: byhand.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("byhand.web.training.trainer.WorkerProcess", lambda *_: Idle())
    trainer = Trainer("mnist", tmp_path, data, owned=False)
    trainer.start({"validation": 10})
    snapshot, _ = trainer.command("pause", None)
    assert snapshot["owned"] is False
    trainer.start({"validation": 10}, key="of another tab")
    trainer.close()


def test_a_command_that_is_not_carried_out_in_time_does_not_say_that_it_was(
    tmp_path: Path, data: byhand.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("byhand.web.training.trainer.WorkerProcess", lambda *_: Idle())
    trainer = Trainer("mnist", tmp_path, data)
    app = FastAPI()
    app.include_router(training_api.router(trainer))
    client = Client(app)
    key = {"X-Training-Key": str(trainer.start({"validation": 10})["key"])}
    assert client.post("/api/training/pause", headers=key).status_code == 200
    monkeypatch.setattr(Idle, "ask", lambda *_: False)
    late = client.post("/api/training/pause", headers=key)
    assert (late.status_code, late.json()["state"]) == (202, "starting")
    client.close()
    trainer.close()


def test_commands_that_wait_are_few_and_hold_up_nobody_else(
    tmp_path: Path, data: byhand.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("byhand.web.training.trainer.WorkerProcess", lambda *_: Idle())
    trainer = Trainer("mnist", tmp_path, data)
    app = build(byhand.Model.load(), data, runs=tmp_path)
    app.router.routes = []
    app.include_router(training_api.router(trainer))
    client, go_on, asked = Client(app), threading.Event(), list[object]()
    key = {"X-Training-Key": str(trainer.start({"validation": 10})["key"])}

    def hang(*question: object) -> bool:
        asked.append(question)
        return go_on.wait(20)

    monkeypatch.setattr(Idle, "ask", hang)

    async def ask() -> None:
        steps = [asyncio.ensure_future(client.client.post("/api/training/step", headers=key)) for _ in range(60)]
        while sum(step.done() for step in steps) < len(steps) - training_api.MOST_COMMANDS - 1:
            await asyncio.sleep(0.01)
        refused = [step.result() for step in steps if step.done()]
        assert {detail(answer, 503) for answer in refused} == {
            "Too many wait for this already. Try again in a few seconds."
        }
        assert (await client.client.get("/api/training")).status_code == 200
        assert (await client.client.post("/api/training/step")).status_code == 403
        assert len(asked) == 1
        for step in steps:
            step.cancel()
        await asyncio.to_thread(trainer.close)
        go_on.set()
        await asyncio.gather(*steps, return_exceptions=True)
        assert len(asked) == 1

    client.loop.run_until_complete(ask())
    client.close()
    app.state.close()


def test_commands_need_a_training_and_its_key(tmp_path: Path, data: byhand.Dataset) -> None:
    trainer = Trainer("mnist", tmp_path, data)
    assert trainer.snapshot()["state"] == "none"
    assert trainer.model() is None
    with pytest.raises(Refusal) as refusal:
        trainer.command("run", None)
    assert refusal.value.status == 404
    trainer.close()


def test_a_server_that_stops_begins_no_training(tmp_path: Path, data: byhand.Dataset) -> None:
    trainer = Trainer("mnist", tmp_path, data)
    trainer.close()
    with pytest.raises(Refusal, match=r"The server is about to stop\.") as refusal:
        trainer.start({"validation": 10})
    assert refusal.value.status == 409
    assert trainer.snapshot()["state"] == "none"


def test_a_server_that_stops_waits_for_no_decision(
    tmp_path: Path, data: byhand.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr(Idle, "end", lambda _, *how: told.append(how))
    monkeypatch.setattr("byhand.web.training.trainer.WorkerProcess", lambda *_: Idle())
    monkeypatch.setattr("byhand.web.training.trainer.CLOSING", 0.01)
    trainer = Trainer("mnist", tmp_path, data)
    trainer.start({"validation": 10})
    with trainer._deciding:  # as while somebody else's training is being stopped
        thread = threading.Thread(target=trainer.close)
        thread.start()
        thread.join(10)
    assert told == [("quit", 0.01)]


def test_a_worker_that_hangs_can_always_be_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("byhand.web.training.process.Child", lambda _: Child("byhand.no_such_module"))
    worker = WorkerProcess(Order("mnist", "runs", {}, None, paused=False), lambda *_: None)
    until(lambda: worker._gone)
    sent = list[Command]()
    monkeypatch.setattr(worker._child, "send", sent.append)
    worker._gone = False
    for _ in range(2 * MOST_UNANSWERED):
        assert not worker.ask("model", seconds=0)
    assert len(sent) == MOST_UNANSWERED + 1
    worker.end("quit", 0.0)
    assert sent[-1].verb == "quit"
    assert len(b"".join(encode(command) for command in sent)) < 2**14  # A pipe takes that, whoever listens.


def test_what_an_earlier_worker_says_is_not_believed(
    tmp_path: Path, data: byhand.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    listeners: list[Any] = []

    def begin(_: object, listener: object) -> Idle:
        listeners.append(listener)
        return Idle()

    monkeypatch.setattr("byhand.web.training.trainer.WorkerProcess", begin)
    trainer = Trainer("mnist", tmp_path, data)
    key = str(trainer.start({"validation": 10})["key"])
    first = trainer._session
    assert first is not None
    trainer.start({"validation": 10, "seed": 1}, key=key)
    before = trainer.snapshot()
    listeners[0](first.worker, Over("failed", None, "too late"))
    assert trainer.snapshot() == before
    assert trainer._session is not None
    listeners[1](trainer._session.worker, Changed("running"))
    assert trainer.snapshot()["state"] == "running"
    trainer.close()


@pytest.fixture
def trainer(tmp_path: Path, mnist: byhand.Dataset) -> Iterator[Trainer]:
    trainer = Trainer("mnist", tmp_path / "runs", mnist)
    yield trainer
    trainer.close()


def worker_of(trainer: Trainer) -> int:
    assert trainer._session is not None
    assert trainer._session.worker is not None
    return trainer._session.worker.number


@pytest.mark.slow
@pytest.mark.usefixtures("compiled")
def test_a_training_is_its_starters_alone(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    key = str(trainer.start(LONG)["key"])
    first = worker_of(trainer)
    for other in (None, "wrong"):
        with pytest.raises(Refusal, match=r"began a training at \d\d:\d\d") as refusal:
            trainer.start(LONG, key=other)
        assert refusal.value.status == 409
        with pytest.raises(Refusal) as refusal:
            trainer.command("stop", other)
        assert refusal.value.status == 403
    assert "key" not in trainer.snapshot()
    again = trainer.start({**LONG, "seed": 1}, key=key)
    assert again["key"] == key
    assert not is_alive(first)
    until(lambda: trainer.snapshot()["state"] == "running")
    assert trainer.command("pause", key)[0]["state"] == "paused"
    with pytest.raises(Refusal):
        trainer.start(LONG)
    monkeypatch.setattr("byhand.web.training.trainer.REPLACEABLE_AFTER", REPLACEABLE_AFTER / 1e6)
    time.sleep(0.01)
    assert trainer.start(LONG)["key"] != key
    last = worker_of(trainer)
    until(lambda: trainer.snapshot()["state"] == "running")
    trainer.close()
    assert not is_alive(last)
    assert trainer.snapshot()["state"] == "stopped"


@pytest.mark.slow
@pytest.mark.usefixtures("compiled")
def test_a_training_that_is_over_can_begin_again(trainer: Trainer) -> None:
    key = str(trainer.start(SMALL)["key"])
    until(lambda: trainer.snapshot()["state"] == "finished")
    folder = Path(str(trainer.snapshot()["folder"]))
    model = (folder / FILE_NAME).read_bytes()
    learned = trainer.model()
    assert learned is not None
    assert "scores" in learned.details
    with pytest.raises(Refusal, match="is over") as refusal:
        trainer.command("run", key)
    assert refusal.value.status == 409
    trainer.command("rewind", key)
    until(lambda: trainer.snapshot()["state"] == "paused")
    started = trainer.model()
    assert started is not None
    assert started.theta.tobytes() == Training(recipe_of(SMALL), byhand.load("mnist").train).theta.tobytes()
    trainer.command("run", key)
    until(lambda: trainer.snapshot()["state"] == "finished")
    assert (folder / FILE_NAME).read_bytes() == model
    assert trainer.command("stop", key)[0]["state"] == "finished"


@pytest.mark.slow
@pytest.mark.usefixtures("compiled")
def test_what_an_earlier_server_has_left_goes_on(tmp_path: Path, mnist: byhand.Dataset) -> None:
    first = Trainer("mnist", tmp_path / "runs", mnist)
    with pytest.raises(Refusal, match="no training that was left"):
        first.go_on()
    first.start(LONG)

    def images(trainer: Trainer) -> int:
        figures: Any = trainer.snapshot()["figures"]
        return figures["images"] if figures else 0

    until(lambda: images(first) > 0)
    first.close()
    again = Trainer("mnist", tmp_path / "runs", mnist)
    folder = str(tmp_path / "runs" / "page-1")
    assert {**again.snapshot(), "event": 0} == {"state": "none", "folder": folder, "event": 0}
    key = str(again.go_on()["key"])
    until(lambda: images(again) > 0)
    held, figures = checkpoints.load(Path(folder))[0].state.place, again.snapshot()["figures"]
    assert isinstance(figures, dict)
    assert (figures["epoch"], figures["done"]) == (held.epoch, held.done)
    assert again.snapshot()["folder"] == folder
    again.command("run", key)
    before = images(again)
    until(lambda: images(again) > before)
    again.close()


@pytest.mark.slow
@pytest.mark.usefixtures("compiled")
def test_stopping_keeps_what_was_reached(trainer: Trainer) -> None:
    key = str(trainer.start(LONG)["key"])

    def figures() -> Any:
        return trainer.snapshot()["figures"]

    until(lambda: figures() and figures()["epoch"] > 1)
    snapshot, _ = trainer.command("stop", key)
    assert snapshot["state"] == "stopped"
    folder = Path(str(snapshot["folder"]))
    assert checkpoints.exists(folder)
    assert byhand.Model.load(folder / FILE_NAME).sizes == (784, 30, 10)
    model = trainer.model()
    state = checkpoints.load(folder)[0].state
    assert model is not None
    assert model.theta.tobytes() == state.arrays["theta"].tobytes()


@pytest.mark.slow
@pytest.mark.usefixtures("compiled")
def test_what_fails_says_so(trainer: Trainer, tmp_path: Path) -> None:
    trainer.start({**SMALL, "learning_rate": 1e30})
    until(lambda: trainer.snapshot()["state"] == "failed")
    snapshot: Any = trainer.snapshot()
    assert snapshot["notice"] == {"kind": "diverged", "evidence": {"rate": 1e30, "suggested": pytest.approx(0.08)}}
    assert "the learning rate 1e+30 is too high" in snapshot["message"]
    assert snapshot["folder"] is None
    assert not list((tmp_path / "runs").iterdir())
    trainer.start(LONG)
    until(lambda: trainer.snapshot()["state"] == "running")
    os.kill(worker_of(trainer), signal.SIGKILL)
    until(lambda: trainer.snapshot()["state"] == "failed")
    assert "process has gone" in str(trainer.snapshot()["message"])
    assert not is_alive(worker_of(trainer))


@pytest.mark.slow
def test_the_worker_imports_nothing_of_the_folder_and_says_why_it_cannot_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('a foreign module')")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "threadpoolctl.py").write_text("raise ImportError('broken installation')")
    monkeypatch.chdir(tmp_path)
    trainer = Trainer("mnist", tmp_path / "runs", byhand.load("mnist"))
    trainer.start({**SMALL, "epochs": 1})
    until(lambda: trainer.snapshot()["state"] == "finished")
    (tmp_path / "other" / "numpy.py").write_text("raise ImportError('broken installation')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "other"))
    trainer.start(SMALL)
    until(lambda: trainer.snapshot()["state"] == "failed")
    assert "before it could begin: ImportError: broken installation" in str(trainer.snapshot()["message"])
    trainer.close()
