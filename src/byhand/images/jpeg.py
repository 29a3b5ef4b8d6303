"""How a JPEG file is cut into scans, which says how much it takes to decode.

A picture whose colours or details come one after another, scan by scan, is kept as a whole until the last; and each
scan, however short, goes over all of it.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from byhand.errors import ByhandError
from byhand.images.formats import too_large
from byhand.images.streams import Counted, too_many_parts

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

MOST_SCANS = 30  # Programs that save pictures make 10 or 12.
MOST_BUFFERED = 130_000_000  # coefficients, which take two bytes each
MOST_PARTS = 10_000
PER_COEFFICIENT, PER_BYTE = 2, 35  # operations besides those of a picture in one scan

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN, _END = 0xDA, 0xD9
_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))  # markers without a length
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # Within a scan, these others belong to its pixels.

Part: TypeAlias = tuple[int, bytes]


def check_scans(picture: "ImageFile", stream: Counted, where: str) -> int:
    """Refuse a picture of several scans that has too many of them, or too many pixels for that.

    Returns
    -------
    int
        How many operations it takes to put its scans together.

    Raises
    ------
    ByhandError
        If it is refused.
    """
    place = stream.tell()
    stream.seek(0)
    coefficients, scans = 0, 0
    for marker, content in _parts(stream.read(), where):
        if marker in _FRAMES:
            coefficients = _coefficients(content)
        elif marker == _SCAN:
            scans += 1
            if not picture.info.get("progressive") and content[:1] >= bytes([len(picture.getbands())]):
                break  # All its colours are in one.
            if coefficients > MOST_BUFFERED:
                raise too_large(
                    picture, where, "a JPEG in several scans", MOST_BUFFERED, "Save it as JPEG in one (baseline)."
                )
            if scans > MOST_SCANS:
                raise ByhandError(f"{where}: has more than {MOST_SCANS} scans. Save it anew, as PNG.")
    else:
        stream.seek(place)
        return PER_COEFFICIENT * coefficients + PER_BYTE * stream.length
    stream.seek(place)
    return 0


def _parts(content: bytes, where: str) -> Iterator[Part]:
    """Yield the parts of a picture, marker and content, to its end: phones append videos, and smaller pictures."""
    place = 2
    for _ in range(MOST_PARTS):
        found = _MARKER.search(content, place)
        if found is None or content[found.end() - 1] == _END:
            return
        marker, place = content[found.end() - 1], found.end()
        if marker in _ALONE:
            continue
        length = int.from_bytes(content[place : place + 2], "big")
        yield marker, content[place + 2 : place + length]
        place += max(2, length)
    raise too_many_parts(where)


def _coefficients(frame: bytes) -> int:
    """Return how many coefficients there are, by a frame's size and how much smaller some of its colours are."""
    if len(frame) < 6 or len(frame) < 6 + 3 * frame[5]:
        return 0  # It is damaged; whoever decodes it will say so.
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    across = [max(1, sampling >> 4) for sampling in frame[7 : 6 + 3 * frame[5] : 3]]
    down = [max(1, sampling & 15) for sampling in frame[7 : 6 + 3 * frame[5] : 3]]
    parts = sum(x * y for x, y in zip(across, down, strict=True))
    return height * width * parts // (max(across, default=1) * max(down, default=1))
