"""A network that another tool has trained says the same as a model; what no model can be is one sentence."""

import io
import json
import pickle
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

import byhand
from byhand.export.foreign import wire
from byhand.export.foreign.chain import ForeignError, Wishes, inputs
from byhand.export.foreign.estimators import from_sklearn
from byhand.export.foreign.states import from_torch
from byhand.export.foreign.wire import beside_weights
from byhand.network import ACTIVATIONS
from byhand.types import Bytes, Floats
from conftest import Run
from test_exports import grey


def softmax(z: NDArray[np.floating]) -> NDArray[np.floating]:
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]


def weights(rng: np.random.Generator, *sizes: int) -> list[tuple[Floats, Floats]]:
    return [
        (rng.normal(0, 1, (a, b)).astype(np.float32), rng.normal(0, 1, b).astype(np.float32))
        for a, b in pairwise(sizes)
    ]


def answers(layers: Sequence[tuple[Floats, Floats]], x: NDArray[np.floating], activation: str) -> NDArray[np.floating]:
    """Return what a network says of inputs, in float64."""
    a: NDArray[np.floating] = np.asarray(x, np.float64)
    for w, b in layers[:-1]:
        a = ACTIVATIONS[activation].function(a @ w + b)
    return softmax(a @ layers[-1][0] + layers[-1][1])


def assert_says(model: byhand.Model, images: Bytes, wanted: NDArray[np.floating]) -> None:
    assert np.abs(model.predict_proba(images) - wanted).max() <= 1e-5


# What is affine becomes part of a layer.


def test_what_is_affine_becomes_part_of_the_layer_after_it(rng: np.random.Generator) -> None:
    (v, c), (w, b) = weights(rng, 5, 4, 3)
    factor, shift = rng.normal(size=5), rng.normal(size=5)
    chain = inputs(5).scaled(factor, shift).times(v, c).scaled(2.0, -1.0).activated("tanh").scaled(0.5).times(w, b)
    x = rng.normal(size=(7, 5))
    ((p, q),) = chain.layers
    found = np.tanh(x @ p + q) @ chain.weights + chain.bias
    assert np.allclose(found, 0.5 * np.tanh(2 * ((x * factor + shift) @ v + c) - 1) @ w + b, rtol=1e-12)


def test_layers_without_an_activation_between_are_one() -> None:
    (v, c), (w, b) = weights(np.random.default_rng(0), 5, 4, 3)
    chain = inputs(5).times(v, c).times(w, b)
    assert not chain.layers
    assert np.allclose(chain.weights, v.astype(float) @ w)


def test_two_thin_layers_make_no_huge_one() -> None:
    with pytest.raises(byhand.ByhandError, match="too many"):
        inputs(200_000).times(np.zeros((200_000, 1))).times(np.zeros((1, 200_000)))


def test_an_activation_that_follows_no_layer_is_refused() -> None:
    with pytest.raises(ForeignError, match="relu, follows no layer"):
        inputs(5).activated("relu")


# Weights as PyTorch names them, in safetensors.


def saved(path: Path, **tensors: NDArray[np.generic]) -> Path:
    from safetensors.numpy import save_file

    save_file({name.replace("__", "."): np.ascontiguousarray(tensor) for name, tensor in tensors.items()}, path)
    return path


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_weights_in_safetensors_become_a_model(tmp_path: Path, rng: np.random.Generator, activation: str) -> None:
    layers = weights(rng, 12, 6, 5, 4)
    named = {f"layer{k + 9}__weight": w.T for k, (w, _) in enumerate(layers)}
    named |= {f"layer{k + 9}__bias": b for k, (_, b) in enumerate(layers)}
    model = from_torch(saved(tmp_path / "x.safetensors", **named), Wishes(mean=0.1307, std=0.3081), activation)
    images = grey(rng, 20, 12)
    assert (model.sizes, model.image_shape, model.classes) == ((12, 6, 5, 4), (1, 12), ("0", "1", "2", "3"))
    assert_says(model, images, answers(layers, (images / 255 - 0.1307) / 0.3081, activation))
    assert model.details["imported"] == {"from": "torch", "white": 1.0}


