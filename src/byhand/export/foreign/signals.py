"""What flows through an ONNX graph, as far as the graph of a fully connected network is known."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

from byhand.export.foreign.chain import Chain

Constant: TypeAlias = NDArray[np.generic]
Attributes: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Signal:
    """What comes of the inputs.

    Attributes
    ----------
    chain
        By which steps.
    shape
        Of each image's numbers, without n.
    is_float
        Whether they are floats: bytes that are divided lose their remainder.
    is_end
        Whether they are probabilities, with which nothing more may be done.
    n
        How many images there are, if the graph takes just so many; 0 if any number, or that is not known.
    """

    chain: Chain
    shape: tuple[int, ...]
    is_float: bool = True
    is_end: bool = False
    n: int = 0

    @property
    def size(self) -> int:
        """How many numbers an image has here."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Strange:
    """What comes of an operator that no fully connected network has."""

    operator: str


Value: TypeAlias = Signal | Constant | Strange
Values: TypeAlias = Sequence[Value | None]  # None for one that is left out
Operator: TypeAlias = Callable[[Values, Attributes], Value | None]  # None if these values are nothing for it


def is_row(value: Value | None) -> TypeGuard[Signal]:
    """Tell whether a value is a row of floats for each image, and no end."""
    return isinstance(value, Signal) and len(value.shape) == 1 and value.is_float and not value.is_end
