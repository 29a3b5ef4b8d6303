"""In Chromium: the page behind a reverse proxy, below a path of its own; and the server as pages of others ask it."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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


ASK = """async ([address, token]) => {
    const drawing = document.createElement("canvas");
    const form = new FormData();
    form.append("image", await new Promise((done) => drawing.toBlob(done)), "drawing.png");
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    try {
        const answer = await fetch(`${address}/api/predict`, { method: "POST", body: form, headers });
        return [answer.status, await answer.json()];
    } catch (error) {
        return [0, error.name];
    }
}"""


@contextmanager
def page_of_another() -> Iterator[str]:
    """Serve a page that has nothing to do with byhand."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<link rel=icon href=data:,><title>A lesson</title>")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_page_of_another_may_ask_if_it_is_allowed(chromium: Browser, tmp_path: Path) -> None:
    with page_of_another() as lesson, page_of_another() as stranger:
        server = Serving(tmp_path, "--token", "--allowed-origin", lesson)
        found = re.search(r"(http://\S+?)/\?token=(\S+) ", server.line)
        assert found
        address, token = found[1], found[2]
        try:
            context = chromium.new_context()
            page = context.new_page()
            page.goto(lesson)
            status, said = page.evaluate(ASK, [address, token])
            assert (status, said["problem_kind"]) == (200, "blank")
            status, said = page.evaluate(ASK, [address, ""])
            assert (status, "token" in said["detail"]) == (401, True)  # It reads why.
            page.goto(stranger)
            assert page.evaluate(ASK, [address, token]) == [0, "TypeError"]
            context.close()
        finally:
            server.stop()
