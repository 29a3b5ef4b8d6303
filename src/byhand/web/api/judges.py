"""Who judges networks: one of a kind at a time, each of them once, and in processes that can be ended."""

from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias, get_args

from fastapi import APIRouter, Request, Response

from byhand.data.datasets import Split
from byhand.errors import UsageError
from byhand.web.api import schemas
from byhand.web.api.answers import BINARY, MISSING, in_json, takes_bytes
from byhand.web.api.networks import Name, Networks, Of
from byhand.web.work.crew import Crew
from byhand.web.work.sharing import Shared
from byhand.web.work.tasks import Images, Task, facts_of, theta_of

Judging: TypeAlias = Literal["judgement", "robustness"]
JUDGINGS: tuple[Judging, ...] = get_args(Judging)
NAMES: tuple[Name, ...] = get_args(Name)


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
        # What takes seconds of a large network in training is never in the way of the one that is served.
        self._crews = {of: Crew("byhand.web.work.judge", lambda: Images.of(split), 1) for of in NAMES}
        # Who asks while a network is being judged shares what comes next.
        self._shared = {
            (judging, of): Shared(partial(self._judged, judging, of)) for judging in JUDGINGS for of in NAMES
        }
        self._known: dict[tuple[Judging, Name], Kept] = {}

    def close(self) -> None:
        """End what is being judged, and begin nothing new."""
        for crew in self._crews.values():
            crew.close()

    @property
    def processes(self) -> list[int]:
        """The ids of the processes that judge."""
        return [process for crew in self._crews.values() for process in crew.processes]

    async def judge(self, of: Name, judging: Judging) -> bytes:
        """Judge a network, or say what was said before if it is the same; return JSON."""
        return await self._shared[judging, of].get()

    async def _judged(self, judging: Judging, of: Name) -> bytes:
        """Judge a network if it is not the one that was judged last."""
        network = await self._networks.get(of)
        known = self._known.get((judging, of))
        if known is None or known.etag != network.file.etag:
            model = network.model
            content = await self._crews[of].do(lambda: Task(judging, b"", facts_of(model), theta_of(model)))
            known = self._known[judging, of] = Kept(network.file.etag, content)
        return known.content

    async def accuracy(self, of: Name, theta: bytes) -> bytes:
        """Judge other parameters for a network; return JSON."""
        parameters = self._networks.parameters(of)
        if len(theta) != 4 * parameters:
            raise UsageError(
                f"the network has {parameters:,} parameters, 4 bytes each; these are {len(theta):,} bytes."
            )
        facts = facts_of((await self._networks.get(of)).model)
        return await self._crews[of].do(lambda: Task("accuracy", b"", facts, theta))


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
