"""Read tables of images as text: a row an image, its label first or last, as Kaggle, OpenML and the UCI have them.

They are read in blocks, so that a table takes little more memory than its images.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from byhand.data.disk.unpacking import unpacked
from byhand.data.forms.columns import FEW, Columns, cells_of, columns_of, separator_of
from byhand.data.forms.found import Found, Part
from byhand.errors import ByhandError
from byhand.files import most_unpacked, words

BLOCK = 2**22  # Bytes that are read at once.
LONGEST_LINE, LONGEST_LABEL = 2**23, 500
MOST_BEGINNING = 2**16  # Bytes by which a table is told from other files.
MARKS = {b"\xef\xbb\xbf": "", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_FAULT = re.compile(r"(.*) at row (\d+)(?:, column (\d+))?")


@dataclass(frozen=True, eq=False)
class Table:
    """What a table holds: images (n, height, width), labels (n,) if it has some, and the rows' own numbers."""

    images: NDArray[np.generic]
    labels: NDArray[np.str_] | None
    numbers: list[str] | None
    numbered: str | None


@dataclass(eq=False)
class Rows:
    """The rows of a table, as they are read."""

    path: Path
    separator: bytes
    columns: Columns
    labels: list[bytes] = field(default_factory=list)
    numbers: list[bytes] = field(default_factory=list)
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
            own = b"" if self.columns.number is None else parts[self.columns.number]
            label = b"" if place is None else self._label(place, parts, end)
            if max(len(own), len(label)) > LONGEST_LABEL:
                raise ByhandError(f"{self.path}: line {at:,} has a label of more than {LONGEST_LABEL} bytes.")
            self.numbers += [own] * (self.columns.number is not None)
            self.labels += [label] * (place is not None)
        if pixels:
            self.blocks.append(self._numbers(numbers, pixels))

    def _label(self, place: int, parts: list[bytes], end: list[bytes]) -> bytes:
        """Return the label among what stands before and after the pixels."""
        return (
            parts[place] if place < self.columns.before else end[place - self.columns.before - self.columns.pixels + 1]
        )

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
    return not controls and (
        line.lower().startswith((b"@relation", b"%")) or len(cells_of(line, separator_of(line))) > FEW
    )


def read(path: Path) -> Found:
    """Read a table whose rows have labels.

    Raises
    ------
    ByhandError
        With the line of what is wrong.
    """
    table = read_table(path)
    if table.labels is None:
        raise ByhandError(
            f"{path}: has {table.images[0].size:,} pixels in a row and no label. To learn, a row needs one: "
            "a column label; to have digits named: byhand predict FILE --submission NAMES.csv"
        )
    return Found(Part(str(path), table.images, table.labels), names=True)


def read_table(path: Path) -> Table:
    """Read a table whose rows may have labels.

    Raises
    ------
    ByhandError
        With the line of what is wrong.
    """
    with unpacked(path) as (file, size, packed):
        most = most_unpacked(size) if packed else None
        rows: Rows | None = None
        for number, lines in _blocks(path, file, most):
            if rows is None:
                filled = next((place for place, line in enumerate(lines) if line.strip()), None)
                if filled is None:
                    continue
                columns, separator, used = columns_of(path, lines[filled:])
                rows = Rows(path, separator, columns)
                number, lines = number + filled + used, lines[filled + used :]
            rows.add(number, lines)
    if rows is None or not rows.blocks:
        raise ByhandError(f"{path}: has no rows with an image.")
    try:
        texts = np.array([label.decode() for label in rows.labels]) if rows.labels else None
        numbers = [number.decode().strip(" '\"") for number in rows.numbers] or None
    except UnicodeDecodeError as error:
        raise ByhandError(f"{path}: some labels are no UTF-8 text. Save it as UTF-8.") from error
    return Table(_joined(rows), texts, numbers, rows.columns.numbered)


def _joined(rows: Rows) -> NDArray[np.generic]:
    """Return all images (n, height, width) that were read, and let go of their blocks."""
    blocks = rows.blocks
    images = np.empty((sum(map(len, blocks)), rows.columns.pixels), np.result_type(*{block.dtype for block in blocks}))
    place = 0
    for position, block in enumerate(blocks):
        images[place : place + len(block)] = block
        place += len(block)
        blocks[position] = block[:0]  # Let its memory go.
    return images.reshape(len(images), *rows.columns.shape)


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
