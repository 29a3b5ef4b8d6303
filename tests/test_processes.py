"""Records of byhand in copies, other processes, threads and event loops, and on machines that lack what others have."""

import asyncio
import copy
import importlib
import os
import pickle
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import byhand
from byhand.learning.training import Training
from conftest import REPOSITORY

PICTURE = REPOSITORY / "docs" / "pictures" / "page.jpg"
RECIPE = byhand.Recipe(layers=(6,), epochs=2, limit=60, batch_size=20)


def sent(thing: object) -> object:
    """Return what arrives of a thing in another process."""
    return pickle.loads(pickle.dumps(thing))  # noqa: S301


@pytest.mark.parametrize("way", [sent, copy.deepcopy, copy.copy])
def test_what_is_read_only_stays_so_in_copies(
    model: byhand.Model, data: byhand.Dataset, way: Callable[[object], object]
) -> None:
    other, split = way(model), way(data.test)
    assert isinstance(other, byhand.Model)
    assert isinstance(split, byhand.Split)
    assert split.sha256() == data.test.sha256()
    np.testing.assert_array_equal(other.predict(split.images), model.predict(data.test.images))
    for array in (other.theta, split.images, split.labels):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    assert repr(way(data)) == repr(data)
    assert other.details == model.details


@pytest.mark.parametrize("way", [sent, copy.deepcopy])
def test_every_record_can_be_copied(model: byhand.Model, data: byhand.Dataset, way: Callable[[object], object]) -> None:
    evaluation, drawing = byhand.evaluate(model, data), data.test.images[0]
    (*_, epoch) = byhand.train(RECIPE, data)
    training = Training(RECIPE, data.train)
    progress = training.advance()
    others = (byhand.recognize(drawing), byhand.prepare(drawing), byhand.read(drawing), RECIPE, model.compile())
    for record in (evaluation, epoch, training, progress, training.state(), *others):
        assert repr(way(record)) == repr(record)


def test_a_copied_training_goes_on_alike(data: byhand.Dataset) -> None:
    training = Training(RECIPE, data.train)
    training.advance()
    other = copy.deepcopy(training)
    first, second = [*training.run()][-1], [*other.run()][-1]
    assert isinstance(first, byhand.Epoch)
    assert isinstance(second, byhand.Epoch)
    assert first.loss == second.loss
    assert (first.model.theta == second.model.theta).all()


@pytest.mark.parametrize("way", [sent, copy.deepcopy, copy.copy])
def test_epochs_that_cannot_be_sent_say_so(data: byhand.Dataset, way: Callable[[object], object]) -> None:
    epochs = byhand.train(RECIPE, data)
    with pytest.raises(TypeError, match="cannot be copied or sent to another process: send recipe and data"):
        way(epochs)
    assert len([*epochs]) == 2


def python(code: str, **environment: str | None) -> str:
    """Return what a process of its own prints, and nothing says on the side; variables that are None are not there."""
    variables = {name: value for name, value in {**os.environ, **environment}.items() if value is not None}
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=variables, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.slow
def test_a_compiled_model_can_be_sent(model: byhand.Model, data: byhand.Dataset, tmp_path: Path) -> None:
    (tmp_path / "sent").write_bytes(pickle.dumps((model.compile(), data.test.images[0])))
    code = f"""
        import pickle
        model, image = pickle.load(open({str(tmp_path / "sent")!r}, "rb"))
        print(model.predict_proba(image).argmax(), type(model).__name__)
    """
    assert python(code, PYTHONWARNINGS=None) == f"{model.predict(data.test.images[0])} CompiledModel\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_process_forked_while_another_thread_calculates_does_not_wait_for_it() -> None:
    code = """
        import os, signal, threading, warnings
        import numpy as np
        import byhand
        from byhand import machine
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 advises against what is done here.
        inside, over = threading.Event(), threading.Event()
        def hold():
            with machine.linear_algebra(1):
                inside.set()
                over.wait()
        holder = threading.Thread(target=hold)
        holder.start()
        inside.wait()
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            byhand.Model.load().predict(np.zeros((28, 28), np.uint8))
            with machine.linear_algebra(1), machine.linear_algebra():
                pass
            os._exit(0)
        print(os.waitpid(child, 0)[1])
        over.set()
        holder.join()
        with machine.linear_algebra(1):
            child = os.fork()
            if child == 0:
                signal.alarm(20)
        with machine.linear_algebra(1):
            pass
        if child == 0:
            os._exit(0)
        print(os.waitpid(child, 0)[1])
    """
    assert python(code, PYTHONWARNINGS=None) == "0\n0\n"


def test_there_need_be_no_home_no_folder_for_temporary_files_and_no_warning() -> None:
    code = """
        import byhand
        data = byhand.load()
        *_, epoch = byhand.train(byhand.Recipe(layers=(4,), epochs=1, limit=50, engine="numpy"), data)
        byhand.evaluate(epoch.model, data.test.take(slice(50)))._repr_html_()
        print(byhand.recognize(data.test.images[0]).name, byhand.__version__ != "")
    """
    environment = {"HOME": None, "USERPROFILE": None, "TMPDIR": "/nonexistent", "PYTHONWARNINGS": "error"}
    assert python(code, **environment) == "7 True\n"


def test_byhand_can_be_loaded_anew(data: byhand.Dataset, model: byhand.Model) -> None:
    before = byhand.evaluate(model, data)
    importlib.reload(byhand)
    assert isinstance(model, byhand.Model)
    assert byhand.evaluate(model, data).loss == before.loss


def test_all_works_within_a_running_event_loop(data: byhand.Dataset, model: byhand.Model) -> None:
    async def work() -> list[object]:
        reading = asyncio.to_thread(byhand.read, PICTURE)
        *_, epoch = byhand.train(RECIPE, data)
        return [byhand.evaluate(model, data).n, epoch.number, (await reading).text[:4]]

    assert asyncio.run(work()) == [500, 2, "2128"]
