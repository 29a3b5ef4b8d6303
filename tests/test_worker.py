"""What the page trains: the same bits as on the command line, held and stepped at will."""

import io
import shutil
import zlib
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import byhand
from byhand.data.validation import set_aside
from byhand.learning.engines.choice import resolve
from byhand.learning.progress import Diverged, Place
from byhand.learning.training import Training
from byhand.network import layers, loss_and_gradient, one_hot
from byhand.runs import checkpoints, run_folder
from byhand.web.training.channel import Channel
from byhand.web.training.measuring.gauges import JUDGED, Gauge, Judge
from byhand.web.training.messages import Command, Message, Order, Over
from byhand.web.training.settings import recipe_of
from byhand.web.training.worker import Learner, train
from byhand.web.work.records import encode
from trainings import SMALL, read_message, trained

Commands = list[dict[str, Any]]


class Script(Channel):
    """A line to a server that has said beforehand what it wants; it gets in a word between any two stretches."""

    def __init__(self, commands: Commands) -> None:
        self.commands = list(commands)
        self.messages: list[dict[str, Any]] = []

    def next(self, *, wait: bool) -> Command | None:
        if wait and not self.commands:
            return Command("quit")
        return Command(**self.commands.pop(0)) if wait else None

    def send(self, message: Message) -> None:
        assert read_message(io.BytesIO(encode(message))) == message
        self.messages.append({"kind": type(message).__name__.lower(), **asdict(message)})


def follow_script(
    settings: Mapping[str, Any], mnist: byhand.Dataset, folder: Path, commands: Commands, *, running: bool = False
) -> tuple[Learner, list[dict[str, Any]], str | None]:
    """Let a learner do as a script says; return it, all messages, and how it ended."""
    script = Script(commands)
    recipe = resolve(recipe_of(settings))
    learner = Learner(script, recipe, mnist, folder, run_folder.source_of("mnist", mnist), running)
    return learner, script.messages, learner.serve()


