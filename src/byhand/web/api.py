"""What the page and programs can ask of the server, apart from training: the network, what it reads, how good it is."""

import asyncio
import base64
import json
import struct
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from byhand.answers import check_model, recognize_prepared
from byhand.data.datasets import Dataset
from byhand.errors import ByhandError, UsageError
from byhand.images.pictures import open_picture
from byhand.images.prepare import Prepared, prepare, prepare_drawing
from byhand.model import Model
from byhand.reading import read
from byhand.types import Json
from byhand.web import judging, schemas
from byhand.web.assets import INDEX, Asset, asset, page_assets
from byhand.web.records import records
from byhand.web.trainer import Trainer

BINARY = "application/octet-stream"
MOST_IMAGES = 500  # that are handed out at a time
# The largest drawing that is read at once. A thread would take no longer (1.6 ms each, measured), but in its queue a
# drawing waits for large pictures, for seconds; here it never does.
MOST_BYTES, MOST_PIXELS = 64 * 1024, 400 * 400
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
CHUNKS = frozenset((b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"pHYs", b"IDAT", b"IEND"))  # that hold nothing large
READERS = 2  # pictures that are looked at in threads at a time: a large one takes hundreds of megabytes

# The network in training may not be there.
MISSING: dict[int | str, dict[str, Any]] = {
    404: {"model": schemas.Problem, "description": "No network is being trained."}
}

T = TypeVar("T")
Of = Annotated[
    Literal["served", "training"], Query(description="The network served, or the one being trained, as it is now.")
]


class Library:
    """The networks that can be asked for, what they read, and how good they are.

    Parameters
    ----------
    model
        The network served.
    dataset
        The images it is judged on, and that the page shows.
    trainer
        Who has the network in training.
    """

    def __init__(self, model: Model, dataset: Dataset, trainer: Trainer) -> None:
        check_model(model)
        self.model, self.dataset, self.trainer = model, dataset, trainer
        self.reader = model.compile()
        self.served = _as_asset(model)
        self.one_by_one = asyncio.Lock()  # for what is read at once
        self._pictures = ThreadPoolExecutor(READERS, "pictures")
        self._judges = ThreadPoolExecutor(1, "judge")  # One at a time: who asks for the same again finds it done.
        self._judged: dict[tuple[str, str], bytes] = {}

    def close(self) -> None:
        """Begin nothing new."""
        for pool in (self._pictures, self._judges):
            pool.shutdown(wait=False, cancel_futures=True)

    async def read(self, work: Callable[..., T], *arguments: object) -> T:
        """Do work on a picture while others are answered."""
        return await _in_thread(self._pictures, work, *arguments)

    async def judge(self, work: Callable[..., T], *arguments: object) -> T:
        """Judge a network while others are answered."""
        return await _in_thread(self._judges, work, *arguments)

    async def network(self, of: str) -> tuple[Model, Asset]:
        """Return a network and its file, or answer that there is none."""
        if of == "served":
            return self.model, self.served
        try:
            model = await asyncio.to_thread(self.trainer.model)
        except ByhandError as error:
            raise HTTPException(404, f"The network in training cannot be shown: {error}") from error
        if model is None:
            raise HTTPException(404, "No network is being trained. Start a training first.")
        return model, await asyncio.to_thread(_as_asset, model)

    async def judged(self, kind: str, of: str, judge: Callable[..., Mapping[str, Json]]) -> Response:
        """Answer with a judgement, which is made once of each network."""
        model, file = await self.network(of)
        key = (kind, of)

        def make() -> bytes:
            """Return the judgement of before, if the network is the same, or else a new one."""
            etag, _, known = self._judged.get(key, b"").partition(b"\n")
            if etag != file.etag.encode():
                known = json.dumps(judge(model, self.dataset.test)).encode()
                self._judged[key] = file.etag.encode() + b"\n" + known
            return known

        return Response(await self.judge(make), media_type="application/json")

    def name(self, prepared: Prepared) -> bytes:
        """Name the digit in a picture, and tell how it was made ready, as JSON."""
        said = recognize_prepared(prepared, self.reader)
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


