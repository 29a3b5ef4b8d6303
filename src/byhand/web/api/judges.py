"""Who judges networks: one at a time, each of them once, and in a process that can be ended."""

import asyncio
from dataclasses import dataclass
from typing import Literal, TypeAlias

from fastapi import APIRouter, Request, Response

from byhand.data.datasets import Split
from byhand.web.api import schemas
from byhand.web.api.answers import BINARY, MISSING, in_json, takes_bytes
from byhand.web.api.networks import Name, Networks, Of
from byhand.web.work.crew import Crew
from byhand.web.work.tasks import Images, Network, Task

Judging: TypeAlias = Literal["judgement", "robustness"]


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
        self._networks = networks
        self._crew = Crew("byhand.web.work.judge", lambda: Images.of(split), 1)
        self._one_by_one = asyncio.Lock()  # Who asks for the same again finds it done.
        self._known: dict[tuple[Judging, Name], Kept] = {}

    def close(self) -> None:
        """End what is being judged, and begin nothing new."""
        self._crew.close()

    async def judge(self, of: Name, judging: Judging) -> bytes:
        """Judge a network, or say what was said before if it is the same; return JSON."""
        network = await self._networks.get(of)
        async with self._one_by_one:
            known = self._known.get((judging, of))
            if known is None or known.etag != network.file.etag:
                sent = Network.of(network.model)
                content = await self._crew.do(Task(judging, b"", sent.facts, sent.theta))
                known = self._known[judging, of] = Kept(network.file.etag, content)
        return known.content

    async def accuracy(self, of: Name, theta: bytes) -> bytes:
        """Judge other parameters for a network; return JSON."""
        network = await self._networks.get(of)
        sent = Network.of(network.model)
        return await self._crew.do(Task("accuracy", theta, sent.facts, sent.theta))


def router(judges: Judges) -> APIRouter:
    """Return the routes that tell how good a network is."""
    api = APIRouter()

    @api.get("/api/judgement", responses=in_json(schemas.Judgement) | MISSING)
    async def judgement(of: Of = "served") -> Response:
        """Judge a network on the test images."""
        return Response(await judges.judge(of, "judgement"), media_type="application/json")

    @api.get("/api/robustness", responses=in_json(schemas.Robustness) | MISSING)
    async def robustness(of: Of = "served") -> Response:
        """Tell how well a network reads test images that are shifted, turned, or covered with noise."""
        return Response(await judges.judge(of, "robustness"), media_type="application/json")

    @api.post(
        "/api/accuracy",
        responses=in_json(schemas.Accuracy) | MISSING,
        openapi_extra=takes_bytes("Little-endian float32.", BINARY),
    )
    async def accuracy(request: Request, of: Of = "served") -> Response:
        """Judge other parameters for a network, such as damaged ones."""
        return Response(await judges.accuracy(of, await request.body()), media_type="application/json")

    return api
