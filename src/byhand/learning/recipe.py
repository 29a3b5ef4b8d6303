"""Every choice of a training in one frozen record, with its default, its help and its check.

The command line's options, the run file and the model's provenance are made from these fields: a new choice is one new
field here.
"""

import math
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from types import NoneType, UnionType
from typing import Literal, NoReturn, TypeVar, get_args, get_origin, get_type_hints

from byhand.errors import UsageError, did_you_mean, refuse, shortened
from byhand.learning.class_weights import as_written, checked, parse_class_weight
from byhand.learning.named import by_name

T = TypeVar("T")

LARGEST = 10**9  # Of a number that needs no other bound: what is more is a slip of the keys, and might overflow.
FEW = 100  # A highest value up to this is told with the lowest, whatever is wrong.
MOST_LAYERS, MOST_UNITS = 100, 10**7

_SIZES = re.compile(r"\s*[\[(]?\s*[0-9]+((\s*[,x×-]\s*|\s+)[0-9]+)*\s*[\])]?\s*", re.IGNORECASE)

FOR_TORCH = ("device", "precision")  # What counts for that engine alone.
ANEW = "Drawing every image anew in every epoch"

# The learning rate for one image a step, and the highest. Between them it grows with the batch size (the linear scaling
# rule: Goyal et al. 2017, arXiv:1706.02677). Chosen on a validation split by benchmarks/choose_rate.py.
RATES = {
    "sgd": (0.01, 0.4),
    "momentum": (0.001, 0.08),
    "nesterov": (0.001, 0.08),
    "adam": (0.0002, 0.004),
    "adamw": (0.0002, 0.004),
}


def parse_layers(text: str) -> tuple[int, ...]:
    """Read hidden layer sizes such as "128,64", "128-64" or "[128, 64]"; "none" is a network without hidden layers.

    Raises
    ------
    UsageError
        If the text is anything else.
    """
    if text.strip().lower() == "none":
        return ()
    sizes = re.findall("[0-9]+", text)
    if not _SIZES.fullmatch(text) or max(map(len, sizes)) > len(str(LARGEST)):
        raise UsageError(
            f'"{shortened(text)}" is not a list of sizes. Write them with commas, such as 128,64; '
            "none is a network without hidden layers.",
            "layers",
        )
    return tuple(map(int, sizes))


def _choice(
    default: T,
    explanation: str,
    *,
    least: int = 0,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
    parse: Callable[[str], T] | None = None,
    metavar: str = "",
    begins: str | None = None,
) -> T:
    """Declare a field: its default, what the command line says of it, its bounds, and how it is read from text.

    `begins` is the title of the group of options that begins with it.
    """
    most = LARGEST if most is None and below is None else most
    bounds = {"above": above, "most": most, "below": below}
    metadata = {
        "help": explanation,
        "least": least,
        "most": most,
        "bounds": bounds,
        "metavar": metavar,
        "begins": begins,
    }
    metadata |= {"parse": parse} if parse else {}
    return field(default=default, metadata=metadata)


