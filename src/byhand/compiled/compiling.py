"""The one way byhand compiles a loop with Numba, so that all of them round alike and are kept on disk alike."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from numba import njit

if TYPE_CHECKING:
    from numba.core.dispatcher import Dispatcher

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


def is_kept(function: Callable[..., object]) -> bool:
    """Tell whether a compiled function is loaded, or was compiled and kept by an earlier process."""
    dispatcher = cast("Dispatcher", function)
    source = Path(dispatcher.py_func.__code__.co_filename)
    kept = Path(dispatcher.stats.cache_path or os.devnull).glob(f"{source.stem}.{dispatcher.py_func.__name__}-*.nbc")
    written = source.stat().st_mtime
    return bool(dispatcher.signatures) or any(path.stat().st_mtime >= written for path in kept)
