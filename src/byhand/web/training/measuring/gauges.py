"""What the worker measures of its training, in so little time that the training hardly notices."""

import time
from collections import deque

import numpy as np
from numpy.typing import NDArray

from byhand import machine
from byhand.data.datasets import Split
from byhand.learning.training import Training
from byhand.model import CHUNK
from byhand.network import forward, log_softmax, to_inputs
from byhand.web.training.messages import Judged

JUDGED = 2000  # images set aside
RECENT = 1000  # images whose mean loss is shown


class Judge:
    """Judges the network on the same images again and again, in little time."""

    def __init__(self, training: Training) -> None:
        self._training = training
        self._are_set_aside = training.validation is not None
        split = (training.validation or training.learned).take(slice(JUDGED))
        assert isinstance(split, Split)
        self._inputs = to_inputs(split.images.reshape(len(split), -1), np.float32)
        self._labels = split.labels.astype(np.intp)

    def judge(self) -> tuple[Judged | None, tuple[int, ...]]:
        """Return figures of the images set aside, if there are any, and how many units of each layer are silent."""
        sizes, classes = self._training.sizes, self._training.sizes[-1]
        log_p = np.empty((len(self._labels), classes), np.float32)
        lit = [np.zeros(units, bool) for units in sizes[1:-1]]
        with machine.linear_algebra(1), np.errstate(all="ignore"):
            for start in range(0, len(log_p), CHUNK):
                part = slice(start, start + CHUNK)
                (_, *hidden), logits = forward(
                    self._training.theta, sizes, self._training.recipe.activation, self._inputs[part]
                )
                log_p[part] = log_softmax(logits)
                for units, outputs in zip(lit, hidden, strict=True):
                    units |= (outputs != 0).any(axis=0)
        dead = tuple(int((~units).sum()) for units in lit)
        return (self._figures(log_p) if self._are_set_aside else None), dead

    def _figures(self, log_p: NDArray[np.float32]) -> Judged:
        """Return how good these logarithms of probabilities (n, classes) are."""
        n, classes = log_p.shape
        answers = log_p.argmax(axis=1)
        confusion = np.bincount(self._labels * classes + answers, minlength=classes * classes)
        loss = float(-log_p[np.arange(n), self._labels].mean(dtype=np.float64))
        return Judged(
            n=n,
            loss=finite(loss),
            accuracy=float((answers == self._labels).mean()),
            confusion=tuple(map(tuple, confusion.reshape(classes, classes).tolist())),
        )


class Gauge:
    """Measures the loss of the latest images, and how many are learned in a second."""

    def __init__(self) -> None:
        self._latest: deque[tuple[int, float]] = deque()  # images, and the sum of their losses
        self._summed, self._since, self._count = 0.0, time.perf_counter(), 0
        self.speed = 0.0

    def take(self, images: int, summed: float) -> None:
        """Take note of images just learned, and of the sum of losses in this epoch so far."""
        self._latest.append((images, summed - self._summed))
        self._summed = summed
        self._count += images
        while sum(count for count, _ in self._latest) - self._latest[0][0] >= RECENT:
            self._latest.popleft()

    def start_epoch(self) -> None:
        """Begin the sum of losses anew."""
        self._summed = 0.0

    def start_clock(self) -> None:
        """Begin to measure the speed."""
        self._since, self._count = time.perf_counter(), 0

    def read_clock(self) -> None:
        """Renew the speed by what was learned since it was last read, smoothed."""
        now = time.perf_counter()
        measured = self._count / (now - self._since)
        self.speed = 0.7 * self.speed + 0.3 * measured if self.speed else measured
        self._since, self._count = now, 0

    @property
    def loss(self) -> float | None:
        """The mean loss of the latest images; None before the first."""
        images = sum(count for count, _ in self._latest)
        return sum(loss for _, loss in self._latest) / images if images else None


def rounded(value: float) -> float:
    """Return six digits of a number."""
    return float(f"{value:.6g}")


def finite(value: float | None) -> float | None:
    """Return six digits of a number; None of what is none."""
    return None if value is None or not np.isfinite(value) else rounded(value)
