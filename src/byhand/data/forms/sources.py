"""Tell by its content, not by its name, in which form a source keeps its images, and read it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from byhand.data.forms import array_folders, arrays, idx_folders, mat, parquet, picture_folders, tables
from byhand.data.forms.found import NO_PICKLE, Found, Part
from byhand.data.idx import is_idx
from byhand.data.npz import read_npz
from byhand.data.unpacking import unpacked
from byhand.errors import ByhandError
from byhand.files import kind_of

FORMS = (
    "a folder with the four IDX files or pictures in one folder a class, an .npz file, or a table (CSV) with a row an "
    "image; docs/data.md lists all; "
    "mnist needs none"
)
_ZIP, _NPY = b"PK\3\4", b"\x93NUMPY"
_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"cnumpy", b"c__")
_OTHERS = {
    b"\x89HDF": "an HDF5 file: write its arrays as .npz",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"%PDF": "a PDF file",
    b"7z\xbc\xaf": "an archive of 7-Zip: unpack it first",
    b"Rar!": "a RAR archive: unpack it first",
    b"\xfd7zXZ": "packed by xz: unpack it first",
    b"BZh": "packed by bzip2: unpack it first",
    b"(\xb5/\xfd": "packed by Zstandard: unpack it first",
    b"SQLite": "a data base",
}


def read(path: Path) -> Found:
    """Read what lies at a path.

    Raises
    ------
    ByhandError
        If there is nothing, or nothing that is known here.
    """
    kind = kind_of(path)
    if kind == "nothing":
        if (found := idx_folders.find(path)) is not None:  # the beginning of the names of several files
            return found
        raise ByhandError(f"{path}: no data there. Name {FORMS}.")
    if kind == "folder":
        return _folder(path)
    return _file(path)


def _folder(path: Path) -> Found:
    """Read a folder."""
    found = idx_folders.find(path) or array_folders.find(path) or picture_folders.find(path)
    if found is not None:
        return found
    raise ByhandError(f"{path}: has none of the files that are known here. Name {FORMS}.")


def _file(path: Path) -> Found:
    """Read a file."""
    with unpacked(path) as (file, _, packed):
        beginning = file.read(tables.MOST_BEGINNING)
    if (reader := _reader(path, beginning, packed=packed)) is not None:
        return reader(path)
    if beginning.startswith(_PICKLES):
        raise ByhandError(f"{path}: is a pickle. {NO_PICKLE}")
    for mark, said in _OTHERS.items():
        if beginning.startswith(mark):
            raise ByhandError(f"{path}: is {said}. Name {FORMS}.")
    raise ByhandError(f"{path}: is in no form that is known here. Name {FORMS}.")


def _reader(path: Path, beginning: bytes, *, packed: bool) -> Callable[[Path], Found] | None:
    """Return what reads a file that begins so; None if nothing here does."""
    if path.suffix == ".npz" or (beginning.startswith(_ZIP) and not packed):
        return _archive
    if beginning.startswith(parquet.MARK):
        return parquet.read
    if mat.is_mat(beginning):
        return mat.read
    if is_idx(beginning) or beginning.startswith(_NPY):
        return _beside
    return _with_test if tables.is_table(beginning) and not beginning.startswith(_PICKLES) else None


def _beside(path: Path) -> Found:
    """Read the set of which a single file with one array was named."""
    found = idx_folders.find(path.parent) or array_folders.find(path.parent)
    if found is not None:
        return found
    raise ByhandError(
        f"{path}: holds one array. Name a folder that has images and labels: MNIST's four IDX files, or x_train.npy "
        "and y_train.npy."
    )


def _with_test(path: Path) -> Found:
    """Read a table, and with `…train…` the table `…test…` beside it, if its rows have labels."""
    found = tables.read(path)
    if "train" not in path.name or kind_of(beside := path.with_name(path.name.replace("train", "test"))) != "file":
        return found
    table = tables.read_table(beside)
    if table.labels is None:
        said = f"{beside}: has no labels, and cannot serve as test images. byhand predict --submission names its rows."
        return replace(found, notes=(*found.notes, said))
    return replace(found, test=Part(str(beside), table.images, table.labels))


def _archive(path: Path) -> Found:
    """Read an .npz file; a pickle inside it is refused, never run."""
    there: list[str] = []

    def choose(names: list[str]) -> list[str]:
        """Remember all names, and return those that say something."""
        there.extend(names)
        return arrays.wanted(names)

    held = read_npz(path, choose)
    if not there:
        raise ByhandError(f"{path}: is an archive without arrays; if of other data, unpack it. {NO_PICKLE}")
    return arrays.settle(str(path), held, there)
