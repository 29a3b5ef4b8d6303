"""What the page lets one find out about learning: what examples are worth, what one moves, and which unit is blamed."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browsing import PATIENCE, visit
from test_page_views import choose, number, press, state

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


@pytest.mark.parametrize("where", ["server", "file"])
def test_one_image_is_shown_and_its_very_step_is_made_in_step(
    chromium: Browser, address: str, file: Path, where: str
) -> None:
    url = address + "/" if where == "server" else file.as_uri()
    with visit(chromium, f"{url}#view=learn&settings=layers:20,epochs:5", reduced_motion="reduce") as visited:
        page = visited.page
        press(page, "image")
        state(page, re.compile("^Paused after one image"))
        seen = page.locator(".seen")
        expect(seen).to_contain_text("Farthest of all: the ")
        first = seen.locator("figcaption").inner_text()
        press(page, "image")
        state(page, re.compile("^Paused after 2 images"))
        expect(seen.locator("figcaption")).not_to_have_text(first)
        told = seen.inner_text()
        (image,) = re.findall(r"Training image ([\d,]+)", told)
        before, after = re.findall(r"it gave ([\d.]+)\s%, and gives ([\d.]+)\s%", told)[0]
        guess, sure = re.findall(r"it guessed (\w+), with ([\d.]+)", told)[0]
        page.get_by_role("link", name="This very step in Step").click()
        expect(page.locator("#step-index")).to_have_value(image.replace(",", ""))
        expect(page.locator("#step-network")).to_have_value("before")
        expect(page.locator(".setting .answer")).to_contain_text(re.compile(rf"^It says {guess} \({sure}\s%\)"))
        expect(page.locator(".effect tbody tr").first).to_contain_text(re.compile(rf"{before}\s%\s*{after}\s%"))
        page.get_by_role("button", name="Apply this step").click()
        expect(page.locator(".stage .answer")).to_contain_text(re.compile(rf"from {before}\s% to {after}\s%"))
        link = page.url
        page.locator(".tabs").get_by_role("link", name="Learn").click()
        press(page, "batch")
        expect(page.locator(".seen")).to_be_hidden()
        press(page, "stop")
        state(page, re.compile("Stopped"))
        if where == "server":  # In a file that is opened anew there is no training.
            page.goto("about:blank")
            page.goto(link)
            expect(page.locator(".setting .notice")).to_have_text("Learn has gone on since. This is a fresh network.")
            expect(page.locator("#step-network")).to_have_value("fresh")
            assert page.request.get(f"{address}/api/model?of=before").status == 404


def test_a_guess_is_asked_before_the_way_back_and_nobody_must(chromium: Browser, address: str) -> None:
    def go_to(stage: int) -> None:
        page.locator(f".steps li:nth-child({stage}) button").click()

    with visit(chromium, f"{address}/#view=step&step=stage:6", reduced_motion="reduce") as visited:
        page = visited.page
        question, said, hand = page.locator(".question"), page.locator(".verdict"), page.locator(".hand .sum")
        expect(hand).to_be_visible()  # A link shows what it says.
        expect(question).to_have_count(0)
        go_to(5)
        page.get_by_role("button", name="Next").click()
        expect(question).to_contain_text("which unit of hidden layer 2 gets the most blame?")
        expect(hand).to_be_hidden()
        expect(page.locator(".edges path")).to_have_count(0)
        question.get_by_role("button", name="Pass").click()
        expect(said).to_contain_text(re.compile(r"^Unit \d+ of hidden layer 2 gets the most"))
        expect(hand).to_be_visible()
        blamed = number(said.inner_text())
        go_to(8)
        go_to(6)
        expect(question).to_have_count(0)  # It was answered.
        go_to(8)
        page.get_by_role("button", name="Apply this step").click()
        go_to(6)
        silent = page.locator(".flow .cells").nth(1)
        silent.focus()
        page.keyboard.press("ArrowRight")
        expect(question).to_be_visible()  # Who looks around has said nothing yet.
        page.keyboard.press("Enter")
        expect(said).to_contain_text("You guessed unit 2, which gets")
        go_to(8)
        page.get_by_role("button", name="Start again").click()
        go_to(6)
        page.locator(".flow .cells").nth(1).focus()
        page.keyboard.press("Home")
        for _ in range(int(blamed) - 1):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect(said).to_contain_text(f"Your guess was right: unit {blamed:.0f} of hidden layer 2")
        go_to(8)
        page.get_by_role("button", name="Apply this step").click()
        go_to(6)
        question.get_by_role("button", name="Ask no more").click()
        expect(hand).to_be_visible()
        page.reload()
        go_to(5)
        go_to(6)
        expect(hand).to_be_visible()
        expect(question).to_have_count(0)
        page.get_by_role("button", name="Let me guess first").click()
        expect(question).to_be_visible()
        go_to(7)  # Who goes on passes.
        expect(question).to_have_count(0)


def test_the_clock_asks_nothing_and_without_hidden_layers_there_is_nothing_to_guess(
    chromium: Browser, address: str
) -> None:
    with visit(chromium, f"{address}/#view=learn&settings=layers:none", reduced_motion="reduce") as visited:
        page = visited.page
        press(page, "image")
        page.get_by_role("link", name="This very step in Step").click()
        page.locator(".steps li:nth-child(6) button").click()
        expect(page.locator(".hand .meaning")).to_contain_text("no hidden layer")
        expect(page.locator(".question")).to_have_count(0)
        press_stop = page.request.post(f"{address}/api/training/stop")
        assert press_stop.ok
    with visit(chromium, f"{address}/#view=step&step=stage:5", reduced_motion="reduce") as visited:
        page = visited.page
        page.clock.install()
        page.get_by_role("button", name="Play").click()
        page.clock.run_for(6500)
        expect(page.locator(".player .number")).to_have_text("6 of 8")
        expect(page.locator(".hand .sum")).to_be_visible()
        expect(page.locator(".question")).to_have_count(0)


def test_a_former_run_is_chosen_to_stand_beside_the_present_one(chromium: Browser, address: str) -> None:
    def learn(**fields: object) -> None:
        choose(page, **fields)
        press(page, "toggle")
        state(page, re.compile("learning"))
        state(page, re.compile("^Finished"))

    with visit(chromium, f"{address}/#view=learn", reduced_motion="reduce") as visited:
        page, runs, name = visited.page, visited.page.locator("select.before"), "learning rate 0.01 → 0.03"
        learn(layers="16", limit=1000, epochs=3, learning_rate=0.01)
        listed = runs.locator("option").count()
        learn(learning_rate=0.02)
        learn(learning_rate=0.03)
        expect(runs.locator("option")).to_have_count(listed + 2 + (listed == 0))
        expect(runs.locator("option").first).to_have_text(re.compile(r"^\d+: learning rate 0.02 → 0.03$"))
        expect(page.locator(".curves")).to_contain_text("grey: learning rate 0.02 → 0.03")
        lines = page.locator(".line.before")
        expect(lines).to_have_count(2)
        before = lines.last.get_attribute("d")
        runs.select_option(label=runs.locator("option", has_text=name).inner_text())
        expect(page.locator(".curves")).to_contain_text(f"grey: {name}")
        assert lines.last.get_attribute("d") != before
        expect(page.get_by_role("img", name=re.compile(f"grey: {name}$"))).to_have_count(1)
        for width, height in ((1280, 720), (1440, 900), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            page.locator(".tabs").get_by_role("link", name="Draw").click()
            page.locator(".tabs").get_by_role("link", name="Learn").click()
            expect(page.locator(".curves")).to_contain_text(f"grey: {name}")  # It is kept as long as the page is.
            expect(page.locator(".weights")).to_contain_text("full colour")
            for part in ("[data-wish=toggle]", ".half:nth-of-type(1) .plot", ".half:nth-of-type(2) .plot", ".tiles"):
                box = page.locator(part).bounding_box()
                assert box is not None
                assert box["y"] + box["height"] <= height, (width, part, box)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        runs.select_option("none")
        expect(page.locator(".line.before")).to_have_count(0)
