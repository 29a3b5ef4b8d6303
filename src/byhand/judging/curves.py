"""How trainings went, epoch by epoch: one of them, or several side by side.

Where values span much, an axis is logarithmic: most of a training would else lie flat at the bottom. A loss
that shot up, as before a divergence, leaves the picture at its upper edge rather than press all else together.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from byhand.errors import UsageError
from byhand.judging.canvas import BLUE, ORANGE, Scale, inches, legible, own_settings, shortened, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Values: TypeAlias = NDArray[np.float64]

# Told apart also by who sees no red, no green or no blue; beyond the last one they come again, dashed, then dotted.
COLOURS = (BLUE, "#e08a1e", "#111111", "#58b4d8", "#c8501e", "#8f8f8f")
DASHES = ("solid", "dashed", "dotted")
MOST_CURVES = len(COLOURS) * len(DASHES)
FEW_EPOCHS = 20  # each of which is a point
SPANS = 5.0  # so many times the lowest value the highest one is, where a logarithmic axis shows more
MUCH_LONGER = 10  # times as long as most the longest training is, where epochs are drawn ever closer
BEARABLE = 1e-30, 1e30
LEGEND = 9  # points
SANE, FAR = 10.0, 100.0  # A loss above 10 nats, and 100 times one that is usual, lies beyond the picture.


@dataclass(frozen=True)
class Course:
    """What the epochs of a training came to; None where nothing was set aside to judge them by.

    Attributes
    ----------
    losses, validation_losses
        Mean cross-entropy in nats on the images learned, and on those set aside.
    accuracies
        Share of those set aside that was read right, 0…1.
    """

    losses: Sequence[float]
    validation_losses: Sequence[float | None] = ()
    accuracies: Sequence[float | None] = ()


@dataclass(frozen=True)
class Curve:
    """A name, and one training or several that differ by chance alone."""

    name: str
    courses: Sequence[Course]


@dataclass(frozen=True)
class Look:
    """How a line is drawn."""

    colour: str
    few: bool  # values, each a point
    dash: str = "solid"
    bold: float = 1.0


@own_settings()
def loss_curve(course: Course, scale: Scale = "auto") -> "Figure":
    """Draw the losses of every epoch, and below them the share of validation images misread, where there are any."""
    from matplotlib.figure import Figure

    misread = _misread(course)
    figure = Figure((6.4, 6.0 if len(misread) else 3.8), layout="constrained")
    top, *rest = figure.subplots(2 if len(misread) else 1, 1, sharex=True, squeeze=False)[:, 0]
    lines = [(_losses(course.losses), BLUE, "training images, each just before it is learned")]
    if len(judged := _losses(course.validation_losses)):
        lines.append((judged, ORANGE, "validation images, after the epoch"))
    few = len(course.losses) <= FEW_EPOCHS
    for values, colour, label in lines:
        _draw(top, values, Look(colour, few), label)
    top.set_title("How wrong the network was while it learned")
    top.set_ylabel("mean loss per image (nats)")
    if len(lines) > 1:
        figure.legend(loc="outside lower left", ncols=2, frameon=False, fontsize=LEGEND)
    _scale(top, [values for values, *_ in lines], scale, losses=True)
    for axes in rest:
        _draw(axes, misread, Look(ORANGE, few))
        axes.set_ylabel("validation images\nmisread (%)")
        _scale(axes, [misread], scale)
    _count_epochs([top, *rest], len(course.losses), 10)
    [top, *rest][-1].set_xlabel("epoch (one pass through all training images)")
    return figure


@own_settings()
def learning_curves(curves: Sequence[Curve], scale: Scale = "auto") -> "Figure":
    """Draw several trainings side by side: losses on images learned and set aside, and the share of these misread.

    Of trainings that differ by chance alone, each is a thin line, and their mean, as far as all go, a thick one.

    Raises
    ------
    UsageError
        If there are more than `MOST_CURVES`: they could not be told apart.
    """
    from matplotlib.figure import Figure

    if len(curves) > MOST_CURVES:
        raise UsageError(f"{len(curves)} curves could not be told apart in one picture. Name {MOST_CURVES} at most.")
    rows = [
        ("training loss (nats per image)", [[_losses(c.losses) for c in k.courses] for k in curves]),
        ("validation loss (nats per image)", [[_losses(c.validation_losses) for c in k.courses] for k in curves]),
        ("validation images misread (%)", [[_misread(c) for c in k.courses] for k in curves]),
    ]
    panels = [(title, sets) for title, sets in rows if any(len(values) for several in sets for values in several)]
    lengths = [len(course.losses) for curve in curves for course in curve.courses]
    width = max(4.1 * len(panels), 6.4)
    names = [shortened(name, width - 0.9, LEGEND) for name in legible([curve.name for curve in curves], None)]
    names = [f" {name}" if name[:1] in ("", "_") else name for name in names]  # Else it would be left out.
    columns = max(1, min(len(names), int(width / (max(inches(name, LEGEND) for name in names) + 0.75))))
    figure = Figure((width, 3.7 + 0.21 * math.ceil(len(names) / columns)), layout="constrained")
    drawn = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, (title, sets) in zip(drawn, panels, strict=True):
        for number, (name, several) in enumerate(zip(names, sets, strict=True)):
            dash, colour = divmod(number, len(COLOURS))
            _draw_all(axes, several, Look(COLOURS[colour], max(lengths) <= FEW_EPOCHS, DASHES[dash]), name)
        _scale(axes, [values for several in sets for values in several], scale, losses="%" not in title)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("epoch")
    _count_epochs(drawn, max(lengths), 5, usual=float(np.quantile(lengths, 0.5, method="lower")))
    handles, labels = drawn[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=columns, frameon=False, fontsize=LEGEND)
    return figure


def _known(values: Sequence[float | None]) -> Values:
    """Return values with NaN where there is none; none at all if no value is known."""
    known = np.array([math.nan if value is None else value for value in values], float)
    return known[:0] if np.isnan(known).all() else known


def _losses(values: Sequence[float | None]) -> Values:
    """Return losses as `_known`, those that no axis could bear at its ends."""
    known = _known(values)
    return np.where(known > 0, np.clip(known, *BEARABLE), known)


def _misread(course: Course) -> Values:
    """Return the share of the validation images misread in every epoch, in percent."""
    return 100 * (1 - _known(course.accuracies))


def _draw_all(axes: "Axes", several: Sequence[Values], look: "Look", label: str = "") -> None:
    """Draw one training, or several thinly with their mean."""
    if len(several) == 1:
        _draw(axes, several[0], look, label)
        return
    for values in several:
        _draw(axes, values, replace(look, few=False, bold=0.35))
    common = min(map(len, several))
    _draw(axes, np.mean([values[:common] for values in several], axis=0), look, label)


def _draw(axes: "Axes", values: Values, look: "Look", label: str = "") -> None:
    """Draw a value of every epoch; as a point, too, if they are few, or else the last one, where a training ends."""
    if not len(values):
        return
    axes.plot(
        np.arange(1, len(values) + 1),
        values,
        color=look.colour,
        linestyle=look.dash,
        linewidth=1.6 * look.bold,
        alpha=min(look.bold + 0.1, 1),
        marker="o",
        markersize=3.5 * look.bold,
        markevery=1 if look.few else [len(values) - 1],
        label=label or None,
    )


def _scale(axes: "Axes", series: Sequence[Values], scale: Scale, *, losses: bool = False) -> None:
    """Choose where the vertical axis begins and ends, and whether it is logarithmic."""
    tidy(axes)
    series = [known for values in series if len(known := values[np.isfinite(values)])]
    if not series:
        return
    values = np.concatenate(series)
    highest, usual = float(values.max()), min(float(np.median(known)) for known in series)
    if losses and highest > (most := max(SANE, FAR * usual)):
        within = float(values[values <= most].max())
        _tell_beyond(axes, series, within, highest)
        highest = within
    positive = values[values > 0]
    lowest = float(positive.min()) if len(positive) else 0.0
    spans = len(positive) == len(values) and highest >= SPANS * lowest
    if scale == "linear" or not lowest or (scale == "auto" and not spans):
        axes.set_ylim(0, 1.06 * highest or 1)
        return
    low, high = lowest / 1.25, max(highest, lowest * 2) * 1.25
    ticks = _ticks(low, high)
    axes.set_yscale("log", nonpositive="clip")
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_ylim(low, high)


def _ticks(low: float, high: float) -> list[float]:
    """Return round values from `low` to `high` for a logarithmic axis, neither too few nor too many."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    decades = math.log10(high / low)
    steps = (1, 2, 5) if decades < 3 else (1,)
    every = max(1, math.ceil(decades / 8))
    ticks = [step * 10.0**power for power in range(first, last + 1, every) for step in steps]
    return [tick for tick in ticks if low <= tick <= high]


