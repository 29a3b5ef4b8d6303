"""How much the images of each class count, as one writes it, as a recipe keeps it, and as a file holds it.

It loads no arithmetic, as the command line's help does not either.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from byhand.errors import UsageError, refuse
from byhand.labels import LONGEST_NAME, NO_CLASS

# Of a class that is not named it is 1.
ClassWeight: TypeAlias = Literal["balanced"] | tuple[tuple[str, float], ...]

BALANCED: Literal["balanced"] = "balanced"
MOST = 1e6  # of a weight
_ADVICE = "say balanced, or the weight of a class or more, such as 7=2,1=0.5."


def parse_class_weight(text: str) -> ClassWeight:
    """Read "balanced", or names of classes with their weights, such as "7=2,1=0.5".

    Raises
    ------
    UsageError
        If the text is anything else.
    """
    if text.strip().lower() == BALANCED:
        return BALANCED
    pairs = [part.rpartition("=") for part in text.split(",")]
    try:
        weights = [(name.strip(), float(number)) for name, _, number in pairs]
    except ValueError:
        refuse(text, _ADVICE, "class_weight")
    return checked(weights) if all(name for name, _ in weights) else refuse(text, _ADVICE, "class_weight")


def checked(value: object) -> ClassWeight:
    """Return class weights as a recipe keeps them, of a text, a mapping from names to weights, or such pairs.

    Raises
    ------
    UsageError
        If they cannot be used.
    """
    if isinstance(value, str):
        return parse_class_weight(value)
    pairs = list(value.items()) if isinstance(value, Mapping) else value
    if not isinstance(pairs, tuple | list) or not 0 < len(pairs) <= NO_CLASS:
        refuse(value, _ADVICE, "class_weight")
    found: dict[str, float] = {}
    for pair in pairs:
        name, weight = _checked_pair(pair)
        if name in found:
            raise UsageError(f"names the class {name} twice.", "class_weight")
        found[name] = weight
    return tuple(sorted(found.items()))


def as_written(value: ClassWeight | None) -> str | dict[str, float] | None:
    """Return class weights as JSON and TOML can hold them: a text, or a table of weights by name."""
    return value if value is None or isinstance(value, str) else dict(value)


def _checked_pair(pair: object) -> tuple[str, float]:
    """Return the name of a class and its weight; a whole number may be the name of a digit's class."""
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        refuse(pair, _ADVICE, "class_weight")
    name, weight = (part.item() if getattr(part, "shape", None) == () else part for part in pair)
    name = str(name) if isinstance(name, int) and 0 <= name < NO_CLASS and not isinstance(name, bool) else name
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
        refuse(pair, _ADVICE, "class_weight")
    if not isinstance(weight, int | float) or isinstance(weight, bool) or not 0 <= weight <= MOST:
        raise UsageError(f"the weight of class {name} must be a number from 0 to {MOST:,.0f}.", "class_weight")
    return name, float(weight)
