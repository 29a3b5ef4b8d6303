"""One process of a measurement of `world.py`: alone, or one of several that learn one network together.

Asked by a line of JSON, it answers with the seconds that a processor works for a step, or to sum up so many numbers.
"""

import json
import sys
import time
from collections.abc import Callable

import numpy as np
import torch

import byhand
from byhand.learning.devices import world
from byhand.learning.engines.tensors import TensorEngine
from byhand.learning.optimizers import GradientDescent
from byhand.network import initial_parameters

ROUNDS = 2


def seconds_of(work: Callable[[], object], times: int) -> float:
    """Return the processor time of a piece of work that is done so often: the least of some rounds after a first."""
    found = []
    for _ in range(ROUNDS + 1):
        began = time.process_time()
        work()
        found.append((time.process_time() - began) / times)
    return min(found[1:])


def main() -> None:
    """Answer questions until there are no more."""
    joint = world.join() if world.is_asked_for() else world.World()
    split = byhand.load("mnist").train
    images, labels = split.images.reshape(len(split), -1), split.labels
    for line in sys.stdin:
        asked = json.loads(line)
        if numbers := asked.get("numbers"):
            tensor = torch.zeros(numbers)
            print(seconds_of(lambda: joint.add(tensor), 1), flush=True)  # noqa: B023  # It is done at once.
            continue
        sizes, batch, steps = tuple(asked["sizes"]), asked["batch"], asked["steps"]
        theta = initial_parameters(sizes, "relu", np.random.default_rng(0))
        engine = TensorEngine(theta, sizes, "relu", GradientDescent(), batch, world=joint)
        some = slice(batch * steps)
        print(seconds_of(lambda: engine.learn(images[some], labels[some], 0.01), steps), flush=True)  # noqa: B023


if __name__ == "__main__":
    main()
