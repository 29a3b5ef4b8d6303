"""A PDF document → pictures of its pages, drawn by a process that ends with it, or after so much time."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from threading import Timer
from typing import IO

import numpy as np

from byhand import machine
from byhand.errors import ByhandError
from byhand.images.documents.rendering import HEAD
from byhand.images.pictures import Picture, open_picture

SECONDS = 20  # that one page may take
MOST_BYTES = 2400 * 2400 * 4  # of a page that is drawn
FAILED, COUNTED = 1, 2  # what it says of the document, in the place of a height


def is_pdf(start: bytes) -> bool:
    """Tell whether a file is a PDF document, by its first bytes."""
    return b"%PDF-" in start[:1024]


def pages(content: bytes, where: str, most: int) -> Iterator[tuple[int, Picture | ByhandError]]:
    """Yield the pages of a document with their numbers, from 1; of one that cannot be drawn, the error.

    Raises
    ------
    ByhandError
        If it is no sound document, is locked, or what draws it is not installed.
    """
    machine.require("pdf", f"{where}: to read a PDF document")
    with subprocess.Popen(  # noqa: S603  # What it runs is byhand's own.
        machine.own_command("byhand.images.documents.rendering", str(most)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield from _heard(process, content, where, most)
        finally:
            process.kill()


def _heard(
    process: "subprocess.Popen[bytes]", content: bytes, where: str, most: int
) -> Iterator[tuple[int, Picture | ByhandError]]:
    """Hand a document over, and yield what comes back."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with process.stdin:
            process.stdin.write(content)
    except OSError:  # It went; what it said, or not, tells why.
        pass
    told = _next(process, process.stdout)
    if told is None or told[1] == FAILED:
        why = "it is locked by a password" if told and b"password" in told[3].lower() else "its PDF is damaged"
        raise ByhandError(f"{where}: cannot be read: {why}. Export its pages as PNG.")
    many = int(told[3])
    for number in range(1, min(many, most) + 1):
        name = f"{where}, page {number}"
        page = _next(process, process.stdout)
        if page is None:
            raise ByhandError(f"{name}: takes too much time or memory to draw. Export it as PNG.")
        width, height, colours, pixels = page
        if not width:
            yield number, ByhandError(f"{name}: cannot be drawn ({pixels.decode(errors='replace')}).")
            continue
        array = np.frombuffer(pixels, np.uint8).reshape(height, width, colours)
        yield number, replace(open_picture(array), name=name)
    if many > most:
        raise ByhandError(f"{where}: has {many:,} pages, and the first {most:,} are read; split it.")


def _next(process: "subprocess.Popen[bytes]", stream: IO[bytes]) -> tuple[int, int, int, bytes] | None:
    """Return width, height, colours and pixels of the next page, or what else is said; None if none comes in time."""
    late = Timer(SECONDS, process.kill)
    late.start()
    try:
        head = stream.read(HEAD.size)
        if len(head) < HEAD.size:
            return None
        width, height, colours = HEAD.unpack(head)
        length = width * height * colours if width else colours
        if length > MOST_BYTES:
            return None
        content = stream.read(length)
        return (width, height, colours, content) if len(content) == length else None
    finally:
        late.cancel()
