"""The token that a server asks for, where whoever runs it has chosen one: in a file, or in a variable.

It never stands on the command line, which every user of a machine can read, and never in what is printed.
"""

import os
import re
import stat
from collections.abc import MutableMapping
from pathlib import Path

from byhand.errors import UsageError
from byhand.files import read_file, words

VARIABLE = "BYHAND_TOKEN"
SHORTEST, LONGEST = 16, 500  # characters
LARGEST_FILE = 4096  # bytes
ADVICE = "Make one, for instance with: openssl rand -hex 24"

# What may stand in `Authorization: Bearer` (RFC 6750), and in a cookie as it is.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


def chosen(file: Path | None, environment: MutableMapping[str, str]) -> str | None:
    """Return the token that was chosen, if one was; no process begun later finds it in the environment.

    Raises
    ------
    UsageError
        If it cannot be read or used, or there are two.
    """
    said = environment.pop(VARIABLE, None)
    if file is None:
        return None if said is None else _checked(said, f"{VARIABLE}, a variable of the environment,")
    if said is not None:
        raise UsageError(f"{file}: {VARIABLE} is set, too. Leave one of them out.", "token_file")
    try:
        content = read_file(file, LARGEST_FILE, pipes=True)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({words(error)}).", "token_file") from None
    return _checked(content.decode("utf-8-sig", "replace"), f"{file}", "token_file")


def is_open(file: Path) -> bool:
    """Tell whether everybody on this machine can read a file."""
    mode = file.stat().st_mode
    return os.name == "posix" and stat.S_ISREG(mode) and bool(mode & stat.S_IROTH)


def _checked(text: str, where: str, *fields: str) -> str:
    """Return a token, without the end of its line; refuse what can be none. What it is is never said."""
    token = text.strip()
    if not token:
        raise UsageError(f"{where} is empty; there should be a token. {ADVICE}.", *fields)
    if not _TOKEN.fullmatch(token):
        raise UsageError(
            f"{where} holds more than a token: one line of letters, digits and -._~+/ is taken. {ADVICE}.", *fields
        )
    if not SHORTEST <= len(token) <= LONGEST:
        fault = "short" if len(token) < SHORTEST else "long"
        raise UsageError(
            f"{where} holds a token that is too {fault}: {len(token):,} characters, where {SHORTEST} to {LONGEST} are "
            f"taken. {ADVICE}.",
            *fields,
        )
    return token
