"""Curves of trainings: whatever they came to, one picture shows it, and says which is which."""

import json
import warnings
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pytest
from PIL import Image

import byhand
from byhand.judging import canvas, curves
from byhand.judging.canvas import Scale
from byhand.judging.curves import Course, Curve
from byhand.labels import is_plain
from byhand.learning.progress import Place, State
from byhand.runs import checkpoints, run_folder
from byhand.runs.checkpoints import Checkpoint
from byhand.runs.histories import find_curves
from conftest import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def history(folder: Path, epochs: int = 3, *, over: bool = True, **choices: object) -> Path:
    """Write what a training leaves that came to so many epochs."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        {
            "epoch": number,
            "loss": 2 / number,
            "seconds": 1.0,
            "learning_rate": 0.01,
            "validation_loss": 3 / number,
            "validation_accuracy": 1 - 0.5 / number,
        }
        for number in range(1, epochs + 1)
    ]
    recipe = byhand.Recipe(**{"epochs": 3, **choices}).to_dict()  # type: ignore[arg-type]
    facts = {"recipe": recipe, "data": {"name": "mnist"}, "epochs": rows} | ({"test": {}} if over else {})
    (folder / "history.json").write_text(json.dumps(facts))
    return folder


def names(*paths: Path) -> list[str]:
    """Return the names of the curves found."""
    return [curve.name for curve in find_curves(paths)[0]]


def drawn(figure: "Figure") -> "Figure":
    """Draw a figure without a warning, look that all its texts are on the sheet, and return it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.draw_without_rendering()
    sheet = figure.bbox
    for text in [*figure.texts, *(text for legend in figure.legends for text in legend.get_texts())]:
        box = text.get_window_extent()
        assert sheet.x0 <= box.x0 <= box.x1 <= sheet.x1, text.get_text()
        assert sheet.y0 <= box.y0 <= box.y1 <= sheet.y1, text.get_text()
    return figure


def test_runs_are_named_by_what_differs(tmp_path: Path) -> None:
    one, two, three = history(tmp_path / "a"), history(tmp_path / "b", layers=(300,)), history(tmp_path / "c", limit=50)
    assert names(one) == ["a"]
    assert names(one, two) == ["layers 128-64 (a)", "layers 300 (b)"]
    assert names(one, three) == ["no limit (a)", "limit 50 (c)"]
    assert names(one, history(tmp_path / "g", class_weight={"7": 2, "1": 0.5}))[1] == "class weight 1=0.5,7=2.0 (g)"
    same = names(one, history(tmp_path / "x" / "a"))
    assert str(tmp_path / "a").endswith(same[0].lstrip("…"))
    assert same[1].endswith("/x/a")
    assert names(one, history(tmp_path / "d", seed=4)) == ["seed 0 (a)", "seed 4 (d)"]
    # A rate that follows from the batch size says nothing of its own.
    assert names(one, history(tmp_path / "e", batch_size=8)) == ["batch size 1 (a)", "batch size 8 (e)"]
    rates = names(one, history(tmp_path / "f", batch_size=8, learning_rate=0.5))
    assert rates == ["batch size 1, learning rate 0.01 (a)", "batch size 8, learning rate 0.5 (f)"]


def test_many_differences_are_not_all_told(tmp_path: Path) -> None:
    many = history(tmp_path / "b", layers=(), rotation=3.0, scale=0.1, shear=0.1, shift=1.0)
    assert names(history(tmp_path / "a"), many)[1] == "layers none, rotation 3, scale 0.1, shear 0.1, … (b)"


def test_the_same_run_is_drawn_once(tmp_path: Path) -> None:
    folder = history(tmp_path / "a")
    assert names(folder, tmp_path / "a" / ".." / "a", tmp_path) == ["a"]


def test_seeds_are_one_curve_and_a_folder_of_runs_is_all_of_them(tmp_path: Path) -> None:
    for seed in range(11):
        history(tmp_path / "runs" / "mnist-2" / f"seed-{seed}", seed=seed)
    history(tmp_path / "runs" / "mnist-10", over=False, epochs=2, layers=(5,))
    (tmp_path / "runs" / "notes.txt").touch()
    (tmp_path / "runs" / "empty").mkdir()
    found, left_out = find_curves([tmp_path / "runs"])
    assert [curve.name for curve in found] == [
        "layers 128-64 (mnist-2, 11 seeds and their mean)",
        "layers 5 (mnist-10, 2 of 3 epochs)",
    ]
    assert not left_out
    assert len(found[0].courses) == 11


