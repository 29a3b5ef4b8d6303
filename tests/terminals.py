"""A terminal for tests: what a process shows there, byte by byte."""

import os
import pty
import subprocess
from collections.abc import Mapping
from pathlib import Path


def seen_on_a_terminal(*command: str, environment: Mapping[str, str], folder: Path | None = None) -> bytes:
    """Run a command with a terminal for all its streams until it ends well; return what was written there."""
    master, slave = pty.openpty()
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, cwd=folder, env=environment)
    os.close(slave)
    seen = b""
    while chunk := _read(master):
        seen += chunk
    os.close(master)
    assert process.wait(timeout=60) == 0
    return seen


def _read(terminal: int) -> bytes:
    """Return what has come; nothing at the end."""
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux's way to say that the terminal's other side is closed.
        return b""
