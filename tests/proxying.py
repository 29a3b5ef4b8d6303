"""A reverse proxy: it shows a server below a path of its own, as nginx and Caddy do, and passes on all else."""

import re
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
ADDED = b"X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n"


class Proxy(socketserver.ThreadingTCPServer):
    """Passes requests on, each on a connection of its own, without the path that is the proxy's."""

    daemon_threads = True

    def __init__(self, port: int, prefix: str) -> None:
        super().__init__(("127.0.0.1", 0), Passing)
        self.port, self.prefix = port, re.escape(prefix).encode()


class Passing(socketserver.BaseRequestHandler):
    """One request that is passed on."""

    def handle(self) -> None:
        assert isinstance(self.server, Proxy)
        outside: socket.socket = self.request
        with suppress(OSError), outside.makefile("rb", buffering=0) as lines:
            head = b""
            while not head.endswith(b"\r\n\r\n") and (line := lines.readline()):
                head += line
            inner = re.sub(rb"^(\w+) " + self.server.prefix + rb"/", rb"\1 /", head)
            if inner == head:
                outside.sendall(NOT_FOUND)
                return
            inner = re.sub(rb"\r\nConnection: [^\r]*", b"", inner, flags=re.IGNORECASE)
            with socket.create_connection(("127.0.0.1", self.server.port)) as server:
                server.sendall(inner[:-2] + ADDED)
                threading.Thread(target=pump, args=(outside, server), daemon=True).start()
                pump(server, outside)


def pump(source: socket.socket, target: socket.socket) -> None:
    """Pass on all that comes, as it comes."""
    with suppress(OSError):
        while piece := source.recv(1 << 16):
            target.sendall(piece)


@contextmanager
def proxying(port: int, prefix: str) -> Iterator[str]:
    """Show a server of this machine below a path; yield the address of the proxy without the path."""
    with Proxy(port, prefix) as proxy:
        threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{proxy.server_address[1]}"
        proxy.shutdown()
