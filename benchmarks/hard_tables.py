"""Make tables as people have them and `amounts.make_table` makes none of.

    python benchmarks/hard_tables.py FOLDER [HOW MANY] [KIND]

writes pages as PNG files, each with its text beside it, for looking at.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import amounts
from amounts import Form
from byhand.data.datasets import Split, load

KINDS = {
    "grid": "a whole grid of lines, turned by two to four degrees",
    "rules": "level lines alone",
    "posts": "upright lines alone",
    "steep": "no lines, turned by two to four degrees",
    "photo": "seen from aside, with or without lines",
    "words": "printed words above the columns and before the rows",
    "close": "columns without lines, hardly half a digit apart",
    "single": "one digit or two in most cells",
}
WORDS = (
    "Name",
    "Date",
    "Total",
    "Sum",
    "Hours",
    "Item",
    "Price",
    "Qty",
    "Net",
    "Tax",
    "Paid",
    "Day",
    "Balance",
    "Room",
)
STEEP = ("grid", "steep")
LINED = ("grid", "rules", "posts")


def make(rng: np.random.Generator, split: Split, kind: str) -> Form:
    """Make a table of one of `KINDS`."""
    traits, writer = amounts._beginning(rng, split, str(rng.choice(amounts.PLAIN)), rng.uniform(30, 48))
    traits[:] = [trait for trait in traits if trait not in ("perspective", "turned", "motion blur")]
    rows, columns = int(rng.integers(4, 9)), int(rng.integers(3, 7))
    names = ("integer", "integer", "amount", "decimal", "date", "signed")
    kinds = [names[int(rng.integers(len(names)))] for _ in range(columns)]
    texts = amounts._texts(rng, kinds, rows)
    if kind == "single":
        texts = [[str(int(rng.integers(0, 30))) if text else None for text in row] for row in texts]
    writing = writer.writing
    size, pitch = writing.size, writing.size * rng.uniform(1.5, 2.1)
    writing.bottoms = [row * pitch for row in range(rows)]
    cells = [[writer.write(text, 0, row * pitch) if text else [] for text in texts[row]] for row in range(rows)]
    edges = amounts._align(rng, cells, size * (0.6 if kind == "close" else 1))
    writing.lines = [[marks for marks in row if marks] for row in cells]
    low = -size - (pitch - size) / 2
    if kind in LINED or (kind in ("photo", "words", "single") and rng.random() < 0.5):
        high = low + rows * pitch
        levels = [(float(edges[0]), low + r * pitch, float(edges[-1]), low + r * pitch) for r in range(rows + 1)]
        uprights = [(float(x), low, float(x), high) for x in edges]
        writing.boxes = [*(levels if kind != "posts" else []), *(uprights if kind != "rules" else [])]
    if kind == "words":
        _name(rng, writer, edges, pitch, low)
    traits.append(kind)
    if kind in STEEP:
        traits.append("steep")
    elif kind == "photo":
        traits += ["perspective", "turned"]
    elif rng.random() < 0.6:
        traits.append("turned")
    given = [
        [(text or "", name, marks) for text, name, marks in zip(texts[row], kinds, cells[row], strict=True)]
        for row in range(rows)
    ]
    return amounts._seen(rng, writer, traits, given)


def _name(
    rng: np.random.Generator, writer: amounts._Writer, edges: NDArray[np.float64], pitch: float, low: float
) -> None:
    """Print words above the columns, and before the rows."""
    size = writer.writing.size
    tall = size * rng.uniform(0.45, 1.1)
    for left in edges[:-1]:
        word = str(rng.choice(WORDS))
        writer.writing.words.append((word, float(left + 0.2 * size), low - 1.4 * tall, tall))
    if rng.random() < 0.5:
        for row in range(len(writer.writing.bottoms)):
            word = str(rng.choice(WORDS))
            at = float(edges[0] - 5 * tall)
            writer.writing.words.append((word, at, low + (row + 0.3) * pitch, tall))


def main() -> None:
    """Write pages to a folder, each with its text."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 8
    folder.mkdir(parents=True, exist_ok=True)
    split = load("mnist").test
    for seed in range(count):
        kind = sys.argv[3] if len(sys.argv) > 3 else tuple(KINDS)[seed % len(KINDS)]
        form = make(np.random.default_rng(seed), split, kind)
        Image.fromarray(form.image).save(folder / f"{seed:03d}-{kind}.png")
        (folder / f"{seed:03d}-{kind}.txt").write_text(f"{form.text}\n\n{', '.join(form.traits)}\n")


if __name__ == "__main__":
    main()
