"""What the server says when there is no answer: one sentence, and the names of the fields that it is about, as data."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Problem:
    """Why there is no answer, in one sentence."""

    detail: str
    fields: tuple[str, ...] = field(
        default=(), metadata={"description": "The names of the settings or arguments that it is about."}
    )
