"""Names and texts as C and C++ take them: what begins every name in a header, and strings of any characters."""

import re
from pathlib import Path

from byhand.errors import UsageError

LONGEST = 40  # characters, so that whole names differ within the 63 that C99 looks at
_KEYWORDS = """
    auto break case char const continue default do double else enum extern float for goto if inline int long
    register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
    alignas alignof and and_eq asm atomic_cancel atomic_commit atomic_noexcept bitand bitor bool catch char8_t
    char16_t char32_t class co_await co_return co_yield compl concept const_cast consteval constexpr constinit
    decltype delete dynamic_cast explicit export false friend mutable namespace new noexcept not not_eq nullptr
    operator or or_eq private protected public reflexpr reinterpret_cast requires static_assert static_cast
    synchronized template this thread_local throw true try typeid typename typeof typeof_unqual using virtual
    wchar_t xor xor_eq
"""
_HEADERS = """
    assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg
    stdatomic stdbit stdbool stdckdint stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar
    wchar wctype
"""
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


def check_file(path: Path) -> None:
    """Refuse the name of a header of C's own, which a program would then find instead of that."""
    if path.stem.lower() in _HEADERS.split():
        raise UsageError(f"{path}: is the name of one of C's own headers. Choose another name.")


def prefix(path: Path, given: str | None) -> str:
    """Return what the names in a header begin with: what is given, or the header's own name."""
    name = path.stem if given is None else given
    where, field = (f"{path}: the header's name", ()) if given is None else (f"{name!r}", ("prefix",))
    other = "Choose another name, or say --prefix NAME." if given is None else "Choose another one."
    if name in _KEYWORDS.split():
        fault = "is a keyword of C or C++"
    elif len(name) > LONGEST:
        fault = f"is longer than {LONGEST} characters"
    elif not _IDENTIFIER.fullmatch(name):
        fault = "must begin with a letter from a to z and have only letters, digits and _"
    else:
        return name
    raise UsageError(f"{where} {fault}, as all names in it begin with that. {other}", *field)


def string(text: str) -> str:
    """Return a text as a string of C, in UTF-8; with octal escapes, which no digit behind them can make longer."""
    return '"' + "".join(map(_escaped, text.encode("utf-8"))) + '"'


def _escaped(byte: int) -> str:
    """Return a byte as it stands in a string of C. A question mark may be part of a trigraph."""
    character = chr(byte)
    if character in '"\\?':
        return f"\\{character}"
    return character if 32 <= byte < 127 else f"\\{byte:03o}"
