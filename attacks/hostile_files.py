"""Files of every format that is opened, in every mode that it has: small, to be damaged; and some that are bombs."""

import io
import struct
import zlib
from typing import TypeAlias

import numpy as np
from PIL import Image, features

from attacks.mutate import png_of

Named: TypeAlias = tuple[str, bytes]

MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F")
ONLY = {"fax.tif": ("1",), "jpeg.tif": ("L", "RGB", "CMYK", "YCbCr")}
SAVED: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("png", "PNG", {}),
    ("apng.png", "PNG", {"save_all": True, "append_images": 2}),
    ("jpg", "JPEG", {"quality": 70}),
    ("progressive.jpg", "JPEG", {"progressive": True}),
    ("gif", "GIF", {}),
    ("frames.gif", "GIF", {"save_all": True, "append_images": 3}),
    ("bmp", "BMP", {}),
    ("dib", "DIB", {}),
    ("ppm", "PPM", {}),
    ("tif", "TIFF", {}),
    ("lzw.tif", "TIFF", {"compression": "tiff_lzw"}),
    ("deflate.tif", "TIFF", {"compression": "tiff_adobe_deflate"}),
    ("jpeg.tif", "TIFF", {"compression": "jpeg"}),
    ("fax.tif", "TIFF", {"compression": "group4"}),
    ("tga", "TGA", {}),
    ("rle.tga", "TGA", {"compression": "tga_rle"}),
    ("webp", "WEBP", {"quality": 60}),
    ("lossless.webp", "WEBP", {"lossless": True}),
    ("frames.webp", "WEBP", {"save_all": True, "append_images": 2}),
    ("jp2", "JPEG2000", {}),
    ("avif", "AVIF", {"speed": 10}),
)


def files(random: np.random.Generator) -> list[Named]:
    """Return a sound file of every format in every mode, with notes of a camera, and files that are bombs."""
    pixels = random.integers(0, 256, (24, 32, 3), dtype=np.uint8)
    pixels[4:20, 8:24] //= 8
    exif = Image.Exif()
    exif[0x0112] = 6
    found = []
    for mode in MODES:
        for ending, kind, options in SAVED:
            if kind == "AVIF" and not features.check("avif"):
                continue
            if mode not in ONLY.get(ending, MODES):
                continue
            given = dict(options)
            picture = _in_mode(pixels, mode)
            if isinstance(many := given.get("append_images"), int):
                given["append_images"] = [picture.copy() for _ in range(many)]
            content = io.BytesIO()
            try:
                picture.save(content, kind, exif=exif, **given)
            except (OSError, ValueError, KeyError, TypeError, RuntimeError):
                continue  # The format has no such mode.
            found.append((f"{mode.replace(';', '')}.{ending}", content.getvalue()))
    return found + _plain(pixels) + bombs()


def _in_mode(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], mode: str) -> Image.Image:
    """Return a picture in a mode, also in those that colours are not converted to."""
    if mode in ("I;16", "I", "F"):
        kind = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
        return Image.fromarray(pixels[..., 0].astype(kind) * 257)
    if mode == "LAB":
        return Image.merge("LAB", [Image.fromarray(np.ascontiguousarray(pixels[..., k])) for k in range(3)])
    picture = Image.fromarray(pixels)
    return picture.convert("P").convert("PA") if mode == "PA" else picture.convert(mode)


def _plain(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> list[Named]:
    """Return files of the formats whose numbers are written out, and one with run lengths, which Pillow cannot save."""
    numbers = b" ".join(b"%d" % value for value in pixels[..., 0].ravel())
    bits = b"".join(b"%d" % (value & 1) for value in pixels[..., 0].ravel())
    runs = b"".join(bytes((32, row)) + b"\0\0" for row in range(24)) + b"\0\1"
    palette = b"".join(bytes((k, k, k, 0)) for k in range(256))
    sizes = struct.pack("<IiiHHIIiiII", 40, 32, 24, 1, 8, 1, len(runs), 2835, 2835, 256, 0)
    bmp = b"BM" + struct.pack("<IHHI", 54 + len(palette) + len(runs), 0, 0, 54 + len(palette)) + sizes + palette + runs
    return [
        ("plain.pgm", b"P2\n32 24\n255\n" + numbers),
        ("plain.pbm", b"P1\n32 24\n" + bits),
        ("odd.pgm", b"P5\n32 24\n200\n" + (pixels[..., 0] // 2).tobytes()),
        ("rle.bmp", bmp),
    ]


def bombs() -> list[Named]:
    """Return small files that say that they are large, or are when they are unpacked, or have parts without end."""
    head = struct.pack(">2I5B", 8, 8, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(9 * 8))
    text = b"Comment\0\0" + zlib.compress(bytes(50_000_000), 9)
    profile = b"profile\0\0" + zlib.compress(bytes(50_000_000), 9)
    entries = struct.pack("<H", 5000) + b"".join(struct.pack("<HHII", 1000 + k, 1, 60_000, 8) for k in range(5000))
    exif = b"II*\0\x08\0\0\0" + entries + bytes(4)
    jpeg = io.BytesIO()
    Image.new("L", (16, 16), 255).save(jpeg, "JPEG", progressive=True)
    scans = jpeg.getvalue()
    last = scans[scans.rindex(b"\xff\xda") : -2]
    return [
        ("text.png", png_of([(b"IHDR", head), (b"zTXt", text), (b"IDAT", rows), (b"IEND", b"")])),
        ("profile.png", png_of([(b"IHDR", head), (b"iCCP", profile), (b"IDAT", rows), (b"IEND", b"")])),
        ("exif.png", png_of([(b"IHDR", head), (b"eXIf", exif), (b"IDAT", rows), (b"IEND", b"")])),
        ("chunks.png", png_of([(b"IHDR", head), *[(b"teXt", b"")] * 300_000, (b"IDAT", rows), (b"IEND", b"")])),
        ("pieces.png", png_of([(b"IHDR", head), *[(b"IDAT", b"")] * 300_000, (b"IEND", b"")])),
        ("wide.png", _blank_png(30_000, 3333, 0, 8)),
        ("deep.png", _blank_png(3_000, 4_000, 6, 16)),
        ("colours.png", _blank_png(6_000, 6_000, 2, 8)),
        ("markers.jpg", b"\xff\xd8" + b"\xff\xfe\0\2" * 500_000),
        ("padding.jpg", b"\xff\xd8" + b"\xff" * 2_000_000),
        ("scans.jpg", scans[:-2] + last * 5_000 + scans[-2:]),
        (
            "exif.jpg",
            b"\xff\xd8\xff\xe1" + struct.pack(">H", 65_000) + (b"Exif\0\0" + exif).ljust(64_998, b"\0") + scans[2:],
        ),
        ("comment.ppm", b"P5 #" + b" " * 3_000_000),
        ("blanks.ppm", b"P2 100 100 255" + b" " * 9_000_000),
        ("exif.tif", exif),
    ]


def _blank_png(width: int, height: int, kind: int, bits: int) -> bytes:
    """Return a PNG of zeros in which every row is foretold from the one above, which takes longest to undo."""
    channels = {0: 1, 2: 3, 6: 4}[kind]
    row = b"\x04" + bytes(width * channels * bits // 8)
    press = zlib.compressobj(9)
    content = b"".join(press.compress(row) for _ in range(height)) + press.flush()
    return png_of(
        [(b"IHDR", struct.pack(">2I5B", width, height, bits, kind, 0, 0, 0)), (b"IDAT", content), (b"IEND", b"")]
    )
