"""Files that hold several pages or pictures: none of them is lost without a word."""

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, TiffImagePlugin

import byhand
from byhand.images.documents.several import pages_of
from byhand.images.pictures import Picture, open_picture


def pages(count: int) -> list[Image.Image]:
    """Return pictures that differ."""
    made = []
    for number in range(count):
        page = Image.new("L", (60, 40), 255)
        ImageDraw.Draw(page).line([(5 + number, 5), (30, 35)], fill=0, width=4)
        made.append(page)
    return made


def content(kind: str, count: int, **options: Any) -> bytes:
    """Return a file of several pictures."""
    file, (first, *others) = io.BytesIO(), pages(count)
    first.save(file, kind, save_all=True, append_images=others, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["TIFF", "PNG", "WEBP", "AVIF"])
def test_a_file_of_several_pictures_is_refused_with_their_number(kind: str) -> None:
    with pytest.raises(byhand.ByhandError, match="holds 3 pages or pictures, and one is read"):
        open_picture(content(kind, 3))
    assert open_picture(content(kind, 1)).size == (60, 40)


def test_an_animation_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(content("GIF", 3))
    with pytest.raises(byhand.ByhandError, match=r"a\.gif: is an animation of several pictures"):
        open_picture(tmp_path / "a.gif")
    assert open_picture(content("GIF", 1)).size == (60, 40)


def test_a_phones_picture_with_a_preview_is_one_picture() -> None:
    assert content("MPO", 2).startswith(b"\xff\xd8")
    assert open_picture(content("MPO", 2)).size == (60, 40)


@pytest.mark.parametrize("kind", [1, 4])
def test_a_preview_or_mask_in_a_tiff_is_no_page(kind: int) -> None:
    first, second = pages(2)
    second.encoderinfo = {"tiffinfo": TiffImagePlugin.ImageFileDirectory_v2()}
    second.encoderinfo["tiffinfo"][254] = kind
    file = io.BytesIO()
    first.save(file, "TIFF", save_all=True, append_images=[second])
    with Image.open(file) as saved:
        saved.seek(1)
        assert saved.tag_v2[254] == kind  # type: ignore[attr-defined]
    assert open_picture(file.getvalue()).size == (60, 40)


def test_a_tiff_whose_end_is_garbage_is_one_page() -> None:
    whole = bytearray(content("TIFF", 1))
    directory = int.from_bytes(whole[4:8], "little")
    entries = int.from_bytes(whole[directory : directory + 2], "little")
    for following in (len(whole) + 1000, 3):
        whole[directory + 2 + 12 * entries : directory + 6 + 12 * entries] = following.to_bytes(4, "little")
        assert open_picture(bytes(whole)).size == (60, 40)


def test_a_chain_of_a_million_pages_is_not_followed() -> None:
    entry = b"".join(
        number.to_bytes(2, "little")
        + (3).to_bytes(2, "little")
        + (1).to_bytes(4, "little")
        + value.to_bytes(4, "little")
        for number, value in ((256, 8), (257, 8), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 8), (279, 64))
    )
    size, start = 2 + len(entry) + 4, 72
    chain = b"".join(
        (9).to_bytes(2, "little") + entry + (start + (k + 1) * size).to_bytes(4, "little") for k in range(20_000)
    )
    with pytest.raises(byhand.ByhandError, match="holds more than 1,000 pages"):
        open_picture(b"II*\0" + start.to_bytes(4, "little") + bytes(64) + chain)


def test_of_a_pillow_picture_the_page_is_read_that_it_stands_at() -> None:
    with Image.open(io.BytesIO(content("TIFF", 2))) as opened:
        opened.seek(1)
        assert np.array_equal(open_picture(opened).pixels, np.asarray(pages(2)[1]))


def test_damage_to_a_file_of_several_pages_is_told_in_its_own_words(rng: np.random.Generator) -> None:
    whole = content("TIFF", 2)
    said = ""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for _ in range(150):
            damaged = bytearray(whole)
            for place in len(whole) // 2 + rng.integers(-20, 220, 6):  # where the tags of the second page are
                damaged[place] = rng.integers(256)
            try:
                said += "".join(str(page) for _, page in pages_of(io.BytesIO(damaged)) if not isinstance(page, Picture))
            except byhand.ByhandError as error:
                said += str(error)
    assert "the picture, page 2: is a damaged picture" in said
    assert warned == []