@pytest.mark.parametrize(
    ("tensors", "words", "says"),
    [
        ({"a__weight": (4, 9), "b__weight": (2, 4)}, (), "--activation: is not told by weights alone: say which it is"),
        ({"a__weight": (2, 9)}, ("--classes", "a,b,c"), "--classes: 3 names do not fit 2 outputs."),
        ({"a__weight": (2, 9)}, ("--classes", "a,a"), "2 class names, 1 of them different"),
        (
            {"a__weight": (1, 9)},
            (),
            "it has a single output, where byhand has one for each class; if that is the logit",
        ),
        ({"a__weight": (2, 9)}, ("--white", "0"), "--white: must be above 0."),
        ({"a__weight": (2, 9)}, ("--std", "-1"), "--std: must be above 0."),
        ({"a__weight": (2, 9)}, ("--mean", "much"), "--mean: 'much' cannot be used; it must be a number."),
        ({"a__weight": (2, 9)}, ("--activation", "gelu"), "--activation: 'gelu' cannot be used"),
        (
            {"a__weight": (4, 9), "b__weight": (2, 5)},
            ("--activation", "relu"),
            "cannot be a model of byhand: weights of 5×2 and bias of () follow 4 numbers.",
        ),
        ({"a__weight": (2, 1, 3, 3)}, (), "a.weight (2×1×3×3) is nothing that a fully connected network has."),
        ({"a__weight": (2, 9), "n__running_mean": (2,)}, (), "n.running_mean (2) is nothing that a fully connected"),
        ({"a__weight": (2, 9), "b__bias": (2,)}, (), "cannot be a model of byhand: b.bias has no weights."),
        ({"a__bias": (2,)}, (), "cannot be a model of byhand: it has no weights."),
        (
            {"n__weight": (9,), "n__running_mean": (9,)},
            (),
            "has; where batch normalization stands, weights do not tell",
        ),
        ({"W": (9, 2)}, (), "it does not tell which way its weights lie: name them weight and bias, as PyTorch does."),
        ({"W1": (9, 4), "b1": (4,), "c": (4,)}, (), "b1 (4) is nothing that a fully connected network has."),
        ({"W1": (9, 4), "W2": (5, 2)}, ("--activation", "relu"), "weights of 5×2 and bias of () follow 4 numbers."),
        ({"W": (3, 3, 9, 4)}, (), "W (3×3×9×4) is nothing that a fully connected network has."),
        (
            {"a__weight": (4, 4), "b__weight": (4, 4), "c__weight": (2, 4), "d__weight": (4, 9)},
            ("--activation", "relu"),
            "follow",  # Which of the two in the middle comes first, nothing tells.
        ),
    ],
)
def test_weights_that_fit_no_model_are_one_sentence(
    call: Run, tmp_path: Path, tensors: dict[str, tuple[int, ...]], words: tuple[str, ...], says: str
) -> None:
    saved(tmp_path / "net.safetensors", **{name: np.ones(shape, np.float32) for name, shape in tensors.items()})
    done = call("import", "torch", "net.safetensors", "--out", "x", *words, code=2 if says.startswith("--") else 1)
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "names",
    [
        ("input_layer.weight", "hidden.weight", "deeper.weight", "classifier.weight"),  # They stand in another order.
        ("W1", "W2", "W3", "W4"),
        ("layers.0.kernel", "layers.1.kernel", "layers.2.kernel", "layers.10.kernel"),
    ],
)
@pytest.mark.parametrize("is_turned", [True, False])
def test_layers_are_known_by_their_sizes_where_names_tell_little(
    tmp_path: Path, rng: np.random.Generator, names: tuple[str, ...], is_turned: bool
) -> None:
    layers = weights(rng, 12, 6, 6, 5, 4)
    biases = [re.sub("weight|kernel|W", lambda found: "b" if found[0] == "W" else "bias", name) for name in names]
    is_turned |= names[0].endswith("weight")  # So they lie in a Linear, always.
    named = {name: w.T if is_turned else w for name, (w, _) in zip(names, layers, strict=True)}
    named |= {name: b for name, (_, b) in zip(biases, layers, strict=True)}
    images = grey(rng, 20, 12)
    wanted = answers(layers, images / 255, "tanh")
    assert_says(from_torch(saved(tmp_path / "x.safetensors", **named), activation="tanh"), images, wanted)
    assert_says(from_torch(dict(reversed(named.items())), activation="tanh"), images, wanted)


def test_numbers_of_sixteen_bits_are_read(tmp_path: Path) -> None:
    values = np.array([[1, -0.5], [0.25, 3]], np.float32)
    for kind, data in (("BF16", (values.view("<u4") >> 16).astype("<u2")), ("F16", values.astype("<f2"))):
        path = tmp_path / kind
        head = json.dumps({"a.weight": {"dtype": kind, "shape": [2, 2], "data_offsets": [0, 8]}}).encode()
        path.write_bytes(len(head).to_bytes(8, "little") + head + data.tobytes())
        assert (from_torch(path).theta[:4] == values.T.ravel()).all()


