"""Name the images in the rows of a table, and write what competitions such as Kaggle's ask for: numbers and names."""

import csv
import io
from pathlib import Path

from byhand.data.disk.unpacking import unpacked
from byhand.data.forms import tables
from byhand.data.forms.found import Part
from byhand.data.forms.values import to_images
from byhand.data.pixels import of_facts, taken
from byhand.errors import ByhandError, UsageError
from byhand.files import kind_of, write_atomically
from byhand.model import Model


def is_table(path: Path) -> bool:
    """Tell whether a file is a table in text, and so no picture."""
    if kind_of(path) != "file":
        return False
    try:
        with unpacked(path) as (file, _, _):
            return tables.is_table(file.read(tables.MOST_BEGINNING))
    except ByhandError:
        return False


def submit(path: Path, model: Model, out: Path) -> int:
    """Name the image in every row of a table.

    Parameters
    ----------
    path
        The table. Its rows may have labels, which are not looked at, and numbers, which are written as they are.
    model
        Names them.
    out
        Is written: `ImageId,Label` and the rows, numbered from 1; or the table's own numbers under their own name.

    Returns
    -------
    int
        How many images there were.

    Raises
    ------
    ByhandError
        If the table is unsound, has images of another size than the model's, or nothing can be written.
    """
    table = tables.read_table(path)
    (images,) = to_images([Part(str(path), table.images, table.images)])
    white, transposed = of_facts(model.details.get("data"))
    images = taken(images, white, transposed=transposed)
    try:
        chosen = model.predict(images)
    except UsageError as error:
        raise error.within(path) from error
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("ImageId", "Label") if table.numbered is None else (table.numbered, "label"))
    writer.writerows(zip(table.numbers or range(1, len(images) + 1), (model.classes[at] for at in chosen), strict=True))
    write_atomically(out, text.getvalue().encode())
    return len(images)
