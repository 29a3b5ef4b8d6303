"""Images that are learned beside the data's, if a recipe wants them: strangers, and digits of other hands."""

import numpy as np

from byhand.data.datasets import Split
from byhand.data.hands.digits import hands
from byhand.data.strangers import strangers
from byhand.learning.recipe import Recipe
from byhand.types import Bytes

# The tags of their random numbers, beside those of the order and the distortions; see `portions`.
_STRANGERS, _HANDS, _HELD = 2, 5, 6


def counts(recipe: Recipe, n: int) -> tuple[int, int]:
    """Return how many strangers, and digits of other hands, are learned beside `n` images."""
    return round(recipe.strangers * n), round(recipe.hands * n)


def besides(recipe: Recipe, learned: Split) -> tuple[list[Bytes], list[Bytes]]:
    """Return the images that are learned beside those of the data, and their labels."""
    images, labels = [], []
    for count, draw, tag in zip(counts(recipe, len(learned)), (strangers, hands), (_STRANGERS, _HANDS), strict=True):
        if count:
            drawn, named = draw(learned, count, np.random.default_rng([recipe.seed, 0, tag]))
            images.append(drawn)
            labels.append(named)
    return images, labels


def with_hands(recipe: Recipe, held: Split) -> Split:
    """Add to images that are not learned some digits of other hands that are not, either, if the recipe learns such.

    They are half as many as the others: our own pen writes worse than most people do, and a threshold that is right for
    it alone refuses much that is read well.
    """
    if not recipe.hands:
        return held
    images, labels = hands(held, len(held) // 2, np.random.default_rng([recipe.seed, 0, _HELD]))
    return Split(np.concatenate([held.images, images]), np.concatenate([held.labels, labels]), held.classes)
