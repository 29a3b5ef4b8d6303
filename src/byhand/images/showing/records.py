"""What a notebook shows of byhand's records: each gives its values here, as plain arrays, texts and numbers."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from byhand.images.showing import charts, rasters
from byhand.images.showing.cards import card, facts, image, labelled, safe, side_by_side, table
from byhand.types import Box, Bytes, Floats

MOST_CLASSES, MOST_SAMPLES, MOST_OF_CLASS = 40, 80, 8
MOST_UNITS, UNITS_ACROSS = 64, 16
LONGEST_FACT, LONGEST_TEXT = 200, 2000  # characters
SEEN = 112  # Pixels on the screen of a single image, and of the picture that it was made of.


def samples(about: Sequence[str], images: Bytes, labels: Bytes, classes: Sequence[str], *counted: Bytes) -> str:
    """Show the first images of each class.

    Parameters
    ----------
    about
        A title, and what else there is to say above them.
    images, labels, classes
        As of a `Split`.
    *counted
        The labels of each part; beside the name of a class stands how many of them are of it.
    """
    each = min(MOST_OF_CLASS, max(1, MOST_SAMPLES // len(classes)))
    counts = [np.bincount(part, minlength=len(classes)) for part in counted]
    parts = []
    for label, name in enumerate(classes[:MOST_CLASSES]):
        some = np.flatnonzero(labels == label)[:each]
        says = f"{len(some)} images of the class {name}"
        drawn = _enlarged(rasters.row(images[some]), says) if len(some) else facts("none")
        parts.append(labelled(safe(name), " + ".join(f"{count[label]:,}" for count in counts), drawn))
    others = len(classes) - MOST_CLASSES
    return card(*_said(about), side_by_side(parts), facts(f"and {others} other classes") if others > 0 else "")


def model(about: Sequence[str], sizes: Sequence[int], activation: str, weights: Floats) -> str:
    """Show the layers of a network, and what the first units of the first one look for.

    Parameters
    ----------
    about
        A title, and what else there is to say above them.
    sizes, activation
        As of a `Model`.
    weights
        (units, height, width) of the first layer.
    """
    rows = [("input", f"{sizes[0]:,}", "", "")]
    for k, (n_in, n_out) in enumerate(pairwise(sizes), 1):
        name, function = (f"hidden {k}", activation) if k < len(sizes) - 1 else ("output", "softmax")
        rows.append((name, f"{n_out:,}", safe(function), f"{n_in * n_out + n_out:,}"))
    some = weights[:MOST_UNITS]
    across = min(UNITS_ACROSS, len(some))
    says = f"The weights of {len(some)} of the {len(weights)} units of the first layer, each as an image"
    drawn = image(rasters.weights(some, across), says, 30 * across)
    which = f"the first {len(some)} of {len(weights)} units" if len(some) < len(weights) else f"{len(some)} units"
    looked_for = labelled(f"What {which} look for", "ink that speaks for (orange) or against (violet)", drawn)
    layers = table(("layer", "units", "function", "parameters"), rows)
    return card(*_said(about), side_by_side([layers, looked_for]))


def looked_at(about: Sequence[str], made: Bytes | None, picture: Bytes | None, *below: str) -> str:
    """Show the image that a network sees, where there is one, and the picture that it was made of, beside more HTML."""
    seen = []
    if made is not None:
        size = f"{made.shape[1]}×{made.shape[0]}"
        drawn = image(rasters.png(rasters.row(made[None])), f"the image of {size} pixels that the network sees", SEEN)
        seen.append(labelled("", f"{size}, as the network sees it", drawn))
    if picture is not None:
        width = round(SEEN * picture.shape[1] / max(picture.shape[:2]))
        says = "the picture that the image was made of"
        seen.insert(0, labelled("", "the picture", image(rasters.photo(picture), says, width, smooth=True)))
    return card(*_said(about), side_by_side([*seen, *below]))


def answer(name: str | None, reason: str | None, guesses: Sequence[tuple[str, float]], made: Bytes | None) -> str:
    """Show what a network makes of an image, with its probabilities."""
    title = f"{name}" if name is not None else "no answer"
    bars = charts.bars(guesses, believed=name is not None)
    return looked_at([title, reason or ""], made, None, bars)


def evaluation(about: Sequence[str], matrix: NDArray[np.int64], classes: Sequence[str]) -> str:
    """Show which class was read as which."""
    return card(*_said(about), charts.confusion(matrix, classes))


def page(
    about: Sequence[str],
    picture: Bytes | None,
    size: tuple[int, int],
    digits: Sequence[tuple[Box, str, bool]],
    text: str,
) -> str:
    """Show a picture with what was read on it, as `charts.page` does, and the text."""
    drawn = "" if picture is None else charts.page(picture, size, digits, text)
    return card(*_said(about), drawn, f'<pre style="margin:6px 0 0">{safe(text, LONGEST_TEXT)}</pre>')


def _enlarged(drawn: Bytes, says: str) -> str:
    """Show an image or a row of them, small ones larger."""
    factor = max(1, rasters.TILE // drawn.shape[0])
    return image(rasters.png(drawn), says, factor * drawn.shape[1])


def _said(about: Sequence[str]) -> tuple[str, str]:
    """Return a title, and the facts after it, of plain texts."""
    title, *more = (safe(text, LONGEST_FACT) for text in about)
    return title, facts(*more)
