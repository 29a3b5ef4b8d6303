"""What a foreign network does to its inputs, step by step, brought into the one form that a `Model` has.

Whatever is affine between two activations, scaling, centring, normalization, a product with weights, is one product and
one sum: so it is folded, in float64 and without loss, into the weights and bias of a layer.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from byhand import machine
from byhand.data.inputs import likely_shape
from byhand.errors import ByhandError, UsageError, refuse
from byhand.files import as_path, kind_of, meant, refuse_address
from byhand.images import PREPROCESSING
from byhand.labels import as_classes, name_of
from byhand.model import Model
from byhand.types import Json

Doubles: TypeAlias = NDArray[np.float64]
GREY = 255.0  # what full ink is in grey levels
SMALL = 1 / 40  # Of grey levels 0…255, standard deviations of pixels are larger; of 0…1 and 0…16, never.


class ForeignError(Exception):
    """What a network has that no model can have, in words that go on after its file's name."""


@dataclass(frozen=True)
class Chain:
    """Some steps of a network.

    Attributes
    ----------
    weights
        What the numbers since the last activation, or the inputs, are multiplied by: (n_in, n_out), or (n,) if each by
        one of its own.
    bias
        (n_out,) what is added then.
    layers
        Weights and bias of each layer that is whole, with an activation after it.
    activations
        The names of these.
    unit
        What an input in the middle is multiplied by before the first weights.
    """

    weights: Doubles
    bias: Doubles
    layers: tuple[tuple[Doubles, Doubles], ...] = ()
    activations: tuple[str, ...] = ()
    unit: float = 1.0

    @property
    def white(self) -> float:
        """What full ink is in its inputs: 1, unless it makes them so small at once that they must be grey levels."""
        return GREY if self.unit < SMALL else 1.0

    @property
    def inputs(self) -> int:
        """How many numbers it takes."""
        return len(self.layers[0][0] if self.layers else self.weights)

    def scaled(self, factor: Doubles | float, shift: Doubles | float = 0.0) -> "Chain":
        """Multiply each number by one of (n,) factors, or by the same, and add to it."""
        if not {np.shape(factor), np.shape(shift)} <= {(), (1,), self.bias.shape}:
            raise ForeignError(f"scales of {np.shape(factor)} and {np.shape(shift)} follow {len(self.bias)} numbers")
        return replace(self, weights=self.weights * factor, bias=self.bias * factor + shift)

    def times(self, weights: NDArray[np.generic], bias: NDArray[np.floating] | float = 0.0) -> "Chain":
        """Multiply by weights (n_in, n_out) and add a bias."""
        shape = weights.shape
        if len(shape) != 2 or shape[0] != len(self.bias) or np.shape(bias) not in ((), shape[1:]):
            sizes = "×".join(map(str, shape))
            raise ForeignError(f"weights of {sizes} and bias of {np.shape(bias)} follow {len(self.bias)} numbers")
        machine.check_size(max(len(self.weights), shape[0]) * shape[1])
        w = weights.astype(np.float64)
        is_first = self.weights.ndim == 1 and not self.layers
        unit = float(np.median(np.abs(self.weights))) if is_first else self.unit
        product = self.weights[:, None] * w if self.weights.ndim == 1 else self.weights @ w
        return replace(self, weights=product, bias=self.bias @ w + bias, unit=unit)

    def activated(self, name: str) -> "Chain":
        """End a layer with an activation."""
        if self.weights.ndim == 1:
            raise ForeignError(f"an activation, {name}, follows no layer")
        layers, n = (*self.layers, (self.weights, self.bias)), len(self.bias)
        machine.check_size(sum(w.size for w, _ in layers))
        return Chain(np.ones(n), np.zeros(n), layers, (*self.activations, name), self.unit)

    @property
    def is_sigmoid(self) -> bool:
        """Whether it ends with the sigmoid of a single number, which is the probability of one class of two."""
        return self.activations[-1:] == ("sigmoid",) and self.weights.shape == (1,)

    def doubled(self) -> "Chain":
        """Return two numbers for that one, whose softmax gives both classes: σ(z) = exp(z) / (exp(0) + exp(z))."""
        *layers, (w, b) = self.layers
        none = np.zeros_like(w)
        pair = np.hstack([none, w]), np.concatenate([np.zeros(1), b])
        return Chain(*pair, tuple(layers), self.activations[:-1], self.unit)


def checked_file(source: object, names: str) -> Path:
    """Return the path of a file that is there; `names` says what it has to be.

    Raises
    ------
    ByhandError
        If there is none.
    """
    path = as_path(source, names)
    refuse_address(path)
    if kind_of(path) in ("nothing", "folder"):
        none = f"there is no such file.{meant(path)}"
        raise ByhandError(f"{path}: {none if kind_of(path) == 'nothing' else 'is a folder; name a file in it.'}")
    return path


def inputs(count: int) -> Chain:
    """Return the chain of so many inputs, with which nothing is done yet."""
    machine.check_size(count)
    return Chain(np.ones(count), np.zeros(count))