@by_name
@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Every choice of a training, with its default.

    It stays as it is; `dataclasses.replace(recipe, epochs=3)` makes another.

    Raises
    ------
    UsageError
        If a value cannot be used; the message names the field.
    """

    layers: tuple[int, ...] = _choice(
        (128, 64),
        "Units of each hidden layer, from input to output; or none.",
        parse=parse_layers,
        metavar="SIZES",
        begins="The network",
    )
    activation: Literal["relu", "tanh", "sigmoid", "leaky_relu"] = _choice(
        "relu", "What a hidden unit does with its weighted sum."
    )
    epochs: int = _choice(20, "Passes through the training images.", least=1, most=50_000, begins="How it learns")
    batch_size: int = _choice(1, "Images per step; 1 learns from every single image.", least=1)
    optimizer: Literal["sgd", "momentum", "nesterov", "adam", "adamw"] = _choice(
        "sgd", "How the parameters move: plain gradient descent, with momentum, or by the gradient's own scale (adam)."
    )
    learning_rate: float | None = _choice(
        None, "Highest size of a step (default: one that suits the optimizer and batch size).", above=0, most=1e30
    )
    schedule: Literal["constant", "linear", "cosine", "step"] = _choice(
        "linear", "How the learning rate goes on: it stays, falls to zero, or falls to a tenth, twice."
    )
    warmup: float = _choice(0.0, "Share of the training in which the rate first rises from zero, 0 to 1.", below=1)
    weight_decay: float = _choice(0.01, "For adamw: how strongly all parameters are pulled to zero.")
    average: float = _choice(
        0.0, "Keep a moving average of the parameters, with this factor a step, such as 0.999; 0 keeps none.", below=1
    )
    label_smoothing: float = _choice(0.0, "Share of every label that is spread over all classes, 0 to 1.", below=1)
    adversarial: float = _choice(
        0.0, "Before learning, move every pixel by so much, 0 to 1, to where it misleads the network most.", most=1
    )
    class_weight: Literal["balanced"] | tuple[tuple[str, float], ...] | None = _choice(
        None,
        "How much images of a class count: balanced lets rare classes count as much as frequent ones; or weights by "
        "name, such as 7=2,1=0.5.",
        parse=parse_class_weight,
        metavar="WEIGHTS",
    )
    rotation: float = _choice(0.0, "Turn every image by up to so many degrees.", most=180, begins=ANEW)
    scale: float = _choice(0.0, "Make every image taller and wider, or less, by up to this share.", below=1)
    shear: float = _choice(0.0, "Slant every image by up to this share of its height.", most=1)
    shift: float = _choice(0.0, "Move every image by up to so many pixels.", most=100)
    elastic: float = _choice(0.0, "Bend every image, by so many pixels (standard deviation).", most=100)
    thickness: float = _choice(0.0, "Move the edges of all strokes in or out, by up to this share of a pixel.", most=1)
    strangers: float = _choice(
        0.0,
        "Learn to be unsure of letters, scribbles and blots: so many such images for each image of the data.",
        most=1,
        begins="The images",
    )
    hands: float = _choice(
        0.0,
        "Learn digits in hands of other countries, drawn by byhand, too: so many for each image of the data.",
        most=4,
    )
    validation: int = _choice(
        0, "Training images to set aside, to judge every epoch by. They are not learned.", least=0
    )
    patience: int | None = _choice(
        None, "Stop after so many epochs without a better one on the validation images, and keep the best.", least=1
    )
    limit: int | None = _choice(None, "Learn from the first so many images only (default: all).", least=1)
    seed: int = _choice(0, "Starting point of everything random.", least=0, most=2**63 - 1, begins="The run")
    engine: Literal["auto", "compiled", "numpy", "torch"] = _choice(
        "auto", "What does the arithmetic; torch is PyTorch, on a GPU if there is one."
    )
    device: Literal["auto", "cuda", "mps", "cpu"] = _choice("auto", "For engine torch: where it does it.")
    precision: Literal["float32", "bf16"] = _choice(
        "float32",
        "For engine torch: how exact its matrix products are; bf16 has 3 digits, and may be quicker.",
    )

    def __post_init__(self) -> None:
        for entry in fields(self):
            object.__setattr__(self, entry.name, _plain(getattr(self, entry.name)))
        for entry, kind in zip(fields(self), get_type_hints(type(self)).values(), strict=True):
            value = getattr(self, entry.name)
            if get_origin(kind) is Literal and value not in get_args(kind):
                refuse_choice(value, get_args(kind), entry.name)
            kinds = get_args(kind) if get_origin(kind) is UnionType else (kind,)
            if value is None and NoneType in kinds:
                continue
            if int in kinds:
                check_integer(entry.name, value, entry.metadata["least"], entry.metadata["most"])
            elif float in kinds:
                check_number(entry.name, value, **entry.metadata["bounds"])
        self._check_layers()
        if self.class_weight is not None:
            object.__setattr__(self, "class_weight", checked(self.class_weight))
        self._check_engine()
        if self.patience is not None and not self.validation:
            refuse(self.patience, "it needs images to judge by: `validation` 10000, say.", "patience")

    def __repr__(self) -> str:
        values = ((entry, getattr(self, entry.name)) for entry in fields(self))
        chosen = ", ".join(f"{entry.name}={value!r}" for entry, value in values if value != entry.default)
        return f"byhand.Recipe({chosen})"

    def _repr_html_(self) -> str:
        """Return the choices that differ from their defaults, for a notebook."""
        from byhand.images.showing import records

        return records.choices("Recipe", self)

    def _check_engine(self) -> None:
        """Refuse what only another engine can do."""
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.name in FOR_TORCH and value != entry.default and self.engine != "torch":
                refuse(value, "it counts with `engine` torch alone.", entry.name)

    def _check_layers(self) -> None:
        """Refuse what are no sizes of hidden layers."""
        given: object = self.layers
        if isinstance(given, str):
            with suppress(UsageError):  # It is refused below, like all else that is no tuple.
                object.__setattr__(self, "layers", parse_layers(given))
        if not isinstance(self.layers, tuple | list | range):
            refuse(self.layers, "it must be a tuple of sizes, such as (128, 64), or (128,) of one layer.", "layers")
        object.__setattr__(self, "layers", tuple(map(_plain, self.layers)))
        if len(self.layers) > MOST_LAYERS:
            refuse(self.layers, f"there may be {MOST_LAYERS} hidden layers.", "layers")
        for size in self.layers:
            check_integer("layers", size, 1, MOST_UNITS)

    def sizes(self, n_inputs: int, n_classes: int) -> tuple[int, ...]:
        """Return the units of each layer of the network.

        Parameters
        ----------
        n_inputs
            Pixels of an image.
        n_classes
            How many classes there are.

        Returns
        -------
        tuple
            The units, input and output included, such as (784, 128, 64, 10).
        """
        return (n_inputs, *self.layers, n_classes)

    @property
    def default_rate(self) -> float:
        """The learning rate that suits the optimizer and batch size."""
        rate, highest = RATES[self.optimizer]
        return min(rate * self.batch_size, highest)

    @property
    def starting_rate(self) -> float:
        """The learning rate at the start: the one asked for, or else the default."""
        return self.default_rate if self.learning_rate is None else self.learning_rate

    def to_dict(self) -> dict[str, str | int | float | list[int] | dict[str, float] | None]:
        """Return the fields by name as JSON and TOML can hold them.

        Returns
        -------
        dict
            Strings, numbers and None; the layers as a list, class weights by name as a table, and the learning rate in
            numbers also where it was None. Where the engine is not torch, what counts for it alone is left out.
        """
        left_out = () if self.engine == "torch" else FOR_TORCH
        values = {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name not in left_out}
        written = {"layers": list(self.layers), "learning_rate": self.starting_rate}
        return values | written | {"class_weight": as_written(self.class_weight)}


def _plain(value: object) -> object:
    """Return a number or array of another library, such as `np.int64(3)`, as Python's own, and all else as it is."""
    if not hasattr(value, "shape"):
        return value
    try:
        return value.item() if value.shape == () else value.tolist()  # type: ignore[attr-defined]
    except Exception:  # Whatever it is, it is none of these, and will be refused.
        return value


