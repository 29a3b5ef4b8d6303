"""Write docs/byhand.1, the page that `man byhand` shows, from what the commands say of themselves.

python docs/make_manual.py           write it
python docs/make_manual.py --check   fail if it says anything else than the commands
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from byhand.commands.app import BYHAND
from byhand.commands.grammar.helping import contexts_below, sections, usage
from byhand.commands.terminal import INTERRUPTED

PAGE = Path(__file__).parent / "byhand.1"
HEAD = r""".\" docs/make_manual.py writes this from what the commands say of themselves.
.TH BYHAND 1 "" byhand "User Commands"
.SH NAME
byhand \- {about}
.SH SYNOPSIS
.B byhand
.I COMMAND
.RI [ OPTIONS ]
.SH DESCRIPTION"""
LAST = {
    "EXIT STATUS": {
        "0": "All went well.",
        "1": "Something failed, and one message says what and what to do.",
        "2": "A command, an option or an argument was wrong.",
        f"{INTERRUPTED}": "Ctrl-C ended it.",
    },
    "ENVIRONMENT": {
        "BYHAND_TOKEN": "What byhand serve asks its visitors for, where no --token-file does.",
        "NUMBA_CACHE_DIR": "Where compiled loops are kept, if not beside byhand or at home.",
        "OMP_NUM_THREADS": "How many threads linear algebra works with, if not as many as there are cores.",
        "SHELL": "Which shell byhand completion writes for, if none is named.",
    },
    "FILES": {
        "runs/": "Where trainings leave their results, each in a folder of its own, if --out names no other.",
        "run.toml": "In such a folder: the recipe, which byhand train --recipe takes.",
        "model.safetensors": "In such a folder: the network.",
    },
}


def escaped(text: str) -> str:
    """Return text that roff shows as it is; the hyphens of an option can be typed."""
    text = text.replace("\\", r"\e")
    text = re.sub(r"(?<![^\s\[(|/])--?\w[\w-]*", lambda option: option[0].replace("-", r"\-"), text)
    text = "".join(sign if sign.isascii() else rf"\[u{ord(sign):04X}]" for sign in text)
    return rf"\&{text}" if text.startswith((".", "'")) else text


def rows(named: dict[str, str]) -> Iterator[str]:
    """Yield names, and what is said of each."""
    for name, text in named.items():
        yield f".TP\n.B {escaped(name)}\n{escaped(text)}"


def command(context: click.Context) -> Iterator[str]:
    """Yield the parts of a command, and of those below it."""
    said = context.command
    yield f".SS {escaped(usage(context))}\n{escaped(said.help or '')}"
    yield from (f".PP\n{escaped(line)}" for line in (said.epilog or "").splitlines())
    below = contexts_below(context)
    for title, named in sections(context):
        shown = {name: text for name, text in named if name != "-h, --help"}
        if title != "Commands" and shown:
            yield f".PP\n{title}:" if title not in ("Arguments", "Options") else ".PP"
            yield from rows(shown)
    for one in below:
        yield from command(one)


def page() -> str:
    """Return the whole page."""
    context = click.Context(BYHAND, info_name="byhand")
    about = (BYHAND.help or "").rstrip(".")
    parts = [HEAD.format(about=escaped(about[0].lower() + about[1:])), escaped(BYHAND.epilog or ""), ".SH COMMANDS"]
    for one in contexts_below(context):
        parts += command(one)
    for title, named in LAST.items():
        parts += [f".SH {title}", *rows(named)]
    parts += [".SH SEE ALSO", escaped("byhand COMMAND --help tells the same of one command.")]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    if "--check" not in sys.argv:
        PAGE.write_bytes(page().encode())
    elif not PAGE.exists() or PAGE.read_text("utf-8") != page():
        sys.exit("docs/byhand.1 says something else than the commands; run python docs/make_manual.py.")
