"""How a JPEG file is cut into scans, which says how much it takes to decode.

A picture whose colours or details come one after another, scan by scan, is kept as a whole until the last; and each
scan, however short, goes over all of it.
"""

import struct
from typing import TYPE_CHECKING

from byhand.errors import ByhandError
from byhand.images.formats import too_many_pixels
from byhand.images.streams import Counted

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

MOST_SCANS = 30  # Programs that save pictures make 10 or 12.
MOST_BUFFERED = 130_000_000  # samples, which take two bytes each
BLOCK = 1_000_000  # bytes that are looked through at a time

_START_OF_SCAN = b"\xff\xda"


def check_scans(picture: "ImageFile", stream: Counted, where: str) -> None:
    """Refuse a picture of several scans that has too many of them, or too many pixels for that."""
    place = stream.tell()
    first, channels = _first_scan(stream)
    if picture.info.get("progressive") or channels < len(picture.getbands()):
        if picture.width * picture.height * len(picture.getbands()) > MOST_BUFFERED:
            raise too_many_pixels(picture.size, where)
        if _scans(stream, first) > MOST_SCANS:
            raise ByhandError(f"{where}: has more than {MOST_SCANS} scans. Save it anew, as PNG.")
    stream.seek(place)


def _first_scan(stream: Counted) -> tuple[int, int]:
    """Return where the first scan begins, and how many channels it has."""
    place = 2
    while True:
        stream.seek(place)
        head = stream.read(5)
        if len(head) < 5 or head[0] != 0xFF:
            return place, 0  # It is damaged; whoever decodes it will say so.
        if head.startswith(_START_OF_SCAN):
            return place, head[4]
        alone = head[1] == 0xFF or 0xD0 <= head[1] <= 0xD8 or head[1] in (0, 1)  # a byte between, or without a length
        place += 1 if head[1] == 0xFF else 2 if alone else 2 + struct.unpack(">H", head[2:4])[0]


def _scans(stream: Counted, first: int) -> int:
    """Return how many scans there are from a place on."""
    stream.seek(first)
    many, last = 0, b""
    while block := stream.read(BLOCK):
        many += (last + block).count(_START_OF_SCAN)
        last = block[-1:]
    return many
