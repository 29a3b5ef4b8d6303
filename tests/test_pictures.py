"""Pictures of a training and of a model: sound files, and nothing leaves the sheet."""

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import byhand
from byhand.data.distortions import Distortions
from byhand.images.pictures import open_picture
from byhand.judging import canvas, curves, figures
from byhand.judging.curves import Course
from byhand.reading import annotations
from byhand.reading.answers import recognize_prepared
from conftest import Run


@pytest.fixture(scope="module")
def evaluation(model: byhand.Model, mnist: byhand.Dataset) -> byhand.Evaluation:
    return byhand.evaluate(model, mnist.test)


def test_figures_are_sound_png_files(
    model: byhand.Model, mnist: byhand.Dataset, evaluation: byhand.Evaluation, tmp_path: Path
) -> None:
    drawn = {
        "loss": curves.loss_curve(Course([2, 1])),
        "loss and validation": curves.loss_curve(Course([2, 1, 0.5], [1, 1, 1], [0.5, 0.7, 0.8])),
        "one epoch": curves.loss_curve(Course([2])),
        "confusion": figures.confusion_matrix(evaluation, model.classes),
        "weights": figures.first_layer_weights(model),
        "mistakes": figures.worst_mistakes(evaluation, mnist.test),
        "learning": figures.learning_curve([10, 100, 1000], [0.6, 0.3, 0.1], [0.05, 0.02, 0.01]),
    }
    for name, figure in drawn.items():
        canvas.save_figure(figure, tmp_path / f"{name}.png")
        with Image.open(tmp_path / f"{name}.png") as picture:
            colours = np.unique(np.asarray(picture.convert("RGB")).astype(int) @ [65536, 256, 1])
            assert min(picture.size) > 400
        assert len(colours) > 20, name


def test_the_weights_are_coloured_around_zero(model: byhand.Model) -> None:
    image = figures.first_layer_weights(model).axes[0].images[0]
    assert image.get_clim()[0] == -image.get_clim()[1]


def test_the_confusion_matrix_shows_every_count(evaluation: byhand.Evaluation, model: byhand.Model) -> None:
    texts = figures.confusion_matrix(evaluation, model.classes).axes[0].texts
    assert sum(int(text.get_text()) for text in texts) == 10_000


def test_nothing_leaves_the_sheet(model: byhand.Model, mnist: byhand.Dataset, evaluation: byhand.Evaluation) -> None:
    for figure in (
        curves.loss_curve(Course([2, 1], [3, 2], [0.1, 0.2])),
        figures.confusion_matrix(evaluation, ["a rather long name"] * 10),
        figures.first_layer_weights(model),
        figures.worst_mistakes(evaluation, mnist.test),
    ):
        figure.draw_without_rendering()
        sheet = figure.bbox
        labels = [
            text for axes in figure.axes for text in (axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts)
        ]
        for text in [*figure.texts, *labels]:
            if text.get_text():
                box = text.get_window_extent()
                assert sheet.x0 <= box.x0 <= box.x1 <= sheet.x1, text.get_text()
                assert sheet.y0 <= box.y0 <= box.y1 <= sheet.y1, text.get_text()


def test_titles_of_mistakes_do_not_meet(evaluation: byhand.Evaluation, mnist: byhand.Dataset) -> None:
    sure = np.zeros_like(evaluation.probabilities)
    sure[np.arange(len(sure)), evaluation.probabilities.argmax(axis=1)] = 1
    split = byhand.Split(mnist.test.images, mnist.test.labels, tuple(f"{k}WWWW a long name" for k in range(10)))
    for certain, named in ((sure, mnist.test), (sure, split)):
        figure = figures.worst_mistakes(replace(evaluation, probabilities=certain), named)
        figure.draw_without_rendering()
        boxes = [text.get_window_extent() for text in figure.axes[0].texts if "read as" in text.get_text()]
        assert len(boxes) == 24
        assert all(box.x0 >= figure.bbox.x0 and box.x1 <= figure.bbox.x1 for box in boxes)
        for row in range(0, 24, 6):
            assert all(left.x1 < right.x0 for left, right in pairwise(boxes[row : row + 6]))


