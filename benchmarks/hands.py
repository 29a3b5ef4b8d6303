"""How byhand reads handwriting that it never saw: single digits of real writers, and rows of them.

    python benchmarks/hands.py FOLDER [MODEL] [--part N] [--without WRITER,...] [--worst OUT]

FOLDER has `WRITER.zip` of `LABEL/NUMBER.png`, and `rows/` of pictures with `labels.csv` (file, text), as cut from the
forms of `kensanata/numbers` (CC0 1.0). Takes a few minutes and writes results/hands.json. `--part 10` measures a tenth
and writes nothing; `--worst` writes a sheet of what is read wrong, for looking at.
"""

import argparse
import csv
import io
import os
import time
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # Pictures are read side by side, one a core.

from PIL import Image, ImageDraw

from byhand.reading.answers import recognize
from byhand.reading.numbers.patterns import UNREAD
from byhand.reading.pages import read
from byhand.types import Json
from common import model_of, write_result

SHEET, CELL = 14, 110  # cells across a sheet of faults, and pixels a side
FEW = 20  # pictures that one process reads at a time


@dataclass(frozen=True)
class Picture:
    """A picture file's content, what is written on it, and by whom."""

    content: bytes
    text: str
    writer: str


@dataclass(frozen=True)
class Reading:
    """What was read: the best guess, the answer, with `?` for what was not answered, and whether it is marked."""

    picture: Picture
    guess: str
    answer: str
    seconds: float
    marked: bool = False


def singles(folder: Path) -> Iterator[Picture]:
    """Yield every single digit."""
    for path in sorted(folder.glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(".png"):
                    yield Picture(archive.read(name), name.split("/")[0], path.stem)


def rows(folder: Path) -> Iterator[Picture]:
    """Yield every row of digits."""
    with (folder / "rows" / "labels.csv").open() as file:
        for line in csv.DictReader(file):
            content = (folder / "rows" / line["file"]).read_bytes()
            yield Picture(content, line["text"], line["file"].rpartition("_")[0])


def recognized(path: str | None, pictures: Sequence[Picture]) -> list[Reading]:
    """Name single digits; this runs in a process of its own."""
    readings = []
    for picture in pictures:
        began = time.process_time()
        answer = recognize(picture.content, model_of(path))
        guess = answer.guesses[0][0] if answer.judged else ""
        readings.append(Reading(picture, guess, answer.name or UNREAD, time.process_time() - began))
    return readings


def read_rows(path: str | None, pictures: Sequence[Picture]) -> list[Reading]:
    """Read pictures as pages; this runs in a process of its own."""
    readings = []
    for picture in pictures:
        began = time.process_time()
        page = read(picture.content, model_of(path))
        seconds = time.process_time() - began
        guess = "".join(digit.answer.guesses[0][0] for digit in page.digits)
        answer = "".join(digit.text for digit in page.digits)
        readings.append(Reading(picture, guess, answer, seconds, UNREAD in page.text))
    return readings


def read_in(
    pool: ProcessPoolExecutor,
    reader: Callable[[str | None, Sequence[Picture]], list[Reading]],
    path: str | None,
    pictures: Sequence[Picture],
) -> list[Reading]:
    """Read pictures side by side, each process a few at a time."""
    parts = [pictures[k : k + FEW] for k in range(0, len(pictures), FEW)]
    return [reading for some in pool.map(reader, [path] * len(parts), parts) for reading in some]


def common(one: str, other: str) -> int:
    """Return the length of the longest text that both have in their order: how many digits were found and right."""
    lengths = [0] * (len(other) + 1)
    for a in one:
        before = lengths[:]
        for k, b in enumerate(other):
            lengths[k + 1] = before[k] + 1 if a == b else max(before[k + 1], lengths[k])
    return lengths[-1]


def of_singles(readings: Sequence[Reading]) -> dict[str, Json]:
    """Return the figures of single digits."""
    answered = [r for r in readings if r.answer != UNREAD]
    return {
        "n": len(readings),
        "best_guess_right": mean(r.guess == r.picture.text for r in readings),
        "answered": len(answered) / len(readings),
        "wrong_among_answered": mean(r.answer != r.picture.text for r in answered) if answered else None,
        "mean_seconds": mean(r.seconds for r in readings),
    }


def of_rows(readings: Sequence[Reading]) -> dict[str, Json]:
    """Return the figures of rows; one is not marked if there is no question mark in it or behind a number of it."""
    digits = sum(len(r.picture.text) for r in readings)
    unmarked = [r for r in readings if not r.marked]
    return {
        "n": len(readings),
        "digits": digits,
        "digits_right": sum(common(r.answer, r.picture.text) for r in readings) / digits,
        "digits_guessed_right": sum(common(r.guess, r.picture.text) for r in readings) / digits,
        "whole": mean(r.answer == r.picture.text for r in readings),
        "whole_guessed": mean(r.guess == r.picture.text for r in readings),
        "unmarked": len(unmarked) / len(readings),
        "wrong_among_unmarked": mean(r.answer != r.picture.text for r in unmarked) if unmarked else None,
        "mean_seconds": mean(r.seconds for r in readings),
    }


def by_writer(readings: Sequence[Reading]) -> dict[str, list[Reading]]:
    """Return the readings of each writer."""
    groups: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        groups[reading.picture.writer].append(reading)
    return dict(sorted(groups.items()))


def write_sheet(path: Path, readings: Sequence[Reading], wide: int) -> None:
    """Write the pictures that were read wrong, each with what is written, guessed and answered."""
    wrong = [r for r in readings if r.answer != r.picture.text]
    width, across = CELL * wide, max(SHEET // wide, 1)
    sheet = Image.new("L", (across * width, max(-(-len(wrong) // across), 1) * (CELL + 14)), 255)
    draw = ImageDraw.Draw(sheet)
    for k, reading in enumerate(wrong):
        x, y = k % across * width, k // across * (CELL + 14)
        picture = Image.open(io.BytesIO(reading.picture.content)).convert("L")
        picture.thumbnail((width - 4, CELL - 4))
        sheet.paste(picture, (x, y))
        told = f"{reading.picture.text}: {reading.guess} ({reading.answer}) {reading.picture.writer[:4]}"
        draw.text((x + 2, y + CELL - 2), told, fill=0)
    sheet.save(path)


def main() -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("model", nargs="?")
    parser.add_argument("--part", type=int, default=1)
    parser.add_argument("--without", default="", help="writers that the model has learned from, by their first letters")
    parser.add_argument("--worst", type=Path)
    options = parser.parse_args()
    learned = tuple(filter(None, options.without.split(",")))
    result: dict[str, Json] = {"model": options.model or "reader", "part": options.part}
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for name, pictures, reader, figures, wide in (
            ("singles", singles(options.folder), recognized, of_singles, 1),
            ("rows", rows(options.folder), read_rows, of_rows, 7),
        ):
            chosen = [p for p in pictures if not learned or not p.writer.startswith(learned)][:: options.part]
            readings = read_in(pool, reader, options.model, chosen)
            writers: dict[str, Json] = {writer: dict(figures(some)) for writer, some in by_writer(readings).items()}
            result[name] = {"all": figures(readings), **writers}
            for writer, facts in {"all": figures(readings), **writers}.items():
                print(name, writer, facts)
            if options.worst:
                options.worst.mkdir(parents=True, exist_ok=True)
                write_sheet(options.worst / f"{name}.png", readings, wide)
    if options.part == 1:
        write_result("hands", result, ["scikit-image"])


if __name__ == "__main__":
    main()
