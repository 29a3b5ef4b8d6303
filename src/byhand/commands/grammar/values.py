"""What stands after an option → a value.

A text that is none of the kind is handed on as it is: who checks the value says what it must be, in the same sentence
to whoever typed it, wrote it into a file or passed it from Python.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from byhand.errors import UsageError, folded
from byhand.learning.recipe import check_integer, refuse_choice

_NUMBER = re.compile(r"[+-]?([0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]{1,4})?", re.IGNORECASE)
_EXACT = 2.0**53  # Up to here a float counts whole numbers one by one.
_HOME = re.compile("~$|~[^/]*/")


def whole(text: str) -> int | str:
    """Read a whole number, which may also be written as 1e3."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return text
    try:
        return int(text)
    except ValueError:  # It is written as a fraction, or longer than Python reads.
        value = float(text)
    return int(value) if value.is_integer() and abs(value) <= _EXACT else text


def whole_within(field: str, least: int, most: int, text: str) -> int | str:
    """Read a whole number within bounds.

    Raises
    ------
    UsageError
        If it is none.
    """
    value = whole(text)
    check_integer(field, value, least, most)
    return value


def number(text: str) -> float | str:
    """Read a number."""
    text = text.strip()
    return float(text) if _NUMBER.fullmatch(text) else text


def choice(text: str, choices: Sequence[str]) -> str:
    """Read one of some words, whose case does not matter.

    Raises
    ------
    UsageError
        If it is none of them.
    """
    found = [name for name in choices if folded(name) == folded(text)]
    if not found:
        refuse_choice(text, choices)
    return found[0]


def text_of(text: str) -> str:
    """Read a text, such as an address."""
    if not text.strip():
        raise UsageError("it is empty; give it a value, or leave the option out.")
    return text


def to_path(given: str) -> Path:
    """Return the path that a user means, with a ~ for the home folder, which not every shell replaces.

    Raises
    ------
    UsageError
        If it is empty, or there is no such home folder.
    """
    return Path(to_name_or_path(given))


def to_name_or_path(text: str) -> str:
    """Return the name, or the path, that a user means, as `to_path` does: ./mnist is no name, and ~1 no home folder."""
    if not text.strip():
        raise UsageError("it is empty; name a file or folder.")
    if not _HOME.match(text):
        return text
    try:
        return str(Path(text).expanduser())
    except RuntimeError as error:
        raise UsageError(f"{text}: there is no such home folder; write the path in full.") from error
