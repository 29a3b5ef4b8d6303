"""Training as a generator: shuffle, distort, schedule, let an engine learn, and hand out a record of every epoch.

Everything random in an epoch is drawn from the seed and the epoch's number alone. So a training that was stopped goes
on from the parameters, what the optimizer remembers, and the place it had reached, to the very same bits.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from importlib.metadata import version
from typing import cast

import numpy as np
from numpy.typing import NDArray

from byhand import engines
from byhand.data.datasets import Split
from byhand.data.distortions import Distortions, distort, draw
from byhand.data.strangers import strangers
from byhand.errors import ByhandError, UsageError
from byhand.model import Json, Model
from byhand.network import initial_parameters
from byhand.optimizers import SCHEDULES, Averaged, Memory
from byhand.recipes import Recipe

# The learning rate is renewed, and progress told, about every so many images.
STRETCH = 1000
_DISTORTIONS, _STRANGERS = 1, 2  # The tags of their random numbers; those of the order have none.


@dataclass(frozen=True, eq=False)
class State:
    """Where a training stands: all that it needs to go on as if it had never been stopped.

    Attributes
    ----------
    epoch, done
        The current epoch's number, and how many of its images have been learned.
    loss, seconds, rate
        The sum of their losses, the time they took, and the learning rate of the last of them.
    arrays
        The parameters "theta", what the optimizer remembers, and with patience the "best" parameters so far.
    best_epoch, best_accuracy
        The epoch they were those of, and the share of the validation images they read; 0 before there are any.
    """

    epoch: int
    done: int
    loss: float
    seconds: float
    rate: float
    arrays: Memory
    best_epoch: int = 0
    best_accuracy: float = 0.0


PLACE = tuple(
    entry.name for entry in fields(State) if entry.name != "arrays"
)  # what is a number; a training has it too


@dataclass(frozen=True, eq=False)
class Progress:
    """How far the current epoch has come: `done` of `total` images, and their mean loss so far.

    `training.state()` is where the training stands, as long as nothing more was asked of it.
    """

    epoch: int
    done: int
    total: int
    loss: float
    training: "Training"


@dataclass(frozen=True, eq=False)
class Epoch:
    """One pass through the training images.

    Attributes
    ----------
    number
        1 for the first.
    loss
        Mean cross-entropy in nats, each image judged just before it was learned, as it was drawn.
    accuracy
        Share of the validation images read right after this epoch, 0…1; None without a validation split.
    seconds
        Wall time of the learning alone.
    learning_rate
        At the end of the epoch.
    model
        The network as it was after this epoch: with the averaged parameters, where there is an average.
    best
        With patience the model of the epoch with the highest accuracy so far, else the same as `model`.
    """

    number: int
    loss: float
    accuracy: float | None
    seconds: float
    learning_rate: float
    model: Model
    best: Model


class Diverged(ByhandError):  # noqa: N818  # It is no mistake of the program.
    """The loss or the parameters are no finite numbers any more.

    Parameters
    ----------
    epoch
        The number of the epoch in which it happened.
    learning_rate
        The one that the training began with.
    suggested
        A learning rate that should do better.
    """

    def __init__(self, epoch: int, learning_rate: float, suggested: float) -> None:
        super().__init__(
            f"the loss became infinite in epoch {epoch}: the learning rate {learning_rate:g} is too high. "
            f"Try `learning_rate` {suggested:.1g}."
        )
        self.args = (epoch, learning_rate, suggested)  # what makes it again in another process
        self.epoch, self.learning_rate, self.suggested = epoch, learning_rate, suggested


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
        `recipe.epochs` of them, or fewer if `recipe.patience` ends; `epoch.model` is the network of that moment.

    Raises
    ------
    UsageError
        If recipe and split do not fit together.
    Diverged
        If the loss stops being a finite number.
    """
    return (record for record in follow(recipe, split) if isinstance(record, Epoch))


def follow(recipe: Recipe, split: Split, state: State | None = None) -> Iterator[Progress | Epoch]:
    """Train as `train` does, from a state on if there is one; yield a `Progress` about every thousand images too."""
    return _run(*_prepare(recipe, split), state)


