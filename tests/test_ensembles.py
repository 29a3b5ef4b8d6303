"""A committee in one network says what its members say together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import byhand
from byhand.judging.ensembles import ensemble
from byhand.network import forward, initial_parameters, n_parameters, softmax


def member(hidden: tuple[int, ...], seed: int, activation: str = "relu") -> byhand.Model:
    """Return a random network on 4×3 pixels with 10 classes."""
    sizes = (12, *hidden, 10)
    rng = np.random.default_rng(seed)
    theta = initial_parameters(sizes, activation, rng)
    theta += rng.normal(size=n_parameters(sizes)).astype(np.float32) / 10  # biases too
    return byhand.Model(sizes, activation, theta, tuple("0123456789"), (4, 3))


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=2, max_size=4),
    st.sampled_from(["relu", "tanh", "sigmoid", "leaky_relu"]),
    st.integers(0, 1000),
)
def test_it_averages_the_logits(shapes: list[tuple[int, int]], activation: str, seed: int) -> None:
    members = [member(hidden, seed + k, activation) for k, hidden in enumerate(shapes)]
    images = np.random.default_rng(seed).integers(0, 256, (20, 4, 3), np.uint8)
    x = images.reshape(20, 12).astype(np.float32) / 255
    logits = [forward(model.theta, model.sizes, activation, x)[1] for model in members]
    np.testing.assert_allclose(
        ensemble(members).predict_proba(images), softmax(np.mean(logits, axis=0)), rtol=1e-4, atol=1e-6
    )


def test_what_does_not_fit_is_refused() -> None:
    for others in ([], [member((5, 5), 1)], [member((5,), 1, "tanh")]):
        with pytest.raises(byhand.UsageError, match="ensemble"):
            ensemble([member((5,), 0), *others])
    with pytest.raises(byhand.UsageError, match="hidden layers"):
        ensemble([member((), 0), member((), 1)])
