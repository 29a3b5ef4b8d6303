"""A classifier's training: an epoch at a time, and what the classifier has found if it ends there."""

from typing import Any, TypeAlias

import numpy as np

from byhand import machine
from byhand.learning.drawing.rows import OF_IMAGES
from byhand.learning.progress import Epoch
from byhand.learning.recipe import Recipe
from byhand.learning.training import Training
from byhand.network import n_parameters
from byhand.sklearn.networks import Learned
from byhand.sklearn.samples import Samples
from byhand.sklearn.scaling import Scaling, scaling_of

Found: TypeAlias = dict[str, Any]


class Learning:
    """A training under way.

    Parameters
    ----------
    recipe
        Every choice of it.
    samples
        What it learns.
    before
        What it goes on from, if from anything.
    rounds
        How often the classifier went on before.
    """

    def __init__(self, recipe: Recipe, samples: Samples, before: Learned | None, rounds: int = 0) -> None:
        machine.check_size(
            n_parameters(recipe.sizes(samples.x.shape[1], len(samples.classes)))
        )  # before it costs anything
        as_images = any(getattr(recipe, name) for name in OF_IMAGES)
        if before is not None:
            scaling = before.scaling
        else:
            scaling = _pixels(samples) if as_images else scaling_of(samples.x, samples.weights)
        rows = samples.images(scaling.highest) if as_images else samples.table(scaling)
        state = None if before is None else before.beginning(recipe)
        self._training = Training(recipe, rows, state, fingerprint=False)  # None of its models is handed out.
        self._scaling, self._rounds = scaling, rounds
        self._epochs: list[Epoch] = []

    @property
    def is_over(self) -> bool:
        """Whether no epoch is left."""
        return self._training.is_over

    def epoch(self) -> None:
        """Learn an epoch."""
        epoch = next(record for record in self._training.run() if isinstance(record, Epoch))
        self._epochs.append(epoch)

    def found(self) -> Found:
        """Return the attributes, by name, of a classifier whose training ends here."""
        training, last = self._training, self._epochs[-1]
        recipe, sizes = training.recipe, training.sizes
        state = training.state()
        theta = last.best.theta
        learned = Learned(sizes, recipe.activation, theta, self._scaling, state, recipe, self._rounds)
        scores = [epoch.accuracy for epoch in self._epochs if epoch.accuracy is not None]
        return {
            "_learned": learned,
            "n_iter_": len(self._epochs),
            "loss_": last.loss,
            "loss_curve_": [epoch.loss for epoch in self._epochs],
            "validation_scores_": scores or None,
        }


def _pixels(samples: Samples) -> Scaling:
    """Return the scaling of pixels, whose full ink is 1 or 255, or else the most that there is."""
    width, most = samples.x.shape[1], float(samples.x.max())
    white = 1.0 if most <= 1 else 255.0 if 127 < most <= 255 else most
    return Scaling(np.zeros(width), np.full(width, white), 0.0, white)
