"""One recipe with several seeds: what chance alone makes of a result.

Every seed is a `byhand train` of its own, in a process of its own; as many run side by side as there are processor
cores, and share them out.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import PIPE
from threading import Lock
from types import MappingProxyType

from byhand import machine
from byhand.data.forms.found import listed
from byhand.errors import ByhandError
from byhand.files import as_typed, write_atomically
from byhand.learning import recipe_files
from byhand.learning.recipe_files import RecipeFile
from byhand.runs import checkpoints, run_folder
from byhand.runs.results import Result
from byhand.types import Json

RESULT_FILE = "seeds.json"
PATIENCE = 10.0  # seconds that seeds have to save what they have reached
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@dataclass(frozen=True)
class SeedResult:
    """What one seed came to on the test images, and what it told beside that."""

    seed: int
    result: Result
    notes: Sequence[str] = ()

    def to_dict(self) -> dict[str, Json]:
        """Return it as JSON can hold it."""
        return {"seed": self.seed, **self.result.to_dict()}


def noted(results: Iterable[SeedResult], note: Callable[[str], None]) -> Iterator[SeedResult]:
    """Hand on results, and note what seeds have told beside them, nothing twice."""
    known: set[str] = set()
    for result in results:
        for told in result.notes:
            if told not in known:
                known.add(told)
                note(f"seed {result.seed}: {told}")
        yield result


def train_seeds(content: RecipeFile, seeds: int, folder: Path, *flags: str) -> Iterator[SeedResult]:
    """Train with `seeds` seeds, from the recipe's own on, each in `folder/seed-<n>`; yield them as they are done.

    Each is given the flags, such as `--force`.

    Raises
    ------
    ByhandError
        If one of them fails; those that are done stay, and the others are stopped.
    """
    first, workers = content.recipe.seed, min(seeds, machine.cores())
    environment = os.environ | dict.fromkeys(THREADS, str(machine.cores() // workers))
    running: list[subprocess.Popen[str]] = []
    starting = Lock()  # While it is held, no process is begun; and none once `stopped` is set.
    stopped = False

    def train(seed: int) -> SeedResult:
        file, out = folder / f"seed-{seed}.toml", folder / f"seed-{seed}"
        command = machine.own_command("byhand", "train", "--recipe", str(file), "--out", str(out), "--json", *flags)
        with starting:
            if stopped:  # pragma: no cover  # only where a thread waits for the lock just as another seed fails
                raise ByhandError(f"seed {seed}: was not begun.")
            recipe_files.write(file, replace(content, recipe=replace(content.recipe, seed=seed)))
            process = subprocess.Popen(  # noqa: S603  # What it runs is byhand's own.
                command, stdout=PIPE, stderr=PIPE, encoding="utf-8", errors="replace", env=environment
            )
            running.append(process)
        lines, complaints = process.communicate()
        file.unlink()  # The run's folder has its own.
        if process.returncode:
            told = complaints.strip().splitlines() or [f"ended with {process.returncode}."]
            raise ByhandError(f"seed {seed}: {told[-1].removeprefix('byhand: ')}")
        notes = [line.removeprefix("byhand: ") for line in complaints.splitlines()]
        return SeedResult(seed, Result(**json.loads(lines.splitlines()[-1])), notes)

    with ThreadPoolExecutor(workers) as pool:
        waiting = [pool.submit(train, seed) for seed in range(first, first + seeds)]
        try:
            yield from (done.result() for done in as_completed(waiting))
        finally:
            with starting:
                stopped = True
            pool.shutdown(wait=False, cancel_futures=True)
            stop(running, saving=isinstance(sys.exc_info()[1], KeyboardInterrupt))


def stop(running: Sequence["subprocess.Popen[str] | subprocess.Popen[bytes]"], *, saving: bool) -> None:
    """End every process; after a Ctrl-C, which may not have reached them, once it has saved what it came to.

    When all are gone, what they have left does not change any more.
    """
    for seconds in (1.0, PATIENCE) if saving else ():
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if all(process.poll() is not None for process in running):
                return
            time.sleep(0.01)
        if os.name != "nt":  # Windows has no way to tell one process alone.
            for process in running:
                process.send_signal(signal.SIGINT)
    for process in running:
        process.terminate()
    for process in running:
        process.wait()


def how_they_go_on(content: RecipeFile, seeds: int, folder: Path) -> str:
    """Return in words which seeds can go on, and how, after all were stopped."""
    first = content.recipe.seed
    folders = {seed: folder / f"seed-{seed}" for seed in range(first, first + seeds)}
    for path in folders.values():
        run_folder.release_folder(path)
    stopped = [seed for seed, path in folders.items() if checkpoints.exists(path)]
    over = [seed for seed, path in folders.items() if seed not in stopped and checkpoints.is_finished(path)]
    lost = [seed for seed in folders if seed not in (*stopped, *over)]
    told = [f"{named(over)} had ended"] if over else []
    told += [f"nothing was saved of {named(lost)}"] if lost else []
    if stopped:
        who = "each seed" if len(stopped) == seeds else named(stopped)
        told.append(f"{who} can go on: byhand train --resume {as_typed(folder)}/seed-…")
    text = "; ".join(told)
    return f"{text[0].upper()}{text[1:]}" + ("" if stopped else ".")


def named(seeds: Sequence[int]) -> str:
    """Return seeds, not too many, as text."""
    return f"seed{'s' if len(seeds) > 1 else ''} {listed(list(map(str, seeds)))}"


def summarize(
    results: Sequence[SeedResult], folder: Path, failed: Mapping[int, str] = MappingProxyType({})
) -> dict[str, Json]:
    """Return mean and standard deviation of the accuracies, and write them into the folder with every result.

    `failed` says why seeds have none, by seed.
    """
    accuracies = [seed.result.accuracy for seed in results]
    summary: dict[str, Json] = {
        "accuracy": statistics.mean(accuracies),
        "deviation": statistics.stdev(accuracies) if len(accuracies) > 1 else None,
        "n": len(results),
    }
    summary |= {"failed": [{"seed": seed, "error": why} for seed, why in failed.items()]} if failed else {}
    runs = [seed.to_dict() for seed in sorted(results, key=lambda seed: seed.seed)]
    write_atomically(folder / RESULT_FILE, json.dumps(summary | {"runs": runs}, indent=1).encode())
    return summary
