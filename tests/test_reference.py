"""The page about the API: complete, without barriers, and with examples that do what they say when they are pasted."""

import ast
import html
import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

import byhand
from asking import Client, check_headers
from browsing import visit
from byhand.web.page.reference import reference
from conftest import REPOSITORY
from proxying import proxying
from served import Serving

pytestmark = pytest.mark.page

PICTURES = REPOSITORY / "docs" / "pictures"
ENDLESS = "/api/training/events"


def test_it_tells_of_all_that_can_be_asked(client: Client) -> None:
    page = client.get("/api")
    check_headers(page)
    described = client.get("/openapi.json").json()
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            assert f"<span class=method>{method.upper()}</span> <code>{path}</code></h2>" in page.text
            assert html.escape(told["description"]) in page.text
    names = re.findall(r' id="([^"]+)"', page.text)
    assert len(names) == len(set(names))
    assert set(re.findall(r'href="#([^"]+)"', page.text)) <= {*names, "main"}
    assert "TOKEN" not in page.text
    assert client.get("/api", headers={"if-none-match": page.headers["etag"]}).status_code == 304
    assert not re.search(r"(src|href)=\"(/|https?:)|<script>|style=|\son[a-z]+=", page.text)


def test_no_line_of_python_is_cut_off_on_a_wide_screen(app: FastAPI) -> None:
    described = {**app.openapi(), "security": [{"token": []}]}
    for code in re.findall(r"<pre tabindex=0 class=\"python\"><code>(.*?)</code>", reference(described), re.DOTALL):
        text = html.unescape(re.sub("<[^>]*>", "", code))
        ast.parse(text)
        assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_it_is_without_barriers_and_fits(chromium: Browser, address: str, width: int, scheme: str) -> None:
    size = {"width": width, "height": 900}
    with visit(chromium, f"{address}/api", viewport=size, color_scheme=scheme) as visited:
        page = visited.page
        for summary in page.locator("summary").all():
            summary.click()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_role("link", name="GET /metrics").click()
        expect(page.get_by_role("heading", name="GET /metrics")).to_be_in_viewport()


def test_the_page_leads_there_and_back(chromium: Browser, address: str) -> None:
    with visit(chromium, address) as visited:
        visited.page.locator("#footer a").click()
        expect(visited.page.get_by_role("heading", name="What programs can ask")).to_be_visible()
        visited.page.get_by_role("link", name="The page").click()
        expect(visited.page.locator("#answer")).to_be_visible()


def examples(page: Page) -> dict[str, tuple[str, str]]:
    """Return what the page says to paste for curl and for Python, by what is asked for."""
    sections = page.locator("section[id]").all()
    return {
        section.locator("h2").inner_text(): (
            section.locator(".curl").inner_text(),
            section.locator(".python").inner_text(),
        )
        for section in sections
    }


def test_every_example_works_when_it_is_pasted(chromium: Browser, tmp_path: Path) -> None:
    (tmp_path / "digit.png").write_bytes((PICTURES / "seven.png").read_bytes())
    (tmp_path / "page.jpg").write_bytes((PICTURES / "page.jpg").read_bytes())
    (tmp_path / "parameters.bin").write_bytes(byhand.Model.load().theta.astype("<f4").tobytes())
    server = Serving(tmp_path, "--token")
    found = re.search(r":(\d+)/\?token=(\S+) ", server.line)
    assert found
    key = ""

    def pasted(*command: str) -> str:
        options = {"cwd": tmp_path, "env": {"TOKEN": found[2], "PATH": "/usr/bin:/bin"}, "timeout": 60}
        return subprocess.run(command, capture_output=True, text=True, check=False, **options).stdout  # type: ignore[call-overload,no-any-return]

    try:
        with proxying(int(found[1]), "/digits") as outside:
            with visit(chromium, f"{outside}/digits/?token={found[2]}") as visited:
                visited.page.goto(f"{outside}/digits/api")
                told = examples(visited.page)
            assert len(told) == 17
            for name, (curl, python) in told.items():
                assert urlsplit(re.findall(r"http://[^'\"]+", curl)[0]).netloc == urlsplit(outside).netloc
                if ENDLESS in name:
                    assert "event: snapshot" in pasted("timeout", "1", "bash", "-c", curl)
                    assert pasted(sys.executable, "-c", python) == "b'retry: 1000\\n'\n"
                    continue
                said = pasted("bash", "-c", curl.replace("KEY", key) if key else curl)
                if name in ("POST /api/training", "POST /api/training/take"):
                    key = json.loads(said)["key"]
                    continue  # There is one already.
                if name == "POST /api/training/resume":
                    assert "no training that was left" in json.loads(said)["detail"]
                    continue
                again = pasted(sys.executable, "-c", python.replace("KEY", key) if key else python)
                if "/metrics" in name:
                    assert said.startswith("# HELP")
                    assert again.startswith("# HELP")
                elif "-o" not in curl:
                    assert "detail" not in json.loads(said), (name, said)
                    assert again.startswith("{"), (name, again)
        assert byhand.Model.load(tmp_path / "model.safetensors").sizes == byhand.Model.load().sizes
        assert (tmp_path / "images.bin").stat().st_size == 2 * 785
    finally:
        server.stop()