def router(library: Library) -> APIRouter:
    """Return the routes."""
    api = APIRouter()
    _add_reading(api, library)
    _add_data(api, library)
    _add_judging(api, library)
    _add_page(api)
    return api


def _picture(what: str) -> dict[str, Any]:
    """Return the description of a body that is a picture."""
    schema = {"schema": {"type": "string", "format": "binary", "description": what}}
    return {"requestBody": {"required": True, "content": {"image/*": schema, BINARY: schema}}}


def _binary(what: str) -> dict[int | str, dict[str, Any]]:
    """Return the description of an answer that is bytes."""
    return {200: {"description": what, "content": {BINARY: {"schema": {"type": "string", "format": "binary"}}}}}


def _json(model: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """Return the description of an answer in JSON."""
    return {200: {"description": (model.__doc__ or "").strip(), "model": model}}


def _add_reading(api: APIRouter, library: Library) -> None:
    """Add what reads pictures."""

    @api.post("/api/predict", responses=_json(schemas.Prediction), openapi_extra=_picture("A picture of one digit."))
    async def predict(request: Request) -> Response:
        """Name the digit in a drawing, photo or scan, or say why it cannot be read."""
        body = await request.body()
        content = None
        if _is_small(body):
            async with library.one_by_one:
                await asyncio.sleep(0)  # Between two drawings, let others in.
                prepared = prepare_drawing(open_picture(body))
                content = prepared and library.name(prepared)
        if content is None:
            content = await library.read(lambda: library.name(prepare(body)))
        return Response(content, media_type="application/json")

    @api.post("/api/read", responses=_json(schemas.Page), openapi_extra=_picture("A picture of a page."))
    async def read_page(request: Request) -> Response:
        """Read every digit on a page."""
        page = await library.read(read, await request.body(), library.model)
        return JSONResponse(page.to_dict())


def _add_data(api: APIRouter, library: Library) -> None:
    """Add the network and the images."""
    dataset = library.dataset

    @api.get(
        "/api/model", responses=_binary("A safetensors file, as byhand writes it.") | MISSING, response_class=Response
    )
    async def model(request: Request, of: Of = "served") -> Response:
        """Return the file of a network."""
        return _send((await library.network(of))[1], request)

    @api.get("/api/data", responses=_json(schemas.Data))
    async def data() -> Response:
        """Tell which images there are."""
        return JSONResponse(
            {
                "name": dataset.name,
                "classes": list(dataset.test.classes),
                "train": len(dataset.train),
                "test": len(dataset.test),
                "shape": list(dataset.test.images.shape[1:]),
            }
        )

    @api.get(
        "/api/images",
        responses=_binary("For each image a byte, its label, and its grey levels."),
        response_class=Response,
    )
    async def images(
        part: Literal["train", "test"],
        index: Annotated[list[Annotated[int, Field(ge=0)]], Query(min_length=1, max_length=MOST_IMAGES)],
    ) -> Response:
        """Return images of the data set."""
        split = dataset.train if part == "train" else dataset.test
        if max(index) >= len(split):
            raise UsageError(f"index: the {part} images are numbered from 0 to {len(split) - 1:,}.")
        return Response(records(split.take(np.array(index))), media_type=BINARY)


def _add_judging(api: APIRouter, library: Library) -> None:
    """Add how good a network is."""

    @api.get("/api/judgement", responses=_json(schemas.Judgement) | MISSING)
    async def judgement(of: Of = "served") -> Response:
        """Judge a network on the test images."""
        return await library.judged("judgement", of, judging.judgement)

    @api.get("/api/robustness", responses=_json(schemas.Robustness) | MISSING)
    async def robustness(of: Of = "served") -> Response:
        """Tell how well a network reads test images that are shifted, turned, or covered with noise."""
        return await library.judged("robustness", of, judging.robustness)

    parameters = {"schema": {"type": "string", "format": "binary", "description": "Little-endian float32."}}

    @api.post(
        "/api/accuracy",
        responses=_json(schemas.Accuracy) | MISSING,
        openapi_extra={"requestBody": {"required": True, "content": {BINARY: parameters}}},
    )
    async def accuracy(request: Request, of: Of = "served") -> Response:
        """Judge other parameters for a network, such as damaged ones."""
        body, (model, _) = await request.body(), await library.network(of)
        return JSONResponse(await library.judge(judging.accuracy, model, body, library.dataset.test))

    @api.get("/healthz", responses=_json(schemas.Health))
    async def healthz() -> Response:
        """Tell that the server answers."""
        return JSONResponse({"status": "ok"})


def _add_page(api: APIRouter) -> None:
    """Add the files of the page."""
    assets = page_assets()

    @api.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def index(request: Request) -> Response:
        """Return the page itself."""
        return _file(INDEX, request)

    @api.api_route("/static/{name:path}", methods=["GET", "HEAD"], include_in_schema=False)
    async def static(name: str, request: Request) -> Response:
        """Return one of the page's files."""
        return _file(name, request)

    def _file(name: str, request: Request) -> Response:
        """Return a file by the name under which it is known, or answer that there is none."""
        if name not in assets:
            raise HTTPException(404, "There is no such file.")
        return _send(assets[name], request)


def _send(asset: Asset, request: Request) -> Response:
    """Answer with bytes, or that those which the browser has are still the same."""
    headers = {"etag": asset.etag, "cache-control": "no-cache", "vary": "Accept-Encoding"}
    known = [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]
    if "*" in known or asset.etag in known:
        return Response(status_code=304, headers=headers)
    if asset.compressed is None or not _takes_gzip(request.headers.get("accept-encoding", "")):
        return Response(asset.content, headers=headers, media_type=asset.media_type)
    headers["content-encoding"] = "gzip"
    return Response(asset.compressed, headers=headers, media_type=asset.media_type)


def _takes_gzip(accepted: str) -> bool:
    """Tell whether a browser takes gzip."""
    for entry in accepted.lower().split(","):
        coding, _, weight = entry.replace(" ", "").partition(";q=")
        if coding in ("gzip", "*"):
            return weight.rstrip("0.") != "" if weight else True
    return False


def _is_small(body: bytes) -> bool:
    """Tell whether a picture is a PNG so small, and so plain, that nothing in it can take long; nothing is decoded."""
    if len(body) > MOST_BYTES or not body.startswith(PNG) or len(body) < 33:
        return False
    width, height = struct.unpack_from(">II", body, 16)
    place = 33
    while place + 12 <= len(body):
        length, kind = struct.unpack_from(">I4s", body, place)
        if kind not in CHUNKS:  # such as another size, or text that is packed
            return False
        place += length + 12
    return bool(width * height <= MOST_PIXELS and place == len(body))


def _box(prepared: Prepared) -> list[int] | None:
    """Return the box of the ink in pixels of the upright original."""
    if prepared.fitted is None:
        return None
    picture = prepared.picture
    return [min(side * picture.factor, most) for side, most in zip(prepared.fitted.box, 2 * picture.size, strict=True)]


def _as_asset(model: Model) -> Asset:
    """Return the file of a model."""
    return asset(model.to_bytes(), BINARY)


async def _in_thread(pool: ThreadPoolExecutor, work: Callable[..., T], *arguments: object) -> T:
    """Do work in a thread. Nobody can end that: who is told to wait no more still waits for what was begun.

    So what it needs of the memory counts as long as it is needed. Being told so again helps.
    """
    begun = pool.submit(work, *arguments)
    done = asyncio.wrap_future(begun)
    try:
        await asyncio.wait([done])
    except asyncio.CancelledError:
        if not begun.cancel():
            await asyncio.wait([done])
            done.exception()
        raise
    return done.result()
