"""The engine for any array library: the functions of `network.py`, batch after batch. NumPy by default."""

from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np

from byhand import machine
from byhand.compiled.rows import without_dark
from byhand.data.rows import Features, Sparse
from byhand.learning.engines.engine import as_inputs, steps_singly, targets
from byhand.learning.optimizers import Optimizer
from byhand.network import Array, gradient_in_images, layers, loss_and_deltas
from byhand.types import Bytes, Floats, array_namespace

# A step of so many products, images times weights, is shared between cores: below that, to share costs what it saves.
PRODUCTS = 100_000_000
PART = 256  # Images for each core, but for at least two and at most eight cores.


@dataclass(eq=False)
class ArrayEngine:
    """Learns in batches with an optimizer; moves `parameters` in place."""

    parameters: Array = field(repr=False)  # (n_parameters,), in the array library that shall do the work
    sizes: tuple[int, ...]
    activation: str
    optimizer: Optimizer
    batch_size: int = 1
    label_smoothing: float = 0.0
    adversarial: float = 0.0

    def __post_init__(self) -> None:
        self._gradients = [array_namespace(self.parameters).empty_like(self.parameters)]

    @property
    def theta(self) -> Floats:
        """The parameters as they are now (n_parameters,)."""
        return np.asarray(self.parameters)

    def is_finite(self) -> bool:
        """Tell whether all parameters are numbers still."""
        xp = array_namespace(self.parameters)
        return bool(xp.all(xp.isfinite(self.parameters)))

    def learn(
        self, images: Bytes | Features, labels: Bytes, learning_rate: float, weights: Floats | None = None
    ) -> Floats:
        """Learn from images (n, pixels) with labels (n,), in this order; return the loss of each before its step."""
        xp = array_namespace(self.parameters)
        rows = images if isinstance(images, Sparse) else xp.asarray(images)
        every = _Batch(rows, xp.asarray(labels), None if weights is None else xp.asarray(weights))
        # From two images on, so many pixels are lit in one of them that leaving out the others saves nothing.
        sparse = steps_singly(self.optimizer, self.batch_size) and not self.adversarial
        learn = self._learn_lit if sparse or isinstance(images, Sparse) else self._learn_all
        places = [slice(start, start + self.batch_size) for start in range(0, len(labels), self.batch_size)]
        with machine.linear_algebra(1):  # Its threads wait for each other, for ages where others keep the cores busy.
            losses = [learn(every.part(place), learning_rate) for place in places]
        return np.asarray(xp.concat(losses))

    def _learn_all(self, batch: "_Batch", learning_rate: float) -> Array:
        """Take one step on the whole network."""
        gradient, losses = self._gradient(self.parameters, self.sizes, batch)
        self.optimizer.step(self.parameters, gradient, learning_rate, batch.labels.shape[0] / self.batch_size)
        return losses

    def _learn_lit(self, batch: "_Batch", learning_rate: float) -> Array:
        """Take one step on the smaller network that remains when the inputs that are dark in all images are left out.

        A pixel that is zero adds nothing to the first layer's sums, and the gradient of its weights is zero, so plain
        gradient descent neither reads nor moves them. Four pixels in five are zero. Of sparse rows this spares the room
        for all their zeros, too.
        """
        xp = array_namespace(self.parameters)
        if isinstance(batch.images, Sparse):
            there, few = batch.images.lit()
            told = np.zeros(self.sizes[0], bool)
            told[there] = True
            lit, images = xp.asarray(told), xp.asarray(few)
        else:
            lit = batch.images[0, :] != 0  # (pixels,)
            images = xp.take(batch.images, xp.nonzero(lit)[0], axis=1)
        small, sizes = without_dark(self.parameters, self.sizes, lit)
        gradient, losses = self._gradient(small, sizes, batch._replace(images=images))
        share, moving = images.shape[0] / self.batch_size, self.parameters
        if self.optimizer.spares_zeros:
            self.optimizer.step(small, gradient, learning_rate, share)
            _put_back(small, moving, self.sizes, lit)
        else:
            whole = xp.zeros_like(moving)
            _put_back(gradient, whole, self.sizes, lit)
            self.optimizer.step(moving, whole, learning_rate, share)
        return losses

    def _gradient(self, theta: Array, sizes: tuple[int, ...], batch: "_Batch") -> tuple[Array, Array]:
        """Return the gradient of the mean loss, each times its weight, which may be overwritten; and the losses."""
        n = batch.labels.shape[0]
        parts = self._parts(n)
        while len(self._gradients) < len(parts):
            self._gradients.append(array_namespace(self.parameters).empty_like(self.parameters))
        gradients = [gradient[: theta.shape[0]] for gradient in self._gradients[: len(parts)]]
        losses: dict[int, Array] = {}

        def work(k: int) -> None:
            losses[k] = self._part_of_gradient(theta, sizes, batch.part(parts[k]), n, gradients[k])

        machine.share([partial(work, k) for k in range(len(parts))])
        gradient = gradients[0]
        for other in gradients[1:]:
            gradient += other
        return gradient, array_namespace(theta).concat([losses[k] for k in range(len(parts))])

    def _parts(self, n: int) -> list[slice]:
        """Return which of `n` images each core takes. It depends on no machine: so do the sums' last bits."""
        theta = self.parameters
        is_large = isinstance(theta, np.ndarray) and n * theta.shape[0] >= PRODUCTS
        count = min(max(n // PART, 2), 8) if is_large and n > 1 else 1
        return machine.parts(n, count)

    def _part_of_gradient(self, theta: Array, sizes: tuple[int, ...], some: "_Batch", n: int, gradient: Array) -> Array:
        """Write what some of a batch's `n` images add to the gradient into `gradient`; return their losses."""
        y = targets(some.labels, sizes[-1], self.label_smoothing, theta.dtype)
        x = as_inputs(some.images, theta.dtype)
        if self.adversarial:  # The worst small change (Goodfellow et al. 2015, https://arxiv.org/abs/1412.6572).
            worse = gradient_in_images(theta, sizes, self.activation, x, y)
            x += self.adversarial * array_namespace(theta).sign(worse)
        losses, inputs, deltas = loss_and_deltas(theta, sizes, self.activation, x, y)
        for (dw, db), a, delta in zip(layers(gradient, sizes), inputs, deltas, strict=True):
            if some.weights is not None:
                delta *= some.weights[:, None]
            if x.shape[0] < n:
                delta *= x.shape[0] / n
            _sum_of_products(a, delta, dw)
            db[...] = array_namespace(theta).sum(delta, axis=0)
        return losses


class _Batch(NamedTuple):
    """Images that are learned together."""

    images: Bytes | Features  # (n, pixels)
    labels: Bytes  # (n,)
    weights: Array | None  # (n,): how much each counts

    def part(self, place: slice) -> "_Batch":
        """Return some of them."""
        weights = None if self.weights is None else self.weights[place]
        images = self.images[place] if isinstance(self.images, Sparse) else self.images[place, :]
        return _Batch(images, self.labels[place], weights)


def _sum_of_products(a: Array, delta: Array, out: Array) -> None:
    """Write aᵀ · delta, the products of each input and delta summed over the batch, into `out` (n_in, n_out)."""
    if isinstance(out, np.ndarray):  # Without a copy; for one image NumPy's plain product is five times faster.
        (np.multiply if len(a) == 1 else np.matmul)(a.T, delta, out=out)
    else:
        out[...] = a.T @ delta


def _put_back(small: Array, whole: Array, sizes: tuple[int, ...], lit: Array) -> None:
    """Write into the parameters of a network, or their gradient, those of the smaller one of `without_dark`."""
    xp, n = array_namespace(whole), sizes[0] * sizes[1]
    rest = whole.shape[0] - n
    w = xp.reshape(whole[:n], (sizes[0], sizes[1]))
    w[lit] = xp.reshape(small[: small.shape[0] - rest], (-1, sizes[1]))
    whole[n:] = small[small.shape[0] - rest :]
