"""Who reads pictures: a small drawing at once, everything else in a process of its own, which can be ended.

Where many drawings come at once, some of them are read in other processes, too.
"""

import asyncio
import base64
import json
import struct
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any, cast

import numpy as np
from fastapi import APIRouter, HTTPException, Request, Response

from byhand import machine
from byhand.images.fit import SIDE
from byhand.images.formats import MOST_PIXELS
from byhand.images.pictures import open_picture
from byhand.images.prepare import prepare_drawing
from byhand.model import Model
from byhand.reading.answers import answer, check_model
from byhand.types import Json
from byhand.web.api import schemas
from byhand.web.api.answers import BINARY, in_json, takes_bytes
from byhand.web.work.beside import Beside
from byhand.web.work.crew import Crew
from byhand.web.work.reading import KIND, told
from byhand.web.work.tasks import Network, Task
from byhand.web.work.uploads import FIELD, picture_in

# The largest drawing that is read at once (1 to 6 ms each, measured; noise and stripes take longest). In the queue of
# the processes a drawing would wait for large pictures, for seconds; here it never does.
AT_ONCE_BYTES, AT_ONCE_PIXELS = 64 * 1024, 400 * 400
UNPACKED_AT_ONCE = 90_000  # bytes of a body: the same drawing in base64
AT_ONCE_CHUNKS = 40  # Each takes time however short it is; browsers cut 64 KB into 8 or 16.
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
CHUNKS = frozenset((b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"pHYs", b"IDAT", b"IEND"))  # that hold nothing large
UNTOLD = MOST_PIXELS  # the size of a picture that does not tell it within its first few segments
SEGMENTS = 50
PROCESSES = 2  # for pictures: a large one takes hundreds of megabytes
MOST_BESIDE = 4  # more for drawings, where there are several cores


class Reader:
    """Reads pictures with one network.

    Parameters
    ----------
    model
        A network for 28×28 pixels.

    Attributes
    ----------
    outcomes
        How many pictures were read: what was read, and what came of it.

    Raises
    ------
    UsageError
        If the model takes other images.
    """

    def __init__(self, model: Model) -> None:
        check_model(model)
        self._model, self._compiled = model, model.compile()
        self.outcomes = Counter[tuple[str, str]]()
        module, first = "byhand.web.work.reading", partial(Network.of, model)
        self._crew = Crew(module, first, PROCESSES)
        # Two where there are two cores: while one waits for its next drawing, the other one has the core.
        self._beside = Beside(module, first, min(machine.cores(), MOST_BESIDE) if machine.cores() > 1 else 0)

    def close(self) -> None:
        """End what is being read, and begin nothing new."""
        self._crew.close()
        self._beside.close()

    @property
    def takes_more(self) -> bool:
        """Whether another large picture may be sent."""
        return self._crew.takes_more

    @property
    def processes(self) -> list[int]:
        """The ids of the processes that read pictures."""
        return self._crew.processes + self._beside.processes

    async def digit(self, content: bytes, kind: str) -> bytes:
        """Name the digit in a picture, sent in some way, and tell how it was made ready, as JSON."""
        if len(content) <= UNPACKED_AT_ONCE:
            content, kind = picture_in(content, kind), ""
        drawing = await self._drawing(content) if is_small(content) else None
        if drawing is not None:
            return self._named(drawing)
        return self._named(json.loads(await self._done("prepare", content, kind)))

    async def _drawing(self, content: bytes) -> Mapping[str, Json] | None:
        """Make a small drawing ready, here or where somebody else has time for it; None if it is a photo."""
        async with self._beside.turn(Task("drawing", content)) as read:
            if read is not None:
                return cast("Mapping[str, Json] | None", json.loads(read))
            await asyncio.sleep(0)  # Between two drawings, let others in.
            drawing = prepare_drawing(open_picture(content))
        return None if drawing is None else told(drawing)

    async def page(self, content: bytes, kind: str) -> bytes:
        """Read every digit on a page, sent in some way, and return it as JSON."""
        page = await self._done("read", content, kind)
        self.outcomes["page", "answered"] += 1
        return page

    async def _done(self, verb: str, content: bytes, kind: str) -> bytes:
        """Have a process do something with a picture; one in a form or in base64 waits as the largest do."""
        return await self._crew.do(Task(verb, content, {KIND: kind}), pixels_told(content))

    def _named(self, prepared: Mapping[str, Json]) -> bytes:
        """Name the digit in a picture that is ready."""
        image = np.frombuffer(base64.b64decode(str(prepared["image"])), np.uint8).reshape(SIDE, SIDE)
        said = answer(self._compiled, self._compiled.predict_proba(image), cast("str | None", prepared["problem"]))
        self.outcomes["digit", "refused" if said.name is None else "answered"] += 1
        return json.dumps({**said.to_dict(), **prepared}).encode()


