"""Which engine learns by a recipe, and the making of it."""

import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from byhand import machine
from byhand.errors import ByhandError, UsageError
from byhand.learning.engines.engine import Engine, steps_singly
from byhand.learning.optimizers import Optimizer, optimizer
from byhand.learning.recipe import Recipe
from byhand.network import Array
from byhand.types import Floats

# Up to these a batch costs less in compiled loops, which leave out dark pixels, than in NumPy's matrix products.
SMALL_BATCH = 32
NARROW = 256  # Units in the widest layer; wider ones' weights do not stay in the cache from image to image.


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
    UsageError
        If it names the compiled engine and something that this cannot do.
    """
    if recipe.engine == "numpy":
        return recipe
    plain = not (recipe.label_smoothing or recipe.adversarial or recipe.strangers)
    if recipe.engine == "compiled":
        if not plain:
            raise UsageError(
                "the compiled one knows no `label_smoothing`, `adversarial`, `strangers`; use numpy.", "engine"
            )
        if machine.has_numba():
            return recipe
        raise ByhandError(f"the compiled one needs Numba. {machine.why_no_numba()}.", "engine")
    small = recipe.batch_size <= SMALL_BATCH and max(recipe.layers, default=0) <= NARROW
    if not (plain and (small or _steps_singly(recipe))):
        return replace(recipe, engine="numpy")
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
    fused = recipe.optimizer != "sgd" and machine.has_numba()
    if fused:  # Compile or load now, not within the first step.
        _mover(recipe, theta[:0], fused=True).step(theta[:0], theta[:0], 0.0)
    mover = _mover(recipe, theta, fused=fused)
    if recipe.engine == "compiled":
        from byhand.learning.engines.compiled import CompiledEngine

        return CompiledEngine(theta, sizes, recipe.activation, mover, recipe.batch_size)
    from byhand.learning.engines.arrays import ArrayEngine

    return ArrayEngine(
        theta, sizes, recipe.activation, mover, recipe.batch_size, recipe.label_smoothing, recipe.adversarial
    )


def loops(recipe: Recipe) -> list[Callable[..., object]]:
    """Return the compiled loops that the engine of a resolved recipe needs; there is Numba."""
    needed: list[Callable[..., object]] = []
    if recipe.engine == "compiled":
        from byhand.compiled import network

        needed.append(network.learn if _steps_singly(recipe) else network.gradient_of_batch)
    if recipe.optimizer != "sgd":
        from byhand.compiled import optimizers

        needed.append(optimizers.adam_step if recipe.optimizer in ("adam", "adamw") else optimizers.momentum_step)
    return needed


def _mover(recipe: Recipe, theta: Array, *, fused: bool = False) -> Optimizer:
    """Return the optimizer that a recipe names."""
    return optimizer(recipe.optimizer, theta, weight_decay=recipe.weight_decay, average=recipe.average, fused=fused)


def _steps_singly(recipe: Recipe) -> bool:
    """Tell `steps_singly` of a recipe's optimizer."""
    return steps_singly(_mover(recipe, np.empty(0, np.float32)), recipe.batch_size)
