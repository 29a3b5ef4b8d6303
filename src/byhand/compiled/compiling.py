"""The one way byhand compiles a loop with Numba, so that all of them round alike and are kept on disk alike."""

import contextlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, TypeVar, cast

from filelock import FileLock, Timeout
from numba import njit
from numba.core import config
from numba.core.caching import FunctionCache, IndexDataCacheFile

from byhand.files import words

if TYPE_CHECKING:
    from numba.core.dispatcher import Dispatcher

T = TypeVar("T")

config._config_fname = os.devnull  # Else the current folder's is read whenever a loop is compiled; see `machine.load`.
ROOM = 2**22  # bytes that all loops of a training take, and some more
PATIENCE = 10.0  # Seconds to wait for another process that reads or writes what is kept.
# Sums may be taken in any order and multiply-adds rounded once, so that eight or sixteen of them run at a time; but
# nothing is assumed about numbers being finite, or a diverging training would go unnoticed. Other Python threads go on.
_OPTIONS = {"fastmath": {"reassoc", "contract"}, "error_model": "numpy", "nogil": True}


class _Given(FunctionCache._impl_class._locator_classes[0]):  # type: ignore[misc]  # Numba has no types.
    """The folder that NUMBA_CACHE_DIR names, also where it can only be read, as in a container: what is kept counts."""

    def ensure_cache_path(self) -> None:
        """Raise an `OSError` if nothing can be kept there, and nothing is."""
        try:
            super().ensure_cache_path()
        except OSError:
            if not Path(self.get_cache_path()).is_dir():
                raise


class _Places(FunctionCache._impl_class):  # type: ignore[misc]  # Numba has no types.
    """Where loops may be kept."""

    _locator_classes = (_Given, *FunctionCache._impl_class._locator_classes)


class _Kept(FunctionCache):  # type: ignore[misc]  # Numba has no types.
    """Compiled loops on disk. Numba's own cache fails where a file is damaged, or two processes write at once."""

    _impl_class = _Places

    def __init__(self, function: Callable[..., object]) -> None:
        super().__init__(function)
        # Numba looks at the function's own file alone, though functions of other files are compiled into it.
        stamp = self._impl.locator.get_source_stamp(), *_stamps()
        self._cache_file = IndexDataCacheFile(self.cache_path, self._impl.filename_base, stamp)

    def load_overload(self, sig: object, target_context: object) -> object:
        """Return what is kept of a function for a signature, or None; what cannot be read is forgotten."""
        with self._alone():
            try:
                return super().load_overload(sig, target_context)
            except Exception:  # Of a damaged file, unpickling raises nearly everything that Python has.
                with contextlib.suppress(OSError):
                    self.flush()
                return None

    def save_overload(self, sig: object, data: object) -> None:
        """Keep what was compiled for a signature, where there is room; else the next process compiles again."""
        with self._alone(), contextlib.suppress(OSError):
            super().save_overload(sig, data)

    def _alone(self) -> contextlib.ExitStack:
        """Let no other process read or write what is kept here until it is left, where that can be had."""
        stack = contextlib.ExitStack()
        lock = FileLock(Path(self.cache_path) / ".byhand.lock", timeout=PATIENCE, is_singleton=True)
        with contextlib.suppress(OSError, Timeout):
            stack.enter_context(lock)
        return stack


def compiled(function: Callable[..., T]) -> Callable[..., T]:
    """Compile a function at its first call, and keep the result on disk for the next process where that is possible."""
    return _compiled(function, counts=True)


def part(function: Callable[..., T]) -> Callable[..., T]:
    """Compile a part of such functions, one that does not count who uses an array.

    To count takes a write to memory for every array and call, and cores that share an array wait for each other
    there. A part makes no arrays; what it returns may hold some that it was given if only parts call it.
    """
    return _compiled(function, counts=False)


def _compiled(function: Callable[..., T], *, counts: bool) -> Callable[..., T]:
    """Compile one of them."""
    dispatcher = njit(**_OPTIONS, _nrt=counts)(function)
    with contextlib.suppress(RuntimeError):  # No folder that can be written: neither beside the file nor at home.
        dispatcher._cache = _Kept(function)
    return cast("Callable[..., T]", dispatcher)


def not_kept(function: Callable[..., object]) -> str | None:
    """Return where compiled functions cannot be kept and why, in words; None if they can."""
    folder = cast("Dispatcher", function).stats.cache_path
    if folder is None:
        if not _source(function).exists():
            return "a byhand without its sources"
        return config.CACHE_DIR or "byhand's own folder or the home folder"
    try:
        with TemporaryFile(dir=folder) as file:
            file.write(bytes(ROOM))
    except OSError as error:
        return f"{folder} ({words(error)})"
    return None


def is_kept(function: Callable[..., object]) -> bool:
    """Tell whether a compiled function is loaded, or was compiled and kept by an earlier process."""
    dispatcher = cast("Dispatcher", function)
    source = _source(function)
    if not source.exists():  # Only compiled modules were installed; then Numba keeps nothing.
        return bool(dispatcher.signatures)
    kept = Path(dispatcher.stats.cache_path or os.devnull).glob(f"{source.stem}.{dispatcher.py_func.__name__}-*.nbc")
    written = max(source.stat().st_mtime, *(time for _, time, _ in _stamps()))
    return bool(dispatcher.signatures) or any(path.stat().st_mtime >= written for path in kept)


@cache
def _stamps() -> tuple[tuple[str, float, int], ...]:
    """Return name, time and size of every file of loops."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    return tuple((path.name, path.stat().st_mtime, path.stat().st_size) for path in files)


def _source(function: Callable[..., object]) -> Path:
    """Return the file that a compiled function was written in, which need not be there."""
    return Path(cast("Dispatcher", function).py_func.__code__.co_filename)
