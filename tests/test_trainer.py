"""Training in the page: the same bits as on the command line, held and stepped at will, and never lost."""

import asyncio
import json
import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

import byhand
from byhand import checkpoints, runs
from byhand.engines import resolve
from byhand.training import Diverged, begin, follow, set_aside
from byhand.web.channel import Channel
from byhand.web.diagnosis import Case, diagnose
from byhand.web.gauges import JUDGED, Gauge, Judge
from byhand.web.history import MOST_POINTS, Curve, Event, Point, Ring
from byhand.web.messages import (
    Command,
    Done,
    Figures,
    Gone,
    Judged,
    Message,
    Notice,
    Order,
    Over,
    Ready,
    Report,
    Result,
    State,
    Theta,
    decode,
    encode,
)
from byhand.web.process import WorkerProcess
from byhand.web.session import KILLED, LOST, Session
from byhand.web.settings import MOST_PARAMETERS, OFFERED, check, recipe_of, settings_of
from byhand.web.trainer import REPLACEABLE_AFTER, Refusal, Trainer
from byhand.web.worker import Learner, train

Commands = list[dict[str, Any]]
SMALL = {"layers": [12], "epochs": 3, "batch_size": 8, "limit": 2500, "validation": 1000, "seed": 4}


# ---- The learner, without a process around it ----


class Script(Channel):
    """A line to a server that has said beforehand what it wants; it gets in a word between any two stretches."""

    def __init__(self, commands: Commands) -> None:
        self.commands = list(commands)
        self.messages: list[dict[str, Any]] = []

    def next(self, *, wait: bool) -> Command | None:
        if wait and not self.commands:
            return Command("quit")
        return Command(**self.commands.pop(0)) if wait else None

    def send(self, message: Message) -> None:
        line = encode(message)
        assert decode(line) == message
        self.messages.append(json.loads(line))


def follow_script(
    settings: Mapping[str, Any], mnist: byhand.Dataset, folder: Path, commands: Commands, *, running: bool = False
) -> tuple[Learner, list[dict[str, Any]], str | None]:
    """Let a learner do as a script says; return it, all messages, and how it ended."""
    script = Script(commands)
    recipe = resolve(recipe_of(settings))
    learner = Learner(script, recipe, mnist, folder, runs.source_of("mnist", mnist), running)
    return learner, script.messages, learner.serve()


