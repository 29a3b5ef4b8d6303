"""The training in the page by HTTP: begin it, command it, and watch it by a stream of events that can be resumed."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import fields
from typing import Annotated, Any, Literal, get_type_hints

from fastapi import APIRouter, Body, Header, HTTPException
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, create_model

from byhand.errors import ByhandError
from byhand.model import Json
from byhand.recipes import Recipe
from byhand.web import schemas
from byhand.web.history import Event
from byhand.web.session import in_the_page
from byhand.web.settings import DEFAULTS, MOST, MOST_LAYERS, MOST_UNITS, OFFERED
from byhand.web.trainer import Refusal, Trainer

MOST_EVENTS = 20  # a second
STREAM = "text/event-stream"
ALIVE = 15.0  # Seconds after which a silent stream says that it is still there.

Key = Annotated[
    str | None, Header(alias="X-Training-Key", description="The key that the training's starter was given.")
]
Verb = Literal["run", "pause", "step", "rewind", "stop"]
Layers = (
    list[Annotated[int, Field(ge=1, le=MOST_UNITS)]]
    | Annotated[str, Field(pattern=r"^\s*(none|\d+\s*(,\s*\d+\s*)*)\s*$", max_length=40)]
)


class Judged(BaseModel):
    """How good the network is on images set aside."""

    n: int
    loss: float | None = Field(description="Mean cross-entropy in nats.")
    accuracy: float = Field(description="Share read right, 0…1.")
    confusion: list[list[int]] = Field(description="How often the class of the row was read as that of the column.")


class Figures(BaseModel):
    """How far the training is, and how good."""

    epoch: int
    epochs: int
    done: int = Field(description="Images learned in this epoch.")
    total: int = Field(description="Images of an epoch.")
    images: int = Field(description="Images learned in all.")
    loss: float | None = Field(description="Mean loss of the latest thousand images; null before the first.")
    rate: float = Field(description="The learning rate.")
    speed: int = Field(description="Images learned in a second; 0 until that is known.")
    validation: Judged | None = Field(description="Null in an event when they were not judged at this moment.")
    dead: list[int] = Field(description="Units of each hidden layer that are silent on all images judged.")


class Curve(BaseModel):
    """Moments of the training: columns of the same length, at most a thousand."""

    images: list[int]
    loss: list[float]
    validation_loss: list[float | None]
    accuracy: list[float | None]


class Notice(BaseModel):
    """Something that goes wrong, and the figures that tell it."""

    kind: Literal["diverged", "not_learning", "overfitting", "dead"]
    evidence: dict[str, float]


class Result(BaseModel):
    """How good the network is on the test images."""

    accuracy: float
    interval: tuple[float, float]
    n: int


class Snapshot(BaseModel):
    """How the training stands. Without one there are only its state, "none", and the event."""

    state: Literal["none", "starting", "paused", "running", "finished", "failed", "stopped"]
    event: int = Field(description="The number of the latest event.")
    settings: dict[str, Any] = {}
    sizes: list[int] = []
    classes: list[str] = []
    folder: str | None = Field(None, description="Where it is kept, on the server.")
    started: str | None = Field(None, description="When it was begun, ISO 8601.")
    figures: Figures | None = None
    curve: Curve | None = None
    notice: Notice | None = None
    message: str | None = Field(None, description="Why it failed.")
    result: Result | None = None


class Started(Snapshot):
    """How the training stands, with the key that commands it."""

    key: str = Field(description="To be sent as X-Training-Key.")


class Step(BaseModel):
    """How far a step goes."""

    model_config = ConfigDict(extra="forbid")
    by: Literal["image", "batch", "epoch"] = "image"


def _settings() -> type[BaseModel]:
    """Return the description of all settings, made from the fields of a recipe."""
    hints, chosen = get_type_hints(Recipe), {}
    for entry in fields(Recipe):
        if entry.name not in OFFERED:
            continue
        bounds, hint = entry.metadata["bounds"], hints[entry.name]
        limits: dict[str, Any] = {"gt": bounds["above"], "le": bounds["most"], "lt": bounds["below"]}
        if hint in (int, int | None):
            limits = {"ge": entry.metadata["least"], "le": MOST.get(entry.name)}
        elif hint is float:
            limits["ge"] = 0
        elif entry.name == "layers":
            hint, limits = Layers, {}
        elif hint != float | None:
            limits = {}
        limits = {name: value for name, value in limits.items() if value is not None}
        default = DEFAULTS.get(entry.name, entry.default)
        chosen[entry.name] = (hint, Field(default, description=entry.metadata["help"], **limits))
    chosen["paused"] = (bool, Field(False, description="Whether it waits for a command before the first image."))
    config = ConfigDict(extra="forbid", strict=True)
    model = create_model("Settings", __config__=config, **chosen)  # type: ignore[call-overload]
    model.__doc__ = f"What to train, and how: at most {MOST_LAYERS} hidden layers and 5 million parameters."
    return model  # type: ignore[no-any-return]


Settings = _settings()


def router(trainer: Trainer) -> APIRouter:
    """Return the routes by which a trainer is commanded and watched."""
    api = APIRouter(prefix="/api/training")
    refusals: dict[int | str, dict[str, Any]] = {
        409: {"model": schemas.Problem, "description": "Somebody else's training is not over, or this one is."}
    }

    @api.get("", responses={200: {"model": Snapshot}})
    def snapshot() -> Response:
        """Tell how the training stands."""
        return JSONResponse(trainer.snapshot())

    @api.post("", status_code=201, responses={201: {"model": Started}, **refusals}, response_class=JSONResponse)
    def start(settings: Settings, key: Key = None) -> Response:  # type: ignore[valid-type]
        """Begin a training; with the key of the one before, even if that is not over."""
        chosen = settings.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
        paused = chosen.pop("paused", False)
        return JSONResponse(_done(lambda: trainer.start(chosen, paused=paused, key=key)), 201)

    @api.get(
        "/events",
        responses={200: {"description": "Server-sent events.", "content": {"text/event-stream": {}}}},
        response_class=StreamingResponse,
    )
    async def events(
        last: Annotated[
            str | None, Header(alias="Last-Event-ID", description="The number of the last event that has arrived.")
        ] = None,
    ) -> Response:
        """Tell what happens, at most 20 times a second: first what was missed, or else a snapshot."""
        after = int(last) if last is not None and last.isascii() and last.isdigit() else None
        return StreamingResponse(stream(trainer, after), headers={"Cache-Control": "no-store"}, media_type=STREAM)

    missing: dict[int | str, dict[str, Any]] = {
        404: {"model": schemas.Problem, "description": "No training was begun yet."}
    }

    @api.post("/{verb}", responses={200: {"model": Snapshot}, **refusals, **missing}, response_class=JSONResponse)
    def command(verb: Verb, key: Key = None, step: Annotated[Step | None, Body()] = None) -> Response:
        """Let the training go on, hold it, learn a single image, batch or epoch, begin again, or stop it for good."""
        by = (step or Step()).by if verb == "step" else None
        return JSONResponse(_done(lambda: trainer.command(verb, key, by)))

    return api


def _done(work: Callable[[], dict[str, Json]]) -> dict[str, Json]:
    """Do what was asked, or say why not."""
    try:
        return work()
    except Refusal as refusal:
        raise HTTPException(refusal.status, str(refusal)) from None
    except ByhandError as error:
        raise HTTPException(422, in_the_page(str(error))) from None


async def stream(trainer: Trainer, after: int | None) -> AsyncIterator[str]:
    """Yield the events after one, and then all that follow, as text; never more of these than 20 in any second."""
    loop, news = asyncio.get_running_loop(), asyncio.Event()
    sent: deque[float] = deque(maxlen=MOST_EVENTS)  # when the latest were
    missed = True

    def wake() -> None:
        loop.call_soon_threadsafe(news.set)

    with trainer.listening(wake):
        yield "retry: 1000\n\n"
        while not trainer.is_closed:
            news.clear()
            for event in trainer.events(after):
                if not missed:
                    await _hold_back(sent)
                yield _text(event)
                after = event.number
            missed = False
            try:
                async with asyncio.timeout(ALIVE):
                    await news.wait()
            except TimeoutError:
                yield ": still here\n\n"


async def _hold_back(sent: deque[float]) -> None:
    """Wait until one more event may be sent, and note that it was."""
    now = asyncio.get_running_loop().time()
    if len(sent) == MOST_EVENTS and now < sent[0] + 1:
        await asyncio.sleep(sent[0] + 1 - now)
    sent.append(asyncio.get_running_loop().time())


def _text(event: Event) -> str:
    """Return an event as the stream carries it."""
    return f"id: {event.number}\nevent: {event.name}\ndata: {json.dumps(event.data, separators=(',', ':'))}\n\n"
