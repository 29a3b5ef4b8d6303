"""Set images aside to judge a training by, each class in its share."""

import numpy as np

from byhand.data.forms.found import drawn
from byhand.data.rows import AnySamples
from byhand.errors import UsageError
from byhand.types import Mask


def check_count(count: int, n: int) -> None:
    """Refuse to set `count` of `n` images aside if none is left to learn from."""
    if count >= n:
        raise UsageError(f"{count:,} of {n:,} images leave none to learn from.", "validation")


def set_aside(split: AnySamples, count: int, seed: int) -> tuple[AnySamples, AnySamples | None]:
    """Return what to learn, and `count` samples for validation, each class in its share (None if `count` is 0)."""
    if count == 0:
        return split, None
    chosen = _chosen(split, count, seed)
    return split.kept(np.flatnonzero(~chosen)), split.take(np.flatnonzero(chosen))


def validation_part(split: AnySamples, count: int, seed: int) -> AnySamples:
    """Return the `count` samples for validation alone, which needs less memory than `set_aside`."""
    return split.take(np.flatnonzero(_chosen(split, count, seed)))


def _chosen(split: AnySamples, count: int, seed: int) -> Mask:
    """Tell of every sample (n,) whether it is for validation."""
    check_count(count, len(split))
    return drawn(split.labels, count, seed)
