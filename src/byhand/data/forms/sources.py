"""Tell by its content, not by its name, in which form a source keeps its images, and read it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from byhand.data.disk import choosing
from byhand.data.disk.unpacking import unpacked
from byhand.data.forms import array_folders, arrays, idx_folders, mat, parquet, picture_folders, tables
from byhand.data.forms.found import NO_PICKLE, Found, Part, listed, names_in
from byhand.data.idx import is_idx
from byhand.data.npz import read_npz
from byhand.errors import ByhandError, did_you_mean
from byhand.files import kind_of, meant, refuse_address

FORMS = (
    "a folder with the four IDX files or pictures in one folder a class, an .npz file, or a table (CSV) with a row an "
    "image; docs/data.md lists all; "
    "mnist needs none"
)
_FILES = (".npz", ".csv", ".csv.gz", ".mat", ".parquet", ".arff")
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
    b"<!": "a web page, such as one that asks to sign in: fetch the file again",
    b"<html": "a web page, such as one that asks to sign in: fetch the file again",
    b"version https://git-lfs": "a pointer of Git LFS: fetch the file itself with git lfs pull",
}


def read(path: Path, mapped: bool | None = False) -> Found:
    """Read what lies at a path; training images stay in their file if `mapped`, or if that is None and they are large.

    Raises
    ------
    ByhandError
        If there is nothing, or nothing that is known here.
    """
    refuse_address(path)
    kind = kind_of(path)
    if kind == "nothing":
        if (found := idx_folders.find(path, mapped)) is not None:  # the beginning of the names of several files
            return found
        raise ByhandError(f"{path}: no data there.{meant(path) or did_you_mean(str(path), ['mnist'])} Name {FORMS}.")
    if kind == "folder":
        return _folder(path, mapped)
    return _file(path, mapped)


def _folder(path: Path, mapped: bool | None) -> Found:
    """Read a folder."""
    found = idx_folders.find(path, mapped) or array_folders.find(path, mapped)
    if found is not None:
        return found
    choosing.refuse_unmappable(path, mapped)
    if (found := picture_folders.find(path)) is not None:
        return found
    files = [name for name in names_in(path) if name.lower().endswith(_FILES)]
    files = [name for name in files if "train" in name.lower()] or files
    if len(files) == 1:
        return _file(path / files[0], mapped)
    if files:
        raise ByhandError(f"{path}: there are several files with data in it. Name one: {listed(files)}.")
    raise ByhandError(f"{path}: has none of the files that are known here. Name {FORMS}.")


def _file(path: Path, mapped: bool | None) -> Found:
    """Read a file."""
    with unpacked(path) as (file, _, packed):
        beginning = file.read(tables.MOST_BEGINNING)
    reader = _reader(path, beginning, packed=packed)
    if reader is _beside:
        return _beside(path, mapped)
    choosing.refuse_unmappable(path, mapped)
    if reader is not None:
        return reader(path)
    if beginning.startswith(_PICKLES):
        raise ByhandError(f"{path}: is a pickle. {NO_PICKLE}")
    raise ByhandError(f"{path}: is {_other(beginning)}. Name {FORMS}.")


def _other(beginning: bytes) -> str:
    """Return what a file is that begins so and has no data that are read here."""
    return next((said for mark, said in _OTHERS.items() if beginning.startswith(mark)), "in no form that is known here")


def _reader(path: Path, beginning: bytes, *, packed: bool) -> Callable[[Path], Found] | None:
    """Return what reads a file that begins so; None if nothing here does."""
    if path.suffix == ".npz" or (beginning.startswith(_ZIP) and not packed):
        return _archive
    if beginning.startswith(parquet.MARK):
        return _parquet
    if mat.is_mat(beginning):
        return mat.read
    if is_idx(beginning) or beginning.startswith(_NPY):
        return _beside
    others = (*_PICKLES, *_OTHERS)
    return _with_test if tables.is_table(beginning) and not beginning.startswith(others) else None


def _beside(path: Path, mapped: bool | None = False) -> Found:
    """Read the set of which a single file with one array was named."""
    found = idx_folders.find(path.parent, mapped) or array_folders.find(path.parent, mapped)
    if found is not None:
        return found
    raise ByhandError(
        f"{path}: holds one array. Name a folder that has images and labels: MNIST's four IDX files, or x_train.npy "
        "and y_train.npy."
    )


def _with_test(path: Path) -> Found:
    """Read a table, and with `…train…` the table `…test…` beside it, if its rows have labels."""
    found = tables.read(path)
    if (beside := _test_of(path)) is None:
        return found
    table = tables.read_table(beside)
    if table.labels is None:
        said = f"{beside}: has no labels, and cannot serve as test images. byhand predict --submission names its rows."
        return replace(found, notes=(*found.notes, said))
    return replace(found, test=Part(str(beside), table.images, table.labels))


def _parquet(path: Path) -> Found:
    """Read a Parquet file, and with `…train…` that of `…test…` beside it."""
    found, beside = parquet.read(path), _test_of(path)
    return found if beside is None else replace(found, test=parquet.read(beside).train)


def _test_of(path: Path) -> Path | None:
    """Return the file of the test part beside that of a training part, if it is there."""
    beside = path.with_name(path.name.replace("train", "test"))
    return beside if beside != path and kind_of(beside) == "file" else None


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
