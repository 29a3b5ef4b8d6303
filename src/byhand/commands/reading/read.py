"""The command that reads pages."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from byhand import machine
from byhand.commands import console
from byhand.commands.grammar.declared import Option
from byhand.commands.options import AsJson
from byhand.commands.reading.chosen import Pictures, check_png, files, keep_original, split_off_model
from byhand.errors import ByhandError, UsageError

if TYPE_CHECKING:
    from byhand.reading.tables.writing import Row


def read(
    images: Pictures,
    as_json: AsJson = False,
    as_csv: Annotated[
        bool, Option("--csv", help="Print the numbers as a table with commas: rows and columns as on the page.")
    ] = False,
    picture: Annotated[
        Path | None,
        Option(metavar="FILE.png", help="Picture to draw of the page with what was read."),
    ] = None,
) -> int:
    """Run `byhand read`."""
    from byhand.images.pictures import open_picture
    from byhand.model import Model
    from byhand.reading.annotations import save_page
    from byhand.reading.folders import source_of
    from byhand.reading.pages import read_picture
    from byhand.reading.tables.finding import table_of
    from byhand.reading.tables.writing import as_csv as in_csv
    from byhand.reading.tables.writing import rows_of

    if as_json and as_csv:
        raise UsageError("choose one of them.", "csv", "json")
    check_png(picture, "picture")
    model_file, paths = split_off_model(images)
    chosen = list(files(paths))
    if picture is not None and len(chosen) != 1:
        raise UsageError("draws one page; name only one.", "picture")
    if picture is not None:
        keep_original(chosen[0], picture, "picture")
    model, failed = Model.load(model_file), 0
    rows: list[Row] = []
    for path in chosen:
        try:
            source = open_picture(source_of(path))
            # To share the products of such small matrices takes longer than to make them.
            with machine.linear_algebra(1):
                page = read_picture(source, model)
        except ByhandError as error:
            if isinstance(error, UsageError):
                raise
            failed = 1
            console.note(console.error_line(error))
            continue
        if picture is not None:  # before anything is said, which may be cut short: nobody loses it then
            save_page(source, page, picture)
        if as_csv:
            rows += rows_of(str(path), 1, table_of(page))
        elif as_json:
            console.say_json({"image": str(path), **page.to_dict()})
        else:
            console.say_page(page, str(path) if len(chosen) > 1 else None)
        if not page.lines:
            console.note(f"{path}: no digits were found on it.")
    if as_csv:
        console.say(in_csv(rows).removesuffix("\n"), as_it_is=True)
    return failed
