"""What can be chosen of a training in the page: most fields of a recipe, within what a server can bear."""

from collections.abc import Mapping
from dataclasses import fields

from byhand.errors import UsageError
from byhand.model import Json
from byhand.network import n_parameters
from byhand.recipes import Recipe, parse_layers

# The order is that of the recipe.
OFFERED = tuple(
    entry.name for entry in fields(Recipe) if entry.name not in ("strangers", "patience", "engine")
)  # The page has its own ways to stop, and shows digits only.
DEFAULTS: dict[str, Json] = {"validation": 5000}  # What differs from the command line: the page is there to show.
MOST = {"epochs": 1000, "batch_size": 10_000, "seed": 2**32 - 1}
MOST_LAYERS, MOST_UNITS, MOST_PARAMETERS = 6, 2048, 5_000_000


def recipe_of(settings: Mapping[str, object]) -> Recipe:
    """Return the recipe of settings by name; what is missing has its default.

    Raises
    ------
    UsageError
        If a name is unknown or a value cannot be used; the message names it.
    """
    if unknown := sorted(set(settings) - set(OFFERED)):
        raise UsageError(f"{unknown[0]}: is no setting of a training in the page; there are {', '.join(OFFERED)}.")
    values = {**DEFAULTS, **settings}
    if isinstance(layers := values.get("layers"), str):
        values["layers"] = parse_layers(layers)
    recipe = Recipe(**values)  # type: ignore[arg-type]
    for name, most in MOST.items():
        if getattr(recipe, name) > most:
            raise UsageError(f"{name}: {getattr(recipe, name):,} is too much for the page; at most {most:,}.")
    if len(recipe.layers) > MOST_LAYERS or max(recipe.layers, default=0) > MOST_UNITS:
        raise UsageError(
            f"layers: the page trains at most {MOST_LAYERS} hidden layers of at most {MOST_UNITS:,} units."
        )
    return recipe


def settings_of(recipe: Recipe) -> dict[str, Json]:
    """Return all settings of a recipe as JSON can hold them, with the learning rate in numbers."""
    values = recipe.to_dict()
    return {name: values[name] for name in OFFERED}


def check(recipe: Recipe, sizes: tuple[int, ...], images: int) -> None:
    """Refuse a network that is too large, or a training that has no image left of so many.

    Raises
    ------
    UsageError
        With the setting to change.
    """
    if (parameters := n_parameters(sizes)) > MOST_PARAMETERS:
        raise UsageError(
            f"layers: {parameters:,} parameters are too many; the page trains at most {MOST_PARAMETERS:,}."
        )
    if recipe.validation >= images:
        raise UsageError(f"validation: {recipe.validation:,} of {images:,} images leave none to learn from.")
