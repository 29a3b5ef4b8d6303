"""How the parameters move, given the gradient and a learning rate; and how the rate falls during training.

An optimizer is a small record of what it remembers between steps. It moves one flat vector in place and need not know
about layers.

The last batch of an epoch is often a short one, of one image perhaps, and its gradient the noisiest. It takes its
share of a step, n/B where n of B images are there: the rate is multiplied by the share, and for memories so much less
time goes by, so that what decays by β in a step decays by β to the power of the share. A gradient that stays the same
then moves everything by that share of what a whole step would.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from byhand.learning.recipe import Recipe
from byhand.network import Array
from byhand.types import Arrays, array_namespace

# What an optimizer remembers between steps, by name, as a checkpoint keeps it.
Memory: TypeAlias = dict[str, NDArray[np.generic]]

AVERAGED_EVERY = 8  # steps


class Optimizer(Protocol):
    """What an engine asks of an optimizer."""

    @property
    def spares_zeros(self) -> bool:
        """Whether a parameter whose gradient is zero stays where it is."""

    def step(self, theta: Array, gradient: Array, learning_rate: float, share: float = 1.0) -> None:
        """Move `theta` in place by a share (0…1) of a step; `gradient` may be overwritten."""

    def numbers(self, learning_rate: float, share: float) -> tuple[float, ...]:
        """Return the numbers of its next step, the last one the gradient's factor, for who takes that step himself."""

    def parameters(self, theta: Array) -> Array:
        """Return the parameters to use, when those that move are `theta`; they will move."""

    def memory(self) -> Memory:
        """Return what it remembers, by name."""

    def recall(self, memory: Arrays) -> None:
        """Remember what another one did."""


@dataclass(frozen=True)
class GradientDescent:
    """Plain gradient descent: θ ← θ − ηg."""

    spares_zeros: ClassVar[bool] = True

    def step(self, theta: Array, gradient: Array, learning_rate: float, share: float = 1.0) -> None:
        """Move `theta` (n_parameters,) against the gradient."""
        learning_rate *= share
        gradient *= learning_rate
        theta -= gradient

    def numbers(self, learning_rate: float, share: float) -> tuple[float]:
        """Return the factor that makes a step of the gradient."""
        return (-learning_rate * share,)

    def parameters(self, theta: Array) -> Array:
        """Return `theta` (n_parameters,)."""
        return theta

    def memory(self) -> Memory:
        """Return what it remembers: nothing."""
        return {}

    def recall(self, memory: Arrays) -> None:
        """Remember what another one did: nothing."""


@dataclass(frozen=True, eq=False)
class Momentum:
    """Gradient descent with a memory: v ← βv + g, θ ← θ − ηv (Polyak 1964, in the form of Sutskever et al. 2013).

    Nesterov's form looks one step ahead along the velocity: θ ← θ − η(βv + g).
    """

    velocity: Array = field(repr=False)  # (n_parameters,)
    decay: float = 0.9
    nesterov: bool = False
    spares_zeros: ClassVar[bool] = False

    def step(self, theta: Array, gradient: Array, learning_rate: float, share: float = 1.0) -> None:
        """Move `theta` (n_parameters,) along the velocity."""
        velocity, (rate, decay, factor) = self.velocity, self.numbers(learning_rate, share)
        if factor != 1:
            gradient *= factor
        velocity *= decay
        velocity += gradient
        velocity += 1e-20  # Below 1e-38 arithmetic is a hundred times slower; velocities of dark pixels sink there.
        theta -= rate * (decay * velocity + gradient if self.nesterov else velocity)

    def numbers(self, learning_rate: float, share: float) -> tuple[float, float, float]:
        """Return rate, decay, and the gradient's factor: what decays of a velocity that it keeps up."""
        decay = self.decay**share
        return learning_rate * share, decay, 1.0 if share == 1 else (1 - decay) / (1 - self.decay)

    def parameters(self, theta: Array) -> Array:
        """Return `theta` (n_parameters,)."""
        return theta

    def memory(self) -> Memory:
        """Return what it remembers, by name."""
        return {"velocity": self.velocity}

    def recall(self, memory: Arrays) -> None:
        """Remember what another one did."""
        self.velocity[...] = memory["velocity"]


