"""Reading by compiled loops: what the network says, for any network, any images and any number of threads."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import byhand
from byhand import machine, network
from byhand.compiled.reader import PORTION, reader
from byhand.network import Array
from byhand.types import Bytes, Floats

NAMES = tuple("abcdefghijkl")


def expected(theta: Floats, sizes: Sequence[int], activation: str, images: Bytes) -> Array:
    """Return the probabilities in float64, by nothing but `network.py`."""
    return network.softmax(network.forward(theta.astype(np.float64), sizes, activation, images / 255)[1])


@settings(max_examples=150)
@given(
    hidden=st.lists(st.integers(1, 300), max_size=3),
    pixels=st.integers(1, 200),
    classes=st.integers(1, 12),
    n=st.integers(0, 200),
    activation=st.sampled_from(sorted(network.ACTIVATIONS)),
    lit=st.floats(0, 1),
    seed=st.integers(0, 9999),
)
def test_any_network_reads_any_images_as_in_float64(
    hidden: list[int], pixels: int, classes: int, n: int, activation: str, lit: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    sizes = (pixels, *hidden, classes)
    theta = network.initial_parameters(sizes, activation, rng)
    theta += rng.normal(0, 0.1, len(theta)).astype(np.float32)  # biases that are not zero, too
    images = (rng.integers(0, 256, (n, pixels)) * (rng.random((n, pixels)) < lit)).astype(np.uint8)
    found = np.full((n, classes), np.nan, np.float32)
    reader(theta, sizes, activation)(images, found)
    np.testing.assert_allclose(found, expected(theta, sizes, activation, images), atol=1e-5)


@pytest.mark.parametrize("units", [32, 128, 200, 256, 512])
@pytest.mark.parametrize("white", [False, True])
def test_digits_on_black_and_on_white_are_read_as_in_float64(mnist: byhand.Dataset, units: int, white: bool) -> None:
    sizes, images = (784, units, units, 10), mnist.test.images[:130].reshape(-1, 784)
    images = 255 - images if white else images
    theta = network.initial_parameters(sizes, "relu", np.random.default_rng(units))
    read, found = reader(theta, sizes, "relu"), np.empty((130, 10), np.float32)
    read(images, found)
    np.testing.assert_allclose(found, expected(theta, sizes, "relu", images), atol=1e-5)
    for n in (1, 2, 3, 4, 5, 65):
        some = np.empty((n, 10), np.float32)
        read(images[:n], some)
        np.testing.assert_allclose(some, found[:n], atol=1e-6)


def test_threads_change_no_bit(model: byhand.Model, mnist: byhand.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled, images = model.compile(), mnist.test.images[: 5 * PORTION + 77]
    found = []
    for threads in (1, 2, 3):
        monkeypatch.setattr(machine, "threads", lambda threads=threads: threads)
        found.append(compiled.predict_proba(images))
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
    np.testing.assert_array_equal(found[0][64:128], compiled.predict_proba(images[64:128]))


def test_many_threads_may_share_a_reader(model: byhand.Model, mnist: byhand.Dataset) -> None:
    compiled, images = model.compile(), mnist.test.images[:400]
    alone = [compiled.predict_proba(image) for image in images]
    with ThreadPoolExecutor(8) as pool:
        np.testing.assert_array_equal(list(pool.map(compiled.predict_proba, images)), alone)


@pytest.mark.parametrize("n", [1, 100])
def test_floats_and_what_is_wrong_are_the_models(model: byhand.Model, mnist: byhand.Dataset, n: int) -> None:
    compiled, images = model.compile(), mnist.test.images[:n]
    np.testing.assert_array_equal(compiled.predict_proba(images / 255), model.predict_proba(images / 255))
    with pytest.raises(byhand.UsageError, match="must lie in 0…1"):
        compiled.predict_proba(images.astype(np.float64))
    theta = np.full(784 * 3 + 3 + 3 * 2 + 2, 3e38, np.float32)
    huge = byhand.Model((784, 3, 2), "relu", theta, ("a", "b")).compile()
    with pytest.raises(byhand.UsageError, match="so large that what comes of them is no number"):
        huge.predict_proba(images)
