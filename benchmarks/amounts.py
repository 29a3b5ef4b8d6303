"""Make forms and tables of handwritten numbers with signs, amounts, dates, times, whose text and cells are known.

    python benchmarks/amounts.py FOLDER [HOW MANY] [form | table]

writes pages as PNG files, each with its text beside it, for looking at. Digits are MNIST's, signs are drawn by a pen of
our own; the sheet, its light and its camera are those of pages.py.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

import pages
from byhand.data.datasets import Split, load
from sheets import Floats, Mark, Writing, moved, photograph

Box = tuple[float, float, float, float]
Points = Sequence[tuple[float, float]]
Cell = tuple[str, str, list[Mark]]  # text, kind, and how it is written

FINE = 4  # A sign is drawn so much larger, and then made small.
FORMS = ("clean", "paper", "light", "ruled", "pencil", "colour", "photo")
PLAIN = ("clean", "paper", "light", "pencil", "colour")


@dataclass(frozen=True)
class Written:
    """A number of a page: its text as written, what it is, and its box in pixels of the page."""

    text: str
    kind: str
    box: Box


@dataclass(frozen=True, eq=False)
class Form:
    """A page of numbers.

    Attributes
    ----------
    image
        (height, width, 3), or (height, width), uint8.
    rows
        What is written, row by row; None in an empty cell of a table.
    traits
        Words for what makes it hard.
    """

    image: NDArray[np.uint8]
    rows: tuple[tuple[Written | None, ...], ...]
    traits: tuple[str, ...]

    @property
    def text(self) -> str:
        """The rows, with bars between cells."""
        return "\n".join(" | ".join(cell.text if cell else "" for cell in row) for row in self.rows)


# Texts ------------------------------------------------------------------------------------------------------------


def integer(rng: np.random.Generator) -> str:
    """Return a whole number of up to six digits."""
    return str(int(rng.integers(1, 10 ** int(rng.integers(1, 7)))))


def amount(rng: np.random.Generator) -> str:
    """Return an amount of money as some country writes it."""
    whole, cents = int(rng.integers(0, 10 ** int(rng.integers(1, 6)))), f"{int(rng.integers(0, 100)):02d}"
    thousands, mark = (("", "."), ("", ","), ("'", "."), (",", "."), (".", ","))[int(rng.integers(5))]
    grouped = f"{whole:,}".replace(",", thousands) if rng.random() < 0.7 else str(whole)
    return f"{grouped}{mark}{cents}"


def signed(rng: np.random.Generator) -> str:
    """Return a number with a sign in front."""
    text = integer(rng) if rng.random() < 0.6 else f"{int(rng.integers(0, 100))}.{int(rng.integers(0, 100))}"
    return f"{'-' if rng.random() < 0.75 else '+'}{text}"


def decimal(rng: np.random.Generator) -> str:
    """Return a measure with one to three places."""
    places = int(rng.integers(1, 4))
    return f"{int(rng.integers(0, 200))}{rng.choice(['.', ','])}{int(rng.integers(0, 10**places)):0{places}d}"


def date(rng: np.random.Generator) -> str:
    """Return a day."""
    day, month, year = int(rng.integers(1, 29)), int(rng.integers(1, 13)), int(rng.integers(1930, 2031))
    forms = (
        f"{day:02d}/{month:02d}/{year}",
        f"{day}/{month}/{year % 100:02d}",
        f"{day:02d}.{month:02d}.{year}",
        f"{day}.{month}.{year}",
        f"{day:02d}.{month:02d}.{year % 100:02d}",
        f"{year}-{month:02d}-{day:02d}",
        f"{day:02d}-{month:02d}-{year}",
    )
    return forms[int(rng.integers(len(forms)))]


def time(rng: np.random.Generator) -> str:
    """Return a time of the day."""
    return f"{int(rng.integers(0, 24))}:{int(rng.integers(0, 60)):02d}"


KINDS: dict[str, Callable[[np.random.Generator], str]] = {
    "integer": integer,
    "amount": amount,
    "signed": signed,
    "decimal": decimal,
    "date": date,
    "time": time,
}

# Signs ------------------------------------------------------------------------------------------------------------


def strokes(rng: np.random.Generator, sign: str) -> list[Points]:
    """Return how a sign is written: strokes of points, right and up from the base line, in heights of a digit."""
    near = rng.normal
    if sign == ".":
        x, y = rng.uniform(0, 0.05), near(0.03, 0.03)
        return [[(0, y), (x, y + near(0, 0.02))]]
    if sign == ",":
        y, deep, back = near(0.06, 0.03), rng.uniform(0.16, 0.32), rng.uniform(0.02, 0.14)
        return [[(0, y), (0.02, y - deep * 0.4), (-back, y - deep)]]
    if sign == "'":
        y, tall = rng.uniform(0.85, 1.02), rng.uniform(0.14, 0.26)
        return [[(0, y), (-rng.uniform(-0.02, 0.08), y - tall)]]
    if sign in "-=":
        wide, y, slope = rng.uniform(0.26, 0.5), near(0.48, 0.05), near(0, 0.03)
        if sign == "-":
            return [[(0, y), (wide * 0.5, y + slope / 2 + near(0, 0.012)), (wide, y + slope)]]
        apart = rng.uniform(0.1, 0.16)
        return [[(0, y + side), (wide, y + side + slope)] for side in (-apart, apart)]
    if sign == "+":
        wide, y = rng.uniform(0.4, 0.6), near(0.47, 0.04)
        lean = near(0.02, 0.02)
        return [[(0, y), (wide, y + near(0, 0.02))], [(wide / 2 + lean, y + wide / 2), (wide / 2 - lean, y - wide / 2)]]
    if sign == "/":
        low, high = -rng.uniform(0, 0.18), 1 + rng.uniform(-0.02, 0.18)
        wide = (high - low) * np.tan(np.radians(rng.uniform(16, 38)))
        return [[(0, low), (wide * 0.5 + near(0, 0.015), (low + high) / 2), (wide, high)]]
    if sign == ":":
        x, low, high = near(0, 0.02), near(0.15, 0.04), near(0.58, 0.05)
        return [[(0, low), (0.02, low)], [(x, high), (x + 0.02, high)]]
    raise ValueError(sign)


def drawn(rng: np.random.Generator, sign: str, size: float, width: float) -> tuple[Floats, int]:
    """Return the ink of a sign for digits of a height, with a pen of a width, in pixels; and its top from the base."""
    parts = strokes(rng, sign)
    thick = width * (rng.uniform(1.0, 1.7) if sign in ".:" else rng.uniform(0.85, 1.15))
    x = [x * size for part in parts for x, _ in part]
    y = [-y * size for part in parts for _, y in part]
    left, top = min(x) - thick, np.floor(min(y) - thick)
    shape = (int(np.ceil(max(x) - left + thick)) + 1, int(np.ceil(max(y) - top + thick)) + 1)
    canvas = Image.new("L", (shape[0] * FINE, shape[1] * FINE))
    draw, radius = ImageDraw.Draw(canvas), thick * FINE / 2
    for part in parts:
        points = [((x * size - left) * FINE, (-y * size - top) * FINE) for x, y in part]
        draw.line(points, fill=255, width=max(round(2 * radius), 1), joint="curve")
        for across, down in points:
            draw.ellipse((across - radius, down - radius, across + radius, down + radius), fill=255)
    ink = np.asarray(canvas.resize(shape, Image.Resampling.BOX), np.float32) / np.float32(255)
    lines, columns = (np.flatnonzero((ink > 0.05).any(axis)) for axis in (1, 0))
    cut = ink[lines[0] : lines[-1] + 1, columns[0] : columns[-1] + 1]
    return cut.astype(np.float32), int(top) + int(lines[0])


# Writing ----------------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class _Writer:
    """Somebody who writes numbers with signs: a hand of pages.py, and where each digit's images are."""

    rng: np.random.Generator
    split: Split
    writing: Writing
    traits: list[str]
    hand: "pages._Hand" = field(init=False)

    def __post_init__(self) -> None:
        self.hand = pages._Hand(self.rng, self.traits, self.writing)
        self.of = [np.flatnonzero(self.split.labels == label) for label in range(10)]

    def write(self, text: str, x: float, bottom: float) -> list[Mark]:
        """Write a number from a place on."""
        rng, size = self.rng, self.writing.size
        marks: list[Mark] = []
        right = x
        for name in text:
            gap = self.hand.apart * rng.uniform(0.7, 1.5) if marks else 0
            if name.isdigit():
                position = int(rng.choice(self.of[int(name)]))
                ink = self.hand.ink(self.split.images[position])
                mark = Mark(position, ink, round(right + gap), round(bottom) - ink.shape[0])
                mark.top += round(rng.normal(0, self.hand.wobble) * size)
            else:
                ink, top = drawn(rng, name, size, self.hand.width * size)
                mark = Mark(-1, ink, round(right + gap * (0.4 if name == "/" else 0.8)), round(bottom) + top)
            marks.append(mark)
            right = max(right, float(mark.left + mark.ink.shape[1]) - (0.1 * size if name == "/" else 0))
        return marks


