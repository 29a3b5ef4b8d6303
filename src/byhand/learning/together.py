"""Many networks of one shape, learned at once: each with its own seed, and where wanted its own learning rate.

With PyTorch they are one computation: a GPU is as quick with many small networks as with one. Without, each learns on a
processor core, as many at once as there are. Either way each comes to what it would come to alone.
"""

import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np

from byhand import machine
from byhand.data.distortions import Distortions
from byhand.data.given import Labelled
from byhand.data.rows import Sparse
from byhand.errors import ByhandError, UsageError
from byhand.learning.engines import choice
from byhand.learning.engines.engine import gathered
from byhand.learning.epochs import Epochs
from byhand.learning.fitting import as_recipe, prepared
from byhand.learning.progress import Diverged, Epoch, Task
from byhand.learning.recipe import Recipe, check_integer
from byhand.learning.states import COUNTS
from byhand.learning.training import Progress, Training
from byhand.model import Model
from byhand.types import Arrays, Bytes, Floats

if TYPE_CHECKING:
    from byhand.learning.engines.tensors import TensorEngine

Record: TypeAlias = Progress | Epoch | Diverged | None
_HOW = "for epochs in byhand.train_together(recipes, split)"
MOST_NETWORKS = 10_000
SHORTEST = 0.25  # seconds that all learn before they wait for each other, where that can be
MOST_STRETCHES = 64
# What networks that learn together may differ in: what is drawn, and how far each step goes.
MAY_DIFFER = frozenset({"seed", "learning_rate", "schedule", "warmup"}) | {entry.name for entry in fields(Distortions)}


def train_together(
    recipes: Recipe | Sequence[Recipe],
    split: Labelled,
    *,
    seeds: int | Sequence[int] | None = None,
    model: Model | Epoch | None = None,
    sample_weight: object = None,
) -> Iterator[list[Epoch | ByhandError]]:
    """Train many networks of one shape at once, and yield the records of all whenever an epoch is over.

    Each comes to what it would come to alone: to the last bit, but for the engine torch, which learns all networks as
    one computation, and rounds otherwise. That is for a GPU, where many small networks take hardly longer than one.
    Other engines let each network learn on a processor core of its own.

    Parameters
    ----------
    recipes
        One for each network. They may differ in the seed, the learning rate and its schedule, and in how images are
        drawn anew. Or the recipe of all, with `seeds`.
    split
        As for `train`.
    seeds
        Of one recipe: how many networks, with the seeds that follow its own; or the seed of each.
    model, sample_weight
        As for `train`, which warns of the same.

    Yields
    ------
    list
        An `Epoch` of each network, in their order. Of one that patience has ended, the last one; of one that has
        failed, the error.

    Raises
    ------
    UsageError
        If the recipes differ in something else, or recipes, split and model do not fit together.
    ByhandError
        If the loss of every network stops being a finite number.
    """
    each = _recipes_of(recipes, seeds)
    check_alike(each)
    first, samples, model = prepared(each[0], split, model, sample_weight, stacklevel=3)
    together = Together([Training(recipe, samples, model=model) for recipe in _as_the_first(each, first)])
    return Epochs(_outcomes(together), _HOW, first.epochs, list)


def _as_the_first(recipes: Sequence[Recipe], first: Recipe) -> list[Recipe]:
    """Return recipes as they suit the model to begin from which the first of them suits."""
    return [replace(recipe, layers=first.layers, activation=first.activation) for recipe in recipes]


def _recipes_of(given: object, seeds: object) -> list[Recipe]:
    """Return the recipe of each network, as `train_together` takes them."""
    if isinstance(given, Iterable):
        if seeds is not None:
            raise UsageError("goes with one recipe; several have each their own.", "seeds")
        return [as_recipe(recipe) for recipe in given]
    recipe = as_recipe(given)
    if seeds is None:
        raise UsageError("says how many networks shall learn: `seeds` 64, say, or a recipe for each.", "seeds")
    if isinstance(seeds, Iterable):
        return [replace(recipe, seed=seed) for seed in seeds]
    check_integer("seeds", seeds, 1, MOST_NETWORKS)
    assert isinstance(seeds, int)
    return [replace(recipe, seed=recipe.seed + k) for k in range(seeds)]


