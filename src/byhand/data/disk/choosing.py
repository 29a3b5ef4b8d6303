"""Whether images are loaded into memory or stay in their file: by what is asked for, or by how much memory is free."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from byhand.data.disk.stored import CannotStay, Stored
from byhand.errors import UsageError
from byhand.files import MOST_BYTES

SHARE = 0.5  # of the memory that is free: a file that is larger is mapped
SMALL = 2**26  # bytes, for which nobody asks how much memory there is
_MEMINFO, _OWN_GROUP, _GROUPS = Path("/proc/meminfo"), Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")
# Of a group of processes, as a container is: its limit, what it uses, and the name of what of that can be given up.
_FILES = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def stored(path: Path, mapped: bool | None, find: Callable[[Path], Stored]) -> Stored | None:
    """Return the images in a file if they are to stay there; None if they are to be loaded.

    Parameters
    ----------
    path
        The file.
    mapped
        Whether they shall stay; None if that depends on its size.
    find
        What finds images in the file.

    Raises
    ------
    CannotStay
        If they shall, and cannot.
    ByhandError
        If the file is not sound.
    """
    if mapped:
        return find(path)
    if mapped is None and is_large(path):
        with suppress(CannotStay):
            return find(path)
    return None


def is_large(path: Path) -> bool:
    """Tell whether a file is too large to be loaded, or takes more than a share of the memory that is free."""
    size = path.stat().st_size
    if size <= SMALL:
        return False
    free = free_memory()
    return size > MOST_BYTES or (free is not None and size > SHARE * free)


def free_memory() -> int | None:
    """Return how many bytes of memory can still be had, by this machine and by its container; None if nobody says."""
    free = [_free_of_machine(), *map(_free_of_group, _groups())]
    return min((bytes_ for bytes_ in free if bytes_ is not None), default=None)


def _free_of_machine() -> int | None:
    """Return what Linux says that can be had without swapping."""
    with suppress(OSError, ValueError):
        for line in _MEMINFO.read_text("utf-8").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


def _groups() -> list[Path]:
    """Return the folders of the groups of processes that limit the memory of this one."""
    folders = [_GROUPS, _GROUPS / "memory"]  # As a container sees them: its own group is the root.
    with suppress(OSError):
        for line in _OWN_GROUP.read_text("utf-8").splitlines():
            _, kinds, name = line.split(":", 2)
            if kinds in ("", "memory"):
                own = _GROUPS / kinds / name.lstrip("/")
                folders += [own, *own.parents]
    return [folder for folder in dict.fromkeys(folders) if folder.is_relative_to(_GROUPS)]


def _free_of_group(folder: Path) -> int | None:
    """Return what a group may still use; None if it has no limit."""
    for limit, usage, spare in _FILES:
        with suppress(OSError, ValueError, KeyError):  # "max" is no number
            most, used = (int((folder / name).read_bytes()) for name in (limit, usage))
            facts = dict(line.split() for line in (folder / "memory.stat").read_text("utf-8").splitlines())
            return max(most - used + int(facts[spare]), 0)
    return None


def refuse_unmappable(path: Path, mapped: bool | None) -> None:
    """Refuse to map what is none of the forms that can be mapped."""
    if mapped:
        raise UsageError(
            f"{path}: cannot be mapped; that takes a folder of plain IDX files, or of .npy files of bytes. byhand data "
            "convert writes one.",
            "mapped",
        )
