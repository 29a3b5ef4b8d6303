"""Write a data set in the forms that other programs read: MNIST's four files, an archive of arrays, tables."""

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from byhand.data.datasets import Dataset, Split
from byhand.data.idx import write_idx
from byhand.errors import ByhandError, UsageError
from byhand.files import refuse_present, words, write_atomically


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
            return _folder(data, out)
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


def _folder(data: Dataset, out: Path) -> list[Path]:
    """Write the four files, and the names of the classes."""
    refuse_present(out)
    try:
        out.mkdir(parents=True)
    except OSError as error:
        raise ByhandError(f"{out}: cannot be made ({words(error)}). Choose another folder.") from error
    for part, split in (("train", data.train), ("t10k", data.test)):
        write_idx(out / f"{part}-images-idx3-ubyte", np.ascontiguousarray(split.images))
        write_idx(out / f"{part}-labels-idx1-ubyte", split.labels)
    write_atomically(out / "classes.txt", ("\n".join(data.train.classes) + "\n").encode())
    return [out]
