"""The engine on PyTorch tensors: the functions of `network.py` on a GPU, or on this processor; many networks at once.

Networks of one shape are rows of one matrix of parameters, and every product is one of stacks of matrices. On a
GPU the steps of a stretch are recorded once, and from then on begun by a single call; where there are very many steps,
they are compiled first. Nothing is waited for: what `learn` returns may still be computed when the next stretch is
handed in.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import InitVar, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from byhand.data.rows import Features, Sparse
from byhand.learning.devices import places
from byhand.learning.devices.recordings import Recorded
from byhand.learning.devices.world import World
from byhand.learning.engines.engine import as_inputs, gathered, targets
from byhand.learning.engines.moving import Moved, numbers_of, row_of, step_of
from byhand.learning.optimizers import Optimizer
from byhand.network import Array, gradient_in_images, layers, loss_and_deltas
from byhand.types import Bytes, Floats, Mask

if TYPE_CHECKING:
    import torch

Tensor: TypeAlias = "torch.Tensor"


@dataclass(eq=False)
class TensorEngine:
    """Learns in batches with an optimizer, one network or many; moves a copy of the parameters.

    `optimizer` remembers vectors of the shape of the parameters; `compiles` asks for quicker steps, which take seconds
    to be made.
    """

    parameters: InitVar[Floats]  # (n_parameters,), or (networks, n_parameters)
    sizes: tuple[int, ...]
    activation: str
    optimizer_of_all: Optimizer
    batch_size: int = 1
    label_smoothing: float = 0.0
    adversarial: float = 0.0
    device: str = "cpu"
    precision: str = "float32"
    compiles: bool = False
    world: World = field(default_factory=World)  # who else learns this network, each its part of every batch
    _finite: Mask | None = field(default=None, repr=False)

    def __post_init__(self, parameters: Floats) -> None:
        import torch

        places.check_memory(self.device, parameters.size)
        vectors = {name: v for name, v in self.optimizer_of_all.memory().items() if v.shape == parameters.shape}
        memory = {name: places.sent(vector, self.device).clone() for name, vector in vectors.items()}
        self._moved = Moved(places.sent(parameters, self.device).clone(), memory, step_of(self.optimizer_of_all))
        self._gradient = torch.empty_like(self._moved.theta)
        self._few = parameters.shape[:-1]  # the first axes of all: none, or the networks
        function = partial(_losses_and_deltas, self.sizes, self.activation, self.adversarial)
        self._losses_and_deltas = torch.vmap(function) if self._few else function
        self._run = Recorded(self._steps, self.device)
        self._step = torch.compile(self._take_step, dynamic=False) if self.compiles else self._take_step

    @property
    def theta(self) -> Floats:
        """The parameters of the only network as they are now (n_parameters,)."""
        return self.theta_of(())

    @property
    def optimizer(self) -> Optimizer:
        """What moves them, with what it remembers now."""
        return self.optimizer_of(())

    def theta_of(self, network: int | tuple[()]) -> Floats:
        """Return the parameters of a network as they are now (n_parameters,)."""
        return places.brought(self._moved.theta[network])

    def optimizer_of(self, network: int | tuple[()]) -> Optimizer:
        """Return the optimizer of a network, with what it remembers now."""
        optimizer = row_of(self.optimizer_of_all, network)
        kept = optimizer.memory()
        for name, tensor in self._moved.memory.items():
            kept[name][...] = places.brought(tensor[network])
        return optimizer

    def is_finite(self) -> bool:
        """Tell whether all parameters are numbers still."""
        return bool(self.finite())

    def finite(self) -> Mask:
        """Tell of each network whether all its parameters are numbers still."""
        if self._finite is None:  # All networks ask, and a GPU is slow to answer.
            self._finite = np.asarray(places.brought(self._moved.theta.isfinite().all(-1)), np.bool_)
        return self._finite

    def learn(
        self, images: Bytes | Features, labels: Bytes, learning_rate: "float | Floats", weights: Floats | None = None
    ) -> Floats:
        """Learn as `Engine.learn` says; of many networks, all have that first axis, a learning rate for each, too."""
        if isinstance(images, Sparse):  # A batch at a time has room for its zeros.
            learned = []
            for start in range(0, len(labels), self.batch_size):
                batch = slice(start, start + self.batch_size)
                counts = None if weights is None else weights[batch]
                learned.append(self.learn(images[batch].dense(), labels[batch], learning_rate, counts))
            return gathered(learned)
        n, self._finite = labels.shape[-1], None
        shares = [min(self.batch_size, n - start) / self.batch_size for start in range(0, n, self.batch_size)]
        numbers = numbers_of(self.optimizer_of_all, np.asarray(learning_rate), shares)[..., None]
        given = images, labels, weights, numbers
        try:
            there = (None if array is None else places.sent(array, self.device) for array in given)
            losses: Floats = self._run(*there)
        except RuntimeError as error:
            raise places.failure(error) or error from error
        return losses

    def _steps(self, images: Tensor, labels: Tensor, weights: "Tensor | None", numbers: Tensor) -> Tensor:
        """Take the steps of a stretch; return the losses (..., n) before them.

        Images (..., n, pixels), labels and weights (..., n); of numbers (steps, how many, ..., 1) see `moving`.
        """
        import torch

        is_rough = self.precision == "bf16"
        with torch.no_grad(), torch.autocast(self.device, torch.bfloat16, is_rough, cache_enabled=False), self._quiet():
            y = targets(labels.flatten(), self.sizes[-1], self.label_smoothing, self._moved.theta.dtype)
            y = y.reshape(*labels.shape, self.sizes[-1])
            losses, n = torch.zeros(labels.shape, device=self.device), labels.shape[-1]
            for k, step in enumerate(numbers):
                batch = slice(k * self.batch_size, min((k + 1) * self.batch_size, n))
                some = self.world.part(batch)
                share = (some.stop - some.start) / (batch.stop - batch.start)
                counts = None if weights is None else weights[..., some]
                losses[..., some] = self._step(images[..., some, :], y[..., some, :], counts, step, share)
            self.world.add(losses)  # Those of others are zeros here.
        return losses

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Keep to oneself what PyTorch's compiler thinks of other libraries' caches."""
        with warnings.catch_warnings() if self.compiles else nullcontext():
            if self.compiles:
                warnings.simplefilter("ignore")
            yield

    def _take_step(self, images: Tensor, y: Tensor, weights: "Tensor | None", numbers: Tensor, share: float) -> Tensor:
        """Learn a batch, of which these images are a share; return their losses (..., n) before."""
        if share:
            losses = self._differentiate(images, y, weights, share)
        else:  # The processes are more than the images; each moves its parameters all the same.
            losses = y.sum(-1)
            self._gradient.zero_()
        self.world.add(self._gradient)
        self._moved.move(self._gradient, numbers)
        return losses

    def _differentiate(self, images: Tensor, y: Tensor, weights: "Tensor | None", share: float) -> Tensor:
        """Put the gradient of the mean loss into its place, as far as it is of these images; return their losses."""
        import torch

        x = as_inputs(images.flatten(0, -2), self._moved.theta.dtype).reshape(images.shape)
        losses, inputs, deltas = self._losses_and_deltas(self._moved.theta, x, y)
        for (dw, db), a, delta in zip(layers(self._gradient, self.sizes), inputs, deltas, strict=True):
            if weights is not None:
                delta *= weights[..., None]
            if share != 1:  # It is the gradient of the mean loss of this part alone.
                delta *= share
            if self.precision == "bf16":
                dw[...] = a.mT @ delta
            else:
                torch.matmul(a.mT, delta, out=dw)
            torch.sum(delta, -2, out=db)
        return losses


