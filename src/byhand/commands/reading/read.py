"""The command that reads pages."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias, cast

from byhand import machine
from byhand.commands import console
from byhand.commands.grammar.declared import Option
from byhand.commands.grammar.values import number
from byhand.commands.options import AsJson
from byhand.commands.reading.chosen import Pictures, check_png, files, keep_original, split_off_model
from byhand.commands.reading.telling import Form, Output
from byhand.errors import ByhandError, UsageError

if TYPE_CHECKING:
    from byhand.images.pictures import Picture
    from byhand.model import Model
    from byhand.reading.numbers.assembling import Manner
    from byhand.reading.pages import Page

MOST_COLUMNS = 100

Read: TypeAlias = "tuple[Path, int, Picture | None, Page | ByhandError]"


def _probability(text: str) -> float:
    """Read a probability."""
    value = number(text)
    if isinstance(value, str) or not 0 < value < 1:
        raise UsageError(f"{text[:40]} cannot be used; it must be a number between 0 and 1.")
    return value


AsCsv = Annotated[
    bool, Option("--csv", help="Print one number a row, as a table with commas, with place and probability.")
]
AsTable = Annotated[bool, Option("--table", help="Print rows and columns as on the page, as a table with commas.")]
Workbook = Annotated[
    Path | None, Option(metavar="FILE.xlsx", help="Excel workbook to write, with both of these tables.")
]
Columns = Annotated[int | None, Option(min=1, max=MOST_COLUMNS, help="How many columns each table has, if you know.")]
Expected = Annotated[
    Literal["amount", "date", "integer"] | None, Option("--format", help="What all numbers are, if you know.")
]
Certainty = Annotated[
    float | None,
    Option(
        metavar="NUMBER",
        parser=_probability,
        help="Mark every number with a ? that is right with less than this probability.",
    ),
]
Drawing = Annotated[Path | None, Option(metavar="FILE.png", help="Picture to draw of the page with what was read.")]


def read(
    images: Pictures,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_table: AsTable = False,
    xlsx: Workbook = None,
    columns: Columns = None,
    expected: Expected = None,
    certainty: Certainty = None,
    picture: Drawing = None,
) -> int:
    """Run `byhand read`."""
    from byhand.model import Model
    from byhand.reading.annotations import save_page
    from byhand.reading.numbers.assembling import Manner

    output = _output(as_json, as_csv, as_table, xlsx)
    if columns is not None and output.form in ("text", "json"):
        raise UsageError("is for tables; add --csv, --table or --xlsx.", "columns")
    output.columns = columns
    check_png(picture, "picture")
    model_file, paths = split_off_model(images)
    chosen = list(files(paths, documents=True))
    if picture is not None and len(chosen) != 1:
        raise UsageError("draws one page; name only one.", "picture")
    for option, out in {"picture": picture, "xlsx": xlsx}.items():
        for path in chosen:
            keep_original(path, out, option)
    output.named = len(chosen) > 1
    failed = 0
    for path, place, source, page in _pages(chosen, Model.load(model_file), Manner(expected, certainty)):
        if source is None or isinstance(page, ByhandError):
            assert isinstance(page, ByhandError)
            failed = 1
            console.note(console.error_line(page))
            continue
        several = source.name.endswith(f", page {place}")
        if picture is not None and several:
            raise UsageError(f"draws one page, and {path} has several.", "picture")
        if picture is not None:  # before anything is said, which may be cut short
            save_page(source, page, picture)
        output.tell(str(path), place, page, several=several)
    output.finish(xlsx)
    return failed


def _output(as_json: bool, as_csv: bool, as_table: bool, xlsx: Path | None) -> Output:
    """Return how pages are to be told of, in the one way that is chosen."""
    from byhand.reading.tables import workbooks

    chosen = {"json": as_json, "csv": as_csv, "table": as_table, "xlsx": xlsx is not None}
    forms = [name for name, wanted in chosen.items() if wanted]
    if len(forms) > 1:
        raise UsageError("choose one of them.", *forms)
    if xlsx is not None and xlsx.suffix.lower() != ".xlsx":
        raise UsageError(f"{xlsx}: is written as an Excel workbook; let its name end with .xlsx.", "xlsx")
    if xlsx is not None:
        workbooks.check()  # before anything is read, which takes time
    return Output(form=cast("Form", forms[0] if forms else "text"))


def _pages(paths: list[Path], model: "Model", manner: "Manner") -> Iterator[Read]:
    """Read page after page of all files; where one cannot be read, yield the error instead."""
    from byhand.images.documents.several import pages_of
    from byhand.reading.folders import source_of

    for path in paths:
        place = 0
        try:
            for place, picture in pages_of(source_of(path)):
                yield path, place, *_page(picture, model, manner)
        except UsageError:
            raise
        except ByhandError as error:
            yield path, place + 1, None, error


def _page(
    picture: "Picture | ByhandError", model: "Model", manner: "Manner"
) -> "tuple[Picture, Page] | tuple[None, ByhandError]":
    """Read a page, unless its picture is an error already; return the error that there may be."""
    from byhand.reading.pages import read_picture

    if isinstance(picture, ByhandError):
        return None, picture
    try:
        # To share the products of such small matrices takes longer than to make them.
        with machine.linear_algebra(1):
            return picture, read_picture(picture, model, manner)
    except UsageError:
        raise
    except ByhandError as error:
        return None, error
