"""How much each image counts when it is learned, as a user gives it."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from byhand.data.forms.found import as_array
from byhand.errors import ByhandError, UsageError

SampleWeight: TypeAlias = NDArray[np.float64]


def exact_weights(given: object, n: int) -> SampleWeight:
    """Return a weight for each of `n` images, of whatever NumPy makes an array of.

    Raises
    ------
    UsageError
        If there are not as many, or some are no finite numbers of at least 0.
    """
    try:
        array = as_array(given, "weights")
    except ByhandError as error:
        raise UsageError(error.text, "sample_weight") from error
    array = array[:, 0] if array.shape == (n, 1) else array
    if array.dtype.kind not in "biuf" or array.shape != (n,):
        raise UsageError(
            f"must be a number for each of the {n:,} images, not {array.dtype} of shape {array.shape}.",
            "sample_weight",
        )
    weights: SampleWeight = array.astype(np.float64)
    if wrong := np.flatnonzero(~(np.isfinite(weights) & (weights >= 0))).tolist():
        raise UsageError(
            f"the weight {weights[wrong[0]]:g} of image {wrong[0]:,} cannot be used; it must be a finite number of at "
            "least 0.",
            "sample_weight",
        )
    return weights
