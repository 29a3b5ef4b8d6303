"""The same mathematics, run differently. An engine learns; it never shuffles, schedules, prints or saves."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from byhand.data.distortions import Distortions
from byhand.errors import ByhandError, UsageError
from byhand.optimizers import Optimizer, optimizer
from byhand.recipes import Recipe


class Engine(Protocol):
    """What training asks of an engine."""

    @property
    def theta(self) -> NDArray[np.float32]:
        """The parameters as they are now (n_parameters,)."""

    @property
    def optimizer(self) -> Optimizer:
        """What moves them."""

    def learn(self, images: NDArray[np.uint8], labels: NDArray[np.uint8], learning_rate: float) -> NDArray[np.float32]:
        """Learn from images (n, pixels) with labels (n,), in this order; return the loss of each before its step."""


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
    has_numba = find_spec("numba") is not None
    plain = not (recipe.label_smoothing or recipe.adversarial or recipe.strangers)
    if recipe.engine == "compiled":
        if not plain:
            raise UsageError(
                "the compiled one knows no `label_smoothing`, `adversarial`, `strangers`; use numpy.", "engine"
            )
        if has_numba:
            return recipe
        raise ByhandError("the compiled one needs Numba: pip install numba", "engine")
    small = recipe.batch_size <= SMALL_BATCH and max(recipe.layers, default=0) <= NARROW
    if not (plain and (small or _steps_singly(recipe))):
        return replace(recipe, engine="numpy")
    if has_numba:
        return replace(recipe, engine="compiled")
    warnings.warn(
        "Numba is missing, so NumPy learns, many times slower: pip install numba", RuntimeWarning, stacklevel=2
    )
    return replace(recipe, engine="numpy")


def make(recipe: Recipe, sizes: tuple[int, ...], theta: NDArray[np.float32]) -> Engine:
    """Return the engine of a resolved recipe, at the parameters `theta` (n_parameters,), which it may move."""
    fused = recipe.optimizer != "sgd" and find_spec("numba") is not None
    if fused:  # Compile or load now, not within the first step.
        optimizer(recipe.optimizer, theta[:0], fused=True).step(theta[:0], theta[:0], 0.0)
    mover = optimizer(recipe.optimizer, theta, weight_decay=recipe.weight_decay, average=recipe.average, fused=fused)
    if recipe.engine == "compiled":
        from byhand.engines.compiled import CompiledEngine

        return CompiledEngine(theta, sizes, recipe.activation, mover, recipe.batch_size)
    from byhand.engines.arrays import ArrayEngine

    return ArrayEngine(
        theta, sizes, recipe.activation, mover, recipe.batch_size, recipe.label_smoothing, recipe.adversarial
    )


def must_compile(recipe: Recipe) -> bool:
    """Tell whether a training by a resolved recipe begins with compiling for seconds, as never before here."""
    if find_spec("numba") is None:
        return False
    from byhand.compiling import is_kept

    needed: list[Callable[..., object]] = []
    if recipe.engine == "compiled":
        from byhand import kernels

        needed.append(kernels.learn if _steps_singly(recipe) else kernels.gradient_of_batch)
    if recipe.optimizer != "sgd":
        from byhand import steps

        needed.append(steps.adam_step if recipe.optimizer in ("adam", "adamw") else steps.momentum_step)
    if Distortions.of(recipe):
        from byhand.data.warping import warp

        needed.append(warp)
    return not all(map(is_kept, needed))


def _steps_singly(recipe: Recipe) -> bool:
    """Tell whether every image is a step of its own that leaves the weights of dark pixels where they are."""
    return recipe.batch_size == 1 and recipe.optimizer == "sgd" and not recipe.average
