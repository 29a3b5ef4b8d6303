"""The processes of a search on this machine: begun safely, and ended with the command that began them."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from byhand import machine
from byhand.commands.seeds import THREADS, stop
from byhand.types import Json

MODULE = "byhand.commands.searching.worker"


@dataclass(frozen=True)
class Process:
    """A process, and the file that it writes into what it has to say."""

    running: "subprocess.Popen[bytes]"
    words: IO[bytes]

    @property
    def is_alive(self) -> bool:
        """Whether it works."""
        return self.running.poll() is None

    @property
    def was_lost(self) -> bool:
        """Whether it has gone without having done its work."""
        return bool(self.running.poll())

    def why(self) -> str:
        """Return why it has gone, in a few words."""
        self.words.seek(0)
        lines = [line for line in self.words.read().decode(errors="replace").splitlines() if line.strip()]
        code = self.running.returncode
        by = f"by signal {-code}" if code < 0 else f"with code {code}"
        return lines[-1].removeprefix("byhand: ") if lines and code > 0 else f"it ended {by}."


@contextmanager
def working(order: Mapping[str, Json], count: int) -> Iterator[Sequence[Process]]:
    """Let so many processes do what a `worker` is told, and share out the cores; at the end none is left.

    After a Ctrl-C, which may not have reached them, each gives back what it has taken.
    """
    environment = os.environ | dict.fromkeys(THREADS, str(max(machine.cores() // count, 1)))
    begun: list[Process] = []
    saving = False
    try:
        for _ in range(count):
            begun.append(_begin(order, environment))  # noqa: PERF401  # What has begun is ended if the next one cannot.
        yield begun
    except KeyboardInterrupt:
        saving = True
        raise
    finally:
        for process in begun:
            assert process.running.stdin is not None
            with suppress(OSError):
                process.running.stdin.close()
        stop([process.running for process in begun], saving=saving)
        for process in begun:
            process.words.close()


def _begin(order: Mapping[str, Json], environment: Mapping[str, str]) -> Process:
    """Begin one; it goes when its standard input ends, as it does when this process is killed."""
    words = tempfile.TemporaryFile()  # noqa: SIM115  # Its process writes there as long as it lives.
    command = machine.own_command(MODULE, json.dumps(order))
    try:
        running = subprocess.Popen(  # noqa: S603  # What it runs is byhand's own.
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=words, env=environment
        )
    except OSError:
        words.close()
        raise
    return Process(running, words)
