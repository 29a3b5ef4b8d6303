"""Pages for the tests to read: digits of MNIST's test images, of the plainest kind, enlarged and put in lines."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import byhand

Bytes = NDArray[np.uint8]
Box = tuple[int, int, int, int]

SIDE = 84  # Pixels of an enlarged image
LINE = 130  # Pixels from line to line


@dataclass(frozen=True, eq=False)
class Written:
    """A page: its ink (height, width), 255 where full, its text, and the boxes of its digits in reading order."""

    ink: Bytes
    text: str
    boxes: list[Box]


def enlarged(image: Bytes, side: int = SIDE) -> Bytes:
    """Return the ink of an image, enlarged, without empty columns and rows around it."""
    ink = np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))
    rows, columns = np.flatnonzero((ink > 100).any(axis=1)), np.flatnonzero((ink > 100).any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def most_usual(split: byhand.Split, label: int) -> Bytes:
    """Return the images of a digit, first those most like it and least like any other; any sound model reads them."""
    means = np.stack([split.images[split.labels == k][:300].mean(axis=0) for k in range(10)]).astype(np.float32)
    images = split.images[split.labels == label][:300].astype(np.float32)
    away = ((images[:, None] - means) ** 2).sum(axis=(2, 3))  # (images, 10)
    order = (2 * away[:, label] - np.delete(away, label, axis=1).min(axis=1)).argsort(kind="stable")
    return np.asarray(images[order], np.uint8)


def write(text: str, split: byhand.Split, *, side: int = SIDE, gap: int = 10, space: int = 60) -> Written:
    """Write lines of numbers with the most usual images there are of every digit; `gap` pixels lie between digits."""
    usual = {name: iter(most_usual(split, int(name))) for name in set(text) & set("0123456789")}
    pitch = round(LINE * side / SIDE)
    placed: list[tuple[int, int, Bytes]] = []
    for row, line in enumerate(text.split("\n")):
        x = space
        for name in line:
            if name == " ":
                x += space - gap
                continue
            ink = enlarged(next(usual[name]), side)
            placed.append((x, round((row + 0.75) * pitch) - ink.shape[0] // 2, ink))
            x += ink.shape[1] + gap
    width = max(x + ink.shape[1] for x, _, ink in placed) + space
    page = np.zeros((round((text.count("\n") + 1.5) * pitch), width), np.uint8)
    boxes = []
    for x, y, ink in placed:
        height, wide = ink.shape
        part = page[y : y + height, x : x + wide]
        np.maximum(part, ink, out=part)
        boxes.append((x, y, x + wide, y + height))
    return Written(page, text, boxes)


def unmarked(page: byhand.Page) -> str:
    """Return what was read on a page, without the marks of doubt behind numbers."""
    return "\n".join(" ".join(number.text for number in line) for line in page.lines)
