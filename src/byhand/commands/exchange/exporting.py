"""The commands `byhand export onnx`, `js` and `numpy`: a network as others can use it without byhand."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from byhand.commands import console
from byhand.commands.grammar.declared import Argument
from byhand.commands.options import ModelOption, load_model
from byhand.errors import UsageError

if TYPE_CHECKING:
    from byhand.model import Model


def onnx(
    file: Annotated[Path, Argument(metavar="FILE.onnx", help="File to write.")],
    model: ModelOption = None,
) -> int:
    """Run `byhand export onnx`."""
    from byhand.export import onnx

    return exported(onnx.write, model, file, ".onnx")


def js(
    file: Annotated[Path, Argument(metavar="FILE.mjs", help="Module to write, with the weights in it.")],
    model: ModelOption = None,
) -> int:
    """Run `byhand export js`."""
    from byhand.export import javascript

    return exported(javascript.write, model, file, ".mjs", ".js")


def numpy(
    file: Annotated[Path, Argument(metavar="FILE.py", help="Script to write; its weights go into a file beside it.")],
    model: ModelOption = None,
) -> int:
    """Run `byhand export numpy`."""
    from byhand.export import numpy_script

    exported(numpy_script.write, model, file, ".py")
    console.say(f"its weights are in {numpy_script.beside(file)}")
    return 0


def exported(write: "Callable[[Model, Path], None]", model: Path | None, file: Path, *endings: str) -> int:
    """Write a model in a form whose files have one of some endings, over what is there, and say so."""
    if file.suffix.lower() not in endings:
        raise UsageError(f"{file}: let its name end with {' or '.join(endings)}.")
    write(load_model(model), file)
    console.say(f"saved as {file}, {file.stat().st_size / 1e3:,.0f} kB")
    return 0
