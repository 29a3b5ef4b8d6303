"""The one way byhand compiles a loop with Numba, so that all of them round alike and are kept on disk alike."""

from collections.abc import Callable
from typing import TypeVar

from numba import njit

T = TypeVar("T")

# Sums may be taken in any order and multiply-adds rounded once, so that eight or sixteen of them run at a time; but
# nothing is assumed about numbers being finite, or a diverging training would go unnoticed. Other Python threads go on.
_OPTIONS = {"fastmath": {"reassoc", "contract"}, "error_model": "numpy", "nogil": True}


def compiled(function: Callable[..., T]) -> Callable[..., T]:
    """Compile a function at its first call, and keep the result on disk for the next process where that is possible."""
    try:
        return njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:  # No folder that can be written: neither beside the file nor in the user's home.
        return njit(**_OPTIONS)(function)
