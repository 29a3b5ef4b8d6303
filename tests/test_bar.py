"""The line that changes in place while a training runs: what it says, how long it is, and where there is none."""

import io
import os
import re
import sys
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import byhand
from byhand.commands import bar, console
from byhand.learning.training import Training
from terminals import seen_on_a_terminal

if TYPE_CHECKING:
    from rich.console import Console


class Terminal(io.StringIO):
    """What says that it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def terminal(width: int = 80, encoding: str = "utf-8") -> "Console":
    """Return a terminal so many columns wide."""
    from rich.console import Console

    return Console(file=io.TextIOWrapper(io.BytesIO(), encoding), width=width, height=25, force_terminal=True)


@pytest.fixture
def line(few: byhand.Split) -> bar._Line:
    """Return the line of a training of two epochs, 100 images each, that has learned none yet."""
    recipe = byhand.Recipe(epochs=2, layers=(), validation=100, batch_size=50, engine="numpy")
    return bar._Line(Training(recipe, few))


def learn(line: bar._Line, images: int = 50) -> None:
    """Learn some images, and tell the line."""
    record = line.training.advance(images)
    assert record is not None
    line.tell(record)


KINDS = {
    "a terminal": ({"TERM": "xterm-256color"}, True),
    "a terminal without colours": ({"TERM": "xterm", "NO_COLOR": "1"}, True),
    "one that can do nothing": ({"TERM": "dumb"}, False),
    "one that says nothing": ({}, False),
    "Jupyter": ({"TERM": "xterm-color", "JPY_PARENT_PID": "12"}, False),
    "Jupyter with a terminal's name": ({"TERM": "xterm-256color", "JPY_PARENT_PID": "12"}, False),
    "a kernel that another program began": ({"TERM": "xterm-color", "PAGER": "cat", "GIT_PAGER": "cat"}, False),
    "an old Mac": ({"TERM": "xterm-color"}, True),
    "a build": ({"TERM": "xterm", "CI": "true"}, False),
    "no build": ({"TERM": "xterm", "CI": "false"}, True),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_bar_is_where_somebody_watches(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    variables, watched = KINDS[kind]
    for name in ("TERM", "JPY_PARENT_PID", "PAGER", "GIT_PAGER", "CI", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert bar.is_watched(Terminal()) == watched
    assert not bar.is_watched(io.StringIO())


def test_before_the_first_figure_it_says_what_it_waits_for(line: bar._Line) -> None:
    assert line.text(terminal()).plain == "epoch 1/2: makes the training loop ready"
    line.learn()
    assert line.text(terminal()).plain == "epoch 1/2: learns the first images"
    line.since -= 12
    assert line.text(terminal()).plain == "epoch 1/2: learns the first images … 12 s"


def test_it_says_what_is_drawn(few: byhand.Split) -> None:
    recipe = byhand.Recipe(epochs=2, layers=(), rotation=5, strangers=0.5, engine="numpy")
    line = bar._Line(Training(replace(recipe, hands=0.1), few))
    line.learn()
    assert line.text(terminal()).plain == "epoch 1/2: draws 120 strangers and digits first"
    line = bar._Line(Training(recipe, few))
    line.learn()
    assert line.text(terminal()).plain == "epoch 1/2: draws 100 strangers first"
    learn(line)
    line.learn()
    line.since -= 2
    assert line.text(terminal()).plain.endswith("draws and learns the first images … 2 s")


def test_figures_come_as_soon_as_there_are_some(line: bar._Line) -> None:
    line.learn()
    learn(line)
    line.recent = deque([(line.since - 1, 0), (line.since, 50)])
    text = line.text(terminal()).plain
    assert re.fullmatch(r"epoch 1/2 ━+─+ 25 %  loss \d\.\d{3}  0:03 left  50 images/s", text)


def test_what_lasts_is_told(line: bar._Line) -> None:
    line.learn()
    learn(line)
    line.since -= 5
    assert line.text(terminal()).plain.endswith(" 25 %  learns on … 5 s")
    learn(line)
    line.since -= 5
    assert line.text(terminal()).plain.endswith(" 50 %  judges by 100 images … 5 s")
    record = line.training.advance()
    assert isinstance(record, byhand.Epoch)
    line.tell(record)
    line.since -= 5
    assert line.text(terminal()).plain.startswith("epoch 2/2 ━")
    assert line.text(terminal()).plain.endswith(" 50 %  learns the first images … 5 s")


@pytest.mark.parametrize("width", [1, 10, 20, 30, 50, 80, 200])
def test_it_never_fills_a_line(line: bar._Line, width: int) -> None:
    texts = [line.text(terminal(width))]
    line.learn()
    texts.append(line.text(terminal(width)))
    learn(line)
    texts.append(line.text(terminal(width)))
    line.since -= 100
    texts.append(line.text(terminal(width)))
    for text in texts:
        assert text.no_wrap
        if width >= 50:
            assert len(text.plain) < width
            assert "epoch 1/2" in text.plain
    if width == 50:
        assert " left" in texts[2].plain
        assert "images/s" not in texts[2].plain


def test_without_colours_and_without_unicode_it_is_still_a_bar(line: bar._Line) -> None:
    line.learn()
    learn(line)
    assert re.match(r"epoch 1/2 #+-+ 25 %", line.text(terminal(encoding="ascii")).plain)


@pytest.mark.parametrize(
    ("seconds", "clock"), [(0.4, "0:00"), (59.6, "1:00"), (61, "1:01"), (3600 * 30 + 5, "30:00:05")]
)
def test_the_time_left_is_a_clocks(seconds: float, clock: str) -> None:
    assert bar._clock(seconds) == clock


def test_an_epochs_line_leaves_out_what_has_no_room(few: byhand.Split) -> None:
    (epoch,) = byhand.train(byhand.Recipe(epochs=1, layers=(), validation=100, engine="numpy"), few)
    full = console.epoch_line(epoch, 300)
    assert re.fullmatch(r"epoch   1/300   loss \d\.\d{4}   validation loss \d\.\d{4}, \d\d\.\d\d %   0\.\d s", full)
    assert console.epoch_line(epoch, 300, 80) == full
    assert re.fullmatch(r"epoch   1/300   loss \d\.\d{4}   validation \d\d\.\d\d %", console.epoch_line(epoch, 300, 50))
    assert re.fullmatch(r"epoch   1/300   loss \d\.\d{4}", console.epoch_line(epoch, 300, 20))
    assert "loss 1.242e+20   validation" in console.epoch_line(replace(epoch, loss=124221870514580094976.0), 1)
    assert "validation" not in console.epoch_line(next(byhand.train(byhand.Recipe(epochs=1, layers=()), few)), 1)


def test_json_stands_alone_on_a_terminal(line: bar._Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for name in ("CI", "JPY_PARENT_PID"):
        monkeypatch.delenv(name, raising=False)
    for as_json in (True, False):
        monkeypatch.setattr(sys, "stderr", shown := Terminal())
        monkeypatch.setattr(sys, "stdout", Terminal())
        with bar.progress_bar(line.training, as_json=as_json):
            pass
        assert bool(shown.getvalue()) != as_json


@pytest.mark.usefixtures("compiled")
def test_in_a_notebook_every_epoch_is_a_plain_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "byhand", "train", "--no-pictures"]
    command += ["--limit", "300", "--epochs", "3", "--layers", "none"]
    # As IPython's kernel starts it, which also asks for colours.
    kernel = {"TERM": "xterm-color", "JPY_PARENT_PID": "1", "PAGER": "cat", "GIT_PAGER": "cat", "FORCE_COLOR": "1"}
    seen = seen_on_a_terminal(*command, folder=tmp_path, environment={**os.environ, **kernel})
    assert b"\x1b" not in seen
    lines = seen.decode().split("\r\n")
    assert [line[:9] for line in lines if line.startswith("epoch")] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
