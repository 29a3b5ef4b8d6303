"""The types that many rooms share, and the library that an array is of."""

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TypeAlias, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)
Bytes: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float32]
Integers: TypeAlias = NDArray[np.integer]
Mask: TypeAlias = NDArray[np.bool_]
Box: TypeAlias = tuple[int, int, int, int]  # left, top, right, bottom in pixels; right and bottom exclusive
Arrays: TypeAlias = Mapping[str, NDArray[np.generic]]  # by name, as a file keeps them
Json: TypeAlias = str | int | float | Sequence["Json"] | Mapping[str, "Json"] | None


def fixed(array: NDArray[T]) -> NDArray[T]:
    """Return a dense array that cannot be written, so that Numba sees, and compiles for, one kind of array only."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def array_namespace(array: NDArray[np.generic]) -> ModuleType:
    """Return the library of an array, which has the functions of the Python array API standard.

    NumPy has them itself. To load what makes other libraries alike would cost more than all else of reading a picture.
    """
    if isinstance(array, np.ndarray):
        return np
    from array_api_compat import array_namespace as namespace  # type: ignore[unreachable]

    return cast("ModuleType", namespace(array))
