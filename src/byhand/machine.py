"""What the machine is and has, as far as results or speed depend on it."""

import contextlib
import importlib
import os
import platform
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Condition, Lock, local
from typing import TYPE_CHECKING

from byhand.errors import ByhandError

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

# What can be installed beside byhand, and the modules that come with it.
EXTRAS = {"read": ("scipy", "skimage"), "web": ("fastapi", "httptools", "segno", "uvicorn")}
EXTRAS |= {"notebook": ("anywidget",), "onnx": ("onnx",), "parquet": ("pyarrow",), "pdf": ("pypdfium2",)}
EXTRAS |= {"sheets": ("openpyxl",), "sklearn": ("sklearn",), "sweep": ("optuna",), "torch": ("torch",)}
_LOADING = Lock()  # The folder that one stands in is the whole process's.
MOST_PARAMETERS = 250_000_000  # a gigabyte of them


def load(module: str, settings: str = "") -> None:
    """Load a library that reads settings, and may run code, from the folder that one stands in: not from there.

    Parameters
    ----------
    module
        Its name. While it is loaded, the process stands in the library's own folder: relative paths of other threads
        would then mean another file.
    settings
        The folder below that, if settings are to be taken from there: the library's own ones.

    Raises
    ------
    ImportError
        If there is no such library.
    ByhandError
        If the folder that one stands in is gone.
    """
    with _LOADING:
        if sys.modules.get(module) is not None:
            return
        spec = find_spec(module)
        if spec is None or spec.origin is None:
            raise ImportError(f"there is no {module}")
        if not os.access(os.curdir, os.X_OK):  # Nothing can be read from there, and nobody can go back there.
            importlib.import_module(module)
            return
        try:
            with contextlib.chdir(Path(spec.origin).parent / settings):
                importlib.import_module(module)
        except FileNotFoundError as error:
            raise ByhandError("the folder that you stand in is gone. Go to another one.") from error


def check_size(parameters: int) -> None:
    """Refuse a network of so many parameters if they are too many, before any of them is made."""
    if parameters > MOST_PARAMETERS:
        size = f"{4 * parameters / 1e9:,.1f} GB" if parameters < 10**15 else "more than any machine has"
        raise ByhandError(
            f"the parameters are too many: they take {size}, and training takes several times as much. There may be "
            f"{MOST_PARAMETERS:,}, which take 1 GB. Use smaller layers."
        )


def has_numba() -> bool:
    """Tell whether loops can be compiled.

    Numba comes with byhand wherever it exists. Where it does not, as in a browser and with a Python newer than it, or
    where it refuses a newer NumPy or is told to compile nothing, byhand does the same with NumPy, more slowly.

    Raises
    ------
    ByhandError
        If Numba cannot be loaded as its variables in the environment want it.
    """
    try:
        load("numba")
    except ImportError:
        return False
    except (ValueError, OSError) as error:
        raise ByhandError(
            f"Numba cannot be loaded ({error}). Is there memory enough? Are the variables NUMBA_… of your shell right?"
        ) from error
    from numba import config

    return not config.DISABLE_JIT


def why_no_numba() -> str:
    """Return why loops cannot be compiled, and what helps, where `has_numba` says so."""
    if find_spec("numba") is None:
        return "Numba is missing: pip install numba"
    try:
        load("numba")
    except ImportError as error:
        return f"Numba cannot be used ({str(error).partition('. ')[0]}): pip install -U numba"
    return "Numba is told to compile nothing: NUMBA_DISABLE_JIT is set"


