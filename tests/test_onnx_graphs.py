"""The graphs of ONNX that other tools write become models, and graphs of another kind one sentence."""

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import byhand
from byhand.export import onnx as exported
from byhand.export.foreign.chain import Wishes
from byhand.export.foreign.estimators import from_sklearn
from byhand.export.foreign.onnx_files import from_onnx
from byhand.export.foreign.states import from_torch
from byhand.network import ACTIVATIONS
from conftest import Run
from test_exports import grey, network
from test_imports import answers, assert_says, softmax, weights

pytestmark = pytest.mark.onnx

Values = Mapping[str, NDArray[np.generic]]


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Path]:
    """Write a graph of nodes (operator, inputs, output, attributes), and return its file."""

    def build(
        nodes: Sequence[tuple[Any, ...]],
        constants: Values,
        *,
        shape: Sequence[int | str] = ("n", 6),
        kind: str = "FLOAT",
        outputs: Sequence[str] = ("y",),
        **more: Any,
    ) -> Path:
        from onnx import TensorProto, helper, numpy_helper

        made = []
        for operator, given, out, *rest in nodes:
            name, _, domain = operator.partition("@")
            made.append(helper.make_node(name, given.split(), out.split(), domain=domain, **(rest[0] if rest else {})))
        held = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
        taken = [helper.make_tensor_value_info("x", getattr(TensorProto, kind), shape), *more.pop("inputs", ())]
        given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        path = tmp_path / "x.onnx"
        path.write_bytes(
            helper.make_model(helper.make_graph(made, "g", taken, given, held), **more).SerializeToString()
        )
        return path

    return build


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_what_byhand_exports_comes_back_bit_by_bit(call: Run, tmp_path: Path, activation: str) -> None:
    model = network((12, 5, 4, 3), activation, image_shape=(3, 4), classes=("é", "b,c", "d"), details={"byhand": "0"})
    exported.write(model, tmp_path / "x.onnx")
    assert call("import", "onnx", "x.onnx").stdout == "saved as x.safetensors: 12-5-4-3, " + activation + (
        ", for 3×4 pixels\n"
    )
    assert (tmp_path / "x.safetensors").read_bytes() == model.to_bytes()


@pytest.mark.parametrize("told", [3, {}, {"from": "onnx"}, {"from": "onnx", "white": "x"}, {"from": ["onnx"]}])
def test_what_a_file_says_of_its_origin_may_be_anything(call: Run, tmp_path: Path, told: Any) -> None:
    exported.write(network((4, 3), details={"imported": told}), tmp_path / "x.onnx")
    assert call("import", "onnx", "x.onnx").stdout == "saved as x.safetensors: 4-3, relu, for 1×4 pixels\n"


def test_the_shipped_network_comes_back_bit_by_bit(tmp_path: Path) -> None:
    exported.write(byhand.Model.load(), tmp_path / "x.onnx")
    assert from_onnx(tmp_path / "x.onnx").to_bytes() == byhand.Model.load().to_bytes()


def test_what_other_tools_write_for_layers_is_known(build: Callable[..., Path], rng: np.random.Generator) -> None:
    (v, c), (w, b) = weights(rng, 6, 4, 3)
    mean, std = rng.normal(size=6).astype(np.float32), rng.uniform(1, 2, 6).astype(np.float32)
    ends = [("Relu", "h", "a"), ("MatMul", "a w", "z"), ("Add", "b z", "s"), ("Softmax", "s", "y")]
    held = {"w": w, "b": b, "v": v, "c": c, "vt": v.T, "mean": mean, "std": std}
    x = (grey(rng, 9, 6) / 255).astype(np.float32)
    for nodes in (
        [("Sub", "x mean", "m"), ("Div", "m std", "d"), ("Gemm", "d vt c", "h", {"transB": 1})],
        [
            ("Scaler@ai.onnx.ml", "x", "d", {"offset": mean.tolist(), "scale": (1 / std).tolist()}),
            ("Gemm", "d v c", "h"),
        ],
        [
            ("Sub", "x mean", "m"),
            ("Div", "m std", "d"),
            ("Transpose", "vt", "u"),
            ("MatMul", "d u", "p"),
            ("Add", "p c", "h"),
        ],
        [("Sub", "mean x", "m"), ("Div", "m std", "d"), ("Gemm", "d v c", "h", {"alpha": -1.0})],
    ):
        model = from_onnx(build([*nodes, *ends], held))
        assert_says(model, x, answers([(v, c), (w, b)], (x - mean) / std, "relu"))  # type: ignore[arg-type]