def figures(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [message for message in messages if message["kind"] == "figures"]


def trained(settings: Mapping[str, Any], mnist: byhand.Dataset) -> byhand.Epoch:
    *_, last = byhand.train(recipe_of(settings), mnist.train)
    return last


@pytest.mark.parametrize(
    "changes", [{}, {"batch_size": 1}, {"batch_size": 64, "optimizer": "adam", "rotation": 10.0, "average": 0.9}]
)
def test_what_is_learned_is_the_same_to_the_bit(mnist: byhand.Dataset, tmp_path: Path, changes: dict[str, Any]) -> None:
    learner, messages, end = follow_script({**SMALL, **changes}, mnist, tmp_path, [], running=True)
    last = trained({**SMALL, **changes}, mnist)
    assert end == "finished"
    assert learner.keeper.model is not None
    assert learner.keeper.model.theta.tobytes() == last.model.theta.tobytes()
    assert learner.keeper.epochs[-1]["validation_accuracy"] == last.accuracy
    assert messages[0]["kind"] == "ready"
    assert {message["state"] for message in messages if message["kind"] == "state"} == set()


def test_steps_go_exactly_so_far(mnist: byhand.Dataset, tmp_path: Path) -> None:
    steps = ["batch", "image", "image", "batch", "epoch", "image", "epoch", "batch"]
    commands: Commands = [{"verb": "step", "by": by} for by in steps]
    _, messages, end = follow_script(SMALL, mnist, tmp_path, commands)
    assert end is None
    # After single images a batch is what was left of it, and an epoch what is left of that.
    reached = [0, 8, 9, 10, 16, 2500, 2501, 5000, 5008]
    seen = [row["images"] for row in figures(messages) if row["validation"]]
    assert [images for images in seen if images in reached] == seen
    assert list(dict.fromkeys(seen)) == reached
    assert [row["state"] for row in messages if row["kind"] == "state"] == ["running", "paused"] * 2
    assert checkpoints.load(tmp_path)[0].state.done == 8


def test_stepping_by_batches_and_epochs_changes_nothing(mnist: byhand.Dataset, tmp_path: Path) -> None:
    commands: Commands = [{"verb": "step", "by": by} for by in ["batch"] * 5 + ["epoch"] * 2 + ["batch", "epoch"]]
    learner, _, end = follow_script(SMALL, mnist, tmp_path, commands)
    assert end == "finished"
    assert learner.keeper.model is not None
    assert learner.keeper.model.theta.tobytes() == trained(SMALL, mnist).model.theta.tobytes()


def test_a_single_image_of_a_batch_moves_by_its_share(mnist: byhand.Dataset) -> None:
    moved = []
    for batch_size, rate in ((10, 0.1), (1, 0.01)):
        recipe = recipe_of({**SMALL, "batch_size": batch_size, "learning_rate": rate})
        training = begin(recipe, mnist.train)
        training.stretch = 1
        next(training.run())
        assert (training.done, training.rate) == (1, rate)  # The rate shown is that of the recipe.
        moved.append(training.theta)
    np.testing.assert_allclose(moved[0], moved[1], rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_who_leaves_within_a_batch_goes_on_with_what_is_left_of_it(
    mnist: byhand.Dataset, tmp_path: Path, optimizer: str
) -> None:
    settings = {**SMALL, "epochs": 1, "optimizer": optimizer}
    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
    step: dict[str, Any] = {"verb": "step", "by": "image"}
    whole, _, _ = follow_script(settings, mnist, tmp_path / "whole", [step, {"verb": "step", "by": "epoch"}])
    follow_script(settings, mnist, tmp_path / "cut", [step])
    checkpoint, _ = checkpoints.load(tmp_path / "cut")
    assert checkpoint.state.done == 1
    *_, last = follow(checkpoint.recipe, mnist.train, checkpoint.state)
    assert isinstance(last, byhand.Epoch)
    assert whole.keeper.model is not None
    assert last.model.theta.tobytes() == whole.keeper.model.theta.tobytes()


def test_rewinding_gives_the_same_starting_weights(mnist: byhand.Dataset, tmp_path: Path) -> None:
    model: dict[str, Any] = {"verb": "model"}
    step = {"verb": "step", "by": "batch"}
    commands: Commands = [step, model, {"verb": "rewind"}, step, model]
    _, messages, _ = follow_script(SMALL, mnist, tmp_path, commands)
    first, moved, again, moved_again = (row["content"] for row in messages if row["kind"] == "theta")
    assert first == again != moved
    assert moved == moved_again
    assert [row["images"] for row in figures(messages)] == [0, 8, 0, 8]
    assert sum(row["kind"] == "ready" for row in messages) == 2


def test_who_leaves_at_the_end_of_an_epoch_goes_on_with_the_next(mnist: byhand.Dataset, tmp_path: Path) -> None:
    follow_script(SMALL, mnist, tmp_path, [{"verb": "step", "by": "epoch"}])
    checkpoint, _ = checkpoints.load(tmp_path)
    assert (checkpoint.state.epoch, checkpoint.state.done, checkpoint.history) == (1, 2500, [])
    *_, last = follow(checkpoint.recipe, mnist.train, checkpoint.state)
    assert isinstance(last, byhand.Epoch)
    assert last.model.theta.tobytes() == trained(SMALL, mnist).model.theta.tobytes()


def test_divergence_is_no_other_error(mnist: byhand.Dataset, tmp_path: Path) -> None:
    with pytest.raises(Diverged, match="infinite"):
        follow_script({**SMALL, "learning_rate": 1e30}, mnist, tmp_path, [], running=True)


def order(tmp_path: Path, **changes: Any) -> Order:
    return replace(Order("mnist", str(tmp_path / "runs"), recipe_of(SMALL).to_dict(), None, paused=False), **changes)


def test_only_divergence_is_noticed_as_such(
    mnist: byhand.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("byhand.web.worker.load", lambda _: mnist)
    fast = recipe_of({**SMALL, "learning_rate": 1e30}).to_dict()
    over = train(Script([]), order(tmp_path, settings=fast))
    assert over is not None
    assert (over.state, over.folder, over.result) == ("failed", None, None)
    assert over.notice is not None
    assert over.notice.kind == "diverged"
    assert over.notice.evidence == pytest.approx({"rate": 1e30, "suggested": 0.08})

    def no_space(*_: object) -> None:
        raise byhand.ByhandError("the disk is full.", "runs")

    monkeypatch.setattr("byhand.web.worker.runs.Keeper.keep", no_space)
    over = train(Script([]), order(tmp_path))
    assert over == Over("failed", None, "runs: the disk is full.", ("runs",))


@pytest.mark.parametrize(
    ("error", "message"),
    [(MemoryError("9 GiB"), "does not suffice (9 GiB)"), (KeyError("x"), "broke off (KeyError: 'x')")],
)
def test_whatever_breaks_a_training_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    def broken(_: str) -> None:
        raise error

    monkeypatch.setattr("byhand.web.worker.load", broken)
    again = tmp_path / "page-1"
    again.mkdir()
    over = train(Script([]), order(tmp_path, folder=str(again)))
    assert over is not None
    assert message in str(over.message)
    assert (over.folder, over.fields, over.notice) == (str(again), (), None)


def test_the_judge_says_what_an_evaluation_does(mnist: byhand.Dataset) -> None:
    training = begin(recipe_of({**SMALL, "validation": 3000}), mnist.train)
    next(training.run())
    validation, dead = Judge(training).judge()
    _, split = set_aside(mnist.train, 3000, training.recipe.seed)
    assert validation is not None
    assert split is not None
    evaluation = byhand.evaluate(training._model(training.theta), split.take(slice(JUDGED)))
    assert validation.n == JUDGED
    assert validation.accuracy == evaluation.accuracy
    assert validation.loss == pytest.approx(evaluation.loss, rel=1e-4)
    assert [list(row) for row in validation.confusion] == evaluation.confusion_matrix.tolist()
    assert dead == (0,)
    training.theta[784 * 12 : 785 * 12 - 5] = -1000  # biases: these seven units never answer again
    assert Judge(training).judge()[1] == (7,)


def test_the_gauge_shows_the_latest_thousand() -> None:
    assert Gauge().loss is None
    gauge = Gauge()
    gauge.take(1, 5.0)
    assert gauge.loss == 5.0
    gauge.take(1000, 5.0 + 2000.0)
    gauge.start_epoch()
    assert gauge.loss == 2.0
    gauge.take(500, 500.0)
    assert gauge.loss == pytest.approx(2500 / 1500)


# ---- What is said of a training ----


def points(training_losses: list[float], validation_losses: list[float], total: int, accuracy: float) -> list[Point]:
    rows = zip(training_losses, validation_losses, strict=True)
    return [Point(total * (i + 1), a, b, accuracy) for i, (a, b) in enumerate(rows)]


def found(rows: list[Point], *, dead: tuple[int, ...] = (0,), total: int = 50_000, **changes: Any) -> Notice | None:
    return diagnose(Case(byhand.Recipe(**changes), (784, 20, 10), total, rows, dead))


def test_nothing_is_wrong_with_what_learns() -> None:
    assert found([]) is None
    assert found(points([2.4, 0.5, 0.3, 0.2], [2.3, 0.4, 0.3, 0.25], 1000, 0.9)) is None
    assert found(points([2.3], [2.3], 3000, 0.1)) is None  # too early
    assert found(points([2.3], [2.3], 50_000, 0.1), batch_size=1000) is None  # too few steps
    assert found(points([0.1, 0.05, 0.04, 0.03], [0.2, 0.1, 0.11, 0.112], 50_000, 0.97)) is None  # chance


def test_what_does_not_learn_is_told_with_its_figures() -> None:
    notice = found(points([2.31, 2.305], [2.302, 2.304], 50_000, 0.11))
    assert notice == Notice(
        "not_learning", {"loss": 2.304, "guessing": math.log(10), "accuracy": 0.11, "images": 100_000}
    )


def test_overfitting_is_told_when_it_is_certain() -> None:
    notice = found(points([0.3, 0.2, 0.1, 0.05], [0.3, 0.2, 0.25, 0.3], 50_000, 0.97))
    assert notice == Notice("overfitting", {"lowest": 0.2, "now": 0.3, "epoch": 2})


def test_a_dead_layer_is_told() -> None:
    notice = found(points([1.0], [1.0], 50_000, 0.7), dead=(11,))
    assert notice == Notice("dead", {"layer": 1, "dead": 11, "units": 20})
    assert found(points([1.0], [1.0], 50_000, 0.7), dead=(10,)) is None


def test_a_loss_that_explodes_is_told_with_a_gentler_rate() -> None:
    notice = found(points([30.0, 40.0], [20.0, 30.0], 2000, 0.1), learning_rate=3.0)
    assert notice == Notice("diverged", {"loss": 40.0, "rate": 3.0, "suggested": 0.01})


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"limit": 500, "epochs": 40, "learning_rate": 0.02}, {None, "overfitting"}),
        ({"learning_rate": 1e-7, "limit": 8000}, {None, "not_learning"}),
        ({"learning_rate": 0.5, "limit": 12_000}, {"dead"}),
        ({"limit": 12_000, "epochs": 2}, {None}),
    ],
)
def test_real_trainings_are_told_apart(mnist: byhand.Dataset, changes: dict[str, Any], kinds: set[str | None]) -> None:
    training = begin(recipe_of({"epochs": 1, "validation": 2000, **changes}), mnist.train)
    judge, gauge, curve, seen, done = Judge(training), Gauge(), Curve(), set(), 0
    for record in training.run():
        if isinstance(record, byhand.Epoch):
            gauge.start_epoch()
            done = 0
            continue
        gauge.take(record.done - done, training.loss)
        done = record.done
        validation, dead = judge.judge()
        assert validation is not None
        images = (record.epoch - 1) * record.total + done
        curve.add(Point(images, gauge.loss or 0.0, validation.loss, validation.accuracy))
        notice = diagnose(Case(training.recipe, training.sizes, record.total, curve.points, dead))
        seen.add(notice and notice.kind)
    assert seen == kinds


