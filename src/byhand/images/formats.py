"""The kinds of files that are opened as pictures, and what each may cost: the one list of them.

Nothing else is tried on a file: each kind is known by its first bytes, and only what reads it is loaded. How many
pixels and bytes may be in it is set for each kind by what its decoder takes for the worst there is, noise: one to two
seconds of the processor and half a GiB.
"""

import contextlib
import importlib
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from byhand.errors import ByhandError
from byhand.sealing.sealed import is_sealed

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

MOST_PIXELS = 100_000_000
LONGEST_SIDE = 30_000
LONGEST_FILE = 150_000_000  # bytes
MOST_SAMPLES = 150_000_000  # of 8 bits: pixels times channels
MOST_PAGES, MOST_LOOKED_AT = 1000, 2000  # that are counted
SUBFILE_TYPE, NO_PAGE = 254, 0b101  # TIFF's tag, and its bits for a smaller copy and for a mask
NO_MARK = ("BMP", "DIB", "PPM", "TGA")  # Other files may well begin as these do.
MOST_SLOW = 1_500_000  # samples, where Pillow decodes in Python
NOT_SLOW = ("ppm",)  # but these are decoded in `pixels`
PER_SLOW = 700  # operations for each of them
MADE = 3  # operations for each sample that was decoded, to bring it to 8 bits and reduce it
MOST_OPERATIONS = 1_550_000_000  # to open a file, about a nanosecond each

DEEP = re.compile(r"(?<!BGR);16")  # samples of 16 bits; BGR;16 are pixels of 16

