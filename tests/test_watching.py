"""Trainings that tools watch: what these are told, and that nothing that goes wrong with them ends a training."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

import byhand
from byhand import machine
from byhand.commands.seeds import SeedResult, noted
from byhand.data.idx import write_idx
from byhand.errors import ByhandError, UsageError
from byhand.runs.results import Result
from byhand.runs.watching import telling, tools
from byhand.runs.watching.watcher import Watched
from conftest import Run

SMALL = ("train", "--data", "digits", "--layers", 6, "--batch-size", 20, "--no-pictures", "--out", "runs/a")


@pytest.fixture
def digits(mnist: byhand.Dataset, tmp_path: Path) -> None:
    """Put a part of the images into the folder `digits`."""
    (tmp_path / "digits").mkdir()
    for stem, split in (("train", mnist.train.take(slice(400))), ("t10k", mnist.test.take(slice(100)))):
        write_idx(tmp_path / f"digits/{stem}-images-idx3-ubyte", split.images)
        write_idx(tmp_path / f"digits/{stem}-labels-idx1-ubyte", split.labels)


@dataclass
class Fake:
    """A tool that chatters and asks, and remembers what it was told."""

    begun: list[Watched] = field(default_factory=list)
    told: list[tuple[int, dict[str, float]]] = field(default_factory=list)
    ended: list[bool] = field(default_factory=list)
    fails: str = ""
    error: BaseException = field(default_factory=lambda: ConnectionError("nobody\nanswers"))
    id: str = "run-7"
    look: str = "fake --look"

    def begin(self, _: str, watched: Watched) -> "Fake":
        self.begun.append(watched)
        self._chatter("begin")
        return self

    def tell(self, epoch: int, values: Mapping[str, float]) -> None:
        self._chatter("tell")
        self.told.append((epoch, dict(values)))

    def end(self, *, complete: bool) -> None:
        self._chatter("end")
        self.ended.append(complete)

    def _chatter(self, step: str) -> None:
        print("chatter")
        print("chatter", file=sys.stderr)
        with pytest.raises(EOFError):
            input("Log in? ")
        if step == self.fails:
            raise self.error

    @property
    def epochs(self) -> list[int]:
        """The epochs that it was told, without the test images."""
        return [epoch for epoch, values in self.told if "loss" in values]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Let a fake stand for every tool."""
    tool = Fake()
    monkeypatch.setattr(tools, "begin", tool.begin)
    monkeypatch.setattr(tools, "find_spec", lambda name: ModuleSpec(name, None, origin=__file__))
    return tool


