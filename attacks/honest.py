"""Honest clients beside an attack, a process of their own: what they ask, and how long they wait for it.

Fifty of them ask for health, the page, images, and name drawings, each over a connection that it keeps; five more watch
the training. What they measure is written as JSON when the input of the process ends.
"""

import asyncio
import itertools
import json
import sys
import time

CLIENTS, WATCHERS = 50, 5
PAUSE = 1.0  # Seconds between what one client asks.
PATIENCE = 10.0


def request(method: str, path: str, token: str | None, body: bytes = b"") -> bytes:
    """Return a request as its bytes."""
    proof = f"Authorization: Bearer {token}\r\n" if token else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{proof}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, said: bytes) -> int:
    """Ask, read the whole answer, and return its status."""
    writer.write(said)
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    await reader.readexactly(int(lengths[0].split(b":")[1]))
    return int(head.split(b" ", 2)[1])


async def client(port: int, asks: list[bytes], number: int, waits: list[float], errors: list[str]) -> None:
    """Ask one thing after the other."""
    await asyncio.sleep(PAUSE * number / CLIENTS)
    reader, writer = None, None
    for said in itertools.cycle(asks[number % len(asks) :] + asks[: number % len(asks)]):
        began = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                if reader is None or writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                status = await exchange(reader, writer, said)
            if status != 200:
                errors.append(f"{said[:30]!r}: {status}")
        except (OSError, TimeoutError, asyncio.IncompleteReadError, LookupError, ValueError) as error:
            errors.append(f"{said[:30]!r}: {type(error).__name__} {error}")
            reader = writer = None
        except asyncio.CancelledError:  # It still waits, and that counts.
            waits.append(time.perf_counter() - began)
            raise
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(max(0.0, PAUSE - (time.perf_counter() - began)))


async def watcher(port: int, token: str | None, errors: list[str]) -> None:
    """Watch the training, and note if the stream ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request("GET", "/api/training/events", token))
    seen = await reader.readuntil(b"event: snapshot")
    while seen:
        seen = await reader.read(1 << 16)
    errors.append("a stream of events ended")


async def measure(port: int, token: str | None, drawing: bytes) -> None:
    """Ask until the input ends, and print what came of it."""
    asks = [
        request("GET", "/healthz", token),
        request("POST", "/api/predict", token, drawing),
        request("GET", "/", token),
        request("GET", "/api/images?part=test&index=1&index=2", token),
        request("POST", "/api/predict", token, drawing),
    ]
    waits: list[float] = []
    errors: list[str] = []
    tasks = [asyncio.create_task(client(port, asks, number, waits, errors)) for number in range(CLIENTS)]
    tasks += [asyncio.create_task(watcher(port, token, errors)) for _ in range(WATCHERS)]
    await asyncio.to_thread(sys.stdin.buffer.read)
    for task in tasks:
        task.cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    errors += [repr(end) for end in done if isinstance(end, Exception)]
    ordered = sorted(waits) or [0.0]
    p99 = ordered[min(len(ordered) - 1, round(0.99 * (len(ordered) - 1)))]
    print(json.dumps({"n": len(waits), "p99_ms": 1000 * p99, "worst_ms": 1000 * ordered[-1], "errors": errors[:20]}))


if __name__ == "__main__":
    place = int(sys.argv[1])
    length = int(sys.stdin.buffer.readline())
    asyncio.run(measure(place, sys.argv[2] or None, sys.stdin.buffer.read(length)))
