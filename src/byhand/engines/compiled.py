"""The engine for learning one image at a time, on the compiled loops of `kernels.py`."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from byhand import kernels

if TYPE_CHECKING:
    from numba.core.dispatcher import Dispatcher


@dataclass
class CompiledEngine:
    """Learns one image at a time by plain gradient descent. Compiles when it is made; keeps a copy of `theta`."""

    theta: NDArray[np.float32]
    sizes: tuple[int, ...]
    activation: str

    def __post_init__(self) -> None:
        self.theta = _aligned_copy(self.theta)
        self.learn(np.zeros((0, self.sizes[0]), np.uint8), np.zeros(0, np.uint8), 0.0)

    def learn(self, images: NDArray[np.uint8], labels: NDArray[np.uint8], learning_rate: float) -> NDArray[np.float32]:
        """Learn from images (n, pixels) with labels (n,), in this order; return the loss of each before its step."""
        losses = np.empty(len(labels), np.float32)
        sizes, kind = np.array(self.sizes), kernels.KINDS[self.activation]
        kernels.learn(self.theta, sizes, kind, images, labels, np.float32(learning_rate), losses)
        return losses


def is_kept() -> bool:
    """Tell whether the code for learning is loaded, or was compiled and kept by an earlier process."""
    learn = cast("Dispatcher", kernels.learn)
    kept = Path(learn.stats.cache_path or os.devnull).glob("kernels.learn-*.nbc")
    source = Path(kernels.__file__).stat().st_mtime
    return bool(learn.signatures) or any(path.stat().st_mtime >= source for path in kept)


def _aligned_copy(theta: NDArray[np.float32]) -> NDArray[np.float32]:
    """Copy to a place that begins with a cache line: elsewhere every vector would lie across two, 1.2 times slower."""
    room = np.empty(theta.nbytes + 64, np.uint8)
    start = -room.ctypes.data % 64
    copy = room[start : start + theta.nbytes].view(np.float32)
    copy[:] = theta
    return copy
