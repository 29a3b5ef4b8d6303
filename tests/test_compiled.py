"""The compiled engine: the same steps as `network.py`, only faster."""

import errno
import os
import re
import resource
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

import byhand
from byhand import network
from byhand.compiled import compiling
from byhand.compiled.blocks.passes import activate
from byhand.compiled.network import SIGMOID, TANH
from byhand.learning.engines import choice
from byhand.learning.engines.choice import must_compile, where_not_kept
from byhand.learning.engines.compiled import CompiledEngine
from byhand.learning.optimizers import GradientDescent
from byhand.network import Array
from conftest import REPOSITORY, Run

ANY_NETWORK: dict[str, Any] = {
    "hidden": st.lists(st.integers(1, 12), max_size=4),
    "pixels": st.integers(1, 12),
    "activation": st.sampled_from(sorted(network.ACTIVATIONS)),
    "seed": st.integers(0, 9999),
}


def reference(theta: Array, sizes: tuple[int, ...], activation: str, split: byhand.Split, rate: float) -> Array:
    """Take the steps one by one in float64 with nothing but `network.py`; return parameters and losses."""
    theta, losses = theta.astype(np.float64), []
    x, y = split.images.reshape(len(split), -1) / 255, np.eye(sizes[-1])[split.labels]
    for i in range(len(split)):
        loss, gradient = network.loss_and_gradient(theta, sizes, activation, x[i : i + 1], y[i : i + 1])
        theta = theta - rate * gradient
        losses.append(loss)
    return np.concatenate([theta, *losses])


@pytest.mark.parametrize("activation", network.ACTIVATIONS)
def test_a_thousand_steps_equal_the_network_in_float64(mnist: byhand.Dataset, activation: str) -> None:
    sizes, split = (784, 128, 64, 10), mnist.train.take(slice(1000))
    start = network.initial_parameters(sizes, activation, np.random.default_rng(0))
    engine = CompiledEngine(start, sizes, activation, GradientDescent())
    losses = engine.learn(split.images.reshape(1000, 784), split.labels, 0.01)
    expected = reference(start, sizes, activation, split, 0.01)
    assert losses.dtype == engine.theta.dtype == np.float32
    assert np.linalg.norm(engine.theta - expected[:-1000]) <= 1e-5 * np.linalg.norm(expected[:-1000])
    np.testing.assert_allclose(losses, expected[-1000:], rtol=2e-3, atol=1e-4)


