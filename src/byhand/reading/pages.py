"""Read the digits on a page, and say so where they cannot be read."""

from dataclasses import dataclass, replace
from pathlib import Path

from byhand import machine
from byhand.errors import ByhandError
from byhand.images.limits import Effort
from byhand.images.pictures import NAMELESS, Picture, Source, open_picture
from byhand.images.showing.rasters import photo
from byhand.images.showing.texts import shortened
from byhand.learning.progress import Epoch
from byhand.model import AnyModel, as_model
from byhand.reading.answers import check_model
from byhand.reading.numbers.assembling import Manner, assemble
from byhand.reading.numbers.evidence import Seen
from byhand.reading.numbers.number import Digit, Number
from byhand.reading.proposals import read_pixels
from byhand.reading.turning import turned_box
from byhand.types import Box, Json


@dataclass(frozen=True, eq=False)
class Page:
    """What stands on a page.

    Attributes
    ----------
    lines
        Lines from top to bottom, each of numbers from left to right.
    size
        Width and height of the picture in pixels.
    name
        The picture's, as a file.
    preview
        A JPEG file of the picture, made small, to show it with what was read; None if there is none.
    """

    lines: tuple[tuple[Number, ...], ...]
    size: tuple[int, int]
    name: str = NAMELESS
    preview: bytes | None = None

    def __repr__(self) -> str:
        return f"<byhand.Page: {', '.join(self._about())}>"

    def _repr_html_(self) -> str:
        """Return the picture with a box around every digit and what was read above it, for a notebook."""
        from byhand.images.showing import records

        marks = [(digit.box, digit.text, digit.answer.name is not None) for digit in self.digits]
        return records.page(self._about(), self.preview, self.size, marks, self.text)

    def _about(self) -> list[str]:
        """Return what there is to say of it in short."""
        count, lines = len(self.digits), len(self.lines)
        unread = sum(digit.answer.name is None for digit in self.digits)
        found = f"{count:,} digit{'s' * (count != 1)} in {lines:,} line{'s' * (lines != 1)}" if count else "no digits"
        return [shortened(self.name, 60), found, *([f"{unread:,} that cannot be read"] if unread else [])]

    @property
    def text(self) -> str:
        """A line of text for each line, a space between numbers, and a question mark for what cannot be read.

        A number that is not certain has one behind it.
        """
        return "\n".join(" ".join(number.marked for number in line) for line in self.lines)

    @property
    def numbers(self) -> tuple[Number, ...]:
        """All numbers in reading order."""
        return tuple(number for line in self.lines for number in line)

    @property
    def digits(self) -> tuple[Digit, ...]:
        """All digits in reading order."""
        return tuple(digit for line in self.lines for number in line for digit in number)

    def to_dict(self) -> dict[str, Json]:
        """Return it as JSON can hold it.

        Returns
        -------
        dict
            "text"; "size", width and height; "lines" of numbers of digits, each with its "box" and what
            `Answer.to_dict` gives; and "numbers", lines of what `Number.to_dict` gives.
        """
        lines: list[Json] = [
            [[{"box": list(digit.box), **digit.answer.to_dict()} for digit in number] for number in line]
            for line in self.lines
        ]
        numbers: list[Json] = [[number.to_dict() for number in line] for line in self.lines]
        return {"text": self.text, "size": list(self.size), "lines": lines, "numbers": numbers}


def read(source: Source, model: AnyModel | Epoch | str | Path | None = None) -> Page:
    """Read every digit on a page.

    Parameters
    ----------
    source
        A drawing, scan or photo, as for `byhand.prepare`.
    model
        A network for 28×28 pixels, or that of an `Epoch`, its file or the folder of a run; the one that comes with
        byhand if None.

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
    model = as_model(model)
    picture = open_picture(source)
    return replace(read_picture(picture, model), preview=photo(picture.pixels))


def read_picture(picture: Picture, model: AnyModel, manner: Manner | None = None) -> Page:
    """Do the same with a picture that is open; without a preview, which takes time and is for notebooks alone."""
    machine.require("read", "to read a page")
    check_model(model)
    try:
        reading = read_pixels(picture.pixels, model, Effort.after_opening(picture))
    except ByhandError as error:
        raise error.within(picture.name) from error
    quarters, size = reading.way.quarters, (picture.pixels.shape[1], picture.pixels.shape[0])
    turned = size[::-1] if quarters % 2 else size

    def in_original(box: Box) -> Box:
        """Return a box, on the pixels as they were turned to be read, in pixels of the upright original."""
        left, top, right, bottom = (side * picture.factor for side in turned_box(box, -quarters, turned))
        return left, top, min(right, picture.size[0]), min(bottom, picture.size[1])

    lines = assemble(reading.lines, model, in_original, manner or Manner(), Seen(reading.sheet, reading.pen))
    return Page(tuple(lines), picture.size, picture.name)
