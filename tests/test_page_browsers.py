"""The main paths through the page in Firefox and WebKit, from a server and as one file. Chromium has its own tests."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from browsers import Window
from browsers import window as browser
from trainings import until

pytestmark = pytest.mark.page

SEVEN = [(80, 70), (200, 70), (190, 90), (150, 150), (125, 230)]
ONE = [(140, 40), (140, 240)]
VIEWS = {  # with what must be there before a view is looked at
    "draw": "#probabilities .share",
    "learn": ".tiles",
    "step": ".stage .cells",
    "judge": ".mistakes .specimen",
    "break": ".lab .unit",
}
SIZES = [(1440, 900), (1280, 720), (768, 1024), (390, 844)]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
BARRIERS = "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`))"


@pytest.fixture(scope="module", params=["firefox", "webkit"])
def window(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    """Run each browser once for all tests."""
    with browser(request.param, tmp_path_factory.mktemp(request.param)) as running:
        yield running


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the whole page into one file."""
    from byhand.commands.app import main

    path = tmp_path_factory.mktemp("file") / "digits.html"
    assert main(["export", "page", str(path)]) == 0
    return path


def seen(window: Window, selector: str) -> NDArray[np.uint8]:
    """Return what is seen of an element, in grey."""
    return np.asarray(Image.open(io.BytesIO(window.picture())).convert("L").crop(window.sides(selector)))


def dark(window: Window, selector: str) -> float:
    """Return which share of an element is seen to be dark."""
    return float((seen(window, selector)[3:-3, 3:-3] < 100).mean())


def test_a_digit_is_drawn_read_and_undone(window: Window, address: str) -> None:
    with window.at(address):
        window.says("#answer", "Nothing is drawn yet")
        window.draw(SEVEN)
        window.says("#answer", "It is a 7")
        assert dark(window, ".pad-canvas") > 0.03
        window.click("button", "Undo")
        window.says("#answer", "Nothing is drawn yet")
        window.draw(ONE)
        window.says("#answer", "It is a 1")
        window.press("c")
        window.says("#answer", "Nothing is drawn yet")
        window.press("z")
        window.says("#answer", "It is a 1")


def test_an_image_from_a_link_stays_when_a_phone_is_turned(window: Window, address: str) -> None:
    with window.at(f"{address}/#image=test.3"):
        window.says("#answer", "It is a 0")
        for width, height in ((844, 390), (390, 844), (844, 390)):
            window.resize(width, height)
            window.ask("document.querySelector('.pad-canvas').scrollIntoView({ block: 'center' })")
            window.settle()
            assert dark(window, ".pad-canvas") > 0.1, width


def test_a_training_starts_moves_its_curve_and_ends(window: Window, address: str) -> None:
    with window.at(f"{address}/#view=learn"):
        window.says(".controls .state", "^Nothing|^Stopped|^Finished|^Paused")
        for name, value in {"epochs": 3, "limit": 3000, "validation": 500}.items():
            window.set(f"#learn-{name}", value)
        window.click("[data-wish=image]")
        window.says(".seen", "weights and biases have moved")
        window.click("[data-wish=toggle]")
        window.says(".controls .state", "^Finished")
        assert window.number("[data-fact=images]") == 9000
        path = "document.querySelector('.curves .line').getAttribute('d') ?? ''"
        assert window.ask(f"({path}).match(/[\\d.]+/g).length") >= 4
        window.click("[data-use=training]")
        window.go("Draw")
        window.click(".strip-row button")
        window.says("#answer", "It is a|not sure")


def test_a_step_changes_the_figures_and_a_weight_is_nudged(window: Window, address: str) -> None:
    with window.at(f"{address}/#view=step&step=seed:2"):  # random weights that do not guess right by chance
        window.says(".setting .answer", "It says .* Right is")
        window.click(".steps button", "7")
        window.until("document.querySelector('#nudge')")
        window.ask("document.querySelector('#nudge').focus()")
        for _ in range(5):
            window.press("ArrowRight")
        window.says(".hand .accounts", r"Moved by \+")
        window.click(".steps button", "8")
        window.click("button", "Apply this step")
        said = window.says(".stage .answer", "After one step")
        before, after = re.findall(r"([\d.]+)\s%", said)
        assert float(after) > float(before)
        window.press("ArrowLeft")
        window.says(".player .number", "7 of 8")


def test_the_lines_of_a_grid_lie_between_its_cells(window: Window, address: str) -> None:
    grid = ".flow .layer:nth-child(2) .cells"
    with window.at(f"{address}/#view=step&step=stage:6"):
        window.until(f"document.querySelector('{grid}')")
        for part in (".cells canvas", ".cells .mark", ".edges"):
            window.ask(f"document.querySelectorAll('.flow {part}').forEach((e) => (e.style.visibility = 'hidden'))")
        columns = window.ask(f"document.querySelector('{grid} canvas').width")
        assert columns > 4
        for width, height in ((1280, 760), (1180, 730), (390, 844)):  # at which a cell is no whole pixels wide
            window.resize(width, height)
            window.settle()
            light = np.median(seen(window, f"{grid} .ruled"), axis=0)
            lines = np.flatnonzero(light < light.max() - 5)
            left, _, right, _ = window.sides(f"{grid} .ruled")
            wanted = np.arange(1, columns) * (right - left) / columns
            assert all(np.abs(lines - place).min() < 1 for place in wanted), (width, lines, wanted)


