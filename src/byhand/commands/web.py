"""The commands around the page: `byhand serve` opens it, `byhand export page` writes it into one file."""

from pathlib import Path
from typing import Annotated

from byhand import machine
from byhand.commands import console
from byhand.commands.grammar.declared import Argument, Option
from byhand.commands.options import Data, ModelOption, OptionalModel, Transposed, White, load_reader
from byhand.commands.terminal import INTERRUPTED
from byhand.errors import UsageError


def serve(
    model: OptionalModel = None,
    host: Annotated[
        str,
        Option(
            metavar="ADDRESS", help="Address to listen at. At one that other machines can reach, a token is needed."
        ),
    ] = "127.0.0.1",
    port: Annotated[int, Option(min=0, max=65535, help="Port to listen at; 0 for any that is free.")] = 8765,
    data: Data = "mnist",
    white: White = None,
    transposed: Transposed = False,
    runs: Annotated[Path, Option(metavar="PATH", help="Folder that trainings in the page go into.")] = Path("runs"),
    token: Annotated[
        bool, Option("--token", help="Ask for a token here too: for machines that others are logged in to.")
    ] = False,
    open_browser: Annotated[bool, Option("--open/--no-open", help="Open the page in the browser.")] = False,
) -> int:
    """Run `byhand serve`."""
    machine.require("web", "to serve the page")
    from byhand.data.datasets import load
    from byhand.web.server import serve as run

    def ready(link: str) -> None:
        """Say where the page is."""
        console.say(f"The page is at {link} (Ctrl-C ends it).")
        if open_browser:
            _open(link)

    try:
        images = load(data, white=white, transposed=transposed)
        run(load_reader(model), images, data=data, runs=runs, host=host, port=port, ready=ready, always_token=token)
    except KeyboardInterrupt:
        return INTERRUPTED  # All is closed.
    return 0


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


def _open(link: str) -> None:
    """Open a link in the browser, without waiting for it. As it starts, others on this machine may see the link."""
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()
