"""A file that says which recipes a search may try: what it may hold, and one sentence for whatever it may not."""

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byhand import Recipe, UsageError
from byhand.runs.sweeps import spaces
from byhand.runs.sweeps.spaces import Choices, Range, Space, as_text

Written = Callable[[str], Space]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(text: str) -> Space:
        path = tmp_path / "space.toml"
        path.write_text(text)
        return spaces.read(path)

    return write


def test_lists_are_choices_and_tables_are_ranges(written: Written) -> None:
    space = written(
        """
        about = "What suits."
        [recipe]
        epochs = 4
        batch_size = [8, 32]
        optimizer = ["sgd", "adam"]
        learning_rate = {low = 1e-4, high = 1, log = true}
        warmup = {low = 0, high = 0.25, step = 0.1}
        average = [0, 0.9]
        patience = {low = 2, high = 5}
        layers = [[128, 64], "256-128", [], [32]]
        class_weight = ["balanced", {7 = 2}]
        """
    )
    assert space.base.epochs == 4
    assert space.content.about == "What suits."
    assert space.searched == {
        "batch_size": Choices({"8": 8, "32": 32}),
        "optimizer": Choices({"sgd": "sgd", "adam": "adam"}),
        "learning_rate": Range(1e-4, 1.0, log=True),
        "warmup": Range(0.0, 0.2, step=0.1),
        "average": Choices({"0": 0, "0.9": 0.9}),
        "patience": Range(2, 5),
        "layers": Choices({"128,64": (128, 64), "256,128": (256, 128), "none": (), "32": (32,)}),
        "class_weight": Choices({"balanced": "balanced", "7=2": (("7", 2.0),)}),
    }
    assert space.searched["patience"].is_whole  # type: ignore[union-attr]
    assert isinstance(space.searched["learning_rate"].high, float)  # type: ignore[union-attr]
    assert space.count == float("inf")
    assert space.longest == 4


def test_what_is_a_list_or_a_table_by_itself_is_one_value(written: Written) -> None:
    space = written(
        "[recipe]\nlayers = [128, 64]\nclass_weight = {7 = 2, 1 = 0.5}\nbatch_size = [1, 2]\nepochs = {low=3, high=5}"
    )
    assert set(space.searched) == {"batch_size", "epochs"}
    assert space.base.layers == (128, 64)
    assert space.base.class_weight == (("1", 0.5), ("7", 2.0))
    assert space.count == 6
    assert space.longest == 5
    assert space.recipe({"batch_size": 2, "epochs": 3}) == Recipe(
        batch_size=2, epochs=3, class_weight=(("1", 0.5), ("7", 2.0)), validation=1
    )


def test_images_to_judge_by_are_set_aside_where_the_file_does_not_say_how_many(written: Written) -> None:
    space = written("[recipe]\npatience = 2\nbatch_size = [1, 2]")
    assert [space.judged_by(images).base.validation for images in (60_000, 10**6, 3000, 3)] == [10_000, 10_000, 500, 1]
    assert written("[recipe]\nvalidation = 77\nbatch_size = [1, 2]").judged_by(60_000).base.validation == 77


