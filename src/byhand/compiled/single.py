"""A model that reads single images by a compiled loop, for who has one at a time and no time to wait."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from byhand.data.inputs import Images, as_rows
from byhand.types import Bytes, Floats


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
    """A model that reads single images by a compiled loop, where there is one; see `Model.compile`."""

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
        if self._read is None or len(rows) != 1 or rows.dtype != np.uint8:
            return self.model.predict_proba(images)
        probabilities = np.empty((1, len(self.classes)), np.float32)
        self._read(cast("Bytes", rows), probabilities)
        if math.isnan(probabilities[0, 0]):  # If one is no number, none is: they share a divisor.
            return self.model.predict_proba(images)  # which says what is wrong
        return probabilities[0] if single else probabilities
