"""Many networks at once: each comes to what it comes to alone, leaves its own folder, and takes no other with it."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import byhand
from byhand.commands import bar
from byhand.learning.progress import Diverged, Epoch
from byhand.learning.together import Together
from byhand.learning.training import Progress, Training
from byhand.model import FILE_NAME
from byhand.runs import checkpoints, run_folder
from byhand.runs.checkpoints import FINISHED
from byhand.runs.together import Keepers
from byhand.sealing.sealed import unsealed
from conftest import Run

SMALL = byhand.Recipe(layers=(12,), limit=1500, epochs=2, batch_size=8, seed=3, engine="compiled")
OTHERS: tuple[dict[str, Any], ...] = (
    {"batch_size": 1, "limit": 600},
    {"optimizer": "momentum", "validation": 300, "class_weight": "balanced"},
    {"optimizer": "adamw", "average": 0.99, "label_smoothing": 0.1, "adversarial": 0.05},
    {"batch_size": 5000},
    {"batch_size": 16, "rotation": 10.0, "elastic": 1.0, "strangers": 0.1, "limit": 500},
)
COMMAND = ("train", "--layers", "12", "--batch-size", "8", "--no-pictures")


def pairs(recipe: byhand.Recipe, split: byhand.Split, networks: int = 3) -> list[tuple[Epoch, Epoch]]:
    """Return the last epochs of networks that learned together, each beside that of the one that learned alone."""
    *_, last = byhand.train_together(recipe, split, seeds=networks)
    alone = [byhand.fit(replace(recipe, seed=recipe.seed + k), split) for k in range(networks)]
    return [(epoch, other) for epoch, other in zip(last, alone, strict=True) if isinstance(epoch, Epoch)]


def weighted(split: byhand.Split) -> byhand.Split:
    return replace(split, sample_weight=np.linspace(0.5, 2, len(split)))


@pytest.mark.parametrize("choices", OTHERS[:4])
def test_each_learns_what_it_learns_alone_to_the_last_bit(choices: dict[str, Any], mnist: byhand.Dataset) -> None:
    for epoch, alone in pairs(replace(SMALL, **choices), mnist.train.take(slice(2000))):
        np.testing.assert_array_equal(epoch.model.theta, alone.model.theta)
        assert (epoch.loss, epoch.accuracy, epoch.number) == (alone.loss, alone.accuracy, alone.number)


@pytest.mark.slow
def test_drawn_anew_each_learns_what_it_learns_alone(mnist: byhand.Dataset) -> None:
    for epoch, alone in pairs(replace(SMALL, **OTHERS[4]), weighted(mnist.train.take(slice(2000)))):
        np.testing.assert_array_equal(epoch.model.theta, alone.model.theta)


@pytest.mark.torch
@pytest.mark.parametrize("choices", OTHERS)
def test_one_computation_of_all_learns_what_each_learns_alone(choices: dict[str, Any], mnist: byhand.Dataset) -> None:
    recipe = replace(SMALL, engine="torch", device="cpu", **choices)
    for epoch, alone in pairs(recipe, weighted(mnist.train.take(slice(2000)))):
        assert epoch.loss == pytest.approx(alone.loss, rel=1e-4)
        np.testing.assert_allclose(epoch.model.theta, alone.model.theta, atol=1e-4)


@pytest.mark.torch
def test_where_seeds_have_more_images_than_others_one_computation_is_refused(mnist: byhand.Dataset) -> None:
    recipe = replace(SMALL, engine="torch", device="cpu", validation=300, limit=None)
    weights = np.arange(2000) % 7 > 0
    with pytest.raises(byhand.UsageError, match="validation: what is set aside leaves some seeds more images"):
        byhand.train_together(recipe, mnist.train.take(slice(2000)), seeds=3, sample_weight=weights)


ENGINES = ["compiled", pytest.param("torch", marks=pytest.mark.torch)]


@pytest.mark.parametrize("engine", ENGINES)
def test_each_has_its_own_learning_rate_and_one_that_diverges_ends_no_other(engine: Any, mnist: byhand.Dataset) -> None:
    rates = (0.01, 1e30, 0.03)
    recipes = [replace(SMALL, engine=engine, learning_rate=rate) for rate in rates]
    *_, last = byhand.train_together(recipes, mnist.train)
    assert isinstance(last[1], Diverged)
    assert "the learning rate 1e+30 is too high" in str(last[1])
    for k in (0, 2):
        alone, epoch = byhand.fit(recipes[k], mnist.train), last[k]
        assert isinstance(epoch, Epoch)
        assert epoch.loss == pytest.approx(alone.loss, rel=1e-4)
        np.testing.assert_allclose(epoch.model.theta, alone.model.theta, atol=1e-4)


@pytest.mark.parametrize("engine", ENGINES)
def test_one_that_patience_ends_stays_as_it_was(engine: Any, mnist: byhand.Dataset) -> None:
    recipe = replace(SMALL, engine=engine, epochs=12, validation=300, patience=1, learning_rate=0.05)
    couples = pairs(recipe, mnist.train.take(slice(1500)))
    assert len({epoch.number for epoch, _ in couples}) > 1
    for epoch, alone in couples:
        assert epoch.number == alone.number
        for name in ("model", "best"):
            ours, theirs = (getattr(one, name).theta for one in (epoch, alone))
            np.testing.assert_allclose(ours, theirs, atol=1e-4 if engine == "torch" else 0)


def test_if_all_diverge_the_error_is_raised(few: byhand.Split) -> None:
    with pytest.raises(byhand.ByhandError, match="infinite in epoch 1"):
        list(byhand.train_together(replace(SMALL, learning_rate=1e30), few, seeds=2))


@pytest.mark.parametrize(
    ("recipes", "seeds", "said"),
    [
        (
            [SMALL, replace(SMALL, layers=(8,))],
            None,
            r"^layers: .* of one shape, .* \(12,\) and \(8,\)\. They may diff",
        ),
        ([replace(SMALL, validation=9, patience=3), replace(SMALL, validation=9)], None, "^patience: .* 3 and None"),
        ([], None, "give a recipe for each"),
        (SMALL, None, "^seeds: says how many"),
        (SMALL, 0, "^seeds: 0 cannot be used; it must be a whole number of at least 1"),
        (SMALL, "ab", "^seed: "),
        (SMALL, [], "give a recipe for each"),
        ([SMALL], 3, "^seeds: goes with one recipe"),
        ([SMALL, 3], None, "int is no recipe"),
    ],
)
def test_what_cannot_learn_together_is_one_sentence(recipes: Any, seeds: Any, said: str, few: byhand.Split) -> None:
    with pytest.raises(byhand.UsageError, match=said):
        byhand.train_together(recipes, few, seeds=seeds)


def test_seeds_may_be_named_and_a_training_that_never_began_is_told(few: byhand.Split) -> None:
    epochs = byhand.train_together(SMALL, few, seeds=[5, 2])
    assert "has not begun (epochs: 2)" in repr(epochs)
    first, *_ = next(epochs)
    assert isinstance(first, Epoch)
    assert first.model.details["recipe"]["seed"] == 5  # type: ignore[index,call-overload]
    assert repr(epochs) == "<byhand training, 1 of 2 epochs done>"
    with pytest.warns(RuntimeWarning, match="never begun"):
        byhand.train_together(SMALL, few, seeds=2).__del__()  # type: ignore[attr-defined]


def theta_of(path: Path) -> Any:
    """Return the parameters in a model file, or in a checkpoint."""
    return byhand.Model.load(path).theta if path.name == FILE_NAME else unsealed(checkpoints._KIND, path)[0]["theta"]


def test_the_command_leaves_what_seeds_leave(call: Run, small_folder: Path) -> None:
    words = [*COMMAND, "--data", small_folder, "--epochs", 3, "--validation", 50, "--patience", 1]
    together = ["--seeds", 3, "--together", "--seed", 4, "--out", "many"]
    rows = [json.loads(line) for line in call(*words, *together, "--json").stdout.splitlines()]
    assert [row["seed"] for row in rows[:3]] == [4, 5, 6]
    assert rows[3].keys() == {"accuracy", "deviation", "n"}
    assert json.loads(Path("many/seeds.json").read_text()).keys() == {*rows[3], "runs"}
    call(*words, "--seed", 5, "--out", "alone")
    ours, theirs = Path("many/seed-5"), Path("alone")
    assert {path.name for path in ours.iterdir()} == {path.name for path in theirs.iterdir()}
    for name in (FILE_NAME, FINISHED):
        np.testing.assert_array_equal(theta_of(ours / name), theta_of(theirs / name))
    assert (ours / "run.toml").read_text() == (theirs / "run.toml").read_text()
    call("train", "--resume", ours, "--epochs", 6, "--patience", 6, "--no-pictures")


@pytest.mark.slow
def test_an_ensemble_a_comparison_and_curves_of_a_folder_of_seeds(call: Run, small_folder: Path) -> None:
    words = (*COMMAND, "--data", small_folder, "--epochs", 2, "--seeds", 3)
    call(*words, "--together", "--out", "many")
    call(*words, "--out", "processes")
    folders = [f"many/seed-{k}" for k in range(3)]
    assert "3 models" in call("ensemble", *folders, "--out", "all.safetensors").stdout
    assert "read right" in call("compare", *folders[:2], "--data", small_folder).stdout
    assert "3 seeds" in call("plot", "many", "processes").stdout


def test_lines_of_text_and_one_that_fails(call: Run, small_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    advance = Training.advance

    def diverging(self: Training, images: int | None = None) -> Any:
        if self.recipe.seed == 1 and self.place.epoch == 2:
            raise Diverged(2, 1.0, 0.1)
        return advance(self, images)

    monkeypatch.setattr(Training, "advance", diverging)
    words = (*COMMAND, "--data", small_folder, "--seeds", 2, "--together")
    done = call(*words, "--epochs", 2, "--out", "many", code=1)
    lines = done.stdout.splitlines()
    assert lines[0] == "2 seeds from 0 on, each in many/seed-…"
    assert lines[1].startswith("seed 0   test ")
    assert lines[2].endswith(" % read right by the one seed that did not fail")
    why = "the loss became infinite in epoch 2: the learning rate 1 is too high. Try --learning-rate 0.1."
    assert done.stderr == f"byhand: seed 1: {why}\nbyhand: seed 1 failed.\n"
    summary = json.loads(Path("many/seeds.json").read_text())
    assert summary["failed"] == [{"seed": 1, "error": why}]
    assert not Path("many/seed-1", FILE_NAME).exists()
    assert call(*words, "--learning-rate", 1e30, "--out", "none", code=1).stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--limit", 9), "--together: is for several networks: say how many, such as --seeds 64.\n"),
        (("--resume", "x"), "--together: each network goes on alone: leave it out, and name the folder of a seed.\n"),
    ],
)
def test_together_needs_several(call: Run, words: tuple[str, ...], said: str) -> None:
    assert call("train", "--together", *words, code=2).stderr == f"byhand: {said}"


def test_a_folder_that_is_used_is_refused_and_force_takes_it(call: Run, small_folder: Path) -> None:
    words = (*COMMAND, "--data", small_folder, "--epochs", 1, "--seeds", 2, "--seed", 4, "--together", "--out", "many")
    call(*words)
    Path("many/seed-4", FILE_NAME).unlink()
    before = sorted(Path("many").rglob("*"))
    assert "many/seed-5: holds a trained network" in call(*words, code=1).stderr
    assert sorted(Path("many").rglob("*")) == before
    call(*words, "--force")


def test_a_model_to_begin_from(call: Run, small_folder: Path, model_file: Path) -> None:
    words = ("train", "--data", small_folder, "--from", model_file, "--epochs", 1, "--no-pictures", "--out")
    call(*words, "many", "--seeds", 2, "--together")
    call(*words, "alone", "--seed", 1)
    for name in (FILE_NAME, FINISHED):
        np.testing.assert_array_equal(theta_of(Path("many/seed-1") / name), theta_of(Path("alone") / name))
    assert Path("many/seed-1/run.toml").read_text() == Path("alone/run.toml").read_text()


def begun(folder: Path, **choices: Any) -> tuple[Together, Keepers]:
    """Begin three networks that are kept in a folder."""
    data = byhand.load("mnist")
    recipes = [replace(SMALL, seed=seed, **choices) for seed in range(3)]
    together, keepers = Together([Training(recipe, data.train) for recipe in recipes]), []
    for training in together.trainings:
        path = run_folder.claim_folder(folder / f"seed-{training.recipe.seed}", "")
        keepers.append(run_folder.Keeper(path, training.recipe, run_folder.source_of("mnist", data), pictures=False))
    return together, Keepers(together, keepers)


@pytest.mark.parametrize("engine", [pytest.param("compiled", marks=pytest.mark.slow), ENGINES[1]])
def test_checkpoints_are_written_in_a_twentieth_of_the_time_and_go_on_exactly(
    engine: Any, call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    together, kept = begun(tmp_path, epochs=5, engine=engine)
    written, save = [], checkpoints.save

    def slow(*given: Any) -> None:
        save(*given)
        written.append(given)
        now[0] += 1 / 3  # a second for all three

    monkeypatch.setattr(checkpoints, "save", slow)
    epochs = 0
    while epochs < 3:
        records = together.advance()
        assert records is not None
        now[0] += 0.5
        kept.keep(records)
        epochs += isinstance(records[0], Epoch)
    assert 3 <= len(written) < 9
    del together
    for seed in range(3):
        call("train", "--resume", tmp_path / f"seed-{seed}", "--no-pictures")
        alone = byhand.fit(replace(SMALL, epochs=5, seed=seed, engine=engine), byhand.load("mnist").train)
        theta = theta_of(tmp_path / f"seed-{seed}" / FILE_NAME)
        np.testing.assert_allclose(theta, alone.model.theta, atol=1e-4 if engine == "torch" else 0)


@pytest.mark.slow
@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_stopped_or_killed_each_goes_on_to_the_same_bits(how: signal.Signals, tmp_path: Path, call: Run) -> None:
    command = [sys.executable, "-m", "byhand", "train", "--layers", "8", "--limit", "3000"]
    command += ["--epochs", "8", "--seeds", "3", "--together", "--no-pictures", "--out", "many"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    folders = [tmp_path / "many" / f"seed-{seed}" for seed in range(3)]
    while process.poll() is None and not all(checkpoints.exists(folder) for folder in folders):
        time.sleep(0.005)
    process.send_signal(how)
    _, error = process.communicate(timeout=60)
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert error == "byhand: stopped. Each seed can go on: byhand train --resume many/seed-…\n"
        assert all((folder / FILE_NAME).exists() for folder in folders)
    for seed, folder in enumerate(folders):
        assert checkpoints.exists(folder)
        call("train", "--resume", folder, "--no-pictures")
        alone = byhand.fit(byhand.Recipe(layers=(8,), limit=3000, epochs=8, seed=seed), byhand.load("mnist").train)
        np.testing.assert_array_equal(theta_of(folder / FILE_NAME), alone.model.theta)


def test_the_bar_tells_of_all(mnist: byhand.Dataset) -> None:
    trainings = [Training(replace(SMALL, seed=seed), mnist.train) for seed in range(2)]
    line = bar._Line(trainings[0], 2)
    record = trainings[1].advance()
    assert isinstance(record, Progress)
    line.recent.append((line.since - 1, 0))
    line.tell(record)
    assert line.training is trainings[1]
    (began, _), (now, images) = line.recent
    assert f"{2 * images / (now - began):,.0f} images/s" in "".join(line._figures(3000))


@pytest.mark.slow
def test_pictures_are_drawn_by_processes_of_their_own(run: Run, tmp_path: Path) -> None:
    run(*COMMAND[:-1], "--limit", 500, "--epochs", 1, "--seeds", 3, "--together", "--out", "many")
    for seed in range(3):
        names = {path.name for path in (tmp_path / "many" / f"seed-{seed}").iterdir()}
        assert names >= {run_folder.LOSS_PICTURE, *run_folder.JUDGING_PICTURES}
