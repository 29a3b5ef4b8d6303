"""Read only files, and no more of them than is bearable; write them so that a crash leaves the old one or the new."""

import codecs
import errno
import itertools
import os
import re
import shlex
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Literal

from byhand.errors import ByhandError, UsageError, folded

MOST_BYTES = 2**32  # of one file of data, unpacked
# Images of digits are packed to a tenth, labels perhaps to a thousandth: so many bytes may come of few, and beyond them
# so many for each.
_PACKED_FREELY, _PACKED_AT_MOST = 2**27, 100
MOST_NAMES = 10_000  # of files in a folder, among which one that was meant is looked for
_ADDRESS = re.compile(r"(https?|ftp|s3|gs|hf):/", re.IGNORECASE)
MOST_WORDS = 300  # Characters of what a library says of a file.
PATIENCE = 2.0  # Seconds to wait for who has a file open that another one is to replace, where that keeps it there, ...
_IN_USE = (5, 32)  # ... as Windows does, which then says one of these.


def opened(path: Path, *, pipes: bool = False) -> BufferedReader:
    """Open a file to read. A pipe or a device is refused: it could be waited for, or read from, for ever.

    Parameters
    ----------
    path
        Of the file.
    pipes
        Take a pipe without a name, too, as a shell gives one for <(…): whoever started this process holds its other
        end.

    Raises
    ------
    OSError
        If it cannot be opened; if it is a pipe or a device, with the number ENOTSUP.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except ValueError as error:  # a NUL in it, or half a character
        raise OSError(errno.EINVAL, "No name that a file can have") from error
    kind = os.fstat(descriptor).st_mode
    if pipes and stat.S_ISFIFO(kind) and _is_nameless(path, descriptor):
        if hasattr(os, "set_blocking"):  # It was not opened otherwise where there is none.
            os.set_blocking(descriptor, True)
    elif not stat.S_ISREG(kind):
        os.close(descriptor)
        if stat.S_ISDIR(kind):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        raise OSError(errno.ENOTSUP, "No file, but a pipe or a device")
    return os.fdopen(descriptor, "rb")


def _is_nameless(path: Path, descriptor: int) -> bool:
    """Tell whether an open pipe is one without a name in a folder: by Linux's word, elsewhere by how it is called."""
    try:
        return str(Path(f"/proc/self/fd/{descriptor}").readlink()).startswith("pipe:")
    except OSError:
        return path.parent == Path("/dev/fd")


def meant(path: Path) -> str:
    """Return the question whether a file or folder of a similar name was meant; nothing if there is none.

    Of a path, one part may be written wrongly, and the rest is there.
    """
    above = Path(path.anchor)
    parts = path.parts[bool(path.anchor) :]
    try:
        while parts and (above / parts[0]).exists():
            above, parts = above / parts[0], parts[1:]
        similar = (above.joinpath(name, *parts[1:]) for name in _similar(parts[0], above)) if parts else ()
        return next((f" Did you mean {other}?" for other in similar if other.exists()), "")
    except (OSError, ValueError):  # A name that no file can have, or a folder that cannot be looked into.
        return ""


def _similar(name: str, folder: Path) -> list[str]:
    """Return what is in a folder under a similar name; that its ending is the same does not make it similar."""
    from difflib import get_close_matches  # only for who is going to be told

    ending = Path(name).suffix
    with os.scandir(folder) as entries:
        known = {entry.name.removesuffix(ending): entry.name for entry in itertools.islice(entries, MOST_NAMES)}
    same = [other for other in known.values() if folded(other) == folded(name)]
    return same or [known[stem] for stem in get_close_matches(name.removesuffix(ending)[:100], known, 3, 0.7)]


