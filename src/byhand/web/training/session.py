"""One training as the server knows it: what its worker has said so far, and what those who watch are told of it."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

import numpy as np

from byhand.learning.recipe import Recipe
from byhand.model import Model
from byhand.types import Json
from byhand.web.training.diagnosis import Case, diagnose
from byhand.web.training.history import Curve, Point
from byhand.web.training.messages import Changed, Figures, Gone, Notice, Over, Phase, Ready, Report, Result, Theta
from byhand.web.training.process import WorkerProcess
from byhand.web.training.settings import settings_of
from byhand.web.training.snapshots import Standing

News: TypeAlias = tuple[str, Mapping[str, Json]]  # an event's name and data

LOST = "The training broke off: its process has gone, perhaps for lack of memory."
KILLED = "The training did not end in time and was broken off: all since its last checkpoint is lost."


@dataclass
class Session:
    """A training and all that is known of it."""

    recipe: Recipe
    sizes: tuple[int, ...]
    classes: tuple[str, ...]
    image_shape: tuple[int, int]
    key: str
    owned: bool = True  # whether only who has the key commands it
    started: datetime = field(default_factory=lambda: datetime.now().astimezone())
    folder: str | None = None
    worker: WorkerProcess | None = None
    state: Phase = "starting"
    since: float = field(default_factory=time.monotonic)  # when the state began, or its starter last commanded it
    figures: Figures | None = None  # the latest, with the latest judgement
    curve: Curve = field(default_factory=Curve)
    notice: Notice | None = None
    message: str | None = None
    fields: tuple[str, ...] = ()  # that the message is about
    result: Result | None = None
    theta: bytes | None = None
    theta_before: bytes | None = None  # the single image that was learned last, if nothing was learned since
    received: float = 0.0  # when theta was
    details: Mapping[str, Json] = field(default_factory=dict)
    is_told_to_end: bool = False
    _shown: tuple[bytes, Model] | None = None  # what was sent, and the network made of it
    _final: Model | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ("finished", "failed", "stopped")

    @property
    def is_being_judged(self) -> bool:
        """Whether all is learned, and only the test images and pictures are left."""
        figures = self.figures
        return figures is not None and figures.epoch == figures.epochs and figures.done == figures.total

    def snapshot(self) -> dict[str, Json]:
        """Return all that can be told, as JSON can hold it."""
        standing = Standing(
            state=self.state,
            settings=settings_of(self.recipe),
            sizes=self.sizes,
            classes=self.classes,
            folder=self.folder,
            owned=self.owned,
            started=self.started.isoformat(timespec="seconds"),
            figures=self.figures,
            curve=self.curve.columns(),
            notice=self.notice,
            message=self.message,
            fields=self.fields,
            result=self.result,
        )
        records = {name: _as_json(getattr(standing, name)) for name in ("figures", "notice", "result")}
        return {**vars(standing), **records, "curve": vars(standing.curve)}  # asdict would copy every point

    def hear(self, message: Report | Gone) -> list[News]:
        """Take note of what the worker says, and return what to tell those who watch."""
        match message:
            case Figures():
                return self._hear_figures(message)
            case Theta():
                self.received = time.monotonic()
                if self.theta != message.content:
                    self.theta = message.content
                return []
            case Changed():
                self._enter(message.state)
                return [self._state()]
            case Ready():
                self._forget()
                self.folder, self.details = message.folder, message.details
                return self._changed_to(message.state)
            case Over():
                self.folder, self.result, self.notice = message.folder, message.result, message.notice or self.notice
                self.message, self.fields = message.message, message.fields
                return self._changed_to(message.state)
            case Gone():  # pragma: no branch  # There is no other message.
                return [] if self.is_over else self._hear_gone(message)

    def _hear_gone(self, gone: Gone) -> list[News]:
        """Take note that the worker has gone without having said how it ended."""
        if self.is_told_to_end:
            self.message = KILLED if gone.killed else None
            return self._changed_to("stopped")
        self.message = f"The training broke off before it could begin: {gone.words}" if gone.words else LOST
        return self._changed_to("failed")

    def _changed_to(self, state: Phase) -> list[News]:
        """Enter a state, and return that and a snapshot."""
        self._enter(state)
        return [self._state(), ("snapshot", self.snapshot())]

    def _state(self) -> News:
        """Return the news of the state."""
        return ("state", {"state": self.state, "notice": _as_json(self.notice)})

    def _enter(self, state: Phase) -> None:
        """Note the state and when it began."""
        if state != self.state:
            self.state, self.since = state, time.monotonic()

    def begin(self) -> None:
        """Stand before the first image, for the first time or again."""
        self.is_told_to_end = False
        self._enter("starting")
        self._forget()

    def _forget(self) -> None:
        """Forget all that was learned."""
        self.curve, self.figures, self.notice, self.result = Curve(), None, None, None
        self.message, self.fields = None, ()
        self.theta, self.theta_before, self._shown, self._final = None, None, None, None

    def _hear_figures(self, figures: Figures) -> list[News]:
        """Take note of figures; tell them, and what is wrong if that is new."""
        self.theta_before = None if figures.seen is None else self.theta  # which was sent just before
        judged = figures.validation
        known = None if self.figures is None else self.figures.validation
        self.figures = replace(figures, validation=judged or known)
        news: list[News] = [("figures", asdict(figures))]
        if figures.loss is None:
            return news
        point = Point(figures.images, figures.loss)
        if judged is not None:
            point = replace(point, validation_loss=judged.loss, accuracy=judged.accuracy)
        self.curve.add(point)
        if judged is not None or not self.recipe.validation:
            case = Case(self.recipe, self.sizes, figures.total, self.curve.points, figures.dead)
            before, self.notice = self.notice, diagnose(case)
            if before != self.notice:  # also if only its figures are others
                news.append(self._state())
        return news

    def model(self) -> Model | None:
        """Return the network: the one saved if the training is through, else the latest that was sent, if any was.

        It is the same as before if nothing was learned since. It is meant for one thread at a time.

        Raises
        ------
        ByhandError
            If its file is gone, or its parameters are no numbers any more.
        """
        if self.state == "finished" and self.folder is not None:
            self._final = self._final or Model.load(self.folder)
            return self._final
        sent = self.theta
        if sent is None:
            return None
        if self._shown is None or self._shown[0] is not sent:
            self._shown = sent, self._model_of(sent)
        return self._shown[1]

    def model_before(self) -> Model | None:
        """Return the network before the single image that was learned last; None if more was learned since."""
        sent = self.theta_before
        return None if sent is None else self._model_of(sent)

    def _model_of(self, sent: bytes) -> Model:
        """Return the network of parameters that were sent."""
        theta, facts = np.frombuffer(sent, "<f4").astype(np.float32, copy=False), (self.classes, self.image_shape)
        return Model(self.sizes, self.recipe.activation, theta, *facts, details=self.details)


def _as_json(record: Figures | Notice | Result | None) -> dict[str, Json] | None:
    """Return a small record, if there is one, as JSON can hold it."""
    return None if record is None else asdict(record)
