"""The training in the page by HTTP: begin it, command it, and ask how it stands."""

import json
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal, TypeVar, get_args
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from byhand.errors import UsageError
from byhand.files import words
from byhand.sealing.sealed import read_json
from byhand.web.api.problems import Problem
from byhand.web.pupils.places import Place, Places
from byhand.web.pupils.visitors import Key, Visitor
from byhand.web.training.messages import Step
from byhand.web.training.settings import Most, described
from byhand.web.training.snapshots import Snapshot, Started
from byhand.web.work.crew import Turns
from byhand.web.work.sharing import in_thread

T = TypeVar("T")

PREFIX = "/api/training"
LONGEST_BODY = 10_000  # bytes
MOST_COMMANDS = 8  # to one training, that wait
STEPS = get_args(Step)

Verb = Literal["run", "pause", "step", "rewind", "stop"]


async def _body(request: Request) -> dict[str, Any]:
    """Return the object in JSON that was sent; an empty one if nothing was."""
    body = await request.body()
    if len(body) > LONGEST_BODY:
        raise HTTPException(413, f"This is too long: at most {LONGEST_BODY:,} bytes of settings are taken.")
    try:
        sent = read_json(body or b"{}")
        json.dumps(sent, ensure_ascii=False).encode()  # which half a character cannot be
        return sent
    except (ValueError, RecursionError) as error:  # also of numbers and nestings that are far too long
        raise UsageError(
            f'The body is no object in JSON that can be used ({words(error)}). Send one such as {{"epochs": 5}}.'
        ) from None


Body = Annotated[dict[str, Any], Depends(_body)]

LATER = "The training is told, but has not done so yet: this is how it stands; the stream tells when it does."
STEP = {
    "type": "object",
    "title": "Step",
    "additionalProperties": False,
    "properties": {"by": {"enum": list(STEPS), "default": STEPS[0], "description": "How far a step goes."}},
}


REFUSALS: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "Somebody else's training is not over, or this one is."}
}


def _described_body(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a body in JSON that need not be there."""
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


def _settings(most: Most) -> dict[str, Any]:
    """Return the description of what a training is begun with."""
    schema = described(most)
    said = "Whether it waits for a command before the first image."
    paused = {"type": "boolean", "default": False, "description": said}
    return {**schema, "properties": {**schema["properties"], "paused": paused}}


class _Commands:
    """What is done with trainings, with each of them one thing after the other: all of it may be waited for."""

    def __init__(self) -> None:
        self._turns = WeakKeyDictionary[Place, Turns]()

    async def do(self, place: Place, doing: Callable[[], T]) -> T:
        """Do it in a thread, when its turn has come."""
        async with self._turns.setdefault(place, Turns(1, MOST_COMMANDS)).turn():
            return await in_thread(doing)


def router(places: Places) -> APIRouter:
    """Return the routes by which trainings are commanded and asked how they stand."""
    api, commands = APIRouter(prefix=PREFIX), _Commands()

    @api.get("", responses={200: {"model": Snapshot}})
    async def snapshot(visitor: Visitor) -> Response:
        """Tell how the training stands."""
        return JSONResponse(places.of(visitor).snapshot())

    @api.post(
        "",
        status_code=201,
        responses={201: {"model": Started}, **REFUSALS},
        response_class=JSONResponse,
        openapi_extra=_described_body(_settings(places.most)),
    )
    async def start(settings: Body, visitor: Visitor, key: Key = None) -> Response:
        """Begin a training; with the key of the one before, even if that is not over."""
        paused = settings.pop("paused", False)
        if not isinstance(paused, bool):
            raise UsageError("must be true or false.", "paused")
        place = places.of(visitor)
        return JSONResponse(await commands.do(place, partial(place.start, settings, paused=paused, key=key)), 201)

    _add_taking(api, places, commands)
    missing: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "No training was begun yet."}}

    @api.post(
        "/{verb}",
        responses={200: {"model": Snapshot}, 202: {"model": Snapshot, "description": LATER}, **REFUSALS, **missing},
        response_class=JSONResponse,
        openapi_extra=_described_body(STEP),
    )
    async def command(verb: Verb, step: Body, visitor: Visitor, key: Key = None) -> Response:
        """Let the training go on, hold it, learn a single image, batch or epoch, begin again, or stop it for good."""
        by = step.pop("by", STEPS[0])
        if by not in STEPS or step:
            raise UsageError(f"a step goes by one of {', '.join(STEPS)}; nothing else can be chosen.", "by")
        place = places.of(visitor)
        place.check_key(key)
        doing = partial(place.command, verb, key, by if verb == "step" else None)
        snapshot, done = await commands.do(place, doing)
        return JSONResponse(snapshot, 200 if done else 202)

    return api


def _add_taking(api: APIRouter, places: Places, commands: _Commands) -> None:
    """Add the routes by which somebody commands a training that somebody else has begun."""

    @api.post("/take", responses={200: {"model": Started}, **REFUSALS}, response_class=JSONResponse)
    async def take(visitor: Visitor) -> Response:
        """Take over the training that goes on, whoever began it: from then on it obeys the key of this answer."""
        place = places.of(visitor)
        return JSONResponse(await commands.do(place, place.take_over))

    @api.post("/resume", responses={200: {"model": Started}, **REFUSALS}, response_class=JSONResponse)
    async def resume(visitor: Visitor) -> Response:
        """Go on with the training that an earlier server has left, if the snapshot names its folder; held at first."""
        place = places.of(visitor)
        return JSONResponse(await commands.do(place, place.go_on))
