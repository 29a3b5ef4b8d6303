"""What each part of reading is worth by itself: everything as it is, and with one part left out.

    python benchmarks/parts.py FOLDER [NAME=MODEL ...]

FOLDER is that of hands.py. A model is of the recipe `reader` with one thing changed, such as
`byhand train --recipe reader --hands 0 --out runs/no-hands`. Takes a minute for each, and writes
results/parts.json. Nothing is fitted anew for what is left: so it may be worth a little less than it seems.
"""

import argparse
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from unittest.mock import patch

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # Pictures are read side by side, one a core.

import hands
import hardships
import reading
import whole_numbers
from byhand.images.ink.margins import without_margins
from byhand.images.limits import Effort
from byhand.images.paper import look
from byhand.images.pictures import Picture
from byhand.images.prepare import Prepared
from byhand.images.prepare import proposals as all_ways
from byhand.model import AnyModel
from byhand.reading import answers, proposals, sharing
from byhand.reading import pages as page_reading
from byhand.reading.answers import Answer, answer
from byhand.reading.numbers import assembling
from byhand.types import Bytes, Floats, Json
from common import write_result

SINGLES, PAGES, FORMS = 8, 6, 40  # every eighth digit, pages of a kind, and forms


def one_way() -> None:
    """Look at a picture in one way only, whatever the network says of it."""

    def of_page(pixels: Bytes, model: AnyModel, effort: Effort) -> proposals.Reading:
        return proposals._View.of(look(without_margins(pixels)), effort).read(proposals.Way(), model, effort)

    def of_digit(picture: Picture) -> Iterator[Prepared]:
        return islice(all_ways(picture), 1)

    patch.object(page_reading, "read_pixels", of_page).start()
    patch.object(answers, "proposals", of_digit).start()


def probability_alone() -> None:
    """Share out strokes by the network's probability, without a word of sizes, gaps and cuts."""
    patch.object(sharing, "WEIGHTS", (0.0, 1.0, *[0.0] * 6)).start()


def no_patterns() -> None:
    """Read signs by their places, without a word of how people write amounts, dates and times."""
    patch.object(assembling, "log_prior", return_value=0.0).start()


def each_by_itself() -> None:
    """Believe a digit from the threshold on, wherever it stands."""

    def alone(model: AnyModel, probabilities: Floats, *, among_digits: bool) -> Answer:  # noqa: ARG001 - as it is called
        return answer(model, probabilities)

    patch.object(assembling, "answer", alone).start()


LEFT_OUT: dict[str, Callable[[], None]] = {
    "everything as it is": lambda: None,
    "one way to look at a picture": one_way,
    "strokes shared out by the network's probability alone": probability_alone,
    "no patterns of numbers": no_patterns,
    "every digit believed by itself": each_by_itself,
}


def measured(change: Callable[[], None], model: str | None, folder: Path) -> dict[str, Json]:
    """Return the figures of given writers, generated pages and forms with something changed."""
    with ProcessPoolExecutor(os.cpu_count(), initializer=change) as pool:
        singles, rows = list(hands.singles(folder))[::SINGLES], list(hands.rows(folder))
        single = hands.of_singles(hands.read_in(pool, hands.recognized, model, singles))
        row = hands.of_rows(hands.read_in(pool, hands.read_rows, model, rows))
        jobs = [(model, kind, seed) for kind in hardships.KINDS for seed in range(PAGES)]
        page = reading.summary(list(pool.map(reading.scored, jobs)))
        forms = pool.map(whole_numbers.of_form, [(model, k) for k in range(FORMS)])
        form = whole_numbers.figures([read for some in forms for read in some])
    return {
        "single_digits": {name: single[name] for name in ("n", "best_guess_right", "answered", "wrong_among_answered")},
        "rows": {name: row[name] for name in ("n", "digits_right", "whole")},
        "pages": {name: page[name] for name in ("n", "recall", "numbers", "exact_numbers")},
        "forms": {name: form[name] for name in ("n", "whole", "unmarked", "wrong_among_unmarked")},
    }


def main() -> None:
    """Measure everything, print, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("models", nargs="*", metavar="NAME=MODEL")
    options = parser.parse_args()
    models = dict(named.split("=", 1) for named in options.models)
    tried: dict[str, tuple[Callable[[], None], str | None]] = {name: (way, None) for name, way in LEFT_OUT.items()}
    tried |= {name: (LEFT_OUT["everything as it is"], model) for name, model in models.items()}
    rows: list[Json] = []
    for name, (change, model) in tried.items():
        row: dict[str, Json] = {"left_out": name, **measured(change, model, options.folder)}
        rows.append(row)
        print(row, flush=True)
    write_result("parts", {"rows": rows}, ["scikit-image"])


if __name__ == "__main__":
    main()
