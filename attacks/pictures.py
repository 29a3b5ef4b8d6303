"""Attack the reading of pictures: hostile pages of all kinds, noise by the thousand, and damaged files of all formats.

Each is read as a page and named as a digit, in a process of its own. Whatever is neither an answer nor a sentence that
refuses it is a finding, and so is what takes more of the processor or of memory than any picture may.
"""

import io
import itertools
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from attacks.cells import Cell, Outcome
from attacks.findings import Finding, Report
from attacks.hostile_files import files
from attacks.hostile_pictures import KINDS, hostile
from attacks.mutate import mutated
from attacks.shrink import smaller

MOST_SECONDS, MOST_MEGABYTES = 3.0, 600.0  # that any picture may cost
SLOWEST, LARGEST = 20.0, 1024  # Where a process is ended.
JOBS = ("read", "recognize")
PAGES, SMALL = 0.35, 0.2  # shares of the time; the rest is for damaged files
EXPECTED = {"pages": 0.15, "small": 1.5, "mutants": 1.5}  # a second of their time, on a slow and busy machine
FEWEST = 4  # bytes that are left out at a time while a file is made smaller


@dataclass(eq=False)
class _Tally:
    """What came of all that was tried, and where what was found is kept."""

    folder: Path
    cells: dict[str, Cell]
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0
    megabytes: float = 0.0
    tried: int = 0

    def attack(self, name: str, content: bytes) -> None:
        """Read a file in all ways; keep it if something got through."""
        path = self.folder / "tried"
        path.write_bytes(content)
        self.tried += 1
        for job, cell in self.cells.items():
            outcome = cell.do(path)
            if outcome.seconds > MOST_SECONDS and outcome.kind in ("answer", "refused"):
                outcome = cell.do(path)  # Once, it may have been the machine.
            self.outcomes[outcome.kind] += 1
            self.seconds = max(self.seconds, outcome.seconds)
            self.megabytes = max(self.megabytes, outcome.megabytes)
            if what := _wrong(outcome):
                kept = self.folder / f"{len(self.findings)}-{name}"
                kept.write_bytes(_smaller(content, outcome, cell, path))
                self.findings.append(Finding(f"{job} of {name}: {what}", f"byhand {COMMANDS[job]} {kept}", kept))


COMMANDS = {"read": "read", "recognize": "predict"}


def attack(random: np.random.Generator, seconds: float, folder: Path) -> Report:
    """Attack with pages, small pictures and damaged files, for some seconds."""
    cells = {job: Cell(f"attacks.picture_jobs:{job}", SLOWEST, LARGEST) for job in JOBS}
    tally = _Tally(folder, cells)
    began = time.monotonic()
    figures: dict[str, int] = {}
    too_few: list[Finding] = []
    parts = {"pages": (_pages, PAGES), "small": (_small, PAGES + SMALL), "mutants": (_mutants, 1.0)}
    try:
        for name, (part, end) in parts.items():
            before, started = tally.tried, time.monotonic() - began
            for label, content in part(random):
                if time.monotonic() - began > end * seconds:
                    break
                tally.attack(label, content)
            figures[name] = tally.tried - before
            expected = max(1.0, EXPECTED[name] * (end * seconds - started))
            if figures[name] < expected:
                what = f"Only {figures[name]} {name} were tried, and {expected:.0f} should have been."
                too_few.append(Finding(what, "python -m attacks --only pictures"))
    finally:
        for cell in cells.values():
            cell.close()
    outcomes = {f"outcomes: {kind}": many for kind, many in sorted(tally.outcomes.items())}
    most = {"most seconds of the processor": round(tally.seconds, 2), "most MiB": round(tally.megabytes)}
    return Report({**figures, **outcomes, **most}, tally.findings + too_few)


def _pages(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    """Yield hostile pages of all kinds in turn, without end."""
    for kind in itertools.cycle(KINDS):
        yield f"{kind}.png", _saved(Image.fromarray(hostile(random, kind)), "PNG", compress_level=1)


def _small(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    """Yield small pictures of all kinds, some as JPEG saves them, without end."""
    for kind in itertools.cycle(KINDS):
        height, width = np.exp(random.uniform(0, 5, 2)).astype(int)
        picture = Image.fromarray(hostile(random, kind, (int(height), int(width))))
        if random.random() < 0.5:
            yield f"{kind}.jpg", _saved(picture, "JPEG", quality=int(random.integers(1, 95)))
        else:
            yield f"{kind}.png", _saved(picture, "PNG")


def _mutants(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    """Yield files of all formats: each once as it is, and then damaged, without end."""
    sound = files(random)
    yield from sound
    while True:
        name, content = sound[random.integers(len(sound))]
        yield name, mutated(content, random)


def _saved(picture: Image.Image, kind: str, **options: int) -> bytes:
    """Return a picture as a file."""
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


def _wrong(outcome: Outcome) -> str | None:
    """Say what is wrong with an outcome, if anything is."""
    if outcome.kind not in ("answer", "refused"):
        return f"{outcome.kind}: {outcome.said.strip()[-400:]}"
    if outcome.seconds > MOST_SECONDS:
        return f"took {outcome.seconds:.1f} seconds of the processor"
    if outcome.megabytes > MOST_MEGABYTES:
        return f"took {outcome.megabytes:.0f} MiB"
    return None


def _smaller(content: bytes, outcome: Outcome, cell: Cell, path: Path) -> bytes:
    """Return the smallest part of a file that crashes in the same way: halves are left out, then smaller parts.

    What merely takes long is left as it is, for that would take longer still.
    """
    if outcome.kind != "crashed":
        return content
    said = outcome.said.strip().rpartition("\n")[2]

    def harms(less: bytes) -> bool:
        path.write_bytes(less)
        again = cell.do(path)
        return again.kind == "crashed" and again.said.strip().endswith(said)

    return smaller(content, harms, fewest=FEWEST)
