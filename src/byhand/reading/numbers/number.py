"""A number as somebody wrote it: its digits and signs, its value, and how sure all of it is."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal

from byhand.images.showing.texts import SHORT, percent, shortened
from byhand.reading.answers import Answer
from byhand.reading.numbers.certainty import Evidence
from byhand.reading.numbers.patterns import UNREAD, Kind, Value
from byhand.types import Box, Bytes, Json


@dataclass(frozen=True, eq=False)
class Digit:
    """One digit on a page.

    Attributes
    ----------
    box
        Left, top, right and bottom of its ink, in pixels of the upright picture; right and bottom are exclusive.
    image
        (28, 28) uint8, as the network saw it.
    answer
        What it made of it.
    """

    box: Box
    image: Bytes
    answer: Answer

    @property
    def text(self) -> str:
        """The digit, or a question mark."""
        return self.answer.name or UNREAD

    def __repr__(self) -> str:
        return f"<byhand digit {shortened(self.text, SHORT)} at {self.box}>"

    def _repr_html_(self) -> str:
        """Return the image and bars of the probabilities, for a notebook."""
        return replace(self.answer, image=self.image)._repr_html_()


@dataclass(frozen=True)
class Sign:
    """A sign of a number, such as a point or a minus.

    Attributes
    ----------
    box
        Of its ink, as of a `Digit`.
    text
        One of . , ' - + / : =
    """

    box: Box
    text: str


@dataclass(frozen=True, eq=False)
class Number:
    """A number on a page. Going through it yields its digits, from left to right, and its length is how many it has.

    Attributes
    ----------
    digits
        Its digits, from left to right.
    signs
        Its signs, from left to right.
    text
        All of it as it is written, such as "-37", "1'250.00" or "31/12/1999"; "?" stands for a digit that cannot be
        read.
    kind
        "integer", "amount" (with two places), "decimal", "date", "time" or "other".
    value
        An `int`, a `Decimal`, a `date` or a `time`; None if it cannot be told.
    probability
        That every digit and sign of it is right, 0…1.
    certain
        Whether that is enough to believe it.
    second
        What else it may be; None if nothing else comes near.
    second_probability
        That this is right, 0…1.
    evidence
        What its probability comes from.
    """

    digits: tuple[Digit, ...]
    signs: tuple[Sign, ...]
    text: str
    kind: Kind
    value: Value | None
    probability: float
    certain: bool
    second: str | None = None
    second_probability: float = 0.0
    evidence: Evidence | None = None

    def __iter__(self) -> Iterator[Digit]:
        return iter(self.digits)

    def __len__(self) -> int:
        return len(self.digits)

    def __getitem__(self, place: int) -> Digit:
        return self.digits[place]

    def __repr__(self) -> str:
        return f"<byhand number {shortened(self.marked, 40)} ({self.kind}, {percent(self.probability)})>"

    def _repr_html_(self) -> str:
        """Return its digits as the network saw them, for a notebook."""
        from byhand.images.showing import records

        else_perhaps = f"else perhaps {self.second} ({percent(self.second_probability)})" if self.second else ""
        about = [self.marked, self.kind, f"all of it is right with a probability of {percent(self.probability)}"]
        digits = [(digit.text, digit.answer.guesses[0][1], digit.image) for digit in self.digits]
        return records.number([*about, else_perhaps], digits)

    @property
    def box(self) -> Box:
        """Left, top, right and bottom of all its ink, in pixels of the upright picture."""
        boxes = [*(digit.box for digit in self.digits), *(sign.box for sign in self.signs)]
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)

    @property
    def marked(self) -> str:
        """The text, with a question mark behind if it is not certain and has none in it already."""
        return self.text if self.certain or UNREAD in self.text else self.text + UNREAD

    def to_dict(self) -> dict[str, Json]:
        """Return it as JSON can hold it: all but its digits.

        Returns
        -------
        dict
            "text"; "kind"; "value", a number, a day or time in ISO 8601, or None; "box"; "probability"; "certain";
            "second" and "second_probability".
        """
        return {
            "text": self.text,
            "kind": self.kind,
            "value": _told(self.value),
            "box": list(self.box),
            "probability": self.probability,
            "certain": self.certain,
            "second": self.second,
            "second_probability": self.second_probability,
        }


def _told(value: Value | None) -> Json:
    """Return a value as JSON can hold it."""
    if isinstance(value, date | time):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value
