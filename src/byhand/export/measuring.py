"""What a model is worth in whole numbers: size and accuracy, by the bits of a weight."""

from collections.abc import Sequence
from dataclasses import dataclass

from byhand.data.datasets import Dataset
from byhand.export import fixed_point, quantising
from byhand.model import Model
from byhand.types import Json


@dataclass(frozen=True)
class Measured:
    """A model with weights of some kind, judged on test images.

    Attributes
    ----------
    bits
        Of a weight; 32 are the model as it is.
    n_bytes
        What weights, biases and scales take.
    right
        Test images that are read right.
    alike
        Test images that are read as the model reads them as it is.
    n
        Test images.
    """

    bits: int
    n_bytes: int
    right: int
    alike: int
    n: int

    def to_dict(self) -> dict[str, Json]:
        """Return it as JSON can hold it."""
        return {
            "bits": self.bits,
            "bytes": self.n_bytes,
            "accuracy": self.right / self.n,
            "alike": self.alike,
            "n": self.n,
        }


def measured(model: Model, dataset: Dataset, bits: Sequence[int]) -> list[Measured]:
    """Judge a model as it is, and with weights of so many bits each, on test images.

    Raises
    ------
    UsageError
        If the data do not fit the model, or it cannot be written in whole numbers.
    """
    examples = quantising.examples(model, dataset.train)
    images, labels = dataset.test.images, dataset.test.in_classes(model.classes).labels
    read = model.predict(images)
    rows = [Measured(32, 4 * len(model.theta), int((read == labels).sum()), len(images), len(images))]
    for number in bits:
        network = quantising.quantised(model, examples, number)
        found = fixed_point.logits(network, images).argmax(axis=1)
        right, alike = int((found == labels).sum()), int((found == read).sum())
        rows.append(Measured(number, network.n_bytes, right, alike, len(images)))
    return rows
