"""Numbers are read with their signs, with a value and a probability, and come out in rows and columns."""

import csv
import io
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import byhand
from byhand import machine
from byhand.commands.app import main
from byhand.images.documents.several import pages_of
from byhand.reading.numbers.number import Number
from byhand.reading.numbers.patterns import Value, decimal_mark, kind_of, log_prior, value_of
from byhand.reading.tables import workbooks
from byhand.reading.tables.finding import table_of
from byhand.reading.tables.writing import COLUMNS, as_csv, harmless
from writing import SIDE, enlarged, most_usual

Bytes = NDArray[np.uint8]
Captured = pytest.CaptureFixture[str]
TALL = 60  # pixels of a digit in an enlarged image
# From the top left of a sign to where a digit begins: down from a digit's top, height and width, in pixels.
SIGNS = {".": (54, 8, 8), ",": (52, 20, 8), "-": (27, 7, 26), "'": (0, 16, 7), ":": (20, 7, 7)}


@pytest.fixture(scope="module")
def shipped() -> byhand.Model:
    return byhand.Model.load()


def written(text: str, split: byhand.Split) -> Bytes:
    """Return ink of lines of numbers with signs, cells apart by | and blanks between numbers."""
    usual = {name: iter(most_usual(split, int(name))) for name in set(text) & set("0123456789")}
    lines = text.split("\n")
    page = np.zeros((130 * len(lines) + 60, 1400), np.uint8)
    for row, line in enumerate(lines):
        top = 40 + 130 * row
        for column, cell in enumerate(line.split("|")):
            x = 40 + 340 * column
            for name in cell.strip():
                if name == " ":
                    x += 60
                elif name in SIGNS:
                    down, tall, wide = SIGNS[name]
                    page[top + down : top + down + tall, x : x + wide] = 255
                    if name == ":":
                        page[top + 45 : top + 52, x : x + wide] = 255
                    x += wide + 10
                elif name == "/":
                    for step in range(70):
                        left = x + round((70 - step) * 0.55)
                        page[top - 5 + step, left : left + 7] = 255
                    x += 54
                else:
                    ink = enlarged(next(usual[name]), SIDE)
                    tall, wide = ink.shape
                    page[top + TALL - tall : top + TALL, x : x + wide] = ink
                    x += wide + 10
    return page


def numbers(text: str, shipped: byhand.Model, mnist: byhand.Dataset) -> tuple[Number, ...]:
    """Return the numbers that are read where a text is written."""
    return byhand.read(255 - written(text, mnist.test), shipped).numbers


def test_ink_that_is_not_read_leaves_a_number_less_sure(shipped: byhand.Model, mnist: byhand.Dataset) -> None:
    page = 255 - written("1 234 5", mnist.test)
    (_, sure, _) = byhand.read(page, shipped).numbers
    left, top, right, bottom = sure.box
    page[bottom - 60 : bottom - 20, right + 20 : right + 27] = 0  # no digit, and no sign
    page[top - 8 : top - 2, left : left + 90] = 0
    less = max(byhand.read(page, shipped).numbers, key=len)
    assert less.probability < sure.probability


@pytest.mark.parametrize("text", ["7412", "7|4|1|2", "7|4\n1|2"])
def test_a_digit_among_sure_ones_is_told_unless_it_is_like_none(
    text: str, shipped: byhand.Model, mnist: byhand.Dataset
) -> None:
    """Of its number, of its line if it stands alone, or of the page if the line has few."""
    page = 255 - written(text, mnist.test)
    least, more = sorted(digit.answer.guesses[0][1] for digit in byhand.read(page, shipped).digits)[:2]
    careful = replace(shipped, details={"calibration": {"threshold": (least + more) / 2}})
    read = byhand.read(page, careful)
    assert "".join(digit.text for digit in read.digits) == "7412"


