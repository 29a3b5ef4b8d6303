"""Pictures in and out: reading what people have, and drawing what can be looked at."""

import contextlib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

import byhand
from byhand import figures
from byhand.images.prepare import is_dark_on_light, read_picture


def test_an_mnist_image_comes_back_as_it_was(mnist: byhand.Dataset, tmp_path: Path) -> None:
    for mode in ("L", "RGB", "RGBA", "P"):
        Image.fromarray(mnist.test.images[0]).convert(mode).save(tmp_path / "digit.png")
        np.testing.assert_array_equal(read_picture(tmp_path / "digit.png"), mnist.test.images[0], err_msg=mode)


def test_sixteen_bits_are_not_clipped(mnist: byhand.Dataset, tmp_path: Path) -> None:
    Image.fromarray(mnist.test.images[0].astype(np.uint16) * 257).save(tmp_path / "digit.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "digit.png"), mnist.test.images[0])


def test_a_larger_picture_is_averaged_down(mnist: byhand.Dataset, tmp_path: Path) -> None:
    large = mnist.test.images[0].repeat(5, axis=0).repeat(5, axis=1)
    Image.fromarray(large).save(tmp_path / "large.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "large.png"), mnist.test.images[0])


def test_proportions_are_kept(tmp_path: Path) -> None:
    Image.fromarray(np.full((280, 140), 255, np.uint8)).save(tmp_path / "tall.png")
    image = read_picture(tmp_path / "tall.png")
    assert image.shape == (28, 28)
    assert (image[:, 7:21] == 255).all()
    assert not image[:, :7].any()
    assert not image[:, 21:].any()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a picture"),
        (b"hello", "is not a picture"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "picture"),
    ],
)
def test_what_is_not_a_picture(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    with pytest.raises(byhand.ByhandError, match=rf"bad\.png: .*{message}"):
        read_picture(path)


def test_every_way_of_cutting_a_picture_off(mnist: byhand.Dataset, tmp_path: Path) -> None:
    for name in ("digit.png", "digit.jpg", "digit.gif", "digit.bmp", "digit.tiff"):
        path = tmp_path / name
        Image.fromarray(mnist.test.images[0]).save(path)
        raw = path.read_bytes()
        for keep in np.linspace(1, len(raw) - 30, 25).astype(int):
            path.write_bytes(raw[:keep])
            with contextlib.suppress(byhand.ByhandError):  # Anything else is a failure.
                assert read_picture(path).shape == (28, 28)


def test_too_small_too_large_and_missing(tmp_path: Path) -> None:
    Image.new("L", (27, 28)).save(tmp_path / "small.png")
    with pytest.raises(byhand.ByhandError, match=r"27×28 pixels are too few"):
        read_picture(tmp_path / "small.png")
    Image.new("1", (20_000, 10_000)).save(tmp_path / "bomb.png")
    with pytest.raises(byhand.ByhandError, match="too many pixels"):
        read_picture(tmp_path / "bomb.png")
    with pytest.raises(byhand.ByhandError, match=r"none\.png: cannot be read"):
        read_picture(tmp_path / "none.png")
    with pytest.raises(byhand.ByhandError, match="cannot be read"):
        read_picture(tmp_path)


def test_dark_ink_is_noticed(mnist: byhand.Dataset) -> None:
    assert not any(is_dark_on_light(image) for image in mnist.test.images[:200])
    assert all(is_dark_on_light(255 - image) for image in mnist.test.images[:200])


@pytest.fixture
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
        FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
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
        FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
        boxes = [axes.title.get_window_extent() for axes in figure.axes if axes.get_title()]
        assert len(boxes) == 24
        assert all(box.x0 >= figure.bbox.x0 and box.x1 <= figure.bbox.x1 for box in boxes)
        for row in range(0, 24, 6):
            assert all(left.x1 < right.x0 for left, right in pairwise(boxes[row : row + 6]))


def test_a_perfect_reader_has_no_mistakes_to_draw(evaluation: byhand.Evaluation, mnist: byhand.Dataset) -> None:
    perfect = replace(evaluation, mistakes=evaluation.mistakes[:0])
    assert "Not one" in str(figures.worst_mistakes(perfect, mnist.test).get_suptitle())


def test_few_and_many_units(few: byhand.Split) -> None:
    for layers in ((), (1,), (300,)):
        *_, last = byhand.train(byhand.Recipe(layers=layers, epochs=1, batch_size=50), few)
        figure = figures.first_layer_weights(last.model)
        assert str(layers[0] if layers else 10) in figure.axes[0].get_title()


def test_transparent_paper_is_paper(mnist: byhand.Dataset, tmp_path: Path) -> None:
    ink = mnist.test.images[0]
    white = np.full((28, 28, 3), 255, np.uint8)
    Image.fromarray(np.dstack([white, ink])).save(tmp_path / "ink.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "ink.png"), ink)


def test_fractions_for_grey_levels_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.ones((28, 28), np.float32)).save(tmp_path / "float.tiff")
    with pytest.raises(byhand.ByhandError, match=r"float\.tiff: has fractions"):
        read_picture(tmp_path / "float.tiff")
