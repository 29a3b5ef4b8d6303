"""What a prompt and a notebook show of byhand's records: a line each, and a small picture where one wants it."""

import dataclasses
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import numpy as np
import pytest

import byhand
from byhand.images.pictures import open_picture
from byhand.images.showing import texts
from byhand.images.showing.charts import MOST_MARKED
from byhand.images.showing.rasters import MOST_OF_PHOTO, photo
from byhand.judging.ensembles import ensemble
from byhand.judging.evaluation import compare
from byhand.learning.training import Training
from byhand.reading.answers import Answer
from byhand.reading.numbers.number import Digit, Number
from conftest import REPOSITORY

PICTURE = REPOSITORY / "docs" / "pictures" / "page.jpg"
LONGEST_LINE, LARGEST = 250, 100_000
HOSTILE = ('</div><script>alert("1")</script>', "<img src=x onerror=alert(1)>", "a & b \" ' `", "ß 你好 😀")


class Elements(HTMLParser):
    """The elements of a text, which are all closed, and what attributes they have."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.open += [] if tag == "img" else [tag]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def names(self) -> set[str]:
        return {tag for tag, _, _ in self.attributes}


def html(record: object) -> Elements:
    """Return what a notebook shows of a record, if that is sound, small, and loads nothing from anywhere."""
    text = record._repr_html_()  # type: ignore[attr-defined]
    assert len(text) <= LARGEST
    elements = Elements(text)
    assert not elements.names() & {"script", "style", "link", "iframe"}
    for tag, name, value in elements.attributes:
        assert not name.startswith("on"), f"{tag} {name}"
        assert name not in ("src", "href") or (value or "").startswith("data:image/")
    pictures = [tag for tag, name, _ in elements.attributes if (tag, name) in {("img", "src"), ("svg", "role")}]
    told = [value for tag, name, value in elements.attributes if (tag, name) in {("img", "alt"), ("svg", "aria-label")}]
    assert len(pictures) == len(told)
    assert all(told)
    return elements


@pytest.fixture(scope="module")
def training(data: byhand.Dataset) -> Training:
    """Return a training in its second epoch, with validation images and patience."""
    choices = {"optimizer": "adam", "average": 0.9, "validation": 50, "patience": 2}
    recipe = byhand.Recipe(layers=(12,), epochs=3, limit=200, batch_size=20, **choices)  # type: ignore[arg-type]
    training = Training(recipe, data.train)
    while training.place.epoch == 1:
        training.advance()
    return training


@pytest.fixture(scope="module")
def read() -> byhand.Page:
    return byhand.read(PICTURE)


def made(thing: object, seen: set[int]) -> Iterator[object]:
    """Yield a record of byhand's and all records that its fields lead to."""
    if isinstance(thing, tuple):
        for each in thing:
            yield from made(each, seen)
    if not type(thing).__module__.startswith("byhand.") or id(thing) in seen:
        return
    seen.add(id(thing))
    yield thing
    names = [entry.name for entry in dataclasses.fields(thing)] if dataclasses.is_dataclass(thing) else [*vars(thing)]
    for name in names:
        if not name.startswith("_"):
            yield from made(getattr(thing, name), seen)


def test_what_runs_from_right_to_left_leaves_the_order_of_numbers(data: byhand.Dataset) -> None:
    names = ("واحد", "שתיים", *"23456789")
    train, test = (byhand.Split(split.images, split.labels, names) for split in (data.train, data.test))
    counts = " + ".join(f"{np.sum(split.labels == 0):,}" for split in (train, test))
    shown = byhand.Dataset("x", train, test)._repr_html_()
    assert re.search(rf"<b>{names[0]}</b> <bdi [^>]+>{re.escape(counts)}</bdi>", shown)
    judged = byhand.evaluate(
        byhand.fit(byhand.Recipe(layers=(4,), epochs=1, limit=10, engine="numpy"), train), test[:200]
    )
    assert re.search(r"misread: (<bdi>[^<]+</bdi> as <bdi>[^<]+</bdi>: \d+(; )?)+<", judged._repr_html_())


