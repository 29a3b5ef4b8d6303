"""How parameters and rates move."""

import numpy as np
import pytest

from byhand.compiled.optimizers import adam_step, momentum_step
from byhand.learning.optimizers import (
    AVERAGED_EVERY,
    SCHEDULES,
    Adam,
    Averaged,
    GradientDescent,
    Momentum,
    Optimizer,
    optimizer,
)
from byhand.types import Floats


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


def test_nesterov_by_hand() -> None:
    theta = np.array([1.0])
    ahead = Momentum(np.zeros(1), nesterov=True)
    ahead.step(theta, np.array([1.0]), 0.1)  # v = 1, θ = 1 − 0.1 · (0.9 + 1)
    ahead.step(theta, np.array([1.0]), 0.1)  # v = 1.9, θ = 0.81 − 0.1 · (1.71 + 1)
    assert theta == pytest.approx([0.539])


def test_weight_decay_is_apart_from_the_gradient() -> None:
    theta = np.array([2.0])
    Adam(np.zeros(1), np.zeros(1), weight_decay=0.5).step(theta, np.array([7.0]), 0.1)
    assert theta == pytest.approx([2 * (1 - 0.1 * 0.5) - 0.1])  # first the decay, then Adam's step of the rate


def test_an_average_follows_what_it_is_told() -> None:
    theta = np.zeros(1)
    averaged = Averaged(GradientDescent(), theta.copy(), decay=0.999)
    for step in range(1, 4 * AVERAGED_EVERY + 1):
        averaged.step(theta, np.array([-1.0]), 1.0)  # θ = step
        if step == AVERAGED_EVERY:  # at the first look with a factor of 1/10
            assert averaged.average == pytest.approx([AVERAGED_EVERY - 1 + 0.9])
    assert 3 * AVERAGED_EVERY < averaged.average[0] < theta[0] == 4 * AVERAGED_EVERY


def test_adam_by_hand() -> None:
    theta = np.array([1.0, 1.0])
    adam = Adam(np.zeros(2), np.zeros(2))
    adam.step(theta, np.array([3.0, -0.01]), 0.1)  # The first step has the size of the rate, whatever the gradient.
    assert theta == pytest.approx([0.9, 1.1], abs=1e-6)
    adam.step(theta, np.array([-3.0, -0.01]), 0.1)
    # mean = (0.9·0.3 − 0.3) / (1 − 0.81) = −0.1579, root = √(9) = 3: the first goes back by 0.1 · 0.0526
    assert theta == pytest.approx([0.9 + 0.1 * 0.03 / 0.19 / 3, 1.2], abs=1e-6)


@pytest.mark.parametrize("name", ["momentum", "nesterov", "adam", "adamw"])
def test_one_compiled_pass_does_the_same(name: str) -> None:
    rng = np.random.default_rng(0)
    plain = rng.normal(size=500).astype(np.float32)
    movers = [optimizer(name, plain, weight_decay=0.1) for _ in range(2)]
    compiled = plain.copy()
    for share in [1.0] * 99 + [0.3]:
        gradient = rng.normal(size=500).astype(np.float32)
        movers[0].step(plain, gradient.copy(), 0.01, share)
        take(movers[1], compiled, gradient, share)
    assert compiled.dtype == np.float32
    np.testing.assert_allclose(compiled, plain, rtol=1e-4, atol=1e-5)


def take(mover: Optimizer, theta: Floats, gradient: Floats, share: float = 1.0) -> None:
    """Take an optimizer's step by the compiled loops."""
    *numbers, factor = np.array(mover.numbers(0.01, share), np.float32)
    if isinstance(mover, Adam):
        adam_step(theta, mover.mean, mover.square, gradient * factor, np.array(numbers))
    elif isinstance(mover, Momentum):
        momentum_step(theta, mover.velocity, gradient * factor, *numbers, mover.nesterov)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", ["momentum", "nesterov", "adamw"])
def test_memories_of_dark_pixels_do_not_become_denormal(name: str, compiled: bool) -> None:
    theta = np.zeros(3, np.float32)
    mover = optimizer(name, theta)
    for gradient in [np.array([1, 1e-3, 0], np.float32)] + [np.zeros(3, np.float32)] * 3000:
        take(mover, theta, gradient) if compiled else mover.step(theta, gradient, 0.01)
    memories = [value for value in vars(mover).values() if isinstance(value, np.ndarray)]
    assert memories
    assert all((memory > np.finfo(np.float32).tiny).all() for memory in memories)


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "adam", "adamw"])
def test_float32_stays_float32_and_a_bowl_is_descended(name: str) -> None:
    theta = np.array([3.0, -2.0], np.float32)
    mover = optimizer(name, theta)
    for _ in range(300):
        mover.step(theta, 2 * theta, 0.05)
    assert theta.dtype == np.float32
    assert np.abs(theta).max() < 0.1


