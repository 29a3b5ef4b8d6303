"""Read an ONNX file, whose claims are looked at before the library that reads it can be made to fill the memory.

The format is Protocol Buffers (https://protobuf.dev/programming-guides/encoding): a message is fields, each a number
and a kind, and then what it holds. Two bytes may be a step that takes a hundred in memory: so what is no weights may
take little.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from byhand.errors import ByhandError
from byhand.files import parsing, read_file
from byhand.machine import MOST_PARAMETERS

MOST_BESIDE = 2**20  # Bytes of a graph that are no weights. Those of large graphs for images take a third of that.
MOST_BYTES = 4 * MOST_PARAMETERS + MOST_BESIDE
_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
_Places: TypeAlias = "dict[int, _Places | None]"
# Where numbers of weights stand, by the fields that lead there: float_data, raw_data and double_data of a TensorProto,
# which is an initializer of the graph, or in an attribute of one of its nodes.
_TENSOR: _Places = {4: None, 9: None, 10: None}
_WEIGHTS: _Places = {7: {1: {5: {5: _TENSOR}}, 5: _TENSOR}}
_TOO_MUCH = f"what is no weights takes more than {MOST_BESIDE:,} bytes"
_ADVICE = "Export it again."


def read(path: Path) -> Any:  # noqa: ANN401  # an onnx.ModelProto, which has no type
    """Return the model in an ONNX file, without what lies beside it. Nothing is run.

    Raises
    ------
    ByhandError
        If it cannot be read, is too large, or is no ONNX file; the message names it.
    """
    from onnx import ModelProto

    fault = "is not a sound ONNX file"
    with parsing(path, fault, _ADVICE):
        content = read_file(path, MOST_BYTES)
        if beside_weights(memoryview(content)) > MOST_BESIDE:
            raise ValueError(_TOO_MUCH)
        found = ModelProto.FromString(content)
        if not found.HasField("graph") or not found.graph.node:
            raise ValueError("it holds no graph")
    if found.functions or found.training_info:
        raise ByhandError(f"{path}: its graph has functions of its own, which byhand does not read. {_ADVICE}")
    return found


def beside_weights(model: memoryview) -> int:
    """Return how many bytes of a model are not the numbers of its weights.

    Raises
    ------
    ValueError
        If it is no message, or has so many parts that it is more than may be.
    """
    return len(model) - _weights(model, _WEIGHTS, iter(range(MOST_BESIDE // 2)))


def _weights(message: memoryview, places: _Places, parts: Iterator[int]) -> int:
    """Return how many bytes of a message are numbers of weights; each of its fields takes one of the parts."""
    count, place = 0, 0
    while place < len(message):
        if next(parts, None) is None:  # Each takes two bytes or more.
            raise ValueError(_TOO_MUCH)
        key, place = _varint(message, place)
        kind, size = key & 7, 0
        if kind in (_BYTES, _VARINT):
            number, place = _varint(message, place)
            size = number if kind == _BYTES else 0
        elif kind in (_FIXED_32, _FIXED_64):
            size = 4 if kind == _FIXED_32 else 8
        else:
            raise ValueError("it is no message of Protocol Buffers")
        if place + size > len(message):
            raise ValueError("it ends too early")
        if kind == _BYTES and key >> 3 in places:
            below, content = places[key >> 3], message[place : place + size]
            count += size if below is None else _weights(content, below, parts)
        place += size
    return count


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """Return the number that stands at a place, seven bits a byte, and the place behind it."""
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(message):
            break
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise ValueError("it ends too early, or is no message of Protocol Buffers")