def router(reader: Reader) -> APIRouter:
    """Return the routes by which pictures are read."""
    api = APIRouter()

    @api.post(
        "/api/predict",
        responses=in_json(schemas.Prediction),
        openapi_extra=_takes_picture("A picture of one digit."),
    )
    async def predict(request: Request) -> Response:
        """Name the digit in a drawing, photo or scan, or say why it cannot be read."""
        return Response(await reader.digit(*await _sent(request)), media_type="application/json")

    @api.post(
        "/api/read",
        responses=in_json(schemas.Page),
        openapi_extra=_takes_picture("A picture of a page."),
    )
    async def read_page(request: Request) -> Response:
        """Read every digit on a page."""
        return Response(await reader.page(*await _sent(request)), media_type="application/json")

    return api


async def _sent(request: Request) -> tuple[bytes, str]:
    """Return what was sent, and of what kind it says that it is."""
    packing = request.headers.get("content-encoding", "identity")
    if packing.strip().lower() != "identity":
        raise HTTPException(415, "What was sent is packed once more, as its content encoding says. Send it as it is.")
    return await request.body(), request.headers.get("content-type", "")


def _takes_picture(what: str) -> dict[str, Any]:
    """Return the description of a body that is a picture, in all ways in which it may be sent."""
    described = takes_bytes(what, "image/*", BINARY)
    text = {"type": "string", "description": f"{what} In base64, or as a link data:image/png;base64,…"}
    file = {"type": "string", "format": "binary", "description": f"{what} The field may have any name."}
    alone = {"type": "object", "required": [FIELD], "additionalProperties": False}
    described["requestBody"]["content"] |= {
        "multipart/form-data": {"schema": {**alone, "properties": {FIELD: file}}},
        "application/json": {"schema": {**alone, "properties": {FIELD: text}}},
        "text/plain": {"schema": text},
    }
    return described


def pixels_told(content: bytes) -> int:
    """Return how many pixels a PNG or JPEG says that it has; what is small need not wait for what is large."""
    if content.startswith(PNG) and len(content) >= 24 and content.count(b"IHDR") == 1:  # The last would hold.
        width, height = struct.unpack_from(">II", content, 16)
        return int(width * height)
    place = 2
    for _ in range(SEGMENTS if content.startswith(b"\xff\xd8") else 0):
        if len(content) < place + 9:
            break
        marker, kind, length, height, width = struct.unpack_from(">BBHxHH", content, place)
        if marker != 0xFF:
            break
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):  # the start of a frame, not of tables
            return int(width * height) or UNTOLD
        place += 2 + length
    return UNTOLD


def is_small(content: bytes) -> bool:
    """Tell whether a picture is a PNG so small, and so plain, that nothing in it can take long; nothing is decoded."""
    if len(content) > AT_ONCE_BYTES or not content.startswith(PNG) or len(content) < 33:
        return False
    width, height = struct.unpack_from(">II", content, 16)
    place = 33
    for _ in range(AT_ONCE_CHUNKS):
        if place + 12 > len(content):
            break
        length, kind = struct.unpack_from(">I4s", content, place)
        if kind not in CHUNKS:  # such as another size, or text that is packed
            return False
        place += length + 12
    return bool(width * height <= AT_ONCE_PIXELS and place == len(content))
