"""Pictures of a training and of a model: sound files, and nothing leaves the sheet."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import byhand
from byhand.data.distortions import Distortions
from byhand.judging import figures


@pytest.fixture(scope="module")
def evaluation(model: byhand.Model, mnist: byhand.Dataset) -> byhand.Evaluation:
    return byhand.evaluate(model, mnist.test)


def test_figures_are_sound_png_files(
    model: byhand.Model, mnist: byhand.Dataset, evaluation: byhand.Evaluation, tmp_path: Path
) -> None:
    drawn = {
        "loss": figures.loss_curve([2, 1]),
        "loss and validation": figures.loss_curve([2, 1, 0.5], [0.5, 0.7, 0.8]),
        "one epoch": figures.loss_curve([2]),
        "confusion": figures.confusion_matrix(evaluation, model.classes),
        "weights": figures.first_layer_weights(model),
        "mistakes": figures.worst_mistakes(evaluation, mnist.test),
        "learning": figures.learning_curve([10, 100, 1000], [0.6, 0.3, 0.1], [0.05, 0.02, 0.01]),
    }
    for name, figure in drawn.items():
        figures.save_figure(figure, tmp_path / f"{name}.png")
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
        figures.loss_curve([2, 1], [0.1, 0.2]),
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
    figures.save_figure(figures.confusion_matrix(evaluation, names), tmp_path / "matrix.png")


def test_whatever_goes_wrong_with_a_picture_is_one_sentence() -> None:
    with pytest.raises(byhand.ByhandError, match=r"a picture cannot be drawn \(no ink\)"), figures.own_settings():
        raise RuntimeError("no ink")


def test_tall_images_make_no_huge_sheet() -> None:
    tall = byhand.Split(np.full((2, 600, 2), 200, np.uint8), np.array([0, 1], np.uint8), ("a", "b"))
    figure = figures.contact_sheet(tall, Distortions(rotation=5))
    assert max(figure.get_size_inches()) < 25
    endless = byhand.Split(np.zeros((2, 1, 100_000), np.uint8), np.array([0, 1], np.uint8), ("a", "b"))
    with pytest.raises(byhand.ByhandError, match="cannot be drawn anew; at most 2,048"):
        figures.contact_sheet(endless, Distortions(elastic=1))
