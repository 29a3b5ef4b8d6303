"""Debian's WebKit, driven as the W3C says (WebDriver), and what a browser does there that it would keep to itself.

Playwright cannot drive a WebKit that is not its own. This one has no way to tell of the page's console either, so a
page is opened by another one of the same server, which listens from before the first line of it runs.
"""

import base64
import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

DRIVER = "/usr/bin/WebKitWebDriver"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key of a reference to an element (W3C WebDriver, 12)
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Space": " ", "Tab": "\ue004", "Home": "\ue011", "End": "\ue010"}
KEYS |= {"ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015"}
# Its own buttons would keep a window from being as narrow as a phone.
NARROW = "* { min-width: 0; padding: 0; margin: 0; border-width: 0; } image { -gtk-icon-transform: scale(.1); }"
# What goes wrong in a page that nobody looks at: kept in the page itself, as `faults`.
LISTEN = """(page) => {
  page.faults = [];
  page.addEventListener("error", ({ message }) => page.faults.push(`error: ${message}`));
  page.addEventListener("unhandledrejection", ({ reason }) => page.faults.push(`error: ${reason}`));
  page.addEventListener("securitypolicyviolation", ({ blockedURI }) => page.faults.push(`refused: ${blockedURI}`));
  for (const kind of ["error", "warn"]) {
    const say = page.console[kind];
    page.console[kind] = (...words) => {
      page.faults.push(`console: ${words.join(" ")}`);
      say.apply(page.console, words);
    };
  }
}"""


class WebKit:
    """A browser, and the one window in it that is looked at."""

    def __init__(self, port: int) -> None:
        self.port, self.session = port, ""
        options = {"args": ["--automation", "--javascript-can-open-windows-automatically=1"]}
        capabilities = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        self.session = self.send("POST", "/session", capabilities=capabilities)["sessionId"]
        self.first = self.send("GET", "/window")

    def send(self, method: str, path: str, **body: object) -> Any:
        """Send one command, and return what the driver answers."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        start = f"/session/{self.session}" if self.session else ""
        line.request(method, start + path, json.dumps(body) if method == "POST" else None)
        answer = line.getresponse()
        value = json.load(answer)["value"]
        line.close()
        assert answer.status == http.HTTPStatus.OK, f"{path}: {value}"
        return value

    def run(self, script: str, *values: object) -> Any:
        """Run a script in the page, and return what it returns."""
        return self.send("POST", "/execute/sync", script=script, args=values)

    def ask(self, expression: str) -> Any:
        """Return what an expression is worth in the page."""
        return self.run(f"return ({expression})")

    def open(self, url: str) -> None:
        """Open a page of a server in a window of its own, from another page of it, with an empty memory."""
        self.close()
        self.send("POST", "/url", url=urljoin(url, "/static/icon.svg"))
        self.run(f"localStorage.clear(); ({LISTEN})(window.open(arguments[0], '', 'popup'))", url)
        (handle,) = set(self.send("GET", "/window/handles")) - {self.first}
        self.send("POST", "/window", handle=handle)

    def open_file(self, path: Path) -> None:
        """Open a copy of a page, beside it, that listens from its first line on: no file may listen to another."""
        self.close()
        copy = path.with_name(f"listening-{path.name}")
        copy.write_text(path.read_text().replace("<head>", f"<head><script>({LISTEN})(window)</script>", 1))
        self.send("POST", "/url", url=copy.as_uri())

    def close(self) -> None:
        """Close the window that was opened, if one was."""
        if self.send("GET", "/window") != self.first:
            self.send("DELETE", "/window")
            self.send("POST", "/window", handle=self.first)

    def click(self, selector: str, text: str) -> None:
        """Click what a selector names and a text stands in, with the mouse."""
        found = self.run(
            "return [...document.querySelectorAll(arguments[0])].find((e) => e.textContent.includes(arguments[1]))",
            selector,
            text,
        )
        self.send("POST", f"/element/{found[ELEMENT]}/click")

    def press(self, key: str) -> None:
        """Press a key, and let it go."""
        strokes = [{"type": kind, "value": KEYS.get(key, key)} for kind in ("keyDown", "keyUp")]
        self.send("POST", "/actions", actions=[{"type": "key", "id": "keyboard", "actions": strokes}])

    def stroke(self, places: list[tuple[float, float]]) -> None:
        """Move the mouse along some places of the window, with its button down."""
        first, *others = [{"type": "pointerMove", "x": round(x), "y": round(y), "duration": 40} for x, y in places]
        button = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        moves = [first, button[0], *others, button[1]]
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": moves}
        self.send("POST", "/actions", actions=[mouse])

    def resize(self, width: int, height: int) -> None:
        """Give the page so many pixels: more to the window, which takes some for itself and some time."""
        before, wanted = None, [width, height]
        while (inner := self.ask("[innerWidth, innerHeight]")) != wanted:
            if inner == before:
                outer = self.send("GET", "/window/rect")
                sides = [outer[side] + wanted[k] - inner[k] for k, side in enumerate(("width", "height"))]
                self.send("POST", "/window/rect", x=0, y=0, width=sides[0], height=sides[1])
            before = inner
            time.sleep(0.05)

    def picture(self) -> bytes:
        """Return what is seen of the page, as a PNG file."""
        return base64.b64decode(self.send("GET", "/screenshot"))

    def faults(self) -> list[str]:
        """Return what went wrong outside the page's own sight: this browser tells nothing more."""
        return []


@contextmanager
def webkit(folder: Path) -> Iterator[WebKit]:
    """Run WebKit on a screen of its own that nobody sees, with an empty folder for what it keeps."""
    looks = folder / "gtk-3.0" / "gtk.css"
    looks.parent.mkdir()
    looks.write_text(NARROW)
    with ExitStack() as life:
        screen = ["Xvfb", "-displayfd", "1", "-screen", "0", "1800x1400x24", "-nolisten", "tcp"]
        xvfb = life.enter_context(running(screen, stdout=subprocess.PIPE))
        assert xvfb.stdout
        own = {name: str(folder) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
        own |= {"DISPLAY": f":{int(xvfb.stdout.readline())}", "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1"}
        own |= {"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}  # Its own sandbox does not begin for root.
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        life.enter_context(running([DRIVER, "-p", str(port)], env=os.environ | own))
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        browser = WebKit(port)
        try:
            yield browser
        finally:
            browser.send("DELETE", "")


@contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until it is not needed any more."""
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=20)
