"""What --help prints: text that fits a terminal of any width, in which no name is cut and no word broken."""

import shutil
from collections.abc import Iterator
from textwrap import TextWrapper

import click

from byhand.commands.grammar.declared import GroupedOption

NARROWEST, WIDEST = 24, 100  # Longer lines are hard to read, however wide the terminal is.
_LEFT_MOST, _RIGHT_LEAST = 26, 30  # columns for names, and beside them for what is said of them


def contexts_below(context: click.Context) -> list[click.Context]:
    """Return the contexts of the commands below a command."""
    below = context.command.commands if isinstance(context.command, click.Group) else {}
    return [click.Context(command, context, name) for name, command in below.items()]


def usage(context: click.Context) -> str:
    """Return how a command is written."""
    parameters = context.command.get_params(context)
    below = ["[COMMAND]" if context.parent and len(parameters) > 1 else "COMMAND"] if contexts_below(context) else []
    arguments = [one.make_metavar(context) for one in parameters if isinstance(one, click.Argument)]
    return " ".join([context.command_path, *below, *arguments, "[OPTIONS]"])


def page(context: click.Context, columns: int | None = None) -> str:
    """Return what there is to know about a command.

    Parameters
    ----------
    context
        Of the command.
    columns
        The width of the terminal; asked of it if None.
    """
    command = context.command
    width = min(max(columns or shutil.get_terminal_size().columns, NARROWEST), WIDEST)
    parts = [command.help or "", *(command.epilog or "").splitlines()]
    blocks = [_wrapped(f"Usage: {usage(context)}", "  ", width), *(_wrapped(part, "", width) for part in parts)]
    found = [*sections(context)]
    longest = max(len(name) for _, rows in found for name, _ in rows)
    left = 2 + min(longest, _LEFT_MOST) + 2
    for title, rows in found:
        blocks.append([f"{title}:", *_table(rows, left if width >= left + _RIGHT_LEAST else None, width)])
    for below in contexts_below(context)[:1]:
        told = f"{context.command_path} COMMAND --help tells more of a command, such as {below.command_path} --help."
        blocks.append(_wrapped(told, "", width))
    return "\n\n".join(map("\n".join, blocks))


def sections(context: click.Context) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the title of every group, and its rows: how it is written, and what it is."""
    if below := [(str(one.info_name), one.command.help or "") for one in contexts_below(context)]:
        yield "Commands", below
    titles: dict[str, list[tuple[str, str]]] = {}
    for parameter in context.command.get_params(context):
        title = "Arguments" if isinstance(parameter, click.Argument) else "Options"
        title = parameter.group if isinstance(parameter, GroupedOption) else title
        titles.setdefault(title, []).append(parameter.get_help_record(context) or ("", ""))
    yield from titles.items()


def _table(rows: list[tuple[str, str]], left: int | None, width: int) -> Iterator[str]:
    """Yield the lines of a table: names, and beside them, from a column on, or else below, what is said of them."""
    for name, text in rows:
        first, *lines = _wrapped(text, " " * (left or 6), width, " " * (left or 6))
        if left and len(name) + 4 <= left:
            yield f"  {name}".ljust(left) + first[left:]
        else:
            yield from (f"  {name}", first)
        yield from lines


def _wrapped(text: str, later: str, width: int, first: str = "") -> list[str]:
    """Return a text as lines, which are broken between words only."""
    wrapper = TextWrapper(
        width, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    )
    return wrapper.wrap(text) or [first]
