"""How byhand reads drawings, other people's digits and whole pages, and how it refuses what is none.

    python benchmarks/reading.py [MODEL] [--fashion FOLDER] [--worst FOLDER] [--quick]

takes a few minutes and writes results/reading.json. MODEL is a file, the model that comes with byhand if not given.
FOLDER with Fashion-MNIST's four files adds clothes to what must be refused. `--worst` writes the pages that were read
worst as PNG files, with what was found on them, for looking at. `--quick` measures a tenth of it all and writes no
results.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import cast

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # Pages are read side by side, one a core.

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from sklearn.datasets import load_digits

import byhand
import hardships
import pages
from byhand.images.prepare import Prepared, prepare
from byhand.reading.answers import Answer, answer, prepared_for, recognize, recognize_prepared
from byhand.reading.numbers.patterns import UNREAD
from byhand.reading.pages import Page as Found
from byhand.reading.pages import read
from byhand.types import Json
from common import model_of, write_result

Bytes = NDArray[np.uint8]
Box = tuple[float, float, float, float]

DRAWINGS = Path(__file__).parent.parent / "tests" / "data" / "drawings.json"
SEED = 2026
CANVAS = 280  # pixels a side, as the drawing pad of a web page has
MARGIN = 4
PAGES = 20  # of each kind
REASONS = ("not found", "misread", "refused (?)", "split", "joined", "invented")


def looked_at(source: Image.Image | Bytes, model: byhand.Model) -> tuple[Prepared, Answer]:
    """Do as `byhand.recognize`, and return how the picture was prepared too."""
    prepared = prepared_for(source, model)
    return prepared, recognize_prepared(prepared, model)


def share(flags: Iterable[bool]) -> float | None:
    """Return how many of the flags are true, 0…1; None if there are none."""
    seen = list(flags)
    return mean(map(float, seen)) if seen else None


def answers(labels: Sequence[str], given: Sequence[Answer]) -> dict[str, Json]:
    """Return how often the best guess was right, how often it was given as an answer, and how often wrong then."""
    pairs = list(zip(labels, given, strict=True))
    return {
        "n": len(pairs),
        "best_guess_right": share(label == a.guesses[0][0] for label, a in pairs),
        "answered": share(a.name is not None for _, a in pairs),
        "wrong_among_answered": share(label != a.name for label, a in pairs if a.name is not None),
    }


def say(section: str, facts: Json) -> None:
    """Print a section's figures in a line."""

    def brief(value: Json) -> str:
        if isinstance(value, dict):
            return "  ".join(f"{key} {brief(each)}" for key, each in value.items() if not isinstance(each, list))
        return f"{value:.4g}" if isinstance(value, float) else str(value)

    print(f"{section}: {brief(facts)}", flush=True)


# Single digits ----------------------------------------------------------------------------------------------------


def untouched(model: byhand.Model, some: slice) -> dict[str, Json]:
    """Read the test images as they are, with the model's threshold."""
    test = byhand.load().test.take(some)
    given = [answer(model, probabilities) for probabilities in model.predict_proba(test.images)]
    return {**answers([model.classes[k] for k in test.labels], given), "threshold": model.threshold}


def prepared_tests(model: byhand.Model, some: slice) -> dict[str, Json]:
    """Prepare the test images, which are prepared already, and read them."""
    test = byhand.load().test.take(some)
    images = np.stack([prepare(image).image for image in test.images])
    change = np.abs(images.astype(np.int16) - test.images)
    before, after = model.predict(test.images), model.predict(images)
    return {
        "n": len(test),
        "accuracy_as_they_are": float((before == test.labels).mean()),
        "accuracy_prepared": float((after == test.labels).mean()),
        "read_otherwise": float((before != after).mean()),
        "mean_change_of_pixels": float(change.mean()),
        "unchanged": float((change.max((1, 2)) == 0).mean()),
    }


