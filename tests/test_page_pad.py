"""The pad of a notebook in Chromium, on a stand-in for the notebook, and what Python makes of what is drawn there."""

import base64
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

import byhand
from browsing import visit
from byhand.network import initial_parameters
from test_page_draw import ONE, SEVEN, draw_on, touch

pytestmark = pytest.mark.page

STROKES = [{"brush": 20, "erase": False, "points": SEVEN}]

# As anywidget's own model: what is set is told at once to whoever listens, and to Python when it is saved.
# Scripts come from this page and from blobs alone, nothing may be evaluated, and nothing asked of anybody.
NOTEBOOK = """<!doctype html><html><head><meta charset="utf-8"><title>A notebook</title>
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; script-src 'nonce-7' blob:; style-src 'nonce-7' 'unsafe-inline'; img-src data:">
<style nonce="7">body { margin: 20px; background: white; color: rgba(0, 0, 0, 0.87); font: 13px sans-serif }
body.dark { background: #111; color: rgba(255, 255, 255, 0.87) } h2 { color: red }</style></head><body>
<h2>Of the notebook</h2><div id="output"></div><script nonce="7" type="module">
const state = STATE, bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
for (const name of ["_network", "image"]) state[name] = bytes(state[name]);
const listeners = {}, changed = {};
const model = {
  get: (name) => state[name],
  set(name, value) {
    if (JSON.stringify(state[name]) === JSON.stringify(value)) return;
    changed[name] = state[name] = value;
    model.tell(name);
  },
  save_changes() { saved.push(JSON.parse(JSON.stringify(changed))); for (const name in changed) delete changed[name]; },
  on: (event, listener) => (listeners[event] ??= new Set()).add(listener),
  off: (event, listener) => listeners[event]?.delete(listener),
  tell(name) { for (const listener of [...(listeners[`change:${name}`] ?? [])]) listener(); },
};
const saved = [], commands = [];
addEventListener("keydown", ({ key }) => commands.push(key)); // As the notebook's own keys.
const address = URL.createObjectURL(new Blob([state._esm], { type: "text/javascript" }));
const { default: widget } = await import(address);
const views = [];
Object.assign(globalThis, { saved, commands, listeners, views,
  show() {
    const el = document.querySelector("#output").appendChild(document.createElement("div"));
    views.push(widget.render({ model, el }));
  },
  give(values) {
    for (const name in values) state[name] = name === "_network" ? bytes(values[name]) : values[name];
    for (const name in values) model.tell(name);
  } });
show();
document.body.dataset.ready = "";
</script></body></html>"""


