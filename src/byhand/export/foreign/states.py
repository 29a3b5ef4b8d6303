"""A network that PyTorch has trained → a model: a Sequential, or its weights alone, in a file that can run no code."""

import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from byhand import machine
from byhand.errors import ByhandError, UsageError
from byhand.export.foreign import orders
from byhand.export.foreign.chain import (
    AS_TOLD,
    Chain,
    ForeignError,
    Found,
    Wishes,
    activation_named,
    checked_file,
    class_named,
    inputs,
    leaky,
    modelled,
)
from byhand.export.foreign.orders import numbers
from byhand.files import opened, parsing, read_file
from byhand.model import Model
from byhand.network import ACTIVATIONS
from byhand.sealing.sealed import is_sealed

_WITHIN = ("state_dict", "model_state_dict", "model")  # what many call the weights in a file of more than them
_ADVICE = "Save the weights alone: torch.save(module.state_dict(), FILE)."
_NOTHING = ("Flatten", "Dropout", "Identity", "Softmax", "LogSoftmax")  # or nothing that changes an answer


def from_torch(source: object, wishes: Wishes = AS_TOLD, activation: str | None = None) -> Model:
    """Return the model that a network of PyTorch is.

    Parameters
    ----------
    source
        A `torch.nn.Sequential` of `Linear` layers and activations; the `state_dict()` of any module that uses its
        layers one after the other; or the path of a file that holds one, by `torch.save` or safetensors.
    wishes
        What the weights do not tell of inputs and classes.
    activation
        The hidden layers' function, where there are weights alone.

    Returns
    -------
    Model
        With the same probabilities.

    Raises
    ------
    UsageError
        If the activation is needed and not given.
    ByhandError
        If it is another kind of network; of a file, the message names it.
    """
    if activation is not None and activation not in ACTIVATIONS:
        raise UsageError(f"{activation!r} cannot be used; it must be one of {', '.join(ACTIVATIONS)}.", "activation")
    if isinstance(source, str | Path):
        path = checked_file(source, "a file of weights")
        state = _read(path)
        return modelled(path, lambda: _of_state(state, activation), wishes, {"from": "torch"})
    if not isinstance(source, Mapping) and _kind(source) == "Sequential":
        return modelled("the Sequential", lambda: _of_modules(source), wishes, {"from": "torch"})
    if not (isinstance(source, Mapping) or hasattr(source, "state_dict")):
        raise UsageError(f"{type(source).__name__} is no network of PyTorch: give a Sequential, weights or their file.")
    state = source if isinstance(source, Mapping) else source.state_dict()
    return modelled("the weights", lambda: _of_state(state, activation), wishes, {"from": "torch"})


def _read(path: Path) -> Mapping[str, Any]:
    """Return the weights in a file, by name and in order."""
    fault = "holds no weights, or more than weights, which could only be read by running code"
    with parsing(path, fault, _ADVICE), opened(path) as file:
        start = file.read(9)
    if is_sealed(start):
        return _sealed(path)
    machine.require("torch", "to read weights of PyTorch")
    machine.load("torch", "..")
    import torch

    try:
        with parsing(path, fault, _ADVICE), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # They are about pickles.
            held = torch.load(path, map_location="cpu", weights_only=True)
    except ByhandError as error:
        if isinstance(error.__cause__, OSError):
            raise
        raise ByhandError(f"{path}: {fault}. {_ADVICE}") from error  # PyTorch's words explain how to let it run code.
    return _within(path, held)


def _within(path: Path, held: Any) -> Mapping[str, Any]:  # noqa: ANN401  # whatever a file holds
    """Return the weights in what a file holds, where there is more in it, under a name that many use or any other."""
    for name in _WITHIN:
        if isinstance(held, Mapping) and isinstance(held.get(name), Mapping):
            held = held[name]
    if not isinstance(held, Mapping):
        raise ByhandError(f"{path}: holds a {type(held).__name__}, and no weights by name. {_ADVICE}")
    inner = [each for each in held.values() if isinstance(each, Mapping) and each]
    tensors = [each for each in inner if all(hasattr(value, "detach") for value in each.values())]
    return tensors[0] if len(tensors) == 1 else held


