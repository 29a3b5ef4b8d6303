"""The page in a real browser: drawing, and what it shows of the network."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import byhand
from browsing import serving, visit
from byhand.data.idx import write_idx
from byhand.network import layers
from conftest import REPOSITORY

pytestmark = pytest.mark.page

SEVEN = [(80, 70), (200, 70), (190, 90), (150, 150), (125, 230)]
ONE = [(140, 40), (140, 240)]
WIRES_MEET = """() => {
  const stage = document.querySelector(".network .stage").getBoundingClientRect();
  const mark = document.querySelector(".network .mark.on").getBoundingClientRect();
  const path = document.querySelector(".network .edges path").getAttribute("d");
  const [x, y] = path.match(/[\\d.]+/g).slice(-2).map(Number);
  return Math.hypot(stage.x + x - mark.x - mark.width / 2, stage.y + y - mark.y - mark.height / 2) < 2;
}"""


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


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1440, 900), (390, 844)])
def test_the_answer_is_the_largest_thing_and_in_sight_with_the_pad(
    chromium: Browser, address: str, width: int, height: int
) -> None:
    with visit(chromium, f"{address}/#image=test.4", viewport={"width": width, "height": height}) as visited:
        page = visited.page
        answer(page, "It is a 4.")
        large = page.locator(".answer-large:visible")
        expect(large).to_have_text("4")
        for part in (page.get_by_label("Pad to draw on"), large):
            box = part.bounding_box()
            assert box is not None
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= height
        seen = "[...document.querySelectorAll('#main *')].filter((e) => e.checkVisibility())"
        sizes = f"{seen}.map((e) => parseFloat(getComputedStyle(e).fontSize))"
        assert large.evaluate("(e) => parseFloat(getComputedStyle(e).fontSize)") == max(page.evaluate(sizes)) > 90
        assert page.locator(".lead details").get_attribute("open") is not None
        page.reload()  # Who was here before knows what it is about.
        expect(page.locator(".lead p")).to_be_hidden()


def test_nothing_that_is_said_contradicts_itself(chromium: Browser, address: str) -> None:
    with visit(chromium, address, viewport={"width": 1440, "height": 900}) as visited:
        page = visited.page
        status, close_up = page.locator("#network-status"), page.locator("#inspector-title")
        expect(page.locator("#layer-1-title")).not_to_contain_text("active")  # Nothing is drawn yet.
        unit = re.search(r"unit \d+ of hidden layer 1", status.inner_text())
        assert unit
        expect(close_up).to_contain_text(unit[0])
        assert page.locator(".network .edges path").count() > 8
        page.wait_for_function(WIRES_MEET)  # in the middle of the unit that is marked
        expect(page.locator("#why-for")).to_be_hidden()
        draw(page, SEVEN)
        expect(page.locator("#layer-1-title")).to_contain_text("active")
        expect(status).to_contain_text("the most active one")
        expect(page.locator("#inspector .picture").first).to_be_visible()
        page.locator("#layer-2").hover(position={"x": 6, "y": 6})
        page.mouse.move(5, 5)
        expect(status).to_contain_text("hidden layer 2")  # as the close-up, which stays to be read
        expect(close_up).to_contain_text("hidden layer 2")
        page.keyboard.press("c")
        for left in (30, 190):  # two digits, to which there is no answer
            draw(page, [(left, 60), (left + 50, 60), (left + 25, 230)])
        answer(page, re.compile("more than one"))
        expect(page.locator("#why-for")).to_be_hidden()
        expect(page.locator(".why")).to_contain_text("gives no answer")


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


def test_the_smallest_change_that_flips_the_answer_does(chromium: Browser, address: str) -> None:
    with visit(chromium, f"{address}/#image=test.0") as visited:
        page = visited.page
        answer(page, "It is a 7.")
        before = page.evaluate("[...byhand.reading.image]")
        page.get_by_role("button", name="Find the smallest change").click()
        said = page.locator(".what-if [role=status]")
        expect(said).to_contain_text("instead of 7")
        pixels, digit = re.findall(r"^(\d+) pixels.* it says (\d)", said.inner_text())[0]
        page.get_by_role("button", name="Read the changed image").click()
        expect(page.locator("#answer")).not_to_have_text("It is a 7.")
        answer(page, re.compile(f"^It is an? {digit}.$"))
        after = page.evaluate("[...byhand.reading.image]")
        assert sum(abs(a - b) > 4 for a, b in zip(before, after, strict=True)) <= int(pixels) < 60
        expect(said).to_have_text("")  # It was about another image.


def test_images_that_a_unit_likes_and_images_like_ones_own(
    chromium: Browser, address: str, mnist: byhand.Dataset
) -> None:
    model = byhand.Model.load()
    images = mnist.test.images[:500]
    with visit(chromium, f"{address}/#neuron=0.7&image=test.11") as visited:
        page = visited.page
        page.get_by_text("Images it likes").click()
        best = model.activations(images)[1][:, 7].argsort()[::-1][:9]
        shown = page.locator(".liked .row").first.locator("button")
        for button, index in zip(shown.all(), best, strict=False):
            expect(button).to_have_attribute("aria-label", re.compile(f"test image {index}, labelled"))
        ideal = page.locator(".ideal button")
        expect(ideal).to_have_attribute("aria-label", re.compile("^The ideal image of unit 8 of hidden layer 1"))
        told = page.locator(".ideal .number").inner_text()
        likely = page.locator(".liked .row").last.locator("button")
        expect(likely).to_have_count(5)
        expect(likely.first).to_have_attribute("aria-label", re.compile("test image 11, "))  # It is like itself.
        likely.nth(1).click()
        expect(page).to_have_url(re.compile(r"image=test\.(?!11\b)"))
        ideal.click()
        expect(page.locator(".prepared")).to_contain_text("given as it is")
        image = np.array(page.evaluate("[...byhand.reading.image]"), np.uint8).reshape(28, 28)
        weights, bias = layers(model.theta, model.sizes)[0]
        found = float(image.ravel() / 255 @ weights[:, 7] + bias[7])
        assert abs(found - float(re.findall(r"\d+\.\d+", told)[-1])) < 0.1  # The pixels are rounded.
        assert found > (images.reshape(500, -1) / 255 @ weights[:, 7] + bias[7]).max()


def test_a_map_of_each_layer_with_ones_drawing_on_it(chromium: Browser, address: str, mnist: byhand.Dataset) -> None:
    """The two directions hold as much as NumPy's singular values say, and the drawing moves while it is drawn."""
    images, labels = mnist.test.images[:500], mnist.test.labels[:500]
    with visit(chromium, address, viewport={"width": 1280, "height": 720}, reduced_motion="reduce") as visited:
        page = visited.page
        expect(page.locator(".map-surface")).to_be_hidden()
        page.get_by_text("A map of images").click()
        for layer, outputs in enumerate(byhand.Model.load().activations(images)):
            page.locator(".mapped button").nth(layer).click()
            flat = outputs.reshape(500, -1) - outputs.reshape(500, -1).mean(axis=0)
            _, strength, axes = np.linalg.svd(flat.astype(np.float64), full_matrices=False)
            share = (strength[:2] ** 2).sum() / (strength**2).sum()
            places = flat @ axes[:2].T
            apart = ((places[:, None] - places) ** 2).sum(axis=2) + np.diag(np.full(500, np.inf))
            together = (labels[apart.argmin(axis=1)] == labels).mean()
            told = page.locator(".mapped p").last
            expect(told).to_contain_text(f"shows {100 * share:.0f}\N{NO-BREAK SPACE}%")
            said = re.search(r"images (\d+)", told.inner_text())
            assert said
            assert abs(int(said[1]) - 100 * together) < 3  # Where two are equally near, rounding decides.
        page.locator(".mapped button").nth(2).click()
        expect(page.locator(".map-surface .you")).to_be_hidden()
        for part in ("#pad", ".outputs .answer-large", ".map-surface"):
            box = page.locator(part.replace("#pad", ".pad-surface")).bounding_box()
            assert box is not None
            assert 0 <= box["y"] <= box["y"] + box["height"] <= 720, part
        draw(page, SEVEN)
        answer(page, "It is a 7.")
        expect(page.locator(".mapped")).to_contain_text(re.compile(r"Nearest to yours \(the ring\): 7, 7,"))
        before = page.locator(".map-surface .you").bounding_box()
        page.locator(".strip-row button").nth(1).click()
        expect(page.locator(".mapped")).to_contain_text(re.compile(r"Nearest to yours \(the ring\): 2, 2,"))
        assert page.locator(".map-surface .you").bounding_box() != before
        page.locator(".map-surface").focus()
        page.keyboard.press("ArrowRight")
        option = page.locator(".map-surface [role=option]")
        found = re.fullmatch(r"test image (\d+), labelled (\d)", option.get_attribute("aria-label") or "")
        assert found
        assert labels[int(found[1])] == int(found[2])
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"image=test.{found[1]}$"))
        one, ring = option.bounding_box(), page.locator(".map-surface .you").bounding_box()
        assert one is not None
        assert ring is not None
        assert abs(one["x"] - ring["x"]) < 2  # An image of the map lies where it lies on the map.
        assert abs(one["y"] - ring["y"]) < 2


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


