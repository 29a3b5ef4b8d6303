"""How fast a training in the page is, beside the same one on the command line.

    python benchmarks/page_training.py     about three minutes on two cores; writes results/page_training.json

Both learn by the same recipe, in turns, the first of which is not counted. In the page that is a `byhand serve` with a
client that begins the training and takes every event of its stream; on the command line `byhand train --json`. Speed is
images by the wall time of all epochs, in which the page also judges and shows; and images by the seconds of learning
alone, as the history tells them. Starting, and judging the test images at the end, do not count.
What else the machine does only ever takes time, so beside the median stands the best of all rounds.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean, median
from typing import Any

import httpx

from byhand.learning import recipe_files
from byhand.types import Json
from byhand.web.training.settings import settings_of
from common import write_result

ROUNDS = 9
VALIDATION = 5000  # As the page sets aside by itself.
BYHAND = (sys.executable, "-m", "byhand")
RECIPE = recipe_files.read("seed").recipe


def command_line(home: Path, number: int) -> tuple[float, float]:
    """Train on the command line; return the seconds of its epochs by the clock, and of their learning."""
    command = [*BYHAND, "train", "--recipe", "seed", "--validation", str(VALIDATION), "--json"]
    process = subprocess.Popen([*command, "--out", str(home / f"line-{number}")], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    rows, times = [], []
    for line in process.stdout:
        rows.append(json.loads(line))
        times.append(time.perf_counter())
    assert process.wait() == 0
    epochs = [row for row in rows if "epoch" in row]
    assert len(epochs) == RECIPE.epochs
    # The first epoch began as long before its record as it took.
    return times[len(epochs) - 1] - times[0] + epochs[0]["seconds"], sum(epoch["seconds"] for epoch in epochs)


class Page:
    """A client of a server."""

    def __init__(self, link: str, home: Path) -> None:
        self._client = httpx.Client(base_url=link, timeout=60)
        self._home = home
        self._events: list[tuple[str, dict[str, Any], float]] = []
        self._came = threading.Condition()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        """Take every event, with the time at which it came."""
        with self._client.stream("GET", "/api/training/events", timeout=None) as stream:
            name = ""
            for line in stream.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    data = json.loads(line.removeprefix("data: "))
                    with self._came:
                        self._events.append((name, data, time.perf_counter()))
                        self._came.notify_all()

    def _wait(self, wanted: tuple[str, str, Any]) -> float:
        """Wait for an event of a name in which a field has a value; return when it came, and forget those before."""
        name, field, value = wanted

        def place() -> int | None:
            found = (i for i, event in enumerate(self._events) if event[0] == name and event[1].get(field) == value)
            return next(found, None)

        with self._came:
            assert self._came.wait_for(lambda: place() is not None, 120), wanted
            at = place() or 0
            when = self._events[at][2]
            del self._events[: at + 1]
            return when

    def train(self) -> tuple[float, float, float]:
        """Train; return the seconds of all epochs by the clock, those of their learning, and the events a second."""
        with self._came:
            self._events.clear()
        settings = {**settings_of(RECIPE), "validation": VALIDATION, "paused": True}
        started = self._client.post("/api/training", json=settings).raise_for_status().json()
        self._wait(("state", "state", "paused"))
        self._client.post("/api/training/run", headers={"X-Training-Key": started["key"]}).raise_for_status()
        began = self._wait(("state", "state", "running"))
        images = (60_000 - VALIDATION) * RECIPE.epochs
        with self._came:
            assert self._came.wait_for(
                lambda: any(name == "figures" and data["images"] == images for name, data, _ in self._events), 120
            )
            count = len(self._events)
        ended = self._wait(("figures", "images", images))
        self._wait(("state", "state", "finished"))
        snapshot = self._client.get("/api/training").json()
        history = json.loads((self._home / Path(snapshot["folder"]).name / "history.json").read_text())
        return ended - began, sum(epoch["seconds"] for epoch in history["epochs"]), count / (ended - began)


@contextmanager
def serving(home: Path) -> Iterator[Page]:
    """Serve the page, and stop at the end."""
    command = [*BYHAND, "serve", "--port", "0", "--runs", str(home)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        link = next(word for word in process.stdout.readline().split() if word.startswith("http"))
        yield Page(link, home)
    finally:
        process.terminate()
        process.wait()


def summary(seconds: list[float]) -> dict[str, Json]:
    """Return images a second."""
    images = (60_000 - VALIDATION) * RECIPE.epochs
    return {"median": round(images / median(seconds)), "best": round(images / min(seconds))}


def main() -> None:
    """Measure in turns and write the file."""
    line, page = [], []
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as client:
        for number in range(ROUNDS + 1):
            line.append(command_line(Path(folder), number))
            page.append(client.train())
            print(f"{number}: {line[-1][0]:.2f} s on the command line, {page[-1][0]:.2f} s in the page", flush=True)
    line, page = line[1:], page[1:]
    names = ("by_the_clock", "learning_alone")
    ratios: dict[str, Json] = {}
    for place, name in enumerate(names):
        ours, theirs = ([row[place] for row in rows] for rows in (page, line))
        ratios[name] = {
            "of_medians": round(median(theirs) / median(ours), 4),
            "of_bests": round(min(theirs) / min(ours), 4),
        }
    result: dict[str, Json] = {
        "recipe": {"name": "seed", "epochs": RECIPE.epochs, "validation": VALIDATION},
        "rounds": ROUNDS,
        "command_line_images_per_second": {name: summary([row[i] for row in line]) for i, name in enumerate(names)},
        "page_images_per_second": {name: summary([row[i] for row in page]) for i, name in enumerate(names)},
        "page_to_command_line": ratios,
        "events_per_second": round(mean(row[2] for row in page), 1),
    }
    print(json.dumps(result, indent=1))
    write_result("page_training", result)


if __name__ == "__main__":
    main()
