"""Who reads pictures: a small drawing at once, everything else in a thread while others are answered."""

import asyncio
import base64
import json
import struct
from concurrent.futures import ThreadPoolExecutor

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from byhand.images.pictures import open_picture
from byhand.images.prepare import Prepared, prepare, prepare_drawing, prepare_photo
from byhand.model import Model
from byhand.reading.answers import check_model, recognize_prepared
from byhand.reading.pages import Page, read
from byhand.web.api import schemas
from byhand.web.api.answers import BINARY, in_json, takes_bytes
from byhand.web.api.threads import close, in_thread

# The largest drawing that is read at once. A thread would take no longer (1.6 ms each, measured), but in its queue a
# drawing waits for large pictures, for seconds; here it never does.
AT_ONCE_BYTES, AT_ONCE_PIXELS = 64 * 1024, 400 * 400
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
CHUNKS = frozenset((b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"pHYs", b"IDAT", b"IEND"))  # that hold nothing large
THREADS = 2  # for pictures: a large one takes hundreds of megabytes


class Reader:
    """Reads pictures with one network.

    Parameters
    ----------
    model
        A network for 28×28 pixels.

    Raises
    ------
    UsageError
        If the model takes other images.
    """

    def __init__(self, model: Model) -> None:
        check_model(model)
        self._model, self._compiled = model, model.compile()
        self._one_by_one = asyncio.Lock()  # for what is read at once
        self._pool = ThreadPoolExecutor(THREADS, "pictures")

    def close(self) -> None:
        """Begin nothing new."""
        close(self._pool)

    async def digit(self, content: bytes) -> bytes:
        """Name the digit in a picture, and tell how it was made ready, as JSON."""
        if not is_small(content):
            return await in_thread(self._pool, lambda: self._told(prepare(content)))
        async with self._one_by_one:
            await asyncio.sleep(0)  # Between two drawings, let others in.
            picture = open_picture(content)
            drawing = prepare_drawing(picture)
            if drawing is not None:
                return self._told(drawing)
        return await in_thread(self._pool, lambda: self._told(prepare_photo(picture)))

    async def page(self, content: bytes) -> Page:
        """Read every digit on a page."""
        return await in_thread(self._pool, read, content, self._model)

    def _told(self, prepared: Prepared) -> bytes:
        """Name the digit in a picture that is ready."""
        said = recognize_prepared(prepared, self._compiled)
        return json.dumps(
            {
                **said.to_dict(),
                "image": base64.b64encode(prepared.image.tobytes()).decode(),
                "drawing": prepared.drawing,
                "box": _box(prepared),
                "problem": prepared.problem,
                "problem_kind": prepared.problem_kind,
            }
        ).encode()


def router(reader: Reader) -> APIRouter:
    """Return the routes by which pictures are read."""
    api = APIRouter()

    @api.post(
        "/api/predict",
        responses=in_json(schemas.Prediction),
        openapi_extra=takes_bytes("A picture of one digit.", "image/*", BINARY),
    )
    async def predict(request: Request) -> Response:
        """Name the digit in a drawing, photo or scan, or say why it cannot be read."""
        return Response(await reader.digit(await request.body()), media_type="application/json")

    @api.post(
        "/api/read",
        responses=in_json(schemas.Page),
        openapi_extra=takes_bytes("A picture of a page.", "image/*", BINARY),
    )
    async def read_page(request: Request) -> Response:
        """Read every digit on a page."""
        return JSONResponse((await reader.page(await request.body())).to_dict())

    return api


def is_small(content: bytes) -> bool:
    """Tell whether a picture is a PNG so small, and so plain, that nothing in it can take long; nothing is decoded."""
    if len(content) > AT_ONCE_BYTES or not content.startswith(PNG) or len(content) < 33:
        return False
    width, height = struct.unpack_from(">II", content, 16)
    place = 33
    while place + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        if kind not in CHUNKS:  # such as another size, or text that is packed
            return False
        place += length + 12
    return bool(width * height <= AT_ONCE_PIXELS and place == len(content))


def _box(prepared: Prepared) -> list[int] | None:
    """Return the box of the ink in pixels of the upright original."""
    if prepared.fitted is None:
        return None
    picture = prepared.picture
    return [min(side * picture.factor, most) for side, most in zip(prepared.fitted.box, 2 * picture.size, strict=True)]