def test_every_record_has_one_line(
    training: Training, data: byhand.Dataset, model: byhand.Model, read: byhand.Page
) -> None:
    evaluation, drawing = byhand.evaluate(model, data), data.test.images[0]
    epochs = byhand.train(byhand.Recipe(limit=3, epochs=1), data)
    unbegun = repr(epochs)
    others = (model.compile(), ensemble([model, model]), compare(evaluation, evaluation), byhand.Recipe(epochs=3))
    under_way = (training.advance(), training.advance(), training.state(), epochs, *epochs)
    looked_at = (read, byhand.recognize(drawing), byhand.prepare(drawing))
    found = [*made((data, model, evaluation, *others, *under_way, *looked_at), set())]
    kinds = {type(record).__name__ for record in found}
    assert kinds >= {"Split", "Picture", "Digit", "Fitted", "Training", "Place", "State", "Epochs", "Answer", "Epoch"}
    for line in (unbegun, *map(repr, found)):
        assert len(line.splitlines()) == 1, line
        assert len(line) <= LONGEST_LINE, f"{len(line)}: {line}"
        assert "array(" not in line


def test_a_line_says_what_one_wants_to_know(data: byhand.Dataset, model: byhand.Model) -> None:
    evaluation = byhand.evaluate(model, data)
    assert repr(data) == "<byhand.Dataset mnist, 300 training and 500 test images of 28×28, 10 classes (0, 1, 2 … 9)>"
    assert repr(data.test) == "<byhand.Split: 500 images of 28×28, 10 classes (0, 1, 2 … 9)>"
    assert repr(model) == "<byhand.Model 784-128-64-10, relu, 109,386 parameters, 10 classes (0, 1, 2 … 9)>"
    assert repr(byhand.Model.load()).endswith("% of its test images read right>")
    assert f"{100 * evaluation.accuracy:.2f} % of 500 images" in repr(evaluation)
    assert repr(byhand.recognize(np.zeros((28, 28), np.uint8))) == "<byhand.Answer: none, it is blank>"
    assert repr(byhand.Recipe(epochs=3, layers=(30,))) == "byhand.Recipe(layers=(30,), epochs=3)"


def test_names_of_files_do_nothing_to_a_terminal(data: byhand.Dataset) -> None:
    named = dataclasses.replace(open_picture(data.test.images[0]), name="a\x1b[2J\nb" + 300 * "c")
    assert repr(named).isprintable()
    assert len(repr(named)) < LONGEST_LINE


def test_a_data_set_shows_images_of_each_class(data: byhand.Dataset) -> None:
    for shown in (data, data.test):
        told = [value for tag, name, value in html(shown).attributes if (tag, name) == ("img", "alt")]
        assert len(told) == 10
        assert "7 images of the class 3" in told


def test_a_model_shows_its_layers_and_first_weights(model: byhand.Model) -> None:
    words = html(model).words
    assert all(part in words for part in ("hidden 1", "100,480", "softmax", "first 64 of 128 units"))
    assert html(byhand.Model((4, 2), "relu", np.zeros(10, np.float32), ("a", "b"), (2, 2)))


def test_an_epoch_shows_what_its_network_looks_for(data: byhand.Dataset) -> None:
    recipe = byhand.Recipe(layers=(12,), epochs=1, limit=100, validation=50, engine="numpy")
    words = html(byhand.fit(recipe, data.train)).words
    assert all(part in words for part in ("Epoch 1", "of the validation images", "What 12 units look for"))


def test_a_recipe_shows_the_choices_that_are_not_the_usual_ones() -> None:
    words = html(byhand.Recipe(layers=(30,), class_weight=(("<b>", 2.0),))).words
    assert all(part in words for part in ("layers", "(30,)", "(128, 64)", "Units of each hidden layer", "<b>"))
    assert "momentum" not in words
    assert "every choice as by default" in html(byhand.Recipe()).words


def test_a_number_shows_its_digits(read: byhand.Page) -> None:
    number = read.lines[0][0]
    elements = html(number)
    assert number.marked in elements.words
    assert f"else perhaps {number.second}" in elements.words
    assert [tag for tag, name, _ in elements.attributes if (tag, name) == ("img", "src")] == ["img"] * len(number)
    many = dataclasses.replace(number, digits=number.digits * 20, second=None)
    assert "more digits" in html(many).words


