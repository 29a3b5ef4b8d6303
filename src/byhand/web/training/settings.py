"""What can be chosen of a training in the page: most fields of a recipe, within what a server can bear."""

from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, fields
from typing import Any, cast, get_type_hints

from byhand.data.validation import check_count
from byhand.errors import UsageError
from byhand.learning.recipe import Recipe, parse_layers
from byhand.network import n_parameters
from byhand.types import Json

NOT_CHOSEN = ("class_weight", "strangers", "hands", "patience", "engine", "device", "precision")
# The order is that of the recipe.
OFFERED = tuple(
    entry.name for entry in fields(Recipe) if entry.name not in NOT_CHOSEN
)  # The page has its own ways to stop, and shows digits only, of which no class is rare.
DEFAULTS: dict[str, Json] = {"validation": 5000}  # What differs from the command line: the page is there to show.


@dataclass(frozen=True)
class Most:
    """The most that a training may take: hidden layers, units of each, parameters, and values of other settings."""

    layers: int = 6
    units: int = 2048
    parameters: int = 5_000_000
    epochs: int = 1000
    batch_size: int = 10_000
    seed: int = 2**32 - 1

    def settings(self) -> dict[str, int]:
        """Return those of settings that are numbers, by their names."""
        return {name: getattr(self, name) for name in ("epochs", "batch_size", "seed")}

    def facts(self) -> dict[str, int]:
        """Return what a form must know."""
        return {name: most for name, most in asdict(self).items() if name != "parameters"}


MOST = Most()
MOST_OF_A_PUPIL = Most(layers=4, units=512, parameters=1_000_000, epochs=100, batch_size=1000)  # where many share


def recipe_of(settings: Mapping[str, object], most: Most = MOST) -> Recipe:
    """Return the recipe of settings by name, within limits; what is missing has its default.

    Raises
    ------
    UsageError
        If a name is unknown or a value cannot be used; the message names it.
    """
    if unknown := sorted(set(settings) - set(OFFERED)):
        raise UsageError(f"is no setting of a training in the page; there are {', '.join(OFFERED)}.", unknown[0])
    values = {**DEFAULTS, **settings}
    if isinstance(layers := values.get("layers"), str):
        values["layers"] = parse_layers(layers)
    recipe = Recipe(**values)  # type: ignore[arg-type]
    for name, limit in most.settings().items():
        if getattr(recipe, name) > limit:
            raise UsageError(f"{getattr(recipe, name):,} is too much for the page; at most {limit:,}.", name)
    if len(recipe.layers) > most.layers or max(recipe.layers, default=0) > most.units:
        raise UsageError(
            f"the page trains at most {most.layers} hidden layers of at most {most.units:,} units.", "layers"
        )
    return recipe


def settings_of(recipe: Recipe) -> dict[str, Json]:
    """Return all settings of a recipe as JSON can hold them, with the learning rate in numbers."""
    values = recipe.to_dict()
    return {name: values[name] for name in OFFERED}


def check(recipe: Recipe, sizes: tuple[int, ...], images: int, most: Most = MOST) -> None:
    """Refuse a network that is too large, or a training that has no image left of so many.

    Raises
    ------
    UsageError
        With the setting to change.
    """
    if (parameters := n_parameters(sizes)) > most.parameters:
        raise UsageError(
            f"{parameters:,} parameters are too many; the page trains at most {most.parameters:,}.", "layers"
        )
    check_count(recipe.validation, images)


def described(most: Most = MOST) -> dict[str, Any]:
    """Return the JSON schema of the settings; it only describes: `recipe_of` checks them."""
    hints = get_type_hints(Recipe)
    return {
        "type": "object",
        "title": "Settings",
        "description": f"At most {most.layers} hidden layers and {most.parameters:,} parameters.",
        "additionalProperties": False,
        "properties": {
            entry.name: {
                **_kind(entry, hints[entry.name], most),
                "default": DEFAULTS.get(entry.name, entry.default),
                "description": entry.metadata["help"],
            }
            for entry in fields(Recipe)
            if entry.name in OFFERED
        },
    }


def _kind(entry: "Field[Any]", hint: object, most: Most) -> dict[str, Any]:
    """Return the JSON schema of what a field of a recipe may be."""
    from pydantic import TypeAdapter  # which the page in one file and the worker need not load

    if entry.name == "layers":
        sizes = {"type": "integer", "minimum": 1, "maximum": most.units}
        text = {"type": "string", "pattern": r"^(none|\d{1,4}(,\d{1,4})*)$"}
        return {"anyOf": [{"type": "array", "items": sizes, "maxItems": most.layers}, text]}
    bounds = entry.metadata["bounds"]
    if hint in (int, int | None):
        limits = {
            "minimum": entry.metadata["least"],
            "maximum": most.settings().get(entry.name, entry.metadata["most"]),
        }
    elif hint in (float, float | None):
        floor = {"minimum": 0} if bounds["above"] is None else {"exclusiveMinimum": bounds["above"]}
        limits = {**floor, "maximum": bounds["most"], "exclusiveMaximum": bounds["below"]}
    else:
        limits = {}
    return TypeAdapter[Any](cast("Any", hint)).json_schema() | {
        name: limit for name, limit in limits.items() if limit is not None
    }
