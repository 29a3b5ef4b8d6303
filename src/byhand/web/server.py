"""Put the page and its API together, and serve them until Ctrl-C."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path
from typing import get_args

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from threadpoolctl import threadpool_limits

from byhand.data.datasets import BUILT_IN, Dataset
from byhand.errors import ByhandError, UsageError
from byhand.model import Model
from byhand.web import logs
from byhand.web.access import Access
from byhand.web.addresses import link_to, listen
from byhand.web.api import data as images
from byhand.web.api import files, health, judges, metrics, networks, reader, training_api, training_events
from byhand.web.api.problems import Problem, sentence
from byhand.web.bodies import Limits
from byhand.web.connections import KEPT_ALIVE, Connection
from byhand.web.description import describe
from byhand.web.exchanges import Exchange
from byhand.web.guard import Guard
from byhand.web.running import Server
from byhand.web.training.messages import Phase
from byhand.web.training.trainer import Trainer
from byhand.web.work.crew import Refusal

STOPPING = 2  # Seconds that answers under way have once the server is told to stop.
REFUSALS = {
    401: "The token is missing.",
    403: "Another machine's name, or another web page.",
    408: "The request took too long to arrive.",
    413: "The body is too large.",
    415: "The body is packed once more.",
    422: "What was sent cannot be used.",
    431: "The head of the request is too long.",
    503: "Too much at once.",
    504: "The answer took too long.",
}
SENTENCES = {404: "There is nothing at this address.", 405: "This address takes another method."}


def build(
    model: Model,
    dataset: Dataset,
    *,
    data: str = BUILT_IN,
    runs: Path = Path("runs"),
    access: Access | None = None,
    limits: Limits | None = None,
) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    model
        The network that the page begins with, for images of 28×28 pixels.
    dataset
        The images it is judged on, and that the page shows.
    data, runs
        Where they come from, so that a training can load them, and the folder that trainings go into.
    access
        Who may ask; None for this machine alone, without a token.
    limits
        What a request may cost.

    Raises
    ------
    UsageError
        If the model takes other images.
    """
    app = _application()
    app.state.streams = list[asyncio.Future[None]]()
    counted = _add_routes(app, model, dataset, Trainer(data, runs, dataset))
    _say_errors_in_sentences(app)
    longest = max(Limits.body, 4 * len(model.theta))
    access, limits = access or Access(), limits or Limits(body=longest, bodies=3 * longest)
    app.openapi = describe(app, asks=access.token is not None)  # type: ignore[method-assign]

    def told(exchange: Exchange) -> None:
        """Count a request, and keep it in the log."""
        counted.count(exchange, endless=exchange.path == training_events.EVENTS)
        logs.keep(exchange)

    app.state.told = told
    app.add_middleware(Guard, access=access, limits=limits, streams=app.state.streams, told=told)
    return app


def _application() -> FastAPI:
    """Return an application without anything to be asked for."""
    return FastAPI(
        title="byhand",
        summary="A neural network written by hand, for digits written by hand.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        servers=[{"url": "."}],  # a proxy may show this server below a path of its own
        lifespan=_close_at_the_end,
        responses={status: {"model": Problem, "description": said} for status, said in REFUSALS.items()},
    )


def _add_routes(app: FastAPI, model: Model, dataset: Dataset, trainer: Trainer) -> metrics.Metrics:
    """Add all that can be asked for, and what ends it; return who counts what is asked."""
    known = networks.Networks(model, trainer)
    reading, judging = reader.Reader(model), judges.Judges(known, dataset.test)
    counted = metrics.Metrics(
        metrics.Sources(
            pictures=lambda: reading.outcomes,
            processes=lambda: {
                "pictures": reading.processes,
                "judging": judging.processes,
                "training": trainer.processes,
            },
            state=lambda: trainer.state,
            states=("none", *get_args(Phase)),
            watching=lambda: len(app.state.streams),
        )
    )
    for routes in (
        reader.router(reading),
        networks.router(known),
        images.router(dataset),
        judges.router(judging),
        files.router(),
        health.router(reading),
        metrics.router(counted),
        training_api.router(trainer),
        training_events.router(trainer),
    ):
        app.include_router(routes)

    def close() -> None:
        """End the training, and begin nothing new."""
        for part in (reading, judging, trainer):
            part.close()

    app.state.close = close
    return counted


@asynccontextmanager
async def _close_at_the_end(app: FastAPI) -> AsyncIterator[None]:
    """Close all when the server stops."""
    yield
    await asyncio.to_thread(app.state.close)


def _say_errors_in_sentences(app: FastAPI) -> None:
    """Answer everything that goes wrong with one sentence."""

    @app.exception_handler(ByhandError)
    async def of_byhand(_: Request, error: Exception) -> Response:
        """Say what byhand itself says."""
        assert isinstance(error, ByhandError)
        return _told(error, error.status if isinstance(error, Refusal) else 422)

    @app.exception_handler(RequestValidationError)
    async def of_values(_: Request, error: Exception) -> Response:
        """Say which argument cannot be used; of a list, it is the argument that is named, not a place in it."""
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        about = first["loc"][1:2]
        return _told(UsageError(sentence(first) if about else f"The body {sentence(first)}", *about), 422)

    @app.exception_handler(HTTPException)
    async def of_http(_: Request, error: Exception) -> Response:
        """Say why there is no answer."""
        assert isinstance(error, HTTPException)
        plain = error.detail == HTTPStatus(error.status_code).phrase  # what Starlette says
        detail = SENTENCES.get(error.status_code, error.detail) if plain else error.detail
        return _answer(Problem(detail), error.status_code, error.headers)


def _told(error: ByhandError, status: int) -> Response:
    """Answer with an error and the fields that it is about."""
    return _answer(Problem(str(error), error.fields), status)


def _answer(problem: Problem, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Answer in ASCII: what was sent, and is told here, may hold half a character, which is none in UTF-8."""
    return Response(json.dumps(asdict(problem)), status, headers, "application/json")


def serve(
    model: Model,
    dataset: Dataset,
    *,
    data: str,
    runs: Path,
    host: str,
    port: int,
    ready: Callable[[str], None],
    access: Access | None = None,
    always: bool = False,
) -> None:
    """Serve the page until Ctrl-C, which is raised again once all is closed.

    Parameters
    ----------
    model, dataset, data, runs
        As for `build`.
    host, port
        Where to listen; port 0 takes a free one. At an address that other machines can reach, or under a name that they
        may know, a token is needed.
    ready
        Is told the link to the page, once that can be opened; with the token, unless it was chosen.
    access
        Who may ask. Its token is the one that was chosen, if one was; else one is made if it is needed.
    always
        Whether a token is asked at an address of this machine too, where others may be logged in.

    Raises
    ------
    ByhandError
        If the address cannot be used, for instance because another server has it.
    """
    access, made = (access or Access()).where(host, always=always)
    # To share the small products of a drawing among threads takes longer than to make them.
    with threadpool_limits(1), listen(host, port) as listening:
        link = link_to(host, listening, made)
        app = build(model, dataset, data=data, runs=runs, access=access.at(link))
        try:
            Server(_config(app), app.state.streams, lambda: ready(link)).run(sockets=[listening])
        finally:
            app.state.close()  # After a second Ctrl-C nobody else has.


def _config(app: FastAPI) -> uvicorn.Config:
    """Return how an application is served."""
    return uvicorn.Config(
        app,
        ws="none",
        log_config=None,
        log_level="critical",  # The guard tells of mistakes by itself.
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEPT_ALIVE,
        timeout_graceful_shutdown=STOPPING,
        http=Connection,
    )
