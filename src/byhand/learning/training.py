"""Training: shuffle, distort, schedule, let an engine learn, and hand out a record of every stretch and epoch.

Everything random in an epoch is drawn from the seed and the epoch's number alone. So a training that was stopped goes
on from the parameters, what the optimizer remembers, and the place it had reached, to the very same bits.
"""

import math
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from importlib.metadata import version
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from byhand import machine
from byhand.data.disk.stored import AnyImages
from byhand.data.distortions import Distortions
from byhand.data.rows import Samples, Sparse, Table
from byhand.data.validation import set_aside
from byhand.errors import UsageError
from byhand.learning import beginnings
from byhand.learning.devices.world import World
from byhand.learning.drawing.besides import all_samples, counts
from byhand.learning.drawing.distorting import distort, draw
from byhand.learning.drawing.portions import Portions
from byhand.learning.drawing.rows import RowPortions
from byhand.learning.engines import choice
from byhand.learning.engines.engine import Engine, gathered
from byhand.learning.optimizers import Memory, gentler, rate_after
from byhand.learning.progress import Diverged, Epoch, Place, State, Task, judged
from byhand.learning.recipe import Recipe
from byhand.learning.states import check_state
from byhand.learning.weighing import weighed
from byhand.model import Model
from byhand.network import initial_parameters, n_parameters
from byhand.sealing.facts import BegunFrom
from byhand.types import Arrays, Bytes, Floats, Json

if TYPE_CHECKING:
    from byhand.learning.devices.portions import DevicePortions, There

# The learning rate is renewed, and progress told, about every so many images.
STRETCH = 1000
STEPS = 256  # that are handed in at once, where to wait for a device takes as long as to take some


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

    def __repr__(self) -> str:
        return f"<byhand progress: epoch {self.epoch}, {self.done:,} of {self.total:,} images, loss {self.loss:.4g}>"


