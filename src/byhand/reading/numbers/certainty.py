"""How probable it is that all of a number is right.

The product of its digits' probabilities is not it: they err together, strokes may be shared out wrongly, and a sign may
be missed. So what is known of a number, its evidence, is weighed by a logistic model. What looks better than usual is
as good as what is usual: how much better is chance, and it shall make up for nothing. The model was fitted on pages
that the network has not learned from, by benchmarks/certainty.py, which wrote certainty.json: the weights, what is
usual, and the least probability of a number that is not marked, for which at most 1 % of the unmarked ones on forms,
and as few on lines of loose writing, are wrong.
"""

import json
from dataclasses import astuple, dataclass, fields
from functools import cache
from importlib.resources import files

import numpy as np

from byhand.images.showing.texts import percent

LEAST, MOST = 1e-6, 1 - 1e-6  # of a probability, whose odds are taken


@dataclass(frozen=True, repr=False)
class Evidence:
    """What tells whether a number is right; the larger each is, the better it looks by itself.

    Attributes
    ----------
    digits, weakest, mean
        Logarithms of odds: of the product of the digits' probabilities, of the least of them, and their mean.
    parted, worst
        Logarithms of how probable it is that each of its digits is one, and neither more nor less: the sum and least.
    told
        The logarithm of the odds of this reading of its signs beside all others.
    signs
        The logarithm of how well the sign fits that fits worst; 0 if there is none.
    usual
        The logarithm of how likely anybody writes such a number.
    apart
        How much its widest gap is narrower than one within a number may be, or the gap to its next neighbour wider,
        whichever is less; in heights, 1 at most.
    inside, outside, hidden
        How little ink is unread: the largest piece among its digits, the largest beside them, and all within their
        boxes that is not theirs.
    loose
        How little of a digit is apart from the rest of it, in the worst of them.
    wide
        How little its widest gap without a sign is wider than a usual one.
    uneven, level
        How little its digits differ in height, and how little one of them stands off the line.
    many
        How few signs it has.
    """

    digits: float
    weakest: float
    mean: float
    parted: float
    worst: float
    told: float
    signs: float
    usual: float
    apart: float
    inside: float
    outside: float
    hidden: float
    loose: float
    wide: float
    uneven: float
    level: float
    many: float

    def __repr__(self) -> str:
        return f"<byhand evidence: right with {percent(probability(self))}>"


@dataclass(frozen=True)
class Calibration:
    """The model: one weight for always, of each part of the evidence its weight and most, and who is sure."""

    always: float
    weights: tuple[float, ...]
    usual: tuple[float, ...]
    threshold: float


def log_odds(p: float) -> float:
    """Return the logarithm of a probability's odds."""
    p = min(max(p, LEAST), MOST)
    return float(np.log(p / (1 - p)))


def probability(evidence: Evidence) -> float:
    """Return how probable it is that a number is right."""
    model = calibration()
    parts = zip(model.weights, model.usual, astuple(evidence), strict=True)
    odds = model.always + sum(weight * min(value, usual) for weight, usual, value in parts)
    return float(1 / (1 + np.exp(-odds)))


@cache
def calibration() -> Calibration:
    """Return the calibration that comes with byhand."""
    facts = json.loads(files("byhand.reading.numbers").joinpath("certainty.json").read_text("utf-8"))
    weights, usual = (
        tuple(float(facts[key][field.name]) for field in fields(Evidence)) for key in ("weights", "usual")
    )
    return Calibration(float(facts["always"]), weights, usual, float(facts["threshold"]))
