"""Many networks of one shape, learned at once: each with its own seed, and where wanted its own learning rate.

With PyTorch they are one computation: a GPU is as quick with many small networks as with one. Without, each learns on a
processor core, as many at once as there are. Either way each comes to what it would come to alone.
"""

import time
from collections.abc import Generator, Sequence
from dataclasses import fields
from functools import cached_property, partial
from itertools import repeat
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np

from byhand import machine
from byhand.data.datasets import Split
from byhand.data.distortions import Distortions
from byhand.errors import UsageError
from byhand.learning.engines import choice
from byhand.learning.engines.engine import gathered
from byhand.learning.progress import Diverged, Epoch, State, Task
from byhand.learning.recipe import Recipe
from byhand.learning.states import COUNTS
from byhand.learning.training import Progress, Training
from byhand.types import Arrays, Floats

if TYPE_CHECKING:
    from byhand.learning.engines.tensors import TensorEngine

Record: TypeAlias = Progress | Epoch | Diverged | None

# What networks that learn together may differ in: what is drawn, and how far each step goes.
MAY_DIFFER = frozenset({"seed", "learning_rate", "schedule", "warmup"}) | {entry.name for entry in fields(Distortions)}


class Together:
    """Trainings of networks of one shape, under way together.

    Parameters
    ----------
    recipes
        One for each network. They may differ in the seed, the learning rate and its schedule, and how images are drawn.
    split
        Labelled images, the same for all.
    states
        Where other trainings stood that these go on with, one for each.

    Attributes
    ----------
    trainings
        One for each recipe.
    failed
        Which of them have failed, and why, by their place.

    Raises
    ------
    UsageError
        If there is no recipe, or they differ in something else.
    """

    def __init__(self, recipes: Sequence[Recipe], split: Split, states: Sequence[State] | None = None) -> None:
        _check_alike(recipes)
        self.trainings = [
            Training(recipe, split, state)
            for recipe, state in zip(recipes, states or repeat(None, len(recipes)), strict=True)
        ]
        for training in self.trainings[1:]:
            training.there = self.trainings[0].there
        self.failed: dict[int, Diverged] = {}
        places = {(training.place.epoch, training.place.done) for training in self.trainings}
        if len(places) > 1:
            raise UsageError("the trainings that go on together do not stand at the same image.", "states")

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
        engine = choice.make(recipe, first.sizes, theta, _stacked(memories) if memories else None)
        assert isinstance(engine, TensorEngine)
        for network, training in enumerate(self.trainings):
            training.engine = Row(engine, network)
        return engine

    def run(self) -> Generator[list[Record], None, None]:
        """Yield the records of every stretch and every epoch that is left: one of each network, in their order."""
        while (records := self.advance()) is not None:
            yield records

    def advance(self) -> list[Record] | None:
        """Let all networks learn a stretch, or end the epoch; return a record of each, or None when all are over.

        The record of one that has failed is the error; of one that is over, None.
        """
        live = [k for k, training in enumerate(self.trainings) if k not in self.failed and not training.is_over]
        if not live:
            return None
        records: list[Record] = [self.failed.get(k) for k in range(len(self.trainings))]
        engine = self._engine
        if engine is None or self.trainings[live[0]].place.done == self.trainings[live[0]].total:
            machine.share([partial(self._advance_one, k, records) for k in live])
        else:
            self._learn(engine, live, records)
        return records

    def _advance_one(self, network: int, records: list[Record]) -> None:
        """Let one training advance by itself."""
        try:
            records[network] = self.trainings[network].advance()
        except Diverged as error:
            records[network] = self.failed[network] = error

    def _learn(self, engine: "TensorEngine", live: Sequence[int], records: list[Record]) -> None:
        """Let all networks learn what comes next; those that are over learn what another one does, for nothing."""
        began = time.perf_counter()
        learned: list[Sequence[Task]] = []
        with np.errstate(all="ignore"):
            parts = []
            for tasks in zip(*(self.trainings[k].tasks() for k in live), strict=True):
                learned.append(tasks)
                of = dict(zip(live, tasks, strict=True))
                parts.append(_learn_at_once(engine, [of.get(k, tasks[0]) for k in range(len(self.trainings))]))
            losses, seconds = gathered(parts), time.perf_counter() - began
            for k, mine in zip(live, zip(*learned, strict=True), strict=True):
                try:
                    records[k] = self.trainings[k].learned_of(mine, losses[k], seconds)
                except Diverged as error:
                    records[k] = self.failed[k] = error


def _learn_at_once(engine: "TensorEngine", tasks: Sequence[Task]) -> Floats:
    """Let an engine learn a task of each network; return the losses (networks, n)."""
    import torch

    images = [task.images for task in tasks]
    stacked = np.stack(images) if isinstance(images[0], np.ndarray) else torch.stack(images)
    weights = None if tasks[0].weights is None else np.stack([cast("Floats", task.weights) for task in tasks])
    rates = np.array([task.rate for task in tasks])
    return engine.learn(stacked, np.stack([task.labels for task in tasks]), rates, weights)


def _stacked(memories: Sequence[Arrays]) -> Arrays:
    """Return what the optimizers of several networks remember as what one of all does."""
    return {
        name: first if name in COUNTS else np.stack([memory[name] for memory in memories])
        for name, first in memories[0].items()
    }


def _check_alike(recipes: Sequence[Recipe]) -> None:
    """Refuse recipes that cannot be learned together."""
    if not recipes:
        raise UsageError("give a recipe for each network.", "recipes")
    for entry in fields(Recipe):
        values = [getattr(recipe, entry.name) for recipe in recipes]
        if entry.name not in MAY_DIFFER and (other := next((v for v in values if v != values[0]), None)) is not None:
            raise UsageError(
                f"networks that learn together are alike: there are both {values[0]} and {other}. They may differ in "
                f"{', '.join(sorted(MAY_DIFFER))}.",
                entry.name,
            )
