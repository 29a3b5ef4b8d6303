"""Take as a model whatever stands for one."""

import os
from pathlib import Path

from byhand.compiled.single import CompiledModel
from byhand.errors import UsageError
from byhand.model import AnyModel, Model


def as_model(given: object) -> AnyModel:
    """Return a model as it is, and of its file or the folder of a run the model in it; of None the shipped one.

    Raises
    ------
    UsageError
        If it is something else.
    """
    if isinstance(given, Model | CompiledModel):
        return given
    if given is None:
        return Model.load()
    if isinstance(given, str | os.PathLike):
        return Model.load(Path(given))
    raise UsageError(
        f"{type(given).__name__} is no model: give a byhand.Model, its file or the folder of a run.",
        "model",
    )
