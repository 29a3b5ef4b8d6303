"""Time byhand and its peers side by side in one run, alternating, warm; write results/bench.json.

    make bench                       install the peers, run everything (three quarters of an hour), rewrite the tables
    python benchmarks/bench.py NAME  only the cases whose name contains NAME; nothing is written

Each contender is a process of its own that stays warm. In every round each contender of a case does its work once, so a
slow moment of the machine meets all of them; figures are medians over the rounds, ratios are taken round by round.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from common import ask, talking, write_result
from contenders import CONTENDERS, PACKAGES, missing
from passes import READER, Pass

ROUNDS = 7
DISTRIBUTIONS = {"sklearn": "scikit-learn"}
WIDE = (784, 1024, 1024, 512, 10)


@dataclass(frozen=True)
class Entry:
    """One contender in a case: what it is asked, and by how many images its time is divided."""

    contender: str
    label: str
    verb: str
    arguments: dict[str, Any]
    per: int


@dataclass(frozen=True)
class Case:
    """Contenders that do the same work with the same number of threads; the first is the one compared with."""

    name: str
    threads: int
    entries: tuple[Entry, ...]


def train(contender: str, n: int, sizes: tuple[int, ...] = READER, label: str = "", **options: Any) -> Entry:
    """Return a contender's training pass."""
    return Entry(contender, label or contender, "train", asdict(Pass(sizes, n=n, **options)), n)


TORCH = ("PyTorch", "PyTorch, compiled")
TRAINERS = ("byhand", *TORCH, "JAX", "scikit-learn")
READERS = ("byhand", "ONNX Runtime", *TORCH, "JAX", "scikit-learn")
ONE: Any = {"batch_size": 1}


def cases() -> Iterator[Case]:
    """List everything that is measured."""
    yield Case(
        "train, 1 image a step",
        1,
        (
            train("byhand", 20_000, **ONE),
            train("byhand", 2_000, engine="numpy", label="byhand, NumPy engine", **ONE),
            train("naive NumPy", 500, **ONE),
            train("PyTorch", 500, **ONE),
            train("PyTorch, compiled", 1_000, **ONE),
            train("JAX", 5_000, **ONE),
            train("scikit-learn", 300, **ONE),
        ),
    )
    yield from batches()
    for width in (64, 256, 1024, 4096):
        sizes = (784, width, 10)
        yield Case(
            f"growth, 784-{width}-10",
            1,
            (
                train("byhand", max(256, 1_000_000 // width), sizes, label="byhand, 1 image a step", **ONE),
                train("byhand", 1280, sizes, batch_size=128, label="byhand, 128 images a step"),
                train("PyTorch", 1280, sizes, batch_size=128, label="PyTorch, 128 images a step"),
            ),
        )
    for n in (1_000, 10_000, 60_000):
        entry = train("byhand", n, label=f"byhand, {n:,} images", **ONE)
        yield Case(f"growth, a pass through {n:,} images", 1, (entry,))
    for threads in (1, 2):
        product = Entry("machine", "matrix product, 2048×2048 float32", "product", {"side": 2048}, 1)
        copy = Entry("machine", "copy of 256 MiB", "copy", {"count": 2**28}, 1)
        yield Case("limits of the machine", threads, (product, copy))


def batches() -> Iterator[Case]:
    """List what is learned in batches, and what is read."""
    for size in (8, 32, 128, 512, 1024):
        for threads in (1, 2):
            entries = [train(name, 100 * size, batch_size=size) for name in TRAINERS]
            if size == 128:
                entries.append(train("byhand", 20_000, label="byhand, 1 image a step", **ONE))
            yield Case(f"train, {size} images a step", threads, tuple(entries))
    for optimizer in ("momentum", "adam"):
        for size in (32, 128):
            entries = [train(name, 100 * size, batch_size=size, optimizer=optimizer) for name in TRAINERS]
            yield Case(f"train by {optimizer.capitalize()}, {size} images a step", 1, tuple(entries))
    for threads in (1, 2):
        entries = [train(name, 2560, WIDE, batch_size=256) for name in TRAINERS[:-1]]
        yield Case("train 784-1024-1024-512-10, 256 images a step", threads, tuple(entries))
    for n in (1, 100, 10_000):
        for threads in (1, 2):
            name = "predict 1 image" if n == 1 else f"predict {n:,} images"
            yield Case(name, threads, tuple(Entry(one, one, "predict", {"n": n}, n) for one in READERS))


class Workers:
    """The processes of the contenders, started when first needed."""

    def __init__(self) -> None:
        self.processes: dict[tuple[str, int], subprocess.Popen[str]] = {}

    def started(self, name: str, threads: int) -> subprocess.Popen[str]:
        """Start a contender's process."""
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
        environment = {**os.environ, **dict.fromkeys(names, str(threads))}
        if name == "JAX" and threads == 1:
            environment["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        command = [sys.executable, str(Path(__file__).parent / "worker.py"), name]
        if threads == 1:  # Not every library keeps to the number it is told.
            command = ["taskset", "--cpu-list", "0", *command]
        return talking(command, environment)

    def seconds(self, entry: Entry, threads: int) -> float:
        """Let a contender do its work once; return the seconds."""
        key = (entry.contender, threads)
        if key not in self.processes:
            self.processes[key] = self.started(*key)
        question = json.dumps({"verb": entry.verb, "arguments": entry.arguments})
        answer = ask(self.processes[key], question, f"{entry.label} with {threads} thread(s)")
        return float(json.loads(answer)["seconds"])

    def stop(self) -> None:
        """End all processes."""
        for process in self.processes.values():
            process.kill()
            process.wait()


def measure(case: Case, workers: Workers) -> list[dict[str, Any]]:
    """Run the rounds of a case; return a row for each contender that is installed."""
    entries = [entry for entry in case.entries if not missing(entry.contender)]
    for entry in entries:
        workers.seconds(entry, case.threads)
    rounds = [[workers.seconds(entry, case.threads) / entry.per for entry in entries] for _ in range(ROUNDS)]
    rows = []
    for i, entry in enumerate(entries):
        row = {
            "case": case.name,
            "threads": case.threads,
            "contender": entry.label,
            "microseconds": round(1e6 * median(times[i] for times in rounds), 3),
            "spread": [round(1e6 * bound(times[i] for times in rounds), 3) for bound in (min, max)],
            "times_byhand": round(median(times[i] / times[0] for times in rounds), 3),
        }
        rows.append(row)
        cost = f"{row['microseconds']:12,.2f} µs {row['times_byhand']:9.2f}×"
        print(f"{case.name:46} {case.threads} thr  {entry.label:34} {cost}", flush=True)
    return rows


def main() -> None:
    """Measure everything, or the cases that are named."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    for name in CONTENDERS:
        if lack := missing(name):
            print(f"{name} is left out: it needs {lack}.", file=sys.stderr)
    rows = []
    for case in cases():
        if wanted in case.name:
            workers = Workers()
            try:
                rows += measure(case, workers)
            finally:
                workers.stop()
    if not wanted:
        peers = [DISTRIBUTIONS.get(package, package) for name, package in PACKAGES.items() if not missing(name)]
        write_result("bench", {"rounds": ROUNDS, "rows": rows}, packages=["numba", *peers])


if __name__ == "__main__":
    main()
