"""Training on images that stay in their file, beside images in memory: time an image, memory, and how well it learns.

    byhand data --write FOLDER --count 8100000
    python benchmarks/mapped.py FOLDER

For each recipe three trainings take turns in one process, 60,000 images each, until the file is through: MNIST from
memory, as many images of the folder from memory (drawn anew, they have more ink, which costs time, too), and all of the
folder from their file. Ratios are medians over the turns. Memory is the most that a process of its own has for itself
at once while it learns ten times as many (RssAnon: pages of files are not in it, and may lie in the machine's cache
besides). With --cold the file is put out of that cache before every turn.

    python benchmarks/mapped.py --orders

MNIST is cut into as many parts as eight million images are, and learned with all images shuffled, part by part, and
part by part when it is sorted by class; accuracies are those of images set aside.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev

import numpy as np

import byhand
from byhand.data.datasets import Split
from byhand.data.disk.stored import Stored
from byhand.data.validation import set_aside
from byhand.learning.drawing import orders
from byhand.learning.training import Progress, Training
from common import Row, write_result

RECIPES = {
    "default": byhand.Recipe(),
    "batches of 128": byhand.Recipe(batch_size=128),
    "batches of 128, drawn anew": byhand.Recipe(
        batch_size=128, rotation=15, scale=0.15, shear=0.15, shift=0.7, elastic=1.2
    ),
}
TURN = 60_000
SOURCES = ("MNIST in memory", "60,000 of them in memory", "all in their file")


def own_memory() -> int:
    """Return how many bytes this process has for itself."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))


@contextmanager
def watched() -> Iterator[list[int]]:
    """Yield a list that at the end holds the most memory that was had within."""
    over, most = threading.Event(), [own_memory()]

    def watch() -> None:
        while not over.wait(0.02):
            most[0] = max(most[0], own_memory())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield most
    finally:
        over.set()
        thread.join()


def split_of(source: str, folder: str) -> Split:
    """Return what is learned."""
    if source == SOURCES[0]:
        return byhand.load().train
    split = byhand.load(folder, mapped=True).train
    return split.take(np.arange(TURN)) if source == SOURCES[1] else split


def training_of(name: str, split: Split) -> Training:
    """Return a training whose learning rate hardly changes, ready to learn."""
    training = Training(replace(RECIPES[name], epochs=1000), split)
    training.engine  # noqa: B018  # Compile or load now.
    return training


def learn(training: Training, images: int) -> tuple[float, float]:
    """Learn so many images; return the seconds that it takes, on the clock and of all cores together."""
    began, busy = time.perf_counter(), time.process_time()
    while images > 0:
        record = training.advance()
        if isinstance(record, Progress):
            images -= training.stretch
    return time.perf_counter() - began, time.process_time() - busy


def memory(name: str, source: str, folder: str) -> Row:
    """Return how much memory a training takes, in MiB: before it learns, and at most."""
    training = training_of(name, split_of(source, folder))
    before = own_memory()
    with watched() as most:
        learn(training, 10 * TURN)
    return {"mib_before": round(before / 2**20, 1), "mib_at_most": round(most[0] / 2**20, 1)}


def times(name: str, folder: str, rounds: int, *, cold: bool) -> list[Row]:
    """Let trainings take turns; return how long each takes."""
    splits = [split_of(source, folder) for source in SOURCES]
    trainings = [training_of(name, split) for split in splits]
    stored = splits[2].source
    assert isinstance(stored, Stored)
    seconds = np.empty((len(SOURCES), rounds, 2))
    for turn in range(rounds):
        for k, split in enumerate(splits):
            if turn % 5 == 0 and k < 2:  # Who knows all images by heart computes with numbers near zero, slowly.
                trainings[k] = training_of(name, split)
            if cold and k == 2:
                with stored.path.open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            seconds[k, turn] = learn(trainings[k], TURN)
    micros = 1e6 * seconds / TURN
    return [
        {
            "recipe": name,
            "images": source,
            "n": trainings[k].total,
            "learned": rounds * TURN,
            "us_per_image": round(float(np.median(micros[k, :, 0])), 3),
            "core_us_per_image": round(float(np.median(micros[k, :, 1])), 3),
            "to_mnist": round(float(np.median(micros[k, :, 0] / micros[0, :, 0])), 3),
            "to_the_same_in_memory": round(float(np.median(micros[k, :, 0] / micros[1, :, 0])), 3),
            "core_to_mnist": round(float(np.median(micros[k, :, 1] / micros[0, :, 1])), 3),
            "core_to_the_same_in_memory": round(float(np.median(micros[k, :, 1] / micros[1, :, 1])), 3),
        }
        for k, source in enumerate(SOURCES)
    ]


def qualities(seeds: int = 5) -> Iterator[Row]:
    """Yield how well the images set aside are read, learned in one order or another."""
    learned, validation = set_aside(byhand.load().train, 10_000, 0)
    assert validation is not None
    in_order = learned.take(np.argsort(learned.labels, kind="stable"))
    block = round(len(learned) / (8_100_000 / (orders.BLOCK // 784)))  # So there are as many blocks.
    ways = {"all shuffled": (learned, None), "parts": (learned, block), "parts, sorted by class": (in_order, block)}
    for name in ("default", "batches of 128"):
        for way, (split, images) in ways.items():
            orders.LARGE, orders.BLOCK = (2**30, orders.BLOCK) if images is None else (0, images * 784)
            recipes = [replace(RECIPES[name], epochs=3, seed=seed) for seed in range(seeds)]
            right = [100 * byhand.evaluate(byhand.fit(recipe, split), validation).accuracy for recipe in recipes]
            facts = {"accuracy": round(mean(right), 3), "deviation": round(stdev(right), 3)}
            yield {"recipe": name, "images": way, "seeds": seeds, "epochs": 3, **facts}


def main() -> None:
    """Measure everything, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default="")
    parser.add_argument("--orders", action="store_true", help="how well is learned in one order or another")
    parser.add_argument("--cold", action="store_true", help="put the file out of the machine's cache before")
    parser.add_argument("--rounds", type=int, help="turns (default: as many as the file takes)")
    parser.add_argument("--memory", help="of a process: recipe and images")
    options = parser.parse_args()
    if options.memory:
        name, source = options.memory.split("/")
        print(json.dumps(memory(name, source, options.folder)))
        return
    if options.orders:
        write_result("mapped_orders", {"rows": list(qualities())}, ["numba"])
        return
    rows: list[Row] = []
    rounds = options.rounds or -(-len(split_of(SOURCES[2], options.folder)) // TURN)
    for name in RECIPES:
        for row in times(name, options.folder, rounds, cold=options.cold):
            command = [sys.executable, __file__, options.folder, "--memory", f"{name}/{row['images']}"]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            rows.append(row | json.loads(done.stdout))
            print(rows[-1], flush=True)
    write_result("mapped_cold" if options.cold else "mapped", {"rows": rows}, ["numba"])


if __name__ == "__main__":
    main()
