"""Opening what people have: every kind of file, picture and array, and every kind of damage."""

import io
import os
import re
import struct
import subprocess
import sys
import time
import types
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFile, features

from attacks.mutate import mutated
from byhand import ByhandError
from byhand.errors import UsageError
from byhand.images import formats, jpeg, streams
from byhand.images.pictures import LARGEST, Picture, open_picture

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
Saved = Callable[..., Path]


@pytest.fixture
def grey(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a grey picture (30, 40) with every corner different."""
    return rng.integers(0, 256, (30, 40), dtype=np.uint8)


@pytest.fixture
def colour(rng: np.random.Generator) -> NDArray[np.uint8]:
    return rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)


@pytest.fixture
def save(tmp_path: Path) -> Saved:
    """Save a picture or an array under a name, and return the path."""

    def save(picture: Image.Image | NDArray[Any], name: str = "digit.png", **options: Any) -> Path:
        picture = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        picture.save(tmp_path / name, **options)
        return tmp_path / name

    return save


def refused(source: Any, message: str, error: type[ByhandError] = ByhandError) -> None:
    with pytest.raises(error, match=message) as caught:
        open_picture(source)
    assert isinstance(caught.value, UsageError) == (error is UsageError)


def same(picture: Picture, pixels: NDArray[np.uint8], within: int = 0) -> None:
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.flags.c_contiguous
    assert picture.pixels.shape == pixels.shape
    assert np.abs(picture.pixels.astype(int) - pixels).max() <= within


# Modes


def test_a_picture_knows_its_name_and_that_it_was_not_reduced(grey: NDArray[np.uint8], save: Saved) -> None:
    picture = open_picture(save(grey))
    same(picture, grey)
    assert (picture.factor, picture.name) == (1, "digit.png")


@pytest.mark.parametrize("name", ["digit.png", "digit.tiff", "digit.bmp", "digit.gif", "digit.webp", "digit.jp2"])
@pytest.mark.parametrize("mode", ["L", "P", "RGB"])
def test_grey_is_grey_in_every_mode_and_format(mode: str, name: str, grey: NDArray[np.uint8], save: Saved) -> None:
    if (mode, name[-3:]) == ("P", "jp2"):
        mode = "LA"
    options = {"lossless": True} if name.endswith("webp") else {}
    same(open_picture(save(Image.fromarray(grey).convert(mode), name, **options)), grey)


def test_bits_are_black_and_white(grey: NDArray[np.uint8], save: Saved) -> None:
    for name in ("bits.png", "bits.tiff", "bits.pbm", "bits.bmp"):
        read = open_picture(save(Image.fromarray(grey > 127), name)).pixels
        expected = np.where(grey > 127, 255, 0)
        np.testing.assert_array_equal(read, expected, err_msg=name)


def test_colours_stay(colour: NDArray[np.uint8], save: Saved) -> None:
    for name in ("a.png", "a.tiff", "a.bmp", "a.ppm"):
        same(open_picture(save(colour, name)), colour)


@pytest.mark.parametrize("mode", ["RGBA", "RGBa", "RGBX"])
def test_modes_with_three_colours_and_more(mode: str, colour: NDArray[np.uint8], save: Saved) -> None:
    picture = Image.fromarray(colour).convert("RGBA").convert(mode)
    same(open_picture(picture), colour)
    if mode != "RGBa":
        same(open_picture(save(picture, "digit.tiff")), colour)


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "HSV", "LAB"])
def test_other_ways_to_say_colours(mode: str, save: Saved) -> None:
    colours = np.array([[200, 30, 40], [20, 120, 60], [30, 40, 160], [255, 255, 255], [0, 0, 0]], np.uint8)
    pixels = np.tile(colours.repeat(8, axis=0), (30, 1, 1))
    if mode == "LAB":
        lab = np.array([[112, 193, 171], [113, 87, 153], [52, 167, 64], [255, 128, 128], [0, 128, 128]], np.uint8)
        bands = np.tile(lab.repeat(8, axis=0), (30, 1, 1)).transpose(2, 0, 1)
        picture = Image.merge("LAB", [Image.fromarray(band) for band in bands])
    else:
        picture = Image.fromarray(pixels).convert(mode)
    within = 20 if mode == "LAB" else 10  # Of LAB, the whole numbers above are coarse for dark colours.
    same(open_picture(picture), pixels, within)
    if mode != "HSV":
        same(open_picture(save(picture, "digit.tiff")), pixels, within)


@pytest.mark.parametrize("mode", ["LA", "La", "PA"])
def test_grey_with_a_full_alpha_channel(mode: str, grey: NDArray[np.uint8]) -> None:
    picture = Image.fromarray(grey).convert("LA" if mode != "PA" else "P").convert(mode)
    same(open_picture(picture), grey)


@pytest.mark.parametrize("mode", ["I;16", "I;16L", "I;16B", "I;16N"])
def test_sixteen_bits_in_every_order(mode: str, grey: NDArray[np.uint8]) -> None:
    picture = Image.new(mode, (40, 30))
    order = ">u2" if mode == "I;16B" else "<u2" if mode in ("I;16", "I;16L") else "=u2"
    picture.frombytes((grey.astype(order) * 256 + 200).astype(order).tobytes(), "raw", mode)
    same(open_picture(picture), grey)


@pytest.mark.parametrize("name", ["digit.png", "digit.tiff", "digit.pgm"])
def test_sixteen_bits_in_files(name: str, grey: NDArray[np.uint8], save: Saved) -> None:
    same(open_picture(save(grey.astype(np.uint16) * 257, name)), grey)


def test_integers_of_32_bits_are_scaled_by_what_they_hold(grey: NDArray[np.uint8], save: Saved) -> None:
    wide = grey.astype(np.int32)
    wide[0, :2] = 0, 255
    for values in (wide, wide * 257, wide * 1_000_000, (wide - 255) * 1_000_000):
        same(open_picture(save(values, "digit.tiff")), wide.astype(np.uint8))


def test_fractions_are_scaled_by_what_they_hold(grey: NDArray[np.uint8], save: Saved) -> None:
    values = grey.astype(np.float32)
    values[0, :2] = 0, 255
    for some in (values, values / 255, values * 1000 - 7, values * 1e36 - 1e38):
        same(open_picture(save(some, "digit.tiff")), values.astype(np.uint8))
    same(open_picture(save(np.full((3, 4), 1000, np.float32), "digit.tiff")), np.zeros((3, 4), np.uint8))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_fractions_that_are_not_numbers(value: float, save: Saved) -> None:
    values = np.zeros((30, 40), np.float32)
    values[17, 5] = value
    refused(save(values, "digit.tiff"), r"digit\.tiff: has grey levels that are not numbers")


# Which way is up

TURNS: dict[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(orientation: int, save: Saved, colour: NDArray[np.uint8]) -> None:
    turned = np.ascontiguousarray(TURNS[orientation](colour))  # What a camera that was held so would store.
    exif = Image.Exif()
    exif[0x0112] = orientation
    for name in ("a.png", "a.webp", "a.tiff"):
        options = {"lossless": True} if name == "a.webp" else {}
        same(open_picture(save(turned, name, exif=exif, **options)), colour)
    smooth = np.add.outer(np.arange(0, 120, 3), np.arange(0, 100, 2)).astype(np.uint8)
    held = np.ascontiguousarray(TURNS[orientation](smooth))
    same(open_picture(save(held, "a.jpg", exif=exif, quality=100)), smooth, within=3)
    deep = Image.fromarray(held.astype(np.uint16) * 257)
    same(open_picture(save(deep, "a.png", exif=exif)), smooth)


def test_damaged_notes_of_the_camera_do_not_matter(grey: NDArray[np.uint8], save: Saved) -> None:
    for notes in (b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x07\xff\xff\xff\xff\xff\xff", b"Exif\0\0rubbish", b"?"):
        same(open_picture(save(grey, "a.png", exif=notes)), grey)
        assert open_picture(save(grey, "a.jpg", exif=notes)).pixels.shape == grey.shape


# Transparency


def by_hand(value: NDArray[Any], alpha: NDArray[Any], paper: int) -> NDArray[np.uint8]:
    mixed: NDArray[np.int64] = (value.astype(int) * alpha + paper * (255 - alpha.astype(int)) + 127) // 255
    return mixed.astype(np.uint8)


@pytest.mark.parametrize(("low", "high", "paper"), [(0, 100, 255), (156, 256, 0)])
def test_what_is_transparent_becomes_paper(
    low: int, high: int, paper: int, rng: np.random.Generator, save: Saved
) -> None:
    value = rng.integers(low, high, (30, 40, 3), dtype=np.uint8)
    alpha = rng.integers(0, 256, (30, 40, 1), dtype=np.uint8)
    same(open_picture(save(np.dstack([value, alpha]))), by_hand(value, alpha, paper))
    grey = value[..., :1]
    same(open_picture(save(np.dstack([grey, alpha]))), by_hand(grey, alpha, paper)[..., 0])
    same(open_picture(np.dstack([grey, alpha])), by_hand(grey, alpha, paper)[..., 0])


def test_what_cannot_be_seen_has_no_say_in_the_paper(save: Saved) -> None:
    ink = np.full((30, 40, 4), 255, np.uint8)  # White, but nearly all of it transparent.
    ink[..., 3] = 0
    ink[10:20, 10:20] = 0, 0, 0, 255
    expected = np.full((30, 40), 255, np.uint8)
    expected[10:20, 10:20] = 0
    same(open_picture(save(ink)), expected)


def test_nothing_to_be_seen_is_white_paper(save: Saved) -> None:
    for value in (0, 255):
        clear = np.dstack([np.full((30, 40, 3), value, np.uint8), np.zeros((30, 40), np.uint8)])
        same(open_picture(save(clear)), np.full((30, 40), 255, np.uint8))


def test_an_alpha_channel_that_hides_nothing_is_left_out(colour: NDArray[np.uint8], save: Saved) -> None:
    same(open_picture(save(np.dstack([colour, np.full((30, 40), 255, np.uint8)]))), colour)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "I;16"])
def test_one_colour_that_stands_for_transparent(mode: str, save: Saved) -> None:
    ink = np.full((30, 40), 255, np.uint8)  # Of white paper made transparent, and black ink: all stays as it looks.
    ink[10:20, 10:20] = 0
    picture = Image.fromarray(ink).convert(mode) if mode != "I;16" else Image.fromarray(ink.astype(np.uint16) * 257)
    clear: Any = {"RGB": (255, 255, 255), "I;16": 65535}.get(mode, 255)
    picture.info["transparency"] = clear
    same(open_picture(picture), ink)
    same(open_picture(save(picture, transparency=clear)), ink)
    picture.info["transparency"] = {"RGB": (0, 0, 0)}.get(mode, 0)  # White ink on what is left: black paper.
    same(open_picture(picture), ink)


def test_a_transparent_colour_of_sixteen_bits() -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    paper, ink = struct.pack(">3H", 0xC812, 0x6434, 0x3256), struct.pack(">3H", 0x1010, 0x1010, 0x1010)
    header = chunk(b"IHDR", struct.pack(">2I5B", 2, 1, 16, 2, 0, 0, 0)) + chunk(
        b"tRNS", paper
    )  # Pillow writes no such.
    content = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" + paper + ink)) + chunk(b"IEND", b"")
    same(open_picture(content), np.array([[255, 16]], np.uint8))


def test_a_palette_with_half_transparent_colours(save: Saved) -> None:
    picture = Image.new("P", (40, 30))
    picture.putpalette([0, 0, 0, 90, 60, 30])
    picture.paste(1, (0, 0, 20, 30))
    pixels = open_picture(save(picture, transparency=bytes([0, 128]))).pixels
    assert (pixels[:, 20:] == 255).all()
    assert pixels[0, 0].tolist() == [by_hand(np.array(v), np.array(128), 255) for v in (90, 60, 30)]


# Arrays and streams


def test_arrays_of_every_kind(grey: NDArray[np.uint8], colour: NDArray[np.uint8]) -> None:
    full = np.full((30, 40, 1), 255, np.uint8)
    same(open_picture(grey), grey)
    same(open_picture(colour), colour)
    same(open_picture(colour[::-1, ::2]), colour[::-1, ::2])
    same(open_picture(grey[..., None]), grey)
    same(open_picture(np.dstack([grey, full])), grey)
    same(open_picture(np.dstack([colour, full])), colour)
    for dtype in (np.int8, np.int16, np.int64, np.uint32, ">i4"):
        same(open_picture((grey // 2).astype(dtype)), grey // 2)
    same(open_picture(grey.astype(">u2") * 257), grey)
    for precision in (np.float16, np.float32, np.float64, np.longdouble):
        same(open_picture((grey / 255).astype(precision)), grey)
    same(open_picture(grey > 127), np.where(grey > 127, 255, 0).astype(np.uint8))


def test_the_pixels_are_a_copy(grey: NDArray[np.uint8]) -> None:
    for source in (grey, Image.fromarray(grey)):
        assert not np.shares_memory(open_picture(source).pixels, grey)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full((3, 4), np.nan), r"within 0…1.*nan"),
        (np.full((3, 4), np.inf), r"within 0…1"),
        (np.full((3, 4), 1.1), r"within 0…1"),
        (np.full((3, 4), -0.1), r"within 0…1"),
        (np.full((3, 4), 256), r"within 0…255.*256"),
        (np.full((3, 4), -1), r"within 0…255.*-1"),
        (np.full((3, 4), None), r"array of object"),
        (np.full((3, 4), 1j), r"array of complex128"),
        (np.full((3, 4), "a"), r"array of <U1"),
        (np.zeros(3), r"shape \(3,\)"),
        (np.array(3), r"shape \(\)"),
        (np.zeros((3, 4, 5)), r"shape \(3, 4, 5\)"),
        (np.zeros((2, 3, 4, 3)), r"shape \(2, 3, 4, 3\)"),
        (np.zeros((0, 4)), r"shape \(0, 4\)"),
        (np.zeros((3, 4, 0)), r"shape \(3, 4, 0\)"),
    ],
)
def test_arrays_that_are_no_picture(array: NDArray[Any], message: str) -> None:
    refused(array, message, UsageError)


def test_what_is_no_source_at_all() -> None:
    for source in (None, 3, [[0, 1]]):
        refused(source, f"not {type(source).__name__}", UsageError)
    refused(io.StringIO("text"), "open as text", UsageError)


def test_content_streams_and_names_are_read_alike(grey: NDArray[np.uint8], save: Saved) -> None:
    path = save(grey)
    content = path.read_bytes()
    for source in (str(path), content, bytearray(content), memoryview(content), io.BytesIO(content)):
        same(open_picture(source), grey)  # type: ignore[arg-type]
    assert open_picture(content).name == "the picture"
    written = io.BytesIO()
    Image.fromarray(grey).save(written, "PNG")
    same(open_picture(written), grey)  # From the start, though it stands at the end.


def test_a_pipe_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1, /) -> bytes:
            return bytes(size)

    monkeypatch.setattr(streams, "LONGEST_FILE", 3_000_000)
    refused(Endless(), "has more than 3 MB. Make it smaller")


def test_a_stream_stays_open_and_a_pipe_is_read(grey: NDArray[np.uint8], save: Saved) -> None:
    for name in ("a.png", "a.tiff", "a.gif"):
        with save(grey, name).open("rb") as stream:
            same(open_picture(stream), grey)
            same(open_picture(stream), grey)
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as end:
        end.write(save(grey).read_bytes())
    with os.fdopen(reading, "rb") as end:
        same(open_picture(end), grey)


def test_a_pillow_picture_is_left_as_it_was(save: Saved, grey: NDArray[np.uint8]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(save(np.rot90(grey), exif=exif)) as picture:
        same(open_picture(picture), grey)
        assert picture.size == (30, 40)
        assert picture.getexif()[0x0112] == 6
    closed = Image.open(save(grey))
    closed.close()
    refused(closed, "the picture: is a damaged picture")


def test_no_file_stays_open(grey: NDArray[np.uint8], save: Saved) -> None:
    before = len(os.listdir("/dev/fd"))  # noqa: PTH208
    good = [save(grey, f"a.{kind.lower()}") for kind in FORMATS]
    for path in good:
        open_picture(path)
        path.write_bytes(path.read_bytes()[:60])
        refused(path, "picture")
    assert len(os.listdir("/dev/fd")) == before  # noqa: PTH208


# Size


def test_one_pixel(save: Saved) -> None:
    for name in ("a.png", "a.jpg", "a.gif", "a.bmp", "a.tiff", "a.webp"):
        same(open_picture(save(np.full((1, 1), 255, np.uint8), name)), np.full((1, 1), 255, np.uint8))


def test_what_is_just_small_enough_is_kept(rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, (LARGEST, 30), dtype=np.uint8)
    same(open_picture(pixels), pixels)
    one_more = open_picture(np.zeros((LARGEST + 1, 30), np.uint8))
    assert (one_more.factor, one_more.pixels.shape) == (2, (LARGEST // 2 + 1, 15))


def test_a_large_one_is_reduced_by_averaging(rng: np.random.Generator, save: Saved) -> None:
    large = rng.integers(0, 256, (900, 7200), dtype=np.uint8)
    mean = large.reshape(300, 3, 2400, 3).mean(axis=(1, 3))
    for source in (large, save(large, compress_level=1), save(large.astype(np.uint16) * 257, "a.tiff")):
        picture = open_picture(source)
        assert picture.factor == 3
        assert np.abs(picture.pixels - mean).max() <= 1
    bits = open_picture(save(large > 127, "bits.png"))
    assert np.abs(bits.pixels - (large > 127).reshape(300, 3, 2400, 3).mean(axis=(1, 3)) * 255).max() <= 1


def test_what_is_transparent_does_not_darken_its_neighbours(save: Saved) -> None:
    stripes = np.zeros((10, 4800, 4), np.uint8)  # Every other column is clear black, and the others white.
    stripes[:, ::2] = 255
    same(open_picture(save(stripes)), np.full((5, 2400), 128, np.uint8))


@pytest.mark.parametrize("size", [(20_000, 10), (10, 20_000), (30_000, 1)])
def test_very_long_and_thin(size: tuple[int, int], save: Saved) -> None:
    picture = open_picture(save(Image.new("L", size, 200), "a.png"))
    assert max(picture.pixels.shape) <= LARGEST
    assert picture.pixels.shape == (-(-size[1] // picture.factor), -(-size[0] // picture.factor))
    assert (picture.pixels == 200).all()
    jpeg = open_picture(save(Image.new("L", size, 200), "a.jpg"))
    assert jpeg.factor == picture.factor
    assert jpeg.pixels.shape == picture.pixels.shape


@pytest.mark.parametrize("size", [(4000, 3000), (4032, 3024), (6000, 2000), (9600, 1200), (8160, 6120)])
def test_places_in_a_photograph_are_those_of_the_upright_original(size: tuple[int, int], save: Saved) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # The picture's left is the upright one's top, and its bottom the left.
    photo = Image.new("L", size, 255)
    left, top = size[0] // 4, size[1] // 2
    photo.paste(0, (left, top, left + size[0] // 10, top + size[1] // 5))
    picture = open_picture(save(photo, "photo.jpg", exif=exif))
    assert max(picture.pixels.shape) <= LARGEST
    rows, columns = np.nonzero(picture.pixels < 128)
    assert abs(rows.min() * picture.factor - left) <= picture.factor
    assert abs(columns.min() * picture.factor - (size[1] - top - size[1] // 5)) <= picture.factor


@pytest.mark.parametrize("size", [(20_000, 10_000), (10_001, 10_000), (30_001, 1)])
def test_too_many_pixels(size: tuple[int, int], save: Saved) -> None:
    said = rf"has too many pixels \({size[0]}×{size[1]}\)\. Make it smaller"
    picture = Image.new("1", size)
    refused(save(picture, "bomb.png", compress_level=1), rf"bomb\.png: {said}")
    refused(picture, said)
    refused(np.broadcast_to(np.uint8(0), size[::-1]), said)


def test_bombs_that_only_say_how_large_they_are(tmp_path: Path, save: Saved) -> None:
    path = save(Image.new("L", (40, 30)), "bomb.bmp")
    raw = bytearray(path.read_bytes())
    raw[18:26] = (60_000).to_bytes(4, "little") * 2
    path.write_bytes(raw)
    refused(path, r"too many pixels \(60000×60000\)")
    (tmp_path / "bomb.gif").write_bytes(b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x08\x01\0;")
    refused(tmp_path / "bomb.gif", "too many pixels")


@pytest.mark.parametrize("name", ["a.ico", "a.icns", "a.pcx", "a.xbm", "a.sgi", "a.msp", "a.dds", "a.qoi"])
def test_kinds_that_are_not_in_the_list_are_refused(name: str, save: Saved) -> None:
    picture = Image.new("1" if name in ("a.xbm", "a.msp") else "RGB", (32, 32))
    refused(
        save(picture, name), rf"{re.escape(name)}: is (not a picture that can be read\. PNG and JPEG|a damaged pict)"
    )


def test_only_what_reads_a_file_is_loaded(grey: NDArray[np.uint8], save: Saved) -> None:
    paths = [save(grey, f"a.{ending}") for ending in ("png", "gif", "ico")]
    (paths[-1].parent / "drawing.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    program = (
        "import sys\n"
        "from byhand.images.pictures import open_picture\n"
        "for path in sys.argv[1:]:\n"
        "    try: open_picture(path)\n"
        "    except Exception: pass\n"
        "print(*sorted(name for name in sys.modules if name.endswith('ImagePlugin')))"
    )
    command = [sys.executable, "-c", program, *map(str, [*paths, paths[-1].parent / "drawing.png"])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [f"PIL.{kind}ImagePlugin" for kind in ("Gif", "Png")]


def test_all_endings_that_are_promised_are_opened(grey: NDArray[np.uint8], save: Saved) -> None:
    for ending in formats.ENDINGS - {"heic", "heif"}:
        assert open_picture(save(grey, f"a.{ending}", format="JPEG" if ending == "jfif" else None)).size == (40, 30)


def test_others_settings_of_pillow_do_not_matter(
    grey: NDArray[np.uint8], save: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "ID", [])
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    same(open_picture(save(grey)), grey)
    refused(save(Image.new("1", (20_000, 10_000)), "bomb.png", compress_level=1), "too many pixels")


def test_a_file_of_nothing_but_parts_is_refused_early() -> None:
    empty = struct.pack(">I4sI", 0, b"teXt", zlib.crc32(b"teXt"))
    head = struct.pack(">2I5B", 8, 8, 8, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    before = time.process_time()
    refused(png + empty * 1_000_000, "has more parts than a picture needs")
    refused(b"\xff\xd8" + b"\xff\xfe\0\2" * 3_000_000, "has more parts than a picture needs")
    refused(b"P5 #" + bytes(5_000_000), "has more parts than a picture needs")
    assert time.process_time() - before < 4


def test_a_jpeg_of_many_scans_is_refused(colour: NDArray[np.uint8], save: Saved) -> None:
    raw = save(colour, "a.jpg", progressive=True).read_bytes()
    last = raw.rindex(b"\xff\xda")
    scan = raw[last:-2]
    assert open_picture(raw[:-2] + scan * 3 + raw[-2:]).size == (40, 30)
    refused(raw[:-2] + scan * 40 + raw[-2:], "has more than 30 scans. Save it anew, as PNG")


def test_colours_count_and_so_do_bits_and_slow_decoders(save: Saved) -> None:
    way = r"Save it as JPEG, or make it smaller\.$"
    png = r"a PNG picture, with these colours, may have"
    refused(
        save(Image.new("RGBA", (7000, 6000)), "a.png", compress_level=1),
        rf"has too many pixels \(7000×6000\): {png} 37\.5 million\. {way}",
    )
    refused(save(np.zeros((9000, 9000), np.uint16), "a.png", compress_level=1), f"{png} 75 million. {way}")
    refused(b"P3 900 900 255\n", r"has too many pixels \(900×900\): a PPM picture of this sort.* Save it as PNG\.$")
    refused(np.zeros((10_000, 6000, 3), bool), r"has too many pixels \(6000×10000\)")


@pytest.mark.parametrize("kind", [5, 6])
@pytest.mark.parametrize("most", [1, 100, 1023, 4095, 65534])
def test_numbers_up_to_another_most_are_read_as_pillow_reads_them(
    kind: int, most: int, rng: np.random.Generator, tmp_path: Path
) -> None:
    numbers = rng.integers(0, most + 1, (30, 40, 3)[: 2 if kind == 5 else 3]).astype(">u1" if most < 256 else ">u2")
    (tmp_path / "a.pnm").write_bytes(b"P%d 40 30 %d\n" % (kind, most) + numbers.tobytes())
    with Image.open(tmp_path / "a.pnm") as opened:
        opened.load()
        expected = open_picture(opened).pixels
    same(open_picture(tmp_path / "a.pnm"), expected)
    (tmp_path / "a.pnm").write_bytes((tmp_path / "a.pnm").read_bytes()[:-1])
    refused(tmp_path / "a.pnm", r"a\.pnm: is a damaged picture \(the file ends too early\)")


def test_twelve_bits_take_no_longer_than_sixteen() -> None:
    before = time.process_time()
    assert open_picture(b"P5 2000 2000 4095\n" + b"\x0f\xff" * 4_000_000).pixels.min() == 255
    assert time.process_time() - before < 1


def test_a_kind_that_takes_long_says_what_else_to_do(save: Saved) -> None:
    webp = save(Image.new("RGB", (16, 16)), "a.webp").read_bytes()
    size = struct.pack("<HH", 7000, 5000)
    at = webp.index(b"\x9d\x01\x2a") + 3
    refused(
        webp[:at] + size + webp[at + 4 :], r"a WEBP picture, .* may have 25\.3 million\. Save it as JPEG or PNG, or"
    )


@pytest.mark.parametrize("name", ["a.tif", "a.bmp"])
def test_a_place_or_a_length_in_a_file_is_no_depth(name: str, save: Saved) -> None:
    picture = Image.new("RGB", (720, 40))  # 2160 bytes a row
    path = (
        save(picture, name) if name == "a.bmp" else save(picture, name, description="......")
    )  # Its pixels begin at 160.
    with Image.open(path) as opened:
        assert "16" in str(opened.tile)
        assert formats.samples(opened) == 3


def test_sixteen_bits_of_a_pixel_are_not_those_of_a_sample(colour: NDArray[np.uint8], save: Saved) -> None:
    raw = save(colour, "a.bmp").read_bytes()
    with Image.open(io.BytesIO(raw[:28] + b"\x10\0" + raw[30:])) as opened:
        assert "BGR;15" in str(opened.tile) or "BGR;16" in str(opened.tile)
        assert formats.samples(opened) == 3


@pytest.mark.parametrize("name", ["icon.ico", "paint.pcx", "cursor.cur"])
def test_what_is_of_another_kind_is_not_called_damaged(name: str, grey: NDArray[np.uint8], tmp_path: Path) -> None:
    path = tmp_path / name
    Image.fromarray(grey).save(path, "PCX" if name == "paint.pcx" else "ICO", sizes=[(30, 30)])
    if name == "cursor.cur":
        path.write_bytes(b"\0\0\2\0" + path.read_bytes()[4:])
    refused(path, rf"{name}: is not a picture that can be read\. PNG and JPEG work\.$")


def test_what_a_tga_says_of_itself_must_fit(colour: NDArray[np.uint8], save: Saved) -> None:
    raw = save(colour, "a.tga").read_bytes()
    assert open_picture(raw).size == (40, 30)
    for changed in (raw[:1] + b"\2" + raw[2:], raw[:2] + b"\4" + raw[3:], raw[:12] + b"\xff\xff" + raw[14:], raw[:17]):
        refused(changed, r"the picture: is not a picture that can be read\.")


def test_memory_that_does_not_suffice_is_no_damage(save: Saved, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(Image.new("L", (9, 9)))
    for fault in (MemoryError(), OSError("out of memory error when reading image file")):
        monkeypatch.setattr(ImageFile.ImageFile, "load", raising(fault))
        with pytest.raises(MemoryError):
            open_picture(path)


def raising(fault: Exception) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise fault

    return fail


def test_only_the_coefficients_that_a_progressive_jpeg_has_count(
    save: Saved, colour: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    full, half = (save(colour, f"{n}.jpg", progressive=True, subsampling=n).read_bytes() for n in (0, 2))
    monkeypatch.setattr(jpeg, "MOST_BUFFERED", 40 * 30 * 3 // 2)
    assert open_picture(half).size == (40, 30)
    refused(full, r"has too many pixels \(40×30\): a JPEG in several scans.* Save it as JPEG in one \(baseline\)\.$")


def test_what_follows_a_jpeg_is_not_counted(save: Saved, colour: NDArray[np.uint8]) -> None:
    raw = save(colour, "a.jpg", progressive=True).read_bytes()
    same(open_picture(raw + b"\0\0\0\x18ftypmp42" + b"\xff\xda" * 100), open_picture(raw).pixels)
    note = b"\xff\xe1" + struct.pack(">H", 202) + b"\xff\xda" * 100
    same(open_picture(raw[:2] + note + raw[2:]), open_picture(raw).pixels)
    many = raw[:-2] + b"\xff\xfe\0\2" * 1_000_000 + raw[-2:]
    before = time.process_time()
    refused(many, "has more parts than a picture needs")
    assert time.process_time() - before < 1


# What is no file, and what never ends


def test_devices_and_named_pipes_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    refused(tmp_path / "pipe.png", r"pipe\.png: is a named pipe, not a file\. Give a file, or - for the standard input")
    for device in ("/dev/zero", "/dev/null"):
        (tmp_path / "link.png").unlink(missing_ok=True)
        (tmp_path / "link.png").symlink_to(device)
        refused(tmp_path / "link.png", r"link\.png: is a device, not a file\.")


def test_a_pipe_from_a_shell_is_read(grey: NDArray[np.uint8], save: Saved) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as end:
        end.write(save(grey).read_bytes())
    same(open_picture(f"/dev/fd/{reading}"), grey)
    os.close(reading)


def test_a_named_pipe_in_place_of_a_file_is_not_waited_for(
    grey: NDArray[np.uint8], save: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, opening = save(grey), os.open

    def swapped(name: Path, flags: int) -> int:
        Path(name).unlink()
        os.mkfifo(name)
        return opening(name, flags)

    monkeypatch.setattr(os, "open", swapped)
    refused(path, "is a named pipe, not a file")


def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "loop.png").symlink_to("loop.png")
    refused(tmp_path / "loop.png", r"loop\.png: cannot be read \(Too many levels of symbolic links\)")


def test_no_pixels() -> None:
    refused(Image.new("L", (0, 5)), r"the picture: has no pixels\.")


def test_pillows_own_settings_are_left_alone(grey: NDArray[np.uint8], save: Saved) -> None:
    before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    open_picture(save(grey))
    refused(save(Image.new("1", (20_000, 10_000)), "bomb.png"), "too many pixels")
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)


def test_a_photograph_of_12_megapixels_is_quick(save: Saved, rng: np.random.Generator) -> None:
    noise = Image.fromarray(rng.integers(0, 256, (300, 400, 3), dtype=np.uint8)).resize((4000, 3000))
    path = save(noise, "photo.jpg")
    start = time.perf_counter()
    picture = open_picture(path)
    assert time.perf_counter() - start < 2
    assert (picture.pixels.shape, picture.factor) == ((1500, 2000, 3), 2)


def test_90_megapixels_need_less_than_a_gib(save: Saved) -> None:
    path = save(Image.new("L", (10_000, 9000), 7), "large.png", compress_level=1)
    # getrusage tells of a new process the most that its parent had when it was begun, and that may be PyTorch's.
    most = "re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1]"
    if not Path("/proc/self/status").exists():
        most = "resource.getrusage(resource.RUSAGE_SELF).ru_maxrss"
    program = (
        "import re, resource, sys\n"
        "from byhand.images.pictures import open_picture\n"
        f"print(open_picture(sys.argv[1]).pixels.shape, {most})"
    )
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    shape, most = re.fullmatch(r"(\(.*\)) (\d+)\n", done.stdout).groups()  # type: ignore[union-attr]
    assert shape == "(1800, 2000)"
    assert int(most) < (2**30 if sys.platform == "darwin" else 2**20)  # macOS counts bytes.


# What cannot be opened


def test_missing_folders_and_names_that_cannot_be(tmp_path: Path) -> None:
    refused(tmp_path / "none.png", r"none\.png: cannot be read \(No such file")
    refused(tmp_path, r"cannot be read \(Is a directory")
    refused("a\0b.png", r"cannot be read")
    refused("", r"cannot be read|directory")


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:  # Root, who runs the tests in a container, may read everything.
        raise PermissionError(13, "Permission denied")

    (tmp_path / "secret.png").touch()
    monkeypatch.setattr(os, "open", refuse)
    refused(tmp_path / "secret.png", r"secret\.png: cannot be read \(Permission denied\)")


def test_a_disk_that_fails() -> None:
    class Failing(io.BytesIO):
        def read(self, *_: object) -> bytes:
            raise OSError(5, "Input/output error")

    refused(Failing(), r"the picture: cannot be read \(Input/output error\)")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a picture: the file is empty"),
        (b"hello", "is not a picture that can be read"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "picture"),
        (b"\0\0\0\x18ftypisom" + bytes(99), "is not a picture that can be read"),
        (b"%PDF-1.7\n" + bytes(99), "is a document, not pixels: export it as PNG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a -->\n<svg xmlns=''></svg>", "is a drawing, not pixels"),
        (b"\n<SVG></SVG>", "is a drawing, not pixels: export it as PNG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is a drawing, not pixels: export it as PNG"),
        (b"\0\0\0\x18ftypavif" + bytes(99), r"is not a picture|is a damaged|AVIF"),
    ],
)
def test_what_is_not_a_picture(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "bad.png").write_bytes(content)
    refused(tmp_path / "bad.png", rf"bad\.png: .*{message}")
    refused(content, f"the picture: .*{message}")


def test_avif_asks_for_a_pillow_that_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "check", lambda feature: feature != "avif")
    refused(b"\0\0\0\x18ftypavif" + bytes(99), "is an AVIF picture, which needs a newer Pillow: pip install -U pillow")


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1"])
def test_heic_asks_for_its_plug_in(brand: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    picture = HEIC.replace(b"ftypheic", b"ftyp" + brand)
    refused(picture, r"is a HEIC picture, which takes more: pip install \"byhand\[heic\]\"")


def test_the_plug_in_for_heic_is_used_if_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Heif(ImageFile.ImageFile):
        format = "HEIF"

        def _open(self) -> None:
            self._mode, self._size = "L", (4, 3)
            self.tile = [ImageFile._Tile("raw", (0, 0, 4, 3), 30, "L")]

    def register() -> None:
        monkeypatch.setitem(Image.OPEN, "HEIF", (Heif, lambda prefix: prefix[4:12] == b"ftypheic"))
        monkeypatch.setattr(Image, "ID", [*Image.ID, "HEIF"])

    plug_in = types.ModuleType("pillow_heif")
    plug_in.register_heif_opener = register  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pillow_heif", plug_in)
    assert open_picture(HEIC).pixels.shape == (3, 4)


def test_what_begins_as_a_picture_and_goes_on_as_none_is_called_damaged() -> None:
    refused(b"\x89PNG\r\n\x1a\n" + bytes(100), "is a damaged picture; it begins as PNG does")


@pytest.mark.parametrize("kind", FORMATS)
def test_half_a_file_is_damaged(kind: str, colour: NDArray[np.uint8], tmp_path: Path, save: Saved) -> None:
    raw = save(colour, "a", format=kind).read_bytes()
    (tmp_path / "half").write_bytes(raw[: len(raw) // 2])
    refused(tmp_path / "half", r"half: is (a damaged picture|not a picture)")


@pytest.mark.parametrize("kind", FORMATS)
def test_a_wrong_ending_of_the_name_does_not_matter(kind: str, grey: NDArray[np.uint8], save: Saved) -> None:
    for name in ("digit.png", "digit.jpg", "digit.txt", "digit"):
        assert open_picture(save(grey, name, format=kind)).pixels.shape[:2] == grey.shape


def test_damage_of_every_kind_gives_a_picture_or_one_message(rng: np.random.Generator) -> None:
    files = []
    smooth = np.add.outer(np.arange(30) * 4, np.arange(40) * 3).astype(np.uint8)
    for kind in FORMATS:
        for drawn in (Image.fromarray(smooth), Image.fromarray(np.dstack([smooth, smooth // 2, 255 - smooth]))):
            written = io.BytesIO()
            drawn.save(written, kind)
            files.append(written.getvalue())
    opened, messages = 0, []
    for number in range(300):
        content = mutated(files[number % len(files)], rng)
        try:
            picture = open_picture(content)
        except ByhandError as error:
            messages.append(str(error))
        else:
            assert picture.pixels.dtype == np.uint8
            assert max(picture.pixels.shape) <= LARGEST
            opened += 1
    assert 30 < opened < 270
    assert all(message.startswith("the picture: ") for message in messages)
