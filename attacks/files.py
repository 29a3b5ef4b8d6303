"""Attack the reading of files: thousands of damaged ones, and ones that were damaged and given a right checksum again.

Each is loaded and then used, in a process under limits. Anything but an answer or one sentence is a finding.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from attacks import foreign
from attacks.bombs import bombs
from attacks.cells import Cell, Outcome
from attacks.findings import Finding, Report
from attacks.mutants import damaged, resealed
from attacks.shrink import smaller
from attacks.specimens import IDX, Specimen, lay_out, specimens, traps
from byhand import machine
from byhand.types import Json

JOB = "attacks.uses:use"
SECONDS, MEGABYTES = 20.0, 1024  # that a file may take
WARMING = 120.0  # Seconds for the first files: loops are compiled.
RESEALED = 0.4  # The share of files with a right checksum.
MOST_FINDINGS = 20
FEWEST = 2  # files a second that must be tried
TRIES = 60  # to make one smaller
GOOD = ("answer", "refused")


@dataclass(frozen=True)
class Case:
    """One file to try, and what was done to it."""

    number: int
    specimen: Specimen
    change: str


@dataclass(eq=False)
class Trial:
    """All that is tried, by as many threads as there are cores, each with a process of its own."""

    folder: Path
    sound: list[Specimen]
    cases: Iterator[Case]
    ends: float  # but half of the time is for trying, however long it takes to warm up
    least: float
    counts: Counter[str] = field(default_factory=Counter)
    worst: list[tuple[Case, Outcome]] = field(default_factory=list)
    seconds: float = 0.0
    megabytes: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.beside: Mapping[str, bytes] = {
            each.name: each.content for each in self.sound if each.use == "data" and each.name in IDX
        }

    def run(self, place: int) -> None:
        """Try file after file in a folder and a process of one's own, until the time is over."""
        home, cell = self.folder / f"cell-{place}", Cell(JOB, WARMING, MEGABYTES)
        try:
            for specimen in self.sound:
                outcome = self.outcome(cell, home, specimen)
                if outcome.kind != "answer":
                    raise RuntimeError(f"{specimen.use} {specimen.name}: a sound file is not read: {outcome}")
            cell.seconds = SECONDS
            ends = max(self.ends, time.monotonic() + self.least)
            while time.monotonic() < ends:
                with self.lock:
                    case = next(self.cases)
                self._note(case, self.outcome(cell, home, case.specimen))
        finally:
            cell.close()

    def outcome(self, cell: Cell, home: Path, specimen: Specimen) -> Outcome:
        """Return what comes of one file."""
        return cell.do(lay_out(home, specimen, self.beside))

    def _note(self, case: Case, outcome: Outcome) -> None:
        """Count what came of a file."""
        with self.lock:
            self.counts.update([outcome.kind, case.change])
            self.seconds = max(self.seconds, outcome.seconds)
            self.megabytes = max(self.megabytes, outcome.megabytes)
            if outcome.kind not in GOOD:
                self.worst.append((case, outcome))


def attack(random: np.random.Generator, seconds: float, folder: Path) -> Report:
    """Damage files for some seconds, and report what was not answered in words."""
    ends, making, canary = time.monotonic() + seconds, folder / "making", folder / "canary"
    making.mkdir(exist_ok=True)
    sound = [*specimens(making), *foreign.sound(making)]
    dangerous = [*traps(canary), *foreign.traps(canary)]
    trial = Trial(folder, sound, _cases(sound, dangerous, random, making), ends, seconds / 2)
    with ThreadPoolExecutor(machine.cores()) as pool:
        for done in [pool.submit(trial.run, place) for place in range(machine.cores())]:
            done.result()
    findings = [*_findings(trial)]
    if canary.exists():
        findings.append(Finding("Code in a file was run.", "the files of attacks.specimens.traps"))
    mutants = trial.counts["damaged"] + trial.counts["resealed"]
    if mutants < FEWEST * seconds:
        findings.append(Finding(f"Only {mutants:,} files were tried; that shows nothing.", "with more --minutes"))
    figures: dict[str, Json] = {
        "mutants": mutants,
        "of them resealed": trial.counts["resealed"],
        "traps and bombs": trial.counts["made"],
        **{kind: trial.counts[kind] for kind in (*GOOD, "crashed", "slow", "large", "died")},
        "most seconds of the processor": round(trial.seconds, 2),
        "most MiB": round(trial.megabytes),
        "code run": int(canary.exists()),
    }
    return Report(figures, findings)


def _cases(
    sound: list[Specimen], dangerous: list[Specimen], random: np.random.Generator, making: Path
) -> Iterator[Case]:
    """Yield the traps and bombs as they are, and then sound files and traps, damaged or changed and sealed anew."""
    number = 0
    for each in (*dangerous, *bombs(), *foreign.bombs()):
        yield Case(number := number + 1, each, "made")
    uses = ("data", "npz", "model", "checkpoint", "recipe", "history", foreign.USE)
    groups = [[each for each in sound if each.use == use] for use in uses]
    while True:
        group = dangerous if random.random() < 0.02 else groups[random.integers(len(groups))]
        specimen = group[random.integers(len(group))]
        seals = random.random() < RESEALED and group is not dangerous
        content = resealed(specimen, random, making) if seals else damaged(specimen, random)
        number += 1
        yield Case(number, replace(specimen, content=content), "resealed" if seals else "damaged")


def _findings(trial: Trial) -> Iterator[Finding]:
    """Yield what was found, each fault once, with the smallest file that has it."""
    told: set[str] = set()
    cell = Cell(JOB, WARMING, MEGABYTES)
    for case, outcome in trial.worst:
        last = outcome.said.strip().splitlines()[-1][:200]
        where = [line.strip() for line in outcome.said.splitlines() if line.strip().startswith("File ")][-1:]
        fault = f"{outcome.kind} {case.specimen.use}: {last}"
        if (key := f"{outcome.kind} {where or last}") in told or len(told) >= MOST_FINDINGS:
            continue
        told.add(key)
        smallest = _smaller(trial, cell, case.specimen, outcome)
        kept = trial.folder / f"found-{case.number}-{case.specimen.name}"
        kept.write_bytes(smallest.content)
        kept.with_name(f"{kept.name}.txt").write_text(outcome.said)
        yield Finding(f"{fault} ({case.change})", f"use it as {case.specimen.use} named {case.specimen.name}", kept)
    cell.close()


def _smaller(trial: Trial, cell: Cell, specimen: Specimen, outcome: Outcome) -> Specimen:
    """Return the file with as much left out as still comes to the same; of slow and large ones nothing is tried."""
    if outcome.kind not in ("crashed", "died"):
        return specimen
    home = trial.folder / "smaller"

    def harms(content: bytes) -> bool:
        return trial.outcome(cell, home, replace(specimen, content=content)).kind == outcome.kind

    return replace(specimen, content=smaller(specimen.content, harms, tries=TRIES))
