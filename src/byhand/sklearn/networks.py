"""What a classifier has learned: a network and how features are scaled for it; and the way from and to a model."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from byhand.compiled.rows import probabilities
from byhand.data.inputs import likely_shape
from byhand.errors import UsageError, refuse
from byhand.learning.optimizers import Memory, optimizer
from byhand.learning.progress import Place, State
from byhand.learning.recipe import Recipe
from byhand.model import Model
from byhand.network import forward, layers, softmax
from byhand.sklearn.scaling import Scaling
from byhand.sklearn.spaces import Space
from byhand.types import Floats, Json

CHUNK = 1000  # rows that are scaled at a time
WHITES = (1.0, 255.0)  # what full ink may be


@dataclass(frozen=True, eq=False)
class Learned:
    """What a classifier has learned.

    Attributes
    ----------
    sizes, activation, theta
        The network that answers.
    scaling
        How features become its inputs.
    state
        Where its learning stands: the parameters that go on moving, and what the optimizer remembers.
    recipe
        By which it has learned.
    rounds
        How often it has gone on from there.
    """

    sizes: tuple[int, ...]
    activation: str
    theta: Floats
    scaling: Scaling
    state: State
    recipe: Recipe
    rounds: int = 0

    def probabilities(self, x: Any, space: Space) -> Any:  # noqa: ANN401  # arrays of any library, and sparse ones
        """Return the probability of every class for every row, (n, classes) float32, in the library of `x`."""
        if space.name is not None:
            inputs = self.scaling.elsewhere(x, space.library, space.device)
            return softmax(forward(space.put(self.theta), self.sizes, self.activation, inputs)[1])
        theta = self.theta.astype(np.float64) if x.dtype == np.float64 else self.theta  # as exact as what is asked
        out = np.empty((x.shape[0], self.sizes[-1]), np.float32)
        for start in range(0, x.shape[0], CHUNK):
            some = slice(start, start + CHUNK)
            out[some] = probabilities(theta, self.sizes, self.activation, self.scaling.rows(x[some]))
        return out

    def beginning(self, recipe: Recipe) -> State:
        """Return where another training by a recipe begins that goes on from here.

        Raises
        ------
        UsageError
            If its network has other layers.
        """
        sizes = recipe.sizes(self.sizes[0], self.sizes[-1])
        if (sizes, recipe.activation) != (self.sizes, self.activation):
            raise UsageError(
                f"there is a network of {'-'.join(map(str, self.sizes))} with {self.activation} to go on with: "
                "`layers` and `activation` must stay; `fit` with warm_start=False learns anew.",
            )
        state, fresh = self.state.onward(), remembered(recipe, np.asarray(self.state.arrays["theta"]))
        # Another optimizer remembers other things, and begins with nothing.
        return state if state.arrays.keys() == fresh.keys() else State(Place(), fresh)

    def model(self, classes: Sequence[str], image_shape: tuple[int, int] | None, white: float | None) -> Model:
        """Return the network as a model, which takes images, with the scaling in its first layer.

        Raises
        ------
        UsageError
            If the features it has learned are no pixels, or no image of that shape.
        """
        low, high = self.scaling.lowest, self.scaling.highest
        if white is not None:
            check_white(white)
        whites = WHITES if white is None else (white,)
        white = next((each for each in whites if low >= 0 and high <= each), None)
        if white is None and len(whites) == 1:
            raise UsageError(f"features go from {low:g} to {high:g}, and not from 0 to {whites[0]:g}.", "white")
        if white is None:
            raise UsageError(
                f"a model takes images, whose pixels go from 0 to 1 or from 0 to 255; these features go from {low:g} "
                f"to {high:g}. Keep the classifier itself, with joblib.dump or pickle."
            )
        theta = self.theta.copy()
        w, b = layers(theta, self.sizes)[0]
        pixels, shift = w.astype(np.float64), self.scaling.shift
        pixels /= self.scaling.scale[:, None]
        b[...] = b - shift @ pixels
        w[...] = pixels * white
        shape = image_shape or likely_shape(self.sizes[0])
        details: dict[str, Json] = {"recipe": self.recipe.to_dict()}
        return Model(self.sizes, self.activation, theta, tuple(classes), shape, details=details)


def check_white(white: object) -> None:
    """Refuse what full ink cannot be."""
    if not isinstance(white, int | float | np.number) or isinstance(white, bool) or not 0 < white < math.inf:
        refuse(white, "it must be a number above 0.", "white")


def of_model(model: Model, order: NDArray[np.intp], white: float, recipe: Recipe) -> Learned:
    """Return a model's network as something learned by a recipe.

    Parameters
    ----------
    model
        The model.
    order
        Which of its classes comes first, and so on.
    white
        Between 0 and this features lie.
    recipe
        By which it would learn on.
    """
    theta, width = model.theta.copy(), model.sizes[0]
    w, b = layers(theta, model.sizes)[-1]
    w[...], b[...] = w[:, order], b[order]
    scaling = Scaling(np.zeros(width), np.full(width, float(white)), 0.0, float(white))
    return Learned(model.sizes, model.activation, theta, scaling, State(Place(), remembered(recipe, theta)), recipe)


def remembered(recipe: Recipe, theta: Floats) -> Memory:
    """Return the parameters, and what an optimizer remembers that has not moved them yet."""
    theta = theta.copy()
    return {"theta": theta, **optimizer(recipe.optimizer, theta, average=recipe.average).memory()}
