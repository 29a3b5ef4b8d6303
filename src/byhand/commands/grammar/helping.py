"""What --help prints: text that fits a terminal of any width, in which no name is cut and no word broken."""

import shutil
from collections.abc import Iterator
from textwrap import TextWrapper

from byhand.commands.grammar.declared import Command, Option, Parameter
from byhand.commands.grammar.parsing import HELP, usage

NARROWEST, WIDEST = 24, 100  # Longer lines are hard to read, however wide the terminal is.
_LEFT_MOST, _RIGHT_LEAST = 26, 30  # columns for names, and beside them for what is said of them


def page(command: Command, columns: int | None = None) -> str:
    """Return what there is to know about a command.

    Parameters
    ----------
    command
        The command.
    columns
        The width of the terminal; asked of it if None.
    """
    width = min(max(columns or shutil.get_terminal_size().columns, NARROWEST), WIDEST)
    parts = [f"Usage: {usage(command)}", command.about, *command.more.splitlines()]
    blocks = ["\n".join(_wrapped(part, "", "  " if part is parts[0] else "", width)) for part in parts if part]
    sections = [*_sections(command)]
    longest = max(len(name) for _, rows in sections for name, _ in rows)
    left = 2 + min(longest, _LEFT_MOST) + 2
    for title, rows in sections:
        blocks.append("\n".join([f"{title}:", *_table(rows, left if width >= left + _RIGHT_LEAST else None, width)]))
    if command.below:
        told = f"{command.name} COMMAND --help tells more of a command, such as {command.below[0].name} --help."
        blocks.append("\n".join(_wrapped(told, "", "", width)))
    return "\n\n".join(blocks)


def _sections(command: Command) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the title of every group, and its rows: how it is written, and what it is."""
    if below := [(one.word, one.about) for one in command.below]:
        yield "Commands", below
    if arguments := [(one.metavar, one.said.help) for one in command.arguments]:
        yield "Arguments", arguments
    groups: dict[str, list[tuple[str, str]]] = {"": []}
    for option in command.options:
        assert isinstance(option.said, Option)
        groups.setdefault(option.said.group, []).append((_written(option), _said(option)))
    groups[""].append((", ".join(reversed(HELP)), "Show this and end."))
    for title, rows in groups.items():
        yield title or "Options", rows


def _written(option: Parameter) -> str:
    """Return how an option is written."""
    return " ".join(filter(None, [", ".join(option.spellings), option.metavar]))


def _said(option: Parameter) -> str:
    """Return what an option is, the values it may have and the one it has if it is left out."""
    said = option.said
    assert isinstance(said, Option)
    notes = [f"one of {', '.join(option.choices)}"] if option.choices else []
    if said.max is not None:
        notes.append(f"{said.min} to {said.max}")
    default = said.default if option.default in (None, False) else option.default
    if default is not None:
        notes.append(f"default: {_shown(default)}")
    return f"{said.help.removesuffix('.')} ({'; '.join(notes)})." if notes else said.help


def _shown(default: object) -> str:
    """Return a value as it would be typed."""
    if isinstance(default, tuple):
        return ",".join(map(str, default))
    return f"{default:g}" if isinstance(default, float) else str(default)


def _table(rows: list[tuple[str, str]], left: int | None, width: int) -> Iterator[str]:
    """Yield the lines of a table: names, and beside them, from a column on, or else below, what is said of them."""
    for name, text in rows:
        lines = _wrapped(text, " " * (left or 6), " " * (left or 6), width)
        if left and len(name) + 4 <= left:
            lines[0] = f"  {name}".ljust(left) + lines[0][left:]
        else:
            yield f"  {name}"
        yield from lines


def _wrapped(text: str, first: str, later: str, width: int) -> list[str]:
    """Return a text as lines, which are broken between words only."""
    wrapper = TextWrapper(
        width, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    )
    return wrapper.wrap(text) or [first]
