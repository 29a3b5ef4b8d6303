"""A network that is exported says, without byhand, what it says with it."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

import byhand
from byhand.export import javascript, numpy_script, onnx
from byhand.network import ACTIVATIONS, initial_parameters
from byhand.types import Bytes, Floats
from conftest import REPOSITORY, Run
from test_docs import blocks

Answers: TypeAlias = Callable[[byhand.Model, Bytes], Floats]

DOCUMENT = (REPOSITORY / "docs" / "exports.md").read_text("utf-8")
# What would be code, markup or the end of a comment, if it were not kept as data.
STRANGE = ('"""', "*/ throw 1", "${x}", "$theta", "</script>", "\\", "é 漢 🖋", "'); raise SystemExit(1)  #")


def network(sizes: tuple[int, ...], activation: str = "relu", **more: Any) -> byhand.Model:
    """Return a network with weights large enough for answers that differ."""
    theta = 2 * initial_parameters(sizes, activation, np.random.default_rng(7))
    theta[-sizes[-1] :] = np.linspace(-0.5, 0.5, sizes[-1])
    shape = more.pop("image_shape", (1, sizes[0]))
    classes = more.pop("classes", tuple(map(str, range(sizes[-1]))))
    return byhand.Model(sizes, activation, theta, classes, shape, **more)


def grey(rng: np.random.Generator, count: int, *shape: int) -> Bytes:
    return rng.integers(0, 256, (count, *shape), np.uint8)


