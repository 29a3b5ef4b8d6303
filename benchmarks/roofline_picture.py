"""The picture of results/roofline.json: what the machine can do at most, and how near to that byhand's loops come."""

from typing import TYPE_CHECKING, Any

import numpy as np

from byhand.judging.canvas import BLUE, GREY, ORANGE, own_settings, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

GREEN = "#2f7d4f"
COLOURS = {"learn": BLUE, "read": ORANGE, "draw": GREEN}
WORDS = {"learn": "learning (images a step)", "read": "reading", "draw": "drawing images anew"}
ON_A_ROOF: dict[str, Any] = {
    "ha": "center", "va": "center", "fontsize": 8.5, "color": GREY, "zorder": 2,
    "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 0.8},
}  # fmt: skip
LINE_OF_PRODUCT: dict[str, Any] = {"color": GREY, "linewidth": 1, "linestyle": ":", "zorder": 1}
BETWEEN = 6  # points from a dot to its words
# Where words may stand, as seen from their dot, and how far away: the first place that is free is taken.
SIDES = [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)]
PLACES = [(away * x, away * y) for away in (1.0, 1.8, 3.0, 4.5) for x, y in SIDES]


@own_settings()
def roofline(facts: dict[str, Any]) -> "Figure":
    """Draw every loop as a dot below the roofs: Gflop/s against operations for each byte, both as powers of two."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure((8.4, 5.6))
    FigureCanvasAgg(figure)  # To ask how large words are.
    figure.subplots_adjust(left=0.085, right=0.98, top=0.93, bottom=0.1)
    axes = figure.subplots()
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    x = [dot["flop"] / dot["bytes"] for dot in facts["dots"]]
    axes.set_xlim(min(0.25, min(x) / 3), max(x) * 3)
    axes.set_ylim(min(4, min(dot["gigaflops"] for dot in facts["dots"]) / 1.6), 1.6 * facts["peak"])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:g}" if value >= 1 else f"1/{1 / value:.0f}")
    axes.set_xlabel("operations for each byte that has to be moved")
    axes.set_ylabel("Gflop/s")
    axes.set_title("How near the loops come to what one core can do")
    axes.minorticks_off()
    tidy(axes)
    taken = draw_roofs(axes, facts)
    draw_dots(axes, facts["dots"], taken)
    return figure


def draw_roofs(axes: "Axes", facts: dict[str, Any]) -> list["Bbox"]:
    """Draw a slope for each level of memory up to the peak, each with its name on it; return where names stand."""
    peak, (left, right) = facts["peak"], axes.get_xlim()
    names, slopes = [], []
    for number, level in enumerate(apart(facts["levels"])):
        speed = level["gigabytes_a_second"]
        x = np.array([left, peak / speed, right])
        axes.plot(x, np.minimum(speed * x, peak), color=GREY, linewidth=1.1, zorder=1)
        slopes += [(place, speed * place) for place in np.geomspace(left, peak / speed, 80)]
        # Names stand upon their slopes, each further down than the one before: neighbours may be near.
        low = max(left, axes.get_ylim()[0] / speed)
        middle = low * (peak / speed / low) ** (0.62 - 0.3 * (number % 2))
        ends = axes.transData.transform([(middle, speed * middle), (2 * middle, 2 * speed * middle)])
        angle = np.degrees(np.arctan2(*(ends[1] - ends[0])[::-1]))
        words = f"{level['name']}, {speed:.0f} GB/s"
        names.append(axes.text(middle, speed * middle, words, rotation=angle, rotation_mode="anchor", **ON_A_ROOF))
    names.append(
        axes.text(right / 1.1, peak, f"multiply-adds in registers, {peak:.0f}", **{**ON_A_ROOF, "ha": "right"})
    )
    product = facts["product"]
    axes.plot([product / facts["levels"][0]["gigabytes_a_second"], right], [product] * 2, **LINE_OF_PRODUCT)
    words = f"matrix product of NumPy, {product:.0f}"
    names.append(axes.text(right / 1.1, product, words, **{**ON_A_ROOF, "ha": "right"}))
    return [*(name.get_window_extent() for name in names), *boxes(axes, slopes, 2)]


def apart(levels: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return levels of memory, those together that are equally fast."""
    found: list[dict[str, Any]] = []
    for level in levels:
        if found and level["gigabytes_a_second"] > 0.9 * found[-1]["gigabytes_a_second"]:
            found[-1] = {**level, "name": f"{found[-1]['name']} and {level['name']}"}
        else:
            found.append(level)
    return found


def boxes(axes: "Axes", places: list[tuple[float, float]], size: float) -> list["Bbox"]:
    """Return what places take on the paper, so far to each side."""
    from matplotlib.transforms import Bbox

    return [Bbox([point - size, point + size]) for point in axes.transData.transform(places)]


def draw_dots(axes: "Axes", dots: list[dict[str, Any]], taken: list["Bbox"]) -> None:
    """Draw the loops, each with its name where there is room."""
    at = {dot["label"]: (dot["flop"] / dot["bytes"], dot["gigaflops"]) for dot in dots}
    for kind, colour in COLOURS.items():
        some = [at[dot["label"]] for dot in dots if dot["kind"] == kind]
        axes.plot(*zip(*some, strict=True), "o", color=colour, markersize=6, label=WORDS[kind], zorder=3)
    legend = axes.legend(loc="lower right", frameon=False, fontsize=9)
    taken = [*taken, *boxes(axes, list(at.values()), 5), legend.get_window_extent()]
    for dot in dots:
        taken.append(written_beside(axes, dot["label"], at[dot["label"]], COLOURS[dot["kind"]], taken))


def written_beside(axes: "Axes", words: str, at: tuple[float, float], colour: str, taken: list["Bbox"]) -> "Bbox":
    """Write the name of a dot at the first place around it that is free, else at the last; return where it stands."""
    for x, y in PLACES:
        name = axes.annotate(
            words,
            at,
            xytext=(BETWEEN * x, BETWEEN * y),
            textcoords="offset points",
            ha="left" if x > 0 else "right" if x < 0 else "center",
            va="bottom" if y > 0 else "top" if y < 0 else "center",
            color=colour,
            fontsize=9,
            zorder=4,
        )
        box = name.get_window_extent()
        inside = axes.get_window_extent()
        free = not any(box.overlaps(other) for other in taken)
        if free and inside.x0 < box.x0 and box.x1 < inside.x1 and inside.y0 < box.y0:
            break
        if (x, y) != PLACES[-1]:
            name.remove()
    return box
