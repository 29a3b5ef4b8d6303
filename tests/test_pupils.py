"""A class on one server: a training for each pupil, turns that are fair, limits, and nobody in anybody's way."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import byhand
from asking import Client, detail
from byhand.model import FILE_NAME
from byhand.runs import checkpoints
from byhand.web.access import Access
from byhand.web.pupils import lesson as lessons
from byhand.web.pupils.lesson import Lesson
from byhand.web.pupils.pupil import Pupil
from byhand.web.pupils.turns import Turns
from byhand.web.server import build
from byhand.web.training.messages import Over
from byhand.web.training.settings import MOST_OF_A_PUPIL, recipe_of
from byhand.web.work.crew import Refusal
from crowd import crowd
from served import Serving
from trainings import LONG, SMALL, has_ended, is_alive, until


def tired(_: object) -> bool:
    return True


def test_whoever_has_had_a_turn_goes_to_the_end_of_the_line() -> None:
    turns, shares = Turns[str](2), dict.fromkeys("abcde", 0)
    for _ in range(10):
        turns.pass_on(shares, tired)
        assert len(turns.learning) == 2
        assert sorted([*turns.learning, *turns.line]) == list(shares)
        for each in turns.learning:
            shares[each] += 1
    assert set(shares.values()) == {4}


def test_nobody_makes_way_for_nobody_and_only_the_tired_do() -> None:
    turns = Turns[str](2)
    turns.pass_on("ab", tired)
    turns.pass_on("ab", tired)
    assert (turns.learning, turns.line) == (["a", "b"], [])
    turns.pass_on("abc", lambda each: each == "b")
    assert (turns.learning, turns.line) == (["a", "c"], ["b"])
    turns.pass_on("cb", tired)  # A seat is free: nobody has to go.
    assert (turns.learning, turns.line) == (["c", "b"], [])
    turns.pass_on("", tired)
    assert (turns.learning, turns.line) == ([], [])


def test_a_pupil_may_take_less_than_who_is_alone() -> None:
    most = {"epochs": 100, "batch_size": 1000, "layers": [512, 512, 512, 512]}
    recipe_of(most, MOST_OF_A_PUPIL)
    for name, too_much in (("epochs", 101), ("batch_size", 1001), ("layers", [513]), ("layers", 5 * [10])):
        with pytest.raises(byhand.UsageError, match="the page"):
            recipe_of({**most, name: too_much}, MOST_OF_A_PUPIL)
        recipe_of({**most, name: too_much})


class Idle:
    """A worker that does nothing, at once."""

    number, is_alive, is_busy = 0, True, False

    def __init__(self, _: object, listener: Callable[[object, object], None]) -> None:
        self._listener = listener

    def ask(self, *_: object, **__: object) -> bool:
        return True

    def end(self, verb: str, _: float) -> None:
        if verb == "stop":
            self._listener(self, Over("stopped", None))


@pytest.fixture
def idle(tmp_path: Path, data: byhand.Dataset, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Lesson]]:
    """Return what makes a lesson whose workers do nothing."""
    monkeypatch.setattr("byhand.web.pupils.pupil.WorkerProcess", Idle)
    made: list[Lesson] = []

    def make(**options: int) -> Lesson:
        made.append(Lesson("mnist", tmp_path, data, **options))
        return made[-1]

    yield make
    for lesson in made:
        lesson.close()


def waits(pupil: Pupil) -> Any:
    return pupil.snapshot().get("waiting")


def test_places_are_few_and_kept_from_nobody_who_is_there(
    idle: Callable[..., Lesson], monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = idle(pupils=2, seats=1)
    first, second, third = (lesson.of(None) for _ in range(3))
    key = str(first.start({"validation": 10})["key"])
    assert lesson.of(key) is first
    until(lambda: first.process is not None)
    second.start({"validation": 10})
    with pytest.raises(Refusal, match="All 2 places") as refusal:
        third.start({"validation": 10})
    assert refusal.value.status == 503
    first.start({"validation": 10, "seed": 1})  # Who has one may begin anew.
    until(lambda: waits(second) == {"place": 1, "learning": 1})
    monkeypatch.setattr(lessons, "AWAY", -1.0)
    with first.audience.listening(lambda: None):
        first.command("stop", None)
        with pytest.raises(Refusal, match="All 2 places"):
            third.start({"validation": 10})  # One is being looked at, the other still learns.
    third.start({"validation": 10})
    until(lambda: first.snapshot()["state"] == "none")
    assert second.snapshot()["state"] == "starting"


def test_who_waits_may_pause_step_and_stop(idle: Callable[..., Lesson]) -> None:
    lesson = idle(pupils=3, seats=1)
    first, second = lesson.of(None), lesson.of(None)
    with pytest.raises(Refusal, match="No training was begun") as refusal:
        first.command("run", None)
    assert refusal.value.status == 404
    first.start({"validation": 10})
    until(lambda: first.process is not None)
    second.start({"validation": 10})
    until(lambda: waits(second) == {"place": 1, "learning": 1})
    assert second.process is None
    snapshot, done = second.command("stop", None)
    assert (snapshot["state"], done) == ("stopped", True)
    until(lambda: waits(second) is None)
    with pytest.raises(Refusal, match="is over"):
        second.command("run", None)
    second.command("rewind", None)
    until(lambda: waits(second))
    assert second.command("step", None, "epoch")[1] is False  # It has to wait for that.
    for refused in (second.go_on, second.take_over):
        with pytest.raises(Refusal) as refusal:
            refused()
        assert refusal.value.status == 409
    first.command("stop", None)


def test_where_no_process_can_begin_the_training_says_so(
    idle: Callable[..., Lesson], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_process(*_: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("byhand.web.pupils.pupil.WorkerProcess", no_process)
    pupil = idle(pupils=3, seats=1).of(None)
    pupil.start({"validation": 10})
    until(lambda: pupil.snapshot()["state"] == "failed")
    assert str(pupil.snapshot()["message"]).startswith("The machine can begin no process to train in (")


def test_a_server_that_stops_begins_no_training(idle: Callable[..., Lesson]) -> None:
    lesson = idle(pupils=3)
    pupil = lesson.of(None)
    lesson.close()
    with pytest.raises(Refusal, match=r"The server is about to stop\."):
        pupil.start({"validation": 10})


def test_browsers_are_known_by_their_cookie_and_programs_by_their_key(
    tmp_path: Path, data: byhand.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("byhand.web.pupils.pupil.WorkerProcess", Idle)
    app = build(byhand.Model.load(), data, runs=tmp_path, access=Access(token=16 * "t"), pupils=3)
    told = {"Authorization": f"Bearer {16 * 't'}"}
    browser, other, program = (Client(app) for _ in range(3))
    said = browser.get("/", headers=told).headers["set-cookie"]
    assert said.startswith("byhand-pupil-8765=")
    assert {"HttpOnly", "SameSite=strict"} <= set(said.split("; "))
    assert "set-cookie" not in browser.get("/", headers=told).headers
    other.get("/", headers=told)
    settings = {"validation": 10, "layers": [7]}
    assert browser.post("/api/training", json=settings, headers=told).status_code == 201
    assert browser.get("/api/training", headers=told).json()["sizes"] == [784, 7, 10]
    assert other.get("/api/training", headers=told).json()["state"] == "none"
    detail(other.post("/api/training/stop", headers=told), 404)
    started = program.post("/api/training", json={"validation": 10, "layers": [9]}, headers=told).json()
    own = {**told, "X-Training-Key": started["key"]}
    assert program.get("/api/training", headers=own).json()["sizes"] == [784, 9, 10]
    assert program.get("/api/training", headers=told).json()["state"] == "none"
    assert browser.get("/api/training", headers=own).json()["sizes"] == [784, 7, 10]  # Another's key moves nobody.
    figures = program.get("/metrics", headers=told).text
    assert 'byhand_training_state{state="starting"} 2' in figures
    limits = program.get("/openapi.json", headers=told).json()["paths"]["/api/training"]["post"]["requestBody"]
    assert limits["content"]["application/json"]["schema"]["properties"]["epochs"]["maximum"] == 100
    assert '"epochs":100' in program.get("/", headers=told).text
    for client in (browser, other, program):
        client.close()
    app.state.close()


@pytest.fixture
def lesson(tmp_path: Path, mnist: byhand.Dataset, compiled: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lesson]:  # noqa: ARG001
    monkeypatch.setattr(lessons, "TURN", 0.5)
    lesson = Lesson("mnist", tmp_path / "runs", mnist, pupils=5, seats=1)
    yield lesson
    lesson.close()


def images(pupil: Pupil) -> int:
    snapshot: Any = pupil.snapshot()
    return int((snapshot["figures"] or {}).get("images", 0))


@pytest.mark.slow
def test_a_long_training_starves_no_short_one_and_both_are_the_command_lines(
    lesson: Lesson, mnist: byhand.Dataset
) -> None:
    long, short = lesson.of(None), lesson.of(None)
    long.start(LONG)
    until(lambda: images(long))
    short.start(SMALL)
    until(lambda: short.state == "finished")
    assert long.state == "running"
    before = images(long)
    until(lambda: images(long) > before)
    assert waits(long) is None
    *_, line = byhand.train(recipe_of(SMALL), mnist.train)
    learned = short.model()
    assert learned is not None
    assert (learned.theta[: 784 * 12] == line.model.theta[: 784 * 12]).all()  # The last layer is calibrated.
    folder = Path(str(short.snapshot()["folder"]))
    assert (folder.parent.name, folder.name) == ("runs", "pupil-2")
    assert not list(folder.glob("*.png"))


@pytest.mark.slow
def test_turns_go_round_and_a_training_that_is_broken_off_harms_no_other(lesson: Lesson) -> None:
    pupils = [lesson.of(None) for _ in range(3)]
    for pupil in pupils:
        pupil.start({**LONG, "limit": 5000})
    until(lambda: all(images(pupil) > 0 for pupil in pupils))
    assert len(lesson.processes) == 3
    assert sum(waits(pupil) is not None for pupil in pupils) >= 1
    before = [images(pupil) for pupil in pupils]
    until(lambda: all(images(pupil) > count for pupil, count in zip(pupils, before, strict=True)))
    ended = pupils[1].process
    assert ended is not None
    os.kill(ended, signal.SIGKILL)
    until(lambda: pupils[1].state == "failed")
    assert "process has gone" in str(pupils[1].snapshot()["message"])
    before = [images(pupil) for pupil in pupils]
    until(lambda: all(images(pupils[k]) > before[k] for k in (0, 2)))
    pupils[1].start(SMALL)
    until(lambda: pupils[1].state == "finished")


@pytest.mark.slow
def test_where_processes_are_few_they_make_way_and_nothing_learned_is_lost(
    lesson: Lesson, mnist: byhand.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lesson, "_processes", 1)
    monkeypatch.setattr(lessons, "LONG_TURN", 0.5)
    settings = {**SMALL, "epochs": 50}
    pupils = [lesson.of(None) for _ in range(2)]
    for pupil in pupils:
        pupil.start(settings)
    most, longest = [0], [0, 0]

    def are_over() -> bool:
        most.append(sum(not pupil.is_over and pupil.process is not None for pupil in pupils))
        for place, pupil in enumerate(pupils):
            curve: Any = pupil.snapshot()["curve"]
            assert len(curve["images"]) >= longest[place]  # A new process forgets nothing.
            longest[place] = len(curve["images"])
        return all(pupil.state == "finished" for pupil in pupils)

    until(are_over, 120)
    assert max(most) == 1
    *_, line = byhand.train(recipe_of(settings), mnist.train)
    for pupil in pupils:
        learned = pupil.model()
        assert learned is not None
        assert (learned.theta[: 784 * 12] == line.model.theta[: 784 * 12]).all()


@pytest.mark.slow
def test_who_has_gone_away_frees_the_place_for_who_waits_and_finds_all_again(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, waiting = lesson.of(None), lesson.of(None)
    gone.start(LONG)
    until(lambda: images(gone))
    monkeypatch.setattr(lessons, "AWAY", 0.3)
    time.sleep(0.5)
    before = images(gone)
    until(lambda: images(gone) > before)  # As long as nobody waits it goes on.
    with waiting.audience.listening(lambda: None):
        waiting.start(LONG)
        until(lambda: images(waiting))
        until(lambda: gone.state == "paused")
        assert gone.process is None
        assert gone.model() is not None
        reached = images(gone)
        assert checkpoints.exists(Path(str(gone.snapshot()["folder"])))
        with gone.audience.listening(lambda: None):
            assert gone.command("step", None, "image")[1] is False
            until(lambda: images(gone) == reached + 1)
            until(lambda: gone.state == "paused")
            gone.command("run", None)
            until(lambda: images(gone) > reached + 1)
            gone.command("pause", None)
            assert gone.state == "paused"
    processes = lesson.processes
    lesson.close()
    assert processes
    assert all(map(has_ended, processes))


@pytest.mark.slow
def test_a_folder_holds_its_pupils_latest_training_and_goes_with_the_place(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    pupil = lesson.of(None)
    pupil.start(SMALL)
    until(lambda: pupil.state == "finished")
    folder = Path(str(pupil.snapshot()["folder"]))
    first = (folder / FILE_NAME).read_bytes()
    pupil.start({**SMALL, "seed": 5})
    until(lambda: pupil.state == "finished")
    assert pupil.snapshot()["folder"] == str(folder)
    assert (folder / FILE_NAME).read_bytes() != first
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    monkeypatch.setattr(lessons, "AWAY", -1.0)
    for other in [lesson.of(None) for _ in range(5)]:
        other.start(SMALL, paused=True)
    until(lambda: not folder.exists())
    assert pupil.snapshot()["state"] == "none"


@pytest.mark.slow
@pytest.mark.usefixtures("compiled")
def test_a_class_on_a_real_server(tmp_path: Path) -> None:
    server = Serving(tmp_path, "--pupils", "4")
    pupils = [httpx.Client(base_url=server.address, timeout=30) for _ in range(4)]

    def snapshot(pupil: httpx.Client) -> dict[str, Any]:
        answer: dict[str, Any] = pupil.get("/api/training").raise_for_status().json()
        return answer

    for pupil in pupils:
        pupil.get("/")
        assert pupil.post("/api/training", json=SMALL).status_code == 201
    until(lambda: all(snapshot(pupil)["state"] == "finished" for pupil in pupils))
    models = {pupil.get("/api/model?of=training").content for pupil in pupils}
    assert len(models) == 1
    assert len({snapshot(pupil)["folder"] for pupil in pupils}) == 4
    assert pupils[0].get("/api/judgement?of=training").json()["accuracy"] == snapshot(pupils[0])["result"]["accuracy"]
    for pupil in pupils:
        pupil.post("/api/training", json=LONG)
    until(lambda: any(snapshot(pupil)["figures"] for pupil in pupils))
    children = Path(f"/proc/{server.process.pid}/task").glob("*/children")
    workers = [int(number) for path in children for number in path.read_text().split()]
    began = time.monotonic()
    assert server.stop() == (130, "", "")
    assert time.monotonic() - began < 10
    assert not any(is_alive(worker) for worker in workers)
    for pupil in pupils:
        pupil.close()


@pytest.mark.slow
@pytest.mark.usefixtures("compiled")
def test_thirty_draw_and_six_train_without_an_error(tmp_path: Path) -> None:
    server = Serving(tmp_path, "--pupils", "40")
    small = {**SMALL, "epochs": 50}
    try:
        met = asyncio.run(crowd(server.address, 10.0, warm_up=6.0, drawing=30, training=6, settings=small))
    finally:
        ended = server.stop()
    assert ended == (130, "", "")
    assert met.errors == []
    told = met.told()
    assert {"drawing", "icon", "network", "number"} <= told["kinds"].keys()
    assert len(told["learned"]) == 6