@dataclass(eq=False)
class Adam:
    """Steps of about the learning rate in every direction (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980).

    With weight decay it is AdamW: every step also shrinks all parameters by the share η · weight_decay, apart from the
    gradient (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101).
    """

    mean: Array = field(repr=False)  # (n_parameters,), of the gradient
    square: Array = field(repr=False)  # (n_parameters,), of the squared gradient
    steps: float = 0.0
    weight_decay: float = 0.0
    mean_decay: float = 0.9
    square_decay: float = 0.999
    epsilon: float = 1e-8
    spares_zeros: ClassVar[bool] = False

    def step(self, theta: Array, gradient: Array, learning_rate: float, share: float = 1.0) -> None:
        """Move `theta` (n_parameters,) by the ratio of the gradient's mean to its root mean square."""
        xp = array_namespace(theta)
        mean, square = self.mean, self.square
        rate, mean_decay, square_decay, epsilon, square_share, shrink, _ = self.numbers(learning_rate, share)
        mean *= mean_decay
        mean += (1 - mean_decay) * gradient
        mean += 1e-20  # As in Momentum: keeps clear of slow, tiny numbers.
        square *= square_decay
        square += (1 - square_decay) * (gradient * gradient)
        square += 1e-30
        theta -= shrink * theta
        theta -= rate * mean / (xp.sqrt(square / square_share) + epsilon)

    def numbers(self, learning_rate: float, share: float) -> tuple[float, ...]:
        """Return rate, both decays, epsilon, the share of the mean square that is there, and that of decay."""
        self.steps += share
        learning_rate = learning_rate * share  # never in place: it may be an array, of a rate for each network
        # Both means start at zero, and so hold only a share of what they should; dividing makes up for it.
        mean_share, square_share = 1 - self.mean_decay**self.steps, 1 - self.square_decay**self.steps
        decays, shrink = (self.mean_decay**share, self.square_decay**share), learning_rate * self.weight_decay
        return learning_rate / mean_share, *decays, self.epsilon, square_share, shrink, 1.0

    def parameters(self, theta: Array) -> Array:
        """Return `theta` (n_parameters,)."""
        return theta

    def memory(self) -> Memory:
        """Return what it remembers, by name."""
        return {"mean": self.mean, "square": self.square, "steps": np.array([self.steps])}

    def recall(self, memory: Arrays) -> None:
        """Remember what another one did."""
        self.mean[...], self.square[...] = memory["mean"], memory["square"]
        self.steps = float(memory["steps"].item())


@dataclass(eq=False)
class Averaged:
    """An optimizer, and beside it a moving average of the parameters it moves: ā ← ā + (1 − β)(θ − ā).

    The noise of single steps averages out (Polyak and Juditsky 1992). Only every eighth step is looked at, with β⁸:
    neighbouring ones hardly differ, and for a large network each look costs a pass through memory. The first β are
    smaller, so that the random start is soon forgotten.
    """

    optimizer: Optimizer
    average: Array = field(repr=False)  # (n_parameters,)
    decay: float
    steps: float = 0.0
    spares_zeros: ClassVar[bool] = False

    def step(self, theta: Array, gradient: Array, learning_rate: float, share: float = 1.0) -> None:
        """Move `theta` (n_parameters,), and the average after it."""
        self.optimizer.step(theta, gradient, learning_rate, share)
        self.follow(theta, share)

    def numbers(self, learning_rate: float, share: float) -> tuple[float, ...]:
        """Return those of its optimizer; after that step, `follow` is to be called."""
        return self.optimizer.numbers(learning_rate, share)

    def follow(self, theta: Array, share: float) -> None:
        """Let the average follow a step that was taken."""
        part = self.part(share)
        if part == 1:
            self.average[...] = theta
        elif part:
            self.average += part * (theta - self.average)

    def part(self, share: float) -> float:
        """Return which part of the way to the parameters the average goes after the next step."""
        looked, self.steps = self.steps // AVERAGED_EVERY, self.steps + share
        looks = self.steps // AVERAGED_EVERY
        if self.steps < AVERAGED_EVERY:
            return 1.0
        return 1 - min(self.decay**AVERAGED_EVERY, looks / (looks + 9)) if looks > looked else 0.0

    def parameters(self, theta: Array) -> Array:  # noqa: ARG002  # of an average, those that move are not asked
        """Return the average (n_parameters,)."""
        return self.average

    def memory(self) -> Memory:
        """Return what it and its optimizer remember, by name."""
        return self.optimizer.memory() | {"average": self.average, "looked_at": np.array([self.steps])}

    def recall(self, memory: Arrays) -> None:
        """Remember what another one did."""
        self.optimizer.recall(memory)
        self.average[...] = memory["average"]
        self.steps = float(memory["looked_at"].item())


def optimizer(name: str, theta: Array, *, weight_decay: float = 0.0, average: float = 0.0) -> Optimizer:
    """Return a fresh optimizer for parameters like `theta`, one of `recipe.Recipe`'s names."""
    xp = array_namespace(theta)
    chosen: Optimizer = GradientDescent()
    if name in ("momentum", "nesterov"):
        chosen = Momentum(xp.zeros_like(theta), nesterov=name == "nesterov")
    if name in ("adam", "adamw"):
        decay = weight_decay if name == "adamw" else 0.0
        chosen = Adam(xp.zeros_like(theta), xp.zeros_like(theta), weight_decay=decay)
    return Averaged(chosen, xp.asarray(theta, copy=True), average) if average else chosen


# Name → the share of the learning rate that is left when a part `t` (0…1) of the training is done.
SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda _: 1.0,
    "linear": lambda t: 1.0 - t,
    "step": lambda t: 0.1 ** ((t >= 1 / 2) + (t >= 3 / 4)),
    "cosine": lambda t: (1.0 + math.cos(math.pi * t)) / 2,
}


def rate_after(recipe: Recipe, epochs: float) -> float:
    """Return the learning rate when so many epochs are over."""
    t = epochs / recipe.epochs
    risen = t >= recipe.warmup
    share = SCHEDULES[recipe.schedule]((t - recipe.warmup) / (1 - recipe.warmup)) if risen else t / recipe.warmup
    return recipe.starting_rate * share


def gentler(recipe: Recipe) -> float:
    """Return a learning rate that should do better than the one by which the training diverged."""
    return min(recipe.default_rate, recipe.starting_rate / 10)
