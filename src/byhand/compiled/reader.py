"""A model that reads by compiled loops: one image for who has no time to wait, or many."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from byhand import machine
from byhand.data.inputs import Images, as_rows
from byhand.types import Bytes, Floats, fixed

PORTION = 512  # Images that a thread takes at a time: whole blocks, whose bits depend on nobody else's.


class Reader(Protocol):
    """What is asked of a model here."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The name of each output."""

    @property
    def image_shape(self) -> tuple[int, int]:
        """(height, width) of the images it takes."""

    @property
    def threshold(self) -> float:
        """The probability below which an answer should not be believed."""

    def predict_proba(self, images: Images) -> Floats:
        """Return the probability of every class."""

    def compile(self) -> "CompiledModel":
        """Return this one with a compiled loop."""


@dataclass(frozen=True, eq=False)
class CompiledModel:
    """A model that reads by compiled loops, where there are some; see `Model.compile`. Threads may share one."""

    model: Reader
    _read: Callable[[Bytes, Floats], None] | None

    def __repr__(self) -> str:
        return f"<byhand compiled model of {self.model!r}>"

    def __reduce__(self) -> tuple[object, ...]:
        """Go to other processes as the model, which is compiled anew there: what was compiled here cannot be sent."""
        return type(self.model).compile, (self.model,)

    @property
    def classes(self) -> tuple[str, ...]:
        """The name of each output."""
        return self.model.classes

    @property
    def image_shape(self) -> tuple[int, int]:
        """(height, width) of the images it takes."""
        return self.model.image_shape

    @property
    def threshold(self) -> float:
        """As the model's."""
        return self.model.threshold

    def predict(self, images: Images) -> NDArray[np.intp]:
        """Return what `Model.predict` does."""
        return np.asarray(self.predict_proba(images).argmax(axis=-1))

    def predict_proba(self, images: Images) -> Floats:
        """Return what `Model.predict_proba` does, to float32 rounding."""
        rows, single = as_rows(images, self.image_shape)
        if self._read is None or rows.dtype != np.uint8:
            return self.model.predict_proba(images)
        n = len(rows)
        probabilities = np.empty((n, len(self.classes)), np.float32)
        self._read(cast("Bytes", rows), probabilities)
        # If one of an image's is no number, none is: they share a divisor.
        if math.isnan(probabilities[0, 0]) if n == 1 else np.isnan(probabilities[:, 0]).any():
            return self.model.predict_proba(images)  # which says what is wrong
        return probabilities[0] if single else probabilities


def reader(theta: Floats, sizes: Sequence[int], activation: str) -> Callable[[Bytes, Floats], None]:
    """Return a function that reads images (n, pixels) by one network; nothing is left to compile for its first call."""
    from byhand.compiled.blocks.layouts import network_of, room_for
    from byhand.compiled.blocks.passes import read

    network, rows_of_layers = network_of(theta, sizes, activation), room_for(sizes, 0, with_inputs=True).rows
    known = *network, rows_of_layers

    def read_rows(rows: Bytes, probabilities: Floats) -> None:
        rows = fixed(rows)
        if len(rows) < 2 * PORTION:
            read(*known, rows, probabilities)
            return
        portions = [slice(start, start + PORTION) for start in range(0, len(rows), PORTION)]
        machine.share([partial(read, *known, rows[portion], probabilities[portion]) for portion in portions])

    read_rows(np.zeros((1, sizes[0]), np.uint8), np.empty((1, sizes[-1]), np.float32))
    return read_rows
