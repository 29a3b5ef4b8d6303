"""From a file to what a search needs, checked before anything is learned: for the command and its processes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byhand import machine
from byhand.commands.options import load_as_learned
from byhand.data.datasets import BUILT_IN, load
from byhand.data.validation import check_count
from byhand.errors import ByhandError
from byhand.files import kind_of
from byhand.learning import beginnings
from byhand.learning.engines import choice
from byhand.network import n_parameters
from byhand.runs.sweeps.spaces import Space, space_of

if TYPE_CHECKING:
    from byhand.data.datasets import Dataset, Split
    from byhand.learning.beginnings import Beginning
    from byhand.model import Model


@dataclass(frozen=True)
class Search:
    """What is searched, and the training images.

    Attributes
    ----------
    data, begins
        The fingerprints of the images, and of the model that every trial begins from, if any.
    """

    space: Space
    split: "Split"
    model: "Model | None"
    data: str
    begins: str | None


def prepared(file: Path, facts: Mapping[str, Any]) -> Search:
    """Return what the facts of a file want searched.

    Raises
    ------
    ByhandError
        If something in it cannot be used, or the data or the model are not there.
    """
    space = space_of(file, facts)
    content, beginning = beginnings.of_file(replace(space.content, resumed_after=()))
    dataset = _data(file, facts, content.data, beginning, space)
    source = content.data if content.data == BUILT_IN else str(Path(content.data).resolve())
    content = replace(content, data=source, white=dataset.white, transposed=dataset.transposed)
    split = dataset.train
    try:
        space = replace(space, content=content).judged_by(len(split))
        choice.resolve(space.base)
        check_count(space.base.validation, len(split))
        for layers in space.ends("layers"):
            recipe = space.recipe({"layers": layers})
            machine.check_size(n_parameters(recipe.sizes(math.prod(split.image_shape), len(split.classes))))
        if beginning is not None:
            for name in space.searched.keys() & {"layers", "activation"}:
                for value in space.ends(name):
                    beginnings.suited(space.recipe({name: value}), beginning.model, {name})
    except ByhandError as error:
        raise error.within(file) from error
    model, begins = (None, None) if beginning is None else (beginning.model, content.model_sha256)
    return Search(space, split, model, split.sha256(), begins)


def _data(file: Path, facts: Mapping[str, Any], source: str, beginning: "Beginning | None", space: Space) -> "Dataset":
    """Load the data."""
    if "data" in facts and source != BUILT_IN and kind_of(Path(source)) == "nothing":
        raise ByhandError(f"{file}: its data, {source}, are not there. Say where they are: --data PATH.")
    white, transposed = space.content.white, space.content.transposed
    if beginning is None:
        return load(source, white=white, transposed=transposed)
    return load_as_learned(source, beginning.model, white=white, transposed=transposed)
