"""A training that is killed, cut off or tampered with: it goes on, or says why not, and nothing is lost."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import byhand
from byhand import machine
from byhand.learning.training import Progress, Training
from byhand.model import FILE_NAME
from byhand.runs import checkpoints, run_folder
from byhand.runs.checkpoints import BEFORE, FILE, Checkpoint
from byhand.sealing.sealed import sealed, unsealed
from byhand.types import Json
from conftest import Run

LONG = (
    *("--epochs", "60", "--layers", "12", "--batch-size", "64", "--optimizer", "adamw", "--average", "0.99"),
    *("--rotation", "15", "--elastic", "1", "--limit", "9000", "--validation", "1000", "--patience", "59"),
    "--no-pictures",
)
Whole = tuple[bytes, list[dict[str, float]], float]

# One thread: the same bits then do not depend on what else the machine does with its cores, and neither does the time.
ALONE = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}


@pytest.fixture
def checkpoint(mnist: byhand.Dataset) -> Checkpoint:
    recipe = byhand.Recipe(layers=(5,), limit=1500, epochs=2, batch_size=10, optimizer="adam", engine="numpy")
    record = next(Training(recipe, mnist.train).run())
    assert isinstance(record, Progress)
    history = ({"epoch": 1, "loss": 0.1, "seconds": 0.2, "learning_rate": 0.3},)
    origin = run_folder.source_of("mnist", mnist)
    return Checkpoint(recipe, origin, record.training.state(), history, machine.facts())


def test_what_is_saved_is_loaded(checkpoint: Checkpoint, tmp_path: Path) -> None:
    checkpoints.save(tmp_path, checkpoint)
    loaded, warning = checkpoints.load(tmp_path)
    assert warning is None
    assert loaded.recipe == replace(checkpoint.recipe, learning_rate=checkpoint.recipe.starting_rate)
    assert (loaded.data, loaded.machine, tuple(loaded.history)) == (
        checkpoint.data,
        checkpoint.machine,
        checkpoint.history,
    )
    assert loaded.state.place == checkpoint.state.place
    arrays = checkpoint.state.arrays
    assert {name: value.tobytes() for name, value in loaded.state.arrays.items()} == {
        name: value.tobytes() for name, value in arrays.items()
    }
    assert not checkpoints.differences(loaded, machine.facts())


@pytest.mark.parametrize("place", [0.0, 0.01, 0.5, 0.999])
def test_a_flipped_bit_is_refused_and_the_one_before_is_taken(
    checkpoint: Checkpoint, tmp_path: Path, place: float
) -> None:
    checkpoints.save(tmp_path, checkpoint)
    checkpoints.save(tmp_path, replace(checkpoint, history=()))
    damaged = bytearray((tmp_path / FILE).read_bytes())
    damaged[int(place * len(damaged))] ^= 4
    (tmp_path / FILE).write_bytes(damaged)
    loaded, warning = checkpoints.load(tmp_path)
    assert tuple(loaded.history) == checkpoint.history
    assert str(tmp_path / FILE) in str(warning)
    (tmp_path / BEFORE).unlink()
    (tmp_path / FILE).write_bytes(damaged)
    with pytest.raises(byhand.ByhandError, match=FILE):
        checkpoints.load(tmp_path)


@pytest.mark.parametrize("left", [0, 7, 100, -1])
def test_one_cut_off_is_refused(checkpoint: Checkpoint, tmp_path: Path, left: int) -> None:
    checkpoints.save(tmp_path, checkpoint)
    (tmp_path / FILE).write_bytes((tmp_path / FILE).read_bytes()[:left])
    with pytest.raises(byhand.ByhandError, match=FILE):
        checkpoints.load(tmp_path)


def test_one_edited_by_hand_is_refused(checkpoint: Checkpoint, tmp_path: Path) -> None:
    checkpoints.save(tmp_path, checkpoint)
    content = (tmp_path / FILE).read_bytes()
    assert content.count(b"epochs") == 1
    (tmp_path / FILE).write_bytes(content.replace(b'epochs\\": 2', b'epochs\\": 9'))
    assert (tmp_path / FILE).read_bytes() != content
    with pytest.raises(byhand.ByhandError, match="checksum differs"):
        checkpoints.load(tmp_path)


def test_one_of_another_version_is_refused(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(checkpoints, "_KIND", replace(checkpoints._KIND, format=2))
        checkpoints.save(tmp_path, checkpoint)
    with pytest.raises(byhand.ByhandError, match="another version of byhand; use that one"):
        checkpoints.load(tmp_path)


UNCHECKED = replace(checkpoints._KIND, facts=None)
ROW = {"epoch": 1, "loss": 0.1, "seconds": 0.2, "learning_rate": 0.3}
LIES: list[dict[str, Json]] = [
    {"place": {"epoch": 1, "page": 7}},
    {"recipe": None},
    {"recipe": {"activation": "x"}},
    {"recipe": {"optimizer": "momentum"}},  # which remembers other things
    {"recipe": {"optimizer": "adam", "average": 0.9}},
    {"place": {"epoch": "1"}},
    {"place": {"epoch": 0}},
    {"place": {"epoch": 22}},
    {"place": {"epoch": 1, "best_epoch": 1}},
    {"place": {"done": -1}},
    {"place": {"loss": "low"}},
    {"place": {"best_accuracy": 1.5}},
    {"data": {"source": "mnist"}},
    {"data": {"source": 3, "name": "mnist", "sha256": "0" * 64}},
    {"data": {"source": "mnist", "name": "mnist", "sha256": "other"}},
    {"test_sha256": "other"},
    {"history": {}},
    {"history": [{}]},
    {"history": [{**ROW, "loss": "low"}]},
    {"history": [{**ROW, "epoch": 2}]},
    {"history": [ROW, ROW]},
    {"history": [{**ROW, "validation_accuracy": 3}]},
    {"history": [{**ROW, "validation_loss": -1}]},
    {"machine": {"cores": 4}},
    {"machine": ["Abacus"]},
    {"more": 1},
]


@pytest.mark.parametrize("lie", LIES)
def test_one_that_misstates_something_is_refused_by_name(
    checkpoint: Checkpoint, tmp_path: Path, lie: dict[str, Json]
) -> None:
    checkpoints.save(tmp_path, checkpoint)
    arrays, facts = unsealed(checkpoints._KIND, tmp_path / FILE)
    (tmp_path / FILE).write_bytes(sealed(UNCHECKED, arrays, {**facts, **lie}))
    with pytest.raises(byhand.ByhandError, match="misstate something") as error:
        checkpoints.load(tmp_path)
    assert str(error.value).startswith(f"{tmp_path / FILE}: ")
    assert str(error.value).endswith("Go on from another copy, or train anew.")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("theta", None),
        ("theta", np.zeros(3, np.float32)),
        ("theta", np.zeros((3, 3), np.float32)),
        ("theta", np.array(3, np.float32)),
        ("theta", np.zeros(0, np.float32)),
        ("mean", None),
        ("mean", np.zeros(3975, np.float64)),
        ("square", np.full(3985, -1, np.float32)),
        ("mean", np.full(3985, np.nan, np.float32)),
        ("steps", np.array([1, 2])),
        ("steps", np.array([-1])),
        ("steps", np.array([2**60])),
        ("steps", np.array(1)),
        ("steps", np.array([1.0], np.float32)),
        ("steps", np.array([np.nan])),
        ("best", np.zeros(3985, np.float32)),
        ("more", np.zeros(3, np.float32)),
    ],
)
def test_arrays_that_the_recipe_does_not_take_are_refused(
    checkpoint: Checkpoint, tmp_path: Path, name: str, values: np.ndarray | None
) -> None:
    checkpoints.save(tmp_path, checkpoint)
    arrays, facts = unsealed(checkpoints._KIND, tmp_path / FILE)
    assert len(arrays["theta"]) == 3985
    changed = {key: value for key, value in {**arrays, name: values}.items() if value is not None}
    (tmp_path / FILE).write_bytes(sealed(UNCHECKED, changed, facts))
    with pytest.raises(byhand.ByhandError, match="misstate something"):
        checkpoints.load(tmp_path)


def test_a_state_of_another_network_is_refused(checkpoint: Checkpoint, mnist: byhand.Dataset) -> None:
    with pytest.raises(byhand.ByhandError, match=r"of the state is float32 \(3985,\), the recipe takes"):
        Training(replace(checkpoint.recipe, layers=(6,)), mnist.train, checkpoint.state)
    far = replace(checkpoint.state, place=replace(checkpoint.state.place, done=1501))
    with pytest.raises(byhand.ByhandError, match="stands at image 1,501 of epoch 1"):
        Training(checkpoint.recipe, mnist.train, far)


def test_an_older_checkpoint_says_nothing_of_test_images(checkpoint: Checkpoint, tmp_path: Path) -> None:
    checkpoints.save(tmp_path, checkpoint)
    arrays, facts = unsealed(checkpoints._KIND, tmp_path / FILE)
    assert facts.pop("test_sha256") == checkpoint.data["test_sha256"]
    assert facts["data"].keys() == {"source", "name", "sha256"}  # type: ignore[union-attr]  # as an older byhand knows
    (tmp_path / FILE).write_bytes(sealed(checkpoints._KIND, arrays, facts))
    assert "test_sha256" not in checkpoints.load(tmp_path)[0].data


def test_an_older_checkpoint_counts_whole_steps(checkpoint: Checkpoint, tmp_path: Path, mnist: byhand.Dataset) -> None:
    arrays = {**checkpoint.state.arrays, "steps": checkpoint.state.arrays["steps"].astype(np.int64)}
    checkpoints.save(tmp_path, replace(checkpoint, state=replace(checkpoint.state, arrays=arrays)))
    older = checkpoints.load(tmp_path)[0]
    both = [Training(c.recipe, mnist.train, c.state) for c in (checkpoint, older)]
    for training in both:
        training.advance()
    assert both[0].theta.tobytes() == both[1].theta.tobytes()


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file grow beyond 1,000 bytes."""
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_leaves_what_was_there(checkpoint: Checkpoint, tmp_path: Path) -> None:
    checkpoints.save(tmp_path, checkpoint)
    with full_disk(), pytest.raises(byhand.ByhandError, match=r"cannot be written.*Free some space"):
        checkpoints.save(tmp_path, replace(checkpoint, history=()))
    assert tuple(checkpoints.load(tmp_path)[0].history) == checkpoint.history
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_damaged_one_never_takes_the_place_of_a_sound_one(checkpoint: Checkpoint, tmp_path: Path) -> None:
    for _ in range(2):
        checkpoints.save(tmp_path, checkpoint)
    (tmp_path / FILE).write_bytes(b"damaged")
    assert checkpoints.load(tmp_path)[1]
    with full_disk(), pytest.raises(byhand.ByhandError):
        checkpoints.save(tmp_path, checkpoint)
    assert checkpoints.load(tmp_path)[1] is None
    checkpoints.remove(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("undrawn")
def test_the_one_before_alone_is_a_stopped_training_too(call: Run, checkpoint: Checkpoint, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    checkpoints.save(folder, replace(checkpoint, history=()))
    (folder / FILE).rename(folder / BEFORE)
    assert "a training was stopped here" in call("train", "--out", "run", code=1).stderr
    call("train", "--resume", "run")
    assert not list(folder.glob("*checkpoint*"))


def test_it_is_told_that_the_newest_was_damaged(call: Run, checkpoint: Checkpoint, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    for _ in range(2):
        checkpoints.save(folder, replace(checkpoint, data={**checkpoint.data, "source": str(tmp_path / "gone")}))
    (folder / FILE).write_bytes(b"damaged")
    warning, error = call("train", "--resume", "run", code=1).stderr.splitlines()
    assert warning.startswith(f"byhand: run/{FILE}: ")
    assert warning.endswith("The one before it is taken.")
    assert "gone: no data there" in error


def test_a_run_in_a_folder_that_cannot_be_written_into_is_refused(call: Run, tmp_path: Path) -> None:
    (tmp_path / "run" / ".lock").mkdir(parents=True)  # Root, who runs the tests in a container, may write everywhere.
    for arguments in (("--out", "run"), ("--resume", "run")):
        error = call("train", *arguments, code=1).stderr
        assert error == "byhand: run: cannot be written into (Is a directory).\n"


def test_no_checkpoint_no_resuming(call: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "holds no checkpoint" in call("train", "--resume", "empty", code=1).stderr
    assert "no such folder" in call("train", "--resume", "nowhere", code=2).stderr
    assert "leave out all other options" in call("train", "--resume", "empty", "--batch-size", 3, code=2).stderr
    assert "holds no checkpoint" in call("train", "--resume", "empty", "--epochs", 3, code=1).stderr


def start(folder: Path) -> subprocess.Popen[bytes]:
    """Begin the long training in `folder/run`."""
    command = [sys.executable, "-m", "byhand", "train", *LONG, "--out", "run", "--json"]
    return subprocess.Popen(command, cwd=folder, env=ALONE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def used(process: subprocess.Popen[bytes]) -> float:
    """Return the processor's seconds that a process has used: the same on a busy machine and on an idle one."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def used_by_children() -> float:
    """Return the processor's seconds that all processes have used which this one began and saw end."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def wait_for_checkpoint(process: subprocess.Popen[bytes], folder: Path) -> float:
    """Wait until the first checkpoint is there, and return what the process has used until then."""
    while process.poll() is None and not (folder / "run" / FILE).exists():
        time.sleep(0.005)
    return used(process)


def killed(folder: Path, seconds: float) -> None:
    """Begin the long training and kill it that long after its first checkpoint; or after it is through."""
    process = start(folder)
    began = wait_for_checkpoint(process, folder)
    while process.poll() is None and used(process) < began + seconds:
        time.sleep(0.005)
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """Return the model file and history of the long training, and its seconds from the first checkpoint to the end."""
    folder = tmp_path_factory.mktemp("whole")
    before = used_by_children()
    process = start(folder)
    began = wait_for_checkpoint(process, folder)
    assert process.wait() == 0
    return (folder / "run" / FILE_NAME).read_bytes(), timeless(folder), used_by_children() - before - began


def check_one_death(resume: Run, folder: Path, uninterrupted: Whole, share: float) -> bool:
    """Kill when a share of the time is over, go on, and compare; return whether it was not through before."""
    whole, history, seconds = uninterrupted
    killed(folder, share * seconds)
    if unfinished := checkpoints.exists(folder / "run"):
        resume("train", "--resume", folder / "run", "--json", "--no-pictures")
    assert (folder / "run" / FILE_NAME).read_bytes() == whole
    assert timeless(folder) == history
    assert not list((folder / "run").glob("*checkpoint*"))
    return unfinished


def timeless(folder: Path) -> list[dict[str, float]]:
    """Return the epochs of the history file without their seconds."""
    rows = json.loads((folder / "run" / "history.json").read_text())["epochs"]
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def test_killed_and_resumed_is_the_same_as_never_stopped(
    run: Run, call: Run, tmp_path: Path, uninterrupted: Whole
) -> None:
    assert check_one_death(partial(run, env=ALONE), tmp_path, uninterrupted, 0.3)
    assert "its training is over, after " in call("train", "--resume", "run", code=1).stderr


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_killed_at_twenty_random_moments(call: Run, tmp_path: Path, uninterrupted: Whole) -> None:
    deaths = 0
    for k, share in enumerate(np.random.default_rng(2026).uniform(0, 1, 20)):
        folder = tmp_path / str(k)
        folder.mkdir()
        with threadpool_limits(1):
            deaths += check_one_death(call, folder, uninterrupted, share)
    assert deaths >= 12  # The others were through before.


@pytest.mark.usefixtures("undrawn")
def test_on_another_machine_it_goes_on_and_says_what_differs(call: Run, tmp_path: Path, checkpoint: Checkpoint) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    elsewhere = {**checkpoint.machine, "processor": "Abacus 9000"}
    checkpoints.save(folder, replace(checkpoint, machine=elsewhere, history=()))
    done = call("train", "--resume", "run")
    assert "processor Abacus 9000, now" in done.stderr
    assert "goes on in epoch 1, after 1,000 of its images" in done.stdout
    assert (folder / FILE_NAME).exists()


def test_other_data_are_refused(call: Run, tmp_path: Path, checkpoint: Checkpoint) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    checkpoints.save(folder, replace(checkpoint, data={**checkpoint.data, "sha256": "0" * 64}))
    assert "not the data this training began with" in call("train", "--resume", "run", code=1).stderr
    assert (folder / FILE).exists()


def test_other_test_images_are_refused(call: Run, tmp_path: Path, checkpoint: Checkpoint) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    checkpoints.save(folder, replace(checkpoint, data={**checkpoint.data, "test_sha256": "0" * 64}))
    assert "its test images are not those this training" in call("train", "--resume", "run", code=1).stderr
    checkpoints.save(folder, checkpoint)
    assert "tells of 1 epochs, and stands after 0" in call("train", "--resume", "run", code=1).stderr


def test_a_second_run_on_the_folder_is_refused(call: Run, tmp_path: Path) -> None:
    process = start(tmp_path)
    try:
        while not (tmp_path / "run" / FILE).exists():
            time.sleep(0.005)
        for arguments in (("--resume", "run"), ("--out", "run", "--epochs", 1)):
            assert "another training writes there now" in call("train", *arguments, code=1).stderr
    finally:
        process.kill()
        process.wait()
    assert "a training was stopped here" in call("train", "--out", "run", "--epochs", 1, code=1).stderr