@settings(max_examples=60)
@given(**ANY_NETWORK, classes=st.integers(2, 5), dark=st.floats(0, 1))
def test_any_sizes_equal_the_network(
    hidden: list[int], pixels: int, classes: int, activation: str, seed: int, dark: float
) -> None:
    rng = np.random.default_rng(seed)
    sizes = (pixels, *hidden, classes)
    images = rng.integers(0, 256, (5, 1, pixels)).astype(np.uint8) * (rng.random((5, 1, pixels)) >= dark)
    labels = rng.integers(0, classes, 5).astype(np.uint8)
    split = byhand.Split(images.astype(np.uint8), labels, tuple("abcde"[:classes]))
    start = network.initial_parameters(sizes, activation, rng)
    engine = CompiledEngine(start, sizes, activation, GradientDescent())
    losses = engine.learn(images.reshape(5, pixels).astype(np.uint8), labels, 0.05)
    expected = reference(start, sizes, activation, split, 0.05)
    np.testing.assert_allclose(np.concatenate([engine.theta, losses]), expected, rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("batch_size", [1, 7, 32])
def test_both_engines_learn_alike(mnist: byhand.Dataset, name: str, batch_size: int) -> None:
    accuracies = []
    for engine in ("numpy", "compiled"):
        options: Any = {"optimizer": name, "batch_size": batch_size, "engine": engine}
        *_, last = byhand.train(byhand.Recipe(limit=1000, epochs=1, **options), mnist.train)
        accuracies.append([last.loss, byhand.evaluate(last.model, mnist.test).accuracy])
    np.testing.assert_allclose(accuracies[0], accuracies[1], atol=0.005)


def test_a_unit_that_puts_out_nothing_still_learns_where_its_slope_is_not_zero() -> None:
    # All weights zero: tanh puts out exactly 0, with slope 1, so its bias must move. ReLU stays dead.
    sizes = (1, 1, 2)
    theta = np.array([0, 0, 1, -1, 0, 0], np.float32)
    image, label = np.array([[255]], np.uint8), np.array([0], np.uint8)
    moved = {}
    for activation in ("tanh", "relu"):
        engine = CompiledEngine(theta, sizes, activation, GradientDescent())
        engine.learn(image, label, 1.0)
        moved[activation] = engine.theta[:2].tolist()
    assert moved["tanh"] == pytest.approx([1, 1])
    assert moved["relu"] == [0, 0]


def test_the_given_parameters_stay_as_they_are(few: byhand.Split) -> None:
    sizes = (784, 8, 10)
    start = network.initial_parameters(sizes, "relu", np.random.default_rng(0))
    before = start.copy()
    engine = CompiledEngine(start, sizes, "relu", GradientDescent())
    engine.learn(few.images.reshape(-1, 784), few.labels, 0.1)
    np.testing.assert_array_equal(start, before)
    assert not np.array_equal(engine.theta, before)
    assert engine.theta.ctypes.data % 64 == 0


def test_divergence_shows(few: byhand.Split) -> None:
    sizes = (784, 16, 10)
    engine = CompiledEngine(
        network.initial_parameters(sizes, "relu", np.random.default_rng(0)), sizes, "relu", GradientDescent()
    )
    losses = engine.learn(few.images.reshape(-1, 784), few.labels, 1e30)
    assert not (np.isfinite(losses).all() and np.isfinite(engine.theta).all())


def test_both_engines_train_to_the_same_network(mnist: byhand.Dataset) -> None:
    recipes = [byhand.Recipe(limit=1000, epochs=1, engine=engine) for engine in ("numpy", "compiled")]
    models = [list(byhand.train(recipe, mnist.train))[-1].model for recipe in recipes]
    probabilities = [model.predict_proba(mnist.test.images[:1000]) for model in models]
    np.testing.assert_allclose(probabilities[0], probabilities[1], atol=1e-4)


def test_auto_means_the_quicker_one() -> None:
    assert choice.resolve(byhand.Recipe()).engine == "compiled"
    assert choice.resolve(byhand.Recipe(engine="numpy")).engine == "numpy"
    assert choice.resolve(byhand.Recipe(batch_size=512, layers=(1000,), adversarial=0.1)).engine == "compiled"


def test_without_numba_numpy_takes_over_and_says_so(monkeypatch: pytest.MonkeyPatch, few: byhand.Split) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.warns(RuntimeWarning, match="pip install numba"):
        records = byhand.train(byhand.Recipe(epochs=1, layers=()), few)
    with warnings.catch_warnings():  # And only once.
        assert next(records).model.details["recipe"]["engine"] == "numpy"  # type: ignore[index,call-overload]
    with pytest.raises(byhand.ByhandError, match="pip install numba"):
        choice.resolve(byhand.Recipe(engine="compiled"))


def test_what_helps_is_told_of_the_very_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    from numba import config

    monkeypatch.setattr(config, "DISABLE_JIT", 1)
    with pytest.warns(RuntimeWarning, match="NUMBA_DISABLE_JIT is set"):
        assert choice.resolve(byhand.Recipe()).engine == "numpy"

    def refuse(_: str) -> None:
        raise ImportError("Numba needs NumPy 2.2 or less. Got NumPy 9.9.")

    monkeypatch.setattr("byhand.machine.load", refuse)
    with pytest.warns(RuntimeWarning, match=r"\(Numba needs NumPy 2.2 or less\): pip install -U numba"):
        assert choice.resolve(byhand.Recipe()).engine == "numpy"


def test_it_is_not_said_to_compile_where_it_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("byhand.compiled.compiling.is_kept", lambda _: False)
    assert must_compile(byhand.Recipe())
    monkeypatch.setattr("byhand.machine.has_numba", lambda: False)
    assert not must_compile(byhand.Recipe())


SCRIPT = """
import sys, byhand
from byhand.compiled import network
from byhand.learning.engines import choice
recipe = choice.resolve(byhand.Recipe(limit=100, epochs=1, layers=(8,)))
print(choice.must_compile(recipe))
*_, last = byhand.train(recipe, byhand.load().train)
print(choice.must_compile(recipe), sum(network.learn.stats.cache_hits.values()), last.loss)
print(choice.where_not_kept(recipe))
"""


@pytest.mark.slow
@pytest.mark.parametrize("writable", [True, False])
def test_compiled_code_is_kept_where_that_is_possible(tmp_path: Path, writable: bool) -> None:
    shutil.copytree(REPOSITORY / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA")}
    environment["PYTHONPATH"] = str(tmp_path / "src")
    if not writable:  # A file where the folder would be, and no home: this stops even the superuser.
        (tmp_path / "src/byhand/compiled/__pycache__").touch()
        environment |= {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null", "PYTHONDONTWRITEBYTECODE": "1"}
    outputs = []
    for _ in range(1 + writable):
        command = [sys.executable, "-c", SCRIPT]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=True)
        outputs.append(done.stdout.split(maxsplit=4))
    assert outputs[0][:3] == ["True", "False", "0"]
    if writable:
        assert outputs[1][:3] == ["False", "False", "1"]
        assert outputs[0][3] == outputs[1][3]
        assert outputs[1][4] == "None\n"
    else:
        assert outputs[0][4] == "byhand's own folder or the home folder\n"


@pytest.mark.slow
def test_several_processes_may_compile_at_once(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", SCRIPT]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(3)
    ]
    results = [process.communicate(timeout=600) for process in processes]
    assert all(process.returncode == 0 for process in processes), results
    assert len({output.split()[3] for output, _ in results}) == 1


def test_a_full_disk_is_told_and_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    def twice(number: int) -> int:
        return 2 * number

    assert where_not_kept(byhand.Recipe()) is None
    monkeypatch.setattr(compiling, "TemporaryFile", full)
    assert str(where_not_kept(byhand.Recipe())).endswith("(No space left on device)")
    monkeypatch.setattr("numba.core.caching.FunctionCache.save_overload", full)
    assert compiling.compiled(twice)(21) == 42


@pytest.mark.slow
def test_where_nothing_can_be_kept_no_run_promises_that_the_next_starts_at_once(run: Run, tmp_path: Path) -> None:
    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache"), "COVERAGE_PROCESS_CONFIG": ""}
    arguments = ("train", "--limit", 100, "--epochs", 1, "--layers", "none", "--no-pictures")
    for _ in range(2):
        said = run(*arguments, env=environment, preexec_fn=full).stderr
        assert re.fullmatch(
            r"byhand: compiles the training loop for this machine; nothing can be kept in .*cache.* "
            r"\(File too large\), so every run does\.\n",
            said,
        )


@pytest.mark.slow
def test_the_first_run_says_that_it_compiles(run: Run, tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    arguments = ("train", "--limit", 100, "--epochs", 1, "--layers", "8")
    assert "compiles the training loop for this machine; the next run starts" in run(*arguments, env=environment).stderr
    assert not run(*arguments, env=environment).stderr


def test_tanh_and_sigmoid_are_what_they_are_called() -> None:
    x = np.concatenate([np.linspace(-12, 12, 200_001), np.geomspace(1e-35, 1, 10_001), [3e38, np.inf]])
    x = np.concatenate([x, -x]).astype(np.float32)
    tanh, sigmoid, nothing = x.copy(), x.copy(), np.array([np.nan, 0], np.float32)
    for kind, z in ((TANH, tanh), (SIGMOID, sigmoid), (TANH, nothing)):
        njit(lambda z, kind: activate(z, kind))(z, kind)
    expected = np.tanh(x.astype(np.float64))
    np.testing.assert_allclose(tanh, expected, rtol=1e-6, atol=0)
    assert np.abs(tanh - expected).max() <= 2e-7
    assert np.abs(tanh).max() <= 1
    assert np.abs(sigmoid - (0.5 + 0.5 * np.tanh(x.astype(np.float64) / 2))).max() <= 2e-7
    assert 0 <= sigmoid.min() <= sigmoid.max() <= 1
    np.testing.assert_array_equal(nothing, [np.nan, 0])
