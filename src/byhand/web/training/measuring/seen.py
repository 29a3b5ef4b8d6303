"""One image is learned, and looked at: what it was, what was guessed, and which step it made the network take."""

import zlib
from base64 import b64encode
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from byhand import machine
from byhand.data.datasets import Split
from byhand.learning.training import Training
from byhand.network import forward, loss_and_gradient, one_hot, softmax, to_inputs
from byhand.types import Floats
from byhand.web.training.measuring.gauges import finite, rounded
from byhand.web.training.messages import Moved, Seen

AS_GOOD = 1e-3  # By so much of the farthest move a step may differ from plain descent, which rounding makes it do.


def learn_one(training: Training, images: Split, learn: Callable[[], None]) -> Seen | None:
    """Let the next image be learned, and return what came of it; None where its pixels are not at hand.

    `images` are all those that the training has chosen from.
    """
    task = next(training.tasks(1))
    if not isinstance(task.images, np.ndarray):
        learn()
        return None
    pixels, label = task.images[:1].astype(np.uint8), int(task.labels[0])
    inputs, theta = to_inputs(pixels, np.float32), training.theta.copy()
    before = _probabilities(training, inputs)
    descent = _slope(training, inputs, label)
    learn()
    change = training.theta - theta
    rate = rounded(task.rate / training.recipe.batch_size)  # of a batch, one image makes its share of a step
    return Seen(
        pixels=b64encode(pixels.tobytes()).decode("ascii"),
        index=_place(images, pixels, label),
        label=label,
        before=before,
        after=_probabilities(training, inputs),
        moved=int((change != 0).sum()),
        most=_moved(training, theta, change),
        rate=rate if _is_near(change, -rate * descent) else None,
        network=zlib.crc32(np.ascontiguousarray(theta, "<f4").tobytes()),
    )


def _probabilities(training: Training, inputs: NDArray[np.float32]) -> tuple[float, ...]:
    """Return the probabilities of the classes of one image."""
    with np.errstate(all="ignore"):
        _, logits = forward(training.theta, training.sizes, training.recipe.activation, inputs)
        return tuple(finite(float(p)) or 0.0 for p in softmax(logits)[0])


def _slope(training: Training, inputs: NDArray[np.float32], label: int) -> Floats:
    """Return the gradient of one image's loss."""
    wanted = one_hot(np.array([label]), training.sizes[-1], np.float32)
    with machine.linear_algebra(1), np.errstate(all="ignore"):
        return loss_and_gradient(training.theta, training.sizes, training.recipe.activation, inputs, wanted)[1]


def _is_near(change: Floats, expected: Floats) -> bool:
    """Tell whether a step was the one expected."""
    with np.errstate(all="ignore"):
        return bool(np.abs(change - expected).max() <= AS_GOOD * np.abs(change).max())


def _place(images: Split, pixels: NDArray[np.uint8], label: int) -> int | None:
    """Return where an image stands among all; None if it is none of them, as it was drawn anew."""
    same = np.flatnonzero(images.labels == label)
    found = (images.take(same).images.reshape(len(same), -1) == pixels).all(axis=1).nonzero()[0]
    return int(same[found[0]]) if len(found) else None


def _moved(training: Training, theta: Floats, change: Floats) -> Moved | None:
    """Return which parameter moved most; None if none did."""
    place = int(np.abs(change).argmax())
    if not np.isfinite(change[place]) or change[place] == 0:
        return None
    was, now = float(theta[place]), float(training.theta[place])
    layer, (inputs, units) = 0, training.sizes[:2]
    while place >= (inputs + 1) * units:  # The biases follow a layer's weights as those of one more input.
        place -= (inputs + 1) * units
        layer += 1
        inputs, units = training.sizes[layer : layer + 2]
    source, unit = divmod(place, units)
    return Moved(layer, unit, source if source < inputs else None, was, now)
