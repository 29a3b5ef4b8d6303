"""How the parameters move, given the gradient and a learning rate; and how the rate falls during training.

An optimizer is a small record of what it remembers between steps. It moves one flat vector in place and need not know
about layers.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

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

    def step(self, theta: Array, gradient: Array, learning_rate: float) -> None:
        """Move `theta` (n_parameters,) along the velocity."""
        velocity = self.velocity
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

    def step(self, theta: Array, gradient: Array, learning_rate: float) -> None:
        """Move `theta` (n_parameters,) by the ratio of the gradient's mean to its root mean square."""
        xp = array_namespace(theta)
        self.steps += 1
        mean, square = self.mean, self.square
        mean *= self.mean_decay
        mean += (1 - self.mean_decay) * gradient
        mean += 1e-20  # As in Momentum: keeps clear of slow, tiny numbers.
        square *= self.square_decay
        square += (1 - self.square_decay) * (gradient * gradient)
        square += 1e-30
        rate = learning_rate / (1 - self.mean_decay**self.steps)  # Both means start at zero; this makes up for it.
        root = xp.sqrt(square / (1 - self.square_decay**self.steps))
        theta -= rate * mean / (root + self.epsilon)


def optimizer(name: str, theta: Array) -> Optimizer:
    """Return a fresh optimizer for parameters like `theta`: "sgd", "momentum" or "adam"."""
    xp = array_namespace(theta)
    if name == "momentum":
        return Momentum(xp.zeros_like(theta))
    if name == "adam":
        return Adam(xp.zeros_like(theta), xp.zeros_like(theta))
    return GradientDescent()


# Name → the share of the learning rate that is left when a part `t` (0…1) of the training is done.
SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda _: 1.0,
    "linear": lambda t: 1.0 - t,
    "cosine": lambda t: (1.0 + math.cos(math.pi * t)) / 2,
}
