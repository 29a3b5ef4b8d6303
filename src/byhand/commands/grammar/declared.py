"""Commands, and what a function's signature says of their options and arguments.

    def paint(
        file: Annotated[Path, Argument("FILE", help="What to paint.")],
        coats: Annotated[int, Option(min=1, help="How often.")] = 2,
        dry: Annotated[bool, Option("--dry", help="Wait until it is dry.")] = False,
    ) -> int: ...

    Command("byhand paint", "Paint a file.", paint)

The help stands in the command and not in the docstring, which `python -OO` takes away.
"""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from pathlib import Path
from types import NoneType, UnionType
from typing import Literal, get_args, get_origin

from byhand.commands.grammar import values
from byhand.learning.recipe import LARGEST, check_integer

Words = Callable[[], Iterable[str]]


@dataclass(frozen=True)
class Option:
    """An option: its name where that is not the parameter's, such as --open/--no-open, and what is said of it."""

    name: str = ""
    _: KW_ONLY
    help: str
    short: str = ""
    metavar: str = ""
    parser: Callable[[str], object] | None = None
    min: int | None = None
    max: int | None = None
    group: str = ""
    default: object = None  # what is told to be the default, where that of the parameter is None
    words: Words = tuple  # values that a shell may complete


@dataclass(frozen=True)
class Argument:
    """An argument, which has a place instead of a name."""

    metavar: str
    _: KW_ONLY
    help: str
    words: Words = tuple


@dataclass(frozen=True)
class Parameter:
    """An option or argument of a command."""

    name: str  # of the function's parameter
    kind: object  # such as int, or a Literal of its choices
    default: object  # or inspect.Parameter.empty
    said: Option | Argument

    @property
    def required(self) -> bool:
        """Whether there is no default."""
        return self.default is inspect.Parameter.empty

    @property
    def many(self) -> bool:
        """Whether it is a list: an argument that takes all that is left, or an option that may be repeated."""
        return get_origin(self.kind) is list

    @property
    def is_flag(self) -> bool:
        """Whether it takes no value."""
        return self.kind is bool

    @property
    def item(self) -> object:
        """What it is, or each of it if it is a list."""
        return get_args(self.kind)[0] if self.many else self.kind

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that it may be, if it may not be any."""
        return get_args(self.item) if get_origin(self.item) is Literal else ()

    @property
    def spellings(self) -> dict[str, bool]:
        """The option's names, and what each says of a flag."""
        assert isinstance(self.said, Option)
        yes, _, no = (self.said.name or f"--{self.name.replace('_', '-')}").partition("/")
        return {**({self.said.short: True} if self.said.short else {}), yes: True, **({no: False} if no else {})}

    @property
    def field(self) -> str:
        """The name of the option as an error's data has it."""
        return next(name for name in self.spellings if name.startswith("--")).strip("-").replace("-", "_")

    @property
    def metavar(self) -> str:
        """What stands for its value."""
        if self.said.metavar or self.is_flag:
            return self.said.metavar
        return "NAME" if self.choices else {int: "NUMBER", float: "NUMBER", Path: "PATH"}.get(self.item, "TEXT")  # type: ignore[call-overload]

    def read(self, text: str) -> object:
        """Return the value of a text, or of a list's one.

        Raises
        ------
        UsageError
            If it cannot be used.
        """
        if isinstance(self.said, Option) and self.said.parser is not None:
            return self.said.parser(text)
        if self.choices:
            return values.choice(text, self.choices)
        if isinstance(self.said, Argument):
            return values.to_path(text) if self.item is Path else values.to_name_or_path(text)
        if self.item is int:
            value = values.whole(text)
            check_integer(self.field, value, self.said.min or 0, self.said.max or LARGEST)
            return value
        return values.to_path(text) if self.item is Path else values.text_of(text)


@dataclass(frozen=True)
class Command:
    """A command in full, such as `byhand data convert`, what it does, and the commands below it."""

    name: str
    about: str
    function: Callable[..., int] | None = None
    _: KW_ONLY
    more: str = ""
    below: tuple["Command", ...] = ()

    @property
    def word(self) -> str:
        """The last word of its name."""
        return self.name.rpartition(" ")[2]

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its options and arguments."""
        if self.function is None:
            return ()
        signature = inspect.signature(self.function, eval_str=True)
        return tuple(map(_parameter, signature.parameters.values()))

    @property
    def options(self) -> tuple[Parameter, ...]:
        """Its options."""
        return tuple(parameter for parameter in self.parameters if isinstance(parameter.said, Option))

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        """Its arguments, in their order."""
        return tuple(parameter for parameter in self.parameters if isinstance(parameter.said, Argument))


def _parameter(declared: inspect.Parameter) -> Parameter:
    """Return what a function's parameter declares."""
    kind, said = get_args(declared.annotation)
    if get_origin(kind) is UnionType or NoneType in get_args(kind):
        (kind,) = (one for one in get_args(kind) if one is not NoneType)
    return Parameter(declared.name, kind, declared.default, said)
