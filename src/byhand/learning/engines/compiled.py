"""The engine on compiled loops: `compiled/network.py` for one image a step, `compiled/blocks/batches.py` for more."""

from dataclasses import InitVar, dataclass

import numpy as np

from byhand import machine
from byhand.compiled import network
from byhand.compiled.blocks import batches
from byhand.compiled.blocks.batches import ADAM, DESCENT, MOMENTUM, NESTEROV, Mover, Samples
from byhand.compiled.blocks.layouts import network_of, room_for
from byhand.compiled.blocks.turns import counters
from byhand.compiled.vectors import WORD
from byhand.data.rows import Features, Sparse
from byhand.learning.engines.engine import steps_singly
from byhand.learning.optimizers import Adam, Averaged, Momentum, Optimizer
from byhand.network import n_parameters
from byhand.types import Bytes, Floats, fixed

AT_ONCE = 2000  # images, after which help is asked for anew
LONGEST_PAUSE = 64  # as many times
# A piece of work, of up to 128 images, with fewer products than these is done within a millisecond. Whoever lets others
# wait for twice as long is being held up.
PIECE, QUICKLY_DONE, PATIENCE = 128, 20_000_000, 6_000_000
WIDE = 256  # units


@dataclass(eq=False)
class CompiledEngine:
    """Learns in batches with an optimizer. Compiles when it is made; moves a copy of `parameters`."""

    parameters: InitVar[Floats]  # (n_parameters,)
    sizes: tuple[int, ...]
    activation: str
    optimizer: Optimizer
    batch_size: int = 1
    label_smoothing: float = 0.0
    adversarial: float = 0.0

    def __post_init__(self, parameters: Floats) -> None:
        self._network = network_of(parameters, self.sizes, self.activation)
        self._steps_singly = steps_singly(self.optimizer, self.batch_size) and not self.adversarial
        self._room = room_for(self.sizes, 0 if self._steps_singly else self.batch_size, with_inputs=True)
        self._pause, self._alone = 0, 0
        products = PIECE * (n_parameters(self.sizes) - 0.8 * self.sizes[0] * self.sizes[1])  # Few pixels are lit.
        self._patience = int(PATIENCE * max(1.0, products / QUICKLY_DONE))
        # Compile or load now, not within the first step.
        self.learn(np.zeros((0, self.sizes[0]), np.uint8), np.zeros(0, np.uint8), 0.0)

    @property
    def theta(self) -> Floats:
        """The parameters as they are now (n_parameters,)."""
        return self._network.theta[: n_parameters(self.sizes)]

    def is_finite(self) -> bool:
        """Tell whether all parameters are numbers still."""
        return bool(np.isfinite(self.theta).all())

    def learn(
        self, images: Bytes | Features, labels: Bytes, learning_rate: float, weights: Floats | None = None
    ) -> Floats:
        """Learn from images (n, pixels) with labels (n,), in this order; return the loss of each before its step."""
        assert not isinstance(images, Sparse)
        losses = np.empty(len(labels), np.float32)
        weights = np.ones(len(labels), np.float32) if weights is None else weights
        if self._steps_singly:
            there = self.theta, self._network.sizes, self._network.activation
            numbers = np.float32(self.label_smoothing), np.float32(learning_rate)
            network.learn(*there, images, labels, weights, *numbers, losses)
            return losses
        batches_at_once = 1 if isinstance(self.optimizer, Averaged) else max(AT_ONCE // self.batch_size, 1)
        at_once = batches_at_once * self.batch_size
        for start in range(0, max(len(labels), 1), at_once):
            some = slice(start, start + at_once)
            self._learn_batches(images[some], labels[some], learning_rate, weights[some], losses[some])
        return losses

    def _learn_batches(
        self, images: Bytes | Floats, labels: Bytes, learning_rate: float, weights: Floats, losses: Floats
    ) -> None:
        """Learn from whole batches, but for the last one; let the average follow, where there is one."""
        n, size, optimizer = len(labels), self.batch_size, self.optimizer
        shares = [min(size, n - start) / size for start in range(0, n, size)]
        smoothing, adversarial = np.float32(self.label_smoothing), np.float32(self.adversarial)
        given = fixed(images).reshape(-1), fixed(labels), fixed(weights)
        samples = Samples(*given, size, smoothing, adversarial, *self._pieces())
        mover = _mover(optimizer, [optimizer.numbers(learning_rate, share) for share in shares])
        self._share(samples, mover, losses)
        if isinstance(optimizer, Averaged):
            for share in shares:  # of a single batch
                optimizer.follow(self.theta, share)

    def _pieces(self) -> tuple[int, int]:
        """Return how many images, and rows of weights, a thread takes at once: in wide networks more, to copy less."""
        is_wide = max(self.sizes[1:]) >= WIDE
        enough = is_wide and self.batch_size >= 2 * WORD * machine.threads()
        return 2 * WORD if enough else WORD, 2 * WORD if is_wide else WORD

    def _share(self, samples: Samples, mover: Mover, losses: Floats) -> None:
        """Learn on this thread, and others as far as they come to help.

        Where other programs keep the cores busy, a thread that helps is stopped in the middle of its work, and this one
        waits for it. Then it works alone for a while, longer each time that this happens.
        """
        count, turns = min(machine.threads(), samples.batch_size // WORD) - 1, counters()
        work = self._network, samples, mover, self._room, losses, turns, self._patience
        if count < 1 or len(losses) == 0 or self._alone:
            self._alone = max(self._alone - 1, 0)
            batches.learn(*work, False)
            return
        helpers = [machine.aside(lambda: batches.learn(*work, True)) for _ in range(count)]
        waited = batches.learn(*work, False)
        for helper in helpers:  # Whoever comes now finds everything done, and leaves.
            helper.cancel()
        self._pause = min(2 * self._pause + 1, LONGEST_PAUSE) if waited else self._pause // 2
        self._alone = self._pause if waited else 0


def _mover(optimizer: Optimizer, numbers: list[tuple[float, ...]]) -> Mover:
    """Return an optimizer, and the numbers of its steps, as the loops take them."""
    if isinstance(optimizer, Averaged):
        optimizer = optimizer.optimizer
    rows = np.array(numbers or [(0.0,)], np.float32)
    nothing = np.empty(0, np.float32)
    if isinstance(optimizer, Adam):
        return Mover(ADAM, optimizer.mean, optimizer.square, rows)
    if isinstance(optimizer, Momentum):
        return Mover(NESTEROV if optimizer.nesterov else MOMENTUM, optimizer.velocity, nothing, rows)
    return Mover(DESCENT, nothing, nothing, rows)
