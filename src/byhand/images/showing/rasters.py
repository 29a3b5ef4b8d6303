"""Arrays → small pictures, written as text that stands within HTML.

A notebook keeps in its file whatever it shows: all here is bounded, however large the arrays are.
"""

import base64
import io
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from byhand.types import Bytes, Floats

TILE = 28  # Pixels of the longest side of an image among others.
GAP = 2
PHOTO_SIDES, MOST_OF_PHOTO = (1000, 720, 500, 320, 200), 40_000  # The first that takes no more bytes is shown.
LEVELS = 8  # Shades of each colour of weights: to the eye as good as more, and packed to half.
_AGAINST, _FOR = (94, 60, 153), (230, 97, 1)  # violet and orange, as in the pictures of a run


def png(pixels: Bytes, palette: Sequence[tuple[int, int, int]] | None = None) -> str:
    """Return a picture (height, width) as the address of an <img>: grey, or as positions in a palette."""
    from PIL import Image

    picture = Image.fromarray(pixels)
    if palette is not None:
        picture.putpalette([level for colour in palette for level in colour])
    buffer = io.BytesIO()
    picture.save(buffer, "png", optimize=True)
    return address("png", buffer.getvalue())


def photo(pixels: Bytes) -> bytes:
    """Return a picture (height, width) or (height, width, 3) of any size as a JPEG file, made small."""
    from PIL import Image

    content = b""
    for side in PHOTO_SIDES:
        buffer = io.BytesIO()
        Image.fromarray(pixels).reduce(math.ceil(max(pixels.shape[:2]) / side)).save(buffer, "jpeg", quality=65)
        content = buffer.getvalue()
        if len(content) <= MOST_OF_PHOTO:
            break
    return content


def address(kind: str, content: bytes) -> str:
    """Return a picture's file as the address of an <img>."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def row(images: Bytes) -> Bytes:
    """Lay images (n, height, width), 0 is paper, side by side as dark ink on white, made small."""
    small = [255 - _tile(image) for image in images]
    between = np.full((small[0].shape[0], GAP), 255, np.uint8)
    return np.hstack([part for image in small for part in (image, between)][:-1])


def _tile(image: Bytes) -> Bytes:
    """Return an image no larger than a tile."""
    from PIL import Image

    if max(image.shape) <= TILE:
        return image
    height, width = (max(1, round(side * TILE / max(image.shape))) for side in image.shape)
    return np.asarray(Image.fromarray(np.ascontiguousarray(image)).resize((width, height), Image.Resampling.BOX))


def weights(of_units: Floats, columns: int) -> str:
    """Return the weights (n, height, width) of units side by side: orange speaks for a unit, violet against it."""
    _, height, width = of_units.shape
    factor = max(1, math.ceil(max(height, width) / TILE))
    of_units = of_units[:, ::factor, ::factor]
    # A few strong weights would leave all others pale.
    most = float(np.quantile(np.abs(of_units), 0.995)) or 1.0
    shades = np.rint(np.clip(of_units / most, -1, 1) * LEVELS).astype(np.int64) + LEVELS
    n, height, width = shades.shape
    sheet = np.full((math.ceil(n / columns) * (height + GAP), columns * (width + GAP)), LEVELS, np.uint8)
    for place, unit in enumerate(shades):
        top, left = place // columns * (height + GAP), place % columns * (width + GAP)
        sheet[top : top + height, left : left + width] = unit
    return png(sheet[:-GAP, :-GAP], [_shade(level) for level in range(-LEVELS, LEVELS + 1)])


def _shade(level: int) -> tuple[int, int, int]:
    """Return the colour of a level of −8…8: from violet over white to orange."""
    red, green, blue = (round(255 + (end - 255) * abs(level) / LEVELS) for end in (_FOR if level > 0 else _AGAINST))
    return red, green, blue


def heat(matrix: NDArray[np.int64]) -> str:
    """Return a confusion matrix of many classes: mistakes the darker the more, a grey diagonal."""
    mistakes = np.where(np.eye(len(matrix), dtype=bool), 0, matrix)
    shades = np.ceil(15 * np.sqrt(mistakes / max(1, int(mistakes.max())))).astype(np.uint8)
    np.fill_diagonal(shades, 16)
    blues = [(255 - 15 * k, 255 - 11 * k, 255 - 6 * k) for k in range(16)]
    return png(shades, [*blues, (214, 214, 214)])
