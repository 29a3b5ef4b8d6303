"""The engine for any array library: the functions of `network.py`, batch after batch. NumPy by default."""

from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np

from byhand import machine
from byhand.learning.engines.engine import steps_singly, targets
from byhand.learning.optimizers import Optimizer
from byhand.network import Array, gradient_in_images, layers, loss_and_deltas, to_inputs
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

    def learn(self, images: Bytes, labels: Bytes, learning_rate: float, weights: Floats | None = None) -> Floats:
        """Learn from images (n, pixels) with labels (n,), in this order; return the loss of each before its step."""
        xp = array_namespace(self.parameters)
        every = _Batch(xp.asarray(images), xp.asarray(labels), None if weights is None else xp.asarray(weights))
        # From two images on, so many pixels are lit in one of them that leaving out the others saves nothing.
        sparse = steps_singly(self.optimizer, self.batch_size) and not self.adversarial
        learn = self._learn_lit if sparse else self._learn_all
        places = [slice(start, start + self.batch_size) for start in range(0, images.shape[0], self.batch_size)]
        with machine.linear_algebra(1):  # Its threads wait for each other, for ages where others keep the cores busy.
            losses = [learn(every.part(place), learning_rate) for place in places]
        return np.asarray(xp.concat(losses))

    def _learn_all(self, batch: "_Batch", learning_rate: float) -> Array:
        """Take one step on the whole network."""
        return self._step(self.parameters, self.sizes, batch, learning_rate)

    def _learn_lit(self, batch: "_Batch", learning_rate: float) -> Array:
        """Take one step on the smaller network that remains when the dark pixels are left out.

        A pixel that is zero adds nothing to the first layer's sums, and the gradient of its weights is zero, so plain
        gradient descent neither reads nor moves them. Four pixels in five are zero.
        """
        xp = array_namespace(self.parameters)
        n_in, n_out = self.sizes[:2]
        w, rest = xp.reshape(self.parameters[: n_in * n_out], (n_in, n_out)), self.parameters[n_in * n_out :]
        lit = batch.images[0, :] != 0  # (pixels,)
        w_lit = w[lit]  # (lit pixels, n_out)
        small = xp.concat([xp.reshape(w_lit, (-1,)), rest])
        sizes = (w_lit.shape[0], *self.sizes[1:])
        batch = batch._replace(images=xp.take(batch.images, xp.nonzero(lit)[0], axis=1))
        losses = self._step(small, sizes, batch, learning_rate)
        w[lit] = xp.reshape(small[: -rest.shape[0]], w_lit.shape)
        rest[...] = small[-rest.shape[0] :]
        return losses

    def _step(self, theta: Array, sizes: tuple[int, ...], batch: "_Batch", learning_rate: float) -> Array:
        """Move `theta` by the gradient of the mean loss, each times its weight; return the losses before."""
        n = batch.images.shape[0]
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
        self.optimizer.step(theta, gradient, learning_rate, n / self.batch_size)
        return array_namespace(theta).concat([losses[k] for k in range(len(parts))])

    def _parts(self, n: int) -> list[slice]:
        """Return which of `n` images each core takes. It depends on no machine: so do the sums' last bits."""
        theta = self.parameters
        is_large = isinstance(theta, np.ndarray) and n * theta.shape[0] >= PRODUCTS
        count = min(max(n // PART, 2), 8) if is_large and n > 1 else 1
        return machine.parts(n, count)

    def _part_of_gradient(self, theta: Array, sizes: tuple[int, ...], some: "_Batch", n: int, gradient: Array) -> Array:
        """Write what some of a batch's `n` images add to the gradient into `gradient`; return their losses."""
        y = targets(some.labels, sizes[-1], self.label_smoothing, theta.dtype)
        x = to_inputs(some.images, theta.dtype)
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

    images: Bytes  # (n, pixels)
    labels: Bytes  # (n,)
    weights: Array | None  # (n,): how much each counts

    def part(self, place: slice) -> "_Batch":
        """Return some of them."""
        weights = None if self.weights is None else self.weights[place]
        return _Batch(self.images[place, :], self.labels[place], weights)


def _sum_of_products(a: Array, delta: Array, out: Array) -> None:
    """Write aᵀ · delta, the products of each input and delta summed over the batch, into `out` (n_in, n_out)."""
    if isinstance(out, np.ndarray):  # Without a copy; for one image NumPy's plain product is five times faster.
        (np.multiply if len(a) == 1 else np.matmul)(a.T, delta, out=out)
    else:
        out[...] = a.T @ delta
