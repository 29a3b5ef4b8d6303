"""How many seconds of training it takes to read 98 % of the test images, for byhand and its peers.

    python benchmarks/time_to_98.py     about ten minutes on two cores; writes results/time_to_98.json

The mathematics is the same everywhere, so what a recipe reaches is found once, with byhand, on validation images: for
each batch size the fewest epochs that suffice. Which of these recipes is best for whom depends on what a step costs
there; each contender gets the one that is quickest for it and trains with ten seeds on all 60,000 images; then the test
images are read. Compilation, loading and reading do not count. All on one core.
"""

import os

NAMES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
os.environ.update(dict.fromkeys(NAMES, "1"))  # Read when the libraries are imported.
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from multiprocessing import get_context
from statistics import mean, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray

import byhand
from byhand.network import initial_parameters, layers
from byhand.types import Json
from common import write_result
from contenders import CONTENDERS, PACKAGES, Pass

# Learning from 60,000 images instead of 50,000 reads about 0.2 points more.
ENOUGH = 0.978
SIZES = (784, 128, 64, 10)
SEEDS = 10
CANDIDATES = [
    byhand.Recipe(optimizer=optimizer, batch_size=size, learning_rate=rate)  # type: ignore[arg-type]
    for optimizer, size, rates in (
        ("sgd", 1, (0.01, 0.015, 0.02)),
        ("sgd", 8, (0.08, 0.12)),
        ("sgd", 32, (0.25, 0.35)),
        ("momentum", 32, (0.02, 0.03)),
        ("momentum", 64, (0.04, 0.06)),
        ("momentum", 128, (0.06, 0.1)),
    )
    for rate in rates
]
EPOCHS = range(3, 13)


@cache
def mnist() -> byhand.Dataset:
    """Load MNIST once a process."""
    return byhand.load("mnist")


def fewest_epochs(recipe: byhand.Recipe) -> int | None:
    """Return the fewest epochs after which the mean validation accuracy of three seeds is enough."""
    for epochs in EPOCHS:
        scores = []
        for seed in range(3):
            *_, last = byhand.train(replace(recipe, epochs=epochs, seed=seed, validation=10_000), mnist().train)
            scores.append(last.accuracy or 0)
        if mean(scores) >= ENOUGH:
            return epochs
    return None


def rates(recipe: byhand.Recipe, steps: int) -> NDArray[np.float32]:
    """Return the learning rate of every step: a straight line to zero."""
    return (recipe.starting_rate * (1 - np.arange(steps) / steps)).astype(np.float32)


def epochs_of_batches(recipe: byhand.Recipe, seed: int) -> Iterator[tuple[NDArray[np.floating], NDArray[np.int64]]]:
    """Yield shuffled, scaled images (steps, batch, 784) and labels of every epoch, for the peers."""
    train = mnist().train
    steps = len(train) // recipe.batch_size
    for epoch in range(recipe.epochs):
        order = np.random.default_rng([seed, epoch]).permutation(len(train))[: steps * recipe.batch_size]
        x = train.images[order].reshape(steps, recipe.batch_size, -1).astype(np.float32) / 255
        yield x, train.labels[order].reshape(steps, recipe.batch_size).astype(np.int64)


def train_byhand(recipe: byhand.Recipe, seed: int) -> tuple[float, float]:
    """Train; return the seconds and the test accuracy."""
    epochs = list(byhand.train(replace(recipe, seed=seed), mnist().train))
    return sum(epoch.seconds for epoch in epochs), byhand.evaluate(epochs[-1].model, mnist().test).accuracy


