"""Numbers → an Excel workbook: a sheet as on the pages, and one with a number a row."""

import io
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from byhand import machine
from byhand.files import write_atomically
from byhand.labels import printable
from byhand.reading.tables.writing import COLUMNS, LAYOUT, Content, Row, layout_header

if TYPE_CHECKING:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

DOUBT = "FFE0B2"  # the colour behind what is doubtful


def check() -> None:
    """Refuse to go on if workbooks cannot be written.

    Raises
    ------
    ByhandError
        If `byhand[sheets]` is not installed.
    """
    machine.require("sheets", "to write an Excel workbook")


def save_workbook(path: Path, layout: Sequence[Row], numbers: Sequence[Row]) -> None:
    """Write a workbook, whole or not at all.

    Parameters
    ----------
    path
        Of the file.
    layout
        Rows as `layout_of` gives them; cells that are doubtful get a colour.
    numbers
        Rows as `numbers_of` gives them.

    Raises
    ------
    ByhandError
        If it cannot be written.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    pages, every = book.create_sheet("Pages"), book.create_sheet("Numbers")
    for sheet, header in ((pages, layout_header(layout)), (every, COLUMNS)):
        sheet.freeze_panes = "A2"
        sheet.append([_cell(sheet, name) for name in header])
    for row in layout:
        doubtful = {len(LAYOUT) + int(column) - 1 for column in str(row[LAYOUT.index("doubtful")] or "").split()}
        pages.append([_cell(pages, each, doubtful=k in doubtful) for k, each in enumerate(row)])
    for row in numbers:
        every.append([_cell(every, each) for each in row])
    buffer = io.BytesIO()
    book.save(buffer)
    write_atomically(path, buffer.getvalue())


def _cell(sheet: "WriteOnlyWorksheet", value: Content, *, doubtful: bool = False) -> "WriteOnlyCell":
    """Return a cell with a value of its own type; a text is never a formula."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import PatternFill

    cell = WriteOnlyCell(sheet, printable(value) if isinstance(value, str) else value)
    if isinstance(value, str):
        cell.data_type = "s"
    if isinstance(value, Decimal):
        places = max(-int(value.as_tuple().exponent), 0)
        cell.number_format = f"0.{'0' * places}" if places else "0"
    if doubtful:
        cell.fill = PatternFill("solid", fgColor=DOUBT)
    return cell
