"""An ONNX file → a model, if it holds a fully connected network, whichever tool has written it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from byhand import machine
from byhand.errors import shortened
from byhand.export.foreign import beside, operators, wire
from byhand.export.foreign.chain import AS_TOLD, GREY, ForeignError, Found, Wishes, checked_file, inputs, modelled
from byhand.export.foreign.signals import Constant, Signal, Strange, Value
from byhand.files import parsing
from byhand.labels import printable
from byhand.model import Model
from byhand.sealing.facts import ModelFacts
from byhand.sealing.schema import check
from byhand.sealing.sealed import read_json
from byhand.types import Json

_OURS = ("", "ai.onnx", "ai.onnx.ml")  # domains of operators
_ADVICE = "Export it again."
_MISSING = Strange("")


@dataclass(frozen=True)
class Node:
    """An operator of a graph, with the names of what goes in and what comes out."""

    operator: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Graph:
    """A graph without the library that has read it; an input is its shape, and whether it takes floats."""

    nodes: Sequence[Node]
    constants: Mapping[str, Constant]
    inputs: Mapping[str, tuple[tuple[int, ...], bool]]
    outputs: Sequence[str]


def from_onnx(source: str | Path, wishes: Wishes = AS_TOLD) -> Model:
    """Return the model that an ONNX file is. Nothing in it is run, and but for weights beside it no other file read.

    Raises
    ------
    ByhandError
        If the library is missing, or it is no ONNX file, or holds another kind of network; the message names it.
    """
    machine.require("onnx", "to read ONNX")
    path = checked_file(source, "an ONNX file")
    built = wire.read(path)
    beside.bring_in(path, _tensors(built.graph), wire.MOST_BYTES)
    with parsing(path, "is not a sound ONNX file", _ADVICE):
        graph = _read(built.graph)
        producer = shortened(_text(built.producer_name))
        told = {_text(each.key): _text(each.value) for each in built.metadata_props}
    with parsing(path, "its metadata lack or misstate something", _ADVICE):
        known = _known(told) if producer == "byhand" else None
    imported: dict[str, Json] = {"from": "onnx", "producer": printable(producer)}
    return modelled(path, lambda: _found(graph, known), wishes, imported)


def _text(given: str | bytes) -> str:
    """Return a text, which the library gives as bytes where it is none; refuse that."""
    if isinstance(given, bytes):
        raise ValueError("a name in it is no text")
    return given


def _known(told: Mapping[str, str]) -> dict[str, Json]:
    """Return the facts of a model that byhand has exported."""
    texts = {name: told[name] for name in ("activation", "preprocessing")}
    listed = {name: told[name] for name in ("sizes", "classes", "image_shape")} | {"details": told.get("details", "{}")}
    facts = texts | read_json(f"{{{', '.join(f'{json.dumps(name)}: {text}' for name, text in listed.items())}}}")
    check(ModelFacts, facts)
    return facts


def _tensors(graph: Any) -> Iterable[Any]:  # noqa: ANN401  # an onnx.GraphProto, which has no type
    """Yield every array of a graph."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t


def _read(graph: Any) -> Graph:  # noqa: ANN401  # an onnx.GraphProto, which has no type
    """Return what a graph is."""
    from onnx import helper, numpy_helper

    def value(attribute: Any) -> Any:  # noqa: ANN401  # whatever it holds
        held = helper.get_attribute_value(attribute)
        return numpy_helper.to_array(held) if attribute.HasField("t") else held

    nodes = [
        Node(
            _text(node.op_type) if node.domain in _OURS else f"{_text(node.op_type)} of {_text(node.domain)}",
            [*map(_text, node.input)],
            [*map(_text, node.output)],
            {_text(each.name): value(each) for each in node.attribute},
        )
        for node in graph.node
    ]
    constants = {_text(each.name): numpy_helper.to_array(each) for each in graph.initializer}
    shapes = {_text(each.name): _shape(each.type) for each in graph.input if each.name not in constants}
    return Graph(nodes, constants, shapes, [_text(each.name) for each in graph.output])


