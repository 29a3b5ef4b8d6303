"""How many seconds of training it takes to read 98 % of the test images, for byhand and its peers.

    python benchmarks/time_to_98.py     about a quarter of an hour on two cores; writes results/time_to_98.json

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
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from multiprocessing import get_context
from statistics import mean, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray

import byhand
from byhand.types import Bytes, Json
from common import write_result
from contenders import contender, missing
from passes import READER, Pass, scaled

# Learning from 60,000 images instead of 50,000 reads about 0.2 points more.
ENOUGH = 0.978
HOPELESS = 0.005  # A first seed that reads so much less is not repeated with others.
SEEDS = 10
CANDIDATES = [
    byhand.Recipe(optimizer=optimizer, batch_size=size, learning_rate=rate)  # type: ignore[arg-type]
    for optimizer, size, rates in (
        ("sgd", 1, (0.01, 0.015, 0.02)),
        ("sgd", 4, (0.04, 0.06)),
        ("sgd", 8, (0.08, 0.12)),
        ("sgd", 16, (0.15, 0.2)),
        ("sgd", 32, (0.25, 0.35)),
        ("momentum", 16, (0.012, 0.02)),
        ("momentum", 32, (0.02, 0.03, 0.04)),
        ("momentum", 64, (0.04, 0.06, 0.08)),
        ("momentum", 128, (0.06, 0.1, 0.15)),
        ("adam", 32, (0.001, 0.002)),
        ("adam", 64, (0.002, 0.003)),
        ("adam", 128, (0.003, 0.004, 0.006)),
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
            if scores[0] < ENOUGH - HOPELESS:
                break
        if mean(scores) >= ENOUGH:
            return epochs
    return None


def rates(recipe: byhand.Recipe, steps: int) -> NDArray[np.float32]:
    """Return the learning rate of every step: a straight line to zero."""
    return (recipe.starting_rate * (1 - np.arange(steps) / steps)).astype(np.float32)


def epochs_of_batches(recipe: byhand.Recipe, seed: int) -> Iterator[tuple[Bytes, NDArray[np.int64]]]:
    """Yield shuffled images (steps, batch, 784) and labels of every epoch, for the peers."""
    train = mnist().train
    steps = len(train) // recipe.batch_size
    for epoch in range(recipe.epochs):
        order = np.random.default_rng([seed, epoch]).permutation(len(train))[: steps * recipe.batch_size]
        x = train.images[order].reshape(steps, recipe.batch_size, -1)
        yield x, train.labels[order].reshape(steps, recipe.batch_size).astype(np.int64)


def share_right(layers: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]]) -> float:
    """Return the test accuracy of weights (n_in, n_out) and biases."""
    *hidden, (w, b) = layers
    a = scaled(mnist().test.images.reshape(-1, READER[0]))
    for v, c in hidden:
        a = np.maximum(a @ v + c, 0)
    return float(((a @ w + b).argmax(1) == mnist().test.labels).mean())


def train_byhand(recipe: byhand.Recipe, seed: int) -> tuple[float, float]:
    """Train; return the seconds and the test accuracy."""
    epochs = list(byhand.train(replace(recipe, seed=seed), mnist().train))
    return sum(epoch.seconds for epoch in epochs), byhand.evaluate(epochs[-1].model, mnist().test).accuracy


def pairs_of_torch(parameters: Sequence[Any]) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Return PyTorch's weights, turned, and biases."""
    found = [p.detach().numpy() for p in parameters]
    return [(w.T, b) for w, b in zip(found[::2], found[1::2], strict=True)]