def kind_of(path: Path) -> Literal["file", "folder", "other", "nothing"]:
    """Return what is at a path; nothing, if that cannot be told."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):  # ValueError: of a NUL in the name
        return "nothing"
    return "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "other"


def refuse_present(path: Path, advice: str = "Choose another name.", *fields: str) -> None:
    """Refuse to write over what is there.

    Raises
    ------
    UsageError
        With the advice, about the fields.
    """
    if kind_of(path) != "nothing":
        raise UsageError(f"{path}: is there already. {advice}", *fields)


def as_path(given: object, names: str) -> Path:
    """Return the path that is given; `names` says of what it has to be.

    Raises
    ------
    UsageError
        If it is no path, or an empty one, which would mean the folder one happens to be in.
    """
    if not isinstance(given, str | os.PathLike) or isinstance(os.fspath(given), bytes):
        raise UsageError(f"{type(given).__name__} is no path: name {names}.")
    if given == "":
        raise UsageError(f"the path is empty: name {names}.")
    return Path(given)


def refuse_address(path: Path) -> None:
    """Refuse what is no file, but the address of one: a path's two slashes have become one.

    Raises
    ------
    UsageError
        If nothing of that name is here.
    """
    if _ADDRESS.match(str(path)) and kind_of(path) == "nothing":
        raise UsageError(f"{path}: is an address, and byhand reads files alone. Fetch it first.")


def most_unpacked(packed: int) -> int:
    """Return how many bytes may come of so many packed ones: no file of images would hold more in earnest."""
    return _PACKED_FREELY + _PACKED_AT_MOST * packed


def check_promise(promised: int, packed: int) -> None:
    """Refuse to unpack what a file promises if it is too much, or more than a file of that size would hold in earnest.

    Raises
    ------
    ValueError
        With the limit.
    """
    if promised > MOST_BYTES:
        raise ValueError(f"at most {MOST_BYTES:,} are read")
    if promised > (most := most_unpacked(packed)):
        raise ValueError(f"of {packed:,} packed ones at most {most:,} are read")


def read_file(path: Path, most: int, *, pipes: bool = False) -> bytes:
    """Return what is in a file, or in a shell's pipe if `pipes`, of at most `most` bytes.

    Raises
    ------
    OSError
        If it cannot be read, is no file, or is larger.
    """
    with opened(path, pipes=pipes) as file:
        read = file.read(most + 1)
    if len(read) > most:
        raise OSError(errno.EFBIG, f"More than {most:,} bytes")
    return read


def as_text(content: bytes) -> str:
    """Return what is in a text file: UTF-8, or UTF-16 where it begins as Windows' PowerShell and Notepad write that.

    Raises
    ------
    UnicodeDecodeError
        If it is neither.
    """
    in_words = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if in_words else "utf-8-sig")


@contextmanager
def parsing(path: Path, fault: str, advice: str, kind: type[ByhandError] = ByhandError) -> Iterator[None]:
    """Say in one message what is wrong with a file, whatever a parser raises within: of strange bytes that is anything.

    Raises
    ------
    ByhandError
        Of the kind `kind`, with the path, the fault, the parser's words and the advice.
    """
    try:
        yield
    except Exception as error:
        raise kind(f"{path}: {fault} ({words(error)}). {advice}") from error


def as_typed(path: Path) -> str:
    """Return a path as it can be typed in a command: with quotes where a shell needs them, and never as an option."""
    text = str(path)
    text = f"./{text}" if text.startswith("-") else text
    if os.name == "nt":
        import subprocess

        return subprocess.list2cmdline([text])
    return shlex.quote(text)


def words(error: Exception) -> str:
    """Return what an error says, in one line that is not too long; its kind if it says nothing."""
    said = " ".join((getattr(error, "strerror", None) or str(error) or type(error).__name__).split())
    return said if len(said) <= MOST_WORDS else f"{said[:MOST_WORDS]}…"


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the file at `path` by `content` in one step; see `written`.

    Raises
    ------
    ByhandError
        As `written`.
    """
    with written(path) as file:
        file.write(content)


@contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """Yield a file to write, and put it at `path` in one step; a link is replaced itself, not what it leads to.

    A new file has the permissions of any new file, another one keeps its own.

    Raises
    ------
    ByhandError
        If the file cannot be written, or there is something else than a file, such as a folder or a device; what stood
        at `path` before is then still there.
    """
    try:
        mode = _mode_to_keep(path)
        temporary = path.parent / f".{path.name}.{os.urandom(4).hex()}"
        try:
            # 0o666 less what the process's umask takes away: the permissions of any new file.
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            with os.fdopen(os.open(temporary, flags, 0o666 if mode is None else 0o600), "wb") as file:
                if mode is not None:
                    temporary.chmod(mode)
                yield file
                file.flush()
                os.fsync(file.fileno())
            put(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:  # ValueError: of a NUL in the name
        advice = "Free some space or choose another folder."
        if isinstance(error, IsADirectoryError):
            advice = "Name a file in it."
        elif isinstance(error, FileNotFoundError):
            advice = f"Make the folder {path.parent} first."
        raise ByhandError(f"{path}: cannot be written ({words(error)}). {advice}") from error


def put(path: Path, place: Path) -> None:
    """Put a file in the place of another one, and wait a little where somebody reads that now, and Windows minds.

    Raises
    ------
    OSError
        If it cannot be put there.
    """
    until = time.monotonic() + PATIENCE
    while True:
        try:
            path.replace(place)
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _IN_USE or time.monotonic() >= until:
                raise
            time.sleep(0.01)
        else:
            return


def _mode_to_keep(path: Path) -> int | None:
    """Return the permissions of the file that is to be replaced, None if there is none; refuse whatever is no file."""
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(kind):
        return None
    if stat.S_ISREG(kind):
        return stat.S_IMODE(kind)
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    raise OSError(errno.EINVAL, "No file, but a pipe or a device")
