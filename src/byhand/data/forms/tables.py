"""Read tables of images as text: a row an image, its label first or last, as Kaggle, OpenML and the UCI have them.

They are read in blocks, so that a table takes little more memory than its images.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from byhand.data.forms.found import Found, Part
from byhand.data.unpacking import unpacked
from byhand.errors import ByhandError
from byhand.files import PACKED_AT_MOST, PACKED_FREELY, words

BLOCK = 2**22  # Bytes that are read at once.
LONGEST_LINE = 2**24
MOST_BEGINNING = 2**16  # Bytes by which a table is told from other files.
MARKS = {b"\xef\xbb\xbf": "", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
LABELS = ("label", "labels", "class", "classes", "target", "y", "digit", "character", "letter")
NUMBERS = ("", "id", "index", "unnamed: 0", "imageid", "rowid")  # of rows
LOOKED_AT = 2000  # Rows by which the column of labels is found.
MANY = 20  # So many different numbers are a header that numbers its columns.
FEW = 4  # so many columns are no table of images, unless a header says it
_PLACE = re.compile(r"(?:\d+)x(?:\d+)")
_FAULT = re.compile(r"(.*) at row (\d+)(?:, column (\d+))?")


class Columns(NamedTuple):
    """Which columns of a table are what."""

    before: int  # columns before the pixels
    pixels: int
    after: int
    label: int | None  # the position of the label
    shape: tuple[int, int]


@dataclass(eq=False)
class Rows:
    """The rows of a table, as they are read."""

    path: Path
    separator: bytes
    columns: Columns
    labels: list[bytes] = field(default_factory=list)
    blocks: list[NDArray[np.generic]] = field(default_factory=list)

    def add(self, number: int, lines: list[bytes]) -> None:
        """Take the lines from a line's number on."""
        before, after, place = self.columns.before, self.columns.after, self.columns.label
        numbers = [number + position for position, line in enumerate(lines) if line.strip()]
        lines = [line.strip(b" \r") for line in lines if line.strip()]
        pixels = []
        for at, line in zip(numbers, lines, strict=True):
            parts = line.split(self.separator, before) if self.separator != b" " else line.split(None, before)
            end = parts[-1].rsplit(self.separator, after) if after else [parts[-1]]
            if len(parts) + len(end) - 2 != before + after:
                raise ByhandError(f"{self.path}: line {at:,} has too few columns.")
            pixels.append(end[0])
            if place is not None:
                self.labels.append(parts[place] if place < before else end[place - before - self.columns.pixels + 1])
        if pixels:
            self.blocks.append(self._numbers(numbers, pixels))

    def _numbers(self, numbers: list[int], lines: list[bytes]) -> NDArray[np.generic]:
        """Return the pixels of some lines, as bytes where they are whole."""
        separator = None if self.separator == b" " else self.separator.decode()
        texts = [line.decode("latin-1") for line in lines]
        try:
            values = np.loadtxt(texts, np.float32, comments=None, delimiter=separator, ndmin=2, quotechar='"')
        except ValueError as error:
            raise self._fault(numbers, words(error)) from error
        if values.shape != (len(lines), self.columns.pixels):
            raise ByhandError(
                f"{self.path}: line {numbers[0]:,} has {values.shape[1]:,} pixels instead of {self.columns.pixels:,}."
            )
        if not (finite := np.isfinite(values).all(axis=1)).all():
            raise ByhandError(
                f"{self.path}: line {numbers[int(finite.argmin())]:,} has a pixel that is no finite number."
            )
        with np.errstate(invalid="ignore"):  # of what is no byte
            whole = values.astype(np.uint8)
        of_255 = values.max() > 1 or not any(b"." in line for line in lines)  # 0.0 and 1.0 may be paper and full ink
        return whole if of_255 and (whole == values).all() else values

    def _fault(self, numbers: list[int], said: str) -> ByhandError:
        """Return the error for a line that NumPy does not read."""
        if "number of columns changed" in said and (found := re.search(r"from (\d+) to (\d+) at row (\d+)", said)):
            line = numbers[min(int(found[3]) - 1, len(numbers) - 1)]
            return ByhandError(f"{self.path}: line {line:,} has {found[2]} pixels instead of {found[1]}.")
        if found := _FAULT.match(said):
            line = numbers[min(int(found[2]), len(numbers) - 1)]
            column = int(found[3] or 0) + self.columns.before
            what = re.search(r"string ('.*?') to", said)
            return ByhandError(
                f"{self.path}: line {line:,}, column {column:,}: {what[1] if what else 'this'} is no number."
            )
        return ByhandError(f"{self.path}: lines {numbers[0]:,} to {numbers[-1]:,} are no table of numbers ({said}).")


def is_table(beginning: bytes) -> bool:
    """Tell whether a file that begins so may be a table in text."""
    if any(beginning.startswith(mark) and said for mark, said in MARKS.items()):
        return True
    line = next(iter(beginning.removeprefix(b"\xef\xbb\xbf").strip().split(b"\n")))
    controls = any(byte < 9 or 13 < byte < 32 for byte in beginning)
    return not controls and (line.lower().startswith((b"@relation", b"%")) or len(_cells(line, _separator(line))) > FEW)


