"""Where a training stands, what it hands out on the way, and how it goes wrong."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from byhand.compiled.rows import probabilities as probabilities_of
from byhand.data.rows import Features, Samples, Table
from byhand.errors import ByhandError
from byhand.model import Model
from byhand.types import Arrays, Bytes, Floats

_NONE: Bytes = np.empty((0, 0), np.uint8)


@dataclass(frozen=True)
class Place:
    """How far a training has come.

    Attributes
    ----------
    epoch, done
        The current epoch's number, and how many of its images have been learned.
    loss, seconds, rate
        The sum of their losses, the time they took, and the learning rate of the last of them.
    best_epoch, best_accuracy
        With patience the best epoch so far, and the share of the validation images it read; 0 before there is one.
    """

    epoch: int = 1
    done: int = 0
    loss: float = 0.0
    seconds: float = 0.0
    rate: float = 0.0
    best_epoch: int = 0
    best_accuracy: float = 0.0


@dataclass(frozen=True, eq=False)
class State:
    """All that a training needs to go on as if it had never been stopped.

    Attributes
    ----------
    place
        How far it has come.
    arrays
        The parameters "theta", what the optimizer remembers, and with patience the "best" parameters so far.
    """

    place: Place
    arrays: Arrays

    def onward(self, epoch: int = 1) -> "State":
        """Return a state that knows the same, but stands at the beginning of an epoch: to learn other data from there.

        Parameters
        ----------
        epoch
            Which one it is of the training that goes on; it tells the order of that training's images.

        Returns
        -------
        State
            Without the best parameters that patience keeps, as these were the best for other data.
        """
        return State(Place(epoch), {name: values for name, values in self.arrays.items() if name != "best"})

    def __repr__(self) -> str:
        arrays = ", ".join(f"{name} {np.shape(values)}" for name, values in self.arrays.items())
        return f"<byhand state: epoch {self.place.epoch}, {self.place.done:,} images done; {arrays}>"


@dataclass(frozen=True, eq=False)
class Task:
    """What an engine learns at one learning rate.

    Attributes
    ----------
    chosen
        (n,): which of the images these are.
    images, labels, weights
        (n, pixels) as they look now, (n,), and (n,) how much each counts, where they do not all count alike.
    rate
        The learning rate.
    """

    chosen: NDArray[np.intp]
    images: Bytes | Features
    labels: Bytes
    rate: float
    weights: Floats | None

    def part(self, some: slice) -> "Task":
        """Return some of it."""
        weights = None if self.weights is None else self.weights[some]
        return Task(self.chosen[some], self.images[some], self.labels[some], self.rate, weights)

    def without_images(self) -> "Task":
        """Return what there is to know of it later, without what takes room."""
        return Task(self.chosen, _NONE, self.labels, self.rate, self.weights)


@dataclass(frozen=True, eq=False)
class Epoch:
    """One pass through the training images.

    Attributes
    ----------
    number
        1 for the first.
    loss
        Mean cross-entropy in nats, each image judged just before it was learned, as it was drawn; where images have
        weights, their weighted mean.
    accuracy
        Share of the validation images read right after this epoch, 0…1; None without a validation split.
    validation_loss
        Mean cross-entropy on them in nats; None without a validation split.
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
    validation_loss: float | None
    seconds: float
    learning_rate: float
    model: Model
    best: Model

    def __repr__(self) -> str:
        title, *facts = self._about()
        return f"<byhand.{title}: {', '.join(facts)}>"

    def _repr_html_(self) -> str:
        """Return what the first units look for now, for a notebook."""
        from byhand.images.showing import records

        return records.epoch(self._about(), self.model.first_weights, self.model.image_shape)

    def _about(self) -> list[str]:
        """Return what there is to say of it in short."""
        judged = [] if self.accuracy is None else [f"{100 * self.accuracy:.2f} % of the validation images read right"]
        return [f"Epoch {self.number}", f"loss {self.loss:.4g}", *judged, f"{self.seconds:.1f} s"]


def judged(model: Model, split: Samples) -> tuple[float, float]:
    """Return the share of images that a model reads right, and its mean loss in nats."""
    if isinstance(split, Table):
        probabilities = probabilities_of(model.theta, model.sizes, model.activation, split.features)
    else:
        probabilities = model.predict_proba(split.images)
    accuracy = float((probabilities.argmax(axis=1) == split.labels).mean())
    return accuracy, mean_cross_entropy(probabilities, split.labels)


def mean_cross_entropy(probabilities: Floats, labels: Bytes) -> float:
    """Return the mean loss in nats of probabilities (n, classes) by labels (n,); none is taken for less than 1e-38."""
    of_label = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(of_label, np.finfo(np.float32).tiny)).mean(dtype=np.float64))


class Diverged(ByhandError):  # noqa: N818  # It is no mistake of the program.
    """The loss stopped being a finite number; `suggested` is a learning rate that should do better."""

    def __init__(self, epoch: int, learning_rate: float, suggested: float) -> None:
        super().__init__(
            f"the loss became infinite in epoch {epoch}: the learning rate {learning_rate:g} is too high. "
            f"Try `learning_rate` {suggested:.1g}."
        )
        self.args = self.epoch, self.learning_rate, self.suggested = epoch, learning_rate, suggested
