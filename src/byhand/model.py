"""A trained network together with all that is needed to use it, in memory and in a file."""

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from byhand import machine
from byhand.compiled.reader import CompiledModel, reader
from byhand.data.forms import known
from byhand.data.inputs import Images, as_rows, to_unit
from byhand.errors import ByhandError, UsageError
from byhand.files import as_path, kind_of, meant, refuse_address, write_atomically
from byhand.images import OLDER, PREPROCESSING
from byhand.images.showing import texts
from byhand.labels import check_classes
from byhand.network import ACTIVATIONS, forward, layers, n_parameters, softmax
from byhand.sealing.facts import ModelFacts
from byhand.sealing.sealed import Kind, readable, sealed, stating, unsealed
from byhand.types import Floats, Json

FILE_NAME = "model.safetensors"  # in the folder of a run
SHIPPED = Path(__file__).parent / "reader.safetensors"  # made by `make model`
# Written when a checksum did not yet cover types and shapes; there is one array, and the sizes tell its shape.
_KIND = Kind(
    "model file", 1, "Train again or fetch it again.", ModelFacts, 2**20, seals_shapes=False, arrays=("theta",)
)
UNCALIBRATED = 0.5  # the threshold where none was found on data
CHUNK = 1000  # Images per pass: enough for the matrix product, few enough for the cache.


