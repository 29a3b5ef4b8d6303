"""Fit how probable it is that strokes, or parts of some, are one digit, and neither more nor less.

    python benchmarks/wholeness.py [MODEL]

takes some minutes, prints the weights that stand in src/byhand/reading/sharing.py, and writes results/wholeness.json.
Run it again when the network that comes with byhand changes. Pages are drawn from the training images that the recipe
`reader` sets aside, and from digits of byhand's own pen; half of the pages judge what is fitted on the other half.
"""

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # Pages are read side by side, one a core.

import numpy as np
from numpy.typing import NDArray

import pages
from byhand.data.datasets import Split
from byhand.data.hands.digits import hands
from byhand.reading import sharing
from byhand.reading.pages import read
from certainty import fitted, said, split
from common import model_of, write_result
from reading import overlaps

SEED = 2029
KINDS = (*pages.KINDS, "touching", "broken", "touching", "broken")  # What needs it most comes more often.
PAGES = 8  # of each
OWN = 2000  # digits of byhand's own pen
ONE, OTHER = 0.75, 0.6  # A group is a digit that covers so much of one with it, and none below that.

Rows = list[tuple[float, ...]]


@cache
def written() -> tuple[Split, Split]:
    """Return digits to write with: MNIST's that were set aside, and those of byhand's own pen."""
    aside = split()
    images, labels = hands(aside, OWN, np.random.default_rng(SEED))
    return aside, replace(aside, images=images, labels=labels)


def groups(job: tuple[str | None, int]) -> Rows:
    """Return the evidence of each group of strokes on a page, and whether it is a digit; in a process of its own."""
    path, k = job
    page = pages.make(np.random.default_rng([SEED, k]), written()[k % 2], kind=KINDS[k // 2 % len(KINDS)])
    boxes = [glyph.box for line in page.lines for number in line for glyph in number]
    seen: list[tuple[tuple[float, ...], tuple[int, int, int, int]]] = []
    told = sharing.wholeness

    def noting(glyph: sharing.Glyph, *others: object) -> float:
        """Note the evidence of a group, and go on."""
        seen.append((sharing.evidence(glyph, *others), glyph.box))  # type: ignore[arg-type]
        return told(glyph, *others)  # type: ignore[arg-type]

    sharing.wholeness = noting  # type: ignore[assignment]
    try:
        read(page.image, model_of(path))
    finally:
        sharing.wholeness = told
    common = overlaps([box for _, box in seen], boxes)[0].max(axis=1) if seen else []
    rows = zip(seen, common, strict=True)
    return [(k, *facts, float(c > ONE)) for (facts, _), c in rows if c > ONE or c < OTHER]


def main() -> None:
    """Fit, judge, and tell."""
    path = sys.argv[1] if len(sys.argv) > 1 else None
    jobs = [(path, k) for k in range(2 * PAGES * len(KINDS))]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        rows = np.array([row for some in pool.map(groups, jobs) for row in some])
    page, x, y = rows[:, 0], rows[:, 2:-1], rows[:, -1]
    half = page // 4 % 2 == 0
    right: list[NDArray[np.bool_]] = []
    for one, other in ((half, ~half), (~half, half)):
        right.append((said(fitted(x[one], y[one], signed=True), x[other]) > 0.5) == (y[other] > 0.5))
    judged = float(np.concatenate(right).mean())
    weights = [round(float(w), 2) for w in fitted(x, y, signed=True)]
    print("WEIGHTS", weights, "groups", len(y), "digits", y.mean(), "told right", judged)
    write_result("wholeness", {"weights": list(weights), "groups": len(y), "told_right": judged})


if __name__ == "__main__":
    main()