def test_a_perfect_reader_has_no_mistakes_to_draw(evaluation: byhand.Evaluation, mnist: byhand.Dataset) -> None:
    perfect = replace(evaluation, mistakes=evaluation.mistakes[:0])
    assert "Not one" in str(figures.worst_mistakes(perfect, mnist.test).get_suptitle())


def test_fewer_mistakes_than_places_leave_places_empty(evaluation: byhand.Evaluation, mnist: byhand.Dataset) -> None:
    figure = figures.worst_mistakes(replace(evaluation, mistakes=evaluation.mistakes[:7]), mnist.test)
    (sheet,) = figure.axes
    assert sum("read as" in text.get_text() for text in sheet.texts) == len(sheet.images) == 7


def test_few_and_many_units(few: byhand.Split) -> None:
    for layers in ((), (1,), (300,)):
        *_, last = byhand.train(byhand.Recipe(layers=layers, epochs=1, batch_size=50), few)
        figure = figures.first_layer_weights(last.model)
        assert str(layers[0] if layers else 10) in figure.axes[0].get_title()


def test_many_classes_make_no_huge_picture(evaluation: byhand.Evaluation) -> None:
    matrix = np.eye(255, dtype=np.int64)
    figure = figures.confusion_matrix(replace(evaluation, confusion_matrix=matrix), [f"class {k}" for k in range(255)])
    assert max(figure.get_size_inches()) < 25
    assert len(figure.axes[0].get_xticks()) <= 40


def test_a_name_is_no_formula(evaluation: byhand.Evaluation, tmp_path: Path) -> None:
    names = [r"$\frac{1}{$", "$^^$", *(f"${k}" for k in range(8))]
    canvas.save_figure(figures.confusion_matrix(evaluation, names), tmp_path / "matrix.png")


STRANGE = ["〇", "ᚠ", "🙂", "日本語", "مرحبا", "e\u0301", "\u0301", "x" * 100, "\u200d", "\U000f0000"]


def test_names_without_a_glyph_are_written_by_code_or_number(
    evaluation: byhand.Evaluation, mnist: byhand.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib import font_manager

    # As on a machine that has no other fonts than matplotlib's.
    own = [entry for entry in font_manager.fontManager.ttflist if "matplotlib" in entry.fname]
    gone = font_manager.FontEntry(fname="/nonexistent.ttf", name="Gone", style="normal", weight=400)
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [gone, *own])
    matrix = figures.confusion_matrix(evaluation, STRANGE)
    matrix.draw_without_rendering()  # Warnings are errors.
    names = [text.get_text() for text in matrix.axes[0].get_yticklabels()]
    assert names[:6] == ["U+3007", "U+16A0", "U+1F642", "class 3", "مرحبا", "e\u0301"]
    assert names[7].startswith("xx")
    assert "…" in names[7]
    assert "by code or number" in matrix.axes[0].get_xlabel()
    assert "by code" not in figures.confusion_matrix(evaluation, mnist.test.classes).axes[0].get_xlabel()
    split = byhand.Split(mnist.test.images, mnist.test.labels, tuple(STRANGE))
    figures.worst_mistakes(evaluation, split).draw_without_rendering()


def test_what_was_read_is_written_in_other_scripts_too(tmp_path: Path) -> None:
    pixels = np.full((60, 60), 255, np.uint8)
    pixels[10:50, 27:33] = 0
    other = replace(byhand.Model.load(), classes=tuple("٠١٢٣٤٥٦٧٨٩"))
    source = open_picture(pixels)
    page = byhand.read(source, other)
    assert page.text == "١"
    annotations.save_page(source, page, tmp_path / "page.png")
    ((text, font),) = annotations._lettering(["١"], 20)
    assert text == "١"
    assert font.getmask(text).getbbox() != font.getmask("\U000f0000").getbbox()
    assert annotations._lettering(["1", "?"], 20)[1][0] == "?"
    prepared = byhand.prepare(source)
    annotations.preparation(prepared, recognize_prepared(prepared, other)).draw_without_rendering()