@pytest.fixture
def under_way() -> Checkpoint:
    """Return a training that stands in its third epoch."""
    rows = [{"epoch": n, "loss": 1.0 / n, "seconds": 1.0, "learning_rate": 0.01} for n in (1, 2)]
    recipe = byhand.Recipe(layers=(), engine="numpy")
    state = State(Place(epoch=3), {"theta": np.zeros(20, np.float32)})
    source = checkpoints.Source(source="mnist", name="mnist", sha256="0" * 64)
    return Checkpoint(recipe, source, state, rows, {})


def test_a_training_under_way_shows_what_it_has_reached(tmp_path: Path, under_way: Checkpoint) -> None:
    folder = history(tmp_path / "a")
    checkpoints.save(folder, under_way)
    (curve,), _ = find_curves([folder])
    assert curve.name == "a (2 of 20 epochs)"
    assert curve.courses[0].losses == (1.0, 0.5)
    assert sorted(path.name for path in folder.iterdir()) == ["checkpoint.safetensors", "history.json"]
    (folder / "checkpoint.safetensors").rename(
        folder / "checkpoint-before.safetensors"
    )  # just while another is written
    assert names(folder) == ["a (2 of 20 epochs)"]
    history(folder)  # which is newer than the checkpoint that a Ctrl-C leaves
    assert names(folder) == ["a"]


def test_what_is_no_run_is_told(tmp_path: Path, under_way: Checkpoint) -> None:
    (tmp_path / "empty").mkdir()
    file = history(tmp_path / "a") / "history.json"
    for path, told in (
        (tmp_path / "none", "there is no such folder"),
        (tmp_path / "empty", "holds no run, or one whose first epoch is not over"),
        (file, "is a file. Name the folder of a run"),
        (history(tmp_path / "zero", 0), "zero: no epoch of this training is over yet"),
    ):
        with pytest.raises(byhand.ByhandError, match=told):
            find_curves([path])
    found, left_out = find_curves([tmp_path])
    assert [curve.name for curve in found] == ["a"]
    assert left_out == [f"{tmp_path}/zero: no epoch of this training is over yet."]
    checkpoints.save(tmp_path / "empty", under_way)
    damaged = tmp_path / "empty" / "checkpoint.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:-3])
    with pytest.raises(byhand.ByhandError, match=r"checkpoint\.safetensors: is not a sound checkpoint"):
        find_curves([tmp_path / "empty"])
    assert damaged.exists()


@pytest.mark.parametrize(
    "content",
    [
        *("", "[]", "{", "{}", '{"recipe": {}}', '{"recipe": {}, "epochs": 3}', '{"recipe": {}, "epochs": [{}]}'),
        '{"recipe": {}, "epochs": [{"epoch": 1, "loss": NaN, "seconds": 1, "learning_rate": 1}]}',
        '{"recipe": {}, "epochs": [{"epoch": 2, "loss": 1, "seconds": 1, "learning_rate": 1}]}',
        '{"recipe": {}, "data": {"name": "a\\u001b"}, "epochs": ["a"]}',
    ],
)
def test_a_history_that_is_none_is_told(content: str, tmp_path: Path) -> None:
    (tmp_path / "history.json").write_text(content)
    with pytest.raises(byhand.ByhandError, match=r"history\.json: is not a sound history"):
        find_curves([tmp_path])


def test_a_history_of_an_older_byhand_or_a_newer_one_is_read(tmp_path: Path) -> None:
    row = {"epoch": 1, "loss": 1, "seconds": 1, "learning_rate": 1, "validation_accuracy": 0.5}
    for name, recipe in (("old", {}), ("new", {"colours": 3, "epochs": 2})):
        (tmp_path / name).mkdir()
        (tmp_path / name / "history.json").write_text(json.dumps({"recipe": recipe, "epochs": [row], "future": 1}))
    found, _ = find_curves([tmp_path])
    assert [len(curve.courses[0].losses) for curve in found] == [1, 1]


