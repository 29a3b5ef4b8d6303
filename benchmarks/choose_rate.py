"""Choose the default learning rates and schedule: train on 50,000 images, judge on the 10,000 set aside.

    python benchmarks/choose_rate.py

takes about five minutes on two cores and writes results/choose_rate.json. The test images are never read.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # One process per core is the better use of two cores. Read by NumPy's import.

import itertools
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from multiprocessing import get_context

import byhand
from byhand.types import Json
from common import write_result

# Optimizer and batch size → the rates to try with linear decay. For the default all schedules are tried.
RATES: dict[tuple[str, int], tuple[float, ...]] = {
    ("sgd", 8): (0.01, 0.02, 0.04, 0.08),
    ("sgd", 32): (0.03, 0.06, 0.12, 0.24),
    ("sgd", 128): (0.1, 0.2, 0.4, 0.8),
    ("sgd", 512): (0.2, 0.4, 0.8, 1.6),
    ("momentum", 32): (0.005, 0.01, 0.02, 0.04),
    ("momentum", 128): (0.02, 0.04, 0.08, 0.16),
    ("adam", 32): (0.0005, 0.001, 0.002, 0.004),
    ("adam", 128): (0.001, 0.002, 0.004, 0.008),
    ("sgd", 1): (0.0025, 0.005, 0.01, 0.02, 0.04),
}
SEEDS = range(3)


def recipes() -> list[byhand.Recipe]:
    """List everything to try, the quick ones first."""
    chosen = []
    for (optimizer, batch_size), rates in RATES.items():
        default = (optimizer, batch_size) == ("sgd", 1)
        schedules = ("linear", "cosine", "constant") if default else ("linear",)
        seeds = SEEDS if default else SEEDS[:1]
        for seed, schedule, rate in itertools.product(seeds, schedules, rates):
            recipe = byhand.Recipe(learning_rate=rate, batch_size=batch_size, seed=seed, validation=10_000)
            chosen.append(replace(recipe, optimizer=optimizer, schedule=schedule))  # type: ignore[arg-type]
    return chosen


@cache
def training_images() -> byhand.Split:
    """Load MNIST once a process."""
    return byhand.load("mnist").train


def accuracy(recipe: byhand.Recipe) -> float | None:
    """Return the validation accuracy after the last epoch; None if the training diverged."""
    try:
        *_, last = byhand.train(recipe, training_images())
    except byhand.ByhandError:
        return None
    return last.accuracy


def main() -> None:
    """Try everything, one process a core, and write the file."""
    tried = recipes()
    rows: list[Json] = []
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for recipe, score in zip(tried, pool.map(accuracy, tried), strict=True):
            row: dict[str, Json] = {
                "optimizer": recipe.optimizer,
                "batch_size": recipe.batch_size,
                "schedule": recipe.schedule,
                "learning_rate": recipe.starting_rate,
                "seed": recipe.seed,
                "validation_accuracy": score,
            }
            rows.append(row)
            print(*row.values(), flush=True)
    write_result("choose_rate", {"epochs": 20, "n_train": 50_000, "n_validation": 10_000, "runs": rows})


if __name__ == "__main__":
    main()
