"""The page in Chromium: how soon one can draw, how soon an answer follows the pen, and whether it is Python's answer.

    python benchmarks/page.py

takes a minute and writes results/page.json and the documents' picture of the page. Server and browser run on this
machine; each load is a new profile's.
"""

import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page

import byhand
from byhand.types import Json
from common import write_result

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from browsing import browser, serving, visit

PICTURE = Path(__file__).parent.parent / "docs" / "pictures" / "draw.png"
LOADS = 20
STROKES = 12
MOVES = 40  # pointer events of a stroke

# In the page: from each pointer event on, wait for the probabilities to be on the page, and note how long it took and
# how much of that was the page's own work.
LISTEN = """() => {
  let event = 0, handled = 0, began = 0;
  window.waits = [];
  addEventListener("pointermove", (move) => {
    began = performance.now();
    event ||= move.timeStamp;
  }, true);
  addEventListener("pointermove", () => { handled = performance.now() - began; });
  byhand.store.set({ brush: 20 });
  byhand.on("reading", () => {
    if (!event) return;
    const now = performance.now();
    window.waits.push([now - event, handled]);
    event = 0;
  });
  const told = requestAnimationFrame;
  window.requestAnimationFrame = (draw) => told((time) => {
    const start = performance.now(), before = window.waits.length;
    draw(time);
    if (window.waits.length > before) window.waits[before][1] += performance.now() - start;
  });
}"""
JUDGE = """async () => {
  const { forward, toInput } = await import("/static/network/nn.js");
  const { getImages } = await import("/static/server/api.js");
  const all = [];
  for (let start = 0; start < 10000; start += 500) {
    for (const { pixels } of await getImages("test", Array.from({ length: 500 }, (_, k) => start + k))) {
      all.push([...forward(byhand.model, toInput(pixels)).probabilities]);
    }
  }
  return all;
}"""


def loads(chromium: Browser, url: str) -> dict[str, Json]:
    """Return how soon one can draw after opening the page, and how many bytes and requests it takes."""
    found = []
    for _ in range(LOADS):
        with visit(chromium, url) as visited:
            visited.page.locator("#answer").wait_for()
            visited.page.wait_for_timeout(300)
            found.append(
                visited.page.evaluate(
                    """() => {
                      const all = ["resource", "navigation"].flatMap((kind) => performance.getEntriesByType(kind));
                      return [performance.getEntriesByName("can-draw")[0].startTime,
                              all.reduce((sum, entry) => sum + entry.transferSize, 0), all.length];
                    }"""
                )
            )
    times = [row[0] for row in found]
    return {
        "n": LOADS,
        "median_ms": round(median(times), 1),
        "p90_ms": round(float(np.percentile(times, 90)), 1),
        "bytes": found[0][1],
        "requests": found[0][2],
    }


def answers(page: Page) -> dict[str, Json]:
    """Return how long probabilities take from a pointer's event, while strokes are drawn with the mouse."""
    page.evaluate(LISTEN)
    box = page.get_by_label("Pad to draw on").bounding_box()
    assert box is not None
    rng = np.random.default_rng(0)
    for stroke in range(STROKES):
        points = rng.uniform(0.2, 0.8, (5, 2)) * box["width"] + (box["x"], box["y"])
        page.mouse.move(*points[0])
        page.mouse.down()
        for x, y in points[1:]:
            page.mouse.move(x, y, steps=MOVES // 4)
        page.mouse.up()
        if stroke % 3 == 2:
            page.keyboard.press("c")
    page.wait_for_timeout(200)
    waits = np.array(page.evaluate("waits"))[20:]  # The first ones are not compiled yet.
    (wait50, script50), (wait95, script95) = (
        np.percentile(waits, share, axis=0).round(2).tolist() for share in (50, 95)
    )
    facts = {"median_ms": wait50, "p95_ms": wait95, "script_median_ms": script50, "script_p95_ms": script95}
    return {"n": len(waits), **facts}


def agreement(page: Page) -> dict[str, Json]:
    """Return how the page's probabilities of all test images differ from Python's."""
    found: Any = np.array(page.evaluate(JUDGE))
    wanted = byhand.Model.load().predict_proba(byhand.load("mnist").test.images)
    return {
        "n": len(found),
        "same_digit": int((found.argmax(axis=1) == wanted.argmax(axis=1)).sum()),
        "largest_difference": float(np.abs(found - wanted).max()),
    }


def take_picture(chromium: Browser, url: str) -> None:
    """Draw a 7, choose a unit, and take the documents' picture of the page."""
    with visit(chromium, url, viewport={"width": 1440, "height": 860}) as visited:
        page = visited.page
        box = page.get_by_label("Pad to draw on").bounding_box()
        assert box is not None
        points = [(70, 72), (130, 66), (205, 70), (188, 96), (150, 152), (128, 222)]
        places = [(box["x"] + x * box["width"] / 280, box["y"] + y * box["width"] / 280) for x, y in points]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=6)
        page.mouse.up()
        page.locator("#layer-2").click(position={"x": 20, "y": 60})
        page.wait_for_timeout(500)
        page.screenshot(path=PICTURE)


def main() -> None:
    """Measure everything and write the file."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as url, browser() as chromium:
        result: dict[str, Json] = {"load": loads(chromium, url)}
        with visit(chromium, url, viewport={"width": 1280, "height": 1000}) as visited:
            visited.page.locator("#answer").wait_for()
            result["answer"] = answers(visited.page)
            result["agreement"] = agreement(visited.page)
        take_picture(chromium, url)
        result["chromium"] = chromium.version
        result["network"] = "-".join(map(str, byhand.Model.load().sizes))
    print(result)
    write_result("page", result, ["fastapi", "uvicorn"])


if __name__ == "__main__":
    main()