def test_what_is_not_installed_is_refused_before_the_training(
    call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for found in (None, ModuleSpec("wandb", None)):  # nothing, or a folder of that name
        monkeypatch.setattr(tools, "find_spec", lambda _, found=found: found)
        assert call("train", "--log", "wandb", code=1).stderr == "byhand: wandb is not installed: pip install wandb\n"
    assert not (tmp_path / "runs").exists()


@pytest.mark.usefixtures("digits")
def test_what_cannot_be_loaded_is_refused_before_the_training(
    call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "find_spec", lambda name: ModuleSpec(name, None, origin=__file__))
    load = machine.load
    monkeypatch.setattr(machine, "load", lambda name: load("byhand_none" if name == "mlflow" else name))
    error = call(*SMALL, "--log", "mlflow", code=1).stderr
    assert error == "byhand: mlflow cannot be loaded (there is no byhand_none): pip install mlflow\n"
    assert not (tmp_path / "runs/a/model.safetensors").exists()


def test_an_unknown_tool_is_refused(call: Run, tmp_path: Path) -> None:
    error = call("train", "--log", "tensorbord", code=2).stderr
    assert "--log: 'tensorbord' cannot be used; choose one of tensorboard, mlflow, wandb, trackio." in error
    assert "Did you mean tensorboard?" in error
    with pytest.raises(UsageError, match="choose one of tensorboard"):
        telling.watched(iter(()), "comet", folder=tmp_path)  # type: ignore[arg-type]


@pytest.mark.usefixtures("digits")
def test_a_tool_is_told_what_the_history_tells_and_byhand_alone_speaks(call: Run, tmp_path: Path, fake: Fake) -> None:
    done = call(*SMALL, "--epochs", 2, "--validation", 100, "--log", "wandb", "--log", "WANDB", "--json")
    assert [set(json.loads(line)) & {"epoch", "accuracy"} for line in done.stdout.splitlines()] == [
        {"epoch"},
        {"epoch"},
        {"accuracy"},
    ]
    assert done.stderr == ""
    history = json.loads((tmp_path / "runs/a/history.json").read_text())
    last = history["epochs"][-1]
    assert fake.told[1] == (
        2,
        {
            "loss": last["loss"],
            "validation/accuracy": last["validation_accuracy"],
            "validation/loss": last["validation_loss"],
            "learning_rate": last["learning_rate"],
            "seconds": last["seconds"],
        },
    )
    assert fake.told[2] == (2, {"test/accuracy": history["test"]["accuracy"], "test/loss": history["test"]["loss"]})
    assert fake.ended == [True]
    (begun,) = fake.begun
    assert (begun.name, begun.home, begun.first, begun.id) == ("a", tmp_path / "runs", 1, None)
    assert {"layers": "6", "class_weight": "none", "epochs": 2, "data": "digits"}.items() <= begun.choices.items()


@pytest.mark.usefixtures("digits")
def test_a_tool_that_wants_to_end_the_program_does_not(call: Run, fake: Fake) -> None:
    fake.fails, fake.error = "tell", SystemExit(3)
    done = call(*SMALL, "--epochs", 1, "--log", "wandb")
    assert done.stderr == "byhand: wandb fails (it wanted to end all); the training goes on without it.\n"


@pytest.mark.usefixtures("digits")
def test_if_one_tool_cannot_be_loaded_those_before_it_end(
    call: Run, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin(name: str, watched: Watched) -> Fake:
        if name == "mlflow":
            raise tools.NotLoaded("mlflow lacks something")
        return fake.begin(name, watched)

    monkeypatch.setattr(tools, "begin", begin)
    assert call(*SMALL, "--log", "wandb", "--log", "mlflow", code=1).stderr == "byhand: mlflow lacks something\n"
    assert fake.ended == [False]


@pytest.mark.usefixtures("digits")
def test_where_to_look_is_said(call: Run, fake: Fake) -> None:
    assert "watched by trackio: fake --look\n" in call(*SMALL, "--epochs", 1, "--log", "trackio").stdout
    assert fake.begun[0].name == "a"


@pytest.mark.usefixtures("digits")
@pytest.mark.parametrize("step", ["begin", "tell", "end"])
def test_a_tool_that_fails_ends_no_training(call: Run, tmp_path: Path, fake: Fake, step: str) -> None:
    fake.fails = step
    done = call(*SMALL, "--epochs", 2, "--log", "mlflow")
    failed = "mlflow fails (nobody answers); the training goes on without it."
    assert done.stderr == f"byhand: {failed}\n"
    assert "epoch 2/2" in done.stdout
    assert (tmp_path / "runs/a/model.safetensors").exists()
    assert len(fake.told) == (3 if step == "end" else 0)


@pytest.mark.usefixtures("digits")
def test_a_training_that_goes_on_is_told_to_the_same_run_and_no_epoch_twice(
    call: Run, fake: Fake, interrupted: Callable[[int], None]
) -> None:
    interrupted(3)
    call(*SMALL, "--epochs", 4, "--log", "wandb", code=130)
    assert (fake.epochs, fake.ended) == ([1, 2], [False])
    interrupted(1)
    call("train", "--resume", "runs/a", code=130)  # and nobody watches
    call("train", "--resume", "runs/a", "--log", "wandb", "--log", "mlflow", "--no-pictures")
    assert fake.epochs == [1, 2, 3, 1, 2, 3, 4, 4]  # what it has missed first, and mlflow all
    assert [(begun.first, begun.id) for begun in fake.begun] == [(1, None), (3, "run-7"), (1, None)]
    call("train", "--resume", "runs/a", "--log", "wandb", "--epochs", 5, "--no-pictures")
    assert fake.epochs[8:] == [5]
    call(*SMALL, "--epochs", 1, "--log", "wandb", "--force")
    assert (fake.begun[-1].first, fake.begun[-1].id) == (1, None)


@pytest.mark.usefixtures("digits")
@pytest.mark.parametrize(
    "content", ['{"wandb": {"id": "../../x", "epoch": 1}}', '{"wandb": {"id": "x", "epoch": -1}}', "[", "[]"]
)
def test_what_the_folder_says_of_a_run_is_looked_at(call: Run, tmp_path: Path, fake: Fake, content: str) -> None:
    call(*SMALL, "--epochs", 1)
    (tmp_path / "runs/a/watched.json").write_text(content)
    done = call("train", "--resume", "runs/a", "--epochs", 2, "--log", "wandb", "--no-pictures")
    assert "runs/a/watched.json: is not sound" in done.stderr
    assert "It is a new run for the tools." in done.stderr
    assert fake.epochs == [1, 2]


def test_a_seed_is_named_with_the_folder_that_it_lies_in(tmp_path: Path, fake: Fake) -> None:
    folder = tmp_path / "mnist-1/seed-3"
    folder.mkdir(parents=True)
    with telling.Watch(["wandb"], folder, {}, pytest.fail):
        pass
    assert (fake.begun[0].name, fake.begun[0].home) == ("mnist-1/seed-3", tmp_path)


def test_a_training_from_python_is_watched(tmp_path: Path, few: byhand.Split, fake: Fake) -> None:
    recipe = byhand.Recipe(epochs=3, batch_size=50, layers=(5,))
    epochs = byhand.watched(byhand.train(recipe, few), "mlflow", folder=tmp_path / "mine")
    assert [epoch.number for epoch in epochs] == [1, 2, 3]
    assert (fake.epochs, fake.ended, fake.begun[0].name) == ([1, 2, 3], [True], "mine")
    for _ in byhand.watched(byhand.train(recipe, few), "mlflow", folder=tmp_path / "mine"):
        break
    assert fake.begun[1].id is None
    assert fake.ended[1:] == [False]
    fake.fails = "tell"
    with pytest.warns(UserWarning, match="mlflow fails"):
        assert len([*byhand.watched(byhand.train(recipe, few), "mlflow", folder=tmp_path)]) == 3


def test_a_folder_that_cannot_be_had_is_told(tmp_path: Path, few: byhand.Split, fake: Fake) -> None:
    (tmp_path / "file").touch()
    epochs = byhand.train(byhand.Recipe(epochs=1), few)
    with pytest.raises(ByhandError, match="cannot be made a folder"):
        next(byhand.watched(epochs, "mlflow", folder=tmp_path / "file/mine"))
    assert not fake.begun
    with pytest.raises(UsageError, match="name the folder of the run"):
        byhand.watched(epochs, "mlflow", folder=3)  # type: ignore[arg-type]
    next(epochs)


def test_what_seeds_tell_is_told_once() -> None:
    result = Result(model="m", accuracy=1, loss=0, epochs=1, seconds=1)
    notes = [["mlflow fails (no)"], ["mlflow fails (no)", "wandb fails (no)"], []]
    told: list[str] = []
    results = [SeedResult(seed, result, said) for seed, said in enumerate(notes)]
    assert [*noted(results, told.append)] == results
    assert told == ["seed 0: mlflow fails (no)", "seed 1: wandb fails (no)"]
