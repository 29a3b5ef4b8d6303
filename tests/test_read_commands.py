"""`byhand predict` and `byhand read` as their users meet them."""

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import byhand
from byhand.commands import bar
from byhand.commands.app import main
from byhand.errors import ByhandError
from byhand.model import SHIPPED
from byhand.reading.answers import Answer
from byhand.reading.folders import FEW, pictures_in, recognize_all
from conftest import Run
from writing import enlarged, write

Captured = pytest.CaptureFixture[str]
HEADER = ["image", "digit", "best", "probability", "second", "second_probability", "reason"]
LABELS = "7210"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, mnist: byhand.Dataset, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with four digits in several kinds of file."""
    monkeypatch.chdir(tmp_path)
    for label, image, name in zip(LABELS, mnist.test.images, ("a.png", "b.PNG", "c.jpg", "d.bmp"), strict=False):
        assert label == str(mnist.test.labels[LABELS.index(label)])
        Image.fromarray(255 - np.pad(enlarged(image), 20)).save(tmp_path / name)
    return tmp_path


@pytest.fixture
def page(folder: Path, mnist: byhand.Dataset) -> Path:
    """Return a page."""
    Image.fromarray(255 - write("31 4\n26", mnist.test).ink).save(folder / "page.png")
    return folder / "page.png"


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


# byhand predict


def test_a_folder_of_pictures_with_a_bad_one(call: Run, folder: Path) -> None:
    (folder / "bad.png").write_text("no picture")
    (folder / "notes.txt").write_text("no picture either")
    (folder / "below").mkdir()
    done = call("predict", ".", code=1)
    answers = [
        re.fullmatch(r"(\S+): (\d) \(\d+\.\d %; next \d, \d+\.\d %\)", line) for line in done.stdout.splitlines()
    ]
    assert [answer.groups() for answer in answers if answer] == list(
        zip(["a.png", "b.PNG", "c.jpg", "d.bmp"], LABELS, strict=True)
    )
    assert done.stderr.splitlines() == [
        "byhand: .: 1 other files are left out.",
        "byhand: bad.png: is not a picture that can be read. PNG and JPEG work.",
    ]


def test_a_picture_on_standard_input_of_a_process(folder: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "byhand", "predict", "-", "b.PNG"]
    with (folder / "a.png").open("rb") as picture:
        done = subprocess.run(command, stdin=picture, capture_output=True, text=True, check=True, timeout=60)
    assert [line[: line.index(" (")] for line in done.stdout.splitlines()] == ["-: 7", "b.PNG: 2"]
    assert not done.stderr


def test_a_table(capsys: Captured) -> None:
    Image.new("L", (40, 40)).save('a, "blank" one.png')
    assert main(["predict", ".", "--csv"]) == 0
    header, *rows = csv.reader(io.StringIO(capsys.readouterr().out))
    assert header == HEADER
    assert rows[0] == ['a, "blank" one.png', "", *rows[0][2:6], "it is blank"]
    for row, label in zip(rows[1:], LABELS, strict=True):
        assert row[1] == row[2] == label
        assert row[6] == ""
        assert 0 <= float(row[5]) <= float(row[3]) <= 1
        assert row[4] in set("0123456789") - {label}


def test_lines_of_json(capsys: Captured) -> None:
    Image.new("L", (40, 40)).save("blank.png")
    assert main(["predict", "a.png", "d.bmp", "blank.png", "--json"]) == 0
    rows = lines(capsys.readouterr().out)
    assert [row["image"] for row in rows] == ["a.png", "d.bmp", "blank.png"]
    assert [row["digit"] for row in rows] == ["7", "0", None]
    assert [row["reason"] for row in rows] == [None, None, "it is blank"]
    for row in rows:
        shares = row["probabilities"]
        assert isinstance(shares, dict)
        assert list(shares) == list("0123456789")
        assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
        assert shares[row["best"]] == row["probability"] == max(shares.values())
        assert shares[row["second"]] == row["second_probability"]


def test_what_is_no_digit_is_told_with_its_reason(capsys: Captured, rng: np.random.Generator) -> None:
    Image.fromarray(rng.integers(0, 256, (40, 40), np.uint8)).save("noise.png")
    assert main(["predict", "noise.png"]) == 0
    assert re.fullmatch(r"noise\.png: \? it .+ \(most like \d, \d+\.\d %\)\n", capsys.readouterr().out)


def test_how_a_picture_was_made_ready_is_drawn(capsys: Captured) -> None:
    Image.new("L", (40, 40)).save("blank.png")
    for name, says in (("a.png", "a.png: 7 ("), ("blank.png", "blank.png: ? it is blank")):
        assert main(["predict", name, "--show", "stages.png"]) == 0
        assert capsys.readouterr().out.startswith(says)
        with Image.open("stages.png") as drawn:
            assert drawn.format == "PNG"
            assert drawn.width > 600
        Path("stages.png").unlink()
    assert main(["predict", "c.jpg", "--show", "stages.png", "--json"]) == 0
    assert lines(capsys.readouterr().out)[0]["digit"] == "1"


def test_another_model_is_named_first(capsys: Captured, model_file: Path) -> None:
    assert main(["predict", str(model_file), "a.png", "--json"]) == 0
    named = lines(capsys.readouterr().out)[0]
    assert main(["predict", "a.png", "--json"]) == 0
    assert named["probability"] != lines(capsys.readouterr().out)[0]["probability"]


def test_many_pictures_are_read_by_several_processes_in_order(folder: Path, mnist: byhand.Dataset) -> None:
    few = folder / "few"
    few.mkdir()
    for k, image in enumerate(mnist.test.images[:70]):
        Image.fromarray(image).save(few / f"{k:02}.png")
    (few / "13.png").write_text("no picture")
    paths, others = pictures_in(few)
    assert (len(paths), others) == (70, 0)
    assert len(paths) > FEW
    together = list(recognize_all(paths, SHIPPED))
    assert [path for path, _ in together] == paths
    assert isinstance(together[13][1], ByhandError)
    alone = list(recognize_all(paths[:FEW], SHIPPED)) + list(recognize_all(paths[FEW:], SHIPPED))
    for (_, one), (_, other) in zip(together, alone, strict=True):
        if isinstance(one, Answer):
            assert isinstance(other, Answer)
            assert one.name == other.name
            assert dict(one.guesses) == pytest.approx(dict(other.guesses), abs=1e-6)


def test_other_files_in_a_folder_are_counted(folder: Path) -> None:
    for name in ("x.txt", "README", "e.heic", "f.TIFF"):
        (folder / name).touch()
    (folder / "g.png").mkdir()
    paths, others = pictures_in(folder)
    assert [path.name for path in paths] == ["a.png", "b.PNG", "c.jpg", "d.bmp", "e.heic", "f.TIFF"]
    assert others == 2


@pytest.mark.parametrize("total", [99, 100])
def test_a_bar_counts_many_pictures_on_a_terminal(total: int, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("CI", "false")  # a build's log is given no bar
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setattr(sys, "stdout", told := io.StringIO())
    with bar.counting_bar(total) as tell:
        for _ in range(total):
            tell()
    assert not told.getvalue()
    shown = re.sub(r"\x1b\[[\d;?]*\w", "", terminal.getvalue())
    assert bool(re.search(r"pictures .* 100%", shown)) == (total == 100)
    assert bool(shown) == (total == 100)


# byhand read


def test_a_page_is_read_and_drawn(run: Run, page: Path) -> None:
    done = run("read", page.name, "--picture", "marked.png")
    assert done.stdout == "31 4\n26\n"
    assert not done.stderr
    with Image.open(page) as plain, Image.open("marked.png") as marked:
        assert marked.size == plain.size
        assert marked.mode == "RGB"
        assert (np.asarray(marked) != np.asarray(plain.convert("RGB"))).any()


def test_several_pages(capsys: Captured, page: Path) -> None:
    Image.new("L", (90, 90)).save("blank.png")
    assert main(["read", page.name, "none.png", "blank.png", "a.png"]) == 1
    told = capsys.readouterr()
    assert told.out == "page.png:\n31 4\n26\nblank.png:\na.png:\n7\n"
    assert told.err.splitlines() == [
        "byhand: none.png: cannot be read (No such file or directory).",
        "byhand: blank.png: no digits were found on it.",
    ]


def test_pages_as_lines_of_json(capsys: Captured, page: Path) -> None:
    assert main(["read", page.name, "a.png", "--json"]) == 0
    first, second = lines(capsys.readouterr().out)
    assert (first["image"], first["text"], second["text"]) == ("page.png", "31 4\n26", "7")
    shape: list[list[list[dict[str, object]]]] = first["lines"]  # type: ignore[assignment]
    assert [["".join(str(digit["digit"]) for digit in number) for number in line] for line in shape] == [
        ["31", "4"],
        ["26"],
    ]
    with Image.open(page) as picture:
        assert first["size"] == list(picture.size)


def test_a_page_on_standard_input(capsys: Captured, page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(page.read_bytes())))
    assert main(["read", "-"]) == 0
    assert capsys.readouterr().out == "31 4\n26\n"


def test_what_cannot_be_read_on_a_page_is_told_with_its_place(
    capsys: Captured, page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(byhand.Model, "threshold", 2)
    assert main(["read", page.name, "--picture", "marked.png"]) == 0
    told = capsys.readouterr()
    assert told.out == "?? ?\n??\n"
    notes = [re.fullmatch(r"byhand: \? at (\d+) right, (\d+) down: it .+\.", line) for line in told.err.splitlines()]
    places = [(int(note[1]), int(note[2])) for note in notes if note]
    assert len(places) == 5
    assert places[:3] == sorted(places[:3])
    assert max(down for _, down in places[:3]) < min(down for _, down in places[3:])
    assert Path("marked.png").exists()


# Wrong uses


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("predict", "a.png", "c.jpg", "--show", "out.png"), "--show: draws one picture"),
        (("predict", ".", "--show", "out.png"), "--show: draws one picture"),
        (("predict", "a.png", "--show", "out.jpg"), "let its name end with .png"),
        (("read", "a.png", "--picture", "out.jpg"), "let its name end with .png"),
        (("predict", "a.png", "--csv", "--json"), "choose one of them"),
        (("predict", "a.png", "--csv", "--show", "out.png"), "--csv"),
        (("predict", "model.safetensors"), "name the pictures"),
        (("read", "model.safetensors"), "name the pictures"),
        (("predict", "empty"), "empty: has no pictures in it."),
        (("predict", "texts"), "texts: has no pictures in it, only 1 other files."),
        (("read", "empty"), "empty: has no pictures in it."),
        (("read", "a.png", "c.jpg", "--picture", "out.png"), "--picture: draws one page"),
        (("predict", "tiny.safetensors", "a.png", "c.jpg"), "the model takes images of (2, 2)"),
        (("predict", "tiny.safetensors", "a.png", "--show", "out.png"), "the model takes images of (2, 2)"),
        (("read", "tiny.safetensors", "a.png", "c.jpg"), "the model takes images of (2, 2)"),
        (("predict",), "IMAGE"),
        (("read",), "IMAGE"),
        (("predict", "a.png", "tiny.safetensors"), "tiny.safetensors: names a model; name one model, and before"),
        (("read", "tiny", "unnamed", "a.png"), "unnamed: names a model; name one model, and before"),
        (("predict", "a.png", "run"), "run: names a model; name one model, and before"),
        (("read", "a.png", "NONE.SAFETENSORS"), "NONE.SAFETENSORS: names a model; name one model, and before"),
        (("predict", "model.pt", "a.png"), "model.pt: is no model that byhand reads"),
        (("predict", "mistyped", "a.png"), "mistyped: there is no such file, neither a model nor a picture"),
    ],
)
def test_wrong_uses_end_with_2_and_one_message(
    arguments: tuple[str, ...], message: str, capsys: Captured, folder: Path
) -> None:
    (folder / "empty").mkdir()
    (folder / "texts").mkdir()
    (folder / "texts" / "a.txt").touch()
    classes = tuple("0123456789")
    byhand.Model((4, 10), "relu", np.zeros(50, np.float32), classes, (2, 2)).save("tiny.safetensors")
    (folder / "run").mkdir()
    for copy in ("tiny", "unnamed", "run/model.safetensors"):
        shutil.copy("tiny.safetensors", copy)
    assert main(list(arguments)) == 2
    told = capsys.readouterr()
    assert told.err.startswith("byhand: ")
    assert message in told.err
    assert told.err.count("\n") == 1
    assert not told.out
    assert not Path("out.png").exists()


@pytest.mark.parametrize("name", ["M", "M.SAFETENSORS", "M.bin", "M.png"])
@pytest.mark.parametrize("command", ["predict", "read"])
def test_a_model_is_known_by_its_content(command: str, name: str, capsys: Captured) -> None:
    replace(byhand.Model.load(), classes=tuple("abcdefghij")).save(name)
    assert main([command, name, "a.png", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["digit" if command == "predict" else "text"] == "h"  # the name of a seven


@pytest.mark.parametrize("arguments", [("predict", "./a.png", "--show"), ("read", "./a.png", "--picture")])
def test_the_picture_that_is_read_is_not_written_over(
    arguments: tuple[str, ...], capsys: Captured, folder: Path
) -> None:
    before = (folder / "a.png").read_bytes()
    assert main([*arguments, "a.png"]) == 2
    assert "a.png: is the picture that is read, which would be lost" in capsys.readouterr().err
    assert (folder / "a.png").read_bytes() == before


@pytest.mark.parametrize("command", ["predict", "read"])
def test_a_missing_model_is_told_once(command: str, capsys: Captured) -> None:
    assert main([command, "none.safetensors", "a.png", "c.jpg"]) == 1
    assert capsys.readouterr().err == "byhand: none.safetensors: there is no such file. `byhand train` makes one.\n"


@pytest.mark.parametrize("arguments", [("predict", "a.png", "--show"), ("read", "a.png", "--picture")])
def test_a_picture_that_cannot_be_written_is_told(arguments: tuple[str, ...], capsys: Captured) -> None:
    assert main([*arguments, "nowhere/out.png"]) == 1
    assert "byhand: nowhere/out.png: " in capsys.readouterr().err
