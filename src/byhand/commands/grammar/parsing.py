"""What was typed → a command and its values, or one sentence that says what was meant perhaps.

click reads the words. What it cannot read, its exceptions tell as data; not one sentence of its own is shown.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from byhand.commands.grammar.declared import DASHES, Value, parameters, spellings
from byhand.commands.grammar.helping import contexts_below, page, usage
from byhand.errors import UsageError, did_you_mean, folded, shortened
from byhand.files import as_typed, kind_of

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Command(click.Group):
    """A command, such as `convert` of `byhand data convert`, what it does, and the commands below it."""

    def __init__(
        self,
        name: str,
        about: str,
        function: Callable[..., int] | None = None,
        *,
        more: str = "",
        below: Sequence["Command"] = (),
    ) -> None:
        super().__init__(
            name,
            below,
            help=about,
            epilog=more,
            callback=partial(partial, function) if function else _show_help,
            invoke_without_command=True,
            context_settings={"token_normalize_func": folded},
        )
        self.function = function
        self.allow_interspersed_args = not below

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return its options and arguments, which are made when they are asked for."""
        self.params = self.params or parameters(self.function)
        return super().get_params(ctx)

    def get_help_option_names(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the option that shows its help."""
        return ["-h", "--help"]

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option that shows its help."""
        if option := super().get_help_option(ctx):
            option.help = "Show this and end."
        return option

    def get_help(self, ctx: click.Context) -> str:
        """Return the page that tells of it."""
        return page(ctx)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words after it, of which those are left that name a command below it."""
        words = [*args]
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if {*map(folded, words[: words.index("--")] if "--" in words else words)} & {
                *self.get_help_option_names(ctx)
            }:
                _show_help()
            raise UsageError(_told(error, ctx, words)) from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command below it that the first word names."""
        word, *rest = args
        if ctx.resilient_parsing and word == "help" and rest:
            return self.resolve_command(ctx, rest)
        found = self.commands.get(folded(word))
        if not ctx.resilient_parsing:
            if found is None:
                raise UsageError(_nothing_below(ctx, word))
            if any(ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE for name in ctx.params):
                raise UsageError(f"{word}: must stand at once after {ctx.command_path}.{_see(ctx)}")
        return folded(word), found, rest

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Return what a word that has been begun may become: options, too, where there is nothing else."""
        return super().shell_complete(ctx, incomplete or "-" * (not self.commands))


def _show_help(**_: object) -> None:
    """Show the help of the command that is being read, if none below it is called, and leave the reading of words."""
    context = click.get_current_context()
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
        context.exit()


def _told(error: click.UsageError, context: click.Context, words: Sequence[str]) -> str:
    """Return click's error as byhand tells it."""
    match error:
        case click.NoSuchOption(option_name=name):
            return _no_option(context, _typed(name, words))
        case click.BadOptionUsage(option_name=name):
            option = spellings(context)[folded(name)]
            if option.is_flag:
                given = next((word for word in words if folded(word).startswith(f"{folded(name)}=")), name)
                return f"{name}: takes no value; leave out {_shown(given[len(name) :])}."
            return f"{name}: a value is missing; write {option.opts[-1]} {option.metavar}.{_see(context)}"
        case click.MissingParameter(param=click.Argument(metavar=str(metavar))):
            missing = metavar.split()[-1].removesuffix("...")
            return f"{missing} is missing; write {usage(context)}.{_see(context)}"
    return f"these words are none that it takes; write {usage(context)}.{_see(context)}"


def _typed(name: str, words: Sequence[str]) -> str:
    """Return an option that click names as it was typed; where it has one hyphen, click names its first letter."""
    begins = len(name) == 2 and name != "--"
    typed = (word.partition("=")[0] for word in words)
    is_meant = (one for one in typed if folded(one) == name or (begins and folded(one).startswith(name)))
    return next(is_meant, name)


def _no_option(context: click.Context, name: str) -> str:
    """Say that there is no such option, and what may have been meant."""
    meant = _owner(context, name) or _file(name) or did_you_mean(name.lstrip(DASHES), _long(context))
    return f"{_shown(name)}: {context.command_path} has no such option.{meant}{_see(context)}"


def _owner(context: click.Context, name: str) -> str:
    """Say how an option is written that belongs to a command below; nothing if it belongs to none."""
    for below in contexts_below(context):
        if folded(name) in spellings(below):
            return f" Write it after the command, such as {below.command_path} {name}."
    return ""


def _file(name: str) -> str:
    """Say how a file is written whose name begins as an option; nothing if there is none."""
    return f" The file of this name is written {as_typed(Path(name))}." if kind_of(Path(name)) != "nothing" else ""


def _shown(word: str) -> str:
    """Return a word as it can be told: not too long, and not nothing."""
    return shortened(word) or '""'


def _nothing_below(context: click.Context, word: str) -> str:
    """Say that there is no such command, or no place for a word, and what may have been meant."""
    if word[:1] in [*DASHES]:
        return _no_option(context, word.partition("=")[0])
    names = [str(below.info_name) for below in contexts_below(context)]
    meant = _option_for(context, word) or did_you_mean(word, [*names, *_long(context)])
    if names:
        if not meant and "predict" in names and kind_of(Path(word)) == "file":
            meant = f" Did you mean {context.command_path} predict {as_typed(Path(word))}?"
        meant = meant or f" There {'are' if len(names) > 1 else 'is'} {', '.join(names)}."
        told = f"{context.command_path} has no such command."
        return f"{_shown(word)}: {told}{meant}{_see(context)}"
    if word.isdecimal():
        meant = " Several numbers for one option are joined by commas, such as 300,100."
    if any(isinstance(one, click.Argument) for one in context.command.get_params(context)):
        told = f"is one too many; write {usage(context)}."
    else:
        told = "stands alone, without an option."
    return f"{_shown(word)}: {told}{meant}{_see(context)}"


def _option_for(context: click.Context, word: str) -> str:
    """Return the question whether a word was meant as the value of an option that may be it; nothing if none may."""
    for option in spellings(context).values():
        for known in option.type.words() if isinstance(option.type, Value) else ():
            if folded(known) == folded(word):
                return f" Did you mean {option.opts[-1]} {known}?"
    return ""


def _long(context: click.Context) -> list[str]:
    """Return the long names of a command's options."""
    return [name for name in spellings(context) if name.startswith("--")]


def _see(context: click.Context) -> str:
    """Return where to read more."""
    return f" See {context.command_path} --help."
