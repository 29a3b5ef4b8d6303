"""Do to generated pages what happens to real ones: for what `pages.make` alone leaves too easy.

    python benchmarks/hardships.py FOLDER [HOW MANY] [KIND]

writes pages as PNG files for looking at. Pages are cut close to their ink, scanned coarsely, laid on black, turned,
printed with waves, and they fade; tables have empty cells, printed words and stamps.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

import pages
from byhand.data.datasets import Split, load
from pages import Glyph, Page
from sheets import Mark, Writing, moved, photograph

Box = tuple[float, float, float, float]
Bytes = NDArray[np.uint8]
WORDS = ("Name", "Date", "Total", "Sum", "Hours", "Form B", "Signed", "Item")


def mapped(page: Page, image: Bytes, move: Callable[[Box], Box], trait: str) -> Page:
    """Return a page with another image, and its boxes moved to where their digits are there."""
    lines = tuple(
        tuple(tuple(replace(glyph, box=move(glyph.box)) for glyph in number) for number in line) for line in page.lines
    )
    return Page(np.ascontiguousarray(image), lines, (*page.traits, trait))


def turned(rng: np.random.Generator, split: Split) -> Page:
    """Make a page that lies on a side or on its head."""
    page = pages.make(rng, split, kind=str(rng.choice(["paper", "light", "ruled", "pencil", "colour"])))
    quarters = int(rng.integers(1, 4))
    for _ in range(quarters):
        width = page.image.shape[1]

        def move(box: Box, width: int = width) -> Box:
            left, top, right, bottom = box
            return top, width - right, bottom, width - left

        page = mapped(page, np.rot90(page.image), move, "on its side")
    return replace(page, traits=(*page.traits[:-quarters], f"turned by {90 * quarters}°"))


def margin(rng: np.random.Generator, split: Split) -> Page:
    """Make a page that was copied or photographed on black."""
    page = pages.make(rng, split, kind=str(rng.choice(["paper", "light", "clean", "pencil"])))
    height, width = page.image.shape[:2]
    left, top, right, bottom = (
        int(side * share * (rng.random() < 0.8))
        for side, share in zip((width, height) * 2, rng.uniform(0.01, 0.12, 4), strict=True)
    )
    shape = (height + top + bottom, width + left + right, *page.image.shape[2:])
    black = np.clip(rng.normal(rng.uniform(8, 40), 4, shape), 0, 255).astype(np.uint8)
    black[top : top + height, left : left + width] = page.image
    return mapped(page, black, lambda b: (b[0] + left, b[1] + top, b[2] + left, b[3] + top), "black margin")


def scaled(page: Page, factor: float, trait: str) -> Page:
    """Return a page as a coarser scan would show it."""
    size = tuple(max(round(side * factor), 1) for side in page.image.shape[1::-1])
    small = np.asarray(Image.fromarray(page.image).resize((size[0], size[1]), Image.Resampling.BOX))
    x, y = size[0] / page.image.shape[1], size[1] / page.image.shape[0]
    return mapped(page, small, lambda b: (b[0] * x, b[1] * y, b[2] * x, b[3] * y), trait)


def tall(page: Page) -> float:
    """Return how high its digits are."""
    glyphs = [glyph for line in page.lines for number in line for glyph in number]
    return float(np.median([glyph.box[3] - glyph.box[1] for glyph in glyphs]))


def coarse(rng: np.random.Generator, split: Split) -> Page:
    """Make a page scanned at so few dots an inch that its digits are 14 to 24 pixels high."""
    page = pages.make(rng, split, kind=str(rng.choice(["paper", "light", "ruled", "colour", "fine"])))
    return scaled(page, float(rng.uniform(14, 24)) / tall(page), "coarse scan")


def strip(rng: np.random.Generator, split: Split, kind: str = "fine") -> Page:
    """Make a strip, 28 to 60 pixels high, cut so close to a line of writing that ink touches its edges."""
    page = pages.make(rng, split, kind=kind, n_digits=int(rng.integers(3, 9)))
    line = page.lines[0]
    left, top, right, bottom = (
        function(glyph.box[k] for number in line for glyph in number) for k, function in enumerate((min, min, max, max))
    )
    height, width = page.image.shape[:2]
    room = np.round(rng.uniform(-0.03, 0.12, 4) * (bottom - top)).astype(int)
    x0, y0 = max(int(left) - room[0], 0), max(int(top) - room[1], 0)
    x1, y1 = min(int(right) + room[2], width), min(int(bottom) + room[3], height)
    page = Page(page.image, (line,), page.traits)
    cropped = mapped(
        page, page.image[y0:y1, x0:x1], lambda b: (b[0] - x0, b[1] - y0, b[2] - x0, b[3] - y0), "tight crop"
    )
    return scaled(cropped, min(float(rng.uniform(28, 60)) / (y1 - y0), 1.0), "strip")


def security(rng: np.random.Generator, split: Split) -> Page:
    """Make a strip on paper printed with fine waves, as cheques are."""
    page = strip(rng, split, str(rng.choice(["fine", "colour", "clean"])))
    height, width = page.image.shape[:2]
    y, x = np.mgrid[:height, :width].astype(float)
    pitch, swing = rng.uniform(0.12, 0.3) * height, rng.uniform(0.05, 0.2) * height
    phase = y + swing * np.sin(2 * np.pi * x / (rng.uniform(0.8, 3) * height)) + rng.uniform(-0.4, 0.4) * x
    waves = np.clip(1.4 - np.abs((phase % pitch) - pitch / 2) / max(0.06 * pitch, 0.5), 0, 1)
    tint = 1 - rng.uniform(0.08, 0.25) * waves[..., None] * rng.uniform(0.4, 1, 3)
    image = (page.image if page.image.ndim == 3 else np.repeat(page.image[..., None], 3, axis=2)) * tint
    return mapped(page, np.clip(image, 0, 255).astype(np.uint8), lambda box: box, "waves")


def fading(rng: np.random.Generator, split: Split) -> Page:
    """Make a page whose pen runs dry now and then."""
    page = pages.make(rng, split, kind=str(rng.choice(["clean", "fine", "colour"])))
    plain = Image.fromarray(page.image)
    side = 2 * int(0.3 * tall(page)) + 1
    small = plain.reduce(4).filter(ImageFilter.MaxFilter(min(side // 4 * 2 + 1, 31))).resize(plain.size)
    paper = np.asarray(small, float)
    height, width = page.image.shape[:2]
    rough = rng.uniform(0, 1, (max(height // int(3 * side), 1) + 1, max(width // int(3 * side), 1) + 1))
    fade = np.asarray(Image.fromarray(rough.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC))
    share = np.clip(1.2 * fade - 0.3, 0, 0.65)
    if page.image.ndim == 3:
        share = share[..., None]
    image = page.image + np.maximum(paper - page.image, 0) * share
    return mapped(page, np.clip(image, 0, 255).astype(np.uint8), lambda box: box, "fading pen")


def table(rng: np.random.Generator, split: Split) -> Page:
    """Make a table with empty cells, printed words above it and a stamp beside it."""
    size, rows, columns = float(rng.uniform(32, 60)), int(rng.integers(3, 7)), int(rng.integers(2, 6))
    traits = ["table form", *(trait for trait in ("textured paper", "JPEG", "noise", "blur") if rng.random() < 0.4)]
    pen = pages._pen(rng, traits)
    wide, high = size * rng.uniform(2.6, 3.6), size * rng.uniform(1.5, 2.2)
    writing = Writing(size, np.array([columns * wide + 2 * size, (rows + 2) * high]), pen)
    hand = pages._Hand(rng, traits, writing)
    for row in range(rows):
        bottom = row * high
        writing.bottoms.append(bottom)
        line: list[list[Mark]] = []
        for column in range(columns):
            x = column * wide
            writing.boxes.append((x, bottom - 0.6 * size - high / 2, x + wide, bottom - 0.6 * size + high / 2))
            if rng.random() < 0.3:
                continue
            marks: list[Mark] = []
            place = x + rng.uniform(0.15, 0.4) * size
            for position in rng.integers(0, len(split), int(rng.integers(1, 4))):
                mark = Mark(int(position), hand.ink(split.images[position]))
                mark.top = round(bottom - 0.1 * size + rng.normal(0, 0.03) * size) - mark.ink.shape[0]
                place = hand.after(marks, mark, place)
                marks.append(mark)
            line.append(marks)
        writing.lines.append(line)
    image, matrix = photograph(rng, writing, traits)
    writing.lines = [line for line in writing.lines if line]
    image, above = _printed(rng, image, size)

    def glyph(mark: Mark) -> Glyph:
        points = moved(matrix, mark.outline())
        left, top, right, bottom = (float(edge) for edge in (*points.min(0), *points.max(0)))
        return Glyph(int(split.labels[mark.position]), (left, top + above, right, bottom + above), mark.position)

    lines = tuple(tuple(tuple(glyph(mark) for mark in number) for number in line) for line in writing.lines)
    return Page(image, lines, tuple(traits))


def _printed(rng: np.random.Generator, image: Bytes, size: float) -> tuple[Bytes, int]:
    """Return a picture with a printed heading above and a stamp below; and how many rows are above."""
    height, width = image.shape[:2]
    above, below = int(1.2 * size), int(2.2 * size)
    paper = tuple(int(n) for n in np.median(image.reshape(-1, *image.shape[2:]), axis=0).ravel())
    sheet = Image.new(
        "RGB" if image.ndim == 3 else "L", (width, height + above + below), paper if len(paper) > 1 else paper[0]
    )
    sheet.paste(Image.fromarray(image), (0, above))
    draw = ImageDraw.Draw(sheet)
    dark = (40, 40, 45) if image.ndim == 3 else 40
    words = " ".join(rng.choice(WORDS, 3, replace=False))
    draw.text((0.1 * width, 0.3 * size), words, fill=dark, font=ImageFont.load_default(0.45 * size))
    colour = (170, 40, 60) if image.ndim == 3 else 90
    x, y, radius = rng.uniform(0.5, 0.9) * width, height + above + 0.5 * below, 0.45 * below
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=colour, width=max(int(0.06 * size), 1))
    draw.text((x, y), "PAID", fill=colour, anchor="mm", font=ImageFont.load_default(0.5 * radius))
    return np.asarray(sheet), above


MAKERS: dict[str, Callable[[np.random.Generator, Split], Page]] = {
    "turned": turned,
    "margin": margin,
    "coarse": coarse,
    "strip": strip,
    "security": security,
    "fading": fading,
    "table": table,
}
KINDS = (*pages.KINDS, *MAKERS)


def make(rng: np.random.Generator, split: Split, *, kind: str) -> Page:
    """Make a page of one of `KINDS`: see `pages.make`."""
    return MAKERS[kind](rng, split) if kind in MAKERS else pages.make(rng, split, kind=kind)


def main() -> None:
    """Write pages to a folder, each with its text."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 7
    folder.mkdir(parents=True, exist_ok=True)
    split = load("mnist").test
    for seed in range(count):
        chosen = sys.argv[3] if len(sys.argv) > 3 else tuple(MAKERS)[seed % len(MAKERS)]
        page = make(np.random.default_rng(seed), split, kind=chosen)
        Image.fromarray(page.image).save(folder / f"{seed:03d}-{chosen}.png")
        (folder / f"{seed:03d}-{chosen}.txt").write_text(f"{page.text}\n\n{', '.join(page.traits)}\n")
        print(seed, chosen, page.image.shape, ", ".join(page.traits))


if __name__ == "__main__":
    main()
