"""Going on with a run: more epochs of one that is over, from Python too, with data that have moved; nothing is lost."""

import json
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import byhand
from byhand.commands.seeds import how_they_go_on
from byhand.data.datasets import BUILT_IN
from byhand.data.idx import write_idx
from byhand.learning import recipe_files
from byhand.learning.progress import Epoch
from byhand.learning.recipe_files import RecipeFile
from byhand.model import FILE_NAME
from byhand.runs import checkpoints, run_folder
from byhand.runs.checkpoints import BEFORE, FILE, FINISHED
from conftest import Run

SMALL = ("train", "--data", "digits", "--layers", 6, "--batch-size", 20, "--optimizer", "momentum")
pytestmark = pytest.mark.usefixtures("undrawn", "digits")
Content = dict[str, bytes]


@pytest.fixture
def digits(mnist: byhand.Dataset, tmp_path: Path) -> None:
    """Put a part of the images into the folder `digits`: to load them all would take longer than all else."""
    (tmp_path / "digits").mkdir()
    for stem, split in (("train", mnist.train.take(slice(2100))), ("t10k", mnist.test.take(slice(200)))):
        write_idx(tmp_path / f"digits/{stem}-images-idx3-ubyte", split.images)
        write_idx(tmp_path / f"digits/{stem}-labels-idx1-ubyte", split.labels)


def content(folder: Path) -> Content:
    """Return what lies in a run's folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}


def history(folder: Path) -> list[dict[str, float]]:
    """Return the facts of a run's epochs, but for their seconds."""
    rows = json.loads((folder / "history.json").read_text())["epochs"]
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def theta(folder: Path) -> bytes:
    return byhand.Model.load(folder).theta.tobytes()


@pytest.mark.parametrize(
    "choices",
    [
        ("--schedule", "constant"),
        ("--schedule", "constant", "--validation", 600, "--patience", 9, "--average", 0.9),
        ("--schedule", "constant", "--validation", 1000),  # its network is calibrated in the end
    ],
)
def test_at_a_constant_rate_more_epochs_are_the_same_as_so_many_from_the_start(
    call: Run, tmp_path: Path, choices: tuple[object, ...]
) -> None:
    call(*SMALL, *choices, "--epochs", 5, "--out", "whole")
    call(*SMALL, *choices, "--epochs", 2, "--out", "run")
    told = call("train", "--resume", "run", "--epochs", 5).stderr
    assert told == "byhand: goes on to 5 epochs; the learning rate stays 0.02.\n"
    for name in (FILE_NAME, "run.toml", FINISHED):
        assert name == FINISHED or content(tmp_path / "run")[name] == content(tmp_path / "whole")[name], name
    assert history(tmp_path / "run") == history(tmp_path / "whole")
    assert not checkpoints.exists(tmp_path / "run")


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        (
            (),
            "(linear) is laid over all of them: the learning rate, which had come to 0, goes on from 0.01.",
        ),
        (("--schedule", "cosine"), "which had come to 0, goes on from 0.01."),
        (("--schedule", "step"), "which had come to 0.0002, goes on from 0.002."),
        (("--schedule", "constant", "--warmup", 0.9), "which had come to 0.02, goes on from 0.0111."),
    ],
)
def test_what_the_learning_rate_does_is_said_and_done(
    call: Run, tmp_path: Path, choices: tuple[object, ...], told: str
) -> None:
    call(*SMALL, *choices, "--epochs", 2, "--out", "run")
    before = history(tmp_path / "run")
    done = call("train", "--resume", "run", "--epochs", 4)
    assert done.stderr.startswith("byhand: goes on to 4 epochs, and the schedule (")
    assert done.stderr.endswith(f"{told}\n")
    after = history(tmp_path / "run")
    assert after[:2] == before
    assert [row["epoch"] for row in after] == [1, 2, 3, 4]
    facts = json.loads(call("info", "run", "--json").stdout)
    assert (facts["resumed_after"], facts["recipe"]["epochs"]) == ([2], 4)
    assert recipe_files.read(tmp_path / "run/run.toml").resumed_after == (2,)
    told = call("train", "--recipe", "run/run.toml", "--out", "anew").stderr
    assert "was given more epochs after epoch 2" in told
    assert recipe_files.read(tmp_path / "anew/run.toml").resumed_after == ()


