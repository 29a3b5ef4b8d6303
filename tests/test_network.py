"""The truths of the algorithm."""

import math
from typing import Any

import array_api_strict
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from byhand import network
from byhand.network import ACTIVATIONS

SMOOTH = ("tanh", "sigmoid")
shapes = st.lists(st.integers(1, 9), min_size=2, max_size=5).map(tuple)
seeds = st.integers(0, 2**32 - 1)


def problem(sizes: tuple[int, ...], activation: str, seed: int, batch: int = 3) -> tuple[Any, Any, Any]:
    """Draw parameters (biases too), images and one-hot labels in float64."""
    rng = np.random.default_rng(seed)
    theta = network.initial_parameters(sizes, activation, rng).astype(np.float64)
    theta += 0.1 * rng.normal(size=theta.shape)
    x = rng.random((batch, sizes[0]))
    y = network.one_hot(rng.integers(0, sizes[-1], batch), sizes[-1], np.float64)
    return theta, x, y


@given(sizes=shapes, activation=st.sampled_from(sorted(ACTIVATIONS)), seed=seeds, batch=st.integers(1, 4))
def test_gradient_is_the_finite_difference(sizes: tuple[int, ...], activation: str, seed: int, batch: int) -> None:
    theta, x, y = problem(sizes, activation, seed, batch)
    _, gradient = network.loss_and_gradient(theta, sizes, activation, x, y)
    direction = np.random.default_rng(seed + 1).normal(size=theta.shape) + gradient
    direction /= np.linalg.norm(direction)

    def loss(t: float) -> float:
        return float(network.loss_and_gradient(theta + t * direction, sizes, activation, x, y)[0].mean())

    # ReLU has kinks, which a wider stencil would meet; the smooth functions allow one of fourth order.
    if activation in SMOOTH:
        h = 1e-3
        slope = (8 * (loss(h) - loss(-h)) - (loss(2 * h) - loss(-2 * h))) / (12 * h)
    else:
        h = 1e-6
        slope = (loss(h) - loss(-h)) / (2 * h)
    # Below 1e-2 the difference's own rounding, about 1e-16 / h, is what would be measured.
    assert abs(gradient @ direction - slope) <= 1e-7 * max(abs(slope), 1e-2)


