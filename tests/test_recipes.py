"""A recipe refuses what cannot be trained, and says which field it was."""

import json
import os
from dataclasses import fields
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byhand import Recipe, UsageError
from byhand.learning import recipe_files
from byhand.learning.recipe import FOR_TORCH, parse_layers
from byhand.network import ACTIVATIONS


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("layers", (128, 0)),
        ("layers", (1.5,)),
        ("activation", "swish"),
        ("epochs", 0),
        ("epochs", "20"),
        ("batch_size", -1),
        ("optimizer", "magic"),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("learning_rate", "fast"),
        ("schedule", "never"),
        ("validation", -1),
        ("limit", 0),
        ("seed", -1),
        ("seed", True),
        ("engine", "steam"),
        ("elastic", 1e37),
        ("shift", float("inf")),
        ("scale", 1.0),
        ("warmup", 1),
        ("average", -0.1),
        ("rotation", "much"),
        ("rotation", True),
        ("adversarial", 10**400),
        ("epochs", 10**400),
        ("epochs", 50_001),
        ("batch_size", 10**10),
        ("seed", 2**63),
        ("limit", 10**10),
        ("validation", 10**10),
        ("weight_decay", 1e308),
        ("learning_rate", 1e308),
        ("layers", (10**7 + 1,)),
        ("layers", (9999999999999999999999,)),
        ("layers", (5,) * 10_000),
        ("layers", "x" * 10_000),
        ("patience", 0),
        ("patience", 3),  # without a validation split
    ],
)
def test_a_value_that_cannot_be_used_is_named(field: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"^{field}: .*cannot be used"):
        Recipe(**{field: value})  # type: ignore[arg-type]


def test_a_value_that_cannot_be_used_is_not_told_at_length() -> None:
    for field, value in (
        ("activation", "x" * 10**6),
        ("layers", (5,) * 10_000),
        ("epochs", [10**5000]),
        ("epochs", 10**5000),
        ("scale", 10**5000),
    ):
        with pytest.raises(UsageError, match="cannot be used") as caught:
            Recipe(**{field: value})  # type: ignore[arg-type]
        assert len(str(caught.value)) < 250


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=6).map(tuple))
def test_layers_are_read_as_they_are_written(layers: tuple[int, ...]) -> None:
    assert parse_layers(",".join(map(str, layers))) == layers


def test_no_hidden_layer() -> None:
    assert parse_layers("none") == ()


@pytest.mark.parametrize("text", ["", "128,", "a,b", "128;64", "1.5", "9" * 5000, "١", "1_0"])
def test_unreadable_layers(text: str) -> None:
    with pytest.raises(UsageError, match=r"^layers: ") as caught:
        parse_layers(text)
    assert len(str(caught.value)) < 250


def test_every_field_is_explained_and_can_be_written_down() -> None:
    recipe = Recipe()
    assert all(len(entry.metadata["help"]) > 10 for entry in fields(Recipe))
    assert json.loads(json.dumps(recipe.to_dict())) == recipe.to_dict()
    everything = [entry.name for entry in fields(Recipe)]
    assert list(Recipe(engine="torch").to_dict()) == everything
    assert list(recipe.to_dict()) == [name for name in everything if name not in FOR_TORCH]


def test_larger_batches_take_larger_steps_unless_a_rate_is_given() -> None:
    assert Recipe(batch_size=64).starting_rate > Recipe().starting_rate
    assert Recipe(batch_size=64, learning_rate=0.5).starting_rate == 0.5


def test_every_recipe_that_comes_along_can_be_read_and_written(tmp_path: Path) -> None:
    assert {"seed", "fast", "small", "best", "fashion", "permutation-invariant"} <= set(recipe_files.names())
    for name in recipe_files.names():
        content = recipe_files.read(name)
        assert len(content.about) > 20
        recipe_files.write(tmp_path / "again.toml", content)
        again = recipe_files.read(tmp_path / "again.toml")
        assert again.recipe.to_dict() == content.recipe.to_dict()
        assert (again.data, again.about) == (content.data, content.about)
    assert recipe_files.read("seed").recipe == Recipe()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[recipe]\nepoch = 3", "epoch: no such choice. Did you mean epochs"),
        ("[recipe]\nepochs = 0", "epochs: .*cannot be used"),
        ("epochs = 3", "epochs must stand below"),
        ("recipe = 3", "recipe = 3 cannot be used"),
        ("data = 3", "data = 3 cannot be used"),
        ("[recipe", "no sound recipe in TOML"),
        ("[recipe]\nlayers = 5", "layers: .*cannot be used"),
        ("[recipe]\nrotation = nan", "rotation: .*cannot be used"),
        ("[recipe]\nepochs = 1979-05-27", "epochs: .*cannot be used"),
        ("[recipe]\nepochs = " + "9" * 5000, "no sound recipe in TOML"),
        ("[recipe]\nepochs = 0x" + "f" * 5000, "epochs: .*cannot be used"),
        ("epochs = 0x" + "f" * 5000, "no sound recipe in TOML"),
        ("[recipe]\nlayers = " + "[" * 5000, "no sound recipe in TOML"),
        ("[recipe]\nlayers = " + "[" * 200 + "]" * 200, "layers: .*cannot be used"),
        ("[recipe]\nlayers = " + "{a = " * 3000, "no sound recipe in TOML"),
        ("[" + "a." * 8_000 + "a]", "no such key|no sound recipe in TOML"),
        ("data = 'a\0b'", "no sound recipe in TOML"),
        ('data = "\\ud800"', "no sound recipe in TOML"),
        ("\ufeff\ufeff[recipe]", "no sound recipe in TOML"),
    ],
)
def test_a_recipe_file_that_cannot_be_used_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=f"(?s)mine.toml: .*{message}"):
        recipe_files.read(path)


def test_what_is_no_recipe_file_is_neither_waited_for_nor_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(bytes(2**14 + 1))
    for name, message in (
        ("pipe", "No file, but a pipe or a device"),
        ("large", "More than 16,384 bytes"),
        (".", "Is a directory"),
        ("a\0b", "No name that a file can have"),
        ("x" * 5000, "File name too long"),
    ):
        with pytest.raises(UsageError, match=f"no file that can be read .{message}"):
            recipe_files.read(tmp_path / name)


def test_a_recipe_from_a_shell_is_read() -> None:
    for text, many in (("[recipe]\nepochs = 3\n", 1), ("#" * 2**14, 3)):
        reading, writing = os.pipe()
        with os.fdopen(writing, "wb") as end:
            end.write(text.encode() * many)
        if many == 1:
            assert recipe_files.read(f"/dev/fd/{reading}").recipe.epochs == 3
        else:
            with pytest.raises(UsageError, match="More than 16,384 bytes"):
                recipe_files.read(f"/dev/fd/{reading}")
        os.close(reading)


def test_a_recipe_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="best, fashion, fast"):
        recipe_files.read("nothing.toml")


def test_every_activation_of_the_network_can_be_chosen() -> None:
    assert get_args(get_type_hints(Recipe)["activation"]) == tuple(ACTIVATIONS)


def test_an_error_in_a_file_names_the_file_and_its_own_names(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[recipe]\npatience = 3")
    with pytest.raises(UsageError) as caught:
        recipe_files.read(path)
    assert str(caught.value).startswith(f"{path}: patience: 3 cannot be used; it needs images to judge by: validation ")
