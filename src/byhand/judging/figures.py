"""Pictures of what a model does, made with matplotlib. Every function returns a figure."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from byhand.data.datasets import Split
from byhand.data.distortions import Distortions
from byhand.judging.canvas import BLUE, GREY, ORANGE, legible, own_settings, shortened, tidy
from byhand.judging.evaluation import Evaluation
from byhand.learning.drawing.distorting import distort, draw
from byhand.model import Model
from byhand.network import layers
from byhand.types import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_UNITS = 256
MOST_NAMED = 40  # classes of a matrix whose counts can be read
WORST = 24
TALLEST, LONGEST_NAME = 20.0, 1.5  # inches

Place: TypeAlias = tuple[float, float]


@own_settings()
def confusion_matrix(evaluation: Evaluation, classes: Sequence[str]) -> "Figure":
    """Draw which class was read as which: mistakes in blue, the darker the more; right answers on a grey diagonal."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    matrix, count = evaluation.confusion_matrix, len(classes)
    written = legible(classes)
    note = "" if written == list(classes) else "\n(by code or number: what no font here can write)"
    mistakes = np.where(np.eye(count, dtype=bool), 0, matrix)
    few = count <= MOST_NAMED
    side = max(5.0, 0.55 * min(count, MOST_NAMED) + 1.3)
    figure = Figure((side, side), layout="constrained")
    axes = figure.subplots()
    axes.imshow(mistakes, cmap="Blues", vmin=0, vmax=max(1, int(mistakes.max()) * 1.15))
    for row in range(count):
        axes.add_patch(Rectangle((row - 0.5, row - 0.5), 1, 1, color="#e4e4e4"))
        for column in np.flatnonzero(matrix[row]) if few else ():
            dark = row != column and mistakes[row, column] > 0.6 * mistakes.max()
            colour = "white" if dark else "black"
            axes.text(int(column), row, f"{matrix[row, column]}", ha="center", va="center", color=colour, fontsize=9)
    long = max(map(len, written)) > 3
    every = math.ceil(count / MOST_NAMED)
    named, names = range(0, count, every), [shortened(name, LONGEST_NAME, 10) for name in written[::every]]
    axes.set_xticks(named, names, rotation=45 if long else 0, ha="right" if long else "center")
    axes.set_yticks(named, names)
    axes.set_xlabel(f"what the network read{note}")
    axes.set_ylabel("what was written")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(f"{100 * evaluation.accuracy:.2f} % of {evaluation.n:,} images read right")
    return figure


@own_settings()
def first_layer_weights(model: Model) -> "Figure":
    """Draw the weights of every unit of the first layer as an image: orange speaks for the unit, violet against it."""
    from matplotlib.colors import CenteredNorm
    from matplotlib.figure import Figure

    weights = layers(model.theta, model.sizes)[0][0].T.reshape(-1, *model.image_shape)  # (units, height, width)
    shown = min(len(weights), MOST_UNITS)
    columns = min(16, math.ceil(math.sqrt(2 * shown)))
    rows = math.ceil(shown / columns)
    height, width = model.image_shape
    sheet = np.full((rows * (height + 2), columns * (width + 2)), np.nan, np.float32)  # NaN is left white.
    for unit, weight in enumerate(weights[:shown]):
        top, left = unit // columns * (height + 2) + 1, unit % columns * (width + 2) + 1
        sheet[top : top + height, left : left + width] = weight
    # A few strong weights would leave all others pale: the scale ends where 99.5 % of the weights do.
    norm = CenteredNorm(halfrange=float(np.quantile(np.abs(weights[:shown]), 0.995)))
    figure = Figure((max(5.5, 0.6 * columns), 0.6 * rows + 1.1), layout="constrained")
    axes = figure.subplots()
    axes.axis("off")
    image = axes.imshow(sheet, cmap="PuOr_r", norm=norm, interpolation="none")
    some = "" if shown == len(weights) else f"the first {shown} of "
    axes.set_title(f"What {some}the {len(weights)} units of the first layer look for")
    bar = figure.colorbar(image, ax=axes, location="bottom", shrink=0.6, aspect=40, extend="both")
    bar.set_label("weight: ink here speaks against (violet) or for (orange) the unit")
    return figure


@own_settings()
def worst_mistakes(evaluation: Evaluation, split: Split) -> "Figure":
    """Draw the images misread with most confidence, each with the probabilities of all classes."""
    from matplotlib.figure import Figure

    worst = evaluation.mistakes[:WORST]
    columns, width, height = 6, 1.8, 2.25  # in inches, as all places here
    rows = math.ceil(len(worst) / columns)
    figure = Figure((columns * width + 0.2, rows * height + 0.6))
    if not len(worst):
        figure.suptitle("Not one image was misread", y=0.5, va="center")
        return figure
    # One sheet for all: axes for each image would take longer than all else of a run's pictures.
    sheet = figure.add_axes((0, 0, 1, 1), xlim=(0, figure.get_figwidth()), ylim=(figure.get_figheight(), 0))
    sheet.axis("off")
    names = [shortened(name, 0.9, 8.5) for name in legible(split.classes)]
    said = "The most confident mistakes, with every class's probability (orange: the answer, blue: the truth)"
    sheet.text(figure.get_figwidth() / 2, 0.22, said, ha="center", va="center", fontsize=12)
    bars = []
    for place, index in enumerate(map(int, worst)):
        row, column = divmod(place, columns)
        corner = column * width + 0.16, row * height + 0.5
        bars += _draw_mistake(sheet, corner, evaluation.probabilities[index], split, index, names)
    if max(map(len, names)) < 3:
        _write_below(sheet, bars, names)
    return figure


