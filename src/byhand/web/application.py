"""An application that answers by HTTP: guarded, with its errors in sentences, served until Ctrl-C."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from http import HTTPStatus

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from threadpoolctl import threadpool_limits

from byhand.errors import ByhandError, UsageError
from byhand.web.access import Access
from byhand.web.addresses import link_to, listen
from byhand.web.api.problems import Problem, sentence
from byhand.web.connections import KEPT_ALIVE, Connection
from byhand.web.page.notices import MEDIA_TYPE, notice, wants_page
from byhand.web.running import Server
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


def application() -> FastAPI:
    """Return an application without anything to be asked for; what is to be done at its end is its state's `close`."""
    app = FastAPI(
        title="byhand",
        summary="A neural network written by hand, for digits written by hand.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        servers=[{"url": "."}],  # a proxy may show this server below a path of its own
        lifespan=_close_at_the_end,
        responses={status: {"model": Problem, "description": said} for status, said in REFUSALS.items()},
    )
    app.state.streams = list[asyncio.Future[None]]()
    _say_errors_in_sentences(app)
    return app


@asynccontextmanager
async def _close_at_the_end(app: FastAPI) -> AsyncIterator[None]:
    """Close all when the server stops."""
    yield
    await asyncio.to_thread(app.state.close)


def _say_errors_in_sentences(app: FastAPI) -> None:
    """Answer everything that goes wrong with one sentence."""

    @app.exception_handler(ByhandError)
    async def of_byhand(request: Request, error: Exception) -> Response:
        """Say what byhand itself says."""
        assert isinstance(error, ByhandError)
        return _told(request, error, error.status if isinstance(error, Refusal) else 422)

    @app.exception_handler(RequestValidationError)
    async def of_values(request: Request, error: Exception) -> Response:
        """Say which argument cannot be used; of a list, it is the argument that is named, not a place in it."""
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        about = first["loc"][1:2]
        wrong = UsageError(sentence(first) if about else f"The body {sentence(first)}", *about)
        return _told(request, wrong, 422)

    @app.exception_handler(HTTPException)
    async def of_http(request: Request, error: Exception) -> Response:
        """Say why there is no answer."""
        assert isinstance(error, HTTPException)
        plain = error.detail == HTTPStatus(error.status_code).phrase  # what Starlette says
        detail = SENTENCES.get(error.status_code, error.detail) if plain else error.detail
        return _answer(request, Problem(detail), error.status_code, error.headers)


def _told(request: Request, error: ByhandError, status: int) -> Response:
    """Answer with an error and the fields that it is about."""
    return _answer(request, Problem(str(error), error.fields), status)


def _answer(request: Request, problem: Problem, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Answer in ASCII: what was sent, and is told here, may hold half a character, which is none in UTF-8."""
    if wants_page(request.method, request.headers.get("accept", "").encode()):
        sentence = problem.detail.encode(errors="replace").decode()
        return Response(notice(status, sentence), status, headers, MEDIA_TYPE)
    return Response(json.dumps(asdict(problem)), status, headers, "application/json")


def serve(
    build: Callable[[Access], FastAPI],
    *,
    host: str,
    port: int,
    ready: Callable[[str], None],
    access: Access | None = None,
    always: bool = False,
) -> None:
    """Serve an application until Ctrl-C, which is raised again once all is closed.

    Parameters
    ----------
    build
        Makes it, given who may ask.
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
        app = build(access.at(link))
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