@pytest.mark.parametrize("value", ["", " ", "nan", "inf", "1e999", "9" * 5000, "0x10", "1,5", "½", "\x1b[31m"])
def test_what_is_no_level_is_told_in_one_voice(call: Run, value: str) -> None:
    for name in ("white", "mean", "std"):
        said = call("import", "torch", "x.pt", f"--{name}", value, code=2).stderr
        assert said.startswith(f"byhand: --{name}: ")
        assert "cannot be used; it must be a number." in said
        assert len(said) < 300


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "x", a__weight=np.full((2, 9), np.nan, np.float32))
    with pytest.raises(byhand.ByhandError, match="x: some parameters are not finite numbers"):
        from_torch(path)
    with pytest.raises(byhand.ByhandError, match="holds a ndarray where weights belong"):
        from_torch(saved(tmp_path / "y", a__weight=np.ones((2, 9), np.int32)))


def test_an_import_is_told_and_never_replaces_what_it_reads(call: Run, tmp_path: Path) -> None:
    saved(tmp_path / "net.safetensors", a__weight=np.eye(9, dtype=np.float32)[:2])
    said = call("import", "torch", "net.safetensors", "--out", "made", "--classes", "no, yes", "--white", "16").stdout
    assert said == (
        "saved as made: 9-2, relu, for 3×3 pixels\n"
        "its inputs are taken to be 0…16; if they are not, say so by --white, --mean and --std\n"
    )
    model = byhand.Model.load(tmp_path / "made")
    assert model.classes == ("no", "yes")
    assert model.theta[0] == 16
    assert "made: is there already" in call("import", "torch", "net.safetensors", "--out", "made", code=2).stderr
    call("import", "torch", "net.safetensors", "--out", "made", "--force")
    for force in ((), ("--force",)):
        assert "net.safetensors: is " in call("import", "torch", "net.safetensors", *force, code=2).stderr