def test_images_lie_on_a_map_have_an_ideal_and_are_moved_in_the_file(window: Window, file: Path) -> None:
    with window.at(file):
        window.click(".map summary")
        window.click(".mapped button", "Layer 2")
        window.says(".mapped", "images 8\\d\\s%")
        until(lambda: dark(window, ".map-surface") > 0.002)  # It is painted in the next frame.
        window.draw(SEVEN)
        window.says(".mapped", "Nearest to yours \\(the ring\\): 7, 7,")
        window.click(".likes summary")
        window.says(".ideal", "Its sum z: .* for even grey, \\d+")
        window.go("Judge")
        window.until("document.querySelector('.one-image')")
        window.ask("document.querySelector('.one-image').scrollIntoView()")
        window.says(".one-image .answer", "It reads 7")  # what Draw shows
        window.click("[data-way=size]")
        window.says(".one-image", "it is read as 7")
        window.set("#one-image-slider", 0)
        window.until("!/reads 7/.test(document.querySelector('.one-image .answer').textContent)")


def test_what_is_cut_costs_accuracy_and_comes_back(window: Window, address: str) -> None:
    with window.at(f"{address}/#view=break"):
        whole = window.number("#accuracy-now", "%")
        assert whole > 99
        window.set("#prune", 95)
        window.until(f"!/{whole}|…/.test(document.querySelector('#accuracy-now').textContent)")
        assert window.number("#accuracy-now", "%") < whole - 5
        window.click("button", "Undo")
        window.says("#accuracy-now", f"{whole}")
        window.click("[data-unit='0-21']")
        window.says(".layer h3", "1 off")
        window.click("button", "Mend everything")
        window.until("!/off/.test(document.querySelector('.layer h3').textContent)")


def test_the_judgement_comes_and_its_threshold_moves(window: Window, address: str) -> None:
    with window.at(f"{address}/#view=judge"):
        assert window.number(".headline .great", "%") > 99
        window.set("#threshold-slider", 0)
        window.says(".outcome", "100\\s%")
        window.click("[data-cell='9-4']")
        window.until("document.querySelector('.opened .specimen')")


def test_a_word_explains_itself(window: Window, address: str) -> None:
    word, tip = "document.querySelector('.curves [data-term=loss]')", "document.querySelector('#term-tip')"
    with window.at(f"{address}/#view=learn", 390, 844):
        window.until(word)
        assert window.ask(f"getComputedStyle({word}).textDecorationLine") == "underline"
        window.ask(f"{word}.focus()")
        window.says("#term-tip", "How wrong the network is")
        assert window.ask(f"{tip}.checkVisibility()")
        left, top, right, bottom = window.sides("#term-tip")
        assert min(left, top) >= 0
        assert right <= 390
        assert bottom <= 844
        window.press("Escape")
        window.until(f"!{tip}.checkVisibility()")


def test_keys_link_and_colours(window: Window, address: str) -> None:
    with window.at(address):
        window.says("#answer", "Nothing is drawn yet")
        window.press("?")
        window.until("document.querySelector('dialog[open] kbd')")
        window.press("Escape")
        window.until("!document.querySelector('dialog[open]')")
        window.press("3")
        window.says("h1", "One step")
        window.click("button", "Copy link")
        window.says(".aside button", "copied|address bar")
        assert "view=step" in window.ask("location.hash")
        for theme, light in (("dark", False), ("light", True)):
            window.set(".aside select", theme)
            colour = window.ask("getComputedStyle(document.body).backgroundColor")
            assert (sum(map(int, re.findall(r"\d+", colour)[:3])) > 384) is light, colour


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_fits_and_is_without_barriers(window: Window, address: str, view: str) -> None:
    with window.at(f"{address}/#view={view}&image=test.3&neuron=0.5"):
        window.until(f"document.querySelector('{VIEWS[view]}')")
        window.ask(f"(() => {{ {AXE}\n }})()")
        for width, height in SIZES:
            window.resize(width, height)
            for theme in ("light", "dark"):
                window.set(".aside select", theme)
                window.settle()
                assert window.ask("document.documentElement.scrollWidth") <= width, (theme, width)
                if (theme, width) in (("light", 1280), ("dark", 390)):
                    assert window.ask(BARRIERS) == [], (theme, width)


def test_the_page_in_one_file_draws_learns_judges_and_breaks(window: Window, file: Path) -> None:
    with window.at(file):
        window.draw(SEVEN)
        window.says("#answer", "It is a 7")
        window.go("Learn")
        window.set("#learn-epochs", 3)
        window.click("[data-wish=image]")
        window.says(".controls .state", "^Paused after one image")
        window.click("[data-wish=toggle]")
        assert float(re.findall(r"reads ([\d.]+)", window.says(".controls .state", "^Finished"))[0]) > 60
        window.go("Judge")
        assert window.number(".headline .great", "%") > 98
        window.go("Break")
        window.set("#prune", 95)
        window.until("parseFloat(document.querySelector('#accuracy-now')?.textContent) < 95")
        window.go("Step")
        window.click("button", "Other weights")  # The first guess right by chance.
        window.says(".setting .answer", "It says .* Right is")
