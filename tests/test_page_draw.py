"""The page in a real browser: drawing, and what it shows of the network."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import byhand
from browsing import serving, visit
from byhand.data.idx import write_idx
from conftest import REPOSITORY

pytestmark = pytest.mark.page

SEVEN = [(80, 70), (200, 70), (190, 90), (150, 150), (125, 230)]
ONE = [(140, 40), (140, 240)]


def places(pad: Locator, points: list[tuple[int, int]]) -> list[tuple[float, float]]:
    """Scroll to a pad, and return where points of it, in its pixels, lie on the screen."""
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    scale = box["width"] / 280
    return [(box["x"] + x * scale, box["y"] + y * scale) for x, y in points]


def draw_on(pad: Locator, points: list[tuple[int, int]], *, lift: bool = True) -> None:
    """Draw one stroke with the mouse, in pixels of the pad."""
    mouse = pad.page.mouse
    first, *others = places(pad, points)
    mouse.move(*first)
    mouse.down()
    for place in others:
        mouse.move(*place, steps=6)
    if lift:
        mouse.up()


def draw(page: Page, points: list[tuple[int, int]], *, lift: bool = True) -> None:
    """Draw one stroke with the mouse on the only pad there is."""
    draw_on(page.get_by_label("Pad to draw on"), points, lift=lift)


def touch(pad: Locator, points: list[tuple[int, int]]) -> None:
    """Draw one stroke with a finger, in pixels of the pad."""
    session = pad.page.context.new_cdp_session(pad.page)
    touches = [{"x": x, "y": y} for x, y in places(pad, points)]
    moves = [("touchMove", [place]) for place in touches[1:]]
    for kind, fingers in (("touchStart", touches[:1]), *moves, ("touchEnd", [])):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})


def number(text: str) -> float:
    """Read a number as the page writes it."""
    return float(text.replace("−", "-").replace("+", "").replace("\N{NO-BREAK SPACE}", ""))


def answer(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator("#answer")).to_have_text(words)


def test_a_digit_drawn_by_mouse_is_named_and_undone(chromium: Browser, address: str) -> None:
    with visit(chromium, address) as visited:
        page = visited.page
        answer(page, "Nothing is drawn yet.")
        draw(page, SEVEN)
        answer(page, "It is a 7.")
        shares = page.locator("#probabilities .share").all_inner_texts()
        assert len(shares) == 10
        assert all("%" in share for share in shares)
        page.get_by_role("button", name="Undo").click()
        answer(page, "Nothing is drawn yet.")
        draw(page, ONE)
        answer(page, "It is a 1.")
        page.keyboard.press("c")
        answer(page, "Nothing is drawn yet.")
        page.keyboard.press("z")
        answer(page, "It is a 1.")


def test_a_digit_is_drawn_by_touch_and_the_page_stays(chromium: Browser, address: str) -> None:
    size = {"width": 360, "height": 740}
    with visit(chromium, address, has_touch=True, is_mobile=True, viewport=size) as visited:
        page = visited.page
        pad = page.get_by_label("Pad to draw on")
        pad.scroll_into_view_if_needed()
        before = page.evaluate("scrollY")
        touch(pad, SEVEN)
        answer(page, "It is a 7.")
        assert page.evaluate("scrollY") == before


def test_a_digit_is_drawn_by_keyboard(chromium: Browser, address: str) -> None:
    with visit(chromium, address) as visited:
        page = visited.page
        page.get_by_label("Pad to draw on").focus()
        for _ in range(5):
            page.keyboard.press("Shift+ArrowUp")
        page.keyboard.press("Space")
        for _ in range(9):
            page.keyboard.press("Shift+ArrowDown")
        page.keyboard.press("Space")
        answer(page, "It is a 1.")


def test_undo_and_clear_while_the_pen_is_down(chromium: Browser, address: str) -> None:
    with visit(chromium, address) as visited:
        page = visited.page
        draw(page, SEVEN)
        draw(page, ONE, lift=False)
        page.keyboard.press("z")
        page.mouse.up()
        answer(page, "It is a 7.")
        draw(page, ONE, lift=False)
        page.keyboard.press("c")
        page.mouse.up()
        answer(page, "Nothing is drawn yet.")


def test_a_drawing_outlives_the_ways_about_the_page(chromium: Browser, address: str) -> None:
    with visit(chromium, address) as visited:
        page = visited.page
        draw(page, SEVEN)
        page.locator(".tabs").get_by_role("link", name="Judge").click()  # at once, before the link is written
        expect(page.locator(".view-judge")).to_be_visible()
        page.locator(".skip").focus()
        page.keyboard.press("Enter")
        page.go_back()
        answer(page, "It is a 7.")
        draw(page, ONE)
        page.go_forward()
        page.get_by_role("link", name="byhand", exact=True).click()
        answer(page, "It is a 7.")
        page.keyboard.press("z")  # what the way back has taken is not lost
        expect(page.locator("#answer")).not_to_have_text("Nothing is drawn yet.")


def test_keys_that_are_a_single_sign_can_be_switched_off(chromium: Browser, address: str) -> None:
    with visit(chromium, address) as visited:
        page = visited.page
        page.get_by_role("button", name="Keys").click()
        page.get_by_role("switch", name="Keys on").uncheck()
        page.get_by_role("button", name="Close").click()
        draw(page, SEVEN)
        page.keyboard.press("c")
        page.keyboard.press("3")
        answer(page, "It is a 7.")
        page.keyboard.press("Control+z")
        answer(page, "Nothing is drawn yet.")


def test_a_screen_reader_hears_every_unit(chromium: Browser, address: str) -> None:
    with visit(chromium, address) as visited:
        layer = visited.page.locator("#layer-1")
        layer.focus()
        last = byhand.Model.load().sizes[1] - 1
        for key, unit in (("End", last), ("ArrowLeft", last - 1), ("Home", 0), ("ArrowRight", 1)):
            layer.press(key)
            expect(layer).to_have_attribute("aria-activedescendant", re.compile(f"-{unit}$"))
            name = layer.get_attribute("aria-activedescendant")
            expect(layer.locator(f"#{name}")).to_have_attribute("aria-label", re.compile(f"^unit {unit + 1} of"))


def test_the_link_holds_drawing_unit_and_switches(chromium: Browser, address: str) -> None:
    with visit(chromium, address) as first, visit(chromium, address) as second:
        page = first.page
        draw(page, SEVEN)
        answer(page, "It is a 7.")
        page.keyboard.press("m")
        page.locator("#layer-1").click(position={"x": 5, "y": 5})
        expect(page).to_have_url(re.compile("neuron="))
        expect(page).to_have_url(re.compile("centred"))
        second.page.goto(page.url)
        second.page.reload()
        for selector in ("#answer", "#network-status", "#probabilities", ".prepared-story"):
            expect(second.page.locator(selector)).to_have_text(page.locator(selector).inner_text(), use_inner_text=True)
        expect(second.page.get_by_role("switch", name="Centre and scale")).not_to_be_checked()


def test_what_a_unit_sums_adds_up(chromium: Browser, address: str) -> None:
    with visit(chromium, address) as visited:
        page = visited.page
        draw(page, SEVEN)
        for layer in ("#layer-1", "#layer-2", "#layer-3"):
            page.locator(layer).hover(position={"x": 6, "y": 6})
            expect(page.locator("#network-status")).to_contain_text("Looking at")
            rows = page.locator("#inspector .arithmetic tbody tr:not([hidden])")
            *terms, z = (number(row.locator("td").last.inner_text()) for row in rows.all()[:-1])
            assert sum(terms) == pytest.approx(z, abs=1e-9)


def test_softmax_gets_less_sure_when_it_is_warmer(chromium: Browser, address: str) -> None:
    with visit(chromium, address) as visited:
        page = visited.page
        draw(page, SEVEN)
        page.locator("#softmax summary").click()
        before = page.locator("#softmax tbody").inner_text()
        page.locator("#temperature").fill("5")
        expect(page.locator("#softmax tbody")).not_to_have_text(before)
        answer(page, "It is a 7.")  # The temperature here is for looking only.


def test_why_one_digit_and_not_the_other(chromium: Browser, address: str) -> None:
    with visit(chromium, address) as visited:
        page = visited.page
        draw(page, SEVEN)
        page.locator("#why-against").select_option("9")
        expect(page.locator("#why-conclusion")).to_contain_text("9")

        rows = (page.locator(f"#why tr.{name} td").last for name in ("for", "against", "rest", "sum"))
        *parts, total = (number(row.inner_text()) for row in rows)
        assert sum(parts) == pytest.approx(total, abs=1e-9)
        assert total > 0


def test_an_image_of_the_data_is_read_as_python_reads_it(
    chromium: Browser, address: str, mnist: byhand.Dataset
) -> None:
    said = byhand.Model.load().predict(mnist.test.images[:12])
    with visit(chromium, address) as visited:
        page = visited.page
        for index in (0, 3, 11):
            page.locator(f".strip-row button[data-index='{index}']").click()
            answer(page, re.compile(rf"\b{said[index]}\b"))
        page.keyboard.press("Home")
        page.get_by_role("button", name="Next mistake").click()
        expect(page.locator(".strip-verdict")).to_contain_text("wrong")


def test_a_picture_is_opened_and_read(chromium: Browser, address: str) -> None:
    with visit(chromium, address) as visited:
        page = visited.page
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Open a picture").click()
        chooser.value.set_files(REPOSITORY / "docs" / "pictures" / "seven.png")
        answer(page, "It is a 7.")
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Open a picture").click()
        chooser.value.set_files(REPOSITORY / "README.md")
        expect(page.locator(".pad-status.bad")).to_contain_text("picture")
        answer(page, "It is a 7.")


def test_strokes_are_saved_and_loaded_again(chromium: Browser, address: str, tmp_path: Path) -> None:
    with visit(chromium, address) as visited:
        page = visited.page
        draw(page, SEVEN)
        page.get_by_text("Recorded strokes").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Save").click()
        saved = tmp_path / "drawing.json"
        download.value.save_as(saved)
        assert len(json.loads(saved.read_text())["strokes"]) == 1
        page.keyboard.press("c")
        answer(page, "Nothing is drawn yet.")
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Load").click()
        chooser.value.set_files(saved)
        answer(page, "It is a 7.")
        page.get_by_role("button", name="Replay").click()
        answer(page, "It is a 7.")


def test_a_link_of_nonsense_opens_an_empty_pad(chromium: Browser, address: str) -> None:
    with visit(chromium, f"{address}/#strokes=%00!!&neuron=99.9999&why=1.1&temperature=-3&view=nowhere") as visited:
        answer(visited.page, "Nothing is drawn yet.")
        draw(visited.page, ONE)
        answer(visited.page, "It is a 1.")


def test_the_exported_page_works_from_a_file(chromium: Browser, tmp_path: Path) -> None:
    from byhand.commands.app import main

    file = tmp_path / "byhand.html"
    assert main(["export", "page", str(file)]) == 0
    with visit(chromium, file.as_uri()) as visited:
        page = visited.page
        draw(page, SEVEN)
        answer(page, "It is a 7.")
        page.locator(".strip-row button").first.click()
        expect(page.locator("#answer")).not_to_have_text("Nothing is drawn yet.")
        tabs = page.locator(".tabs")
        tabs.get_by_role("link", name="Judge").click()
        expect(page.locator(".headline .great")).to_contain_text("%")
        expect(page.locator(".mistakes .specimen").first).to_be_visible()
        tabs.get_by_role("link", name="Break").click()
        page.get_by_role("button", name="Switch off").first.click()
        expect(page.locator(".lab")).to_contain_text("test images")
        tabs.get_by_role("link", name="Step").click()
        expect(page.locator(".stage")).to_be_visible()
        tabs.get_by_role("link", name="Learn").click()
        page.locator("[data-wish=image]").click()
        expect(page.locator(".controls .state")).to_have_text(re.compile("^Paused after one image"))
        page.locator("[data-wish=toggle]").click()
        expect(page.locator(".controls .state")).to_have_text(re.compile("^Finished"))
        said = page.locator(".controls .state").inner_text()
        assert float(re.findall(r"reads ([\d.]+)", said)[0]) > 80
        page.locator("[data-use=training]").click()
        tabs.get_by_role("link", name="Draw").click()
        expect(page.locator("#layer-1")).to_have_accessible_name(re.compile("128 units"))
        visited.allowed = {422}
        tabs.get_by_role("link", name="Learn").click()
        page.locator("[data-wish=rewind]").click()
        expect(page.locator(".controls .state")).to_have_text(re.compile("nothing yet"))
        page.locator("[data-wish=stop]").click()
        expect(page.locator(".controls .state")).to_have_text(re.compile("Stopped"))


def test_an_image_is_known_by_the_name_of_its_class(chromium: Browser, data: byhand.Dataset, tmp_path: Path) -> None:
    """Data whose classes stand in another order than the served network's."""
    for stem, split in (("train", data.train), ("t10k", data.test)):
        write_idx(tmp_path / f"{stem}-images-idx3-ubyte", split.images)
        write_idx(tmp_path / f"{stem}-labels-idx1-ubyte", 9 - split.labels)
    (tmp_path / "classes.txt").write_text("\n".join("9876543210"))
    with serving(tmp_path, "--data", str(tmp_path)) as address, visit(chromium, f"{address}/#image=test.0") as visited:
        answer(visited.page, "It is a 7.")
        expect(visited.page.locator(".strip-verdict")).to_contain_text("right")
        expect(visited.page.locator("[data-index='0']")).to_have_attribute("aria-label", re.compile("7"))
