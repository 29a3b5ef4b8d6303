"""The page in a real browser: learning, one step, judging, breaking; every view without barriers, in both themes."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

import byhand
from browsing import serving, visit

pytestmark = pytest.mark.page

VIEWS = {
    "draw": "#answer",
    "learn": ".controls .state",
    "step": ".stage",
    "judge": ".mistakes .specimen",
    "break": ".lab",
}
WIDTHS = (360, 768, 1440)


def number(text: str) -> float:
    """Read the first number in a text."""
    found = re.search(r"[-−]?[\d,]*\.?\d+", text)
    assert found, text
    return float(found[0].replace(",", "").replace("−", "-"))


def images_learned(page: Page) -> float:
    return number(page.locator("[data-fact=images]").inner_text())


def choose(page: Page, **fields: object) -> None:
    """Fill in the form of a training, with everything opened, and close its drawer again."""
    expect(page.locator(".settings details")).to_have_count(2)
    page.locator(".handle").click()
    for details in page.locator(".settings details").all():
        if details.get_attribute("open") is None:
            details.locator("summary").click()
    for name, value in fields.items():
        page.locator(f"#learn-{name}").fill(str(value))
    page.locator(".handle").click()


def state(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator(".controls .state")).to_have_text(words)


def press(page: Page, wish: str) -> None:
    page.locator(f"[data-wish={wish}]").click()


def test_a_training_is_started_held_stepped_and_rewound(chromium: Browser, address: str) -> None:
    with visit(chromium, f"{address}/#view=learn") as visited:
        page = visited.page
        choose(page, epochs=300, limit=2000, batch_size=8, validation=1000)
        press(page, "image")
        state(page, re.compile("^Paused after one image"))
        expect(page.locator(".seen")).to_contain_text("weights and biases have moved")
        press(page, "batch")
        state(page, re.compile("^Paused after 8 images"))
        press(page, "epoch")
        state(page, re.compile("^Paused after 2,000 images"))
        press(page, "toggle")
        state(page, re.compile("learning"))
        expect(page.locator("[data-fact=images]")).not_to_contain_text(re.compile(r"^2,000$"))
        press(page, "toggle")
        state(page, re.compile("^Paused"))
        held = images_learned(page)
        assert held > 2000
        page.wait_for_timeout(400)
        assert images_learned(page) == held
        press(page, "rewind")
        state(page, re.compile("nothing yet"))
        press(page, "stop")
        state(page, re.compile("Stopped|Nothing"))


def test_the_whole_cockpit_is_in_sight_and_its_words_explain_themselves(chromium: Browser, address: str) -> None:
    parts = ("[data-wish=toggle]", ".curves .half:nth-of-type(1) .plot", ".curves .half:nth-of-type(2) .plot", ".tiles")
    with visit(chromium, f"{address}/#view=learn", reduced_motion="reduce") as visited:
        page = visited.page
        choose(page, limit=20_000, epochs=12)  # long enough to be seen at two moments
        press(page, "toggle")
        state(page, re.compile("learning"))
        state(page, re.compile("^Finished"))
        for width, height in ((1280, 720), (1440, 900), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            page.reload()
            state(page, re.compile("^Finished"))
            expect(page.locator(".weights")).to_contain_text("full colour")
            for part in parts:
                expect(page.locator(part)).to_have_count(1)
                box = page.locator(part).bounding_box()
                assert box is not None
                assert box["y"] >= 0, (width, part)
                assert box["y"] + box["height"] <= height, (width, part, box)
                assert box["x"] + box["width"] <= width, (width, part)
        press(page, "toggle")
        state(page, re.compile("learning"))
        state(page, re.compile("^Finished"))
        slider, first = page.locator("#learn-time"), page.locator(".tiles canvas").first
        expect(slider).to_be_enabled()
        now = first.evaluate("canvas => canvas.toDataURL()")
        slider.press("Home")  # before the first image
        expect(page.locator(".time output")).to_contain_text("at")
        assert first.evaluate("canvas => canvas.toDataURL()") != now
        expect(page.locator(".chart .looked")).to_have_count(2)
        slider.press("End")
        expect(page.locator(".time output")).to_have_text("now")
        expect(page.locator(".chart .looked")).to_have_count(0)
        assert first.evaluate("canvas => canvas.toDataURL()") == now
        expect(page.locator("select.before")).to_be_visible()  # the run before, in grey
        expect(page.locator(".line.before")).to_have_count(2)
        page.locator("select.before").select_option("none")
        expect(page.locator(".line.before")).to_have_count(0)
        tip, loss = page.locator("#term-tip"), page.locator(".curves [data-term=loss]")
        expect(tip).to_be_hidden()
        loss.hover()
        expect(tip).to_contain_text("How wrong the network is")
        page.mouse.move(0, 0)
        expect(tip).to_be_hidden()
        loss.focus()
        expect(tip).to_be_visible()
        page.keyboard.press("Escape")
        expect(tip).to_be_hidden()
        loss.dispatch_event("click")  # as a tap on what has the focus already
        expect(tip).to_be_visible()
        page.locator("h1").dispatch_event("pointerdown")
        expect(tip).to_be_hidden()


def test_a_second_person_may_watch_and_take_over(chromium: Browser, tmp_path: Path) -> None:
    with (
        serving(tmp_path, "--token") as url,
        visit(chromium, f"{url}#view=learn") as first,
        visit(chromium, f"{url}#view=learn") as second,
    ):
        choose(first.page, epochs=1000, limit=3000)
        press(first.page, "toggle")
        state(first.page, re.compile("learning"))
        again = first.page.context.new_page()
        again.goto(f"{url}#view=learn")
        state(again, re.compile("^It is learning"))  # another tab of the same browser
        state(second.page, re.compile("Somebody else"))
        expect(second.page.locator("[data-fact=images]")).to_contain_text(",")
        expect(second.page.locator("[data-wish=stop]")).to_have_attribute("aria-disabled", "true")
        expect(second.page.locator("[data-wish=toggle]")).to_have_text("Take it over")
        press(second.page, "toggle")
        state(second.page, re.compile("^It is learning"))
        first.allowed = {403}
        press(first.page, "toggle")
        state(first.page, re.compile("Somebody else"))
        press(second.page, "stop")
        state(second.page, re.compile("Stopped"))
        with visit(chromium, f"{url}#view=learn") as third:
            expect(third.page.locator("[data-wish=toggle]")).to_have_text("Start")
            state(third.page, re.compile("^Nothing has been trained yet"))


def test_a_closed_tab_does_not_end_a_training_and_a_new_one_shows_it_all(chromium: Browser, address: str) -> None:
    with visit(chromium, f"{address}/#view=learn") as visited:
        page = visited.page
        choose(page, epochs=1000, limit=5000)
        press(page, "toggle")
        state(page, re.compile("learning"))
        page.reload()  # The same tab has the key still.
        state(page, re.compile("learning"))
        before = images_learned(page)
        page.locator(".tabs").get_by_role("link", name="Draw").click()
        page.locator(".tabs").get_by_role("link", name="Learn").click()
        state(page, re.compile("learning"))
        expect(page.locator("[data-fact=images]")).not_to_have_text("–")
        assert images_learned(page) > before
        with visit(chromium, f"{address}/#view=learn") as other:  # On this machine alone, a training is nobody's own.
            state(other.page, re.compile("^It is learning"))
            press(other.page, "stop")
        state(page, re.compile("Stopped"))


def test_a_training_that_diverges_says_so_and_what_to_do(chromium: Browser, address: str) -> None:
    with visit(chromium, f"{address}/#view=learn") as visited:
        page = visited.page
        choose(page, learning_rate=3)
        press(page, "toggle")
        page.locator("[data-notice=diverged] [data-apply]").click()
        expect(page.locator("#learn-learning_rate")).not_to_have_value("3")


def test_what_the_server_refuses_is_said_with_the_forms_labels(chromium: Browser, address: str) -> None:
    problem = {"detail": "layers, seed: too many with this `activation`.", "fields": ["layers", "seed"]}
    with visit(chromium, f"{address}/#view=learn") as visited:
        page = visited.page
        visited.allowed = {422}
        page.route("**/api/training", lambda route: route.fulfill(status=422, json=problem))
        press(page, "toggle")
        expect(page.locator(".controls [role=alert]")).to_have_text(
            "Hidden layers, Seed: too many with this activation."
        )
        expect(page.locator("#learn-layers")).to_be_focused()
        expect(page.locator("#learn-seed")).to_be_visible()
        expect(page.locator("[aria-invalid=true]")).to_have_count(2)
        page.locator("#learn-seed").fill("3")
        expect(page.locator("[aria-invalid=true]")).to_have_count(1)


def test_the_network_from_the_page_is_the_command_lines_and_reads(
    chromium: Browser, address: str, folder: Path, mnist: byhand.Dataset
) -> None:
    recipe = byhand.Recipe(layers=(24,), epochs=2, limit=4000, validation=0, batch_size=4, seed=3)
    *_, last = byhand.train(recipe, mnist.train)
    with visit(chromium, f"{address}/#view=learn") as visited:
        page = visited.page
        choose(page, layers="24", epochs=2, limit=4000, validation=0, batch_size=4, seed=3)
        press(page, "toggle")
        state(page, re.compile("^Finished"))
        page.locator("[data-use=training]").click()
        newest = max(folder.glob("runs/page-*/model.safetensors"), key=lambda path: path.stat().st_mtime)
        np.testing.assert_array_equal(byhand.Model.load(newest).theta, last.model.theta)
        page.locator(".tabs").get_by_role("link", name="Judge").click()
        share = number(page.locator(".headline .great").inner_text())
        assert share == pytest.approx(100 * byhand.evaluate(last.model, mnist.test).accuracy, abs=0.006)
        page.locator(".tabs").get_by_role("link", name="Draw").click()
        said = str(last.model.predict(mnist.test.images[3]))
        page.locator(".strip-row button[data-index='3']").click()
        expect(page.locator("#layer-1")).to_have_accessible_name(re.compile("24 units"))
        guesses = page.locator("#probabilities .bar.best")
        expect(guesses).to_have_count(1)
        best = page.evaluate("byhand.reading.answer.guesses[0][0]")
        assert best == said


@contextmanager
def line_to(address: str) -> Iterator[tuple[str, list[socket.socket]]]:
    """Pass everything on to the server, over connections that a test can cut."""
    port = urlsplit(address).port
    listener = socket.create_server(("127.0.0.1", 0))
    sockets: list[socket.socket] = []

    def pump(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", port))
                sockets.extend((client, server))
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=pump, args=ends, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", sockets
    finally:
        listener.close()
        for end in sockets:
            end.close()


def test_a_line_that_is_cut_is_taken_up_again(chromium: Browser, address: str) -> None:
    with line_to(address) as (url, sockets), visit(chromium, f"{url}/#view=learn") as visited:
        page = visited.page
        choose(page, epochs=1000, limit=5000)
        press(page, "toggle")
        state(page, re.compile("learning"))
        for end in list(sockets):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        before = images_learned(page)
        state(page, re.compile("connection is lost"))
        state(page, re.compile("learning"))
        page.wait_for_timeout(500)
        assert images_learned(page) > before
        press(page, "stop")
        state(page, re.compile("Stopped"))
        visited.errors[:] = [error for error in visited.errors if "net::ERR" not in error]  # the cut


def test_a_server_begun_anew_is_believed(chromium: Browser, tmp_path: Path) -> None:
    def train_and_use(page: Page) -> None:
        choose(page, limit=500, epochs=1)
        press(page, "toggle")
        state(page, re.compile("^Finished"))
        page.locator("[data-use=training]").click()
        expect(page.locator(".trained")).to_be_visible()

    with ExitStack() as life:
        url = life.enter_context(serving(tmp_path))
        again = ("--port", str(urlsplit(url).port))
        with visit(chromium, f"{url}/#view=learn") as visited:
            page = visited.page
            train_and_use(page)
            life.close()
            state(page, re.compile("connection is lost"))
            press(page, "toggle")
            expect(page.locator(".controls [role=alert]")).to_contain_text("The server does not answer")
            with serving(tmp_path, *again):
                state(page, re.compile("^Nothing has been trained yet"))
                expect(page.locator(".controls [role=alert]")).to_have_text("")
                expect(page.locator(".trained")).to_be_hidden()
                train_and_use(page)
                page.locator(".tabs").get_by_role("link", name="Break").click()
                expect(page.locator("#accuracy-now")).to_contain_text("%")
                page.locator(".tabs").get_by_role("link", name="Learn").click()
                choose(page, limit=500, epochs=1000)
                press(page, "toggle")
                state(page, re.compile("learning"))
                expect(page.locator("[data-fact=images]")).to_contain_text(",")
            with serving(tmp_path, *again):
                visited.allowed.add(404)  # what the network of before is answered with, once
                page.locator(".tabs").get_by_role("link", name="Judge").click()
                expect(page.locator(".mistakes .specimen").first).to_be_visible()
                expect(page.locator(".trained")).to_be_hidden()
                page.locator(".tabs").get_by_role("link", name="Learn").click()
                press(page, "resume")  # what was left half done
                state(page, re.compile("^Paused after"))
                press(page, "stop")
            visited.errors[:] = [error for error in visited.errors if "net::ERR" not in error]  # the servers' ends


# What must be in sight of each stage besides its title and what is said of it: its figure, or the most of it.
FIGURES = {
    1: [".image .cells", ".neighbours"],
    2: [".flow .cells", ".flow .classes"],
    3: [".classes"],
    4: [".chart"],
    5: [".classes"],
    6: [".flow .cells", ".flow .classes"],
    7: [".flow .cells", ".nudge .chart", "#nudge"],
    8: ["#step-rate", ".effect table", ".effect .chart"],
}


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1440, 900), (390, 844)])
def test_a_stages_figure_and_words_are_in_sight(chromium: Browser, address: str, width: int, height: int) -> None:
    size = {"width": width, "height": height}
    with visit(chromium, f"{address}/#view=step", reduced_motion="reduce", viewport=size) as visited:
        page = visited.page
        for place, figures in FIGURES.items():
            page.locator(f".steps li:nth-child({place}) button").click()
            expect(page.locator(".player .number")).to_have_text(f"{place} of 8")
            player = page.locator(".player").bounding_box()
            assert player is not None
            below = player["y"] if width < 1000 else height
            for selector in ("#step-stage", ".about p", *figures):
                for part in page.locator(selector).all():
                    box = part.bounding_box()
                    assert box is not None
                    assert box["y"] >= 0, selector
                    assert box["y"] + box["height"] <= below, f"{place} {selector}"
                    assert box["x"] + box["width"] <= width, f"{place} {selector}"
        assert page.evaluate("scrollY") == 0
        if width < 500:
            targets = page.locator("#main :is(button:not(.term), input, select, summary)")
            for target in targets.all():
                box = target.bounding_box()
                assert box is None or min(box["width"], box["height"]) >= 24, target


def test_every_stage_of_one_step_and_a_step_that_helps(chromium: Browser, address: str) -> None:
    with visit(chromium, f"{address}/#view=step", reduced_motion="reduce") as visited:
        page = visited.page
        expect(page.locator(".setting .answer")).to_contain_text("%")
        titles = set()
        for place in range(1, 9):
            expect(page.locator(".player .number")).to_have_text(f"{place} of 8")
            titles.add(page.locator("#step-stage").inner_text())
            if place < 8:
                page.get_by_role("button", name="Next").click()
        assert len(titles) == 8
        chosen = page.locator(".hand .account").first.inner_text()
        page.get_by_role("button", name="Apply this step").click()
        expect(page.locator(".stage .answer")).to_contain_text("After one step")
        before, after = re.findall(r"([\d.]+)\s%", page.locator(".stage .answer").inner_text())
        assert float(after) > float(before)
        # The same weight, as it was and as it is now: what the step before has promised.
        kept = page.locator(".hand .account").first
        expect(kept).to_contain_text(re.compile("was .*, is now "))
        was, now = re.findall(r"(?:was|now) ([−\d.]+)", kept.inner_text())
        assert chosen.split()[0:4] == kept.inner_text().split()[0:4]
        assert number(was) != number(now)
        page.keyboard.press("Space")  # A button that was clicked is not pressed again: the stages are played.
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        expect(page.locator(".setting .said")).to_contain_text("One step made")
        page.keyboard.press("Space")
        page.locator(".steps button").last.click()
        page.get_by_role("button", name="Start again").click()
        page.keyboard.press("ArrowLeft")
        expect(page.locator(".player .number")).to_have_text("7 of 8")


def test_steps_are_in_the_link_and_the_way_back_goes_through_the_stages(chromium: Browser, address: str) -> None:
    with visit(chromium, f"{address}/#view=step&step=stage:7", reduced_motion="reduce") as visited:
        page = visited.page
        expect(page.locator(".player .number")).to_have_text("7 of 8")
        expect(page.locator("#step-network option").first).to_contain_text("knows nothing")
        page.keyboard.press("ArrowRight")
        for _ in range(3):
            page.get_by_role("button", name="Apply this step").click()
        page.locator("#step-index").fill("7")
        page.locator("#step-index").press("Enter")
        expect(page.locator(".stage .answer")).to_contain_text("other images: 3")
        for _ in range(2):
            page.get_by_role("button", name="Apply this step").click()
        expect(page).to_have_url(re.compile("steps:3_t0-2"))
        said = page.locator(".setting .answer").inner_text()
        page.reload()
        expect(page.locator(".setting .answer")).to_have_text(said)
        expect(page.locator(".stage .answer")).to_contain_text("After 2 steps")
        expect(page.locator("#step-network option").first).not_to_contain_text("nothing")
        page.go_back()  # to the stage before, not out of Step; and no step is taken back by it
        expect(page.locator(".player .number")).to_have_text("7 of 8")
        expect(page.locator(".setting .said")).to_contain_text("5 steps made")


def test_a_huge_step_is_seen_to_be_bad_for_others(chromium: Browser, address: str) -> None:
    with visit(chromium, f"{address}/#view=step&step=stage:8,rate:10,steps:3_0.01") as visited:
        page = visited.page
        expect(page.locator(".effect p")).to_contain_text("others get worse")
        own, others = (page.locator(".effect tbody tr").nth(k).locator("td") for k in (1, 3))
        assert number(own.nth(1).inner_text()) < number(own.nth(0).inner_text())
        assert number(others.nth(1).inner_text()) > number(others.nth(0).inner_text())


def test_one_weight_is_nudged_and_its_measured_slope_is_the_computed_one(chromium: Browser, address: str) -> None:
    with visit(chromium, f"{address}/#view=step&step=stage:7", reduced_motion="reduce") as visited:
        page = visited.page
        for layer in ("1", "2", "3", "0"):
            page.locator("#nudge-weight").select_option(layer)
            said = page.locator(".hand .accounts").first
            measured = number(said.locator("p").nth(1).inner_text().rpartition("=")[2])
            computed = number(said.locator("p").nth(2).inner_text().rpartition("slope")[2])
            assert measured == pytest.approx(computed, rel=0.01, abs=1e-3)
        page.locator("#nudge").focus()
        for _ in range(20):
            page.keyboard.press("ArrowRight")
        expect(said).to_contain_text("Moved by +")
        expect(said).to_contain_text("others together there is a valley")
        page.get_by_text("With four images").click()
        slopes = [number(cell.inner_text()) for cell in page.locator(".batch tbody td:last-child").all()]
        expect(page.locator(".batch tbody tr")).to_have_count(4)
        slopes = [number(cell.inner_text()) for cell in page.locator(".batch tbody td:last-child").all()]
        mean = number(page.locator(".batch tfoot td").inner_text())
        assert mean == pytest.approx(sum(slopes) / 4, abs=1e-3)


def test_what_somebody_says_of_an_image_comes_back_with_it(chromium: Browser, address: str) -> None:
    first, second = (f"{address}/#view=step&image=test.{k}&step=source:drawing,label:{k}" for k in (5, 3))
    with visit(chromium, first, reduced_motion="reduce") as visited:
        page = visited.page
        expect(page.locator("#step-label")).to_have_value("5")
        page.goto(second)
        expect(page.locator("#step-label")).to_have_value("3")
        page.wait_for_timeout(500)
        page.go_back()
        expect(page.locator("#step-label")).to_have_value("5")


def test_a_link_counts_though_an_older_state_was_written_over_it(chromium: Browser, address: str) -> None:
    first, second = (f"#view=step&image=test.{k}&step=source:drawing,label:{k}" for k in (5, 3))
    with visit(chromium, f"{address}/{first}", reduced_motion="reduce") as visited:
        page = visited.page
        expect(page.locator("#step-label")).to_have_value("5")
        page.wait_for_timeout(500)  # Nothing is still to be written.
        # The timer that writes the link may come between a change of the address and the event that tells of it.
        page.evaluate("([a, b]) => { location.hash = b; history.replaceState(null, '', a); }", [first, second])
        expect(page.locator("#step-label")).to_have_value("3")
        assert "label:3" in page.evaluate("location.hash")


def test_one_step_is_the_step_that_python_makes(chromium: Browser, address: str, mnist: byhand.Dataset) -> None:
    from byhand.network import loss_and_gradient, one_hot, softmax

    model = byhand.Model.load()
    x = mnist.train.images[7].reshape(1, -1) / np.float32(255)
    y = one_hot(mnist.train.labels[7:8], 10, np.float32)
    _, gradient = loss_and_gradient(model.theta, model.sizes, model.activation, x, y)
    moved = model.theta - np.float32(0.01) * gradient
    wanted = softmax(byhand.network.forward(moved, model.sizes, model.activation, x)[1])[0, mnist.train.labels[7]]
    with visit(chromium, f"{address}/#view=step", reduced_motion="reduce") as visited:
        page = visited.page
        page.locator("#step-network").select_option("own")
        page.locator("#step-index").fill("7")
        page.locator("#step-index").press("Enter")
        page.locator(".steps button").last.click()
        shown = re.findall(r"([\d.]+)\s%", page.locator(".stage .answer").inner_text())[-1]
        assert float(shown) == pytest.approx(min(100 * wanted, 99.9), abs=0.06)  # More is "> 99.9 %".


def test_the_judgement_is_pythons_and_opens_its_images(chromium: Browser, address: str, mnist: byhand.Dataset) -> None:
    evaluation = byhand.evaluate(byhand.Model.load(), mnist.test)
    was, read = np.unravel_index((evaluation.confusion_matrix * (1 - np.eye(10, dtype=int))).argmax(), (10, 10))
    with visit(chromium, f"{address}/#view=judge") as visited:
        page = visited.page
        assert number(page.locator(".headline .great").inner_text()) == round(100 * evaluation.accuracy, 2)
        page.locator(f"[data-cell='{was}-{read}']").click()
        count = int(evaluation.confusion_matrix[was, read])
        expect(page.locator(".opened .specimen")).to_have_count(count)
        page.locator("#threshold-slider").fill("0")
        expect(page.locator(".outcome").first).to_contain_text("100 %".replace(" ", "\N{NO-BREAK SPACE}"))
        page.locator(".robustness button.primary").click()
        expect(page.locator(".robustness .three .kind")).to_have_count(3)
        page.locator(".opened .specimen").first.click()
        expect(page.locator("#answer-label")).to_contain_text(str(was))


def test_one_image_is_moved_by_a_slider_and_the_answer_flips(chromium: Browser, address: str) -> None:
    """The network in the page reads the changed image as the one in Python does, and says where it flips."""
    with visit(chromium, f"{address}/#view=judge&judge=moved:rotation_0_18") as visited:
        page = visited.page
        card = page.locator(".one-image")
        card.scroll_into_view_if_needed()
        expect(card.locator(".answer")).to_contain_text("It reads 3")
        slider = card.locator("#one-image-slider")
        expect(card).to_contain_text("Test image 18, labelled 3.")
        flips = re.search(r"(\d+)° to the right, to (\d)", card.inner_text())
        assert flips
        at, to = int(flips[1]), flips[2]
        for turned, wanted in ((at - 1, "3"), (at, to)):
            slider.fill(str(90 + turned))
            expect(card.locator("output")).to_have_text(f"{turned}° to the right")
            expect(card.locator(".answer")).to_contain_text(re.compile(f" {wanted} \\("))
        seen = np.array(page.evaluate(PIXELS), np.float32).reshape(28, 28)  # light paper is 0
        assert byhand.Model.load().predict(seen) == int(to)
        page.wait_for_timeout(400)
        assert f"moved:rotation_{at}_18" in page.url
        card.get_by_role("button", name="Shift").click()
        expect(card.locator(".answer")).to_contain_text("It reads 3")
        card.get_by_role("button", name="Another test image").click()
        expect(card).not_to_contain_text("Test image 18,")


PIXELS = """() => {
  const canvas = document.querySelector(".one-image canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const grey = Array.from({ length: data.length / 4 }, (_, k) => data[4 * k]);
  const [dark, light] = [33, 255];
  return grey.map((each) => Math.min(1, Math.max(0, (light - each) / (light - dark))));
}"""


GAPS = """async ([width, most]) => {
  const { axes } = await import("/static/charts/chart.js");
  const across = { range: [0, most], title: "", text: (value) => value.toLocaleString("en") };
  const { parts, bottom } = axes(width, 200, across, { range: [0, 1], title: "" });
  const chart = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  chart.setAttribute("class", "chart");
  chart.setAttribute("viewBox", `0 0 ${width} 200`);
  chart.style.width = `${width}px`;
  chart.append(...parts);
  document.querySelector("#main").append(chart);
  const boxes = [...chart.querySelectorAll("text")].map((each) => each.getBBox()).filter(({ y }) => y > bottom);
  return boxes.slice(1).map(({ x }, k) => x - boxes[k].x - boxes[k].width);
}"""


def test_numbers_under_a_chart_do_not_touch(chromium: Browser, address: str) -> None:
    with visit(chromium, f"{address}/#view=break") as visited:
        for width in (300, 385, 600):
            for most in (900, 60_000, 1_100_000):
                gaps = visited.page.evaluate(GAPS, [width, most])
                assert gaps, (width, most)
                assert min(gaps) > 5, (width, most, gaps)


def test_a_quiet_button_that_does_nothing_yet_does_not_look_as_if_it_did(chromium: Browser, address: str) -> None:
    with visit(chromium, f"{address}/#view=break") as visited:
        page = visited.page
        other = page.get_by_role("button", name="Draw other noise")
        expect(other).to_be_disabled()
        idle = other.evaluate("(button) => getComputedStyle(button).color")
        page.locator("#noise").fill("0.5")
        expect(other).to_be_enabled()
        assert other.evaluate("(button) => getComputedStyle(button).color") != idle


def test_what_is_broken_costs_accuracy_and_can_be_undone(chromium: Browser, address: str) -> None:
    with visit(chromium, f"{address}/#view=break") as visited:
        page = visited.page
        expect(page.locator("#accuracy-now")).to_contain_text("%")
        whole = number(page.locator("#accuracy-now").inner_text())
        page.locator("#prune").fill("95")
        expect(page.locator("#accuracy-now")).not_to_have_text(re.compile(f"{whole}"))
        expect(page.locator("#accuracy-now")).to_contain_text("%")
        pruned = number(page.locator("#accuracy-now").inner_text())
        assert pruned < whole - 5
        page.get_by_role("button", name="Undo").click()
        expect(page.locator("#accuracy-now")).to_contain_text(f"{whole}")
        page.locator("[data-unit='0-21']").click()
        expect(page.locator(".layer h3").first).to_contain_text("1 off")
        page.get_by_role("button", name="Mend everything").click()
        expect(page.locator(".layer h3").first).not_to_contain_text("off")
        page.get_by_role("button", name="Sort by worth").click()
        expect(page.locator(".units")).to_contain_text("is missed most")
        page.locator(".unit").first.hover()
        known = re.search(r"goes from ([\d.]+) to (\d+\.\d+)", page.locator(".unit-hint").inner_text())
        assert known
        assert float(known[2]) > float(known[1])
        page.get_by_role("button", name="Guess the cost first").click()
        page.locator(".unit").first.click()
        expect(page.locator(".guess")).to_be_visible()
        expect(page.locator(".layer h3").first).not_to_contain_text("off")
        page.keyboard.press("Enter")  # The first guess has the focus.
        expect(page.locator(".layer h3").first).to_contain_text("1 off")
        expect(page.locator(".verdict")).to_contain_text("You guessed “hardly any”")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_view_is_without_barriers_and_fits(
    chromium: Browser, address: str, tmp_path_factory: pytest.TempPathFactory, width: int, scheme: str
) -> None:
    pictures = tmp_path_factory.getbasetemp() / "views"
    pictures.mkdir(exist_ok=True)
    size = {"width": width, "height": 900}
    for view, ready in VIEWS.items():
        url = f"{address}/#view={view}&image=test.3&neuron=0.5"
        options = {"viewport": size, "color_scheme": scheme, "reduced_motion": "reduce"}
        with visit(chromium, url, **options) as visited:
            page = visited.page
            expect(page.locator(ready).first).to_be_visible()
            page.wait_for_timeout(300)
            found = Axe().run(page)
            assert found.violations_count == 0, f"{view} {width} {scheme}: {found.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, view
            page.screenshot(path=pictures / f"{view}-{width}-{scheme}.png", full_page=True)
