"""The operators of ONNX that leave numbers as they are, and give them another type or shape."""

import math
from dataclasses import replace
from typing import cast

import numpy as np

from byhand.export.foreign.signals import Attributes, Constant, Signal, Value, Values, is_row

MOST_SHAPE = 64  # numbers of an array that tells a shape, and may be cut and joined


def same(values: Values, _: Attributes) -> Value | None:
    """Leave it as it is, as dropout does when nothing is learned."""
    return values[0]


def convert(values: Values, attributes: Attributes) -> Value | None:
    """Make it another type of number."""
    from onnx import TensorProto, helper

    (value,) = values
    is_float = attributes["to"] in (TensorProto.FLOAT, TensorProto.DOUBLE)
    if isinstance(value, Signal):
        return replace(value, is_float=True) if is_float or value.is_end else None
    return cast("Constant", value).astype(helper.tensor_dtype_to_np_dtype(attributes["to"]))


def constant(_: Values, attributes: Attributes) -> Value | None:
    """Return what its attribute holds."""
    (held,) = attributes.values()
    return np.asarray(held)


def flatten(values: Values, attributes: Attributes) -> Value | None:
    """Make a row of each image's numbers."""
    (value,) = values
    return replace(value, shape=(value.size,)) if isinstance(value, Signal) and attributes.get("axis", 1) == 1 else None


def reshape(values: Values, attributes: Attributes) -> Value | None:
    """Give each image's numbers another shape, in the same order."""
    value, given = values[0], attributes.get("shape", values[1] if len(values) > 1 else None)
    if not isinstance(value, Signal) or given is None:
        return None
    n, *wanted = np.asarray(given).tolist()
    sizes = [value.shape[k] if size == 0 else size for k, size in enumerate(wanted)]
    free = [k for k, size in enumerate(sizes) if size == -1]
    if free:
        sizes[free[0]] = value.size // math.prod(size for size in sizes if size != -1)
    fits = math.prod(sizes) == value.size and n in (0, 1, -1, value.n) and len([*free, *[n] * (n == -1)]) < 2
    return replace(value, shape=tuple(sizes)) if sizes and fits else None


def squeeze(values: Values, attributes: Attributes) -> Value | None:
    """Drop axes of a single number."""
    value, axes = values[0], _axes(values, attributes)
    if isinstance(value, Signal):
        ndim = 1 + len(value.shape)
        gone = {axis % ndim for axis in axes}
        if 0 in gone or any(value.shape[axis - 1] != 1 for axis in gone):
            return None
        return replace(value, shape=tuple(size for k, size in enumerate(value.shape, 1) if k not in gone))
    return np.squeeze(cast("Constant", value), tuple(axes))


def unsqueeze(values: Values, attributes: Attributes) -> Value | None:
    """Put axes of a single number in."""
    value, axes = values[0], _axes(values, attributes)
    if isinstance(value, Signal):
        shape = np.expand_dims(np.empty((2, *value.shape), np.bool_), tuple(axes)).shape
        return replace(value, shape=shape[1:]) if shape[0] == 2 else None
    return np.expand_dims(cast("Constant", value), tuple(axes))


def _axes(values: Values, attributes: Attributes) -> list[int]:
    """Return the axes that are named, by an attribute in older graphs."""
    return [int(axis) for axis in np.asarray(attributes.get("axes", values[1] if len(values) > 1 else None)).ravel()]


def transpose(values: Values, attributes: Attributes) -> Value | None:
    """Turn the axes of weights; of images only those that change the order of nothing."""
    (value,) = values
    if not isinstance(value, Signal):
        return np.transpose(cast("Constant", value), attributes.get("perm"))
    order = list(attributes["perm"])
    long = [axis for axis in order[1:] if value.shape[axis - 1] > 1]
    if order[0] != 0 or long != sorted(long):
        return None
    return replace(value, shape=tuple(value.shape[axis - 1] for axis in order[1:]))


def shape(values: Values, _: Attributes) -> Value | None:
    """Return the shape of images, with 0 for their number: in a new shape that means the same number."""
    (value,) = values
    return np.array([0, *value.shape]) if isinstance(value, Signal) else None


def gather(values: Values, attributes: Attributes) -> Value | None:
    """Take a part of a shape."""
    value, places = values
    if not (isinstance(value, np.ndarray) and isinstance(places, np.ndarray) and _is_small(value, places)):
        return None
    return cast("Constant", np.take(value, places.astype(np.int64), attributes.get("axis", 0)))


def concat(values: Values, attributes: Attributes) -> Value | None:
    """Join the parts of a shape, or the probabilities of two classes."""
    if len(values) == 2 and all(is_row(value) for value in values) and attributes["axis"] in (1, -1):
        return _two(*cast("list[Signal]", values))
    if not all(isinstance(value, np.ndarray) for value in values) or not _is_small(*cast("list[Constant]", values)):
        return None
    return np.concatenate(cast("list[Constant]", values), attributes["axis"])


def _two(one: Signal, other: Signal) -> Value | None:
    """Return the answer that is 1 − p and p, where p is a sigmoid."""
    both = ((one.chain, -1, 1), (other.chain, 1, 0))
    is_pair = all((chain.weights == w).all() and (chain.bias == b).all() for chain, w, b in both)
    if not is_pair or one.chain.layers is not other.chain.layers or not other.chain.is_sigmoid:
        return None
    return replace(other, chain=other.chain.doubled(), shape=(2,), is_end=True)


def _is_small(*arrays: Constant) -> bool:
    """Tell whether arrays are as small as those that tell a shape."""
    return sum(array.size for array in arrays) <= MOST_SHAPE
