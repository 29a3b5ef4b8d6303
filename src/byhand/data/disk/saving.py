"""Write a data set in the forms that other programs read: MNIST's four files, an archive of arrays, tables."""

import io
import math
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from byhand.data.datasets import Dataset, Split
from byhand.data.disk.stored import chunks
from byhand.data.idx import written_idx
from byhand.errors import ByhandError, UsageError
from byhand.files import refuse_present, words, write_atomically
from byhand.types import Bytes

MARGIN = 2**26  # bytes that stay free on a disk


def save(data: Dataset, out: Path) -> list[Path]:
    """Write a data set in the form that a name says.

    Parameters
    ----------
    data
        What to write.
    out
        A name that ends in `.npz` is an archive of arrays under Keras's names; in `.csv`, two tables as of Kaggle,
        of which `_train` and `_test` are added to the name; one without an ending is a folder of four IDX files.

    Returns
    -------
    list
        What was written.

    Raises
    ------
    ByhandError
        If the name has another ending, something is there already, or cannot be written.
    """
    parts = {"train": data.train, "test": data.test}
    match out.suffix.lower():
        case ".npz":
            return _write({out: partial(_archive, data)})
        case ".csv":
            tables = {out.with_name(f"{out.stem}_{name}{out.suffix}"): split for name, split in parts.items()}
            return _write({path: partial(_table, split) for path, split in tables.items()})
        case "":
            save_folder(out, data.train.classes, Stream.of(data.train), Stream.of(data.test))
            return [out]
    raise UsageError(f"{out}: let the name end in .npz or .csv; a name without an ending is a folder of IDX files.")


def _write(contents: dict[Path, Callable[[], bytes]]) -> list[Path]:
    """Write files that are not there yet."""
    for path in contents:
        refuse_present(path)
    for path, content in contents.items():
        write_atomically(path, content())
    return [*contents]


def _archive(data: Dataset) -> bytes:
    """Return an archive of arrays."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        x_train=data.train.images,
        y_train=data.train.labels,
        x_test=data.test.images,
        y_test=data.test.labels,
        classes=np.array(data.train.classes),
    )
    return buffer.getvalue()


def _table(split: Split) -> bytes:
    """Return a table with a row an image: the name of its class, and its pixels by row and column."""
    height, width = split.images.shape[1:]
    places = [f"{row}x{column}" for row in range(1, height + 1) for column in range(1, width + 1)]
    greys = np.array([str(grey) for grey in range(256)], dtype=object)
    for name in split.classes:
        if set(name) & set(",;\t\"' \r\n"):
            raise ByhandError(f"the class {name!r} cannot stand in a table. Write an .npz file, or a folder.")
    lines = [",".join(["label", *places])]
    for image, label in zip(split.images, split.labels, strict=True):
        lines.append(f"{split.classes[label]},{','.join(greys[image.ravel()])}")
    return ("\n".join(lines) + "\n").encode()


@dataclass(frozen=True, eq=False)
class Stream:
    """Labelled images of one size that come some at a time, `n` in all."""

    n: int
    shape: tuple[int, int]
    pieces: Iterable[tuple[Bytes, Bytes]]

    @classmethod
    def of(cls, split: Split) -> "Stream":
        """Return those of a split."""
        return cls(len(split), split.image_shape, _pieces(split))


def _pieces(split: Split) -> Iterator[tuple[Bytes, Bytes]]:
    """Yield images of a split and their labels."""
    start = 0
    for some in chunks(split.source):
        yield some, split.labels[start : start + len(some)]
        start += len(some)


def save_folder(out: Path, classes: Sequence[str], train: Stream, test: Stream) -> None:
    """Write the four files, and the names of the classes, into a folder that is there when all of it is.

    Raises
    ------
    ByhandError
        If something is there already, there is too little room, or it cannot be written; nothing of it is left then.
    """
    refuse_present(out)
    with _new_folder(out, sum(part.n * (1 + math.prod(part.shape)) for part in (train, test))) as folder:
        for name, part in (("train", train), ("t10k", test)):
            with (
                written_idx(folder / f"{name}-images-idx3-ubyte", (part.n, *part.shape)) as images,
                written_idx(folder / f"{name}-labels-idx1-ubyte", (part.n,)) as labels,
            ):
                for some, of_some in part.pieces:
                    images.write(np.ascontiguousarray(some).data)
                    labels.write(np.ascontiguousarray(of_some).data)
        write_atomically(folder / "classes.txt", ("\n".join(classes) + "\n").encode())


@contextmanager
def _new_folder(out: Path, size: int) -> Iterator[Path]:
    """Yield a folder that takes its place and its name when all is written, if there is room for so many bytes."""
    temporary = out.parent / f".{out.name}.{os.urandom(4).hex()}"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(out.parent).free
        if size + MARGIN > free:
            raise ByhandError(
                f"{out}: takes {size / 1e9:,.1f} GB, and {free / 1e9:,.1f} GB are free there. Free some space, or "
                "choose another place."
            )
        temporary.mkdir()
        yield temporary
        temporary.rename(out)
    except OSError as error:
        raise ByhandError(f"{out}: cannot be made ({words(error)}). Choose another folder.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
