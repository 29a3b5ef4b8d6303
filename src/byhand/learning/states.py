"""What the arrays of a training's state must be, for the training to go on with them."""

import numpy as np

from byhand.errors import ByhandError
from byhand.learning.optimizers import optimizer
from byhand.learning.progress import State
from byhand.learning.recipe import Recipe

MOST = {"square": np.inf, "steps": 2**53, "looked_at": 2**53}  # None of these is ever below zero.
COUNTS = ("steps", "looked_at")  # Older checkpoints have whole numbers of them.


def check_state(recipe: Recipe, state: State, n_parameters: int | None = None, total: int | None = None) -> None:
    """Refuse a state that a training by a recipe cannot go on with.

    Parameters
    ----------
    recipe
        Of the training.
    state
        Where it shall go on.
    n_parameters, total
        Of the network, and the images of an epoch; None where the data that tell are not there yet.

    Raises
    ------
    ByhandError
        With the first array, or part of the place, that cannot be.
    """
    place, arrays = state.place, state.arrays
    if "theta" not in arrays or arrays["theta"].ndim != 1:
        raise ByhandError("the state has no vector theta.")
    count = len(arrays["theta"]) if n_parameters is None else n_parameters
    # What an optimizer of no parameters remembers is what one of `count` does, but for the length.
    nothing = np.empty(0, np.float32)
    fresh = optimizer(recipe.optimizer, nothing, average=recipe.average).memory() | {"theta": nothing}
    if recipe.patience is not None and place.best_epoch:
        fresh["best"] = nothing
    if arrays.keys() != fresh.keys():
        raise ByhandError(f"the state has the arrays {_listed(arrays)}, the recipe takes {_listed(fresh)}.")
    for name, wanted in fresh.items():
        shape, found = wanted.shape if wanted.size else (count,), np.asarray(arrays[name])
        known = wanted.dtype, *([np.dtype(np.int64)] if name in COUNTS else [])
        if found.dtype not in known or found.shape != shape:
            raise ByhandError(
                f"{name} of the state is {found.dtype} {found.shape}, the recipe takes {wanted.dtype} {shape}."
            )
        if not np.isfinite(found).all():
            raise ByhandError(f"{name} of the state has numbers that are not finite.")
        if name in MOST and not 0 <= found.min() <= found.max() <= MOST[name]:
            raise ByhandError(f"{name} of the state has numbers below zero, or far too large ones.")
    over = place.epoch - 1
    if over > recipe.epochs or place.best_epoch > over or (total is not None and place.done > total):
        raise ByhandError(
            f"the state stands at image {place.done:,} of epoch {place.epoch:,}, its best epoch {place.best_epoch:,}; "
            "there are not so many."
        )


def _listed(arrays: object) -> str:
    """Return the names of arrays, not too many, as text."""
    names = sorted(map(str, arrays))  # type: ignore[call-overload]
    return ", ".join(name[:20] for name in names[:10])
