"""Name the digits in many pictures, on all processor cores, however many there are."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from byhand import machine
from byhand.errors import ByhandError
from byhand.files import kind_of, opened
from byhand.images.documents.several import ENDINGS as DOCUMENTS
from byhand.images.formats import ENDINGS
from byhand.model import FILE_NAME, Model
from byhand.reading.answers import Answer, check_model, recognize
from byhand.sealing.sealed import is_sealed

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

MODEL_SUFFIX = ".safetensors"
STDIN = Path("-")  # names the picture on standard input
FEW = 64  # pictures are read sooner by this process than others take to start.
AT_ONCE = 32  # pictures handed to a process
MOST_PROCESSES = 61  # Python can wait for no more on Windows.


def pictures_in(folder: Path, *, documents: bool = False) -> tuple[list[Path], int]:
    """Return the pictures that lie in a folder, by name, and documents if these shall be; how many other files do."""
    endings = ENDINGS | DOCUMENTS if documents else ENDINGS
    with os.scandir(folder) as entries:
        files = [entry.name for entry in entries if entry.is_file()]
    chosen = sorted(name for name in files if name.rpartition(".")[2].lower() in endings)
    return [folder / name for name in chosen], len(files) - len(chosen)


def is_model(path: Path) -> bool:
    """Tell whether a path names a model, sound or not: by what is in it, as a name may have any ending or none."""
    kind = kind_of(path)
    if kind == "folder":
        return kind_of(path / FILE_NAME) != "nothing"
    if path.suffix.lower() == MODEL_SUFFIX:
        return True
    if kind != "file":
        return False
    try:
        with opened(path) as file:
            return is_sealed(file.read(16))
    except OSError:
        return False


def source_of(path: Path) -> Path | BinaryIO:
    """Return what to open for a path: itself, or the standard input for -."""
    return sys.stdin.buffer if path == STDIN else path


def recognize_all(paths: Iterable[Path], model_file: Path) -> Iterator[tuple[Path, Answer | ByhandError]]:
    """Name the digit in picture after picture; where one cannot be read, yield the error instead.

    Parameters
    ----------
    paths
        Files of pictures.
    model_file
        The model that reads them; each process loads it once.

    Yields
    ------
    tuple
        The path, and the answer or the error, in the order of `paths`.

    Raises
    ------
    ByhandError
        If the model cannot be used, or a process that reads is killed.
    """
    paths = list(paths)
    check_model(_model(model_file))  # Once, not for every picture.
    pool = None
    if len(paths) > FEW and STDIN not in paths:  # No other process has this one's standard input.
        # Where there is no shared memory, as in some containers, there is no pool.
        with contextlib.suppress(OSError, ImportError):
            pool = _pool()
    if pool is None:
        yield from ((path, _recognize(path, model_file)) for path in paths)
    else:
        yield from _by_others(pool, paths, model_file)


def _pool() -> "ProcessPoolExecutor":
    """Return processes that read pictures, as many as there are cores; none has begun."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with _undisturbed():
        return ProcessPoolExecutor(
            min(machine.cores(), MOST_PROCESSES), get_context("spawn"), initializer=_serve_the_parent
        )


def _by_others(
    pool: "ProcessPoolExecutor", paths: list[Path], model_file: Path
) -> Iterator[tuple[Path, Answer | ByhandError]]:
    """Let other processes name the digits."""
    from concurrent.futures.process import BrokenProcessPool

    with _undisturbed():
        answers = pool.map(_recognize, paths, [model_file] * len(paths), chunksize=AT_ONCE)
    try:
        yield from zip(paths, answers, strict=True)
    except BrokenProcessPool as error:
        raise ByhandError(
            "a process that read pictures was killed, perhaps for lack of memory. Read fewer of them at once."
        ) from error
    except BaseException:  # Ctrl-C: what waits is wanted no more.
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let processes begun now load no module from the folder that one stands in, and leave Ctrl-C to this one.

    After Ctrl-C this one ends at once; the one that then clears up shall not tell of that.
    """
    changed = {"PYTHONSAFEPATH": "1", "PYTHONWARNINGS": "ignore"}
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    with contextlib.ExitStack() as after:
        if sys.platform != "win32" and hasattr(signal, "pthread_sigmask"):
            mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
            after.callback(signal.pthread_sigmask, signal.SIG_SETMASK, mask)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def _serve_the_parent() -> None:
    """Use one core, and end with the process that asks, however it ends."""
    from multiprocessing import parent_process

    from threadpoolctl import threadpool_limits

    def follow() -> None:
        """Wait until nobody asks any more."""
        if parent := parent_process():
            parent.join()
        os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where it cannot be blocked
    threadpool_limits(1)
    threading.Thread(target=follow, daemon=True).start()


@cache
def _model(file: Path) -> Model:
    """Load a model once a process."""
    return Model.load(file)


def _recognize(path: Path, model_file: Path) -> Answer | ByhandError:
    """Name the digit in one picture, or return why it cannot be read."""
    try:
        return recognize(source_of(path), _model(model_file))
    except ByhandError as error:
        return error
