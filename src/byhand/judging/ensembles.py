"""A committee of networks, written as one larger network."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from byhand import machine
from byhand.errors import UsageError
from byhand.model import Model
from byhand.network import layers, n_parameters


def ensemble(models: Sequence[Model]) -> Model:
    """Return one model that averages the logits of several: their hidden layers side by side, with no ties between.

    The average of logits is the geometric mean of the members' probabilities, made to sum to 1. The result is a model
    like any other; where its members do not touch, its weights are zero.

    Parameters
    ----------
    models
        Two or more, with the same inputs, classes (in any order), activation and number of layers.

    Raises
    ------
    UsageError
        If they do not fit together.
    """
    if len(models) < 2:
        raise UsageError("an ensemble needs two models or more.")
    first = models[0]
    _check(models)
    hidden = [sum(units) for units in zip(*(model.sizes[1:-1] for model in models), strict=True)]
    sizes = (first.sizes[0], *hidden, first.sizes[-1])
    machine.check_size(n_parameters(sizes))
    theta = np.zeros(n_parameters(sizes), np.float32)
    places = [np.cumsum([0, *(model.sizes[k] for model in models)]) for k in range(len(sizes))]
    orders = [[model.classes.index(name) for name in first.classes] for model in models]
    for k, (w, b) in enumerate(layers(theta, sizes)):
        for m, model in enumerate(models):
            v, c = layers(model.theta, model.sizes)[k]
            rows = slice(places[k][m], places[k][m + 1]) if k > 0 else slice(None)
            if k == len(sizes) - 2:
                w[rows] = v[:, orders[m]] / len(models)
                b += c[orders[m]] / len(models)
            else:
                columns = slice(places[k + 1][m], places[k + 1][m + 1])
                w[rows, columns], b[columns] = v, c
    members = [model.details for model in models]
    return replace(first, sizes=sizes, theta=theta, details={"data": first.details.get("data"), "members": members})


def _check(models: Sequence[Model]) -> None:
    """Refuse models that do not fit together."""
    first = models[0]
    if any(set(model.classes) != set(first.classes) for model in models):
        raise UsageError(f"an ensemble's models must have the same classes: {_listed(models, 'classes')}.")
    for name in ("image_shape", "preprocessing", "activation"):
        if any(getattr(model, name) != getattr(first, name) for model in models):
            raise UsageError(f"an ensemble's models must have the same {name}: {_listed(models, name)}.")
    if len({len(model.sizes) for model in models}) > 1 or len(first.sizes) < 3:
        raise UsageError(
            f"an ensemble's models must have as many hidden layers, one or more: {_listed(models, 'sizes')}."
        )


def _listed(models: Sequence[Model], name: str) -> str:
    """Return the models' values of an attribute as text."""
    return ", ".join(str(getattr(model, name)) for model in models)