def plain(value: object) -> object:
    """Return a value of the pad's state as JSON has it."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def other_model() -> byhand.Model:
    """Return a network that has learned nothing yet."""
    theta = initial_parameters((784, 12, 3), "tanh", np.random.default_rng(1))
    return byhand.Model((784, 12, 3), "tanh", theta, ("1", "seven", "<b>"))


class Notebook:
    """A pad, and the page that shows it."""

    def __init__(self, page: Page, pad: Any) -> None:
        self.page, self.pad = page, pad

    def hear(self) -> None:
        """Let Python take over what the page has told."""
        for state in self.page.evaluate("saved.splice(0)"):
            self.pad.set_state(state)

    def tell(self, *names: str) -> None:
        """Let the page take over what Python has set."""
        state = self.pad.get_state()
        self.page.evaluate("values => give(values)", {name: plain(state[name]) for name in names})

    def draw(self, points: list[tuple[int, int]], view: int = 0) -> None:
        """Draw one stroke with the mouse, in pixels of the pad."""
        draw_on(self.page.get_by_label("Pad to draw on").nth(view), points)

    def says(self, words: str, view: int = 0) -> None:
        expect(self.page.locator("#answer").nth(view)).to_have_text(words)

    def agrees(self, *, dark: bool = False) -> None:
        """Check that the page shows the image and the probabilities that Python has."""
        bars = self.page.locator("#probabilities .share")
        expect(bars).to_have_text([re.compile(r"\d")] * len(self.pad.probabilities))  # They may follow a frame later.
        shares = bars.all_inner_texts()
        shown = [float(share.replace("%", "").strip("<> \N{NO-BREAK SPACE}")) / 100 for share in shares]
        np.testing.assert_allclose(shown, self.pad.probabilities, rtol=0, atol=2e-3)
        address = self.page.locator(".prepared-picture canvas").nth(1).evaluate("canvas => canvas.toDataURL()")
        with Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))) as picture:
            red = np.asarray(picture, float)[..., 0].ravel()
        ink, paper = red[self.pad.image.ravel() > 250].mean(), red[self.pad.image.ravel() == 0].mean()
        assert (paper < ink) == dark
        np.testing.assert_allclose(red, paper + (ink - paper) * self.pad.image.ravel() / 255, atol=3)


@contextmanager
def shown(chromium: Browser, pad: Any, **options: object) -> Iterator[Notebook]:
    """Show a pad in Chromium."""
    state = {name: plain(value) for name, value in pad.get_state().items()}
    page = NOTEBOOK.replace("STATE", json.dumps(state).replace("</", "<\\/"))
    with visit(chromium, "about:blank", **options) as visited:
        visited.page.set_content(page)
        visited.page.locator("body[data-ready]").wait_for()
        yield Notebook(visited.page, pad)


def test_what_is_drawn_is_known_in_python(chromium: Browser) -> None:
    pad, told = byhand.Pad(), []
    pad.observe(lambda change: told.append(change["new"]), "digit")
    with shown(chromium, pad) as notebook:
        notebook.says("Nothing is drawn yet.")
        notebook.draw(SEVEN)
        notebook.says("It is a 7.")
        notebook.hear()
        assert (pad.digit, pad.answer.name, told) == ("7", "7", ["7"])
        assert len(pad.strokes) == 1
        notebook.agrees()
        notebook.page.get_by_role("button", name="Undo").click()
        notebook.hear()
        assert (pad.digit, pad.strokes, pad.answer.reason) == (None, (), "it is blank")
        notebook.page.get_by_label("Centre and scale").uncheck()
        notebook.draw([(30, 20), (30, 90)])
        notebook.page.locator("#answer").get_by_text("It").wait_for()
        notebook.hear()
        assert not pad.centred
        notebook.agrees()


def test_what_is_set_in_python_is_shown(chromium: Browser, mnist: byhand.Dataset) -> None:
    pad = byhand.Pad()
    pad.strokes = STROKES
    with shown(chromium, pad) as notebook:
        notebook.says("It is a 7.")
        notebook.agrees()
        pad.image = mnist.test.images[2]
        notebook.tell("_given", "image")
        notebook.says("It is a 1.")
        notebook.agrees()
        pad.model = other_model()
        notebook.tell("_network")
        expect(notebook.page.locator("#probabilities .name")).to_have_text(["1", "seven", "<b>"])
        notebook.agrees()
        pad.model = None
        notebook.tell("_network")
        notebook.draw(ONE)  # takes the image's place, and begins anew
        notebook.hear()
        assert (len(pad.strokes), pad.digit) == (1, "1")
        assert not np.array_equal(pad.image, mnist.test.images[2])
        pad.strokes = STROKES
        notebook.tell("strokes", "_given")
        notebook.says("It is a 7.")
        notebook.agrees()
        assert notebook.page.evaluate("saved") == []  # What is heard is not told again.


def test_keys_draw_and_are_no_commands_of_the_notebook(chromium: Browser) -> None:
    pad = byhand.Pad()
    with shown(chromium, pad) as notebook:
        keyboard = notebook.page.keyboard
        notebook.page.get_by_label("Pad to draw on").focus()
        for key in ("Shift+ArrowUp",) * 4 + ("Space",) + ("Shift+ArrowDown",) * 8 + ("Space",):
            keyboard.press(key)
        notebook.says("It is a 1.")
        keyboard.press("c")
        notebook.says("Nothing is drawn yet.")
        keyboard.press("z")
        notebook.says("It is a 1.")
        notebook.hear()
        assert pad.digit == "1"
        assert notebook.page.evaluate("commands") == []
        marked = notebook.page.locator("[data-lm-suppress-shortcuts]")
        assert marked.count() == 1
        keyboard.press("Control+s")  # That saves the notebook.
        assert (marked.count(), notebook.page.evaluate("commands.splice(0)")) == (0, ["Control", "s"])
        notebook.page.locator("h2").first.click()
        notebook.page.evaluate("document.activeElement.blur()")
        keyboard.press("c")  # Outside it is the notebook's own.
        notebook.says("It is a 1.")
        assert notebook.page.evaluate("commands") == ["c"]


def test_a_finger_draws_and_the_notebook_stays(chromium: Browser) -> None:
    pad = byhand.Pad()
    with shown(chromium, pad, has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740}) as notebook:
        page = notebook.page
        canvas = page.get_by_label("Pad to draw on")
        canvas.scroll_into_view_if_needed()
        before = page.evaluate("scrollY")
        touch(canvas, SEVEN)
        notebook.says("It is a 7.")
        notebook.hear()
        assert (pad.digit, page.evaluate("scrollY")) == ("7", before)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_colours_are_the_notebooks_and_styles_stay_apart(chromium: Browser) -> None:
    pad = byhand.Pad()
    pad.strokes = STROKES
    with shown(chromium, pad) as notebook:
        page = notebook.page
        heading = "h2 => getComputedStyle(h2).color"
        assert page.locator("h2").first.evaluate(heading) == "rgb(255, 0, 0)"
        assert page.locator("#outputs-title").evaluate(heading) == "rgb(33, 30, 26)"
        expect(page.locator(".notebook-pad")).to_have_css("color-scheme", "light")
        page.evaluate("document.body.classList.add('dark')")
        expect(page.locator(".notebook-pad")).to_have_css("color-scheme", "dark")
        assert page.locator("#outputs-title").evaluate(heading) == "rgb(236, 231, 221)"
        notebook.agrees(dark=True)


def test_two_views_are_one_pad_and_nothing_is_left_of_one_that_goes(chromium: Browser) -> None:
    pad = byhand.Pad()
    with shown(chromium, pad) as notebook:
        page = notebook.page
        page.evaluate("show()")
        notebook.draw(SEVEN, view=1)
        notebook.says("It is a 7.", view=0)
        notebook.says("It is a 7.", view=1)
        page.evaluate("views[0]()")
        expect(page.get_by_label("Pad to draw on")).to_have_count(1)
        page.evaluate("document.body.classList.add('dark')")  # The other one still has colours.
        page.get_by_role("button", name="Clear").click()
        notebook.says("Nothing is drawn yet.")
        notebook.hear()
        assert pad.strokes == ()
        page.evaluate("views[1]()")
        assert page.evaluate("Object.values(listeners).map(each => each.size)") == [0, 0, 0, 0]


def test_the_inside_of_the_network_is_shown(chromium: Browser) -> None:
    pad = byhand.Pad()
    pad.strokes = STROKES
    with shown(chromium, pad) as notebook:
        page = notebook.page
        page.get_by_text("Look inside the network").click()
        expect(page.locator("#layer-1-title")).to_contain_text("384 units")
        active = int((pad.model.activations(pad.image)[1] > 0).sum())
        expect(page.locator("#layer-1-title")).to_contain_text(f"{active} active")
        expect(page.get_by_text("So 7 is")).to_be_visible()
        pad.model = other_model()
        notebook.tell("_network")
        expect(page.locator("#layer-1-title")).to_contain_text("12 units")


def test_a_pad_that_was_saved_by_somebody_evil_is_only_blank(chromium: Browser) -> None:
    pad = byhand.Pad()
    with shown(chromium, pad) as notebook:
        for strokes in ("x", [7], [{"brush": 9, "points": [["<b>", 0]]}], [{"brush": 1e9, "points": [[0, 0]]}]):
            notebook.page.evaluate("values => give(values)", {"strokes": strokes})
            notebook.says("Nothing is drawn yet.")


def test_a_pad_needs_nothing_from_elsewhere() -> None:
    state = byhand.Pad().get_state()
    code = re.sub(r"/\*.*?\*/", "", state["_esm"], flags=re.DOTALL)  # without types
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|\beval\(|new Function|\bimport\b|fetch\(", code)
    assert not re.search(r"url\(|@import|:root|https?:", state["_styles"])
    assert len(state["_esm"]) < 200_000