def test_two_spaces_are_the_same_however_they_are_written(written: Written) -> None:
    one = written("[recipe]\nlearning_rate = {low = 0.001, high = 0.1}\nlayers = ['8,4', [3]]\nepochs = 20").to_dict()
    same = written(
        "about='x'\n[recipe]\nlayers = [[8, 4], '3']\nlearning_rate = {high = 1e-1, low = 1e-3, log = false}"
    )
    assert one == same.to_dict()
    assert one != written("[recipe]\nlearning_rate = {low = 0.001, high = 0.2}\nlayers = ['8,4', [3]]").to_dict()
    assert (
        one
        != written("[recipe]\nlearning_rate = {low = 0.001, high = 0.1}\nlayers = ['8,4', [3]]\nepochs = 21").to_dict()
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("bach_size = [1, 2]", "bach_size: no such choice. Did you mean batch_size?"),
        ("nonsense = {low = 1, high = 2}", "nonsense: no such choice."),
        ("batch_size = []", "batch_size: an empty list leaves nothing to choose"),
        ("batch_size = [1, 0]", "batch_size: 0 cannot be used; it must be a whole number of at least 1"),
        ("batch_size = [1, 2, 1]", "batch_size: 1 is among its choices twice"),
        ("optimizer = ['sgd', 'adma']", "optimizer: 'adma' cannot be used; choose one of .* Did you mean adam?"),
        ("optimizer = {low = 1, high = 2}", "optimizer: has no range, as it is no number. List its choices"),
        ("layers = {low = 1, high = 2}", "layers: .*cannot be used"),
        ("layers = [[128], 64]", "layers: 64 cannot be used"),
        ("layers = [[128], [0]]", "layers: 0 cannot be used"),
        ("class_weight = ['balanced', {7 = -1}]", "class_weight: the weight of class 7 must be"),
        ("learning_rate = {low = 1, high = 1}", "learning_rate: 1 to 1 is an empty range: low must be below high"),
        ("learning_rate = {low = 2, high = 1}", "learning_rate: 2 to 1 is an empty range"),
        ("learning_rate = {low = 0, high = 1}", "learning_rate: 0 cannot be used; it must be a number above 0"),
        ("learning_rate = {low = nan, high = 1}", "learning_rate: nan cannot be used"),
        ("learning_rate = {low = 1}", "learning_rate: a range needs low and high; high is missing"),
        ("learning_rate = {min = 1, high = 2}", "learning_rate: min: no such key of a range"),
        ("learning_rate = {low = 1, hihg = 2}", "learning_rate: hihg: no such key of a range. Did you mean high?"),
        ("learning_rate = {low = 1, high = 2, log = 1}", "learning_rate: 1 cannot be used; log of a range is true or"),
        ("learning_rate = {low = true, high = 2}", "learning_rate: True cannot be used"),
        ("learning_rate = [[0.1]]", r"learning_rate: \[0.1\] cannot be used"),
        ("weight_decay = {low = 0, high = 1, log = true}", "weight_decay: a logarithmic range begins above 0"),
        (
            "weight_decay = {low = 0.1, high = 1, log = true, step = 0.1}",
            "weight_decay: a logarithmic range has no step",
        ),
        (
            "weight_decay = {low = 0, high = 1, step = 2}",
            "weight_decay: 2 cannot be used; step of a range must be a num",
        ),
        ("weight_decay = {low = 0, high = 1, step = 0}", "weight_decay: 0 cannot be used; step"),
        ("epochs = {low = 1, high = 5, step = 0.5}", "epochs: 0.5 cannot be used; step of a range must be a whole num"),
        ("epochs = {low = 1.5, high = 5}", "epochs: 1.5 cannot be used; it must be a whole number"),
        ("epochs = {low = 1, high = 5e4}", "epochs: 50000.0 cannot be used; it must be a whole number"),
        ("epochs = {low = 1, high = 50_001}", "epochs: 50001 cannot be used"),
        ("seed = [1, 2]", "seed: is not searched: the best of several seeds is luck"),
        ("engine = ['numpy', 'compiled']", "engine: is not searched"),
        ("validation = {low = 1, high = 5}", "validation: is not searched: trials that are judged on different"),
        ("validation = 0\nbatch_size = [1, 2]", "validation: 0 leaves no image to judge by"),
        ("batch_size = [1]", "nothing is searched: give a choice several values"),
        ("batch_size = 1", "nothing is searched"),
        ("", "nothing is searched"),
        ("epochs = [1979-05-27, 2]", "epochs: .*cannot be used"),
        ("batch_size = " + "[" * 5000, "is no sound recipe in TOML"),
        ("batch_size = " + "[" * 200 + "]" * 200, "batch_size: .*cannot be used"),
        ("learning_rate = {low = 1e-400, high = 1}", "learning_rate: 0.0 cannot be used"),
    ],
)
def test_what_cannot_be_searched_is_named(written: Written, line: str, message: str) -> None:
    with pytest.raises(UsageError, match=f"(?s)space.toml: {message}") as caught:
        written(f"[recipe]\n{line}")
    assert not re.search("`[a-z_]+`", str(caught.value))
    assert len(str(caught.value)) < 500


def test_a_space_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file that can be read"):
        spaces.read(tmp_path / "none.toml")
    (tmp_path / "space.toml").write_text("batch_size = [1, 2]")
    with pytest.raises(UsageError, match=r"batch_size must stand below a line \[recipe\]"):
        spaces.read(tmp_path / "space.toml")


@given(
    low=st.integers(0, 20),
    width=st.integers(1, 80),
    step=st.sampled_from([1, 2, 3, 7]),
    scale=st.sampled_from([1, 10, 100]),
)
def test_a_range_ends_with_a_whole_step(low: int, width: int, step: int, scale: int) -> None:
    text = f"elastic = {{low = {low / scale}, high = {(low + width) / scale}, step = {step / scale}}}"
    facts = {"recipe": {"elastic": {"low": low / scale, "high": (low + width) / scale, "step": step / scale}}}
    if step > width:
        with pytest.raises(UsageError, match="step"):
            spaces.space_of(Path("space.toml"), facts)
        return
    if width // step == 0:
        return
    found = spaces.space_of(Path("space.toml"), facts).searched["elastic"]
    assert isinstance(found, Range), text
    assert found.count == width // step + 1
    assert found.high == (low + width // step * step) / scale


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_whatever_stands_there_is_taken_or_refused_in_a_sentence(value: object) -> None:
    for name in ("layers", "class_weight", "learning_rate", "epochs", "optimizer", "patience"):
        with suppress(UsageError):
            assert spaces.space_of(Path("space.toml"), {"recipe": {name: value}}).count >= 2


def test_values_are_told_as_the_command_line_takes_them() -> None:
    assert [as_text(value) for value in ((128, 64), (), "adam", 0.001, 5, (("7", 2.0), ("1", 0.5)))] == [
        "128,64",
        "none",
        "adam",
        "0.001",
        "5",
        "7=2,1=0.5",
    ]
