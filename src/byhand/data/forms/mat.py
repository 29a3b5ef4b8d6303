"""Read the numbers and texts of a MATLAB file of version 5, as EMNIST, USPS and many courses have them.

Format: MathWorks, "MAT-File Format", level 5. Every size is compared with what is there before memory is set aside,
structures may lie only so deep in each other, and nothing but numbers and texts is read: no objects, no functions.
"""

import math
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from byhand.data.forms import arrays
from byhand.data.forms.found import Found, Part
from byhand.errors import ByhandError
from byhand.files import MOST_BYTES, most_unpacked, parsing, read_file

HEAD = 128  # Bytes of words about the file.
DEEPEST = 4  # So deep structures may lie in each other: EMNIST's do in two.
MOST_FIELDS = 1000
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8", 16: "u1"}
_KINDS = {4: "u2", 6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
_STRUCTURE, _PACKED, _MATRIX, _UTF16 = 2, 15, 14, 17
_OF_CLASS = re.compile(r"(train|test)_?(\d+)")


class Element(NamedTuple):
    """A piece of the file: its type and its bytes."""

    kind: int
    content: memoryview


class Reader(NamedTuple):
    """How the numbers of a file are written: `<` or `>`, and how many bytes may be unpacked."""

    order: str
    most: int

    def elements(self, content: memoryview) -> Iterator[Element]:
        """Yield the pieces that lie one after another."""
        at = 0
        while at + 8 <= len(content):
            kind, size = struct.unpack(f"{self.order}II", content[at : at + 8])
            start = at + 8
            if kind >> 16:  # a small one: its size stands beside its type
                kind, size, start = kind & 0xFFFF, kind >> 16, at + 4
            if start + size > len(content):
                raise ValueError("it is cut off")
            yield Element(kind, content[start : start + size])
            end = start + size
            at = end if kind == _PACKED else at + 8 * math.ceil((end - at) / 8)

    def matrix(self, content: memoryview, depth: int) -> Iterator[tuple[str, NDArray[np.generic]]]:
        """Yield the arrays in a matrix by their names: one, or those in a structure."""
        pieces = self.elements(content)
        flags, sides, name = next(pieces), next(pieces), next(pieces)
        (word,) = struct.unpack_from(f"{self.order}I", flags.content)
        shape = [int(side) for side in np.frombuffer(sides.content, f"{self.order}i4")]
        if min(shape, default=-1) < 0:
            raise ValueError("an array has no size")
        called = bytes(name.content).decode("latin-1")
        if word & 0xFF == _STRUCTURE and depth < DEEPEST and math.prod(shape) == 1:
            longest, names = next(pieces), next(pieces)
            (length,) = struct.unpack_from(f"{self.order}i", longest.content)
            if length < 1 or len(names.content) > length * MOST_FIELDS:
                raise ValueError("a structure has no names")
            text = bytes(names.content)
            for start, piece in zip(range(0, len(text), length), pieces, strict=False):
                inner = text[start : start + length].split(b"\0")[0].decode("latin-1")
                for _, array in (
                    self.matrix(piece.content, depth + 1) if piece.kind == _MATRIX and piece.content else ()
                ):
                    yield inner if not _ else f"{inner}_{_}", array
        elif word & 0xFF in _KINDS and not word & 0x800:  # not complex
            yield called, self._numbers(next(pieces), shape, _KINDS[word & 0xFF])

    def _numbers(self, piece: Element, shape: list[int], kind: str) -> NDArray[np.generic]:
        """Return an array, of the type that MATLAB has it in, whatever it is stored as."""
        if piece.kind not in (*_TYPES, _UTF16):
            raise ValueError(f"type {piece.kind} is not read")
        stored = np.dtype(self.order + ("u2" if piece.kind == _UTF16 else _TYPES[piece.kind]))
        if len(piece.content) != math.prod(shape) * stored.itemsize:
            raise ValueError("an array is not as long as it says")
        return np.frombuffer(piece.content, stored).astype(kind, copy=False).reshape(shape[::-1]).T


def is_mat(beginning: bytes) -> bool:
    """Tell whether a file that begins so is one of MATLAB, of any version that says so."""
    return beginning.startswith(b"MATLAB ") and len(beginning) >= HEAD


def read(path: Path) -> Found:
    """Read a MATLAB file.

    Raises
    ------
    ByhandError
        If it is not sound, of another version, or its arrays are not known by their names.
    """
    with parsing(path, "is not a sound MATLAB file", "Write it again."):
        raw = read_file(path, MOST_BYTES)
    if raw.startswith(b"MATLAB 7.3"):
        raise ByhandError(f"{path}: is a MATLAB file of version 7.3. Save it with -v7, or its arrays as .npz.")
    with parsing(path, "is not a sound MATLAB file", "Write it again."):
        return _settled(str(path), dict(_arrays(raw)))


def _arrays(raw: bytes) -> Iterator[tuple[str, NDArray[np.generic]]]:
    """Yield all arrays of a file by their names."""
    reader = Reader("<" if raw[126:128] == b"IM" else ">", most_unpacked(len(raw)))
    left = reader.most
    for piece in reader.elements(memoryview(raw)[HEAD:]):
        if piece.kind == _MATRIX:
            yield from reader.matrix(piece.content, 0)
        elif piece.kind == _PACKED:
            unpacker = zlib.decompressobj()
            content = unpacker.decompress(piece.content, left + 1)
            if len(content) > left:
                raise ValueError(
                    f"it unpacks to more than {reader.most:,} bytes, the most that is read of so small a file"
                )
            left -= len(content)
            for inner in reader.elements(memoryview(content)):
                if inner.kind == _MATRIX:
                    yield from reader.matrix(inner.content, 0)


def _settled(where: str, held: dict[str, NDArray[np.generic]]) -> Found:
    """Return what the arrays are: a class in each, as in mnist_all.mat, or images and labels."""
    of_class = {name: said for name in held if (said := _OF_CLASS.fullmatch(name)) and held[name].ndim == 2}
    if of_class:
        parts = []
        for part in ("train", "test"):
            mine = sorted((int(said[2]), name) for name, said in of_class.items() if said[1] == part)
            if mine:
                images = np.concatenate([held[name] for _, name in mine])
                labels = np.concatenate([np.full(len(held[name]), label) for label, name in mine])
                order = np.random.default_rng(0).permutation(len(labels))  # so that the first ones are of all classes
                parts.append(Part(f"{where} ({part})", images[order], labels[order]))
        return Found(parts[0], parts[1] if len(parts) > 1 else None, names=True)
    held = {name.removeprefix("dataset_"): array for name, array in held.items()}
    found = arrays.settle(where, held, list(held), names=True)
    train, *test = [_turned(part) for part in found.parts]
    return Found(train, test[0] if test else None, found.classes, names=True, notes=found.notes)


def _turned(part: Part) -> Part:
    """Return a part whose samples come first: MATLAB's often come last."""
    images, labels = part.images, part.labels
    if labels.ndim == 2 and 1 not in labels.shape:
        ones = labels == 1  # the class; elsewhere 0 or −1
        labels = ones.T if labels.shape[0] < labels.shape[1] else ones
    n = labels.size if 1 in labels.shape or labels.ndim == 1 else len(labels)
    if images.shape[0] != n and images.shape[-1] == n:
        images = np.moveaxis(images, -1, 0)
    return Part(part.where, images, labels)
