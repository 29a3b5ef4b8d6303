"""Long work beside the server's own loop, in threads, of which none can be ended."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


async def in_thread(pool: ThreadPoolExecutor, work: Callable[..., T], *arguments: object) -> T:
    """Do work in a thread. Nobody can end that: who is told to wait no more still waits for what was begun.

    So what it needs of the memory counts as long as it is needed. Being told so again helps.
    """
    begun = pool.submit(work, *arguments)
    done = asyncio.wrap_future(begun)
    try:
        await asyncio.wait([done])
    except asyncio.CancelledError:
        if not begun.cancel():
            await asyncio.wait([done])
            done.exception()
        raise
    return done.result()


def close(pool: ThreadPoolExecutor) -> None:
    """Begin nothing new in a pool; what was begun goes on."""
    pool.shutdown(wait=False, cancel_futures=True)
