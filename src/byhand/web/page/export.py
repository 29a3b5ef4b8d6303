"""Write the page as one file that opens with a double-click: no server, no network, and it asks for neither.

A browser loads no module from a file beside the page, so every module becomes a `data:` link in an import map, under a
name of its own, by which the others call it.
"""

import base64
import html
import json
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from byhand.data.datasets import Dataset, Split
from byhand.errors import ByhandError
from byhand.files import write_atomically
from byhand.judging.evaluation import evaluate
from byhand.model import Model
from byhand.reading.answers import check_model
from byhand.types import Json
from byhand.web.page.assets import INDEX, page_files
from byhand.web.page.modules import START, needed, renamed
from byhand.web.page.samples import sample_bytes

HIDDEN = ("learn", "step", "judge", "break")  # views that are nothing without a server, or take more images
PREFIX = "byhand/"  # of a module's name in the import map
POLICY = "default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'"
PLAIN, MISTAKES, UNCERTAIN = 4, 12, 8  # images: of each class the first, then the worst misread and the most doubtful

_LINK = re.compile(r"<link\b[^>]*>\s*")
_SCRIPT = re.compile(r"<script\b[^>]*\bsrc=[^>]*>\s*</script>\s*")


def export_page(model: Model, dataset: Dataset, path: Path) -> None:
    """Write the drawing and looking part of the page, with a network and some test images, into one HTML file.

    Parameters
    ----------
    model
        A network for 28×28 pixels.
    dataset
        Whose test images the page shows.
    path
        The file to write, in one step.

    Raises
    ------
    ByhandError
        If the file cannot be written, or the page's own files do not fit together.
    UsageError
        If the model takes other images, or does not fit the data.
    """
    check_model(model)
    files = page_files()
    write_atomically(path, _page(files, carried(model, dataset.test)).encode())


def carried(model: Model, split: Split) -> dict[str, Json]:
    """Return what the page carries: the network, images with their labels and places, and the views it has not."""
    split = split.in_classes(model.classes)
    indices = chosen_images(model, split)
    return {
        "model": base64.b64encode(model.to_bytes()).decode(),
        "images": base64.b64encode(sample_bytes(split.take(indices))).decode(),
        "indices": indices.tolist(),
        "classes": list(split.classes),
        "hidden": HIDDEN,
    }


def chosen_images(model: Model, split: Split) -> NDArray[np.intp]:
    """Return the places of some images: a few of each class, the worst mistakes, and the most doubtful ones."""
    evaluation = evaluate(model, split)
    plain = [np.flatnonzero(split.labels == label)[:PLAIN] for label in range(len(split.classes))]
    doubtful = evaluation.probabilities.max(axis=1).argsort(kind="stable")[:UNCERTAIN]
    return np.unique(np.concatenate([*plain, evaluation.mistakes[:MISTAKES], doubtful]))


def _page(files: dict[str, bytes], data: dict[str, Json]) -> str:
    """Return the page with everything put into it."""
    texts = {name: content.decode() for name, content in files.items() if name.endswith(".js")}
    names = needed(texts, [START], later=True, without=[f"{view}/view.js" for view in HIDDEN])
    links = {PREFIX + name: _as_link(renamed(name, texts[name], PREFIX.__add__)) for name in names}
    page = files[INDEX].decode()
    styles = [
        files[name].decode().replace("</", "<\\/")
        for link in _LINK.findall(page)
        if 'rel="stylesheet"' in link and (name := _static_name(link)) in files
    ]
    page = _SCRIPT.sub("", _LINK.sub("", page))
    policy = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(POLICY, quote=True)}">'
    head = "\n".join(
        [
            *(f"<style>{style}</style>" for style in styles),
            f'<script type="application/json" id="exported">{_as_json(data)}</script>',
            f'<script type="importmap">{_as_json({"imports": links})}</script>',
            f'<script type="module">import "{PREFIX}{START}";</script>',
        ]
    )
    start, end = page.find("<head>"), page.find("</head>")
    if min(start, end) < 0:
        raise ByhandError(f"{INDEX}: has no head; byhand is not installed soundly.")
    start += len("<head>")
    return f"{page[:start]}\n{policy}{page[start:end]}{head}\n{page[end:]}"


def _static_name(link: str) -> str:
    """Return the name of the file that a link element names."""
    found = re.search(r'href="static/([^"]+)"', link)
    return found[1] if found else ""


def _as_link(text: str) -> str:
    """Return a module as a link that holds it."""
    return "data:text/javascript;base64," + base64.b64encode(text.encode()).decode()


def _as_json(value: Json) -> str:
    """Return JSON that ends no element of the page."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")
