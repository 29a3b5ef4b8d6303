"""Which modules of the page call which others: so that all can be fetched at once, or put into one file or module."""

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from byhand.errors import ByhandError

START = "main.js"

_AT_ONCE = re.compile(r"""(\bfrom\s*|\bimport\s*)(["'])(\.{1,2}/[^"'\n]+)\2""")
# The two ways in which a module of the page calls another by name, and the ways in which it hands names out.
_NAMED = re.compile(r"""^import\s+(\{[^}]*\}|\*\s+as\s+\w+)\s+from\s+["'](\.{1,2}/[^"'\n]+)["'];?""", re.MULTILINE)
_HANDED = re.compile(r"^export\s+(?:(async\s+function|function\*?|const|class)\s+(\w+)|\{([^}]*)\};?)", re.MULTILINE)
_REMARK = re.compile(r"^[ \t]*(?:/\*(?:[^*]|\*(?!/))*\*/|//[^\n]*)\n", re.MULTILINE)
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


def without_remarks(text: str) -> str:
    """Return the text of a module without the remarks that have lines of their own."""
    return _REMARK.sub("", text)


def in_one(texts: Mapping[str, str], start: str) -> str:
    """Return a module and all that it calls as one module, which loads nothing: for who may load no other.

    Each becomes a function that is run once, after those that it calls, and returns what it hands out. Of variables
    that change later the others would not hear: the page's modules hand out none.

    Raises
    ------
    ByhandError
        If a module is missing.
    """
    names = _in_order(texts, start)
    called = {name: f"module{number}" for number, name in enumerate(names)}
    parts = []
    for name in names:
        text = _NAMED.sub(partial(_taken, name, called), without_remarks(texts[name]))
        if name == start:
            parts.append(text)
            continue
        handed = [each.strip() for match in _HANDED.finditer(text) for each in (match[2] or match[3]).split(",")]
        text = _HANDED.sub(lambda match: f"{match[1]} {match[2]}" if match[2] else "", text)
        parts.append(
            f"const {called[name]} = (() => {{\n{text}\nreturn {{ {', '.join(filter(None, handed))} }};\n}})();"
        )
    return "\n".join(parts)


def _taken(name: str, called: Mapping[str, str], match: re.Match[str]) -> str:
    """Return what takes the place of a call by name."""
    names = re.sub(r"\s+as\s+", ": ", match[1]) if match[1].startswith("{") else match[1].split()[-1]
    return f"const {names} = {called[_resolve(name, match[2])]};"


def _in_order(texts: Mapping[str, str], start: str) -> list[str]:
    """Return the names of a module and of all that it calls, each after those that it calls."""
    found: dict[str, None] = {}

    def visit(name: str) -> None:
        """Put a module behind those that it calls."""
        for match in _NAMED.finditer(texts[name]):
            if (other := _resolve(name, match[2])) not in found:
                visit(other)
        found[name] = None

    every = needed(texts, [start], later=False)  # says which is missing
    visit(start)
    assert {*found} == {*every}
    return [*found]


def _code(text: str) -> str:
    """Return a module without its comments, whose types are no imports."""
    return re.sub(r"/\*.*?\*/|^\s*//[^\n]*", "", text, flags=re.DOTALL | re.MULTILINE)


def _resolve(name: str, target: str) -> str:
    """Return the name of a module that another one calls by a path."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
