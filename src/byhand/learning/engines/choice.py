"""Which engine learns by a recipe, and the making of it."""

import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from byhand import machine
from byhand.errors import ByhandError
from byhand.learning.engines.engine import Engine, steps_singly
from byhand.learning.optimizers import Optimizer, optimizer
from byhand.learning.recipe import Recipe
from byhand.types import Floats


def resolve(recipe: Recipe) -> Recipe:
    """Return the recipe with its engine named: for "auto" the quickest one that can be had.

    Warns
    -----
    RuntimeWarning
        If the compiled engine would be much faster, but Numba is missing.

    Raises
    ------
    ByhandError
        If the recipe names the compiled engine, and Numba is missing.
    """
    if recipe.engine == "numpy":
        return recipe
    if recipe.engine == "compiled":
        if machine.has_numba():
            return recipe
        raise ByhandError(f"the compiled one needs Numba. {machine.why_no_numba()}.", "engine")
    if machine.has_numba():
        return replace(recipe, engine="compiled")
    warnings.warn(
        f"NumPy learns, many times slower. {machine.why_no_numba()}.",
        RuntimeWarning,
        stacklevel=2,
    )
    return replace(recipe, engine="numpy")


def make(recipe: Recipe, sizes: tuple[int, ...], theta: Floats) -> Engine:
    """Return the engine of a resolved recipe, at the parameters `theta` (n_parameters,), which it may move."""
    options = _mover(recipe, theta), recipe.batch_size, recipe.label_smoothing, recipe.adversarial
    if recipe.engine == "compiled":
        from byhand.learning.engines.compiled import CompiledEngine

        return CompiledEngine(theta, sizes, recipe.activation, *options)
    from byhand.learning.engines.arrays import ArrayEngine

    return ArrayEngine(theta, sizes, recipe.activation, *options)


def loops(recipe: Recipe) -> list[Callable[..., object]]:
    """Return the compiled loops that the engine of a resolved recipe needs; there is Numba."""
    if recipe.engine != "compiled":
        return []
    from byhand.compiled import network
    from byhand.compiled.blocks import batches

    singly = steps_singly(_mover(recipe, np.empty(0, np.float32)), recipe.batch_size) and not recipe.adversarial
    return [network.learn if singly else batches.learn]


def _mover(recipe: Recipe, theta: Floats) -> Optimizer:
    """Return the optimizer that a recipe names."""
    return optimizer(recipe.optimizer, theta, weight_decay=recipe.weight_decay, average=recipe.average)
