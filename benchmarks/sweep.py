"""A search of forty trials in one process, and in four of which one is killed: how long it takes, and what is lost.

    python benchmarks/sweep.py

takes ten minutes, needs Optuna, and writes results/sweep.json. Every trial is one epoch of one size, which learns
image by image in one thread, so that none ends early and all take equally long. The two searches take turns; each
figure is the least of the rounds, of a whole `byhand sweep`.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from byhand.types import Json
from common import write_result

ROUNDS, TRIALS = 2, 40
SPACE = """
[recipe]
epochs = 1
layers = [1536]
learning_rate = {low = 1e-3, high = 3e-2, log = true}
"""


def search(jobs: int, trials: int = TRIALS, *, kill: bool = False) -> float:
    """Search once; return how long the whole command takes. Refuse to if a trial is lost, or there twice."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "space.toml").write_text(SPACE)
        command = [sys.executable, "-m", "byhand", "sweep", "space.toml", "--out", "s", "--jobs", f"{jobs}"]
        command += ["--trials", f"{trials}", "--no-pictures", "--json"]
        began = time.perf_counter()
        with subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            told = []
            for line in process.stdout:
                told.append(json.loads(line))
                if kill and len(told) == trials // 2:
                    os.kill(worker(folder / "s"), signal.SIGKILL)
        seconds = time.perf_counter() - began
    numbers = sorted(row["trial"] for row in told[:-1])
    assert process.returncode == 0
    assert numbers == list(range(trials)), numbers
    assert all(row["state"] == "complete" for row in told[:-1])
    return seconds


def worker(folder: Path) -> int:
    """Return the process id of one of those at work in a folder."""
    names = sorted(path.name for path in (folder / "workers").iterdir() if path.suffix != ".lock")
    return int(names[0].split("-")[2])


def main() -> None:
    """Measure, and write the result."""
    search(1, 2)  # Compiled, and read from disk.
    alone, together = [], []
    for _ in range(ROUNDS):
        alone.append(search(1))
        together.append(search(4, kill=True))
        print(f"one process {alone[-1]:.1f} s, four with one killed {together[-1]:.1f} s", flush=True)
    rows: list[Json] = [
        {"processes": 1, "seconds": min(alone)},
        {"processes": 4, "killed": 1, "seconds": min(together), "times_as_quick": min(alone) / min(together)},
    ]
    write_result("sweep", {"trials": TRIALS, "rounds": ROUNDS, "rows": rows}, ["numba", "optuna"])


if __name__ == "__main__":
    main()
