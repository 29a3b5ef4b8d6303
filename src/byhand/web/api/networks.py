"""Which networks there are to ask for: the one served, and the one in training as it is now."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from fastapi import APIRouter, HTTPException, Query, Request, Response

from byhand.errors import ByhandError
from byhand.model import Model
from byhand.web.api.answers import BINARY, MISSING, in_binary, send
from byhand.web.page.assets import Asset, asset
from byhand.web.training.trainer import Trainer

Name: TypeAlias = Literal["served", "training"]
Of = Annotated[Name, Query(description="The network served, or the one being trained, as it is now.")]


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

    async def get(self, of: Name) -> Network:
        """Return a network, or answer that there is none."""
        if of == "served":
            return self._served
        try:
            model = await asyncio.to_thread(self._trainer.model)
        except ByhandError as error:
            raise HTTPException(404, f"The network in training cannot be shown: {error}") from error
        if model is None:
            raise HTTPException(404, "No network is being trained. Start a training first.")
        return await asyncio.to_thread(Network.of, model)


def router(networks: Networks) -> APIRouter:
    """Return the route by which a network is fetched."""
    api = APIRouter()

    @api.get(
        "/api/model",
        responses=in_binary("A safetensors file, as byhand writes it.") | MISSING,
        response_class=Response,
    )
    async def model(request: Request, of: Of = "served") -> Response:
        """Return the file of a network."""
        return send((await networks.get(of)).file, request)

    return api
