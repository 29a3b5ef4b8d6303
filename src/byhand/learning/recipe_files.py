"""Recipes as TOML files: those that come with byhand, a user's own, and the one every run leaves behind.

    about = "What it is for, in a sentence."
    data = "mnist"

    [recipe]
    layers = [128, 64]
    epochs = 20

What a file leaves out has its default. `data` is what `byhand train --data` takes; `white` and `transposed` are as its
options.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from byhand.errors import ByhandError, UsageError, did_you_mean
from byhand.files import meant, parsing, read_file, words, write_atomically
from byhand.learning.recipe import Recipe, parse_layers

SHIPPED = Path(__file__).parent / "recipes"
RESULTS = SHIPPED / "results.json"
MOST_BYTES = 2**14  # of a recipe file; one long name with dots takes memory by the square of its length
_KEYS = {"about": str, "data": str, "recipe": dict, "white": int, "transposed": bool}


@dataclass(frozen=True)
class RecipeFile:
    """A recipe, the data it is for, what it is for, and how the data's pixels are taken; see `datasets.load`."""

    recipe: Recipe
    data: str = "mnist"
    about: str = ""
    white: int | None = None
    transposed: bool = False


def names() -> list[str]:
    """Return the names of the recipes that come with byhand."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def read(source: str | Path) -> RecipeFile:
    """Read a recipe.

    Parameters
    ----------
    source
        The name of one that comes with byhand, or a TOML file; a shell's <(…) is as good as one.

    Raises
    ------
    UsageError
        If there is no such recipe, the file is not TOML, or a key or value in it cannot be used; it names the file.
    """
    path = SHIPPED / f"{source}.toml" if str(source) in names() else Path(source)
    try:
        raw = read_file(path, MOST_BYTES, pipes=True)
    except OSError as error:
        raise UsageError(
            f"{source}: no file that can be read ({words(error)}), and none of the recipes that come with byhand: "
            f"{', '.join(names())}.{meant(path) or did_you_mean(str(source), names())}",
            "recipe",
        ) from error
    with parsing(path, "is no sound recipe in TOML", "Every run leaves a sound one, run.toml.", UsageError):
        facts = tomllib.loads(raw.decode())
        _check_keys(facts)
    choices = facts.get("recipe", {})
    known = [entry.name for entry in fields(Recipe)]
    if unknown := [key for key in choices if key not in known]:
        near = did_you_mean(unknown[0], known) or f" There are {', '.join(known)}."
        raise UsageError(f"{path}: {', '.join(unknown):.200}: no such choice.{near}")
    try:
        if isinstance(choices.get("layers"), str):
            choices["layers"] = parse_layers(choices["layers"])
        return RecipeFile(
            Recipe(**choices),
            facts.get("data", "mnist"),
            facts.get("about", ""),
            facts.get("white"),
            facts.get("transposed", False),
        )
    except UsageError as error:
        raise error.within(path) from error


def _check_keys(facts: Mapping[str, object]) -> None:
    """Refuse keys that there are not, and values of another kind."""
    for key, value in facts.items():
        if key in (entry.name for entry in fields(Recipe)):
            raise ValueError(f"{key} must stand below a line [recipe]")
        if key not in _KEYS:
            near = did_you_mean(key, _KEYS) or f" There are {', '.join(_KEYS)}."
            raise ValueError(f"{key[:50]}: no such key.{near}")
        if not isinstance(value, _KEYS[key]):
            raise ValueError(
                f"{key[:50]} = {value!r:.50} cannot be used; there may be about and data, two texts, white, "
                "a number, transposed, true or false, and a table recipe"
            )


def write(path: Path, content: RecipeFile) -> None:
    """Write a recipe that `read` gives back.

    Raises
    ------
    ByhandError
        If the file cannot be written, or as `encoded`.
    """
    write_atomically(path, encoded(content))


def encoded(content: RecipeFile) -> bytes:
    """Return what stands in the file of a recipe.

    Raises
    ------
    ByhandError
        If the name of the data is no text.
    """
    import tomli_w

    from byhand.data.pixels import facts_of  # NumPy, which a list of names need not load

    choices = {name: value for name, value in content.recipe.to_dict().items() if value is not None}
    pixels = facts_of(content.white, transposed=content.transposed)
    text = tomli_w.dumps({"about": content.about, "data": content.data, **pixels, "recipe": choices})
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ByhandError(f"{content.data}: has bytes in its name that are no text. Give it another one.") from error


def results() -> Mapping[str, Mapping[str, float]]:
    """Return what was measured with the recipes that come with byhand, by name; see benchmarks/recipes.py."""
    measured: dict[str, dict[str, float]] = json.loads(RESULTS.read_text())["recipes"] if RESULTS.exists() else {}
    return measured