def make_form(rng: np.random.Generator, split: Split, *, kind: str | None = None) -> Form:
    """Make a page of numbers of all kinds, one to three in a line."""
    kind = kind or str(rng.choice(FORMS))
    traits, writer = _beginning(rng, split, kind, rng.uniform(36, 80))
    names, size = list(KINDS), writer.writing.size
    rows: list[list[Cell]] = []
    pitch = size * rng.uniform(1.6, 2.3)
    for row in range(int(rng.integers(3, 8))):
        writer.writing.bottoms.append(row * pitch)
        x, line = rng.uniform(0, 0.6) * size, []
        for _ in range(int(rng.integers(1, 4))):
            name = names[int(rng.integers(len(names)))]
            text = KINDS[name](rng)
            marks = writer.write(text, x, row * pitch)
            line.append((text, name, marks))
            x = max(mark.left + mark.ink.shape[1] for mark in marks) + size * rng.uniform(1.1, 2)
        writer.writing.lines.append([marks for _, _, marks in line])
        rows.append(line)
    return _seen(rng, writer, traits, rows)


def make_table(rng: np.random.Generator, split: Split, *, rows: int = 8, columns: int = 5) -> Form:
    """Make a table with some empty cells, with or without rules, a bit turned."""
    traits, writer = _beginning_of_table(rng, split)
    kinds = _kinds(rng, columns)
    given, edges, levels = _in_columns(rng, writer, kinds, _texts(rng, kinds, rows))
    if rng.random() < 0.6:
        traits.append("cells")
        writer.writing.boxes = [
            (left, top, right, bottom) for top, bottom in pairwise(levels) for left, right in pairwise(edges)
        ]
    if rng.random() < 0.7:
        traits.append("turned")
    return _seen(rng, writer, traits, given)


