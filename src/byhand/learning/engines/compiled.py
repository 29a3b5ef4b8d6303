"""The engine on compiled loops: `compiled/network.py` for one image a step, `compiled/blocks/batches.py` for more.

Of sparse rows, batches are learned by `compiled/blocks/columns.py`.
"""

from collections.abc import Callable
from dataclasses import InitVar, dataclass
from functools import cached_property, partial
from typing import cast

import numpy as np

from byhand import machine
from byhand.compiled import network
from byhand.compiled.blocks import batches, columns
from byhand.compiled.blocks.batches import ADAM, DESCENT, MOMENTUM, NESTEROV, Mover, Samples
from byhand.compiled.blocks.entries import Entries
from byhand.compiled.blocks.lateness import Late, settle
from byhand.compiled.blocks.layouts import network_of, room_for, rows_of
from byhand.compiled.blocks.passes import Room
from byhand.compiled.blocks.turns import counters
from byhand.compiled.vectors import WORD
from byhand.data.rows import Features, Sparse
from byhand.learning.engines.engine import steps_singly
from byhand.learning.optimizers import Adam, Averaged, Momentum, Optimizer
from byhand.network import n_parameters
from byhand.types import Bytes, Floats, Integers, fixed

AT_ONCE = 2000  # images, after which help is asked for anew
LONGEST_PAUSE = 64  # as many times
LATEST = 256  # steps for which a column of sparse rows may be late
# A piece of work, of up to 128 images, with fewer products than these is done within a millisecond. Whoever lets others
# wait for twice as long is being held up.
PIECE, QUICKLY_DONE, PATIENCE = 128, 20_000_000, 6_000_000
WIDE = 256  # units
SMALLEST_PART, MOST_PARTS = 2**17, 32  # products of a piece of a batch's entries, and pieces


