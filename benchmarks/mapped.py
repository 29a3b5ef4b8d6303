"""Training on images that stay in their file, beside images in memory: time an image, memory, and how well it learns.

    byhand data --write FOLDER --count 8100000
    python benchmarks/mapped.py FOLDER

For each recipe three trainings, each in a process of its own, in turn: MNIST from memory, as many images of the folder
from memory, and all of the folder from their file, one epoch. Time is that of the learning alone, which reading is part
of, on the clock and of all cores together; memory is the most that the process had for itself at once while it learned
(RssAnon: pages of files are not in it, and may lie in the machine's cache besides). With --cold the file is put out of
that cache before it is learned.

Then MNIST is cut into as many parts as eight million images are, and learned with all images shuffled, part by part,
and part by part when it is sorted by class; accuracies are those of images set aside.
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
from statistics import mean, median, stdev

import numpy as np

import byhand
from byhand.data.disk.stored import Stored
from byhand.data.validation import set_aside
from byhand.learning.drawing import orders
from byhand.learning.training import Training
from common import Row, write_result

RECIPES = {
    "default": byhand.Recipe(),
    "batches of 128": byhand.Recipe(batch_size=128),
    "batches of 128, drawn anew": byhand.Recipe(
        batch_size=128, rotation=15, scale=0.15, shear=0.15, shift=0.7, elastic=1.2
    ),
}
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


def measure(name: str, source: str, folder: str, epochs: int, *, cold: bool) -> Row:
    """Train, and return what it took."""
    began = time.perf_counter()
    if source == SOURCES[0]:
        split = byhand.load().train
    else:
        split = byhand.load(folder, mapped=True).train
        split = split.take(np.arange(60_000)) if source == SOURCES[1] else split
    loaded = time.perf_counter() - began
    training = Training(RECIPES[name], split)
    training.engine  # noqa: B018  # Compile or load now.
    if isinstance(split.source, Stored) and cold:
        with split.source.path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    before, seconds, began = own_memory(), [], time.process_time()
    with watched() as most:
        for record in training.run():
            if isinstance(record, byhand.Epoch):
                seconds.append(record.seconds)
                if len(seconds) == epochs:
                    break
    busy = time.process_time() - began
    return {
        "recipe": name,
        "images": source,
        "n": len(split),
        "us_per_image": round(1e6 * median(seconds) / len(split), 3),
        "core_us_per_image": round(1e6 * busy / epochs / len(split), 3),
        "epochs": epochs,
        "loss": record.loss,
        "seconds_to_load": round(loaded, 2),
        "mib_before": round(before / 2**20, 1),
        "mib_at_most": round(most[0] / 2**20, 1),
    }


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
    parser.add_argument("folder")
    parser.add_argument("--cold", action="store_true", help="put the file out of the machine's cache before")
    parser.add_argument("--only", help="of a process: recipe and images")
    options = parser.parse_args()
    if options.only:
        name, source = options.only.split("/")
        epochs = 1 if source == SOURCES[2] else 10
        print(json.dumps(measure(name, source, options.folder, epochs, cold=options.cold)))
        return
    rows: list[Row] = []
    for name in RECIPES:
        for source in SOURCES:
            command = [
                sys.executable,
                __file__,
                options.folder,
                "--only",
                f"{name}/{source}",
                *["--cold"] * options.cold,
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            rows.append({**json.loads(done.stdout), "cold": options.cold and source == SOURCES[2]})
            rows[-1]["ratio"] = round(rows[-1]["us_per_image"] / rows[-(1 + SOURCES.index(source))]["us_per_image"], 3)
            rows[-1]["mib_above"] = round(
                rows[-1]["mib_at_most"] - rows[-(1 + SOURCES.index(source))]["mib_at_most"], 1
            )
            print(rows[-1], flush=True)
    if options.cold:
        write_result("mapped_cold", {"rows": rows}, ["numba"])
        return
    write_result("mapped", {"rows": rows, "quality": list(qualities())}, ["numba"])


if __name__ == "__main__":
    main()
