"""What has a form of its own in a notebook: bars of probability, a confusion matrix, and a page with what was read."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from byhand.images.showing import rasters
from byhand.images.showing.cards import BLUE, FRAME, ORANGE, apart, facts, image, labelled, safe
from byhand.images.showing.texts import percent
from byhand.types import Box

MOST_BARS = 10
MOST_COUNTED = 20  # classes of a matrix whose counts can be read
MOST_CONFUSED = 5
MOST_MARKED = 400  # digits on a page
LONGEST_TOLD = 500  # characters of a page, to who cannot see it
NARROWEST, WIDEST, HIGHEST = 160, 900, 700  # a page, in pixels of the screen
FAINT = 'fill="currentColor" opacity=".5"'
_SVG = 'xmlns="http://www.w3.org/2000/svg" role="img"'


def bars(guesses: Sequence[tuple[str, float]], *, believed: bool) -> str:
    """Draw the most probable classes, best first; the first is coloured if it is believed."""
    shown = guesses[:MOST_BARS]
    left = 14 + max(8 * len(name[:10]) + 6 * sum(not letter.isascii() for letter in name[:10]) for name, _ in shown)
    best = f'fill="{BLUE if believed else ORANGE}"'
    drawn = [
        f'<text x="{left - 8}" y="{18 * k + 13}" text-anchor="end">{safe(name, 10)}</text>'
        f'<rect x="{left}" y="{18 * k + 3}" width="{max(0.5, 180 * p):.1f}" height="12" rx="2" '
        f"{best if k == 0 else FAINT}/>"
        f'<text x="{left + 190}" y="{18 * k + 13}">{safe(percent(p))}</text>'
        for k, (name, p) in enumerate(shown)
    ]
    says = ", ".join(f"{safe(name)} {safe(percent(p))}" for name, p in shown)
    size = f'width="{left + 260}" height="{18 * len(shown)}"'
    return f'<svg {_SVG} {size} aria-label="{says}" fill="currentColor" font-size="12">{"".join(drawn)}</svg>'


def confusion(matrix: NDArray[np.int64], names: Sequence[str]) -> str:
    """Draw which class was read as which: with its counts if the classes are few, else as a picture."""
    mistakes = np.where(np.eye(len(matrix), dtype=bool), 0, matrix)
    order = np.argsort(-mistakes, axis=None, kind="stable")[:MOST_CONFUSED]
    pairs = [(int(place) // len(names), int(place) % len(names)) for place in order]
    often = [f"{apart(names[i])} as {apart(names[j])}: {mistakes[i, j]:,}" for i, j in pairs if mistakes[i, j]]
    said = facts(f"most often misread: {'; '.join(often)}") if often else ""
    if len(names) <= MOST_COUNTED:
        return said + _counts(matrix, mistakes, names)
    says = f"Confusion matrix of {len(names)} classes"
    drawn = image(rasters.heat(matrix), says, len(names) * max(3, 400 // len(names)))
    return said + labelled("", "a row for each class that was written, a column for each that was read", drawn)


def _counts(matrix: NDArray[np.int64], mistakes: NDArray[np.int64], names: Sequence[str]) -> str:
    """Return a confusion matrix as a table of counts."""
    cell = "padding:2px 7px;text-align:right;border:1px solid rgba(128,128,128,.3)"
    side = f"{cell};font-weight:600"
    most = max(1, int(mistakes.max()))

    def colour(i: int, j: int) -> str:
        """Return a cell's background."""
        return "rgba(128,128,128,.2)" if i == j else f"rgba(217,104,47,{0.08 + 0.5 * mistakes[i, j] / most:.2f})"

    heads = "".join(f'<th scope="col" style="{side}">{safe(name, 10)}</th>' for name in names)
    rows = "".join(
        f'<tr style="background:none"><th scope="row" style="{side}">{safe(name, 10)}</th>'
        + "".join(
            f'<td style="{cell};background:{colour(i, j)}">{matrix[i, j]:,}</td>'
            if matrix[i, j]
            else f'<td style="{cell}"></td>'
            for j in range(len(names))
        )
        + "</tr>"
        for i, name in enumerate(names)
    )
    corner = f'<th style="{side};font-weight:400;opacity:.75">written ↓ read →</th>'
    return (
        '<div style="overflow-x:auto"><table style="border-collapse:collapse;margin:0">'
        f"<thead><tr>{corner}{heads}</tr></thead>{rows}</table></div>"
    )


def page(picture: bytes, size: tuple[int, int], digits: Sequence[tuple[Box, str, bool]], text: str) -> str:
    """Draw a picture with a box around every digit, and what was read above it; blue if it is believed, else orange.

    Parameters
    ----------
    picture
        A JPEG file of it.
    size
        Width and height in which the boxes are measured.
    digits
        Of each its box, what is written above it, and whether it was read.
    text
        All that was read, for who cannot see it.
    """
    width, height = size
    shown = digits[:MOST_MARKED]
    shown_width = max(1, min(max(width, NARROWEST), WIDEST, round(HIGHEST * width / height)))
    pixel = width / shown_width  # of the screen
    typical = float(np.median([bottom - top for (_, top, _, bottom), _, _ in shown])) if shown else 1.0
    letter = min(max(0.5 * typical, 11 * pixel), 26 * pixel)
    marks = "".join(
        _marks([(box, name) for box, name, is_read in shown if is_read == read], colour, letter)
        for read, colour in ((True, BLUE), (False, ORANGE))
    )
    address = rasters.address("jpeg", picture)
    says = safe(" / ".join(text.splitlines()), LONGEST_TOLD)
    style = f"display:block;width:{shown_width}px;max-width:100%;height:auto;{FRAME}"
    return (
        (facts(f"the first {len(shown):,} digits are marked") if len(shown) < len(digits) else "")
        + f'<svg {_SVG} viewBox="0 0 {width} {height}" style="{style}" aria-label="{says}">'
        f'<image href="{address}" width="{width}" height="{height}" preserveAspectRatio="none"/>'
        f"{marks}</svg>"
    )


def _marks(digits: Sequence[tuple[Box, str]], colour: str, letter: float) -> str:
    """Return boxes of one colour, and above them what was read, in letters of some height, with a white edge."""
    boxes = "".join(f"M{x} {y}H{right}V{bottom}H{x}Z" for (x, y, right, bottom), _ in digits)
    names = "".join(
        f'<text x="{x}" y="{max(y - letter / 6, letter):.0f}">{safe(name, 6)}</text>' for (x, y, *_), name in digits
    )
    edge = f'stroke="#fff" stroke-width="{letter / 6:.1f}" paint-order="stroke" stroke-linejoin="round"'
    font = f'font-family="system-ui,sans-serif" font-weight="700" font-size="{letter:.1f}"'
    return (
        f'<path d="{boxes}" fill="none" stroke="{colour}" vector-effect="non-scaling-stroke"/>'
        f'<g fill="{colour}" {edge} {font}>{names}</g>'
    )
