"""Which pictures a command shall read, and by which model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from byhand.commands import console
from byhand.commands.grammar.declared import Argument
from byhand.errors import UsageError

TABLES = (".csv", ".tsv", ".txt", ".gz", ".arff")
FOREIGN_MODELS = (".pt", ".pth", ".ckpt", ".h5", ".keras", ".onnx", ".pkl", ".joblib", ".npz", ".npy", ".tflite")

Pictures = Annotated[
    list[Path],
    Argument(
        metavar="[MODEL] IMAGE...",
        help="A model, if not byhand's own; then pictures, or folders of pictures, or - for one on standard input.",
    ),
]


def refuse_tables(paths: list[Path]) -> None:
    """Say what to do with a table, which is no picture."""
    for path in (path for path in paths if path.suffix.lower() in TABLES):
        from byhand.reading.submissions import is_table  # what most need not load

        if is_table(path):
            raise UsageError(f"{path}: is a table. To have its rows named, add --submission FILE.csv.")


def check_png(path: Path | None, option: str) -> None:
    """Refuse to write a PNG file under another name."""
    if path is not None and path.suffix.lower() != ".png":
        raise UsageError(f"{path}: is written as PNG; let its name end with .png.", option)


def keep_original(path: Path, out: Path | None, option: str) -> None:
    """Refuse to write over the very picture that is read."""
    if out is not None and path.exists() and out.exists() and out.samefile(path):
        raise UsageError(f"{out}: is the picture that is read, which would be lost; choose another name.", option)


def split_off_model(images: list[Path]) -> tuple[Path, list[Path]]:
    """Return the file of the model, the one that comes with byhand if none is named, and the pictures."""
    from byhand.files import kind_of, meant
    from byhand.images.formats import ENDINGS
    from byhand.model import SHIPPED, find_model
    from byhand.reading.folders import STDIN, is_model

    first, *others = images
    for path in others:
        if is_model(path):
            raise UsageError(f"{path}: names a model; name one model, and before the pictures.")
    if is_model(first):
        if not others:
            raise UsageError(f"{first}: names a model; name the pictures to read after it.")
        return find_model(first), others
    ending = first.suffix.lower()
    if others and ending in FOREIGN_MODELS:
        raise UsageError(f"{first}: is no model that byhand reads; those end with .safetensors.")
    if others and first != STDIN and kind_of(first) == "nothing" and ending.lstrip(".") not in ENDINGS:
        raise UsageError(f"{first}: there is no such file, neither a model nor a picture.{meant(first)}")
    return SHIPPED, images


def files(paths: list[Path], *, documents: bool = False) -> Iterator[Path]:
    """Yield every picture, and document if these are read, too: those in a folder one by one."""
    from byhand.reading.folders import pictures_in

    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found, others = pictures_in(path, documents=documents)
        if not found:
            raise UsageError(f"{path}: has no pictures in it" + (f", only {others:,} other files." if others else "."))
        if others:
            console.note(f"{path}: {others:,} other files are left out.")
        yield from found
