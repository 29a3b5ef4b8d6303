"""Which networks there are to ask for: the one served, and the one in training as it is now."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal, TypeAlias
from weakref import WeakSet

from fastapi import APIRouter, HTTPException, Query, Request, Response

from byhand.errors import ByhandError
from byhand.model import Model
from byhand.network import n_parameters
from byhand.web.api.answers import BINARY, MISSING, in_binary, send
from byhand.web.page.assets import Asset, asset
from byhand.web.training.trainer import Trainer
from byhand.web.work.crew import Refusal
from byhand.web.work.sharing import Shared, in_thread

MOST_ALIVE = 3  # files of the network in training, at different moments: each may have tens of megabytes

NONE = "No network is being trained. Start a training first."
TOO_MANY = "The network in training is being sent to many already. Try again in a moment."
NOT_BEFORE = "The training was not stopped at a single image. Let it learn one image first."

Name: TypeAlias = Literal["served", "training"]
Of = Annotated[Name, Query(description="The network served, or the one being trained, as it is now.")]
File = Annotated[
    Name | Literal["before"],
    Query(description="As elsewhere; or the one being trained as it was before the single image that it learned last."),
]


@dataclass(frozen=True)
class Network:
    """A network and its file."""

    model: Model
    file: Asset

    @classmethod
    def of(cls, model: Model) -> "Network":
        """Return a network with the file it would be saved in."""
        return cls(model, asset(model.to_bytes(), BINARY))


class Networks:
    """The networks that can be asked for.

    Parameters
    ----------
    model
        The network served.
    trainer
        Who has the network in training.
    """

    def __init__(self, model: Model, trainer: Trainer) -> None:
        self._served, self._trainer = Network.of(model), trainer
        self._training = Shared(self._in_training)
        self._latest: Network | None = None
        self._alive = WeakSet[Asset]()  # An answer holds its file until all is sent.

    def parameters(self, of: Name) -> int:
        """Return how many parameters a network has, or answer that there is none; nothing is fetched for it."""
        if of == "served":
            return len(self._served.model.theta)
        sizes = self._trainer.sizes
        if sizes is None:
            raise HTTPException(404, NONE)
        return n_parameters(sizes)

    async def get(self, of: Name) -> Network:
        """Return a network, or answer that there is none."""
        return self._served if of == "served" else await self._training.get()

    async def before(self) -> Network:
        """Return the network in training as it was before its last single image, or answer that there is none."""
        if len(self._alive) >= MOST_ALIVE:
            raise Refusal(503, TOO_MANY)
        model = await in_thread(self._trainer.model_before)
        if model is None:
            raise HTTPException(404, NOT_BEFORE)
        return await self._with_file(model)

    async def _in_training(self) -> Network:
        """Return the network in training as it is now: the same again if it is the same model."""
        try:
            model = await in_thread(self._trainer.model)
        except ByhandError as error:
            raise HTTPException(404, f"The network in training cannot be shown: {error}") from error
        if model is None:
            raise HTTPException(404, NONE)
        if self._latest is None or self._latest.model is not model:
            self._latest = None
            if len(self._alive) >= MOST_ALIVE:
                del model  # An error keeps what its frame has.
                raise Refusal(503, TOO_MANY)
            self._latest = await self._with_file(model)
        return self._latest

    async def _with_file(self, model: Model) -> Network:
        """Return a network of the training with its file, and count that."""
        network = await in_thread(partial(Network.of, model))
        self._alive.add(network.file)
        return network


def router(networks: Networks) -> APIRouter:
    """Return the route by which a network is fetched."""
    api = APIRouter()

    @api.get(
        "/api/model",
        responses=in_binary("A safetensors file, as byhand writes it.") | MISSING,
        response_class=Response,
    )
    async def model(request: Request, of: File = "served") -> Response:
        """Return the file of a network."""
        network = await (networks.before() if of == "before" else networks.get(of))
        return send(network.file, request)

    return api