@pytest.fixture
def from_numpy(tmp_path: Path) -> Answers:
    """Return what an exported script says."""

    def answers(model: byhand.Model, images: Bytes) -> Floats:
        path = tmp_path / "exported script.py"
        numpy_script.write(model, path)
        spec = importlib.util.spec_from_file_location("exported", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert model.classes == module.CLASSES
        assert model.threshold == module.THRESHOLD
        return module.predict_proba(images)  # type: ignore[no-any-return]

    return answers


@pytest.fixture
def from_node(tmp_path: Path) -> Answers:
    """Return what an exported module says in Node."""
    if shutil.which("node") is None:
        pytest.skip("Node is not installed")

    def answers(model: byhand.Model, images: Bytes) -> Floats:
        javascript.write(model, tmp_path / "exported.mjs")
        (tmp_path / "in").write_bytes(images.tobytes())
        (tmp_path / "run.mjs").write_text(
            'import fs from "node:fs";\n'
            'import { about, classes, predict, predictProba, threshold } from "./exported.mjs";\n'
            f"const [all, pixels, found] = [fs.readFileSync('in'), {model.sizes[0]}, []];\n"
            "for (let k = 0; k < all.length; k += pixels) found.push(...predictProba(all.subarray(k, k + pixels)));\n"
            "fs.writeFileSync('out', new Uint8Array(Float32Array.from(found).buffer));\n"
            "const first = predict(all.subarray(0, pixels));\n"
            "console.log(JSON.stringify({ about, classes, threshold, first }));\n"
        )
        said = subprocess.run(["node", "run.mjs"], cwd=tmp_path, check=True, capture_output=True, timeout=60).stdout
        facts, found = json.loads(said), np.fromfile(tmp_path / "out", "<f4").reshape(-1, model.sizes[-1])
        assert tuple(facts["classes"]) == model.classes
        assert facts["threshold"] == model.threshold
        assert facts["about"]["preprocessing"] == model.preprocessing
        best = int(found[0].argmax())
        assert facts["first"]["name"] == model.classes[best]
        assert facts["first"]["certain"] == (found[0][best] >= model.threshold)
        return found

    return answers


def from_runtime(path: Path, images: Bytes) -> Floats:
    """Return what ONNX Runtime says."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(["probabilities"], {"images": images})[0]  # type: ignore[no-any-return]


def assert_equal_answers(found: Floats, model: byhand.Model, images: Bytes) -> None:
    wanted = model.predict_proba(images)
    assert found.dtype == np.float32
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= 1e-5
    assert (found.argmax(axis=1) == wanted.argmax(axis=1)).all()


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("sizes", [(12, 5, 4, 3), (12, 2), (12, 7, 3)])
def test_a_script_says_what_the_model_says(
    from_numpy: Answers, rng: np.random.Generator, activation: str, sizes: tuple[int, ...]
) -> None:
    model = network(sizes, activation, image_shape=(3, 4))
    assert_equal_answers(from_numpy(model, grey(rng, 50, 3, 4)), model, grey(np.random.default_rng(2026), 50, 3, 4))


def test_a_script_reads_all_test_images(from_numpy: Answers, mnist: byhand.Dataset) -> None:
    model = byhand.Model.load()
    assert_equal_answers(from_numpy(model, mnist.test.images), model, mnist.test.images)


def test_a_script_runs_by_itself(call: Run, tmp_path: Path, mnist: byhand.Dataset) -> None:
    said = call("export", "numpy", "digits.py").stdout
    assert said.startswith("saved as digits.py, 1 kB\nits weights are in digits.weights.npz")
    np.save(tmp_path / "images.npy", mnist.test.images[:3])
    command = [sys.executable, "-I", "-W", "error", str(tmp_path / "digits.py"), str(tmp_path / "images.npy")]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["7", "2", "1"]
    assert len((tmp_path / "digits.py").read_text().splitlines()) <= 30


@pytest.mark.page
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_module_says_what_the_model_says(from_node: Answers, rng: np.random.Generator, activation: str) -> None:
    for sizes in ((12, 5, 4, 3), (12, 2)):
        model, images = network(sizes, activation, image_shape=(3, 4)), grey(rng, 50, 3, 4)
        assert_equal_answers(from_node(model, images), model, images)


@pytest.mark.page
def test_a_module_reads_all_test_images(from_node: Answers, mnist: byhand.Dataset) -> None:
    model = byhand.Model.load()
    assert_equal_answers(from_node(model, mnist.test.images), model, mnist.test.images)


def test_a_script_takes_one_image_and_nothing_but_bytes(from_numpy: Answers, rng: np.random.Generator) -> None:
    model, images = network((6, 3), image_shape=(2, 3)), grey(rng, 2, 2, 3)
    assert (from_numpy(model, images[0]) == from_numpy(model, images[:1])).all()
    with pytest.raises(TypeError, match="images must be uint8, grey levels 0 to 255, not float64"):
        from_numpy(model, images / 255)  # type: ignore[arg-type]


@pytest.mark.page
@pytest.mark.parametrize(
    "given", ["[1, 2, 3]", "[0, 1, 2, 256]", "[0, 1, 2, -1]", "[0, 1, 2, NaN]", "[0, 1, 2, 'x']", "[0, 0.5, 1, 1]"]
)
def test_a_module_refuses_what_is_no_image(from_node: Answers, tmp_path: Path, given: str) -> None:
    from_node(network((4, 2)), np.zeros((1, 4), np.uint8))
    (tmp_path / "run.mjs").write_text(f'import {{ predict }} from "./exported.mjs";\npredict({given});\n')
    done = subprocess.run(["node", "run.mjs"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "RangeError: An image has 4" in done.stderr or "RangeError: Grey levels lie in 0…255" in done.stderr


def test_names_stay_names_in_a_script(from_numpy: Answers, rng: np.random.Generator) -> None:
    model = network((4, len(STRANGE)), classes=STRANGE, details={"data": {"name": '"""\nraise SystemExit'}})
    assert_equal_answers(from_numpy(model, images := grey(rng, 5, 1, 4)), model, images)


@pytest.mark.page
def test_names_stay_names_in_a_module(from_node: Answers, rng: np.random.Generator) -> None:
    model = network((4, len(STRANGE)), classes=STRANGE, details={"data": {"name": "*/ throw 1 $theta"}})
    assert_equal_answers(from_node(model, images := grey(rng, 5, 1, 4)), model, images)


@pytest.mark.onnx
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("sizes", [(12, 5, 4, 3), (12, 2)])
def test_an_onnx_file_says_what_the_model_says(
    tmp_path: Path, rng: np.random.Generator, activation: str, sizes: tuple[int, ...]
) -> None:
    model, path = network(sizes, activation, image_shape=(3, 4)), tmp_path / "x.onnx"
    onnx.write(model, path)
    for count in (1, 7, 0):
        found = from_runtime(path, images := grey(rng, count, 3, 4))
        assert np.allclose(found, model.predict_proba(images), rtol=0, atol=1e-5)


@pytest.mark.onnx
def test_an_onnx_file_is_sound_and_reads_all_test_images(call: Run, tmp_path: Path, mnist: byhand.Dataset) -> None:
    import onnx as library
    from onnx.reference import ReferenceEvaluator

    call("export", "onnx", "digits.onnx")
    model, path = byhand.Model.load(), tmp_path / "digits.onnx"
    built = library.load(path)
    library.checker.check_model(built, full_check=True)
    assert (built.ir_version, [(each.domain, each.version) for each in built.opset_import]) == (8, [("", 13)])
    assert_equal_answers(from_runtime(path, mnist.test.images), model, mnist.test.images)
    said: NDArray[np.float32] = ReferenceEvaluator(built).run(None, {"images": mnist.test.images})[0]
    assert_equal_answers(said, model, mnist.test.images)
    told = {each.key: each.value for each in built.metadata_props}
    assert json.loads(told["classes"]) == list(model.classes)
    assert float(told["threshold"]) == model.threshold
    assert told["preprocessing"] == model.preprocessing
    assert told["licence"] == "MIT"
    assert json.loads(told["details"]) == model.details
    once = path.read_bytes()
    onnx.write(model, path)
    assert path.read_bytes() == once


@pytest.mark.page
def test_netron_opens_an_onnx_file(tmp_path: Path) -> None:
    found = importlib.util.find_spec("netron")
    if shutil.which("node") is None or found is None or found.origin is None:
        pytest.skip("Node and Netron are not installed")
    onnx.write(byhand.Model.load(), tmp_path / "digits.onnx")
    command = ["node", str(Path(__file__).parent / "netron.mjs"), str(Path(found.origin).parent), "digits.onnx"]
    said = json.loads(subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=60).stdout)
    assert said["format"] == "ONNX v8"
    assert said["nodes"] == ["Cast", "Flatten", "Div", "Gemm", "Relu", "Gemm", "Relu", "Gemm", "Softmax"]
    assert said["metadata"]["licence"] == "MIT"


