"""Systems that this one is not: a Windows, as far as byhand sees, and a Python for which there is no Numba.

`surroundings` gives the variables of processes in which something is taken away, also in those that they begin.
"""

import builtins
import errno
import io
import os
import re
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, NoReturn

# What Python has everywhere else, and not on Windows.
FUNCTIONS = """
    chown chroot confstr ctermid eventfd fchmod fchown fork forkpty fpathconf getegid geteuid getgid
    getgroups getloadavg getpgid getpgrp getpriority getresuid getsid getuid killpg lchown lockf makedev mkfifo mknod
    nice openpty
    pathconf pidfd_open pipe2 posix_fadvise posix_fallocate posix_spawn pread preadv pwrite register_at_fork
    sched_getaffinity sched_setaffinity sched_yield sendfile set_blocking setegid seteuid setgid setpgid setpriority
    setsid setuid statvfs sync sysconf tcgetpgrp tcsetpgrp ttyname uname wait wait3 wait4 waitid WNOHANG O_ASYNC
    O_CLOEXEC O_DIRECT O_DIRECTORY O_DSYNC O_NDELAY O_NOATIME O_NOCTTY O_NOFOLLOW O_NONBLOCK O_PATH O_SYNC
"""
SIGNALS = """
    SIGALRM SIGBUS SIGCHLD SIGCONT SIGHUP SIGIO SIGKILL SIGPIPE SIGPROF SIGPWR SIGQUIT SIGSTOP SIGTSTP SIGTTIN SIGTTOU
    SIGURG SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH SIG_BLOCK SIG_SETMASK SIG_UNBLOCK alarm getitimer pause pthread_kill
    pthread_sigmask setitimer siginterrupt sigpending sigtimedwait sigwait sigwaitinfo
"""
MODULES = {"fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}
PATHS = ("pathlib", "pathlib._local", "pathlib._abc", "pathlib._os", "genericpath", "posixpath", "os")
NO_PLACES = ("/proc/", "/sys/", "/dev/fd")
NO_NAME = re.compile(r'[<>:"|?*\\]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE)
IN_USE = 32  # Windows: another program has the file open.


class Seen(ModuleType):
    """A module as byhand sees it.

    Parameters
    ----------
    real
        The module.
    without
        What it has not there.
    instead
        What is another there.
    """

    def __init__(self, real: ModuleType, without: Collection[str], **instead: object) -> None:
        super().__init__(real.__name__)
        vars(self).update(_real=real, _without=frozenset(without), **instead)

    def __getattr__(self, name: str) -> Any:
        if name in self._without:
            raise AttributeError(f"module {self._real.__name__!r} has no attribute {name!r} on Windows")
        return getattr(self._real, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._real, name, value)


class Missing(MetaPathFinder):
    """Finds that some packages are not installed."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> None:
        """Raise an error for what there is not; leave all else to others."""
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def numba() -> None:
    """Take Numba away, as where it has no wheel."""
    import importlib.util

    find = importlib.util.find_spec

    def found(name: str, package: str | None = None) -> Any:
        return None if name in ("numba", "llvmlite") else find(name, package)

    importlib.util.find_spec = found
    sys.meta_path.insert(0, Missing("numba", "llvmlite"))


def windows() -> None:
    """Let byhand alone see what it would on Windows: other libraries know both, and Python needs what there is here."""
    seen = {
        "os": Seen(os, FUNCTIONS.split(), name="nt", O_BINARY=0),
        "sys": Seen(sys, ["getandroidapilevel"], platform="win32"),
        "signal": Seen(signal, SIGNALS.split()),
    }
    load = builtins.__import__

    def loaded(
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002
        locals: Mapping[str, object] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        where = (globals or {}).get("__package__") or (globals or {}).get("__name__") or ""
        if not level and str(where).partition(".")[0] == "byhand":
            if name in MODULES:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            if name in seen:
                return seen[name]
        return load(name, globals, locals, fromlist, level)

    builtins.__import__ = loaded
    _keep_files_in_use()
    _hide_places()
    _refuse_names()
    _refuse_signals()
    warnings.filterwarnings("ignore", category=EncodingWarning)  # What other libraries do is theirs.
    warnings.filterwarnings("error", category=EncodingWarning, module="byhand")


def _in_use(path: Path) -> bool:
    """Tell whether this process has a file open or mapped, or one below a folder."""
    place = os.path.realpath(path)
    with io.open_code("/proc/self/maps") as file:
        used = {line.split(None, 5)[-1].strip() for line in file.read().decode(errors="replace").splitlines()}
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # of the one that lists them
            used.add(str(link.readlink()))
    return any(name == place or name.startswith(f"{place}{os.sep}") for name in used)


def _refuse(path: Path) -> NoReturn:
    """Say what Windows says of a file that is in use."""
    error = PermissionError(errno.EACCES, "The process cannot access the file because it is being used", str(path))
    error.winerror = IN_USE  # type: ignore[attr-defined]
    raise error


def _keep_files_in_use() -> None:
    """Let no file be removed, renamed or replaced as long as it is open; and nothing be renamed to what is there."""

    def guarded(do: Callable[..., Any], *, over: bool) -> Callable[..., Any]:
        def done(*paths: Any, **options: Any) -> Any:
            for path in paths:
                if isinstance(path, int) or options.get("dir_fd") is not None:
                    break
                if _in_use(Path(os.fsdecode(path))):
                    _refuse(path)
            if len(paths) == 2 and not over and os.path.lexists(paths[1]):
                raise FileExistsError(errno.EEXIST, "Cannot create a file when that file already exists", paths[1])
            return do(*paths, **options)

        return done

    for name in ("replace", "rename", "unlink", "remove"):
        setattr(os, name, guarded(getattr(os, name), over=name != "rename"))


def _hide_places() -> None:
    """Let byhand find nothing that only Linux has."""
    opened, state = os.open, os.stat

    def check(path: object) -> None:
        if not isinstance(path, str | os.PathLike) or not str(path).startswith(NO_PLACES):
            return
        caller: FrameType | None = sys._getframe(1)
        while caller is not None and caller.f_globals.get("__name__") in (__name__, *PATHS):
            if caller.f_code is _in_use.__code__:
                return
            caller = caller.f_back
        if caller is not None and str(caller.f_globals.get("__name__")).startswith("byhand"):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))

    def stated(path: Any, **options: Any) -> Any:
        check(path)
        return state(path, **options)

    def open_(path: Any, flags: int, *rest: Any, **options: Any) -> Any:
        check(path)
        return opened(path, flags, *rest, **options)

    def hook(event: str, given: tuple[Any, ...]) -> None:
        if event == "open":
            check(given[0])

    os.open, os.stat = open_, stated
    sys.addaudithook(hook)


def _refuse_names() -> None:
    """Let no file be made here of a name that Windows does not know."""
    here = Path.cwd()

    def hook(event: str, given: tuple[Any, ...]) -> None:
        made = event == "os.mkdir" or (event == "open" and isinstance(given[2], int) and given[2] & os.O_CREAT)
        if not made or not isinstance(given[0], str):
            return
        path = Path(os.path.abspath(given[0]))  # noqa: PTH100  # Links are left as they are.
        if path.is_relative_to(here) and NO_NAME.search(path.name):
            raise OSError(errno.EINVAL, "The filename, directory name, or volume label syntax is incorrect", str(path))

    sys.addaudithook(hook)


def _refuse_signals() -> None:
    """Let a process be told nothing but to end, and be begun only as one can there."""
    tell, begin = subprocess.Popen.send_signal, subprocess.Popen.__init__

    def told(self: "subprocess.Popen[Any]", number: int) -> None:
        if number != signal.SIGTERM:
            raise ValueError(f"Unsupported signal: {number}")
        tell(self, number)

    def begun(self: "subprocess.Popen[Any]", *given: Any, **options: Any) -> None:
        refused = {"preexec_fn", "pass_fds", "user", "group", "umask", "process_group"} & options.keys()
        if refused:
            raise ValueError(f"{', '.join(refused)}: not supported on Windows platforms")
        begin(self, *given, **options)

    subprocess.Popen.send_signal = told  # type: ignore[method-assign, assignment]
    subprocess.Popen.__init__ = begun  # type: ignore[method-assign]


def surroundings(folder: Path, *lacking: str) -> dict[str, str]:
    """Return the variables of processes that lack something; what does that is written into a folder of its own."""
    folder.mkdir()
    lines = ["import lacking", *(f"lacking.{name}()" for name in lacking)]
    (folder / "sitecustomize.py").write_text("\n".join(lines), "utf-8")
    paths = [str(folder), str(Path(__file__).parent), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    told = {"PYTHONWARNDEFAULTENCODING": "1"} if "windows" in lacking else {}
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))} | told
