"""Labelled images, in memory or in their file, and parts of them."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

from byhand.data.disk.stored import AnyImages, Stored, chunks
from byhand.data.forms import values
from byhand.data.forms.found import listed
from byhand.data.sample_weights import SampleWeight, exact_weights
from byhand.errors import ByhandError, UsageError
from byhand.images.showing.texts import size, some_of
from byhand.labels import DIGITS, as_classes
from byhand.types import Bytes, Mask


@dataclass(frozen=True, eq=False)
class Split:
    """Labelled images; `len` tells how many, and `split[:100]` is a split of the first hundred.

    Whatever NumPy makes an array of can be given, such as lists, pandas Series or tensors, if nothing has to be
    rounded: images also as (n, pixels) of squares and with one channel, of integers 0…255 or of floats 0…255 or 0…1;
    labels also as class names, whole floats, a column, or rows with a single 1.

    Attributes
    ----------
    images
        (n, height, width) uint8, read-only; 0 is paper and 255 ink. Where they stay in their file, a map of it: it must
        stay as it is as long as this array is used.
    labels
        (n,) uint8, read-only: positions in `classes`.
    classes
        The name of each class.
    sample_weight
        (n,) float64, read-only: how much each image counts when it is learned, beside the others; 0 leaves it out. None
        where all count alike. Judging heeds no weights: there every image counts once.
    """

    images: Bytes
    labels: Bytes
    classes: tuple[str, ...] = DIGITS
    sample_weight: SampleWeight | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", as_classes(self.classes))
        given: object = self.images
        if isinstance(given, Stored):
            object.__setattr__(self, "_stored", given)
            object.__delattr__(self, "images")  # `__getattr__` makes it, if anybody asks
        else:
            object.__setattr__(self, "images", values.exact_images(given))
        object.__setattr__(self, "labels", values.exact_labels(self.labels, self.classes))
        if (count := len(self.source)) != len(self.labels):
            raise ByhandError(f"{count:,} images but {len(self.labels):,} labels: one of them is not whole.")
        if len(self.labels) and self.labels.max() >= len(self.classes):
            raise ByhandError(
                f"label {self.labels.max()} is outside the {len(self.classes)} classes (0 to {len(self.classes) - 1}). "
                "If there are more, name them, one a line, in a file classes.txt beside the images."
            )
        if self.sample_weight is not None:
            object.__setattr__(self, "sample_weight", exact_weights(self.sample_weight, len(self.labels)))
        for name in self.__dict__.keys() & {"images", "labels", "sample_weight"}:
            if (array := getattr(self, name)) is not None:
                view = array.view()
                view.flags.writeable = False
                object.__setattr__(self, name, view)

    def __getattr__(self, name: str) -> Bytes:
        """Return as an array, when it is first wanted, the images that stay in their file."""
        if name != "images" or "_stored" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)
        images: Bytes = self.__dict__["_stored"].view()
        images.flags.writeable = False
        object.__setattr__(self, "images", images)
        return images

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, chosen: NDArray[np.intp] | Mask | slice) -> "Split":
        if not isinstance(chosen, slice) and np.ndim(chosen) == 0:
            raise TypeError("a Split has parts, such as split[:100]; single ones: split.images[0], split.labels[0].")
        return self.take(chosen)

    def __repr__(self) -> str:
        return f"<byhand.Split: {len(self):,} images of {size(self.image_shape)}, {some_of(self.classes)}>"

    def _repr_html_(self) -> str:
        """Return some images of each class, for a notebook."""
        from byhand.images.showing import records

        about = [f"{len(self):,} labelled images", f"{size(self.image_shape)} pixels", some_of(self.classes)]
        return records.samples(about, self.images, self.labels, self.classes, self.labels)

    def __reduce__(self) -> tuple[object, ...]:
        """Go to other processes, and into copies, by way of the constructor: what arrives is read-only, too."""
        return Split, (self.source, self.labels, self.classes, self.sample_weight)

    @property
    def source(self) -> AnyImages:
        """What images are read from: their array, or the file that they stay in."""
        stored: Stored | None = self.__dict__.get("_stored")
        return self.images if stored is None else stored

    @property
    def image_shape(self) -> tuple[int, int]:
        """Height and width of every image."""
        _, height, width = self.source.shape
        return height, width

    def take(self, chosen: NDArray[np.intp] | Mask | slice) -> "Split":
        """Return the chosen samples as a split of their own.

        Parameters
        ----------
        chosen
            Their positions (m,), a slice of them, 0 for the first, or whether each (n,) is chosen.

        Returns
        -------
        Split
            The m samples in that order, of the same classes. Images that stay in their file are read into memory, but
            for those of a slice.
        """
        return self.kept(chosen) if isinstance(chosen, slice) else self._part(chosen, self.source[chosen])

    def kept(self, chosen: NDArray[np.intp] | Mask | slice) -> "Split":
        """Return the chosen samples as `take` does, but leave images in their file that stay there.

        Parameters
        ----------
        chosen
            As for `take`.

        Returns
        -------
        Split
            The samples in that order.
        """
        source = self.source
        return self._part(chosen, source.kept(chosen) if isinstance(source, Stored) else source[chosen])

    def weighted(self, sample_weight: SampleWeight | None) -> "Split":
        """Return the same samples with other weights.

        Parameters
        ----------
        sample_weight
            (n,) numbers of at least 0; None to let all count alike.

        Returns
        -------
        Split
            They are looked at as those of any split.
        """
        return Split(cast("Bytes", self.source), self.labels, self.classes, sample_weight)

    def _part(self, chosen: NDArray[np.intp] | Mask | slice, images: AnyImages) -> "Split":
        """Return a split of chosen samples, whose images are these."""
        weights = None if self.sample_weight is None else self.sample_weight[chosen]
        return Split(cast("Bytes", images), self.labels[chosen], self.classes, weights)

    def in_classes(self, classes: tuple[str, ...]) -> "Split":
        """Return the same samples with labels that are positions in other class names, such as a model's.

        Parameters
        ----------
        classes
            Names in any order; there may be more of them than these samples have.

        Returns
        -------
        Split
            This one, if its classes are the very same.

        Raises
        ------
        UsageError
            If a class of these samples is not among them.
        """
        if classes == self.classes:
            return self
        places = {name: place for place, name in enumerate(classes)}
        there = [self.classes[label] for label in np.unique(self.labels)]
        if strange := [name for name in there if name not in places]:
            raise UsageError(
                f"there are images of the classes {listed(strange)} in the data, which the model does not "
                f"know; it knows {listed(classes)}. Use the data it was trained for."
            )
        moved = np.array([places.get(name, 0) for name in self.classes], np.uint8)
        return Split(cast("Bytes", self.source), moved[self.labels], classes, self.sample_weight)

    def sha256(self) -> str:
        """Return a fingerprint of images, labels, class names and, where there are any, weights.

        Returns
        -------
        str
            64 hexadecimal digits, the same for the same data however it was stored.
        """
        return self._checksum

    @cached_property
    def _checksum(self) -> str:
        """Read every byte, once."""
        fingerprint = hashlib.sha256(repr((self.source.shape, self.classes)).encode())
        for some in chunks(self.source):
            fingerprint.update(np.ascontiguousarray(some).data)
        fingerprint.update(np.ascontiguousarray(self.labels).data)
        if self.sample_weight is not None:
            fingerprint.update(np.ascontiguousarray(self.sample_weight).data)
        return fingerprint.hexdigest()
