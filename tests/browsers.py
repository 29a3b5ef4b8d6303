"""Firefox and WebKit, driven in one small way, for the paths that everybody goes."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Browser, sync_playwright

from browsing import CHROMIUM, OPTIONS, PATIENCE, Visit
from webkit import LISTEN, webkit

FIREFOX = Path(__file__).with_name("firefox.py")
ELSEWHERE = """performance.getEntriesByType("resource").map(({ name }) => name)
  .filter((name) => !/^(data|blob|file):/.test(name) && new URL(name).host !== location.host)"""


class Driver(Protocol):
    """What drives a browser, and its one window."""

    def open(self, url: str) -> None: ...
    def open_file(self, path: Path) -> None: ...
    def ask(self, expression: str) -> Any: ...
    def click(self, selector: str, text: str) -> None: ...
    def press(self, key: str) -> None: ...
    def stroke(self, places: list[tuple[float, float]]) -> None: ...
    def resize(self, width: int, height: int) -> None: ...
    def picture(self) -> bytes: ...
    def faults(self) -> list[str]: ...


class Played:
    """A browser that Playwright drives."""

    def __init__(self, running: Browser) -> None:
        self.running, self.life = running, ExitStack()

    def open(self, url: str) -> None:
        """Open a page with an empty memory."""
        self.life.close()
        context = self.running.new_context()
        self.life.callback(context.close)
        context.set_default_timeout(PATIENCE)
        context.add_init_script(f"({LISTEN})(window)")
        self.page = context.new_page()
        self.visit = Visit(self.page)
        self.visit.watch()
        self.page.goto(url)

    def open_file(self, path: Path) -> None:
        """Open a page that is a file."""
        self.open(path.as_uri())

    def ask(self, expression: str) -> Any:
        """Return what an expression is worth in the page."""
        return self.page.evaluate(f"() => ({expression})")

    def click(self, selector: str, text: str) -> None:
        """Click what a selector names and a text stands in, with the mouse."""
        self.page.locator(selector).filter(has_text=text).first.click()

    def press(self, key: str) -> None:
        """Press a key."""
        self.page.keyboard.press(key)

    def stroke(self, places: list[tuple[float, float]]) -> None:
        """Move the mouse along some places of the window, with its button down."""
        first, *others = places
        self.page.mouse.move(*first)
        self.page.mouse.down()
        for place in others:
            self.page.mouse.move(*place, steps=6)
        self.page.mouse.up()

    def resize(self, width: int, height: int) -> None:
        """Give the page so many pixels."""
        self.page.set_viewport_size({"width": width, "height": height})

    def picture(self) -> bytes:
        """Return what is seen of the page, as a PNG file."""
        heard = len(self.visit.errors)
        picture = self.page.screenshot()
        del self.visit.errors[heard:]  # Playwright's own style, without a blinking caret, is refused by the page.
        self.ask("window.faults = window.faults.filter((fault) => fault !== 'refused: inline')")
        return picture

    def faults(self) -> list[str]:
        """Return what went wrong outside the page's own sight."""
        return self.visit.errors


class Window:
    """A window of a browser, with the patience that a busy machine needs."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.ask, self.press, self.resize, self.picture = driver.ask, driver.press, driver.resize, driver.picture

    @contextmanager
    def at(self, place: str | Path, width: int = 1280, height: int = 720) -> Iterator[None]:
        """Open a page of some pixels; at the end nothing may have gone wrong, and nothing been asked of others."""
        self.driver.open_file(place) if isinstance(place, Path) else self.driver.open(place)
        self.resize(width, height)
        yield
        faults = [*self.ask("window.faults"), *self.ask(ELSEWHERE), *self.driver.faults()]
        assert not faults, faults

    def until(self, expression: str) -> Any:
        """Wait until an expression holds, and return what it is worth."""
        end = time.monotonic() + PATIENCE / 1000
        while not (worth := self.ask(expression)):
            assert time.monotonic() < end, f"{expression}\n{self.ask('document.body.innerText')}"
            time.sleep(0.03)
        return worth

    def says(self, selector: str, pattern: str) -> str:
        """Wait until a pattern stands in the first element that a selector names, and return the words there."""
        name, regular = json.dumps(selector), json.dumps(pattern)
        text = f"document.querySelector({name})?.textContent"
        return str(self.until(f"new RegExp({regular}).test({text} ?? '') && {text}"))

    def number(self, selector: str, pattern: str = "") -> float:
        """Wait for a pattern, and read the first number that stands there."""
        found = re.search(r"[-−]?[\d,]*\.?\d+", self.says(selector, pattern or r"\d"))
        assert found
        return float(found[0].replace(",", "").replace("−", "-"))

    def click(self, selector: str, text: str = "") -> None:
        """Click what a selector names and a text stands in, once it is there."""
        name, words = json.dumps(selector), json.dumps(text)
        self.until(f"[...document.querySelectorAll({name})].some((e) => e.textContent.includes({words}))")
        self.driver.click(selector, text)

    def draw(self, points: list[tuple[int, int]]) -> None:
        """Draw a stroke, in pixels of the pad."""
        pad = "document.querySelector('.pad-canvas')"
        self.until(pad)
        self.ask(f"{pad}.scrollIntoView({{ block: 'nearest' }})")
        x, y, width = self.ask(f"(({{ x, y, width }}) => [x, y, width])({self.box('.pad-canvas')})")
        self.driver.stroke([(x + across * width / 280, y + down * width / 280) for across, down in points])

    def box(self, selector: str) -> str:
        """Return the expression for where an element lies in the window."""
        return f"document.querySelector({json.dumps(selector)}).getBoundingClientRect()"

    def settle(self) -> None:
        """Wait until what was changed is laid out and painted: two frames."""
        self.ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")

    def set(self, selector: str, value: object) -> None:
        """Put a value into a field, as somebody does who then leaves it."""
        self.until(f"document.querySelector({json.dumps(selector)})")
        self.ask(
            f"""((field) => {{
              field.value = {json.dumps(str(value))};
              for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, {{ bubbles: true }}));
            }})(document.querySelector({json.dumps(selector)}))"""
        )

    def go(self, view: str) -> None:
        """Go to a view by its tab."""
        self.click(".tabs a", view)


@contextmanager
def window(name: str, folder: Path) -> Iterator[Window]:
    """Run a browser by its name; an empty folder is for what it keeps."""
    if name == "webkit":
        with webkit(folder) as driver:
            yield Window(driver)
        return
    with sync_playwright() as playwright:
        if name == "firefox":
            running = playwright.firefox.launch(channel="moz-firefox", executable_path=FIREFOX)
        else:
            running = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield Window(Played(running))
        running.close()
