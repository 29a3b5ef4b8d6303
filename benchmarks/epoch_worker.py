"""A training of one contender in a process of its own: answers each line of input with the seconds of an epoch.

    python benchmarks/epoch_worker.py byhand small    with another byhand, if PYTHONPATH leads to it

The work is the whole epoch of a recipe, as its user waits for it: order, distortions, steps. No image is set aside. A
stand-in for clothes is made of three digits each, drawn upon one another: half of the pixels are lit, as in clothes.
"""

import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np

import byhand
from byhand.learning import recipe_files
from passes import Bytes


def data_of(name: str, folder: str) -> tuple[Bytes, Bytes]:
    """Return the images and labels that a recipe is for."""
    train = byhand.load(folder if name == "fashion" and folder else "mnist").train
    if name != "fashion" or folder:
        return train.images, train.labels
    others = [train.images[np.random.default_rng(k).permutation(len(train))] for k in range(2)]
    return np.maximum(train.images, np.maximum(*others)), train.labels


def epochs_of(contender: str, recipe: byhand.Recipe, images: Bytes, labels: Bytes) -> Callable[[], object]:
    """Return what does one more epoch, prepared."""
    if contender == "PyTorch":
        import epoch_torch

        return epoch_torch.Epochs(recipe, images, labels).epoch
    if contender == "JAX":
        import epoch_jax

        return epoch_jax.Epochs(recipe, images, labels).epoch
    epochs = byhand.train(recipe, (images, labels))
    return lambda: next(epochs)


def main() -> None:
    """Do an epoch for each line of input; the first compiles and warms up, and is not told."""
    contender, name, folder = sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else ""
    recipe = replace(recipe_files.read(name).recipe, validation=0, epochs=1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        epoch = epochs_of(contender, recipe, *data_of(name, folder))
        epoch()
        for _ in sys.stdin:
            began = time.perf_counter()
            epoch()
            print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main()
