"""The page by its keys alone: the focus is never lost, and whatever is done is said once."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from browsing import visit

pytestmark = pytest.mark.page

MOST = 120  # stops of the Tab key


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until something has the focus."""
    expect(wanted).to_be_visible()
    for _ in range(MOST):
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not lead to {wanted}")


def press(page: Page, name: str, key: str = "Enter") -> Locator:
    """Go to a button by the Tab key, and press it."""
    button = page.get_by_role("button", name=name, exact=True)
    tab_to(page, button)
    page.keyboard.press(key)
    return button


def test_a_term_below_the_window_is_explained_when_the_keys_come_to_it(chromium: Browser, address: str) -> None:
    with visit(chromium, f"{address}/#view=judge", viewport={"width": 1280, "height": 720}) as visited:
        page, tip = visited.page, visited.page.locator("#term-tip")
        term = page.locator("[data-term=calibration]")
        tab_to(page, term)
        page.wait_for_timeout(300)  # The page has scrolled there, and is told of it in a later frame.
        assert page.evaluate("scrollY") > 0
        expect(tip).to_contain_text("Whether percentages can be believed")
        expect(tip).to_be_visible()
        box, own = term.bounding_box(), tip.bounding_box()
        assert box is not None
        assert own is not None
        assert box["y"] + box["height"] <= own["y"] <= box["y"] + box["height"] + 8
        page.keyboard.press("Escape")
        expect(tip).to_be_hidden()
        expect(term).to_be_focused()


def test_who_presses_next_once_too_often_stays_at_the_last_stage(chromium: Browser, address: str) -> None:
    with visit(chromium, f"{address}/#view=step&step=stage:7") as visited:
        page = visited.page
        following = press(page, "Next")
        expect(page.locator(".player")).to_contain_text("8 of 8")
        expect(page.get_by_role("button", name="8 Step", exact=True)).to_have_attribute("aria-current", "step")
        expect(following).to_have_attribute("aria-disabled", "true")
        page.keyboard.press("Enter")
        expect(following).to_be_focused()
        expect(page.locator(".player")).to_contain_text("8 of 8")


def test_a_guess_keeps_the_focus_and_its_verdict_is_said(chromium: Browser, address: str) -> None:
    with visit(chromium, f"{address}/#view=step&step=stage:5") as visited:
        page = visited.page
        press(page, "Next")
        press(page, "Ask no more")
        again = page.get_by_role("button", name="Let me guess first")
        expect(again).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Pass")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(".verdict")).to_be_focused()
        expect(page.locator(".lesson > [role=status]")).to_have_text(
            re.compile(r"^Unit \d+ of hidden layer 2 gets the")
        )


def test_another_image_to_learn_from_is_said_and_what_is_there_at_first_is_not(chromium: Browser, address: str) -> None:
    with visit(chromium, f"{address}/#view=step") as visited:
        page, status = visited.page, visited.page.locator(".setting [role=status]")
        expect(page.locator(".setting .answer")).to_contain_text("It says")
        expect(status).to_have_text("")
        tab_to(page, page.locator("#step-index"))
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
        expect(status).to_contain_text("It says")
        assert status.inner_text() == page.locator(".setting .answer").inner_text()


def test_what_is_used_up_keeps_the_focus(chromium: Browser, address: str) -> None:
    with visit(chromium, f"{address}/#view=break") as visited:
        page = visited.page
        press(page, "Switch off 10 random units")
        undo = press(page, "Undo")
        expect(page.locator(".outcome .answer")).to_contain_text("The network is whole")
        expect(undo).to_have_attribute("aria-disabled", "true")
        expect(undo).to_be_focused()
        page.goto(f"{address}/#temperature=2")
        page.locator("#softmax summary").focus()
        page.keyboard.press("Enter")
        tab_to(page, page.locator("#softmax input"))
        page.keyboard.press("ArrowRight")
        one = press(page, "T = 1")
        expect(one).to_have_attribute("aria-disabled", "true")
        expect(one).to_be_focused()


def test_the_focus_goes_along_to_what_more_examples_are_worth(chromium: Browser, address: str) -> None:
    with visit(chromium, f"{address}/#view=learn", viewport={"width": 1280, "height": 720}) as visited:
        page, button = visited.page, visited.page.locator("[data-series]")
        tab_to(page, button)
        page.keyboard.press("Enter")
        title = page.locator("#learn-series")
        expect(title).to_be_focused()
        expect(title).to_be_in_viewport()
        page.locator("[data-wish=stop]").press("Enter")
        expect(page.locator(".controls .state")).to_have_text(re.compile("^Stopped|^Finished"))
