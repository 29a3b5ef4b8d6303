"""How good a model is, on images it has not learned from."""

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from byhand.data.datasets import Split
from byhand.data.given import Labelled, as_split
from byhand.errors import UsageError
from byhand.learning.progress import Epoch, mean_cross_entropy
from byhand.model import AnyModel, as_model
from byhand.types import Bytes, Floats, Json, Mask

CALIBRATION_BINS = 15
_Z95 = 1.959963984540054  # 97.5 % of a normal distribution lie below it.


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a model made of n images.

    Attributes
    ----------
    n
        How many images.
    accuracy
        Share read right, 0…1.
    interval
        95 % Wilson interval of the accuracy.
    loss
        Mean cross-entropy in nats.
    confusion_matrix
        (classes, classes) int64, in the model's order: how often an image of the class of the row was read as the
        class of the column.
    precision, recall
        (classes,) float64: the share that is right of all read as a class, and of all that are of it; NaN of none.
    calibration_error
        Expected calibration error, 0…1: how far, on average, probabilities are from the share that is right.
    mistakes
        (m,) the positions of all images misread, the most confident first.
    probabilities
        (n, classes) float32: what the model said.
    classes
        The name of each of the model's classes.
    """

    n: int
    accuracy: float
    interval: tuple[float, float]
    loss: float
    confusion_matrix: NDArray[np.int64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    calibration_error: float
    mistakes: NDArray[np.intp]
    probabilities: Floats
    classes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<byhand.Evaluation: {', '.join(self._about())}>"

    def _repr_html_(self) -> str:
        """Return the confusion matrix, for a notebook."""
        from byhand.images.showing import records

        return records.evaluation(self._about(), self.confusion_matrix, self.classes)

    def _about(self) -> list[str]:
        """Return what there is to say of it in short."""
        low, high = (100 * bound for bound in self.interval)
        return [
            f"{100 * self.accuracy:.2f} % of {self.n:,} images read right",
            f"{low:.2f} to {high:.2f} % with a certainty of 95 %",
            f"loss {self.loss:.4g}",
            f"calibration error {100 * self.calibration_error:.2g} %",
        ]

    def to_dict(self) -> dict[str, Json]:
        """Return all but the probabilities and names as JSON can hold it.

        Returns
        -------
        dict
            The fields by name: numbers, and lists of them; NaN becomes None.
        """
        return {
            "n": self.n,
            "accuracy": self.accuracy,
            "interval": list(self.interval),
            "loss": self.loss,
            "calibration_error": self.calibration_error,
            "precision": [None if math.isnan(value) else value for value in self.precision.tolist()],
            "recall": [None if math.isnan(value) else value for value in self.recall.tolist()],
            "confusion_matrix": self.confusion_matrix.tolist(),
            "mistakes": self.mistakes.tolist(),
        }


def evaluate(model: AnyModel | Epoch | str | Path, split: Labelled) -> Evaluation:
    """Let a model read every image and compare with the labels.

    Parameters
    ----------
    model
        The network to judge, that of an `Epoch`, its file or the folder of a run.
    split
        Labelled images of the model's shape, as a `Split` or (images, labels); of a `Dataset` the test images. Their
        classes are the model's by name, in whatever order; the model may know more, and is then judged on those that
        the images have.

    Returns
    -------
    Evaluation

    Raises
    ------
    UsageError
        If the images are none, do not fit the model, or are of a class that it does not know; or if its sums overflow.
    """
    model = as_model(model)
    images, labels = _fitting(model, as_split(split, "test", model.classes))
    probabilities, n = model.predict_proba(images), len(labels)
    answers, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right = answers == labels
    matrix = np.zeros((len(model.classes),) * 2, np.int64)
    np.add.at(matrix, (labels, answers), 1)
    with np.errstate(invalid="ignore"):
        precision, recall = (matrix.diagonal() / matrix.sum(axis=axis) for axis in (0, 1))
    wrong = np.flatnonzero(~right)
    return Evaluation(
        n=n,
        accuracy=float(right.mean()),
        interval=wilson_interval(int(right.sum()), n),
        loss=mean_cross_entropy(probabilities, labels),
        confusion_matrix=matrix,
        precision=precision,
        recall=recall,
        calibration_error=calibration_error(confidence, right),
        mistakes=wrong[np.argsort(-confidence[wrong], kind="stable")],
        probabilities=probabilities,
        classes=model.classes,
    )


def _fitting(model: AnyModel, split: Split) -> tuple[Bytes, Bytes]:
    """Return images, and labels in a model's order; refuse such as do not fit it."""
    if not len(split):
        raise UsageError("there is no image to judge by. Use the data it was trained for.", "split")
    if split.image_shape != model.image_shape:
        raise UsageError(
            f"the data have {len(split):,} images of {split.image_shape}, the model takes {model.image_shape}. "
            "Use the data it was trained for."
        )
    return split.images, split.in_classes(model.classes).labels


@dataclass(frozen=True)
class Comparison:
    """Two models on the same images.

    Attributes
    ----------
    accuracies
        Of the first and of the second, 0…1.
    only_first, only_second
        How many images only the one or only the other read right.
    p_value
        How often mere chance would make such images fall as unequally, or more so, 0…1 (exact McNemar test).
    """

    accuracies: tuple[float, float]
    only_first: int
    only_second: int
    p_value: float


def compare(first: Evaluation, second: Evaluation) -> Comparison:
    """Compare two models that were judged on the same images.

    Raises
    ------
    UsageError
        If the numbers of images differ.
    """
    if first.n != second.n:
        raise UsageError(f"{first.n:,} and {second.n:,} images: only models judged on the same ones can be compared.")
    wrong, wrong_too = set(first.mistakes.tolist()), set(second.mistakes.tolist())
    only_first, only_second = len(wrong_too - wrong), len(wrong - wrong_too)
    p_value = mcnemar(only_first, only_second)
    return Comparison((first.accuracy, second.accuracy), only_first, only_second, p_value)


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value of two counts that chance would make equal (McNemar 1947).

    Images that both models read right, or both wrong, tell nothing of the difference; were the models equally good,
    each of the others would fall to either like a coin.
    """
    n, fewer = only_first + only_second, min(only_first, only_second)
    tail = Fraction(sum(math.comb(n, k) for k in range(fewer + 1)), 2**n)
    return min(2 * float(tail), 1.0)


def wilson_interval(right: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of `right` in `n` (Wilson 1927): unlike ±1.96 σ it never leaves 0…1.

    The bounds solve |p̂ − p| = z √(p (1 − p) / n) for p.
    """
    share, z2 = right / n, _Z95 * _Z95
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def bins_of(confidence: NDArray[np.floating]) -> NDArray[np.intp]:
    """Return in which of 15 bins of equal width each confidence (n,) lies, 0…14; of 1 it is the last."""
    return np.minimum((confidence * CALIBRATION_BINS).astype(np.intp), CALIBRATION_BINS - 1)


def calibration_error(confidence: NDArray[np.floating], right: Mask) -> float:
    """Return the expected calibration error in 15 bins of equal width (Guo et al. 2017, arXiv:1706.04599).

    In each bin of confidence (n,) the mean confidence is compared with the share that is `right` (n,); the
    differences are averaged by the number of images in the bin.
    """
    gaps = np.bincount(
        bins_of(confidence), confidence - right, CALIBRATION_BINS
    )  # n_bin · (mean confidence − accuracy)
    return float(np.abs(gaps).sum() / len(right))
