"""The page behind a reverse proxy, below a path of the proxy's own: all that it does, in Chromium."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from browsing import visit
from proxying import proxying
from served import Serving
from test_page_views import VIEWS, press, state

pytestmark = pytest.mark.page


def test_the_page_works_below_any_path_of_a_proxy(chromium: Browser, tmp_path: Path) -> None:
    server = Serving(tmp_path, "--token")
    found = re.search(r":(\d+)/\?token=(\S+) ", server.line)
    assert found
    try:
        with (
            proxying(int(found[1]), "/for/digits") as outside,
            visit(chromium, f"{outside}/for/digits/?token={found[2]}") as visited,
        ):
            page = visited.page
            expect(page).to_have_url(re.compile(r"/for/digits/(#.*)?$"))
            expect(page.locator("canvas").first).to_be_visible()
            (cookie,) = page.context.cookies()
            assert (cookie["path"], cookie["httpOnly"]) == ("/for/digits", True)
            for view, shown in VIEWS.items():
                page.locator(".tabs").get_by_role("link", name=view.capitalize()).click()
                expect(page.locator(shown).first).to_be_visible()
            page.locator(".tabs").get_by_role("link", name="Learn").click()
            press(page, "toggle")
            state(page, re.compile("learning"))  # which the stream of events tells
            press(page, "stop")
    finally:
        server.stop()
