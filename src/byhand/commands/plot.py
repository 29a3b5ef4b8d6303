"""`byhand plot`: how trainings went, side by side in one picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from byhand.commands import console
from byhand.commands.grammar.declared import Argument, Option
from byhand.commands.options import OR_FORCE, Overwrite
from byhand.errors import UsageError
from byhand.files import kind_of, refuse_present
from byhand.judging.canvas import FORMATS, Scale

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from byhand.judging.curves import Curve

NAME = "curves.png"


def plot(
    runs: Annotated[
        list[Path],
        Argument(metavar="RUN...", help="Folders of runs, of seeds, or of such folders."),
    ],
    out: Annotated[
        Path | None,
        Option(
            metavar="PATH",
            help="File to write: .png, .svg or .pdf (default: curves.png, or the next free curves-2.png).",
        ),
    ] = None,
    force: Overwrite = False,
    scale: Annotated[Scale, Option(help="Vertical axes; auto: logarithmic where values span a power of ten.")] = "auto",
) -> int:
    """Run `byhand plot`."""
    from byhand.judging import canvas
    from byhand.runs.histories import find_curves

    if out is not None and out.suffix.lower().lstrip(".") not in FORMATS:
        raise UsageError(f"{out}: its ending says no format. End it in .png, .svg or .pdf.", "out")
    if out is not None and not force:
        refuse_present(out, OR_FORCE, "out")
    found, left_out = find_curves(runs)
    for why in left_out:
        console.note(f"left out: {why}")
    figure = _drawn(found, scale)
    path = out or _claimed(Path(NAME), force=force)
    try:
        canvas.save_figure(figure, path)
    except BaseException:
        if out is None and kind_of(path) == "file" and not path.stat().st_size:
            path.unlink()
        raise
    console.say("\n".join([*(curve.name for curve in found), f"saved as {path}"]))
    return 0


def _drawn(found: "list[Curve]", scale: Scale) -> "Figure":
    """Draw one training as its own picture does, and several side by side."""
    from byhand.judging import curves

    if len(found) == 1 and len(found[0].courses) == 1:
        return curves.loss_curve(found[0].courses[0], scale)
    return curves.learning_curves(found, scale)


def _claimed(path: Path, *, force: bool) -> Path:
    """Return a path, or the next free one unless that may be written over; whoever asks next gets another."""
    number, free = 1, path
    while not force:
        try:
            free.touch(exist_ok=False)
            break
        except FileExistsError:
            number += 1
            free = path.with_stem(f"{path.stem}-{number}")
    return free
