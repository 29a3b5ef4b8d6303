"""What the operators of an ONNX graph do to a chain of layers: https://onnx.ai/onnx/operators/.

Those that exporters write for fully connected networks are known. What comes of any other one is `Strange`, and so is
what comes of that: labels, say, which many graphs give beside probabilities.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import numpy as np

from byhand.export.foreign import shaping
from byhand.export.foreign.chain import leaky
from byhand.export.foreign.signals import Attributes, Constant, Operator, Signal, Strange, Value, Values, is_row


def apply(operator: str, values: Values, attributes: Attributes) -> Value:
    """Return what an operator makes of values."""
    strange = [value for value in values if isinstance(value, Strange)]
    if strange:
        return strange[0]
    known = _OPERATORS.get(operator)
    try:
        found = known(values, attributes) if known is not None else None
    except (
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        ArithmeticError,
    ):  # It has not the values that it should have.
        found = None
    return Strange(operator) if found is None else found


def _affine(operator: str) -> Operator:
    """Return how a constant is added to numbers, taken from them, multiplied with them, or divides them."""

    def run(values: Values, _: Attributes) -> Value | None:
        one, other = values
        is_first = isinstance(one, Signal)
        signal, given = (one, other) if is_first else (other, one)
        if not isinstance(signal, Signal) or not isinstance(given, np.ndarray) or not signal.is_float or signal.is_end:
            return None
        c = np.broadcast_to(given.astype(np.float64), (1, *signal.shape)).ravel()
        chain = signal.chain
        match operator:
            case "Add":
                chain = chain.scaled(1.0, c)
            case "Sub":
                chain = chain.scaled(1.0, -c) if is_first else chain.scaled(-1.0, c)
            case "Mul":
                chain = chain.scaled(c)
            case "Div" if is_first and c.all():
                chain = chain.scaled(1 / c)
            case _:
                return None
        return replace(signal, chain=chain)

    return run


def _matmul(values: Values, _: Attributes) -> Value | None:
    """Multiply by weights."""
    signal, w = values
    if not is_row(signal) or not isinstance(w, np.ndarray):
        return None
    chain = signal.chain.times(w)
    return replace(signal, chain=chain, shape=(len(chain.bias),))


def _gemm(values: Values, attributes: Attributes) -> Value | None:
    """Multiply by weights, and add a bias."""
    signal, w, *others = values
    if not is_row(signal) or not isinstance(w, np.ndarray) or attributes.get("transA", 0):
        return None
    w = (w.T if attributes.get("transB", 0) else w).astype(np.float64)
    bias = np.zeros(w.shape[1])
    if others and others[0] is not None:
        bias += cast("Constant", others[0]).astype(np.float64).reshape(-1)
    chain = signal.chain.times(w * attributes.get("alpha", 1.0), bias * attributes.get("beta", 1.0))
    return replace(signal, chain=chain, shape=(len(chain.bias),))


def _normalized(values: Values, attributes: Attributes) -> Value | None:
    """Normalize by the means and variances that were learned."""
    signal, *given = values
    if not isinstance(signal, Signal) or not signal.is_float or signal.is_end or attributes.get("training_mode", 0):
        return None
    each = (signal.shape[0], *(1,) * (len(signal.shape) - 1))
    whole = [
        np.broadcast_to(cast("Constant", one).astype(np.float64).reshape(each), signal.shape).ravel() for one in given
    ]
    scale, shift, mean, variance = whole
    factor = scale / np.sqrt(variance + attributes.get("epsilon", 1e-5))
    return replace(signal, chain=signal.chain.scaled(factor, shift - mean * factor))


def _scaler(values: Values, attributes: Attributes) -> Value | None:
    """Take an offset from each number and multiply it, as scikit-learn's scalers do."""
    (signal,) = values
    if not is_row(signal):
        return None
    factor, offset = (np.asarray(attributes[name], np.float64) for name in ("scale", "offset"))
    factor, offset = np.broadcast_to(factor, signal.shape), np.broadcast_to(offset, signal.shape)
    return replace(signal, chain=signal.chain.scaled(factor, -offset * factor))


def _activation(operator: str) -> Operator:
    """Return how an activation ends a layer."""

    def run(values: Values, attributes: Attributes) -> Value | None:
        (signal,) = values
        if not is_row(signal):
            return None
        name = leaky(attributes.get("alpha", 0.01)) if operator == "LeakyRelu" else operator.lower()
        return replace(signal, chain=signal.chain.activated(name))

    return run


def _softmax(values: Values, attributes: Attributes) -> Value | None:
    """Make probabilities, or their logarithms, of the last layer's numbers."""
    (signal,) = values
    return replace(signal, is_end=True) if is_row(signal) and attributes.get("axis", -1) in (-1, 1) else None


_OPERATORS: Mapping[str, Operator] = {
    "BatchNormalization": _normalized,
    "Cast": shaping.convert,
    "Concat": shaping.concat,
    "Constant": shaping.constant,
    "Dropout": shaping.same,
    "Flatten": shaping.flatten,
    "Gather": shaping.gather,
    "Gemm": _gemm,
    "Identity": shaping.same,
    "LogSoftmax": _softmax,
    "MatMul": _matmul,
    "Reshape": shaping.reshape,
    "Scaler": _scaler,
    "Shape": shaping.shape,
    "Softmax": _softmax,
    "Squeeze": shaping.squeeze,
    "Transpose": shaping.transpose,
    "Unsqueeze": shaping.unsqueeze,
    "ZipMap": shaping.same,
    **{name: _affine(name) for name in ("Add", "Sub", "Mul", "Div")},
    **{name: _activation(name) for name in ("LeakyRelu", "Relu", "Sigmoid", "Tanh")},
}
