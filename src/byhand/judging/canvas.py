"""What all pictures share: byhand's own settings, colours, fonts that can write a name, and the file in the end.

Colours are told apart by all common kinds of colour vision: blue, orange, violet and grey.
"""

import io
import logging
import os
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from byhand import machine
from byhand.errors import ByhandError
from byhand.files import words, write_atomically
from byhand.labels import acts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Scale: TypeAlias = Literal["auto", "linear", "log"]

BLUE, ORANGE, GREY = "#1f5fa8", "#c8501e", "#6b6b6b"
FORMATS = ("png", "svg", "pdf")
WIDEST = 1.1  # times its height is the widest letter's width
MOST_FONTS = 3  # that help to write what matplotlib's own cannot


@contextmanager
def own_settings() -> Iterator[None]:
    """Draw as byhand does, whatever a `matplotlibrc` in the current folder or at home says, or fails to say.

    Where byhand is the first to load matplotlib, such files are not read at all, nor the backend that a notebook leaves
    in the environment. Whatever else goes wrong with a picture is one sentence.
    """
    log = logging.getLogger("matplotlib")
    level = log.level
    log.setLevel(logging.CRITICAL)  # It tells of fonts that it looks for, and of a home that cannot be written.
    try:
        with _loaded():
            yield
    except (ByhandError, OSError, MemoryError):
        raise
    except Exception as error:
        raise ByhandError(f"a picture cannot be drawn ({words(error)}).") from error
    finally:
        log.setLevel(level)


@contextmanager
def _loaded() -> Iterator[None]:
    """Load matplotlib if it is not, and hold its own defaults within."""
    backend = os.environ.pop("MPLBACKEND", None)
    try:
        machine.load("matplotlib", "mpl-data")
    finally:
        if backend is not None:
            os.environ["MPLBACKEND"] = backend
    import matplotlib

    with matplotlib.rc_context({**matplotlib.rcParamsDefault, "text.parse_math": False}):  # A name may have a $ in it.
        yield


@own_settings()
def save_figure(figure: "Figure", path: Path) -> None:
    """Write a figure in one step, as SVG or PDF if its name ends so, else as PNG.

    Raises
    ------
    ByhandError
        If the file cannot be written.
    """
    import matplotlib

    kind, buffer = path.suffix.lower().lstrip("."), io.BytesIO()
    dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}  # Equal figures give equal files.
    matplotlib.rcParams["svg.hashsalt"] = "byhand"
    kind = kind if kind in FORMATS else "png"
    figure.savefig(buffer, format=kind, dpi=150, metadata=dates.get(kind))
    write_atomically(path, buffer.getvalue())


def legible(names: Sequence[str], kind: str | None = "class") -> list[str]:
    """Return names as they can be written here, to be called before anything is drawn.

    Where matplotlib's own font lacks a character, fonts of this machine help. A name that none can write becomes the
    code of its one character, such as U+4E00, or its kind and number, from 0; without a kind, the characters are lost.
    """
    if "".join(names).isascii() and not any(map(acts, "".join(names))):
        return list(names)
    lacking = _choose_fonts({character for name in names for character in name})
    written = []
    for number, name in enumerate(names):
        if lacking.isdisjoint(name):
            written.append(name)
        elif kind is None:
            written.append("".join("\ufffd" if character in lacking else character for character in name))
        else:
            code = unicodedata.normalize("NFC", name)  # in which a letter with its accent is mostly one character
            written.append(f"U+{ord(code):04X}" if len(code) == 1 else f"{kind} {number}")
    return written


def font_file(name: str) -> str:
    """Return the file of the font that can write a name which `legible` gave, for others than matplotlib."""
    import matplotlib

    files = [_found("DejaVu Sans"), *map(_found, matplotlib.rcParams["font.family"][1:])]
    codes = set(map(ord, name))
    return next((file for file in files if _written_by(file, codes) == codes), files[0])


def _choose_fonts(characters: set[str]) -> set[str]:
    """Let fonts of this machine help to write characters; return those that none can."""
    import matplotlib
    from matplotlib import font_manager

    lacking = {character for character in characters if acts(character)}
    wanted = {ord(character) for character in characters - lacking}
    wanted -= _written_by(_found("DejaVu Sans"), wanted)
    chosen: list[str] = []
    for entry in font_manager.fontManager.ttflist:
        if not wanted or len(chosen) == MOST_FONTS:
            break
        plain = entry.style == "normal" and entry.weight in (400, "normal")
        # By its name another file may be found than this one.
        if plain and _written_by(entry.fname, wanted) and (gained := _written_by(_found(entry.name), wanted)):
            chosen.append(entry.name)
            wanted -= gained
    matplotlib.rcParams["font.family"] = ["DejaVu Sans", *chosen]
    return lacking | set(map(chr, wanted))


def _found(family: str) -> str:
    """Return the file that matplotlib takes for a family of fonts; none if it finds none."""
    from matplotlib import font_manager

    try:
        return font_manager.findfont(family, fallback_to_default=False)
    except ValueError:
        return ""


def _written_by(path: str, codes: set[int]) -> set[int]:
    """Return which characters a font can write; none if it cannot be used, such as one made of pixels."""
    from matplotlib import font_manager

    try:
        font = font_manager.get_font(path)
    except Exception:  # It may be damaged, or gone since matplotlib listed the fonts.
        return set()
    return {code for code in codes if font.get_char_index(code)} if font.scalable else set()


def shortened(name: str, most: float, size: float) -> str:
    """Return a name of at most so many inches in letters of so many points, without its middle if it is longer."""
    if len(name) * WIDEST * size / 72 <= most:
        return name
    shown, kept = name, len(name) // 2
    while kept > 1 and (wide := inches(shown, size)) > most:
        kept = max(min(int(kept * most / wide), kept - 1), 1)
        shown = f"{name[:kept]}…{name[-kept:]}"
    return shown


def inches(name: str, size: float) -> float:
    """Return how wide a name is in letters of so many points."""
    from matplotlib.textpath import TextPath

    return float(TextPath((0, 0), name, size=size).get_extents().width) / 72 if name.strip() else 0.0


def tidy(axes: "Axes") -> None:
    """Leave only the lines that help to read a value."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
