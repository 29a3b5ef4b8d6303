"""Measure how near byhand's loops come to what one core of this machine can do; write results/roofline.json.

    python benchmarks/roofline.py     about a minute; `tables.py` draws the picture

A loop needs arithmetic and bytes; whichever takes longer is its limit. Counted is what the mathematics needs, whoever
does it: of the first layer only the pixels that are lit, the other layers in full; each weight that is needed fetched
once forward, fetched and written once when it is corrected, with what an optimizer remembers of it; images as bytes.
"""

import os

CORE = 0
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"))
if hasattr(os, "sched_setaffinity"):  # Before anybody counts the cores.
    os.sched_setaffinity(0, {CORE})

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

import byhand
from byhand.data.distortions import Distortions
from byhand.learning import recipe_files
from byhand.learning.drawing.distorting import distort, draw
from byhand.types import Json
from ceilings import Loops, quickest
from common import write_result
from contenders import contender
from passes import READER, Pass, Work, training_data

WIDE = (784, 1024, 1024, 512, 10)
SWEEP = [2**k for k in range(4, 21)]  # KB
FLOAT = 4
REMEMBERED = {"sgd": 0, "momentum": 1, "adam": 2}  # floats for each weight
ARITHMETIC = {"sgd": 0, "momentum": 4, "adam": 11}  # operations for each weight, on top of its gradient
OF_A_PIXEL = (
    75  # operations that drawing one anew takes: two smooth fields, the ink's centre, where to look, the mixture
)


@dataclass(frozen=True)
class Dot:
    """A loop: what it does, how often it does that to one image, and what one image needs."""

    label: str
    kind: str  # learn, read or draw
    work: Work
    images: int
    flops: float
    bytes: float


def lit_pixels(batch: int) -> tuple[float, float]:
    """Return how many pixels an image lights, and how many at least one image of a batch does, on average."""
    images = training_data(20_000 // batch * batch)[0] != 0
    return float(images.sum(axis=1).mean()), float(images.reshape(-1, batch, 784).any(axis=1).sum(axis=1).mean())


def learning(label: str, batch: int, sizes: tuple[int, ...] = READER, optimizer: str = "sgd") -> Dot:
    """Return a training pass."""
    lit, of_batch = lit_pixels(batch)
    first, rest = sizes[1], sum(n_in * n_out for n_in, n_out in pairwise(sizes[1:]))
    parameters = 784 * first + rest + sum(sizes[1:])
    moved = of_batch * first + rest if optimizer == "sgd" else parameters
    flops = 4 * lit * first + 6 * rest + ARITHMETIC[optimizer] * parameters / batch
    forward, corrected = of_batch * first + rest, (2 + 2 * REMEMBERED[optimizer]) * moved
    n = max(20 * batch, 2000)
    work = contender("byhand").train(Pass(sizes, batch, n, optimizer))
    return Dot(label, "learn", work, n, flops, FLOAT * (forward + corrected) / batch + 784)


def reading(label: str, n: int) -> Dot:
    """Return the reading of `n` images."""
    lit, rest = lit_pixels(1)[0], sum(n_in * n_out for n_in, n_out in pairwise(READER[1:]))
    needed = FLOAT * ((lit_pixels(n)[1] if n < 20_000 else 784) * READER[1] + rest) / n
    return Dot(label, "read", contender("byhand").predict(n), n, 2 * (lit * READER[1] + rest), needed + 784)


def drawing(label: str, n: int = 10_000) -> Dot:
    """Return the drawing anew of `n` images as the recipe `small` asks for it."""
    strengths = Distortions.of(recipe_files.read("small").recipe)
    images = byhand.load("mnist").train.images[:n]
    drawn = draw(strengths, n, np.random.default_rng(0))
    given = (drawn.maps.nbytes + drawn.noise.nbytes) / n
    return Dot(label, "draw", lambda: distort(images, drawn), n, OF_A_PIXEL * 784, 2 * 784 + given)


def dots() -> Iterator[Dot]:
    """List the loops; one more is one line more."""
    yield learning("1 image a step", 1)
    yield learning("32 a step", 32)
    yield learning("128 a step", 128)
    yield learning("512 a step", 512)
    yield learning("128, momentum", 128, optimizer="momentum")
    yield learning("128, Adam", 128, optimizer="adam")
    yield learning("784-1024-1024-512-10, 256 a step", 256, WIDE)
    yield reading("read 1", 1)
    yield reading("read 10,000", 10_000)
    yield drawing("draw images anew")


def cache_sizes() -> dict[str, int]:
    """Return the KB of each cache that holds data, as Linux tells them; where it does not, of an ordinary processor."""
    found = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        if (folder / "type").read_text().strip() != "Instruction":
            found[f"L{(folder / 'level').read_text().strip()}"] = int((folder / "size").read_text().strip().rstrip("K"))
    return found or {"L1": 32, "L2": 1024, "L3": 16_384}


def levels(sweep: dict[int, float]) -> list[Json]:
    """Return the bandwidth of each level: the median over the arrays that fill between a quarter and half of it."""
    rows: list[Json] = []
    smaller = 0
    for name, size in cache_sizes().items():
        fitting = [
            speed for kilobytes, speed in sweep.items() if smaller < kilobytes and size / 4 <= kilobytes <= size / 2
        ]
        fitting = fitting or [speed for kilobytes, speed in sweep.items() if smaller < kilobytes <= size]
        rows.append({"name": name, "kilobytes": size, "gigabytes_a_second": float(np.median(fitting))})
        smaller = size
    rows.append({"name": "memory", "gigabytes_a_second": sweep[max(sweep)]})
    return rows


def main() -> None:
    """Measure the limits, then the loops; write the file."""
    loops = Loops()
    square = np.ones((2048, 2048), np.float32)
    product = 2 * len(square) ** 3 / quickest(lambda: square @ square) / 1e9
    sweep = {kilobytes: loops.bandwidth(kilobytes) for kilobytes in SWEEP}
    facts: dict[str, Json] = {"peak": loops.peak(), "product": product, "levels": levels(sweep)}
    facts["sweep"] = [{"kilobytes": size, "gigabytes_a_second": speed} for size, speed in sweep.items()]
    print(facts["peak"], product, facts["levels"], flush=True)
    rows: list[Json] = []
    for dot in dots():
        seconds = quickest(dot.work) / dot.images
        rows.append(
            {
                "label": dot.label,
                "kind": dot.kind,
                "microseconds": 1e6 * seconds,
                "flop": dot.flops,
                "bytes": dot.bytes,
                "gigaflops": dot.flops / seconds / 1e9,
            }
        )
        print(f"{dot.label:34} {1e6 * seconds:8.2f} µs {dot.flops / seconds / 1e9:8.1f} Gflop/s", flush=True)
    write_result("roofline", {**facts, "dots": rows}, ["numba"])


if __name__ == "__main__":
    main()
