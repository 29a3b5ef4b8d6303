"""A trained network together with all that is needed to use it, in memory and in a file."""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from byhand.errors import ByhandError, UsageError
from byhand.files import write_atomically
from byhand.images.prepare import OLDER, PREPROCESSING, to_inputs
from byhand.network import ACTIVATIONS, forward, n_parameters, softmax

FORMAT = 1
SHIPPED = Path(__file__).parent / "reader.safetensors"  # made by `make model`
UNCALIBRATED = 0.5  # the threshold where none was found on data
CHUNK = 1000  # Images per pass: enough for the matrix product, few enough for the cache.

Images: TypeAlias = NDArray[np.uint8] | NDArray[np.floating]
Json: TypeAlias = str | int | float | Sequence["Json"] | Mapping[str, "Json"] | None


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
    theta: NDArray[np.float32]
    classes: tuple[str, ...]
    image_shape: tuple[int, int] = (28, 28)
    preprocessing: str = PREPROCESSING
    details: Mapping[str, Json] = field(default_factory=dict)
    _read: Callable[[NDArray[np.uint8], NDArray[np.float32]], None] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        sizes, height_width = self.sizes, self.image_shape
        if not all(isinstance(size, int) for size in (*sizes, *height_width)) or len(height_width) != 2:
            raise ByhandError(f"sizes {sizes} and image shape {height_width} must be whole numbers, the shape two.")
        if len(sizes) < 2 or min(sizes) < 1 or sizes[0] != height_width[0] * height_width[1]:
            raise ByhandError(f"sizes {sizes} do not fit images of {height_width[0]}×{height_width[1]} pixels.")
        if len(set(self.classes)) < max(2, len(self.classes)):
            raise ByhandError(f"class names {self.classes} must be different, and two or more.")
        if sizes[-1] != len(self.classes):
            raise ByhandError(f"{sizes[-1]} outputs do not fit {len(self.classes)} class names.")
        if self.activation not in ACTIVATIONS or self.preprocessing not in (PREPROCESSING, *OLDER):
            raise ByhandError(
                f"activation {self.activation!r} or preprocessing {self.preprocessing!r} is unknown to this byhand; "
                "a newer one may know it."
            )
        if self.theta.dtype != np.float32 or self.theta.shape != (n_parameters(sizes),):
            raise ByhandError(
                f"sizes {sizes} take {n_parameters(sizes):,} float32 parameters, not {self.theta.dtype} of shape "
                f"{self.theta.shape}."
            )
        if not np.isfinite(self.theta).all():
            raise ByhandError("some parameters are not finite numbers.")
        theta = self.theta.copy()
        theta.flags.writeable = False
        object.__setattr__(self, "theta", theta)

    @property
    def threshold(self) -> float:
        """The probability, 0…1, below which an answer should not be believed; 0.5 if it was never calibrated."""
        calibration = self.details.get("calibration")
        threshold = calibration.get("threshold") if isinstance(calibration, Mapping) else None
        return float(threshold) if isinstance(threshold, int | float) else UNCALIBRATED

    def predict_proba(self, images: Images) -> NDArray[np.float32]:
        """Return the probability of every class.

        Parameters
        ----------
        images
            (n, height, width) or (n, pixels), or one image (height, width) or (pixels,); uint8, or floats in 0…1.
            White ink on black.

        Returns
        -------
        array
            (n, classes) float32, or (classes,) for one image; every row sums to 1.

        Raises
        ------
        UsageError
            If the shape, type or range is another one.
        """
        rows, single = self._rows(images)
        probabilities = np.empty((len(rows), self.sizes[-1]), np.float32)
        if self._read is not None and len(rows) == 1 and rows.dtype == np.uint8:
            self._read(cast("NDArray[np.uint8]", rows), probabilities)
            return probabilities[0] if single else probabilities
        for start in range(0, len(rows), CHUNK):
            x = _to_unit(rows[start : start + CHUNK])
            probabilities[start : start + CHUNK] = softmax(forward(self.theta, self.sizes, self.activation, x)[1])
        return probabilities[0] if single else probabilities

    def compile(self) -> None:
        """Make this model's `predict_proba` of one uint8 image several times faster from now on.

        Loads the compiled loops, in a third of a second; on their first use on a machine they are compiled, in about
        three. Without Numba nothing changes.
        """
        try:
            from byhand import kernels
        except ImportError:
            return
        sizes, kind = np.array(self.sizes), kernels.KINDS[self.activation]

        def read(rows: NDArray[np.uint8], probabilities: NDArray[np.float32]) -> None:
            rows = rows.view()
            rows.flags.writeable = False  # So that Numba sees, and compiles, one kind of array only.
            kernels.read(self.theta, sizes, kind, rows, probabilities)

        read(np.zeros((1, self.sizes[0]), np.uint8), np.empty((1, self.sizes[-1]), np.float32))
        object.__setattr__(self, "_read", read)

    def stream(self, images: Iterable[Images]) -> Iterator[NDArray[np.float32]]:
        """Return the probabilities (classes,) of image after image, however many, in constant memory.

        Parameters
        ----------
        images
            Single images, as for `predict_proba`, from any iterable; a thousand at a time are taken from it.

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
        """Return the position in `classes` of the most probable one, (n,) or () for one image; see `predict_proba`."""
        return np.asarray(self.predict_proba(images).argmax(axis=-1))

    def activations(self, images: Images) -> list[NDArray[np.float32]]:
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
        rows, single = self._rows(images)
        inputs, logits = forward(self.theta, self.sizes, self.activation, _to_unit(rows))
        outputs = [*inputs, softmax(logits)]
        return [output[0] if single else output for output in outputs]

    def save(self, path: str | Path) -> None:
        """Write the model as a safetensors file, in one step; see `to_bytes`.

        Raises
        ------
        ByhandError
            If the file cannot be written; an older one is then still there.
        """
        write_atomically(Path(path), self.to_bytes())

    def to_bytes(self) -> bytes:
        """Return the content of the model's file.

        The one tensor is `theta`; the rest stands as JSON in the metadata, with a SHA-256 over everything. Equal models
        give equal files.
        """
        from safetensors.numpy import save

        names = ("sizes", "activation", "classes", "image_shape", "preprocessing", "details")
        facts: dict[str, Json] = {name: getattr(self, name) for name in names} | {"format": FORMAT}
        text = json.dumps({"sha256": _digest(facts, self.theta), **facts}, sort_keys=True)
        return save({"theta": self.theta}, metadata={"byhand": text})

    @classmethod
    def load(cls, path: str | Path = SHIPPED) -> "Model":
        """Read a model from a file that `save` wrote, or the one that comes with byhand. Nothing in it is ever run.

        Raises
        ------
        ByhandError
            If the file is missing, damaged, not of byhand, of a newer byhand, or was changed; the message names it.
        """
        from safetensors import SafetensorError, safe_open

        try:
            if not Path(path).is_file():
                raise ByhandError("there is no such file. `byhand train` makes one.")
            with safe_open(path, framework="numpy") as file:
                text = (file.metadata() or {}).get("byhand")
                if text is None or list(file.keys()) != ["theta"]:
                    raise ByhandError("is a safetensors file, but not one that byhand wrote.")
                theta = file.get_tensor("theta")
            facts = json.loads(text)
            digest = facts.pop("sha256")
            if facts.pop("format") != FORMAT:
                raise ByhandError("was written by another version of byhand; use that one.")
            if digest != _digest(facts | {"format": FORMAT}, theta):
                raise ByhandError(
                    "was changed after it was written: its checksum differs. Train again or fetch it again."
                )
            facts |= {name: tuple(facts[name]) for name in ("sizes", "classes", "image_shape")}
            return cls(theta=theta, **facts)
        except (OSError, SafetensorError) as error:
            raise ByhandError(f"{path}: is not a sound model file ({error}). Train again or fetch it again.") from error
        except ByhandError as error:
            raise ByhandError(f"{path}: {error}") from error
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise ByhandError(f"{path}: its metadata lack or misstate something ({error}). Train again.") from error

    def _rows(self, images: Images) -> tuple[Images, bool]:
        """Return the images as rows (n, pixels), and whether it was a single one."""
        images, shape = cast("Images", np.asarray(images)), self.image_shape
        single = images.shape in (shape, (self.sizes[0],))
        if not single and images.shape[1:] not in (shape, (self.sizes[0],)):
            raise UsageError(
                f"images of shape {images.shape} do not fit: the model takes (n, {shape[0]}, {shape[1]}), "
                f"(n, {self.sizes[0]}) or one image without the n."
            )
        if images.dtype != np.uint8 and images.dtype.kind != "f":
            raise UsageError(f"images must be uint8, or floats in 0…1, not {images.dtype}.")
        return images.reshape(-1, self.sizes[0]), single


def _to_unit(rows: Images) -> NDArray[np.float32]:
    """Return rows of uint8, or of floats in 0…1, as the network's inputs."""
    if rows.dtype != np.uint8 and not ((rows >= 0) & (rows <= 1)).all():
        raise UsageError("float images must lie in 0…1, with no NaN; divide grey levels by 255, or pass uint8.")
    return to_inputs(cast("NDArray[np.uint8]", rows)) if rows.dtype == np.uint8 else np.asarray(rows, np.float32)


def _digest(facts: Mapping[str, Json], theta: NDArray[np.float32]) -> str:
    """Return the SHA-256 of everything a model file says."""
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    digest.update(theta.astype("<f4").tobytes())
    return digest.hexdigest()