@pytest.mark.onnx
def test_names_stay_names_in_an_onnx_file(tmp_path: Path, rng: np.random.Generator) -> None:
    model, path = network((4, len(STRANGE)), classes=STRANGE), tmp_path / "x.onnx"
    onnx.write(model, path)
    assert_equal_answers(from_runtime(path, images := grey(rng, 5, 1, 4)), model, images)


def test_a_licence_is_told_of_the_shipped_network_alone() -> None:
    from byhand.export.facts import facts

    assert facts(byhand.Model.load())["licence"] == "MIT"
    assert "licence" not in facts(network((4, 2)))


@pytest.mark.parametrize(("is_ours", "said"), [(True, ", and so are the weights. */"), (False, ". */")])
def test_a_header_tells_what_its_code_is_under_and_of_the_weights_what_is_known(is_ours: bool, said: str) -> None:
    from byhand.export import c_header, quantising

    model = byhand.Model.load() if is_ours else network((4, 3, 2))
    images = np.zeros((9, *model.image_shape), np.uint8)
    images[:, 0] = 255
    whole = quantising.quantised(model, quantising.examples(model, byhand.Split(images, np.zeros(9, np.uint8))), 8)
    text = c_header.text(model, whole, "digits", "digits.h", fit=False)
    assert f"   The code is byhand's, under the licence MIT{said}" in text


