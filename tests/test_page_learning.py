"""What the page lets one find out about learning: what more examples are worth."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browsing import PATIENCE, visit
from test_page_views import choose, press, state

pytestmark = pytest.mark.page


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the page as one file."""
    from byhand.commands.app import main

    path = tmp_path_factory.mktemp("file") / "page.html"
    assert main(["export", "page", str(path)]) == 0
    return path


def shares(page: Page) -> list[float]:
    """Return the points of a series' curve, in percent."""
    texts = page.locator(".series .chart .strong").all_text_contents()
    return [float(text.partition("\N{NO-BREAK SPACE}")[0]) for text in texts]


def test_one_button_draws_what_more_examples_are_worth(chromium: Browser, address: str) -> None:
    with visit(chromium, f"{address}/#view=learn") as visited:
        page, button = visited.page, visited.page.locator("[data-series]")
        expect(button).to_have_text("10 / 100 … 60,000 images")
        choose(page, layers="16", limit=400, epochs=50)
        expect(button).to_have_text("10 / 100 / 400 images")
        button.click()
        series = page.locator(".series")
        expect(series).to_contain_text("Training 1 of 3: it learns from 10 images.")
        expect(button).to_have_attribute("aria-disabled", "true")
        expect(page.locator(".offer:not([hidden])")).to_have_count(0)
        expect(series).to_contain_text("Training 2 of 3")
        assert len(shares(page)) == 1
        page.locator(".tabs").get_by_role("link", name="Draw").click()
        page.locator(".tabs").get_by_role("link", name="Learn").click()
        expect(page.locator("#learn-limit")).to_have_value("400")  # The form is the person's own.
        expect(page.locator("#learn-epochs")).to_have_value("50")
        expect(page.locator(".series")).to_contain_text(
            re.compile("More examples help: .* from 400, only"), timeout=2 * PATIENCE
        )
        few, more, most = shares(page)
        assert 10 < few < more < most
        assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
        button.click()
        expect(series).to_contain_text("Training 1 of 3")
        state(page, re.compile("learning"))
        press(page, "stop")
        expect(series).to_contain_text("It ended before all of them had learned.")
        expect(button).to_have_attribute("aria-disabled", "false")


def test_so_does_the_page_in_one_file_with_the_images_that_it_carries(chromium: Browser, file: Path) -> None:
    with visit(chromium, f"{file.as_uri()}#view=learn&settings=layers:32,epochs:5") as visited:
        page = visited.page
        expect(page.locator("[data-series]")).to_have_text("10 / 100 … 2,000 images")
        page.locator("[data-series]").click()
        expect(page.locator(".series")).to_contain_text(
            re.compile("More examples help: .* from 2,000, only"), timeout=2 * PATIENCE
        )
        points = shares(page)
        assert len(points) == 4
        assert points == sorted(points)
        assert points[-1] > 80