def test_what_stands_alone_is_not_told_for_digits_that_are_as_doubtful(
    shipped: byhand.Model, mnist: byhand.Dataset
) -> None:
    careful = replace(shipped, details={"calibration": {"threshold": 2}})
    assert byhand.read(255 - written("7|4|1|2", mnist.test), careful).text.split() == ["?"] * 4


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("3.75", "amount", Decimal("3.75")),
        ("-37", "integer", -37),
        ("12,5", "decimal", Decimal("12.5")),
        ("1'250.00", "amount", Decimal("1250.00")),
        ("12:30", "time", time(12, 30)),
        ("31/12/1999", "date", date(1999, 12, 31)),
        ("24.12.2026", "date", date(2026, 12, 24)),
        ("2026-04-05", "date", date(2026, 4, 5)),
    ],
)
def test_a_number_is_read_with_its_signs(
    text: str, kind: str, value: Value, shipped: byhand.Model, mnist: byhand.Dataset
) -> None:
    (number,) = numbers(text, shipped, mnist)
    assert (number.text, number.kind, number.value) == (text, kind, value)
    assert "".join(digit.text for digit in number) == "".join(name for name in text if name.isdigit())
    assert [sign.text for sign in number.signs] == [name for name in text if not name.isdigit()]
    assert len(number) == len(number.digits)
    assert number.box[0] < number.box[2]
    assert 0 <= number.second_probability <= 1 - number.probability


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1.250,00", "amount", Decimal("1250.00")),
        ("1,250", "integer", 1250),
        ("0.250", "decimal", Decimal("0.250")),
        (".5", "decimal", Decimal("0.5")),
        ("12.-", "amount", Decimal(12)),
        ("1.2.99", "date", date(1999, 2, 1)),
        ("12/31/2001", "date", date(2001, 12, 31)),
        ("31/31/2001", "other", None),
        ("25:10", "other", None),
        ("3?5", "integer", None),
        ("1.2.3.4", "other", None),
        ("+7", "integer", 7),
    ],
)
def test_what_a_text_is_and_its_value(text: str, kind: str, value: Value | None) -> None:
    assert (kind_of(text), value_of(text)) == (kind, value)


def test_a_mark_before_three_digits_means_what_it_means_elsewhere_on_the_page() -> None:
    assert decimal_mark(["12.5", "7", "1.250"]) == "."
    assert value_of("1.250", ".") == Decimal("1.250")
    assert value_of("1.250", ",") == 1250
    assert decimal_mark(["12.5", "7,5"]) is None


def test_a_day_is_likelier_than_ten_digits() -> None:
    assert log_prior("31/12/1999") > log_prior("3111211999")
    assert log_prior("7/8") < log_prior("718")


def test_a_table_keeps_its_empty_cells(shipped: byhand.Model, mnist: byhand.Dataset) -> None:
    page = byhand.read(255 - written("45||310\n7|12|\n|650|28", mnist.test), shipped)
    texts = [[" ".join(number.text for number in cell) for cell in row] for row in table_of(page).rows]
    assert texts == [["45", "", "310"], ["7", "12", ""], ["", "650", "28"]]
    assert len(table_of(page, 2).rows[0]) == 2


def test_an_empty_page_is_an_empty_table(shipped: byhand.Model) -> None:
    page = byhand.read(np.full((50, 80), 255, np.uint8), shipped)
    assert table_of(page).rows == ()


def test_rows_of_numbers_and_of_the_layout(mnist: byhand.Dataset, capsys: Captured, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(255 - written("45||-310\n|12.50|7", mnist.test)).save(path)
    assert main(["read", "--csv", str(path), "nothing.png"]) == 1
    out, err = capsys.readouterr()
    assert "nothing.png" in err  # and the rows of the other are there
    rows = list(csv.DictReader(io.StringIO(out)))
    assert tuple(rows[0]) == COLUMNS
    told = [(row["file"], row["page"], row["row"], row["column"], row["text"], row["value"]) for row in rows]
    place = (str(path), "1")
    assert told == [
        (*place, "1", "1", "45", "45"),
        (*place, "1", "3", "-310", "-310"),
        (*place, "2", "2", "12.50", "12.50"),
        (*place, "2", "3", "7", "7"),
    ]
    assert main(["read", "--table", str(path)]) == 0
    header, *rest = csv.reader(io.StringIO(capsys.readouterr().out))
    assert header == ["file", "page", "row", "doubtful", "1", "2", "3"]
    assert [row[4:] for row in rest] == [["45", "", "-310"], ["", "12.50", "7"]]


@pytest.fixture(scope="module")
def pages(mnist: byhand.Dataset) -> list[Image.Image]:
    return [Image.fromarray(255 - written(text, mnist.test)) for text in ("45|-310", "7|650")]


def test_a_file_of_several_pages_is_read_page_by_page(
    pages: list[Image.Image], capsys: Captured, tmp_path: Path
) -> None:
    path = tmp_path / "scan.tif"
    blank = Image.new("L", (200, 100), 255)
    pages[0].save(path, save_all=True, append_images=[blank, pages[1]])
    assert main(["read", str(path)]) == 0
    out, err = capsys.readouterr()
    assert out == f"{path}, page 1:\n45 -310\n{path}, page 2:\n{path}, page 3:\n7 650\n"
    assert f"{path}, page 2: no digits" in err
    assert main(["read", "--csv", str(path)]) == 0
    assert [row["page"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))] == ["1", "1", "3", "3"]
    assert main(["read", "--picture", str(tmp_path / "a.png"), str(path)]) == 2
    assert "has several" in capsys.readouterr().err


