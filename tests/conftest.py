"""Shared data and a way to run the real command."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import settings

import byhand
from byhand import machine

if TYPE_CHECKING:
    from fastapi import FastAPI
    from playwright.sync_api import Browser

    from asking import Client

settings.register_profile("byhand", derandomize=True, deadline=None, max_examples=30)
settings.load_profile("byhand")

# Drivers of a browser are not among what the fast tests need.
collect_ignore = (
    []
    if find_spec("playwright")
    else [
        path.name
        for path in sorted(Path(__file__).parent.glob("test_*.py"))
        if re.search(r"^(from|import) \w*playwright", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
)

# Nor is scikit-learn, whose checks are made when they are collected.
collect_ignore += [] if find_spec("sklearn") else ["test_sklearn.py", "test_sklearn_checks.py"]

REPOSITORY = Path(__file__).parent.parent
# What is about processes, terminals and permissions as Linux has them, or about Numba's loops, is tested there alone.
OF_LINUX = re.compile(
    r"import (resource|pty|fcntl)\b|mkfifo|os\.(fork|kill|umask|geteuid)\b|/proc/|/dev/|terminals|chmod|symlink|\"sh\"|"
    r"signal\.|send_signal|preexec_fn|\b(served|container|lacking)\b"
)
OF_NUMBA = re.compile(r"(from|import) (numba|llvmlite|byhand\.compiled)\b|CompiledEngine")
for about, is_here in ((OF_LINUX, sys.platform == "linux"), (OF_NUMBA, find_spec("numba") is not None)):
    if not is_here:
        files = REPOSITORY.glob("tests/test_*.py")
        collect_ignore += [path.name for path in files if about.search(path.read_text("utf-8"))]

# Two processes that compile different kinds of the same loop at once may mix up their files in Numba's cache.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ["NUMBA_CACHE_DIR"] = str(REPOSITORY / ".pytest_cache" / "numba" / worker)

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def mnist() -> byhand.Dataset:
    return byhand.load("mnist")


@pytest.fixture(scope="session")
def few(mnist: byhand.Dataset) -> byhand.Split:
    """Return the first 200 training images."""
    return mnist.train.take(slice(200))


@pytest.fixture(scope="session")
def model(mnist: byhand.Dataset) -> byhand.Model:
    """Return a model that has learned 4,000 images twice."""
    *_, last = byhand.train(byhand.Recipe(limit=4000, epochs=2, batch_size=8), mnist.train)
    return last.model


@pytest.fixture(scope="session")
def model_file(model: byhand.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    model.save(path)
    return path


@pytest.fixture(scope="session")
def compiled() -> None:
    """Compile the loops once, so that no test is the one whose command says that it compiles; where there is Numba."""
    if not machine.has_numba():
        return
    from byhand.learning.engines.compiled import CompiledEngine
    from byhand.learning.optimizers import GradientDescent

    for batch_size in (1, 2):
        CompiledEngine(np.zeros(2, np.float32), (1, 1), "relu", GradientDescent(), batch_size)


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiled: None) -> Run:  # noqa: ARG001
    """Run `byhand` in this process, in an empty folder: it says and does the same as in its own, and starts at once."""
    from byhand.commands.app import main

    monkeypatch.chdir(tmp_path)

    def call(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        words, out, errors = [*map(str, arguments)], io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(errors):
            returned = main(words)
        done = subprocess.CompletedProcess(words, returned, out.getvalue(), errors.getvalue())
        assert done.returncode == code, f"{arguments}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return call


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run's pictures be files without a picture: to draw them takes longer than all else in a short run."""
    from byhand.files import write_atomically
    from byhand.judging import canvas, curves, figures

    for name in ("loss_curve", "learning_curves"):
        monkeypatch.setattr(curves, name, lambda *_: None)
    for name in ("confusion_matrix", "first_layer_weights", "worst_mistakes"):
        monkeypatch.setattr(figures, name, lambda *_: None)
    monkeypatch.setattr(canvas, "save_figure", lambda _, path: write_atomically(path, b"a picture"))


@pytest.fixture
def run(tmp_path: Path, compiled: None) -> Run:  # noqa: ARG001
    """Run `byhand` in a process of its own, in an empty folder."""

    def run(*arguments: object, code: int = 0, **options: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "error", "-m", "byhand", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120, **options)  # type: ignore[call-overload]
        assert done.returncode == code, f"{arguments}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done  # type: ignore[no-any-return]

    return run


@pytest.fixture
def small_folder(mnist: byhand.Dataset, tmp_path: Path) -> Path:
    """Return a folder with the first 300 training and 100 test images as plain IDX files."""
    from byhand.data.idx import write_idx

    folder = tmp_path / "small"
    folder.mkdir()
    for stem, split in (("train", mnist.train.take(slice(300))), ("t10k", mnist.test.take(slice(100)))):
        write_idx(folder / f"{stem}-images-idx3-ubyte", split.images)
        write_idx(folder / f"{stem}-labels-idx1-ubyte", split.labels)
    return folder


@pytest.fixture(scope="session")
def data(mnist: byhand.Dataset) -> byhand.Dataset:
    """Return a small part of the images."""
    return byhand.Dataset("mnist", mnist.train.take(slice(300)), mnist.test.take(slice(500)))


@pytest.fixture(scope="session")
def app(data: byhand.Dataset, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[FastAPI]":
    """Return the server's application."""
    from byhand.web.server import build

    app = build(byhand.Model.load(), data, runs=tmp_path_factory.mktemp("runs"))
    yield app
    app.state.close()


@pytest.fixture(scope="session")
def client(app: "FastAPI") -> "Iterator[Client]":
    """Return a browser that asks it."""
    from asking import Client

    client = Client(app)
    yield client
    client.close()


@pytest.fixture(scope="session")
def seven(mnist: byhand.Dataset) -> bytes:
    """Return a drawing of a 7 as a PNG file."""
    from asking import png
    from writing import enlarged

    return png(255 - np.pad(enlarged(mnist.test.images[0]), 80))


@pytest.fixture(scope="module")
def chromium() -> "Iterator[Browser]":
    """Run a browser for all tests of a file; longer would be in the way of other files' event loops."""
    from browsing import browser

    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which `address` is served."""
    return tmp_path_factory.mktemp("serving")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """Serve the page."""
    from browsing import serving

    with serving(folder) as url:
        yield url


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(2026)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let what tests/test_promises.py compares with be written anew."""
    parser.addoption("--record", action="store_true", help="write tests/promised anew")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Choose this process alone for a choice of tests: others would take longer to start than it to end."""
    chosen = config.option.keyword or config.option.file_or_dir
    return 0 if chosen else machine.cores()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let a skipped test fail where nobody would see that it was skipped."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return what lets Ctrl-C be pressed as so many checkpoints are written, and then no more."""

    def press(count: int) -> None:
        from byhand.runs import checkpoints

        keep, saved = checkpoints.save, []

        def save(*arguments: object) -> None:
            keep(*arguments)  # type: ignore[arg-type]
            saved.append(1)
            if len(saved) == count:
                monkeypatch.setattr(checkpoints, "save", keep)
                raise KeyboardInterrupt

        monkeypatch.setattr(checkpoints, "save", save)

    return press
