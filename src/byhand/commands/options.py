"""The options and arguments that several commands have, and what is made of them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from byhand.errors import UsageError

if TYPE_CHECKING:
    from byhand.data.datasets import Dataset
    from byhand.model import Model


_HOME = re.compile("~$|~[^/]*/")


def to_path(given: str | Path) -> Path:
    """Return the path that a user means, with a ~ for the home folder, which not every shell replaces.

    Raises
    ------
    typer.BadParameter
        If it is empty, or there is no such home folder.
    """
    return Path(to_name_or_path(str(given)))  # a default is a path already


def to_name_or_path(text: str) -> str:
    """Return the name, or the path, that a user means, as `to_path` does: ./mnist is no name, and ~1 no home folder."""
    if not text.strip():
        raise typer.BadParameter("it is empty; name a file or folder.")
    if not _HOME.match(text):
        return text
    try:
        return str(Path(text).expanduser())
    except RuntimeError as error:
        raise typer.BadParameter(f"{text}: there is no such home folder; write the path in full.") from error


_DATA = "a folder of IDX files, arrays or pictures by class, an .npz, .mat or Parquet file, or a table (docs/data.md)"
_MODEL = "A model file, or the folder of a run"

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON lines and nothing else.")]
Data = Annotated[
    str,
    typer.Option(metavar="NAME|PATH", parser=to_name_or_path, help=f"mnist, or {_DATA}."),
]
OtherData = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|PATH",
        parser=to_name_or_path,
        help=f"mnist (the default), or {_DATA}.",
    ),
]
White = Annotated[
    int | None,
    typer.Option(min=1, max=255, help="Grey level of full ink in the data, if not 255: 16 where images hold 0 to 16."),
]
Transposed = Annotated[
    bool, typer.Option("--transposed", help="Rows and columns are swapped in the data, as in EMNIST's.")
]
ModelArgument = Annotated[Path, typer.Argument(metavar="MODEL", parser=to_path, help=f"{_MODEL}.")]
OptionalModel = Annotated[
    Path | None, typer.Argument(metavar="[MODEL]", parser=to_path, help=f"{_MODEL} (default: byhand's own).")
]
ModelOption = Annotated[
    Path | None, typer.Option(metavar="PATH", parser=to_path, help=f"{_MODEL} (default: byhand's own).")
]


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
