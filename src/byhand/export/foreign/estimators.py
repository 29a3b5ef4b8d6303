"""A network that scikit-learn has trained → a model: an MLPClassifier, also behind scalers, in a pipeline or a search.

Files of pickle and joblib run whatever code their writer has put into them, so they are not read. skops writes data.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from byhand.errors import ByhandError
from byhand.export.foreign import skops
from byhand.export.foreign.chain import (
    AS_TOLD,
    Chain,
    ForeignError,
    Found,
    Wishes,
    activation_named,
    checked_file,
    class_named,
    inputs,
    modelled,
)
from byhand.export.foreign.skops import Stored
from byhand.files import opened, parsing
from byhand.model import Model

_PICKLES = (b"\x80", b"\x78\x9c", b"\x1f\x8b", b"BZ", b"\xfd7zXZ")  # how pickles begin, plain and as joblib packs them


def from_sklearn(source: object, wishes: Wishes = AS_TOLD) -> Model:
    """Return the model that an estimator of scikit-learn is.

    Parameters
    ----------
    source
        A trained `MLPClassifier`, a `Pipeline` of `StandardScaler`, `MinMaxScaler` or `MaxAbsScaler` and one, or a
        search that has found one; or the path of a file that `skops.io.dump` has written of it.
    wishes
        What the estimator does not know of its inputs and classes.

    Returns
    -------
    Model
        With the same probabilities: what scalers do is in the weights of its first layer.

    Raises
    ------
    ByhandError
        If it is another estimator, or none that has learned; of a file, the message names it.
    """
    if not isinstance(source, str | Path):
        return modelled(_kind(source), lambda: _found(source), wishes, {"from": "sklearn"})
    path = checked_file(source, "a file of skops")
    with parsing(path, "cannot be read", "Check its name."), opened(path) as file:
        start = file.read(8)
    if start.startswith(_PICKLES):
        raise ByhandError(
            f"{path}: looks like a pickle, which may run code when it is read, so byhand does not. Where you trust it, "
            "open it with what wrote it, and write it with skops.io.dump."
        )
    stored = skops.read(path)
    return modelled(path, lambda: _found(stored), wishes, {"from": "sklearn"})


def _found(estimator: Any) -> Found:  # noqa: ANN401  # whatever has an estimator's attributes
    """Return the network of an estimator."""
    try:
        *before, last = list(_steps(estimator)) or [None]
        if _kind(last) != "MLPClassifier":
            raise ForeignError("it has no steps" if last is None else f"{_kind(last)} is no MLPClassifier")
        chain = inputs(int((before or [last])[0].n_features_in_))
        for step in before:
            chain = _scaled(chain, step)
        return _network(chain, last)
    except (AttributeError, TypeError, ValueError, IndexError) as error:
        raise ForeignError(f"it lacks what it would have learned ({error})") from error


def _steps(estimator: Any) -> Iterator[Any]:  # noqa: ANN401  # whatever has an estimator's attributes
    """Yield the estimators of a pipeline, of pipelines in it, and of what a search has found."""
    if _kind(estimator) == "Pipeline":
        for _, step in estimator.steps:
            if step not in (None, "passthrough"):
                yield from _steps(step)
    elif _kind(estimator).endswith("SearchCV") and hasattr(estimator, "best_estimator_"):
        yield from _steps(estimator.best_estimator_)
    else:
        yield estimator


def _kind(estimator: object) -> str:
    """Return the name of the class of scikit-learn that something is of, or else its own."""
    if isinstance(estimator, Stored):
        return estimator.kind
    return class_named(estimator, "sklearn.")


def _scaled(chain: Chain, scaler: Any) -> Chain:  # noqa: ANN401  # whatever has a scaler's attributes
    """Return the chain with a scaler behind it."""
    match _kind(scaler):
        case "StandardScaler":
            mean = np.zeros(1) if scaler.mean_ is None or not scaler.with_mean else scaler.mean_
            scale = np.ones(1) if scaler.scale_ is None or not scaler.with_std else scaler.scale_
            return chain.scaled(1 / scale, -mean / scale)
        case "MinMaxScaler" if not scaler.clip:
            return chain.scaled(scaler.scale_, scaler.min_)
        case "MaxAbsScaler" if not getattr(scaler, "clip", False):
            return chain.scaled(1 / scaler.scale_)
    raise ForeignError(f"{_kind(scaler)} stands before the network and cannot be part of it")


def _network(chain: Chain, network: Any) -> Found:  # noqa: ANN401  # whatever has an MLPClassifier's attributes
    """Return the chain with an MLPClassifier behind it."""
    *hidden, last = zip(network.coefs_, network.intercepts_, strict=True)
    for w, b in hidden:
        chain = chain.times(w, b)
        if network.activation != "identity":
            chain = chain.activated(activation_named(str(network.activation)))
    chain = chain.times(*last)
    if network.out_activation_ == "logistic" and len(chain.bias) == 1:
        chain = chain.activated("sigmoid").doubled()
    elif network.out_activation_ != "softmax":
        raise ForeignError("it names several classes at once, and byhand one")
    return Found(chain, chain.white, np.asarray(network.classes_).ravel().tolist())
