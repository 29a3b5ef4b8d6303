"""What a training begins from, if not from weights drawn anew: a network that has learned before.

The layers are the network's, and so is the activation. The last layer is the network's where its classes are those of
the data, by name; else it is drawn from the seed, as for a training anew.

The learning rate is the one that suits a training anew. Measured with a network that reads MNIST to 98.10 % and five
epochs more: of 500 digits turned by 30 degrees it comes from 70.1 % to 88.3 at that rate, to 86.1 at a third and to
83.4 at a tenth of it; 10,000 upright digits, some of those it knew, take it to 97.84, 97.95 and 97.99 %.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from pathlib import Path

from byhand.data.forms.found import listed
from byhand.data.rows import Samples
from byhand.errors import ByhandError, UsageError
from byhand.files import as_typed
from byhand.learning.recipe import Recipe
from byhand.learning.recipe_files import RecipeFile
from byhand.model import SHIPPED, Model, find_model
from byhand.network import layers
from byhand.sealing.facts import BegunFrom
from byhand.types import Floats

DEFAULT = "default"  # The name of the model that comes with byhand.


@dataclass(frozen=True, eq=False)
class Beginning:
    """A network that a training begins from, and where its file lies."""

    model: Model
    source: str


def of_file(content: RecipeFile) -> tuple[RecipeFile, Beginning | None]:
    """Return a recipe's content made to suit the network that it begins from, and that network, if it names one.

    Raises
    ------
    ByhandError
        If there is no such model, or it is not the one that the recipe's run began from.
    UsageError
        As `suited`.
    """
    if content.model is None:
        return content, None
    path = SHIPPED if content.model == DEFAULT else find_model(Path(content.model))
    try:
        model = Model.load(path)
    except ByhandError as error:
        if content.model_sha256 is None:
            raise
        raise type(error)(f"{error.text} The recipe begins from it; say --from PATH if it lies elsewhere.") from error
    checksum = sha256(model)
    if content.model_sha256 not in (None, checksum):
        raise ByhandError(
            f"{path}: is not the model any more that this recipe's run began from. Restore it, or say --from "
            f"{as_typed(path)} to begin from it as it is now."
        )
    source = DEFAULT if content.model == DEFAULT else str(path.resolve())
    recipe = suited(content.recipe, model, content.said)
    return replace(content, recipe=recipe, model=source, model_sha256=checksum), Beginning(model, source)


def suited(recipe: Recipe, model: Model, said: Collection[str] | None = None) -> Recipe:
    """Return the recipe with the layers and the activation of a network.

    Parameters
    ----------
    recipe
        For a training that begins from it.
    model
        The network.
    said
        Names of those fields of the recipe that are meant as they are; None for those that differ from the default.

    Raises
    ------
    UsageError
        If it is meant to have others.
    """
    if not isinstance(model, Model):
        raise UsageError(f"must be a Model, not {type(model).__name__}: byhand.Model.load(path), say.", "model")
    own = {"layers": tuple(model.sizes[1:-1]), "activation": model.activation}
    defaults = {entry.name: entry.default for entry in fields(Recipe)}
    for name, there in own.items():
        asked = getattr(recipe, name)
        if asked != there and (asked != defaults[name] if said is None else name in said):
            wanted, found = (",".join(map(str, v)) if isinstance(v, tuple) else v for v in (asked, there))
            raise UsageError(
                f"{wanted or 'none'} cannot be; the model to begin from has {found or 'none'}, which stays. Say "
                f"{found or 'none'}, or train anew.",
                name,
            )
    return replace(recipe, **own)  # type: ignore[arg-type]


def begun_from(model: Model, split: Samples) -> BegunFrom:
    """Return which network it is, and whether its last layer is kept for the data.

    Raises
    ------
    UsageError
        If it takes images of another shape.
    """
    return BegunFrom(sha256=sha256(model), last_layer="kept" if _keeps_last_layer(model, split) else "new")


def _keeps_last_layer(model: Model, split: Samples) -> bool:
    """Tell whether the classes are those of the data; refuse a model that takes images of another shape."""
    if model.image_shape != split.image_shape:
        (height, width), (rows, columns) = model.image_shape, split.image_shape
        raise UsageError(
            f"the model to begin from takes images of {height}×{width} pixels, those of the data have "
            f"{rows}×{columns}. Bring the images to that size, or train anew."
        )
    return set(model.classes) == set(split.classes)


def change_of_classes(model: Model, split: Samples) -> str | None:
    """Return in words that, and why, the last layer begins anew; None where it is kept."""
    if _keeps_last_layer(model, split):
        return None
    return (
        f"the last layer begins anew: the model's classes are {listed(model.classes)}, the data's are "
        f"{listed(split.classes)}."
    )


def continued(fresh: Floats, model: Model, sizes: tuple[int, ...], classes: tuple[str, ...]) -> Floats:
    """Return the parameters to begin with: those of a network, and of `fresh` ones its last layer, unless it is kept.

    A layer that is kept has its units in the order of `classes`.
    """
    theta = fresh.copy()
    before, after = layers(model.theta, model.sizes), layers(theta, sizes)
    for (w, b), (new_w, new_b) in zip(before[:-1], after[:-1], strict=True):
        new_w[...], new_b[...] = w, b
    if set(model.classes) == set(classes):
        places = [model.classes.index(name) for name in classes]
        (w, b), (new_w, new_b) = before[-1], after[-1]
        new_w[...], new_b[...] = w[:, places], b[places]
    return theta


def sha256(model: Model) -> str:
    """Return the SHA-256 of the model's file, wherever it lies."""
    return hashlib.sha256(model.to_bytes()).hexdigest()
