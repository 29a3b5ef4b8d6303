"""Tell by its content, not by its name, in which form a source keeps its images, and read it."""

from pathlib import Path

from byhand.data.forms import array_folders, arrays, idx_folders, mat, picture_folders, tables
from byhand.data.forms.found import NO_PICKLE, Found
from byhand.data.npz import read_npz
from byhand.data.unpacking import unpacked
from byhand.errors import ByhandError
from byhand.files import kind_of

FORMS = (
    "a folder with the four IDX files or pictures in one folder a class, an .npz file, or a table (CSV) with a row an "
    "image; docs/data.md lists all; "
    "mnist needs none"
)
_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"cnumpy", b"c__")
_OTHERS = {
    b"\x93NUMPY": "one array. Name the folder that has it beside its labels, such as x_train.npy and y_train.npy",
    b"\x89HDF": "an HDF5 file: write its arrays as .npz",
    b"PAR1": "a Parquet file: write it as CSV",
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
    if beginning.startswith(b"PK\3\4") and not packed:
        return _archive(path)
    if path.suffix == ".npz":
        return _archive(path)
    if beginning.startswith(b"\0\0") and beginning[2:3] in b"\x08\x09\x0b\x0c\x0d\x0e" and beginning[3:4] in b"\1\2\3":
        return _beside(path)
    if beginning.startswith(b"\x93NUMPY") and (found := array_folders.find(path.parent)) is not None:
        return found
    if mat.is_mat(beginning):
        return mat.read(path)
    if beginning.startswith(_PICKLES):
        raise ByhandError(f"{path}: is a pickle. {NO_PICKLE}")
    if tables.is_table(beginning):
        return tables.read(path)
    for mark, said in _OTHERS.items():
        if beginning.startswith(mark):
            raise ByhandError(f"{path}: is {said}. Name {FORMS}.")
    raise ByhandError(f"{path}: is in no form that is known here. Name {FORMS}.")


def _beside(path: Path) -> Found:
    """Read the set of which a single IDX file was named."""
    if (found := idx_folders.find(path.parent)) is not None:
        return found
    raise ByhandError(f"{path}: is one IDX file. Name the folder with all four, under MNIST's names.")


def _archive(path: Path) -> Found:
    """Read an .npz file; a pickle inside it is refused, never run."""
    there: list[str] = []

    def choose(names: list[str]) -> list[str]:
        """Remember all names, and return those that say something."""
        there.extend(names)
        return arrays.wanted(names)

    return arrays.settle(str(path), read_npz(path, choose), there)
