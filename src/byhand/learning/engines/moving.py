"""How parameters move on a device: each step of `optimizers.py`, by the numbers that the optimizer tells.

The numbers lie on the device, too, so that a step that was recorded once can be taken again with others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np

from byhand.learning.optimizers import Adam, Averaged, Momentum, Optimizer
from byhand.types import Floats

if TYPE_CHECKING:
    import torch

Tensor: TypeAlias = "torch.Tensor"
Kind = TypeVar("Kind", bound=Optimizer)


@dataclass(frozen=True, eq=False)
class Moved:
    """What moves, of one network or many: the parameters, and what the optimizer remembers, by name."""

    theta: Tensor  # (..., n_parameters)
    memory: dict[str, Tensor]  # each (..., n_parameters)
    step: Callable[["Moved", Tensor, Tensor], None]

    def move(self, gradient: Tensor, numbers: Tensor) -> None:
        """Take a step; `numbers` (how many, ..., 1) are those of `numbers_of`. The gradient may be overwritten."""
        self.step(self, gradient, numbers)
        if "average" in self.memory:
            self.memory["average"].lerp_(self.theta, numbers[-1])


def numbers_of(optimizer: Optimizer, learning_rates: Floats, shares: Sequence[float]) -> Floats:
    """Return the numbers of an optimizer's next steps, for each network's learning rate: (steps, how many, networks).

    Of an average, the last one is which part of the way to the parameters it goes.
    """
    is_adam, rows = step_of(optimizer) is _adam, []
    for share in shares:
        numbers = [*optimizer.numbers(learning_rates, share)]  # type: ignore[arg-type]  # rates: it only multiplies them
        if is_adam:
            numbers += [1 - numbers[1], 1 - numbers[2]]  # of which float32 would lose half of the digits
        if isinstance(optimizer, Averaged):
            numbers.append(optimizer.part(share))
        rows.append(numbers)
    table = np.empty((len(rows), len(rows[0]) if rows else 0, *learning_rates.shape), np.float32)
    for step, numbers in enumerate(rows):
        for k, number in enumerate(numbers):
            table[step, k] = number
    return table


def step_of(optimizer: Optimizer) -> Callable[[Moved, Tensor, Tensor], None]:
    """Return the function that takes an optimizer's steps."""
    if isinstance(optimizer, Averaged):
        optimizer = optimizer.optimizer
    if isinstance(optimizer, Adam):
        return _adam
    if isinstance(optimizer, Momentum):
        return _nesterov if optimizer.nesterov else _momentum
    return _descend


def row_of(optimizer: Kind, network: int | tuple[()]) -> Kind:
    """Return the optimizer of one of many networks, with views of what is remembered of it."""
    changes: dict[str, object] = {}
    for entry in fields(optimizer):  # type: ignore[arg-type]  # All are records.
        value = getattr(optimizer, entry.name)
        if isinstance(value, np.ndarray):
            changes[entry.name] = value[network]
        elif entry.name == "optimizer":
            changes[entry.name] = row_of(value, network)
    return replace(optimizer, **changes)  # type: ignore[type-var]


def _descend(moved: Moved, gradient: Tensor, numbers: Tensor) -> None:
    """Move by θ ← θ − ηg."""
    moved.theta.addcmul_(gradient, numbers[0])


def _momentum(moved: Moved, gradient: Tensor, numbers: Tensor) -> None:
    """Move by v ← βv + g, θ ← θ − ηv."""
    rate, decay, factor = numbers[0], numbers[1], numbers[2]
    velocity = moved.memory["velocity"]
    velocity.mul_(decay).addcmul_(gradient, factor).add_(1e-20)  # as in `optimizers`
    moved.theta.addcmul_(velocity, rate, value=-1)


def _nesterov(moved: Moved, gradient: Tensor, numbers: Tensor) -> None:
    """Move by v ← βv + g, θ ← θ − η(βv + g)."""
    rate, decay, factor = numbers[0], numbers[1], numbers[2]
    velocity = moved.memory["velocity"]
    gradient.mul_(factor)
    velocity.mul_(decay).add_(gradient).add_(1e-20)
    moved.theta.addcmul_(gradient.addcmul_(velocity, decay), rate, value=-1)


def _adam(moved: Moved, gradient: Tensor, numbers: Tensor) -> None:
    """Move by the ratio of the gradient's mean to its root mean square; see `optimizers.Adam`."""
    rate, mean_decay, square_decay, epsilon, square_share, shrink, _, new, new_square = (numbers[k] for k in range(9))
    mean, square, theta = moved.memory["mean"], moved.memory["square"], moved.theta
    mean.mul_(mean_decay).addcmul_(gradient, new).add_(1e-20)
    square.mul_(square_decay).addcmul_(gradient.mul_(gradient), new_square).add_(1e-30)
    theta.addcmul_(theta, shrink, value=-1)
    theta.addcdiv_(mean * rate, (square / square_share).sqrt_().add_(epsilon), value=-1)
