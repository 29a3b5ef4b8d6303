"""What a function's signature says of a command's options and arguments, as click has them.

    def paint(
        file: Annotated[Path, Argument("FILE", help="What to paint.")],
        coats: Annotated[int, Option(min=1, help="How often.")] = 2,
        dry: Annotated[bool, Option("--dry", help="Wait until it is dry.")] = False,
    ) -> int: ...

The help stands in the command and not in the docstring, which `python -OO` takes away.
"""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, dataclass
from functools import partial
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Literal, get_args, get_origin

import click

from byhand.commands.grammar import values
from byhand.errors import UsageError, folded
from byhand.files import kind_of
from byhand.learning.recipe import LARGEST

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Words = Callable[[], Iterable[str]]
Taken = Callable[[click.Context, click.Parameter, tuple[object, ...]], object]
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"  # what word processors make of two hyphens


@dataclass(frozen=True)
class Option:
    """An option: its name where that is not the parameter's, such as --open/--no-open, and what is said of it."""

    name: str = ""
    _: KW_ONLY
    help: str
    short: str = ""
    metavar: str = ""
    parser: Callable[[str], object] | None = None
    min: int | None = None
    max: int | None = None
    group: str = ""
    default: object = None  # what is told to be the default, where that of the parameter is None
    words: Words = tuple  # values that a shell may complete


@dataclass(frozen=True)
class Argument:
    """An argument, which has a place instead of a name."""

    metavar: str
    _: KW_ONLY
    help: str


class GroupedOption(click.Option):
    """An option that stands below a title in the help."""

    group: str


@dataclass(frozen=True)
class Value(click.ParamType[object]):
    """How a value is read, the words that it may be, and whether it may be a file."""

    name = "value"
    read: Callable[[str], object]
    words: Words = tuple
    is_file: bool = False

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> object:
        """Read a word, unless it is an option's name."""
        assert param is not None
        assert ctx is not None
        is_option, name = isinstance(param, click.Option), param.opts[-1]
        if is_option and (value == "--" or folded(value.partition("=")[0]) in spellings(ctx)):
            raise click.BadOptionUsage(name, "", ctx)
        if not is_option and value[:1] in [*DASHES] and kind_of(Path(value)) == "nothing":
            raise click.NoSuchOption(value.partition("=")[0], ctx=ctx)
        if is_option and value.startswith("="):
            raise UsageError("leave out the blanks around =.", _field(name))
        try:
            return self.read(value)
        except UsageError as error:
            told = UsageError(error.text, *(error.fields or [_field(name)]))
            raise (
                told if is_option else UsageError(f"{(param.metavar or name).strip('[].')}: {error.text}")
            ) from error

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":  # noqa: ARG002
        """Return the words that begin as a word does, or what tells a shell to complete names of files."""
        from click.shell_completion import CompletionItem

        found = [CompletionItem(word) for word in self.words() if folded(word).startswith(folded(incomplete))]
        return found or [CompletionItem(incomplete, type="file")] * self.is_file


def spellings(context: click.Context) -> dict[str, click.Option]:
    """Return the options of a command by each of their names."""
    options = [one for one in context.command.get_params(context) if isinstance(one, click.Option)]
    return {folded(name): option for option in options for name in (*option.opts, *option.secondary_opts)}


def _field(name: str) -> str:
    """Return the name of an option as an error's data has it."""
    return name.strip("-").replace("-", "_")


def parameters(function: Callable[..., int] | None) -> list[click.Parameter]:
    """Return the options and arguments of a function."""
    return [*map(_parameter, inspect.signature(function, eval_str=True).parameters.values())] if function else []


def _parameter(declared: inspect.Parameter) -> click.Parameter:
    """Return what a function's parameter declares; a list is an argument or option that may be there several times."""
    kind, said = get_args(declared.annotation)
    if get_origin(kind) is UnionType or NoneType in get_args(kind):
        kinds = [one for one in get_args(kind) if one is not NoneType]
        kind = kinds[0] if len(kinds) == 1 else object  # of several, what reads it knows
    if many := get_origin(kind) is list:
        (kind,) = get_args(kind)

    def taken(context: click.Context, parameter: click.Parameter, given: tuple[object, ...]) -> object:
        """Return the list, or else the last of the values, and tell that there are others."""
        if not many and any(one != given[-1] for one in given):
            context.obj(f"{parameter.opts[-1]} is there twice; the last one counts.")
        return declared.default if not given else [*given] if many else given[-1]

    if isinstance(said, Option):
        return _option(declared, kind, said, taken)
    return click.Argument(
        [declared.name],
        type=_value(kind, said, ""),
        nargs=-1 if many else 1,
        required=declared.default is declared.empty,
        metavar=said.metavar,
        help=said.help,
        callback=taken if many else None,
    )


def _option(declared: inspect.Parameter, kind: object, said: Option, taken: Taken) -> click.Option:
    """Return an option of a kind."""
    name = said.name or f"--{declared.name.replace('_', '-')}"
    metavar = {int: "NUMBER", float: "NUMBER", Path: "PATH", str: "TEXT"}.get(kind, "NAME")  # type: ignore[call-overload]
    option = GroupedOption(
        [declared.name, *filter(None, [said.short]), name],
        is_flag=kind is bool or None,
        type=None if kind is bool else _value(kind, said, _field(name)),
        multiple=True,
        callback=taken,
        metavar=said.metavar or metavar,
        help=_help(kind, said, declared.default),
    )
    option.group = said.group or "Options"
    return option


def _value(kind: object, said: Option | Argument, field: str) -> Value:
    """Return how a value is read."""
    if isinstance(said, Option) and said.parser is not None:
        return Value(said.parser, said.words, is_file="|" in said.metavar or said.parser is values.to_name_or_path)
    if get_origin(kind) is Literal:
        return Value(partial(values.choice, choices=get_args(kind)), lambda: get_args(kind))
    if isinstance(said, Argument) or kind is Path:
        return Value(values.to_path if kind is Path else values.to_name_or_path, is_file=True)
    if kind is int:
        return Value(partial(values.whole_within, field, said.min or 0, said.max or LARGEST))
    return Value(values.text_of)


def _help(kind: object, said: Option, default: object) -> str:
    """Return what an option is, the values it may have and the one it has if it is left out."""
    notes = [f"one of {', '.join(get_args(kind))}"] if get_origin(kind) is Literal else []
    if said.max is not None:
        notes.append(f"{said.min} to {said.max}")
    default = said.default if default in (None, False, []) else default
    if isinstance(default, tuple):
        notes.append(f"default: {','.join(map(str, default))}")
    elif default is not None:
        notes.append(f"default: {default:g}" if isinstance(default, float) else f"default: {default}")
    return f"{said.help.removesuffix('.')} ({'; '.join(notes)})." if notes else said.help
