"""Who judges networks: one at a time, and each of them once."""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from byhand.data.datasets import Split
from byhand.model import Model
from byhand.types import Json
from byhand.web.api import judging, schemas
from byhand.web.api.answers import BINARY, MISSING, in_json, takes_bytes
from byhand.web.api.networks import Name, Network, Networks, Of
from byhand.web.api.threads import close, in_thread

Judging = Callable[[Model, Split], Mapping[str, Json]]


@dataclass(frozen=True)
class Kept:
    """What was said of a network, as JSON, and the fingerprint of that network's file."""

    etag: str
    content: bytes


class Judges:
    """Judges networks on the same images.

    Parameters
    ----------
    networks
        Which there are.
    split
        The images.
    """

    def __init__(self, networks: Networks, split: Split) -> None:
        self._networks, self._split = networks, split
        self._pool = ThreadPoolExecutor(1, "judge")  # One at a time: who asks for the same again finds it done.
        self._known: dict[tuple[Judging, Name], Kept] = {}

    def close(self) -> None:
        """Begin nothing new."""
        close(self._pool)

    async def judge(self, of: Name, judge: Judging) -> bytes:
        """Judge a network, and return it as JSON."""
        return await in_thread(self._pool, self._judged, of, await self._networks.get(of), judge)

    def _judged(self, of: Name, network: Network, judge: Judging) -> bytes:
        """Return the judgement of before, if the network is the same, or else a new one."""
        known = self._known.get((judge, of))
        if known is None or known.etag != network.file.etag:
            content = json.dumps(judge(network.model, self._split)).encode()
            known = self._known[judge, of] = Kept(network.file.etag, content)
        return known.content

    async def accuracy(self, of: Name, theta: bytes) -> dict[str, Json]:
        """Judge other parameters for a network."""
        network = await self._networks.get(of)
        return await in_thread(self._pool, judging.accuracy, network.model, theta, self._split)


def router(judges: Judges) -> APIRouter:
    """Return the routes that tell how good a network is."""
    api = APIRouter()

    @api.get("/api/judgement", responses=in_json(schemas.Judgement) | MISSING)
    async def judgement(of: Of = "served") -> Response:
        """Judge a network on the test images."""
        return Response(await judges.judge(of, judging.judgement), media_type="application/json")

    @api.get("/api/robustness", responses=in_json(schemas.Robustness) | MISSING)
    async def robustness(of: Of = "served") -> Response:
        """Tell how well a network reads test images that are shifted, turned, or covered with noise."""
        return Response(await judges.judge(of, judging.robustness), media_type="application/json")

    @api.post(
        "/api/accuracy",
        responses=in_json(schemas.Accuracy) | MISSING,
        openapi_extra=takes_bytes("Little-endian float32.", BINARY),
    )
    async def accuracy(request: Request, of: Of = "served") -> Response:
        """Judge other parameters for a network, such as damaged ones."""
        return JSONResponse(await judges.accuracy(of, await request.body()))

    return api
