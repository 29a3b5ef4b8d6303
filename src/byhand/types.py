"""The types that many rooms share."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float32]
Integers: TypeAlias = NDArray[np.integer]
Mask: TypeAlias = NDArray[np.bool_]
Box: TypeAlias = tuple[int, int, int, int]  # left, top, right, bottom in pixels; right and bottom exclusive
Arrays: TypeAlias = Mapping[str, NDArray[np.generic]]  # by name, as a file keeps them
Json: TypeAlias = str | int | float | Sequence["Json"] | Mapping[str, "Json"] | None
