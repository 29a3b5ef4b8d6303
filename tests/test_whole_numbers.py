"""A network in whole numbers, and its header as text; what compiles it is in test_chip.py."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import byhand
from byhand.export import c_header, c_names, fixed_point, quantising
from byhand.export.fixed_point import Layer
from byhand.network import ACTIVATIONS, n_parameters
from byhand.types import Bytes
from conftest import Run

SIZES = (36, 12, 8, 3)


@pytest.fixture(scope="module")
def small() -> byhand.Model:
    """Return a model of 6×6 images."""
    theta = np.random.default_rng(1).normal(0, 0.5, n_parameters(SIZES)).astype(np.float32)
    return byhand.Model(SIZES, "relu", theta, ("a", "b", "c"), (6, 6))


@pytest.fixture(scope="module")
def images() -> Bytes:
    rng = np.random.default_rng(2)
    return np.asarray(rng.integers(0, 256, (400, 6, 6)) * rng.integers(0, 2, (400, 6, 6)), np.uint8)


@pytest.fixture
def tiny(small: byhand.Model, images: Bytes, tmp_path: Path) -> list[object]:
    """Write the small model and its data, and return what names them."""
    small.save(tmp_path / "small.safetensors")
    labels = small.predict(images).astype(np.uint8)
    texts = np.array(small.classes)
    np.savez(
        tmp_path / "tiny.npz",
        x_train=images[:300], y_train=texts[labels[:300]], x_test=images[300:], y_test=texts[labels[300:]],
    )  # fmt: skip
    return ["--model", "small.safetensors", "--data", "tiny.npz"]


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_eight_bits_say_nearly_what_float32_says(activation: str, small: byhand.Model, images: Bytes) -> None:
    model = replace(small, activation=activation)
    network = quantising.quantised(model, images[:200], 8)
    away = fixed_point.predict_proba(network, images) - model.predict_proba(images)
    assert np.abs(away).max() < 0.05
    assert np.abs(away).mean() < 0.005


def test_softmax_in_whole_numbers_is_softmax() -> None:
    z = np.array([[0, -65536, -3 * 65536, -40 * 65536], [-(2**30), 2**30, 0, 2**30]])
    p = fixed_point.probabilities(z, 16)
    powers = np.exp(np.array([0.0, -1, -3, -40]))
    assert p.dtype == np.float32
    assert p[0] == pytest.approx(powers / powers.sum(), abs=2e-6)
    assert p[1].tolist() == [0, 0.5, 0, 0.5]


def test_sums_are_scaled_to_the_nearest_and_never_overflow() -> None:
    layer = Layer(np.zeros((1, 5), np.int8), np.zeros(5, np.int64), np.array([3, 3, 1, 2**31 - 1, 2**31 - 1]), 1)
    assert fixed_point.scaled(layer, np.array([1, -1, -4, 2**31 - 1, 1 - 2**31])).tolist() == [
        2,
        -2,
        -2,
        2**30,
        -(2**30),
    ]


def test_tanh_and_its_kin_are_close() -> None:
    z = np.arange(-40000, 40001, 7)
    tanh = np.tanh(z / 2**fixed_point.Z_BITS)
    assert fixed_point.activated(z, "tanh", 32767) / 32767 == pytest.approx(tanh, abs=2e-4)
    assert fixed_point.activated(z, "sigmoid", 32767) / 32767 == pytest.approx((1 + tanh) / 2, abs=2e-4)
    leaked = np.where(z < 0, z / 100, np.minimum(z, 32767))
    assert fixed_point.activated(z, "leaky_relu", 32767) == pytest.approx(leaked, abs=0.51)


def test_rounding_that_makes_good_what_it_did_errs_less_than_rounding_to_the_nearest(images: Bytes) -> None:
    rng = np.random.default_rng(3)
    values = images.reshape(len(images), -1).astype(np.int64)
    values[:, 1::2] = (values[:, ::2] + values[:, 1::2]) // 2  # Pixels beside each other are alike.
    w, b = rng.normal(0, 1, (36, 5)), rng.normal(0, 1, 5)
    wanted = values / 255 @ w + b
    whole, bias, scales = quantising.rounded(w, b, values, 1 / 255, 7)
    away = (values @ whole + bias) * scales - wanted
    plain = np.abs(w).max(axis=0) / 7
    nearest = values / 255 @ (np.rint(w / plain) * plain) + b - wanted
    assert (away**2).mean() < 0.5 * (nearest**2).mean()
    assert np.abs(whole).max() <= 7


@pytest.mark.parametrize("bits", range(2, 8))
def test_packed_weights_can_be_unpacked(bits: int) -> None:
    top = 2 ** (bits - 1) - 1
    weights = np.random.default_rng(bits).integers(-top, top + 1, (4, 13)).astype(np.int8)
    packed = c_header.packed(weights, bits)
    assert packed.shape == (4, fixed_point.row_bytes(13, bits))
    for row, bytes_ in zip(weights, packed, strict=True):
        whole = int.from_bytes(bytes_.tobytes(), "little")
        assert [(whole >> (bits * k) & (2**bits - 1)) - top - 1 for k in range(13)] == row.tolist()


def test_wide_layers_put_out_less_so_that_sums_fit() -> None:
    model = byhand.Model((4, 300, 2), "relu", np.zeros(n_parameters((4, 300, 2)), np.float32), ("a", "b"), (2, 2))
    network = quantising.quantised(model, np.zeros((5, 2, 2), np.uint8), 8)
    assert network.most == 16383
    assert 300 * 127 * network.most < fixed_point.SUM_LIMIT
    assert fixed_point.predict_proba(network, np.ones((1, 2, 2), np.uint8)).tolist() == [[0.5, 0.5]]


def test_images_of_another_shape_are_refused(small: byhand.Model, few: byhand.Split) -> None:
    with pytest.raises(byhand.UsageError, match=r"the data have images of \(28, 28\), the model takes \(6, 6\)"):
        quantising.examples(small, few)


def test_what_does_not_fit_into_32_bits_is_refused(small: byhand.Model, images: Bytes) -> None:
    with pytest.raises(byhand.UsageError, match=r"so large that its logits do not fit"):
        quantising.quantised(replace(small, theta=1e6 * small.theta), images, 8)
    theta = np.zeros(n_parameters((40_000, 2)), np.float32)
    large = byhand.Model((40_000, 2), "relu", theta, ("a", "b"), (200, 200))
    with pytest.raises(byhand.UsageError, match=r"images of 40,000 pixels are too large"):
        quantising.quantised(large, np.zeros((1, 200, 200), np.uint8), 8)


def test_a_header_is_the_same_each_time_and_says_what_it_is(tiny: list[object], call: Run, tmp_path: Path) -> None:
    told = call("export", "c", "net.h", *tiny, "--bits", 6).stdout
    text = (tmp_path / "net.h").read_text()
    call("export", "c", "again.h", *tiny, "--bits", 6, "--prefix", "net")
    assert (tmp_path / "again.h").read_text() == text.replace('"net.h"', '"again.h"')
    model = byhand.Model.load(tmp_path / "small.safetensors")
    n_bytes = quantising.quantised(model, np.zeros((5, 6, 6), np.uint8), 6).n_bytes
    assert re.search(rf"saved as net.h, \d+ kB; its constants take {n_bytes:,} bytes on a chip", told)
    assert f"constants    {n_bytes:,} bytes" in text
    assert "36-12-8-3 units (relu)" in text
    import hashlib

    assert hashlib.sha256((tmp_path / "small.safetensors").read_bytes()).hexdigest() in text
    assert "net_fit" not in text
    assert max(map(len, text.splitlines())) <= 120
    assert text.isascii()
    assert "$" not in text


def test_info_tells_size_and_accuracy_by_bits(tiny: list[object], call: Run) -> None:
    words = ["info", "small.safetensors", "--bits", "8,2", "--data", "tiny.npz"]
    lines = call(*words).stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["weights", "float32", "8", "2"]
    assert "100.00 %" in lines[1]
    full, eight, two = (json.loads(line) for line in call(*words, "--json").stdout.splitlines())
    assert full == {"bits": 32, "bytes": 4 * n_parameters(SIZES), "accuracy": 1, "alike": 100, "n": 100}
    assert eight["accuracy"] > 0.97 > two["accuracy"]
    assert eight["bytes"] == 36 * 12 + 12 * 8 + 8 * 3 + 8 * (12 + 8 + 3)
    assert tiny


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["c", "int.h"], "int.h: the header's name is a keyword of C or C++"),
        (["c", "class.h"], "say --prefix NAME"),
        (["c", "3d.h"], "3d.h: the header's name must begin with a letter"),
        (["c", "my-net.h"], "my-net.h: the header's name must begin with a letter"),
        (["c", "größe.h"], "größe.h: the header's name must begin with a letter"),
        (["c", "_x.h"], "_x.h: the header's name must begin with a letter"),
        (["c", f"{41 * 'x'}.h"], "is longer than 40 characters"),
        (["c", "stdint.h", "--prefix", "net"], "stdint.h: is the name of one of C's own headers"),
        (["c", "Math.h"], "Math.h: is the name of one of C's own headers"),
        (["c", "net.c"], "net.c: let its name end with .h."),
        (["c", "net.h", "--prefix", "a b"], "--prefix: 'a b' must begin with a letter"),
        (["c", "net.h", "--prefix", "while"], "--prefix: 'while' is a keyword"),
        (["c", "net.h", "--bits", "1"], "--bits: 1 cannot be used"),
        (["c", "net.h", "--fit"], "the model takes images of (6, 6)"),
    ],
)
def test_what_no_header_can_be_made_of(words: list[str], message: str, tiny: list[object], call: Run) -> None:
    refused = call("export", *words[:2], *tiny, *words[2:], code=2).stderr
    assert message in refused
    assert refused.count("\n") == 1
    assert not list(Path().glob("*.h"))


def test_a_header_in_a_folder_that_is_not_there(tiny: list[object], call: Run) -> None:
    assert "Make the folder none first" in call("export", "c", "none/net.h", *tiny, code=1).stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--bits", "9"], "--bits: 9 cannot be used; it must be a whole number of at least 2 and at most 8"),
        (["--bits", "8,x"], "--bits: 'x' cannot be used"),
        (["--bits", ","], "--bits: "),
        (["--data", "tiny.npz"], "--data: belongs to --bits; say that, too."),
        (["--white", "16"], "--white: belongs to --bits; say that, too."),
        (["--transposed"], "--transposed: belongs to --bits; say that, too."),
    ],
)
def test_bits_that_no_weight_can_have(words: list[str], message: str, call: Run) -> None:
    assert message in call("info", *words, code=2).stderr


def test_a_committee_is_written_like_any_other(small: byhand.Model, images: Bytes) -> None:
    from byhand.judging.ensembles import ensemble

    joined = ensemble([small, small])
    network = quantising.quantised(joined, images, 8)
    alike = fixed_point.logits(network, images).argmax(axis=1) == small.predict(images)
    assert alike.mean() > 0.97


@pytest.mark.parametrize(
    ("text", "string"),
    [
        ("7", '"7"'),
        ('"', r'"\""'),
        ("\\", r'"\\"'),
        ("??=", r'"\?\?="'),
        ("é1", r'"\303\2511"'),
        ("%s", '"%s"'),
    ],
)
def test_texts_as_strings_of_c(text: str, string: str) -> None:
    assert c_names.string(text) == string