STROKES = "byhand.store.state.strokes"


def image_read(page: Page) -> list[int]:
    """Return the pixels that the network reads."""
    pixels: list[int] = page.evaluate("[...byhand.reading.image]")
    return pixels


def test_pen_and_eraser_change_an_image_of_the_data_and_do_not_wipe_it(chromium: Browser, address: str) -> None:
    with visit(chromium, f"{address}/#image=test.4") as visited:
        page = visited.page
        answer(page, "It is a 4.")
        whole = image_read(page)
        draw(page, [(110, 60), (200, 60)])  # the top is closed
        answer(page, "It is a 9.")
        changed = image_read(page)
        rows = {k // 28 for k in range(784) if changed[k] != whole[k]}
        assert rows
        assert rows <= {4, 5, 6, 7}  # Nothing else has moved.
        expect(page.locator(".strip-verdict")).to_have_text("")  # It is no image of the data any more.
        page.keyboard.press("e")
        draw(page, [(100, 60), (210, 60)])
        expect(page.locator("#answer")).not_to_have_text("It is a 9.")
        page.keyboard.press("z")
        answer(page, "It is a 9.")
        expect(page).to_have_url(re.compile("image=test.4.*ink="))
        page.reload()
        answer(page, "It is a 9.")
        assert image_read(page) == changed
        for _ in range(3):
            page.keyboard.press("z")
        answer(page, "Nothing is drawn yet.")


def test_an_eraser_changes_an_opened_picture_and_undo_brings_back_each_in_its_turn(
    chromium: Browser, address: str
) -> None:
    with visit(chromium, address) as visited:
        page = visited.page
        draw(page, ONE)
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Open a picture").click()
        chooser.value.set_files(REPOSITORY / "docs" / "pictures" / "seven.png")
        answer(page, "It is a 7.")
        ink = sum(image_read(page))
        page.get_by_role("button", name="Eraser").click()
        draw(page, [(0, 230), (280, 230)])
        expect(page.locator("#answer")).not_to_have_text("Nothing is drawn yet.")
        assert sum(image_read(page)) != ink
        page.wait_for_timeout(400)
        assert "ink=" not in page.evaluate("location.hash")  # No link holds the picture under it.
        page.keyboard.press("z")
        answer(page, "It is a 7.")
        assert sum(image_read(page)) == ink
        page.keyboard.press("z")
        answer(page, "It is a 1.")


def test_a_stroke_begun_beside_the_pad_is_kept_and_no_text_selected(chromium: Browser, address: str) -> None:
    with visit(chromium, address) as visited:
        page = visited.page
        draw(page, [(-30, 140), (140, 140), (140, 200)])
        assert page.evaluate(f"{STROKES}.length") == 1
        assert page.evaluate(f"{STROKES}[0].points[0][0]") < 40
        draw(page, [(140, -60), (140, 100)])  # from above the card, where text is
        assert page.evaluate(f"{STROKES}.length") == 2
        assert page.evaluate("String(getSelection())") == ""
        page.locator("#brush").focus()  # What is dragged by the pointer elsewhere draws nothing.
        box = page.locator("#brush").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(*places(page.get_by_label("Pad to draw on"), [(140, 140)])[0], steps=5)
        page.mouse.up()
        assert page.evaluate(f"{STROKES}.length") == 2


def test_two_fingers_draw_no_line_and_one_does(chromium: Browser, address: str) -> None:
    size = {"width": 390, "height": 844}
    with visit(chromium, address, has_touch=True, is_mobile=True, viewport=size) as visited:
        page = visited.page
        pad = page.get_by_label("Pad to draw on")
        session = page.context.new_cdp_session(page)
        near, far = places(pad, [(100, 100), (120, 120), (140, 140)]), places(pad, [(200, 200), (220, 220), (240, 240)])
        one, other = ([{"x": x, "y": y, "id": k} for x, y in path] for k, path in enumerate((near, far)))
        moves = [("touchStart", [one[0]]), ("touchMove", [one[1]]), ("touchStart", [one[1], other[0]])]
        moves += [("touchMove", [one[2], other[k]]) for k in (1, 2)] + [("touchEnd", [])]
        for kind, fingers in moves:
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
        assert page.evaluate(f"[{STROKES}.length, byhand.pen]") == [0, None]
        touch(pad, SEVEN)
        answer(page, "It is a 7.")
        assert page.evaluate(f"{STROKES}.length") == 1


def test_a_pen_pressed_harder_writes_wider_and_is_taken_back_at_once(chromium: Browser, address: str) -> None:
    with visit(chromium, address) as visited:
        page = visited.page
        session = page.context.new_cdp_session(page)
        path = places(page.get_by_label("Pad to draw on"), [(140, 40 + 20 * k) for k in range(10)])
        kinds = ["mousePressed", *["mouseMoved"] * 8, "mouseReleased"]
        for k, (kind, (x, y)) in enumerate(zip(kinds, path, strict=True)):
            event = {"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1}
            session.send("Input.dispatchMouseEvent", event | {"pointerType": "pen", "force": 0.1 + 0.09 * k})
        widths = page.evaluate(f"{STROKES}.map((stroke) => stroke.brush)")
        assert len(widths) > 1
        assert widths == sorted(widths)
        assert widths[0] < 20 < widths[-1]
        page.keyboard.press("z")
        assert page.evaluate(f"{STROKES}.length") == 0


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


def test_clothes_are_called_by_their_names_and_no_digits(
    chromium: Browser, data: byhand.Dataset, tmp_path: Path
) -> None:
    names = ("T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
    replace(byhand.Model.load(), classes=names).save(tmp_path / "clothes.safetensors")
    for stem, split in (("train", data.train), ("t10k", data.test)):
        write_idx(tmp_path / f"{stem}-images-idx3-ubyte", split.images)
        write_idx(tmp_path / f"{stem}-labels-idx1-ubyte", split.labels)
    (tmp_path / "classes.txt").write_text("\n".join(names))
    arguments = ("clothes.safetensors", "--data", str(tmp_path))
    with serving(tmp_path, *arguments) as address, visit(chromium, address) as visited:
        page = visited.page
        expect(page.locator(".strip-row button")).to_have_count(12)
        expect(page.locator("#probabilities .name")).to_have_text(list(names))
        for title in page.locator("#main :is(h1, h2), .pad-hint").all():
            expect(title).not_to_contain_text(re.compile("digit", re.IGNORECASE))
        expect(page.locator(".lead")).to_contain_text("Ankle boot")
        page.locator(".strip-row button").first.click()
        expect(page.locator(".prepared")).to_contain_text("labelled Sneaker")
        expect(page.locator(".prepared .muted, .prepared p").first).not_to_contain_text(re.compile("MNIST|digit"))
        page.locator("#main .pad").get_by_role("button", name="Clear").click()
        draw(page, SEVEN)
        answer(page, "It is a Sneaker.")
        expect(page.locator(".outputs .answer-large")).to_have_text("Sneaker")


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