def _beginning_of_table(rng: np.random.Generator, split: Split) -> tuple[list[str], _Writer]:
    """Choose paper, light and pen, and who writes, for a table that is seen from straight above."""
    traits, writer = _beginning(rng, split, str(rng.choice(PLAIN)), rng.uniform(30, 48))
    traits[:] = [trait for trait in traits if trait not in ("perspective", "turned", "motion blur")]
    return traits, writer


def _kinds(rng: np.random.Generator, columns: int) -> list[str]:
    """Choose what stands in each column of a table."""
    names = ("integer", "integer", "amount", "decimal", "date", "signed")
    return [names[int(rng.integers(len(names)))] for _ in range(columns)]


def _in_columns(
    rng: np.random.Generator, writer: _Writer, kinds: list[str], texts: list[list[str | None]], apart: float = 1.0
) -> tuple[list[list[Cell]], list[float], list[float]]:
    """Write a table, its columns so many times as far apart as usual; return its cells, and their edges both ways."""
    writing = writer.writing
    pitch = writing.size * rng.uniform(1.5, 2.1)
    writing.bottoms = [row * pitch for row in range(len(texts))]
    given = [
        [
            (text or "", kind, writer.write(text, 0, bottom) if text else [])
            for text, kind in zip(row, kinds, strict=True)
        ]
        for row, bottom in zip(texts, writing.bottoms, strict=True)
    ]
    cells = [[marks for _, _, marks in row] for row in given]
    edges = _align(rng, cells, writing.size * apart)
    writing.lines = [[marks for marks in row if marks] for row in cells]
    low = -writing.size - (pitch - writing.size) / 2
    return given, edges.tolist(), [low + row * pitch for row in range(len(texts) + 1)]