class Training:
    """A training under way.

    Parameters
    ----------
    recipe
        Every choice of it.
    split
        Labelled images, as for `train`; or a table.
    state
        Where another training stood that this one goes on with.
    model
        A network to begin from, whose layers and activation the recipe has; see `beginnings`.
    begun_from
        Which network the training of `state` began from, if from any.
    world
        The processes that learn this network together, if several do: each has such a training.
    fingerprint
        Whether its models tell a fingerprint of the data, which takes some time.

    Attributes
    ----------
    recipe
        With its engine named.
    learned, validation
        The images to learn, and those set aside, if any.
    sizes
        Units of each layer, input and output included.
    total
        How many images an epoch has: those to learn, and strangers.
    stretch
        How many of them are usually learned between two records: whole batches, as a batch never spans two.
    place
        How far it has come.
    begun_from
        Which network it began from; None if its weights were drawn.
    details
        Where its models come from.
    there
        Images that lie on the device of the engine, by where they lie here; trainings of the same may share it.
    """

    def __init__(
        self,
        recipe: Recipe,
        split: Samples,
        state: State | None = None,
        *,
        model: Model | None = None,
        begun_from: BegunFrom | None = None,
        world: World = choice.ALONE,
        fingerprint: bool = True,
    ) -> None:
        self.recipe = recipe = choice.resolve(recipe)
        learned, self.validation = set_aside(split, recipe.validation, recipe.seed)
        learned, self._weights = weighed(learned, recipe.class_weight, recipe.limit)
        self.learned = learned
        if len(learned) == 0:
            raise UsageError(
                f"no {'row' if isinstance(learned, Table) else 'image'} is left to learn from.", "limit", "validation"
            )
        self.sizes = recipe.sizes(math.prod(learned.image_shape), len(learned.classes))
        self.total = len(learned) + sum(counts(recipe, len(learned)))
        self.stretch = max(STRETCH // recipe.batch_size, 1) * recipe.batch_size
        self._rows = RowPortions(recipe, learned.features, self.stretch) if isinstance(learned, Table) else None
        machine.check_size(n_parameters(self.sizes))
        if state is not None:
            check_state(recipe, state, n_parameters(self.sizes), self.total)
        self.place = Place() if state is None else state.place
        self.details: dict[str, Json] = {
            "byhand": version("byhand"),
            "recipe": recipe.to_dict(),
            "data": {**({"sha256": learned.sha256()} if fingerprint else {}), "n": len(learned)},
        }
        self.begun_from = begun_from if model is None else beginnings.begun_from(model, split)
        self.details |= {} if self.begun_from is None else {"begun_from": cast("dict[str, Json]", self.begun_from)}
        self._state, self._model_before, self.world = state, model, world
        self._judged: tuple[Place, float] = Place(), 0.0
        self.there: There = {}
        self._best = None if state is None else cast("Floats | None", state.arrays.get("best"))

    def __repr__(self) -> str:
        place, units = self.place, "-".join(map(str, self.sizes))
        reached = "over" if self.is_over else f"in epoch {place.epoch} of {self.recipe.epochs}"
        return f"<byhand training of {units}: {reached}, {place.done:,} of {self.total:,} images>"

    @cached_property
    def engine(self) -> Engine:
        """What learns; made, and for seconds compiled, when it is first asked for."""
        recipe, (start, memory) = self.recipe, self.beginning()
        like = None if self._rows is None else self._rows.none
        engine = choice.make(recipe, self.sizes, start, memory, total=self.total, world=self.world, like=like)
        if not choice.is_elsewhere(recipe) and (
            distortions := Distortions.of(recipe)
        ):  # Compile or load now, not within the first stretch.
            blank = np.zeros((1, *self.learned.image_shape), np.uint8)
            distort(blank, draw(distortions, 1, np.random.default_rng(0)))
        return engine

    def beginning(self) -> tuple[Floats, Arrays | None]:
        """Return the parameters of a fresh network, or of the model to begin from; and what a state remembers."""
        recipe, model = self.recipe, self._model_before
        start = initial_parameters(self.sizes, recipe.activation, np.random.default_rng([recipe.seed, 0]))
        if model is not None:
            start = beginnings.continued(start, model, self.sizes, self.learned.classes)
        return start, None if self._state is None else self._state.arrays

    @cached_property
    def _samples(self) -> tuple[list[AnyImages], Bytes, Floats | None]:
        """Where the images of an epoch are, those beside the data last; their labels and perhaps weights."""
        return all_samples(self.recipe, self.learned, self._weights)

    @cached_property
    def _portions(self) -> "Portions | DevicePortions | RowPortions":
        """What is learned in every epoch."""
        if self._rows is not None:
            return self._rows
        portions = Portions(self.recipe, self._samples[0], self.stretch)
        if portions.are_in_parts or not choice.is_elsewhere(self.recipe):
            return portions
        from byhand.learning.devices.portions import DevicePortions

        return DevicePortions(self.recipe, portions.whole, self.stretch, self.there)

    @property
    def theta(self) -> Floats:
        """The parameters to use now (n_parameters,): the averaged ones, where there is an average. They will move."""
        return np.asarray(self.engine.optimizer.parameters(self.engine.theta))

    def state(self) -> State:
        """Return a copy of where the training stands."""
        arrays: Memory = {"theta": self.engine.theta, **self.engine.optimizer.memory()}
        arrays |= {} if self._best is None else {"best": self._best}
        return State(self.place, {name: np.array(values) for name, values in arrays.items()})

    def run(self) -> Generator[Progress | Epoch, None, None]:
        """Yield a record of every stretch, about a thousand images, and of every epoch that is left."""
        while (record := self.advance()) is not None:
            yield record

    def advance(self, images: int | None = None) -> Progress | Epoch | None:
        """Learn a stretch, or if all images of an epoch are learned, end it; return None when the training is over.

        Parameters
        ----------
        images
            At most so many, instead of `stretch`. As long as these are whole batches, it changes nothing of what is
            learned, but for the last digits of sparse rows. A part of a batch moves the parameters by its share, and
            the rest of that batch is learned next, also by a training that goes on from there.

        Raises
        ------
        Diverged
            If the loss stops being a finite number.
        """
        if self.is_over:
            return None
        return self._end_epoch() if self.place.done == self.total else self._learn(images)

    @property
    def is_over(self) -> bool:
        """Whether no epoch is left, or patience is; never within an epoch, which comes to its end."""
        if self.place.done:
            return False
        over, patience = self.place.epoch - 1, self.recipe.patience
        return over >= self.recipe.epochs or (patience is not None and over - self.place.best_epoch >= patience)

    def _learn(self, images: int | None) -> Progress:
        """Learn at most so many images."""
        engine = self.engine  # Made, and perhaps compiled, before time counts as learning.
        began = time.perf_counter()
        with np.errstate(all="ignore"):  # Divergence is told below, once and in words.
            tasks, losses = [], []
            for task in self.tasks(images):
                tasks.append(task.without_images())
                losses.append(engine.learn(task.images, task.labels, task.rate, task.weights))
            return self.learned_of(tasks, gathered(losses), time.perf_counter() - began)

    def tasks(self, images: int | None = None) -> Iterator[Task]:
        """Yield what is to be learned next: stretches, or at most so many images; the epoch has some left."""
        recipe, place, stretch = self.recipe, self.place, self.stretch
        begun = place.done % recipe.batch_size  # images of a batch that was cut before
        most = images or self.total
        most = min(most, recipe.batch_size - begun) if begun else most
        renewed = place.done - place.done % stretch  # where the rate was, or is now
        steps = STEPS if choice.is_elsewhere(recipe) else 1 if self._rows is None else self._rows.steps_at_once
        at_once = max(steps * recipe.batch_size // stretch, 1)
        end = min(place.done + most, renewed + at_once * stretch, self.total)
        for start in range(renewed, end, stretch):
            yield self._task(max(start, place.done), min(start + stretch, end))

    def _task(self, start: int, stop: int) -> Task:
        """Return what is learned from one place of the epoch to another, within a stretch."""
        (_, labels, weights), epoch = self._samples, self.place.epoch
        chosen = self._portions.chosen(epoch, start, stop)
        drawn = self._portions.take(epoch, start, stop)
        rate = rate_after(self.recipe, epoch - 1 + (start - start % self.stretch) / self.total)
        counts = None if weights is None else weights[chosen]
        drawn = drawn if isinstance(drawn, Sparse) else drawn.reshape(len(chosen), -1)
        return Task(chosen, drawn, labels[chosen], rate, counts)

    def learned_of(self, tasks: Sequence[Task], losses: Floats, seconds: float) -> Progress:
        """Take note that an engine has learned the tasks in so many seconds, with these losses.

        Raises
        ------
        Diverged
            If one is not a finite number.
        """
        recipe, place, weights = self.recipe, self.place, self._samples[2]
        chosen = np.concatenate([task.chosen for task in tasks])
        losses = losses if weights is None else losses * weights[chosen]
        loss = place.loss + float(losses[chosen < len(self.learned)].sum(dtype=np.float64))
        if not (np.isfinite(loss) and self.engine.is_finite()):
            raise Diverged(place.epoch, recipe.starting_rate, gentler(recipe))
        done, seconds = place.done + len(chosen), place.seconds + seconds
        count = self._counted(place) + self._count(chosen)
        self.place = place = replace(place, done=done, loss=loss, seconds=seconds, rate=tasks[-1].rate)
        self._judged = place, count
        return Progress(place.epoch, place.done, self.total, loss / (count or 1), self)

    def _counted(self, place: Place) -> float:
        """Return how much the images count in all that are learned in the epoch so far."""
        known, count = self._judged
        if known is place:
            return count
        return sum(map(self._count, self._portions.until(place.epoch, place.done)))

    def _count(self, chosen: NDArray[np.intp]) -> float:
        """Return how much images count in all; strangers do not."""
        weights, learned = self._samples[2], chosen[chosen < len(self.learned)]
        return len(learned) if weights is None else float(weights[learned].sum(dtype=np.float64))

    def _end_epoch(self) -> Epoch:
        """Judge the network, and stand before the next epoch."""
        place, validation = self.place, self.validation
        model = best = self._model(self.theta)
        accuracy = validation_loss = None
        if validation is not None:
            accuracy, validation_loss = self.world.of_first(partial(judged, model, validation), 2)
        if self.recipe.patience is not None and accuracy is not None:
            if accuracy > place.best_accuracy or self._best is None:
                place = replace(place, best_epoch=place.epoch, best_accuracy=accuracy)
                self._best = model.theta
            best = self._model(self._best)
        self.place = replace(place, epoch=place.epoch + 1, done=0, loss=0.0, seconds=0.0)
        loss = place.loss / len(self.learned)
        return Epoch(place.epoch, loss, accuracy, validation_loss, place.seconds, place.rate, model, best)

    def _model(self, theta: Floats) -> Model:
        """Return the model with these parameters."""
        sizes, activation, learned = self.sizes, self.recipe.activation, self.learned
        return Model(sizes, activation, theta, learned.classes, learned.image_shape, details=self.details)
