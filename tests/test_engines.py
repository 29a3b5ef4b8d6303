"""Every engine does what `network.py` says."""

import array_api_strict
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import byhand
from byhand import network
from byhand.learning.engines import arrays
from byhand.learning.engines.arrays import ArrayEngine
from byhand.learning.engines.compiled import CompiledEngine
from byhand.learning.optimizers import GradientDescent, optimizer
from byhand.network import Array

SIZES = (784, 128, 64, 10)


def reference_steps(theta: Array, activation: str, split: byhand.Split, batch: int, rate: float) -> Array:
    """Take the steps in float64 with nothing but `network.py` and plain arithmetic."""
    theta = theta.astype(np.float64)
    x, y = split.images.reshape(-1, 784) / 255, np.eye(10)[split.labels]
    for i in range(0, len(split), batch):
        _, gradient = network.loss_and_gradient(theta, SIZES, activation, x[i : i + batch], y[i : i + batch])
        theta = theta - rate * gradient * len(x[i : i + batch]) / batch  # A short batch takes its share of a step.
    return theta


@pytest.mark.parametrize("activation", network.ACTIVATIONS)
@pytest.mark.parametrize("batch", [1, 3, 32])
def test_a_step_equals_the_network_in_float64(few: byhand.Split, activation: str, batch: int) -> None:
    split = few.take(slice(batch))
    start = network.initial_parameters(SIZES, activation, np.random.default_rng(0))
    engine = ArrayEngine(start.copy(), SIZES, activation, GradientDescent(), batch)
    engine.learn(split.images.reshape(-1, 784), split.labels, 0.1)
    moved = reference_steps(start, activation, split, batch, 0.1)
    assert np.linalg.norm(engine.theta - moved) <= 1e-5 * np.linalg.norm(moved)
    # Far stricter: the step itself, not only the parameters it is added to.
    assert np.linalg.norm(engine.theta - moved) <= 1e-4 * np.linalg.norm(moved - start)


@pytest.mark.parametrize("batch", [1, 7, 32])
def test_two_hundred_images_equal_the_network_in_float64(few: byhand.Split, batch: int) -> None:
    start = network.initial_parameters(SIZES, "relu", np.random.default_rng(1))
    engine = ArrayEngine(start.copy(), SIZES, "relu", GradientDescent(), batch)
    losses = engine.learn(few.images.reshape(-1, 784), few.labels, 0.01)
    moved = reference_steps(start, "relu", few, batch, 0.01)
    assert losses.shape == (200,)
    assert losses.dtype == engine.theta.dtype == np.float32
    assert np.linalg.norm(engine.theta - moved) <= 1e-5 * np.linalg.norm(moved)


@given(n_lit=st.integers(0, 6), seed=st.integers(0, 999), batch=st.integers(1, 3))
def test_leaving_out_dark_pixels_changes_nothing(n_lit: int, seed: int, batch: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = (6, 4, 3)
    images = rng.integers(0, 256, (batch, 6), np.uint8)
    images[:, rng.permutation(6)[n_lit:]] = 0
    labels = rng.integers(0, 3, batch).astype(np.uint8)
    start = network.initial_parameters(sizes, "relu", rng).astype(np.float64)
    engine = ArrayEngine(start.copy(), sizes, "relu", GradientDescent(), batch)
    engine.learn(images, labels, 0.5)
    _, gradient = network.loss_and_gradient(start, sizes, "relu", images / 255, np.eye(3)[labels])
    np.testing.assert_allclose(engine.theta, start - 0.5 * gradient, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("batch", [1, 4])
def test_the_engine_runs_on_another_array_library(few: byhand.Split, name: str, batch: int) -> None:
    images, labels = few.images[:12].reshape(-1, 784), few.labels[:12]
    start = network.initial_parameters(SIZES, "relu", np.random.default_rng(0))
    strict = array_api_strict.asarray(start.copy())
    engines = [ArrayEngine(theta, SIZES, "relu", optimizer(name, theta), batch) for theta in (start, strict)]
    losses = [engine.learn(images, labels, 0.01) for engine in engines]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)
    np.testing.assert_allclose(engines[1].theta, engines[0].theta, atol=1e-5)


def test_a_step_shared_between_cores_equals_the_network_in_float64(
    few: byhand.Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "PRODUCTS", 1)
    monkeypatch.setattr(arrays, "PART", 16)
    start = network.initial_parameters(SIZES, "relu", np.random.default_rng(0))
    engine = ArrayEngine(start.copy(), SIZES, "relu", GradientDescent(), 70)  # parts of 17 and 18, and 30 of 15 each
    losses = engine.learn(few.images[:100].reshape(-1, 784), few.labels[:100], 0.1)
    moved = reference_steps(start, "relu", few.take(slice(100)), 70, 0.1)
    assert losses.shape == (100,)
    assert np.linalg.norm(engine.theta - moved) <= 1e-4 * np.linalg.norm(moved - start)


def test_a_batch_can_be_memorised(few: byhand.Split) -> None:
    images, labels = few.images[:32].reshape(-1, 784), few.labels[:32]
    theta = network.initial_parameters(SIZES, "relu", np.random.default_rng(0))
    engine = ArrayEngine(theta, SIZES, "relu", GradientDescent(), 32)
    for _ in range(300):
        losses = engine.learn(images, labels, 0.1)
    assert losses.max() < 0.05


@pytest.mark.parametrize("kind", [ArrayEngine, CompiledEngine])
@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "adam", "adamw"])
def test_a_short_batch_takes_its_share_of_a_step(few: byhand.Split, kind: type[ArrayEngine], name: str) -> None:
    images, labels = few.images[:4].reshape(4, 784), few.labels[:4]
    start = network.initial_parameters(SIZES, "relu", np.random.default_rng(0))

    def step(batch: int) -> Array:
        theta = start.copy()
        engine = kind(theta, SIZES, "relu", optimizer(name, theta), batch)
        engine.learn(images, labels, 0.01)
        return engine.theta - start

    short, whole = step(32), step(4)
    decay = 0.9 ** (1 / 8)  # of a velocity, in an eighth of a step
    weight = (1 - decay) / (1 - 0.9) if name in ("momentum", "nesterov") else 1
    ahead = (1 + decay) / (1 + 0.9) if name == "nesterov" else 1
    np.testing.assert_allclose(short, whole / 8 * weight * ahead, rtol=1e-2, atol=2e-6)
