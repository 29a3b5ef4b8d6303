"""The command that reads pages."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from byhand import machine
from byhand.commands import console
from byhand.commands.grammar.declared import Option
from byhand.commands.options import AsJson
from byhand.commands.reading.chosen import Pictures, check_png, files, keep_original, split_off_model
from byhand.errors import ByhandError, UsageError

if TYPE_CHECKING:
    from byhand.images.pictures import Picture
    from byhand.model import Model
    from byhand.reading.pages import Page
    from byhand.reading.tables.writing import Row


@dataclass(eq=False)
class _Output:
    """How pages are told of; and the rows of tables, which are written when all pages are read."""

    form: str | None
    named: bool
    numbers: "list[Row]" = field(default_factory=list)
    layout: "list[Row]" = field(default_factory=list)


def read(
    images: Pictures,
    as_json: AsJson = False,
    as_csv: Annotated[
        bool, Option("--csv", help="Print one number a row, as a table with commas, with place and probability.")
    ] = False,
    as_table: Annotated[
        bool, Option("--table", help="Print rows and columns as on the page, as a table with commas.")
    ] = False,
    picture: Annotated[
        Path | None,
        Option(metavar="FILE.png", help="Picture to draw of the page with what was read."),
    ] = None,
) -> int:
    """Run `byhand read`."""
    from byhand.model import Model
    from byhand.reading.annotations import save_page

    forms = [name for name, wanted in {"json": as_json, "csv": as_csv, "table": as_table}.items() if wanted]
    if len(forms) > 1:
        raise UsageError("choose one of them.", *forms)
    check_png(picture, "picture")
    model_file, paths = split_off_model(images)
    chosen = list(files(paths))
    if picture is not None:
        if len(chosen) != 1:
            raise UsageError("draws one page; name only one.", "picture")
        keep_original(chosen[0], picture, "picture")
    output, failed = _Output(forms[0] if forms else None, len(chosen) > 1), 0
    for path, source, page in _pages(chosen, Model.load(model_file)):
        if isinstance(page, ByhandError):
            failed = 1
            console.note(console.error_line(page))
            continue
        if picture is not None and source is not None:  # before anything is said, which may be cut short
            save_page(source, page, picture)
        _tell(output, str(path), 1, page)
    _finish(output)
    return failed


def _pages(paths: list[Path], model: "Model") -> "Iterator[tuple[Path, Picture | None, Page | ByhandError]]":
    """Read picture after picture; where one cannot be read, yield the error instead."""
    from byhand.images.pictures import open_picture
    from byhand.reading.folders import source_of
    from byhand.reading.pages import read_picture

    for path in paths:
        try:
            source = open_picture(source_of(path))
            # To share the products of such small matrices takes longer than to make them.
            with machine.linear_algebra(1):
                page = read_picture(source, model)
        except UsageError:
            raise
        except ByhandError as error:
            yield path, None, error
        else:
            yield path, source, page


def _tell(output: _Output, file: str, number: int, page: "Page") -> None:
    """Say what stands on a page, or keep it for the table."""
    from byhand.reading.tables.finding import table_of
    from byhand.reading.tables.writing import layout_of, numbers_of

    if output.form == "json":
        console.say_json({"image": file, **page.to_dict()})
    elif output.form is None:
        console.say_page(page, file if output.named else None)
    else:
        table = table_of(page)
        output.numbers += numbers_of(file, number, table)
        output.layout += layout_of(file, number, table)
    if not page.lines:
        console.note(f"{file}: no digits were found on it.")


def _finish(output: _Output) -> None:
    """Print the table, if one is wanted."""
    from byhand.reading.tables.writing import COLUMNS, as_csv, layout_header

    if output.form == "csv":
        console.say(as_csv(output.numbers, COLUMNS).removesuffix("\n"), as_it_is=True)
    if output.form == "table":
        console.say(as_csv(output.layout, layout_header(output.layout)).removesuffix("\n"), as_it_is=True)
