"""Using a model, keeping it in a file, and refusing every file that is not exactly what was written."""

import hashlib
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from safetensors.numpy import save as save_tensors

import byhand
from byhand import Model, UsageError, machine
from byhand.files import opened, write_atomically
from byhand.model import CHUNK
from byhand.sealing.sealed import read_json


def test_every_form_of_the_same_images_gives_the_same_answer(model: Model, mnist: byhand.Dataset) -> None:
    images = mnist.test.images[:5]
    expected = model.predict_proba(images)
    assert expected.shape == (5, 10)
    assert expected.dtype == np.float32
    np.testing.assert_allclose(expected.sum(axis=1), 1, rtol=1e-5)
    for same in (images.reshape(5, 784), images / 255, (images / 255).astype(np.float32).reshape(5, 784)):
        np.testing.assert_allclose(model.predict_proba(same), expected, atol=1e-6)
    for single in (images[2], images[2].ravel(), images[2] / 255):
        assert model.predict_proba(single).shape == (10,)
        np.testing.assert_allclose(model.predict_proba(single), expected[2], atol=1e-6)
        assert model.predict(single) == expected[2].argmax()
        assert model.predict(single).shape == ()
    assert model.predict(images).tolist() == expected.argmax(axis=1).tolist()
    assert model.predict_proba(images[:0]).shape == (0, 10)
    assert model.predict(Image.fromarray(images[2])) == expected[2].argmax()  # type: ignore[arg-type]


def test_many_images_are_read_as_each_alone(model: Model, mnist: byhand.Dataset) -> None:
    images = mnist.test.images[: CHUNK + 3]
    together = model.predict_proba(images)
    for i in (0, CHUNK - 1, CHUNK, CHUNK + 2):
        np.testing.assert_allclose(together[i], model.predict_proba(images[i]), atol=1e-6)


COMPILE = """
import sys, numpy as np, byhand
model, images = byhand.Model.load(sys.argv[1]), byhand.load().test.images[:50]
assert "numba" not in sys.modules
before = [model.predict_proba(image) for image in images]
reader = model.compile()
after = [reader.predict_proba(image) for image in images]
print(np.abs(np.array(before) - after).max(), np.abs(np.array(before) - reader.predict_proba(images)).max())
many = np.repeat(images, 30, 0)
for forms in (many, many[::-1], many[:, ::-1], many.transpose(0, 2, 1), np.asfortranarray(many), many[:0], many[::7]):
    for readonly in (False, True):
        forms = forms.view()
        forms.flags.writeable = not readonly and forms.base.flags.writeable
        print(np.abs(model.predict_proba(forms) - reader.predict_proba(forms)).max(initial=0))
from byhand.compiled.blocks import passes
assert len(passes.read.signatures) == 1  # Nothing was left to compile after the reader was made.
"""


def test_compiled_and_plain_reading_agree_and_nothing_is_compiled_unasked(model_file: Path) -> None:
    done = subprocess.run([sys.executable, "-c", COMPILE, model_file], capture_output=True, text=True, check=True)
    assert all(float(difference) < 1e-5 for difference in done.stdout.split())


WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None
import byhand
model = byhand.Model.load(sys.argv[1])
reader = model.compile()
print(reader.predict_proba(byhand.load().test.images[0]).argmax())
"""


def test_without_numba_compile_changes_nothing(model_file: Path) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_NUMBA, model_file], capture_output=True, text=True, check=True)
    assert done.stdout == "7\n"


def test_a_stream_is_read_in_constant_memory(model: Model, mnist: byhand.Dataset) -> None:
    taken = 0

    def endless() -> Iterator[np.ndarray]:
        nonlocal taken
        while True:
            yield mnist.test.images[taken % 10_000]
            taken += 1

    read = list(itertools.islice(model.stream(endless()), 2500))
    assert taken <= 2500 + CHUNK
    np.testing.assert_allclose(read, model.predict_proba(mnist.test.images[:2500]), atol=1e-6)
    assert list(model.stream([])) == []
    with pytest.raises(UsageError, match="do not fit"):
        list(model.stream([np.zeros((3, 3), np.uint8)]))
    with pytest.raises(UsageError, match="same shape"):
        list(model.stream([mnist.test.images[0], mnist.test.images[0].ravel()]))


def test_activations_are_those_of_every_layer(model: Model, mnist: byhand.Dataset) -> None:
    images = mnist.test.images[:4]
    x, first, second, p = model.activations(images)
    assert [a.shape for a in (x, first, second, p)] == [(4, 784), (4, 128), (4, 64), (4, 10)]
    np.testing.assert_array_equal(x, images.reshape(4, 784).astype(np.float32) / 255)
    assert (first >= 0).all()
    np.testing.assert_allclose(p, model.predict_proba(images), atol=1e-6)
    assert [a.shape for a in model.activations(images[0])] == [(784,), (128,), (64,), (10,)]


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 27, 28), np.uint8), r"\(2, 27, 28\) do not fit"),
        (np.zeros(10, np.uint8), "do not fit"),
        (np.zeros((28, 28), np.complex64), "uint8, or floats"),
        (np.full((28, 28), 255.0), r"must lie in 0…1"),
        (np.full((28, 28), -0.1), r"must lie in 0…1"),
        (np.full((28, 28), np.nan), "no NaN"),
        (np.array("text"), "do not fit"),
    ],
)
def test_images_that_do_not_fit_are_refused(model: Model, images: np.ndarray, message: str) -> None:
    for method in (model.predict, model.predict_proba, model.activations):
        with pytest.raises(UsageError, match=message):
            method(images)


def test_saved_and_loaded_it_is_the_same(model: Model, tmp_path: Path, mnist: byhand.Dataset) -> None:
    path = tmp_path / "m.safetensors"
    model.save(path)
    back = Model.load(path)
    np.testing.assert_array_equal(back.theta, model.theta)
    for name in ("sizes", "activation", "classes", "image_shape", "preprocessing"):
        assert getattr(back, name) == getattr(model, name)
    assert back.details == model.details
    np.testing.assert_array_equal(back.predict_proba(mnist.test.images), model.predict_proba(mnist.test.images))
    again = tmp_path / "again.safetensors"
    back.save(again)
    assert again.read_bytes() == path.read_bytes()


def test_a_model_loads_without_running_code_and_other_tools_can_read_it(model_file: Path, model: Model) -> None:
    from safetensors.numpy import load_file

    np.testing.assert_array_equal(load_file(model_file)["theta"], model.theta)


@given(position=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), in_header=st.booleans())
def test_one_flipped_bit_is_refused_by_name(
    model_file: Path, tmp_path_factory: pytest.TempPathFactory, position: float, bit: int, in_header: bool
) -> None:
    raw = bytearray(model_file.read_bytes())
    header = 8 + int.from_bytes(raw[:8], "little")
    raw[int(position * (header if in_header else len(raw)))] ^= 1 << bit
    path = tmp_path_factory.mktemp("flipped") / "flipped.safetensors"
    path.write_bytes(raw)
    with pytest.raises(byhand.ByhandError, match=r"flipped\.safetensors"):
        Model.load(path)


@pytest.mark.parametrize("keep", [0, 4, 8, 100, 5000, -1])
def test_a_file_that_is_cut_off_is_refused(model_file: Path, tmp_path: Path, keep: int) -> None:
    path = tmp_path / "cut.safetensors"
    path.write_bytes(model_file.read_bytes()[:keep])
    with pytest.raises(byhand.ByhandError, match=r"cut\.safetensors: is not a sound model file"):
        Model.load(path)


def forged(theta: np.ndarray | None = None, **facts: Any) -> bytes:
    """Write a model file that says what it likes, with a right checksum."""
    theta = np.zeros(5 * 2 + 2, np.float32) if theta is None else theta
    sound: dict[str, Any] = {"sizes": [5, 2], "activation": "relu", "classes": ["a", "b"], "image_shape": [1, 5]}
    sound |= {"preprocessing": "pixels/255", "details": {}, "format": 1}
    claimed = {name: value for name, value in (sound | facts).items() if value is not None}
    digest = hashlib.sha256(json.dumps(claimed, sort_keys=True).encode() + theta.tobytes()).hexdigest()
    text = json.dumps({"sha256": digest, **claimed})
    return save_tensors({"theta": theta}, metadata={"byhand": text})


def test_the_forger_can_write_a_sound_file(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(forged())
    assert Model.load(tmp_path / "m").sizes == (5, 2)


def nested(depth: int) -> list[Any]:
    """Return a list in a list in a list."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


