"""The files of the page, read and compressed once: what a client asks for is a key of a dict, never a path."""

import gzip
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from byhand.web.page.facts import FACTS
from byhand.web.page.modules import START, needed
from byhand.web.training.settings import MOST, Most

FOLDER = Path(__file__).parent / "static"
INDEX = "index.html"
FIRST_VIEW = "draw/view.js"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, eq=False)
class Asset:
    """Some bytes with a fingerprint, and their short form if that is any shorter."""

    content: bytes
    media_type: str
    etag: str
    compressed: bytes | None = None


def asset(content: bytes, media_type: str, *, compress: bool = False) -> Asset:
    """Return bytes with their fingerprint."""
    compressed = gzip.compress(content, mtime=0) if compress else content
    etag = f'W/"{hashlib.sha256(content).hexdigest()[:24]}"'
    return Asset(content, media_type, etag, compressed if len(compressed) < len(content) else None)


def page_files() -> dict[str, bytes]:
    """Return the content of every file of the page by its name below the folder, such as `draw/view.js`."""
    return {
        path.relative_to(FOLDER).as_posix(): path.read_bytes()
        for path in sorted(FOLDER.rglob("*"))
        if path.suffix in TYPES and path.is_file()
    }


def page_assets(*, shared: bool = False, most: Most = MOST) -> dict[str, Asset]:
    """Return every file of the page, ready to be sent.

    Parameters
    ----------
    shared
        Whether its server asks for a token, which the page then hands on.
    most
        What a training in it may take.
    """
    files = page_files()
    told = json.dumps({**FACTS, "shared": shared, "most": most.facts()}, separators=(",", ":"))
    facts = f'<script type="application/json" id="facts">{told}</script>'
    files[INDEX] = _into_head(files[INDEX], [*_preloads(files), facts])
    return {name: asset(content, TYPES[Path(name).suffix], compress=True) for name, content in files.items()}


def _preloads(files: dict[str, bytes]) -> list[str]:
    """Return a link to every module of the first view: all are fetched at once, not one after another."""
    texts = {name: content.decode() for name, content in files.items() if name.endswith(".js")}
    names = needed(texts, (START, FIRST_VIEW), later=False)
    return [f'<link rel="modulepreload" href="static/{name}">' for name in names]


def _into_head(page: bytes, elements: list[str]) -> bytes:
    """Return the page with more elements at the end of its head, a line each."""
    return page.replace(b"</head>", "\n".join([*elements, "</head>"]).encode(), 1)