@dataclass(frozen=True, eq=False)
class Model:
    """A network that can be used.

    Attributes
    ----------
    sizes
        Units of each layer, input and output included, such as (784, 128, 64, 10).
    activation
        Name of the hidden layers' function, one of `network.ACTIVATIONS`.
    theta
        (n_parameters,) float32, read-only: all weights and biases; `network.layers` cuts it up.
    classes
        The name of each output.
    image_shape
        (height, width) of the images it takes.
    preprocessing
        Name of how images became inputs.
    details
        Where it comes from, as JSON: version, recipe, data, scores.
    """

    sizes: tuple[int, ...]
    activation: str
    theta: Floats
    classes: tuple[str, ...]
    image_shape: tuple[int, int] = (28, 28)
    preprocessing: str = PREPROCESSING
    details: Mapping[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes, height_width = self.sizes, self.image_shape
        if not all(isinstance(size, int) for size in (*sizes, *height_width)) or len(height_width) != 2:
            raise ByhandError(f"sizes {sizes} and image shape {height_width} must be whole numbers, the shape two.")
        if len(sizes) < 2 or min(*sizes, *height_width) < 1 or sizes[0] != height_width[0] * height_width[1]:
            raise ByhandError(f"sizes {sizes} do not fit images of {height_width[0]}×{height_width[1]} pixels.")
        machine.check_size(n_parameters(sizes))
        check_classes(self.classes)
        if sizes[-1] != len(self.classes):
            raise ByhandError(f"{sizes[-1]} outputs do not fit {len(self.classes)} class names.")
        if self.activation not in ACTIVATIONS or self.preprocessing not in (PREPROCESSING, *OLDER):
            unknown = f"activation {self.activation!r} or preprocessing {self.preprocessing!r}"
            raise ByhandError(f"{unknown} is unknown to this byhand; a newer one may know it.")
        if self.theta.dtype != np.float32 or self.theta.shape != (n_parameters(sizes),):
            found = f"{self.theta.dtype} of shape {self.theta.shape}"
            raise ByhandError(f"sizes {sizes} take {n_parameters(sizes):,} float32 parameters, not {found}.")
        if not np.isfinite(self.theta).all():
            raise ByhandError("some parameters are not finite numbers.")
        theta = self.theta.copy()
        theta.flags.writeable = False
        object.__setattr__(self, "theta", theta)

    def __repr__(self) -> str:
        return f"<byhand.Model {', '.join(self._about())}>"

    def _repr_html_(self) -> str:
        """Return the layers, and the weights of the first one as images, for a notebook."""
        from byhand.images.showing import records

        return records.model(self._about(), self.sizes, self.activation, self.first_weights, self.image_shape)

    @property
    def first_weights(self) -> Floats:
        """(pixels, units): what ink adds to the sum of each unit that sees the image, or takes from it."""
        return layers(self.theta, self.sizes)[0][0]

    def _about(self) -> list[str]:
        """Return what there is to say of it in short."""
        return texts.network(self.sizes, self.activation, self.classes, self.details.get("scores"))

    def __reduce__(self) -> tuple[object, ...]:
        """Go to other processes, and into copies, by way of the constructor: what arrives is read-only, too."""
        return Model, tuple(getattr(self, entry.name) for entry in fields(self))

    @property
    def threshold(self) -> float:
        """The probability, 0…1, below which an answer should not be believed; 0.5 if it was never calibrated."""
        calibration = self.details.get("calibration")
        threshold = calibration.get("threshold") if isinstance(calibration, Mapping) else None
        return float(threshold) if isinstance(threshold, int | float) else UNCALIBRATED

    def predict_proba(self, images: Images) -> Floats:
        """Return the probability of every class.

        Parameters
        ----------
        images
            White ink on black: (n, height, width) or (n, pixels), or one image without n; also with one channel, before
            height or after width. Whole numbers in 0…255, floats in 0…1, or bool, in whatever NumPy makes an array of.

        Returns
        -------
        array
            (n, classes) float32, or (classes,) for one image; every row sums to 1.

        Raises
        ------
        UsageError
            If the shape, type or range is another one, or the parameters are so large that their sums overflow.
        """
        rows, single = as_rows(images, self.image_shape)
        probabilities = np.empty((len(rows), self.sizes[-1]), np.float32)
        with np.errstate(over="ignore", invalid="ignore"), machine.linear_algebra():
            for start in range(0, len(rows), CHUNK):
                x = to_unit(rows[start : start + CHUNK])
                probabilities[start : start + CHUNK] = softmax(forward(self.theta, self.sizes, self.activation, x)[1])
        if not np.isfinite(probabilities).all():
            raise UsageError("the model's parameters are so large that what comes of them is no number.")
        return probabilities[0] if single else probabilities

    def compile(self) -> CompiledModel:
        """Return a reader whose `predict_proba` of uint8 images, one or many, is several times faster.

        Returns
        -------
        CompiledModel
            With the model's `classes`, `image_shape` and `threshold`. To load the loops takes half a second; to compile
            them, on their first use on a machine, about nine. Without Numba it is as fast as the model.
        """
        if not machine.has_numba():
            return CompiledModel(self, None)
        return CompiledModel(self, reader(self.theta, self.sizes, self.activation))

    def stream(self, images: Iterable[Images]) -> Iterator[Floats]:
        """Yield the probabilities of image after image, however many, in constant memory.

        Parameters
        ----------
        images
            Single images, as for `predict_proba`; a thousand at a time are taken from what yields them.

        Yields
        ------
        array
            (classes,) float32, which sum to 1.

        Raises
        ------
        UsageError
            When an image does not fit.
        """
        remaining = iter(images)
        while chunk := list(itertools.islice(remaining, CHUNK)):
            if len({np.shape(image) for image in chunk}) > 1:
                raise UsageError("the images of a stream must all have the same shape.")
            yield from self.predict_proba(cast("Images", np.stack(chunk)))

    def predict(self, images: Images) -> NDArray[np.intp]:
        """Return the most probable class.

        Parameters
        ----------
        images
            As for `predict_proba`, which refuses the same.

        Returns
        -------
        array
            (n,) integers, or () for one image: positions in `classes`.
        """
        return np.asarray(self.predict_proba(images).argmax(axis=-1))

    def activations(self, images: Images) -> list[Floats]:
        """Return what every layer puts out.

        Parameters
        ----------
        images
            As for `predict_proba`.

        Returns
        -------
        list of arrays
            The inputs (n, pixels) in 0…1, each hidden layer (n, units), and the probabilities (n, classes); without the
            first axis for one image. All float32.

        Raises
        ------
        UsageError
            As `predict_proba`.
        """
        rows, single = as_rows(images, self.image_shape)
        inputs, logits = forward(self.theta, self.sizes, self.activation, to_unit(rows))
        outputs = [*inputs, softmax(logits)]
        return [output[0] if single else output for output in outputs]

    def save(self, path: str | Path) -> None:
        """Write the model as a safetensors file, in one step; see `to_bytes`.

        Parameters
        ----------
        path
            The file to write, in a folder that exists.

        Raises
        ------
        ByhandError
            If the file cannot be written, or not be read again; an older one is then still there.
        """
        write_atomically(as_path(path, "the file to write"), self.to_bytes())

    def to_bytes(self) -> bytes:
        """Return the content of the model's file; equal models give equal files.

        Returns
        -------
        bytes
            In the safetensors format. The one tensor is `theta`, in float16 where that holds every parameter exactly;
            the rest stands as JSON in the metadata, with a SHA-256 over everything.
        """
        facts = readable(_KIND, {name: getattr(self, name) for name in ModelFacts.__annotations__})
        with np.errstate(over="ignore"):
            half = self.theta.astype(np.float16)
        return sealed(_KIND, {"theta": half if np.array_equal(half, self.theta) else self.theta}, facts)

    @classmethod
    def load(cls, path: str | Path = SHIPPED) -> "Model":
        """Read a model from a file that `save` wrote, or from the folder of a run. Nothing in it is ever run.

        Parameters
        ----------
        path
            The file or folder; the model that comes with byhand by default.

        Raises
        ------
        ByhandError
            If the file is missing, damaged, not of byhand, of a newer byhand, or was changed; the message names it.
        """
        path = find_model(as_path(path, "the file of a model, or the folder of a run"))
        refuse_address(path)
        if kind_of(path) != "file":
            raise ByhandError(f"{path}: there is no such file.{meant(path)} {_how_to_have_one(path)}")
        arrays, facts = unsealed(_KIND, path)
        with stating(_KIND, path):  # JSON knows no tuples.
            facts |= {name: tuple(facts[name]) for name in ("sizes", "classes", "image_shape")}  # type: ignore[arg-type]
            facts["classes"] = known.named(facts["classes"], facts["details"])  # type: ignore[arg-type]
            theta = arrays["theta"]
            exact = theta.astype(np.float32) if theta.dtype == np.float16 else theta
            return cls(theta=cast("Floats", exact), **facts)  # type: ignore[arg-type]


def find_model(path: Path) -> Path:
    """Return the model file that `path` means: itself, or the one in the folder of a run."""
    return path / FILE_NAME if kind_of(path) == "folder" else path


def _how_to_have_one(path: Path) -> str:
    """Return the sentence that says where a model is to be had that is not at a path, such as in a folder of seeds."""
    if path.name != FILE_NAME or kind_of(path.parent) != "folder":
        return "`byhand train` makes one."
    if below := sorted(path.parent.glob(f"*/{FILE_NAME}")):
        return f"There is one in {below[0].parent}."
    return "`byhand train` makes one when it ends."


AnyModel: TypeAlias = Model | CompiledModel


def as_model(given: object) -> AnyModel:
    """Return a model as it is, and the model of an epoch, in a file or in the folder of a run; of None the shipped one.

    Raises
    ------
    UsageError
        If it is something else.
    """
    if isinstance(given, Model | CompiledModel):
        return given
    if isinstance(of_epoch := getattr(given, "model", None), Model):
        return of_epoch
    if given is None:
        return Model.load()
    if isinstance(given, str | os.PathLike):
        return Model.load(Path(given))
    raise UsageError(
        f"{type(given).__name__} is no model: give a byhand.Model, its file or the folder of a run.", "model"
    )
