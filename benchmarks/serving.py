"""How many drawings `byhand serve` reads in a second, and how long each of 50 clients waits for its answer.

    python benchmarks/serving.py [SECONDS]

takes half a minute and writes results/serving.json. The clients are one more process, which takes a little of the same
processor: plain sockets, each of which sends its next drawing when it has the answer to the last.
"""

import io
import json
import re
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import byhand
from common import write_result

CLIENTS = 50
SECONDS = 30.0
WARM_UP = 2.0  # seconds that do not count
DRAWINGS = 40
SIDE = 280  # pixels, as the page's pad


def drawings() -> list[bytes]:
    """Return test images as they would look if drawn on the pad: crisp, dark on light, as PNG files."""
    files = []
    for image in byhand.load("mnist").test.images[:DRAWINGS]:
        large = np.asarray(Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BICUBIC)).astype(int)
        stream = io.BytesIO()
        Image.fromarray(255 - np.clip((large - 110) * 6, 0, 255).astype(np.uint8)).save(stream, "PNG")
        files.append(stream.getvalue())
    return files


class Client:
    """One connection that asks again and again."""

    def __init__(self, port: int, requests: list[bytes], number: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests, self.number = requests, number
        self.answer = b""
        self.ask()

    def ask(self) -> None:
        """Send the next drawing."""
        self.number += 1
        self.answer, self.asked = b"", time.perf_counter()
        self.socket.sendall(self.requests[self.number % len(self.requests)])

    def hear(self) -> tuple[float, bool] | None:
        """Take in what has come; if the answer is whole, return the seconds it took and whether it is one."""
        came = self.socket.recv(65536)
        if not came:
            raise ConnectionError("the server has ended a connection")
        self.answer += came
        head, found, body = self.answer.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        if not found or length is None or len(body) < int(length[1]):
            return None
        return time.perf_counter() - self.asked, head.startswith(b"HTTP/1.1 200") and b'"digit"' in body


def ask_for(port: int, seconds: float) -> dict[str, Any]:
    """Let all clients ask for a while, and return what they met."""
    head = f"POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: image/png\r\nContent-Length: "
    requests = [f"{head}{len(file)}\r\n\r\n".encode() + file for file in drawings()]
    selector = selectors.DefaultSelector()
    for number in range(CLIENTS):
        client = Client(port, requests, number)
        selector.register(client.socket, selectors.EVENT_READ, client)
    waits: list[float] = []
    errors = 0
    clients = [key.data for key in selector.get_map().values()]
    began = time.perf_counter()
    while (now := time.perf_counter() - began) < WARM_UP + seconds:
        for key, _ in selector.select(1):
            client = key.data
            heard = client.hear()
            if heard is not None:
                if now >= WARM_UP:
                    waits.append(heard[0])
                errors += not heard[1]
                client.ask()
    ended = time.perf_counter()
    late = [ended - client.asked for client in clients]  # They wait still: at least so long.
    waits_at_least = waits + [wait for wait in late if wait > max(waits)]
    return {
        "requests_per_second": round(len(waits) / seconds, 1),
        "p50_ms": round(1000 * float(np.percentile(waits_at_least, 50)), 1),
        "p99_ms": round(1000 * float(np.percentile(waits_at_least, 99)), 1),
        "max_ms": round(1000 * max(waits_at_least), 1),
        "errors": errors,
        "unanswered": len(waits_at_least) - len(waits),
        "requests": len(waits),
    }


def memory(process: int) -> float:
    """Return the megabytes that a process holds."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return round(int(found[1]) / 1024, 1) if found else float("nan")


def main(seconds: float) -> None:
    """Start a server, let the clients ask, and write what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "byhand", "serve", "--port", "0"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder)
        assert server.stdout is not None
        found = re.search(r":(\d+)/", server.stdout.readline())
        assert found
        asking = [sys.executable, __file__, "--ask", found[1]]
        try:
            subprocess.run([*asking, "1"], check=True, capture_output=True)  # Everything is loaded then.
            before = memory(server.pid)
            met = json.loads(subprocess.run([*asking, str(seconds)], check=True, capture_output=True).stdout)
            after = memory(server.pid)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait()
    result = {"clients": CLIENTS, "seconds": seconds, **met, "memory_before_mb": before, "memory_after_mb": after}
    print(json.dumps(result, indent=1))
    write_result("serving", result, ["fastapi", "uvicorn", "uvloop", "httptools"])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--ask"]:
        print(json.dumps(ask_for(int(sys.argv[2]), float(sys.argv[3]))))
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