@pytest.mark.parametrize(
    "command", ["sklearn", *(pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("torch", "onnx"))]
)
def test_a_file_that_is_none_is_one_sentence(call: Run, tmp_path: Path, command: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("no network at all")
    (tmp_path / "empty").write_bytes(b"")
    for name, says in (
        ("nothing", "nothing: there is no such file."),
        ("https://host/x", "is an address, and byhand reads files alone"),
        ("folder", "folder: is a folder; name a file in it."),
        ("text", "text: "),
        ("empty", "empty: "),
    ):
        done = call("import", command, name, "--out", "x", code=2 if "address" in says else 1)
        assert says in done.stderr
        assert done.stderr.count("\n") == 1
    assert "FILE" in call("import", command, code=2).stderr


# scikit-learn, as skops writes it.


def json_node(value: object) -> Mapping[str, object]:
    return {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "content": json.dumps(value)}


def skops(path: Path, kind: str, **attributes: object) -> Path:
    """Write a file as skops does, of an object of scikit-learn."""
    with zipfile.ZipFile(path, "w") as archive:
        count = iter(range(1000))

        def node(value: object) -> Mapping[str, object]:
            if isinstance(value, np.ndarray):
                name = f"{next(count)}.npy"
                buffer = io.BytesIO()
                np.save(buffer, value)
                archive.writestr(name, buffer.getvalue())
                return {"__class__": "ndarray", "__module__": "numpy", "__loader__": "NdArrayNode", "type": "numpy"} | {
                    "file": name
                }
            if isinstance(value, list):
                content = [node(each) for each in value]
                return {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": content}
            if isinstance(value, SimpleNamespace):
                below = {"__loader__": "DictNode", "content": {name: node(each) for name, each in vars(value).items()}}
                kind = below["content"].pop("kind")["content"].strip('"')  # type: ignore[attr-defined]
                return {"__class__": kind, "__module__": "sklearn.x", "__loader__": "ObjectNode", "content": below}
            return json_node(value)

        content = {name: node(value) for name, value in attributes.items()}
        held = {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", "content": content}
        whole = {"__class__": kind, "__module__": "sklearn.x", "__loader__": "ObjectNode", "content": held}
        archive.writestr("schema.json", json.dumps(whole | {"protocol": 2}))
    return path


def classifier(rng: np.random.Generator, *sizes: int, **other: object) -> dict[str, object]:
    """Return the attributes of an MLPClassifier that has learned."""
    layers = weights(rng, *sizes)
    return {
        "activation": "tanh",
        "n_features_in_": sizes[0],
        "classes_": np.array([f"class {k}" for k in range(sizes[-1])]),
        "coefs_": [w for w, _ in layers],
        "intercepts_": [b for _, b in layers],
        "out_activation_": "softmax",
    } | other


def test_a_file_of_skops_becomes_a_model(tmp_path: Path, rng: np.random.Generator) -> None:
    told = classifier(rng, 16, 5, 3)
    model = from_sklearn(skops(tmp_path / "x.skops", "MLPClassifier", **told))
    images = grey(rng, 9, 4, 4)
    layers = list(zip(told["coefs_"], told["intercepts_"], strict=True))  # type: ignore[call-overload]
    assert_says(model, images, answers(layers, images.reshape(9, -1) / 255, "tanh"))
    assert (model.image_shape, model.classes) == ((4, 4), ("class 0", "class 1", "class 2"))


def scaler(kind: str, **attributes: object) -> SimpleNamespace:
    return SimpleNamespace(kind=kind, **({"n_features_in_": 16} | attributes))


def test_scalers_before_it_become_part_of_its_first_layer(tmp_path: Path, rng: np.random.Generator) -> None:
    told = classifier(rng, 16, 5, 3)
    mean, scale, least = rng.normal(size=16), rng.uniform(1, 2, 16), rng.normal(size=16)
    images = grey(rng, 9, 4, 4)
    x = images.reshape(9, -1) / 255
    layers = list(zip(told["coefs_"], told["intercepts_"], strict=True))  # type: ignore[call-overload]
    for first, wanted in (
        (scaler("StandardScaler", mean_=mean, scale_=scale, with_mean=True, with_std=True), (x - mean) / scale),
        (scaler("StandardScaler", mean_=mean, scale_=None, with_mean=True, with_std=False), x - mean),
        (scaler("StandardScaler", mean_=None, scale_=scale, with_mean=False, with_std=True), x / scale),
        (scaler("MinMaxScaler", scale_=scale, min_=least, clip=False), x * scale + least),
        (scaler("MaxAbsScaler", scale_=scale), x / scale),
    ):
        inner = scaler("Pipeline", steps=[["scale", first], ["none", "passthrough"]])
        steps = [["inner", inner], ["net", scaler("MLPClassifier", **told)]]
        model = from_sklearn(skops(tmp_path / "x.skops", "Pipeline", steps=steps))
        assert_says(model, images, answers(layers, wanted, "tanh"))
    for first, says in (
        (
            scaler("MinMaxScaler", scale_=scale, min_=least, clip=True),
            "MinMaxScaler stands before the network and cannot",
        ),
        (scaler("Normalizer"), "Normalizer stands before the network and cannot be part of it"),
        (scaler("MaxAbsScaler"), "it lacks what it would have learned"),
        (scaler("MaxAbsScaler", scale_=scale[:, None]), "scales of (16, 1) and () follow 16 numbers"),
        (scaler("MaxAbsScaler", scale_=scale[:5]), "scales of (5,) and () follow 16 numbers"),
    ):
        steps = [["scale", first], ["net", scaler("MLPClassifier", **told)]]
        with pytest.raises(byhand.ByhandError, match=re.escape(f"x.skops: cannot be a model of byhand: {says}")):
            from_sklearn(skops(tmp_path / "x.skops", "Pipeline", steps=steps))


def test_one_output_becomes_two(tmp_path: Path, rng: np.random.Generator) -> None:
    told = classifier(rng, 16, 5, 1, out_activation_="logistic", classes_=np.array([0.0, 3.0]))
    model = from_sklearn(skops(tmp_path / "x.skops", "MLPClassifier", **told))
    (v, w), (c, b) = told["coefs_"], told["intercepts_"]  # type: ignore[misc]
    images = grey(rng, 9, 4, 4)
    p = 1 / (1 + np.exp(-(np.tanh(images.reshape(9, -1) / 255 @ v + c) @ w + b)))  # type: ignore[has-type]
    assert_says(model, images, np.hstack([1 - p, p]))
    assert model.classes == ("0", "3")


@pytest.mark.parametrize(
    ("kind", "other", "says"),
    [
        ("MLPRegressor", {}, "MLPRegressor is no MLPClassifier"),
        ("MLPClassifier", {"out_activation_": "logistic"}, "it names several classes at once, and byhand one"),
        ("MLPClassifier", {"activation": "swish"}, "its activation is swish; byhand's are relu, leaky_relu, tanh and"),
        ("MLPClassifier", {"coefs_": None}, "it lacks what it would have learned"),
        ("MLPClassifier", {"coefs_": []}, "it lacks what it would have learned"),
        ("MLPClassifier", {"n_features_in_": 3}, "weights of 16×5 and bias of (5,) follow 3 numbers"),
        ("MLPClassifier", {"n_features_in_": "many"}, "it lacks what it would have learned"),
        ("MLPClassifier", {"classes_": np.array(["a"])}, "it names 1 classes, and has 3 outputs"),
        ("Pipeline", {"steps": []}, "it has no steps"),
        ("Pipeline", {}, "it lacks what it would have learned"),
    ],
)
def test_what_skops_holds_and_is_no_network_is_one_sentence(
    tmp_path: Path, rng: np.random.Generator, kind: str, other: dict[str, object], says: str
) -> None:
    told = {} if kind == "Pipeline" else classifier(rng, 16, 5, 3)
    path = skops(tmp_path / "x.skops", kind, **(told | other))
    with pytest.raises(byhand.ByhandError) as caught:
        from_sklearn(path)
    assert str(caught.value).startswith(f"{path}: cannot be a model of byhand: {says}")


def test_a_class_that_a_file_names_is_never_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "evil.py").write_text("raise SystemExit('it was loaded')")
    monkeypatch.syspath_prepend(tmp_path)
    node = {"__class__": "system", "__module__": "evil", "__loader__": "ObjectNode"}
    steps: list[dict[str, object]] = [
        {"__loader__": loader, "content": [], "__module__": "evil"} for loader in ("FunctionNode", "MethodNode")
    ]
    held = {"content": {"content": {"a": steps[0], "b": steps[1]}, "__loader__": "DictNode"}}
    for schema in (node, node | held, node | held | {"__module__": "sklearn.x"}, *steps, [], {"content": 3}, "x"):
        with zipfile.ZipFile(tmp_path / "x.skops", "w") as archive:
            archive.writestr("schema.json", json.dumps(schema))
        with pytest.raises(byhand.ByhandError, match=r"x\.skops: "):
            from_sklearn(tmp_path / "x.skops")


@pytest.mark.parametrize("read", [from_sklearn, pytest.param(from_torch, marks=pytest.mark.torch)])
def test_a_pickle_is_not_opened(tmp_path: Path, read: Callable[[Path], byhand.Model]) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str, str]]:
            return open, (str(tmp_path / "canary"), "w")

    (tmp_path / "x.pkl").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(byhand.ByhandError, match=r"x\.pkl: .*run"):
        read(tmp_path / "x.pkl")
    assert not (tmp_path / "canary").exists()