NAN = np.full(12, np.nan, np.float32)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (forged(NAN), "not finite"),
        (forged(np.zeros(12, np.float64)), "float64"),
        (forged(np.zeros(11, np.float32)), "take 12 float32"),
        (forged(sizes=[5, 3]), "3 outputs do not fit 2 class names"),
        (forged(sizes=[6, 2]), "do not fit images"),
        (forged(sizes=[5]), "do not fit"),
        (forged(sizes=[5, -2, 2]), "do not fit"),
        (forged(sizes="many"), "whole numbers"),
        (forged(activation="swish"), "unknown to this byhand"),
        (forged(preprocessing="other"), "unknown to this byhand"),
        (forged(format=2), "another version"),
        (forged(format=None), "metadata"),
        (forged(sizes=None), "metadata"),
        (forged(extra="field"), "metadata"),
        (forged(sizes=[5.0, 2.0]), "whole numbers"),
        (forged(classes=["a", "a"]), "must be different"),
        (forged(classes=["a", 1]), "classes must be a list of texts"),
        (forged(classes=["a", "b\x1b[2J"]), "control characters"),
        (forged(classes=["a", "b\nc"]), "control characters"),
        (forged(classes=["a", "b\u202e"]), "control characters"),
        (forged(classes=["a", "\ud800"]), "control characters|not a sound"),
        (forged(classes=["a", "b" * 101]), "at most 100 characters"),
        (forged(sizes=[5, 2**40, 2]), "parameters are too many"),
        (forged(sizes=[5, 10**30, 2]), "a number is far too large"),
        (forged(sizes=[True, 2]), "whole numbers"),
        (forged(details={"x": "x" * 2**20}), "header is larger than 1,048,576 bytes"),
        (forged(details=[]), "metadata.*details"),
        (forged(details={"calibration": {"threshold": "high"}}), "details.calibration.threshold"),
        (forged(details={"calibration": {"threshold": True}}), "details.calibration.threshold"),
        (forged(details={"calibration": {"temperature": 0}}), "details.calibration.temperature"),
        (forged(details={"calibration": 3}), "details.calibration"),
        (forged(details={"data": {"n": "many"}}), "details.data.n"),
        (forged(details={"data": {"name": ["x"]}}), "details.data.name"),
        (forged(details={"data": {"name": "x\x07"}}), "control characters"),
        (forged(details={"x\x07": 1}), "control characters"),
        (forged(details={"members": [{"scores": {"accuracy": 7}}]}), "details.members.0.scores.accuracy"),
        (forged(details={"x": float("nan")}), "no finite number"),
        (forged(details={"x": 10**400}), "a number is far too large"),
        (forged(details={"x": nested(30)}), "20 levels deep"),
        (forged(details={"x": nested(900)}), "metadata"),
        (forged().replace(b'\\"details\\": {}', b'\\"details\\": {},\\"format\\": 1'), "not a sound"),
        (save_tensors({"theta": np.zeros(12, np.float32)}), "not one that byhand wrote"),
        (save_tensors({"other": np.zeros(12, np.float32)}, metadata={"byhand": "{}"}), "not one that byhand wrote"),
        (save_tensors({"theta": np.zeros(12, np.float32)}, metadata={"byhand": "[1]"}), "metadata"),
        (save_tensors({"theta": np.zeros(12, np.float32)}, metadata={"byhand": "nonsense"}), "metadata"),
        (forged().replace(b'"data_offsets":[0,48]', b'"data_offsets":[0,44]'), "not a sound model file"),
        (b"\x80\x04\x95 a pickle", "not a sound model file"),
    ],
)
def test_a_file_that_lies_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "liar.safetensors"
    path.write_bytes(content)
    with pytest.raises(byhand.ByhandError, match=message) as caught:
        Model.load(path)
    assert str(path) in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(byhand.ByhandError, match="no such file"):
        Model.load(tmp_path / "none")


def test_what_cannot_be_written_is_told_and_the_older_file_stays(model: Model, tmp_path: Path) -> None:
    with pytest.raises(byhand.ByhandError, match=r"cannot be written .*Make the folder .*no folder first\."):
        model.save(tmp_path / "no folder" / "m.safetensors")
    with pytest.raises(byhand.ByhandError, match=r"cannot be written .*Name a file in it\."):
        model.save(tmp_path)
    with pytest.raises(byhand.ByhandError, match="cannot be written"):
        model.save("/dev/null/m.safetensors")


def test_a_crash_while_writing_leaves_the_older_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def crash(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", crash)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new and longer")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_keeps_its_permissions_and_a_link_its_file(tmp_path: Path) -> None:
    private, link = tmp_path / "private", tmp_path / "link"
    private.write_bytes(b"old")
    private.chmod(0o600)
    write_atomically(private, b"new")
    assert private.stat().st_mode & 0o777 == 0o600
    link.symlink_to(private)
    write_atomically(link, b"other")
    assert (link.read_bytes(), private.read_bytes(), link.is_symlink()) == (b"other", b"new", False)


def test_nothing_but_a_file_is_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(byhand.ByhandError, match=f"{name}: cannot be written"):
            write_atomically(tmp_path / name, b"content")
    assert {path.name for path in tmp_path.iterdir()} == {"pipe", "folder"}
    assert (tmp_path / "pipe").is_fifo()


def test_parameters_that_are_far_too_large_are_told(mnist: byhand.Dataset) -> None:
    sizes = (784, 10)
    theta = np.full(7850, 3e38, np.float32)
    huge = byhand.Model(sizes, "relu", theta, tuple("0123456789"))
    for reader in (huge, huge.compile()):
        with pytest.raises(byhand.UsageError, match="so large that what comes of them is no number"):
            reader.predict_proba(mnist.test.images[0])
    with pytest.raises(byhand.UsageError, match="no number"):
        byhand.recognize(mnist.test.images[0], huge)


