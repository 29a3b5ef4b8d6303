"""Files of several pages, TIFF and PDF, page by page; and all that hold one picture, as files of one page."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from byhand.errors import ByhandError
from byhand.images.documents import pdf
from byhand.images.formats import NO_PAGE, SUBFILE_TYPE, Format, check_cost
from byhand.images.pictures import NAMELESS, Picture, blaming, decoded, opened_as, opened_file, read_stream
from byhand.images.streams import Counted

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

MOST_PAGES = 500  # of a file that are read
ENDINGS = frozenset(["pdf"])  # of files with pages that are no pictures

Numbered = tuple[int, Picture | ByhandError]


def pages_of(source: Path | BinaryIO) -> Iterator[Numbered]:
    """Yield the pages of a file with their numbers, from 1; of one that cannot be read, the error.

    Parameters
    ----------
    source
        Its path, or a stream of its content.

    Yields
    ------
    tuple
        The number of the page, and its picture, whose name tells the page where there are several; or the error.

    Raises
    ------
    ByhandError
        If the file cannot be read, or has more than 500 pages; then after these.
    """
    if isinstance(source, Path):
        with opened_file(source) as stream:
            for number, page in _pages(stream, str(source)):
                yield (
                    number,
                    replace(page, name=page.name.replace(str(source), source.name))
                    if isinstance(page, Picture)
                    else page,
                )
    else:
        yield from _pages(source, NAMELESS)


def _pages(stream: BinaryIO, where: str) -> Iterator[Numbered]:
    """Yield the pages of a stream."""
    counted = Counted(stream, where)
    start = counted.read(4096)
    counted.seek(0)
    if pdf.is_pdf(start):
        yield from pdf.pages(counted.read(), where, MOST_PAGES)
        return
    if not start.startswith((b"II", b"MM")):
        yield 1, read_stream(cast("BinaryIO", counted), where)
        return
    with blaming(where):
        file, kind = opened_as(counted, where)
    with file:
        yield from _of_tiff(file, kind, counted, where)


def _of_tiff(file: "ImageFile", kind: Format, counted: Counted, where: str) -> Iterator[Numbered]:
    """Yield the pages of a TIFF file, but previews and masks."""
    with blaming(where):
        places = list(_places(file))
    if len(places) == 1:
        with blaming(where):
            yield 1, decoded(file, kind, counted, check_cost(file, kind, counted.length, where), where)
        return
    for number, place in enumerate(places[:MOST_PAGES], 1):
        name = f"{where}, page {number}"
        try:
            with blaming(name):
                file.seek(place)
                page: Picture | ByhandError = decoded(
                    file, kind, counted, check_cost(file, kind, counted.length, name), name
                )
        except ByhandError as error:
            page = error
        yield number, page
    if len(places) > MOST_PAGES:
        raise ByhandError(
            f"{where}: has more than {MOST_PAGES:,} pages, and the first {MOST_PAGES:,} are read; split it."
        )


def _places(file: "ImageFile") -> Iterator[int]:
    """Yield where the pages of a TIFF file are, the first in any case; one more than are read at most."""
    yield 0
    found = 1
    for place in range(1, 2 * MOST_PAGES):
        try:
            file.seek(place)
        except Exception:  # EOFError after the last one, and anything of what is no page.
            break
        if not int(getattr(file, "tag_v2", {}).get(SUBFILE_TYPE, 0)) & NO_PAGE:
            yield place
            found += 1
        if found > MOST_PAGES:
            break
    file.seek(0)