def own_command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of byhand in a process of its own."""
    # -P: never a module of the folder that one stands in; a packed program (PyInstaller) has no such folder. Names of
    # files are bytes that both processes must take for the same text; Windows, where they are text, speaks otherwise.
    options = ["-P", *(("-X", "utf8") if os.name == "nt" else ())]
    return [sys.executable, *([] if getattr(sys, "frozen", False) else options), "-m", module, *arguments]


def require(extra: str, purpose: str) -> None:
    """Raise a `ByhandError` that tells how to install an extra, one of `EXTRAS`, unless it is there."""
    if any(find_spec(module) is None for module in EXTRAS[extra]):
        raise ByhandError(f'{purpose} takes more: pip install "byhand[{extra}]"')


def cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Turns:
    """Who works with the number of linear algebra's threads that is set now, and who waits for it to be another.

    The number is one for the whole process. Two threads that set it would put back what the other had set; and as sums
    are in another order where more threads share them, what one does would change the last bits of another's results.
    """

    def __init__(self) -> None:
        self._changed, self._waiting = Condition(), deque[object]()
        self._working, self._alone = 0, False
        self._inner = local()

    @contextmanager
    def take(self, *, alone: bool) -> Iterator[bool]:
        """Wait for a turn, first come first served; yield whether this one is not within another of the same thread."""
        if getattr(self._inner, "working", False):
            yield False
            return
        mine = object()
        with self._changed:
            self._waiting.append(mine)
            try:
                self._changed.wait_for(
                    lambda: self._waiting[0] is mine and (self._working == 0 or not (alone or self._alone))
                )
                self._working, self._alone = self._working + 1, alone
            finally:
                self._waiting.remove(mine)
                self._changed.notify_all()
        self._inner.working = True
        try:
            yield True
        finally:
            self._inner.working = False
            with self._changed:
                self._working -= 1
                self._changed.notify_all()

    def begin_anew(self) -> None:
        """Forget, in a forked process, the threads that stayed in the other one: they never give back their turns."""
        self._changed, self._waiting = Condition(), deque()
        self._working = int(getattr(self._inner, "working", False))
        self._alone = self._alone and self._working > 0


_TURNS = _Turns()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_TURNS.begin_anew)
    os.register_at_fork(after_in_child=_LOADING._at_fork_reinit)  # type: ignore[attr-defined]  # as Python's own locks


@contextmanager
def linear_algebra(most: int | None = None) -> Iterator[None]:
    """Let linear algebra work with at most so many threads within, and then with as many as before.

    Nothing that other threads do through byhand changes the number meanwhile: who wants another one waits for its turn.
    Within another turn of the same thread, that one's number holds.

    Parameters
    ----------
    most
        None for as many as it was told to use; those who want that work side by side.
    """
    with _TURNS.take(alone=most is not None) as is_outer:
        if most is None or not is_outer:
            yield
            return
        threads()  # which must be known before it is changed
        with _controller().limit(limits=most, user_api="blas"):
            yield


@cache
def _controller() -> "ThreadpoolController":
    """Return what knows the linear algebra libraries that are loaded, which takes milliseconds to find out."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@cache
def threads() -> int:
    """Return how many threads may work: one a core, or fewer where the linear algebra library was told so."""
    from threadpoolctl import threadpool_info

    with linear_algebra():  # not the number that another thread has set for a moment
        return min([cores(), *(int(pool["num_threads"]) for pool in threadpool_info())])


def parts(n: int, count: int) -> list[slice]:
    """Return places that cut `n` things into so many parts, as equal as can be."""
    return [slice(n * k // count, n * (k + 1) // count) for k in range(count)]


def share(works: Sequence[Callable[[], None]]) -> None:
    """Do some works side by side, as many at once as threads may work; return when all are done.

    The caller does whatever no other thread has begun. So where other programs keep the cores busy, it never waits for
    a thread that has not come to work yet.
    """
    _begin(works, min(threads(), len(works)) - 1)()


def begin(works: Sequence[Callable[[], None]]) -> Callable[[], None]:
    """Let other threads, where more than one may work, begin some works; return what ends them, to be called once.

    That does whatever no thread has begun, and waits for the rest. A forked process, in which those threads are not,
    does all of them anew.
    """
    return _begin(works, min(threads() - 1, len(works)))


def aside(work: Callable[[], object]) -> Future[object]:
    """Let another thread do some work when one has time, if it is not told off before."""
    return _pool().submit(copy_context().run, work)  # with NumPy's settings of errors, too


def _begin(works: Sequence[Callable[[], None]], others: int) -> Callable[[], None]:
    """Let so many other threads begin some works; return what ends them."""
    left, process = iter(works), os.getpid()

    def work() -> None:
        for task in left:
            task()

    helpers = [aside(work) for _ in range(others)]

    def end() -> None:
        if os.getpid() != process:
            for task in works:
                task()
            return
        try:
            work()
        finally:
            for helper in helpers:
                if not helper.cancel():
                    helper.result()

    return end


@cache
def _pool() -> ThreadPoolExecutor:
    """Return the threads that help."""
    return ThreadPoolExecutor(max(cores() - 1, 1), "byhand")


def facts() -> dict[str, str]:
    """Return what the last bits of a training depend on, besides recipe and data, by name."""
    from importlib.metadata import version

    from threadpoolctl import threadpool_info

    with linear_algebra():
        pools = _that_numpy_uses(threadpool_info())
    return {
        "processor": processor(),
        "threads": _each_once(str(pool["num_threads"]) for pool in pools),
        "linear algebra": _each_once(f"{pool['internal_api']} for {pool.get('architecture')}" for pool in pools),
        "byhand": version("byhand"),
        "numpy": version("numpy"),
        "numba": version("numba") if find_spec("numba") else "none",
        "python": platform.python_version(),
    }


def _that_numpy_uses(pools: Sequence[Mapping[str, object]]) -> Sequence[Mapping[str, object]]:
    """Return NumPy's linear algebra alone: what other libraries have loaded beside it changes no bit."""
    able = [pool for pool in pools if pool["user_api"] == "blas"]
    own = [pool for pool in able if any(part.startswith("numpy") for part in Path(str(pool["filepath"])).parts)]
    return own or able


def _each_once(said: Iterable[str]) -> str:
    """Return what was said in one line, nothing twice."""
    return ", ".join(dict.fromkeys(said))


def processor() -> str:
    """Return the processor's name."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text("utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
