"""What training asks of an engine."""

from typing import Protocol

from byhand.learning.optimizers import Optimizer
from byhand.types import Bytes, Floats


class Engine(Protocol):
    """Learns: the one verb. It moves the parameters it was made at, or a copy of them."""

    @property
    def theta(self) -> Floats:
        """The parameters as they are now (n_parameters,)."""

    @property
    def optimizer(self) -> Optimizer:
        """What moves them."""

    def learn(self, images: Bytes, labels: Bytes, learning_rate: float, weights: Floats | None = None) -> Floats:
        """Learn from images (n, pixels) with labels (n,), in this order; return the loss of each before its step.

        A batch that is not whole takes its share of a step. The gradient of every image is multiplied by its weight
        (n,), where there are any; its loss is returned as it is.
        """


def steps_singly(optimizer: Optimizer, batch_size: int) -> bool:
    """Tell whether every image is a step of its own that leaves the weights of dark pixels where they are."""
    return batch_size == 1 and optimizer.spares_zeros