def _losses_and_deltas(
    sizes: tuple[int, ...], activation: str, adversarial: float, theta: Array, x: Array, y: Array
) -> tuple[Array, list[Array], list[Array]]:
    """Return what `network.loss_and_deltas` does, of images that were perhaps made to mislead."""
    if adversarial:  # The worst small change (Goodfellow et al. 2015, https://arxiv.org/abs/1412.6572).
        x = x + adversarial * gradient_in_images(theta, sizes, activation, x, y).sign()  # type: ignore[attr-defined]
    return loss_and_deltas(theta, sizes, activation, x, y)


@dataclass(frozen=True, eq=False)
class Row:
    """One of many networks that learn together, as its training sees it."""

    engine: TensorEngine
    network: int

    @property
    def theta(self) -> Floats:
        """The parameters as they are now (n_parameters,)."""
        return self.engine.theta_of(self.network)

    @property
    def optimizer(self) -> Optimizer:
        """What moves them, with what it remembers now."""
        return self.engine.optimizer_of(self.network)

    def is_finite(self) -> bool:
        """Tell whether all parameters are numbers still."""
        return bool(self.engine.finite()[self.network])

    def learn(self, *_: object) -> Floats:
        """Refuse: the networks take their steps together."""
        raise AssertionError("networks that learn together take their steps together")
