"""Measure the default recipe on the test images: five seeds, and the same with fewer images to learn from.

    python benchmarks/accuracy.py

takes half a minute and writes results/accuracy.json. The recipe was chosen before, by choose_rate.py, on validation
images.
"""

import byhand
from byhand.types import Json
from common import write_result

LIMITS = (10, 100, 1000, 10_000, 60_000)
SEEDS = range(5)


def measure(recipe: byhand.Recipe, mnist: byhand.Dataset) -> dict[str, Json]:
    """Train by the recipe and read the test images once."""
    epochs = list(byhand.train(recipe, mnist.train))
    result = byhand.evaluate(epochs[-1].model, mnist.test)
    return {
        "limit": recipe.limit,
        "seed": recipe.seed,
        "test_accuracy": result.accuracy,
        "test_loss": result.loss,
        "calibration_error": result.calibration_error,
        "training_loss": epochs[-1].loss,
        "seconds": round(sum(epoch.seconds for epoch in epochs), 1),
    }


def main() -> None:
    """Measure everything and write the file."""
    mnist = byhand.load("mnist")
    rows: list[Json] = []
    for limit in LIMITS:
        for seed in SEEDS:
            row = measure(byhand.Recipe(limit=limit, seed=seed), mnist)
            rows.append(row)
            print(*row.values(), flush=True)
    write_result("accuracy", {"recipe": byhand.Recipe().to_dict(), "n_test": 10_000, "runs": rows})


if __name__ == "__main__":
    main()
