"""The command that reads pages."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from byhand import machine
from byhand.commands import console
from byhand.commands.grammar.declared import Option
from byhand.commands.grammar.values import number
from byhand.commands.options import AsJson
from byhand.commands.reading.chosen import Pictures, check_png, files, keep_original, split_off_model
from byhand.commands.reading.telling import Output
from byhand.errors import ByhandError, UsageError

if TYPE_CHECKING:
    from byhand.images.pictures import Picture
    from byhand.model import Model
    from byhand.reading.pages import Page

MOST_COLUMNS = 100

Read = tuple[Path, int, "Picture | None", "Page | ByhandError"]


def read(
    images: Pictures,
    as_json: AsJson = False,
    as_csv: Annotated[
        bool, Option("--csv", help="Print one number a row, as a table with commas, with place and probability.")
    ] = False,
    as_table: Annotated[
        bool, Option("--table", help="Print rows and columns as on the page, as a table with commas.")
    ] = False,
    xlsx: Annotated[
        Path | None, Option(metavar="FILE.xlsx", help="Excel workbook to write, with both of these tables.")
    ] = None,
    columns: Annotated[
        int | None, Option(min=1, max=MOST_COLUMNS, help="How many columns each table has, if you know.")
    ] = None,
    expected: Annotated[
        Literal["amount", "date", "integer"] | None, Option("--format", help="What all numbers are, if you know.")
    ] = None,
    certainty: Annotated[
        float | None,
        Option(parser=number, help="Mark every number with a ? that is right with less than this probability."),
    ] = None,
    picture: Annotated[
        Path | None,
        Option(metavar="FILE.png", help="Picture to draw of the page with what was read."),
    ] = None,
) -> int:
    """Run `byhand read`."""
    from byhand.model import Model
    from byhand.reading.annotations import save_page
    from byhand.reading.numbers.assembling import Manner

    output = _output(as_json, as_csv, as_table, xlsx)
    if columns is not None and output.form in ("text", "json"):
        raise UsageError("is for tables; add --csv, --table or --xlsx.", "columns")
    if certainty is not None and not 0 < certainty < 1:
        raise UsageError(f"{certainty:g} is no probability between 0 and 1.", "certainty")
    output.columns = columns
    check_png(picture, "picture")
    model_file, paths = split_off_model(images)
    chosen = list(files(paths, documents=True))
    if picture is not None and len(chosen) != 1:
        raise UsageError("draws one page; name only one.", "picture")
    for out, option in ((picture, "picture"), (xlsx, "xlsx")):
        for path in chosen if out is not None else ():
            keep_original(path, out, option)
    output.named = len(chosen) > 1
    failed = 0
    for path, place, source, page in _pages(chosen, Model.load(model_file), Manner(expected, certainty)):
        if isinstance(page, ByhandError):
            failed = 1
            console.note(console.error_line(page))
            continue
        if picture is not None and source is not None:  # before anything is said, which may be cut short
            save_page(source, page, picture)
        output.tell(str(path), place, page, several=source.name.endswith(f", page {place}"))
    output.finish(xlsx)
    return failed
