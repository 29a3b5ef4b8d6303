"""The commands around the page: `byhand serve` opens it, `byhand export page` writes it into one file."""

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import quote

from byhand import machine
from byhand.commands import console
from byhand.commands.grammar.declared import Argument, Option
from byhand.commands.options import Data, ModelOption, OptionalModel, Transposed, White, load_reader
from byhand.commands.terminal import INTERRUPTED
from byhand.errors import UsageError

if TYPE_CHECKING:
    from byhand.web.access import Access


Host = Annotated[
    str,
    Option(metavar="ADDRESS", help="Address to listen at. At one that other machines can reach, a token is needed."),
]
Port = Annotated[int, Option(min=0, max=65535, help="Port to listen at; 0 for any that is free.")]
Pupils = Annotated[
    int | None,
    Option(
        metavar="N",
        min=0,
        max=100,
        help="How many may have a training of their own, in turns; 0: one training, which all see. If not given: 40 "
        "where others may reach the server, else 0.",
    ),
]
Runs = Annotated[Path, Option(metavar="PATH", help="Folder that trainings in the page go into.")]
AlwaysToken = Annotated[
    bool, Option("--token", help="Ask for a token here too: for machines that others are logged in to.")
]
TokenFile = Annotated[
    Path | None,
    Option(
        metavar="PATH",
        help="File with the token to ask for, else made anew at each start; the variable BYHAND_TOKEN does the same.",
    ),
]
Hosts = Annotated[
    list[str] | None,
    Option(metavar="NAME", help="Name under which others reach it, as by a proxy; may be given several times."),
]
Origins = Annotated[
    list[str] | None,
    Option(metavar="URL", help="Another web page that may ask it, https://NAME; may be given several times."),
]
OpenBrowser = Annotated[bool, Option("--open/--no-open", help="Open the page in the browser.")]
LogLevel = Annotated[
    Literal["error", "warning", "info", "debug"],
    Option(
        help="What it tells on standard error: its mistakes; info adds a line for each request, debug those of who "
        "watches over it."
    ),
]


def serve(
    model: OptionalModel = None,
    host: Host = "127.0.0.1",
    port: Port = 8765,
    data: Data = "mnist",
    white: White = None,
    transposed: Transposed = False,
    runs: Runs = Path("runs"),
    pupils: Pupils = None,
    token: AlwaysToken = False,
    token_file: TokenFile = None,
    allowed_host: Hosts = None,
    allowed_origin: Origins = None,
    log_level: LogLevel = "error",
    open_browser: OpenBrowser = False,
) -> int:
    """Run `byhand serve`."""
    machine.require("web", "to serve the page")
    from byhand.data.datasets import load
    from byhand.web import logs
    from byhand.web.server import serve as run

    access, asks = _access(token_file, allowed_host or [], allowed_origin or [])

    def ready(link: str) -> None:
        """Say where the page is."""
        console.say(f"The page is at {link}{asks} (Ctrl-C ends it).")
        if open_browser:
            _open(link if access.token is None else f"{link}?token={quote(access.token)}")

    try:
        images, reader = load(data, white=white, transposed=transposed), load_reader(model)
        with logs.said_on_standard_error(log_level):
            where = partial(run, host=host, port=port, access=access, ready=ready, always=token)
            where(reader, images, data=data, runs=runs, pupils=pupils)
    except KeyboardInterrupt:
        return INTERRUPTED  # All is closed.
    return 0


def review(
    table: Annotated[Path, Argument(metavar="TABLE.csv", help="What byhand read --csv wrote.")],
    out: Annotated[
        Path | None, Option(metavar="PATH", help="Where the corrected table goes; TABLE.reviewed.csv if not given.")
    ] = None,
    digits: Annotated[
        Path | None,
        Option(
            metavar="FOLDER", help="Keep each digit that you have seen to there: byhand train --data FOLDER learns it."
        ),
    ] = None,
    model: ModelOption = None,
    port: Port = 8766,
    open_browser: OpenBrowser = True,
) -> int:
    """Run `byhand review`."""
    machine.require("web", "to review a table")
    from byhand.reading import reviews
    from byhand.web.reviewing import serve as run

    going_on = reviews.load(table, out)

    def ready(link: str) -> None:
        """Say where the page is."""
        console.say(f"The page is at {link} (Ctrl-C ends it). The corrected table will be in {going_on.out}.")
        if open_browser and _has_screen():
            _open(link)

    try:
        run(going_on, ready, port=port, digits=digits, model=load_reader(model))
    except KeyboardInterrupt:
        return INTERRUPTED  # All is kept.
    return 0


def _access(token_file: Path | None, hosts: list[str], origins: list[str]) -> "tuple[Access, str]":
    """Return who may ask, and what to say of a token that was chosen."""
    from byhand.web import tokens
    from byhand.web.access import Access, hosts_of, origins_of

    access = Access(tokens.chosen(token_file, os.environ), hosts_of(hosts), origins_of(origins))
    if token_file is not None and tokens.is_open(token_file):
        console.note(f"{token_file}: everybody on this machine can read the token in it (chmod o-r mends that).")
    said = f" and asks for the token in {token_file or tokens.VARIABLE}"
    return access, said if access.token is not None else ""


def page(
    file: Annotated[Path, Argument(metavar="FILE.html", help="File to write; it opens with a double-click.")],
    model: ModelOption = None,
    data: Data = "mnist",
    white: White = None,
    transposed: Transposed = False,
) -> int:
    """Run `byhand export page`."""
    from byhand.data.datasets import load
    from byhand.web.page.export import export_page

    if file.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{file}: is written as HTML; let its name end with .html.")
    export_page(load_reader(model), load(data, white=white, transposed=transposed), file)
    console.say(f"the page is in {file}, {file.stat().st_size / 1e6:.1f} MB; a double-click opens it")
    return 0


def _has_screen() -> bool:
    """Tell whether there is a screen to open a browser on, so that none is begun within the terminal."""
    return sys.platform in ("darwin", "win32") or bool({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys())


def _open(link: str) -> None:
    """Open a link in the browser, without waiting for it. As it starts, others on this machine may see the link."""
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()
