"""Tell what the columns of a table of images are: by its header, or else by how many there are and what is in them."""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from byhand.errors import ByhandError

LABELS = ("label", "labels", "class", "classes", "target", "y", "digit", "character", "letter")
NUMBERS = ("", "id", "index", "unnamed: 0", "imageid", "rowid")  # of rows
MOST_COLUMNS = 2**20 + 10  # a pixel each, and a few others
LOOKED_AT = 500  # Rows by which the column of labels is found.
MANY = 20  # So many different numbers are a header that numbers its columns.
FEW = 4  # so many columns are no table of images, unless a header says it
_PLACE = re.compile(r"(?:\d+)x(?:\d+)")


class Columns(NamedTuple):
    """Which columns of a table are what."""

    before: int  # columns before the pixels
    pixels: int
    after: int
    label: int | None  # the position of the label
    shape: tuple[int, int]
    number: int | None = None  # the position of the row's own number, before the pixels
    numbered: str | None = None  # and its name


def columns_of(path: Path, lines: Sequence[bytes]) -> tuple[Columns, bytes, int]:
    """Return what the columns are, what separates them, and how many lines are a header, by the first lines.

    Raises
    ------
    ByhandError
        If that cannot be told.
    """
    if lines[0].lstrip()[:1] in (b"@", b"%"):
        return _arff(path, lines)
    separator = separator_of(lines[0])
    if lines[0].count(separator) > MOST_COLUMNS:
        raise ByhandError(f"{path}: has more than {MOST_COLUMNS:,} columns.")
    first = cells_of(lines[0], separator)
    words_in = sum(not _is_number(cell) for cell in first)
    label_alone = words_in == 1 and {first[0].lower(), first[-1].lower()} & {*LABELS}
    different = len(set(first)) == len(first)  # as numbers of columns are, and never the pixels of an image
    header = words_in > 1 or (different and bool(label_alone or (words_in == 0 and len(first) > MANY)))
    rows = [cells_of(line, separator) for line in lines[int(header) :][:LOOKED_AT] if line.strip()]
    if rows and header and len(rows[0]) == len(first) + 1:
        first = ["", *first]  # R names no column for the numbers of rows.
    columns = named(path, first) if header and words_in else _unnamed(path, len(first), rows)
    return columns, separator, int(header)


def _arff(path: Path, lines: Sequence[bytes]) -> tuple[Columns, bytes, int]:
    """Tell what the columns of an ARFF file are, which OpenML's are: lines that begin with @ tell it."""
    names = []
    for place, line in enumerate(lines):
        word, _, rest = line.strip().partition(b" ")
        if word.lower() == b"@attribute":
            names.append((cells_of(rest.strip().replace(b"\t", b" "), b" ") or [""])[0])
        if line.strip().lower() == b"@data":
            if lines[place + 1 : place + 2] and lines[place + 1].lstrip().startswith(b"{"):
                raise ByhandError(f"{path}: lists only what is not zero. Save it with every pixel, as CSV, say.")
            return named(path, names), b",", place + 1
    raise ByhandError(f"{path}: begins as an ARFF file, but has no line @data.")


def separator_of(line: bytes) -> bytes:
    """Return what stands between the cells of a line."""
    return max((b",", b";", b"\t", b" "), key=line.strip().count)


def cells_of(line: bytes, separator: bytes) -> list[str]:
    """Return the cells of a line."""
    cells = line.split() if separator == b" " else line.split(separator)
    return [cell.decode("utf-8", "replace").strip(" \t\r'\"") for cell in cells]


def _is_number(text: str) -> bool:
    """Tell whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def named(path: Path | str, names: list[str]) -> Columns:
    """Tell by the header what the columns are."""
    lower = [name.lower() for name in names]
    labels = [place for place, name in enumerate(lower) if name in LABELS]
    spare = {place for place, name in enumerate(lower) if name in NUMBERS} | set(labels)
    pixels = [place for place in range(len(names)) if place not in spare]
    if len(labels) > 1 or not pixels or pixels != list(range(pixels[0], pixels[-1] + 1)):
        raise ByhandError(
            f"{path}: its header must name one column label, first or last, and pixels beside each other; there are "
            f"{len(labels)} columns of labels among {len(names):,}."
        )
    shape = _shape(path, [lower[place] for place in pixels])
    after, label = len(names) - 1 - pixels[-1], labels[0] if labels else None
    number = next((place for place in range(pixels[0]) if names[place] and lower[place] in NUMBERS), None)
    numbered = None if number is None else names[number]
    return Columns(pixels[0], len(pixels), after, label, shape, number, numbered)


def _shape(path: Path | str, names: list[str]) -> tuple[int, int]:
    """Return height and width: as the last column says, such as 28x20, or else of a square."""
    if _PLACE.fullmatch(names[-1]) and math.prod(sides := [*map(int, names[-1].split("x"))]) == len(names):
        return sides[0], sides[1]
    if (side := math.isqrt(len(names))) ** 2 != len(names):
        raise ByhandError(
            f"{path}: {len(names):,} pixels in a row make no square. Name a column label in a header, or the last "
            "pixel by its row and column, such as 28x20."
        )
    return side, side


def _unnamed(path: Path, count: int, rows: list[list[str]]) -> Columns:
    """Tell by how many columns there are, and by what is in them, what they are."""
    if (side := math.isqrt(count)) ** 2 == count:
        return Columns(0, count, 0, None, (side, side))
    side = math.isqrt(count - 1)
    if side**2 != count - 1 or count < FEW:
        raise ByhandError(
            f"{path}: {count:,} columns are neither the pixels of a square image nor these and a label. Name columns "
            "in a header: label, and the last pixel by its row and column, such as 28x20."
        )
    ends = [[row[place] for row in rows if len(row) == count] for place in (0, -1)]
    chosen = [_looks_like_labels(values) for values in ends]
    if chosen[0] == chosen[1]:
        chosen = [len(set(values)) > 1 for values in ends]
    if chosen[0] == chosen[1]:
        raise ByhandError(
            f"{path}: the label may stand in the first or in the last of its {count:,} columns. Name it label in a "
            "header."
        )
    return Columns(int(chosen[0]), count - 1, int(chosen[1]), 0 if chosen[0] else count - 1, (side, side))


def _looks_like_labels(values: list[str]) -> bool:
    """Tell whether a column has words, or more than one whole number, without gaps from 0 or 1 on."""
    different = set(values)
    if not all(map(_is_number, different)):
        return True
    numbers = sorted({float(value) for value in different})
    return len(numbers) > 1 and numbers[0] in (0, 1) and numbers == [numbers[0] + step for step in range(len(numbers))]
