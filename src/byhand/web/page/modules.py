"""Which modules of the page call which others: so that all can be fetched at once, or put into one file."""

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping

from byhand.errors import ByhandError

START = "main.js"

_AT_ONCE = re.compile(r"""(\bfrom\s*|\bimport\s*)(["'])(\.{1,2}/[^"'\n]+)\2""")
_LATER = re.compile(r"""(\bimport\s*\(\s*)(["'])(\.{1,2}/[^"'\n]+)\2(?=\s*\))""")


def needed(texts: Mapping[str, str], starts: Iterable[str], *, later: bool, without: Iterable[str] = ()) -> list[str]:
    """Return the names of some modules and of all that they call, in order.

    Parameters
    ----------
    texts
        Every module by its name below the folder of the page, such as `draw/view.js`.
    starts
        The modules to begin with.
    later
        Whether those count that are called only when they are wanted, by `import()`.
    without
        Names to leave out.

    Raises
    ------
    ByhandError
        If a module is missing.
    """
    found, waiting, left_out = set[str](), list(starts), set(without)
    while waiting:
        name = waiting.pop()
        if name in found or name in left_out:
            continue
        if name not in texts:
            raise ByhandError(f"{name}: a module of the page is missing; byhand is not installed soundly.")
        found.add(name)
        for pattern in (_AT_ONCE, _LATER) if later else (_AT_ONCE,):
            waiting += [_resolve(name, match[3]) for match in pattern.finditer(_code(texts[name]))]
    return sorted(found)


def renamed(name: str, text: str, rename: Callable[[str], str]) -> str:
    """Return the text of a module in which others are called by other names."""
    for pattern in (_AT_ONCE, _LATER):
        text = pattern.sub(lambda match: f"{match[1]}{match[2]}{rename(_resolve(name, match[3]))}{match[2]}", text)
    return text


def _code(text: str) -> str:
    """Return a module without its comments, whose types are no imports."""
    return re.sub(r"/\*.*?\*/|^\s*//[^\n]*", "", text, flags=re.DOTALL | re.MULTILINE)


def _resolve(name: str, target: str) -> str:
    """Return the name of a module that another one calls by a path."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
