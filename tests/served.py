"""`byhand serve` in a process of its own."""

import re
import signal
import subprocess
import sys
from functools import cached_property
from pathlib import Path


class Serving:
    """A server at a free port. It starts while the test goes on; whoever asks for its line waits until it is ready."""

    def __init__(self, folder: Path, *arguments: str, command: str = "serve") -> None:
        self.folder = folder
        words = [sys.executable, "-W", "error", "-m", "byhand", command, "--port", "0", *arguments]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True, cwd=folder, start_new_session=True)

    @cached_property
    def line(self) -> str:
        """What it says once it is ready."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    @cached_property
    def address(self) -> str:
        """Where it is."""
        found = re.search(r"http://\S+", self.line)
        assert found, self.process.communicate()
        return found[0].rstrip("/.")

    def stop(self, how: int = signal.SIGINT) -> tuple[int, str, str]:
        """Send a signal, and return the exit code and what else was printed."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err
