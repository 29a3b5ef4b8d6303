"""The images that the page shows."""

from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from byhand.data.datasets import Dataset
from byhand.errors import UsageError
from byhand.web.api import schemas
from byhand.web.api.answers import BINARY, in_binary, in_json
from byhand.web.page.samples import sample_bytes

MOST_SAMPLES = 500  # that are handed out at a time


def router(dataset: Dataset) -> APIRouter:
    """Return the routes by which images are told of and handed out."""
    api = APIRouter()

    @api.get("/api/data", responses=in_json(schemas.Data))
    async def data() -> Response:
        """Tell which images there are."""
        return JSONResponse(
            {
                "name": dataset.name,
                "classes": list(dataset.test.classes),
                "train": len(dataset.train),
                "test": len(dataset.test),
                "shape": list(dataset.test.image_shape),
            }
        )

    @api.get(
        "/api/images",
        responses=in_binary("For each image a byte, its label, and its grey levels."),
        response_class=Response,
    )
    async def images(
        part: Literal["train", "test"],
        index: Annotated[list[Annotated[int, Field(ge=0)]], Query(min_length=1, max_length=MOST_SAMPLES)],
    ) -> Response:
        """Return images of the data set."""
        split = dataset.train if part == "train" else dataset.test
        if max(index) >= len(split):
            raise UsageError(f"the {part} images are numbered from 0 to {len(split) - 1:,}.", "index")
        return Response(sample_bytes(split.take(np.array(index))), media_type=BINARY)

    return api