def test_a_font_of_the_machine_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]
    from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]
    from matplotlib import font_manager

    pen = TTGlyphPen(None)
    for number, point in enumerate([(100, 400), (900, 400), (900, 500), (100, 500)]):
        (pen.lineTo if number else pen.moveTo)(point)
    pen.closePath()
    font = FontBuilder(1000)
    font.setupGlyphOrder([".notdef", "one"])
    font.setupCharacterMap({0x4E00: "one"})
    font.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "one": pen.glyph()})
    font.setupHorizontalMetrics({".notdef": (1000, 0), "one": (1000, 100)})
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "A Stroke", "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(tmp_path / "stroke.ttf")
    monkeypatch.setattr(font_manager.fontManager, "ttflist", list(font_manager.fontManager.ttflist))
    font_manager.fontManager.addfont(tmp_path / "stroke.ttf")
    with canvas.own_settings():
        assert canvas.legible(["一", "\U000f0000", "1"]) == ["一", "U+F0000", "1"]
        figure = curves.learning_curves([curves.Curve("一", [Course([2, 1])])])
    figure.draw_without_rendering()
    (text,) = figure.legends[0].get_texts()
    assert text.get_text() == "一"


def test_a_long_name_is_shortened_in_its_middle() -> None:
    with canvas.own_settings():
        assert canvas.shortened("short", 1, 10) == "short"
        assert canvas.shortened("W" * 90 + "end", 1, 10)[0] == "W"
        for name in ("W" * 100, "WW", "\u4e00" * 50, " " * 200):
            assert canvas.inches(canvas.shortened(name, 0.6, 10), 10) <= 0.6


def test_whatever_goes_wrong_with_a_picture_is_one_sentence() -> None:
    with pytest.raises(byhand.ByhandError, match=r"a picture cannot be drawn \(no ink\)"), canvas.own_settings():
        raise RuntimeError("no ink")


def test_without_pictures_none_is_drawn_and_matplotlib_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "loss.png").write_text("an older run's")
    script = (
        "import sys; from byhand.commands.app import main; assert main(sys.argv[1:]) == 0; "
        "assert 'matplotlib' not in sys.modules"
    )
    options = ["--limit", "200", "--epochs", "1", "--layers", "none", "--out", str(tmp_path), "--no-pictures"]
    command = [sys.executable, "-c", script, "train", *options]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    assert said.endswith(": model, history and recipe\n")
    assert not list(tmp_path.glob("*.png"))


@pytest.mark.slow
def test_no_seed_draws_pictures_without(run: Run, tmp_path: Path) -> None:
    run("train", "--limit", 200, "--epochs", 1, "--layers", "none", "--out", "out", "--seeds", 2, "--no-pictures")
    assert len(list(tmp_path.glob("out/seed-*/model.safetensors"))) == 2
    assert not list(tmp_path.glob("out/**/*.png"))


def test_tall_images_make_no_huge_sheet() -> None:
    tall = byhand.Split(np.full((2, 600, 2), 200, np.uint8), np.array([0, 1], np.uint8), ("a", "b"))
    figure = figures.contact_sheet(tall, Distortions(rotation=5))
    assert max(figure.get_size_inches()) < 25
    endless = byhand.Split(np.zeros((2, 1, 100_000), np.uint8), np.array([0, 1], np.uint8), ("a", "b"))
    with pytest.raises(byhand.ByhandError, match="cannot be drawn anew; at most 2,048"):
        figures.contact_sheet(endless, Distortions(elastic=1))
