"""What many ask for at once is made once: those who ask while it is being made share the next one."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(eq=False)
class _Round(Generic[T]):
    """The making of a thing, and how many wait for it."""

    task: "asyncio.Task[T]"
    waiting: int = 0


class Shared(Generic[T]):
    """Makes a thing anew for who asks, one at a time, so that it never costs more than two of them.

    What is made for somebody is begun after they asked. What nobody waits for any more is cancelled.

    Parameters
    ----------
    make
        Makes it.
    """

    def __init__(self, make: Callable[[], Awaitable[T]]) -> None:
        self._make = make
        self._going: asyncio.Task[T] | None = None
        self._next: _Round[T] | None = None

    async def get(self) -> T:
        """Return what is made from now on, or raise why it cannot be."""
        if self._next is None:
            self._next = _Round(asyncio.ensure_future(self._made_after(self._going)))
            self._next.task.add_done_callback(lambda task: task.cancelled() or task.exception())  # Perhaps all left.
        mine = self._next
        mine.waiting += 1
        try:
            return await asyncio.shield(mine.task)
        finally:
            mine.waiting -= 1
            if not mine.waiting:
                mine.task.cancel()
                if mine is self._next:
                    self._next = None

    async def _made_after(self, before: "asyncio.Task[T] | None") -> T:
        """Make it once the one before is made, or given up."""
        if before is not None and not before.done():
            await asyncio.wait([before])
        assert self._next is not None
        self._going, self._next = self._next.task, None
        return await self._make()


async def in_thread(function: Callable[[], T]) -> T:
    """Call a function in a thread; who stops waiting for it, too, goes on only when it has ended."""
    called = asyncio.ensure_future(asyncio.to_thread(function))
    try:
        return await asyncio.shield(called)
    except asyncio.CancelledError:
        await asyncio.wait([called])
        called.exception()  # Nobody hears of it.
        raise
