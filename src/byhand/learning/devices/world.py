"""Several processes that learn one network, each a part of every batch, on as many GPUs or machines.

All hold the same parameters and draw the same random numbers. The gradients of their parts are summed up, so every
process takes the very step that one alone would take with the whole batch, but for rounding. To sum is all that they
ever do together: what only one of them knows is summed with the zeros of the others.
"""

import json
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from byhand.errors import ByhandError, UsageError, shortened
from byhand.learning.devices import places
from byhand.types import Json

if TYPE_CHECKING:
    import torch
    from torch.distributed import Store

Tensor: TypeAlias = "torch.Tensor"
PATIENCE = timedelta(minutes=10)  # with a process that does something alone, such as to write a checkpoint
_GRACE = 3.0  # seconds in which the first process says what has gone wrong in all of them
_TOLD, _OVER = "byhand/told", "byhand/over"


class Lost(ByhandError):  # noqa: N818  # It is no mistake of the program.
    """Another process has ended, or cannot be reached; `why` is what the connection says."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"another process of this training has ended, or cannot be reached ({why}). Go on from the last checkpoint "
            "with --resume; it takes any number of processes."
        )
        self.args = (why,)


@dataclass(frozen=True, eq=False)
class World:
    """The processes that learn one network: this one alone, or it and others.

    Attributes
    ----------
    rank, size
        Which of them this one is, from 0 on, and how many there are. The first one alone writes and speaks.
    """

    rank: int = 0
    size: int = 1
    _store: "Store | None" = field(default=None, repr=False)

    def part(self, batch: slice) -> slice:
        """Return which part of a batch is this process's; of very few images some processes have none."""
        n = batch.stop - batch.start
        return slice(batch.start + n * self.rank // self.size, batch.start + n * (self.rank + 1) // self.size)

    def add(self, tensor: Tensor) -> None:
        """Put the sum of all processes' tensors into each of them, everywhere to the same bits.

        Raises
        ------
        Lost
            If another process does not answer.
        """
        if self.size == 1:
            return
        from torch import distributed

        try:
            distributed.all_reduce(tensor)
        except RuntimeError as error:
            raise places.failure(error) or Lost(_reason(error)) from error

    def is_any(self, *, so: bool) -> bool:
        """Tell whether it is so in any process."""
        return bool(self._sum(np.array([so], np.int64))[0])

    def of_first(self, find: Callable[[], Sequence[float]], count: int) -> list[float]:
        """Return so many numbers that the first process alone finds."""
        return cast("list[float]", self._sum(np.array([0.0] * count if self.rank else find())).tolist())

    def check_alike(self, facts: Mapping[str, Json]) -> None:
        """Refuse, in every process, to begin if anything is not the same in all.

        Raises
        ------
        UsageError
            With the first fact that differs.
        """
        ours, *others = map(json.loads, self._texts(json.dumps(facts)))
        for rank, theirs in enumerate(others, 1):
            for name in {**ours, **theirs}:
                first, other = (shortened(json.dumps(known.get(name))) for known in (ours, theirs))
                if first != other:
                    raise UsageError(
                        f"the processes do not learn the same: {name} is {first} in process 0, and {other} in process "
                        f"{rank}. Give all the same command, the same recipe and the same data."
                    )

    def may_tell(self, error: BaseException) -> bool:
        """Tell whether this process is the one to say what went wrong; only the first that asks is.

        What goes wrong in all of them is the first process's to say; of what ends because one has failed, nothing is.
        """
        if self._store is None:
            return True
        try:
            until = time.monotonic() + (_GRACE if self.rank and not isinstance(error, Lost) else 0)
            while time.monotonic() < until and not self._store.check([_TOLD]):
                time.sleep(0.05)
            return bool(self._store.add(_TOLD, 1) == 1)
        except RuntimeError:  # Who kept it is gone.
            return True

    def leave(self) -> None:
        """Wait until the first process has done what it does alone: where one ends early, all are ended."""
        if self._store is None:
            return
        from torch import distributed

        with suppress(RuntimeError):
            if self.rank:
                self._store.wait([_OVER], PATIENCE)
            else:
                self._store.add(_TOLD, 1)
                self._store.set(_OVER, "")
        distributed.destroy_process_group()

    def _sum(self, array: NDArray[np.generic]) -> NDArray[np.generic]:
        """Return the sum of all processes' arrays."""
        if self.size > 1:
            self.add(places.sent(array, "cpu"))  # It shares the array's memory.
        return array

    def _texts(self, text: str) -> list[str]:
        """Return every process's text."""
        lengths = np.zeros(self.size, np.int64)
        lengths[self.rank] = len(text.encode())
        self._sum(lengths)
        table = np.zeros((self.size, lengths.max()), np.uint8)
        table[self.rank, : lengths[self.rank]] = np.frombuffer(text.encode(), np.uint8)
        self._sum(table)
        return [bytes(row[:length]).decode() for row, length in zip(table, lengths, strict=True)]


def is_asked_for() -> bool:
    """Tell whether torchrun has started this process as one of several."""
    return "TORCHELASTIC_RUN_ID" in os.environ and int(os.environ.get("WORLD_SIZE", "1")) > 1


def join() -> World:
    """Meet the other processes that torchrun has started; this one has the GPU of its number, if there are any.

    Raises
    ------
    ByhandError
        If PyTorch is missing, or the others do not come.
    """
    rank, size, local = (int(os.environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
    seen = os.environ.get("CUDA_VISIBLE_DEVICES")
    able = [str(local)] if seen is None else seen.split(",")[local : local + 1]
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(able)  # All threads of this process then mean the same one.
    places.named("cpu")
    import torch
    from torch import distributed

    both = torch.cuda.is_available() and distributed.is_nccl_available()
    try:
        store, *_ = next(distributed.rendezvous("env://", rank, size, timeout=PATIENCE))
        backend = "cpu:gloo,cuda:nccl" if both else "gloo"
        distributed.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=PATIENCE)
    except (RuntimeError, ValueError) as error:
        raise Lost(_reason(error)) from error
    return World(rank, size, store)


def _reason(error: Exception) -> str:
    """Return what is said of a connection, without the place in another's source."""
    return shortened(re.sub(r"^\[\S+:\d+\] ", "", str(error).partition("\n")[0]).partition(". ")[0])
