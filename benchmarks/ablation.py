"""What each part of the recipe `small` is worth: a shorter training with one thing changed, three seeds each.

    python benchmarks/ablation.py

takes about ten minutes on two cores and writes results/ablation.json. Judged on the 10,000 training images set aside;
the test images are never read.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # One process per core is the better use of two cores. Read by NumPy's import.

import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from functools import cache
from multiprocessing import get_context
from statistics import mean, stdev
from typing import Any

import byhand
from byhand.data.distortions import Distortions
from byhand.learning import recipe_files
from byhand.types import Json
from common import write_result

SEEDS = range(3)
EPOCHS = 30
BASE = replace(recipe_files.read("small").recipe, epochs=EPOCHS, validation=10_000, engine="numpy")
CHANGES: dict[str, dict[str, Any]] = {
    "the recipe as it is": {},
    "no distortions": asdict(Distortions()),
    "no elastic bending": {"elastic": 0.0},
    "bending half as strong": {"elastic": 0.6},
    "no rotation, scale, shear and shift": {"rotation": 0.0, "scale": 0.0, "shear": 0.0, "shift": 0.0},
    "thickness 0.4": {"thickness": 0.4},
    "plain gradient descent": {"optimizer": "sgd", "learning_rate": 0.4},
    "Nesterov": {"optimizer": "nesterov", "learning_rate": 0.08},
    "no weight decay": {"optimizer": "adam"},
    "no warm-up": {"warmup": 0.0},
    "linear decay": {"schedule": "linear"},
    "constant rate": {"schedule": "constant"},
    "constant rate, averaged": {"schedule": "constant", "average": 0.998},
    "label smoothing 0.05": {"label_smoothing": 0.05},
}


@cache
def training_images() -> byhand.Split:
    """Load MNIST once a process."""
    return byhand.load("mnist").train


def judge(recipe: byhand.Recipe) -> tuple[float, float]:
    """Return the validation error in % after the last epoch, and the seconds an epoch."""
    began = time.perf_counter()
    *_, last = byhand.train(recipe, training_images())
    assert last.accuracy is not None
    return 100 * (1 - last.accuracy), (time.perf_counter() - began) / recipe.epochs


def main() -> None:
    """Try everything, one process a core, and write the file."""
    tried = [replace(BASE, **change, seed=seed) for change in CHANGES.values() for seed in SEEDS]
    rows: list[Json] = []
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        results = pool.map(judge, tried)
        for name in CHANGES:
            some = [next(results) for _ in SEEDS]
            errors = [error for error, _ in some]
            row: dict[str, Json] = {
                "change": name,
                "error": mean(errors),
                "deviation": stdev(errors),
                "seconds_an_epoch": min(
                    seconds for _, seconds in some
                ),  # The machine may be busy; the least is truest.
            }
            rows.append(row)
            print(*row.values(), flush=True)
    write_result(
        "ablation", {"epochs": EPOCHS, "n": len(SEEDS), "n_train": 50_000, "n_validation": 10_000, "rows": rows}
    )


if __name__ == "__main__":
    main()
