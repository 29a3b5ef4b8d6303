"""A table that is reviewed by HTTP: its numbers, the picture of each, and what somebody says of it."""

import asyncio
from collections.abc import Callable

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from byhand.reading.reviews import Review
from byhand.web.api.answers import in_json
from byhand.web.api.schemas import Share

LONGEST = 200  # characters of a number


class Number(BaseModel):
    """A number of a table that is reviewed."""

    row: int = Field(description="Of the table, from 0.")
    file: str
    page: int | None = Field(description="Of the file, from 1, if it has several.")
    read: str = Field(description="As byhand read it.")
    text: str = Field(description="As it stands now.")
    probability: Share = Field(description="That all of what was read is right.")
    second: str | None
    second_probability: Share
    doubtful: bool
    checked: bool = Field(description="Whether somebody has seen to it.")


class Reviewed(BaseModel):
    """A table that is reviewed."""

    table: str
    out: str = Field(description="Where the corrected table is.")
    numbers: list[Number]


class Said(BaseModel):
    """What somebody says of a number."""

    row: int = Field(ge=0)
    text: str = Field(max_length=LONGEST, pattern=r"^[^\x00-\x1f\x7f]*$")


def router(review: Review, kept: Callable[[int], object]) -> APIRouter:
    """Return the routes by which a table is reviewed.

    Parameters
    ----------
    review
        The table.
    kept
        Is told the row of each number that somebody has seen to.
    """
    api = APIRouter()
    one_by_one = asyncio.Lock()  # It has one file to write, and pictures take memory.

    @api.get("/api/review", responses=in_json(Reviewed))
    async def told() -> Response:
        """Tell all numbers."""
        return JSONResponse(review.to_dict())

    @api.get("/api/review/picture", response_class=Response)
    async def picture(row: int) -> Response:
        """Return a picture of a number."""
        async with one_by_one:
            content = await asyncio.to_thread(review.picture, row)
        return Response(content, media_type="image/jpeg", headers={"cache-control": "no-cache"})

    @api.post("/api/review", status_code=204)
    async def keep(said: Said) -> Response:
        """Keep what somebody says of a number."""
        async with one_by_one:
            await asyncio.to_thread(review.keep, said.row, said.text)
            await asyncio.to_thread(kept, said.row)
        return Response(status_code=204)

    return api
