"""The same mathematics, run differently. An engine learns; it never shuffles, schedules, prints or saves."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Engine(Protocol):
    """What training asks of an engine."""

    @property
    def theta(self) -> NDArray[np.float32]:
        """The parameters as they are now (n_parameters,)."""

    def learn(self, images: NDArray[np.uint8], labels: NDArray[np.uint8], learning_rate: float) -> NDArray[np.float32]:
        """Learn from images (n, pixels) with labels (n,), in this order; return the loss of each before its step."""
