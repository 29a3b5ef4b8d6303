"""The server's connections: where it listens, under which link it is found, and when it ends one that says nothing."""

import asyncio
import errno
import socket
from collections.abc import Callable

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from byhand.errors import ByhandError

KEPT_ALIVE = 30  # Seconds that an idle connection stays open, and within which the head of a request must come.


class Connection(HttpToolsProtocol):
    """A connection that ends if the head of a request does not come in time; its body is the guard's affair."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the head of the first request."""
        super().connection_made(transport)
        self._wait()

    def on_message_begin(self) -> None:
        """Wait for the rest of a head."""
        super().on_message_begin()
        self._wait()

    def on_headers_complete(self) -> None:
        """Let the request take its time."""
        self._wait_no_more()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self) -> None:
        """Give it some time from now on."""
        self._wait_no_more()
        self._late = self.loop.call_later(KEPT_ALIVE, self.transport.close)

    def _wait_no_more(self) -> None:
        """Let it stay."""
        if self._late is not None:
            self._late.cancel()


class Server(uvicorn.Server):
    """A server that says when it is ready, and does not wait for streams that never end."""

    def __init__(self, config: uvicorn.Config, streams: "set[asyncio.Future[None]]", ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._streams, self._ready = streams, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, and then all else."""
        for stream in list(self._streams):
            stream.cancel()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address."""
    both = host == "::" and socket.has_dualstack_ipv6()  # so that the address printed is one of those
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=2048, dualstack_ipv6=both)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ByhandError(
                f"{port} on {host} is in use; perhaps byhand serve runs already. Choose another port.", "port"
            ) from error
        said = error.strerror or error
        raise ByhandError(f"cannot listen at {host}, port {port} ({said}).", "host", "port") from error


def link_to(host: str, listening: socket.socket, token: str | None) -> str:
    """Return the link that opens the page."""
    name = _own_address(only_ipv6=_is_only_ipv6(listening)) if host in ("0.0.0.0", "::") else host  # noqa: S104
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{listening.getsockname()[1]}/" + (f"?token={token}" if token else "")


def _is_only_ipv6(listening: socket.socket) -> bool:
    """Tell whether a socket cannot be reached by IPv4."""
    return listening.family == socket.AF_INET6 and bool(listening.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY))


def _own_address(*, only_ipv6: bool) -> str:
    """Return the address under which other machines know this one: nothing is sent to find it out."""
    family, other = (socket.AF_INET6, "2001:db8::1") if only_ipv6 else (socket.AF_INET, "192.0.2.1")
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((other, 9))  # an address kept free for examples, RFC 5737 and 3849
        except OSError:
            return socket.gethostname()
        return str(probe.getsockname()[0])
