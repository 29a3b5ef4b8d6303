"""Name the digits in many pictures, on all processor cores, however many there are."""

import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import BinaryIO

from byhand import machine
from byhand.errors import ByhandError
from byhand.files import kind_of, opened
from byhand.images.formats import ENDINGS
from byhand.model import FILE_NAME, Model
from byhand.reading.answers import Answer, check_model, recognize
from byhand.sealing.sealed import is_sealed

MODEL_SUFFIX = ".safetensors"
STDIN = Path("-")  # names the picture on standard input
FEW = 64  # pictures are read sooner by this process than others take to start.
AT_ONCE = 32  # pictures handed to a process


def pictures_in(folder: Path) -> tuple[list[Path], int]:
    """Return the pictures that lie in a folder, by name, and how many other files do."""
    with os.scandir(folder) as entries:
        files = [entry.name for entry in entries if entry.is_file()]
    chosen = sorted(
        name for name in files if name.rpartition(".")[2].lower() in ENDINGS
    )  # In a folder, other files are left alone.
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
    if len(paths) <= FEW or STDIN in paths:  # No other process has this one's standard input.
        yield from ((path, _recognize(path, model_file)) for path in paths)
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    workers = machine.cores()
    with _safe_path():
        pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=_serve_the_parent)
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
def _safe_path() -> Iterator[None]:
    """Let processes that are begun now load no module from the folder that one stands in, where pictures may lie."""
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:  # pragma: no cover  # only where the user has set it
            os.environ["PYTHONSAFEPATH"] = before


def _serve_the_parent() -> None:
    """Use one core, leave Ctrl-C to the process that asks, and end with it, however it ends."""
    from multiprocessing import parent_process

    from threadpoolctl import threadpool_limits

    def follow() -> None:
        """Wait until nobody asks any more."""
        if parent := parent_process():
            parent.join()
        os._exit(1)

    threadpool_limits(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
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
