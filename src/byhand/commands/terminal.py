"""The process and its terminal: closed streams, a Ctrl-C that a library swallows, text that commands a terminal."""

import codecs
import contextlib
import io
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from textwrap import TextWrapper
from typing import TYPE_CHECKING, NoReturn, TextIO

from byhand.errors import ByhandError

if TYPE_CHECKING:
    from types import FrameType

INTERRUPTED = 130  # What a shell says of a program that Ctrl-C ended.


def width() -> int | None:
    """Return how many columns the terminal has that stdout is; None if it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def fitted(text: str, stream: TextIO) -> str:
    """Return text whose lines end between words where they are too long for the terminal that shows it, if one does."""
    if not stream.isatty():
        return text
    columns = shutil.get_terminal_size().columns
    return "\n".join(_broken(line, columns) if len(line) > columns else line for line in text.split("\n"))


def _broken(line: str, columns: int) -> str:
    """Return a line as several, the later ones below its text, which may stand beside a name or to the right."""
    beside = re.match(r" *\S+(?: \S+)* {2,}| *", line)
    indent = len(beside[0]) if beside else 0
    wrapper = TextWrapper(
        columns,
        subsequent_indent=" " * (indent if indent <= columns / 2 else 4),
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
    return "\n".join(wrapper.wrap(line.replace(" %", "\xa0%"))).replace("\xa0%", " %")  # a number and its % are one


# What is written instead where an output cannot show a character, as a pipe in the code page of western Europe.
_INSTEAD = {"…": "...", "×": "x", "±": "+/-", "→": "->", "−": "-", "–": "-", "—": "-", "·": "-", "≤": "<=", "≥": ">="}
_INSTEAD |= dict(zip("░▒▓█", ".:*#", strict=True))


def soften_encoding() -> None:
    """Let standard output and errors write something like a character that they cannot show."""
    codecs.register_error("byhand", _written_otherwise)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="byhand")


def _written_otherwise(error: UnicodeError) -> tuple[str | bytes, int]:
    """Return what is written instead of a character: a file's very bytes, something that looks like it, or a ?."""
    assert isinstance(error, UnicodeEncodeError)
    character = error.object[error.start]
    if "\udc80" <= character <= "\udcff":
        return bytes([ord(character) - 0xDC00]), error.start + 1
    return _INSTEAD.get(character, "?"), error.start + 1


def expanded(words: list[str]) -> list[str]:
    """Replace patterns such as *.png by the files they stand for, as shells other than Windows' do."""
    from glob import glob, has_magic

    return [found for word in words for found in (sorted(glob(word)) if has_magic(word) else []) or [word]]  # noqa: PTH207


def open_streams() -> None:
    """Open those standard streams that the process was started without.

    Else the next file opened would take their place, be written into by whoever complains, and nothing would be said
    where it should.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest number free: this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8", closefd=False))  # noqa: SIM115


@contextmanager
def heeded_interrupts() -> Iterator[Callable[[], None]]:
    """Let no Ctrl-C be lost where a library swallows it, as Numba's does; yield what raises those that were."""
    pressed: list[int] = []  # no lock, which a second Ctrl-C would wait for while the first one holds it

    def note(number: int, frame: "FrameType | None") -> None:
        """Remember it, and do as Python does."""
        pressed.append(number)
        signal.default_int_handler(number, frame)

    def heed() -> None:
        """Raise `KeyboardInterrupt` if Ctrl-C was pressed."""
        if pressed:
            raise KeyboardInterrupt

    if (before := signal.getsignal(signal.SIGINT)) is not signal.default_int_handler:
        yield heed  # Somebody else decides, or it is ignored, as in a job in the background.
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield heed
    except (ByhandError, OSError):
        raise
    except Exception:  # What a library makes of it where it swallows one.
        heed()
        raise
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def patient_interrupts() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C wait for the end of what is under way; yield what tells of it. A second one is raised at once."""
    before, pressed = signal.getsignal(signal.SIGINT), False

    def note(number: int, frame: "FrameType | None") -> None:
        """Remember the first one."""
        nonlocal pressed
        if pressed:
            signal.default_int_handler(number, frame)
        pressed = True

    def is_pressed() -> bool:
        """Tell whether Ctrl-C was pressed."""
        return pressed

    if not callable(before):  # It is ignored, as in a job in the background.
        yield is_pressed
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield is_pressed
    finally:
        signal.signal(signal.SIGINT, before)


def leave_interrupts_unsaid() -> None:
    """Let this process say nothing of a Ctrl-C that cannot be raised where it comes, as while something is given up.

    `heeded_interrupts` heeds it all the same.
    """
    told = sys.unraisablehook

    def tell(said: "sys.UnraisableHookArgs") -> None:
        """Tell of all else."""
        if not issubclass(said.exc_type, KeyboardInterrupt):
            told(said)

    sys.unraisablehook = tell


def end(code: int) -> NoReturn:
    """End the process. If Ctrl-C did, at once: nothing waits for threads, and another Ctrl-C changes nothing."""
    if code == INTERRUPTED:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # Nobody reads it any more, or the disk is full: then Python should not try again.
            code = code or 1
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    if code == INTERRUPTED:
        os._exit(code)
    sys.exit(code)