def class_named(thing: object, library: str) -> str:
    """Return the name of the class that something is of in a library, or else that of its own class."""
    every = type(thing).__mro__
    return next((each.__name__ for each in every if each.__module__.startswith(library)), every[0].__name__)


def activation_named(name: str) -> str:
    """Return byhand's name of an activation that other tools call by this one."""
    known = {"relu": "relu", "tanh": "tanh", "sigmoid": "sigmoid", "logistic": "sigmoid", "leakyrelu": "leaky_relu"}
    if name.lower() not in known:
        raise ForeignError(f"its activation is {name}; byhand's are relu, leaky_relu, tanh and sigmoid")
    return known[name.lower()]


def leaky(slope: float) -> str:
    """Return the name of a leaky ReLU; refuse a slope that is not byhand's."""
    if not math.isclose(slope, 0.01, rel_tol=1e-6):
        raise ForeignError(f"its leaky ReLU has the slope {slope:g}; byhand's has 0.01")
    return "leaky_relu"


@dataclass(frozen=True)
class Wishes:
    """What is said of a network that its file may not tell.

    Attributes
    ----------
    white
        What full ink is in its inputs, such as 1, 16 or 255; None for what the file lets one think, else 1.
    mean, std
        What was taken from its inputs, and by what they were divided then, before it got them.
    classes
        The names of its outputs.
    """

    white: float | None = None
    mean: float = 0.0
    std: float = 1.0
    classes: Sequence[str] | None = None

    def __post_init__(self) -> None:
        for name in ("white", "mean", "std"):
            value = getattr(self, name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            if not (is_number or (name == "white" and value is None)):
                refuse(value, "it must be a number.", name)
        if self.std <= 0 or (self.white is not None and self.white <= 0):
            raise UsageError("must be above 0.", "std" if self.std <= 0 else "white")


AS_TOLD = Wishes()


@dataclass(frozen=True)
class Found:
    """A network that was found, and what its file tells of it."""

    chain: Chain
    white: float = 1.0
    classes: Sequence[object] | None = None
    image_shape: tuple[int, int] | None = None
    known: "dict[str, Json] | None" = None  # the facts of a model that byhand itself has exported


def _model(found: Found, wishes: Wishes, imported: "dict[str, Json]") -> Model:
    """Return the model that a network is; raise what no model can have."""
    if found.chain.weights.ndim == 1:
        raise ForeignError("it ends with an activation, where byhand has a layer and softmax")
    if len(found.chain.bias) == 1:
        raise ForeignError(
            "it has a single output, where byhand has one for each class; if that is the logit of the second of "
            "two, let a sigmoid follow it"
        )
    activations = sorted(set(found.chain.activations))
    if len(activations) > 1:
        raise ForeignError(f"its hidden layers have several activations, {', '.join(activations)}; byhand's have one")
    known = found.known or {}
    white = found.white if wishes.white is None else wishes.white
    (w, b), *others = [*found.chain.layers, (found.chain.weights, found.chain.bias)]
    every = [(w * (white / wishes.std), b - w.sum(axis=0) * (wishes.mean / wishes.std)), *others]
    return Model(
        sizes=(len(w), *(len(c) for _, c in every)),
        activation=activations[0] if activations else "relu",
        theta=np.concatenate([part.ravel() for layer in every for part in layer]).astype(np.float32),
        classes=_classes(found.classes, wishes.classes, len(found.chain.bias)),
        image_shape=found.image_shape or likely_shape(len(w)),
        preprocessing=str(known.get("preprocessing", PREPROCESSING)),
        details=known.get("details") or {"byhand": version("byhand"), "imported": {**imported, "white": white}},  # type: ignore[arg-type]
    )


def _classes(told: Sequence[object] | None, wished: Sequence[str] | None, outputs: int) -> tuple[str, ...]:
    """Return the names of classes as texts: those that are wished, or else told, or else numbers from 0 on."""
    names: Sequence[object] = wished if wished is not None else range(outputs) if told is None else told
    if len(names) != outputs:
        if wished is None:
            raise ForeignError(f"it names {len(names)} classes, and has {outputs} outputs")
        raise UsageError(f"{len(names)} names do not fit {outputs} outputs.", "classes")
    return as_classes(map(name_of, names))


def modelled(place: object, find: Callable[[], Found], wishes: Wishes, imported: "dict[str, Json]") -> Model:
    """Return the model that a network is, wherever it was found.

    Raises
    ------
    ByhandError
        If no model can be the same, or it does not fit what is wished; the message names the place.
    """
    try:
        with np.errstate(all="ignore"):  # What is not finite, the model refuses.
            return _model(find(), wishes, imported)
    except UsageError:
        raise
    except ForeignError as error:
        raise ByhandError(f"{place}: cannot be a model of byhand: {error}.") from error
    except ByhandError as error:
        raise error.within(place) from error
