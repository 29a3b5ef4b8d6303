"""Training as a generator: shuffle, schedule, let an engine learn, and hand out a record of every epoch."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np

from byhand import engines
from byhand.data.datasets import Split
from byhand.errors import ByhandError, UsageError
from byhand.model import Json, Model
from byhand.network import initial_parameters
from byhand.optimizers import SCHEDULES
from byhand.recipes import Recipe

# The learning rate is renewed, and progress told, about every so many images.
STRETCH = 1000


@dataclass(frozen=True)
class Progress:
    """How far the current epoch has come: `done` of `total` images, and their mean loss so far."""

    epoch: int
    done: int
    total: int
    loss: float


@dataclass(frozen=True, eq=False)
class Epoch:
    """One pass through the training images.

    Attributes
    ----------
    number
        1 for the first.
    loss
        Mean cross-entropy in nats, each image judged just before it was learned.
    accuracy
        Share of the validation images read right after this epoch, 0…1; None without a validation split.
    seconds
        Wall time of the learning alone.
    learning_rate
        At the end of the epoch.
    model
        The network as it was after this epoch.
    """

    number: int
    loss: float
    accuracy: float | None
    seconds: float
    learning_rate: float
    model: Model


def train(recipe: Recipe, split: Split) -> Iterator[Epoch]:
    """Train a network, and yield a record of every epoch when it is over.

    Parameters
    ----------
    recipe
        Every choice of the training.
    split
        Labelled images. Those that `recipe.validation` sets aside are judged, never learned.

    Yields
    ------
    Epoch
        `recipe.epochs` of them; `epoch.model` is the network of that moment.

    Raises
    ------
    UsageError
        If recipe and split do not fit together.
    ByhandError
        If the loss stops being a finite number.
    """
    return (record for record in follow(recipe, split) if isinstance(record, Epoch))


def follow(recipe: Recipe, split: Split) -> Iterator[Progress | Epoch]:
    """Train as `train` does, and yield a `Progress` about every thousand images too."""
    recipe = engines.resolve(recipe)
    learned, validation = set_aside(split, recipe.validation, recipe.seed)
    if recipe.limit is not None:
        learned = learned.take(slice(recipe.limit))
    if len(learned) == 0:
        raise UsageError("limit, validation (--limit, --validation): no image is left to learn from.")
    return _epochs(recipe, learned, validation)


def _epochs(recipe: Recipe, learned: Split, validation: Split | None) -> Iterator[Progress | Epoch]:
    """Run the epochs."""
    n, pixels = len(learned), learned.images[0].size
    sizes = (pixels, *recipe.layers, len(learned.classes))
    theta = initial_parameters(sizes, recipe.activation, np.random.default_rng([recipe.seed, 0]))
    engine = engines.make(recipe, sizes, theta)
    images, labels = learned.images.reshape(n, pixels), learned.labels
    stretch = max(STRETCH // recipe.batch_size, 1) * recipe.batch_size  # A batch never spans two stretches.
    details: dict[str, Json] = {
        "byhand": version("byhand"),
        "recipe": recipe.to_dict(),
        "data": {"sha256": learned.sha256(), "n": n},
    }
    for number in range(1, recipe.epochs + 1):
        order = np.random.default_rng([recipe.seed, number]).permutation(n)
        loss, seconds, rate = 0.0, 0.0, 0.0
        for start in range(0, n, stretch):
            began = time.perf_counter()
            chosen = order[start : start + stretch]
            rate = recipe.starting_rate * SCHEDULES[recipe.schedule]((number - 1 + start / n) / recipe.epochs)
            with np.errstate(all="ignore"):  # Divergence is told below, once and in words.
                losses = engine.learn(images[chosen], labels[chosen], rate)
            seconds += time.perf_counter() - began
            loss += float(losses.sum(dtype=np.float64))
            if not (np.isfinite(loss) and np.isfinite(engine.theta).all()):
                raise _diverged(recipe, number)
            yield Progress(number, start + len(chosen), n, loss / (start + len(chosen)))
        model = Model(
            sizes, recipe.activation, engine.theta, learned.classes, learned.images.shape[1:], details=details
        )
        accuracy = None if validation is None else float((model.predict(validation.images) == validation.labels).mean())
        yield Epoch(number, loss / n, accuracy, seconds, rate, model)


def _diverged(recipe: Recipe, epoch: int) -> ByhandError:
    """Return the error that says so, with a learning rate that should do better."""
    gentler = min(recipe.default_rate, recipe.starting_rate / 10)
    return ByhandError(
        f"the loss became infinite in epoch {epoch}: the learning rate {recipe.starting_rate:g} is too high. "
        f"Try --learning-rate {gentler:.1g}."
    )


def set_aside(split: Split, count: int, seed: int) -> tuple[Split, Split | None]:
    """Return what to learn, and `count` samples for validation, each class in its share (None if `count` is 0)."""
    if count == 0:
        return split, None
    if count >= len(split):
        raise UsageError(f"validation (--validation): {count:,} of {len(split):,} images leave none to learn from.")
    order = np.random.default_rng(seed).permutation(len(split))
    by_class = order[np.argsort(split.labels[order], kind="stable")]
    chosen = np.zeros(len(split), bool)
    chosen[by_class[np.arange(count) * len(split) // count]] = True  # evenly through the classes
    return split.take(np.flatnonzero(~chosen)), split.take(np.flatnonzero(chosen))
