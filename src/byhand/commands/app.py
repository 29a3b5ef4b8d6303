"""The command line. Every error is one message; exit code 2 for wrong usage, 1 for a failure, 130 after Ctrl-C."""

import os
import sys
import warnings
from collections.abc import Callable
from typing import Annotated

import click

from byhand.commands import console
from byhand.commands.describe import convert, data, info, recipes
from byhand.commands.exchange import chip, exporting, importing
from byhand.commands.grammar import completing, helping
from byhand.commands.grammar.declared import Option
from byhand.commands.grammar.parsing import Command
from byhand.commands.judge import compare, ensemble, evaluate
from byhand.commands.plot import plot
from byhand.commands.reading.predict import predict
from byhand.commands.reading.read import read
from byhand.commands.searching.sweep import sweep
from byhand.commands.shell import completion
from byhand.commands.terminal import INTERRUPTED, expanded, open_streams, soften_encoding
from byhand.commands.train import train
from byhand.commands.web import page, review, serve
from byhand.errors import ByhandError, UsageError
from byhand.learning import recipe_files


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    open_streams()
    soften_encoding()
    words = arguments if arguments is not None else expanded(sys.argv[1:]) if os.name == "nt" else sys.argv[1:]
    try:
        _check_installed()
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_: console.note(f"{message}".strip().partition("\n")[0])
            return _run(words)
    except (ByhandError, OSError, MemoryError, KeyboardInterrupt) as error:
        return _told(error)


def _check_installed() -> None:
    """Refuse to run from inside an archive, where byhand's data, models and recipes are no files."""
    if not recipe_files.SHIPPED.is_dir():
        raise ByhandError(
            f"{recipe_files.SHIPPED}: byhand's own files are missing. If it runs from an archive, unpack that; if "
            "another program was packed with it, pack its files too (PyInstaller: --collect-all byhand)."
        )


def _run(words: list[str]) -> int:
    """Run the command that words name."""
    if (answer := completing.answer(BYHAND)) is not None:
        console.say(answer, as_it_is=True)
        return 0
    words = ["--help" if word in ("-help", "-?", "/?") else word for word in words]  # as other programs have it
    if words[:1] and words[0].lower() in ("help", "-h", "--help"):
        words = [*words[1:], "--help"]
    try:
        with BYHAND.make_context(BYHAND.name, words, obj=console.note) as context:
            run: Callable[[], int] = BYHAND.invoke(context)
    except click.exceptions.Exit:  # Help was asked for, and is shown.
        return 0
    return run()


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
    return INTERRUPTED


def start(
    version: Annotated[bool, Option("--version", short="-V", help="Tell byhand's version and end.")] = False,
) -> int:
    """Run `byhand` alone."""
    if version:
        from importlib.metadata import version as installed_version

        console.say(f"byhand {installed_version('byhand')}")
    else:
        console.say(helping.page(click.Context(BYHAND, info_name="byhand")))
    return 0


BYHAND = Command(
    "byhand",
    "A neural network written by hand, for digits written by hand.",
    start,
    more="To begin: byhand predict photo.png names a digit, byhand train learns from 60,000 of them, and byhand serve "
    "gives a page to draw on.",
    below=(
        Command(
            "train",
            "Train a network, judge it on the test images, and save it with its history and pictures.",
            train,
            more="Options change the recipe: the default one, or the one that --recipe names.",
        ),
        Command(
            "sweep",
            "Search for a better recipe: try many, end the bad ones early, and write down the best.",
            sweep,
            more="Each is judged on training images set aside; the test images are not read. The same command with the "
            "same --out, here or on another machine that shares the folder, works on the same search.",
        ),
        Command(
            "plot",
            "Draw the curves of one training or several: losses, and validation images misread, epoch by epoch.",
            plot,
            more="What differs between their recipes is their name. A training may still be under way.",
        ),
        Command("recipes", "List the recipes that come with byhand, and what was measured with each.", recipes),
        Command("evaluate", "Judge a model on the test images.", evaluate),
        Command(
            "compare",
            "Judge two models on the same test images, and tell whether their difference may be mere chance.",
            compare,
            more="Two folders that train --seeds has made are compared by the mean of their seeds.",
        ),
        Command(
            "ensemble",
            "Make one model of several that decide together: it averages what they say.",
            ensemble,
        ),
        Command(
            "predict",
            "Name the digit in drawings, photos and scans of one digit, or say why it cannot be read.",
            predict,
            more="Any size, any place, dark on light or light on dark. For several digits in one picture, "
            "use byhand read.",
        ),
        Command(
            "read",
            "Read every number on a page: a line for each line on it; ? stands for a digit that cannot be read, and "
            "behind a number that is doubtful.",
            read,
            more="byhand read --table sheet.jpg > sheet.csv keeps rows and columns; byhand read --xlsx numbers.xlsx "
            "forms.pdf scans writes a workbook of all pages of a document and of a folder.",
        ),
        Command(
            "serve",
            "Serve the page: draw a digit, see every neuron, watch a network learn. Ctrl-C ends it.",
            serve,
        ),
        Command(
            "review",
            "Look at every number that byhand read was not sure of, beside its picture, in the browser.",
            review,
            more="byhand read forms/ --csv > numbers.csv writes such a table.",
        ),
        Command("info", "Tell what is in a model file and where it comes from.", info),
        Command(
            "data",
            "Check a data set, count its classes and draw its mean image.",
            data,
            below=(Command("convert", "Write data in another form.", convert),),
        ),
        Command(
            "export",
            "Write what others can use without byhand.",
            below=(
                Command(
                    "page",
                    "Write the page as one file that needs nothing else, no server and no network: it carries 3,000 "
                    "images to judge by and to learn.",
                    page,
                ),
                Command(
                    "onnx",
                    "Write the network as an ONNX file, for ONNX Runtime and whatever else runs ONNX.",
                    exporting.onnx,
                ),
                Command(
                    "js",
                    "Write the network as one JavaScript module that needs nothing else.",
                    exporting.js,
                ),
                Command(
                    "c",
                    "Write the network as one C header in whole numbers, for a microcontroller.",
                    chip.c,
                    more="It needs no library and no memory but constants and the stack; see docs/chip.md.",
                ),
                Command(
                    "numpy",
                    "Write the network as a short script that needs NumPy alone, and its weights beside it.",
                    exporting.numpy,
                ),
            ),
        ),
        Command(
            "import",
            "Make a model of a fully connected network that another tool has trained.",
            more="Nothing in a file is ever run. What stands between its layers must be what byhand has there: one of "
            "relu, leaky_relu, tanh and sigmoid, and softmax at the end.",
            below=(
                Command("onnx", "Read an ONNX file.", importing.onnx),
                Command(
                    "sklearn",
                    "Read a scikit-learn MLPClassifier, with the scalers before it, that skops has written.",
                    importing.sklearn,
                ),
                Command("torch", "Read the weights of a PyTorch network.", importing.torch),
            ),
        ),
        Command("completion", "Write what lets your shell complete commands, options and names.", completion),
    ),
)
