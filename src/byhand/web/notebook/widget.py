"""The pad as a widget. Strokes are all that the page tells: image and probabilities are made of them here as there.

So a cell that sets strokes, an image or a model knows the answer at once, whether or not anything is shown; and a
pad that is shown needs no kernel to answer.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import anywidget
import numpy as np
import traitlets

from byhand.data.inputs import Images, as_rows, to_unit
from byhand.errors import UsageError
from byhand.images.fit import SIDE, resize
from byhand.images.pictures import open_picture
from byhand.images.prepare import prepare_ink
from byhand.images.showing.texts import SHORT, percent, shortened
from byhand.learning.progress import Epoch
from byhand.model import AnyModel, Model, as_model
from byhand.reading.answers import Answer, answer, check_model
from byhand.types import Bytes, fixed
from byhand.web.notebook.strokes import Stroke, drawn, sound
from byhand.web.page.assets import page_files
from byhand.web.page.modules import in_one

START = "notebook/pad.js"
STYLES = ("style.css", "draw/draw.css", "notebook/pad.css")
NOT_HEARD = {"image", "probabilities", "digit", "_network", "_styles"}  # A page tells none of them.


def module_and_styles() -> tuple[str, str]:
    """Return the JavaScript module and the style sheet of the pad, made of the page's own files."""
    files = {name: content.decode() for name, content in page_files().items() if name.endswith((".js", ".css"))}
    # What holds for the page as a whole holds for the root that the pad has of its own.
    styles = "\n".join(files[name] for name in STYLES)
    return in_one(files, START), re.sub(r":root(?:(\[[^\]]*\]))?", _as_host, styles)


def _as_host(root: re.Match[str]) -> str:
    """Return what chooses in a root of its own what :root chooses in the page."""
    return f":host({root[1]})" if root[1] else ":host"


_MODULE, _STYLES = module_and_styles()


class RefusedError(UsageError, traitlets.TraitError):
    """What cannot be used, as traitlets must be told it, which then puts back what there was."""


class PadWidget(anywidget.AnyWidget):
    """A pad to draw on; `byhand.Pad` tells all of it."""

    _esm = _MODULE
    _styles = traitlets.Unicode(_STYLES).tag(sync=True)
    _network = traitlets.Bytes().tag(sync=True)  # the model's file
    _given = traitlets.Unicode().tag(sync=True)  # an image in place of the drawing, in base64
    strokes = traitlets.TraitType(()).tag(sync=True)
    centred = traitlets.Bool(True).tag(sync=True)
    image = traitlets.TraitType(None).tag(sync=True, to_json=lambda image, _: image.tobytes())
    probabilities = traitlets.TraitType(None).tag(sync=True, to_json=lambda probabilities, _: probabilities.tolist())
    digit = traitlets.TraitType(None).tag(sync=True)

    def __init__(self, model: AnyModel | Epoch | str | Path | None = None) -> None:
        self._model, self._telling = _full(model), False
        super().__init__(_network=self._model.to_bytes())

    def __repr__(self) -> str:
        (best, p), *_ = self._answer.guesses
        return f"<byhand.Pad: {self._answer.reason or f'{shortened(best, SHORT)} ({percent(p)})'}>"

    @property
    def model(self) -> Model:
        """The network that reads."""
        return self._model

    @model.setter
    def model(self, given: AnyModel | Epoch | str | Path | None) -> None:
        self._model = _full(given)
        self._network = self._model.to_bytes()

    @property
    def answer(self) -> Answer:
        """What the network makes of what there is now."""
        return self._answer

    @property
    def ink(self) -> Bytes:
        """The drawing: (280, 280) uint8, 0 is paper and 255 full ink."""
        return drawn(self.strokes)

    def set_state(self, sync_data: Mapping[str, object]) -> None:
        """Take over what a page has told, but for what is made here."""
        super().set_state({name: value for name, value in sync_data.items() if name not in NOT_HEARD})

    @traitlets.validate("strokes")
    def _as_strokes(self, proposal: traitlets.Bunch) -> tuple[Stroke, ...]:
        """Refuse what is no strokes."""
        with _refusing("strokes"):
            return sound(proposal["value"])

    @traitlets.validate("image")
    def _as_image(self, proposal: traitlets.Bunch) -> Bytes:
        """Return one image as bytes, or refuse it."""
        with _refusing("image"):
            rows, single = as_rows(cast("Images", proposal["value"]), (SIDE, SIDE))
            if not single:
                raise UsageError(f"the pad shows one at a time, not {len(rows)}.")
            levels = rows if rows.dtype == np.uint8 else np.floor(255 * to_unit(rows) + 0.5)
            return fixed(levels.astype(np.uint8).reshape(SIDE, SIDE))

    @traitlets.validate("probabilities", "digit")
    def _as_read(self, proposal: traitlets.Bunch) -> object:
        """Refuse what others set of what the network says."""
        if not self._telling:
            raise RefusedError("it cannot be set: the network says it.", proposal["trait"].name)
        return proposal["value"]

    @traitlets.observe("image")
    def _show(self, _: object) -> None:
        """Show an image in place of the drawing, if somebody has given it."""
        if not self._telling:
            self._given = base64.b64encode(self.image.tobytes()).decode()

    @traitlets.observe("strokes")
    def _drawn(self, _: object) -> None:
        """Show the drawing again."""
        self._given = ""

    @traitlets.observe("strokes", "centred", "_given", "_network")
    def _look(self, _: object) -> None:
        """Let the network read what there is now."""
        image, problem = self._seen()
        probabilities = fixed(self._model.predict_proba(image))
        self._answer = replace(answer(self._model, probabilities, problem), image=image)
        now: dict[str, Any] = {"image": image, "probabilities": probabilities, "digit": self._answer.name}
        self._telling = True
        try:
            with self.hold_sync(), self.hold_trait_notifications():  # Who is told of one finds the others, too.
                for name, value in now.items():
                    if not np.array_equal(getattr(self, name), value):
                        setattr(self, name, value)
        finally:
            self._telling = False

    def _seen(self) -> tuple[Bytes, str | None]:
        """Return the image that the network sees now, and why it cannot be a digit."""
        if self._given:
            return fixed(np.frombuffer(base64.b64decode(self._given), np.uint8).reshape(SIDE, SIDE)), None
        ink = self.ink
        prepared = prepare_ink(open_picture(255 - ink), ink, dark=True)
        if self.centred or prepared.problem_kind == "blank":
            return fixed(prepared.image), prepared.problem
        return fixed(resize(ink, (SIDE, SIDE))), None


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    """Let a trait be refused for what is wrong with its value."""
    try:
        yield
    except UsageError as error:
        raise RefusedError(error.text, name) from error


def _full(given: AnyModel | Epoch | str | Path | None) -> Model:
    """Return the model that is meant, with all that its file holds; refuse one that takes other images."""
    model = as_model(given)
    check_model(model)
    return model if isinstance(model, Model) else cast("Model", model.model)  # Of nothing else one is compiled.