@pytest.mark.parametrize(
    "strange", [{"optimizer": "a\nb\x1b[31m"}, {"new\nchoice": 3}, {"optimizer": "x" * 10_000}, {"layers": [[1], "\n"]}]
)
def test_whatever_a_history_calls_its_choices_a_name_is_one_short_line(strange: dict[str, Any], tmp_path: Path) -> None:
    folder = history(tmp_path / "a")
    facts = json.loads((folder / "history.json").read_text())
    facts["recipe"] |= strange
    facts["data"]["name"] = "\u202emnist"
    (folder / "history.json").write_text(json.dumps(facts))
    for name in names(folder, history(tmp_path / "b\nb")):
        assert is_plain(name)
        assert len(name) < 200


def test_a_diverged_loss_leaves_the_picture_and_the_rest_is_seen() -> None:
    losses = [1.0, 0.5, 1e7, 0.2, 0.1]
    for figure in (
        curves.loss_curve(Course(losses)),
        curves.learning_curves([Curve("a", [Course(losses)]), Curve("b", [Course([1, 0.5])])]),
    ):
        axes = drawn(figure).axes[0]
        assert axes.get_ylim()[1] < 2
        assert [text.get_text() for text in axes.texts] == ["↑ 1 value beyond the picture, up to 1e+07"]


def test_an_axis_is_logarithmic_where_that_shows_more() -> None:
    def scale(losses: list[float], **options: Scale) -> str:
        return curves.loss_curve(Course(losses), **options).axes[0].get_yscale()

    assert scale([2.3, 0.9, 0.6]) == "linear"
    assert scale([2.3, 0.5, 0.1, 0.01]) == "log"
    assert scale([2.3, 0.5, 0.0]) == "linear"  # which has no logarithm
    assert scale([2.3, 0.9], scale="log") == "log"
    assert scale([2.3, 0.01], scale="linear") == "linear"
    assert scale([0.0, 0.0], scale="log") == "linear"


def test_many_epochs_are_a_line_and_few_are_points() -> None:
    few, many = (curves.loss_curve(Course([1.0] * count)).axes[0].lines[0] for count in (20, 300))
    assert few.get_markevery() == 1
    assert many.get_markevery() == [299]


def test_validation_loss_stands_beside_the_training_loss() -> None:
    figure = curves.loss_curve(Course([3, 2, 1], [None, 2, 1.5], [None, 0.4, 0.5]))
    top, below = figure.axes
    assert np.isnan(np.asarray(top.lines[1].get_ydata())).tolist() == [True, False, False]
    assert list(below.lines[0].get_ydata())[1:] == [60, 50]  # type: ignore[arg-type]
    assert len(curves.loss_curve(Course([3, 2])).axes) == 1


def test_seeds_are_thin_lines_and_their_mean() -> None:
    figure = curves.learning_curves([Curve("seeds", [Course([2, 1, 1]), Course([4, 3]), Course([3, 2, 2])])])
    lines = figure.axes[0].lines
    assert [len(line.get_xdata()) for line in lines] == [3, 2, 3, 2]  # type: ignore[arg-type]
    assert list(lines[-1].get_ydata()) == [3, 2]  # type: ignore[arg-type]
    assert lines[0].get_linewidth() < lines[-1].get_linewidth()


def test_curves_are_told_apart_and_too_many_are_refused() -> None:
    several = [Curve(f"number {k}", [Course([2.0, 1.0 + k])]) for k in range(curves.MOST_CURVES)]
    figure = drawn(curves.learning_curves(several))
    assert len({(line.get_color(), line.get_linestyle()) for line in figure.axes[0].lines}) == len(several)
    with pytest.raises(byhand.UsageError, match="19 curves"):
        curves.learning_curves([*several, several[0]])