@dataclass(eq=False)
class CompiledEngine:
    """Learns in batches with an optimizer. Compiles when it is made; moves a copy of `parameters`."""

    parameters: InitVar[Floats]  # (n_parameters,)
    sizes: tuple[int, ...]
    activation: str
    mover: InitVar[Optimizer]
    batch_size: int = 1
    label_smoothing: float = 0.0
    adversarial: float = 0.0
    like: InitVar[Bytes | Features | None] = None  # none of what will be learned, if that is no images

    def __post_init__(self, parameters: Floats, mover: Optimizer, like: Bytes | Features | None) -> None:
        self._optimizer = mover
        self._network = network_of(parameters, self.sizes, self.activation)
        self._steps_singly = steps_singly(mover, self.batch_size) and not self.adversarial
        self._pause, self._alone = 0, 0
        self._late: list[Floats] = []  # the numbers of steps for which columns of sparse rows are late
        products = PIECE * (n_parameters(self.sizes) - 0.8 * self.sizes[0] * self.sizes[1])  # Few pixels are lit.
        self._patience = int(PATIENCE * max(1.0, products / QUICKLY_DONE))
        # Compile or load now, not within the first step.
        self.learn(np.zeros((0, self.sizes[0]), np.uint8) if like is None else like, np.zeros(0, np.uint8), 0.0)

    @property
    def theta(self) -> Floats:
        """The parameters as they are now (n_parameters,)."""
        self._settle()
        return self._network.theta[: n_parameters(self.sizes)]

    @property
    def optimizer(self) -> Optimizer:
        """What moves them."""
        self._settle()
        return self._optimizer

    @cached_property
    def _room(self) -> Room:
        """Where it is written down what is found out about a batch of images."""
        return room_for(self.sizes, self.batch_size, with_inputs=True)

    @cached_property
    def _room_for_sparse(self) -> Room:
        """The same for sparse rows, which are never written down themselves."""
        return room_for((1, *self.sizes[1:]), self.batch_size, with_inputs=False)

    @cached_property
    def _reached(self) -> Integers:
        """Of each column of sparse rows, how many steps its weights have taken since none was late."""
        return np.zeros(self.sizes[0], np.int32)

    def is_finite(self) -> bool:
        """Tell whether all parameters are numbers still."""
        return bool(np.isfinite(self.theta).all())

    def learn(
        self, images: Bytes | Features, labels: Bytes, learning_rate: float, weights: Floats | None = None
    ) -> Floats:
        """Learn from images or rows (n, pixels) with labels (n,), in this order; return each loss before its step."""
        losses = np.empty(len(labels), np.float32)
        weights = np.ones(len(labels), np.float32) if weights is None else weights
        if self._steps_singly:
            there = self.theta, self._network.sizes, self._network.activation
            numbers = np.float32(self.label_smoothing), np.float32(learning_rate)
            if isinstance(images, Sparse):
                network.learn_sparse(*there, *rows_of(images), labels, weights, *numbers, losses)
            else:
                network.learn(*there, fixed(images), labels, weights, *numbers, losses)
            return losses
        most = LATEST * self.batch_size if isinstance(images, Sparse) else AT_ONCE
        batches_at_once = 1 if isinstance(self._optimizer, Averaged) else max(most // self.batch_size, 1)
        at_once = batches_at_once * self.batch_size
        for start in range(0, max(len(labels), 1), at_once):
            some = slice(start, start + at_once)
            self._learn_batches(images[some], labels[some], learning_rate, weights[some], losses[some])
        return losses

    def _learn_batches(
        self, images: Bytes | Features, labels: Bytes, learning_rate: float, weights: Floats, losses: Floats
    ) -> None:
        """Learn from whole batches, but for the last one; let the average follow, where there is one."""
        n, size, optimizer = len(labels), self.batch_size, self._optimizer
        shares = [min(size, n - start) / size for start in range(0, n, size)]
        inputs: Bytes | Floats = images.values if isinstance(images, Sparse) else images
        smoothing, adversarial = np.float32(self.label_smoothing), np.float32(self.adversarial)
        flat = cast("Bytes | Floats", fixed(inputs).reshape(-1))
        samples = Samples(flat, fixed(labels), fixed(weights), size, smoothing, adversarial, *self._pieces())
        mover = _mover(optimizer, [optimizer.numbers(learning_rate, share) for share in shares])
        if isinstance(images, Sparse):
            self._learn_sparse(images, samples, mover, losses)
        else:
            self._settle()
            self._share(partial(batches.learn, self._network, samples, mover, self._room, losses), n)
        if isinstance(optimizer, Averaged):
            for share in shares:  # of a single batch
                optimizer.follow(self.theta, share)

    def _learn_sparse(self, rows: Sparse, samples: Samples, mover: Mover, losses: Floats) -> None:
        """Learn from batches of sparse rows, whose other columns may be late then."""
        n = len(samples.labels)
        if n == 0 or sum(map(len, self._late)) + len(mover.numbers) > LATEST:
            self._settle()
        late = Late(self._reached, np.concatenate([*self._late, mover.numbers]), sum(map(len, self._late)))
        if mover.kind != DESCENT:
            self._late.append(mover.numbers if n else mover.numbers[:0])
        entries = _entries(rows, self.batch_size, self.sizes[1])
        work = samples, entries, late, mover, self._room_for_sparse, losses
        self._share(partial(columns.learn_sparse, self._network, *work), n)
        if n == 0:  # To be compiled, if anything; so is what comes later.
            self._settle()

    def _settle(self) -> None:
        """Let all columns take the steps that they are late for."""
        if not self._late:
            return
        late = Late(self._reached, np.concatenate(self._late), 0)
        self._late = []
        self._share(partial(settle, self._network, late, _mover(self._optimizer, [])), len(self._reached))
        self._reached[:] = 0

    def _pieces(self) -> tuple[int, int]:
        """Return how many images, and rows of weights, a thread takes at once: in wide networks more, to copy less."""
        is_wide = max(self.sizes[1:]) >= WIDE
        enough = is_wide and self.batch_size >= 2 * WORD * machine.threads()
        return 2 * WORD if enough else WORD, 2 * WORD if is_wide else WORD

    def _share(self, learn: Callable[..., bool], n: int) -> None:
        """Do something with `n` images on this thread, and others as far as they come to help.

        Where other programs keep the cores busy, a thread that helps is stopped in the middle of its work, and this one
        waits for it. Then it works alone for a while, longer each time that this happens.
        """
        count, turns = min(machine.threads(), self.batch_size // WORD) - 1, counters()
        work = turns, self._patience
        if count < 1 or n == 0 or self._alone:
            self._alone = max(self._alone - 1, 0)
            learn(*work, False)
            return
        helpers = [machine.aside(lambda: learn(*work, True)) for _ in range(count)]
        waited = learn(*work, False)
        for helper in helpers:  # Whoever comes now finds everything done, and leaves.
            helper.cancel()
        self._pause = min(2 * self._pause + 1, LONGEST_PAUSE) if waited else self._pause // 2
        self._alone = self._pause if waited else 0


def _entries(rows: Sparse, batch_size: int, units: int) -> Entries:
    """Return sparse rows as the loops for batches take them, with room to bring them into the order of columns."""
    n = len(rows.values)
    keys: Integers = np.empty((2, n), np.uint64)
    ordered: Floats = np.empty((2, n), np.float32)
    products = n * units * min(batch_size, len(rows)) // max(len(rows), 1)
    parts = min(max(products // SMALLEST_PART, 1), MOST_PARTS)
    return Entries(rows_of(rows), keys[0], ordered[0], keys[1], ordered[1], parts)


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