def _draw_mistake(
    sheet: "Axes", corner: Place, p: Floats, split: Split, index: int, names: Sequence[str]
) -> list[Place]:
    """Draw one image on a sheet, and the probabilities `p` (classes,) as bars below it; return where these stand."""
    from matplotlib.collections import PolyCollection

    left, top = corner
    answer, truth = int(p.argmax()), int(split.labels[index])
    against = "< 0.01 %" if p[truth] < 1e-4 else f"{100 * p[truth]:.2f} %"
    gap = " " if max(map(len, names)) <= 3 else "\n"
    title = f"{names[truth]}{gap}read as {names[answer]}\n{100 * p[answer]:.2f} % against {against}"
    width, side, floor = 1.68, 1.12, top + 1.98  # of the bars, of the image, and where the bars stand
    sheet.text(left + width / 2, top + 0.42, title, ha="center", va="bottom", fontsize=8.5)
    height, across = (side * length / max(split.images.shape[1:]) for length in split.images.shape[1:])
    middle, centre = left + width / 2, top + 0.47 + side / 2
    extent = (middle - across / 2, middle + across / 2, centre + height / 2, centre - height / 2)
    sheet.imshow(split.images[index], cmap="gray_r", vmin=0, vmax=255, extent=extent, aspect="auto", zorder=1)
    pitch = width / len(p)
    places = left + pitch * (np.arange(len(p)) + 0.1)
    bars = [
        [(x, floor), (x, floor - 0.34 * y), (x + 0.8 * pitch, floor - 0.34 * y), (x + 0.8 * pitch, floor)]
        for x, y in zip(places, p, strict=True)
    ]
    colours = [ORANGE if k == answer else BLUE if k == truth else GREY for k in range(len(p))]
    sheet.add_collection(PolyCollection(bars, facecolors=colours), autolim=False)
    sheet.plot([left, left + width], [floor, floor], color="black", linewidth=0.8)
    return [(float(x) + 0.4 * pitch, floor) for x in places]


def _write_below(sheet: "Axes", places: Sequence[Place], names: Sequence[str]) -> None:
    """Write the names, again and again, below places: as shapes, which takes a tenth of the time of so many texts."""
    from matplotlib.collections import PathCollection
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    shapes = [TextPath((0, 0), name, size=7) for name in names]  # in points
    centred = [shape.transformed(Affine2D().translate(-shape.get_extents().width / 2 - 0.5, -8)) for shape in shapes]
    points = Affine2D().scale(1 / 72) + sheet.figure.dpi_scale_trans
    written = PathCollection(
        centred, offsets=places, offset_transform=sheet.transData, facecolors="black", linewidths=0
    )
    written.set_transform(points)
    sheet.add_collection(written, autolim=False)


@own_settings()
def contact_sheet(split: Split, distortions: Distortions, seed: int = 0) -> "Figure":
    """Draw an image of each class: as it is, changed by every kind of distortion alone, and by all of them, at random.

    `Distortions` tells the kinds; those of strength 0 are left out. At most 20 classes are drawn.
    """
    from matplotlib.figure import Figure

    _, rows = np.unique(split.labels, return_index=True)
    images = split.images[rows[:20]]
    kinds = {name: value for name, value in asdict(distortions).items() if value}
    columns = [("original", Distortions()), *((name, Distortions(**{name: value})) for name, value in kinds.items())]
    columns += [("all together" if k == 0 else "", distortions) for k in range(6)]
    height, width = images.shape[1:]
    figure = Figure(
        (0.75 * len(columns), min(0.74 * len(images) * height / width, TALLEST) + 0.35), layout="constrained"
    )
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.05, wspace=0, hspace=0)  # type: ignore[call-arg, union-attr]
    for k, (axes, (name, strength)) in enumerate(
        zip(figure.subplots(1, len(columns), squeeze=False)[0], columns, strict=True)
    ):
        drawn = draw(strength, len(images), np.random.default_rng([seed, k]))
        changed = distort(images, drawn) if strength else images
        axes.imshow(np.vstack(list(changed)), cmap="gray_r", vmin=0, vmax=255)
        axes.set_title(name, fontsize=8, loc="left")
        axes.set_axis_off()
    return figure


@own_settings()
def learning_curve(counts: Sequence[int], error: Sequence[float], spread: Sequence[float]) -> "Figure":
    """Draw the share of test images misread (0…1, mean ± standard deviation) against the number of images learned."""
    from matplotlib.figure import Figure

    figure = Figure((6.4, 3.8), layout="constrained")
    axes = figure.subplots()
    percent = [100 * value for value in error]
    axes.errorbar(counts, percent, [100 * value for value in spread], color=BLUE, marker="o", markersize=5, capsize=3)
    for count, value in zip(counts, percent, strict=True):
        axes.annotate(f"{value:.1f} %", (count, value), xytext=(6, 6), textcoords="offset points", fontsize=9)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(list(counts), [f"{count:,}" for count in counts])
    axes.set_yticks([2, 5, 10, 20, 50], ["2", "5", "10", "20", "50"])
    axes.minorticks_off()
    axes.set_xlim(counts[0] / 1.5, counts[-1] * 2.6)
    axes.set_ylim(1.2, 100)
    axes.set_xlabel("images learned from")
    axes.set_ylabel("test images misread (%)")
    axes.set_title("More examples, fewer mistakes")
    tidy(axes)
    return figure
