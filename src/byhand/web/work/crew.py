"""Those who work for the server: so many processes of a kind, begun when they are needed and ended when they are not.

A task that nobody waits for any more is ended with its process; the next task gets a new one, in half a second.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TypeAlias

from byhand.errors import ByhandError
from byhand.files import words
from byhand.web.work.child import Child
from byhand.web.work.records import Record
from byhand.web.work.tasks import ANSWERS, Answered, Task

IDLE = 120.0  # Seconds after which a process without work is ended, for the sake of the memory.
MOST_WAITING = 40  # tasks, as of a class: who came later would wait too long anyway.

Ordered: TypeAlias = Task | Callable[[], Task]  # What is large can be made when its turn has come.


class Refusal(ByhandError):  # noqa: N818  # not an error of the server
    """Something that cannot be done now; `status` is the HTTP status that says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.args, self.status = (status, message), status  # A copy is made from the arguments.


@dataclass(order=True)
class _Waiting:
    """Who waits for a turn: the smallest first, and of those that are alike whoever came first."""

    size: int
    number: int
    turn: "asyncio.Future[None]" = field(compare=False)


class Turns:
    """So many may work at once, and a few more may wait; what is small waits for nothing that is large.

    Parameters
    ----------
    free
        How many may work at once.
    room
        How many may wait.
    """

    def __init__(self, free: int, room: int = MOST_WAITING) -> None:
        self._free, self._room = free, room
        self._waiting: list[_Waiting] = []
        self._numbers = count()

    @property
    def is_full(self) -> bool:
        """Whether who comes now has to go, unless somebody else goes."""
        return len(self._waiting) == self._room

    @asynccontextmanager
    async def turn(self, size: int = 0) -> AsyncIterator[None]:
        """Wait for a turn, have it within, and pass it on.

        Raises
        ------
        Refusal
            503 if too many wait that are no larger.
        """
        if self._free:
            self._free -= 1
        else:
            await self._wait(size)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, size: int) -> None:
        """Wait for a turn; where there is no more room, the largest that waits has to go."""
        mine = _Waiting(size, next(self._numbers), asyncio.get_running_loop().create_future())
        waiting = sorted([*self._waiting, mine])
        self._waiting = waiting[: self._room]
        for other in waiting[self._room :]:
            other.turn.cancel()
        try:
            await asyncio.wait([mine.turn])
        except asyncio.CancelledError:
            if mine in self._waiting:
                self._waiting.remove(mine)
            elif not mine.turn.cancelled():
                self._pass_on()
            raise
        if mine.turn.cancelled():
            raise Refusal(503, "Too many wait for this already. Try again in a few seconds.")

    def _pass_on(self) -> None:
        """Give a turn to who waits for one."""
        if self._waiting:
            self._waiting.pop(0).turn.set_result(None)
        else:
            self._free += 1


class Job:
    """A task, and the process that does it: whoever waits for it can end it, from another thread.

    Attributes
    ----------
    child
        The process, as long as it has one.
    """

    def __init__(self, task: Ordered) -> None:
        self.task = task
        self._lock = threading.Lock()
        self.child: Child | None = None
        self._ended = False

    def given_to(self, child: Child | None) -> bool:
        """Note which process does it from now on, if any; return whether it is still wanted."""
        with self._lock:
            self.child = child
            return not self._ended

    def end(self) -> None:
        """End it, and with it its process if it has one."""
        with self._lock:
            self._ended = True
            if self.child is not None:
                self.child.kill()