def read(path: Path) -> Found:
    """Read a table whose rows have labels.

    Raises
    ------
    ByhandError
        With the line of what is wrong.
    """
    images, labels = read_rows(path)
    if labels is None:
        raise ByhandError(
            f"{path}: has {images[0].size:,} pixels in a row and no label. To learn, a row needs one: "
            "a column label; to have digits named, give the file to byhand predict."
        )
    return Found(Part(str(path), images, labels), names=True)


def read_rows(path: Path) -> tuple[NDArray[np.generic], NDArray[np.str_] | None]:
    """Return the images (n, height, width) of a table, and the labels (n,) as texts, if it has some."""
    with unpacked(path) as (file, size, packed):
        most = PACKED_FREELY + PACKED_AT_MOST * size if packed else None
        rows: Rows | None = None
        for number, lines in _blocks(path, file, most):
            if rows is None:
                filled = next((place for place, line in enumerate(lines) if line.strip()), None)
                if filled is None:
                    continue
                rows, used = _begun(path, lines[filled:])
                number, lines = number + filled + used, lines[filled + used :]
            rows.add(number, lines)
    if rows is None or not rows.blocks:
        raise ByhandError(f"{path}: has no rows with an image.")
    blocks, labels = rows.blocks, rows.labels
    images = np.empty((sum(map(len, blocks)), rows.columns.pixels), np.result_type(*{block.dtype for block in blocks}))
    place = 0
    for position, block in enumerate(blocks):
        images[place : place + len(block)] = block
        place += len(block)
        blocks[position] = block[:0]  # Let its memory go.
    try:
        texts = np.array([label.decode() for label in labels]) if labels else None
    except UnicodeDecodeError as error:
        raise ByhandError(f"{path}: some labels are no UTF-8 text. Save it as UTF-8.") from error
    return images.reshape(len(images), *rows.columns.shape), texts


def _blocks(path: Path, file: BinaryIO, most: int | None) -> Iterator[tuple[int, list[bytes]]]:
    """Yield whole lines, many at a time, and the number of the first."""
    rest, number, total = b"", 1, 0
    while block := file.read(BLOCK):
        if not total:
            for mark, said in MARKS.items():
                if block.startswith(mark) and said:
                    raise ByhandError(f"{path}: is text in {said}. Save it as UTF-8.")
            block = block.removeprefix(b"\xef\xbb\xbf")
        total += len(block)
        if most is not None and total > most:
            raise ByhandError(f"{path}: unpacks to more than {most:,} bytes, the most that is read of so small a file.")
        lines = (rest + block).replace(b"\r\n", b"\n").replace(b"\0", b"?").split(b"\n")
        rest = lines.pop()
        if len(rest) > LONGEST_LINE:
            raise ByhandError(f"{path}: line {number + len(lines):,} has more than {LONGEST_LINE:,} bytes.")
        if lines:
            yield number, lines
        number += len(lines)
    if rest:
        yield number, [rest]


def _begun(path: Path, lines: Sequence[bytes]) -> tuple[Rows, int]:
    """Tell by the first lines what the columns are, and how many lines are a header."""
    if lines[0].lstrip()[:1] in (b"@", b"%"):
        return _begun_arff(path, lines)
    separator = _separator(lines[0])
    first = _cells(lines[0], separator)
    words_in = sum(not _is_number(cell) for cell in first)
    label_alone = words_in == 1 and {first[0].lower(), first[-1].lower()} & {*LABELS}
    different = len(set(first)) == len(first)  # as numbers of columns are, and never the pixels of an image
    header = words_in > 1 or (different and bool(label_alone or (words_in == 0 and len(first) > MANY)))
    rows = [_cells(line, separator) for line in lines[int(header) :][:LOOKED_AT] if line.strip()]
    if rows and header and len(rows[0]) == len(first) + 1:
        first = ["", *first]  # R names no column for the numbers of rows.
    columns = _named(path, first) if header and words_in else _unnamed(path, len(first), rows)
    return Rows(path, separator, columns), int(header)


def _begun_arff(path: Path, lines: Sequence[bytes]) -> tuple[Rows, int]:
    """Tell what the columns of an ARFF file are, which OpenML's are: lines that begin with @ tell it."""
    names = []
    for place, line in enumerate(lines):
        word, _, rest = line.strip().partition(b" ")
        if word.lower() == b"@attribute":
            names.append(_cells(rest.strip().replace(b"\t", b" "), b" ")[0])
        if line.strip().lower() == b"@data":
            if lines[place + 1 : place + 2] and lines[place + 1].lstrip().startswith(b"{"):
                raise ByhandError(f"{path}: lists only what is not zero. Save it with every pixel, as CSV, say.")
            return Rows(path, b",", _named(path, names)), place + 1
    raise ByhandError(f"{path}: begins as an ARFF file, but has no line @data.")


def _separator(line: bytes) -> bytes:
    """Return what stands between the cells of a line."""
    return max((b",", b";", b"\t", b" "), key=line.strip().count)


def _cells(line: bytes, separator: bytes) -> list[str]:
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


def _named(path: Path, names: list[str]) -> Columns:
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
    return Columns(pixels[0], len(pixels), len(names) - 1 - pixels[-1], labels[0] if labels else None, shape)


def _shape(path: Path, names: list[str]) -> tuple[int, int]:
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
