"""Pictures of a search: how it went, which choices mattered, and where in their ranges the good values lie."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from byhand.judging import canvas
from byhand.judging.canvas import BLUE, GREY, ORANGE, legible, own_settings, shortened, tidy
from byhand.runs.sweeps.results import accuracy, ranked
from byhand.runs.sweeps.spaces import Choices, Space, as_text
from byhand.runs.sweeps.trials import Trial

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

HISTORY, IMPORTANCE, SLICES = "history.png", "importance.png", "slices.png"
COLUMNS = 3
WIDE = 50  # So many times as high as low, a range has room for its powers of ten alone.
SPREAD = 0.12  # How far points of one choice stand apart, so that none hides another.


def save(folder: Path, trials: Sequence[Trial], space: Space, importance: Mapping[str, float]) -> None:
    """Write the pictures that can be drawn of a search, in which one trial at least was learned to its end."""
    canvas.save_figure(history(trials, space), folder / HISTORY)
    canvas.save_figure(slices(trials, space), folder / SLICES)
    if importance:
        canvas.save_figure(importances(importance), folder / IMPORTANCE)


@own_settings()
def history(trials: Sequence[Trial], space: Space) -> "Figure":
    """Draw what each trial misread, those that were ended early as rings, and the best by then as a line."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure((6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    complete, stopped = (_misread(trials, space, state) for state in ("complete", "stopped"))
    axes.plot(*zip(*complete, strict=True), "o", color=BLUE, markersize=4.5, label="learned to its end")
    if stopped:
        axes.plot(*zip(*stopped, strict=True), "o", color=GREY, fillstyle="none", markersize=4.5, label="ended early")
    if bad := [trial.number for trial in trials if trial.state in ("diverged", "failed")]:
        edge = axes.get_xaxis_transform()
        axes.plot(bad, [0.98] * len(bad), "x", color=ORANGE, markersize=5, transform=edge, label="diverged or failed")
    numbers, values = zip(*complete, strict=True)
    axes.step(numbers, np.minimum.accumulate(values), where="post", color=BLUE, linewidth=1.2, label="the best by then")
    _scale(axes, [value for _, value in (*complete, *stopped)])
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.set_xlabel("trial")
    axes.set_ylabel("validation images misread (%)")
    axes.set_title("How the search went")
    figure.legend(loc="outside lower left", ncols=4, frameon=False, fontsize=9)
    return figure


@own_settings()
def importances(importance: Mapping[str, float]) -> "Figure":
    """Draw how much each choice decides whether a trial is among the best."""
    from matplotlib.figure import Figure

    names, shares = zip(*sorted(importance.items(), key=lambda item: item[1]), strict=True)
    figure = Figure((6.4, 1.2 + 0.34 * len(names)), layout="constrained")
    axes = figure.subplots()
    bars = axes.barh([name.replace("_", " ") for name in names], [100 * share for share in shares], color=BLUE)
    axes.bar_label(bars, fmt="%.0f %%", padding=3)
    axes.set_xlim(0, 115 * max(shares))
    axes.set_xlabel("share in what the best tenth of the trials has in common (%)")
    axes.set_title("Which choices mattered")
    tidy(axes)
    axes.grid(visible=False)
    axes.tick_params(left=False)
    return figure


@own_settings()
def slices(trials: Sequence[Trial], space: Space) -> "Figure":
    """Draw for each choice what the trials misread that had this value or that, the best of them in orange."""
    from matplotlib.figure import Figure

    searched = space.searched
    columns = min(COLUMNS, len(searched))
    rows = -(-len(searched) // columns)
    figure = Figure((max(3.4 * columns, 4.6), 3.2 * rows + 0.4), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True)
    best = ranked(trials)[0]
    shown = [trial for trial in trials if accuracy(trial, space) is not None]
    for axes, name in zip(panels.flat, searched, strict=False):
        _draw_slice(axes, name, shown, best, space)
    for axes in panels.flat[len(searched) :]:
        axes.set_axis_off()
    for axes in panels[:, 0]:
        axes.set_ylabel("validation images\nmisread (%)")
    figure.suptitle("Where the good values lie (rings: ended early; orange: the best)", fontsize=11)
    return figure


def _draw_slice(axes: "Axes", name: str, shown: Sequence[Trial], best: Trial, space: Space) -> None:
    """Draw what trials misread by the value of one choice."""
    from matplotlib.ticker import MaxNLocator

    allowed = space.searched[name]
    written = list(allowed.values) if isinstance(allowed, Choices) else []
    for trial in shown:
        value, whole = trial.chosen[name], trial.state == "complete"
        apart = SPREAD * (trial.number * 0.618 % 1 - 0.5)
        x = written.index(as_text(value)) + apart if written else cast("float", value)
        colour = ORANGE if trial is best else BLUE if whole else GREY
        look = {"color": colour, "fillstyle": "full" if whole else "none", "zorder": 3 if trial is best else 2}
        axes.plot(x, _percent(trial, space), "o", markersize=4.5, **look)  # type: ignore[arg-type]
    if isinstance(allowed, Choices):
        names = [shortened(one, 1.2, 9) for one in legible(written, None)]
        axes.set_xticks(range(len(names)), names, rotation=30 if max(map(len, names)) > 5 else 0, fontsize=9)
        axes.set_xlim(-0.5, len(names) - 0.5)
    elif allowed.log:
        axes.set_xscale("log")
        _count_plainly(axes.xaxis, (1,) if allowed.high > WIDE * allowed.low else (1, 2, 5))
    elif allowed.is_whole:
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    _scale(axes, [_percent(trial, space) for trial in shown])
    axes.set_title(name.replace("_", " "), fontsize=10)


def _misread(trials: Sequence[Trial], space: Space, state: str) -> list[tuple[int, float]]:
    """Return the numbers of trials in a state, and what each misread in percent."""
    return [(trial.number, _percent(trial, space)) for trial in trials if trial.state == state]


def _percent(trial: Trial, space: Space) -> float:
    """Return the share of the validation images that a trial misread, in percent."""
    return 100 * (1 - (accuracy(trial, space) or 0.0))


def _scale(axes: "Axes", values: Sequence[float]) -> None:
    """Let the vertical axis be logarithmic where values span much: most would else lie flat at the bottom."""
    tidy(axes)
    if min(values) > 0 and max(values) >= 5 * min(values):
        axes.set_yscale("log")
        _count_plainly(axes.yaxis, (1, 2, 5))


def _count_plainly(axis: "Axis", digits: Sequence[int]) -> None:
    """Write the numbers of a logarithmic axis that begin with some digits, and no powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=digits, numticks=6))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