def refuse_choice(value: object, choices: Sequence[str], *name: str) -> NoReturn:
    """Raise the error for what is none of some words, which may stand in a field."""
    near = did_you_mean(value, choices) if isinstance(value, str) else ""
    refuse(value, f"choose one of {', '.join(choices)}.{near}", *name)


def _rewritten(value: object, sound: str, *, is_whole: bool = False) -> str:
    """Return how a text could have been meant as a number, as a sentence; nothing if it could not."""
    text = value.strip() if isinstance(value, str) else ""
    if re.fullmatch(sound, text):
        return " Write it without quotes."
    if re.fullmatch(r"[0-9]{1,3}([,.' ][0-9]{3})+", text):
        return f" Write it without separators: {re.sub('[^0-9]', '', text)}."
    if re.fullmatch(r"[0-9]*,[0-9]+", text) and not is_whole:
        return f" Write it with a point: {text.replace(',', '.')}."
    if re.fullmatch(r"[0-9.,]+ ?%", text):
        return " A share is a number from 0 to 1: 10 % are 0.1."
    return " Write it in the digits 0 to 9." if text.isnumeric() and not text.isascii() else ""


def check_number(name: str, value: object, above: float | None, most: float | None, below: float | None) -> None:
    """Refuse what is not a finite number within the bounds; the lowest is 0 if `above` is None."""
    if (
        not isinstance(value, int | float)
        or isinstance(value, bool)
        or (isinstance(value, float) and not math.isfinite(value))
        or (value < 0 if above is None else value <= above)
        or (most is not None and value > most)
        or (below is not None and value >= below)
    ):
        ceiling = f" and at most {most:g}" if below is None else f" and below {below:g}"
        floor = "of at least 0" if above is None else f"above {above:g}"
        refuse(value, f"it must be a number {floor}{ceiling}.{_rewritten(value, '[0-9]*[.]?[0-9]+')}", name)


def check_integer(name: str, value: object, least: int, most: float) -> None:
    """Refuse what is not a whole number from `least` to `most`."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        is_told = most <= FEW or (isinstance(value, int) and value > most)
        meant = _rewritten(value, "[0-9]{1,9}", is_whole=True)
        refuse(
            value, f"it must be a whole number of at least {least}{f' and at most {most:,}' * is_told}.{meant}", name
        )