# ---- What is kept to be shown ----


def test_a_curve_stays_short_and_even_and_keeps_its_ends_and_judgements() -> None:
    curve = Curve()
    for i in range(1, 20_001):
        curve.add(Point(i, float(i), 0.5 if i % 8 == 0 else None))
        assert curve.points[0].images == 1
        assert curve.points[-1].images == i
    kept = [point.images for point in curve.points]
    assert MOST_POINTS / 4 < len(kept) <= MOST_POINTS
    assert kept == sorted(set(kept))
    assert np.diff(kept).max() < 2.5 * 20_000 / len(kept)
    assert all(point.validation_loss is not None for point in curve.points[1:-1])
    assert {len(column) for column in asdict(curve.columns()).values()} == {len(kept)}


def test_a_moment_judged_anew_is_one_point() -> None:
    curve = Curve()
    for point in (Point(1, 2.0), Point(5, 1.0), Point(5, 1.0, 0.5, 0.8)):
        curve.add(point)
    assert curve.points == [Point(1, 2.0), Point(5, 1.0, 0.5, 0.8)]


def test_missed_events_are_sent_again_as_long_as_they_are_known() -> None:
    ring = Ring()
    first = ring.last
    assert ring.after(first) == []
    for i in range(5000):
        ring.add("figures", {"images": i})
    assert ring.after(first) is None
    assert ring.after(ring.last + 1) is None
    assert [event.data["images"] for event in ring.after(ring.last - 3) or []] == [4997, 4998, 4999]
    assert len(ring.after(ring.last - 2000) or []) == 2000
    assert ring.after(ring.last - 2001) is None


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"engine": "numpy"}, "engine: is no setting"),
        ({"strangers": 0.5}, "strangers: is no setting"),
        ({"layers": "12,x"}, "layers"),
        ({"layers": [3000]}, "at most 6 hidden layers of at most 2,048 units"),
        ({"layers": [1] * 7}, "at most 6 hidden layers"),
        ({"epochs": 2000}, "epochs: 2,000 is too much"),
        ({"learning_rate": -1}, "learning_rate"),
        ({"learning_rate": 10**400}, "learning_rate: the number is far too large"),
        ({"seed": -(10**400)}, "seed: the number is far too large"),
        ({"activation": "relu6"}, "activation"),
    ],
)
def test_wrong_settings_are_refused_by_name(settings: dict[str, Any], match: str) -> None:
    with pytest.raises(byhand.UsageError, match=match) as error:
        recipe_of(settings)
    assert error.value.fields == tuple(settings)


