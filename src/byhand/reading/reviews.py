"""A table of numbers that were read, gone through by somebody: each is looked at beside its picture, and put right.

What somebody says is kept at once, in a table of its own, so that nothing is lost whenever it ends; who begins again
goes on there. From numbers that are known to be right, images of digits can be kept, to learn from.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from byhand.errors import ByhandError
from byhand.files import as_text, kind_of, parsing, read_file, write_atomically
from byhand.images.documents.several import pages_of
from byhand.images.pictures import Picture, open_picture
from byhand.model import AnyModel
from byhand.reading.numbers.patterns import kind_of as kind_of_number
from byhand.reading.numbers.patterns import value_of
from byhand.reading.pages import read_picture
from byhand.reading.tables.writing import written
from byhand.types import Box, Bytes, Json

MOST_BYTES = 50_000_000
NEEDED = ("file", "text", "probability", "doubtful", "left", "top", "right", "bottom")
READ, CHECKED = "read", "checked"  # columns that a review adds: what byhand read, and whether somebody saw to it
CONFIRMED, CORRECTED = "confirmed", "corrected"
AROUND = 0.35  # of a number's height is shown around it
LARGEST = 1600  # pixels of the longest side of a picture that is shown

Row = dict[str, str]


@dataclass(eq=False)
class Review:
    """A table, and where what somebody says of it is kept.

    Attributes
    ----------
    table, out
        The files: the table as it was written, and the one that is corrected.
    columns, rows
        What stands in it: rows of texts by the names of the columns.
    """

    table: Path
    out: Path
    columns: tuple[str, ...]
    rows: list[Row]
    _pages: "_Pages" = field(default_factory=lambda: _Pages())

    def to_dict(self) -> dict[str, Json]:
        """Return it as JSON can hold it: the names of the files, and the numbers."""
        several = {row["file"] for row in self.rows if _page(row) > 1}
        numbers: list[Json] = [self._told(k, row, several) for k, row in enumerate(self.rows)]
        return {"table": self.table.name, "out": str(self.out), "numbers": numbers}

    def _told(self, place: int, row: Row, several: set[str]) -> dict[str, Json]:
        """Return a number as JSON can hold it, with its page if its file is among those with several."""
        return {
            "row": place,
            "file": row["file"],
            "page": _page(row) if row["file"] in several else None,
            "read": row[READ],
            "text": row["text"],
            "probability": _share(row["probability"]),
            "second": row.get("second") or None,
            "second_probability": _share(row.get("second_probability", "")),
            "doubtful": bool(row["doubtful"]) or bool(row[CHECKED]),
            "checked": bool(row[CHECKED]),
        }

    def keep(self, place: int, text: str) -> None:
        """Keep what the number in a row is, and write the corrected table.

        Raises
        ------
        ByhandError
            If there is no such row, or nothing can be written.
        """
        row = self._row(place)
        changed = row | {"text": text, "doubtful": "", CHECKED: CONFIRMED if text == row[READ] else CORRECTED}
        if text != row["text"]:
            changed |= {"kind": kind_of_number(text), "value": written(value_of(text))}
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, self.columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(changed if k == place else other for k, other in enumerate(self.rows))
        write_atomically(self.out, buffer.getvalue().encode())
        self.rows[place] = changed

    def picture(self, place: int) -> bytes:
        """Return a JPEG file of the number in a row, with a little around it.

        Raises
        ------
        ByhandError
            If there is no such row, or the picture that it was read on cannot be opened.
        """
        from PIL import Image

        shown = Image.fromarray(self._cut(place))
        shown.thumbnail((LARGEST, LARGEST))
        buffer = io.BytesIO()
        shown.save(buffer, "jpeg", quality=90)
        return buffer.getvalue()

    def keep_digits(self, place: int, folder: Path, model: AnyModel) -> int:
        """Keep the digits of the number in a row as images to learn from, in a folder for each digit.

        Returns
        -------
        int
            How many; none if they cannot be told apart: as many must be found as the number has.
        """
        from PIL import Image

        text = [letter for letter in self._row(place)["text"] if letter in model.classes]
        found = read_picture(open_picture(self._cut(place)), model).digits
        if len(found) != len(text):
            return 0
        for k, (label, digit) in enumerate(zip(text, found, strict=True)):
            buffer = io.BytesIO()
            Image.fromarray(digit.image).save(buffer, "png")
            (folder / label).mkdir(parents=True, exist_ok=True)
            write_atomically(folder / label / f"{self.table.stem}-{place + 1}-{k + 1}.png", buffer.getvalue())
        return len(text)

    def _row(self, place: int) -> Row:
        """Return a row."""
        if not 0 <= place < len(self.rows):
            raise ByhandError(f"rows of {self.table.name} are numbered from 0 to {len(self.rows) - 1:,}.", "row")
        return self.rows[place]

    def _cut(self, place: int) -> Bytes:
        """Return the part of its picture that a number stands on."""
        row = self._row(place)
        picture = self._opened(row)
        left, top, right, bottom = (side / picture.factor for side in _box(self.table, place, row))
        more = AROUND * (bottom - top)
        height, width = picture.pixels.shape[:2]
        x, y = (
            np.clip([low - more, high + more], 0, most)
            for low, high, most in ((left, right, width), (top, bottom, height))
        )
        part = picture.pixels[int(y[0]) : int(np.ceil(y[1])), int(x[0]) : int(np.ceil(x[1]))]
        if not part.size:
            raise ByhandError(f"{self.table}: row {place + 1:,} has a box outside of {row['file']}.")
        return part

    def _opened(self, row: Row) -> Picture:
        """Return the picture that a number was read on."""
        path = Path(row["file"])
        if kind_of(path) == "nothing":  # Table and pictures may have been moved together.
            path = self.table.parent / path
        return self._pages.page(path, _page(row))


@dataclass(eq=False)
class _Pages:
    """The pages of one file at a time, as they are turned: forward, none is drawn twice; backward, all are again."""

    path: Path | None = None
    at: int = 0
    picture: Picture | ByhandError | None = None
    following: Iterator[tuple[int, Picture | ByhandError]] = field(default_factory=lambda: iter(()))

    def page(self, path: Path, wanted: int) -> Picture:
        """Return a page of a file."""
        if path != self.path or wanted < self.at:
            self.path, self.at, self.following = path, 0, pages_of(path)
        while self.at < wanted:
            following = next(self.following, None)
            if following is None:
                self.path = None
                raise ByhandError(f"{path}: has no page {wanted}.")
            self.at, self.picture = following
        if not isinstance(self.picture, Picture):
            assert self.picture is not None
            raise self.picture
        return self.picture


def load(table: Path, out: Path | None = None) -> Review:
    """Load a table that `byhand read --csv` wrote; if a review of it has begun, that goes on.

    Parameters
    ----------
    table
        The table.
    out
        Where the corrected one is, or will be; beside the table if None.

    Raises
    ------
    ByhandError
        If a file is no such table, or the corrected table is one of another.
    """
    out = out or table.with_name(f"{table.stem}.reviewed.csv")
    columns, rows = _table(table)
    rows = [{READ: row["text"], CHECKED: ""} | row for row in rows]
    review = Review(table, out, (*columns, *(name for name in (READ, CHECKED) if name not in columns)), rows)
    if kind_of(out) == "nothing":
        return review
    began, before = _table(out)
    same = tuple(name for name in ("file", "page", "left", "top", "right", "bottom") if name in columns)
    if began != review.columns or [[r[n] for n in same] for r in before] != [[r[n] for n in same] for r in rows]:
        raise ByhandError(f"{out}: is no review of {table}. Choose another name with --out.", "out")
    review.rows[:] = before
    return review


def _table(path: Path) -> tuple[tuple[str, ...], list[Row]]:
    """Return the columns and rows of a table."""
    with parsing(path, "is no table that byhand read wrote", "Write one with byhand read --csv."):
        text = as_text(read_file(path, MOST_BYTES))
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        columns, rows = tuple(reader.fieldnames or ()), list(reader)
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise ByhandError(f"{path}: has no column {', '.join(missing)}. Write it with byhand read --csv.")
    if any(None in row or None in row.values() for row in rows):
        raise ByhandError(f"{path}: has rows of different length. Write it anew with byhand read --csv.")
    return columns, rows


def _page(row: Row) -> int:
    """Return on which page of its file a number stands, from 1."""
    page = row.get("page", "")
    return int(page) if page.isdecimal() and 0 < len(page) < 6 else 1


def _share(text: str) -> float:
    """Return a probability; 0 if it is none."""
    try:
        share = float(text)
    except ValueError:
        return 0.0
    return share if 0 <= share <= 1 else 0.0


def _box(table: Path, place: int, row: Row) -> Box:
    """Return the box of a number in pixels of its picture."""
    try:
        left, top, right, bottom = (int(row[name]) for name in ("left", "top", "right", "bottom"))
    except ValueError:
        raise ByhandError(f"{table}: row {place + 1:,} has no box in whole numbers.") from None
    return left, top, right, bottom