def test_normalization_that_was_learned_is_known(build: Callable[..., Path], rng: np.random.Generator) -> None:
    ((w, b),), g = weights(rng, 6, 4), rng.normal(size=(2, 4)).astype(np.float32)
    mean, variance = rng.normal(size=4).astype(np.float32), rng.uniform(1, 2, 4).astype(np.float32)
    held = {"w": w, "b": b, "g": g[0], "h": g[1], "m": mean, "s": variance}
    path = build([("Gemm", "x w b", "z"), ("BatchNormalization", "z g h m s", "y", {"epsilon": 1e-3})], held)
    x = grey(rng, 9, 6) / 255
    assert_says(from_onnx(path), x, softmax((x @ w + b - mean) / np.sqrt(variance + 1e-3) * g[0] + g[1]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shape", "nodes", "image_shape"),
    [
        (("n", 1, 2, 3), [("Flatten", "x", "r")], (2, 3)),
        (("n", 2, 3, 1), [("Transpose", "x", "t", {"perm": [0, 3, 1, 2]}), ("Reshape", "t all", "r")], (2, 3)),
        (("n", 2, 3), [("Reshape", "x six", "r")], (2, 3)),
        ((1, 2, 3), [("Reshape", "x one", "r")], (2, 3)),
        ((64, 2, 3), [("Reshape", "x many", "r")], (2, 3)),  # As PyTorch writes it of an example of 64 images.
        (("n", 1, 6), [("Squeeze", "x axis", "r")], (1, 6)),
        (("n", 6), [("Unsqueeze", "x axis", "t"), ("Reshape", "t all", "r")], (1, 6)),
        (
            ("n", 2, 3),
            [
                ("Shape", "x", "s"),
                ("Gather", "s zero", "k"),
                ("Unsqueeze", "k zero", "u"),
                ("Concat", "u rest", "to", {"axis": 0}),
                ("Reshape", "x to", "r"),
            ],
            (2, 3),
        ),
    ],
)
def test_images_become_rows_in_whatever_way(
    build: Callable[..., Path],
    rng: np.random.Generator,
    shape: tuple[int | str, ...],
    nodes: list[tuple[Any, ...]],
    image_shape: tuple[int, int],
) -> None:
    ((w, b),) = weights(rng, 6, 3)
    shapes = {"all": [0, -1], "six": [-1, 6], "one": [1, -1], "many": [64, 6], "axis": [1], "zero": [0], "rest": [-1]}
    held = {"w": w, "b": b} | {name: np.array(value) for name, value in shapes.items()}
    if shape == ("n", 2, 3) and nodes[0][0] == "Shape":
        held["zero"] = np.array(0)
        nodes = [nodes[0], nodes[1], ("Unsqueeze", "k first", "u"), *nodes[3:]]
        held["first"] = np.array([0])
    model, x = from_onnx(build([*nodes, ("Gemm", "r w b", "y")], held, shape=shape)), grey(rng, 5, 6)
    assert model.image_shape == image_shape
    assert_says(model, x, softmax(x / 255 @ w + b))


@pytest.mark.parametrize(
    ("kind", "nodes", "white"),
    [
        ("FLOAT", [("Gemm", "x w", "y")], 1),
        ("UINT8", [("Cast", "x", "f", {"to": 1}), ("Gemm", "f w", "y")], 255),
        ("FLOAT", [("Div", "x levels", "d"), ("Gemm", "d w", "y")], 255),
        ("FLOAT", [("Div", "x sixteen", "d"), ("Gemm", "d w", "y")], 1),
    ],
)
def test_what_full_ink_is_may_be_told_by_the_graph(
    build: Callable[..., Path], kind: str, nodes: list[tuple[Any, ...]], white: float
) -> None:
    held = {"w": np.eye(6, 3, dtype=np.float32), "levels": np.float32(255), "sixteen": np.float32(16)}
    path = build(nodes, held, kind=kind)
    assert from_onnx(path).details["imported"]["white"] == white  # type: ignore[index, call-overload]
    assert from_onnx(path, Wishes(white=16)).theta[0] == from_onnx(path).theta[0] * np.float32(16 / white)


def test_one_probability_becomes_two(build: Callable[..., Path], rng: np.random.Generator) -> None:
    ((w, b),) = weights(rng, 6, 1)
    x = grey(rng, 5, 6)
    p = 1 / (1 + np.exp(-(x / 255 @ w + b)))
    pair = [("Sub", "one p", "q"), ("Concat", "q p", "y", {"axis": 1})]
    for nodes, outputs in (([], ("p",)), (pair, ("y",))):
        path = build(
            [("Gemm", "x w b", "z"), ("Sigmoid", "z", "p"), *nodes],
            {"w": w, "b": b, "one": np.float32(1)},
            outputs=outputs,
        )
        assert_says(from_onnx(path), x, np.hstack([1 - p, p]))


W6 = {"w": np.eye(6, 3, dtype=np.float32), "v": np.eye(6, dtype=np.float32), "half": np.float32(0.5)}


@pytest.mark.parametrize(
    ("nodes", "options", "says"),
    [
        (
            [("Conv", "x w", "y")],
            {},
            "Conv, one of its 1 operators, is nothing that a fully connected network has there",
        ),
        ([("Gemm", "x w", "z"), ("Sigmoid", "z", "y")], {}, "it ends with an activation, where byhand has a layer"),
        ([("Gemm", "x v", "h"), ("Selu", "h", "a"), ("Gemm", "a w", "y")], {}, "Selu, one of its 3 operators, is"),
        (
            [("Gemm", "x v", "h"), ("Relu", "h", "a"), ("Gemm", "a v", "i"), ("Tanh", "i", "b"), ("Gemm", "b w", "y")],
            {},
            "its hidden layers have several activations, relu, tanh; byhand's have one",
        ),
        (
            [("Gemm", "x v", "h"), ("LeakyRelu", "h", "a", {"alpha": 0.2}), ("Gemm", "a w", "y")],
            {},
            "its leaky ReLU has the slope 0.2; byhand's has 0.01",
        ),
        ([("Relu", "x", "a"), ("Gemm", "a w", "y")], {}, "an activation, relu, follows no layer"),
        ([("Gemm", "x v", "h"), ("Add", "x h", "y")], {}, "Add, one of its 2 operators, is nothing"),
        ([("Gemm", "x half", "y")], {}, "Gemm, one of its 1 operators, is nothing"),
        ([("Gemm", "x w", "z"), ("Gemm", "z w", "y")], {}, "weights of 6×3 and bias of (3,) follow 3 numbers"),
        ([("Div", "x half", "d"), ("Gemm", "d w", "y")], {"kind": "UINT8"}, "Div, one of its 2 operators, is nothing"),
        ([("Gemm", "x w", "y")], {"kind": "STRING"}, "Gemm, one of its 1 operators, is nothing"),
        ([("Gemm", "x w", "y")], {"shape": ("n", "m")}, "its input has the shape (n, any); all but n must be fixed"),
        ([("Gemm", "x w", "y")], {"shape": (6,)}, "its input has the shape (n); all but n must be fixed"),
        ([("Gemm", "x w", "y")], {"shape": ("n", 3, 2, 2)}, "Gemm, one of its 1 operators, is nothing"),
        (
            [("Flatten", "x", "r"), ("Gemm", "r u", "y")],
            {"shape": ("n", 3, 2, 2)},
            "its images have the shape (3, 2, 2); byhand's are grey, of height and width",
        ),
        ([("Gemm", "x w", "y"), ("Gemm", "x v", "z")], {"outputs": ("y", "z")}, "it gives 2 different answers"),
        ([("Gemm", "gone w", "y")], {}, "its answer, or what leads to it, comes of nothing"),
        ([("Gemm", "x w", "z")], {}, "its answer, or what leads to it, comes of nothing"),
        ([("Relu@com.other", "x", "y")], {}, "Relu of com.other, one of its 1 operators"),
        ([("Softmax", "x", "p"), ("Gemm", "p w", "y")], {}, "Gemm, one of its 2 operators, is nothing"),
        ([("Mul", "x half", "y")], {}, "it ends with an activation, where byhand has a layer and softmax"),
        ([("Unsqueeze", "x axes", "y")], {}, "Unsqueeze, one of its 1 operators"),
        ([("Reshape", "x pairs", "y")], {"shape": (1, 6)}, "Reshape, one of its 1 operators"),
        (
            [("MatMul", "x one", "y")],
            {},
            "it has a single output, where byhand has one for each class; if that is the log",
        ),
    ],
)
def test_a_graph_of_another_kind_is_one_sentence(
    build: Callable[..., Path], nodes: list[tuple[Any, ...]], options: dict[str, Any], says: str
) -> None:
    held = W6 | {"u": np.eye(12, 3, dtype=np.float32), "axes": np.array([2**40])}
    held |= {"pairs": np.array([2, -1]), "one": np.ones((6, 1), np.float32)}
    with pytest.raises(byhand.ByhandError) as caught:
        from_onnx(build(nodes, held, **options))
    assert says in str(caught.value)
    assert str(caught.value).count("x.onnx: cannot be a model of byhand: ") == 1


def test_several_inputs_are_refused(build: Callable[..., Path]) -> None:
    from onnx import TensorProto, helper

    other = helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["n", 6])
    with pytest.raises(byhand.ByhandError, match=r"it has 2 inputs \(x, mask\), where one belongs"):
        from_onnx(build([("Gemm", "x w", "y")], W6, inputs=[other]))


