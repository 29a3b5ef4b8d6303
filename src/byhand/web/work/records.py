"""What processes say to each other: a frozen record for each message, and each of them one line of JSON.

Only a record's bytes, which may be many, follow its line. What comes from another process is checked by the types that
the record's fields have, and nothing that is read is ever run.
"""

import json
import types
from collections.abc import Hashable, Mapping
from dataclasses import Field, asdict, is_dataclass
from functools import cache
from typing import (
    IO,
    Any,
    ClassVar,
    Literal,
    Protocol,
    TypeAlias,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

T = TypeVar("T")


class Record(Protocol):
    """A frozen dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


Kinds: TypeAlias = Mapping[str, type[T]]


def kinds_of(*records: type[T]) -> Kinds[T]:
    """Return kinds of records by the names that they are sent under."""
    return {kind.__name__.lower(): kind for kind in records}


def encode(record: Record) -> bytes:
    """Return a record as a line of JSON; of its bytes the line says how many they are, and they follow."""
    return b"".join(parts_of(record))


def parts_of(record: Record) -> list[bytes]:
    """Return the same in its parts: bytes that are many are not copied."""
    facts: dict[str, object] = {"kind": type(record).__name__.lower(), **asdict(record)}
    parts = {name: fact for name, fact in facts.items() if isinstance(fact, bytes)}
    facts |= {name: len(part) for name, part in parts.items()}
    return [json.dumps(facts, allow_nan=False).encode() + b"\n", *parts.values()]


def read_record(stream: IO[bytes], kinds: Kinds[T]) -> T | None:
    """Return the next record; None at the end, also if that lies within a record: who sent it was killed.

    Raises
    ------
    ValueError
        If a line holds none, or one that lacks or misstates something.
    """
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    try:
        facts = json.loads(line)
        kind = kinds[facts.pop("kind")]
        for name in [name for name, hint in hints(cast("Hashable", kind)).items() if hint is bytes]:
            length = facts[name]
            if type(length) is not int or length < 0:
                raise TypeError(f"{length!r} is no number of bytes")
            facts[name] = stream.read(length)
            if len(facts[name]) < length:
                return None
        return _record(kind, facts)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise ValueError(f"{line[:200]!r} is no message: {type(error).__name__}: {error}") from error


@cache
def hints(kind: Hashable) -> Mapping[str, Any]:
    """Return the types of a record's fields."""
    return get_type_hints(kind)


def _record(kind: type[T], facts: Mapping[str, object]) -> T:
    """Return a record, if its facts are all there and of the right kind."""
    named = hints(cast("Hashable", kind))
    if facts.keys() != named.keys():
        raise TypeError(f"it takes {', '.join(named)}")
    return kind(**{name: _value(hint, facts[name]) for name, hint in named.items()})


def _value(hint: Any, fact: Any) -> object:  # noqa: ANN401  # Types are values here, and of facts nothing is known yet.
    """Return a fact of JSON as the type that a field has."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if len(inner) > 2:  # all that JSON can hold
            return fact
        return None if fact is None else _value(inner[0], fact)
    if is_dataclass(hint) and isinstance(hint, type):
        return _record(hint, fact)
    if origin is tuple and isinstance(fact, list):
        kinds = len(fact) * inner[:1] if inner[-1] is Ellipsis else inner
        return tuple(_value(kind, one) for kind, one in zip(kinds, fact, strict=True))
    if origin is Mapping and isinstance(fact, dict):
        return {name: _value(inner[1], one) for name, one in fact.items()}
    if origin is Literal and fact in inner:
        return fact
    if hint is float and type(fact) is int:
        return fact
    if type(fact) is hint:
        return fact
    raise TypeError(f"{fact!r} is not {hint}")