def _texts(rng: np.random.Generator, kinds: list[str], rows: int) -> list[list[str | None]]:
    """Return what stands in a table's cells; a row or column without anything could not be told, so there is none."""
    texts = [[KINDS[kind](rng) if rng.random() > 0.22 else None for kind in kinds] for _ in range(rows)]
    for row in range(rows):
        if not any(texts[row]):
            texts[row][row % len(kinds)] = KINDS[kinds[row % len(kinds)]](rng)
    for column, kind in enumerate(kinds):
        if sum(texts[row][column] is not None for row in range(rows)) < 2:
            for row in (0, rows // 2):
                texts[row][column] = KINDS[kind](rng)
    return texts


def _align(rng: np.random.Generator, cells: list[list[list[Mark]]], size: float) -> NDArray[np.float64]:
    """Move what is in a table's cells into its columns, and return where the columns' edges are."""
    share = float(rng.choice([0, 1, 0.5]))  # from left to right
    widths = [max(_extent(row[column]) for row in cells) for column in range(len(cells[0]))]
    edges = np.concatenate(([0], np.cumsum([width + size * rng.uniform(0.8, 1.6) for width in widths])))
    for row in cells:
        for left, right, marks in zip(edges[:-1], edges[1:], row, strict=True):
            spare = right - left - _extent(marks) - 0.5 * size
            at = left + 0.25 * size + float(np.clip(share * spare + rng.normal(0, 0.1) * size, 0, max(spare, 0)))
            begin = min((mark.left for mark in marks), default=0)
            for mark in marks:
                mark.left += round(at - begin)
    return np.asarray(edges, np.float64)


def _beginning(rng: np.random.Generator, split: Split, kind: str, size: float) -> tuple[list[str], _Writer]:
    """Choose paper, light and pen, and who writes."""
    general, own = (
        {t: p for p, ts in table.items() for t in ts.split(", ")}
        for table in (pages.LIKELY, pages.DIFFERENT.get(kind, {}))
    )
    chances = {**general, **own, "table": 0.0, "dust": 0.0}
    traits = [*filter(None, pages.SURE[kind].split(", ")), *(t for t, p in chances.items() if rng.random() < p)]
    pen = pages._pen(rng, traits)
    return traits, _Writer(rng, split, Writing(float(size), np.array([100.0, 100.0]), pen), traits)


def _extent(marks: list[Mark]) -> float:
    """Return how wide marks are together."""
    return max(m.left + m.ink.shape[1] for m in marks) - min(m.left for m in marks) if marks else 0.0


def _seen(rng: np.random.Generator, writer: _Writer, traits: list[str], rows: list[list[Cell]]) -> Form:
    """Take a picture of what was written."""
    image, matrix = photograph(rng, writer.writing, traits)

    def seen(text: str, kind: str, marks: list[Mark]) -> Written | None:
        if not marks:
            return None
        points = np.concatenate([moved(matrix, mark.outline()) for mark in marks])
        left, top, right, bottom = (float(edge) for edge in (*points.min(0), *points.max(0)))
        return Written(text, kind, (left, top, right, bottom))

    return Form(image, tuple(tuple(seen(*cell) for cell in row) for row in rows), tuple(traits))


def main() -> None:
    """Write pages to a folder, each with its text."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 6
    table = sys.argv[3:] == ["table"]
    folder.mkdir(parents=True, exist_ok=True)
    split = load("mnist").test
    for seed in range(count):
        rng = np.random.default_rng(seed)
        form = make_table(rng, split) if table else make_form(rng, split)
        Image.fromarray(form.image).save(folder / f"{seed:03d}.png")
        (folder / f"{seed:03d}.txt").write_text(f"{form.text}\n\n{', '.join(form.traits)}\n")
        print(seed, form.image.shape, ", ".join(form.traits))


if __name__ == "__main__":
    main()
