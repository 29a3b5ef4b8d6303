"""A network as an ONNX file, which ONNX Runtime, browsers, phones and chips run: bytes in, probabilities out."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from byhand import machine
from byhand.export.facts import facts
from byhand.files import write_atomically
from byhand.model import Model
from byhand.network import layers

OPSET, FORMAT = 13, 8  # old enough for whatever runs ONNX today, and young enough for all that is needed
_OPERATORS: dict[str, tuple[str, dict[str, float]]] = {  # as `network.ACTIVATIONS`
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.01}),
    "tanh": ("Tanh", {}),
    "sigmoid": ("Sigmoid", {}),
}


def write(model: Model, path: Path) -> None:
    """Write an ONNX file, in one step; equal models give equal files.

    Raises
    ------
    ByhandError
        If the library is missing, or the file cannot be written.
    """
    machine.require("onnx", "to write ONNX")
    write_atomically(path, _built(model).SerializeToString(deterministic=True))


def _built(model: Model) -> Any:  # noqa: ANN401  # an onnx.ModelProto, which has no type
    """Return the graph with all that is to be known of it."""
    from onnx import TensorProto, helper

    images = helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", *model.image_shape])
    probabilities = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", model.sizes[-1]])
    nodes, weights = _parts(model)
    name = "-".join(map(str, model.sizes))
    graph = helper.make_graph(nodes, name, [images], [probabilities], weights)
    built = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=FORMAT, producer_name="byhand"
    )
    told = facts(model)
    built.producer_version = told["byhand"]
    height, width = model.image_shape
    built.doc_string = (
        f"A fully connected network of {name} units, trained by byhand. It takes uint8 images (n, {height}, {width}), "
        "white ink on black. An answer less probable than the threshold should not be believed. The temperature, under "
        "which probabilities are true, is in the weights already."
    )
    said = {name: value if isinstance(value, str) else json.dumps(value) for name, value in told.items() if value}
    helper.set_model_props(built, said)
    return built


def _parts(model: Model) -> tuple[list[Any], list[Any]]:
    """Return the steps, and the weights."""
    from onnx import TensorProto, helper, numpy_helper

    white = numpy_helper.from_array(np.float32(255), "white")
    nodes = [
        helper.make_node("Cast", ["images"], ["levels"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["levels"], ["rows"], axis=1),
        helper.make_node("Div", ["rows", "white"], ["a0"]),
    ]
    weights = [white]
    operator, attributes = _OPERATORS[model.activation]
    last = len(model.sizes) - 2
    for k, (w, b) in enumerate(layers(model.theta, model.sizes)):
        weights += [numpy_helper.from_array(w, f"w{k}"), numpy_helper.from_array(b, f"b{k}")]
        nodes.append(helper.make_node("Gemm", [f"a{k}", f"w{k}", f"b{k}"], [f"z{k}"]))
        if k < last:
            nodes.append(helper.make_node(operator, [f"z{k}"], [f"a{k + 1}"], **attributes))
    nodes.append(helper.make_node("Softmax", [f"z{last}"], ["probabilities"], axis=1))
    return nodes, weights
