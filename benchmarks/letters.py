"""How byhand refuses letters and signs that it never saw: those of handwriting fonts, one in a picture.

    python benchmarks/letters.py FOLDER [MODEL] [--worst FILE.png]

FOLDER has fonts (.ttf, .otf, .woff) of people's handwriting somewhere in it, such as Caveat or Indie Flower.
Takes a minute and writes results/letters.json. `--worst` writes a sheet of what is taken for a digit, for
looking at. None of these shapes is learned from.
"""

import argparse
import os
import string
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # Fonts are read side by side, one a core.

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from byhand.reading.answers import recognize
from byhand.types import Json
from common import model_of, write_result

SEED = 17
HEIGHT, SQUARE, MARGIN = 90, 260, 14  # pixels: of the font, of what it is drawn on, and around the ink
ABSENT = "\ue123"  # A character that no font has: it is drawn as what is missing.
LIKE_DIGITS = "OoIlSsZzbgq"  # Alone in a picture, nobody can tell them from 0, 1, 5, 2, 6 and 9.
KINDS = {
    "letters": "".join(sorted(set(string.ascii_letters) - set(LIKE_DIGITS))),
    "letters like digits": LIKE_DIGITS,
    "mathematical signs": "+-=()[]{}%<>!*~±×÷≠≤≥≈√∞∫∑∏∂π",
    "signs like a 1": "/|\\^",  # In many countries a 1 has an upstroke as long as itself.
    "other signs": "#$&@?§¶€£¥",
    "digits": string.digits,
}


@dataclass(frozen=True)
class Seen:
    """A picture of a character, and what was said of it."""

    kind: str
    character: str
    name: str | None
    picture: NDArray[np.uint8]


def drawn(font: ImageFont.FreeTypeFont, character: str, slant: float, degrees: float) -> NDArray[np.uint8] | None:
    """Return a character, black on white; None if the font has it not."""
    mask = font.getmask(character)
    if not mask.size[0] or bytes(mask) == bytes(font.getmask(ABSENT)):
        return None
    image = Image.new("L", (SQUARE, SQUARE), 0)
    ImageDraw.Draw(image).text((80, 70), character, font=font, fill=255)
    how = Image.Resampling.BICUBIC
    slanted = (1, slant, -slant * SQUARE / 2, 0, 1, 0)
    turned = image.rotate(degrees, how).transform(image.size, Image.Transform.AFFINE, slanted, how)
    box = turned.getbbox()
    return None if box is None else 255 - np.pad(np.asarray(turned.crop(box)), MARGIN)


def read_font(path: str | None, file: Path, seed: int) -> list[Seen]:
    """Read every character of a font twice, as it is and in another slant; this runs in a process of its own."""
    rng, font, seen = np.random.default_rng([SEED, seed]), ImageFont.truetype(file, HEIGHT), []
    for kind, characters in KINDS.items():
        for character in characters:
            for slant, degrees in ((0.0, 0.0), (rng.uniform(-0.1, 0.3), rng.uniform(-8, 8))):
                picture = drawn(font, character, slant, degrees)
                if picture is not None:
                    seen.append(Seen(kind, character, recognize(picture, model_of(path)).name, picture))
    return seen


def figures(seen: list[Seen]) -> Iterator[tuple[str, dict[str, Json]]]:
    """Yield the figures of every kind."""
    for kind in KINDS:
        some = [one for one in seen if one.kind == kind]
        answered = [one for one in some if one.name is not None]
        facts: dict[str, Json] = {"n": len(some), "refused": 1 - len(answered) / len(some)}
        if kind == "digits":
            facts["wrong_among_answered"] = mean(one.name != one.character for one in answered)
        else:
            taken = Counter(f"{one.character} for {one.name}" for one in answered)
            facts["taken"] = dict(taken.most_common(20))
        yield kind, facts


def write_sheet(path: Path, seen: list[Seen], across: int = 24, cell: int = 60) -> None:
    """Write the letters and signs that people tell from digits and that were taken for one."""
    wrong = [one for one in seen if one.name is not None and one.kind != "digits" and "like" not in one.kind]
    sheet = Image.new("L", (across * cell, max(-(-len(wrong) // across), 1) * (cell + 12)), 255)
    for k, one in enumerate(wrong):
        picture = Image.fromarray(one.picture)
        picture.thumbnail((cell - 4, cell - 4))
        corner = k % across * cell, k // across * (cell + 12)
        sheet.paste(picture, corner)
        ImageDraw.Draw(sheet).text((corner[0] + 2, corner[1] + cell - 4), f"for {one.name}", fill=0)
    sheet.save(path)


def main() -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("model", nargs="?")
    parser.add_argument("--worst", type=Path)
    options = parser.parse_args()
    files = sorted(path for path in options.folder.rglob("*") if path.suffix in (".ttf", ".otf", ".woff"))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        read = pool.map(read_font, [options.model] * len(files), files, range(len(files)))
        seen = [one for some in read for one in some]
    result: dict[str, Json] = {"model": options.model or "reader", "fonts": [path.stem for path in files]}
    for kind, facts in figures(seen):
        result[kind] = facts
        print(kind, facts)
    if options.worst:
        write_sheet(options.worst, seen)
    if options.model is None:
        write_result("letters", result, ["pillow"])


if __name__ == "__main__":
    main()
