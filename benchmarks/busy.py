"""How much longer a training takes where two other programs keep the cores busy.

    python benchmarks/busy.py

takes five minutes and writes results/busy.json. Each of the others multiplies matrices in one thread. Alone and beside
them take turns; each figure is the median of the rounds, of a whole `byhand train`.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from byhand.types import Json
from common import write_result

ROUNDS = 3
OTHERS = 2
OTHER = "import numpy as np\na = np.ones((600, 600), np.float32)\nwhile True: a @ a"
TRAININGS = {
    "the README's, 300,100 by 32": ["--layers", "300,100", "--batch-size", "32"],
    "the default, image by image": [],
    "1024,1024 by 128, Adam": ["--layers", "1024,1024", "--batch-size", "128", "--optimizer", "adam"],
}


@contextmanager
def busy() -> Iterator[None]:
    """Keep the cores busy within."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    others = [subprocess.Popen([sys.executable, "-c", OTHER], env=environment) for _ in range(OTHERS)]
    time.sleep(1)
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def seconds(options: list[str]) -> float:
    """Train once, one epoch of 20,000 images; return how long the whole command takes."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "byhand", "train", *options, "--epochs", "1", "--limit", "20000"]
        began = time.perf_counter()
        subprocess.run([*command, "--out", folder], check=True, capture_output=True)
        return time.perf_counter() - began


def main() -> None:
    """Measure, and write the result."""
    rows: list[Json] = []
    for name, options in TRAININGS.items():
        seconds(options)  # Compiled, and read from disk.
        alone, beside = [], []
        for _ in range(ROUNDS):
            alone.append(seconds(options))
            with busy():
                beside.append(seconds(options))
        rows.append({"training": name, "alone": median(alone), "beside": median(beside), "rounds": ROUNDS})
        print(rows[-1], flush=True)
    write_result("busy", {"others": OTHERS, "rows": rows})


if __name__ == "__main__":
    main()
