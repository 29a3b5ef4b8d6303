"""Put the page and its API together, and serve them until Ctrl-C."""

import asyncio
import errno
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from threadpoolctl import threadpool_limits
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from byhand.data.datasets import BUILT_IN, Dataset
from byhand.errors import ByhandError, UsageError
from byhand.model import Model
from byhand.web import api
from byhand.web.guard import Guard, Limits, is_loopback
from byhand.web.problems import Problem
from byhand.web.trainer import Refusal, Trainer
from byhand.web.training_api import router as training

STOPPING = 2  # Seconds that answers under way have once the server is told to stop.
KEPT_ALIVE = 30  # Seconds that an idle connection stays open, and within which the head of a request must come.
MOST_CONNECTIONS = 500  # Who comes then is told in HTTP's own words that the service is unavailable.
REFUSALS = {
    401: "The token is missing.",
    403: "Another machine's name, or another web page.",
    408: "The request took too long to arrive.",
    413: "The body is too large.",
    422: "What was sent cannot be used.",
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
    token: str | None = None,
    limits: Limits | None = None,
) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    model
        The network that the page begins with, for images of 28×28 pixels.
    dataset
        The images it is judged on, and that the page shows.
    data
        Where they come from, so that a training can load them.
    runs
        The folder that trainings go into.
    token
        What everybody must bring along; None on a server for this machine alone.
    limits
        What a request may cost.

    Raises
    ------
    UsageError
        If the model takes other images.
    """
    limits = limits or Limits(body=max(Limits.body, 4 * len(model.theta)))
    trainer = Trainer(data, runs, dataset)
    library = api.Library(model, dataset, trainer)

    def close() -> None:
        """End the training, and begin nothing new."""
        library.close()
        trainer.close()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        """Close all at the end."""
        yield
        await asyncio.to_thread(close)

    app = FastAPI(
        title="byhand",
        summary="A neural network written by hand, for digits written by hand.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        responses={status: {"model": Problem, "description": said} for status, said in REFUSALS.items()},
    )
    app.state.close = close
    app.state.streams = set[asyncio.Future[None]]()
    app.add_middleware(Guard, token=token, limits=limits, streams=app.state.streams)
    app.include_router(api.router(library))
    app.include_router(training(trainer))
    _say_errors_in_sentences(app)
    return app


def _say_errors_in_sentences(app: FastAPI) -> None:
    """Answer everything that goes wrong with one sentence."""

    @app.exception_handler(ByhandError)
    async def of_byhand(_: Request, error: Exception) -> JSONResponse:
        """Say what byhand itself says."""
        assert isinstance(error, ByhandError)
        return _told(error, error.status if isinstance(error, Refusal) else 422)

    @app.exception_handler(RequestValidationError)
    async def of_values(_: Request, error: Exception) -> JSONResponse:
        """Say which part of the address cannot be used."""
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        return _told(UsageError(f"{first['msg']}.", place), 422)

    @app.exception_handler(HTTPException)
    async def of_http(_: Request, error: Exception) -> JSONResponse:
        """Say why there is no answer."""
        assert isinstance(error, HTTPException)
        plain = error.detail == HTTPStatus(error.status_code).phrase  # what Starlette says
        detail = SENTENCES.get(error.status_code, error.detail) if plain else error.detail
        return JSONResponse(asdict(Problem(detail)), error.status_code, headers=error.headers)


def _told(error: ByhandError, status: int) -> JSONResponse:
    """Answer with an error and the fields that it is about."""
    return JSONResponse(asdict(Problem(str(error), error.fields)), status)


def serve(
    model: Model,
    dataset: Dataset,
    *,
    data: str,
    runs: Path,
    host: str,
    port: int,
    ready: Callable[[str], None],
) -> None:
    """Serve the page until Ctrl-C, which is raised again once all is closed.

    Parameters
    ----------
    model, dataset, data, runs
        As for `build`.
    host, port
        Where to listen; port 0 takes a free one. At an address that other machines can reach, a token is needed.
    ready
        Is told the link to the page, once that can be opened.

    Raises
    ------
    ByhandError
        If the address cannot be used, for instance because another server has it.
    """
    threadpool_limits(1)  # To share the small products of a drawing among threads takes longer than to make them.
    token = None if is_loopback(host) else secrets.token_urlsafe(16)
    with _listening(host, port) as listening:
        app = build(model, dataset, data=data, runs=runs, token=token)
        config = uvicorn.Config(
            app,
            ws="none",
            log_config=None,
            log_level="critical",  # The guard tells of mistakes by itself.
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEPT_ALIVE,
            timeout_graceful_shutdown=STOPPING,
            limit_concurrency=MOST_CONNECTIONS,
            http=_Connection,
        )
        try:
            _Server(config, app, lambda: ready(_link(host, listening, token))).run(sockets=[listening])
        finally:
            app.state.close()  # After a second Ctrl-C nobody else has.


class _Connection(HttpToolsProtocol):
    """A connection that ends if the head of a request does not come in time; its body is the guard's affair."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._wait()

    def on_headers_complete(self) -> None:
        self._wait_no_more()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self) -> None:
        """Give it some time from now on."""
        self._wait_no_more()
        self._late = self.loop.call_later(KEPT_ALIVE, self.transport.close)

    def _wait_no_more(self) -> None:
        """Let it stay."""
        if self._late is not None:
            self._late.cancel()


class _Server(uvicorn.Server):
    """A server that says when it is ready, and does not wait for streams that never end."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._app, self._ready = app, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for stream in list(self._app.state.streams):
            stream.cancel()
        await super().shutdown(sockets)


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address."""
    both = host == "::" and socket.has_dualstack_ipv6()  # so that the address printed is one of those
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=2048, dualstack_ipv6=both)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ByhandError(
                f"{port} on {host} is in use; perhaps byhand serve runs already. Choose another port.", "port"
            ) from error
        said = error.strerror or error
        raise ByhandError(f"cannot listen at {host}, port {port} ({said}).", "host", "port") from error


def _link(host: str, listening: socket.socket, token: str | None) -> str:
    """Return the link that opens the page."""
    name = _own_address(only_ipv6=_is_only_ipv6(listening)) if host in ("0.0.0.0", "::") else host  # noqa: S104
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{listening.getsockname()[1]}/" + (f"?token={token}" if token else "")


def _is_only_ipv6(listening: socket.socket) -> bool:
    """Tell whether a socket cannot be reached by IPv4."""
    return listening.family == socket.AF_INET6 and bool(listening.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY))


def _own_address(*, only_ipv6: bool) -> str:
    """Return the address under which other machines know this one: nothing is sent to find it out."""
    family, other = (socket.AF_INET6, "2001:db8::1") if only_ipv6 else (socket.AF_INET, "192.0.2.1")
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((other, 9))  # an address kept free for examples, RFC 5737 and 3849
        except OSError:
            return socket.gethostname()
        return str(probe.getsockname()[0])
