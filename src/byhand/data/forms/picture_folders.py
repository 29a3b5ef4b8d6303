"""Read pictures that lie in one folder for each class, in parts or not, as Kaggle, Keras and torchvision have them.

Pictures that are all of one small size are images already, and are taken as they are. All others are brought to 28×28
as `byhand.prepare` does, since a network needs digits of one size in one place.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from byhand.data.forms.found import Found, Part, entries_in, listed
from byhand.errors import ByhandError
from byhand.files import MOST_BYTES
from byhand.types import Bytes, Mask

MOST_FILES = 2_000_000
LARGEST_SIDE = 64  # of an image that may be taken as it is
MIXED = 0.05  # Where a larger share of pictures has paper of the other kind, each is looked at.
GREY = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as Pillow has it
_PARTS = {
    "train": re.compile(r"train(ing)?[-_ ]?(set|data|images|part)?", re.IGNORECASE),
    "test": re.compile(r"test(ing)?[-_ ]?(set|data|images|part)?", re.IGNORECASE),
    "validation": re.compile(r"val(id|idation)?[-_ ]?(set|data|images|part)?", re.IGNORECASE),
}


class Labelled(NamedTuple):
    """A picture, and the folder it lies in."""

    path: Path
    name: str


def find(folder: Path) -> Found | None:
    """Read the pictures in a folder of classes, or of parts with classes; None if there are none."""
    parts: dict[str, Path] = {}
    for each in _folders(folder):
        for part, pattern in _PARTS.items():
            if pattern.fullmatch(each.name) and _classes(each):
                parts.setdefault(part, each)
    chosen: dict[str, list[Labelled]] = {part: _pictures(parts[part]) for part in ("train", "test") if part in parts}
    if "train" not in chosen:
        classes = _classes(folder)
        if not classes:
            return None
        chosen = {"": _pictures(folder)}
    notes = [f"{parts['validation']}: is left out."] if "validation" in parts and "train" in parts else []
    images, kept, said = _read(folder, [picture for pictures in chosen.values() for picture in pictures])
    made, start = [], 0
    for part, pictures in chosen.items():
        stays = kept[start : start + len(pictures)]
        names = np.array([picture.name for picture in pictures])[stays]
        first = int(kept[:start].sum())
        made.append(Part(str(folder / part) if part else str(folder), images[first : first + len(names)], names))
        start += len(pictures)
    return Found(made[0], made[1] if len(made) > 1 else None, notes=(*notes, *said))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what lies in a folder, by name; hidden files are not looked at."""
    found = entries_in(folder, MOST_FILES + 1)
    if len(found) > MOST_FILES:
        raise ByhandError(f"{folder}: has more than {MOST_FILES:,} files.")
    return [entry for entry in found if not entry.name.startswith((".", "__"))]


def _folders(folder: Path) -> list[Path]:
    """Return the folders in a folder."""
    return [folder / entry.name for entry in _entries(folder) if entry.is_dir()]


def _classes(folder: Path) -> list[Path]:
    """Return the folders of at least two classes, in a folder or in the only one in it; none if there are none."""
    inner = _folders(folder)
    classes = [each for each in inner if next(_in_class(each), None) is not None]
    if len(classes) > 1:
        return classes
    return _classes(inner[0]) if len(inner) == 1 and not classes and len(inner[0].parts) < 100 else []


def _in_class(folder: Path) -> Iterator[Path]:
    """Yield the pictures in the folder of a class."""
    from byhand.images.formats import ENDINGS

    for entry in _entries(folder):
        if entry.name.rpartition(".")[2].lower() in ENDINGS and entry.is_file():
            yield folder / entry.name


def _pictures(folder: Path) -> list[Labelled]:
    """Return the pictures of all classes, in an order of no meaning, so that the first ones are of all classes."""
    found = [Labelled(path, each.name) for each in _classes(folder) for path in _in_class(each)]
    if len(found) > MOST_FILES:
        raise ByhandError(f"{folder}: has more than {MOST_FILES:,} pictures.")
    return [found[place] for place in np.random.default_rng(0).permutation(len(found))]


def _read(folder: Path, pictures: list[Labelled]) -> tuple[Bytes, Mask, list[str]]:
    """Return the images, which pictures have become one, and what there is to say."""
    from byhand.images.fit import SIDE
    from byhand.images.pictures import open_picture
    from byhand.images.prepare import prepare

    taken: list[Bytes] = []
    for place, picture in enumerate(pictures):
        pixels = open_picture(picture.path).pixels
        if max(pixels.shape[:2]) > LARGEST_SIDE or (taken and pixels.shape[:2] != taken[0].shape):
            break
        taken.append(_grey(pixels))
        if place * taken[0].size > MOST_BYTES:
            raise ByhandError(f"{folder}: its pictures have more than {MOST_BYTES:,} pixels.")
    everything = np.ones(len(pictures), bool)
    if len(taken) == len(pictures):
        images = np.stack(taken)
        light = np.array([_paper(image) > 127 for image in taken])
        height, width = images.shape[1:]
        said = f"{folder}: {len(images):,} pictures of {height}×{width} pixels are taken as they are"
        if light.mean() <= MIXED:
            return images, everything, [f"{said}."]
        if light.mean() >= 1 - MIXED:
            return ~images, everything, [f"{said}, with dark and light exchanged, as they are dark on light."]
    del taken
    images = np.zeros((len(pictures), SIDE, SIDE), np.uint8)
    for place, picture in enumerate(pictures):
        images[place] = prepare(picture.path).image
    kept = np.asarray(images.any(axis=(1, 2)))
    said = f"{folder}: {int(kept.sum()):,} pictures are brought to 28×28 pixels, as byhand predict does."
    blank = [str(picture.path) for picture, stays in zip(pictures, kept, strict=True) if not stays]
    return (
        images[kept],
        kept,
        [said, *([f"{len(blank):,} blank pictures are left out: {listed(blank, 3)}."] * bool(blank))],
    )


def _grey(pixels: Bytes) -> Bytes:
    """Return a picture without colours."""
    return pixels if pixels.ndim == 2 else np.asarray(np.rint(pixels @ GREY), np.uint8)


def _paper(image: Bytes) -> float:
    """Return the grey of an image's paper, as its edge has it."""
    return float(np.median(np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])))
