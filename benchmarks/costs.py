"""What an epoch of the recipe `best` is spent on, and what drawing 60,000 images anew costs.

    python benchmarks/costs.py

takes two minutes and writes results/costs.json. The matrix products are timed alone, in the same shapes, beside the
whole step; each figure is the median of alternating rounds.
"""

import os
import subprocess
import sys

if __name__ == "__main__" and len(sys.argv) == 1:  # The linear algebra library asks for its threads only once.
    for count in (1, 2):
        environment = os.environ | {"OPENBLAS_NUM_THREADS": str(count)}
        subprocess.run([sys.executable, __file__, str(count)], env=environment, check=True)
    sys.exit()

import json
import time
from collections.abc import Callable
from statistics import median

import numpy as np
from numpy.typing import NDArray

import byhand
from byhand.data.distortions import Distortions
from byhand.learning import recipe_files
from byhand.learning.drawing.distorting import distort, draw
from byhand.learning.engines import choice
from byhand.learning.training import STRETCH
from byhand.network import initial_parameters, layers
from byhand.types import Json
from common import RESULTS, write_result

ROUNDS = 15


def products(sizes: tuple[int, ...], batch: int, rng: np.random.Generator) -> Callable[[], None]:
    """Return a function that does the matrix products of one step, and nothing else."""
    theta = initial_parameters(sizes, "relu", rng)
    gradient = np.empty_like(theta)
    a = [rng.random((batch, size), np.float32) for size in sizes]
    room = [np.empty_like(values) for values in a]
    parts = list(zip(layers(theta, sizes), layers(gradient, sizes), strict=True))

    def multiply() -> None:
        for k, ((w, _), (dw, _)) in enumerate(parts):
            np.matmul(a[k], w, out=room[k + 1])
            np.matmul(a[k].T, a[k + 1], out=dw)
            if k > 0:
                np.matmul(a[k + 1], w.T, out=room[k])

    return multiply


def draw_anew(images: NDArray[np.uint8], strengths: Distortions, rng: np.random.Generator) -> None:
    """Draw all images anew, a thousand at a time, as a training does."""
    drawn = draw(strengths, len(images), rng)
    for start in range(0, len(images), STRETCH):
        part = slice(start, start + STRETCH)
        distort(images[part], drawn.take(part))


def timed(work: Callable[[], object]) -> float:
    """Return the milliseconds it takes."""
    began = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - began)


def main(threads: int) -> None:
    """Measure with so many threads, and add it to the file."""
    recipe = choice.resolve(recipe_files.read("best").recipe)
    train, rng = byhand.load("mnist").train, np.random.default_rng(0)
    sizes, batch = (784, *recipe.layers, 10), recipe.batch_size
    engine = choice.make(recipe, sizes, initial_parameters(sizes, recipe.activation, rng))
    images, labels = train.images[:batch].reshape(batch, -1), train.labels[:batch]
    steps = {
        "draw 60,000 images anew": lambda: draw_anew(train.images, Distortions.of(recipe), rng),
        "matrix products of a step of `best`": products(sizes, batch, rng),
        "a whole step of `best`": lambda: engine.learn(images, labels, 1e-3),
    }
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(ROUNDS + 1):
        for name, work in steps.items():
            times[name].append(timed(work))
    found = {name: median(values[1:]) for name, values in times.items()}
    drawing, multiplying, stepping = found.values()
    count = len(train) / batch
    share = 1 - multiplying * count / (stepping * count + drawing)
    rows: list[Json] = [{"work": name, "threads": threads, "milliseconds": ms} for name, ms in found.items()]
    outside: dict[str, Json] = {str(threads): share}
    path = RESULTS / "costs.json"
    if threads > 1 and path.exists():
        before = json.loads(path.read_text())
        rows, outside = [*before["rows"], *rows], before["outside"] | outside
    write_result("costs", {"rows": rows, "outside": outside})
    print(threads, found, f"outside the matrix products {100 * share:.0f} %", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
