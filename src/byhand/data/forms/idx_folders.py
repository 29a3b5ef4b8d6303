"""Find the four IDX files of a data set under the names that those have who pass them on.

MNIST's own are `train-images-idx3-ubyte`; 7-Zip writes `train-images.idx3-ubyte`, EMNIST has its set before them,
QMNIST says `test` for `t10k`, torchvision puts them into `MNIST/raw`, and some archives hold each in a folder of its
own name.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from byhand.data.disk import choosing
from byhand.data.forms.found import Found, Part, listed, names_in
from byhand.data.idx import find_idx, read_idx
from byhand.errors import ByhandError
from byhand.files import as_text, kind_of, opened, read_file, words

CHECKSUMS = "SHA256SUMS"
MOST_TEXT = 2**20  # Bytes of such a file, and of one with the names of classes.

_NAME = re.compile(
    r"(?:(?P<set>.*)[-_. ])?(?P<part>train|t10k|test)[-_. ](?P<what>images|labels)[-_. ]idx(?P<dimensions>[1-3])[-_. ]"
    r"(?:ubyte|int)(?:\.idx)?(?:\.gz)?",
    re.IGNORECASE,
)
_INNER = ("raw", "MNIST/raw", "MNIST", "gzip")  # torchvision's folders, and that of EMNIST's archive


def find(path: Path, mapped: bool | None = False) -> Found | None:
    """Read the IDX files in a folder, or those whose names begin as a path does; None if there are none.

    Training images stay in their file if `mapped`; if that is None, they do if they are large.
    """
    folder, chosen = (path, None) if kind_of(path) == "folder" else (path.parent, path.name)
    if kind_of(folder) != "folder":
        return None
    sets = _sets(folder)
    if chosen is not None:
        return _read(folder, chosen, sets[chosen], mapped) if chosen and chosen in sets else None
    if not sets:
        inner = [*dict.fromkeys(folder / name for name in _INNER), *_below(folder)]
        held = [each for each in dict.fromkeys(inner) if kind_of(each) == "folder" and _sets(each)]
        if len(held) > 1:
            raise ByhandError(f"{path}: there are data in {listed([*map(str, held)])}. Name one of these folders.")
        return find(held[0], mapped) if held else None
    if len(sets) > 1:
        raise ByhandError(
            f"{path}: there are several sets in it. Name one: {listed([str(path / name) for name in sets])}."
        )
    ((name, files),) = sets.items()
    return _read(folder, name, files, mapped)


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


def _read(folder: Path, name: str, files: dict[tuple[str, str], Path], mapped: bool | None) -> Found:
    """Read the four files of a set, and compare them with listed checksums."""
    sums = [line.split() for line in read_lines(folder / CHECKSUMS)]
    checksums = {Path(parts[-1].lstrip("*")).name: parts[0].lower() for parts in sums}
    unlisted = []

    def found(part: str, what: str) -> Path:
        """Return where one of them is."""
        stem = f"{part}-{what}-idx{3 if what == 'images' else 1}-ubyte"
        if (path := files.get((part, what))) is None or kind_of(path) == "nothing":
            missing = path or folder / (f"{name}-{stem}" if name else stem)
            raise ByhandError(f"{missing}: missing, and so is {stem}.gz. A data folder holds four IDX files.")
        return _inside(path)

    def check(path: Path, sha256: Callable[[], str]) -> None:
        """Compare a file with its listed checksum."""
        plain = path.name.removesuffix(".gz")
        if plain not in checksums:
            unlisted.append(plain)
        elif sha256() != checksums[plain]:
            raise ByhandError(f"{path}: its SHA-256 is not the one in {CHECKSUMS}, so it was changed. Fetch it again.")

    def read(path: Path, what: str) -> NDArray[np.generic]:
        """Read one of them."""
        said = _NAME.fullmatch(path.name)
        table = what == "labels" and said is not None and said["dimensions"] == "2"
        array, payload = read_idx(path, 3 if what == "images" else 2 if table else 1)
        check(path, lambda: hashlib.sha256(payload).hexdigest())
        return array[:, 0] if table else array  # QMNIST: the class, then who wrote it

    parts = []
    for part in ("train", "t10k"):
        images, labels = found(part, "images"), found(part, "labels")
        stored = choosing.stored(images, mapped, find_idx) if part == "train" else None
        if stored is not None:
            check(images, partial(_sha256, images))
        pixels = read(images, "images") if stored is None else stored.view()
        where = str(folder / f"{name}-{part}-*" if name else folder / f"{part}-*")
        parts.append(Part(where, pixels, read(labels, "labels"), stored=stored))
    classes = tuple(read_lines(folder / "classes.txt")) or _mapping(folder / f"{name}-mapping.txt", parts)
    return Found(parts[0], parts[1], classes, checked=not unlisted)


def _sha256(path: Path) -> str:
    """Return the checksum of a whole file."""
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
        text = as_text(read_file(path, MOST_TEXT)) if kind_of(path) != "nothing" else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ByhandError(f"{path}: cannot be read as text ({words(error)}).") from error
    return [line.strip() for line in text.splitlines() if line.strip()]
