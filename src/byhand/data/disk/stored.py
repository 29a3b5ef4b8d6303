"""Images that stay in their file, where memory does not hold them: many are read at a time, never all.

They are read as any file is. A map of the file in memory would be as quick, but where a file is cut short meanwhile,
looking into its map ends the whole process (SIGBUS); reading ends in one sentence. Only who wants all images as one
array, as in a notebook, gets such a map.
"""

import math
import mmap
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from byhand.errors import ByhandError
from byhand.files import opened, words
from byhand.types import Bytes, Mask

CHUNK = 2**22  # bytes that are read in one go, at least one image


class CannotStay(ByhandError):  # noqa: N818  # It is no mistake of the program.
    """A file is not one whose images can be read where they lie."""


@dataclass(frozen=True, eq=False)
class Stored:
    """Images of bytes that lie one after the other in a file.

    Attributes
    ----------
    path
        The file.
    offset
        Its bytes before the first image.
    shape
        (n, height, width) of the images that are meant.
    state
        What tells the file from one that was changed since.
    chosen
        (n,) which images of the file are meant, in the order of the file; None for the first n.
    """

    path: Path
    offset: int
    shape: tuple[int, int, int]
    state: tuple[int, ...]
    chosen: NDArray[np.intp] | None = None

    @classmethod
    def of(cls, path: Path, file: BinaryIO, offset: int, shape: tuple[int, int, int]) -> "Stored":
        """Return the images of an open file."""
        return cls(path, offset, shape, _state(file))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, chosen: NDArray[np.intp] | Mask | slice) -> Bytes:
        """Read the chosen images into memory."""
        places = self._places(chosen)
        out = np.empty((len(places), *self.shape[1:]), np.uint8)
        self._read(places, out)
        return out

    def kept(self, chosen: NDArray[np.intp] | Mask | slice) -> "Stored":
        """Return the chosen images, which stay in the file; they are chosen in its order."""
        if isinstance(chosen, slice) and self.chosen is None:
            start, stop, step = chosen.indices(len(self))
            if step == 1:
                n = max(stop - start, 0)
                return replace(self, offset=self.offset + start * self._pixels, shape=(n, *self.shape[1:]))
        places = self._places(chosen)
        return replace(self, shape=(len(places), *self.shape[1:]), chosen=places)

    def read(self, start: int, out: Bytes) -> None:
        """Read into `out` (m, height, width) as many images as it holds, from a place on."""
        self._read(self._places(slice(start, start + len(out))), out)

    def view(self) -> Bytes:
        """Return all images as an array that cannot be written: a map of the file, or read if only some are chosen."""
        if self.chosen is not None or 0 in self.shape:
            return self[:]
        size = self.offset + len(self) * self._pixels
        try:
            with opened(self.path) as file:
                mapped = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:  # ValueError: it is shorter than that
            raise self._gone(error) from error
        return np.frombuffer(mapped, np.uint8, offset=self.offset).reshape(self.shape)

    @property
    def _pixels(self) -> int:
        return math.prod(self.shape[1:])

    def _places(self, chosen: NDArray[np.intp] | Mask | slice) -> NDArray[np.intp]:
        """Return where in the file the chosen ones of these images lie."""
        if self.chosen is not None:
            return self.chosen[chosen]
        if isinstance(chosen, slice):
            return np.arange(*chosen.indices(len(self)))
        return np.arange(len(self))[chosen]

    def _read(self, places: NDArray[np.intp], out: Bytes) -> None:
        """Read the images at some places of the file, those that lie side by side in one go."""
        try:
            with opened(self.path) as file:
                if _state(file) != self.state:
                    raise ByhandError(
                        f"{self.path}: was changed since its images were looked at. Restore it, and go on."
                    )
                for start, stop in _runs(places):
                    file.seek(self.offset + int(places[start]) * self._pixels)
                    wanted = out[start:stop].reshape(-1)
                    if file.readinto(wanted.data) != len(wanted):
                        raise EOFError("it was cut short")
        except (OSError, EOFError) as error:
            raise self._gone(error) from error

    def _gone(self, error: Exception) -> ByhandError:
        """Return the error for a file that cannot be read any more."""
        return ByhandError(f"{self.path}: its images cannot be read any more ({words(error)}). Restore it.")


AnyImages: TypeAlias = Bytes | Stored


def copied(sources: Sequence[AnyImages], start: int, out: Bytes) -> None:
    """Write into `out` (m, height, width) as many images of some sources, one after the other, from a place on."""
    for source in sources:
        some = min(max(len(source) - start, 0), len(out))
        if some and isinstance(source, Stored):
            source.read(start, out[:some])
        elif some:
            out[:some] = source[start : start + some]
        start, out = max(start - len(source), 0), out[some:]


def chunks(images: AnyImages) -> Iterator[Bytes]:
    """Yield images, not too many at a time."""
    step = max(1, CHUNK // max(1, math.prod(images.shape[1:])))
    for start in range(0, len(images), step):
        yield images[start : start + step]


def _runs(places: NDArray[np.intp]) -> list[tuple[int, int]]:
    """Return from where to where places follow one another."""
    cuts = [0, *(np.flatnonzero(np.diff(places) != 1) + 1).tolist(), len(places)]
    return [(start, stop) for start, stop in pairwise(cuts) if start < stop]


def _state(file: BinaryIO) -> tuple[int, ...]:
    """Return what tells an open file from another, and from what it was before."""
    found = os.fstat(file.fileno())
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
