"""Which recipes a search may try: a recipe file in which a value may be a list of choices, or a range of numbers.

    [recipe]
    epochs = 10
    batch_size = [8, 32, 128]
    learning_rate = {low = 1e-4, high = 1e-2, log = true}
    layers = [[128, 64], [256]]

`layers` is a list by itself, and `class_weight` a table: there a list of such is a list of choices. Every choice and
both ends of a range are checked as a recipe's own values are, before anything is learned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from decimal import Decimal
from math import prod
from pathlib import Path
from types import UnionType
from typing import Any, TypeAlias, cast, get_args, get_type_hints

from byhand.errors import UsageError, did_you_mean, refuse, shortened
from byhand.learning.recipe import Recipe
from byhand.learning.recipe_files import RecipeFile, content_of, facts_of
from byhand.types import Json

MOST_JUDGED, JUDGED_SHARE = 10_000, 6  # One of so many images judges, where the file does not say how many do.
# What is no matter of better or worse, and why.
NOT_SEARCHED = {
    "validation": "trials that are judged on different images cannot be compared.",
    "seed": "the best of several seeds is luck. `byhand train --seeds` tells what chance does.",
    "engine": "it changes how quickly a network learns, and not what.",
}
_KEYS = ("low", "high", "log", "step")


@dataclass(frozen=True)
class Choices:
    """Some values, each by the text that stands for it wherever it is told or kept."""

    values: Mapping[str, object]

    def __str__(self) -> str:
        return " or ".join(self.values)


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included: whole ones, if these are; `step` apart, if that is a number.

    Attributes
    ----------
    log
        Whether factors count alike, as from 0.001 to 0.01 and from there to 0.1, and not differences.
    """

    low: float
    high: float
    log: bool = False
    step: float | None = None

    @property
    def is_whole(self) -> bool:
        """Whether its numbers are whole ones."""
        return isinstance(self.low, int)

    @property
    def count(self) -> float:
        """How many numbers it has."""
        step = 1 if self.step is None and self.is_whole else self.step
        return float("inf") if step is None else _steps(self.low, self.high, step) + 1

    def __str__(self) -> str:
        more = ", logarithmic" if self.log else f" by {self.step:g}" if self.step is not None else ""
        return f"{self.low:g} to {self.high:g}{more}"


Allowed: TypeAlias = Choices | Range


