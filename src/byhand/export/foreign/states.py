"""A network that PyTorch has trained → a model: a Sequential, or its weights alone, in a file that can run no code."""

import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np

from byhand import machine
from byhand.errors import ByhandError, UsageError, shortened
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
from byhand.files import opened, parsing
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
        `Linear` layers one after the other; or the path of a file that holds one, by `torch.save` or safetensors.
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
    state = source if isinstance(source, Mapping) else source.state_dict()  # type: ignore[attr-defined]
    return modelled("the weights", lambda: _of_state(state, activation), wishes, {"from": "torch"})


def _read(path: Path) -> Mapping[str, Any]:
    """Return the weights in a file, by name and in order."""
    fault = "holds no weights, or more than weights, which could only be read by running code"
    with parsing(path, fault, _ADVICE), opened(path) as file:
        start = file.read(9)
    if is_sealed(start):
        from safetensors import safe_open

        with parsing(path, fault, "Write it again, with float32 numbers."), safe_open(path, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in sorted(file.keys(), key=_in_order)}
    machine.require("torch", "to read weights of PyTorch")
    machine.load("torch", "..")
    import torch

    try:
        with parsing(path, fault, _ADVICE), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # They are about pickles.
            held = torch.load(path, map_location="cpu", weights_only=True)
    except ByhandError as error:
        if isinstance(error.__cause__, UnpicklingError):  # whose words explain how to let it run code
            raise ByhandError(f"{path}: {fault}. {_ADVICE}") from error
        raise
    for name in _WITHIN:
        if isinstance(held, Mapping) and isinstance(held.get(name), Mapping):
            held = held[name]
    if not isinstance(held, Mapping):
        raise ByhandError(f"{path}: holds a {type(held).__name__}, and no weights by name. {_ADVICE}")
    return held


def _in_order(name: str) -> list[tuple[int, str]]:
    """Return what names are sorted by, so that layer10 stands behind layer9."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def _numbers(tensor: Any) -> Any:  # noqa: ANN401  # a tensor → an array
    """Return a tensor as an array; the same tensor is not counted as it is stored, but as large as it says."""
    if hasattr(tensor, "detach"):
        machine.check_size(tensor.numel())
        tensor = tensor.detach().cpu().double().numpy()
    if not isinstance(tensor, np.ndarray) or tensor.dtype.kind != "f":
        raise ForeignError(f"it holds a {type(tensor).__name__} where weights belong")
    return tensor


def _of_state(state: Mapping[str, Any], activation: str | None) -> Found:
    """Return the network that has some weights, one layer after the other."""
    pairs = list(_pairs(state))
    chain = inputs(pairs[0][0].shape[1])
    for k, (w, b) in enumerate(pairs):
        if k > 0 and activation is None:
            raise UsageError("is not told by weights alone: say which it is.", "activation")
        chain = (chain if k == 0 else chain.activated(str(activation))).times(w.T, b)
    return Found(chain)


def _pairs(state: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Yield weights and bias of every layer; refuse whatever is neither."""
    biases = {str(name): value for name, value in state.items() if str(name).rpartition(".")[2] == "bias"}
    any_weights = False
    for name, value in state.items():
        stem, dot, last = str(name).rpartition(".")
        if last == "weight" and np.ndim(value) == 2:
            w, bias = _numbers(value), biases.pop(f"{stem}{dot}bias", None)
            any_weights = True
            yield w, 0.0 if bias is None else _numbers(bias)
        elif last != "bias":
            shape = "×".join(map(str, getattr(value, "shape", ()))) or type(value).__name__
            raise ForeignError(f"{shortened(str(name))} ({shape}) is nothing that a fully connected network has")
    if biases or not any_weights:
        raise ForeignError(
            "it has no weights" if not any_weights else f"{shortened(next(iter(biases)))} has no weights"
        )


def _of_modules(sequential: Any) -> Found:  # noqa: ANN401  # a torch.nn.Sequential
    """Return the network that modules are, one after the other."""
    modules = list(_flat(sequential))
    first = next((module for module in modules if _kind(module) == "Linear"), None)
    if first is None:
        raise ForeignError("it has no Linear layer")
    chain = inputs(first.in_features)
    for module in modules:
        chain = _behind(chain, module)
    return Found(chain, chain.white)


def _flat(module: Any) -> Iterator[Any]:  # noqa: ANN401  # a torch.nn.Module
    """Yield the modules of a Sequential, and of those within it."""
    for each in module.children() if _kind(module) == "Sequential" else ():
        yield from _flat(each) if _kind(each) == "Sequential" else (each,)


def _behind(chain: Chain, module: Any) -> Chain:  # noqa: ANN401  # a torch.nn.Module
    """Return the chain with a module behind it."""
    match _kind(module):
        case "Linear":
            return chain.times(_numbers(module.weight).T, 0.0 if module.bias is None else _numbers(module.bias))
        case "BatchNorm1d" if module.running_mean is not None:
            scale = 1 / np.sqrt(_numbers(module.running_var) + module.eps)
            if module.affine:
                scale = scale * _numbers(module.weight)
            shift = _numbers(module.bias) if module.affine else 0.0
            return chain.scaled(scale, shift - _numbers(module.running_mean) * scale)
        case "LeakyReLU":
            return chain.activated(leaky(module.negative_slope))
        case kind if kind in _NOTHING:
            return chain
        case kind:
            return chain.activated(activation_named(kind))


def _kind(module: object) -> str:
    """Return the name of the class of PyTorch that a module is of."""
    return class_named(module, "torch.nn.modules")
