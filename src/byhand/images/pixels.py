"""Pixels of any mode, 16 and 32 bits, fractions, transparency → plain 8-bit pixels."""

import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from byhand.errors import ByhandError
from byhand.types import Bytes

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

OTHER = 64  # A colour that is so far from that of the paper, in one channel, is one of ink.
STRIP = 2_000_000  # Pixels that are brought to 8 bits at a time, so that this needs little memory.


def to_pixels(picture: "Image", factor: int, where: str) -> Bytes:
    """Return the pixels of a picture of any mode, strip by strip brought to 8 bits and reduced."""
    width, height = picture.size
    rows = factor * max(1, STRIP // (width * factor))
    boxes = [(0, top, width, min(top + rows, height)) for top in range(0, height, rows)]
    low, high = 0.0, 255.0
    if _is_deep(picture):
        ends = [(values.min(), values.max()) for values in (np.asarray(picture.crop(box)) for box in boxes)]
        low, high = float(np.min(ends)), float(np.max(ends))
        if not math.isfinite(high - low):
            raise ByhandError(
                f"{where}: has grey levels that are not numbers. Save it with whole numbers, as PNG does."
            )
    strips = (_to_bytes(picture.crop(box), low, high).reduce(factor) for box in boxes)
    return _without_colour(_on_paper(np.concatenate([np.asarray(strip) for strip in strips])))


def is_numbers(picture: "ImageFile") -> bool:
    """Tell whether a file that was opened is a PNM with numbers from 0 to another most than 255 or 65535."""
    return [tile.codec_name for tile in picture.tile] == ["ppm"]


def of_numbers(picture: "ImageFile") -> "Image":
    """Return what such a file shows: as Pillow does, which takes a microsecond for each number.

    Raises
    ------
    OSError
        If the file ends too early.
    """
    from PIL import Image

    _, most = cast("tuple[str, int]", picture.tile[0].args)
    kind, top = np.dtype(">u1" if most < 256 else ">u2"), 65535 if picture.mode == "I" else 255
    shape = (picture.height, picture.width, 3)[: 3 if picture.mode == "RGB" else 2]
    assert picture.fp is not None
    picture.fp.seek(picture.tile[0].offset)
    content = picture.fp.read(math.prod(shape) * kind.itemsize)
    if len(content) < math.prod(shape) * kind.itemsize:
        raise OSError("the file ends too early")
    numbers = np.frombuffer(content, kind).reshape(shape)
    pixels = np.empty(shape, np.uint16 if top > 255 else np.uint8)
    rows = max(1, STRIP // picture.width)
    for start in range(0, len(pixels), rows):
        pixels[start : start + rows] = np.minimum(np.rint(numbers[start : start + rows] / most * top), top)
    return Image.fromarray(pixels)


def _is_deep(picture: "Image") -> bool:
    """Tell whether a picture has more than 8 bits, which Pillow would clip."""
    return picture.mode == "F" or picture.mode.startswith("I")


def _to_bytes(picture: "Image", low: float, high: float) -> "Image":
    """Bring a picture to one of the modes L, LA, RGB and RGBA; low and high are the range of a deep one."""
    from PIL import Image

    clear = picture.info.get("transparency")
    if _is_deep(picture):
        values = np.asarray(picture)
        grey = Image.fromarray(levels(values, low, high))
        if not isinstance(clear, int):
            return grey
        return Image.merge("LA", (grey, Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8))))
    if picture.mode == "LAB":
        from PIL import ImageCms

        profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(*profiles, "LAB", "RGB")
        return ImageCms.applyTransform(picture, transform) or picture
    if isinstance(clear, tuple) and max(clear) > 255:  # The colour has 16 bits, but of the pixels Pillow keeps 8.
        picture.info["transparency"] = tuple(value >> 8 for value in clear)
    if picture.has_transparency_data:
        return picture.convert("LA" if picture.mode in ("LA", "La") else "RGBA")
    return picture.convert("L" if picture.mode in ("1", "L") else "RGB")


def levels(values: NDArray[Any], low: float, high: float) -> Bytes:
    """Bring grey levels to 0…255, guessing from the range of all of them what is white."""
    whole = values.dtype.kind in "iu"
    if whole and low >= 0 and high <= 65535:
        return (values >> (8 if high > 255 else 0)).astype(np.uint8)
    if low >= 0 and high <= 255:
        bottom, top = 0.0, 255.0 if high > 1 else 1.0
    else:
        bottom, top = min(low, 0.0) if whole else low, high
    scaled = (values.astype(np.float64) - bottom) * (255 / ((top - bottom) or 1.0))
    return np.rint(scaled).astype(np.uint8)


def _on_paper(pixels: Bytes) -> Bytes:
    """Lay pixels with transparency, (height, width, 2 or 4), on their paper; else dark ones on white, or on black."""
    if pixels.shape[2:] not in ((2,), (4,)):
        return pixels
    colours, alpha = pixels[..., :-1], pixels[..., -1:]
    if alpha.min() == 255:
        return colours
    covered = colours * alpha.astype(np.uint16)
    paper = _own_paper(colours, alpha[..., 0])
    if paper is None:
        weights = [1000] if colours.shape[2] == 1 else [299, 587, 114]  # Luminance × 1000, ITU-R BT.601
        light = int(covered.sum(axis=(0, 1), dtype=np.int64) @ np.array(weights))
        dark = light < 128_000 * int(alpha.sum(dtype=np.int64))
        paper = np.array([255 if dark or not alpha.any() else 0], np.uint16)
    # 255² + 127 is the most there can be, and less than 2¹⁶.
    mixed = (covered + paper * (255 - alpha.astype(np.uint16)) + 127) // 255
    return mixed.astype(np.uint8)


def _own_paper(colours: Bytes, alpha: Bytes) -> NDArray[np.uint16] | None:
    """Return the median colour of what can be seen if that is most, and not all alike: paper with ink on it."""
    seen = colours[alpha >= 128]  # (pixels, channels)
    if 2 * len(seen) <= alpha.size:
        return None
    median = np.array([np.searchsorted(np.cumsum(np.bincount(v, minlength=256)), len(v) // 2, "right") for v in seen.T])
    other = np.abs(seen - median.astype(np.int16)).max(axis=1) >= OTHER
    return median.astype(np.uint16) if 200 * np.count_nonzero(other) >= len(seen) else None


def _without_colour(pixels: Bytes) -> Bytes:
    """Return one channel (height, width) where all are the same, else all three."""
    if pixels.ndim == 3 and (pixels == pixels[..., :1]).all():
        pixels = pixels[..., 0]
    return np.ascontiguousarray(pixels)
