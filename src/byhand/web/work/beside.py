"""Processes that do small tasks beside the server where more come at once than it does by itself.

A task of a millisecond is not worth a thread: the server itself writes it into a pipe, and hears of the answer from its
own loop. Each process has one task at a time, so that an answer is all there as soon as its first byte is.
"""

import asyncio
import contextlib
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable

from byhand.errors import ByhandError
from byhand.web.work.child import Child
from byhand.web.work.crew import IDLE
from byhand.web.work.records import Record
from byhand.web.work.tasks import ANSWERS, Answered, Task

CROWD, WITHIN = 20, 1.0  # So many tasks that had to wait, within so many seconds, are worth processes.
AGAIN = 60.0  # Seconds until it is tried once more, where no process could be begun.


class Beside:
    """Processes of one kind, begun once they are worth it.

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
        self._module, self._first = module, first
        self._count = 0 if sys.platform == "win32" else count  # Its loop hears no pipes.
        self._children: set[Child] = set()
        self._free: list[Child] = []
        self._is_busy = False  # whether somebody does a task here, ...
        self._line: deque[asyncio.Future[Child | None]] = deque()  # ... and who waits for that, or for a process
        self._crowd: deque[float] = deque(maxlen=CROWD)
        self._beginning: asyncio.Task[None] | None = None
        self._not_before = self._used = 0.0
        self._closed = False

    @property
    def processes(self) -> list[int]:
        """The process ids of those that are there."""
        return [child.number for child in self._children if child.is_alive]

    @contextlib.asynccontextmanager
    async def turn(self, task: Task) -> AsyncIterator[bytes | None]:
        """Have a task done by who is free first, this process or one beside it; who asks first is served first.

        Yields
        ------
        bytes or None
            The answer of a process; None if the task is to be done here: one at a time, but for those of a process that
            has gone.

        Raises
        ------
        ByhandError
            If the task itself cannot be done.
        """
        child = await self._free_one(task)
        if child is not None:
            self._used = time.monotonic()
            yield await self._done(child, task) if child in self._children else None
            return
        try:
            yield None
        finally:
            self._give_back(None)

    def close(self) -> None:
        """End all processes, and begin no more."""
        self._closed = True
        for child in list(self._children):
            self._end(child)

    async def _free_one(self, task: Task) -> Child | None:
        """Return a process that is free, or None where this one is, in one's turn."""
        if not self._is_busy:
            self._is_busy = True
            return None
        if self._free:
            return self._free.pop()
        self._note_crowd(task)
        waiting: asyncio.Future[Child | None] = asyncio.get_running_loop().create_future()
        self._line.append(waiting)
        try:
            return await waiting
        except asyncio.CancelledError:
            if not waiting.cancelled():  # Its turn came at the same moment.
                self._give_back(waiting.result())
            raise

    def _give_back(self, free: Child | None) -> None:
        """Let who has waited longest have a process that is free, or, for None, this one."""
        if free is not None and free not in self._children:
            return  # It was ended in the moment in which somebody who has it went away.
        while self._line:
            waiting = self._line.popleft()
            if not waiting.done():
                waiting.set_result(free)
                return
        if free is None:
            self._is_busy = False
        else:
            self._free.append(free)

    def _note_crowd(self, task: Task) -> None:
        """Begin processes if many had to wait."""
        now = time.monotonic()
        self._crowd.append(now)
        if len(self._crowd) == CROWD and now - self._crowd[0] < WITHIN and now > self._not_before:
            self._begin(task)

    def _begin(self, task: Task) -> None:
        """Begin all processes that are missing, in the background; each does a task first, which loads all it needs."""
        if self._closed or (self._beginning is not None and not self._beginning.done()):
            return
        missing = self._count - len(self._children)
        if missing > 0:
            self._not_before = time.monotonic() + AGAIN
            self._beginning = asyncio.ensure_future(self._begun(missing, task))

    async def _begun(self, count: int, task: Task) -> None:
        """Begin so many processes; where the machine has no more, there are fewer."""
        for _ in range(count):
            try:
                child = await asyncio.to_thread(Child, self._module)
            except OSError:
                break
            self._children.add(child)
            if self._closed:
                self._end(child)
                return
            await asyncio.to_thread(child.send, self._first())
            try:
                await self._done(child, task)
            except (ByhandError, RuntimeError):
                continue  # The same task says so in the server, to who has sent it.
        else:
            self._not_before = 0.0
        self._used = time.monotonic()
        self._tidy()

    async def _done(self, child: Child, task: Task) -> bytes | None:
        """Have a process do a task. Who stops waiting ends it."""
        loop, answered = asyncio.get_running_loop(), asyncio.Event()
        child.send(task)
        place = child.hears_at
        loop.add_reader(place, answered.set)
        try:
            await answered.wait()
        except asyncio.CancelledError:
            loop.remove_reader(place)
            self._end(child)
            raise
        loop.remove_reader(place)
        answer = None
        with contextlib.suppress(ValueError):  # What cannot be understood is none.
            answer = child.hear(ANSWERS)
        if answer is None or self._closed:
            self._end(child)
            return None
        self._give_back(child)
        if isinstance(answer, Answered):
            return answer.content
        raise answer.error()

    def _tidy(self) -> None:
        """End the processes if they had nothing to do for long; else look again."""
        left = self._used + IDLE - time.monotonic()
        if left > 0 and not self._closed:
            asyncio.get_running_loop().call_later(left, self._tidy)
        else:
            for child in list(self._free):
                self._end(child)

    def _end(self, child: Child) -> None:
        """End a process, and wait for that, which is short."""
        self._children.discard(child)
        if child in self._free:
            self._free.remove(child)
        child.end()
