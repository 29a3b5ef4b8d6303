"""Tell what the docstrings of public names lack: numpydoc's rules, with the exceptions that stand here."""

import dataclasses
import inspect
import sys
from collections.abc import Iterator

from numpydoc.validate import validate

from public import Public, docstring, methods, properties, sections

EXCEPTIONS = {
    ("", "ES01"): "one sentence may be enough",
    ("", "SA01"): "what belongs together is named in the text",
    ("", "EX01"): "README has the examples, and tests run them",
    ("", "PR04"): "types stand in the annotations",
    ("byhand.UsageError", "PR01"): "its parameters are those of ByhandError",
    ("byhand.evaluate", "RT03"): "it returns a record, whose fields are told",
    ("byhand.train", "RT01"): "it returns an iterator, and what that yields is told",
    ("byhand.train_together", "RT01"): "it returns an iterator, and what that yields is told",
    ("byhand.resume", "RT01"): "it returns an iterator, and what that yields is told",
    ("byhand.watched", "RT01"): "it returns an iterator, and what that yields is told",
}


def faults(name: str, of: Public) -> Iterator[str]:
    """Yield what a class, its methods and properties, or a function lack."""
    full = name if "." in name else f"{of.__module__}.{name}"
    checked = [full, *(f"{full}.{member}" for member in (*methods(of), *properties(of)))]
    is_record = inspect.isclass(of) and dataclasses.is_dataclass(of)
    for each in checked:
        for code, text in validate(each)["errors"]:
            is_field = each == full and is_record and code == "PR01"  # Fields are told under Attributes.
            if not (is_field or {("", code), (each, code)} & EXCEPTIONS.keys()):
                yield f"{each}: {code} {text}"
    if dataclasses.is_dataclass(of):
        told = {name for entry in docstring(of)["Attributes"] for name in entry.name.split(", ")}
        for field in dataclasses.fields(of):
            if field.name not in told and "help" not in field.metadata:
                yield f"{full}: the field {field.name} is not told under Attributes"


if __name__ == "__main__":
    found = [fault for names in sections().values() for name, of in names.items() for fault in faults(name, of)]
    sys.exit("\n".join(found) if found else 0)
