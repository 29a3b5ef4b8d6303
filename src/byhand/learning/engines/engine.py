"""What training asks of an engine."""

from collections.abc import Sequence
from typing import Protocol, cast

import numpy as np
from numpy.typing import DTypeLike

from byhand.data.rows import Features, Sparse
from byhand.labels import NO_CLASS
from byhand.learning.optimizers import Optimizer
from byhand.network import Array, one_hot, to_inputs
from byhand.types import Bytes, Floats, Integers, array_namespace


class Engine(Protocol):
    """Learns: the one verb. It moves the parameters it was made at, or a copy of them."""

    @property
    def theta(self) -> Floats:
        """The parameters as they are now (n_parameters,)."""

    @property
    def optimizer(self) -> Optimizer:
        """What moves them."""

    def is_finite(self) -> bool:
        """Tell whether all parameters are numbers still."""

    def learn(
        self, images: Bytes | Features, labels: Bytes, learning_rate: float, weights: Floats | None = None
    ) -> Floats:
        """Learn from images or rows (n, pixels) with labels (n,), in this order; return each loss before its step.

        An engine on a device may return what is still being computed there: `gathered` waits for it.

        A batch that is not whole takes its share of a step. The gradient of every image is multiplied by its weight
        (n,), where there are any; its loss is returned as it is.
        """


def steps_singly(optimizer: Optimizer, batch_size: int) -> bool:
    """Tell whether every image is a step of its own that leaves the weights of dark pixels where they are."""
    return batch_size == 1 and optimizer.spares_zeros


def gathered(losses: Sequence[Array]) -> Floats:
    """Return the losses of stretches as one array of this machine's memory, once all are known."""
    whole = array_namespace(losses[0]).concat(list(losses), axis=-1)
    if isinstance(whole, np.ndarray):
        return np.asarray(whole)
    from byhand.learning.devices import places

    return places.brought(whole)


def as_inputs(images: Bytes | Features, dtype: DTypeLike) -> Array:
    """Return bytes of images as numbers 0…1, and rows of numbers as they are, of `dtype`."""
    assert not isinstance(images, Sparse)  # These become dense before, a few at a time.
    xp = array_namespace(images)
    if images.dtype == xp.uint8:
        return to_inputs(images, dtype)  # type: ignore[arg-type]
    return cast("Array", xp.astype(images, dtype))


def targets(labels: Integers, classes: int, label_smoothing: float, dtype: DTypeLike) -> Array:
    """Return the probabilities (n, classes) that a network shall learn to give to images with these labels (n,)."""
    y: Array = one_hot(labels, classes, dtype)
    unknown = array_namespace(labels).astype(labels == NO_CLASS, dtype)
    y = y + unknown[:, None] / classes  # What belongs to no class is as much of one as of any other.
    if label_smoothing:  # Never quite sure (Szegedy et al. 2016, https://arxiv.org/abs/1512.00567).
        y = y * (1 - label_smoothing) + label_smoothing / classes
    return y
