"""Arrays of other libraries, such as tensors, where scikit-learn is told to heed them (`array_api_dispatch`)."""

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import get_config


@dataclass(frozen=True)
class Space:
    """Where an array lies: the name of its library, None of NumPy's own and of what is none, and its device."""

    name: str | None = None
    device: object = None

    @property
    def library(self) -> ModuleType:
        """The library, with the functions of the Python array API standard."""
        return np if self.name is None else import_module(self.name)

    def put(self, array: NDArray[np.generic]) -> Any:  # noqa: ANN401  # an array of that library
        """Return an array of NumPy's as one that lies there."""
        return array if self.name is None else self.library.asarray(array.copy(), device=self.device)


def space_of(array: object) -> Space:
    """Return where an array lies, if scikit-learn is told to heed it."""
    return _space_of(array) if get_config()["array_api_dispatch"] else Space()


def to_numpy(array: Any) -> Any:  # noqa: ANN401  # whatever there is
    """Return an array of another library as NumPy's, and all else as it is."""
    space = _space_of(array)
    if space.name is None:
        return array
    if hasattr(array, "detach"):  # PyTorch
        return array.detach().cpu().numpy()
    if hasattr(array, "get"):  # CuPy
        return array.get()
    library = space.library
    return np.asarray(library.asarray(array, device=library.Device("CPU_DEVICE")) if "strict" in space.name else array)


def check_same_space(array: object, there: Space, method: str) -> None:
    """Refuse, in `method`, an array of another library, or on another device, than those of `fit`."""
    here = space_of(array)
    if get_config()["array_api_dispatch"] and here != there:
        told = [f"{space.name or 'NumPy'} on {space.device or 'cpu'}" for space in (there, here)]
        raise ValueError(
            f"Inputs passed to {method}() must use the same namespace and the same device as those passed to fit(): "
            f"{told[0]}, not {told[1]}."
        )


def _space_of(array: object) -> Space:
    """Return where an array lies."""
    if isinstance(array, np.ndarray):
        return Space()
    from array_api_compat import array_namespace, device, is_array_api_obj

    if not is_array_api_obj(array):
        return Space()
    return Space(array_namespace(array).__name__, device(array))
