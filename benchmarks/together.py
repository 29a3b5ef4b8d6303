"""Many networks together against one after the other, on this machine's cores: how long the same learning takes.

python benchmarks/together.py            the compiled engine
python benchmarks/together.py --torch    PyTorch on this processor beside it

Rounds alternate, so that whatever else the machine does meets all alike; of each way the quickest round counts.
PyTorch, which takes many times as long, has two.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import byhand
from byhand.learning.together import Together
from byhand.learning.training import Training
from byhand.machine import cores
from byhand.types import Json
from common import write_result

NETWORKS, IMAGES = 16, 12_000
TORCH = "together, PyTorch on the processor"
CHOICES = {
    "one image a step": byhand.Recipe(engine="compiled"),
    "batches of 128": byhand.Recipe(engine="compiled", batch_size=128),
}


def recipes_of(recipe: byhand.Recipe) -> list[byhand.Recipe]:
    """Return the recipe of every network, for one epoch of some images."""
    return [replace(recipe, seed=seed, epochs=1, limit=IMAGES) for seed in range(NETWORKS)]


def one_after_the_other(recipe: byhand.Recipe, split: byhand.Split) -> None:
    """Let the networks learn each alone."""
    for each in recipes_of(recipe):
        for _ in Training(each, split).run():
            pass


def together(recipe: byhand.Recipe, split: byhand.Split) -> None:
    """Let the networks learn at once."""
    for _ in Together([Training(each, split) for each in recipes_of(recipe)]).run():
        pass


def main() -> None:
    """Measure, print and keep the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--torch", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    split, rows = byhand.load("mnist").train, list[Json]()
    for name, recipe in CHOICES.items():
        ways: dict[str, Callable[[], None]] = {
            "one after the other": partial(one_after_the_other, recipe, split),
            "together": partial(together, recipe, split),
        }
        if asked.torch and recipe.batch_size > 1:  # Image by image it would take minutes.
            on_torch = replace(recipe, engine="torch", device="cpu")
            ways[TORCH] = partial(together, on_torch, split)
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        for number in range(asked.rounds + 1):
            for way, work in ways.items():
                if way == TORCH and number > 2:
                    continue
                began = time.perf_counter()
                work()
                seconds[way].append(time.perf_counter() - began)
        least = {way: min(taken[1:]) for way, taken in seconds.items()}  # The first round compiles and warms up.
        ratios = {way: least[way] / least["one after the other"] for way in ways}
        print(name, {way: f"{least[way]:.2f} s, {ratios[way]:.2f}" for way in ways}, flush=True)
        rows.append({"choice": name, "seconds": dict(least), "ratio": dict(ratios)})
    facts: dict[str, Json] = {"networks": NETWORKS, "images": IMAGES, "epochs": 1, "cores_used": cores(), "rows": rows}
    write_result("together", facts, ("numba", *(["torch"] if asked.torch else [])))


if __name__ == "__main__":
    main()
