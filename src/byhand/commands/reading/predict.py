"""The command that names single digits in pictures."""

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from byhand.commands import bar, console
from byhand.commands.grammar.declared import Option
from byhand.commands.options import AsJson
from byhand.commands.reading.chosen import Pictures, check_png, files, keep_original, refuse_tables, split_off_model
from byhand.errors import ByhandError, UsageError
from byhand.labels import printable

if TYPE_CHECKING:
    from byhand.reading.answers import Answer

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
    model_file, paths = split_off_model(images)
    check_png(show, "show")
    if submission is not None:
        return _submit(paths, model_file, submission, alone=not (as_json or as_csv or show))
    refuse_tables(paths)
    if show is not None:
        if as_csv:
            raise UsageError("choose one of them.", "csv", "show")
        if len(paths) != 1 or paths[0].is_dir():
            raise UsageError("draws one picture; name only one.", "show")
        return _show(paths[0], model_file, show, as_json=as_json)
    return _name_all(list(files(paths)), model_file, as_json=as_json, as_csv=as_csv)


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

    keep_original(path, out, "show")
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
    keep_original(paths[0], out, "submission")
    n = submit(paths[0], Model.load(model_file), out)
    console.say(f"{n:,} images of {paths[0]} are named in {out}")
    return 0


def _say(path: Path, answer: "Answer", *, as_json: bool) -> None:
    """Print the answer for one picture."""
    if as_json:
        console.say_json({"image": str(path), **answer.to_dict()})
    else:
        console.say(console.answer_line(str(path), answer))
