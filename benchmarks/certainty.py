"""Fit how probable it is that a whole number is right, and from which probability on numbers are not marked.

    python benchmarks/certainty.py [MODEL] [--pages 300]

takes some minutes and writes src/byhand/reading/numbers/certainty.json, which byhand reads by, and
results/certainty.json, with the reliability of it. Run it again whenever the network that comes with byhand changes.

Forms, tables, plain and harder pages and lines of loose writing are drawn from the training images that the recipe
`reader` sets aside, which no network of it has learned from, and half of the loose lines with byhand's own pen. What is
fitted on most of the pages is judged on the rest, until all have judged. Forms and loose lines alone choose the
threshold, the one that is worse.
"""

import argparse
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass, fields
from functools import cache
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # Pages are read side by side, one a core.

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import amounts
import byhand
import hard_tables
import hardships
import pages
from byhand.data.datasets import Split
from byhand.data.hands.digits import in_some_hand
from byhand.data.validation import set_aside
from byhand.learning import recipe_files
from byhand.reading.numbers.certainty import Evidence
from byhand.reading.pages import read
from byhand.types import Json
from common import model_of, write_result
from whole_numbers import overlap

OUT = Path(byhand.__file__).parent / "reading" / "numbers" / "certainty.json"
SEED = 2028
WRONG = 0.01  # of the unmarked numbers, at most
STRENGTH = 20.0  # how strongly weights are held small, of evidence of standard deviation one
FOLDS = 8
BINS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0)

KINDS = ("forms", "freely", "tables", "forms", "harder", "freely", "forms", "pages", "hard", "freely")  # in turns
JUDGED = ("forms", "freely")  # by which the threshold is chosen; on hard pages digits themselves are mistaken

Floats = NDArray[np.float64]
Written = tuple[str, amounts.Box]
Page = tuple[NDArray[np.uint8], list[Written]]  # and what is written where


@dataclass(frozen=True)
class Seen:
    """A number that was read on a page: its evidence, and whether it is right."""

    page: int
    evidence: Evidence
    right: bool


@cache
def split() -> Split:
    """Return the training images that the recipe sets aside."""
    recipe = recipe_files.read("reader").recipe
    _, aside = set_aside(byhand.load().train, recipe.validation, recipe.seed)
    assert aside is not None
    return aside


def hard_table(rng: np.random.Generator, split: Split) -> amounts.Form:
    """Make a table of some hard kind."""
    return hard_tables.make(rng, split, str(rng.choice(tuple(hard_tables.KINDS))))


FORMS: dict[str, Callable[[np.random.Generator, Split], amounts.Form]] = {
    "forms": amounts.make_form,
    "tables": amounts.make_table,
    "hard": hard_table,
}


def freely(rng: np.random.Generator, split: Split) -> Page:
    """Make a page of long numbers as people write them who keep to no line, half of them in our own pen."""
    height, lines = float(rng.uniform(28, 60)), int(rng.integers(1, 5))
    sheet = Image.new("L", (int(height * 15), int(height * (2 * lines + 1))), 0)
    own, apart, loose = rng.random() < 0.5, rng.uniform(0.1, 0.9), rng.uniform(0.02, 0.09)
    written: list[Written] = []
    for line in range(lines):
        x = height * rng.uniform(0.6, 1.2)
        for _ in range(int(rng.integers(3, 12))):
            label = int(rng.integers(10))
            near = np.flatnonzero(split.labels == label)
            image = in_some_hand(label, rng) if own else split.images[rng.choice(near)]
            ink = Image.fromarray(image).crop(Image.fromarray(image).point(lambda p: 255 * (p > 60)).getbbox())
            size = height * rng.normal(1, 2 * loose) / ink.height
            ink = ink.resize((max(round(ink.width * size), 2), max(round(ink.height * size), 2)))
            top = height * (2 * line + 1.8 + rng.normal(0, loose)) - ink.height
            if x + ink.width > sheet.width - height / 2:
                break
            sheet.paste(255, (round(x), round(top)), ink)
            written.append((str(label), (x, top, x + ink.width, top + ink.height)))
            x += ink.width + height * apart * rng.uniform(0.5, 1.5)
    dark = np.asarray(sheet, float) / 255 * rng.uniform(0.6, 1)
    paper = rng.uniform(200, 255) + rng.normal(0, rng.uniform(0, 4), dark.shape)
    return np.clip(paper * (1 - dark), 0, 255).astype(np.uint8), written


def kind_of(k: int) -> str:
    """Return of what kind a page is."""
    return KINDS[k % len(KINDS)]


def page_of(k: int) -> Page:
    """Make a page: such as `KINDS` says."""
    rng = np.random.default_rng([SEED, k])
    kind = kind_of(k)
    if kind == "freely":
        return freely(rng, split())
    if kind in FORMS:
        form = FORMS[kind](rng, split())
        return form.image, [(cell.text, cell.box) for row in form.rows for cell in row if cell]
    harder = str(rng.choice([*hardships.MAKERS, "fine"]))
    page = pages.make(rng, split()) if kind == "pages" else hardships.make(rng, split(), kind=harder)
    written: list[Written] = []
    for number in (number for line in page.lines for number in line):
        lefts, tops, rights, bottoms = zip(*(glyph.box for glyph in number), strict=True)
        box = (min(lefts), min(tops), max(rights), max(bottoms))
        written.append(("".join(str(glyph.label) for glyph in number), box))
    return page.image, written


