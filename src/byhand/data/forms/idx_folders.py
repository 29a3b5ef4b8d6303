"""Find the four IDX files of a data set under the names that those have who pass them on.

MNIST's own are `train-images-idx3-ubyte`; 7-Zip writes `train-images.idx3-ubyte`, EMNIST has its set before them,
QMNIST says `test` for `t10k`, torchvision puts them into `MNIST/raw`, and some archives hold each in a folder of its
own name.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from byhand.data.forms.found import Found, Part, listed, names_in
from byhand.data.idx import read_idx
from byhand.errors import ByhandError
from byhand.files import kind_of, read_file, words

CHECKSUMS = "SHA256SUMS"
MOST_TEXT = 2**20  # Bytes of such a file, and of one with the names of classes.

_NAME = re.compile(
    r"(?:(?P<set>.*)[-_. ])?(?P<part>train|t10k|test)[-_. ](?P<what>images|labels)[-_. ]idx(?P<dimensions>[1-3])[-_. ]"
    r"(?:ubyte|int)(?:\.idx)?(?:\.gz)?",
    re.IGNORECASE,
)
_INNER = ("raw", "MNIST/raw", "MNIST", "gzip")  # torchvision's folders, and that of EMNIST's archive


def find(path: Path) -> Found | None:
    """Read the IDX files in a folder, or those whose names begin as a path does; None if there are none."""
    folder, chosen = (path, None) if kind_of(path) == "folder" else (path.parent, path.name)
    if kind_of(folder) != "folder":
        return None
    sets = _sets(folder)
    if chosen is not None:
        return _read(folder, chosen, sets[chosen]) if chosen and chosen in sets else None
    if not sets:
        inner = [*dict.fromkeys(folder / name for name in _INNER), *_below(folder)]
        held = [each for each in dict.fromkeys(inner) if kind_of(each) == "folder" and _sets(each)]
        if len(held) > 1:
            raise ByhandError(f"{path}: there are data in {listed([*map(str, held)])}. Name one of these folders.")
        return find(held[0]) if held else None
    if len(sets) > 1:
        raise ByhandError(
            f"{path}: there are several sets in it. Name one: {listed([str(path / name) for name in sets])}."
        )
    ((name, files),) = sets.items()
    return _read(folder, name, files)


def _below(folder: Path) -> Iterator[Path]:
    """Yield where a folder of data sets, such as torchvision's, keeps its files."""
    for name in names_in(folder):
        yield from (folder / name / "raw", folder / name)


def _sets(folder: Path) -> dict[str, dict[tuple[str, str], Path]]:
    """Return the files of every set in a folder: by its name, part and what is in them. A plain file goes first."""
    sets: dict[str, dict[tuple[str, str], Path]] = {}
    for name in names_in(folder):
        if said := _NAME.fullmatch(name):
            part = "train" if said["part"].lower() == "train" else "t10k"
            sets.setdefault(said["set"] or "", {}).setdefault((part, said["what"].lower()), folder / name)
    return sets


def _read(folder: Path, name: str, files: dict[tuple[str, str], Path]) -> Found:
    """Read the four files of a set, and compare them with listed checksums."""
    sums = [line.split() for line in read_lines(folder / CHECKSUMS)]
    checksums = {Path(parts[-1].lstrip("*")).name: parts[0].lower() for parts in sums}
    unlisted = []

    def read(part: str, what: str) -> NDArray[np.generic]:
        """Read one of them."""
        stem = f"{part}-{what}-idx{3 if what == 'images' else 1}-ubyte"
        if (path := files.get((part, what))) is None or kind_of(path) == "nothing":
            missing = path or folder / (f"{name}-{stem}" if name else stem)
            raise ByhandError(f"{missing}: missing, and so is {stem}.gz. A data folder holds four IDX files.")
        path = _inside(path)
        said = _NAME.fullmatch(path.name)
        table = what == "labels" and said is not None and said["dimensions"] == "2"
        array, payload = read_idx(path, 3 if what == "images" else 2 if table else 1)
        plain = path.name.removesuffix(".gz")
        if plain not in checksums:
            unlisted.append(plain)
        elif hashlib.sha256(payload).hexdigest() != checksums[plain]:
            raise ByhandError(f"{path}: its SHA-256 is not the one in {CHECKSUMS}, so it was changed. Fetch it again.")
        return array[:, 0] if table else array  # QMNIST: the class, then who wrote it

    parts = [
        Part(
            str(folder / f"{name}-{part}-*" if name else folder / f"{part}-*"),
            read(part, "images"),
            read(part, "labels"),
        )
        for part in ("train", "t10k")
    ]
    classes = tuple(read_lines(folder / "classes.txt")) or _mapping(folder / f"{name}-mapping.txt", parts)
    return Found(parts[0], parts[1], classes, checked=not unlisted)


def _inside(path: Path) -> Path:
    """Return the file in a folder that is named as it, as some archives have it."""
    if kind_of(path) == "folder":
        for name in names_in(path):
            if _NAME.fullmatch(name):
                return path / name
    return path


def _mapping(path: Path, parts: list[Part]) -> tuple[str, ...] | None:
    """Return EMNIST's class names: a line has a label and the codes of its letters, the first of which is its name."""
    try:
        codes = {int(line.split()[0]): chr(int(line.split()[1])) for line in read_lines(path)}
    except (ValueError, IndexError, OverflowError):
        return None
    least = min(codes, default=0)
    if sorted(codes) != list(range(least, least + len(codes))) or least not in (0, 1):
        return None
    used = {int(label) for part in parts if part.labels.dtype.kind in "iu" for label in np.unique(part.labels)}
    return tuple(codes[label] for label in sorted(codes)) if codes and used <= codes.keys() else None


def read_lines(path: Path) -> list[str]:
    """Return the lines, without blank ones, of a small text file that is allowed to be missing."""
    try:
        text = read_file(path, MOST_TEXT).decode("utf-8-sig") if kind_of(path) != "nothing" else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ByhandError(f"{path}: cannot be read as text ({words(error)}).") from error
    return [line.strip() for line in text.splitlines() if line.strip()]