def _outcomes(together: "Together") -> Generator[list[Epoch | ByhandError], None, None]:
    """Yield what each network has come to whenever an epoch is over."""
    reached: dict[int, Epoch | ByhandError] = {}
    for records in together.run():
        reached |= {k: record for k, record in enumerate(records) if isinstance(record, Epoch | Diverged)}
        if any(isinstance(record, Epoch) for record in records):
            yield [reached[k] for k in range(len(records))]
    if len(together.failed) == len(together.trainings):
        raise together.failed[0]


class Together:
    """Trainings of networks of one shape, under way together.

    Parameters
    ----------
    trainings
        Their recipes may differ in the seed, the learning rate and its schedule, and how images are drawn. Each may go
        on from anywhere; with PyTorch, all from the same image.

    Attributes
    ----------
    trainings
        One for each network.
    failed
        Which of them have failed, and why, by their place.

    Raises
    ------
    UsageError
        If there is no training, or they cannot learn together.
    """

    def __init__(self, trainings: Sequence[Training]) -> None:
        self.trainings = trainings
        self.failed: dict[int, Diverged] = {}
        self._stretches = 1  # that each learns by itself before all wait for each other
        check_alike([training.recipe for training in trainings])
        for training in trainings[1:]:
            training.there = trainings[0].there
        if trainings[0].recipe.engine == "torch":
            _check_in_step(trainings)

    def __repr__(self) -> str:
        return f"<byhand trainings of {len(self.trainings)} networks together, the first: {self.trainings[0]!r}>"

    @cached_property
    def _engine(self) -> "TensorEngine | None":
        """What learns all networks as one computation, if there is such an engine."""
        first, recipe = self.trainings[0], self.trainings[0].recipe
        if recipe.engine != "torch":
            return None
        from byhand.learning.engines.tensors import Row, TensorEngine

        begun = [training.beginning() for training in self.trainings]
        theta, memories = np.stack([start for start, _ in begun]), [memory for _, memory in begun if memory is not None]
        engine = choice.make(recipe, first.sizes, theta, _stacked(memories) if memories else None, total=first.total)
        assert isinstance(engine, TensorEngine)
        for network, training in enumerate(self.trainings):
            training.engine = Row(engine, network)
        return engine

    def make_ready(self) -> None:
        """Make what learns, and for seconds compile it, instead of when the first images are learned."""
        _ = self._engine or self.trainings[0].engine

    def run(self) -> Generator[list[Record], None, None]:
        """Yield the records of every stretch and every epoch that is left: one of each network, in their order."""
        while (records := self.advance()) is not None:
            yield records

    def advance(self) -> list[Record] | None:
        """Let all networks learn some stretches, or end the epoch; return a record of each, or None if all are over.

        The record of one that has failed is the error; of one that is over, None.
        """
        live = [k for k, training in enumerate(self.trainings) if k not in self.failed and not training.is_over]
        if not live:
            return None
        records: list[Record] = [self.failed.get(k) for k in range(len(self.trainings))]
        engine = self._engine
        if engine is None or self.trainings[live[0]].place.done == self.trainings[live[0]].total:
            began = time.perf_counter()
            machine.share([partial(self._advance_one, k, records) for k in live])
            self._suit(time.perf_counter() - began)
        else:
            self._learn(engine, live, records)
        return records

    def _advance_one(self, network: int, records: list[Record]) -> None:
        """Let one training advance by itself, within an epoch."""
        try:
            for _ in range(self._stretches):
                record = records[network] = self.trainings[network].advance()
                if not isinstance(record, Progress) or record.done == record.total:
                    return
        except Diverged as error:
            records[network] = self.failed[network] = error

    def _suit(self, seconds: float) -> None:
        """Let all wait for each other neither very often nor very long, after a round that took so many seconds."""
        if seconds < SHORTEST:
            self._stretches = min(2 * self._stretches, MOST_STRETCHES)
        elif seconds > 4 * SHORTEST:
            self._stretches = max(self._stretches // 2, 1)

    def _learn(self, engine: "TensorEngine", live: Sequence[int], records: list[Record]) -> None:
        """Let all networks learn what comes next; those that are over learn what another one does, for nothing."""
        began = time.perf_counter()
        learned: list[Sequence[Task]] = []
        with np.errstate(all="ignore"):
            parts = []
            for tasks in zip(*(self.trainings[k].tasks() for k in live), strict=True):
                learned.append([task.without_images() for task in tasks])
                of = dict(zip(live, tasks, strict=True))
                parts.extend(_learn_at_once(engine, [of.get(k, tasks[0]) for k in range(len(self.trainings))]))
            losses, seconds = gathered(parts), time.perf_counter() - began
            for k, mine in zip(live, zip(*learned, strict=True), strict=True):
                try:
                    records[k] = self.trainings[k].learned_of(mine, losses[k], seconds)
                except Diverged as error:
                    records[k] = self.failed[k] = error


def _learn_at_once(engine: "TensorEngine", tasks: Sequence[Task]) -> list[Floats]:
    """Let an engine learn a task of each network; return the losses (networks, n), in parts."""
    n = len(tasks[0].labels)
    # Of sparse rows, a batch at a time has room for its zeros.
    at_once = engine.batch_size if isinstance(tasks[0].images, Sparse) else n
    parts = [slice(start, start + at_once) for start in range(0, n, at_once)]
    return [_learn_stacked(engine, [task.part(some) for task in tasks]) for some in parts]


def _learn_stacked(engine: "TensorEngine", tasks: Sequence[Task]) -> Floats:
    """Do that with what has room all at once; return the losses."""
    import torch

    images = [task.images.dense() if isinstance(task.images, Sparse) else task.images for task in tasks]
    stacked = cast("Bytes | Floats", np.stack(images) if isinstance(images[0], np.ndarray) else torch.stack(images))
    weights = None
    if any(task.weights is not None for task in tasks):
        ones = np.ones(len(tasks[0].labels), np.float32)
        weights = np.stack([ones if task.weights is None else task.weights for task in tasks])
    rates = np.array([task.rate for task in tasks])
    return engine.learn(stacked, np.stack([task.labels for task in tasks]), rates, weights)


def _stacked(memories: Sequence[Arrays]) -> Arrays:
    """Return what the optimizers of several networks remember as what one of all does."""
    return {
        name: first if name in COUNTS else np.stack([memory[name] for memory in memories])
        for name, first in memories[0].items()
    }


def check_alike(recipes: Sequence[Recipe]) -> None:
    """Refuse recipes that cannot be learned together."""
    if not recipes:
        raise UsageError("give a recipe for each network.", "recipes")
    for entry in fields(Recipe):
        values = [getattr(recipe, entry.name) for recipe in recipes]
        others = [value for value in values if value != values[0]]
        if others and entry.name not in MAY_DIFFER:
            raise UsageError(
                f"networks that learn together are of one shape, and learn in one way: here are both {values[0]} and "
                f"{others[0]}. They may differ in {', '.join(sorted(MAY_DIFFER))}.",
                entry.name,
            )


def _check_in_step(trainings: Sequence[Training]) -> None:
    """Refuse trainings that one computation cannot do, as they are not at the same image of as many."""
    if len({training.total for training in trainings}) > 1:
        raise UsageError(
            "what is set aside leaves some seeds more images to learn than others, as some images count 0. Leave those "
            "out of the data, or take another engine.",
            "validation",
        )
    at_work = [training.place for training in trainings if not training.is_over]
    if len({(place.epoch, place.done) for place in at_work}) > 1:
        raise UsageError("the trainings that go on together do not stand at the same image.", "trainings")
