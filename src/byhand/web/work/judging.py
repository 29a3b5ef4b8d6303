"""What the page shows of how good a network is: figures for its charts, as JSON can hold them."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from byhand.data.datasets import Split
from byhand.judging.evaluation import CALIBRATION_BINS, bins_of, evaluate
from byhand.model import Model
from byhand.types import Bytes, Json

# Robustness is measured on so many images, and on fewer with more parameters: it takes seconds, not minutes.
MOST_IMAGES, MOST_PRODUCTS = 10_000, 10**10
CHUNK = 500  # images at a time: what is made of them stays in the cache
SHIFTS = (0, 1, 2, 3, 4)  # pixels
ROTATIONS = (0, 5, 10, 15, 20, 25, 30, 35, 40, 45)  # degrees
NOISES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)  # standard deviations, of which 1 is full ink
SEED = 2026


def judgement(model: Model, split: Split) -> dict[str, Json]:
    """Judge a model on images, and tell what it made of each.

    Returns
    -------
    dict
        As `Evaluation.to_dict`, with `threshold`, `classes`, the bins of a `reliability` diagram, and for each image
        its label, the model's answer, its confidence 0…1, and the class that comes second.

    Raises
    ------
    UsageError
        As `byhand.evaluate`.
    """
    evaluation, split = evaluate(model, split), split.in_classes(model.classes)
    probabilities = evaluation.probabilities
    first, second = np.argsort(-probabilities, axis=1, kind="stable")[:, :2].T
    confidence = probabilities.max(axis=1)
    return {
        **evaluation.to_dict(),
        "threshold": model.threshold,
        "classes": list(model.classes),
        "reliability": _reliability(confidence, first == split.labels),
        "labels": split.labels.tolist(),
        "answers": first.tolist(),
        "confidence": np.round(confidence.astype(np.float64), 4).tolist(),
        "runner_up": second.tolist(),
    }


def _reliability(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> list[Json]:
    """Return, for bins of equal width, the mean confidence, the share that is right, and how many images."""
    bins = bins_of(confidence)
    counts, sums, rights = (
        np.bincount(bins, weights, CALIBRATION_BINS).tolist() for weights in (None, confidence, right)
    )
    return [
        {"confidence": total / n if n else None, "accuracy": good / n if n else None, "n": int(n)}
        for n, total, good in zip(counts, sums, rights, strict=True)
    ]


def accuracy(model: Model, split: Split) -> dict[str, Json]:
    """Judge a model on images, in short.

    Raises
    ------
    UsageError
        As `byhand.evaluate`.
    """
    evaluation = evaluate(model, split)
    return {"accuracy": evaluation.accuracy, "n": evaluation.n, "loss": evaluation.loss}


def robustness(model: Model, split: Split) -> dict[str, Json]:
    """Tell how well a model reads images that are shifted, turned, or covered with noise.

    At most `MOST_IMAGES` are read, by a large network fewer, evenly chosen. Shifts go in four directions and turns in
    two, and the mean counts.

    Raises
    ------
    UsageError
        As `judgement`.
    """
    evaluate(model, split)  # which refuses one of which no numbers come
    most = min(MOST_IMAGES, -(-MOST_PRODUCTS // len(model.theta)))
    known = split.in_classes(model.classes)
    images, labels = (array[:: -(-len(known) // most)] for array in (known.images, known.labels))
    rng = np.random.default_rng(SEED)
    changes: Mapping[str, tuple[tuple[float, ...], Callable[[Bytes, float], Iterator[Bytes]]]] = {
        "shift": (SHIFTS, _shifted),
        "rotation": (ROTATIONS, _rotated),
        "noise": (NOISES, lambda images, amount: _noisy(images, amount, rng)),
    }
    rows: list[Json] = []
    for kind, (amounts, change) in changes.items():
        for amount in amounts:
            right = [
                model.predict(changed) == labels[start : start + CHUNK]
                for start in range(0, len(labels), CHUNK)
                for changed in change(images[start : start + CHUNK], amount)
            ]
            rows.append({"kind": kind, "amount": amount, "accuracy": float(np.concatenate(right).mean())})
    return {"n": len(labels), "rows": rows}


def _shifted(images: Bytes, amount: float) -> Iterator[Bytes]:
    """Yield images moved by whole pixels right, left, down and up."""
    way = int(amount)
    height, width = images.shape[1:]
    framed = np.pad(images, ((0, 0), (way, way), (way, way)))
    for down, right in ((way, 0), (way, 2 * way), (0, way), (2 * way, way)):
        yield framed[:, down : down + height, right : right + width]


def _rotated(images: Bytes, degrees: float) -> Iterator[Bytes]:
    """Yield images turned left and right about their middle, with values between pixels."""
    for angle in (np.deg2rad(degrees), -np.deg2rad(degrees)):
        yield _turned(images, angle)


def _turned(images: Bytes, angle: float) -> Bytes:
    """Return images turned to the left by an angle in radians: each pixel is looked up where it comes from."""
    height, width = images.shape[1:]
    down, right = np.mgrid[:height, :width].astype(np.float64)
    y, x = down - (height - 1) / 2, right - (width - 1) / 2
    # A frame of zeros, so that what lies outside is paper.
    from_y = np.clip(np.cos(angle) * y + np.sin(angle) * x + (height - 1) / 2 + 1, 0, height + 0.999).ravel()
    from_x = np.clip(np.cos(angle) * x - np.sin(angle) * y + (width - 1) / 2 + 1, 0, width + 0.999).ravel()
    top, left = from_y.astype(int), from_x.astype(int)
    below, beside = (from_y - top).astype(np.float32), (from_x - left).astype(np.float32)
    # Pixel by pixel and not image by image, so that what is looked up lies side by side.
    framed = np.ascontiguousarray(np.pad(images, ((0, 0), (1, 1), (1, 1))).reshape(len(images), -1).T)
    corner, pitch = top * (width + 2) + left, width + 2
    turned = np.zeros((height * width, len(images)), np.float32)
    for place, share in (
        (corner, (1 - below) * (1 - beside)),
        (corner + 1, (1 - below) * beside),
        (corner + pitch, below * (1 - beside)),
        (corner + pitch + 1, below * beside),
    ):
        turned += framed[place] * share[:, None]
    return np.ascontiguousarray(np.rint(turned).astype(np.uint8).T).reshape(images.shape)


def _noisy(images: Bytes, amount: float, rng: np.random.Generator) -> Iterator[Bytes]:
    """Yield images with normal noise of a standard deviation on every pixel."""
    noise = rng.standard_normal(images.shape, np.float32) * np.float32(255 * amount)
    yield np.clip(images + noise, 0, 255).astype(np.uint8)