def test_weights_that_older_graphs_name_as_inputs_are_none(build: Callable[..., Path]) -> None:
    from onnx import TensorProto, helper

    named = helper.make_tensor_value_info("w", TensorProto.FLOAT, [6, 3])
    assert from_onnx(build([("Gemm", "x w", "y")], W6, inputs=[named])).sizes == (6, 3)


def test_a_large_graph_of_another_kind_is_one_sentence(build: Callable[..., Path]) -> None:
    nodes = [("Conv", f"c{k} w", f"c{k + 1}") for k in range(851)]
    with pytest.raises(byhand.ByhandError, match="Conv, one of its 852 operators, is nothing that a fully"):
        from_onnx(build([("Identity", "x", "c0"), *nodes], W6, outputs=("c851",)))


def test_weights_in_a_file_beside_are_read(build: Callable[..., Path], tmp_path: Path) -> None:
    import onnx

    path = build([("Gemm", "x w b", "y")], W6 | {"b": np.array([0.5, 0, -0.5], np.float32)})
    wanted = from_onnx(path)
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="x.onnx.data", size_threshold=0)
    assert (tmp_path / "x.onnx.data").exists()
    found = from_onnx(path)
    assert (found.theta == wanted.theta).all()
    assert found.details == wanted.details


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"location": "../beside"}, r"its weights lie in another place, \.\./beside; they are read from a file beside"),
        ({"location": "/etc/passwd"}, "its weights lie in another place, /etc/passwd"),
        ({"location": r"..\beside"}, "its weights lie in another place, "),
        ({"location": ".."}, r"its weights lie in another place, \.\.; they"),
        ({}, "its weights lie in another place, of no name"),
        ({"location": "link"}, "its weights lie in another place, link; they"),
        ({"location": "nothing"}, "nothing: has not the weights that x.onnx says lie there .No such file"),
        ({"location": "pipe"}, "pipe: has not the weights that x.onnx says lie there .No file, but a pipe"),
        ({"location": "beside", "offset": "1"}, "beside: has not the weights .* ends too early: 72 bytes belong at 1"),
        ({"location": "beside", "offset": "-4"}, "72 bytes at -4, where 72 belong"),
        ({"location": "beside", "length": "9"}, "9 bytes at 0, where 72 belong"),
        ({"location": "beside", "length": "x"}, "invalid literal"),
        ({"location": "x" * 300}, "has not the weights that x.onnx says lie there .File name too long"),
    ],
)
def test_weights_are_fetched_from_nowhere_else(
    build: Callable[..., Path], tmp_path: Path, said: dict[str, str], says: str
) -> None:
    import onnx

    path = build([("Gemm", "x w", "y")], W6)
    held = onnx.load(path)
    (tmp_path / "beside").write_bytes(bytes(72))
    (tmp_path / "link").symlink_to(tmp_path / "beside")
    os.mkfifo(tmp_path / "pipe")
    tensor = held.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in said.items():
        tensor.external_data.add(key=key, value=value)
    path.write_bytes(held.SerializeToString())
    with pytest.raises(byhand.ByhandError, match=says):
        from_onnx(path)


