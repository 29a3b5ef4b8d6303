"""What a notebook shows of byhand's records: each gives its values here, as plain arrays, texts and numbers."""

from collections.abc import Sequence
from dataclasses import fields
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from byhand.images.showing import charts, rasters, texts
from byhand.images.showing.cards import apart, card, facts, image, labelled, safe, side_by_side, table
from byhand.types import Box, Bytes, Floats

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MOST_CLASSES, MOST_SAMPLES, MOST_OF_CLASS = 32, 70, 8
MOST_UNITS, UNITS_ACROSS = 64, 16
LONGEST_FACT = 200  # characters
MOST_TEXT, MOST_DIGITS = 40, 32  # lines of a page; of a number
SEEN, LARGE = 112, 400  # Pixels on the screen of a single image and what it was made of; of a picture alone.


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


def model(
    about: Sequence[str], sizes: Sequence[int], activation: str, weights: Floats, image_shape: tuple[int, int]
) -> str:
    """Show the layers of a network, and what the first units of the first one look for.

    Parameters
    ----------
    about
        A title, and what else there is to say above them.
    sizes, activation
        As of a `Model`.
    weights
        (pixels, units) of the first layer.
    image_shape
        Height and width of the images.
    """
    rows = [("input", f"{sizes[0]:,}", "", "")]
    for k, (n_in, n_out) in enumerate(pairwise(sizes), 1):
        name, function = (f"hidden {k}", activation) if k < len(sizes) - 1 else ("output", "softmax")
        rows.append((name, f"{n_out:,}", safe(function), f"{n_in * n_out + n_out:,}"))
    layers = table(("layer", "units", "function", "parameters"), rows)
    return card(*_said(about), side_by_side([layers, _looked_for(weights, image_shape)]))


def epoch(about: Sequence[str], weights: Floats, image_shape: tuple[int, int]) -> str:
    """Show what the first units look for after an epoch; weights and shape as for `model`."""
    return card(*_said(about), _looked_for(weights, image_shape))


def _looked_for(weights: Floats, image_shape: tuple[int, int]) -> str:
    """Show the weights of the first of some units, each as an image."""
    units = weights.shape[1]
    some = weights[:, :MOST_UNITS].T.reshape(-1, *image_shape)
    across = min(UNITS_ACROSS, len(some))
    which = f"the first {len(some)} of {units:,} units" if len(some) < units else f"{units} units"
    drawn = image(rasters.weights(some, across), f"the weights of {which}, each as an image", 30 * across)
    return labelled(f"What {which} look for", "ink that speaks for (orange) or against (violet)", drawn)


def choices(title: str, record: "DataclassInstance") -> str:
    """Show the fields of a record that differ from their defaults, with the "help" in their metadata."""
    rows = [
        (
            f"<b>{safe(entry.name)}</b>",
            safe(str(value)),
            safe(str(entry.default)),
            safe(entry.metadata["help"], LONGEST_FACT),
        )
        for entry in fields(record)
        if (value := getattr(record, entry.name)) != entry.default
    ]
    made = table(("choice", "value", "default", "what it is"), rows) if rows else ""
    return card(apart(title), facts("all else as by default" if rows else "every choice as by default"), made)


def number(about: Sequence[str], digits: Sequence[tuple[str, float, Bytes]]) -> str:
    """Show the digits of a number as the network saw them: of each its name, how probable that is, and its image."""
    seen = [
        labelled(
            safe(name),
            texts.percent(p),
            image(rasters.png(rasters.row(made[None])), f"a digit, read as {name}", SEEN // 2),
        )
        for name, p, made in digits[:MOST_DIGITS]
    ]
    more = len(digits) - MOST_DIGITS
    return card(*_said(about), side_by_side(seen), facts(f"and {more} more digits") if more > 0 else "")


def picture(about: Sequence[str], pixels: Bytes) -> str:
    """Show a picture, made small."""
    return card(*_said(about), _photo(pixels, about[0], LARGE))


def prepared(about: Sequence[str], made: Bytes, pixels: Bytes) -> str:
    """Show a picture, and the image that was made of it for the network."""
    before = labelled("", "the picture", _photo(pixels, "the picture", SEEN))
    return card(*_said(about), side_by_side([before, _seen(made)]))


def answer(name: str | None, reason: str | None, guesses: Sequence[tuple[str, float]], made: Bytes | None) -> str:
    """Show what a network makes of an image, with its probabilities."""
    bars = charts.bars(guesses, believed=name is not None) if guesses else ""
    said = _said(["no answer" if name is None else name, reason or ""])
    return card(*said, side_by_side([*([] if made is None else [_seen(made)]), bars]))


def _seen(made: Bytes) -> str:
    """Show an image as the network sees it."""
    says = f"{texts.size(made.shape)}, as the network sees it"
    return labelled("", says, image(rasters.png(rasters.row(made[None])), says, SEEN))


def _photo(pixels: Bytes, says: str, longest: int) -> str:
    """Show a picture, its longest side no longer than that."""
    height, width = pixels.shape[:2]
    shown = max(1, round(min(longest / max(height, width), 4) * width))
    return image(rasters.address("jpeg", rasters.photo(pixels)), says, shown, smooth=True)


def evaluation(about: Sequence[str], matrix: NDArray[np.int64], classes: Sequence[str]) -> str:
    """Show which class was read as which."""
    return card(*_said(about), charts.confusion(matrix, classes))


def page(
    about: Sequence[str],
    picture: bytes | None,
    size: tuple[int, int],
    digits: Sequence[tuple[Box, str, bool]],
    text: str,
) -> str:
    """Show a picture with what was read on it, as `charts.page` does, and the text."""
    drawn = "" if picture is None else charts.page(picture, size, digits, text)
    lines = "\n".join(safe(line, LONGEST_FACT) for line in text.splitlines()[:MOST_TEXT])
    return card(*_said(about), drawn, f'<pre style="margin:6px 0 0;white-space:pre-wrap">{lines}</pre>')


def _enlarged(drawn: Bytes, says: str) -> str:
    """Show an image or a row of them, small ones larger."""
    factor = max(1, rasters.TILE // drawn.shape[0])
    return image(rasters.png(drawn), says, factor * drawn.shape[1])


def _said(about: Sequence[str]) -> tuple[str, str]:
    """Return a title, and the facts after it, of plain texts."""
    title, *more = (apart(text, LONGEST_FACT) for text in about)
    return title, facts(*more)
