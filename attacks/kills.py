"""Kill trainings with -9 at random moments, let them go on, and compare every bit with what was never killed."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from attacks.findings import Finding, Report
from attacks.processes import children, is_training, serving
from byhand.errors import ByhandError
from byhand.model import FILE_NAME, Model
from byhand.runs import checkpoints
from byhand.types import Floats, Json

# As `byhand` begins, but a checkpoint is written every few steps instead of every half minute, and nothing is drawn.
BEGIN = """
from byhand.runs import run_folder
run_folder.CHECKPOINT_SECONDS = 0.02
run_folder.figures.save_figure = lambda *_: None
run_folder.save_evaluation_figures = lambda *_: None
from byhand.__main__ import run
run()
"""
SMALL = ("--layers", "16", "--limit", "1500")
RECIPES: dict[str, Sequence[str]] = {
    "plain descent, image by image": (*SMALL, "--epochs", "8"),
    "adam, an average, patience": (
        *(*SMALL, "--epochs", "6", "--batch-size", "8", "--optimizer", "adam", "--average", "0.99"),
        *("--validation", "500", "--patience", "2"),
    ),
    "distorted images, momentum": (
        *(*SMALL, "--epochs", "3", "--batch-size", "32", "--optimizer", "momentum"),
        *("--rotation", "10", "--elastic", "2", "--thickness", "0.5"),
    ),
    "label smoothing, adversarial images": (
        *(*SMALL, "--epochs", "5", "--batch-size", "16", "--label-smoothing", "0.1", "--adversarial", "0.05"),
    ),
    "strangers, Nesterov": (
        *(*SMALL, "--epochs", "5", "--batch-size", "16", "--optimizer", "nesterov", "--strangers", "0.2"),
    ),
    "byhand's own model goes on, classes balanced": (
        *("--from", "default", "--limit", "1500", "--epochs", "4", "--batch-size", "16", "--class-weight", "balanced"),
    ),
}
SEEDS, PAGE, MORE = "two seeds at once", "the page", "more epochs of a finished run"
BEFORE_MORE, MORE_EPOCHS = "distorted images, momentum", 6
PAGE_SETTINGS: dict[str, Json] = {
    "layers": [16],
    "limit": 20_000,
    "epochs": 4,
    "batch_size": 4,
    "validation": 0,
    "optimizer": "adam",
    "rotation": 5,
}
LONGEST = 120.0  # Seconds that anything may take before it counts as hanging.


@dataclass
class Killer:
    """Kills trainings of each kind, and knows what each comes to if nobody kills it."""

    random: np.random.Generator
    folder: Path
    killed: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    _undisturbed: dict[str, list[Floats]] = field(default_factory=dict)
    _seconds: dict[str, float] = field(default_factory=dict)  # that each takes undisturbed

    def attack(self, kind: str, number: int) -> None:
        """Kill one training until it is left alone, and compare what it comes to."""
        folder = self.folder / f"{number}"
        folder.mkdir()
        again = f"kill number {number} of this seed: {kind}; what is left lies in {folder}"
        before = self.killed.total()
        try:
            reached = {SEEDS: self._seeds, PAGE: self._page}.get(kind, lambda it: self._one(it, kind))(folder)
            wanted = self.undisturbed(kind)
        except (ByhandError, subprocess.SubprocessError, OSError, TimeoutError) as error:
            self.findings.append(Finding(f"{kind}: after {self.killed.total() - before} kills: {error}", again))
            return
        if not all(np.array_equal(one, other) for one, other in zip(reached, wanted, strict=True)):
            self.findings.append(Finding(f"{kind}: other bits after {self.killed.total() - before} kills", again))

    def undisturbed(self, kind: str) -> list[Floats]:
        """Return the parameters that a kind of training comes to."""
        if kind not in self._undisturbed:
            folder = self.folder / f"undisturbed-{len(self._undisturbed)}"
            folder.mkdir()
            _finished(_before(kind, folder))
            began = time.monotonic()
            _finished(_command(kind, folder))
            self._seconds[kind] = time.monotonic() - began
            self._undisturbed[kind] = _parameters(kind, folder)
        return self._undisturbed[kind]

    def _one(self, folder: Path, kind: str) -> list[Floats]:
        """Kill a training, and up to twice what goes on with it."""
        _finished(_before(kind, folder))
        command = _command(kind, folder)
        for _ in range(int(self.random.integers(1, 4))):
            if command:
                self._kill(command, kind)
                if kind == MORE and not (checkpoints.is_finished(folder / "out") and _parameters(kind, folder)):
                    raise ByhandError("what the finished training had left is gone")
                command = _going_on(folder / "out", command)
        _finished(command)
        return _parameters(kind, folder)

    def _kill(self, command: Sequence[str], kind: str, *, alone: bool = False) -> None:
        """Begin a command and kill it at some moment, with its children unless alone."""
        self.undisturbed(kind)
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(float(self.random.uniform(0.2, 1.1)) * self._seconds[kind])
        with contextlib.suppress(ProcessLookupError):
            (os.kill if alone else os.killpg)(process.pid, signal.SIGKILL)
        if process.wait() == -signal.SIGKILL:
            self.killed[kind] += 1

    def _seeds(self, folder: Path) -> list[Floats]:
        """Kill two seeds that learn side by side, or only the process that began them, and let each go on."""
        self._kill(_command(SEEDS, folder), SEEDS, alone=bool(self.random.integers(2)))
        for seed in (0, 1):
            out = folder / "out" / f"seed-{seed}"
            _until_free(out)
            _finished(_going_on(out, _training(RECIPES["plain descent, image by image"], out, "--seed", str(seed))))
        return _parameters(SEEDS, folder)

    def _page(self, folder: Path) -> list[Floats]:
        """Kill the process that trains for the page, or the page's server, and go on with the command line."""
        self.undisturbed(PAGE)
        with serving(folder, "--runs", str(folder / "runs")) as server:
            _ask(f"{server.address}/api/training", PAGE_SETTINGS)
            time.sleep(float(self.random.uniform(0.3, 1.0)) * self._seconds[PAGE])
            worker = [child for child in children(server.process.pid) if is_training(child)]
            victim = server.process.pid if self.random.integers(2) or not worker else worker[0]
            os.kill(victim, signal.SIGKILL)
            self.killed[PAGE] += 1
            out = folder / "runs" / "page-1"
            _until_free(out)
        if out.is_dir():
            (folder / "out").symlink_to(out)
        _finished(_going_on(folder / "out", _command(PAGE, folder)))
        return _parameters(PAGE, folder)


