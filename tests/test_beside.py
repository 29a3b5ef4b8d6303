"""Small tasks beside the server: given to processes where many come at once, and never lost."""

import asyncio
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

import byhand
from byhand.errors import UsageError
from byhand.web.api.reader import Reader
from byhand.web.work import beside as besides
from byhand.web.work.beside import CROWD, Beside
from byhand.web.work.child import Child
from byhand.web.work.tasks import Task
from test_work import MODULE, NOTHING
from trainings import has_ended, until


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Beside]:
    """Return two processes that do as they are told."""
    (tmp_path / "obedient.py").write_text(MODULE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    beside = Beside("obedient", lambda: NOTHING, 2)
    yield beside
    beside.close()


async def do(beside: Beside, verb: str = "tell", content: bytes = b"me") -> bytes | None:
    """Have a task done, and return the answer of a process; None if it is to be done here, which it is at once."""
    async with beside.turn(Task(verb, content)) as answer:
        await asyncio.sleep(0)
        return answer


async def come(beside: Beside, count: int) -> None:
    """Let so many have to wait, as one more is there already and no process is."""
    assert await asyncio.gather(*(do(beside) for _ in range(count + 1))) == (count + 1) * [None]


async def crowd(beside: Beside) -> list[int]:
    """Let as many come as are worth processes, and return these once both are there."""
    await come(beside, CROWD)
    async with asyncio.timeout(60):
        while len(beside._free) < 2:
            await asyncio.sleep(0.02)
    return beside.processes


@pytest.mark.slow
def test_a_crowd_is_worth_processes_and_no_task_is_lost(beside: Beside, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        await come(beside, CROWD - 1)
        assert not beside.processes
        first, second = await crowd(beside)
        assert await do(beside) is None  # Who is alone does it himself.
        async with beside.turn(Task("tell", b"me")) as answer:
            assert answer is None
            answers = await asyncio.gather(*(do(beside) for _ in range(9)))
            assert {int(answer.split()[0]) for answer in answers if answer} == {first, second}
            assert None not in answers  # Both go on with who waits.
            with pytest.raises(UsageError, match="cannot be used"):
                await do(beside, "refuse")
            assert await do(beside, "break") is None
            assert len(beside.processes) == 1
            waiting = asyncio.ensure_future(do(beside, "sleep"))
            await asyncio.sleep(0.1)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        assert not beside.processes
        until(lambda: has_ended(first) and has_ended(second))
        assert len(await crowd(beside)) == 2
        monkeypatch.setattr(besides, "IDLE", 0.0)
        beside._tidy()  # as it does after that time
        assert not beside.processes
        beside.close()
        await come(beside, CROWD + 1)
        assert not beside.processes

    asyncio.run(work())


def test_turns_are_taken_in_order_and_none_is_lost_with_who_goes_away() -> None:
    beside, done = Beside("nothing", lambda: NOTHING, 0), list[int]()

    async def task(number: int) -> None:
        async with beside.turn(Task("tell", b"")) as answer:
            assert answer is None
            done.append(number)
            await asyncio.sleep(0)
            assert done[-1] == number  # Nobody else did one meanwhile.

    async def work() -> None:
        tasks = [asyncio.ensure_future(task(number)) for number in range(8)]
        await asyncio.sleep(0)
        tasks[3].cancel()  # It waits.
        while 4 not in done:
            await asyncio.sleep(0)
        await asyncio.sleep(0)  # Now it is the next one's turn, ...
        tasks[5].cancel()  # ... who goes away before it is told.
        await asyncio.gather(*tasks, return_exceptions=True)
        await task(8)

    asyncio.run(asyncio.wait_for(work(), 20))
    assert [number for number in done if number != 5] == [0, 1, 2, 4, 6, 7, 8]


@pytest.mark.slow
def test_where_the_machine_has_no_more_processes_those_that_there_are_end_like_others(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Child] = []

    def only_one(module: str) -> Child:
        if begun:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        begun.append(Child(module))
        return begun[0]

    monkeypatch.setattr(besides, "Child", only_one)
    monkeypatch.setattr(besides, "IDLE", 0.0)

    async def work() -> None:
        await come(beside, CROWD)
        assert beside._beginning is not None
        await beside._beginning

    asyncio.run(work())
    assert len(begun) == 1
    assert not beside.processes


@pytest.mark.slow
def test_drawings_are_read_beside_the_server_to_the_same_answers(seven: bytes) -> None:
    reader = Reader(byhand.Model.load())
    reader._beside._count = 1

    async def work() -> None:
        alone = await reader.digit(seven, "image/png")
        assert set(await asyncio.gather(*(reader.digit(seven, "image/png") for _ in range(2 * CROWD)))) == {alone}
        async with asyncio.timeout(60):
            while not reader._beside._free:
                await asyncio.sleep(0.02)
        reader._beside._used = 0.0
        assert set(await asyncio.gather(*(reader.digit(seven, "image/png") for _ in range(5)))) == {alone}
        assert reader._beside._used  # One of them was read there.

    asyncio.run(work())
    reader.close()
    assert reader.outcomes["digit", "answered"] == 2 * CROWD + 6


def test_a_process_that_has_ended_is_given_to_nobody() -> None:
    beside = Beside("nothing", lambda: NOTHING, 0)
    ended = cast("Child", object())

    async def work() -> None:
        async with beside.turn(Task("tell", b"")):
            waiting = asyncio.ensure_future(do(beside))
            await asyncio.sleep(0)
            beside._line[0].set_result(ended)  # It ends before who waits has heard of it, ...
            waiting.cancel()  # ... and goes away.
            await asyncio.gather(waiting, return_exceptions=True)
        assert not beside._free

    asyncio.run(asyncio.wait_for(work(), 20))
