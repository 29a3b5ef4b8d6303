"""The worker's line to the server: lines of JSON, commands on its standard input and messages on its standard output.

Nothing else ever uses these two, and nothing is said on the terminal.
"""

import contextlib
import json
import os
import threading
from collections.abc import Mapping
from queue import Empty, SimpleQueue
from typing import TypeAlias

from byhand.model import Json

LEFT: dict[str, Json] = {"verb": "quit"}  # what the end of the input means: the server is gone

Command: TypeAlias = dict[str, Json]


class Channel:
    """The line to the server: commands come in, messages go out."""

    def __init__(self) -> None:
        self._out = os.dup(1)
        silent = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):  # So that no library gets a word in.
            os.dup2(silent, stream)
        self._commands: SimpleQueue[Command] = SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        """Queue what comes in; at the end of it, the command to quit."""
        rest = b""
        while chunk := os.read(0, 65536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._commands.put(json.loads(line))
        self._commands.put(LEFT)

    def next(self, *, wait: bool) -> Command | None:
        """Return the next command; None if there is none and it shall not be waited for."""
        try:
            return self._commands.get(block=wait)
        except Empty:
            return None

    def send(self, kind: str, facts: Mapping[str, Json], content: bytes = b"") -> None:
        """Send a message, and bytes after it."""
        line = json.dumps({"kind": kind, "bytes": len(content), **facts}, allow_nan=False).encode() + b"\n"
        message = memoryview(line + content)
        with contextlib.suppress(OSError):  # Nobody is there any more; the end of the input says so, too.
            while message:
                message = message[os.write(self._out, message) :]