def train_torch(recipe: byhand.Recipe, seed: int) -> tuple[float, float]:
    """Train; return the seconds and the test accuracy."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    network = CONTENDERS["PyTorch"]().network(SIZES)
    momentum = 0.9 if recipe.optimizer == "momentum" else 0.0
    optimizer = torch.optim.SGD(network.parameters(), lr=recipe.starting_rate, momentum=momentum)
    loss, seconds, step = torch.nn.CrossEntropyLoss(), 0.0, 0
    falling = rates(recipe, recipe.epochs * (60_000 // recipe.batch_size)).tolist()
    for images, labels in epochs_of_batches(recipe, seed):
        x, y = torch.tensor(images), torch.tensor(labels)
        began = time.perf_counter()
        for i in range(len(x)):
            optimizer.param_groups[0]["lr"] = falling[step]
            optimizer.zero_grad(set_to_none=True)
            loss(network(x[i]), y[i]).backward()
            optimizer.step()
            step += 1
        seconds += time.perf_counter() - began
    test = mnist().test
    with torch.inference_mode():
        answers = network(torch.tensor(test.images.reshape(len(test), -1) / np.float32(255))).argmax(1).numpy()
    return seconds, float((answers == test.labels).mean())


def train_jax(recipe: byhand.Recipe, seed: int) -> tuple[float, float]:
    """Train; return the seconds and the test accuracy."""
    import jax
    import jax.numpy as jnp

    decay = 0.9 if recipe.optimizer == "momentum" else 0.0
    theta = initial_parameters(SIZES, "relu", np.random.default_rng([seed, 0]))
    parameters: Any = [(jnp.array(w), jnp.array(b)) for w, b in layers(theta, SIZES)]
    velocity = jax.tree.map(jnp.zeros_like, parameters)
    loss = CONTENDERS["JAX"]().loss

    def run_epoch(parameters: Any, velocity: Any, x: Any, y: Any, rates: Any) -> Any:
        def step(state: Any, batch: Any) -> Any:
            (parameters, velocity), (x, y, rate) = state, batch
            gradient = jax.grad(loss)(parameters, x, y)
            velocity = jax.tree.map(lambda v, g: decay * v + g, velocity, gradient)
            return (jax.tree.map(lambda p, v: p - rate * v, parameters, velocity), velocity), None

        return jax.lax.scan(step, (parameters, velocity), (x, y, rates))[0]

    run = jax.jit(run_epoch)
    steps = 60_000 // recipe.batch_size
    falling, seconds = rates(recipe, recipe.epochs * steps), 0.0
    for epoch, (images, labels) in enumerate(epochs_of_batches(recipe, seed)):
        data = jnp.array(images), jnp.array(labels.astype(np.int32)), jnp.array(falling[epoch * steps :][:steps])
        if epoch == 0:
            jax.block_until_ready(run(parameters, velocity, *data))  # Compiles; the result is thrown away.
        began = time.perf_counter()
        parameters, velocity = jax.block_until_ready(run(parameters, velocity, *data))
        seconds += time.perf_counter() - began
    test = mnist().test
    *hidden, (w, b) = [(np.asarray(w), np.asarray(b)) for w, b in parameters]
    a = test.images.reshape(len(test), -1) / np.float32(255)
    for v, c in hidden:
        a = np.maximum(a @ v + c, 0)
    return seconds, float(((a @ w + b).argmax(1) == test.labels).mean())


TRAINERS = {"byhand": train_byhand, "PyTorch": train_torch, "JAX": train_jax}


def seconds_of_a_step(name: str, recipe: byhand.Recipe) -> float:
    """Return what an image costs this contender, warm."""
    optimizer = recipe.optimizer if name != "JAX" else "sgd"  # Momentum adds next to nothing to a compiled step.
    work = CONTENDERS[name]().train(Pass(SIZES, recipe.batch_size, 3200, optimizer))
    times = []
    for _ in range(4):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times) / 3200


def main() -> None:
    """Search, choose, train and write the file."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        epochs = list(pool.map(fewest_epochs, CANDIDATES))
    found = [replace(recipe, epochs=n) for recipe, n in zip(CANDIDATES, epochs, strict=True) if n is not None]
    for recipe in found:
        print(recipe.optimizer, recipe.batch_size, recipe.starting_rate, "→", recipe.epochs, "epochs", flush=True)
    rows: list[Json] = []
    for name, train in TRAINERS.items():
        if name in PACKAGES and not find_spec(PACKAGES[name]):
            continue
        best = min(found, key=lambda recipe: recipe.epochs * seconds_of_a_step(name, recipe))
        runs = [train(best, seed) for seed in range(SEEDS)]
        seconds, right = [run[0] for run in runs], [run[1] for run in runs]
        row: dict[str, Json] = {
            "contender": name,
            "recipe": best.to_dict(),
            "seconds": mean(seconds),
            "seconds_sd": stdev(seconds),
            "test_accuracy": mean(right),
            "test_accuracy_sd": stdev(right),
        }
        rows.append(row)
        print(
            name,
            best.optimizer,
            best.batch_size,
            best.epochs,
            f"{mean(seconds):.2f} s",
            f"{mean(right):.4f}",
            flush=True,
        )
    packages = [package for package in ("torch", "jax") if find_spec(package)]
    write_result("time_to_98", {"seeds": SEEDS, "enough_on_validation": ENOUGH, "rows": rows}, packages)


if __name__ == "__main__":
    main()