@dataclass(frozen=True)
class Space:
    """The recipes of a search.

    Attributes
    ----------
    content
        What the file says besides what is searched: there a recipe has its defaults.
    searched
        What each field that is searched may be.
    facts
        What stands in the file.
    """

    content: RecipeFile
    searched: Mapping[str, Allowed]
    facts: Mapping[str, Any]

    @property
    def base(self) -> Recipe:
        """The recipe without what is searched."""
        return self.content.recipe

    @property
    def count(self) -> float:
        """How many recipes there are."""
        sizes = (len(one.values) if isinstance(one, Choices) else one.count for one in self.searched.values())
        return prod(sizes)

    @property
    def longest(self) -> int:
        """How many epochs a training may have at most."""
        return max(cast("Sequence[int]", self.ends("epochs")))

    def ends(self, name: str) -> Sequence[object]:
        """Return the values of a field that may be the least or the greatest: all choices, both ends of a range."""
        match self.searched.get(name):
            case Choices(values):
                return list(values.values())
            case Range(low, high):
                return low, high
        return (getattr(self.base, name),)

    def recipe(self, chosen: Mapping[str, object]) -> Recipe:
        """Return the recipe that has the chosen values."""
        return replace(self.base, **chosen)  # type: ignore[arg-type]

    def judged_by(self, images: int) -> "Space":
        """Return the space whose recipes set images aside to be judged by, where it does not say how many.

        Parameters
        ----------
        images
            How many training images there are.
        """
        if "validation" in self.content.said:
            return self
        count = max(min(MOST_JUDGED, images // JUDGED_SHARE), 1)
        return replace(self, content=replace(self.content, recipe=replace(self.base, validation=count)))

    def to_dict(self) -> dict[str, Json]:
        """Return as JSON can hold it what two spaces must have in common to be the same."""
        fixed = {entry.name: _written(getattr(self.base, entry.name)) for entry in fields(Recipe)}
        searched = {
            name: list(allowed.values) if isinstance(allowed, Choices) else asdict(allowed)
            for name, allowed in self.searched.items()
        }
        return {"recipe": {name: value for name, value in fixed.items() if name not in searched}, "searched": searched}


def read(source: str | Path) -> Space:
    """Read a space.

    Parameters
    ----------
    source
        A TOML file; a shell's <(…) is as good as one.

    Raises
    ------
    UsageError
        If there is no such file, it is not TOML, a key, value, choice or range in it cannot be used, or nothing is
        searched; it names the file.
    """
    return space_of(*facts_of(source))


def space_of(path: Path, facts: Mapping[str, Any]) -> Space:
    """Return the space that the facts of a file are; see `read`."""
    written = facts.get("recipe", {})
    several = {name: value for name, value in written.items() if _is_searched(name, value)}
    fixed = {name: value for name, value in written.items() if name not in several}
    # Patience needs images to judge by; how many there can be, the data will tell.
    unsaid = {} if "validation" in fixed else {"validation": 1}
    content = content_of(path, {**facts, "recipe": {**fixed, **unsaid}})
    content = replace(content, said=content.said - unsaid.keys())
    try:
        space = Space(content, {name: _allowed(name, value, content.recipe) for name, value in several.items()}, facts)
        if content.recipe.validation == 0:
            raise UsageError("0 leaves no image to judge by; name another number, or leave it out.", "validation")
        if space.count < 2:
            raise UsageError("nothing is searched: give a choice several values, such as batch_size = [8, 32, 128].")
    except UsageError as error:
        raise error.within(path) from error
    return space


def _is_searched(name: str, value: object) -> bool:
    """Tell whether a value in a file is several: for most fields any list or table is."""
    if name == "layers":  # [128, 64] is one value, and so is [].
        return isinstance(value, list) and not all(isinstance(size, int) for size in value)
    if name == "class_weight":
        return isinstance(value, list) and any(isinstance(one, str | dict) for one in value)
    return isinstance(value, list | dict) and name in (entry.name for entry in fields(Recipe))


def _allowed(name: str, written: object, base: Recipe) -> Allowed:
    """Return what a field may be, by what stands in a file; refuse what cannot be used."""
    if name in NOT_SEARCHED:
        raise UsageError(f"is not searched: {NOT_SEARCHED[name]}", name)
    return _range(name, written, base) if isinstance(written, dict) else _choices(name, written, base)


def _choices(name: str, written: object, base: Recipe) -> Choices:
    """Return the choices of a list."""
    assert isinstance(written, list)
    values: dict[str, object] = {}
    for one in written:
        value = _checked(name, one, base)
        if value in values.values():
            raise UsageError(f"{as_text(value)} is among its choices twice.", name)
        values[as_text(value)] = value
    if not values:
        raise UsageError("an empty list leaves nothing to choose.", name)
    return Choices(values)


def _range(name: str, written: Mapping[str, object], base: Recipe) -> Range:
    """Return the range that a table tells."""
    hint = get_type_hints(Recipe)[name]
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if not {int, float} & {*kinds}:
        raise UsageError("has no range, as it is no number. List its choices: [ … ].", name)
    if unknown := [key for key in written if key not in _KEYS]:
        near = did_you_mean(unknown[0], _KEYS) or f" There are {', '.join(_KEYS)}."
        raise UsageError(f"{shortened(unknown[0])}: no such key of a range.{near}", name)
    if missing := [key for key in _KEYS[:2] if key not in written]:
        raise UsageError(f"a range needs `low` and `high`; {missing[0]} is missing.", name)
    number = int if int in kinds else float
    low, high = (number(cast("float", _checked(name, written[key], base))) for key in _KEYS[:2])
    log, step = written.get("log", False), written.get("step")
    if not isinstance(log, bool):
        refuse(log, "`log` of a range is true or false.", name)
    if low >= high:
        raise UsageError(f"{low:g} to {high:g} is an empty range: `low` must be below `high`.", name)
    if log and low <= 0:
        raise UsageError(f"a logarithmic range begins above 0, and not at {low:g}.", name)
    if step is None:
        return Range(low, high, log)
    if log:
        raise UsageError("a logarithmic range has no `step`: leave out one of them.", name)
    if not isinstance(step, number | int) or isinstance(step, bool) or not 0 < step <= high - low:
        kind = "whole number" if number is int else "number"
        refuse(step, f"`step` of a range must be a {kind} above 0 that is no more than the range is wide.", name)
    last = Decimal(str(low)) + _steps(low, high, step) * Decimal(str(step))  # Not all ranges end with a whole step.
    return Range(low, number(last), step=number(step))


def _steps(low: float, high: float, step: float) -> int:
    """Return how many steps there are in a range, counted in decimals, as they are written."""
    return int((Decimal(str(high)) - Decimal(str(low))) / Decimal(str(step)))


def _checked(name: str, value: object, base: Recipe) -> object:
    """Return a value as a recipe has it; refuse one that it cannot have."""
    if value is None:
        refuse(value, "leave it out.", name)
    return getattr(replace(base, **{name: value}), name)  # type: ignore[arg-type]


def as_text(value: object) -> str:
    """Return a value of a recipe's field as a text, as the command line takes it."""
    match value:
        case str():
            return value
        case tuple() if all(isinstance(one, int) for one in value):
            return ",".join(map(str, value)) or "none"
        case tuple():
            return ",".join(f"{name}={weight:g}" for name, weight in value)
    return f"{value}"


def _written(value: object) -> Json:
    """Return a value of a recipe's field as JSON can hold it."""
    return as_text(value) if isinstance(value, tuple) else cast("Json", value)
