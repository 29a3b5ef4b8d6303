"""Tables of numbers that somebody goes through: what is kept, and that nothing is lost."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import byhand
from asking import Client, detail
from byhand.reading import reviews

pytest.importorskip("fastapi")

PAGE = Path(byhand.__file__).parent / "web" / "page" / "static"
COLUMNS = "file,page,row,column,text,kind,value,probability,doubtful,second,second_probability,left,top,right,bottom"
MODEL = byhand.Model.load()


@pytest.fixture
def table(tmp_path: Path, mnist: byhand.Dataset) -> Path:
    """Write a page of two numbers of MNIST's digits, and a table that says what was read on it."""
    test = mnist.test
    page = np.full((60, 220), 255, np.uint8)
    chosen = [int(np.flatnonzero(test.labels == label)[0]) for label in (7, 2, 1, 0)]
    for position, x in zip(chosen, (10, 40, 130, 160), strict=True):
        page[16:44, x : x + 28] -= test.images[position]
    Image.fromarray(page).resize((660, 180)).save(tmp_path / "page.png")
    rows = [
        ["page.png", "", 1, 1, "72", "integer", 72, 0.99, "", "", "", 30, 48, 204, 132],
        ["page.png", "", 1, 2, "18", "integer", 18, 0.6, "?", "10", 0.3, 390, 48, 564, 132],
    ]
    with (tmp_path / "numbers.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS.split(","), *rows])
    return tmp_path / "numbers.csv"


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_what_somebody_says_is_kept_at_once_and_gone_on_with(table: Path) -> None:
    before = table.read_bytes()
    review = reviews.load(table)
    review.keep(1, "10")
    assert table.read_bytes() == before
    first, second = read(table.with_name("numbers.reviewed.csv"))
    assert (first["text"], first["read"], first["checked"]) == ("72", "72", "")
    assert (second["text"], second["read"], second["checked"], second["doubtful"]) == ("10", "18", "corrected", "")
    again = reviews.load(table)
    assert again.rows == review.rows
    again.keep(1, "18")
    assert read(again.out)[1]["checked"] == "confirmed"
    assert again.to_dict()["numbers"][1]["doubtful"] is True  # type: ignore[index,call-overload]


def test_the_picture_of_a_number_is_the_part_that_it_stands_on(table: Path) -> None:
    review = reviews.load(table)
    shown = Image.open(io.BytesIO(review.picture(1)))
    assert shown.format == "JPEG"
    assert abs(shown.width - 174 - 2 * reviews.AROUND * 84) < 3
    assert byhand.read(np.asarray(shown)).text.replace(" ", "") == "10"


def test_digits_that_are_known_to_be_right_can_be_learned_from(table: Path, tmp_path: Path) -> None:
    review, folder = reviews.load(table), tmp_path / "digits"
    review.keep(1, "10")
    assert review.keep_digits(1, folder, MODEL) == 2
    review.keep(0, "72.5")
    assert review.keep_digits(0, folder, MODEL) == 0  # There are not three digits.
    assert review.keep_digits(1, folder, MODEL) == 2  # It is the same again, not two more.
    kept = sorted(folder.rglob("*.png"))
    assert [path.parent.name for path in kept] == ["0", "1"]
    assert [MODEL.classes[int(MODEL.predict(np.asarray(Image.open(path))[None])[0])] for path in kept] == ["0", "1"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"file,text\npage.png,7\n", "has no column probability, doubtful, left, top, right, bottom"),
        (b"\xff\xfe\x00", "is no table that byhand read wrote"),
        (b"", "has no column file"),
        (COLUMNS.encode() + b"\npage.png,1\n", "rows of different length"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "other.csv").write_bytes(content)
    with pytest.raises(byhand.ByhandError, match=f"other.csv: .*{said}"):
        reviews.load(tmp_path / "other.csv")


def test_the_review_of_another_table_is_not_written_over(table: Path) -> None:
    other = table.with_name("other.csv")
    other.write_text(table.read_text().replace("390", "391"))
    reviews.load(other).keep(1, "10")
    with pytest.raises(byhand.ByhandError, match=r"other.reviewed.csv: is no review of .*numbers.csv. Choose"):
        reviews.load(table, other.with_name("other.reviewed.csv"))


@pytest.mark.parametrize(
    ("name", "value", "said"), [("left", "x", "no box in whole numbers"), ("top", "100000", "outside of page.png")]
)
def test_a_box_that_cannot_be_is_said(table: Path, name: str, value: str, said: str) -> None:
    review = reviews.load(table)
    review.rows[1][name] = value
    if name == "top":
        review.rows[1]["bottom"] = "100084"
    with pytest.raises(byhand.ByhandError, match=f"row 2 has .*{said}"):
        review.picture(1)


@pytest.fixture
def client(table: Path) -> Iterator[Client]:
    from byhand.web.reviewing import build

    client = Client(build(reviews.load(table), digits=table.with_name("digits"), model=MODEL))
    yield client
    client.close()


def test_a_table_is_reviewed_by_http(client: Client, table: Path) -> None:
    told = client.get("/api/review").json()
    assert [number["text"] for number in told["numbers"]] == ["72", "18"]
    assert (told["numbers"][1]["second"], told["numbers"][1]["second_probability"]) == ("10", 0.3)
    assert client.get("/api/review/picture?row=1").headers["content-type"] == "image/jpeg"
    assert client.post("/api/review", json={"row": 1, "text": "10"}).status_code == 204
    assert read(table.with_name("numbers.reviewed.csv"))[1]["text"] == "10"
    assert len(list(table.with_name("digits").rglob("*.png"))) == 2
    assert "review/main.js" in client.get("/").text


@pytest.mark.parametrize(
    ("body", "said"), [({"row": 2, "text": "1"}, "from 0 to 1"), ({"row": 0, "text": "1\n2"}, "text"), ({}, "row")]
)
def test_what_makes_no_sense_is_refused(client: Client, body: dict[str, object], said: str) -> None:
    assert said in detail(client.post("/api/review", json=body), 422)


def test_the_page_knows_every_field_of_a_review(client: Client) -> None:
    schemas = client.app.openapi()["components"]["schemas"]
    text = (PAGE / "review" / "messages.js").read_text("utf-8")
    types = re.findall(r"@typedef \{object\} (\w+)(.*?)\*/", text, re.DOTALL)
    known = {name: set(re.findall(r"@property \{.+\} (\w+)", body)) for name, body in types}
    assert known["Reviewed"] == set(schemas["Reviewed"]["properties"])
    assert known["ReviewedNumber"] == set(schemas["Number"]["properties"])


def test_kind_and_value_are_those_of_what_was_said(table: Path) -> None:
    review = reviews.load(table)
    review.keep(1, "10.50")
    kept = read(review.out)[1]
    assert (kept["kind"], kept["value"]) == ("amount", "10.50")


def test_a_number_is_looked_at_on_its_page(table: Path) -> None:
    page = Image.open(table.with_name("page.png"))
    blank = Image.new("L", page.size, 255)
    page.save(table.with_name("pages.tiff"), save_all=True, append_images=[blank, page])
    table.write_text(
        table.read_text().replace("page.png,,1,1", "pages.tiff,2,1,1").replace("page.png,", "pages.tiff,3")
    )
    review = reviews.load(table)
    seen = [Image.open(io.BytesIO(review.picture(place))).getextrema() for place in (0, 1, 0)]
    assert [each == (255, 255) for each in seen] == [True, False, True]
    told = json.loads(json.dumps(review.to_dict()))
    assert [number["page"] for number in told["numbers"]] == [2, 3]
    review.rows[1]["page"] = "4"
    with pytest.raises(byhand.ByhandError, match=r"pages.tiff: has no page 4."):
        review.picture(1)
