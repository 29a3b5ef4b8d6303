"""Work on a GPU that was told once, and is from then on begun by a single call: as a CUDA graph.

To tell a GPU what to do next takes longer than to do it, where each piece of work is small.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import torch

Tensor: TypeAlias = "torch.Tensor"
MOST = 4  # of inputs of other shapes, which there are few of: each recording takes memory


@dataclass(eq=False)
class Recorded:
    """A function of tensors, as quick as can be where they lie.

    On a GPU it is run as it is for the first inputs of a shape, which also makes all that is made once; then it is
    recorded. So it may not look at numbers on the device, and what it returns must be new.
    """

    function: Callable[..., Tensor]
    device: str
    _kept: dict[object, Callable[..., Tensor] | None] = field(default_factory=dict, repr=False)

    def __call__(self, *inputs: "Tensor | None") -> Tensor:
        """Return what the function does."""
        if self.device != "cuda":
            return self.function(*inputs)
        shapes = tuple(None if tensor is None else tensor.shape for tensor in inputs)
        if shapes not in self._kept:
            if len(self._kept) < MOST:
                self._kept[shapes] = None
            return self.function(*inputs)
        replay = self._kept[shapes] = self._kept[shapes] or self._record(inputs)
        return replay(*inputs)

    def _record(self, inputs: "tuple[Tensor | None, ...]") -> Callable[..., Tensor]:
        """Return a function that does the same by a recording. Nothing is done yet."""
        import torch

        held = [None if tensor is None else tensor.clone() for tensor in inputs]
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):  # Other threads may send images meanwhile.
            result = self.function(*held)

        def replay(*others: "Tensor | None") -> Tensor:
            for mine, other in zip(held, others, strict=True):
                if mine is not None:
                    mine.copy_(other)
            graph.replay()
            return result.clone()

        return replay
