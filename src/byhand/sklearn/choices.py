"""A classifier's parameters → the recipe of its training."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Integral
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from byhand.errors import UsageError, refuse
from byhand.learning import recipe_files
from byhand.learning.class_weights import BALANCED, MOST
from byhand.learning.recipe import Recipe

# For tables: what did well in small trials, on rows set aside; benchmarks/estimator.py --choose tries others. Few rows
# are learned for so many steps.
TABLES = Recipe(layers=(128, 64), epochs=20, batch_size=32, optimizer="adam")
STEPS, MOST_EPOCHS = 2000, 200
HELD_OUT = 0.1  # of the rows, where `patience` needs some to judge by

# Parameters that are fields of a recipe, and say the same.
_SAME = (
    "layers",
    "activation",
    "epochs",
    "batch_size",
    "optimizer",
    "learning_rate",
    "schedule",
    "weight_decay",
    "patience",
    "engine",
)


def base_of(given: object) -> Recipe:
    """Return the recipe that a classifier is given: one, its name or file, or None for that of tables."""
    if given is None:
        return TABLES
    if isinstance(given, str | os.PathLike):
        return recipe_files.read(Path(given) if isinstance(given, os.PathLike) else given).recipe
    if isinstance(given, Recipe):
        return given
    return refuse(
        given, "it must be a byhand.Recipe, the name of one that comes with byhand, or a TOML file.", "recipe"
    )


def recipe_of(parameters: Mapping[str, object]) -> Recipe:
    """Return the recipe of a training, but for what depends on its rows: those held out, and weights of classes.

    Raises
    ------
    UsageError
        If a parameter cannot be used.
    """
    said = {name: parameters[name] for name in _SAME if parameters[name] is not None}
    base, patience = base_of(parameters["recipe"]), said.pop("patience", None)
    recipe = replace(base, **said, seed=_seed(parameters, base))  # type: ignore[arg-type]  # it looks at all of them
    if patience is not None:  # Which rows it judges by is told later: here it is only looked at.
        recipe = replace(recipe, patience=patience, validation=recipe.validation or 1)  # type: ignore[arg-type]
    return recipe


def completed(
    recipe: Recipe, parameters: Mapping[str, object], count: int, classes: NDArray[np.generic], names: Sequence[str]
) -> Recipe:
    """Return the recipe with what depends on the rows, of which there are so many, of these classes.

    Raises
    ------
    ValueError
        If they do not fit together.
    """
    if parameters["epochs"] is None and parameters["recipe"] is None:
        epochs = math.ceil(STEPS / math.ceil(count / recipe.batch_size))
        recipe = replace(recipe, epochs=min(max(epochs, recipe.epochs), MOST_EPOCHS))
    recipe = _holding_out(recipe, parameters["validation_fraction"], count)
    return weighing(recipe, parameters["class_weight"], classes, names)


def weighing(recipe: Recipe, given: object, classes: NDArray[np.generic], names: Sequence[str]) -> Recipe:
    """Return the recipe with weights of classes, which are given by label, told by name."""
    if given is None or (isinstance(given, str) and given == BALANCED):
        return recipe if given is None else replace(recipe, class_weight=BALANCED)
    if not isinstance(given, Mapping):
        refuse(given, 'it must be a dict of labels and their weights, "balanced" or None.', "class_weight")
    known = dict(zip(classes.tolist(), names, strict=True))
    strange = [label for label in given if label not in known]
    if strange and len(strange) + len(known) > len(given):  # Of a class that is just not in these rows nothing is said.
        raise ValueError(f"class_weight: {strange[0]!r} is none of the classes {classes.tolist()[:10]}.")
    for label, weight in given.items():
        if not isinstance(weight, int | float | np.number) or isinstance(weight, bool) or not 0 <= weight <= MOST:
            raise UsageError(f"the weight of {label!r} must be a number from 0 to {MOST:,.0f}.", "class_weight")
    pairs = tuple((known[label], weight) for label, weight in given.items() if label in known)
    return replace(recipe, class_weight=pairs)


def once(recipe: Recipe, rounds: int) -> Recipe:
    """Return the recipe of a single pass through some rows, after so many others."""
    seed = int(np.random.SeedSequence([recipe.seed, rounds]).generate_state(1)[0])
    return replace(recipe, epochs=1, schedule="constant", warmup=0.0, validation=0, patience=None, seed=seed)


def _holding_out(recipe: Recipe, fraction: object, count: int) -> Recipe:
    """Return the recipe with a number of rows that are held out: a share of them, where one is told or needed."""
    if fraction is None and (recipe.patience is None or recipe.validation > 1):
        return recipe
    share = HELD_OUT if fraction is None else fraction
    if not isinstance(share, int | float | np.floating) or isinstance(share, bool) or not 0 <= share < 1:
        refuse(share, "it must be a share of the rows, at least 0 and below 1.", "validation_fraction")
    if share == 0 and recipe.patience is not None:
        raise UsageError("patience needs rows to judge by: 0.1, say.", "validation_fraction")
    held = max(round(float(share) * count), 1) if share else 0
    if held >= count:
        raise ValueError(f"{held:,} of {count:,} samples cannot be held out: n_samples = {count} is too small.")
    return replace(recipe, validation=held)


def _seed(parameters: Mapping[str, object], base: Recipe) -> int:
    """Return where everything random starts: as it is told, as a recipe has it that is given, or somewhere."""
    given = parameters["random_state"]
    if given is None and parameters["recipe"] is not None:
        return base.seed
    if isinstance(given, Integral):
        seed = int(given)
        return seed if seed >= 0 else refuse(seed, "it must be a whole number of at least 0.", "random_state")
    from sklearn.utils import check_random_state

    return int(check_random_state(given).randint(2**31 - 1))
