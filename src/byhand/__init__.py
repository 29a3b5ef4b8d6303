"""byhand: a neural network written by hand, for digits written by hand.

    import byhand

    data = byhand.load("mnist")
    for epoch in byhand.train(byhand.Recipe(epochs=3), data.train):
        print(epoch.number, epoch.loss)
    print(byhand.evaluate(epoch.model, data.test).accuracy)

What there is:

    load         labelled images: MNIST, a folder, a file, or what other libraries hold
    Recipe       every choice of a training
    train        learn, and hand out each Epoch when it is over
    fit          the same at once: the last Epoch
    train_together  many networks at once: the Epoch of each
    resume       go on with a training that byhand train has begun in a folder
    watched      hand on the epochs of a training, and tell TensorBoard, MLflow, W&B or Trackio of each
    evaluate     an Evaluation of a Model on images that it has not learned
    recognize    an Answer: the one digit in a picture
    read         a Page: every digit in a picture
    prepare      a picture as the network sees it: Prepared
    Pad          a pad to draw on, in a notebook
    Dataset      a training Split and a test Split of labelled images
    ByhandError  what goes wrong in a user's hands; a UsageError, if an argument cannot be used

`help(byhand.train)` tells more of each, docs/api.md of all. The mathematics stands in `byhand.network`, which can be
read in one sitting.
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
    from byhand.learning.together import train_together
    from byhand.model import Model
    from byhand.reading.answers import Answer, recognize
    from byhand.reading.pages import Page, read
    from byhand.runs.going_on import resume
    from byhand.runs.watching.telling import watched
    from byhand.web.notebook.pad import Pad

__all__ = [
    "Answer",
    "ByhandError",
    "Dataset",
    "Epoch",
    "Evaluation",
    "Model",
    "Pad",
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
    "train_together",
    "watched",
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
    "learning.together": ("train_together",),
    "runs.going_on": ("resume",),
    "runs.watching.telling": ("watched",),
    "web.notebook.pad": ("Pad",),
}


def __getattr__(name: str) -> object:
    """Load a public name from its module when it is first asked for."""
    for home, names in _HOMES.items():
        if name in names:
            value: object = getattr(importlib.import_module(f"byhand.{home}"), name)
            globals()[name] = value
            return value
    if name == "__version__":
        from importlib.metadata import version

        return version("byhand")
    hint = ""
    if not name.startswith("_"):  # Notebooks and others ask for such.
        from byhand.errors import did_you_mean

        # Of what is as near, a class for a word that begins as classes do, and a function for any other.
        hint = did_you_mean(name, sorted(__all__, key=lambda known: known[0].isupper() != name[0].isupper()))
    raise AttributeError(f"module 'byhand' has no attribute {name!r}.{hint}", name=name)


def __dir__() -> list[str]:
    hidden = {"importlib", "TYPE_CHECKING"}
    return sorted({*globals(), *__all__, "__version__"} - hidden)
