"""Which engine learns by a recipe, and the making of it."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from byhand import machine
from byhand.data.distortions import Distortions
from byhand.data.rows import Features
from byhand.errors import ByhandError
from byhand.learning.devices.world import World
from byhand.learning.engines.engine import Engine, steps_singly
from byhand.learning.optimizers import Optimizer, optimizer
from byhand.learning.recipe import Recipe
from byhand.types import Arrays, Bytes, Floats

ALONE = World()
WORTH_COMPILING = 100_000  # steps: each then takes 0.06 ms less, and to compile takes six seconds


def resolve(recipe: Recipe) -> Recipe:
    """Return the recipe with its engine named: for "auto" the quickest one that can be had.

    Warns
    -----
    RuntimeWarning
        If the compiled engine would be much faster, but Numba is missing.

    Raises
    ------
    ByhandError
        If the recipe names the compiled engine, and Numba is missing; or PyTorch's, and that, or the device, is.
    """
    if recipe.engine == "torch":
        from byhand.learning.devices import places

        return replace(recipe, device=places.named(recipe.device))  # type: ignore[arg-type]
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


def make(
    recipe: Recipe,
    sizes: tuple[int, ...],
    theta: Floats,
    memory: Arrays | None = None,
    *,
    total: int | None = None,
    world: World = ALONE,
    like: Bytes | Features | None = None,
) -> Engine:
    """Return the engine of a resolved recipe.

    Parameters
    ----------
    recipe, sizes
        What is learned, and by which network.
    theta
        Its parameters (n_parameters,), which the engine may move.
    memory
        The parameters to go on from instead, and what the optimizer remembers, by name.
    total
        How many images an epoch has; None for more than a batch, and too few to compile a step for.
    world
        The processes that learn this network; of several, each has such an engine.
    like
        None of what will be learned: no row of it. Of images, None will do.
    """
    mover = _mover(recipe, theta, memory)
    # Of fewer images than a batch would have, all are a whole one.
    batch_size = recipe.batch_size if total is None else min(recipe.batch_size, total)
    options = mover, batch_size, recipe.label_smoothing, recipe.adversarial
    if recipe.engine == "torch":
        from byhand.learning.engines.tensors import TensorEngine

        place = recipe.device, recipe.precision, _must_be_quick(recipe, total, world)
        return TensorEngine(theta, sizes, recipe.activation, *options, *place, world)
    if recipe.engine == "compiled":
        from byhand.learning.engines.compiled import CompiledEngine

        return CompiledEngine(theta, sizes, recipe.activation, *options, like)
    from byhand.learning.engines.arrays import ArrayEngine

    return ArrayEngine(theta, sizes, recipe.activation, *options)


def is_elsewhere(recipe: Recipe) -> bool:
    """Tell whether a resolved recipe learns on a device that has a memory of its own."""
    return recipe.engine == "torch" and recipe.device != "cpu"


def facts(recipe: Recipe, processes: int = 1) -> dict[str, str]:
    """Return what the last bits of a training by a resolved recipe depend on, besides it and the data, by name."""
    if recipe.engine != "torch":
        return machine.facts()
    from byhand.learning.devices import places

    several = {"processes": str(processes)} if processes > 1 else {}
    return machine.facts() | places.facts(recipe.device) | several


def _must_be_quick(recipe: Recipe, total: int | None, world: World) -> bool:
    """Tell whether a recipe takes so many steps on a GPU, with `total` images an epoch, that compiling them pays."""
    if total is None or world.size > 1:  # Sums with others cannot be compiled.
        return False
    return recipe.device == "cuda" and recipe.epochs * total >= WORTH_COMPILING * recipe.batch_size


def _loops_of_engine(recipe: Recipe) -> list[Callable[..., object]]:
    """Return the compiled loops that the engine of a resolved recipe needs; there is Numba."""
    if recipe.engine != "compiled":
        return []
    from byhand.compiled import network
    from byhand.compiled.blocks import batches

    singly = steps_singly(_mover(recipe, np.empty(0, np.float32)), recipe.batch_size) and not recipe.adversarial
    return [network.learn if singly else batches.learn]


def _mover(recipe: Recipe, theta: Floats, memory: Arrays | None = None) -> Optimizer:
    """Return the optimizer that a recipe names; put parameters and what it remembers where `memory` has them."""
    mover = optimizer(recipe.optimizer, theta, weight_decay=recipe.weight_decay, average=recipe.average)
    if memory is not None:
        theta[...] = memory["theta"]
        mover.recall(memory)
    return mover


def must_compile(recipe: Recipe) -> bool:
    """Tell whether a training by a recipe begins with compiling for seconds, as never before on this machine."""
    if not machine.has_numba():
        return False
    from byhand.compiled.compiling import is_kept

    return not all(map(is_kept, _loops(recipe)))


def where_not_kept(recipe: Recipe) -> str | None:
    """Return where what a training compiles cannot be kept, so that every one compiles anew; None if it can."""
    from byhand.compiled.compiling import not_kept

    return next((place for place in map(not_kept, _loops(recipe)) if place is not None), None)


def _loops(recipe: Recipe) -> Sequence[Callable[..., object]]:
    """Return the compiled functions that a training by a recipe needs."""
    from byhand.compiled.distortions import warp
    from byhand.compiled.normals import fill

    return [*_loops_of_engine(resolve(recipe)), *([warp, fill] if Distortions.of(recipe) else [])]
