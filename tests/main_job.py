"""What byhand is there for, from beginning to end: a process of its own for tests of other systems.

    python main_job.py [everything]

It prints as JSON what came of it; with everything, also of what takes other processes: many pictures, several seeds,
and the page's server.
"""

import contextlib
import io
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

import byhand
from byhand.commands.app import main

NETWORK = ("--limit", 300, "--layers", 8, "--validation", 100)


def do(*words: object) -> tuple[list[str], list[str]]:
    """Run a command; return the lines that it says, and those that it notes."""
    out, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        code = main([*map(str, words)])
    assert code == 0, f"{words}: {code}\n{out.getvalue()}\n{errors.getvalue()}"
    return out.getvalue().splitlines(), [line.removeprefix("byhand: ") for line in errors.getvalue().splitlines()]


def drawing() -> Image.Image:
    """Return a drawing of a 1."""
    pixels = np.full((60, 60), 255, np.uint8)
    pixels[10:50, 27:33] = 0
    return Image.fromarray(pixels)


def alone() -> dict[str, object]:
    """Do what one process does."""
    drawing().save("eine Eins é.png")
    _, notes = do("train", "--epochs", 2, *NETWORK, "--out", "Läufe und mehr")
    do("train", "--resume", "Läufe und mehr", "--epochs", 3, "--no-pictures")
    do("evaluate", "Läufe und mehr")
    do("plot", "Läufe und mehr", "--out", "Kurven é.png")
    do("export", "page", "Seite é.html")
    for command in ("info", "recipes", "data"):
        do(command)
    do("completion", "bash")
    said, _ = do("predict", "--csv", "eine Eins é.png")
    do("read", "--csv", "eine Eins é.png")
    with Path("eine Eins é.png").open("rb") as file:  # It is read while it is open.
        assert byhand.read(file).text == "1"
    return {"predicted": [line.split(",")[1] for line in said[1:]], "notes": notes}


def several() -> dict[str, object]:
    """Do what takes other processes."""
    Path("viele Bilder").mkdir()
    for number in range(65):
        drawing().save(f"viele Bilder/é {number}.png")
    many, _ = do("predict", "viele Bilder")
    do("train", "--epochs", 1, *NETWORK, "--seeds", 2, "--out", "Samen ü", "--no-pictures")
    read, _ = do("read", "eine Eins é.png")
    return {"many": sum(": 1 (" in line for line in many), "read": read[0], "served": served()}


def served() -> list[str]:
    """Ask a server, and let it train."""
    import httpx

    command = [sys.executable, "-m", "byhand", "serve", "--port", "0"]
    serving = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")
    try:
        assert serving.stdout is not None
        found = re.search(r"http://[^\s/]+", serving.stdout.readline())
        assert found is not None
        with httpx.Client(base_url=found[0], timeout=60) as client:
            content = Path("eine Eins é.png").read_bytes()
            read = client.post("/api/read", content=content).raise_for_status().json()["text"]
            predicted = client.post("/api/predict", content=content).raise_for_status().json()["digit"]
            client.get("/metrics").raise_for_status()
            settings = {"layers": [8], "epochs": 1, "limit": 1000, "validation": 100, "optimizer": "adam"}
            client.post("/api/training", json=settings).raise_for_status()
            until = time.monotonic() + 60
            while (state := client.get("/api/training").json()["state"]) != "finished" and time.monotonic() < until:
                time.sleep(0.1)
        return [read, predicted, state]
    finally:
        serving.terminate()
        serving.wait()


if __name__ == "__main__":
    told = alone()
    if sys.argv[1:]:
        told |= several()
    print(json.dumps(told))
