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
    from byhand.data.datasets import Dataset, Split, load
    from byhand.errors import ByhandError, UsageError
    from byhand.images.prepare import Prepared, prepare
    from byhand.judging.evaluation import Evaluation, evaluate
    from byhand.learning.fitting import fit, train
    from byhand.learning.progress import Epoch
    from byhand.learning.recipe import Recipe
    from byhand.model import Model
    from byhand.reading.answers import Answer, recognize
    from byhand.reading.pages import Page, read
    from byhand.runs.going_on import resume

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
    "fit",
    "load",
    "prepare",
    "read",
    "recognize",
    "resume",
    "train",
]

_HOMES = {
    "data.datasets": ("Dataset", "Split", "load"),
    "errors": ("ByhandError", "UsageError"),
    "judging.evaluation": ("Evaluation", "evaluate"),
    "images.prepare": ("Prepared", "prepare"),
    "model": ("Model",),
    "reading.answers": ("Answer", "recognize"),
    "reading.pages": ("Page", "read"),
    "learning.recipe": ("Recipe",),
    "learning.progress": ("Epoch",),
    "learning.fitting": ("fit", "train"),
    "runs.going_on": ("resume",),
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