def test_again_and_again(call: Run, tmp_path: Path) -> None:
    call(*SMALL, "--epochs", 1, "--out", "run")
    for epochs in (2, 3):
        call("train", "--resume", "run", "--epochs", epochs)
    assert json.loads(call("info", "run", "--json").stdout)["resumed_after"] == [1, 2]
    assert len(history(tmp_path / "run")) == 3


def test_a_continuation_that_was_stopped_loses_nothing_and_goes_on_to_the_same_bits(
    call: Run, tmp_path: Path, interrupted: Callable[[int], None]
) -> None:
    call(*SMALL, "--epochs", 2, "--out", "run")
    shutil.copytree(tmp_path / "run", tmp_path / "whole")
    call("train", "--resume", "whole", "--epochs", 5)
    before = content(tmp_path / "run")
    interrupted(2)
    error = call("train", "--resume", "run", "--epochs", 5, code=130).stderr
    assert error.splitlines()[-1] == (
        "byhand: stopped; the network of the finished training stays in run; go on with byhand train --resume run"
    )
    now = content(tmp_path / "run")
    assert {name: now[name] for name in before} == before
    assert now.keys() - before.keys() == {FILE, BEFORE}
    interrupted(1)
    call("train", "--resume", "run", code=130)  # once more
    assert {name: content(tmp_path / "run")[name] for name in before} == before
    call("train", "--resume", "run")
    assert history(tmp_path / "run") == history(tmp_path / "whole")
    for name in (FILE_NAME, "run.toml"):
        assert content(tmp_path / "run")[name] == content(tmp_path / "whole")[name]
    assert content(tmp_path / "run").keys() == before.keys()