def _sealed(path: Path) -> Mapping[str, Any]:
    """Return the weights in a file of safetensors, by name, in the names' order: those of files have none."""
    from safetensors import deserialize

    with parsing(path, "is not a sound file of safetensors", "Write it again, with float32 numbers."):
        tensors = dict(deserialize(read_file(path, 8 * machine.MOST_PARAMETERS)))  # type: ignore[no-untyped-call]
        return {name: _array(tensors[name]) for name in sorted(tensors, key=_in_order)}


def _array(tensor: Mapping[str, Any]) -> NDArray[np.generic]:
    """Return the array that safetensors tells of; NumPy has no bfloat16, which is the upper half of a float32."""
    kind = str(tensor["dtype"])
    if kind == "BF16":
        return (np.frombuffer(tensor["data"], "<u2").astype("<u4") << 16).view("<f4").reshape(tensor["shape"])
    plain = re.fullmatch(r"([FIU])(8|16|32|64)", kind)
    if plain is None:
        raise ValueError(f"its numbers are of the type {kind}")
    return np.frombuffer(tensor["data"], f"<{plain[1].lower()}{int(plain[2]) // 8}").reshape(tensor["shape"])


def _in_order(name: str) -> list[tuple[int, str]]:
    """Return what names are sorted by, so that layer10 stands behind layer9."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def _of_state(state: Mapping[str, Any], activation: str | None) -> Found:
    """Return the network that has some weights, one layer after the other."""
    every = orders.layers(state)
    chain = inputs(len(every[0][0]))
    for k, (w, b) in enumerate(every):
        if k > 0 and activation is None:
            raise UsageError("is not told by weights alone: say which it is.", "activation")
        chain = (chain if k == 0 else chain.activated(str(activation))).times(w, b)
    return Found(chain)


def _of_modules(sequential: Any) -> Found:  # noqa: ANN401  # a torch.nn.Sequential
    """Return the network that modules are, one after the other."""
    modules = list(_flat(sequential))
    first = next((module for module in modules if _kind(module) == "Linear"), None)
    if first is None:
        raise ForeignError("it has no Linear layer")
    chain = inputs(first.in_features)
    for module in modules:
        chain = _behind(chain, module)
    chain = chain.doubled() if chain.is_sigmoid else chain
    return Found(chain, chain.white)


def _flat(module: Any) -> Iterator[Any]:  # noqa: ANN401  # a torch.nn.Module
    """Yield the modules of a Sequential, and of those within it."""
    for each in module.children() if _kind(module) == "Sequential" else ():
        yield from _flat(each) if _kind(each) == "Sequential" else (each,)


def _behind(chain: Chain, module: Any) -> Chain:  # noqa: ANN401  # a torch.nn.Module
    """Return the chain with a module behind it."""
    match _kind(module):
        case "Linear":
            return chain.times(numbers(module.weight).T, 0.0 if module.bias is None else numbers(module.bias))
        case "BatchNorm1d" if module.running_mean is not None:
            scale = 1 / np.sqrt(numbers(module.running_var) + module.eps)
            if module.affine:
                scale = scale * numbers(module.weight)
            shift = numbers(module.bias) if module.affine else 0.0
            return chain.scaled(scale, shift - numbers(module.running_mean) * scale)
        case "LeakyReLU":
            return chain.activated(leaky(module.negative_slope))
        case kind if kind in _NOTHING:
            return chain
        case kind if _is_activation(module):
            return chain.activated(activation_named(kind))
        case kind:
            raise ForeignError(f"{kind}, one of its modules, is nothing that a fully connected network has")


def _is_activation(module: object) -> bool:
    """Tell whether a module is one of the functions that PyTorch has for hidden units."""
    return any(each.__module__ == "torch.nn.modules.activation" for each in type(module).__mro__)


def _kind(module: object) -> str:
    """Return the name of the class of PyTorch that a module is of."""
    return class_named(module, "torch.nn.modules")