def _shape(kind: Any) -> tuple[tuple[int, ...], bool]:  # noqa: ANN401  # an onnx.TypeProto, which has no type
    """Return the shape of an input, with 0 for a size that is left open; and whether it takes floats."""
    from onnx import TensorProto

    floats = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16)
    sizes = [dim.dim_value for dim in kind.tensor_type.shape.dim]
    return tuple(sizes), kind.tensor_type.elem_type in floats


def _found(graph: Graph, known: dict[str, Json] | None) -> Found:
    """Return the network that a graph is."""
    if len(graph.inputs) != 1:
        names = shortened(", ".join(graph.inputs))
        raise ForeignError(f"it has {len(graph.inputs)} inputs ({names}), where one belongs")
    ((name, (sizes, is_float)),) = graph.inputs.items()
    n, shape = sum(sizes[:1]), sizes[1:]
    if not shape or min(shape) < 1:
        fixed = ", ".join(str(size) if size > 0 else "any" for size in shape)
        raise ForeignError(f"its input has the shape (n{', ' * bool(shape)}{fixed}); all but n must be fixed")
    signal = Signal(inputs(int(np.prod(shape, dtype=object))), shape, is_float, n=n)
    end = _end(graph, {**graph.constants, name: signal})
    white = end.chain.white if is_float else GREY
    if known is not None:
        return Found(end.chain, white, known["classes"], tuple(known["image_shape"]), known)  # type: ignore[arg-type]
    return Found(end.chain, white, _labels(graph, len(end.chain.bias)), _image_shape(shape))


def _end(graph: Graph, values: dict[str, Value]) -> Signal:
    """Follow the graph, and return its answer."""
    for node in graph.nodes:
        given = [values.get(name, _MISSING) if name else None for name in node.inputs]
        found = operators.apply(node.operator, given, node.attributes)
        values |= dict.fromkeys(node.outputs[1:], Strange(node.operator)) | dict.fromkeys(node.outputs[:1], found)
    answers = [values.get(name, _MISSING) for name in graph.outputs]
    signals = [answer for answer in answers if isinstance(answer, Signal)]
    if not signals:
        (strange, *_) = [answer for answer in answers if isinstance(answer, Strange)] or [_MISSING]
        if strange is _MISSING:
            raise ForeignError("its answer, or what leads to it, comes of nothing")
        count = f"one of its {len(graph.nodes)} operators"
        raise ForeignError(
            f"{shortened(strange.operator)}, {count}, is nothing that a fully connected network has there"
        )
    if len(signals) == 1 and signals[0].chain.is_sigmoid:
        return replace(signals[0], chain=signals[0].chain.doubled(), shape=(2,))
    if any(signal.chain is not signals[0].chain for signal in signals):
        raise ForeignError(f"it gives {len(signals)} different answers, where one belongs")
    if len(signals[0].shape) != 1:
        raise ForeignError(
            f"its answer has the shape (n, {', '.join(map(str, signals[0].shape))}), where (n, classes) belongs"
        )
    return signals[0]


def _labels(graph: Graph, outputs: int) -> Sequence[object] | None:
    """Return the names of the classes, where scikit-learn's converter has written them beside the answer."""
    for node in graph.nodes:
        if node.operator == "ZipMap":
            named = [each for name, each in node.attributes.items() if name.startswith("classlabels")]
        elif node.operator == "ArrayFeatureExtractor":
            named = [graph.constants.get(node.inputs[0], np.empty(0)).ravel().tolist()]
        else:
            continue
        if named and len(named[0]) == outputs:
            return [each.decode("utf-8", "replace") if isinstance(each, bytes) else each for each in named[0]]
    return None


def _image_shape(shape: tuple[int, ...]) -> tuple[int, int] | None:
    """Return height and width of its images; None for rows."""
    long = [size for size in shape if size > 1]
    if len(shape) == 1:
        return None
    if len(long) > 2:
        raise ForeignError(f"its images have the shape {shape}; byhand's are grey, of height and width")
    return (*(1,) * (2 - len(long)), *long)  # type: ignore[return-value]
