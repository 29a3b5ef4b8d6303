"""What can be chosen of a training in the page, and what is refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import byhand
from byhand.web.training.settings import MOST, OFFERED, check, recipe_of, settings_of
from byhand.web.training.trainer import Trainer


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"engine": "numpy"}, "engine: is no setting"),
        ({"strangers": 0.5}, "strangers: is no setting"),
        ({"hands": 0.5}, "hands: is no setting"),
        ({"layers": "12,x"}, "layers"),
        ({"layers": [3000]}, "at most 6 hidden layers of at most 2,048 units"),
        ({"layers": [1] * 7}, "at most 6 hidden layers"),
        ({"epochs": 2000}, "epochs: 2,000 is too much"),
        ({"learning_rate": -1}, "learning_rate"),
        ({"learning_rate": 10**400}, "learning_rate: .* cannot be used"),
        ({"seed": -(10**400)}, "seed: .* cannot be used"),
        ({"activation": "relu6"}, "activation"),
    ],
)
def test_wrong_settings_are_refused_by_name(settings: dict[str, Any], match: str) -> None:
    with pytest.raises(byhand.UsageError, match=match) as error:
        recipe_of(settings)
    assert error.value.fields == tuple(settings)


def test_a_network_that_is_too_large_is_refused(tmp_path: Path, data: byhand.Dataset) -> None:
    with pytest.raises(byhand.UsageError, match=f"at most {MOST.parameters:,}"):
        Trainer("mnist", tmp_path, data).start({"layers": [2048, 2048, 2048]})
    with pytest.raises(byhand.UsageError, match="leave none"):
        check(recipe_of({"validation": 60_000}), (784, 10), 60_000)


def test_settings_are_those_of_a_recipe() -> None:
    recipe = recipe_of({"layers": "20, 10", "epochs": 2})
    assert (recipe.layers, recipe.epochs, recipe.validation) == ((20, 10), 2, 5000)
    assert recipe_of(settings_of(recipe)) == replace(recipe, learning_rate=recipe.starting_rate)
    assert set(settings_of(recipe)) == set(OFFERED)