def has_middle(outer: Sequence[float], inner: amounts.Box) -> bool:
    """Tell whether the middle of a box lies in another one."""
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]


def seen(job: tuple[str | None, int]) -> list[Seen]:
    """Read a page; this runs in a process of its own."""
    image, written = page_of(job[1])
    result = []
    for number in read(image, model_of(job[0])).numbers:
        assert number.evidence is not None
        if kind_of(job[1]) == "freely":  # Nobody knows where such a number ends: what is told as one is to be right.
            right = number.text == "".join(text for text, box in written if has_middle(number.box, box))
        else:
            text, box = max(written, key=lambda one: overlap(one[1], number.box))
            right = overlap(box, number.box) > 0.1 and text == number.text
        result.append(Seen(job[1], number.evidence, right))
    return result


def fitted(x: Floats, y: Floats, *, signed: bool = False) -> Floats:
    """Return the weights of a logistic model, the first for always, by Newton's method.

    Unless they may be `signed`, none of the others is below 0: more evidence never makes a reading less certain.
    """
    middle, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    x = np.column_stack((np.ones(len(x)), (x - middle) / spread))
    held = STRENGTH * np.eye(x.shape[1])
    held[0, 0] = 0
    w, free = np.zeros(x.shape[1]), np.ones(x.shape[1], bool)
    while True:
        for _ in range(50):
            p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
            bend = (x.T * (p * (1 - p))) @ x + held
            step = np.linalg.solve(bend[np.ix_(free, free)], (x.T @ (y - p) - held @ w)[free])
            w[free] += step * min(1.0, 3 / float(np.abs(step).max()))
        below = free & (w < 0)
        below[0] = False
        if signed or not below.any():
            break
        free &= ~below
        w[below] = 0
    w[1:] /= spread
    w[0] -= w[1:] @ middle
    return w


def usual(x: Floats) -> Floats:
    """Return from where on each part of the evidence counts no more."""
    return np.asarray(np.median(x, axis=0), np.float64)


def said(w: Floats, x: Floats) -> Floats:
    """Return the probabilities that the model gives."""
    return np.asarray(1 / (1 + np.exp(-(w[0] + x @ w[1:]))), np.float64)


def threshold(p: Floats, right: Floats) -> float:
    """Return the least probability from which on few enough are wrong; 1 if there is none."""
    order = np.argsort(p)[::-1]
    wrong = np.cumsum(1 - right[order]) / np.arange(1, len(p) + 1)
    enough = np.flatnonzero(wrong <= WRONG)
    return float(p[order][enough[-1]]) if len(enough) else 1.0


def reliability(p: Floats, right: Floats) -> list[Json]:
    """Return how many numbers of each probability there are, and how many of them are right."""
    rows: list[Json] = []
    for low, high in pairwise(BINS):
        some = (p >= low) & ((p < high) | (high == BINS[-1]))
        if some.any():
            rows.append({"from": low, "n": int(some.sum()), "said": p[some].mean(), "right": right[some].mean()})
    return rows


def fit(rows: Sequence[Seen]) -> tuple[dict[str, Json], dict[str, Json]]:
    """Return the calibration, and how good it is on pages that it was not fitted on."""
    x = np.array([astuple(row.evidence) for row in rows], float)
    right = np.array([row.right for row in rows], float)
    fold = np.array([row.page for row in rows]) // len(KINDS) % FOLDS  # Of each kind of page every fold has some.
    p = np.empty(len(rows))
    for part in (fold == k for k in range(FOLDS)):
        most = usual(x[~part])
        p[part] = said(fitted(np.minimum(x[~part], most), right[~part]), np.minimum(x[part], most))
    kinds = np.array([kind_of(row.page) for row in rows])
    least = max(threshold(p[kinds == kind], right[kinds == kind]) for kind in JUDGED)
    most = usual(x)
    w = fitted(np.minimum(x, most), right)
    names = [field.name for field in fields(Evidence)]
    model: dict[str, Json] = {
        "always": round(float(w[0]), 4),
        "weights": {name: round(float(value), 4) for name, value in zip(names, w[1:], strict=True)},
        "usual": {name: round(float(value), 4) for name, value in zip(names, most, strict=True)},
        "threshold": round(least, 4),
    }
    unmarked = p >= least
    told: dict[str, Json] = {
        "n": len(rows),
        "right": right.mean(),
        "threshold": least,
        "unmarked": unmarked.mean(),
        "wrong_among_unmarked": 1 - right[unmarked].mean(),
        "right_and_marked": 1 - unmarked[right == 1].mean(),
        "kinds": {
            kind: {
                "n": int((kinds == kind).sum()),
                "right": right[kinds == kind].mean(),
                "unmarked": unmarked[kinds == kind].mean(),
                "wrong_among_unmarked": 1 - right[(kinds == kind) & unmarked].mean(),
            }
            for kind in dict.fromkeys(KINDS)
        },
        "reliability": reliability(p, right),
    }
    return model, told


def main() -> None:
    """Fit, and write what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?")
    parser.add_argument("--pages", type=int, default=300)
    options = parser.parse_args()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        rows = [row for some in pool.map(seen, [(options.model, k) for k in range(options.pages)]) for row in some]
    model, told = fit(rows)
    source = {"by": "benchmarks/certainty.py", "pages": options.pages, "numbers": len(rows)}
    OUT.write_text(json.dumps({**model, **source}, indent=2) + "\n", "utf-8")
    write_result("certainty", told)
    print(json.dumps({**model, **told}, indent=2))


if __name__ == "__main__":
    main()
