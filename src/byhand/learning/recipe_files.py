"""Recipes as TOML files: those that come with byhand, a user's own, and the one every run leaves behind.

    about = "What it is for, in a sentence."
    data = "mnist"

    [recipe]
    layers = [128, 64]
    epochs = 20

What a file leaves out has its default. `data` is what `byhand train --data` takes; `white`, `transposed` and `from` are
as its options. `resumed_after` tells after which epochs a run was given more of them: begun for them all, it comes to
something else. A run that began from a model leaves the SHA-256 of its file as well, `from_sha256`: begun from another
one, it would come to something else.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from byhand.errors import ByhandError, UsageError, did_you_mean
from byhand.files import as_text, meant, parsing, read_file, words, write_atomically
from byhand.learning.recipe import Recipe, parse_layers

SHIPPED = Path(__file__).parent / "recipes"
RESULTS = SHIPPED / "results.json"
MOST_BYTES = 2**14  # of a recipe file; one long name with dots takes memory by the square of its length
_KEYS = {
    "about": str,
    "data": str,
    "recipe": dict,
    "white": int,
    "transposed": bool,
    "from": str,
    "from_sha256": str,
    "resumed_after": list,
}


@dataclass(frozen=True)
class RecipeFile:
    """A recipe, the data it is for, what it is for, and how the data's pixels are taken; see `datasets.load`.

    Attributes
    ----------
    resumed_after
        After which epochs the run that left it was given more of them.
    model, model_sha256
        The file of the network that it begins from, if any, and what its SHA-256 should be.
    said
        The fields of the recipe that the file names.
    """

    recipe: Recipe
    data: str = "mnist"
    about: str = ""
    white: int | None = None
    transposed: bool = False
    model: str | None = None
    model_sha256: str | None = None
    said: frozenset[str] = frozenset()
    resumed_after: tuple[int, ...] = ()


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
    return content_of(*facts_of(source))


def facts_of(source: str | Path) -> tuple[Path, dict[str, Any]]:
    """Return where a recipe lies, and what stands there, of which the choices are not checked yet; see `read`."""
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
        facts = tomllib.loads(as_text(raw))
        _check_keys(facts)
    return path, facts


def content_of(path: Path, facts: Mapping[str, Any]) -> RecipeFile:
    """Return what the facts of a file say; see `read`."""
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
            facts.get("from"),
            facts.get("from_sha256"),
            frozenset(choices),
            tuple(facts.get("resumed_after", ())),
        )
    except UsageError as error:
        raise error.within(path) from error


def _check_keys(facts: Mapping[str, Any]) -> None:
    """Refuse keys that there are not, and values of another kind."""
    for key, value in facts.items():
        if key in (entry.name for entry in fields(Recipe)):
            raise ValueError(f"{key} must stand below a line [recipe]")
        if key not in _KEYS:
            near = did_you_mean(key, _KEYS) or f" There are {', '.join(_KEYS)}."
            raise ValueError(f"{key[:50]}: no such key.{near}")
        epochs = value if key == "resumed_after" and isinstance(value, list) else []
        if not isinstance(value, _KEYS[key]) or not all(type(epoch) is int for epoch in epochs):
            raise ValueError(
                f"{key[:50]} = {value!r:.50} cannot be used; there may be about, data, from and from_sha256, which are "
                "texts, white, a number, transposed, true or false, resumed_after, whole numbers, and a table recipe"
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
        If the name of the data, or of the model to begin from, is no text.
    """
    import tomli_w

    from byhand.data.pixels import facts_of  # NumPy, which a list of names need not load

    choices = {name: value for name, value in content.recipe.to_dict().items() if value is not None}
    pixels = facts_of(content.white, transposed=content.transposed)
    begins = {"from": content.model, "from_sha256": content.model_sha256}
    files = {"data": content.data} | {name: value for name, value in begins.items() if value is not None}
    for name in files.values():
        try:
            name.encode()
        except UnicodeEncodeError as error:
            raise ByhandError(f"{name}: has bytes in its name that are no text. Give it another one.") from error
    more = {"resumed_after": list(content.resumed_after)} if content.resumed_after else {}
    return tomli_w.dumps({"about": content.about, **files, **pixels, **more, "recipe": choices}).encode()


def results() -> Mapping[str, Mapping[str, float]]:
    """Return what was measured with the recipes that come with byhand, by name; see benchmarks/recipes.py."""
    measured: dict[str, dict[str, float]] = json.loads(RESULTS.read_bytes())["recipes"] if RESULTS.exists() else {}
    return measured
