"""Make hard pages of handwritten digits whose text is known, from MNIST digits.

    python benchmarks/pages.py FOLDER [HOW MANY] [KIND]

writes pages as PNG files, each with its text beside it, for looking at. A page is made as a real one is: somebody
writes in lines, here, and what is written lies on a sheet before a camera, in sheets.py.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from byhand.data.datasets import Split, load
from sheets import Floats, Mark, Pen, Writing, moved, photograph

# What every page of a kind has ...
SURE = {
    "clean": "",
    "paper": "textured paper, coloured paper",
    "light": "uneven light, shadow",
    "ruled": "ruled paper",
    "squared": "squared paper",
    "boxes": "form boxes",
    "pencil": "pencil",
    "colour": "coloured pen",
    "board": "chalk, textured paper",
    "photo": "perspective, turned, uneven light, textured paper, noise",
    "touching": "touching digits",
    "broken": "broken strokes",
    "fine": "fine pen",
}
KINDS = tuple(SURE)
DRAWN = KINDS[:12]  # of which one is drawn where none is named
# ... and, by how likely they are, what it may have too: in general, and where a kind differs.
LIKELY = {
    0.6: "JPEG",
    0.5: "textured paper, turned, noise",
    0.35: "uneven light, blur",
    0.2: "perspective, dust",
    0.15: "coloured paper, shadow, grey",
    0.07: "table, motion blur",
}
DIFFERENT = {
    "clean": {0.0: ", ".join(LIKELY.values()), 0.3: "JPEG, turned, grey"},
    "board": {0.0: "table, coloured paper, dust"},
    "photo": {0.9: "JPEG", 0.75: "table", 0.5: "shadow, blur", 0.25: "coloured paper", 0.0: "grey"},
}

PENS = {
    "black pen": Pen(((28, 28, 34),)),
    "blue pen": Pen(((32, 48, 140), (45, 75, 165))),
    "red pen": Pen(((190, 35, 45),)),
    "green pen": Pen(((20, 115, 65),)),
    "felt tip": Pen(((20, 22, 30), (25, 40, 130), (190, 25, 40), (15, 110, 60)), (0.12, 0.16)),
    "pencil": Pen(((62, 62, 68), (85, 85, 92), (108, 108, 112)), (0.06, 0.1), 0.45),
    "chalk": Pen(((240, 240, 232), (240, 232, 170)), (0.08, 0.12), 0.4),
    "fine pen": Pen(((28, 28, 34), (32, 48, 140)), (0.025, 0.045)),
}


@dataclass(frozen=True)
class Glyph:
    """One digit of a page.

    Attributes
    ----------
    label
        The digit.
    box
        Left, top, right and bottom of its ink, in pixels of the page.
    position
        Which image of the split it is.
    """

    label: int
    box: tuple[float, float, float, float]
    position: int


@dataclass(frozen=True, eq=False)
class Page:
    """A page and what is written on it.

    Attributes
    ----------
    image
        (height, width, 3), or (height, width), uint8.
    lines
        Lines of numbers of digits, in reading order.
    traits
        Words for what makes it hard.
    """

    image: NDArray[np.uint8]
    lines: tuple[tuple[tuple[Glyph, ...], ...], ...]
    traits: tuple[str, ...]

    @property
    def text(self) -> str:
        """The numbers, separated by spaces, in one line per line of the page."""
        return "\n".join(
            " ".join("".join(str(glyph.label) for glyph in number) for number in line) for line in self.lines
        )


def make(rng: np.random.Generator, split: Split, *, kind: str | None = None, n_digits: int | None = None) -> Page:
    """Make a page.

    Parameters
    ----------
    rng
        Where all chance comes from: the same state makes the same page.
    split
        The digits to write with: white on black, 28 × 28.
    kind
        One of `KINDS`; drawn from the first twelve if not given.
    n_digits
        How many digits; 1 to 60, drawn, if not given.

    Returns
    -------
    Page
        Digits are 24 to 160 pixels high.
    """
    kind = kind or str(rng.choice(DRAWN))
    general, own = (
        {t: p for p, ts in table.items() for t in ts.split(", ")} for table in (LIKELY, DIFFERENT.get(kind, {}))
    )
    drawn = [trait for trait, chance in (general | own).items() if rng.random() < chance]
    traits = list(dict.fromkeys(filter(None, (*SURE[kind].split(", "), *drawn))))
    pen = _pen(rng, traits)
    writing = _write(rng, split, traits, pen, n_digits or int(np.clip(rng.gamma(1.6, 11), 1, 60)))
    image, matrix = photograph(rng, writing, traits)

    def glyph(mark: Mark) -> Glyph:
        points = moved(matrix, mark.outline())
        left, top, right, bottom = (float(edge) for edge in (*points.min(0), *points.max(0)))
        return Glyph(int(split.labels[mark.position]), (left, top, right, bottom), mark.position)

    lines = tuple(tuple(tuple(glyph(mark) for mark in number) for number in line) for line in writing.lines)
    return Page(image, lines, tuple(traits))


def _pen(rng: np.random.Generator, traits: list[str]) -> Pen:
    """Choose a pen that suits the traits, and name it among them."""
    if "chalk" in traits or "pencil" in traits:
        name = "chalk" if "chalk" in traits else "pencil"
    elif "fine pen" in traits:
        name = "fine pen"
    elif "coloured pen" in traits:
        name = str(rng.choice(["blue pen", "red pen", "green pen", "felt tip"]))
    else:
        name = str(rng.choice(["black pen", "blue pen", "felt tip", "pencil"], p=[0.45, 0.35, 0.12, 0.08]))
    if name not in traits:
        traits.append(name)
    pen = PENS[name]
    return Pen((pen.colours[int(rng.integers(len(pen.colours)))],), pen.width, pen.grain)


def _ridge(image: NDArray[np.uint8]) -> Floats:
    """Return how far into a stroke each point is, 1 along its middle, at four times the size, whatever its pressure."""
    small = Image.fromarray(image)
    size = (image.shape[1] * 4, image.shape[0] * 4)
    soft = small.resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(2.6))
    peak = small.filter(ImageFilter.GaussianBlur(0.65)).filter(ImageFilter.MaxFilter(3))
    near, whole = (
        np.asarray(part, np.float32) for part in (soft, peak.resize(size).filter(ImageFilter.GaussianBlur(4)))
    )
    return np.asarray(np.minimum(near / np.maximum(whole, 0.3 * near.max() + 1e-6), 1.2), np.float32)


def _level(image: NDArray[np.uint8], ridge: Floats, width: float) -> float:
    """Return above which value the ridges are strokes of about the wanted width and the digit still itself."""
    levels = np.linspace(0.28, 0.78, 11)
    plain = np.asarray(Image.fromarray(image).resize(ridge.shape[::-1], Image.Resampling.BICUBIC))
    solid = np.concatenate(((plain > 100)[None], ridge > levels[:, None, None]))
    # A stroke's area is half its outline times its width; steps between pixels make the outline 4/π as long.
    edge = np.abs(np.diff(solid, axis=1)).sum((1, 2)) + np.abs(np.diff(solid, axis=2)).sum((1, 2))
    off = np.abs(2 * solid.sum((1, 2)) / np.maximum(edge * np.pi / 4, 1) - width)[1:]
    # Pieces less holes, from how many of four neighbours are ink: a gap in a stroke or a filled loop changes it.
    north, south = solid[:, :-1].astype(np.int8), solid[:, 1:].astype(np.int8)
    ink = north[..., :-1] + north[..., 1:] + south[..., :-1] + south[..., 1:]
    crossed = (ink == 2) & (north[..., :-1] == south[..., 1:])
    euler = ((ink == 1).astype(np.int8) - (ink == 3) + 2 * crossed).sum((1, 2)) // 4
    same = euler[1:] == euler[0]
    return float(levels[np.where(same, off, np.inf).argmin()]) if same.any() else 0.45


def _ink(rng: np.random.Generator, image: NDArray[np.uint8], height: float, width: float, slant: float) -> Floats:
    """Return a digit's ink at the wanted height, as a pen would have written it: crisp edges, an even stroke."""
    rows, columns = (np.flatnonzero((image > 80).any(axis)) for axis in (1, 0))
    tall, wide, ridge = np.ptp(rows) + 1, np.ptp(columns) + 1, _ridge(image)
    scale = min(height / tall, 1.25 * height / wide) / 4
    turn = rng.normal(0, 0.025)
    onward = scale * np.array([[1, -slant], [0, 1]]) @ [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    back = np.linalg.inv(onward)
    flat = Image.fromarray(ridge)
    side = int(np.ceil(flat.width * scale * 1.25))
    shift = np.array(flat.size) / 2 - back @ [side / 2, side / 2]
    data = (*back[0], shift[0], *back[1], shift[1])
    seen = flat.transform((side, side), Image.Transform.AFFINE, tuple(map(float, data)), Image.Resampling.BICUBIC)
    depth = np.asarray(seen, np.float32)
    # An edge is a bit more than a pixel wide, whatever the size: the slope there says what a pixel is worth.
    slope = np.hypot(*np.gradient(depth))
    ink = np.clip(
        (depth - _level(image, ridge, width * max(tall, wide) * 4)) / np.maximum(1.3 * slope, 0.02) + 0.5, 0, 1
    ).astype(np.float32)
    rows, columns = (np.flatnonzero((ink > 0.05).any(axis)) for axis in (1, 0))
    result: Floats = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return result


def _cut(rng: np.random.Generator, ink: Floats, size: float) -> Floats:
    """Return the ink with one or two small gaps straight across a stroke."""
    y, x = np.indices(ink.shape)
    for _ in range(1 + int(rng.random() < 0.25)):
        rows, columns = np.nonzero(ink > 0.5)
        chosen = int(rng.integers(len(rows)))
        dy, dx = y - rows[chosen], x - columns[chosen]
        near = (dy**2 + dx**2 < (0.14 * size) ** 2) & (ink > 0.5)
        # The stroke runs along the main axis of the ink around the point.
        along = np.linalg.eigh(np.cov(np.stack((dx[near], dy[near])) + rng.normal(0, 1e-3, (2, int(near.sum())))))[1][
            :, 1
        ]
        away = np.abs(dx * along[0] + dy * along[1]) - max(1.2, rng.uniform(0.012, 0.028) * size)
        erased = np.clip(1 - away, 0, 1) * (dy**2 + dx**2 < (0.16 * size) ** 2)
        ink = (ink * (1 - erased)).astype(np.float32)
    return ink


def _write(rng: np.random.Generator, split: Split, traits: list[str], pen: Pen, n_digits: int) -> Writing:
    """Write numbers in lines that fill a good part of a page."""
    lengths = rng.choice(np.arange(1, 8), n_digits, p=[0.09, 0.2, 0.22, 0.22, 0.15, 0.07, 0.05])
    parts = np.split(rng.integers(0, len(split), n_digits), np.cumsum(lengths))
    numbers = [part for part in parts if len(part)]
    # In heights of a digit: what one takes on a line, what the space between numbers takes, and lines' distance.
    boxes = "form boxes" in traits
    each, space, pitch = 1.1 if boxes else 0.75, rng.uniform(0.75, 1.6) + 0.4 * boxes, rng.uniform(1.5, 2.2)
    width = float(np.clip(rng.lognormal(np.log(1000), 0.33), 300, 1920))
    page = np.array([width, np.clip(width * rng.choice([0.6, 0.72, 0.75, 1.33, 1.41]), 200, 1420)])
    area = (n_digits * each + len(numbers) * space) * pitch
    room = np.sqrt(area * page[0] / page[1]) * rng.uniform(0.8, 1.2)
    lines: list[list[NDArray[np.intp]]] = [[]]
    for number in numbers:
        if lines[-1] and sum(len(n) * each + space for n in [*lines[-1], number]) > room * rng.uniform(0.85, 1.15):
            lines.append([])
        lines[-1].append(number)
    longest = max(sum(len(n) * each + space for n in line) for line in lines)
    fit = min(0.88 * page[0] / longest, 0.88 * page[1] / (len(lines) * pitch))
    writing = Writing(float(np.clip(fit * rng.uniform(0.4, 1) ** 0.7, 34, 130)), page, pen)
    hand = _Hand(rng, traits, writing)
    for row, line in enumerate(lines):
        hand.write_line(split, line, row * pitch * writing.size, space * writing.size)
    return writing


class _Hand:
    """Somebody's way to write, for a whole page."""

    def __init__(self, rng: np.random.Generator, traits: list[str], writing: Writing) -> None:
        self.rng, self.traits, self.writing = rng, traits, writing
        self.width, self.slant, self.drift = rng.uniform(*writing.pen.width), rng.normal(0, 0.08), rng.normal(0, 0.006)
        self.apart, self.wobble = rng.uniform(0.08, 0.17) * writing.size, rng.uniform(0.01, 0.05)
        self.cell = np.array([rng.uniform(1.0, 1.2), rng.uniform(1.15, 1.45), rng.choice([0, 0, 0.12])]) * writing.size

    def write_line(self, split: Split, numbers: list[NDArray[np.intp]], bottom: float, space: float) -> None:
        """Write numbers on a line."""
        x = self.rng.uniform(0, 0.6) * self.writing.size
        self.writing.bottoms.append(bottom)
        self.writing.lines.append([])
        for number in numbers:
            marks: list[Mark] = []
            for position in number:
                mark = Mark(int(position), self.ink(split.images[position]))
                shift = self.rng.normal(0, self.wobble) * self.writing.size + self.drift * x
                mark.top = round(bottom + shift) - mark.ink.shape[0]
                x = self.into_box(mark, x, bottom) if "form boxes" in self.traits else self.after(marks, mark, x)
                marks.append(mark)
            self.writing.lines[-1].append(marks)
            x += space * self.rng.uniform(0.9, 1.2)

    def ink(self, image: NDArray[np.uint8]) -> Floats:
        """Write one digit."""
        height = self.writing.size * float(np.clip(self.rng.normal(1, 0.06), 0.88, 1.12))
        width = self.width * self.rng.uniform(0.9, 1.1)
        ink = _ink(self.rng, image, height, width, self.slant + self.rng.normal(0, 0.04))
        cut = "broken strokes" in self.traits and self.rng.random() < 0.6
        return _cut(self.rng, ink, self.writing.size) if cut else ink

    def after(self, marks: list[Mark], mark: Mark, x: float) -> float:
        """Put a digit after those of its number that are there, and return where its ink ends."""
        mark.left = round(x + (self.apart * self.rng.uniform(0.7, 1.5) if marks else 0))
        if marks and "touching digits" in self.traits and self.rng.random() < 0.65:
            last = marks[-1]
            top, bottom = max(last.top, mark.top), min(last.top + last.ink.shape[0], mark.top + mark.ink.shape[0])
            one, other = (m.ink[top - m.top : bottom - m.top] > 0.5 for m in (last, mark))
            both = one.any(1) & other.any(1)
            if both.any():
                ends = last.left + last.ink.shape[1] - one[:, ::-1].argmax(1)
                free = int((other.argmax(1) - ends)[both].min())
                # Moved until they overlap by a few pixels, but never far into each other's box.
                meeting = -free - int(self.rng.integers(1, 3 + round(0.03 * self.writing.size)))
                mark.left = max(meeting, round(x - 0.35 * min(last.ink.shape[1], mark.ink.shape[1])))
        return max(x, float(mark.left + mark.ink.shape[1]))

    def into_box(self, mark: Mark, x: float, bottom: float) -> float:
        """Put a digit into a form's next box, sometimes onto its border, and return where the next one starts."""
        (wide, tall, apart), (height, width) = self.cell, mark.ink.shape
        aside = np.clip(self.rng.normal(0, 0.25), -0.55, 0.55) * max(wide - width, 0.1 * wide)
        mark.left = round(x + (wide - width) / 2 + aside)
        middle = bottom - self.writing.size / 2
        mark.top = round(middle - height / 2 + np.clip(self.rng.normal(0, 0.3), -0.6, 0.6) * (tall - height))
        self.writing.boxes.append((x, middle - tall / 2, x + wide, middle + tall / 2))
        return float(x + wide + apart)


def main() -> None:
    """Write pages to a folder, each with its text."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 12
    kind = sys.argv[3] if len(sys.argv) > 3 else None
    folder.mkdir(parents=True, exist_ok=True)
    split = load("mnist").test
    for seed in range(count):
        chosen = kind or KINDS[seed % len(KINDS)]
        page = make(np.random.default_rng(seed), split, kind=chosen)
        name = f"{seed:03d}-{chosen}"
        Image.fromarray(page.image).save(folder / f"{name}.png")
        (folder / f"{name}.txt").write_text(f"{page.text}\n\n{', '.join(page.traits)}\n")
        print(name, page.image.shape, ", ".join(page.traits))


if __name__ == "__main__":
    main()