def test_lengths_of_every_kind_are_one_picture() -> None:
    lengths = {"one": 1, "five": 5, "ten": 10, "many": 1000}
    figure = curves.learning_curves([Curve(name, [Course([1.0] * n)]) for name, n in lengths.items()])
    (axes,) = drawn(figure).axes
    assert axes.get_xscale() == "log"
    ticks = [text.get_window_extent() for text in axes.get_xticklabels()]
    assert all(left.x1 < right.x0 for left, right in pairwise(ticks))
    assert curves.loss_curve(Course([1.0] * 300)).axes[0].get_xscale() == "linear"


EXTREMES = [[0.0], [1e300, 1.0], [5e-324, 1.0], [1e300] * 3, [1e-300, 1e300], [0.0, 1e-300]]


@pytest.mark.parametrize("losses", EXTREMES)
def test_whatever_a_training_came_to_can_be_drawn(losses: list[float]) -> None:
    course = Course(losses, [None, *losses[1:]], [1.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for figure in (curves.loss_curve(course), curves.learning_curves([Curve("a", [course] * 2)], "log")):
            figure.draw_without_rendering()


@pytest.mark.parametrize("name", ["", "W" * 500, "実験" * 60, "$x^{", "a\tb", "مرحبا", "🙂", "_hidden", "\ud800"])
def test_any_name_can_be_written(name: str) -> None:
    several = [Curve(name, [Course([2, 1])]), Curve("other", [Course([2, 1])])]
    figure = drawn(curves.learning_curves(several))
    assert len(figure.legends[0].get_texts()) == 2


def test_plot(call: Run, tmp_path: Path) -> None:
    for name, layers in (("a", (5,)), ("b", ())):
        history(tmp_path / name, layers=layers)
    said = call("plot", "a", "b").stdout
    assert said == "layers 5 (a)\nlayers none (b)\nsaved as curves.png\n"
    with Image.open(tmp_path / "curves.png") as picture:
        assert min(picture.size) > 500
    for out, start in (("a.svg", b"<?xml"), ("b.PDF", b"%PDF")):
        call("plot", "a", "--out", out)
        assert (tmp_path / out).read_bytes().startswith(start)


@pytest.mark.usefixtures("undrawn")
def test_plot_writes_over_nothing_unless_told_to(call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> NoReturn:
        raise byhand.ByhandError("no ink")

    history(tmp_path / "a")
    (tmp_path / "curves.png").mkdir()
    for number in (2, 3):
        assert call("plot", "a").stdout == f"a\nsaved as curves-{number}.png\n"
    (tmp_path / "mine.svg").write_text("mine")
    assert "mine.svg: is there already" in call("plot", "a", "--out", "mine.svg", code=2).stderr
    assert (tmp_path / "mine.svg").read_text() == "mine"
    call("plot", "a", "--out", "mine.svg", "--force")
    assert (tmp_path / "mine.svg").read_text() != "mine"
    assert "End it in .png, .svg or .pdf" in call("plot", "a", "--out", "curves", code=2).stderr
    assert "cannot be written" in call("plot", "a", "--out", "none/a.png", code=1).stderr
    assert "curves.png: cannot be written" in call("plot", "a", "--force", code=1).stderr
    assert "there is no such folder" in call("plot", "c", code=1).stderr
    monkeypatch.setattr(canvas, "save_figure", fail)
    before = sorted(tmp_path.iterdir())
    assert "no ink" in call("plot", "a", code=1).stderr
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.usefixtures("undrawn")
def test_plot_leaves_out_what_it_cannot_draw_and_says_so(call: Run, tmp_path: Path) -> None:
    history(tmp_path / "runs" / "a")
    history(tmp_path / "runs" / "b", 0)
    done = call("plot", "runs")
    assert done.stderr == "byhand: left out: runs/b: no epoch of this training is over yet.\n"


def test_a_run_keeps_what_plot_needs(call: Run, tmp_path: Path) -> None:
    call("train", "--limit", 200, "--epochs", 2, "--layers", "none", "--validation", 100, "--out", "r", "--no-pictures")
    rows = json.loads((tmp_path / "r" / "history.json").read_text())["epochs"]
    (curve,), _ = find_curves([tmp_path / "r"])
    assert curve.courses[0] == run_folder.course_of(rows)
    assert curve.courses[0].validation_losses[1] == rows[1]["validation_loss"] > 0
