"""The same mathematics, run differently. An engine learns; it never shuffles, schedules, prints or saves."""

import warnings
from dataclasses import replace
from importlib.util import find_spec
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from byhand.errors import ByhandError, UsageError
from byhand.recipes import Recipe


class Engine(Protocol):
    """What training asks of an engine."""

    @property
    def theta(self) -> NDArray[np.float32]:
        """The parameters as they are now (n_parameters,)."""

    def learn(self, images: NDArray[np.uint8], labels: NDArray[np.uint8], learning_rate: float) -> NDArray[np.float32]:
        """Learn from images (n, pixels) with labels (n,), in this order; return the loss of each before its step."""


def resolve(recipe: Recipe) -> Recipe:
    """Return the recipe with its engine named: for "auto" the compiled one where it can do the work, else "numpy".

    Warns
    -----
    RuntimeWarning
        If the compiled engine would be much faster, but Numba is missing.

    Raises
    ------
    UsageError
        If the recipe names an engine that cannot do what it asks.
    ByhandError
        If the recipe names the compiled engine, and Numba is missing.
    """
    fits = recipe.optimizer == "sgd" and recipe.batch_size == 1
    if recipe.engine == "compiled" and not fits:
        raise UsageError(
            "engine (--engine): the compiled one does plain gradient descent, one image at a time; use auto, or "
            "--optimizer sgd --batch-size 1."
        )
    if recipe.engine == "numpy" or not fits:
        return replace(recipe, engine="numpy")
    if find_spec("numba") is not None:
        return replace(recipe, engine="compiled")
    if recipe.engine == "compiled":
        raise ByhandError("engine (--engine): the compiled one needs Numba: pip install numba")
    warnings.warn(
        "Numba is missing, so NumPy does the work, some twenty times slower: pip install numba",
        RuntimeWarning,
        stacklevel=2,
    )
    return replace(recipe, engine="numpy")


def make(recipe: Recipe, sizes: tuple[int, ...], theta: NDArray[np.float32]) -> Engine:
    """Return the engine of a resolved recipe, at the parameters `theta` (n_parameters,), which it may move."""
    if recipe.engine == "compiled":
        from byhand.engines.compiled import CompiledEngine

        return CompiledEngine(theta, sizes, recipe.activation)
    from byhand.engines.arrays import ArrayEngine
    from byhand.optimizers import optimizer

    fused = recipe.optimizer != "sgd" and find_spec("numba") is not None
    if fused:  # Compile or load now, not within the first step.
        optimizer(recipe.optimizer, theta[:0], fused=True).step(theta[:0], theta[:0], 0.0)
    mover = optimizer(recipe.optimizer, theta, fused=fused)
    return ArrayEngine(theta, sizes, recipe.activation, mover, recipe.batch_size)


def must_compile(recipe: Recipe) -> bool:
    """Tell whether making the engine of a resolved recipe takes seconds, as its code was never compiled here before."""
    if recipe.engine != "compiled":
        return False
    from byhand.engines.compiled import is_kept

    return not is_kept()
