"""How the server describes its answers, and sends bytes that a browser may have already."""

from typing import Any, TypeAlias

from fastapi import Request, Response
from pydantic import BaseModel

from byhand.web.api.problems import Problem
from byhand.web.page.assets import Asset

BINARY = "application/octet-stream"

Described: TypeAlias = dict[int | str, dict[str, Any]]

# The network in training may not be there.
MISSING: Described = {404: {"model": Problem, "description": "No network is being trained."}}


def in_json(model: type[BaseModel]) -> Described:
    """Return the description of an answer in JSON."""
    return {200: {"description": (model.__doc__ or "").strip(), "model": model}}


def in_binary(what: str) -> Described:
    """Return the description of an answer that is bytes."""
    return {200: {"description": what, "content": {BINARY: {"schema": {"type": "string", "format": "binary"}}}}}


def takes_bytes(what: str, *media_types: str) -> dict[str, Any]:
    """Return the description of a body that is bytes."""
    schema = {"schema": {"type": "string", "format": "binary", "description": what}}
    return {"requestBody": {"required": True, "content": dict.fromkeys(media_types, schema)}}


def send(asset: Asset, request: Request) -> Response:
    """Answer with bytes, or that those which the browser has are still the same."""
    headers = {"etag": asset.etag, "cache-control": "no-cache", "vary": "Accept-Encoding"}
    known = [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]
    if "*" in known or asset.etag in known:
        return Response(status_code=304, headers=headers)
    content = asset.content
    if asset.compressed is not None and _takes_gzip(request.headers.get("accept-encoding", "")):
        content, headers["content-encoding"] = asset.compressed, "gzip"
    return _OfAsset(asset, content, headers=headers, media_type=asset.media_type)


class _OfAsset(Response):
    """An answer that holds its asset, so that this is known to be in use until all is sent."""

    def __init__(self, asset: Asset, content: bytes, headers: dict[str, str], media_type: str) -> None:
        super().__init__(content, headers=headers, media_type=media_type)
        self.asset = asset


def _takes_gzip(accepted: str) -> bool:
    """Tell whether a browser takes gzip."""
    for entry in accepted.lower().split(","):
        coding, _, weight = entry.replace(" ", "").partition(";q=")
        if coding in ("gzip", "*"):
            return weight.rstrip("0.") != "" if weight else True
    return False
