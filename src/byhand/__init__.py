"""byhand: a neural network written by hand, for digits written by hand.

    import byhand

    data = byhand.load("mnist")
    for epoch in byhand.train(byhand.Recipe(epochs=3), data.train):
        print(epoch.number, epoch.loss)
    print(byhand.evaluate(epoch.model, data.test).accuracy)

The mathematics stands in `byhand.network`, which can be read in one sitting.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from byhand.answers import Answer, recognize
    from byhand.data.datasets import Dataset, Split, load
    from byhand.errors import ByhandError, UsageError
    from byhand.evaluation import Evaluation, evaluate
    from byhand.images.prepare import Prepared, prepare
    from byhand.model import Model
    from byhand.progress import Epoch
    from byhand.reading import Page, read
    from byhand.recipes import Recipe
    from byhand.training import train

__all__ = [
    "Answer",
    "ByhandError",
    "Dataset",
    "Epoch",
    "Evaluation",
    "Model",
    "Page",
    "Prepared",
    "Recipe",
    "Split",
    "UsageError",
    "evaluate",
    "load",
    "prepare",
    "read",
    "recognize",
    "train",
]

_HOMES = {
    "data.datasets": ("Dataset", "Split", "load"),
    "errors": ("ByhandError", "UsageError"),
    "evaluation": ("Evaluation", "evaluate"),
    "images.prepare": ("Prepared", "prepare"),
    "model": ("Model",),
    "answers": ("Answer", "recognize"),
    "reading": ("Page", "read"),
    "recipes": ("Recipe",),
    "progress": ("Epoch",),
    "training": ("train",),
}


def __getattr__(name: str) -> object:
    """Load a public name from its module when it is first asked for."""
    for home, names in _HOMES.items():
        if name in names:
            value: object = getattr(importlib.import_module(f"byhand.{home}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'byhand' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