def begin(recipe: Recipe, split: Split) -> "Training":
    """Return the training that `follow` runs, before its first image; the engine may compile for seconds."""
    return Training(*_prepare(recipe, split))


def _prepare(recipe: Recipe, split: Split) -> tuple[Recipe, Split, Split | None]:
    """Return the recipe with its engine named, the images to learn, and those set aside."""
    recipe = engines.resolve(recipe)
    learned, validation = set_aside(split, recipe.validation, recipe.seed)
    if recipe.limit is not None:
        learned = learned.take(slice(recipe.limit))
    if len(learned) == 0:
        raise UsageError("no image is left to learn from.", "limit", "validation")
    return recipe, learned, validation


def _run(recipe: Recipe, learned: Split, validation: Split | None, state: State | None) -> Iterator[Progress | Epoch]:
    """Make the engine, which may compile for seconds, only when the first record is asked for."""
    yield from Training(recipe, learned, validation).run(state)


@dataclass
class Training:
    """A training under way.

    `stretch` is how many images are learned between two records. It may be changed at any time: as long as it is whole
    batches, it changes nothing of what is learned. A part of a batch moves the parameters by its share, and the rest of
    that batch is learned next, also by a training that goes on from there.
    """

    recipe: Recipe
    learned: Split
    validation: Split | None
    epoch: int = 1
    done: int = 0
    loss: float = 0.0
    seconds: float = 0.0
    rate: float = 0.0
    best_epoch: int = 0
    best_accuracy: float = 0.0
    stretch: int = field(init=False)
    engine: engines.Engine = field(init=False)
    best: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        recipe, learned = self.recipe, self.learned
        # A batch never spans two stretches.
        self.stretch = self._whole = max(STRETCH // recipe.batch_size, 1) * recipe.batch_size
        self.sizes = (learned.images[0].size, *recipe.layers, len(learned.classes))
        start = initial_parameters(self.sizes, recipe.activation, np.random.default_rng([recipe.seed, 0]))
        self.engine = engines.make(recipe, self.sizes, start)
        self.images, self.labels = learned.images, learned.labels
        if count := round(recipe.strangers * len(learned)):
            images, labels = strangers(learned, count, np.random.default_rng([recipe.seed, 0, _STRANGERS]))
            self.images, self.labels = np.concatenate([self.images, images]), np.concatenate([self.labels, labels])
        self.distortions = Distortions.of(recipe)
        if self.distortions:  # Compile or load now, not within the first stretch.
            distort(learned.images[:0], draw(self.distortions, 0, np.random.default_rng(0)))
        self.details: dict[str, Json] = {
            "byhand": version("byhand"),
            "recipe": recipe.to_dict(),
            "data": {"sha256": learned.sha256(), "n": len(learned)},
        }

    @property
    def theta(self) -> NDArray[np.float32]:
        """The parameters to use now (n_parameters,): the averaged ones, where there is an average. They will move."""
        moved = self.engine.optimizer
        return np.asarray(moved.average) if isinstance(moved, Averaged) else self.engine.theta

    def state(self) -> State:
        """Return a copy of where the training stands."""
        arrays: Memory = {"theta": self.engine.theta, **self.engine.optimizer.memory()}
        arrays |= {} if self.best is None else {"best": self.best}
        copies = {name: np.array(values) for name, values in arrays.items()}
        return State(arrays=copies, **{name: getattr(self, name) for name in PLACE})

    def _go_to(self, state: State) -> None:
        """Stand where another training stood."""
        for name in PLACE:
            setattr(self, name, getattr(state, name))
        self.engine.theta[...] = state.arrays["theta"]
        self.engine.optimizer.recall(state.arrays)
        self.best = cast("NDArray[np.float32] | None", state.arrays.get("best"))

    def run(self, state: State | None = None) -> Iterator[Progress | Epoch]:
        """Run the epochs that are left."""
        if state is not None:
            self._go_to(state)
        while self.epoch <= self.recipe.epochs:
            yield from self._learn()
            yield self._judge()
            if self.recipe.patience is not None and self.epoch - self.best_epoch >= self.recipe.patience:
                return
            self.epoch, self.done, self.loss, self.seconds = self.epoch + 1, 0, 0.0, 0.0

    def _learn(self) -> Iterator[Progress]:
        """Learn what is left of the current epoch, stretch by stretch."""
        recipe, n = self.recipe, len(self.labels)
        order = np.random.default_rng([recipe.seed, self.epoch]).permutation(n)
        drawn = None
        if self.distortions:
            drawn = draw(self.distortions, n, np.random.default_rng([recipe.seed, self.epoch, _DISTORTIONS]))
        while self.done < n:
            began = time.perf_counter()
            renewed = self.done - self.done % self._whole  # where the rate was, or is now
            begun = self.done % recipe.batch_size  # images of a batch that a stretch has cut
            stretch = min(self.stretch, recipe.batch_size - begun) if begun else self.stretch
            chosen = order[self.done : min(self.done + stretch, renewed + self._whole)]
            images, labels = self.images[chosen], self.labels[chosen]
            if drawn is not None:
                images = distort(images, drawn.take(chosen))
            self.rate = recipe.starting_rate * _share_of_rate(recipe, (self.epoch - 1 + renewed / n) / recipe.epochs)
            share = min(stretch / recipe.batch_size, 1)
            with np.errstate(all="ignore"):  # Divergence is told below, once and in words.
                losses = self.engine.learn(images.reshape(len(chosen), -1), labels, self.rate * share)
            self.seconds += time.perf_counter() - began
            self.done += len(chosen)
            self.loss += float(losses[chosen < len(self.learned)].sum(dtype=np.float64))
            if not (np.isfinite(self.loss) and np.isfinite(self.engine.theta).all()):
                raise Diverged(self.epoch, recipe.starting_rate, gentler(recipe))
            judged = int((order[: self.done] < len(self.learned)).sum())
            yield Progress(self.epoch, self.done, n, self.loss / max(judged, 1), self)

    def _judge(self) -> Epoch:
        """Return the record of the epoch that is over."""
        model = best = self._model(self.theta)
        accuracy = None
        if self.validation is not None:
            accuracy = float((model.predict(self.validation.images) == self.validation.labels).mean())
        if self.recipe.patience is not None and accuracy is not None:
            if accuracy > self.best_accuracy or self.best is None:
                self.best, self.best_epoch, self.best_accuracy = model.theta, self.epoch, accuracy
            best = self._model(self.best)
        loss = self.loss / len(self.learned)
        return Epoch(self.epoch, loss, accuracy, self.seconds, self.rate, model, best)

    def _model(self, theta: NDArray[np.float32]) -> Model:
        """Return the model with these parameters."""
        shape = self.learned.images.shape[1:]
        return Model(self.sizes, self.recipe.activation, theta, self.learned.classes, shape, details=self.details)


def _share_of_rate(recipe: Recipe, t: float) -> float:
    """Return the share of the learning rate when a part `t` (0…1) of the training is done."""
    if t < recipe.warmup:
        return t / recipe.warmup
    return SCHEDULES[recipe.schedule]((t - recipe.warmup) / (1 - recipe.warmup))


def gentler(recipe: Recipe) -> float:
    """Return a learning rate that should do better than the one by which the training diverged."""
    return min(recipe.default_rate, recipe.starting_rate / 10)


def set_aside(split: Split, count: int, seed: int) -> tuple[Split, Split | None]:
    """Return what to learn, and `count` samples for validation, each class in its share (None if `count` is 0)."""
    if count == 0:
        return split, None
    chosen = _chosen_for_validation(split, count, seed)
    return split.take(np.flatnonzero(~chosen)), split.take(np.flatnonzero(chosen))


def validation_part(split: Split, count: int, seed: int) -> Split:
    """Return the `count` samples for validation alone, which needs less memory than `set_aside`."""
    return split.take(np.flatnonzero(_chosen_for_validation(split, count, seed)))


def _chosen_for_validation(split: Split, count: int, seed: int) -> NDArray[np.bool_]:
    """Tell of every sample (n,) whether it is for validation."""
    if count >= len(split):
        raise UsageError(f"{count:,} of {len(split):,} images leave none to learn from.", "validation")
    order = np.random.default_rng(seed).permutation(len(split))
    by_class = order[np.argsort(split.labels[order], kind="stable")]
    chosen = np.zeros(len(split), bool)
    chosen[by_class[np.arange(count) * len(split) // count]] = True  # evenly through the classes
    return chosen