def test_a_continuation_stopped_before_its_first_checkpoint_begins_again(
    call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(*SMALL, "--epochs", 1, "--out", "run")
    before = content(tmp_path / "run")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as stopping:
        stopping.setattr(run_folder.Keeper, "save", interrupt)
        error = call("train", "--resume", "run", "--epochs", 3, code=130).stderr
    assert error.endswith("stays in run; go on with byhand train --resume run --epochs 3\n")
    assert content(tmp_path / "run") == before


def test_killed_in_a_continuation_nothing_is_lost(call: Run, tmp_path: Path) -> None:
    call(*SMALL, "--epochs", 1, "--out", "run")
    before = content(tmp_path / "run")
    command = [sys.executable, "-m", "byhand", "train", "--resume", "run", "--epochs", "1000"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not (tmp_path / "run" / FILE).exists():
        time.sleep(0.005)
    process.kill()
    process.wait()
    now = content(tmp_path / "run")
    assert {name: now[name] for name in before} == before
    assert checkpoints.load(tmp_path / "run")[0].recipe.epochs == 1000


def test_a_new_training_in_the_folder_takes_the_finished_ones_place(
    call: Run, tmp_path: Path, interrupted: Callable[[int], None]
) -> None:
    call(*SMALL, "--epochs", 1, "--out", "run")
    interrupted(2)
    error = call(*SMALL, "--epochs", 3, "--seed", 1, "--out", "run", "--force", code=130).stderr
    assert "stopped; what epoch 1 reached is saved in run; go on with byhand train --resume run" in error
    assert not checkpoints.is_finished(tmp_path / "run")
    call("train", "--resume", "run")
    assert json.loads(call("info", "run", "--json").stdout)["recipe"]["seed"] == 1


def test_more_epochs_for_one_that_was_stopped(call: Run, tmp_path: Path, interrupted: Callable[[int], None]) -> None:
    constant = ("--schedule", "constant")
    call(*SMALL, *constant, "--epochs", 5, "--out", "whole")
    interrupted(2)
    call(*SMALL, *constant, "--epochs", 3, "--out", "run", code=130)
    call("train", "--resume", "run", "--epochs", 5)
    assert content(tmp_path / "run")[FILE_NAME] == content(tmp_path / "whole")[FILE_NAME]


@pytest.mark.parametrize("epochs", [1, 2])
def test_no_more_epochs_than_before_are_refused(call: Run, tmp_path: Path, epochs: int) -> None:
    call(*SMALL, "--epochs", 2, "--out", "run")
    before = content(tmp_path / "run")
    error = call("train", "--resume", "run", "--epochs", epochs, code=2).stderr
    assert error == (
        f"byhand: --epochs: {epochs} are no more than the 2 that the training was begun for; say how many "
        "there shall be in all.\n"
    )
    assert "--epochs 4, say, for as many again" in call("train", "--resume", "run", code=1).stderr
    assert "--epochs" in call("train", "--resume", "run", "--epochs", 0, code=2).stderr
    assert content(tmp_path / "run") == before


def test_patience_alone_gives_no_more_epochs(call: Run) -> None:
    call(*SMALL, "--epochs", 2, "--validation", 300, "--patience", 9, "--out", "run")
    error = call("train", "--resume", "run", "--patience", 12, code=1).stderr
    assert error == "byhand: run: all its epochs are over. It goes on with more of them: --epochs 4, say.\n"


def test_what_patience_has_ended_goes_on_with_more_patience_alone(call: Run, tmp_path: Path) -> None:
    choices = ("--limit", 50, "--validation", 500, "--schedule", "constant", "--learning-rate", 0.001, "--seed", 2)
    begin = (*SMALL, *choices, "--epochs", 300, "--patience")
    call(*begin, 2, "--out", "run")
    call(*begin, 6, "--out", "whole")
    ended = len(history(tmp_path / "run"))
    assert ended < 300
    error = call("train", "--resume", "run", code=1).stderr
    assert f"is over, after {ended} of 300 epochs. It goes on with --patience 4, say" in error
    error = call("train", "--resume", "run", "--epochs", 400, code=2).stderr
    assert "--patience: 2 is over: no epoch after " in error
    assert error.endswith("To go on all the same, say more than 2.\n")
    call("train", "--resume", "run", "--patience", 6)
    assert history(tmp_path / "run") == history(tmp_path / "whole")
    assert content(tmp_path / "run")[FILE_NAME] == content(tmp_path / "whole")[FILE_NAME]


def test_less_patience_ends_what_is_over_in_one_sentence(call: Run) -> None:
    choices = ("--limit", 50, "--validation", 500, "--learning-rate", 1e-20, "--epochs", 4)  # none is better
    call(*SMALL, *choices, "--patience", 3, "--out", "run")
    call("train", "--resume", "run", "--patience", 1, code=1)
    error = call("train", "--resume", "run", "--patience", 1, "--epochs", 9, code=2).stderr
    assert error == (
        "byhand: --patience: 1 is over: no epoch after 1 was better. To go on all the same, say more than 3.\n"
    )


def test_patience_that_it_was_not_begun_with_is_refused(call: Run) -> None:
    call(*SMALL, "--epochs", 1, "--out", "run")
    error = call("train", "--resume", "run", "--patience", 3, code=2).stderr
    assert error.startswith("byhand: --patience: the training was begun without it")


def test_a_run_of_an_older_byhand_says_how_to_go_on(call: Run, tmp_path: Path) -> None:
    call(*SMALL, "--epochs", 1, "--out", "run")
    (tmp_path / "run" / FINISHED).unlink()
    error = call("train", "--resume", "run", "--epochs", 3, code=1).stderr
    assert error == (
        "byhand: run: holds no checkpoint, so there is nothing to go on with. byhand train --from run begins a "
        "training from its network.\n"
    )
    call("train", "--data", "digits", "--from", "run", "--epochs", 1, "--out", "further")


def test_a_checkpoint_is_no_model_and_a_model_no_checkpoint(call: Run, tmp_path: Path) -> None:
    call(*SMALL, "--optimizer", "sgd", "--epochs", 1, "--out", "run")  # which remembers nothing but theta
    for words in (("info",), ("evaluate",), ("train", "--from")):
        error = call(*words, f"run/{FINISHED}", code=1).stderr
        assert error == f"byhand: run/{FINISHED}: is one of byhand's files, but no model file.\n"
    shutil.copy(tmp_path / "run" / FILE_NAME, tmp_path / "run" / FILE)
    error = call("train", "--resume", "run", code=1).stderr
    assert error == f"byhand: run/{FILE}: is one of byhand's files, but no checkpoint.\n"
    error = call("train", "--resume", f"run/{FILE_NAME}", code=2).stderr
    assert error == f"byhand: run/{FILE_NAME}: is no folder. Name that of the run.\n"


def test_of_several_seeds_each_goes_on_alone(call: Run) -> None:
    for seed in (0, 1):
        call(*SMALL, "--epochs", 1, "--out", f"many/seed-{seed}")
    error = call("train", "--resume", "many", "--epochs", 2, code=1).stderr
    assert "There are some in many/seed-0, many/seed-1." in error


def test_a_damaged_end_is_one_sentence(call: Run, tmp_path: Path) -> None:
    call(*SMALL, "--epochs", 1, "--out", "run")
    (tmp_path / "run" / FINISHED).write_bytes(b"damaged")
    for more in ((), ("--epochs", 3)):
        error = call("train", "--resume", "run", *more, code=1).stderr
        assert error.startswith(f"byhand: run/{FINISHED}: is not a sound checkpoint")
        assert error.count("\n") == 1


def test_from_python_it_goes_on_as_the_command_does(
    call: Run, tmp_path: Path, interrupted: Callable[[int], None]
) -> None:
    begin = (*SMALL, "--epochs", 3, "--validation", 1000)
    call(*begin, "--out", "whole")
    interrupted(2)
    call(*begin, "--out", "run", code=130)
    epochs = list(byhand.resume(tmp_path / "run"))
    assert [epoch.number for epoch in epochs] == [2, 3]
    assert all(isinstance(epoch, Epoch) for epoch in epochs)
    for name in (FILE_NAME, "run.toml"):
        assert content(tmp_path / "run")[name] == content(tmp_path / "whole")[name]
    assert history(tmp_path / "run") == history(tmp_path / "whole")
    assert content(tmp_path / "run").keys() == content(tmp_path / "whole").keys()

    with pytest.warns(UserWarning, match="goes on to 5 epochs, and the schedule") as caught:
        more = [epoch.number for epoch in byhand.resume("run", epochs=5)]
    with pytest.warns(RuntimeWarning, match=r"never begun.*for epoch in byhand.resume"):
        byhand.resume("run", epochs=9)
    assert more == [4, 5]
    assert {Path(warning.filename) for warning in caught} == {Path(__file__)}
    call("train", "--resume", "whole", "--epochs", 5)
    assert content(tmp_path / "run")[FILE_NAME] == content(tmp_path / "whole")[FILE_NAME]


def test_who_leaves_the_loop_goes_on_with_the_next_epoch(
    call: Run, tmp_path: Path, interrupted: Callable[[int], None]
) -> None:
    call(*SMALL, "--epochs", 5, "--out", "whole")
    interrupted(1)
    call(*SMALL, "--epochs", 5, "--out", "run", code=130)
    for epoch in byhand.resume("run"):
        if epoch.number == 2:
            break
    assert len(history(tmp_path / "run")) == 2
    assert theta(tmp_path / "run") == epoch.model.theta.tobytes()
    assert [epoch.number for epoch in byhand.resume("run")] == [3, 4, 5]
    assert content(tmp_path / "run")[FILE_NAME] == content(tmp_path / "whole")[FILE_NAME]


def test_who_leaves_after_the_last_epoch_can_have_it_judged(
    call: Run, tmp_path: Path, interrupted: Callable[[int], None]
) -> None:
    interrupted(1)
    call(*SMALL, "--epochs", 2, "--out", "run", code=130)
    for epoch in byhand.resume("run"):
        if epoch.number == 2:
            break
    call("train", "--resume", "run")
    assert len(history(tmp_path / "run")) == 2
    assert checkpoints.is_finished(tmp_path / "run")


def test_from_python_it_refuses_at_once(tmp_path: Path, call: Run) -> None:
    with pytest.raises(byhand.UsageError, match="nowhere: no such folder"):
        byhand.resume(tmp_path / "nowhere")
    with pytest.raises(byhand.ByhandError, match="holds no checkpoint"):
        byhand.resume(tmp_path)
    call(*SMALL, "--epochs", 1, "--out", "run")
    with pytest.raises(byhand.ByhandError, match=r"is over, after 1 of 1 epochs\. It goes on with `epochs` 2"):
        byhand.resume("run")
    with pytest.warns(RuntimeWarning, match=r"never begun.*for epoch in byhand\.resume") as caught:
        assert "has not begun (epochs: 2)" in repr(byhand.resume("run", epochs=2))
    assert len(caught) == 1
    with pytest.raises(byhand.UsageError, match="epochs: 1 are no more than the 1"):
        list(byhand.resume("run", epochs=1))


def test_while_it_goes_on_nobody_else_writes_there(call: Run) -> None:
    call(*SMALL, "--epochs", 1, "--schedule", "constant", "--out", "run")
    records = byhand.resume("run", epochs=3)
    with pytest.warns(UserWarning, match="stays") as warned:
        next(records)
    assert warned[0].filename == __file__
    assert "another training writes there now" in call("train", "--resume", "run", "--epochs", 3, code=1).stderr
    del records
    call("train", "--resume", "run")


def test_data_that_have_moved_are_found_where_one_says(
    call: Run, tmp_path: Path, small_folder: Path, interrupted: Callable[[int], None]
) -> None:
    begin = ("train", "--layers", 5, "--epochs", 3, "--data", small_folder)
    call(*begin, "--out", "whole")
    interrupted(2)
    call(*begin, "--out", "run", code=130)
    small_folder.rename(tmp_path / "elsewhere")
    error = call("train", "--resume", "run", code=1).stderr
    assert str(small_folder) in error
    assert error.endswith("If they lie elsewhere, say where it is now: byhand train --resume run --data PATH.\n")
    error = call("train", "--resume", "run", "--data", BUILT_IN, code=1).stderr
    assert "mnist: is not the data this training began with. Restore it, or say where it is now: " in error
    call("train", "--resume", "run", "--data", "elsewhere")
    assert content(tmp_path / "run")[FILE_NAME] == content(tmp_path / "whole")[FILE_NAME]
    assert recipe_files.read(tmp_path / "run/run.toml").data == str(tmp_path / "elsewhere")
    call("train", "--resume", "run", "--epochs", 4)  # It is known where they are now.


def test_the_data_of_a_recipe_may_lie_elsewhere_too(call: Run, tmp_path: Path) -> None:
    call(*SMALL, "--epochs", 1, "--out", "run")
    (tmp_path / "digits").rename(tmp_path / "elsewhere")
    error = call("train", "--recipe", "run/run.toml", code=1).stderr
    assert error == (
        f"byhand: {tmp_path}/digits: the data of the recipe are not there. Say where they are: --data PATH.\n"
    )
    call("train", "--recipe", "run/run.toml", "--data", "elsewhere", "--out", "again")
    assert theta(tmp_path / "run") == theta(tmp_path / "again")


@pytest.mark.parametrize("name", ["my runs", "it's", "--run"])
def test_what_is_advised_can_be_typed(call: Run, tmp_path: Path, name: str, interrupted: Callable[[int], None]) -> None:
    interrupted(1)
    error = call(*SMALL, "--epochs", 2, f"--out={name}", code=130).stderr
    advised = shlex.split(error.partition("go on with byhand ")[2])
    assert advised[:2] == ["train", "--resume"]
    call(*advised)
    assert checkpoints.is_finished(tmp_path / name)


@pytest.mark.parametrize("words", [("--out", "x"), ("--from", "default"), ("--seeds", 2), ("--white", 3), ("--force",)])
def test_what_cannot_be_changed_is_refused(call: Run, tmp_path: Path, words: tuple[object, ...]) -> None:
    (tmp_path / "run").mkdir()
    error = call("train", "--resume", "run", *words, code=2).stderr
    may = "--epochs, --patience, --engine, --device, --data, --mapped, --no-pictures, --log and --json"
    assert f"Besides {may}, leave out all other options." in error


def test_only_of_seeds_that_can_go_on_it_is_said(call: Run, interrupted: Callable[[int], None]) -> None:
    seeds = RecipeFile(byhand.Recipe(seed=3))
    assert how_they_go_on(seeds, 2, Path("many")) == "Nothing was saved of seeds 3, 4."
    call(*SMALL, "--epochs", 1, "--out", "many/seed-3")
    interrupted(1)
    call(*SMALL, "--epochs", 2, "--out", "many/seed-4", code=130)
    assert how_they_go_on(seeds, 3, Path("many")) == (
        "Seed 3 had ended; nothing was saved of seed 5; seed 4 can go on: byhand train --resume many/seed-…"
    )
    assert how_they_go_on(RecipeFile(byhand.Recipe(seed=4)), 1, Path("many")) == (
        "Each seed can go on: byhand train --resume many/seed-…"
    )
    assert "1,000" not in how_they_go_on(seeds, 1000, Path("many"))
    assert len(how_they_go_on(seeds, 1000, Path("many"))) < 200


def test_a_weighted_run_goes_on_to_the_same_bits(call: Run, tmp_path: Path, interrupted: Callable[[int], None]) -> None:
    begin = (*SMALL, "--epochs", 2, "--class-weight", "7=3,1=0", "--validation", 500)
    call(*begin, "--out", "whole")
    interrupted(1)
    call(*begin, "--out", "run", code=130)
    call("train", "--resume", "run")
    assert content(tmp_path / "run")[FILE_NAME] == content(tmp_path / "whole")[FILE_NAME]