def test_weights_beside_are_no_more_than_may_be(build: Callable[..., Path], tmp_path: Path) -> None:
    import onnx

    path = build([("Gemm", "x w", "y")], W6)
    held = onnx.load(path)
    with (tmp_path / "beside").open("wb") as file:
        file.truncate(2**31)  # It takes no room on the disk.
    tensor = held.graph.initializer[0]
    tensor.dims[0], tensor.data_location = 2**27, onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="beside")
    path.write_bytes(held.SerializeToString())
    with pytest.raises(byhand.ByhandError, match=r"x\.onnx: its weights in beside are too many"):
        from_onnx(path)


def test_hostile_shapes_and_facts_are_one_sentence(build: Callable[..., Path]) -> None:
    import onnx

    path = build([("Gemm", "x w", "y")], W6)
    sound = onnx.load(path)

    def refused(change: Callable[[Any], object], says: str) -> None:
        held = onnx.ModelProto()
        held.CopyFrom(sound)
        change(held)
        path.write_bytes(held.SerializeToString())
        with pytest.raises(byhand.ByhandError, match=says):
            from_onnx(path)

    def facts(**told: str) -> Callable[[Any], object]:
        def change(held: Any) -> None:
            held.producer_name = "byhand"
            onnx.helper.set_model_props(held, told)

        return change

    refused(lambda held: held.graph.initializer[0].dims.append(2**40), "is not a sound ONNX file")
    refused(lambda held: held.graph.initializer[0].dims.append(-1), "is not a sound ONNX file|weights of")
    refused(lambda held: setattr(held.graph.initializer[0], "data_type", 99), "is not a sound ONNX file")
    refused(lambda held: setattr(held.graph.initializer[0], "raw_data", b"\\0"), "is not a sound ONNX file")
    refused(lambda held: held.graph.ClearField("node"), "is not a sound ONNX file .it holds no graph.")
    refused(lambda held: held.functions.add(), "functions of its own")
    refused(
        lambda held: setattr(held.graph.input[0].type.tensor_type.shape.dim[1], "dim_value", 2**62),
        "the parameters are too many",
    )
    good = {"activation": "relu", "preprocessing": "mnist/2", "sizes": "[6,3]", "classes": '["a","b","c"]'}
    refused(facts(**good), "its metadata lack or misstate something")
    good["image_shape"] = "[2,3]"
    for name, value in (
        ("details", '{"calibration": 3}'),
        ("details", "[" * 100_000),
        ("classes", '["a"], "more": 1'),
        ("image_shape", "[2]"),
        ("image_shape", "[2,2]"),
        ("preprocessing", "mnist/99"),
        ("classes", '["a","a","b"]'),
    ):
        refused(facts(**(good | {name: value})), r"x\.onnx: ")
    many = {"w": np.full((6, 3), 3e38, np.float32)}
    with pytest.raises(byhand.ByhandError, match=r"x\.onnx: some parameters are not finite"):
        from_onnx(build([("Gemm", "x w", "y", {"alpha": 100.0})], many))


