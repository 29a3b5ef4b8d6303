"""Images that are learned beside the data's, if a recipe wants them: strangers, and digits of other hands."""

import numpy as np

from byhand.data.datasets import Split
from byhand.data.disk.stored import AnyImages
from byhand.data.hands.digits import hands
from byhand.data.rows import Samples, Table
from byhand.data.strangers import strangers
from byhand.learning.recipe import Recipe
from byhand.types import Bytes, Floats

# The tags of their random numbers, beside those of the order and the distortions; see `portions`.
_STRANGERS, _HANDS, _HELD = 2, 5, 6


def counts(recipe: Recipe, n: int) -> tuple[int, int]:
    """Return how many strangers, and digits of other hands, are learned beside `n` images."""
    return round(recipe.strangers * n), round(recipe.hands * n)


def all_samples(
    recipe: Recipe, learned: Samples, weights: Floats | None
) -> tuple[list[AnyImages], Bytes, Floats | None]:
    """Return where the images of an epoch are, those beside the data last; their labels and weights. Rows stay away."""
    if isinstance(learned, Table):
        return [], learned.labels, weights
    images, labels = _besides(recipe, learned)
    if images and weights is not None:
        weights = np.concatenate([weights, np.ones(sum(map(len, images)), np.float32)])
    return [learned.source, *images], np.concatenate([learned.labels, *labels]) if labels else learned.labels, weights


def _besides(recipe: Recipe, learned: Split) -> tuple[list[Bytes], list[Bytes]]:
    """Return the images that are learned beside those of the data, and their labels."""
    images, labels = [], []
    for count, draw, tag in zip(counts(recipe, len(learned)), (strangers, hands), (_STRANGERS, _HANDS), strict=True):
        if count:
            drawn, named = draw(learned, count, np.random.default_rng([recipe.seed, 0, tag]))
            images.append(drawn)
            labels.append(named)
    return images, labels


def with_hands(recipe: Recipe, held: Split) -> Split:
    """Add to images that are not learned digits of other hands that are not, either, in the recipe's share."""
    _, count = counts(recipe, len(held))
    if not count:
        return held
    images, labels = hands(held, count, np.random.default_rng([recipe.seed, 0, _HELD]))
    return Split(np.concatenate([held.images, images]), np.concatenate([held.labels, labels]), held.classes)
