"""That the server lives, and whether it takes more work: for who watches over it, and told to everybody."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from byhand.web.api import schemas
from byhand.web.api.answers import in_json
from byhand.web.api.reader import Reader
from byhand.web.work.crew import Refusal


def router(reader: Reader) -> APIRouter:
    """Return the routes by which the server is watched over."""
    api = APIRouter()

    @api.head("/healthz", include_in_schema=False)  # for who wants to know the status alone
    @api.get("/healthz", responses=in_json(schemas.Health))
    async def healthz() -> Response:
        """Tell that the server answers, whatever else it does."""
        return JSONResponse({"status": "ok"})

    @api.head("/readyz", include_in_schema=False)  # for who wants to know the status alone
    @api.get("/readyz", responses=in_json(schemas.Health))
    async def readyz() -> Response:
        """Tell whether the server takes pictures: it does not when too many wait, or when it is about to stop."""
        if not reader.takes_more:
            raise Refusal(503, "Too many pictures wait already. Try again in a moment.")
        return JSONResponse({"status": "ok"})

    return api
