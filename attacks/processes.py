"""The processes under attack: a real server, what it begins, and how much memory they take."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from byhand.errors import ByhandError


@dataclass
class Server:
    """A server in a process of its own.

    Attributes
    ----------
    said
        The file with what it writes for people.
    """

    process: "subprocess.Popen[str]"
    port: int
    token: str | None
    said: Path

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def memory(self) -> tuple[float, float]:
        """Return how many MiB it takes, and how many its children."""
        own = self.process.pid
        return resident(own), sum(resident(child) for child in children(own))


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Server]:
    """Serve in a folder, with standard error in a file."""
    said = folder / f"terminal{'-token' if '--token' in options else ''}.txt"
    command = [sys.executable, "-P", "-m", "byhand", "serve", "--port", "0", *options]
    with (
        said.open("w") as errors,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=folder, start_new_session=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            found = re.search(r":(\d+)/(?:\?token=(\S+))?", process.stdout.readline())
            if found is None:
                raise ByhandError(f"the server did not start: {said.read_text()}")
            yield Server(process, int(found[1]), found[2], said)
        finally:
            process.kill()


def children(parent: int) -> list[int]:
    """Return the process ids of a process's children."""
    try:
        listed = [(task / "children").read_text() for task in Path(f"/proc/{parent}/task").iterdir()]
    except OSError:
        return []
    return [int(number) for line in listed for number in line.split()]


def is_training(process: int) -> bool:
    """Tell whether a process trains for a server."""
    try:
        return b"training.worker" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


def resident(process: int) -> float:
    """Return how many MiB a process takes; 0 if it is gone."""
    try:
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0
