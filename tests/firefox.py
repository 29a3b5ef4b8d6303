#!/usr/bin/env python3
"""Debian's Firefox for Playwright, which asks it for one thing that this Firefox cannot do yet.

Playwright speaks WebDriver BiDi with a Firefox that is not its own, and for every context sends
`emulation.setMediaFeaturesOverride`, which Firefox 153 answers with an error. Playwright starts this script in the
place of Firefox. It starts Firefox, stands between the two, and lets that command ask for nothing.
"""

import asyncio
import json
import re
import sys
from functools import partial

FIREFOX = "/usr/bin/firefox-esr"
UNKNOWN = "emulation.setMediaFeaturesOverride"
MEBIBYTE = 1 << 20
MASKED, SHORT, LONG = 128, 126, 127  # in the second byte of a frame: a bit, and what stands for longer lengths


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand on what comes, as it comes."""
    while part := await reader.read(MEBIBYTE):
        writer.write(part)
        await writer.drain()
    writer.close()


def masked(payload: bytes, mask: bytes) -> bytes:
    """Put a WebSocket's mask on, or take it off (RFC 6455, 5.3)."""
    repeated = (mask * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload) ^ int.from_bytes(repeated)).to_bytes(len(payload))


def length(size: int) -> bytes:
    """Return how long a masked frame is, as a frame says it (RFC 6455, 5.2)."""
    if size < SHORT:
        return bytes([MASKED | size])
    return bytes([MASKED | SHORT]) + size.to_bytes(2) if size < 1 << 16 else bytes([MASKED | LONG]) + size.to_bytes(8)


async def frame(reader: asyncio.StreamReader) -> bytes:
    """Return the next frame that Playwright sends, without what this Firefox does not know."""
    kind, size = await reader.readexactly(2)
    size &= ~MASKED
    if size in (SHORT, LONG):
        size = int.from_bytes(await reader.readexactly(2 if size == SHORT else 8))
    mask = await reader.readexactly(4)
    payload = masked(await reader.readexactly(size), mask)
    if UNKNOWN.encode() in payload and (command := json.loads(payload))["method"] == UNKNOWN:
        payload = json.dumps({"id": command["id"], "method": "session.status", "params": {}}).encode()
    return bytes([kind]) + length(len(payload)) + mask + masked(payload, mask)


async def stand_between(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    """Connect one client with Firefox."""
    inward, outward = await asyncio.open_connection("127.0.0.1", port)
    greeting = await reader.readuntil(b"\r\n\r\n")
    greeting = re.sub(rb"(?i)\r\nsec-websocket-extensions:[^\r]*", b"", greeting)
    outward.write(re.sub(rb"(?i)\r\nhost:[^\r]*", b"\r\nHost: 127.0.0.1:%d" % port, greeting))
    answers = asyncio.create_task(copy(inward, writer))
    try:
        while True:
            outward.write(await frame(reader))
            await outward.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        outward.close()
    await answers


async def main() -> int:
    """Run Firefox until it ends."""
    firefox = await asyncio.create_subprocess_exec(FIREFOX, *sys.argv[1:], stderr=asyncio.subprocess.PIPE)
    assert firefox.stderr
    async for line in firefox.stderr:
        said = line.decode(errors="replace")
        if found := re.search(r"(BiDi listening on ws://127.0.0.1):(\d+)", said):
            between = partial(stand_between, port=int(found[2]))
            server = await asyncio.start_server(between, "127.0.0.1", 0, limit=MEBIBYTE)
            said = f"WebDriver {found[1]}:{server.sockets[0].getsockname()[1]}\n"
        sys.stderr.write(said)
        sys.stderr.flush()
    return await firefox.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
