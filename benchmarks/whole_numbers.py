"""How whole numbers with signs are read on forms, and whether a table's cells come out in their places.

    python benchmarks/whole_numbers.py [MODEL] [--part 5] [--worst FOLDER] [--only forms | tables | hard] [--first 100]

takes a few minutes and writes results/whole_numbers.json, unless only a part is measured. `--worst` writes pages with
faults, for looking at. Hard are the tables of hard_tables.py. `--first` makes other pages than those that were looked
at while byhand was made.
"""

import argparse
import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # Pages are read side by side, one a core.

import numpy as np
from PIL import Image

import amounts
import byhand
import hard_tables
from byhand.reading.numbers.number import Number
from byhand.reading.pages import read
from byhand.reading.tables.finding import Table, table_of
from byhand.types import Json
from common import model_of, write_result

SEED = 2027
PAGES = {"forms": 150, "tables": 100, "hard": 64}
HARD = tuple(hard_tables.KINDS)
SHAPES = ((8, 5), (5, 8))


@dataclass(frozen=True)
class Read:
    """One number of a page: what is written, what was read, and what is told of it."""

    page: int
    kind: str
    written: str
    read: str
    probability: float
    certain: bool


def form_of(which: str, seed: int) -> amounts.Form:
    """Make one of the pages that are measured."""
    rng, test = np.random.default_rng([SEED, {"forms": 0, "tables": 1, "hard": 2}[which], seed]), byhand.load().test
    if which == "forms":
        return amounts.make_form(rng, test, kind=amounts.FORMS[seed % len(amounts.FORMS)])
    if which == "hard":
        return hard_tables.make(rng, test, HARD[seed % len(HARD)])
    rows, columns = SHAPES[seed % len(SHAPES)]
    return amounts.make_table(rng, test, rows=rows, columns=columns)


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the common area of two boxes as a share of both together."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    tall = min(one[3], other[3]) - max(one[1], other[1])
    if wide <= 0 or tall <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return wide * tall / (sum(areas) - wide * tall)


def compared(seed: int, form: amounts.Form, found: Sequence[Number]) -> list[Read]:
    """Return what is written beside what was read in its place, and what was read where nothing is."""
    spare, result = list(found), []
    for cell in (cell for row in form.rows for cell in row if cell):
        best = max(spare, key=lambda number: overlap(number.box, cell.box), default=None)
        if best is None or overlap(best.box, cell.box) < 0.1:
            result.append(Read(seed, cell.kind, cell.text, "", 0.0, False))
            continue
        spare.remove(best)
        result.append(Read(seed, cell.kind, cell.text, best.text, best.probability, best.certain))
    return result + [Read(seed, "none", "", number.text, number.probability, number.certain) for number in spare]


def of_form(job: tuple[str | None, int]) -> list[Read]:
    """Read a form; this runs in a process of its own."""
    form = form_of("forms", job[1])
    return compared(job[1], form, read(form.image, model_of(job[0])).numbers)


def figures(rows: Sequence[Read]) -> dict[str, Json]:
    """Return how many numbers are whole, and how many of the unmarked are wrong."""
    written = [row for row in rows if row.written]
    unmarked = [row for row in rows if row.certain]
    wrong = sum(row.read != row.written for row in unmarked)
    return {
        "n": len(written),
        "whole": sum(row.read == row.written for row in written) / len(written),
        "unmarked": sum(row.certain for row in written) / len(written),
        "wrong_among_unmarked": wrong / max(len(unmarked), 1),
        "invented": len(rows) - len(written),
    }


def forms(path: str | None, which: str, numbers: Sequence[int], worst: Path | None) -> dict[str, Json]:
    """Read forms, and return the figures of all, and by kind of number."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        rows = [row for some in pool.map(of_form, [(path, k) for k in numbers]) for row in some]
    kinds = {kind: [row for row in rows if row.kind == kind] for kind in amounts.KINDS}
    with_signs = [row for row in rows if row.kind != "integer"]
    result: dict[str, Json] = {"all": figures(rows), "with signs": figures(with_signs)}
    result |= {kind: figures(some) for kind, some in kinds.items()}
    if worst:
        wrong = [row for row in rows if row.read != row.written]
        for page, _ in Counter(row.page for row in wrong).most_common(12):
            Image.fromarray(form_of(which, page).image).save(worst / f"form-{page:03d}.png")
        told = [f"{r.page} {r.written or '(nothing)'} → {r.read}  {r.probability:.3f} {r.certain}\n" for r in wrong]
        (worst / "forms.txt").write_text("".join(told))
    return result


def placed(form: amounts.Form, table: Table) -> bool:
    """Tell whether every cell of a table came out in its place: as many rows and columns, the same ones empty."""
    if len(table.rows) != len(form.rows) or table.columns != len(form.rows[0]):
        return False
    for written, found in zip(form.rows, table.rows, strict=True):
        for cell, numbers in zip(written, found, strict=True):
            if (cell is None) != (not numbers):
                return False
            if cell is not None and not any(overlap(number.box, cell.box) > 0.1 for number in numbers):
                return False
    return True


def of_table(job: tuple[str | None, str, int]) -> tuple[int, bool, list[Read]]:
    """Read a table; this runs in a process of its own."""
    path, which, number = job
    form = form_of(which, number)
    page = read(form.image, model_of(path))
    return number, placed(form, table_of(page)), compared(number, form, page.numbers)


def tables(path: str | None, which: str, numbers: Sequence[int], worst: Path | None) -> dict[str, Json]:
    """Read tables, and return the share of those in which every cell is in its place; of hard ones by kind too."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        seen = list(pool.map(of_table, [(path, which, k) for k in numbers]))
    if worst:
        for seed, right, _ in seen:
            if not right:
                form = form_of(which, seed)
                Image.fromarray(form.image).save(worst / f"{which}-{seed:03d}.png")
                table = table_of(read(form.image, model_of(path)))
                told = "\n".join(" | ".join(" ".join(n.text for n in c) for c in row) for row in table.rows)
                (worst / f"{which}-{seed:03d}.txt").write_text(f"{form.text}\n\n{told}\n\n{', '.join(form.traits)}\n")
    rows = [row for _, _, some in seen for row in some]
    kinds = {"all": [right for _, right, _ in seen]}
    if which == "hard":
        kinds |= {kind: [right for k, right, _ in seen if HARD[k % len(HARD)] == kind] for kind in HARD}
    result: dict[str, Json] = {
        kind: {"n": len(some), "in_place": sum(some) / max(len(some), 1)} for kind, some in kinds.items()
    }
    return {**result, "cells": figures(rows)}


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?")
    parser.add_argument("--part", type=int, default=1)
    parser.add_argument("--only", choices=PAGES)
    parser.add_argument("--worst", type=Path)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    if options.worst:
        options.worst.mkdir(parents=True, exist_ok=True)
    result: dict[str, Json] = {}
    for name, measure in (("forms", forms), ("tables", tables), ("hard", tables)):
        if options.only in (None, name):
            numbers = range(options.first, options.first + PAGES[name] // options.part)
            result[name] = facts = measure(options.model, name, numbers, options.worst)
            for kind, each in facts.items():
                print(f"{name}, {kind}: {each}", flush=True)
    if options.part == 1 and options.first == 0 and options.only is None:
        write_result("whole_numbers", result)


if __name__ == "__main__":
    main()
