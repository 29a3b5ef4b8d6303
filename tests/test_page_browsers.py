"""The main paths through the page in Firefox and WebKit, from a server and as one file. Chromium has its own tests."""

from collections.abc import Iterator

import pytest

from browsers import Window
from browsers import window as browser

pytestmark = pytest.mark.page

SEVEN = [(80, 70), (200, 70), (190, 90), (150, 150), (125, 230)]
ONE = [(140, 40), (140, 240)]


@pytest.fixture(scope="module", params=["firefox", "webkit"])
def window(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    """Run each browser once for all tests."""
    with browser(request.param, tmp_path_factory.mktemp(request.param)) as running:
        yield running


def test_a_digit_is_drawn_read_and_undone(window: Window, address: str) -> None:
    with window.at(address):
        window.says("#answer", "Nothing is drawn yet")
        window.draw(SEVEN)
        window.says("#answer", "It is a 7")
        window.click("button", "Undo")
        window.says("#answer", "Nothing is drawn yet")
        window.draw(ONE)
        window.says("#answer", "It is a 1")
        window.press("c")
        window.says("#answer", "Nothing is drawn yet")
        window.press("z")
        window.says("#answer", "It is a 1")


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
