"""PyTorch as an oracle: its automatic derivatives and its optimizers agree with what is written by hand."""

import itertools
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from byhand import network
from byhand.learning.engines.arrays import ArrayEngine
from byhand.learning.optimizers import GradientDescent, optimizer

pytestmark = pytest.mark.torch
SIZES = (784, 128, 64, 10)


def torch_loss(torch: Any, theta: Any, activation: str, x: Any, labels: Any) -> Any:
    """Write the same network with PyTorch's own functions."""
    functions = {
        "relu": torch.relu,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "leaky_relu": torch.nn.functional.leaky_relu,
    }
    start = 0
    for i, (n_in, n_out) in enumerate(itertools.pairwise(SIZES)):
        w = theta[start : start + n_in * n_out].reshape(n_in, n_out)
        b = theta[start + n_in * n_out : start + n_in * n_out + n_out]
        start += n_in * n_out + n_out
        x = x @ w + b
        if i < len(SIZES) - 2:
            x = functions[activation](x)
    return torch.nn.functional.cross_entropy(x, labels)


@pytest.mark.parametrize("activation", network.ACTIVATIONS)
def test_autograd_agrees(activation: str, rng: np.random.Generator) -> None:
    import torch

    start = network.initial_parameters(SIZES, activation, rng).astype(np.float64)
    x, labels = rng.random((16, 784)), rng.integers(0, 10, 16)
    losses, gradient = network.loss_and_gradient(start, SIZES, activation, x, network.one_hot(labels, 10, np.float64))
    theta = torch.tensor(start, requires_grad=True)
    loss = torch_loss(torch, theta, activation, torch.tensor(x), torch.tensor(labels))
    loss.backward()
    assert losses.mean() == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(gradient, theta.grad.numpy(), rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "adam", "adamw"])
def test_a_hundred_steps_agree(name: str, rng: np.random.Generator) -> None:
    import torch

    ours, theirs = rng.normal(size=50), torch.zeros(50, dtype=torch.float64)
    theirs.copy_(torch.tensor(ours))
    peer = {
        "sgd": lambda: torch.optim.SGD([theirs], lr=0.01),
        "momentum": lambda: torch.optim.SGD([theirs], lr=0.01, momentum=0.9),
        "nesterov": lambda: torch.optim.SGD([theirs], lr=0.01, momentum=0.9, nesterov=True),
        "adam": lambda: torch.optim.Adam([theirs], lr=0.01),
        "adamw": lambda: torch.optim.AdamW([theirs], lr=0.01, weight_decay=0.1),
    }[name]()
    mover = optimizer(name, ours, weight_decay=0.1)
    for _ in range(100):
        gradient = rng.normal(size=50)
        theirs.grad = torch.tensor(gradient)
        peer.step()
        mover.step(ours, gradient, 0.01)
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-9, atol=1e-12)


def test_the_same_source_runs_on_torch_tensors(rng: np.random.Generator) -> None:
    import torch

    images, labels = rng.integers(0, 256, (20, 784), np.uint8), rng.integers(0, 10, 20).astype(np.uint8)
    start = network.initial_parameters(SIZES, "relu", rng)
    engines = [
        ArrayEngine(theta, SIZES, "relu", GradientDescent(), 4) for theta in (start.copy(), torch.tensor(start.copy()))
    ]
    losses = [engine.learn(images, labels, 0.01) for engine in engines]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)
    np.testing.assert_allclose(engines[1].theta, engines[0].theta, atol=1e-5)


def test_it_loads_where_the_folder_that_one_stands_in_is_searched_first() -> None:
    code = "from byhand.learning.devices import places; print(places.named('cpu'))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "cpu\n"
