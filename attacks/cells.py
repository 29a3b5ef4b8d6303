"""A process that does one job after another under limits, so that what it is given can at worst end that process.

It is started once and asked many times: some tens of files a second. A job is a function of a path that returns what
it has to say; a `ByhandError` is an answer as good as any. All else is told apart: an exception, a process that died,
one that took too long or grew too large, each of which is ended and started anew for the next file.
"""

import importlib
import json
import os
import resource
import selectors
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from byhand.errors import ByhandError

Kind: TypeAlias = Literal["answer", "refused", "crashed", "slow", "large", "died"]

ROOT = Path(__file__).resolve().parent.parent
STARTING = 120.0  # Seconds that a process may take to start and to load what it needs.
OFTEN = 0.02  # Seconds between two looks at how large it has grown.
MEBIBYTE = 2**20
ADDRESSES = (
    8 * 2**30
)  # Bytes that can be asked for at all: what is asked for at once could else take the machine along.
FORGET = b"5"  # written to clear_refs: forget how large the process has been at most


@dataclass(frozen=True)
class Outcome:
    """What came of one file: the kind, its words, seconds of the processor, and the most memory meanwhile, in MiB."""

    kind: Kind
    said: str
    seconds: float
    megabytes: float


@dataclass(eq=False)
class Cell:
    """A process that does a job, "module:function", for file after file, within limits.

    Attributes
    ----------
    job
        "module:function" of a function of a path that returns a string.
    seconds, megabytes
        What the job may take for one file: seconds of the clock, and MiB of memory that is in use, all in all.
    """

    job: str
    seconds: float
    megabytes: int
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def do(self, path: Path) -> Outcome:
        """Do the job for one file."""
        process = self._process = self._process or self._started()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(os.fspath(path)).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            return self._ended("died", f"died before it was asked, with {process.wait()}", 0.0, 0.0)
        began = time.monotonic()
        line, most = self._awaited(process, self.seconds)
        took = time.monotonic() - began
        if line:
            kind, said, seconds, megabytes = json.loads(line)
            if kind == "large" or megabytes > self.megabytes:
                return self._ended("large", f"grew to {megabytes:.0f} MiB: {said}", seconds, megabytes)
            return Outcome(kind, said, seconds, megabytes)
        if most > self.megabytes:
            return self._ended("large", f"grew to {most:.0f} MiB", took, most)
        if took >= self.seconds:
            return self._ended("slow", f"was not done after {took:.0f} s", took, most)
        return self._ended("died", f"died with {process.wait()}", took, most)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _started(self) -> subprocess.Popen[bytes]:
        """Start the process and wait until it is ready: without the current folder on its path."""
        run = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from attacks.cells import work; work({self.job!r})"
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", run],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        )
        line, _ = self._awaited(process, STARTING)
        if not line:
            process.kill()
            raise RuntimeError(f"{self.job} did not start")
        return process

    def _awaited(self, process: subprocess.Popen[bytes], seconds: float) -> tuple[bytes, float]:
        """Return the process's next line, or nothing if a limit came first; and the most memory seen meanwhile."""
        assert process.stdout is not None
        most, ends = 0.0, time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while time.monotonic() < ends:
                if selector.select(OFTEN):
                    return process.stdout.readline(), most
                most = max(most, _in_use(process.pid))
                if most > self.megabytes:
                    return b"", most
        return b"", most

    def _ended(self, kind: Kind, said: str, seconds: float, megabytes: float) -> Outcome:
        """End the process, whose successor starts with the next file, and return what came."""
        self.close()
        return Outcome(kind, said, seconds, megabytes)


def _in_use(process: int) -> float:
    """Return how many MiB of memory a process has in use now, 0 if it has ended."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * resource.getpagesize() / MEBIBYTE


def work(job: str) -> None:
    """Do a job for every path that comes by standard input, and say by standard output what came of it."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    module, _, name = job.partition(":")
    function = getattr(importlib.import_module(module), name)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # What the job prints must not be taken for an answer.
    print(json.dumps("ready"), file=answers, flush=True)
    for line in sys.stdin:
        _forget_peak()
        began = time.process_time()
        kind: Kind = "answer"
        try:
            said = str(function(Path(json.loads(line))))
        except ByhandError as error:
            kind, said = "refused", str(error)
        except MemoryError:
            kind, said = "large", "out of memory"
        except Exception:
            kind, said = "crashed", traceback.format_exc()
        seconds = time.process_time() - began
        print(json.dumps([kind, said, seconds, _peak()]), file=answers, flush=True)


def _forget_peak() -> None:
    """Let the process's largest size be counted anew."""
    Path("/proc/self/clear_refs").write_bytes(FORGET)


def _peak() -> float:
    """Return how many MiB the process had in use at most since that was counted anew."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