def test_no_images_have_no_probabilities(model: byhand.Model) -> None:
    assert model.predict_proba(np.zeros((0, 784), np.uint8)).shape == (0, 10)


def test_files_are_readable_as_the_umask_says(tmp_path: Path) -> None:
    write_atomically(tmp_path / "file", b"x")
    (tmp_path / "plain").write_bytes(b"x")
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "plain").stat().st_mode


WITH_A_BROKEN_NUMBA = """
import sys
sys.path.insert(0, sys.argv[2])
import byhand
from byhand import machine
assert not machine.has_numba()
reader = byhand.Model.load(sys.argv[1]).compile()
print(reader.predict_proba(byhand.load().test.images[0]).argmax())
"""


def test_a_numba_that_refuses_its_numpy_is_none(model_file: Path, tmp_path: Path) -> None:
    (tmp_path / "numba.py").write_text('raise ImportError("Numba needs NumPy 2.0 or less")')
    command = [sys.executable, "-c", WITH_A_BROKEN_NUMBA, str(model_file), str(tmp_path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "7\n"


@pytest.mark.parametrize(
    "details",
    [{"x": object()}, {"x": float("nan")}, {"calibration": {"threshold": 3}}, {"x": nested(900)}, {"x": "\a"}],
)
def test_what_could_not_be_read_again_is_not_written(model: Model, tmp_path: Path, details: dict[str, Any]) -> None:
    with pytest.raises(byhand.ByhandError, match="the model file could not be read again"):
        replace(model, details=details).save(tmp_path / "m")
    assert not list(tmp_path.iterdir())


def test_a_pipe_is_no_model(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(byhand.ByhandError, match="no such file"):
        Model.load(tmp_path / "pipe")
    with pytest.raises(OSError, match="No file, but a pipe or a device"):
        opened(tmp_path / "pipe")
    with pytest.raises(OSError, match="No name that a file can have"):
        opened(tmp_path / "a\0b")
    with pytest.raises(byhand.ByhandError, match="no such file"):
        Model.load("a\0b")
    with pytest.raises(byhand.ByhandError, match="cannot be written"):
        write_atomically(tmp_path / "a\0b", b"")


def test_parameters_that_16_bits_hold_exactly_take_no_more(model: Model, tmp_path: Path) -> None:
    rounded = replace(model, theta=model.theta.astype(np.float16).astype(np.float32))
    rounded.save(tmp_path / "rounded")
    model.save(tmp_path / "whole")
    again = Model.load(tmp_path / "rounded")
    assert again.theta.dtype == np.float32
    np.testing.assert_array_equal(again.theta, rounded.theta)
    assert (tmp_path / "whole").stat().st_size - (tmp_path / "rounded").stat().st_size > 1.9 * len(model.theta)
    np.testing.assert_array_equal(Model.load(tmp_path / "whole").theta, model.theta)


def test_parameters_beyond_16_bits_are_kept(model: Model, tmp_path: Path) -> None:
    theta = np.zeros_like(model.theta)
    theta[0] = 65536
    replace(model, theta=theta).save(tmp_path / "large")
    np.testing.assert_array_equal(Model.load(tmp_path / "large").theta, theta)


@pytest.mark.parametrize("dtype", ["BF16", "F8_E4M3"])
def test_a_kind_of_number_that_numpy_has_not_is_refused(tmp_path: Path, dtype: str) -> None:
    size = {"BF16": 24, "F8_E4M3": 12}[dtype]
    header = {"theta": {"dtype": dtype, "shape": [12], "data_offsets": [0, size]}, "__metadata__": {"byhand": "{}"}}
    text = json.dumps(header).encode()
    (tmp_path / "m").write_bytes(len(text).to_bytes(8, "little") + text + bytes(size))
    with pytest.raises(byhand.ByhandError, match="not a sound model file"):
        Model.load(tmp_path / "m")


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a": NaN}', '{"a": 1e999}', "[]", '{"a": %s}' % ("9" * 5000)])
def test_json_is_read_strictly(text: str) -> None:
    with pytest.raises(ValueError, match=r"twice|finite|object|large"):
        read_json(text)


def test_a_network_that_no_machine_has_is_refused_before_it_is_made() -> None:
    with pytest.raises(byhand.ByhandError, match=r"take 4.0 GB, .* There may be 250,000,000"):
        machine.check_size(10**9)
    with pytest.raises(byhand.ByhandError, match="more than any machine"):
        Model((4, 10**5000, 2), "relu", np.zeros(3, np.float32), ("a", "b"), (2, 2))
