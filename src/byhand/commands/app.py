"""The command line. Every error is one message; exit code 2 for wrong usage, 1 for a failure, 130 after Ctrl-C."""

import io
import sys
import warnings
from typing import Annotated

import typer
from typer.exceptions import TyperException

from byhand.commands import console
from byhand.commands.describe import data_app, info, recipes
from byhand.commands.judge import compare, ensemble, evaluate
from byhand.commands.plot import plot
from byhand.commands.read import predict, read
from byhand.commands.terminal import INTERRUPTED
from byhand.commands.train import train
from byhand.commands.web import export_app, serve
from byhand.errors import ByhandError, UsageError

app = typer.Typer(add_completion=False, help="A neural network written by hand, for digits written by hand.")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # A terminal or pipe that cannot show a character gets a ? for it.
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_: console.note(f"{message}".strip().partition("\n")[0])
            return app(args=arguments, prog_name="byhand", standalone_mode=False) or 0
    except (ByhandError, OSError, MemoryError, TyperException, typer.Abort, KeyboardInterrupt) as error:
        return _told(error)


def _told(error: BaseException) -> int:
    """Say in one line what went wrong, and return the exit code."""
    match error:
        case ByhandError():
            console.note(console.error_line(error))
            return 2 if isinstance(error, UsageError) else 1
        case BrokenPipeError():  # Who reads the output has enough of it, as head has.
            return 1
        case OSError():
            console.note(f"{error.filename or 'a file or the output'}: {error.strerror or error}.")
            return 1
        case MemoryError():
            console.note(f"the memory does not suffice ({error}). Try smaller --layers, data or pictures.")
            return 1
        case TyperException():
            console.note(f"{error.format_message()} See byhand --help.")
            return error.exit_code
    if isinstance(error.__cause__, EOFError):  # It is none of the user's: typer takes it for a Ctrl-C.
        raise error.__cause__
    return INTERRUPTED


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print it.")] = False
) -> None:
    """Train a network on handwritten digits, judge it, use it."""
    if version:
        from importlib.metadata import version as installed_version

        print(f"byhand {installed_version('byhand')}")
    elif context.invoked_subcommand is None:
        print(context.get_help())


for command in (train, plot, recipes, evaluate, compare, ensemble, predict, read, serve, info):
    app.command()(command)
app.add_typer(data_app, name="data")
app.add_typer(export_app, name="export")