def test_a_committee_is_exported_as_the_one_network_that_it_is(from_numpy: Answers, rng: np.random.Generator) -> None:
    from byhand.judging.ensembles import ensemble

    committee = ensemble([network((12, 5, 3)), network((12, 4, 3))])
    assert_equal_answers(from_numpy(committee, images := grey(rng, 20, 1, 12)), committee, images)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("onnx", "x.txt"), 2, "x.txt: let its name end with .onnx."),
        (("js", "x"), 2, "x: let its name end with .mjs or .js."),
        (("numpy", "x.npz"), 2, "x.npz: let its name end with .py."),
        (("numpy", "numpy.py"), 2, "numpy.py: Python would load this script instead of its own numpy."),
        (("numpy", "random.py"), 2, "random.py: Python would load this script instead of its own random."),
        (("numpy", "no/x.py"), 1, "no/x.weights.npz: cannot be written (No such file or directory). Make the folder"),
        (("js", "no/x.mjs"), 1, "no/x.mjs: cannot be written"),
        (("js", "folder.mjs"), 1, "folder.mjs: cannot be written (Is a directory). Name a file in it."),
        (("js", "x.mjs", "--model", "no.safetensors"), 1, "no.safetensors: there is no such file."),
        (("js",), 2, "FILE.mjs is missing; write byhand export js FILE.mjs"),
        (("jss", "x.mjs"), 2, "Did you mean js?"),
    ],
)
def test_bad_input_is_one_sentence(call: Run, tmp_path: Path, words: tuple[str, ...], code: int, says: str) -> None:
    (tmp_path / "folder.mjs").mkdir()
    done = call("export", *words, code=code)
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["folder.mjs"]


def test_without_the_library_onnx_says_what_to_install(call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("byhand.machine.EXTRAS", {"onnx": ("no_such_library",)})
    assert 'to write ONNX takes more: pip install "byhand[onnx]"' in call("export", "onnx", "x.onnx", code=1).stderr


def test_a_file_that_is_there_is_replaced_in_one_step(call: Run, tmp_path: Path) -> None:
    for name in ("x.mjs", "x.py", "x.weights.npz"):
        (tmp_path / name).write_text("older")
    call("export", "js", "x.mjs")
    call("export", "numpy", "x.py")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.mjs", "x.py", "x.weights.npz"]
    assert all(path.read_bytes() != b"older" for path in tmp_path.iterdir())


# What docs/exports.md shows.


def shown(language: str, word: str) -> str:
    """Return the example in a language that has a word."""
    (block,) = [block for block in blocks(DOCUMENT, language) if word in block]
    return block


def python(code: str, folder: Path) -> list[str]:
    """Run an example in a process of its own, and return its lines."""
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=100)
    return done.stdout.splitlines()


def test_the_example_with_numpy_runs(call: Run, tmp_path: Path) -> None:
    call("export", "numpy", "digits.py")
    assert python(shown("python", "from digits import"), tmp_path) == ["7 sure", "2 sure", "1 sure"]


@pytest.mark.onnx
def test_the_example_with_onnx_runs(call: Run, tmp_path: Path) -> None:
    call("export", "onnx", "digits.onnx")
    assert python(shown("python", "onnxruntime"), tmp_path) == ["7 sure", "2 sure", "1 sure"]


@pytest.mark.page
def test_the_example_with_javascript_runs(call: Run, tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("Node is not installed")
    call("export", "js", "digits.mjs")
    (tmp_path / "run.mjs").write_text(shown("js", "predict"))
    said = subprocess.run(["node", "run.mjs"], cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60)
    assert said.stdout == "1 sure\n"


@pytest.mark.onnx
def test_the_example_with_scikit_learn_runs(tmp_path: Path) -> None:
    python(shown("python", "MLPClassifier"), tmp_path)
    assert byhand.Model.load(tmp_path / "digits.safetensors").sizes == (64, 32, 10)


def test_the_commands_that_are_shown_exist(call: Run) -> None:
    rows = re.findall(r"^\| `(byhand export [^`]+)`", DOCUMENT, re.MULTILINE)
    lines = [line for block in blocks(DOCUMENT, "sh") for line in block.splitlines()]
    assert len(rows) >= 4
    assert len(lines) == 3
    for line in (*rows, *lines):
        _, command, form, file, *_ = words = line.split()
        assert f"byhand {command} {form} FILE" in call(*words[1:], "--help").stdout
        assert file in line
