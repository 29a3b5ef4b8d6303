"""A real server, a real browser, and a page that fails the test on any error or request elsewhere."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from served import Serving

CHROMIUM = "/usr/bin/chromium"
# Without these Chromium asks the internet for things of its own.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP *.test 127.0.0.1",  # so that a test has a name that is not this machine's own
]
PATIENCE = 20_000  # milliseconds: a busy machine is slow, not wrong


@dataclass
class Visit:
    """A page under watch.

    Attributes
    ----------
    page
        Playwright's.
    allowed
        Statuses of 400 and above that the test provokes on purpose.
    errors
        What went wrong behind the page's back.
    """

    page: Page
    allowed: set[int] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Listen to everything that may go wrong."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(f"error: {error}"))
        self.page.on("response", self._response)
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        provoked = re.search(r"status of (\d+)", message.text)
        if message.type in ("error", "warning") and not (provoked and int(provoked[1]) in self.allowed):
            self.errors.append(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.allowed:
            self.errors.append(f"{response.status}: {response.url}")

    def _request(self, request: Request) -> None:
        host = urlsplit(request.url).hostname
        if host not in (None, "127.0.0.1") and not host.endswith(".test"):
            self.errors.append(f"request elsewhere: {request.url}")


@contextmanager
def serving(folder: Path, *arguments: str, command: str = "serve") -> Iterator[str]:
    """Run `byhand serve`, or another command that serves, in a folder, and yield its address."""
    server = Serving(folder, *arguments, command=command)
    try:
        yield server.address
    finally:
        server.stop(signal.SIGTERM)


@contextmanager
def browser() -> Iterator[Browser]:
    """Run Debian's Chromium with a fresh profile."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield chromium
        chromium.close()


@contextmanager
def visit(browser: Browser, url: str, **options: object) -> Iterator[Visit]:
    """Open a page in a context of its own; at the end nothing may have gone wrong."""
    context: BrowserContext = browser.new_context(**options)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    visited = Visit(context.new_page())
    visited.watch()
    try:
        visited.page.goto(url)
        yield visited
        assert not visited.errors, visited.errors
    finally:
        context.close()
