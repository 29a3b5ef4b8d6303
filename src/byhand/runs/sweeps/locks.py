"""A lock that processes of any machine take in turns: whose file it is that was not there yet.

All disks that machines share can do that, also those without locks of their own. The file tells who has it. From one
who was killed with it, others of the same machine take it at once, and those elsewhere when nothing has changed for a
while.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from filelock import FileLock

from byhand.files import read_file
from byhand.runs.sweeps.presence import place

GRACE = 30.0  # Seconds in which nobody needs the lock in earnest.
_SHORTEST, _LONGEST = 0.001, 0.25  # seconds between two looks
_MOST_BYTES = 100


class Lock:
    """The lock whose file has some path; for `with`, and as Optuna's journals want one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._me = f"{place()} {os.getpid()} {os.urandom(4).hex()}".encode()

    def acquire(self) -> bool:
        """Wait until no other process has it."""
        seen, since, pause = None, 0.0, _SHORTEST
        while not self._is_made():
            if (now := self._holder()) is not None:
                if now != seen:
                    seen, since = now, time.monotonic()
                if _is_dead(now[0]) or time.monotonic() - since > GRACE:
                    self._take_from(now)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST)
        return True

    def release(self) -> None:
        """Let others have it, unless one took it, as this process had been stopped for so long."""
        if (now := self._holder()) is not None and now[0] == self._me:
            self._remove()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _is_made(self) -> bool:
        """Make the file; return whether it was not there."""
        try:
            descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        except FileExistsError:
            return False
        except PermissionError:  # pragma: no cover
            if os.name != "nt":
                raise
            return False  # There it may be about to go.
        try:
            os.write(descriptor, self._me)
        except BaseException:
            self._path.unlink()
            raise
        finally:
            os.close(descriptor)
        return True

    def _holder(self) -> tuple[bytes, int] | None:
        """Return who has it, and since when by the disk's clock; None if nobody has."""
        try:
            return read_file(self._path, _MOST_BYTES), self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return None

    def _take_from(self, holder: tuple[bytes, int]) -> None:
        """Let nobody have it, if this one still has."""
        with _one_after_another(self._path.with_name(f"{self._path.name}.turns")):
            if self._holder() == holder:
                self._remove()

    def _remove(self) -> None:
        """Remove the file."""
        while True:
            try:
                self._path.unlink(missing_ok=True)
            except PermissionError:  # pragma: no cover
                if os.name != "nt":
                    raise
                time.sleep(_SHORTEST)  # There a file stays while somebody reads it.
            else:
                return


@contextmanager
def _one_after_another(path: Path) -> Iterator[None]:
    """Let processes of this machine be within one after another, where its disk can do that."""
    lock = FileLock(path, timeout=GRACE)
    with suppress(OSError, NotImplementedError):
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _is_dead(holder: bytes) -> bool:
    """Tell whether one who has a lock is surely gone, as far as this machine knows."""
    words = holder.decode(errors="replace").split()
    if len(words) != 3 or words[0] != place() or not words[1].isdecimal() or os.name != "posix":
        return False
    with suppress(OSError):  # One that has ended stays on Linux's list until its parent has asked how.
        return Path(f"/proc/{words[1]}/stat").read_bytes().rpartition(b")")[2].split()[:1] == [b"Z"]
    try:
        os.kill(int(words[1]), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:  # It is another user's.
        return False
    return False