def test_an_evaluation_shows_its_matrix(data: byhand.Dataset, model: byhand.Model) -> None:
    evaluation = byhand.evaluate(model, data)
    words = html(evaluation).words
    assert "most often misread" in words
    assert str(evaluation.confusion_matrix[0, 0]) in words


def test_a_page_shows_boxes_and_what_was_read(read: byhand.Page) -> None:
    assert repr(read) == "<byhand.Page: page.jpg, 24 digits in 3 lines>"
    elements = html(read)
    assert read.text in elements.words
    (blue, orange) = [value or "" for tag, name, value in elements.attributes if (tag, name) == ("path", "d")]
    assert blue.count("M") + orange.count("M") == len(read.digits)
    assert html(dataclasses.replace(read, preview=None))


def test_an_answer_shows_image_and_bars(data: byhand.Dataset, read: byhand.Page) -> None:
    answer = byhand.recognize(data.test.images[0])
    elements = html(answer)
    assert {"img", "svg"} <= elements.names()
    assert "> 99.9 %" in elements.words
    assert "it is blank" in html(byhand.recognize(np.zeros((28, 28), np.uint8))).words
    for shown in (byhand.prepare(data.test.images[0]), open_picture(PICTURE), read.digits[0]):
        assert "img" in html(shown).names()


@pytest.mark.parametrize("count", [2, 10, 23, 32, 255])
def test_hostile_names_are_only_names(count: int) -> None:
    names = (HOSTILE + tuple(f"<b>{k}</b>" + 90 * "&" for k in range(count)))[:count]
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (8 * count, 28, 28), dtype=np.uint8)
    split = byhand.Split(images, (np.arange(8 * count) % count).astype(np.uint8), names)
    model = byhand.Model((784, count), "relu", rng.normal(size=785 * count).astype(np.float32), names)
    for record in (split, byhand.Dataset("<i>x</i>", split, split), model, byhand.evaluate(model, split)):
        elements = html(record)
        assert elements.names() <= {"bdi", "div", "img", "table", "tr", "th", "td", "thead", "b"}
        assert len(repr(record)) <= LONGEST_LINE
    assert html(byhand.recognize(images[0], model)).words


def test_what_a_notebook_shows_is_small_however_large_the_data() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (4, 1000, 1000), dtype=np.uint8)
    html(byhand.Split(images, np.array([0, 1, 1, 0], np.uint8), ("a", "b")))
    html(byhand.Split(np.zeros((3, 1, 5), np.uint8), np.zeros(3, np.uint8)))
    html(byhand.Split(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.uint8)))
    html(byhand.Model((10**6, 2), "relu", rng.normal(size=2 * 10**6 + 2).astype(np.float32), ("a", "b"), (1000, 1000)))
    noise = rng.integers(0, 256, (2400, 2400, 3), dtype=np.uint8)
    assert len(photo(noise)) <= MOST_OF_PHOTO
    guesses = (("<<<<<<7", 0.9), ("1", 0.1))
    numbers = tuple(
        Number(
            tuple(
                Digit(
                    (x, y, x + 20, y + 20), noise[:28, :28, 0], Answer(guesses[0][0] if x % 3 else None, guesses, None)
                )
                for x in range(0, 2400, 24)
            ),
            (),
            "<<<<<<7?",
            "other",
            None,
            0.0,
            certain=False,
        )
        for y in range(0, 2400, 24)
    )
    read = byhand.Page((numbers,), (9600, 9600), "<b>", photo(noise))
    assert len(read.digits) > MOST_MARKED
    assert "first 400 digits are marked" in html(read).words


@pytest.mark.parametrize(
    ("share", "written"),
    [(0, "0.0 %"), (1, "100.0 %"), (0.99999, "> 99.9 %"), (1e-9, "< 0.1 %"), (0.5, "50.0 %"), (0.9989, "99.9 %")],
)
def test_nearly_all_is_not_all(share: float, written: str) -> None:
    assert texts.percent(share) == written
