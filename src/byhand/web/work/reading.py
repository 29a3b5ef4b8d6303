"""The process that reads pictures: what a picture costs, or breaks, is this process's and never the server's."""

import base64
import json
from functools import partial

from byhand.images.pictures import open_picture
from byhand.images.prepare import Prepared, prepare_drawing
from byhand.model import Model
from byhand.reading.answers import prepared_for
from byhand.reading.pages import read_picture
from byhand.types import Json
from byhand.web.work.tasks import Network, Task, serve
from byhand.web.work.uploads import picture_in

KIND = "kind"  # the content type of what was sent


def told(prepared: Prepared) -> dict[str, Json]:
    """Return how a picture was made ready, as JSON can hold it."""
    return {
        "image": base64.b64encode(prepared.image.tobytes()).decode(),
        "drawing": prepared.drawing,
        "box": _box(prepared),
        "problem": prepared.problem,
        "problem_kind": prepared.problem_kind,
    }


def _box(prepared: Prepared) -> list[int] | None:
    """Return the box of the ink in pixels of the upright original."""
    if prepared.fitted is None:
        return None
    picture = prepared.picture
    return [min(side * picture.factor, most) for side, most in zip(prepared.fitted.box, 2 * picture.size, strict=True)]


def work(model: Model, task: Task) -> bytes:
    """Make a small drawing or any picture of one digit ready, or read a page; return JSON."""
    if task.verb == "drawing":
        drawing = prepare_drawing(open_picture(task.content))
        return b"null" if drawing is None else json.dumps(told(drawing)).encode()
    picture = picture_in(task.content, str(task.facts[KIND]))
    if task.verb == "prepare":
        return json.dumps(told(prepared_for(picture, model))).encode()
    page = read_picture(open_picture(picture), model)
    return json.dumps(page.to_dict(), ensure_ascii=False, separators=(",", ":")).encode()


def main() -> None:
    """Read pictures with one model until the server is gone."""
    serve(Network, lambda network: partial(work, network.model()))


if __name__ == "__main__":
    main()
