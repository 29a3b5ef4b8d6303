"""Draw what was read: the boxes and digits on a page, and how a picture of one digit was made ready."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from byhand.files import write_atomically
from byhand.images.pictures import Picture
from byhand.images.prepare import Prepared
from byhand.judging.canvas import BLUE, GREY, ORANGE, font_file, legible, own_settings, shortened
from byhand.reading.answers import Answer
from byhand.reading.pages import Page
from byhand.types import Box, Bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL.ImageFont import FreeTypeFont
    from PIL.ImageFont import ImageFont as PlainFont

    Font: TypeAlias = FreeTypeFont | PlainFont


def save_page(picture: Picture, page: Page, path: Path) -> None:
    """Write a page as a PNG file, every digit in its box with what was read above it: orange if it was not.

    Raises
    ------
    ByhandError
        If the file cannot be written.
    """
    from PIL import Image, ImageDraw

    drawn = Image.fromarray(picture.pixels).convert("RGB")
    draw = ImageDraw.Draw(drawn)
    heights = [(digit.box[3] - digit.box[1]) / picture.factor for digit in page.digits]
    size = float(np.clip(0.4 * np.median(heights), 12, 60)) if heights else 12.0
    line = max(round(size / 12), 1)
    for digit, (text, font) in zip(page.digits, _lettering([digit.text for digit in page.digits], size), strict=True):
        left, top, right, bottom = (side / picture.factor for side in digit.box)
        colour = BLUE if digit.answer.name else ORANGE
        draw.rectangle(
            (left - 2 * line, top - 2 * line, right + 2 * line, bottom + 2 * line), outline=colour, width=line
        )
        place = ((left + right) / 2, max(top - 3 * line, size))
        draw.text(place, text, colour, font, anchor="mb", stroke_width=2, stroke_fill="white")
    buffer = io.BytesIO()
    drawn.save(buffer, format="PNG")
    write_atomically(path, buffer.getvalue())


def _lettering(texts: list[str], size: float) -> "list[tuple[str, Font]]":
    """Return texts as they can be written, each with its font: Pillow's own has little beyond the letters of ASCII."""
    from PIL import ImageFont

    if "".join(texts).isascii():
        plain = ImageFont.load_default(size)
        return [(text, plain) for text in texts]
    with own_settings():
        written = legible(texts)
        fonts = {text: ImageFont.truetype(font_file(text), size) for text in set(written)}
    return [(text, fonts[text]) for text in written]


@own_settings()
def preparation(prepared: Prepared, answer: Answer) -> "Figure":
    """Draw stage by stage how a picture became 28×28 pixels, and what the network says of it."""
    from matplotlib.figure import Figure

    figure = Figure((12, 3.9), layout="constrained")
    picture, ink, image, bars = figure.subplots(1, 4, width_ratios=(1, 1, 1, 0.8))
    _show(picture, prepared.picture.pixels, "1  the picture")
    kind = "a drawing" if prepared.drawing else "a photo or scan"
    picture.set_xlabel(f"{kind}, with {'dark' if prepared.dark else 'light'} ink")
    _show(ink, prepared.ink, "2  its ink")
    _show(image, prepared.image, "3  what the network sees")
    fitted = prepared.fitted
    if fitted is not None:
        _frame(ink, fitted.box)
        ink.set_xlabel(f"strokes {fitted.stroke_width / fitted.scale:.1f} pixels wide")
        wider = (
            f", {abs(fitted.thickened):.1f} {'wider' if fitted.thickened > 0 else 'thinner'}"
            if fitted.thickened
            else ""
        )
        image.set_xlabel(f"28×28 pixels: the box × {fitted.scale:.3g}{wider},\nits centre of mass at the cross")
        image.plot(14, 14, marker="+", color=ORANGE, markersize=14)
    _bars(bars, answer)
    return figure


def _show(axes: "Axes", pixels: Bytes, title: str) -> None:
    """Draw pixels as they are."""
    axes.imshow(pixels, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_title(title)
    axes.set_xticks([])
    axes.set_yticks([])


def _frame(axes: "Axes", box: Box) -> None:
    """Draw the box of the ink."""
    from matplotlib.patches import Rectangle

    left, top, right, bottom = box
    corner = (left - 0.5, top - 0.5)
    axes.add_patch(Rectangle(corner, right - left, bottom - top, fill=False, edgecolor=ORANGE, linewidth=1.5))


def _bars(axes: "Axes", answer: Answer) -> None:
    """Draw the probabilities of all classes, and the answer above them."""
    ranked = sorted(answer.guesses)
    names = [name for name, _ in ranked]
    written = dict(zip(names, (shortened(name, 1, 10) for name in legible(names)), strict=True))
    shares = [100 * share for _, share in ranked]
    best = answer.guesses[0][0]
    colours = [(BLUE if answer.name else ORANGE) if name == best else GREY for name in written]
    axes.barh(range(len(shares)), shares, color=colours, tick_label=list(written.values()))
    for place, share in enumerate(shares):
        axes.text(share + 2, place, f"{share:.1f} %", va="center", fontsize=8)
    axes.set_xlim(0, 135)
    axes.set_xticks([])
    axes.invert_yaxis()
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.set_title(f"4  it is a {written[answer.name]}" if answer.name else "4  it cannot be read")
    if answer.reason:
        axes.set_xlabel(answer.reason.replace("; ", ";\n").replace(": ", ":\n"))
