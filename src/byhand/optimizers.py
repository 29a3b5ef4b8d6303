"""How the parameters move, given the gradient and a learning rate; and how the rate falls during training.

An optimizer is a small record of what it remembers between steps. It moves one flat vector in place and need not know
about layers.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from array_api_compat import array_namespace

from byhand.network import Array


class Optimizer(Protocol):
    """What an engine asks of an optimizer."""

    @property
    def spares_zeros(self) -> bool:
        """Tell whether a parameter whose gradient is zero stays where it is."""

    def step(self, theta: Array, gradient: Array, learning_rate: float) -> None:
        """Move `theta` in place; `gradient` may be overwritten."""


@dataclass(frozen=True)
class GradientDescent:
    """Plain gradient descent: θ ← θ − ηg."""

    spares_zeros: bool = True

    def step(self, theta: Array, gradient: Array, learning_rate: float) -> None:
        """Move `theta` (n_parameters,) against the gradient."""
        gradient *= learning_rate
        theta -= gradient


@dataclass(frozen=True)
class Momentum:
    """Gradient descent with a memory: v ← βv + g, θ ← θ − ηv (Polyak 1964, in the form of Sutskever et al. 2013)."""

    velocity: Array  # (n_parameters,)
    decay: float = 0.9
    spares_zeros: bool = False
    fused: bool = False  # In one compiled pass; NumPy arrays only.

    def step(self, theta: Array, gradient: Array, learning_rate: float) -> None:
        """Move `theta` (n_parameters,) along the velocity."""
        velocity = self.velocity
        if self.fused:
            from byhand.kernels import momentum_step

            momentum_step(theta, velocity, gradient, np.float32(learning_rate), np.float32(self.decay))
            return
        velocity *= self.decay
        velocity += gradient
        velocity += 1e-20  # Below 1e-38 arithmetic is a hundred times slower; velocities of dark pixels sink there.
        theta -= learning_rate * velocity


@dataclass
class Adam:
    """Steps of about the learning rate in every direction (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980)."""

    mean: Array  # (n_parameters,), of the gradient
    square: Array  # (n_parameters,), of the squared gradient
    steps: int = 0
    mean_decay: float = 0.9
    square_decay: float = 0.999
    epsilon: float = 1e-8
    spares_zeros: bool = False
    fused: bool = False  # In one compiled pass; NumPy arrays only.

    def step(self, theta: Array, gradient: Array, learning_rate: float) -> None:
        """Move `theta` (n_parameters,) by the ratio of the gradient's mean to its root mean square."""
        xp = array_namespace(theta)
        self.steps += 1
        mean, square = self.mean, self.square
        mean_share, square_share = 1 - self.mean_decay**self.steps, 1 - self.square_decay**self.steps
        if self.fused:
            from byhand.kernels import adam_step

            numbers = (learning_rate, self.mean_decay, self.square_decay, self.epsilon, mean_share, square_share)
            adam_step(theta, mean, square, gradient, *map(np.float32, numbers))
            return
        mean *= self.mean_decay
        mean += (1 - self.mean_decay) * gradient
        mean += 1e-20  # As in Momentum: keeps clear of slow, tiny numbers.
        square *= self.square_decay
        square += (1 - self.square_decay) * (gradient * gradient)
        square += 1e-30
        # Both means start at zero, and so hold only a share of what they should; dividing makes up for it.
        root = xp.sqrt(square / square_share)
        theta -= (learning_rate / mean_share) * mean / (root + self.epsilon)


def optimizer(name: str, theta: Array, *, fused: bool = False) -> Optimizer:
    """Return a fresh optimizer for parameters like `theta`: "sgd", "momentum" or "adam", compiled if `fused`."""
    xp = array_namespace(theta)
    if name == "momentum":
        return Momentum(xp.zeros_like(theta), fused=fused)
    if name == "adam":
        return Adam(xp.zeros_like(theta), xp.zeros_like(theta), fused=fused)
    return GradientDescent()


# Name → the share of the learning rate that is left when a part `t` (0…1) of the training is done.
SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda _: 1.0,
    "linear": lambda t: 1.0 - t,
    "cosine": lambda t: (1.0 + math.cos(math.pi * t)) / 2,
}
