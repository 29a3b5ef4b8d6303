"""Strokes for the pad in a notebook, and what is said where the pad cannot be."""

import math
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

import byhand
from byhand import machine
from byhand.web.notebook import strokes
from byhand.web.notebook.strokes import PAD, drawn, sound


def test_a_dot_is_round_and_a_line_is_even() -> None:
    (dot,) = sound([{"points": [(140, 140)]}])
    ink = drawn([dot])
    assert ink[139:141, 131:149].min() == 255
    assert ink.sum() / 255 == pytest.approx(math.pi * 10**2, rel=0.01)
    assert np.array_equal(ink, ink.T)
    line = drawn(sound([{"brush": 7, "points": [(20, 50), (260, 50)]}]))
    assert (line[:, 30:250] == line[:, [30]]).all()
    assert line[:, 30].sum() / 255 == pytest.approx(7, rel=0.01)
    halves = drawn(sound([{"brush": 7, "points": [(20, 50), (100, 50), (260, 50)]}]))
    assert np.array_equal(halves, line)


def test_the_eraser_takes_ink_away() -> None:
    points = [(60, 60), (200, 190.25)]
    written, wiped = {"brush": 20, "points": points}, {"brush": 60, "erase": True, "points": points}
    assert drawn(sound([written])).any()
    assert not drawn(sound([written, wiped])).any()
    assert drawn(sound([wiped, written])).any()


def test_what_leaves_the_pad_stays_at_its_edge() -> None:
    (stroke,) = sound([{"brush": 20.1, "points": np.array([(-1e9, 3.3), (1e300, 280.1)])}])
    assert stroke == {"brush": 20.0, "erase": False, "points": [[0.0, 3.25], [PAD, PAD]]}
    assert drawn([]).shape == (PAD, PAD)
    assert sound(()) == ()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (None, "NoneType is no list of strokes"),
        ("strokes", "str is no list of strokes"),
        ([7], "7 is no stroke"),
        ([{}], "no stroke"),
        ([{"points": [(1, 2)], "colour": "red"}], "no stroke"),
        ([{"points": []}], "at least one"),
        ([{"points": [1, 2]}], "pairs of numbers"),
        ([{"points": [(1, 2, 3)]}], "pairs of numbers"),
        ([{"points": [(1, 2), (3,)]}], "pairs of numbers"),
        ([{"points": [("a", "b")]}], "pairs of numbers"),
        ([{"points": [(1, math.nan)]}], "pairs of numbers"),
        ([{"points": [(1, 10**400)]}], "pairs of numbers"),
        ([{"points": [(1, 2)], "brush": 0}], "`brush` 0 is not in 1…80"),
        ([{"points": [(1, 2)], "brush": True}], "`brush` True"),
        ([{"points": [(1, 2)], "brush": math.nan}], "`brush` nan"),
        ([{"points": [(1, 2)], "brush": "20"}], "`brush` '20'"),
    ],
)
def test_what_is_no_strokes_is_refused_in_one_sentence(given: Any, says: str) -> None:
    with pytest.raises(byhand.UsageError, match=r"^strokes: ") as error:
        sound(given)
    assert says in str(error.value)
    assert error.value.fields == ("strokes",)
    assert len(str(error.value)) < 250


def test_there_may_not_be_too_many_points(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strokes, "MOST_POINTS", 3)
    assert sound([{"points": [(1, 1)] * 3}])
    with pytest.raises(byhand.UsageError, match="may have 3 points"):
        sound([{"points": [(1, 1)] * 2}] * 2)


def test_a_pad_says_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "find_spec", lambda name: None if name == "anywidget" else find_spec(name))
    with pytest.raises(byhand.ByhandError, match=r'pip install "byhand\[notebook\]"'):
        byhand.Pad()
