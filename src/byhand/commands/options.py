"""The options and arguments that several commands have, and what is made of them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from byhand.commands.grammar.declared import Argument, Option
from byhand.commands.grammar.values import to_name_or_path
from byhand.errors import UsageError, folded

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
    return path if Path(path).exists() else next((name for name in names if folded(name) == folded(text)), path)


def _recipe_names() -> list[str]:
    """Return the names of the recipes that come with byhand."""
    from byhand.learning.recipe_files import names

    return names()


_DATA = "a folder of IDX files, arrays or pictures by class, an .npz, .mat or Parquet file, or a table (docs/data.md)"
_MODEL = "A model file, or the folder of a run"

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
ModelArgument = Annotated[Path, Argument(metavar="MODEL", help=f"{_MODEL}.")]
OptionalModel = Annotated[Path | None, Argument(metavar="[MODEL]", help=f"{_MODEL} (default: byhand's own).")]
ModelOption = Annotated[Path | None, Option(metavar="PATH", help=f"{_MODEL} (default: byhand's own).")]


def load_model(path: Path | None) -> "Model":
    """Load a model from its file or the folder of its run, or else the one that comes with byhand."""
    from byhand.model import SHIPPED, Model

    return Model.load(path or SHIPPED)


def load_as_learned(source: str, model: "Model", *, white: int | None, transposed: bool) -> "Dataset":
    """Load data as told; or else as the model has learned them, if it has learned these."""
    from byhand.data.datasets import load, name_of
    from byhand.data.pixels import of_facts

    learned = model.details.get("data")
    if white is None and not transposed and isinstance(learned, Mapping) and learned.get("name") == name_of(source):
        white, transposed = of_facts(learned)
    return load(source, white=white, transposed=transposed)


def load_reader(path: Path | None) -> "Model":
    """Load a model as `load_model` does; refuse one that takes other images than pictures are prepared to."""
    from byhand.reading.answers import check_model

    model = load_model(path)
    try:
        check_model(model)
    except UsageError as error:
        raise error.within(path) from error
    return model