def test_a_schema_that_is_a_bomb_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.skops", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", b"[" * 2**23)
    with pytest.raises(byhand.ByhandError, match=r"schema\.json takes more than 4,194,304 bytes"):
        from_sklearn(tmp_path / "x.skops")


def test_something_else_is_no_estimator() -> None:
    with pytest.raises(byhand.ByhandError, match="SimpleNamespace is no MLPClassifier"):
        from_sklearn(SimpleNamespace())


# The format of ONNX files, by hand.
MOST = 2**12  # bytes that are no weights


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def test_numbers_of_weights_do_not_count_and_all_else_does() -> None:
    tensor = field(8, b"name") + field(9, bytes(1000))
    node = field(5, field(1, b"value") + field(5, tensor))
    model = field(7, field(5, tensor) + field(1, node) + field(2, b"graph")) + b"\x08\x08"
    assert beside_weights(memoryview(model)) == len(model) - 2000


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (field(7, field(1, b"") * MOST), "what is no weights takes more than"),
        (field(7, field(5, field(9, b"") * (MOST // 3)) * 3), "what is no weights takes more than"),
        (b"\x3a\xff\xff\xff\xff\x7fx", "it ends too early"),
        (b"\xff" * 30, "it ends too early, or is no message"),
        (b"\x0b", "it is no message of Protocol Buffers"),
        (b"\x3a", "it ends too early"),
    ],
)
def test_what_would_fill_the_memory_or_is_no_message_is_refused_before_it_is_read(
    content: bytes, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MOST_BESIDE", MOST)
    with pytest.raises(ValueError, match=says):
        beside_weights(memoryview(content))
