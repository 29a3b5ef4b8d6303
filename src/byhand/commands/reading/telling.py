"""How `byhand read` tells of pages: in lines of text, lines of JSON, or a table when all are read."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from byhand.commands import console

if TYPE_CHECKING:
    from byhand.reading.pages import Page
    from byhand.reading.tables.writing import Row

Form: TypeAlias = Literal["text", "json", "csv", "table", "xlsx"]


@dataclass(eq=False)
class Output:
    """How pages are told of, and the rows of tables so far.

    Attributes
    ----------
    form
        Of what is printed; nothing but tables are kept for "xlsx".
    named
        Whether a page's file is named in text.
    columns
        How many there are in each table, if the user knows.
    """

    form: Form
    named: bool = False
    columns: int | None = None
    pages: int = 0
    numbers: "list[Row]" = field(default_factory=list)
    layout: "list[Row]" = field(default_factory=list)

    def tell(self, file: str, number: int, page: "Page", *, several: bool) -> None:
        """Say what stands on a page of a file, or keep it for the table."""
        from byhand.reading.tables.finding import table_of
        from byhand.reading.tables.writing import layout_of, numbers_of

        self.pages += 1
        name = f"{file}, page {number}" if several else file
        if self.form == "json":
            console.say_json({"image": file, **({"page": number} if several else {}), **page.to_dict()})
        elif self.form == "text":
            console.say_page(page, name if self.named or several else None)
        else:
            table = table_of(page, self.columns)
            self.numbers += numbers_of(file, number, table)
            self.layout += layout_of(file, number, table)
        if not page.lines:
            console.note(f"{name}: no digits were found on it.")

    def finish(self, path: Path | None) -> None:
        """Print or write the table, if one is wanted."""
        from byhand.reading.tables.workbooks import save_workbook
        from byhand.reading.tables.writing import COLUMNS, DOUBTFUL, as_csv, layout_header

        if self.form == "csv":
            console.say(as_csv(self.numbers, COLUMNS).removesuffix("\n"), as_it_is=True)
        if self.form == "table":
            console.say(as_csv(self.layout, layout_header(self.layout)).removesuffix("\n"), as_it_is=True)
        if path is not None:
            save_workbook(path, self.layout, self.numbers)
            doubtful = sum(row[COLUMNS.index("doubtful")] == DOUBTFUL for row in self.numbers)
            many, pages = len(self.numbers), self.pages
            console.say(
                f"{many:,} number{'s' * (many != 1)} of {pages:,} page{'s' * (pages != 1)} in {path}; "
                f"{doubtful:,} of them doubtful"
            )