@given(sizes=shapes, activation=st.sampled_from(sorted(SMOOTH)), seed=seeds, batch=st.integers(1, 4))
def test_gradient_in_the_images(sizes: tuple[int, ...], activation: str, seed: int, batch: int) -> None:
    theta, x, y = problem(sizes, activation, seed, batch)
    gradient = network.gradient_in_images(theta, sizes, activation, x, y)
    direction, h = np.random.default_rng(seed + 1).normal(size=x.shape), 1e-5
    ends = [network.loss_and_gradient(theta, sizes, activation, x + t * direction, y)[0] for t in (h, -h)]
    np.testing.assert_allclose((gradient * direction).sum(axis=1), (ends[0] - ends[1]) / (2 * h), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradient_at_the_real_size(activation: str) -> None:
    sizes = (784, 128, 64, 10)
    theta, x, y = problem(sizes, activation, 7, batch=5)
    _, gradient = network.loss_and_gradient(theta, sizes, activation, x, y)
    direction = gradient / np.linalg.norm(gradient)
    h = 1e-6
    ends = [network.loss_and_gradient(theta + t * direction, sizes, activation, x, y)[0].mean() for t in (h, -h)]
    assert (ends[0] - ends[1]) / (2 * h) == pytest.approx(gradient @ direction, rel=1e-7)


def test_a_step_worked_by_hand() -> None:
    # Two pixels, two ReLU units, two classes. All sums below can be done on paper.
    theta = np.array(
        [
            *(1.0, -1.0, 2.0, 1.0),  # w1: pixel 1 → units (1, −1); pixel 2 → units (2, 1)
            *(0.0, 0.5),  # b1
            *(1.0, 0.0, 0.0, 1.0),  # w2: each unit speaks for one class
            *(0.0, 0.0),  # b2
        ]
    )
    x, y = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    # z1 = (1, −0.5), a1 = (1, 0), logits = (1, 0), p = (e/(e+1), 1/(e+1)) = (0.731, 0.269), loss = ln(e + 1)
    p = math.e / (math.e + 1)
    losses, gradient = network.loss_and_gradient(theta, (2, 2, 2), "relu", x, y)
    assert losses == pytest.approx([math.log(math.e + 1)])
    # delta2 = p − y = (p, −p); dw2 = a1ᵀ delta2 = ((p, −p), (0, 0)); db2 = (p, −p)
    # delta1 = delta2 w2ᵀ · slope = (p, −p) · (1, 0) = (p, 0); dw1 = xᵀ delta1 = ((p, 0), (0, 0)); db1 = (p, 0)
    assert gradient == pytest.approx([p, 0, 0, 0, p, 0, p, -p, 0, 0, p, -p])


@pytest.mark.parametrize("classes", [2, 10])
def test_at_zero_weights_every_class_is_as_likely(classes: int) -> None:
    sizes = (6, 4, classes)
    theta, x, y = problem(sizes, "relu", 1)
    losses, _ = network.loss_and_gradient(np.zeros_like(theta), sizes, "relu", x, y)
    assert losses == pytest.approx(math.log(classes))


@given(seed=seeds, activation=st.sampled_from(sorted(ACTIVATIONS)))
def test_the_order_within_a_batch_does_not_matter(seed: int, activation: str) -> None:
    sizes = (6, 5, 4)
    theta, x, y = problem(sizes, activation, seed, batch=6)
    order = np.random.default_rng(seed).permutation(6)
    losses, gradient = network.loss_and_gradient(theta, sizes, activation, x, y)
    losses2, gradient2 = network.loss_and_gradient(theta, sizes, activation, x[order], y[order])
    np.testing.assert_allclose(losses2, losses[order], rtol=1e-12)
    np.testing.assert_allclose(gradient2, gradient, rtol=1e-9, atol=1e-14)


@given(seed=seeds)
def test_the_gradient_of_a_batch_is_the_mean_of_its_images(seed: int) -> None:
    sizes = (6, 5, 4)
    theta, x, y = problem(sizes, "relu", seed, batch=4)
    singles = [network.loss_and_gradient(theta, sizes, "relu", x[i : i + 1], y[i : i + 1])[1] for i in range(4)]
    np.testing.assert_allclose(
        network.loss_and_gradient(theta, sizes, "relu", x, y)[1], np.mean(singles, axis=0), rtol=1e-9, atol=1e-14
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_type_of_the_parameters_is_kept(activation: str, dtype: type) -> None:
    sizes = (6, 5, 4)
    theta, x, y = (array.astype(dtype) for array in problem(sizes, activation, 3))
    losses, gradient = network.loss_and_gradient(theta, sizes, activation, x, y)
    assert losses.dtype == gradient.dtype == dtype


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_same_source_runs_on_another_array_library(activation: str) -> None:
    sizes = (6, 5, 4)
    arrays = problem(sizes, activation, 4)
    expected = network.loss_and_gradient(arrays[0], sizes, activation, *arrays[1:])
    strict = [array_api_strict.asarray(array) for array in arrays]
    losses, gradient = network.loss_and_gradient(strict[0], sizes, activation, *strict[1:])
    assert type(gradient) is type(strict[0])
    np.testing.assert_allclose(np.asarray(losses), expected[0], rtol=1e-14)
    np.testing.assert_allclose(np.asarray(gradient), expected[1], rtol=1e-12, atol=1e-15)
    p = network.softmax(strict[2])
    np.testing.assert_allclose(np.asarray(p), network.softmax(arrays[2]), rtol=1e-14)


@given(
    logits=st.lists(st.lists(st.floats(-1e4, 1e4, width=32), min_size=3, max_size=3), min_size=1, max_size=4),
    shift=st.floats(-1e3, 1e3, width=32),
)
def test_softmax_is_a_probability_and_ignores_a_common_shift(logits: list[list[float]], shift: float) -> None:
    z = np.array(logits)
    p = network.softmax(z)
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(network.softmax(z + shift), p, atol=1e-9)


def test_huge_logits_give_a_finite_loss() -> None:
    y = np.array([[0.0, 1.0]], np.float32)
    log_p = network.log_softmax(np.array([[1e5, -1e5]], np.float32))
    assert network.cross_entropy(log_p, y) == pytest.approx([2e5])


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_slopes_come_from_outputs(activation: str) -> None:
    f, slope, _ = ACTIVATIONS[activation]
    z, h = np.linspace(-5, 5, 40), 1e-6  # 40 points: none at the kink in 0
    np.testing.assert_allclose(slope(f(z)), (f(z + h) - f(z - h)) / (2 * h), atol=1e-8)


def test_sigmoid_does_not_overflow() -> None:
    np.testing.assert_array_equal(network.sigmoid(np.array([-1e4, 0, 1e4], np.float32)), [0, 0.5, 1])


def test_layers_are_views_into_one_vector() -> None:
    sizes = (3, 2, 4)
    theta = np.arange(network.n_parameters(sizes), dtype=np.float32)
    (w1, b1), (w2, b2) = network.layers(theta, sizes)
    assert [part.shape for part in (w1, b1, w2, b2)] == [(3, 2), (2,), (2, 4), (4,)]
    np.testing.assert_array_equal(np.concatenate([part.ravel() for part in (w1, b1, w2, b2)]), theta)
    b1[0] = -1
    assert theta[6] == -1


def test_the_default_network_has_109386_parameters() -> None:
    assert network.n_parameters((784, 128, 64, 10)) == 784 * 128 + 128 + 128 * 64 + 64 + 64 * 10 + 10 == 109_386


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_initial_weights_carry_signals_through_many_layers(activation: str) -> None:
    sizes = (300,) * 12
    theta = network.initial_parameters(sizes, activation, np.random.default_rng(0))
    inputs, _ = network.forward(theta, sizes, activation, np.random.default_rng(1).normal(size=(50, 300)))
    power = [float((a * a).mean()) for a in inputs]
    assert 0.2 < power[-1] / power[0] < 5
    assert all((bias == 0).all() for _, bias in network.layers(theta, sizes))
