"""A record whose fields are given by name, by hand: help tells what each is, and errors which one was meant."""

from dataclasses import FrozenInstanceError, fields
from functools import wraps
from inspect import cleandoc, formatannotation
from typing import NoReturn, TypeVar

from byhand.errors import UsageError, did_you_mean

T = TypeVar("T")


def by_name(record: type[T]) -> type[T]:
    """Let a frozen dataclass explain itself: its documentation takes each field's text from where it is declared."""
    taken, known = record.__init__, [entry.name for entry in fields(record)]  # type: ignore[arg-type]
    kind, every = record.__name__, f" It has {', '.join(known)}."

    @wraps(taken)
    def take(self: object, *positions: object, **choices: object) -> None:
        """Take what is given by names that there are."""
        if positions:
            raise UsageError(f"what a {kind} is made of has names: {kind}({known[0]}=…), say.")
        if unknown := next((name for name in choices if name not in known), None):
            raise UsageError(f"a {kind} has no {unknown:.50}.{did_you_mean(unknown, known) or every}")
        taken(self, **choices)

    def keep(_: object, name: str, __: object) -> NoReturn:
        """Say how one is changed: by making another."""
        raise FrozenInstanceError(f"a {kind} stays as it is; dataclasses.replace(…, {name}=…) makes another.")

    for name, method in {"__init__": take, "__setattr__": keep}.items():
        setattr(record, name, method)
    record.__doc__ = _explained(record)
    return record


def _explained(record: type[object]) -> str:
    """Return the documentation of a dataclass with its fields, their types, defaults and texts."""
    told = [
        f"{entry.name} : {formatannotation(entry.type)}, default {entry.default!r}\n    {entry.metadata['help']}\n"
        for entry in fields(record)  # type: ignore[arg-type]
    ]
    head, raises, tail = cleandoc(record.__doc__ or "").partition("Raises\n")
    return f"{head}Attributes\n----------\n{''.join(told)}\n{raises}{tail}\n"
