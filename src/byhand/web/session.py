"""One training as the server knows it: what its worker has said so far, and what those who watch are told of it."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias, cast

import numpy as np

from byhand.model import Model
from byhand.recipes import Recipe
from byhand.types import Json
from byhand.web.diagnosis import Case, diagnose
from byhand.web.history import Curve, Point
from byhand.web.process import Message, WorkerProcess
from byhand.web.settings import settings_of

State: TypeAlias = Literal["starting", "paused", "running", "finished", "failed", "stopped"]
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
    started: datetime = field(default_factory=lambda: datetime.now().astimezone())
    folder: str | None = None
    worker: WorkerProcess | None = None
    state: State = "starting"
    since: float = field(default_factory=time.monotonic)  # when the state began, or its starter last commanded it
    figures: dict[str, Json] | None = None  # the latest, with the latest judgement
    curve: Curve = field(default_factory=Curve)
    notice: dict[str, Json] | None = None
    message: str | None = None
    result: Json = None
    theta: bytes | None = None
    received: float = 0.0  # when theta was
    details: Mapping[str, Json] = field(default_factory=dict)
    is_told_to_end: bool = False
    _final: Model | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ("finished", "failed", "stopped")

    @property
    def is_being_judged(self) -> bool:
        """Whether all is learned, and only the test images and pictures are left."""
        figures = self.figures
        return bool(figures and figures["epoch"] == figures["epochs"] and figures["done"] == figures["total"])

    def snapshot(self) -> dict[str, Json]:
        """Return all that can be told, as JSON can hold it."""
        return {
            "state": self.state,
            "settings": settings_of(self.recipe),
            "sizes": list(self.sizes),
            "classes": list(self.classes),
            "folder": self.folder,
            "started": self.started.isoformat(timespec="seconds"),
            "figures": self.figures,
            "curve": self.curve.to_dict(),
            "notice": self.notice,
            "message": self.message,
            "result": self.result,
        }

    def hear(self, message: Message, content: bytes) -> list[News]:
        """Take note of what the worker says, and return what to tell those who watch."""
        kind = message["kind"]
        if kind == "figures":
            return self._hear_figures({name: message[name] for name in message if name not in ("kind", "bytes")})
        if kind == "theta":
            self.theta, self.received = content, time.monotonic()
            return []
        if kind == "gone":
            return [] if self.is_over else self._hear_gone(message)
        if kind == "ready":
            self._forget()
            self.folder = cast("str", message["folder"])
            self.details = cast("Mapping[str, Json]", message["details"])
        elif kind == "over":
            self._hear_over(message)
        news = self._changed_to(cast("State", message["state"]))
        return news[:1] if kind == "state" else news

    def _hear_over(self, message: Message) -> None:
        """Take note of how it ended."""
        said = cast("str | None", message["message"])
        self.message = None if said is None else in_the_page(said)
        self.result = message["result"]
        self.notice = cast("dict[str, Json] | None", message["notice"]) or self.notice
        self.folder = cast("str | None", message.get("folder", self.folder))

    def _hear_gone(self, message: Message) -> list[News]:
        """Take note that the worker has gone without having said how it ended."""
        if self.is_told_to_end:
            self.message = KILLED if message["killed"] else None
            return self._changed_to("stopped")
        words = cast("str", message["words"])
        self.message = f"The training broke off before it could begin: {words}" if words else LOST
        return self._changed_to("failed")

    def _changed_to(self, state: State) -> list[News]:
        """Enter a state, and return that and a snapshot."""
        self._enter(state)
        return [("state", {"state": self.state, "notice": self.notice}), ("snapshot", self.snapshot())]

    def _enter(self, state: State) -> None:
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
        self.curve, self.figures, self.notice, self.message, self.result = Curve(), None, None, None, None
        self.theta = self._final = None

    def _hear_figures(self, figures: dict[str, Json]) -> list[News]:
        """Take note of figures; tell them, and what is wrong if that is new."""
        judged = cast("Mapping[str, float] | None", figures["validation"])
        known = self.figures and self.figures["validation"]
        self.figures = {**figures, "validation": known if judged is None else judged}
        news: list[News] = [("figures", figures)]
        if figures["loss"] is None:
            return news
        point = Point(cast("int", figures["images"]), cast("float", figures["loss"]))
        if judged is not None:
            point = Point(point.images, point.loss, judged["loss"], judged["accuracy"])
        self.curve.add(point)
        if judged is not None or not self.recipe.validation:
            total, dead = cast("int", figures["total"]), cast("list[int]", figures["dead"])
            found = diagnose(Case(self.recipe, self.sizes, total, self.curve.points, dead))
            before, self.notice = self.notice, None if found is None else found.to_dict()
            if (before and before["kind"]) != (self.notice and self.notice["kind"]):
                news.append(("state", {"state": self.state, "notice": self.notice}))
        return news

    def model(self) -> Model | None:
        """Return the network: the one saved if the training is through, else the latest that was sent, if any was.

        Raises
        ------
        ByhandError
            If its file is gone, or its parameters are no numbers any more.
        """
        if self.state == "finished" and self.folder is not None:
            self._final = self._final or Model.load(self.folder)
            return self._final
        if self.theta is None:
            return None
        theta = np.frombuffer(self.theta, "<f4").astype(np.float32)
        return Model(self.sizes, self.recipe.activation, theta, self.classes, self.image_shape, details=self.details)


def in_the_page(message: str) -> str:
    """Return a message without the command line's options, with a capital unless the name of a setting begins it."""
    message = re.sub(r" \((--[a-z-]+(, )?)+\)", "", message)
    message = re.sub(r"--([a-z]+)-?([a-z]*)", r"\1 \2", message).replace("  ", " ")
    return message if re.match(r"[a-z_]+(, [a-z_]+)*: ", message) else message[:1].upper() + message[1:]
