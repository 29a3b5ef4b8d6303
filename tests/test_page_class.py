"""The page in a class: handed on to others over plain HTTP."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from browsing import serving, visit

pytestmark = pytest.mark.page


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the page with a token, and return the whole link under a name that is not this machine's own."""
    with serving(tmp_path_factory.mktemp("class"), "--token") as address:
        parts = urlsplit(address)
        yield f"http://lesson.test:{parts.port}/?{parts.query}"


def test_a_teacher_hands_the_page_on_and_a_pupil_opens_it(chromium: Browser, link: str) -> None:
    page_alone = link.partition("?")[0]
    with visit(chromium, f"{link}#view=break", viewport={"width": 1280, "height": 720}) as teacher:
        page = teacher.page
        expect(page.locator(".view-break")).to_be_visible()
        assert "token" not in page.url
        page.get_by_role("button", name="Share").click()
        whole = page.get_by_role("textbox", name="Link to this page")
        handed = whole.input_value()
        assert handed == f"{link}#view=break"
        code = page.get_by_role("img", name="QR code")
        box = code.bounding_box()
        assert box is not None
        assert box["width"] == pytest.approx(box["height"], abs=1)
        assert box["width"] > 300
        page.get_by_role("button", name="Copy link").click()  # over plain HTTP there is no clipboard to ask
        expect(page.get_by_role("button", name="Link copied")).to_be_visible()
        assert "token" not in page.url
    with visit(chromium, page_alone) as stranger:
        stranger.allowed = {401}
        expect(stranger.page.locator("h1")).to_have_text("This page needs its whole link")
        assert stranger.page.evaluate("getComputedStyle(document.querySelector('main')).padding") != "0px"
        stranger.errors.clear()  # the first load was before the status was allowed
        stranger.page.goto(handed)
        expect(stranger.page.locator(".view-break")).to_be_visible()