def test_the_library_is_named_where_it_is_missing(call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("byhand.machine.EXTRAS", {"onnx": ("no_such_library",)})
    assert 'to read ONNX takes more: pip install "byhand[onnx]"' in call("import", "onnx", "x.onnx", code=1).stderr


# What other tools really write.


@pytest.mark.torch
def test_networks_of_pytorch_come_in_as_onnx_and_as_weights(tmp_path: Path, rng: np.random.Generator) -> None:
    import torch
    from torch import nn

    class Usual(nn.Module):  # type: ignore[misc]  # PyTorch's classes have no types here
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(784, 12), nn.Linear(12, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = torch.relu(self.first(x.view(x.size(0), -1)))
            return torch.log_softmax(self.second(torch.dropout(x, 0.5, self.training)), 1)

    norm = nn.BatchNorm1d(20)
    norm.running_mean, norm.running_var = torch.rand(20), 1 + torch.rand(20)
    inner = nn.Sequential(nn.Linear(20, 15, bias=False), nn.Tanh())
    stack = nn.Sequential(nn.Flatten(), nn.Linear(784, 20), norm, nn.Tanh(), nn.Dropout(), inner, nn.Linear(15, 10))
    images = grey(rng, 20, 28, 28)
    x = torch.tensor((images / 255 - 0.1307) / 0.3081).float()[:, None]
    wishes, path = Wishes(mean=0.1307, std=0.3081), tmp_path / "x.onnx"
    for net in (Usual().eval(), stack.eval()):
        with torch.no_grad():
            wanted = torch.softmax(net(x), 1).numpy()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # The exporter that needs no more libraries than onnx is an older one.
            torch.onnx.export(net, (x[:2],), path, dynamic_axes={"x": {0: "n"}}, input_names=["x"], dynamo=False)
        assert_says(from_onnx(path, wishes), images, wanted)
    assert_says(from_torch(stack, wishes), images, wanted)
    with torch.no_grad():
        wanted = torch.softmax(Usual.forward(usual := Usual().eval(), x), 1).numpy()
    weights = usual.state_dict()
    for held in (
        weights,
        {"model": weights, "epoch": 3},
        {"net": weights, "optimizer": {"state": {0: {}}}, "epoch": 3},
    ):
        torch.save(held, tmp_path / "x.pt")
        assert_says(from_torch(tmp_path / "x.pt", wishes, "relu"), images, wanted)
    assert_says(from_torch(usual, wishes, "relu"), images, wanted)
    torch.save(usual.state_dict()["first.weight"], tmp_path / "x.pt")
    with pytest.raises(byhand.ByhandError, match=r"x\.pt: holds a Tensor, and no weights by name"):
        from_torch(tmp_path / "x.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # People have such files.
        torch.jit.trace(stack, x[:1]).save(tmp_path / "x.pt")
    with pytest.raises(byhand.ByhandError, match=r"only be read by running code\. Save the weights alone"):
        from_torch(tmp_path / "x.pt")
    pair = nn.Sequential(nn.Linear(784, 3), nn.ReLU(), nn.Linear(3, 1), nn.Sigmoid())
    with torch.no_grad():
        second = pair(torch.tensor(images / 255).float().flatten(1)).numpy()
    assert_says(from_torch(pair), images, np.hstack([1 - second, second]))
    huge = torch.zeros(1).expand(10**6, 10**6)
    torch.save({"a.weight": huge}, tmp_path / "x.pt")
    with pytest.raises(byhand.ByhandError, match="the parameters are too many"):
        from_torch(tmp_path / "x.pt")
    for module, says in (
        (nn.Sequential(nn.Conv2d(1, 2, 3)), "it has no Linear layer"),
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(4, 3)), "Conv2d, one of its modules, is nothing that a fully"),
        ({"a.weight": torch.ones(3, 4, dtype=torch.int8)}, "it holds a Tensor where weights belong"),
        (None, "NoneType is no network of PyTorch"),
        (nn.Sequential(nn.Linear(4, 3), nn.GELU(), nn.Linear(3, 2)), "its activation is GELU"),
        (nn.Sequential(nn.Linear(4, 3), nn.LeakyReLU(0.1), nn.Linear(3, 2)), "its leaky ReLU has the slope 0.1"),
        (nn.Sequential(nn.Linear(4, 3), nn.ReLU()), "it ends with an activation"),
        (nn.Sequential(nn.Linear(4, 3), nn.Linear(4, 2)), "weights of 4×2 and bias of .2,. follow 3 numbers"),
    ):
        with pytest.raises(byhand.ByhandError, match=says):
            from_torch(module)


def test_networks_of_scikit_learn_come_in_as_onnx_from_skops_and_as_they_are(tmp_path: Path) -> None:
    from skl2onnx import to_onnx
    from sklearn.datasets import load_digits
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import GridSearchCV
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, StandardScaler
    from skops import io

    x, labels = load_digits(return_X_y=True)
    x = x.astype(np.float32)
    names = np.array([f"digit {label}" for label in labels])
    short = {"max_iter": 2, "random_state": 0}
    search = make_pipeline(MinMaxScaler(), MLPClassifier((7,), "logistic", **short))
    wishes = Wishes(white=16)
    for estimator, y, activation in (
        (MLPClassifier((9, 8), **short), labels, "relu"),
        (make_pipeline(StandardScaler(), MLPClassifier((9,), "tanh", **short)), names, "tanh"),
        (GridSearchCV(search, {"mlpclassifier__alpha": [1]}, cv=2), names, "sigmoid"),
        (MLPClassifier((5,), **short), labels > 4, "relu"),
        (MLPClassifier((5,), "identity", **short), labels, "relu"),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            estimator.fit(x, y)
        wanted = estimator.predict_proba(x)
        io.dump(estimator, tmp_path / "x.skops")
        best = getattr(estimator, "best_estimator_", estimator)
        (tmp_path / "x.onnx").write_bytes(to_onnx(best, x[:1]).SerializeToString())
        from_file = from_sklearn(tmp_path / "x.skops", wishes)
        for model in (from_sklearn(estimator, wishes), from_file, from_onnx(tmp_path / "x.onnx", wishes)):
            assert model.activation == activation
            assert model.image_shape == (8, 8)
            assert_says(model, x / 16, wanted)
        assert from_file.classes == tuple(map(str, estimator.classes_))
    for estimator, says in (
        (MLPClassifier(), "it lacks what it would have learned"),
        (StandardScaler(), "no MLPClass"),
    ):
        with pytest.raises(byhand.ByhandError, match=says):
            from_sklearn(estimator)
