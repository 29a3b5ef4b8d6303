"""The server's life: it says when it is ready, ends connections whose time is over, and goes when it is told to."""

import asyncio
import contextlib
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator

import uvicorn

from byhand.web.connections import Connection


class Server(uvicorn.Server):
    """A server that says when it is ready, and does not wait for streams that never end."""

    def __init__(
        self, config: uvicorn.Config, streams: "list[asyncio.Future[None]]", ready: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._streams, self._ready = streams, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End gracefully also when the terminal is closed, unless that is ignored, as by nohup."""
        closed: signal.Signals | None = getattr(signal, "SIGHUP", None)  # not on Windows
        heard = threading.current_thread() is threading.main_thread()
        with super().capture_signals():
            if closed is None or not heard or signal.getsignal(closed) is not signal.SIG_DFL:
                yield
                return
            signal.signal(closed, self.handle_exit)
            try:
                yield
            finally:
                signal.signal(closed, signal.SIG_DFL)

    async def on_tick(self, counter: int) -> bool:
        """End connections whose time is over."""
        now = time.monotonic()
        for connection in list(self.server_state.connections):
            assert isinstance(connection, Connection)
            connection.check(now)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, and then all else."""
        for stream in list(self._streams):
            stream.cancel()
        await super().shutdown(sockets)
