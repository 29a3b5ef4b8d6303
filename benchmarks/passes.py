"""What every contender of the bench is asked to do: a pass through training images, or to read images.

A pass goes once through `n` training images in order, in batches, by plain gradient descent unless another optimizer is
named. Every verb of a contender returns a function without arguments that does the work once.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import byhand

RATE = 0.01
READER = (784, 128, 64, 10)  # the network that reads
Work = Callable[[], object]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Pass:
    """What to train: sizes of the layers, images a step, images in all, optimizer, engine (byhand only)."""

    sizes: tuple[int, ...]
    batch_size: int
    n: int
    optimizer: str = "sgd"
    engine: str = "auto"

    @property
    def rate(self) -> float:
        """The learning rate."""
        return 0.001 if self.optimizer == "adam" else RATE


def training_data(n: int) -> tuple[Bytes, Bytes]:
    """Return the first `n` training images as rows of bytes, repeated if there are not that many, and labels."""
    train = byhand.load("mnist").train
    order = np.arange(n) % len(train)
    return train.images.reshape(len(train), -1)[order], train.labels[order]


def images_to_read(n: int) -> Bytes:
    """Return the first `n` test images as rows of bytes."""
    return byhand.load("mnist").test.images[:n].reshape(n, -1)


def scaled(images: Bytes) -> NDArray[np.float32]:
    """Return images as the float32 that PyTorch, scikit-learn and ONNX Runtime are given beforehand."""
    return np.divide(images, 255, dtype=np.float32)
