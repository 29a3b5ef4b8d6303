"""The pad as it is asked for: what it takes to be shown is loaded only then."""

from pathlib import Path
from typing import TYPE_CHECKING

from byhand import machine
from byhand.learning.progress import Epoch
from byhand.model import AnyModel

if TYPE_CHECKING:
    from byhand.web.notebook.widget import PadWidget


def Pad(model: AnyModel | Epoch | str | Path | None = None) -> "PadWidget":  # noqa: N802, to who calls it it is a class
    """Show a pad to draw on in a notebook, and what a network makes of the drawing while the pen moves.

    It is the pad of the page that `byhand serve` shows, as a widget for Jupyter, VS Code, Colab and marimo, which asks
    for nothing from elsewhere. These traits can be read, set where nothing else is said, and observed, as in
    `pad.observe(print, "digit")`. What is set here is shown there; what is drawn there is known here when the pen is
    lifted.

    - `strokes`: a list of {"brush": width, "erase": bool, "points": [[x, y], …]}, in pixels of the pad, 280×280
    - `centred`: whether the drawing is centred and scaled before it is read
    - `image`: (28, 28) uint8, what the network sees; one that is set is read in place of the drawing
    - `probabilities`: (classes,) float32 of the image; not to be set
    - `digit`: the class that the network believes in, such as "7", or None; not to be set

    And these attributes: `model`, which can be set; `answer`, an `Answer`; and `ink`, the drawing as (280, 280) uint8.

    Parameters
    ----------
    model
        A network for 28×28 pixels, that of an `Epoch`, its file or the folder of a run; the one that comes with byhand
        if None.

    Returns
    -------
    PadWidget
        A widget of anywidget. A notebook shows it where it is the last line of a cell.

    Raises
    ------
    ByhandError
        If `byhand[notebook]` is not installed, or a file holds no model.
    UsageError
        If the model takes other images; and when something is set that cannot be used.
    """
    machine.require("notebook", "A pad in a notebook")
    from byhand.web.notebook.widget import PadWidget

    return PadWidget(model)