def test_a_network_that_is_too_large_is_refused(tmp_path: Path, data: byhand.Dataset) -> None:
    with pytest.raises(byhand.UsageError, match=f"at most {MOST_PARAMETERS:,}"):
        Trainer("mnist", tmp_path, data).start({"layers": [2048, 2048, 2048]})
    with pytest.raises(byhand.UsageError, match="leave none"):
        check(recipe_of({"validation": 60_000}), (784, 10), 60_000)


def test_settings_are_those_of_a_recipe() -> None:
    recipe = recipe_of({"layers": "20, 10", "epochs": 2})
    assert (recipe.layers, recipe.epochs, recipe.validation) == ((20, 10), 2, 5000)
    assert recipe_of(settings_of(recipe)) == replace(recipe, learning_rate=recipe.starting_rate)
    assert set(settings_of(recipe)) == set(OFFERED)


NOTICE = Notice("dead", {"layer": 1, "dead": 11, "units": 20})
FIGURES = Figures(1, 2, 5, 9, 5, None, 0.1, 0, Judged(2, 0.5, 1.0, ((1, 0), (0, 1))), (0, 3))


@pytest.mark.parametrize(
    "message",
    [
        Order("mnist", "runs", {"layers": [12], "activation": "relu"}, None, paused=True),
        Command("step", "epoch", 7),
        Command("quit"),
        Ready("runs/page-1", {"byhand": "1", "data": {"n": 3}}, "paused"),
        State("running"),
        FIGURES,
        replace(FIGURES, validation=None),
        Theta(bytes(range(256))),
        Done(3),
        Over("finished", "runs/page-1", result=Result(0.5, (0.4, 0.6), 10)),
        Over("failed", None, "it broke off", ("layers", "epochs"), NOTICE),
        Gone(killed=False, words="ä"),
    ],
    ids=lambda message: type(message).__name__,
)
def test_messages_come_out_as_they_went_in(message: Message) -> None:
    line = encode(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode(line) == message


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"garbage",
        b"[]",
        b"3",
        b"{}",
        b'{"kind": "news"}',
        b'{"kind": ["done"]}',
        b'{"kind": "done"}',
        b'{"kind": "done", "number": "3"}',
        b'{"kind": "done", "number": true}',
        b'{"kind": "done", "number": 3, "more": 1}',
        b'{"kind": "state", "state": "asleep"}',
        b'{"kind": "theta", "content": "a"}',
        encode(FIGURES).replace(b"[[1, 0], [0, 1]]", b'[[1, 0], ["0", 1]]'),
        encode(Over("failed", None, notice=NOTICE)).replace(b'"dead", "evidence"', b'"ill", "evidence"'),
        encode(Ready("", {}, "paused")).replace(b"{}", b"[]"),
    ],
)
def test_what_is_no_message_is_told_with_its_beginning(line: bytes) -> None:
    with pytest.raises(ValueError, match="is no message: ") as error:
        decode(line)
    assert repr(line[:50])[:-1] in str(error.value)