def attack(random: np.random.Generator, seconds: float, folder: Path) -> Report:
    """Kill trainings for as long as there is time."""
    killer, until, number = Killer(random, folder), time.monotonic() + seconds, 0
    kinds = [*RECIPES, SEEDS, PAGE, MORE]
    while time.monotonic() < until:
        for kind in random.permutation(kinds):
            if time.monotonic() < until:
                killer.attack(str(kind), number)
                number += 1
    if not killer.killed:
        killer.findings.append(Finding("Nothing was killed; that shows nothing.", "with more --minutes"))
    figures: dict[str, Json] = {
        "trainings that were killed": number,
        "kills": killer.killed.total(),
        "kills of each kind": dict(killer.killed),
        "trainings that came to the same bits": number - len(killer.findings),
    }
    return Report(figures, killer.findings)


def _training(options: Sequence[str], out: Path, *more: str) -> list[str]:
    """Return the command that trains into a folder."""
    return [sys.executable, "-P", "-c", BEGIN, "train", *options, *more, "--out", str(out)]


def _before(kind: str, folder: Path) -> list[str]:
    """Return the command that comes before, and is not killed."""
    return _training(RECIPES[BEFORE_MORE], folder / "out") if kind == MORE else []


def _command(kind: str, folder: Path) -> list[str]:
    """Return the command that trains as a kind does."""
    if kind == MORE:
        return _resuming(folder / "out", "--epochs", str(MORE_EPOCHS))
    if kind == SEEDS:
        return _training(RECIPES["plain descent, image by image"], folder / "out", "--seeds", "2")
    if kind == PAGE:
        options = [
            (f"--{name.replace('_', '-')}", "16" if name == "layers" else str(value))
            for name, value in PAGE_SETTINGS.items()
        ]
        return _training([word for option in options for word in option], folder / "out")
    return _training(RECIPES[kind], folder / "out")


def _going_on(out: Path, command: list[str]) -> list[str]:
    """Return the command that goes on with what is in a folder: none if it is over, all of it if nothing was kept."""
    if out.is_dir() and checkpoints.exists(out):
        return _resuming(out)
    if command[-2:] == ["--epochs", str(MORE_EPOCHS)] and "--resume" in command:
        return [] if checkpoints.load_finished(out).recipe.epochs == MORE_EPOCHS else command
    return [] if (out / FILE_NAME).exists() else command


def _resuming(out: Path, *more: str) -> list[str]:
    """Return the command that goes on with what is in a folder."""
    return [sys.executable, "-P", "-c", BEGIN, "train", "--resume", str(out), *more]


def _finished(command: Sequence[str]) -> None:
    """Let a command finish; raise what it says if it fails."""
    if command:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
        if done.returncode:
            raise ByhandError(f"exit code {done.returncode}: {done.stderr.strip()[-300:]}")


def _parameters(kind: str, folder: Path) -> list[Floats]:
    """Return the parameters of the models that a kind leaves."""
    outs = [folder / "out" / f"seed-{seed}" for seed in (0, 1)] if kind == SEEDS else [folder / "out"]
    return [Model.load(out).theta for out in outs]


def _until_free(out: Path) -> None:
    """Wait until nobody is at work in a folder any more."""
    from filelock import FileLock

    if out.is_dir():
        with FileLock(out / ".lock", timeout=LONGEST):
            pass


def _ask(address: str, content: Json) -> None:
    """Send JSON to a server."""
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(address, json.dumps(content).encode(), headers)  # noqa: S310  # http
    with urllib.request.urlopen(request, timeout=LONGEST) as answer:  # noqa: S310
        answer.read()