def _tell_beyond(axes: "Axes", series: Sequence[Values], most: float, highest: float) -> None:
    """Say that values lie beyond the upper edge, and how far."""
    count = sum(int((values > most).sum()) for values in series)
    said = f"↑ {count} value{'s' if count > 1 else ''} beyond the picture, up to {highest:.2g}"
    plain = {"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.8}
    axes.text(0.98, 0.97, said, transform=axes.transAxes, ha="right", va="top", fontsize=8, color=ORANGE, bbox=plain)


def _count_epochs(drawn: Sequence["Axes"], last: int, ticks: int, usual: float = math.inf) -> None:
    """Write numbers below the epochs, so many at most beside the first; let few epochs of most not vanish."""
    wide = last >= FEW_EPOCHS and last >= MUCH_LONGER * usual
    rounds = [base * 10**power for power in range(6) for base in (1, 2, 5)]
    step = 1 if last <= ticks else next(step for step in rounds if step * ticks >= last)
    margin = 0.03 * max(last - 1, 3)
    for axes in drawn:
        if wide:
            axes.set_xscale("log")
            shown = [round(tick) for tick in _ticks(1, last)]
            axes.set_xlim(0.9, last * 1.1)
        else:
            shown = sorted({1, *range(step, last + 1, step)})
            axes.set_xlim(1 - margin, last + margin)
        axes.set_xticks(shown, [f"{number:,}" for number in shown])
        axes.minorticks_off()
