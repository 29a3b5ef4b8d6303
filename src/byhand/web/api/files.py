"""The files of the page by HTTP."""

from fastapi import APIRouter, HTTPException, Request, Response

from byhand.web.api.answers import send
from byhand.web.page.assets import INDEX, TYPES, Asset, asset, page_assets
from byhand.web.page.reference import reference


def router(index: str = INDEX) -> APIRouter:
    """Return the routes by which a page is fetched, which begins with one of the files."""
    api, assets = APIRouter(), page_assets()
    made: list[Asset] = []  # once somebody asks for it

    @api.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def beginning(request: Request) -> Response:
        """Return the page itself."""
        return send(assets[index], request)

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

    return api
