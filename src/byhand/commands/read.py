"""The commands that read handwriting: `byhand predict` for single digits, `byhand read` for pages."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from byhand import machine
from byhand.commands import bar, console
from byhand.commands.grammar.declared import Argument, Option
from byhand.commands.options import AsJson
from byhand.errors import ByhandError, UsageError
from byhand.labels import printable

if TYPE_CHECKING:
    from byhand.reading.answers import Answer

TABLES = (".csv", ".tsv", ".txt", ".gz", ".arff")
FOREIGN_MODELS = (".pt", ".pth", ".ckpt", ".h5", ".keras", ".onnx", ".pkl", ".joblib", ".npz", ".npy", ".tflite")

Pictures = Annotated[
    list[Path],
    Argument(
        metavar="[MODEL] IMAGE...",
        help="A model, if not byhand's own; then pictures, or folders of pictures, or - for one on standard input.",
    ),
]
Submission = Annotated[
    Path | None,
    Option(
        metavar="FILE.csv",
        help="Name the rows of a table such as Kaggle's test.csv instead, and write ImageId,Label here.",
    ),
]


def predict(
    images: Pictures,
    as_json: AsJson = False,
    as_csv: Annotated[bool, Option("--csv", help="Print a table with commas, with a header.")] = False,
    show: Annotated[
        Path | None,
        Option(metavar="FILE.png", help="Picture to draw of how the image was made ready."),
    ] = None,
    submission: Submission = None,
) -> int:
    """Run `byhand predict`."""
    if as_json and as_csv:
        raise UsageError("choose one of them.", "csv", "json")
    model_file, paths = _split_off_model(images)
    _check_png(show, "show")
    if submission is not None:
        return _submit(paths, model_file, submission, alone=not (as_json or as_csv or show))
    _refuse_tables(paths)
    if show is not None:
        if as_csv:
            raise UsageError("choose one of them.", "csv", "show")
        if len(paths) != 1 or paths[0].is_dir():
            raise UsageError("draws one picture; name only one.", "show")
        return _show(paths[0], model_file, show, as_json=as_json)
    return _name_all(list(_files(paths)), model_file, as_json=as_json, as_csv=as_csv)


def read(
    images: Pictures,
    as_json: AsJson = False,
    picture: Annotated[
        Path | None,
        Option(metavar="FILE.png", help="Picture to draw of the page with what was read."),
    ] = None,
) -> int:
    """Run `byhand read`."""
    from byhand.images.pictures import open_picture
    from byhand.model import Model
    from byhand.reading.annotations import save_page
    from byhand.reading.folders import source_of
    from byhand.reading.pages import read_picture

    _check_png(picture, "picture")
    model_file, paths = _split_off_model(images)
    files = list(_files(paths))
    if picture is not None and len(files) != 1:
        raise UsageError("draws one page; name only one.", "picture")
    if picture is not None:
        _keep_original(files[0], picture, "picture")
    model, failed = Model.load(model_file), 0
    for path in files:
        try:
            source = open_picture(source_of(path))
            # To share the products of such small matrices takes longer than to make them.
            with machine.linear_algebra(1):
                page = read_picture(source, model)
        except ByhandError as error:
            if isinstance(error, UsageError):
                raise
            failed = 1
            console.note(console.error_line(error))
            continue
        if picture is not None:  # before anything is said, which may be cut short: nobody loses it then
            save_page(source, page, picture)
        if as_json:
            console.say_json({"image": str(path), **page.to_dict()})
        else:
            console.say_page(page, str(path) if len(files) > 1 else None)
        if not page.lines:
            console.note(f"{path}: no digits were found on it.")
    return failed


def _name_all(files: list[Path], model_file: Path, *, as_json: bool, as_csv: bool) -> int:
    """Name the digit in every picture."""
    from byhand.reading.folders import recognize_all

    writer = csv.writer(sys.stdout, lineterminator="\n") if as_csv else None
    if writer:
        writer.writerow(("image", "digit", "best", "probability", "second", "second_probability", "reason"))
    shown = printable if sys.stdout.isatty() else str  # A program needs the very name.
    failed = 0
    with bar.counting_bar(len(files)) as tell:
        for path, answer in recognize_all(files, model_file):
            tell()
            if isinstance(answer, ByhandError):
                failed = 1
                console.note(console.error_line(answer))
            elif writer:
                (best, p), (second, q) = answer.guesses[:2]
                writer.writerow(
                    (shown(str(path)), answer.name or "", best, f"{p:.6f}", second, f"{q:.6f}", answer.reason or "")
                )
            else:
                _say(path, answer, as_json=as_json)
    return failed


def _show(path: Path, model_file: Path, out: Path, *, as_json: bool) -> int:
    """Name the digit in one picture, and draw how it was made ready."""
    from byhand.judging import canvas
    from byhand.model import Model
    from byhand.reading.annotations import preparation
    from byhand.reading.answers import check_model, prepared_for, recognize_prepared
    from byhand.reading.folders import source_of

    _keep_original(path, out, "show")
    model = Model.load(model_file)
    check_model(model)
    prepared = prepared_for(source_of(path), model)
    said = recognize_prepared(prepared, model)
    canvas.save_figure(preparation(prepared, said), out)
    _say(path, said, as_json=as_json)
    return 0


def _submit(paths: list[Path], model_file: Path, out: Path, *, alone: bool) -> int:
    """Name the rows of a table, and write their names."""
    from byhand.model import Model
    from byhand.reading.submissions import submit

    if not alone:
        raise UsageError("leave out --json, --csv and --show with it.", "submission")
    if len(paths) != 1:
        raise UsageError("names the rows of one table; name only one.", "submission")
    _keep_original(paths[0], out, "submission")
    n = submit(paths[0], Model.load(model_file), out)
    console.say(f"{n:,} images of {paths[0]} are named in {out}")
    return 0


def _refuse_tables(paths: list[Path]) -> None:
    """Say what to do with a table, which is no picture."""
    for path in (path for path in paths if path.suffix.lower() in TABLES):
        from byhand.reading.submissions import is_table  # what most need not load

        if is_table(path):
            raise UsageError(f"{path}: is a table. To have its rows named, add --submission FILE.csv.")


def _check_png(path: Path | None, option: str) -> None:
    """Refuse to write a PNG file under another name."""
    if path is not None and path.suffix.lower() != ".png":
        raise UsageError(f"{path}: is written as PNG; let its name end with .png.", option)


def _keep_original(path: Path, out: Path, option: str) -> None:
    """Refuse to write over the very picture that is read."""
    if path.exists() and out.exists() and out.samefile(path):
        raise UsageError(f"{out}: is the picture that is read, which would be lost; choose another name.", option)


def _say(path: Path, answer: "Answer", *, as_json: bool) -> None:
    """Print the answer for one picture."""
    if as_json:
        console.say_json({"image": str(path), **answer.to_dict()})
    else:
        console.say(console.answer_line(str(path), answer))


def _split_off_model(images: list[Path]) -> tuple[Path, list[Path]]:
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


def _files(paths: list[Path]) -> Iterator[Path]:
    """Yield every picture: those in a folder one by one."""
    from byhand.reading.folders import pictures_in

    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found, others = pictures_in(path)
        if not found:
            raise UsageError(f"{path}: has no pictures in it" + (f", only {others:,} other files." if others else "."))
        if others:
            console.note(f"{path}: {others:,} other files are left out.")
        yield from found
