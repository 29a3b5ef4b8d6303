"""Names that a stranger's model gives its classes change neither the page's width nor how its sentences read."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

import byhand
from browsing import serving, visit

pytestmark = pytest.mark.page

LONG = tuple("W" * 99 + str(number) for number in range(10))


@pytest.mark.slow
def test_long_names_leave_the_page_as_wide_as_it_is(data: byhand.Dataset, tmp_path: Path, chromium: Browser) -> None:
    replace(byhand.Model.load(), classes=LONG).save(tmp_path / "named.safetensors")
    train, test, names = data.train, data.test, np.array(LONG)
    arrays = {"x_train": train.images, "y_train": train.labels, "x_test": test.images, "y_test": test.labels}
    np.savez(tmp_path / "named.npz", allow_pickle=False, classes=names, **arrays)
    with serving(tmp_path, "named.safetensors", "--data", "named.npz") as url:
        for width in (360, 1440):
            for view in ("draw", "judge", "step", "break"):
                with visit(chromium, f"{url}/#view={view}", viewport={"width": width, "height": 900}) as visited:
                    page = visited.page
                    page.wait_for_load_state("networkidle")
                    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
                    page.locator("#main h2").first.wait_for()
                    page.wait_for_timeout(200)
                    assert page.evaluate("document.documentElement.scrollWidth") == width, view
                    if view == "draw":
                        shown = page.locator(".outputs .name")
                        assert shown.first.get_attribute("title") == LONG[0]
                        assert shown.last.inner_text() == LONG[-1]


def test_words_go_into_elements_in_one_place() -> None:
    static = Path(byhand.__file__).parent / "web" / "page" / "static"
    past = re.compile(
        r"""setAttribute\("(aria-label|title|alt|placeholder)"|\.(innerHTML|outerHTML|alt|title) = (?!text\.|`)"""
    )
    for path in static.rglob("*.js"):
        if path.name != "dom.js":
            assert not past.search(path.read_text(encoding="utf-8")), path


@pytest.mark.slow
def test_long_names_leave_room_for_why_one_and_not_the_other(tmp_path: Path, chromium: Browser) -> None:
    names = tuple("W" * 99 + str(number) for number in range(10))
    replace(byhand.Model.load(), classes=names).save(tmp_path / "named.safetensors")
    with (
        serving(tmp_path, "named.safetensors") as url,
        visit(chromium, url, viewport={"width": 360, "height": 740}) as visited,
    ):
        page = visited.page
        pad = page.get_by_label("Pad to draw on").bounding_box()
        assert pad is not None
        page.mouse.move(pad["x"] + 0.5 * pad["width"], pad["y"] + 0.2 * pad["height"])
        page.mouse.down()
        page.mouse.move(pad["x"] + 0.5 * pad["width"], pad["y"] + 0.8 * pad["height"], steps=8)
        page.mouse.up()
        page.locator(".why select").first.wait_for()
        page.wait_for_timeout(300)
        wide = "[...document.querySelectorAll('#main *')].filter((e) => e.getBoundingClientRect().right > innerWidth)"
        assert page.evaluate(f"{wide}.map((e) => e.outerHTML)") == []
        assert page.evaluate("document.documentElement.scrollWidth") == 360