TGA_HEAD, TGA_RUN = 18, 128  # bytes; pixels at most for which one stands
TGA_KINDS = {1: (8,), 2: (16, 24, 32), 3: (1, 8, 16)}  # indices, colours, greys: bits of a pixel
TGA_DEPTHS = {kind + packed: depths for kind, depths in TGA_KINDS.items() for packed in (0, 8)}
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
AVIF_BRANDS = (b"avif", b"avis", b"mif1", b"msf1")


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Attributes
    ----------
    name
        As Pillow calls it.
    plugin
        The module that reads it.
    endings
        Of the names of such files.
    starts, place
        The bytes that it begins with: one of these, and from where on. A TGA file alone has no such mark.
    samples, length
        How many of 8 bits (pixels times channels) may be in it, and how many bytes.
    per_sample, per_byte
        Operations, about a nanosecond each, that it takes to decode: measured with noise.
    else_as
        What to do with one that has too many pixels.
    """

    name: str
    plugin: str
    endings: tuple[str, ...]
    starts: tuple[bytes, ...]
    place: int = 0
    samples: int = MOST_SAMPLES
    length: int = LONGEST_FILE
    per_sample: int = 2
    per_byte: int = 5
    else_as: str = "Save it as JPEG, or make it smaller."

    def begins(self, start: bytes, length: int) -> bool:
        """Tell whether a file of a length that starts so may be of this kind."""
        if not self.starts:
            return _is_tga(start, length)
        return start[self.place :].startswith(self.starts)


SMALL = "Save it as JPEG or PNG, or make it smaller."


FORMATS = (
    Format("PNG", "PIL.PngImagePlugin", ("png",), (b"\x89PNG\r\n\x1a\n",)),
    Format(
        "JPEG",
        "PIL.JpegImagePlugin",
        ("jpg", "jpeg", "jpe", "jfif"),
        (b"\xff\xd8\xff",),
        samples=4 * MOST_PIXELS,  # As many as there can be: it is decoded small.
        length=40_000_000,
        per_sample=1,
        per_byte=12,
    ),
    Format("GIF", "PIL.GifImagePlugin", ("gif",), (b"GIF87a", b"GIF89a")),
    Format("BMP", "PIL.BmpImagePlugin", ("bmp",), (b"BM",)),
    Format("PPM", "PIL.PpmImagePlugin", ("pbm", "pgm", "pnm", "ppm"), tuple(b"P%d" % kind for kind in range(1, 7))),
    Format("TIFF", "PIL.TiffImagePlugin", ("tif", "tiff"), (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    Format(
        "WEBP",
        "PIL.WebPImagePlugin",
        ("webp",),
        (b"WEBP",),
        place=8,
        samples=76_000_000,
        length=20_000_000,
        per_sample=3,
        per_byte=50,
        else_as=SMALL,
    ),
    Format(
        "AVIF",
        "PIL.AvifImagePlugin",
        ("avif",),
        tuple(b"ftyp" + brand for brand in AVIF_BRANDS),
        place=4,
        samples=108_000_000,
        length=12_000_000,
        per_sample=4,
        per_byte=50,
        else_as=SMALL,
    ),
    Format(
        "HEIF",
        "pillow_heif",
        ("heic", "heif"),
        tuple(b"ftyp" + brand for brand in HEIC_BRANDS),
        place=4,
        samples=90_000_000,
        length=12_000_000,
        per_sample=10,
        per_byte=70,
        else_as=SMALL,
    ),
    Format(
        "JPEG2000",
        "PIL.Jpeg2KImagePlugin",
        ("jp2",),
        (b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  \r\n\x87\n"),
        samples=45_000_000,
        length=6_000_000,
        per_sample=11,
        per_byte=125,
        else_as=SMALL,
    ),
    Format(
        "DIB", "PIL.BmpImagePlugin", ("dib",), tuple(bytes((size, 0, 0, 0)) for size in (12, 40, 52, 56, 64, 108, 124))
    ),
    Format("TGA", "PIL.TgaImagePlugin", ("tga",), ()),
)
ENDINGS = frozenset(ending for each in FORMATS for ending in each.endings)


def loaded(start: bytes, length: int) -> list[Format]:
    """Return of what kinds a file may be by its start and length, and load what reads them, as far as it is there."""
    from PIL import Image

    kinds = [kind for kind in FORMATS if kind.begins(start, length)]
    for kind in kinds:
        with contextlib.suppress(ImportError):
            plugin = importlib.import_module(kind.plugin)
            if kind.name == "HEIF":
                plugin.register_heif_opener()
    return [kind for kind in kinds if kind.name in Image.OPEN]


def what_else_it_is(start: bytes) -> str:
    """Say what a file is that is of no kind that can be read, from its first bytes."""
    from PIL import Image, features

    if not start:
        return "is not a picture: the file is empty."
    if is_sealed(start):
        return "is a model or another safetensors file, not a picture: name a model before the pictures, and only one."
    if b"%PDF-" in start[:1024]:
        return "is a document, not pixels: export it as PNG."
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(b"<") and b"<svg" in text:
        return "is a drawing, not pixels: export it as PNG."
    if start.startswith((b"%!PS", b"\xc5\xd0\xd3\xc6")):
        return "is a drawing, not pixels: export it as PNG."
    if start[4:8] == b"ftyp" and start[8:12] in (b"avif", b"avis") and not features.check("avif"):
        return "is an AVIF picture, which needs a newer Pillow: pip install -U pillow, or save it as JPEG or PNG."
    if start[4:8] == b"ftyp" and start[8:12] in HEIC_BRANDS and "HEIF" not in Image.OPEN:
        return 'is a HEIC picture, which takes more: pip install "byhand[heic]", or save it as JPEG or PNG.'
    for kind in FORMATS:
        if kind.name not in NO_MARK and kind.begins(start, len(start)) and kind.name in Image.OPEN:
            return f"is a damaged picture; it begins as {kind.name} does."
    return "is not a picture that can be read. PNG and JPEG work."


def _is_tga(start: bytes, length: int) -> bool:
    """Tell whether a file, which has no mark, may be a TGA: what it says of itself fits together, and its length."""
    if len(start) < TGA_HEAD:
        return False
    notes, colours, kind = start[:3]
    many, deep, width, height, depth = struct.unpack("<HB4xHHB", start[5:17])
    if colours > 1 or depth not in TGA_DEPTHS.get(kind, ()) or (kind & 7 == 1) > colours:
        return False
    packed = TGA_RUN if kind & 8 else 1
    least = width * height * depth // 8 // packed
    return bool(least <= length - TGA_HEAD - notes - colours * many * (deep // 8))


def check_size(size: tuple[int, int], where: str) -> None:
    """Refuse a picture without pixels, or with more of them than is safe."""
    if min(size) < 1:
        raise ByhandError(f"{where}: has no pixels.")
    if size[0] * size[1] > MOST_PIXELS or max(size) > LONGEST_SIDE:
        raise too_many_pixels(size, where)


def check_cost(picture: "ImageFile", kind: Format, length: int, where: str) -> int:
    """Refuse a file that was opened, before it is decoded, if that would take too long or too much memory.

    Returns
    -------
    int
        How many operations it takes to decode it.

    Raises
    ------
    ByhandError
        If it is refused.
    """
    from PIL import Image

    check_size(picture.size, where)
    many = picture.size[0] * picture.size[1] * samples(picture)
    if any(tile.codec_name in Image.DECODERS and tile.codec_name not in NOT_SLOW for tile in picture.tile):
        if many > MOST_SLOW:
            raise too_large(picture, where, f"a {kind.name} picture of this sort", MOST_SLOW, "Save it as PNG.")
        return many * PER_SLOW
    if many > kind.samples:
        raise too_large(picture, where, f"a {kind.name} picture", kind.samples, kind.else_as)
    if length > kind.length:
        raise ByhandError(
            f"{where}: has {length // 1_000_000} MB, and a {kind.name} file may have {kind.length // 1_000_000}. "
            f"Make it smaller."
        )
    return many * kind.per_sample + length * kind.per_byte


def check_operations(operations: int, kind: Format, where: str) -> None:
    """Refuse a file that has too many pixels for what is in it."""
    if operations > MOST_OPERATIONS:
        raise ByhandError(f"{where}: takes too long to decode, as {kind.name} with so much in it. {kind.else_as}")


def check_single(picture: "ImageFile", kind: Format, where: str) -> None:
    """Refuse a file of several pages or pictures, of which all but the first would be lost without a word."""
    if kind.name == "JPEG" or not getattr(picture, "is_animated", False):  # A phone's second one is a preview.
        return
    if kind.name == "GIF":  # To count them takes as long as the file is.
        raise ByhandError(f"{where}: is an animation of several pictures; save the one that you mean.")
    count = _pages(picture) if kind.name == "TIFF" else int(getattr(picture, "n_frames", 1))
    if count > 1:
        number = f"more than {MOST_PAGES:,}" if count > MOST_PAGES else str(count)
        raise ByhandError(
            f"{where}: holds {number} pages or pictures, and one is read; save each as a file of its own."
        )


def _pages(tiff: "ImageFile") -> int:
    """Return how many pages a TIFF file has, not counting previews and masks; one more than `MOST_PAGES` at most."""
    count = 1
    with contextlib.suppress(Exception):  # EOFError after the last one, and anything of what is no page.
        for number in range(1, MOST_LOOKED_AT):
            tiff.seek(number)
            count += not int(getattr(tiff, "tag_v2", {}).get(SUBFILE_TYPE, 0)) & NO_PAGE
            if count > MOST_PAGES:
                break
    tiff.seek(0)
    return count


def samples(picture: "Image") -> int:
    """Return how many samples of 8 bits a pixel takes, in the file or in memory: of two channels, more than two."""
    bands = len(picture.getbands())
    modes = [
        tile.args if isinstance(tile.args, str) else (tile.args or ("",))[0] for tile in getattr(picture, "tile", ())
    ]
    if picture.mode.startswith("I;16") or any(DEEP.search(str(mode)) for mode in modes):
        return 2 * bands
    return 3 if picture.mode in ("I", "F") or bands == 2 else bands


def too_many_pixels(size: tuple[int, int] | None, where: str) -> ByhandError:
    """Return the error for a picture that is too large."""
    said = f" ({size[0]}×{size[1]})" if size else ""
    return ByhandError(f"{where}: has too many pixels{said}. Make it smaller.")


def too_large(picture: "Image", where: str, what: str, most: int, advice: str) -> ByhandError:
    """Return the error for a picture that is too large for what it is, with what to do."""
    said = f"{most / samples(picture) / 1_000_000:.3g} million"
    return ByhandError(
        f"{where}: has too many pixels ({picture.width}×{picture.height}): {what}, with these colours, may "
        f"have {said}. {advice}"
    )