def inked(rng: np.random.Generator, image: Bytes) -> NDArray[np.float64]:
    """Return a test digit as ink, 0 to 1, somewhere on a canvas: enlarged smoothly, so that its box is 24 to 240 px."""
    side = round(112 * float(np.exp(rng.uniform(np.log(0.3), np.log(3)))))
    large = np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))
    rows, columns = (np.flatnonzero((large > 0).any(axis)) for axis in (1, 0))
    large = large[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    size = max(CANVAS, max(large.shape) + 2 * MARGIN)
    canvas = np.zeros((size, size))
    top, left = (int(rng.integers(MARGIN, size - length - MARGIN + 1)) for length in large.shape)
    canvas[top : top + large.shape[0], left : left + large.shape[1]] = large / 255
    return canvas


def mixed(ink: NDArray[np.float64], paper: Sequence[float], pen: Sequence[float]) -> Bytes:
    """Return ink of one colour on paper of another."""
    return np.asarray(np.rint(ink[..., None] * (np.array(pen) - paper) + np.array(paper)), np.uint8)


def variants(rng: np.random.Generator, ink: NDArray[np.float64]) -> Iterator[tuple[str, Bytes]]:
    """Yield the ink in all colours that people draw in."""
    yield "black on white", mixed(ink, [255], [0])
    yield "white on black", mixed(ink, [0], [255])
    clear = mixed(ink, [0] * 4, [0] * 3 + [255])
    clear[..., :3] = rng.choice([0, 255])
    yield "on transparency", clear
    paper = rng.uniform(0, 255)
    pen = (paper + rng.uniform(60, 195)) % 255
    while abs(pen - paper) < 60:
        pen = rng.uniform(0, 255)
    yield "grey on grey", mixed(ink, [paper], [pen])
    colours = rng.uniform(0, 255, (2, 3))
    while np.abs(colours[0] - colours[1]).max() < 80:
        colours = rng.uniform(0, 255, (2, 3))
    yield "coloured", mixed(ink, *colours)


def canvases(model: byhand.Model, part: int) -> dict[str, Json]:
    """Read test digits drawn large, small, anywhere, in all colours: each of them in one of five ways."""
    rng, test = np.random.default_rng(SEED), byhand.load().test
    results: dict[str, list[tuple[str, Answer, bool]]] = {}
    for turn, position in enumerate(rng.permutation(len(test))[: 2000 // part]):
        ways = list(variants(rng, inked(rng, test.images[position])))
        name, pixels = ways[turn % len(ways)]
        prepared, given = looked_at(pixels, model)
        results.setdefault(name, []).append((model.classes[test.labels[position]], given, prepared.drawing))

    def facts(rows: list[tuple[str, Answer, bool]]) -> dict[str, Json]:
        labels, given, drawn = zip(*rows, strict=True)
        return {**answers(labels, given), "taken_for_drawings": share(drawn)}

    return {
        "all": facts([row for rows in results.values() for row in rows]),
        **{name: facts(rows) for name, rows in results.items()},
    }


def optdigits(model: byhand.Model, part: int) -> dict[str, Json]:
    """Read scikit-learn's digits, by other people, 8×8 pixels."""
    digits = load_digits()
    images = np.rint(digits.images[::part] * (255 / 16)).astype(np.uint8)
    return answers([str(k) for k in digits.target[::part]], [looked_at(image, model)[1] for image in images])


# Drawings ---------------------------------------------------------------------------------------------------------


def rendered(drawing: dict[str, Json], canvas: int, fine: int = 4) -> Bytes:
    """Return the strokes of a round brush, black on white, with smooth edges."""
    image = Image.new("L", (canvas * fine, canvas * fine), 255)
    draw, radius = ImageDraw.Draw(image), cast("float", drawing["brush"]) * fine / 2
    for stroke in cast("list[list[tuple[float, float]]]", drawing["strokes"]):
        points = [(x * fine, y * fine) for x, y in stroke]
        draw.line(points, fill=0, width=round(2 * radius), joint="curve")
        for x, y in points:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=0)
    return np.asarray(image.resize((canvas, canvas), Image.Resampling.BOX))


def group_of(label: str) -> str:
    """Return what sort of drawing one of that label is."""
    if not label:
        return "blank"
    if label.isdigit():
        return "digits" if len(label) == 1 else "pairs"
    return "scribbles" if label == "scribble" else "letters and signs" if len(label) == 1 else "pictures"


def drawings(model: byhand.Model) -> dict[str, Json]:
    """Read the drawings that the tests have too: digits, and much else, to be refused."""
    stored = json.loads(DRAWINGS.read_text())
    rows: dict[str, list[tuple[str, str, Answer]]] = {}
    for drawing in stored["drawings"]:
        given = looked_at(rendered(drawing, stored["canvas"]), model)[1]
        rows.setdefault(group_of(drawing["label"]), []).append((drawing["label"], drawing["about"], given))
    digits = rows.pop("digits")

    def told(label: str, about: str, a: Answer) -> Json:
        read_as = a.name or f"refused, best guess {a.guesses[0][0]}: {a.reason}"
        return f"{label} ({about}) → {read_as}, {a.guesses[0][1]:.3f}"

    return {
        "digits": {
            "n": len(digits),
            "right": sum(a.name == label for label, _, a in digits),
            "refused": sum(a.name is None for _, _, a in digits),
            "wrong": sum(a.name not in (None, label) for label, _, a in digits),
            "best_guess_right": sum(a.guesses[0][0] == label for label, _, a in digits),
            "failures": [told(*row) for row in digits if row[2].name != row[0]],
        },
        **{
            name: {
                "n": len(group),
                "refused": sum(a.name is None for _, _, a in group),
                "failures": [told(*row) for row in group if row[2].name],
            }
            for name, group in rows.items()
        },
    }


# What is no digit -------------------------------------------------------------------------------------------------


def strangers(fashion: str | None, part: int) -> Iterator[tuple[str, Iterable[Bytes]]]:
    """Yield sets of pictures without any digit."""
    rng = np.random.default_rng(SEED)
    colours = [[255], [0], [128], [250, 240, 205], [30, 60, 200], [0, 0, 0, 0], [255, 255, 255, 0]]
    sizes = [(1, 1), (28, 28), (64, 64), (100, 100), (280, 280), (480, 640), (1500, 2000)]
    yield "blank", (np.full((*size, len(c)), c, np.uint8) for size in sizes for c in colours)
    for side, n in ((28, 1000 // part), (100, 300 // part)):
        shape = (n, side, side)
        yield f"uniform noise, {side}×{side}", rng.integers(0, 256, shape).astype(np.uint8)
        yield f"Gaussian noise, {side}×{side}", np.clip(rng.normal(128, 40, shape), 0, 255).astype(np.uint8)
        paper, salted = rng.choice([0, 128, 255], (n, 1, 1)), rng.random(shape) < rng.uniform(0.02, 0.3, (n, 1, 1))
        salt = rng.choice([0, 255], shape)
        yield f"salt and pepper, {side}×{side}", np.where(salted, salt, paper).astype(np.uint8)
    if fashion:
        yield "Fashion-MNIST", byhand.load(fashion).test.images[:: 2 * part]


def refusals(model: byhand.Model, fashion: str | None, part: int) -> dict[str, Json]:
    """Return how much of what is no digit is refused."""
    result: dict[str, Json] = {}
    for name, images in strangers(fashion, part):
        refused = [looked_at(image, model)[1].name is None for image in images]
        result[name] = {"n": len(refused), "refused": share(refused)}
    return result


# Pages ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reported:
    """One digit that byhand reports: its box, what it says, and in which number (line, number) it stands where."""

    box: Box
    text: str
    number: tuple[int, int]
    place: int


@dataclass(frozen=True)
class Score:
    """How one page was read: counts, and why the rest failed.

    `exact` has the length of every number, and whether exactly its digits were read as one number.
    """

    kind: str
    seed: int
    n: int
    found: int
    right: int
    reported: int
    exact: tuple[tuple[int, bool], ...]
    reasons: Counter[str]
    seconds: float

    @property
    def badness(self) -> float:
        """Tell how much a look at the page is worth: failures, of a long page a little less."""
        return float(self.reasons.total() / np.sqrt(self.n))


def overlaps(ones: Sequence[Box], others: Sequence[Box]) -> tuple[NDArray[np.float64], ...]:
    """Return the common area of each pair of boxes, as a share of both together, of the one, and of the other."""
    a, b = (np.array(boxes, float).reshape(-1, 4) for boxes in (ones, others))
    sides = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    common = np.maximum(sides, 0).prod(2)
    one, other = ((boxes[:, 2:] - boxes[:, :2]).prod(1) for boxes in (a, b))
    return common / (one[:, None] + other - common), common / one[:, None], common / other


def matched(iou: NDArray[np.float64], least: float = 0.4) -> dict[int, int]:
    """Return which box is which, one to one, the best fits first."""
    pairs: dict[int, int] = {}
    for k in np.argsort(-iou, axis=None, kind="stable"):
        i, j = (int(n) for n in np.unravel_index(k, iou.shape))
        if iou[i, j] <= least:
            break
        if i not in pairs and j not in pairs.values():
            pairs[i] = j
    return pairs


def failures(
    truth: Sequence[pages.Glyph], reported: Sequence[Reported], pairs: dict[int, int], right: set[int]
) -> Counter[str]:
    """Return why digits were not read right, and how many were read where there are none."""
    _, of_truth, of_reported = overlaps([g.box for g in truth], [r.box for r in reported])
    reasons: Counter[str] = Counter(dict.fromkeys(REASONS, 0))
    spare = set(range(len(reported))) - set(pairs.values())
    for i in set(range(len(truth))) - right:
        covering = np.flatnonzero(of_truth[i] > 0.6)
        pieces = [j for j in {*spare, *([pairs[i]] if i in pairs else [])} if of_reported[i, j] > 0.6]
        if any((of_truth[:, j] > 0.6).sum() > 1 and pairs.get(i, j) == j for j in covering):
            reasons["joined"] += 1
        elif len(pieces) > 1:
            reasons["split"] += 1
        elif i in pairs:
            reasons["refused (?)" if reported[pairs[i]].text == UNREAD else "misread"] += 1
        else:
            reasons["not found"] += 1
    failed = [i for i in range(len(truth)) if i not in right]
    reasons["invented"] = sum(not (of_reported[failed, j] > 0.3).any() for j in spare)
    return reasons


def score(page: pages.Page, found: Found, kind: str, seed: int, seconds: float) -> Score:
    """Compare what byhand read on a page with what is written there."""
    reported = [
        Reported(digit.box, digit.text, (i, j), k)
        for i, line in enumerate(found.lines)
        for j, number in enumerate(line)
        for k, digit in enumerate(number)
    ]
    truth = [glyph for line in page.lines for number in line for glyph in number]
    pairs = matched(overlaps([g.box for g in truth], [r.box for r in reported])[0])
    right = {i for i, j in pairs.items() if reported[j].text == str(truth[i].label)}
    lengths = Counter(r.number for r in reported)
    exact: list[tuple[int, bool]] = []
    start = 0
    for number in (number for line in page.lines for number in line):
        digits = range(start, start + len(number))
        start += len(number)
        same = right.issuperset(digits) and lengths[reported[pairs[digits[0]]].number] == len(number)
        places = [(reported[pairs[i]].number, reported[pairs[i]].place) for i in digits] if same else []
        exact.append((len(number), same and places == [(places[0][0], k) for k in range(len(number))]))
    reasons = failures(truth, reported, pairs, right)
    return Score(kind, seed, len(truth), len(pairs), len(right), len(reported), tuple(exact), reasons, seconds)


def page_of(kind: str, seed: int) -> pages.Page:
    """Make one of the pages that are measured."""
    rng = np.random.default_rng([SEED, hardships.KINDS.index(kind), seed])
    return hardships.make(rng, byhand.load().test, kind=kind)


def read_page(path: str | None, kind: str, seed: int) -> tuple[pages.Page, Found, Score]:
    """Make a page, read it, and compare."""
    page, model = page_of(kind, seed), model_of(path)
    began = time.perf_counter()
    found = read(page.image, model)
    seconds = time.perf_counter() - began
    return page, found, score(page, found, kind, seed, seconds)


def scored(job: tuple[str | None, str, int]) -> Score:
    """Return how a page was read; this runs in a process of its own."""
    return read_page(*job)[2]


def summary(scores: Sequence[Score]) -> dict[str, Json]:
    """Return the figures of some pages."""
    n, right, reported = (sum(getattr(s, name) for s in scores) for name in ("n", "right", "reported"))
    exact = [pair for s in scores for pair in s.exact]
    four = [whole for length, whole in exact if length == 4]
    return {
        "pages": len(scores),
        "n": n,
        "recall": right / n,
        "precision": right / reported if reported else None,
        "found": sum(s.found for s in scores) / n,
        "numbers": len(exact),
        "exact_numbers": share(whole for _, whole in exact),
        "numbers_of_4": len(four),
        "exact_numbers_of_4": share(four),
        "pages_all_right": share(not s.reasons.total() and all(whole for _, whole in s.exact) for s in scores),
        "mean_seconds": mean(s.seconds for s in scores),
        "failures": {reason: sum(s.reasons[reason] for s in scores) for reason in REASONS},
    }


def whole_pages(path: str | None, worst: str | None, part: int) -> dict[str, Json]:
    """Read generated pages of every kind."""
    jobs = [(path, kind, seed) for kind in hardships.KINDS for seed in range(PAGES // part)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        scores = list(pool.map(scored, jobs))
    result: dict[str, Json] = {  # "all" are the first kinds alone, so that figures stay comparable.
        "all": summary([s for s in scores if s.kind in pages.DRAWN]),
        "harder": summary([s for s in scores if s.kind not in pages.DRAWN]),
    }
    for kind in hardships.KINDS:
        result[kind] = facts = summary([s for s in scores if s.kind == kind])
        say(f"  {kind}", facts)
    if worst:
        Path(worst).mkdir(parents=True, exist_ok=True)
        for rank, s in enumerate(sorted(scores, key=lambda s: -s.badness)[:12]):
            annotated(path, s.kind, s.seed).save(Path(worst) / f"{rank:02d}-{s.kind}-{s.seed}.png")
    return result


def annotated(path: str | None, kind: str, seed: int) -> Image.Image:
    """Return a page with what is written there in green and, beside it, what byhand read, with boxes."""
    page, found, result = read_page(path, kind, seed)
    plain = Image.fromarray(page.image).convert("RGB")
    marked = plain.copy()
    draw = ImageDraw.Draw(marked)
    for line in page.lines:
        for glyph in (glyph for number in line for glyph in number):
            draw.rectangle(glyph.box, outline=(0, 200, 0))
    for digit in found.digits:
        draw.rectangle(digit.box, outline=(255, 0, 0), width=2)
        draw.text((digit.box[0], max(digit.box[1] - 20, 0)), digit.text, fill=(255, 0, 255), font_size=20)
    wide = plain.width < 1.3 * plain.height
    second = (plain.width, 0) if wide else (0, plain.height)
    size = (plain.width * (1 + wide), plain.height * (2 - wide))
    reasons = ", ".join(f"{n} {reason}" for reason, n in result.reasons.items() if n)
    words = f"{kind} {seed}: {result.right} of {result.n} right; {reasons}\n{', '.join(page.traits)}"
    text = f"{words}\n\nwritten\n{page.text}\n\nread\n{found.text}"
    sheet = Image.new("RGB", (size[0] + 420, max(size[1], 18 * (text.count("\n") + 2))), (255, 255, 255))
    sheet.paste(plain, (0, 0))
    sheet.paste(marked, second)
    ImageDraw.Draw(sheet).text((size[0] + 8, 4), text, fill=(0, 0, 0), font_size=14)
    return sheet


# Times ------------------------------------------------------------------------------------------------------------

READ_FILE = """
import re, sys, time
from pathlib import Path
from byhand.model import Model
from byhand.reading.pages import read
model = Model.load(sys.argv[2]) if len(sys.argv) > 2 else Model.load()
times = []
for _ in range(3):
    began = time.perf_counter()
    page = read(sys.argv[1], model)
    times.append(time.perf_counter() - began)
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(min(times), int(peak[1]) / 1024, len(page.digits))
"""


def times(path: str | None) -> dict[str, Json]:
    """Time a photo of 12 megapixels, in a process of its own, and one drawing."""
    page = pages.make(np.random.default_rng([SEED, 50]), byhand.load().test, kind="paper", n_digits=50)
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.jpg"
        image = Image.fromarray(page.image).convert("RGB")
        image.resize((4000, 3000), Image.Resampling.BICUBIC).save(file, quality=85)
        command = [sys.executable, "-c", READ_FILE, str(file), *([path] if path else [])]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    seconds, peak, n_digits = (float(word) for word in done.stdout.split())
    stored = json.loads(DRAWINGS.read_text())
    drawing = rendered(stored["drawings"][0], stored["canvas"])
    model = byhand.Model.load(path) if path else byhand.Model.load()
    reader = model.compile()
    each: list[float] = []
    for _ in range(210):
        began = time.perf_counter()
        recognize(drawing, reader)
        each.append(1000 * (time.perf_counter() - began))
    return {
        "page": {"pixels": [4000, 3000], "n_digits": int(n_digits), "seconds": seconds, "peak_MiB": peak},
        "drawing": {"pixels": list(drawing.shape), "milliseconds": median(each[10:]), "n": 200},
    }


def main() -> None:
    """Measure everything and write the file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", nargs="?")
    parser.add_argument("--fashion")
    parser.add_argument("--worst")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    model, part = model_of(options.model), 10 if options.quick else 1
    sections: dict[str, Callable[[], dict[str, Json]]] = {
        "untouched": lambda: untouched(model, slice(None, None, part)),
        "prepared": lambda: prepared_tests(model, slice(None, None, part)),
        "canvases": lambda: canvases(model, part),
        "drawings": lambda: drawings(model),
        "optdigits": lambda: optdigits(model, part),
        "refusals": lambda: refusals(model, options.fashion, part),
        "pages": lambda: whole_pages(options.model, options.worst, part),
        "times": lambda: times(options.model),
    }
    result: dict[str, Json] = {"model": {"parameters": len(model.theta), "threshold": model.threshold}, "seed": SEED}
    for name, measure in sections.items():
        began = time.perf_counter()
        result[name] = facts = measure()
        say(f"{name} [{time.perf_counter() - began:.0f} s]", facts)
    if not options.quick:
        write_result("reading", result, packages=("scikit-image", "scipy", "pillow"))


if __name__ == "__main__":
    main()