@pytest.mark.parametrize("average", [0.0, 0.9])
@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "adam", "adamw"])
def test_one_that_recalls_goes_on_as_the_other_would(name: str, average: float, rng: np.random.Generator) -> None:
    theta = rng.normal(size=5).astype(np.float32)
    gradients = rng.normal(size=(30, 5)).astype(np.float32)
    first = optimizer(name, theta, weight_decay=0.1, average=average)
    for gradient in gradients[:13]:
        first.step(theta, gradient.copy(), 0.1)
    copy = theta.copy()
    second = optimizer(name, np.zeros_like(theta), weight_decay=0.1, average=average)
    second.recall({key: value.copy() for key, value in first.memory().items()})
    for gradient in gradients[13:]:
        first.step(theta, gradient.copy(), 0.1)
        second.step(copy, gradient.copy(), 0.1)
    assert theta.tobytes() == copy.tobytes()
    assert {key: value.tobytes() for key, value in first.memory().items()} == {
        key: value.tobytes() for key, value in second.memory().items()
    }


@pytest.mark.parametrize(
    ("name", "middle", "end"), [("step", 0.1, 0.01), ("constant", 1, 1), ("linear", 0.5, 0), ("cosine", 0.5, 0)]
)
def test_schedules(name: str, middle: float, end: float) -> None:
    schedule = SCHEDULES[name]
    assert [schedule(t) for t in (0.0, 0.5, 1.0)] == pytest.approx([1, middle, end])
    assert all(schedule(t / 10) >= schedule((t + 1) / 10) for t in range(10))


@pytest.mark.parametrize(
    ("name", "whole"), [("sgd", 0.5), ("momentum", 5.0), ("nesterov", 5.0), ("adam", 1.0), ("adamw", 1.0)]
)
def test_a_share_of_a_step_moves_by_that_share(name: str, whole: float) -> None:
    theta, moved = np.zeros(1, np.float32), {}
    mover = optimizer(name, theta)
    for _ in range(500):  # Until every memory knows this gradient.
        mover.step(theta, np.full(1, 0.5, np.float32), 1.0)
    for share in (1.0, 0.25, 1 / 32):
        before = theta.copy()
        for _ in range(round(1 / share)):
            mover.step(theta, np.full(1, 0.5, np.float32), 1.0, share)
        moved[share] = float(before[0] - theta[0])
    assert moved == pytest.approx(dict.fromkeys(moved, whole), rel=1e-3)


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "adam", "adamw"])
def test_a_whole_step_is_the_same_bits_with_or_without_saying_so(name: str, rng: np.random.Generator) -> None:
    thetas = [np.ones(50, np.float32) for _ in range(2)]
    movers = [optimizer(name, theta, weight_decay=0.1, average=0.9) for theta in thetas]
    for gradient in rng.normal(size=(20, 50)).astype(np.float32):
        movers[0].step(thetas[0], gradient.copy(), 0.1)
        movers[1].step(thetas[1], gradient.copy(), 0.1, 16 / 16)
    assert thetas[0].tobytes() == thetas[1].tobytes()


def test_an_average_looks_once_in_eight_steps_of_whatever_shares() -> None:
    theta = np.zeros(1)
    whole, parts = (Averaged(GradientDescent(), theta.copy(), decay=0.999) for _ in range(2))
    for _ in range(5 * AVERAGED_EVERY):
        whole.step(theta, np.zeros(1), 1.0)
    theta += 1
    for step in range(4 * 5 * AVERAGED_EVERY):
        parts.step(theta if step >= 4 * AVERAGED_EVERY else np.zeros(1), np.zeros(1), 1.0, 0.25)
    assert (whole.steps, parts.steps) == (5 * AVERAGED_EVERY, 5 * AVERAGED_EVERY)
    assert 0 < parts.average[0] < 1


def test_a_short_first_step_of_adam_is_its_share_of_the_rate() -> None:
    theta = np.zeros(2)
    Adam(np.zeros(2), np.zeros(2)).step(theta, np.array([3.0, -0.01]), 0.1, 0.25)
    assert theta == pytest.approx([-0.025, 0.025], abs=1e-6)
