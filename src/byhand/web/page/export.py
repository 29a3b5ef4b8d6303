"""Write the page as one file that opens with a double-click: no server, no network, and it asks for neither.

A browser loads no module from a file beside the page, so every module becomes a `data:` link in an import map, under a
name of its own, by which the others call it.
"""

import base64
import gzip
import html
import json
import re
from dataclasses import dataclass
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
from byhand.web.page.facts import FACTS
from byhand.web.page.modules import START, in_one, needed, renamed, without_remarks
from byhand.web.page.samples import sample_bytes

WORKER = "file/worker.js"  # It works in the background of the page, and stands in its data as a text.
PREFIX = "byhand/"  # of a module's name in the import map
POLICY = "default-src 'none'; script-src 'unsafe-inline' data: blob:; worker-src blob:; style-src 'unsafe-inline'"
JUDGED, LEARNED = 1000, 2000  # images: the first to judge by, and the first to learn
MOST_BYTES = 660_000  # of these, packed: else there are fewer
MISTAKES, UNCERTAIN = 12, 8  # more images to draw: the worst misread of all, and the most doubtful
BEGINNING = {"epochs": 10}  # what a training in the file begins with otherwise than one on a server
SET_ASIDE = 7  # One of so many images to learn is judged by instead.

_LINK = re.compile(r"<link\b[^>]*>\s*")
_STYLE = re.compile(r"""\bstylesheet\("([^"]+)"\)""")  # as a view loads one
_SCRIPT = re.compile(r"<script\b[^>]*\bsrc=[^>]*>\s*</script>\s*")


def export_page(model: Model, dataset: Dataset, path: Path) -> None:
    """Write the page, with a network and some images to judge it by and to learn, into one HTML file.

    Parameters
    ----------
    model
        A network for 28×28 pixels.
    dataset
        Whose first images the page carries.
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
    write_atomically(path, _page(page_files(), Carried.of(model, dataset)).encode())


@dataclass(frozen=True, eq=False)
class Carried:
    """What the page carries.

    Attributes
    ----------
    model
        Its network.
    name
        Of the data.
    test, indices, judged
        Images to show, with their places among all of the data; by how many of the first the network is judged.
    train
        Images to learn.
    """

    model: Model
    name: str
    test: Split
    indices: NDArray[np.intp]
    judged: int
    train: Split

    @classmethod
    def of(cls, model: Model, dataset: Dataset) -> "Carried":
        """Choose the images: the first, as many as may be, and the worst mistakes and most doubtful ones of all."""
        test, train = dataset.test.in_classes(model.classes), dataset.train.in_classes(model.classes)
        first = [(test, JUDGED), (train, LEARNED)]
        size = sum(len(_packed(split.take(slice(count)))) for split, count in first)
        judged, learned = (min(len(split), max(1, int(count * min(1, MOST_BYTES / size)))) for split, count in first)
        indices = np.union1d(np.arange(judged), notable_images(model, test))
        return cls(model, dataset.name, test.take(indices), indices, judged, train.take(slice(learned)))

    def as_json(self, worker: str) -> dict[str, Json]:
        """Return all of it, and the text of what works in the background, as the page's modules take it."""
        return {
            "model": base64.b64encode(self.model.to_bytes()).decode(),
            "images": _packed(self.test),
            "train": _packed(self.train),
            "indices": self.indices.tolist(),
            "judged": self.judged,
            "classes": list(self.test.classes),
            "name": self.name,
            "worker": worker,
        }


def _packed(split: Split) -> str:
    """Return images with their labels as the page unpacks them."""
    return base64.b64encode(gzip.compress(sample_bytes(split), mtime=0)).decode()


def notable_images(model: Model, split: Split) -> NDArray[np.intp]:
    """Return the places of the worst mistakes among some images, and of the most doubtful ones."""
    evaluation = evaluate(model, split)
    doubtful = evaluation.probabilities.max(axis=1).argsort(kind="stable")[:UNCERTAIN]
    return np.union1d(evaluation.mistakes[:MISTAKES], doubtful)


def _page(files: dict[str, bytes], data: Carried) -> str:
    """Return the page with everything put into it."""
    texts = {name: content.decode() for name, content in files.items() if name.endswith(".js")}
    names = needed(texts, [START], later=True)
    links = {PREFIX + name: _as_link(without_remarks(renamed(name, texts[name], PREFIX.__add__))) for name in names}
    page = files[INDEX].decode()
    linked = [name for link in _LINK.findall(page) if 'rel="stylesheet"' in link and (name := _static_name(link))]
    called = [name for module in names for name in _STYLE.findall(texts[module])]
    styles = [files[name].decode().replace("</", "<\\/") for name in dict.fromkeys([*linked, *called]) if name in files]
    page = _SCRIPT.sub("", _LINK.sub("", page))
    policy = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(POLICY, quote=True)}">'
    facts = {**FACTS, "shared": False, "start": {**BEGINNING, "validation": len(data.train) // SET_ASIDE}}
    head = "\n".join(
        [
            *(f"<style>{style}</style>" for style in styles),
            f'<script type="application/json" id="facts">{_as_json(facts)}</script>',
            f'<script type="application/json" id="exported">{_as_json(data.as_json(in_one(texts, WORKER)))}</script>',
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