class Crew:
    """Processes of one kind.

    Parameters
    ----------
    module
        What they run.
    first
        Makes what each of them is told first.
    count
        How many there may be.
    """

    def __init__(self, module: str, first: Callable[[], Record], count: int) -> None:
        self._module, self._first, self._turns = module, first, Turns(count)
        self._pool = ThreadPoolExecutor(count, module.rpartition(".")[2])
        self._lock = threading.Lock()
        self._idle: list[tuple[float, Child]] = []  # since when, the latest last
        self._jobs: set[Job] = set()
        self._closed = False
        self._tidying: asyncio.TimerHandle | None = None

    @property
    def takes_more(self) -> bool:
        """Whether another task may be asked for."""
        return not (self._closed or self._turns.is_full)

    @property
    def processes(self) -> list[int]:
        """The process ids of those that are there."""
        with self._lock:
            children = [child for _, child in self._idle] + [job.child for job in self._jobs]
        return [child.number for child in children if child is not None and child.is_alive]

    async def do(self, task: Ordered, size: int = 0) -> bytes:
        """Have a task done, the smallest first. Who stops waiting ends it.

        Raises
        ------
        ByhandError
            If the task has no answer.
        Refusal
            503 if there can be no process for it, or too many tasks wait already.
        """
        async with self._turns.turn(size):
            return await self._done(Job(task))

    async def _done(self, job: Job) -> bytes:
        """Do a job, or end it."""
        with self._lock:
            self._check_open()
            begun = self._pool.submit(self._work, job)
        done = asyncio.wrap_future(begun)
        done.add_done_callback(lambda done: done.cancelled() or done.exception())  # Perhaps nobody waits for it.
        try:
            await asyncio.wait([done])
        except asyncio.CancelledError:
            job.end()
            if not begun.cancel():
                await asyncio.wait([done])
            raise
        self._tidy_later()
        return done.result()

    def close(self) -> None:
        """End all processes, whatever they do, and begin nothing new."""
        with self._lock:
            self._closed = True
            jobs, idle = list(self._jobs), self._idle
            self._idle = []
            self._pool.shutdown(wait=False, cancel_futures=True)
        for job in jobs:
            job.end()
        for _, child in idle:
            child.end()

    def _work(self, job: Job) -> bytes:
        """Do a job with a process that is idle, or with a new one; in a thread, which waits for it."""
        child, answer, last_words = None, None, ""
        try:
            task = job.task() if callable(job.task) else job.task
            child, said = self._take(job)
            if job.given_to(child):  # From here on it can be killed, also while it does not listen.
                for record in (*said, task):
                    child.send(record)
                answer = child.hear(ANSWERS)
        finally:
            wanted = job.given_to(None)
            with self._lock:
                self._jobs.discard(job)
                keeps = answer is not None and wanted and not self._closed
                if keeps and child is not None:
                    self._idle.append((time.monotonic(), child))
            if not keeps and child is not None:
                last_words = child.end()
        if isinstance(answer, Answered):
            return answer.content
        if answer is not None:
            raise answer.error()
        raise ByhandError(
            f"The process that works on this broke down{last_words and f' ({last_words})'}. Try something else."
        )

    def _take(self, job: Job) -> tuple[Child, list[Record]]:
        """Return a process that is idle, the one used last, or begin one; and what it has to be told first."""
        with self._lock:
            self._check_open()
            self._jobs.add(job)
            child = self._idle.pop()[1] if self._idle else None
        if child is not None:
            if child.is_alive:
                return child, []
            child.end()
        first = self._first()
        try:
            return Child(self._module), [first]
        except OSError as error:
            raise Refusal(
                503, f"The machine can begin no process for this ({words(error)}). Try again later."
            ) from error

    def _check_open(self) -> None:
        """Refuse what comes once all is closed."""
        if self._closed:
            raise Refusal(503, "The server is about to stop.")

    def _tidy_later(self) -> None:
        """Look for processes without work once these may have been so for long."""
        if self._tidying is not None:
            self._tidying.cancel()
        self._tidying = asyncio.get_running_loop().call_later(IDLE, self._tidy)

    def _tidy(self) -> None:
        """End the processes that had no work for long."""
        now = time.monotonic()
        with self._lock:
            old = [child for since, child in self._idle if now - since >= 0.9 * IDLE]
            self._idle = [(since, child) for since, child in self._idle if child not in old]
        for child in old:
            child.end()
        if self._idle:
            self._tidy_later()
