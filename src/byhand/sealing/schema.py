"""Compare facts read from JSON with the types that say what they should be.

The types are those that the type checker reads: typed dictionaries, lists, texts, numbers, and rules beside them.
Pydantic does this and more; but loading it would take longer than all else of reading a model.
"""

import re
from collections.abc import Callable
from types import UnionType
from typing import Any, TypeAlias, Union, cast, get_args, get_origin, get_type_hints, is_typeddict

from byhand.types import Json

# Returns what a value of the right type should have been, or None if it is right.
Rule: TypeAlias = Callable[[Any], str | None]

_NAMES = {int: "whole number", float: "number", str: "text", dict: "table", list: "list"}


def within(least: float, most: float = 2**63) -> Rule:
    """Return the rule that a number, or the length of anything else, lies in a range."""

    def rule(value: Any) -> str | None:  # noqa: ANN401  # whatever its type is
        size = value if isinstance(value, int | float) else len(value)
        return None if least <= size <= most else f"from {least:g} to {most:g}"

    return rule


def matching(pattern: str) -> Rule:
    """Return the rule that a text is as a regular expression says."""
    return lambda text: None if re.fullmatch(pattern, text) else f"of the form {pattern}"


def check(kind: Any, value: Json, place: str = "") -> None:  # noqa: ANN401  # a type, of which there is no type
    """Refuse a value that is not of a type.

    Raises
    ------
    ValueError
        With the place of the first fault, and what should be there.
    """
    origin, below = get_origin(kind), get_args(kind)
    if is_typeddict(kind):
        _check_table(kind, value, place)
    elif origin is list:
        _check_list(below[0], value, place)
    elif origin is dict:
        _check_is(dict, value, place)
        for name, each in cast("dict[str, Json]", value).items():
            check(below[1], each, _below(place, name[:50]))
    elif origin in (UnionType, Union):  # with None
        if value is not None:
            check(below[0], value, place)
    elif origin is not None:  # Annotated, or NotRequired
        check(below[0], value, place)
        for rule in below[1:]:
            _refuse_unless(place, rule(value))
    elif kind is not Any:
        _check_is(kind, value, place)


def _check_is(kind: type, value: Json, place: str) -> None:
    """Refuse a value of another type of JSON's; a whole number is a number, too."""
    if type(value) is not kind and not (kind is float and type(value) is int):
        _refuse_unless(place, f"a {_NAMES[kind]}")


def _check_table(kind: Any, value: Json, place: str) -> None:  # noqa: ANN401  # a type, of which there is no type
    """Refuse what is no such table, lacks something, or has more and is no type with a field `more`."""
    _check_is(dict, value, place)
    assert isinstance(value, dict)
    hints = get_type_hints(kind, include_extras=True)
    may_have_more = hints.pop("more", None) is not None
    for name in sorted(kind.__required_keys__ - value.keys()):
        raise ValueError(f"{_below(place, name)} is missing")
    for name, below in value.items():
        if name in hints:
            check(hints[name], below, _below(place, name))
        elif not may_have_more:
            raise ValueError(f"{_below(place, name[:50])} is unknown")


def _check_list(kind: Any, value: Json, place: str) -> None:  # noqa: ANN401  # a type, of which there is no type
    """Refuse what is no list of values of a type."""
    if not isinstance(value, list) or (kind in _NAMES and not all(type(each) is kind for each in value)):
        _refuse_unless(place, f"a list of {_NAMES.get(kind, 'table')}s")
    elif kind not in _NAMES:
        for number, each in enumerate(value):
            check(kind, each, _below(place, str(number)))


def _below(place: str, name: str) -> str:
    """Return the place of what is within a place."""
    return f"{place}.{name}" if place else name


def _refuse_unless(place: str, wanted: str | None) -> None:
    """Say what should be at a place, if it is not."""
    if wanted is not None:
        raise ValueError(f"{place or 'all of it'} must be {wanted}")
