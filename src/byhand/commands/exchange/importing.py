"""The commands `byhand import onnx`, `sklearn` and `torch`: a network that others have trained becomes a model."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from byhand.commands import console
from byhand.commands.grammar.declared import Argument, Option
from byhand.commands.grammar.values import number
from byhand.commands.options import OR_FORCE, Overwrite
from byhand.errors import UsageError
from byhand.files import refuse_present

if TYPE_CHECKING:
    from byhand.export.foreign.chain import Wishes
    from byhand.model import Model

Out = Annotated[
    Path | None, Option(metavar="MODEL", help="File to write (default: the same name with .safetensors, here).")
]
Classes = Annotated[
    str | None, Option(metavar="NAME,NAME,...", help="Names of its outputs, where the file does not tell them.")
]
White = Annotated[
    float | None,
    Option(
        metavar="LEVEL",
        parser=number,
        help="What full ink is in its inputs: 1, 16, 255 (default: what the file lets one think, or 1).",
    ),
]
Mean = Annotated[
    float, Option(metavar="LEVEL", parser=number, help="What was taken from its inputs before it got them.")
]
Std = Annotated[float, Option(metavar="LEVEL", parser=number, help="What its inputs were divided by then.")]


def onnx(
    file: Annotated[Path, Argument(metavar="FILE.onnx", help="A fully connected network, by whatever tool.")],
    out: Out = None,
    classes: Classes = None,
    white: White = None,
    mean: Mean = 0.0,
    std: Std = 1.0,
    force: Overwrite = False,
) -> int:
    """Run `byhand import onnx`."""
    from byhand.export.foreign.onnx_files import from_onnx

    wishes = _wishes(classes, white, mean, std)
    return _imported("onnx", lambda: from_onnx(file, wishes), file, out, force=force)


def sklearn(
    file: Annotated[Path, Argument(metavar="FILE.skops", help="An MLPClassifier that skops.io.dump has written.")],
    out: Out = None,
    classes: Classes = None,
    white: White = None,
    mean: Mean = 0.0,
    std: Std = 1.0,
    force: Overwrite = False,
) -> int:
    """Run `byhand import sklearn`."""
    from byhand.export.foreign.estimators import from_sklearn

    wishes = _wishes(classes, white, mean, std)
    return _imported("sklearn", lambda: from_sklearn(file, wishes), file, out, force=force)


def torch(
    file: Annotated[Path, Argument(metavar="FILE", help="Weights, by torch.save of a state_dict() or as safetensors.")],
    activation: Annotated[
        Literal["relu", "tanh", "sigmoid", "leaky_relu"] | None,
        Option(help="The hidden layers' function, which weights alone do not tell."),
    ] = None,
    out: Out = None,
    classes: Classes = None,
    white: White = None,
    mean: Mean = 0.0,
    std: Std = 1.0,
    force: Overwrite = False,
) -> int:
    """Run `byhand import torch`."""
    from byhand.export.foreign.states import from_torch

    wishes = _wishes(classes, white, mean, std)
    return _imported("torch", lambda: from_torch(file, wishes, activation), file, out, force=force)


def _wishes(classes: str | None, white: float | None, mean: float, std: float) -> "Wishes":
    """Return what the options say of a network."""
    from byhand.export.foreign.chain import Wishes

    names = None if classes is None else [name.strip() for name in classes.split(",")]
    return Wishes(white=white, mean=mean, std=std, classes=names)


def _imported(tool: str, read: "Callable[[], Model]", file: Path, out: Path | None, *, force: bool) -> int:
    """Write a network that is read as a model, and say what it is."""
    out = Path(f"{file.stem}.safetensors") if out is None else out
    if out.exists() and file.exists() and out.samefile(file):
        raise UsageError(f"{out}: is the file that is read. Choose another name.", "out")
    if not force:
        refuse_present(out, OR_FORCE, "out")
    model = read()
    model.save(out)
    height, width = model.image_shape
    console.say(f"saved as {out}: {'-'.join(map(str, model.sizes))}, {model.activation}, for {height}×{width} pixels")
    told = model.details.get("imported")
    if isinstance(told, Mapping) and told.get("from") == tool and isinstance(white := told.get("white"), int | float):
        console.say(f"its inputs are taken to be 0…{white:g}; if they are not, say so by --white, --mean and --std")
    return 0