def train_torch(recipe: byhand.Recipe, seed: int) -> tuple[float, float]:
    """Train; return the seconds and the test accuracy."""
    import torch

    import torch_peer

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    layers = torch_peer.network(READER)
    optimizer = torch_peer.optimizer_of(recipe.optimizer, layers, recipe.starting_rate)
    loss, seconds, step = torch.nn.CrossEntropyLoss(), 0.0, 0
    falling = rates(recipe, recipe.epochs * (60_000 // recipe.batch_size)).tolist()
    for images, labels in epochs_of_batches(recipe, seed):
        x, y = torch.tensor(scaled(images)), torch.tensor(labels)
        began = time.perf_counter()
        for i in range(len(x)):
            optimizer.param_groups[0]["lr"] = falling[step]
            optimizer.zero_grad(set_to_none=True)
            loss(layers(x[i]), y[i]).backward()
            optimizer.step()
            step += 1
        seconds += time.perf_counter() - began
    return seconds, share_right(pairs_of_torch(list(layers.parameters())))


@cache
def compiled_steps(optimizer: str) -> Callable[..., None]:
    """Return PyTorch's compiled steps; every size of batch is compiled anew, each once."""
    import torch_peer

    return torch_peer.compiled_steps(optimizer)


def train_compiled_torch(recipe: byhand.Recipe, seed: int) -> tuple[float, float]:
    """Train; return the seconds and the test accuracy. The last few batches of an epoch that fill no graph are lost."""
    import torch

    import torch_peer

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    parameters = [p.detach().clone() for p in torch_peer.network(READER).parameters()]
    memory, run, seconds = torch_peer.memory_of(parameters), compiled_steps(recipe.optimizer), 0.0
    together = torch_peer.STEPS
    graphs = 60_000 // recipe.batch_size // together
    falling = torch.tensor(rates(recipe, recipe.epochs * graphs * together)).split(together)
    for epoch, (images, labels) in enumerate(epochs_of_batches(recipe, seed)):
        x, y = torch.tensor(scaled(images)).split(together), torch.tensor(labels).split(together)
        with torch.no_grad():
            if epoch == 0:
                copies = [p.clone() for p in parameters]
                run(copies, torch_peer.memory_of(copies), x[0], y[0], falling[0])  # Compiles; thrown away.
            began = time.perf_counter()
            for k in range(graphs):
                run(parameters, memory, x[k], y[k], falling[epoch * graphs + k])
            seconds += time.perf_counter() - began
    return seconds, share_right(pairs_of_torch(parameters))


def train_jax(recipe: byhand.Recipe, seed: int) -> tuple[float, float]:
    """Train; return the seconds and the test accuracy."""
    import jax
    import jax.numpy as jnp

    import jax_peer

    parameters = jax_peer.parameters_of(READER, seed)
    state, run = (parameters, jax_peer.memory_of(recipe.optimizer, parameters)), jax_peer.run_of(recipe.optimizer)
    steps = 60_000 // recipe.batch_size
    falling, seconds = rates(recipe, recipe.epochs * steps), 0.0
    for epoch, (images, labels) in enumerate(epochs_of_batches(recipe, seed)):
        data = jnp.array(images), jnp.array(labels.astype(np.int32)), jnp.array(falling[epoch * steps :][:steps])
        if epoch == 0:
            jax.block_until_ready(run(state, *data))  # Compiles; the result is thrown away.
        began = time.perf_counter()
        state = jax.block_until_ready(run(state, *data))
        seconds += time.perf_counter() - began
    return seconds, share_right([(np.asarray(w), np.asarray(b)) for w, b in state[0]])


TRAINERS = {
    "byhand": train_byhand,
    "PyTorch": train_torch,
    "PyTorch, compiled": train_compiled_torch,
    "JAX": train_jax,
}


@cache
def seconds_of_an_image(name: str, optimizer: str, batch_size: int) -> float:
    """Return what an image costs this contender, warm."""
    n = max(3200, 20 * batch_size)
    work = contender(name).train(Pass(READER, batch_size, n, optimizer))
    work()
    times = []
    for _ in range(4):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times) / n


def quickest(name: str, found: Sequence[byhand.Recipe]) -> byhand.Recipe:
    """Return the recipe that takes this contender the least time."""
    return min(found, key=lambda one: one.epochs * seconds_of_an_image(name, one.optimizer, one.batch_size))


def row_of(name: str, recipe: byhand.Recipe, runs: Sequence[tuple[float, float]]) -> Json:
    """Return, and print, what a contender's trainings came to."""
    seconds, right = zip(*runs, strict=True)
    words = f"{recipe.optimizer}, batch {recipe.batch_size}, {recipe.epochs} epochs: {mean(seconds):.2f} s"
    print(f"{name}: {words}, {mean(right):.4f}", flush=True)
    return {
        "contender": name,
        "recipe": recipe.to_dict(),
        "seconds": mean(seconds),
        "seconds_sd": stdev(seconds),
        "test_accuracy": mean(right),
        "test_accuracy_sd": stdev(right),
    }


def main() -> None:
    """Search, choose, train and write the file."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        epochs = list(pool.map(fewest_epochs, CANDIDATES))
    found = [replace(recipe, epochs=n) for recipe, n in zip(CANDIDATES, epochs, strict=True) if n is not None]
    for recipe in found:
        print(recipe.optimizer, recipe.batch_size, recipe.starting_rate, "→", recipe.epochs, "epochs", flush=True)
    chosen = {name: quickest(name, found) for name in TRAINERS if not missing(name)}
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in chosen}
    for seed in range(SEEDS):  # In turn, so that a slow moment of the machine meets all of them.
        for name, recipe in chosen.items():
            runs[name].append(TRAINERS[name](recipe, seed))
    rows = [row_of(name, recipe, runs[name]) for name, recipe in chosen.items()]
    packages = [package for name, package in (("PyTorch", "torch"), ("JAX", "jax")) if not missing(name)]
    write_result("time_to_98", {"seeds": SEEDS, "enough_on_validation": ENOUGH, "rows": rows}, packages)


if __name__ == "__main__":
    main()
