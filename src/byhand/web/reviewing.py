"""Serve the page that reviews a table."""

from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI

from byhand.model import AnyModel
from byhand.reading.reviews import Review
from byhand.web import application, logs
from byhand.web.access import Access
from byhand.web.api import files, reviewing
from byhand.web.bodies import Limits
from byhand.web.guard import Guard

PAGE = "review/index.html"


def build(review: Review, access: Access | None = None, *, digits: Path | None = None, model: AnyModel) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    review
        The table.
    access
        Who may ask; None for this machine alone, without a token.
    digits
        Folder that images of the digits of each number go into that somebody has seen to; None for none.
    model
        Finds those digits.
    """
    app, access = application.application(), access or Access()

    def kept(row: int) -> None:
        """Keep the digits of a number that is known to be right."""
        if digits is not None:
            review.keep_digits(row, digits, model)

    app.include_router(reviewing.router(review, kept))
    app.include_router(files.router(access, PAGE))
    app.state.close = lambda: None
    app.state.told = logs.keep
    app.add_middleware(Guard, access=access, limits=Limits(), streams=app.state.streams, told=app.state.told)
    return app


def serve(review: Review, ready: Callable[[str], None], *, port: int, digits: Path | None, model: AnyModel) -> None:
    """Serve the page that reviews a table on this machine alone, until Ctrl-C, which is raised again.

    Raises
    ------
    ByhandError
        If the port cannot be used.
    """

    def built(access: Access) -> FastAPI:
        return build(review, access, digits=digits, model=model)

    application.serve(built, host="127.0.0.1", port=port, ready=ready)
