"""Read Parquet files through pyarrow: a column a pixel as of tables, or columns of pictures and labels, as of hubs."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from byhand import machine
from byhand.data.forms.columns import LABELS, named
from byhand.data.forms.found import Found, Part, as_array
from byhand.errors import ByhandError
from byhand.files import MOST_BYTES, most_unpacked, opened, parsing

if TYPE_CHECKING:
    from pyarrow import Table

MARK = b"PAR1"


def read(path: Path) -> Found:
    """Read a Parquet file.

    Raises
    ------
    ByhandError
        If pyarrow is not installed, the file is unsound or promises too much, or its columns are not known.
    """
    machine.require("parquet", f"{path}: is a Parquet file. To read one")
    from pyarrow import parquet

    with parsing(path, "is not a sound Parquet file", "Fetch or write it again."), opened(path) as stream:
        file = parquet.ParquetFile(stream)
        size, facts = path.stat().st_size, file.metadata
        promised = sum(facts.row_group(place).total_byte_size for place in range(facts.num_row_groups))
        if max(promised, 8 * facts.num_rows) > min(MOST_BYTES, most_unpacked(size)):
            raise ValueError(f"it promises {promised:,} bytes, more than is read of {size:,}")
        table = file.read()
    return Found(_part(str(path), table), names=True)


def _part(where: str, table: "Table") -> Part:
    """Return what a table's columns hold."""
    from byhand.images.pictures import open_picture

    names = table.column_names
    image = next((name for name in names if name.lower() in ("image", "img")), None)
    label = next((name for name in names if name.lower() in LABELS), None)
    if image is not None and label is not None:  # as Hugging Face keeps pictures
        raw = [each["bytes"] if isinstance(each, dict) else each for each in table.column(image).to_pylist()]
        if not all(isinstance(each, bytes) for each in raw):
            raise ByhandError(f"{where}: its column {image} holds no pictures.")
        pictures = [open_picture(each).pixels for each in raw]
        if len({each.shape for each in pictures}) > 1 or (pictures and pictures[0].ndim != 2):
            raise ByhandError(f"{where}: its pictures have colours, or are of several sizes.")
        images = np.stack(pictures) if pictures else np.empty((0, 1, 1), np.uint8)
        return Part(where, images, as_array(table.column(label).to_pylist(), "labels"))
    columns = named(where, names)
    if columns.label is None:
        raise ByhandError(f"{where}: has no column label. To learn, a row needs one.")
    pixels = [table.column(columns.before + place).to_numpy() for place in range(columns.pixels)]
    rows = np.stack(pixels, axis=1).reshape(-1, *columns.shape)
    return Part(where, rows, as_array(table.column(columns.label).to_pylist(), "labels"))
