"""A browser in the tests' own process, which asks the server's application without a network."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import numpy as np
from PIL import Image

from byhand.web.guard import OPENER, SECURITY

ADDRESS = "http://localhost:8765"


class Client:
    """Asks an application in this process, as a browser would over the network."""

    def __init__(self, app: Any, address: str = ADDRESS) -> None:
        self.app, self.loop = app, asyncio.new_event_loop()
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url=address)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.loop.run_until_complete(self.client.request(method, path, **options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("POST", path, **options)

    def raw(self, path: str, headers: dict[str, str]) -> tuple[httpx.Response, bytes]:
        """Return an answer with its bytes as they were sent."""

        async def ask() -> tuple[httpx.Response, bytes]:
            async with self.client.stream("GET", path, headers=headers) as response:
                return response, b"".join([chunk async for chunk in response.aiter_raw()])

        return self.loop.run_until_complete(ask())

    def close(self) -> None:
        self.loop.run_until_complete(self.client.aclose())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    """Yield a body piece by piece, of a length that nobody tells."""
    for chunk in chunks:
        yield chunk


def png(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def detail(response: httpx.Response, status: int) -> str:
    """Return the sentence of an answer that is an error, with everything that belongs to it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    said = response.json()
    assert list(said) == ["detail", "fields"]
    assert re.fullmatch(r".+[.!?]|the picture: .+", said["detail"]), said
    if said["fields"]:
        assert said["detail"].startswith(f"{', '.join(said['fields'])}: ")
    check_headers(response)
    return str(said["detail"])


def check_headers(response: httpx.Response) -> None:
    for name, value in SECURITY:
        assert response.headers.get_list(name.decode()) == [value.decode()]
    asked = response.request.headers
    own = re.fullmatch(r"(localhost|127[0-9.]+|\[::1\])(:[0-9]{0,5})?", asked["host"].lower())
    trusted = "sec-fetch-site" in asked or own is not None
    assert response.headers.get_list(OPENER[0].decode()) == ([OPENER[1].decode()] if trusted else [])
    assert "server" not in response.headers
