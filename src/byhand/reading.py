"""Read the digits in a picture, one or a whole page, and say so where they cannot be read."""

from dataclasses import dataclass

import numpy as np

from byhand import machine
from byhand.errors import ByhandError, UsageError
from byhand.images.fit import SIDE
from byhand.images.paper import look
from byhand.images.pictures import Picture, Source, open_picture
from byhand.images.prepare import Prepared, prepare
from byhand.model import AnyModel, Model
from byhand.parsing import DOUBTFUL, Glyph, parse
from byhand.types import Box, Bytes, Floats, Json

WITHIN = 0.7  # Within a number a digit is believed from this share of the threshold on.
UNREAD = "?"  # stands in a text for a digit that cannot be read


@dataclass(frozen=True, eq=False)
class Answer:
    """What a model makes of one image.

    Attributes
    ----------
    name
        The class it believes in, such as "7"; None if it should not be believed.
    guesses
        Every class with its probability, 0…1, the most probable first.
    reason
        Why there is no name, in words; None if there is one.
    judged
        Whether the network had anything to judge; if not, its guesses mean nothing.
    """

    name: str | None
    guesses: tuple[tuple[str, float], ...]
    reason: str | None
    judged: bool = True

    def to_dict(self) -> dict[str, Json]:
        """Return it as JSON can hold it, with the two best guesses by themselves."""
        (first, probability), (second, less) = self.guesses[:2]
        return {
            "digit": self.name,
            "probability": probability,
            "best": first,
            "second": second,
            "second_probability": less,
            "reason": self.reason,
            "probabilities": dict(sorted(self.guesses)),
        }


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


@dataclass(frozen=True, eq=False)
class Page:
    """What stands on a page.

    Attributes
    ----------
    lines
        Lines from top to bottom, each of numbers, each of digits from left to right.
    size
        Width and height of the picture in pixels.
    """

    lines: tuple[tuple[tuple[Digit, ...], ...], ...]
    size: tuple[int, int]

    @property
    def text(self) -> str:
        """A line of text for each line, a space between numbers, and a question mark for what cannot be read."""
        return "\n".join(" ".join("".join(digit.text for digit in number) for number in line) for line in self.lines)

    @property
    def digits(self) -> tuple[Digit, ...]:
        """All digits in reading order."""
        return tuple(digit for line in self.lines for number in line for digit in number)

    def to_dict(self) -> dict[str, Json]:
        """Return it as JSON can hold it."""
        lines: list[Json] = [
            [[{"box": list(digit.box), **digit.answer.to_dict()} for digit in number] for number in line]
            for line in self.lines
        ]
        return {"text": self.text, "size": list(self.size), "lines": lines}


def answer(model: AnyModel, probabilities: Floats, problem: str | None = None, *, among_digits: bool = False) -> Answer:
    """Return what to say of one image.

    Parameters
    ----------
    model
        Whose classes and threshold count.
    probabilities
        (classes,) of the image.
    problem
        Why it cannot be a digit, if that is known.
    among_digits
        Whether it stands in a number with others: then it hardly is a letter or a scribble, and less will do.
    """
    order = np.argsort(-probabilities, kind="stable")
    guesses = tuple((model.classes[k], float(probabilities[k])) for k in order)
    (first, p), (second, q) = guesses[:2]
    if problem is not None:
        return Answer(None, guesses, problem, judged=False)
    if p >= model.threshold * (WITHIN if among_digits else 1):
        return Answer(first, guesses, None)
    if p + q > 0.7 and q > 0.1:
        return Answer(None, guesses, f"it may be {first} or {second}")
    return Answer(None, guesses, "it is like no digit" if p < DOUBTFUL else f"it is somewhat like {first}, not enough")


def recognize(source: Source, model: AnyModel | None = None) -> Answer:
    """Name the one digit in a picture, or say why not.

    Parameters
    ----------
    source
        As for `byhand.prepare`.
    model
        A network for 28×28 pixels, compiled or not; the one that comes with byhand if None.

    Raises
    ------
    ByhandError, UsageError
        As `byhand.prepare`; and if the model takes other images.
    """
    model = Model.load() if model is None else model
    check_model(model)
    return recognize_prepared(prepare(source), model)


def recognize_prepared(prepared: Prepared, model: AnyModel) -> Answer:
    """Do the same with a picture that was prepared already."""
    return answer(model, model.predict_proba(prepared.image), prepared.problem)


def check_model(model: AnyModel) -> None:
    """Refuse a model that takes other images than `byhand.prepare` makes."""
    if model.image_shape != (SIDE, SIDE):
        raise UsageError(f"the model takes images of {model.image_shape}; pictures are prepared to {SIDE}×{SIDE}.")


def read(source: Source, model: Model | None = None) -> Page:
    """Read every digit on a page.

    Parameters
    ----------
    source
        A drawing, scan or photo, as for `byhand.prepare`.
    model
        A network for 28×28 pixels; the one that comes with byhand if None.

    Returns
    -------
    Page
        With no lines if there is no ink.

    Raises
    ------
    ByhandError
        If a file cannot be read, far too much is on the page, or `byhand[read]` is not installed.
    UsageError
        If an array or the model does not fit.
    """
    machine.require("read", "to read a page")
    model = Model.load() if model is None else model
    check_model(model)
    picture = open_picture(source)
    try:
        rows = parse(look(picture.pixels), model)
    except ByhandError as error:
        raise ByhandError(f"{picture.name}: {error}") from error
    lines = [[_digits(number, model, picture) for number in line] for line in rows]
    return Page(tuple(map(tuple, lines)), picture.size)


def _digits(number: list[Glyph], model: Model, picture: Picture) -> tuple[Digit, ...]:
    """Return the digits of a number."""
    among_digits = len(number) > 1 and all(glyph.confidence > DOUBTFUL for glyph in number)
    return tuple(
        Digit(
            _in_original(glyph.box, picture),
            glyph.image,
            answer(model, glyph.probabilities, among_digits=among_digits),
        )
        for glyph in number
    )


def _in_original(box: Box, picture: Picture) -> Box:
    """Return a box in the pixels of the upright original."""
    left, top, right, bottom = (side * picture.factor for side in box)
    width, height = picture.size
    return left, top, min(right, width), min(bottom, height)
