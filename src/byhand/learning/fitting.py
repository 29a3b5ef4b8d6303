"""A training as one calls it: one epoch after the other, or all at once."""

import warnings
from collections import deque
from collections.abc import Iterator
from typing import cast

from byhand.data.given import Labelled, as_split
from byhand.data.rows import Samples, Table
from byhand.data.sample_weights import SampleWeight
from byhand.errors import UsageError
from byhand.learning import beginnings
from byhand.learning.epochs import Epochs
from byhand.learning.progress import Epoch
from byhand.learning.recipe import Recipe
from byhand.learning.training import Training
from byhand.model import Model

_HOW = "for epoch in byhand.train(recipe, split), or byhand.fit(recipe, split)"


def train(
    recipe: Recipe, split: Labelled | Table, *, model: Model | Epoch | None = None, sample_weight: object = None
) -> Iterator[Epoch]:
    """Train a network, and yield a record of every epoch when it is over.

    Parameters
    ----------
    recipe
        Every choice of the training.
    split
        Labelled images, as a `Split` or (images, labels); of a `Dataset` the training images. Or a
        `Table` of numbers. What `recipe.validation` sets aside is judged, never learned.
    model
        A trained network, or an epoch's, to begin from. It gives the layers and the activation; where the recipe has
        others than the default, they must be the same. If its classes are those of the images, in any order, all its
        layers go on; else the last one is drawn anew. A lower `recipe.learning_rate` keeps more of it.
    sample_weight
        How much each image counts, (n,) numbers of at least 0, instead of the split's own; 0 leaves it out.

    Yields
    ------
    Epoch
        `recipe.epochs` of them, or fewer if `recipe.patience` ends; `epoch.model` is the network of that moment.

    Raises
    ------
    UsageError
        If recipe, split and model do not fit together.
    ByhandError
        If the loss stops being a finite number.

    Warns
    -----
    UserWarning
        If the last layer begins anew, as the model's classes are others.
    """
    recipe, samples, model = prepared(as_recipe(recipe), split, model, sample_weight, stacklevel=3)
    return Epochs(Training(recipe, samples, model=model).run(), _HOW, recipe.epochs, Epoch)


def fit(
    recipe: Recipe | None, split: Labelled | Table, *, model: Model | Epoch | None = None, sample_weight: object = None
) -> Epoch:
    """Train a network, and return the record of the last epoch.

    Parameters
    ----------
    recipe
        Every choice of the training; None for the default one.
    split, model, sample_weight
        As for `train`, which raises and warns of the same.

    Returns
    -------
    Epoch
        The last one. `epoch.model` is the trained network; with `recipe.patience`, `epoch.best` is that of the best
        epoch.
    """
    epochs = train(as_recipe(recipe), split, model=model, sample_weight=sample_weight)
    return deque(epochs, 1).pop()  # each with its network: no more than one is kept


def prepared(
    recipe: Recipe, split: Labelled | Table, model: Model | Epoch | None, sample_weight: object, *, stacklevel: int
) -> tuple[Recipe, Samples, Model | None]:
    """Return the recipe as it suits the model to begin from, the images with their weights, and that model."""
    samples = split if isinstance(split, Table) else as_split(split, "train")
    if sample_weight is not None:
        samples = samples.weighted(cast("SampleWeight", sample_weight))
    model = model.model if isinstance(model, Epoch) else model
    if model is not None:
        recipe = beginnings.suited(recipe, model)
        if change := beginnings.change_of_classes(model, samples):
            warnings.warn(change, stacklevel=stacklevel)
    return recipe, samples, model


def as_recipe(given: object) -> Recipe:
    """Return a recipe as it is, the default one of None, and say of anything else that it is none."""
    if given is None:
        return Recipe()
    if isinstance(given, Recipe):
        return given
    raise UsageError(
        f"{type(given).__name__} is no recipe: give a byhand.Recipe first, and the data after it, such as "
        "byhand.train(byhand.Recipe(epochs=3), data).",
        "recipe",
    )
