"""Who judges networks: one of a kind at a time, each of them once, and in processes that can be ended."""

from dataclasses import dataclass, field
from functools import partial
from typing import Literal, TypeAlias, get_args
from weakref import WeakKeyDictionary, ref

from fastapi import APIRouter, Request, Response

from byhand.data.datasets import Split
from byhand.errors import UsageError
from byhand.web.api import schemas
from byhand.web.api.answers import BINARY, MISSING, in_json, takes_bytes
from byhand.web.api.networks import Name, Networks, Of
from byhand.web.pupils.places import Place, Places
from byhand.web.pupils.visitors import Visitor
from byhand.web.work.crew import Crew
from byhand.web.work.sharing import Shared
from byhand.web.work.tasks import Images, Task, facts_of, theta_of

Judging: TypeAlias = Literal["judgement", "robustness"]
NAMES: tuple[Name, ...] = get_args(Name)


@dataclass(frozen=True)
class Kept:
    """What was said of a network, as JSON, and the fingerprint of that network's file."""

    etag: str
    content: bytes


@dataclass(frozen=True, eq=False)
class _Verdicts:
    """What was said of the networks that are seen from a place, and who makes it anew for all who ask."""

    shared: dict[tuple[Judging, Name], Shared[bytes]] = field(default_factory=dict)
    known: dict[tuple[Judging, Name], Kept] = field(default_factory=dict)


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
        self._served, self._training = _Verdicts(), WeakKeyDictionary[Place, _Verdicts]()

    def close(self) -> None:
        """End what is being judged, and begin nothing new."""
        for crew in self._crews.values():
            crew.close()

    @property
    def processes(self) -> list[int]:
        """The ids of the processes that judge."""
        return [process for crew in self._crews.values() for process in crew.processes]

    async def judge(self, of: Name, judging: Judging, place: Place) -> bytes:
        """Judge a network, or say what was said before if it is the same; return JSON."""
        verdicts = self._served if of == "served" else self._training.setdefault(place, _Verdicts())
        if (judging, of) not in verdicts.shared:
            # Who asks while a network is being judged shares what comes next. Who asks holds the place.
            make = partial(self._judged, judging, of, verdicts, ref(place))
            verdicts.shared[judging, of] = Shared(make)
        return await verdicts.shared[judging, of].get()

    async def _judged(self, judging: Judging, of: Name, verdicts: _Verdicts, at: "ref[Place]") -> bytes:
        """Judge a network if it is not the one that was judged last."""
        network = await self._networks.get(of, at())
        known = verdicts.known.get((judging, of))
        if known is None or known.etag != network.file.etag:
            model = network.model
            content = await self._crews[of].do(lambda: Task(judging, b"", facts_of(model), theta_of(model)))
            known = verdicts.known[judging, of] = Kept(network.file.etag, content)
        return known.content

    async def accuracy(self, of: Name, theta: bytes, place: Place) -> bytes:
        """Judge other parameters for a network; return JSON."""
        parameters = self._networks.parameters(of, place)
        if len(theta) != 4 * parameters:
            raise UsageError(
                f"the network has {parameters:,} parameters, 4 bytes each; these are {len(theta):,} bytes."
            )
        facts = facts_of((await self._networks.get(of, place)).model)
        return await self._crews[of].do(lambda: Task("accuracy", b"", facts, theta))


def router(judges: Judges, places: Places) -> APIRouter:
    """Return the routes that tell how good a network is."""
    api = APIRouter()

    @api.get("/api/judgement", responses=in_json(schemas.Judgement) | MISSING)
    async def judgement(visitor: Visitor, of: Of = "served") -> Response:
        """Judge a network on the test images."""
        return Response(await judges.judge(of, "judgement", places.of(visitor)), media_type="application/json")

    @api.get("/api/robustness", responses=in_json(schemas.Robustness) | MISSING)
    async def robustness(visitor: Visitor, of: Of = "served") -> Response:
        """Tell how well a network reads test images that are shifted, turned, or covered with noise."""
        return Response(await judges.judge(of, "robustness", places.of(visitor)), media_type="application/json")

    @api.post(
        "/api/accuracy",
        responses=in_json(schemas.Accuracy) | MISSING,
        openapi_extra=takes_bytes("Little-endian float32.", BINARY),
    )
    async def accuracy(request: Request, visitor: Visitor, of: Of = "served") -> Response:
        """Judge other parameters for a network, such as damaged ones."""
        return Response(
            await judges.accuracy(of, await request.body(), places.of(visitor)), media_type="application/json"
        )

    return api
