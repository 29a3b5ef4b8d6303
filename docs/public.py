"""What is public in byhand, and what can be told of it: for the page that shows it and the check of its docstrings."""

import ast
import dataclasses
import inspect
import re
import sys
import textwrap
from collections.abc import Callable
from types import NoneType
from typing import TypeAlias

from numpydoc.docscrape import NumpyDocString

import byhand
from byhand.images.fit import Fitted
from byhand.images.pictures import Picture
from byhand.reading.numbers.number import Digit, Number

Public: TypeAlias = Callable[..., object]


class Verbatim(str):
    """A text that a signature shows as it is."""

    __slots__ = ()
    __repr__ = str.__str__


def sections() -> dict[str, dict[str, Public]]:
    """Return functions, classes and errors, and the records that fields of these lead to, by title and full name."""
    named: dict[str, Public] = {f"byhand.{name}": getattr(byhand, name) for name in byhand.__all__}
    classes = {name for name, of in named.items() if inspect.isclass(of)}
    errors = {name for name in classes if name.endswith("Error")}
    return {
        "Functions": {name: of for name, of in named.items() if name not in classes},
        "Classes": {name: of for name, of in named.items() if name in classes - errors},
        "Errors": {name: of for name, of in named.items() if name in errors},
        "Records in their fields": {of.__name__: of for of in (Digit, Fitted, Number, Picture)},
    }


def methods(of: Public) -> dict[str, Public]:
    """Return the public methods that a class itself has."""
    own = [name for name in vars(of) if not name.startswith("_")] if inspect.isclass(of) else []
    return {name: getattr(of, name) for name in own if inspect.isroutine(getattr(of, name))}


def properties(of: Public) -> dict[str, tuple[str, str]]:
    """Return the type and the meaning of the public properties of a class."""
    found = vars(of).items() if inspect.isclass(of) else ()
    return {
        name: (annotations(value.fget)["return"], summary(value))
        for name, value in found
        if isinstance(value, property) and value.fget is not None and not name.startswith("_")
    }


def docstring(of: object) -> NumpyDocString:
    """Return a docstring in its sections."""
    return NumpyDocString(inspect.getdoc(of) or "")


def summary(of: object) -> str:
    """Return the first sentence of a docstring."""
    return " ".join(docstring(of)["Summary"])


def annotations(of: Public) -> dict[str, str]:
    """Return the types of parameters and result, or of fields, as the source has them: aliases keep their names."""
    if inspect.isclass(of) and not dataclasses.is_dataclass(of):
        of = next(vars(base)["__init__"] for base in of.__mro__ if "__init__" in vars(base))
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(of))).body
    if isinstance(node, ast.FunctionDef):
        every = [*node.args.args, *node.args.kwonlyargs, *filter(None, [node.args.vararg])]
        found = [(each.arg, each.annotation) for each in every] + [("return", node.returns)]
        return {name: written(kind) for name, kind in found if kind is not None}
    assert isinstance(node, ast.ClassDef)
    return {written(line.target): written(line.annotation) for line in node.body if isinstance(line, ast.AnnAssign)}


def written(node: ast.expr) -> str:
    """Return a type as it would be written where it needs no quotes."""
    text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ast.unparse(node)
    return text.replace("'", '"')


def literal(value: object) -> str:
    """Return a default as it would be written, or dots for an object."""
    is_plain = isinstance(value, str | int | float | tuple | NoneType)
    return repr(value).replace("'", '"') if is_plain else "..."


def signature(name: str, of: Public) -> str:
    """Return how something is called, with types and defaults; a record's fields tell its types themselves."""
    types = {} if dataclasses.is_dataclass(of) else annotations(of)
    call = inspect.signature(of)
    parameters = [
        each.replace(
            annotation=Verbatim(types[each.name]) if each.name in types else each.empty,
            default=each.empty if each.default is each.empty else Verbatim(literal(each.default)),
        )
        for each in call.parameters.values()
        if each.name != "self"
    ]
    result = call.empty if inspect.isclass(of) else Verbatim(types["return"])
    text = name + str(call.replace(parameters=parameters, return_annotation=result))
    return textwrap.fill(text, 100, subsequent_indent=4 * " ", break_long_words=False, break_on_hyphens=False)


def aliases(text: str) -> dict[str, str]:
    """Return the names for types that stand in the code of a text, and what they are short for."""
    code = " ".join(re.findall(r"```.*?```|`[^`\n]*`", text, re.DOTALL))
    found = {}
    for module in [module for name, module in sys.modules.items() if name.startswith("byhand.")]:
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.AnnAssign) and written(node.annotation) == "TypeAlias" and node.value is not None:
                found[written(node.target)] = written(node.value)
    return {name: found[name] for name in sorted(found) if re.search(rf"\b{name}\b", code)}
