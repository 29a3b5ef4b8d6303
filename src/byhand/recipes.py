"""Every choice of a training in one frozen record, with its default, its help and its check.

The command line's options, the run file and the model's provenance are made from these fields: a new choice is one new
field here.
"""

import math
from dataclasses import dataclass, field, fields
from typing import Literal, NoReturn, get_args, get_origin, get_type_hints

from byhand.errors import UsageError

# The learning rate for one image a step, and the highest. Between them it grows with the batch size (the linear scaling
# rule: Goyal et al. 2017, arXiv:1706.02677). Chosen on a validation split by benchmarks/choose_rate.py.
_RATES = {"sgd": (0.01, 0.4), "momentum": (0.001, 0.08), "adam": (0.0002, 0.004)}


def parse_layers(text: str) -> tuple[int, ...]:
    """Read hidden layer sizes such as "128,64"; "none" is a network without hidden layers.

    Raises
    ------
    UsageError
        If the text is anything else.
    """
    if text.strip().lower() == "none":
        return ()
    try:
        return tuple(int(size) for size in text.split(","))
    except ValueError:
        raise UsageError(
            f'layers (--layers): "{text}" is not a list of sizes. Write them with commas, such as 128,64; '
            "none is a network without hidden layers."
        ) from None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Every choice of a training.

    Raises
    ------
    UsageError
        If a value cannot be used; the message names the field.
    """

    layers: tuple[int, ...] = field(
        default=(128, 64),
        metadata={
            "help": "Units of each hidden layer, from input to output; or none.",
            "parse": parse_layers,
            "text": "128,64",
        },
    )
    activation: Literal["relu", "tanh", "sigmoid", "leaky_relu"] = field(
        default="relu", metadata={"help": "What a hidden unit does with its weighted sum."}
    )
    epochs: int = field(default=20, metadata={"help": "Passes through the training images."})
    batch_size: int = field(default=1, metadata={"help": "Images per step; 1 learns from every single image."})
    optimizer: Literal["sgd", "momentum", "adam"] = field(
        default="sgd", metadata={"help": "How the parameters move: plain gradient descent, with momentum, or Adam."}
    )
    learning_rate: float | None = field(
        default=None,
        metadata={"help": "Size of a step at the start (default: one that suits the optimizer and batch size)."},
    )
    schedule: Literal["constant", "linear", "cosine"] = field(
        default="linear", metadata={"help": "How the learning rate goes on: it stays, or falls to zero."}
    )
    validation: int = field(
        default=0, metadata={"help": "Training images to set aside, to judge every epoch by. They are not learned."}
    )
    limit: int | None = field(
        default=None, metadata={"help": "Learn from the first so many images only (default: all)."}
    )
    seed: int = field(default=0, metadata={"help": "Starting point of everything random."})
    engine: Literal["auto", "compiled", "numpy"] = field(default="auto", metadata={"help": "What does the arithmetic."})

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(type(self)).items():
            if get_origin(kind) is Literal and getattr(self, name) not in get_args(kind):
                _refuse(name, getattr(self, name), f"choose one of {', '.join(get_args(kind))}")
        if not isinstance(self.layers, tuple | list):
            _refuse("layers", self.layers, "it must be a tuple of sizes, such as (128, 64)")
        object.__setattr__(self, "layers", tuple(self.layers))
        for size in self.layers:
            _check_integer("layers", size, 1)
        _check_integer("epochs", self.epochs, 1)
        _check_integer("batch_size", self.batch_size, 1)
        _check_integer("validation", self.validation, 0)
        _check_integer("seed", self.seed, 0)
        if self.limit is not None:
            _check_integer("limit", self.limit, 1)
        rate = self.learning_rate
        if rate is not None and not (isinstance(rate, int | float) and math.isfinite(rate) and rate > 0):
            _refuse("learning_rate", rate, "it must be a number above zero, such as 0.01")

    @property
    def default_rate(self) -> float:
        """The learning rate that suits the optimizer and batch size."""
        rate, highest = _RATES[self.optimizer]
        return min(rate * self.batch_size, highest)

    @property
    def starting_rate(self) -> float:
        """The learning rate at the start: the one asked for, or else the default."""
        return self.default_rate if self.learning_rate is None else self.learning_rate

    def to_dict(self) -> dict[str, str | int | float | list[int] | None]:
        """Return the fields by name as JSON and TOML can hold them, with the learning rate in numbers."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return values | {"layers": list(self.layers), "learning_rate": self.starting_rate}


def _refuse(name: str, value: object, advice: str) -> NoReturn:
    """Raise the error for a field's value, named as the command line's option too."""
    raise UsageError(f"{name} (--{name.replace('_', '-')}): {value!r} cannot be used; {advice}.")


def _check_integer(name: str, value: object, least: int) -> None:
    """Refuse what is not a whole number of at least `least`."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        _refuse(name, value, f"it must be a whole number of at least {least}")
