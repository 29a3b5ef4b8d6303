"""What a search came to, told, written and drawn; and what is refused before it begins. None of it needs Optuna."""

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from byhand import machine
from byhand.commands.searching import saying
from byhand.learning import recipe_files
from byhand.runs.sweeps import pictures, results, spaces
from byhand.runs.sweeps.spaces import Space
from byhand.runs.sweeps.trials import Outcome, State, Trial
from conftest import REPOSITORY, Run
from test_docs import blocks

SPACE = """
data = "mnist"
[recipe]
epochs = 3
batch_size = [8, 32]
layers = [[16], "none"]
learning_rate = {low = 1e-3, high = 1, log = true}
"""


@pytest.fixture
def space(tmp_path: Path) -> Space:
    path = tmp_path / "space.toml"
    path.write_text(SPACE)
    return spaces.read(path).judged_by(6000)


def trial(number: int, right: int, state: State = "complete", said: str = "", **chosen: object) -> Trial:
    values = {"batch_size": 8, "layers": (16,), "learning_rate": 0.01 * (number + 1), **chosen}
    outcome = Outcome(epochs=3, seconds=1.25, right=right, said=said)
    return Trial(number, state, values, [0.5, right / 1000], outcome)


@pytest.fixture
def trials() -> Sequence[Trial]:
    return [
        trial(0, 900),
        trial(1, 0, "diverged", "the loss became infinite in epoch 1"),
        trial(2, 960, layers=()),
        trial(3, 955, batch_size=32),
        trial(4, 400, "stopped"),
        trial(5, 960),
    ]


def test_every_trial_is_a_line(space: Space, trials: Sequence[Trial]) -> None:
    lines = [saying.trial_line(one, space, 10) for one in trials]
    assert lines[0] == "trial  0   90.00 %   1.2 s   batch_size 8, layers 16, learning_rate 0.01"
    assert lines[1].startswith("trial  1   diverged: the loss became infinite in epoch 1   1.2 s   ")
    assert lines[2].endswith("layers none, learning_rate 0.03")
    assert "   40.00 %, ended after epoch 3   " in lines[4]


def test_the_best_are_a_table_with_intervals(space: Space, trials: Sequence[Trial]) -> None:
    lines = saying.best_table(trials, space).splitlines()
    assert [line.split()[0] for line in lines] == ["trial", "2", "5", "3", "0"]
    assert lines[1].split()[1:8] == ["96.00", "%", "94.60", "to", "97.05", "%", "8"]
    assert saying.ending(trials, space) == (
        "6 trials, 7.5 s of learning in all; 1 ended early; 1 diverged or failed. 2 others lie within the interval of "
        "the best one: which of them is the best, these images do not tell."
    )


def test_what_is_left_can_be_read_and_trained_by(space: Space, trials: Sequence[Trial], tmp_path: Path) -> None:
    results.save(tmp_path, trials, space, {"batch_size": 0.75, "layers": 0.25})
    told = json.loads((tmp_path / results.RESULT_FILE).read_text())
    assert (told["best"], told["accuracy"], told["complete"], told["stopped"], told["diverged"]) == (2, 0.96, 4, 1, 1)
    assert [run["trial"] for run in told["runs"]] == [*range(6)]
    assert told["runs"][1]["accuracy"] is None
    assert told["runs"][2]["chosen"] == {"batch_size": 8, "layers": "none", "learning_rate": 0.03}
    best = recipe_files.read(tmp_path / results.BEST_FILE)
    assert (best.recipe.layers, best.recipe.learning_rate, best.recipe.validation) == ((), 0.03, 0)
    assert best.about.startswith("The best of 6 trials of a sweep: it read 96.00 % of 1,000 validation images (94.60")
    results.save_space(tmp_path, space)
    assert spaces.read(tmp_path / results.SPACE_FILE).judged_by(6000).to_dict() == space.to_dict()


def test_the_best_recipe_keeps_images_back_where_it_must(tmp_path: Path, trials: Sequence[Trial]) -> None:
    for more, kept in (("", 0), ("validation = 1000", 1000), ("patience = 1", 1000)):
        path = tmp_path / "space.toml"
        path.write_text(f"{SPACE}\n{more}")
        assert results.best_recipe(trials[0], spaces.read(path).judged_by(6000)).validation == kept


def test_pictures_of_a_search(space: Space, trials: Sequence[Trial], tmp_path: Path) -> None:
    pictures.save(tmp_path, trials, space, {"batch_size": 0.75, "layers": 0.25})
    for name in (pictures.HISTORY, pictures.IMPORTANCE, pictures.SLICES):
        assert (tmp_path / name).stat().st_size > 5000
    (history,) = pictures.history(trials, space).axes
    best = history.lines[-1].get_ydata()
    assert [round(float(value), 6) for value in best] == [10, 4, 4, 4]  # type: ignore[union-attr, arg-type]
    titles = [axes.get_title() for axes in pictures.slices(trials, space).axes]
    assert titles == ["batch size", "layers", "learning rate"]


def test_the_space_in_the_document_can_be_searched() -> None:
    (text,) = blocks((REPOSITORY / "docs" / "sweep.md").read_text("utf-8"), "toml")
    found = spaces.space_of(Path("space.toml"), tomllib.loads(text))
    assert [*found.searched] == ["layers", "batch_size", "optimizer", "learning_rate", "label_smoothing"]


def test_what_optuna_is_for_is_told_where_it_is_missing(
    call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(machine.EXTRAS, "sweep", ("no_such_module",))
    (tmp_path / "space.toml").write_text(SPACE)
    error = call("sweep", "space.toml", code=1).stderr
    assert error == 'byhand: a search over recipes takes more: pip install "byhand[sweep]"\n'
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("code", "text", "message"),
    [
        (2, "", "spaec.toml: there is no such file. Did you mean space.toml? docs/sweep.md shows what stands in one."),
        (2, "[recipe]\nbach_size = [1]", "space.toml: bach_size: no such choice. Did you mean batch_size?"),
        (
            2,
            f"{SPACE}\nvalidation = 60_000",
            "space.toml: validation: 60,000 of 60,000 images leave none to learn from.",
        ),
        (
            1,
            'data = "nowhere"\n[recipe]\nepochs = [1, 2]',
            "space.toml: its data, nowhere, are not there. Say where they",
        ),
        (1, "[recipe]\nlayers = [[9_999_999], [1]]", "space.toml: the parameters are too many"),
        (
            2,
            'from = "default"\n[recipe]\nlayers = ["none", [3]]',
            "space.toml: layers: none cannot be; the model to begin",
        ),
    ],
)
def test_what_cannot_be_searched_is_told_before_it_begins(
    call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, text: str, message: str
) -> None:
    monkeypatch.setitem(machine.EXTRAS, "sweep", ())
    (tmp_path / "space.toml").write_text(text)
    done = call("sweep", message.partition(":")[0], code=code)
    assert done.stderr.startswith(f"byhand: {message}")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "runs").exists()
