"""Numbers → rows for a spreadsheet: one number a row, or rows and columns as on the page.

Every row names its file and page. What is doubtful is told in a column of its own, so that other cells hold nothing but
values: a program reads -1250.5 and 1999-12-31, in whatever way they are written on the page.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, time
from decimal import Decimal
from typing import TypeAlias

from byhand.reading.numbers.number import Number
from byhand.reading.numbers.patterns import Value
from byhand.reading.tables.finding import Cell, Table

Content: TypeAlias = Value | float | str | None
Row: TypeAlias = tuple[Content, ...]

# Of a table with one number a row; row and column are those of the layout, from 1.
COLUMNS = (
    *("file", "page", "row", "column", "text", "kind", "value", "probability", "doubtful"),
    *("second", "second_probability", "left", "top", "right", "bottom"),
)
LAYOUT = ("file", "page", "row", "doubtful")  # of a table as on the page, before its own columns
DOUBTFUL = "?"
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # What begins so, spreadsheets run.


def numbers_of(file: str, page: int, table: Table) -> list[Row]:
    """Return a row for each number of a page's table, as `COLUMNS` says."""
    return [
        (file, page, row, column, *_told(number))
        for row, cells in enumerate(table.rows, 1)
        for column, cell in enumerate(cells, 1)
        for number in cell
    ]


def _told(number: Number) -> Row:
    """Return what is told of a number, in the order of `COLUMNS`."""
    second = (number.second, round(number.second_probability, 4)) if number.second else (None, None)
    doubtful = None if number.certain else DOUBTFUL
    told = (number.text, number.kind, number.value, round(number.probability, 4), doubtful)
    return (*told, *second, *number.box)


def layout_of(file: str, page: int, table: Table) -> list[Row]:
    """Return the rows of a page's table as they are, each below `LAYOUT` and then its cells; empty ones are None.

    Of a row's doubtful cells the columns are told.
    """
    return [
        (
            *(file, page, place),
            " ".join(str(k) for k, cell in enumerate(cells, 1) if any(not number.certain for number in cell)) or None,
            *map(content, cells),
        )
        for place, cells in enumerate(table.rows, 1)
    ]


def layout_header(rows: Sequence[Row]) -> Row:
    """Return the header of the widest of some rows of layouts."""
    return (*LAYOUT, *range(1, max((len(row) for row in rows), default=0) - len(LAYOUT) + 1))


def content(cell: Cell) -> Content:
    """Return what a cell holds: a number's value; its text, if it has none; the texts of several; or nothing."""
    if not cell:
        return None
    (first, *others) = cell
    if others or first.value is None:
        return " ".join(number.text for number in cell)
    return first.value


def as_csv(rows: Iterable[Row], header: Sequence[Content]) -> str:
    """Return rows as a table with commas, below a header, all as wide.

    A text that a spreadsheet would take for a formula is written with an apostrophe before it; a number is not.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in ((*header,), *rows):
        writer.writerow([written(each) for each in row] + [""] * (len(header) - len(row)))
    return text.getvalue()


def written(each: Content) -> str:
    """Return what a cell holds as text."""
    if isinstance(each, Decimal):
        return f"{each:f}"
    if isinstance(each, time):
        return f"{each:%H:%M}" if each.second == 0 else f"{each:%H:%M:%S}"
    if isinstance(each, date):
        return each.isoformat()
    return harmless(each) if isinstance(each, str) else "" if each is None else str(each)


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; a number with a sign is none."""
    is_number = text[:1] in "+-" and text[1:].replace(".", "", 1).isdigit()
    return f"'{text}" if text.startswith(FORMULA) and not is_number else text
