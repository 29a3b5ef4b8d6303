"""Several digits at once in a real browser: a photo of a page, and a number on the pad."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import byhand
from browsing import serving, visit
from byhand.reading import reviews
from byhand.reading.tables.writing import COLUMNS
from conftest import REPOSITORY
from test_page_draw import draw

pytestmark = pytest.mark.page

PHOTO = REPOSITORY / "docs" / "pictures" / "page.jpg"


def fields(page: Page) -> list[str]:
    return [field.input_value() for field in page.locator(".sheet-lines input").all()]


def open_picture(page: Page, path: Path) -> None:
    page.locator("input[accept='image/*']").set_input_files(path)


def test_a_page_is_read_corrected_and_saved(chromium: Browser, address: str, tmp_path: Path) -> None:
    numbers = byhand.read(PHOTO).numbers
    doubtful = [k for k, number in enumerate(numbers) if not number.certain]
    assert doubtful, "the picture has a number that is hard to read"
    with visit(chromium, address) as visited:
        page = visited.page
        open_picture(page, PHOTO)
        expect(page.locator(".sheet-lines input")).to_have_count(len(numbers))
        assert fields(page) == [number.text for number in numbers]
        assert page.locator(".sheet-picture g").count() == len(numbers)
        expect(page.locator(".sheet-lines input.doubtful")).to_have_count(len(doubtful))
        page.get_by_role("button", name="Next in doubt").click()
        field = page.locator(".sheet-lines input").nth(doubtful[0])
        expect(field).to_be_focused()
        field.fill("1234")
        field.press("Enter")
        expect(page.locator(".sheet-lines input.doubtful")).to_have_count(len(doubtful) - 1)
        expect(page.locator(".sheet-picture g").nth(doubtful[0])).to_have_text("1234")
        with page.expect_download() as download:
            page.get_by_role("button", name="Save as a table").click()
        saved = tmp_path / download.value.suggested_filename
        download.value.save_as(saved)
    assert saved.name == "page.csv"
    with saved.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["read"] for row in rows] == [number.text for number in numbers]
    assert (rows[doubtful[0]]["text"], rows[doubtful[0]]["doubtful"]) == ("1234", "")
    review = reviews.load(saved)  # What is still in doubt can be gone through with byhand review.
    assert [row["checked"] for row in review.rows].count("corrected") == 1
    assert list(rows[0])[:15] == [*COLUMNS]


def test_a_page_outlives_the_ways_about_and_can_be_put_away(chromium: Browser, address: str) -> None:
    with visit(chromium, address) as visited:
        page = visited.page
        open_picture(page, PHOTO)
        expect(page.locator(".sheet-lines input").first).to_be_visible()
        before = fields(page)
        page.locator(".tabs").get_by_role("link", name="Learn").click()
        page.locator(".tabs").get_by_role("link", name="Draw").click()
        expect(page.locator(".sheet-lines input").first).to_be_visible()
        assert fields(page) == before
        page.locator(".sheet").get_by_role("button", name="Close").click()
        expect(page.locator(".sheet")).to_be_hidden()


def test_digits_on_the_pad_are_read_as_a_number(chromium: Browser, address: str) -> None:
    with visit(chromium, address) as visited:
        page = visited.page
        for left in (30, 190):
            draw(page, [(left, 100), (left + 50, 100), (left + 40, 120), (left + 20, 190)])
        draw(page, [(140, 95), (140, 195)])
        expect(page.locator(".sheet-lines input")).to_have_value("717")
        page.keyboard.press("c")
        expect(page.locator(".sheet")).to_be_hidden()


def test_a_table_is_reviewed_by_keyboard_alone(chromium: Browser, tmp_path: Path) -> None:
    table = tmp_path / "numbers.csv"
    box = "60,105,202,160"
    table.write_text(
        "file,text,probability,doubtful,second,second_probability,left,top,right,bottom\n"
        f"{PHOTO},2128,0.6,?,2123,0.2,{box}\n{PHOTO},9564,0.99,,,,260,86,497,150\n{PHOTO},5,0.5,?,,,473,193,541,245\n"
    )
    with serving(tmp_path, str(table), "--no-open", command="review") as address, visit(chromium, address) as visited:
        page = visited.page
        field, status = page.get_by_label("What stands there"), page.get_by_role("status")
        expect(field).to_have_value("2128")
        expect(field).to_be_focused()
        expect(status).to_have_text("2 of 3 numbers are in doubt.")
        page.keyboard.press("Enter")
        expect(field).to_have_value("5")
        page.keyboard.press("ArrowUp")  # There is no other one in doubt.
        expect(field).to_have_value("5")
        page.keyboard.type("6")
        page.keyboard.press("Enter")
        expect(status).to_have_text("Of 3 numbers none is in doubt any more.")
        expect(page.get_by_text("All are seen to.")).to_be_visible()
        assert page.evaluate("document.querySelector('.review-picture').naturalWidth") > 50
    with (tmp_path / "numbers.reviewed.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["text"], row["checked"]) for row in rows] == [("2128", "confirmed"), ("9564", ""), ("6", "corrected")]
