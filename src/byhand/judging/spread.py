"""Whether one of two recipes, each trained with several seeds, is better, or had luck with its seeds."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from byhand.errors import UsageError

_POINTS = 200  # of the quadrature; exact to 1e-9 for up to a thousand seeds each


@dataclass(frozen=True)
class SeedComparison:
    """Two groups of models, which differ within by their seeds alone.

    Attributes
    ----------
    accuracies
        The mean of the first and of the second group, 0…1.
    deviations
        Their standard deviations.
    n
        How many models each has.
    p_value
        How often mere chance would part the means of equally good ones as far, 0…1 (Welch's t-test).
    """

    accuracies: tuple[float, float]
    deviations: tuple[float, float]
    n: tuple[int, int]
    p_value: float


def compare_seeds(first: Sequence[float], second: Sequence[float]) -> SeedComparison:
    """Compare two groups of models by their accuracies on the same images.

    Raises
    ------
    UsageError
        If one of them has fewer than two.
    """
    groups = (first, second)
    if min(map(len, groups)) < 2:
        raise UsageError("one model tells nothing of how seeds differ: name two models, or two folders of seeds.")
    means = (statistics.fmean(first), statistics.fmean(second))
    deviations = (statistics.stdev(first), statistics.stdev(second))
    return SeedComparison(means, deviations, (len(first), len(second)), welch(first, second))


def welch(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the two-sided p-value of the difference of two means whose variances may differ (Welch 1947)."""
    gap = abs(statistics.fmean(first) - statistics.fmean(second))
    u, v = (statistics.variance(group) / len(group) for group in (first, second))  # of the means
    if u + v == 0:
        return float(gap == 0)
    freedom = (u + v) ** 2 / (u**2 / (len(first) - 1) + v**2 / (len(second) - 1))
    return student(gap / math.sqrt(u + v), freedom)


def student(t: float, freedom: float) -> float:
    """Return how often Student's t, with so many degrees of freedom ν, is as far from 0 as `t`, on either side.

    With t = √ν cot φ its density is that of sin^(ν − 1) φ, whose integral over 0…π/2 is √π/2 · Γ(ν/2) / Γ((ν + 1)/2).
    """
    end = math.atan2(math.sqrt(freedom), t)
    points, weights = np.polynomial.legendre.leggauss(_POINTS)
    tail = end / 2 * weights @ np.sin(end * (points + 1) / 2) ** (freedom - 1)
    logarithm = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)
    return min(float(2 / math.sqrt(math.pi) * math.exp(logarithm) * tail), 1.0)