def figures(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [message for message in messages if message["kind"] == "figures"]


@pytest.mark.parametrize(
    "changes", [{}, {"batch_size": 1}, {"batch_size": 64, "optimizer": "adam", "rotation": 10.0, "average": 0.9}]
)
def test_what_is_learned_is_the_same_to_the_bit(mnist: byhand.Dataset, tmp_path: Path, changes: dict[str, Any]) -> None:
    learner, messages, end = follow_script({**SMALL, **changes}, mnist, tmp_path, [], running=True)
    last = trained({**SMALL, **changes}, mnist)
    assert end == "finished"
    assert learner.keeper.model is not None
    assert learner.keeper.model.theta.tobytes() == last.model.theta.tobytes()
    assert learner.keeper.epochs[-1]["validation_accuracy"] == last.accuracy
    assert messages[0]["kind"] == "ready"
    assert {message["state"] for message in messages if message["kind"] == "changed"} == set()


def test_the_network_is_judged_at_the_end_of_every_epoch_that_takes_long(
    mnist: byhand.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reporting = "byhand.web.training.reporting"
    for name, value in (("JUDGED_EVERY", 1e-6), ("SHARE_OF_JUDGING", 1e-9), ("WORTH_JUDGING", 10**9)):
        monkeypatch.setattr(f"{reporting}.{name}", value)  # No other reason to judge is left, and no epoch is short.
    _, messages, _ = follow_script({**SMALL, "epochs": 5}, mnist, tmp_path, [], running=True)
    judged = [(row["epoch"], row["done"]) for row in figures(messages) if row["validation"]]
    assert judged == [(1, 0), *((epoch, 2500) for epoch in range(1, 5))]  # The last is shown when the run is saved.


def test_steps_go_exactly_so_far(mnist: byhand.Dataset, tmp_path: Path) -> None:
    steps = ["batch", "image", "image", "batch", "epoch", "image", "epoch", "batch"]
    commands: Commands = [{"verb": "step", "by": by} for by in steps]
    _, messages, end = follow_script(SMALL, mnist, tmp_path, commands)
    assert end is None
    # After single images a batch is what was left of it, and an epoch what is left of that.
    reached = [0, 8, 9, 10, 16, 2500, 2501, 5000, 5008]
    seen = [row["images"] for row in figures(messages) if row["validation"]]
    assert [images for images in seen if images in reached] == seen
    assert list(dict.fromkeys(seen)) == reached
    single = [row for row in figures(messages) if row["seen"]]
    assert [row["images"] for row in single] == [9, 10, 2501]
    assert all(row["seen"]["moved"] for row in single)
    for row in single:
        before, after, label = (row["seen"][name] for name in ("before", "after", "label"))
        assert after[label] > before[label]  # It would have been less wrong.
    assert [row["state"] for row in messages if row["kind"] == "changed"] == ["running", "paused"] * 2
    assert checkpoints.load(tmp_path)[0].state.place.done == 8


@pytest.mark.parametrize(
    ("changes", "is_descent"),
    [({}, True), ({"batch_size": 1, "layers": []}, True), ({"optimizer": "adam"}, False), ({"rotation": 20.0}, True)],
)
def test_a_single_image_is_told_so_that_its_step_can_be_made_again(
    mnist: byhand.Dataset, tmp_path: Path, changes: dict[str, Any], is_descent: bool
) -> None:
    settings = {**SMALL, **changes}
    commands: Commands = [{"verb": "step", "by": by} for by in ("batch", "image")] + [{"verb": "model"}]
    learner, messages, _ = follow_script(settings, mnist, tmp_path, commands)
    *_, sent, row, after = (message for message in messages if message["kind"] in ("figures", "theta"))
    seen, sizes = row["seen"], learner.training.sizes
    theta, moved = (np.frombuffer(each["content"], np.float32) for each in (sent, after))
    assert seen["network"] == zlib.crc32(sent["content"])
    pixels = np.frombuffer(b64decode(seen["pixels"]), np.uint8)
    if "rotation" in changes:
        assert seen["index"] is None  # It was drawn anew, and is none of the data.
    else:
        np.testing.assert_array_equal(mnist.train.images[seen["index"]].ravel(), pixels)
        assert mnist.train.labels[seen["index"]] == seen["label"]
    assert (seen["rate"] is not None) == is_descent
    if is_descent:
        x, y = pixels[None] / np.float32(255), one_hot(np.array([seen["label"]]), 10, np.float32)
        _, gradient = loss_and_gradient(theta, sizes, "relu", x, y)
        np.testing.assert_allclose(theta - seen["rate"] * gradient, moved, rtol=1e-5, atol=1e-7)
    most, change = seen["most"], np.abs(moved - theta)
    weights, bias = layers(theta, sizes)[most["layer"]]
    was = bias[most["unit"]] if most["source"] is None else weights[most["source"], most["unit"]]
    assert most["was"] == was
    assert abs(most["now"] - most["was"]) == pytest.approx(change.max())


def test_stepping_by_batches_and_epochs_changes_nothing(mnist: byhand.Dataset, tmp_path: Path) -> None:
    commands: Commands = [{"verb": "step", "by": by} for by in ["batch"] * 5 + ["epoch"] * 2 + ["batch", "epoch"]]
    learner, _, end = follow_script(SMALL, mnist, tmp_path, commands)
    assert end == "finished"
    assert learner.keeper.model is not None
    assert learner.keeper.model.theta.tobytes() == trained(SMALL, mnist).model.theta.tobytes()


def test_a_single_image_of_a_batch_moves_by_its_share(mnist: byhand.Dataset) -> None:
    moved = []
    for batch_size, rate in ((10, 0.1), (1, 0.01)):
        recipe = recipe_of({**SMALL, "batch_size": batch_size, "learning_rate": rate})
        training = Training(recipe, mnist.train)
        training.advance(1)
        assert (training.place.done, training.place.rate) == (1, rate)  # The rate shown is that of the recipe.
        moved.append(training.theta)
    np.testing.assert_allclose(moved[0], moved[1], rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_who_leaves_within_a_batch_goes_on_with_what_is_left_of_it(
    mnist: byhand.Dataset, tmp_path: Path, optimizer: str
) -> None:
    settings = {**SMALL, "epochs": 1, "optimizer": optimizer}
    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
    step: dict[str, Any] = {"verb": "step", "by": "image"}
    whole, _, _ = follow_script(settings, mnist, tmp_path / "whole", [step, {"verb": "step", "by": "epoch"}])
    follow_script(settings, mnist, tmp_path / "cut", [step])
    checkpoint, _ = checkpoints.load(tmp_path / "cut")
    assert checkpoint.state.place.done == 1
    *_, last = Training(checkpoint.recipe, mnist.train, checkpoint.state).run()
    assert isinstance(last, byhand.Epoch)
    assert whole.keeper.model is not None
    assert last.model.theta.tobytes() == whole.keeper.model.theta.tobytes()


def test_rewinding_gives_the_same_starting_weights(mnist: byhand.Dataset, tmp_path: Path) -> None:
    model: dict[str, Any] = {"verb": "model"}
    step = {"verb": "step", "by": "batch"}
    commands: Commands = [step, model, {"verb": "rewind"}, step, model]
    _, messages, _ = follow_script(SMALL, mnist, tmp_path, commands)
    first, moved, again, moved_again = (row["content"] for row in messages if row["kind"] == "theta")
    assert first == again != moved
    assert moved == moved_again
    assert [row["images"] for row in figures(messages)] == [0, 8, 0, 8]
    assert sum(row["kind"] == "ready" for row in messages) == 2


def test_who_leaves_at_the_end_of_an_epoch_goes_on_with_the_next(mnist: byhand.Dataset, tmp_path: Path) -> None:
    follow_script(SMALL, mnist, tmp_path, [{"verb": "step", "by": "epoch"}])
    checkpoint, _ = checkpoints.load(tmp_path)
    assert (checkpoint.state.place.epoch, checkpoint.state.place.done, checkpoint.history) == (1, 2500, [])
    *_, last = Training(checkpoint.recipe, mnist.train, checkpoint.state).run()
    assert isinstance(last, byhand.Epoch)
    assert last.model.theta.tobytes() == trained(SMALL, mnist).model.theta.tobytes()


def test_a_step_may_be_the_last(mnist: byhand.Dataset, tmp_path: Path) -> None:
    step: dict[str, Any] = {"verb": "step", "by": "batch"}
    learner, messages, end = follow_script({**SMALL, "epochs": 1, "limit": 16}, mnist, tmp_path, [step, step, step])
    assert end == "finished"
    assert figures(messages)[-1]["images"] == 16
    assert len(learner.keeper.epochs) == 1


def test_who_rewinds_what_was_kept_resumes_from_the_beginning(mnist: byhand.Dataset, tmp_path: Path) -> None:
    settings = {**SMALL, "limit": 160}
    follow_script(settings, mnist, tmp_path, [{"verb": "step", "by": "epoch"}, {"verb": "rewind"}])
    checkpoint, _ = checkpoints.load(tmp_path)
    assert (checkpoint.state.place, checkpoint.history) == (Place(), [])
    *_, last = Training(checkpoint.recipe, mnist.train, checkpoint.state).run()
    assert isinstance(last, byhand.Epoch)
    assert last.model.theta.tobytes() == trained(settings, mnist).model.theta.tobytes()


class Interrupting(Script):
    """A line to a server that does not wait until the learner does."""

    def next(self, *, wait: bool) -> Command | None:
        return super().next(wait=wait or bool(self.commands))


def test_a_step_holds_a_training_that_runs_and_to_run_twice_is_to_run(mnist: byhand.Dataset, tmp_path: Path) -> None:
    script = Interrupting([{"verb": "run"}, {"verb": "step", "by": "image"}, {"verb": "quit"}])
    recipe = resolve(recipe_of(SMALL))
    learner = Learner(script, recipe, mnist, tmp_path, run_folder.source_of("mnist", mnist), running=True)
    assert learner.serve() is None
    assert [row["state"] for row in script.messages if row["kind"] in ("ready", "changed")] == ["running", "paused"]
    assert [row["images"] for row in figures(script.messages)] == [0, 1]


def test_divergence_is_no_other_error(mnist: byhand.Dataset, tmp_path: Path) -> None:
    with pytest.raises(Diverged, match="infinite"):
        follow_script({**SMALL, "learning_rate": 1e30}, mnist, tmp_path, [], running=True)


def order(tmp_path: Path, **changes: Any) -> Order:
    return replace(Order("mnist", str(tmp_path / "runs"), recipe_of(SMALL).to_dict(), None, paused=False), **changes)


def test_only_divergence_is_noticed_as_such(
    mnist: byhand.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("byhand.web.training.worker.load", lambda _, **_pixels: mnist)
    fast = recipe_of({**SMALL, "learning_rate": 1e30}).to_dict()
    over = train(Script([]), order(tmp_path, settings=fast))
    assert over is not None
    assert (over.state, over.folder, over.result) == ("failed", None, None)
    assert over.notice is not None
    assert over.notice.kind == "diverged"
    assert over.notice.evidence == pytest.approx({"rate": 1e30, "suggested": 0.08})

    def no_space(*_: object) -> None:
        raise byhand.ByhandError("the disk is full.", "runs")

    monkeypatch.setattr("byhand.web.training.worker.run_folder.Keeper.keep", no_space)
    over = train(Script([]), order(tmp_path))
    assert over == Over("failed", None, "runs: the disk is full.", ("runs",))


@pytest.mark.parametrize("comes", ["a link", "nothing"])
def test_what_takes_the_place_of_its_folder_is_never_written_into(
    mnist: byhand.Dataset, tmp_path: Path, comes: str
) -> None:
    folder, other = tmp_path / "run", tmp_path / "other"
    for made in (folder, other):
        made.mkdir()
    (other / "model.safetensors").write_text("precious")
    learner, _, _ = follow_script(SMALL, mnist, folder, [{"verb": "step", "by": "image", "number": 1}])
    shutil.rmtree(folder)
    if comes == "a link":
        folder.symlink_to(other)
    with pytest.raises(byhand.ByhandError, match="run: is not the folder any more"):
        learner._save_checkpoint()
    *_, last = byhand.train(learner.recipe, mnist.train)
    with pytest.raises(byhand.ByhandError, match="run: is not the folder any more"):
        run_folder.save_run(learner.keeper, last.model, mnist, judge=False)
    run_folder.release_folder(folder)
    assert [path.name for path in other.iterdir()] == ["model.safetensors"]
    assert (other / "model.safetensors").read_text() == "precious"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError("9 GiB"), "does not suffice (9 GiB)"),
        (KeyError("x"), "broke off (KeyError: 'x')"),
        (FileNotFoundError(2, "No such file or directory", "/home/me/x"), "broke off (No such file or directory)."),
    ],
)
def test_whatever_breaks_a_training_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    def broken(_: str, **_pixels: object) -> None:
        raise error

    monkeypatch.setattr("byhand.web.training.worker.load", broken)
    again = tmp_path / "page-1"
    again.mkdir()
    over = train(Script([]), order(tmp_path, folder=str(again)))
    assert over is not None
    assert message in str(over.message)
    assert (over.folder, over.fields, over.notice) == (str(again), (), None)


def test_the_judge_says_what_an_evaluation_does(mnist: byhand.Dataset) -> None:
    training = Training(recipe_of({**SMALL, "validation": 3000}), mnist.train)
    next(training.run())
    validation, dead = Judge(training).judge()
    _, split = set_aside(mnist.train, 3000, training.recipe.seed)
    assert validation is not None
    assert split is not None
    evaluation = byhand.evaluate(training._model(training.theta), split.take(slice(JUDGED)))
    assert validation.n == JUDGED
    assert validation.accuracy == evaluation.accuracy
    assert validation.loss == pytest.approx(evaluation.loss, rel=1e-4)
    assert [list(row) for row in validation.confusion] == evaluation.confusion_matrix.tolist()
    assert dead == (0,)
    training.theta[784 * 12 : 785 * 12 - 5] = -1000  # biases: these seven units never answer again
    assert Judge(training).judge()[1] == (7,)


def test_the_gauge_shows_the_latest_thousand() -> None:
    assert Gauge().loss is None
    gauge = Gauge()
    gauge.take(1, 5.0)
    assert gauge.loss == 5.0
    gauge.take(1000, 5.0 + 2000.0)
    gauge.start_epoch()
    assert gauge.loss == 2.0
    gauge.take(500, 500.0)
    assert gauge.loss == pytest.approx(2500 / 1500)
