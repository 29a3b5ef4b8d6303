"""Make a model's probabilities honest, and know from which one on to believe them."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from byhand.data.datasets import Split
from byhand.errors import UsageError
from byhand.model import Model
from byhand.network import layers
from byhand.types import Bytes, Floats, Json, Mask

RISK = 0.005  # Of what is answered, so much may be wrong.
REFUSED = 0.02  # Of sound images, so many are refused, even if fewer would do: strangers come with high ones, too.


def calibrate(model: Model, split: Split, risk: float = RISK) -> Model:
    """Return the model with probabilities that are true, and with a threshold below which it should not answer.

    All logits are divided by one temperature, under which labelled images are most likely (Guo, Pleiss, Sun and
    Weinberger 2017, "On calibration of modern neural networks", arXiv:1706.04599). The answers stay the same. The
    weights and bias of the last layer are divided, so nothing else need know of it.

    Parameters
    ----------
    model
        A trained one.
    split
        Labelled images that it has not learned.
    risk
        The share, 0…1, of answers that may be wrong.

    Returns
    -------
    Model
        Its details tell under "calibration": the temperature, the threshold, the risk, and on how many images.

    Raises
    ------
    UsageError
        If the images do not fit the model, or are too few to tell.
    """
    if not can_calibrate(len(split), risk):
        raise UsageError(f"{len(split):,} images are too few to calibrate for {100 * risk:g} % of wrong answers.")
    split = split.in_classes(model.classes)
    # Probabilities may run out below; far below the largest it does not matter.
    logits = np.log(np.maximum(model.predict_proba(split.images), 1e-30).astype(np.float64))
    temperature = _temperature(logits, split.labels)
    theta = model.theta.copy()
    for values in layers(theta, model.sizes)[-1]:
        values /= np.float32(temperature)
    cooled = dataclasses.replace(model, theta=theta)
    probabilities = cooled.predict_proba(split.images)
    threshold = _threshold(probabilities.max(axis=1), probabilities.argmax(axis=1) == split.labels, risk)
    facts: dict[str, Json] = {"temperature": temperature, "threshold": threshold, "risk": risk, "n": len(split)}
    return dataclasses.replace(cooled, details={**model.details, "calibration": facts})


def can_calibrate(n: int, risk: float = RISK) -> bool:
    """Tell whether `n` images are enough to tell a share of wrong answers as small as `risk`."""
    return n * risk >= 1


def _temperature(logits: NDArray[np.float64], labels: Bytes) -> float:
    """Return the temperature, 0.1…10, with the least cross-entropy, by bisection of its slope in 1/temperature."""
    right = logits[np.arange(len(labels)), labels].mean()
    low, high = 0.1, 10.0  # of 1/temperature; the cross-entropy is convex in it
    for _ in range(60):
        middle = (low + high) / 2
        p = np.exp(middle * (logits - logits.max(axis=1, keepdims=True)))
        p /= p.sum(axis=1, keepdims=True)
        slope = (p * logits).sum(axis=1).mean() - right
        low, high = (middle, high) if slope < 0 else (low, middle)
    return float(2 / (low + high))


def _threshold(confidence: Floats, right: Mask, risk: float) -> float:
    """Return from which confidence on so few answers are wrong, and so many images refused as may be."""
    levels, counts = np.unique(-confidence, return_counts=True)  # from the highest confidence down
    mistakes = np.add.reduceat(
        (~right)[np.argsort(-confidence, kind="stable")].astype(np.intp), np.cumsum(counts) - counts
    )
    answered, wrong = np.cumsum(counts), np.cumsum(mistakes)
    allowed = np.flatnonzero(wrong <= risk * answered)
    if not len(allowed):
        return float(np.nextafter(-levels[0], np.float32(2)))  # Better none than so many wrong ones.
    enough = np.searchsorted(answered, (1 - REFUSED) * len(confidence))
    return float(-levels[min(allowed[-1], enough)])
