"""Compiled loops over batches do what `network.py` and the optimizers say, on however many threads."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import byhand
from byhand import machine, network
from byhand.labels import NO_CLASS
from byhand.learning.engines.arrays import ArrayEngine
from byhand.learning.engines.compiled import CompiledEngine
from byhand.learning.optimizers import optimizer
from byhand.network import Array
from byhand.types import Bytes, Floats

SIZES = (784, 32, 16, 10)
OPTIMIZERS = ("sgd", "momentum", "nesterov", "adam", "adamw")


def moves(
    start: Floats,
    sizes: tuple[int, ...],
    images: Bytes,
    labels: Bytes,
    batch_size: int,
    *,
    activation: str = "relu",
    name: str = "sgd",
    rate: float = 0.01,
    weights: Floats | None = None,
    smoothing: float = 0.0,
    adversarial: float = 0.0,
) -> tuple[Array, Array, Array, Array]:
    """Learn by the compiled loops and, in float64, by `network.py`; return how both moved, and their losses."""
    found: list[Array] = []
    kinds: list[tuple[type[CompiledEngine | ArrayEngine], Any]] = [
        (CompiledEngine, start),
        (ArrayEngine, start.astype(np.float64)),
    ]
    for kind, theta in kinds:
        mover = optimizer(name, theta, weight_decay=0.1)
        engine = kind(theta, sizes, activation, mover, batch_size, smoothing, adversarial)
        losses = engine.learn(images, labels, rate, weights)
        found += [engine.theta - start, losses]
    return found[0], found[2], found[1], found[3]


@pytest.mark.parametrize("steps", [1, 200, 1000])
@pytest.mark.parametrize(
    ("activation", "name"),
    [(activation, "sgd") for activation in network.ACTIVATIONS] + [("tanh", name) for name in OPTIMIZERS[1:]],
)
def test_steps_equal_the_network_in_float64(mnist: byhand.Dataset, activation: str, name: str, steps: int) -> None:
    some = np.arange(4 * steps) % 2000
    images, labels = mnist.train.images[some].reshape(len(some), 784), mnist.train.labels[some]
    start = network.initial_parameters(SIZES, activation, np.random.default_rng(0))
    rate = 1e-4 if name.startswith("adam") else 0.01
    moved, expected, losses, expected_losses = moves(
        start, SIZES, images, labels, 4, activation=activation, name=name, rate=rate
    )
    assert losses.dtype == np.float32
    assert np.linalg.norm(moved - expected) <= 1e-5 * np.linalg.norm(start + expected)
    np.testing.assert_allclose(losses, expected_losses, rtol=2e-3, atol=1e-4)


@settings(max_examples=100)
@given(
    hidden=st.lists(st.integers(1, 140), max_size=3),
    pixels=st.integers(1, 150),
    classes=st.integers(1, 12),
    batch_size=st.integers(1, 150),
    n=st.integers(1, 150),
    activation=st.sampled_from(sorted(network.ACTIVATIONS)),
    dark=st.sampled_from([0.0, 0.5, 0.9, 1.0]),
    smoothing=st.sampled_from([0.0, 0.1]),
    seed=st.integers(0, 9999),
)
def test_a_step_of_any_network_equals_that_in_float64(
    hidden: list[int],
    pixels: int,
    classes: int,
    batch_size: int,
    n: int,
    activation: str,
    dark: float,
    smoothing: float,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    sizes = (pixels, *hidden, classes)
    images = (rng.integers(1, 256, (n, pixels)) * (rng.random((n, pixels)) >= dark)).astype(np.uint8)
    labels = rng.choice(np.array([*range(classes), NO_CLASS], np.uint8), n)
    weights = rng.uniform(0, 3, n).astype(np.float32)
    start = network.initial_parameters(sizes, activation, rng)
    batch_size = max(batch_size, n)
    moved, expected, losses, expected_losses = moves(
        start, sizes, images, labels, batch_size, activation=activation, weights=weights, smoothing=smoothing, rate=0.1
    )
    assert np.linalg.norm(moved - expected) <= 1e-3 * np.linalg.norm(expected) + 2e-6
    np.testing.assert_allclose(losses, expected_losses, rtol=1e-3, atol=1e-5)


def test_changed_images_are_learned_as_the_network_does(few: byhand.Split) -> None:
    start = network.initial_parameters(SIZES, "tanh", np.random.default_rng(0))
    images, labels = few.images[:70].reshape(70, 784), few.labels[:70]
    moved, expected, losses, expected_losses = moves(
        start, SIZES, images, labels, 70, activation="tanh", adversarial=0.05, smoothing=0.1, rate=0.1
    )
    np.testing.assert_allclose(losses, expected_losses, rtol=1e-4)
    assert np.linalg.norm(moved - expected) <= 1e-4 * np.linalg.norm(expected)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("average", [0.0, 0.9])
def test_any_number_of_threads_gives_the_same_bits(
    monkeypatch: pytest.MonkeyPatch, few: byhand.Split, name: str, average: float
) -> None:
    start = network.initial_parameters(SIZES, "relu", np.random.default_rng(0))
    images, labels = np.tile(few.images.reshape(-1, 784), (4, 1)), np.tile(few.labels, 4)
    found = set()
    for threads in (1, 2, 3):
        monkeypatch.setattr(machine, "threads", lambda threads=threads: threads)
        engine = CompiledEngine(start, SIZES, "relu", optimizer(name, start, average=average), 200)
        for _ in range(3):
            losses = engine.learn(images, labels, 0.01)
        found.add((engine.theta.tobytes(), losses.tobytes()))
    assert len(found) == 1


def test_whoever_is_held_up_is_not_waited_for_again(monkeypatch: pytest.MonkeyPatch, few: byhand.Split) -> None:
    begun: list[object] = []

    def aside(work: Callable[[], object]) -> Future[object]:
        begun.append(work)
        return Future()

    monkeypatch.setattr(machine, "threads", lambda: 2)
    monkeypatch.setattr(machine, "aside", aside)
    engine = CompiledEngine(
        network.initial_parameters(SIZES, "relu", np.random.default_rng(0)),
        SIZES,
        "relu",
        optimizer("sgd", np.empty(0, np.float32)),
        128,
    )
    images, labels = few.images[:128].reshape(-1, 784), few.labels[:128]
    waits = iter([True, True, False, False, True])

    def learn(*_: object) -> bool:
        return next(waits)

    monkeypatch.setattr("byhand.compiled.blocks.batches.learn", learn)
    asked = []
    for _ in range(4):
        before = len(begun)
        engine.learn(images, labels, 0.1)
        asked.append(len(begun) > before)
    assert asked == [True, False, True, True]


def test_a_helper_that_comes_late_finds_nothing_to_do(monkeypatch: pytest.MonkeyPatch, few: byhand.Split) -> None:
    start = network.initial_parameters(SIZES, "relu", np.random.default_rng(0))
    images, labels = few.images[:128].reshape(-1, 784), few.labels[:128]
    late: list[Callable[[], object]] = []

    def aside(work: Callable[[], object]) -> Future[object]:
        late.append(work)
        return Future()

    monkeypatch.setattr(machine, "threads", lambda: 2)
    monkeypatch.setattr(machine, "aside", aside)
    engine = CompiledEngine(start, SIZES, "relu", optimizer("sgd", start), 128)
    engine.learn(images, labels, 0.1)
    before = engine.theta.copy()
    thread = threading.Thread(target=late[0])
    thread.start()
    thread.join(30)
    assert engine.theta.tobytes() == before.tobytes()


def test_an_array_that_cannot_be_written_compiles_nothing_anew(few: byhand.Split) -> None:
    from byhand.compiled.blocks import batches

    start = network.initial_parameters(SIZES, "relu", np.random.default_rng(0))
    images, labels = few.images[:8].reshape(-1, 784).copy(), few.labels[:8].copy()
    images.flags.writeable = labels.flags.writeable = False
    engine = CompiledEngine(start, SIZES, "relu", optimizer("sgd", start), 4)
    engine.learn(images, labels, 0.1)
    engine.learn(few.images[8:16].reshape(-1, 784)[::2], few.labels[8:16][::2], 0.1)
    signatures = batches.learn.signatures  # type: ignore[attr-defined]
    # Other tests of this process may have learned numbers, which are another kind.
    assert [str(samples.types[0].dtype) for _, samples, *_ in signatures].count("uint8") == 1
