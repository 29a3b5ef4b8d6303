"""The engine on the compiled loops of `network.py`, for one image a step and for small batches."""

from dataclasses import dataclass, field

import numpy as np

from byhand.compiled import network
from byhand.learning.engines.engine import steps_singly
from byhand.learning.optimizers import Optimizer
from byhand.types import Bytes, Floats


@dataclass(eq=False)
class CompiledEngine:
    """Learns in batches with an optimizer. Compiles when it is made; keeps a copy of `theta` that it moves."""

    theta: Floats = field(repr=False)
    sizes: tuple[int, ...]
    activation: str
    optimizer: Optimizer
    batch_size: int = 1

    def __post_init__(self) -> None:
        self.theta, self._gradient = _aligned_copy(self.theta), _aligned_copy(self.theta)
        self._steps_singly = steps_singly(self.optimizer, self.batch_size)
        self._network = np.array(self.sizes), network.KINDS[self.activation]
        # Compile or load now, not within the first step.
        nothing = np.zeros((0, self.sizes[0]), np.uint8), np.zeros(0, np.uint8), np.zeros(0, np.float32)
        if self._steps_singly:
            network.learn(self.theta, *self._network, *nothing, np.float32(0), nothing[2])
        else:
            network.gradient_of_batch(self.theta, *self._network, *nothing, self._gradient, nothing[2])

    def learn(self, images: Bytes, labels: Bytes, learning_rate: float, weights: Floats | None = None) -> Floats:
        """Learn from images (n, pixels) with labels (n,), in this order; return the loss of each before its step."""
        losses = np.empty(len(labels), np.float32)
        weights = np.ones(len(labels), np.float32) if weights is None else weights
        if self._steps_singly:
            network.learn(self.theta, *self._network, images, labels, weights, np.float32(learning_rate), losses)
            return losses
        for start in range(0, len(labels), self.batch_size):
            batch = slice(start, start + self.batch_size)
            network.gradient_of_batch(
                self.theta,
                *self._network,
                images[batch],
                labels[batch],
                weights[batch],
                self._gradient,
                losses[batch],
            )
            self.optimizer.step(self.theta, self._gradient, learning_rate, len(labels[batch]) / self.batch_size)
        return losses


def _aligned_copy(theta: Floats) -> Floats:
    """Copy to a place that begins with a cache line: elsewhere every vector would lie across two, 1.2 times slower."""
    room = np.empty(theta.nbytes + 64, np.uint8)
    start = -room.ctypes.data % 64
    copy = room[start : start + theta.nbytes].view(np.float32)
    copy[:] = theta
    return copy
