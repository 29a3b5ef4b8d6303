"""Put the page and its API together."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

from fastapi import FastAPI

from byhand.data.datasets import BUILT_IN, Dataset
from byhand.model import Model
from byhand.web import application, logs
from byhand.web.access import Access
from byhand.web.api import data as images
from byhand.web.api import files, health, judges, metrics, networks, reader, training_api, training_events
from byhand.web.bodies import Limits
from byhand.web.description import describe
from byhand.web.exchanges import Exchange
from byhand.web.guard import Guard
from byhand.web.pupils.lesson import Lesson
from byhand.web.pupils.places import Places
from byhand.web.training.messages import Phase
from byhand.web.training.trainer import Trainer

PUPILS = 40  # who have trainings of their own, where nobody says how many


def build(
    model: Model,
    dataset: Dataset,
    *,
    data: str = BUILT_IN,
    runs: Path = Path("runs"),
    access: Access | None = None,
    limits: Limits | None = None,
    pupils: int = 0,
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
    pupils
        How many may have a training of their own; 0 for one training, which all see.

    Raises
    ------
    UsageError
        If the model takes other images.
    """
    app, access = application.application(), access or Access()
    source = data, runs, dataset
    places: Places = Lesson(*source, pupils=pupils) if pupils else Trainer(*source, owned=access.token is not None)
    counted = _add_routes(app, model, dataset, places)
    app.include_router(files.router(access, most=places.most, greets=pupils > 0))
    _guard(app, model, access, limits, counted)
    return app


def _guard(app: FastAPI, model: Model, access: Access, limits: Limits | None, counted: metrics.Metrics) -> None:
    """Let nothing come in unchecked, and count all that comes."""
    longest = max(Limits.body, 4 * len(model.theta))
    limits = limits or Limits(body=longest, bodies=3 * longest)
    app.openapi = describe(app, asks=access.token is not None)  # type: ignore[method-assign]

    def told(exchange: Exchange) -> None:
        """Count a request, and keep it in the log."""
        counted.count(exchange, endless=exchange.path == training_events.EVENTS)
        logs.keep(exchange)

    app.state.told = told
    app.add_middleware(Guard, access=access, limits=limits, streams=app.state.streams, told=told)


def _add_routes(app: FastAPI, model: Model, dataset: Dataset, places: Places) -> metrics.Metrics:
    """Add all that can be asked for, and what ends it; return who counts what is asked."""
    known = networks.Networks(model)
    reading, judging = reader.Reader(model), judges.Judges(known, dataset.test)
    counted = metrics.Metrics(
        metrics.Sources(
            pictures=lambda: reading.outcomes,
            processes=lambda: {
                "pictures": reading.processes,
                "judging": judging.processes,
                "training": places.processes,
            },
            states=lambda: places.states,
            kinds=("none", *get_args(Phase)),
            watching=lambda: len(app.state.streams),
        )
    )
    for routes in (
        reader.router(reading),
        networks.router(known, places),
        images.router(dataset),
        judges.router(judging, places),
        health.router(reading),
        metrics.router(counted),
        training_api.router(places),
        training_events.router(places),
    ):
        app.include_router(routes)

    def close() -> None:
        """End all trainings, and begin nothing new."""
        for part in (reading, judging, places):
            part.close()

    app.state.close = close
    return counted


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
    pupils: int | None = None,
) -> None:
    """Serve the page until Ctrl-C, which is raised again once all is closed.

    Parameters
    ----------
    model, dataset, data, runs
        As for `build`.
    host, port, ready, access, always
        As for `byhand.web.application.serve`.
    pupils
        As for `build`; if not given, a class of them where others may know the address or name, and else 0.

    Raises
    ------
    ByhandError
        If the address cannot be used, for instance because another server has it.
    """

    def built(access: Access) -> FastAPI:
        known = PUPILS if not access.is_only_here(host) else 0
        count = known if pupils is None else pupils
        return build(model, dataset, data=data, runs=runs, access=access, pupils=count)

    application.serve(built, host=host, port=port, ready=ready, access=access, always=always)
