"""Make tables as people have them and `amounts.make_table` makes none of.

    python benchmarks/hard_tables.py FOLDER [HOW MANY] [KIND]

writes pages as PNG files, each with its text beside it, for looking at.
"""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
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
    traits, writer = amounts._beginning_of_table(rng, split)
    rows, columns = int(rng.integers(4, 9)), int(rng.integers(3, 7))
    kinds = amounts._kinds(rng, columns)
    texts = amounts._texts(rng, kinds, rows)
    if kind == "single":
        texts = [[str(int(rng.integers(0, 30))) if text else None for text in row] for row in texts]
    given, edges, levels = amounts._in_columns(rng, writer, kinds, texts, 0.6 if kind == "close" else 1.0)
    if kind in LINED or (kind in ("photo", "words", "single") and rng.random() < 0.5):
        level = [(edges[0], y, edges[-1], y) for y in levels]
        upright = [(x, levels[0], x, levels[-1]) for x in edges]
        writer.writing.boxes = [*(level if kind != "posts" else []), *(upright if kind != "rules" else [])]
    if kind == "words":
        _name(rng, writer, edges, levels)
    traits.append(kind)
    if kind in STEEP:
        traits.append("steep")
    elif kind == "photo":
        traits += ["perspective", "turned"]
    elif rng.random() < 0.6:
        traits.append("turned")
    return amounts._seen(rng, writer, traits, given)


def _name(rng: np.random.Generator, writer: amounts._Writer, edges: list[float], levels: list[float]) -> None:
    """Print words above the columns, and before the rows, of a table with these edges."""
    size = writer.writing.size
    tall = size * rng.uniform(0.45, 1.1)
    for left in edges[:-1]:
        word = str(rng.choice(WORDS))
        writer.writing.words.append((word, left + 0.2 * size, levels[0] - 1.4 * tall, tall))
    if rng.random() < 0.5:
        for top, bottom in pairwise(levels):
            word = str(rng.choice(WORDS))
            writer.writing.words.append((word, edges[0] - 5 * tall, top + 0.3 * (bottom - top), tall))


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
