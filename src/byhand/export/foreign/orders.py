"""Weights by name → the layers of a network, one after the other.

Names tell what is weights and what is a bias, as PyTorch names them; where they are names of somebody's own, shapes do.
Which layer follows which, the order of the names tells; where their sizes do not fit so, as safetensors keeps no order,
the only order in which they do.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from byhand import machine
from byhand.errors import shortened
from byhand.export.foreign.chain import ForeignError

Layer: TypeAlias = tuple[Any, Any]  # weights (n_in, n_out), and a bias (n_out,) or 0
_NORMALIZED = "; where batch normalization stands, weights do not tell, but ONNX does"


def numbers(tensor: Any) -> Any:  # noqa: ANN401  # a tensor → an array
    """Return a tensor as an array; the same tensor is not counted as it is stored, but as large as it says."""
    if hasattr(tensor, "detach") and tensor.is_floating_point():
        machine.check_size(tensor.numel())
        tensor = tensor.detach().cpu().double().numpy()
    if not isinstance(tensor, np.ndarray) or tensor.dtype.kind != "f":
        raise ForeignError(f"it holds a {type(tensor).__name__} where weights belong")
    return tensor


def layers(state: Mapping[str, Any]) -> Sequence[Layer]:
    """Return the layers that have some weights, in their order."""
    matrices = [name for name, value in state.items() if np.ndim(value) == 2]
    if not matrices or any(str(name).rpartition(".")[2] == "weight" for name in state):
        found = list(_pairs(state))
        return _ordered(found) or found
    found = list(_unnamed(state, matrices))
    ways = [way for way in (_ordered(found), _ordered([(w.T, b) for w, b in found])) if way is not None]
    if len(ways) == 2:
        raise ForeignError("it does not tell which way its weights lie: name them weight and bias, as PyTorch does")
    return ways[0] if ways else found


def _pairs(state: Mapping[str, Any]) -> Iterator[Layer]:
    """Yield weights and bias of every layer as PyTorch's `Linear` has them; refuse whatever is neither."""
    biases = {str(name): value for name, value in state.items() if str(name).rpartition(".")[2] == "bias"}
    any_weights = False
    for name, value in state.items():
        stem, dot, last = str(name).rpartition(".")
        if last == "weight" and np.ndim(value) == 2:
            w, bias = numbers(value), biases.pop(f"{stem}{dot}bias", None)
            any_weights = True
            yield w.T, 0.0 if bias is None else numbers(bias)
        elif last != "bias":
            raise _nothing(state, name)
    if biases or not any_weights:
        raise ForeignError(
            "it has no weights" if not any_weights else f"{shortened(next(iter(biases)))} has no weights"
        )


def _unnamed(state: Mapping[str, Any], matrices: Sequence[str]) -> Iterator[Layer]:
    """Yield matrices with vectors, the first with the first: names like W1 and b1 tell no more."""
    vectors = [name for name, value in state.items() if np.ndim(value) == 1]
    others = [name for name in state if name not in matrices and name not in vectors]
    if others or len(vectors) not in (0, len(matrices)):
        raise _nothing(state, (others or vectors)[0])
    for k, name in enumerate(matrices):
        yield numbers(state[name]), numbers(state[vectors[k]]) if vectors else 0.0


def _nothing(state: Mapping[str, Any], name: object) -> ForeignError:
    """Return the error of something that is no weights."""
    value = state[name]  # type: ignore[index]  # whatever names are
    shape = "×".join(map(str, getattr(value, "shape", ()))) or type(value).__name__
    more = _NORMALIZED if any(str(each).endswith("running_mean") for each in state) else ""
    return ForeignError(f"{shortened(str(name))} ({shape}) is nothing that a fully connected network has{more}")


def _ordered(found: Sequence[Layer]) -> Sequence[Layer] | None:
    """Return layers in the order in which they stand, or else the only one that their sizes allow; None if none is."""
    if any(np.ndim(b) and len(b) != w.shape[1] for w, b in found):
        return None
    if all(one.shape[1] == other.shape[0] for (one, _), (other, _) in pairwise(found)):
        return found
    rest, ordered = list(found), []
    outputs = {w.shape[1] for w, _ in found if w.shape[0] != w.shape[1]}
    following = [layer for layer in rest if layer[0].shape[0] not in outputs]
    while len(following) == 1:
        ordered.append(following[0])
        rest = [layer for layer in rest if layer is not following[0]]
        n = ordered[-1][0].shape[1]
        following = [layer for layer in rest if layer[0].shape[0] == n]
        square = [layer for layer in following if layer[0].shape[1] == n]
        following = square or following
    return None if rest else ordered
