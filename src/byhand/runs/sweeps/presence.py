"""Who is at work on a search, so that nobody waits for one who is gone.

Every process keeps a file in the folder, and counts in it while it lives. One that goes takes its file with it; one
that was killed counts no more. On its own machine a lock tells so at once. Elsewhere locks may not be seen, as on some
shared disks, and clocks may differ: there a process is gone when somebody has looked for a minute and seen no change.
"""

import hashlib
import os
import platform
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from byhand.files import read_file

BEAT, PATIENCE = 5.0, 60.0  # Seconds; shared disks may show a change only half a minute later.
_NAME = re.compile("[0-9A-Za-z_.]{1,40}-([0-9a-f]{8})-[0-9]{1,10}-[0-9a-f]{6}")
_WIDTH = 20  # digits of the count: it is written over in place, always as long


@contextmanager
def present(folder: Path) -> Iterator[str]:
    """Be at work in a folder, which is made, and be seen to be; yield the name by which others look for this process.

    Raises
    ------
    OSError
        If nothing can be written there.
    """
    from filelock import FileLock

    folder.mkdir(exist_ok=True)
    host = re.sub("[^0-9A-Za-z_.]", "_", platform.node())[:40] or "machine"
    name = f"{host}-{place()}-{os.getpid()}-{os.urandom(3).hex()}"
    lock = FileLock(_lock(folder / name))
    with suppress(OSError, NotImplementedError):  # There are disks without locks.
        lock.acquire(timeout=0)
    _count(folder / name, 0)
    over = threading.Event()
    beating = threading.Thread(target=_beat, args=(folder / name, over), name="presence", daemon=True)
    beating.start()
    try:
        yield name
    finally:
        over.set()
        beating.join()
        (folder / name).unlink(missing_ok=True)
        lock.release()
        with suppress(OSError):
            _lock(folder / name).unlink(missing_ok=True)


@dataclass
class Watch:
    """Looks for those who are at work in a folder, and remembers when it saw whom count."""

    folder: Path
    _seen: dict[str, tuple[bytes, float]] = field(default_factory=dict)

    def is_gone(self, name: object) -> bool:
        """Tell whether the process of some name is surely gone; nobody has a name of another form."""
        if not isinstance(name, str) or not (form := _NAME.fullmatch(name)):
            return True
        path = self.folder / name
        try:
            count = read_file(path, 2 * _WIDTH)
        except FileNotFoundError:
            return True
        except OSError:  # The disk may be back soon.
            return False
        if form[1] == place() and (held := _is_held(_lock(path))) is not None:
            return not held
        before, since = self._seen.get(name, (b"", 0.0))
        if count != before:
            self._seen[name] = count, time.monotonic()
            return False
        return time.monotonic() - since > PATIENCE

    def forget(self, name: object) -> None:
        """Remove what one who is gone has left."""
        if isinstance(name, str) and _NAME.fullmatch(name):
            for path in (self.folder / name, _lock(self.folder / name)):
                with suppress(OSError):
                    path.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove what all those have left who are known to be gone."""
        for path in self.folder.glob("*"):
            if _NAME.fullmatch(path.name) and self.is_gone(path.name):
                self.forget(path.name)


def _lock(path: Path) -> Path:
    """Return the file that a process holds a lock of as long as it lives."""
    return path.with_name(f"{path.name}.lock")


def _is_held(lock: Path) -> bool | None:
    """Tell whether a process of this machine holds a lock; None if locks tell nothing here."""
    from filelock import FileLock, Timeout

    if not lock.exists():
        return None
    try:
        with FileLock(lock).acquire(timeout=0):
            return False
    except Timeout:
        return True
    except (OSError, NotImplementedError):
        return None


def _beat(path: Path, over: threading.Event) -> None:
    """Count until it is over."""
    count = 0
    while not over.wait(BEAT):
        count += 1
        with suppress(OSError):  # A full disk, or one that is away for a while, ends no training.
            _count(path, count)


def _count(path: Path, count: int) -> None:
    """Write a count in place: what is renamed into another file's place, other machines may not see for a while."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o666), "wb") as file:
        file.write(f"{count:{_WIDTH}}\n".encode())
        file.flush()
        os.fsync(file.fileno())


@cache
def place() -> str:
    """Return what this process shares with those alone whose locks it sees: the machine, and the container in it."""
    facts = [platform.node()]
    with suppress(OSError):
        facts.append(Path("/proc/sys/kernel/random/boot_id").read_text("utf-8"))
        facts.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:8]
