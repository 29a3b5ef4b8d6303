"""The page in a class: handed on to others over plain HTTP, over slow lines, on paper."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Route, expect

from browsing import serving, visit
from byhand import machine
from trainings import until

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
        assert box["width"] > 400
        assert whole.evaluate("field => field.scrollHeight - field.clientHeight") <= 1  # It can be typed from the wall.
        page.set_viewport_size({"width": 1024, "height": 768})
        expect(page.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)
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


def test_frame_and_pad_are_painted_before_modules_and_network_have_come(chromium: Browser, link: str) -> None:
    with visit(chromium, link, viewport={"width": 1280, "height": 720}) as visited:
        page, held = visited.page, list[Route]()

        def hold(route: Route) -> None:
            held.append(route)

        tabs = page.locator(".tabs a")
        words = tabs.all_inner_texts()
        expect(page.locator("#answer")).to_be_visible()
        for view, colours in (("draw", "dark"), ("judge", "light")):
            held.clear()
            page.route("**/static/main.js", hold)
            page.goto(f"{page.url.partition('#')[0]}?{view}#view={view}&theme={colours}", wait_until="commit")
            surface = page.locator(".first .pad-surface")
            surface.wait_for(state="visible" if view == "draw" else "hidden")
            assert tabs.all_inner_texts() == words
            expect(page.locator(".tabs [aria-current=page]")).to_have_attribute("data-view", view)
            assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == colours
            if view == "draw":
                before = surface.bounding_box()
                assert before is not None
                assert before["width"] == pytest.approx(before["height"], abs=1)
                assert before["width"] > 200
            assert held
            for route in held:
                route.continue_()
            page.unroute("**/static/main.js")
            expect(page.locator(f".view-{view}:not(.first)")).to_be_visible()


# Of what is painted behind: the colour of the longest bar and of its track, and whether paper gets it.
BARS = """() => [...document.querySelectorAll(".bar.best > span")].map((bar) => [getComputedStyle(bar).backgroundColor,
  getComputedStyle(bar.parentElement).backgroundColor, getComputedStyle(bar).printColorAdjust])[0]"""
# The lightest and the darkest grey level of the picture that the network sees.
PICTURE = """() => { const canvas = [...document.querySelectorAll(".prepared canvas")].at(-1);
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
  const levels = data.filter((_, k) => k % 4 === 1); return [Math.min(...levels), Math.max(...levels), levels[0]]; }"""


def test_paper_is_light_and_keeps_bars(chromium: Browser, link: str) -> None:
    at = f"{link}#image=test.0"
    with visit(chromium, at, viewport={"width": 1280, "height": 720}, color_scheme="dark") as visited:
        page = visited.page
        expect(page.locator("#answer")).to_contain_text("7")
        assert page.evaluate(PICTURE)[2] < 80  # the corner, which is paper
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        bar, track, adjusted = page.evaluate(BARS)
        assert bar != track
        assert adjusted == "exact"
        assert page.evaluate(PICTURE)[2] > 200
        expect(page.locator(".tabs")).to_be_hidden()
        page.emulate_media(media="screen")
        expect(page.locator("html")).to_have_attribute("data-theme", "auto")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
        expect(page.locator(".tabs")).to_be_visible()


def test_on_paper_no_foot_lies_on_a_table_and_no_button_has_a_page(chromium: Browser, link: str) -> None:
    with visit(chromium, f"{link}#view=judge", viewport={"width": 1024, "height": 768}) as visited:
        page = visited.page
        table = page.locator(".view-judge .classes table")
        expect(table).to_be_visible()
        page.emulate_media(media="print")
        expect(table).to_have_css("break-inside", "avoid")
        page.emulate_media(media="screen")
        page.locator(".tabs").get_by_role("link", name="Step").click()
        expect(page.locator(".view-step .player")).to_be_visible()
        page.emulate_media(media="print")
        expect(page.locator(".view-step .player")).to_be_hidden()
        expect(page.locator(".view-step .change")).to_be_hidden()


def test_what_is_handed_on_keeps_the_letters_and_colours_of_who_opens_it(chromium: Browser, link: str) -> None:
    with visit(
        chromium, f"{link}#view=judge&size=large&theme=dark", viewport={"width": 1024, "height": 768}
    ) as visited:
        page = visited.page
        page.get_by_role("button", name="Share").click()
        expect(page.get_by_role("textbox", name="Link to this page")).to_have_value(f"{link}#view=judge")
        expect(page.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.documentElement.dataset.size") == "large"


def test_weights_are_light_on_paper_at_once(chromium: Browser, link: str) -> None:
    corner = """() => document.querySelector(".tiles canvas").getContext("2d").getImageData(0, 0, 1, 1).data[0]"""
    with visit(chromium, f"{link}#view=learn", viewport={"width": 1280, "height": 720}, color_scheme="dark") as visited:
        page = visited.page
        page.locator("[data-wish=image]").click()
        expect(page.locator(".weights .legend").first).to_be_visible()
        expect(page.locator(".weights")).to_contain_text("full colour")
        assert page.evaluate(corner) < 80
        # What is on paper is what is there when the event is over.
        assert page.evaluate(f"() => (dispatchEvent(new Event('beforeprint')), ({corner})())") > 200
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        page.locator("[data-wish=stop]").click()
        expect(page.locator(".controls .state")).to_have_text(re.compile("^Stopped"))


# By how many pixels parts of a step's figure reach over its words, and over each other's columns.
OVERLAP = """() => { const seen = (of) => [...document.querySelectorAll(of)].filter((part) => part.checkVisibility());
  const over = (a, b) => Math.min(a.right - b.left, b.right - a.left, a.bottom - b.top, b.bottom - a.top);
  const words = document.querySelector(".about").getBoundingClientRect();
  const parts = seen(".figure :is(select, input, svg.chart, canvas, p, h3)").map((it) => it.getBoundingClientRect());
  const columns = seen(".figure .layer > *").map((part) => [part.parentElement, part.getBoundingClientRect()]);
  return Math.max(...parts.map((part) => over(part, words)), ...columns.flatMap(([layer, part]) =>
    columns.filter(([other]) => other !== layer).map(([, other]) => over(part, other)))); }"""


@pytest.mark.parametrize("size", [(1024, 768), (1280, 720)])
def test_before_a_class_each_stage_of_a_step_is_on_the_screen_and_covers_no_words(
    chromium: Browser, link: str, size: tuple[int, int]
) -> None:
    screen = {"width": size[0], "height": size[1]}
    with visit(chromium, f"{link}#view=step&size=large", viewport=screen) as visited:
        page = visited.page
        for number in range(1, 9):
            expect(page.locator(".steps [aria-current]")).to_contain_text(str(number))
            expect(page.locator("#step-stage")).to_be_in_viewport(ratio=1)
            assert page.evaluate(OVERLAP) <= 0, number
            if number < 8:
                page.keyboard.press("ArrowRight")
        choice = page.locator("#step-source")
        expect(choice).to_be_hidden()
        page.locator(".setting .change").click()
        expect(choice).to_be_visible()


def test_where_the_system_gives_all_colours_bars_and_the_view_are_marked(chromium: Browser, link: str) -> None:
    at = f"{link}#image=test.0"
    with visit(chromium, at, viewport={"width": 1280, "height": 720}, forced_colors="active") as visited:
        page = visited.page
        expect(page.locator("#answer")).to_contain_text("7")
        bar, track, _ = page.evaluate(BARS)
        assert bar != track
        lightest, darkest, _ = page.evaluate(PICTURE)
        assert darkest - lightest > 100
        colours = page.locator(".tabs a").evaluate_all("all => all.map((tab) => getComputedStyle(tab).backgroundColor)")
        assert len(set(colours)) == 2
        assert colours.count(colours[0]) == 1  # that of Draw


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1024, 768)])
def test_before_a_class_letters_are_half_as_large_again_and_the_header_is_one_row(
    chromium: Browser, link: str, width: int, height: int
) -> None:
    size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    with visit(chromium, f"{link}#image=test.0", viewport={"width": width, "height": height}) as visited:
        page = visited.page
        expect(page.locator("#answer")).to_contain_text("7")
        usual = page.evaluate(size)
        page.keyboard.press("l")
        assert page.evaluate(size) == pytest.approx(1.5 * usual)
        expect(page.get_by_role("button", name="Large")).to_have_attribute("aria-pressed", "true")
        page.wait_for_url("**size=large**")
        middles = [
            box["y"] + box["height"] / 2
            for part in page.locator(".wordmark, .tabs a, .aside > *").all()
            if (box := part.bounding_box()) is not None
        ]
        assert max(middles) - min(middles) < 3
        for part in page.locator(".tabs a, .aside > *").all():
            expect(part).to_be_in_viewport(ratio=1)
        expect(page.locator("#answer")).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        for view, last in {
            "learn": ".controls",
            "step": ".flow",
            "judge": ".classes .measure",
            "break": "canvas",
        }.items():
            page.locator(".tabs").get_by_role("link", name=view.title()).click()
            expect(page.locator(f".view-{view} {last}").last).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.keyboard.press("l")
        assert page.evaluate(size) == pytest.approx(usual)


def test_each_pupil_trains_alone_and_is_told_when_others_have_their_turn(chromium: Browser, tmp_path: Path) -> None:
    with serving(tmp_path, "--pupils", "40") as address, ExitStack() as stack:
        pupils = [
            stack.enter_context(visit(chromium, f"{address}/#view=learn", viewport={"width": 1280, "height": 720})).page
            for _ in range(machine.cores() + 1)
        ]
        for page in pupils:
            page.locator("[data-wish=toggle]").click()
        line = re.compile(r"^You are next in line: .+ learning now\. It begins by itself\.$")
        # On a busy machine the turns may have gone round before it is seen who waits.
        last = until(lambda: next((p for p in pupils if line.match(p.locator(".controls .state").inner_text())), None))
        first, second, *_ = (page for page in pupils if page is not last)
        state = last.locator(".controls .state")
        expect(last.locator("[data-wish=toggle]")).to_have_attribute("aria-disabled", "true")
        again = last.context.new_page()  # another tab of the same browser
        again.goto(f"{address}/#view=learn")
        expect(again.locator(".controls .state")).to_have_text(re.compile("^You are next in line"))
        again.close()
        first.locator("[data-wish=stop]").click()
        expect(first.locator(".controls .state")).to_have_text(re.compile("^Stopped"))
        expect(state).to_have_text(re.compile("^It is learning"), timeout=60_000)
        last.locator("[data-wish=stop]").click()
        expect(state).to_have_text(re.compile("^Stopped. What it learned is kept"))
        expect(second.locator("[data-wish=stop]")).not_to_have_attribute("aria-disabled", "true")


def test_who_was_in_the_lesson_learns_that_it_has_a_new_link(chromium: Browser, tmp_path: Path) -> None:
    alone = "--pupils", "2", "--token"
    with ExitStack() as life:
        first = urlsplit(life.enter_context(serving(tmp_path, *alone)))
        with visit(chromium, f"{first.geturl()}#view=learn", viewport={"width": 1280, "height": 720}) as visited:
            page, state = visited.page, visited.page.locator(".controls .state")
            expect(state).to_have_text(re.compile("^Nothing"))
            life.close()
            expect(state).to_have_text(re.compile("^The connection is lost"))
            with serving(tmp_path, *alone, "--port", str(first.port)) as second:
                expect(state).to_have_text(re.compile("^The server was started again, and has a new link"))
                page.locator("[data-wish=toggle]").click()
                expect(page.locator(".controls [role=alert]")).to_contain_text("has a new link")
                other = page.context.new_page()  # The new link in another tab opens the server to this one, too.
                other.goto(second)
                expect(state).to_have_text(re.compile("^Nothing"))
                expect(page.locator(".controls [role=alert]")).to_have_text("")
            visited.errors.clear()  # what a server that is away, and one with another token, has answered
