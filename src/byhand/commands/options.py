"""The options and arguments that several commands have, or that are many; and what is made of them."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_type_hints

from byhand.commands.grammar.declared import Argument, Option
from byhand.commands.grammar.values import number, to_name_or_path, whole
from byhand.errors import UsageError, folded
from byhand.files import kind_of
from byhand.learning.recipe import Recipe
from byhand.runs.watching.tools import ToolName

if TYPE_CHECKING:
    from byhand.data.datasets import Dataset
    from byhand.model import Model


def _data_names() -> tuple[str, ...]:
    """Return the data that have names."""
    return ("mnist",)


def _to_data(text: str) -> str:
    """Return the name, in whatever case it is written, or the path of data."""
    return _named(text, _data_names())


def _to_recipe(text: str) -> str:
    """Return the name, in whatever case it is written, or the path of a recipe."""
    return _named(text, _recipe_names())


def _named(text: str, names: Iterable[str]) -> str:
    """Return the name that a text is, if there is no such file; else the path that it is."""
    path = to_name_or_path(text)
    named = [name for name in names if folded(name) == folded(text)]
    return named[0] if named and kind_of(Path(path)) == "nothing" else path


def _recipe_names() -> list[str]:
    """Return the names of the recipes that come with byhand."""
    from byhand.learning.recipe_files import names

    return names()


_DATA = "a folder of IDX files, arrays or pictures by class, an .npz, .mat or Parquet file, or a table (docs/data.md)"
_MODEL = "A model file, or the folder of a run"

OR_FORCE = "Choose another name, or say --force."
Overwrite = Annotated[bool, Option("--force", help="Write over a file that is there.")]
AsJson = Annotated[bool, Option("--json", help="Print JSON lines and nothing else.")]
Data = Annotated[
    str,
    Option(metavar="NAME|PATH", parser=_to_data, words=_data_names, help=f"mnist, or {_DATA}."),
]
OtherData = Annotated[
    str | None,
    Option(
        metavar="NAME|PATH",
        parser=_to_data,
        words=_data_names,
        help=f"mnist (the default), or {_DATA}.",
    ),
]
_RECIPE = Option(
    metavar="NAME|FILE",
    parser=_to_recipe,
    words=_recipe_names,
    help="A named recipe (byhand recipes lists them) or a TOML file.",
)
RecipeName = Annotated[str, _RECIPE]
OtherRecipe = Annotated[str | None, _RECIPE]
White = Annotated[
    int | None,
    Option(min=1, max=255, help="Grey level of full ink in the data, if not 255: 16 where images hold 0 to 16."),
]
Transposed = Annotated[bool, Option("--transposed", help="Rows and columns are swapped in the data, as in EMNIST's.")]
Mapped = Annotated[
    bool,
    Option(
        "--mapped",
        help="Leave the training images in their file, and read them as they are learned, to the same bits; they do so "
        "anyhow if they are large for the memory.",
    ),
]
ModelArgument = Annotated[Path, Argument(metavar="MODEL", help=f"{_MODEL}.")]
OptionalModel = Annotated[Path | None, Argument(metavar="[MODEL]", help=f"{_MODEL} (default: byhand's own).")]
ModelOption = Annotated[Path | None, Option(metavar="PATH", help=f"{_MODEL} (default: byhand's own).")]

# Those of a training.
Out = Annotated[
    Path | None,
    Option(metavar="PATH", help="Folder for the results (default: the next free one in runs/)."),
]
NoPictures = Annotated[bool, Option("--no-pictures", help="Draw none; they take a second.")]
Force = Annotated[bool, Option("--force", help="Train in a folder that holds a trained network, which is lost.")]
Resume = Annotated[
    Path | None,
    Option(
        metavar="PATH",
        help="Go on with the training in this folder, where it was stopped or killed; or where it is over, with more "
        "--epochs in all.",
    ),
]
From = Annotated[
    str | None,
    Option(
        "--from",
        metavar="MODEL",
        parser=to_name_or_path,
        help="Begin from a trained network: its file, the folder of its run, or default, which is byhand's own. Its "
        "layers go on; the last one begins anew where the classes are others.",
    ),
]
Seeds = Annotated[
    int, Option(min=1, max=1000, help="Train so often, with the seeds that follow, and tell mean and deviation.")
]
Log = Annotated[
    list[ToolName],
    Option(help="Tell every epoch to a tool, too; several times for several tools (docs/watching.md)."),
]
Together = Annotated[
    bool,
    Option(
        "--together",
        help="Let all --seeds learn in one process: with --engine torch as one computation, which pays on a GPU.",
    ),
]


# How fields are read that the recipe itself checks.
_NUMBERS: Mapping[object, Callable[[str], object]] = {
    **dict.fromkeys((int, int | None), whole),
    **dict.fromkeys((float, float | None), number),
}


def with_recipe_options(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command that takes `chosen`, a choice of recipe fields by name, one option for each field instead."""
    hints = get_type_hints(Recipe)

    def run(**options: object) -> int:
        given = {entry.name: options.pop(entry.name) for entry in fields(Recipe)}
        return command(chosen={name: value for name, value in given.items() if value is not None}, **options)

    options = []
    group = ""
    for entry in fields(Recipe):
        group = entry.metadata["begins"] or group
        kind = str if "parse" in entry.metadata else hints[entry.name]
        option = Option(
            help=entry.metadata["help"],
            group=group,
            parser=entry.metadata.get("parse") or _NUMBERS.get(kind),
            metavar=_metavar(entry),
            default=entry.default,
        )
        options.append(
            inspect.Parameter(
                entry.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option]
            )
        )
    own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.name != "chosen"]
    signature = inspect.Signature([*own[:2], *options, *own[2:]])
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {name: parameter.annotation for name, parameter in signature.parameters.items()}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run


def _metavar(entry: Field[object]) -> str:
    """Return what stands for the value of a field, where it is not told by the kind of the field."""
    if entry.metadata["metavar"]:
        return str(entry.metadata["metavar"])
    bounds = entry.metadata["bounds"]
    return "SHARE" if isinstance(entry.default, float) and 1 in (bounds["below"], bounds["most"]) else ""


def load_model(path: Path | None) -> "Model":
    """Load a model from its file or the folder of its run, or else the one that comes with byhand."""
    from byhand.model import SHIPPED, Model

    return Model.load(path or SHIPPED)


def load_as_learned(
    source: str, model: "Model", *, white: int | None, transposed: bool, mapped: bool | None = None
) -> "Dataset":
    """Load data as told; or else as the model has learned them, if it has learned these."""
    from byhand.data.datasets import load, name_of
    from byhand.data.pixels import of_facts

    learned = model.details.get("data")
    if white is None and not transposed and isinstance(learned, Mapping) and learned.get("name") == name_of(source):
        white, transposed = of_facts(learned)
    return load(source, white=white, transposed=transposed, mapped=mapped)


def load_reader(path: Path | None) -> "Model":
    """Load a model as `load_model` does; refuse one that takes other images than pictures are prepared to."""
    from byhand.reading.answers import check_model

    model = load_model(path)
    try:
        check_model(model)
    except UsageError as error:
        raise error.within(path) from error
    return model
