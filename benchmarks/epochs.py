"""Time an epoch of each recipe with byhand, with the same work in PyTorch and JAX, and with another state of byhand.

    python benchmarks/epochs.py [--before FOLDER] [--fashion FOLDER] [--rounds N] [NAME...]

All may use all cores. FOLDER after --before is another checkout of byhand, such as one of an earlier commit. Each
contender is a process of its own that has learned an epoch before the first that counts; in every round each does one
epoch, so that a slow moment of the machine meets all. Medians, and ratios taken round by round, go to
results/epochs.json if no recipe was named.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from byhand.types import Json
from common import ask, talking, write_result
from contenders import PACKAGES, missing

RECIPES = ("small", "reader", "best", "fashion", "permutation-invariant")
HERE = Path(__file__).parent
BEFORE = "byhand before"


class Worker:
    """The process of a contender."""

    def __init__(self, contender: str, recipe: str, source: Path, fashion: str) -> None:
        environment = os.environ | {"PYTHONPATH": str(source)}
        command = [sys.executable, str(HERE / "epoch_worker.py"), contender, recipe, fashion]
        self.process = talking(command, environment)

    def seconds(self) -> float:
        """Let it do an epoch; return the seconds."""
        return float(ask(self.process, "", repr(self.process.args)))

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()


def measure(recipe: str, before: Path | None, fashion: str, rounds: int) -> list[dict[str, Json]]:
    """Return a row for each contender that is installed."""
    names = ["byhand", *([BEFORE] if before else []), *(name for name in ("PyTorch", "JAX") if not missing(name))]
    now = HERE.parent / "src"
    workers = {
        name: Worker(name.partition(" ")[0], recipe, before / "src" if before and name == BEFORE else now, fashion)
        for name in names
    }
    try:
        times = [{name: worker.seconds() for name, worker in workers.items()} for _ in range(rounds)]
    finally:
        for worker in workers.values():
            worker.stop()
    rows: list[dict[str, Json]] = []
    for name in names:
        seconds = median(each[name] for each in times)
        ratio = median(each[name] / each["byhand"] for each in times)
        rows.append(
            {"recipe": recipe, "contender": name, "seconds": round(seconds, 4), "times_byhand": round(ratio, 3)}
        )
        print(f"{recipe:22} {name:14} {seconds:8.3f} s an epoch {ratio:8.2f}×", flush=True)
    return rows


def main() -> None:
    """Measure all recipes, or those that are named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=list(RECIPES))
    parser.add_argument("--before", type=Path, help="another checkout of byhand")
    parser.add_argument("--fashion", default="", help="folder with the four files of Fashion-MNIST")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    if arguments.before and not (arguments.before / "src" / "byhand").is_dir():
        parser.error(f"{arguments.before} is no checkout of byhand")
    rows = [
        row for name in arguments.names for row in measure(name, arguments.before, arguments.fashion, arguments.rounds)
    ]
    if arguments.names == list(RECIPES):
        facts: dict[str, Json] = {"rounds": arguments.rounds, "rows": rows, "fashion": bool(arguments.fashion)}
        if arguments.before:
            facts["before"] = commit_of(arguments.before)
        write_result("epochs", facts, [PACKAGES[name] for name in ("PyTorch", "JAX") if not missing(name)])


def commit_of(folder: Path) -> str:
    """Return the short name of the commit that is checked out in a folder."""
    command = ["git", "-C", str(folder), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
