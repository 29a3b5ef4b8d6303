"""The files of the page by HTTP, and the link by which it is handed on."""

import json
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request, Response

from byhand.web.access import Access
from byhand.web.api.answers import send
from byhand.web.page.assets import INDEX, TYPES, Asset, asset, page_assets
from byhand.web.page.handing_on import address, drawn
from byhand.web.page.reference import reference
from byhand.web.pupils.visitors import greet
from byhand.web.training.settings import MOST, Most


def router(access: Access, index: str = INDEX, *, most: Most = MOST, greets: bool = False) -> APIRouter:
    """Return the routes by which a page is fetched, and handed on.

    Parameters
    ----------
    access
        Who may ask.
    index
        The file that it begins with.
    most
        What a training in it may take.
    greets
        Whether each browser shall be known again.
    """
    api, assets = APIRouter(), page_assets(shared=access.token is not None, most=most)
    made: list[Asset] = []  # once somebody asks for it

    @api.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def beginning(request: Request) -> Response:
        """Return the page itself."""
        answer = send(assets[index], request)
        if greets:
            greet(request, answer)
        return answer

    @api.api_route("/static/{name:path}", methods=["GET", "HEAD"], include_in_schema=False)
    async def static(name: str, request: Request) -> Response:
        """Return one of the page's files, if that is one's name."""
        if name not in assets:
            raise HTTPException(404, "There is no such file.")
        return send(assets[name], request)

    @api.get("/api", include_in_schema=False)
    async def about(request: Request) -> Response:
        """Return the page about all that can be asked."""
        if not made:
            made.append(asset(reference(request.app.openapi()).encode(), TYPES[".html"], compress=True))
        return send(made[0], request)

    _add_sharing(api, access)
    return api


def _add_sharing(api: APIRouter, access: Access) -> None:
    """Add the route that tells the whole link, to who has come in."""

    @api.get("/api/share", include_in_schema=False)
    async def share(at: str) -> Response:
        """Return the whole link to the page, which asks from where it was found, and its code as a drawing's path."""
        if access.token is None:
            raise HTTPException(404, "This server asks for no token: its address is the whole link.")
        link = f"{address(at, access.address)}?token={quote(access.token)}"
        size, path = drawn(link)
        return Response(json.dumps({"link": link, "size": size, "path": path}), media_type="application/json")
