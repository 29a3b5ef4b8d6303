"""How much each image counts in a training: what its recipe says of its class, times what the data say of it.

An image that counts nothing is left out, as if it were not there. The weights of all others are scaled so that their
mean is 1: then the learning rates that suit a training without weights suit one with weights, too.
"""

import numpy as np

from byhand.data.forms.found import listed
from byhand.data.rows import AnySamples
from byhand.data.sample_weights import SampleWeight
from byhand.errors import UsageError
from byhand.learning.class_weights import BALANCED, ClassWeight
from byhand.types import Floats


def weighed(split: AnySamples, class_weight: ClassWeight | None, limit: int | None) -> tuple[AnySamples, Floats | None]:
    """Return the images to learn, and how much each counts.

    Parameters
    ----------
    split
        Labelled images, perhaps with weights of their own.
    class_weight
        The recipe's: "balanced" lets all images of a class together count as much as those of any other.
    limit
        The most images that are learned, the first ones that count.

    Returns
    -------
    Split
        Those that are learned.
    array or None
        (n,) float32 of mean 1; None where all count alike.

    Raises
    ------
    UsageError
        If no image counts, or a class is named that the data do not have.
    """
    if class_weight is None and split.sample_weight is None:
        return split if limit is None else split.take(slice(limit)), None
    given = np.ones(len(split)) if split.sample_weight is None else split.sample_weight
    weights: SampleWeight = given / max(given.max(initial=0), np.finfo(np.float64).tiny)  # No sum overflows.
    if class_weight is not None and class_weight != BALANCED:
        weights = weights * _by_name(class_weight, split.classes)[split.labels]
    if len(split) and not weights.any():
        given_by = {"class_weight": class_weight, "sample_weight": split.sample_weight}
        about = [name for name, value in given_by.items() if value is not None]
        raise UsageError("leaves nothing to learn: every image would count 0.", *about)
    chosen = np.flatnonzero(weights)[:limit]
    split, weights = split if len(chosen) == len(split) else split.kept(chosen), weights[chosen]
    if class_weight == BALANCED:
        sums = np.bincount(split.labels, weights, len(split.classes))
        weights = weights / sums[split.labels]
    if len(split) == 0 or (weights == weights[0]).all():
        return split, None
    return split, (weights / weights.mean()).astype(np.float32)


def _by_name(pairs: tuple[tuple[str, float], ...], classes: tuple[str, ...]) -> SampleWeight:
    """Return the weight of every class (classes,)."""
    named = dict(pairs)
    if strange := [name for name in named if name not in classes]:
        raise UsageError(f"there is no class {strange[0]} in the data; there are {listed(classes)}.", "class_weight")
    return np.array([named.get(name, 1.0) for name in classes])