def test_numbers_that_are_none_are_never_sent() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode(replace(FIGURES, loss=math.nan))


def told(session: Session, message: Message) -> list[str]:
    heard = decode(encode(message))
    assert isinstance(heard, Report | Gone)
    return [name for name, _ in session.hear(heard)]


BROKEN = "The training broke off before it could begin:"


def test_a_session_knows_what_its_worker_has_said() -> None:
    session = Session(recipe_of({"epochs": 2}), (784, 128, 64, 10), byhand.load("mnist").test.classes, (28, 28), "key")
    assert session.snapshot()["state"] == "starting"
    assert told(session, Ready("runs/page-1", {}, "paused")) == ["state", "snapshot"]
    judged = Judged(10, 0.5, 0.8, ())
    row = Figures(1, 2, 0, 9, 0, None, 0.1, 0, judged, (0, 0))
    assert told(session, row) == ["figures"]
    assert session.snapshot()["curve"] == {"images": [], "loss": [], "validation_loss": [], "accuracy": []}
    row = replace(row, done=5, images=5, loss=1.0)
    told(session, row)
    told(session, replace(row, done=7, images=7, loss=0.9, validation=None))
    snapshot: Any = session.snapshot()
    assert snapshot["figures"]["validation"] == asdict(judged)
    assert snapshot["curve"]["validation_loss"] == [0.5, None]
    assert told(session, replace(row, validation=replace(judged, loss=0.4))) == ["figures"]
    assert told(session, replace(row, dead=(100, 0))) == ["figures", "state"]
    gone = Gone(killed=False, words="")
    assert told(session, gone) == ["state", "snapshot"]
    assert (session.snapshot()["state"], session.message) == ("failed", LOST)
    assert told(session, gone) == []
    for words, killed, ends, state, message in (
        (
            "ImportError: no NumPy",
            False,
            False,
            "failed",
            f"{BROKEN} ImportError: no NumPy",
        ),
        ("", False, True, "stopped", None),
        ("", True, True, "stopped", KILLED),
    ):
        session.begin()
        session.is_told_to_end = ends
        told(session, Gone(killed, words))
        assert (session.state, session.message) == (state, message)
    json.dumps(session.snapshot(), allow_nan=False)