def test_one_bad_page_does_not_lose_the_others(pages: list[Image.Image], capsys: Captured, tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    pages[0].save(path, save_all=True, append_images=[Image.new("L", (30_001, 1)), pages[1]])
    assert main(["read", str(path)]) == 1
    out, err = capsys.readouterr()
    assert "45 -310" in out
    assert "7 650" in out
    assert f"{path}, page 2: has too many pixels" in err


def test_certainty_and_format_can_be_told(pages: list[Image.Image], capsys: Captured, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    pages[0].save(path)
    assert main(["read", "--certainty", "0.9999999", str(path)]) == 0
    assert capsys.readouterr().out == "45? -310?\n"
    assert main(["read", "--certainty", "0.01", str(path)]) == 0
    assert capsys.readouterr().out == "45 -310\n"
    assert main(["read", "--format", "date", "--certainty", "0.01", str(path)]) == 0
    assert capsys.readouterr().out.count("?") == 2  # They are none.
    for wrong in (["--certainty", "1.5"], ["--certainty", "x"], ["--columns", "3"], ["--csv", "--json"]):
        assert main(["read", *wrong, str(path)]) == 2
    assert main(["read", "--xlsx", "a.csv", str(path)]) == 2


@pytest.mark.sheets
def test_a_workbook_has_both_tables(pages: list[Image.Image], capsys: Captured, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path, out = tmp_path / "=a.png", tmp_path / "out.xlsx"
    pages[0].save(path)
    assert main(["read", "--xlsx", str(out), str(path), str(tmp_path / "none.png")]) == 1
    assert capsys.readouterr().out == f"2 numbers of 1 page in {out}; 0 of them doubtful\n"
    book = load_workbook(out)
    assert [[cell.value for cell in row] for row in book["Pages"].rows] == [
        ["file", "page", "row", "doubtful", 1, 2],
        [str(path), 1, 1, None, 45, -310],
    ]
    assert [cell.value for cell in book["Numbers"][1]] == [*COLUMNS]
    assert book["Numbers"]["A2"].data_type == "s"


@pytest.mark.sheets
def test_a_document_is_read_page_by_page(pages: list[Image.Image], capsys: Captured, tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    pages[0].save(path, save_all=True, append_images=pages[1:], resolution=150)
    assert main(["read", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{path}, page 1:\n45 -310\n{path}, page 2:\n7 650\n"
    path.write_bytes(b"%PDF-1.7 and nothing else")
    assert main(["read", str(path)]) == 1
    assert "its PDF is damaged" in capsys.readouterr().err


@pytest.mark.sheets
def test_a_photo_of_a_telephone_is_read(pages: list[Image.Image], capsys: Captured, tmp_path: Path) -> None:
    import pillow_heif

    path, notes = tmp_path / "photo.heic", Image.Exif()
    notes[0x0112] = 6  # It was held upright, and the picture lies on its side.
    pillow_heif.from_pillow(pages[0].convert("RGB").rotate(90, expand=True)).save(path, exif=notes.tobytes())
    assert main(["read", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "45 -310\n"
    path.write_bytes(path.read_bytes()[:-100])
    assert main(["read", str(path)]) == 1
    assert "photo.heic: is a damaged picture" in capsys.readouterr().err


def test_what_is_not_installed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "find_spec", lambda _: None)
    with pytest.raises(byhand.ByhandError, match=r"pip install \"byhand\[sheets\]\""):
        workbooks.check()
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
    with pytest.raises(byhand.ByhandError, match=r"a\.pdf: to read a PDF document takes more: .*byhand\[pdf\]"):
        list(pages_of(tmp_path / "a.pdf"))


def test_no_cell_is_a_formula() -> None:
    assert [harmless(text) for text in ("=1+1", "@a", "-37", "+1.5", "+1+1", "-", "7")] == [
        "'=1+1", "'@a", "-37", "+1.5", "'+1+1", "'-", "7",
    ]  # fmt: skip
    assert as_csv([("=a.png", 1, None)], ("file", "page", "x")) == "file,page,x\n'=a.png,1,\n"


def test_what_is_no_page_is_named(tmp_path: Path, capsys: Captured) -> None:
    for name, content in (("notes.png", b"no picture"), ("torn.png", b"\x89PNG\r\n\x1a\n torn")):
        (tmp_path / name).write_bytes(content)
        assert main(["read", str(tmp_path / name)]) == 1
        assert f"{name}: is " in capsys.readouterr().err
