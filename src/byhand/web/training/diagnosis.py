"""What goes wrong in a training, seen in its figures, with the evidence. The page has the words.

The effect comes first, then its cause: units that are silent are nothing wrong in a network that reads well. A false
alarm is worse than a late one: everything here waits until chance cannot have made it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import mean

from byhand.learning.optimizers import gentler
from byhand.learning.recipe import Recipe
from byhand.web.training.history import Point
from byhand.web.training.messages import Notice

EXPLODED = 2.0  # times the loss of guessing: no network that learns is so wrong for long
GUESSING = 0.95  # of the loss of guessing, and more, is as good as guessing
LUCKY = 3.0  # times the share that guessing gets right, and more, is no guessing
WELL = 0.8  # Who reads such a share of the images right is not harmed by what is silent in it, ...
LEARNED = 0.5  # ... nor one with such a share of the loss of guessing, where no images are set aside.
SILENT = 0.5  # of a layer's units, and more, are too many
RISEN = 1.15  # times the lowest validation loss of an epoch is clearly more
STILL_IMAGES, STILL_STEPS = 2000, 10  # after which the first steps' own disorder is over
ENOUGH_IMAGES, ENOUGH_STEPS = 5000, 200  # until a network that learns at all has begun to


@dataclass(frozen=True)
class Case:
    """What is known of a training.

    Attributes
    ----------
    recipe, sizes, total
        Its recipe, the units of each layer, and how many images an epoch has.
    points
        Its curve.
    dead
        How many units of each hidden layer are silent on all images judged.
    """

    recipe: Recipe
    sizes: Sequence[int]
    total: int
    points: Sequence[Point]
    dead: Sequence[int]


def diagnose(case: Case) -> Notice | None:
    """Return what is wrong with a training, the most telling first; None if nothing is to be seen."""
    if not case.points:
        return None
    return _exploded(case) or _not_learning(case) or _dead(case) or _overfitting(case)


def diverged(rate: float, suggested: float, loss: float | None = None) -> Notice:
    """Return the notice of a loss that exploded by a learning rate, or is not even a number any more (None)."""
    evidence = {"rate": rate, "suggested": suggested}
    return Notice("diverged", evidence if loss is None else {"loss": loss, **evidence})


def _exploded(case: Case) -> Notice | None:
    """Tell whether the loss is far above that of guessing, and has been."""
    recent = _recent(case, STILL_IMAGES)
    if not _has_begun(case, STILL_IMAGES, STILL_STEPS) or min(recent) < EXPLODED * math.log(case.sizes[-1]):
        return None
    return diverged(case.recipe.starting_rate, gentler(case.recipe), recent[-1])


def _silent(case: Case) -> dict[str, float]:
    """Return the hidden layer with the largest share of silent units, if that is too many of them."""
    layers = [
        (dead / units, number, dead, units)
        for number, (dead, units) in enumerate(zip(case.dead, case.sizes[1:-1], strict=False), 1)
    ]
    share, number, dead, units = max(layers, default=(0.0, 0, 0, 0))
    return {"layer": number, "dead": dead, "units": units} if share > SILENT else {}


def _judged(case: Case) -> tuple[float, float, int] | None:
    """Return the latest validation loss and accuracy, and after how many images that was."""
    judged = [point for point in case.points if point.validation_loss is not None]
    return (judged[-1].validation_loss or 0.0, judged[-1].accuracy or 0.0, judged[-1].images) if judged else None


def _dead(case: Case) -> Notice | None:
    """Tell whether more than half of a hidden layer is silent in a network that does not read well."""
    silent, judged = _silent(case), _judged(case)
    harmless = case.points[-1].loss < LEARNED * math.log(case.sizes[-1]) if judged is None else judged[1] > WELL
    if not silent or harmless:
        return None
    return Notice("dead", silent if judged is None else {"accuracy": judged[1], **silent})


def _not_learning(case: Case) -> Notice | None:
    """Tell whether the network still does no better than one that guesses, or does so again; and what may be why."""
    guessing, last = math.log(case.sizes[-1]), case.points[-1]
    if not _has_begun(case, ENOUGH_IMAGES, ENOUGH_STEPS) or min(_recent(case, ENOUGH_IMAGES)) < GUESSING * guessing:
        return None
    judged = _judged(case)
    if judged is None:
        return Notice("not_learning", {"loss": last.loss, "guessing": guessing, "images": last.images, **_silent(case)})
    loss, accuracy, images = judged
    if loss < GUESSING * guessing or accuracy > LUCKY / case.sizes[-1]:
        return None
    evidence = {"loss": loss, "guessing": guessing, "accuracy": accuracy, "images": images}
    return Notice("not_learning", {**evidence, **_silent(case)})


def _overfitting(case: Case) -> Notice | None:
    """Tell whether the validation loss of whole epochs has risen, twice, while the training loss went on falling."""
    judged = [point for point in case.points if point.validation_loss is not None]
    epochs = []  # of each that is over: its number, mean validation loss, mean training loss
    for number, points in groupby(judged, lambda point: (point.images - 1) // case.total + 1):
        inside = list(points)
        losses = mean(point.validation_loss or 0.0 for point in inside), mean(point.loss for point in inside)
        if number * case.total <= case.points[-1].images:
            epochs.append((number, *losses))
    if len(epochs) < 3:
        return None
    best, lowest, learned = min(epochs, key=lambda epoch: epoch[1])
    risen = all(
        number > best and validation > RISEN * lowest and loss < learned for number, validation, loss in epochs[-2:]
    )
    if not risen:
        return None
    return Notice("overfitting", {"lowest": lowest, "now": epochs[-1][1], "epoch": best})


def _has_begun(case: Case, images: int, steps: int) -> bool:
    """Tell whether so many images and so many steps are behind it."""
    learned = case.points[-1].images
    return learned >= images and learned >= steps * case.recipe.batch_size


def _recent(case: Case, images: int) -> list[float]:
    """Return the training losses of the latest half of so many images, in their order."""
    since = case.points[-1].images - images // 2
    return [point.loss for point in case.points if point.images >= since]
