"""What the server says when there is no answer: one sentence, and the names of the fields that it is about, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Problem:
    """Why there is no answer, in one sentence."""

    detail: str
    fields: tuple[str, ...] = field(
        default=(), metadata={"description": "The names of the settings or arguments that it is about."}
    )


_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "finite": "a number",
    "bool": "true or false",
    "string": "a text",
}
_KINDS |= {"list": "a list", "dict": "an object", "json": "sound JSON"}


def sentence(found: Mapping[str, object]) -> str:
    """Return what pydantic has found to be wrong with a value as a sentence."""
    kind, bounds = str(found["type"]), found.get("ctx")
    bounds = bounds if isinstance(bounds, Mapping) else {}
    match kind:
        case "missing":
            return "is missing."
        case "greater_than_equal":
            return f"must be at least {bounds['ge']}."
        case "less_than_equal":
            return f"must be at most {bounds['le']}."
        case "too_long":
            return f"there may be at most {bounds['max_length']:,}."
        case "too_short":
            return f"there must be at least {bounds['min_length']:,}."
        case "literal_error" | "enum":
            return f"must be {bounds['expected']}."
    known = _KINDS.get(kind.split("_")[0])
    return f"must be {known}." if known else "cannot be used."
