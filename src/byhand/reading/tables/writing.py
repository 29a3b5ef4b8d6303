"""Tables of numbers → rows for a spreadsheet, in CSV or as an Excel workbook.

Every row names its file and page. What is doubtful is named in a column of its own, so that the cells hold nothing but
values: a program reads -1250.5 and 1999-12-31, in whatever way they are written on the page.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import TypeAlias

from byhand.reading.numbers.patterns import Value
from byhand.reading.tables.finding import Cell, Table

Content: TypeAlias = Value | str | None

HEADER = ("file", "page", "row", "doubtful")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # What begins so, spreadsheets run.


@dataclass(frozen=True)
class Row:
    """A row of a spreadsheet: where it comes from, what its cells hold, and the columns, from 1, that are doubtful."""

    file: str
    page: int
    number: int
    cells: tuple[Content, ...]
    doubtful: tuple[int, ...]


def rows_of(file: str, page: int, table: Table) -> list[Row]:
    """Return the rows of a page's table."""
    return [
        Row(
            file,
            page,
            place,
            tuple(content(cell) for cell in cells),
            tuple(k for k, cell in enumerate(cells, 1) if any(not number.certain for number in cell)),
        )
        for place, cells in enumerate(table.rows, 1)
    ]


def content(cell: Cell) -> Content:
    """Return what a cell holds: a number's value; its text, if it has none; the texts of several; or nothing."""
    if not cell:
        return None
    (first, *others) = cell
    if others or first.value is None:
        return " ".join(number.text for number in cell)
    return first.value


def as_csv(rows: Sequence[Row]) -> str:
    """Return rows as a table with commas, below a header.

    A text that a spreadsheet would take for a formula is written with an apostrophe before it; a number's minus is none.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = max((len(row.cells) for row in rows), default=0)
    writer.writerow((*HEADER, *range(1, columns + 1)))
    for row in rows:
        spare = ("",) * (columns - len(row.cells))
        doubtful = " ".join(map(str, row.doubtful))
        writer.writerow((harmless(row.file), row.page, row.number, doubtful, *map(_written, row.cells), *spare))
    return text.getvalue()


def _written(content: Content) -> str:
    """Return what a cell holds as text."""
    if isinstance(content, Decimal):
        return f"{content:f}"
    if isinstance(content, time):
        return f"{content:%H:%M}" if content.second == 0 else f"{content:%H:%M:%S}"
    if isinstance(content, date):
        return content.isoformat()
    return harmless(content) if isinstance(content, str) else "" if content is None else str(content)


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def sheet_rows(rows: Iterable[Row]) -> list[tuple[Content, ...]]:
    """Return rows as an Excel sheet has them, each with its own type, below no header."""
    return [(row.file, row.page, row.number, " ".join(map(str, row.doubtful)) or None, *row.cells) for row in rows]
