"""The HTML that a notebook shows: it stands alone, in light and in dark, whatever the names in it are.

Text has the notebook's own colour. Styles stand within the elements, since notebooks drop others.
"""

import html
from collections.abc import Iterable

from byhand.images.showing.texts import shortened

LONGEST = 24  # characters of a name
BLUE, ORANGE = "#3d7fc4", "#d9682f"  # which stand out from white and from black
FRAME = "box-sizing:border-box;border:1px solid rgba(128,128,128,.35);border-radius:3px;background:#fff"
_FONT = "font:13px/1.5 system-ui,sans-serif;text-align:left"
_FAINT = "opacity:.75"


def safe(text: str, most: int = LONGEST) -> str:
    """Return a text that HTML shows as it is, not too long."""
    return html.escape(shortened(text, most))


def apart(text: str, most: int = LONGEST) -> str:
    """Return a text as `safe` does, that may run from right to left and leaves the order of what is beside it."""
    return f"<bdi>{safe(text, most)}</bdi>"


def card(title: str, *parts: str) -> str:
    """Return a title with parts below it, each of HTML already."""
    return f'<div style="{_FONT};max-width:60em;padding:2px 0"><b>{title}</b>{"".join(parts)}</div>'


def facts(*said: str) -> str:
    """Return some facts in a line."""
    return f'<div style="{_FAINT};margin-bottom:6px">{" · ".join(filter(None, said))}</div>'


def image(address: str, says: str, width: int, *, smooth: bool = False) -> str:
    """Return a picture, `width` pixels wide, with what it says to who cannot see it."""
    drawn = "" if smooth else "image-rendering:pixelated;"
    style = f"{drawn}width:{width}px;max-width:100%;height:auto;margin:0;{FRAME}"
    return f'<img src="{address}" alt="{html.escape(says)}" style="{style}">'


def side_by_side(parts: Iterable[str]) -> str:
    """Return parts in a row, and in more rows where there is no room."""
    return f'<div style="display:flex;flex-wrap:wrap;gap:10px 22px;align-items:flex-start">{"".join(parts)}</div>'


def labelled(name: str, note: str, part: str) -> str:
    """Return a part with its name, and a note on it, above; the note keeps its order beside a name in Arabic, too."""
    return f'<div><div><b>{name}</b> <bdi style="{_FAINT}">{note}</bdi></div>{part}</div>'


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a plain table."""
    cell = "padding:1px 12px 1px 0;text-align:left;border:0;background:none"
    heads = "".join(f'<th scope="col" style="{cell}">{name}</th>' for name in head)
    body = "".join(
        f'<tr style="background:none">{"".join(f"<td style={chr(34)}{cell}{chr(34)}>{each}</td>" for each in row)}</tr>'
        for row in rows
    )
    return f'<table style="border:0;border-collapse:collapse;margin:0"><thead><tr>{heads}</tr></thead>{body}</table>'