@pytest.mark.slow
def test_the_stream_is_never_too_quick_and_begins_with_what_was_missed(tmp_path: Path, data: byhand.Dataset) -> None:
    from byhand.web.training_api import stream

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
                    trainer._tell("figures", {"images": i})
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


def test_a_network_without_numbers_is_told_from_none() -> None:
    session = Session(recipe_of({}), (784, 128, 64, 10), tuple("0123456789"), (28, 28), "key")
    assert session.model() is None
    session.hear(Theta(np.full(109_386, np.inf, "<f4").tobytes()))
    with pytest.raises(byhand.ByhandError, match="not finite"):
        session.model()


def test_without_a_process_the_next_training_can_begin(
    tmp_path: Path, data: byhand.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer("mnist", tmp_path, data)

    def no_process(*_: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    with monkeypatch.context() as patched:
        patched.setattr("byhand.web.trainer.WorkerProcess", no_process)
        with pytest.raises(Refusal, match="no process") as refusal:
            trainer.start({"validation": 10})
    assert refusal.value.status == 503
    assert trainer.snapshot()["state"] == "none"
    with monkeypatch.context() as patched:
        patched.setattr("byhand.web.trainer.WorkerProcess", lambda *_: Idle())
        assert trainer.start({"validation": 10})["state"] == "starting"
    trainer.close()


class Idle:
    """A worker that does nothing, at once."""

    def ask(self, *_: object, **__: object) -> bool:
        return True

    end = ask


def test_who_commands_keeps_the_training(tmp_path: Path, data: byhand.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("byhand.web.trainer.WorkerProcess", lambda *_: Idle())
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


@pytest.mark.parametrize(
    "said", [b"garbage\n", b"[]\n", b'{"kind": "ready"}\n', encode(Gone(killed=False, words="")), b""]
)
def test_a_worker_that_says_nonsense_is_gone(
    said: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    script = f"import sys, time\nsys.stdout.buffer.write({said!r})\nsys.stdout.flush()\ntime.sleep(60 * bool({said!r}))"
    popen = subprocess.Popen
    monkeypatch.setattr(
        "byhand.web.process.subprocess.Popen",
        lambda _, **options: popen([sys.executable, "-S", "-c", script], **options),
    )
    heard, over = [], threading.Event()

    def listen(_: WorkerProcess, message: Message) -> None:
        if isinstance(message, Gone):
            heard.append(message)
            over.set()
        else:
            raise KeyError("folder")

    worker = WorkerProcess(Order("mnist", "runs", {}, None, paused=True), listen)
    assert over.wait(10)
    assert worker.ask("model", seconds=5)
    assert heard == [Gone(killed=False, words="")]
    assert bool(caplog.records) == bool(said)


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


def test_commands_need_a_training_and_its_key(tmp_path: Path, data: byhand.Dataset) -> None:
    trainer = Trainer("mnist", tmp_path, data)
    assert trainer.snapshot()["state"] == "none"
    assert trainer.model() is None
    with pytest.raises(Refusal) as refusal:
        trainer.command("run", None)
    assert refusal.value.status == 404
    trainer.close()


# ---- The real thing: processes and HTTP ----


def until(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait for a condition and return its value."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return value


def is_alive(number: int) -> bool:
    """Tell whether a process runs, or has ended without anybody having asked how."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def trainer(tmp_path: Path, mnist: byhand.Dataset) -> Iterator[Trainer]:
    trainer = Trainer("mnist", tmp_path / "runs", mnist)
    yield trainer
    trainer.close()


LONG = {"epochs": 100, "layers": [30]}


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
    assert trainer.command("pause", key)["state"] == "paused"
    with pytest.raises(Refusal):
        trainer.start(LONG)
    monkeypatch.setattr("byhand.web.trainer.REPLACEABLE_AFTER", REPLACEABLE_AFTER / 1e6)
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
    model = (folder / runs.MODEL_FILE).read_bytes()
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
    assert started.theta.tobytes() == begin(recipe_of(SMALL), byhand.load("mnist").train).theta.tobytes()
    trainer.command("run", key)
    until(lambda: trainer.snapshot()["state"] == "finished")
    assert (folder / runs.MODEL_FILE).read_bytes() == model
    assert trainer.command("stop", key)["state"] == "finished"


@pytest.mark.slow
@pytest.mark.usefixtures("compiled")
def test_stopping_keeps_what_was_reached(trainer: Trainer) -> None:
    key = str(trainer.start(LONG)["key"])

    def figures() -> Any:
        return trainer.snapshot()["figures"]

    until(lambda: figures() and figures()["epoch"] > 1)
    snapshot = trainer.command("stop", key)
    assert snapshot["state"] == "stopped"
    folder = Path(str(snapshot["folder"]))
    assert checkpoints.exists(folder)
    assert byhand.Model.load(folder / runs.MODEL_FILE).sizes == (784, 30, 10)
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


class Server:
    """A server in a process of its own, in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "byhand", "serve", "--port", "0"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=pipe, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.link = next(word for word in line.split() if word.startswith("http"))
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
        with httpx.stream("GET", f"{self.link}api/training/events", headers=headers, timeout=20) as answer:
            yield self._parsed(answer.iter_lines())

    def _parsed(self, lines: Iterator[str]) -> Iterator[tuple[Event, float]]:
        known: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(": ")
            known[name] = value
            if name == "data":
                yield Event(int(known["id"]), known["event"], json.loads(value)), time.monotonic()


@pytest.fixture
def server(tmp_path: Path, compiled: None) -> Iterator[Server]:  # noqa: ARG001
    server = Server(tmp_path)
    yield server
    server.client.close()
    server.process.kill()
    server.process.wait()
    assert server.process.stdout is not None
    assert server.process.stdout.read() == ""  # nothing more is ever said on the terminal
    server.process.stdout.close()


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
    server.client.post("/api/training/run", headers=mine)
    until(lambda: server.snapshot()["state"] == "finished")
    snapshot = server.snapshot()
    options = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
    subprocess.run(
        [sys.executable, "-m", "byhand", "train", *options, "--out", "line", "--json"],
        cwd=server.folder,
        check=True,
        capture_output=True,
    )
    whole = (server.folder / "line" / runs.MODEL_FILE).read_bytes()
    assert (server.folder / "runs" / "page-1" / runs.MODEL_FILE).read_bytes() == whole
    assert server.client.get("/api/model?of=training").content == whole
    test = json.loads((server.folder / "line" / "history.json").read_text())["test"]
    assert snapshot["result"] == {name: test[name] for name in ("accuracy", "interval", "n")}
    assert {path.name for path in (server.folder / "runs" / "page-1").iterdir()} == {
        path.name for path in (server.folder / "line").iterdir()
    }


@pytest.mark.slow
def test_what_is_asked_wrongly_is_refused_in_a_sentence(server: Server) -> None:
    mine = server.begin(LONG, paused=True)
    post = server.client.post
    refused = [
        (422, post("/api/training", json={"layers": [0]}, headers=mine)),
        (422, post("/api/training", json={"layers": "12,x"}, headers=mine)),
        (422, post("/api/training", json={"layers": [2048, 2048, 2048]}, headers=mine)),
        (422, post("/api/training", json={"engine": "numpy"}, headers=mine)),
        (422, post("/api/training", json={"epochs": "3"}, headers=mine)),
        (422, post("/api/training", json={"validation": 60_000}, headers=mine)),
        (422, post("/api/training", json={"learning_rate": 0}, headers=mine)),
        (422, post("/api/training", content=b'{"learning_rate": NaN}', headers=mine)),
        (409, post("/api/training", json=LONG)),
        (403, post("/api/training/run")),
        (403, post("/api/training/run", headers={"X-Training-Key": "wrong"})),
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
    with httpx.stream("GET", f"{server.link}api/training/events", headers={"Last-Event-ID": 5000 * "1"}) as events:
        assert next(line for line in events.iter_lines() if line.startswith("event")) == "event: snapshot"
    description = server.client.get("/openapi.json").json()
    body = description["paths"]["/api/training"]["post"]["requestBody"]["content"]
    settings = body["application/json"]["schema"]["properties"]
    assert set(settings) == {*OFFERED, "paused"}
    assert all("description" in setting for setting in settings.values())


@pytest.mark.slow
def test_a_stream_that_was_cut_is_resumed_without_loss(server: Server) -> None:
    server.begin(LONG)
    rows: list[tuple[Event, float]] = []
    whole = threading.Event()

    def watch() -> None:
        with server.events() as events:
            for row in events:
                rows.append(row)
                if len(rows) >= 80:
                    whole.set()
                    return

    threading.Thread(target=watch, daemon=True).start()
    cut: list[Event] = []
    with server.events() as events:
        for event, _ in events:
            cut.append(event)
            if len(cut) == 15:
                break
    assert cut[0].name == "snapshot"
    images = server.snapshot()["figures"]["images"]
    time.sleep(0.7)
    assert server.snapshot()["figures"]["images"] > images  # Nobody need watch it.
    with server.events(cut[-1].number) as events:
        for event, _ in events:
            cut.append(event)
            if len(cut) == 60:
                break
    assert whole.wait(30)
    numbers = [event.number for event in cut[1:]]
    assert numbers == list(range(numbers[0], numbers[0] + 59))
    seen = {event.number: event for event, _ in rows}
    assert all(seen[event.number] == event for event in cut[1:] if event.number in seen)
    times = [when for _, when in rows]
    assert min(later - earlier for earlier, later in zip(times, times[20:], strict=False)) > 0.9
    with server.events(1) as events:
        assert next(events)[0].name == "snapshot"


@pytest.mark.slow
def test_a_killed_server_leaves_a_checkpoint(server: Server) -> None:
    settings = {**SMALL, "epochs": 40, "batch_size": 1, "limit": 40_000}
    server.begin(settings)
    until(lambda: (server.snapshot()["figures"] or {}).get("images", 0) > 50_000)
    worker = server.worker()
    server.process.kill()
    server.process.wait()
    until(lambda: not is_alive(worker), 5)
    folder = server.folder / "runs" / "page-1"
    reached = checkpoints.load(folder)[0].state
    assert (reached.epoch - 1) * 40_000 + reached.done > 50_000
    command = [sys.executable, "-m", "byhand", "train", "--resume", "runs/page-1", "--json"]
    subprocess.run(command, cwd=server.folder, check=True, capture_output=True)
    model = byhand.Model.load(folder / runs.MODEL_FILE)
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
        until(lambda: (server.snapshot()["figures"] or {})["images"] > 0)
        worker, began = server.worker(), time.monotonic()
        os.killpg(server.process.pid, signal.SIGINT)
        server.process.wait(10)
    assert time.monotonic() - began < 4
    assert not is_alive(worker)
    assert checkpoints.exists(server.folder / "runs" / "page-1")
