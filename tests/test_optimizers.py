"""How parameters and rates move."""

import numpy as np
import pytest

from byhand.optimizers import SCHEDULES, Adam, GradientDescent, Momentum, optimizer


def test_gradient_descent_by_hand() -> None:
    theta = np.array([1.0, -2.0])
    GradientDescent().step(theta, np.array([0.5, -1.0]), 0.1)
    assert theta == pytest.approx([0.95, -1.9])


def test_momentum_by_hand() -> None:
    theta = np.array([1.0])
    momentum = Momentum(np.zeros(1))
    momentum.step(theta, np.array([1.0]), 0.1)  # v = 1, θ = 1 − 0.1
    momentum.step(theta, np.array([1.0]), 0.1)  # v = 0.9 + 1, θ = 0.9 − 0.19
    assert theta == pytest.approx([0.71])


def test_adam_by_hand() -> None:
    theta = np.array([1.0, 1.0])
    adam = Adam(np.zeros(2), np.zeros(2))
    adam.step(theta, np.array([3.0, -0.01]), 0.1)  # The first step has the size of the rate, whatever the gradient.
    assert theta == pytest.approx([0.9, 1.1], abs=1e-6)
    adam.step(theta, np.array([-3.0, -0.01]), 0.1)
    # mean = (0.9·0.3 − 0.3) / (1 − 0.81) = −0.1579, root = √(9) = 3: the first goes back by 0.1 · 0.0526
    assert theta == pytest.approx([0.9 + 0.1 * 0.03 / 0.19 / 3, 1.2], abs=1e-6)


@pytest.mark.parametrize("name", ["momentum", "adam"])
def test_one_compiled_pass_does_the_same(name: str) -> None:
    rng = np.random.default_rng(0)
    plain = rng.normal(size=500).astype(np.float32)
    compiled = plain.copy()
    movers = optimizer(name, plain), optimizer(name, compiled, fused=True)
    for _ in range(100):
        gradient = rng.normal(size=500).astype(np.float32)
        movers[0].step(plain, gradient.copy(), 0.01)
        movers[1].step(compiled, gradient, 0.01)
    assert compiled.dtype == np.float32
    np.testing.assert_allclose(compiled, plain, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("name", ["momentum", "adam"])
def test_memories_of_dark_pixels_do_not_become_denormal(name: str, fused: bool) -> None:
    theta = np.zeros(3, np.float32)
    mover = optimizer(name, theta, fused=fused)
    mover.step(theta, np.array([1, 1e-3, 0], np.float32), 0.01)
    for _ in range(3000):
        mover.step(theta, np.zeros(3, np.float32), 0.01)
    memories = [value for value in vars(mover).values() if isinstance(value, np.ndarray)]
    assert memories
    assert all((memory > np.finfo(np.float32).tiny).all() for memory in memories)


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam"])
def test_float32_stays_float32_and_a_bowl_is_descended(name: str) -> None:
    theta = np.array([3.0, -2.0], np.float32)
    mover = optimizer(name, theta)
    for _ in range(300):
        mover.step(theta, 2 * theta, 0.05)
    assert theta.dtype == np.float32
    assert np.abs(theta).max() < 0.1


@pytest.mark.parametrize(("name", "middle", "end"), [("constant", 1, 1), ("linear", 0.5, 0), ("cosine", 0.5, 0)])
def test_schedules(name: str, middle: float, end: float) -> None:
    schedule = SCHEDULES[name]
    assert [schedule(t) for t in (0.0, 0.5, 1.0)] == pytest.approx([1, middle, end])
    assert all(schedule(t / 10) >= schedule((t + 1) / 10) for t in range(10))
