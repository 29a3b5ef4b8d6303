"""A page is read as people read it: line by line, digit by digit, and with a question mark where it cannot be."""

import re
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

import byhand
from byhand import machine
from byhand.images.ink.strokes import Stroke
from byhand.images.limits import Effort
from byhand.images.lines import lines
from byhand.images.rules import printed_lines
from byhand.reading.answers import UNLIKE_ANY, UNLIKE_DIGITS, answer
from writing import Written, enlarged, unmarked, write

Bytes = NDArray[np.uint8]
TEXT = "314 15\n926 5358\n97"


@pytest.fixture(scope="module")
def shipped() -> byhand.Model:
    return byhand.Model.load()


@pytest.fixture(scope="module")
def written(mnist: byhand.Dataset) -> Written:
    return write(TEXT, mnist.test)


def in_blue(ink: Bytes) -> Bytes:
    """Return ink as a blue pen's on cream paper."""
    return np.clip(np.stack([250 - 0.85 * ink, 240 - 0.75 * ink, 220 - 0.4 * ink], axis=2), 0, 255).astype(np.uint8)


def signs(names: str) -> dict[str, Bytes]:
    """Return printed signs, black on white."""
    pictures = {}
    for name in names:
        picture = Image.new("L", (200, 200), 255)
        ImageDraw.Draw(picture).text((50, 30), name, 0, ImageFont.load_default(120))
        pictures[name] = np.asarray(picture)
    return pictures


# Pages


def test_numbers_and_lines_are_read(shipped: byhand.Model, written: Written) -> None:
    page = byhand.read(255 - written.ink, shipped)
    assert page.text == TEXT
    assert [[len(number) for number in line] for line in page.lines] == [[3, 2], [3, 4], [2]]
    assert "".join(digit.text for digit in page.digits) == TEXT.replace(" ", "").replace("\n", "")
    assert page.size == written.ink.shape[::-1]
    for digit in page.digits:
        assert digit.image.shape == (28, 28)
        assert digit.answer.guesses[0][0] == digit.text


def test_boxes_lie_around_the_digits(shipped: byhand.Model, written: Written) -> None:
    boxes = [digit.box for digit in byhand.read(255 - written.ink, shipped).digits]
    assert np.abs(np.array(boxes) - written.boxes).max() <= 2


def test_the_model_that_comes_with_byhand_reads_if_none_is_named(written: Written) -> None:
    assert byhand.read(255 - written.ink).text == TEXT


def on_a_dark_table(pixels: Bytes, rng: np.random.Generator) -> Bytes:
    table = np.full((pixels.shape[0] + 160, pixels.shape[1] + 180, 3), [90, 60, 40], float)
    table[80:-80, 90:-90] = pixels
    return np.clip(table + rng.normal(0, 3, table.shape), 0, 255).astype(np.uint8)


def in_half_shadow(pixels: Bytes) -> Bytes:
    y, x = np.indices(pixels.shape[:2])
    light = 1 - 0.45 / (1 + np.exp((0.7 * pixels.shape[1] - x - y) / 40))
    shaded: Bytes = (pixels * light[..., None]).astype(np.uint8)
    return shaded


def on_ruled_paper(pixels: Bytes) -> Bytes:
    ruled = pixels.copy()
    for y in range(20, len(pixels), 43):
        ruled[y : y + 2] = np.minimum(ruled[y : y + 2], [150, 190, 230])
    return ruled


@pytest.mark.parametrize("kind", ["blue", "chalk", "shadow", "table", "rules", "photo"])
def test_paper_light_and_pen_do_not_matter(
    kind: str, shipped: byhand.Model, written: Written, rng: np.random.Generator
) -> None:
    blue = in_blue(written.ink)
    pixels = {
        "blue": blue,
        "chalk": (30 + 0.8 * written.ink).astype(np.uint8),
        "shadow": in_half_shadow(blue),
        "table": on_a_dark_table(blue, rng),
        "rules": on_ruled_paper(blue),
        "photo": np.clip(in_half_shadow(blue) + rng.normal(0, 6, blue.shape), 0, 255).astype(np.uint8),
    }[kind]
    assert unmarked(byhand.read(pixels, shipped)) == TEXT


@pytest.mark.parametrize("angle", [-5, -2, 2, 5])
def test_a_page_held_askew_is_read(shipped: byhand.Model, mnist: byhand.Dataset, angle: int) -> None:
    page = Image.fromarray(write("47 20\n356", mnist.test).ink).rotate(angle, Image.Resampling.BICUBIC)
    assert byhand.read(255 - np.asarray(page), shipped).text == "47 20\n356"


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_blank_page_has_no_lines(grey: int, shipped: byhand.Model, rng: np.random.Generator) -> None:
    page = byhand.read(np.full((120, 200), grey, np.uint8), shipped)
    assert (page.lines, page.text, page.digits, page.size) == ((), "", (), (200, 120))
    grain = np.clip(rng.normal(grey, 4, (200, 300)), 0, 255).astype(np.uint8)
    assert byhand.read(grain, shipped).text == ""


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (1, 300), (300, 1), (5, 100)])
def test_the_smallest_pages_are_no_trouble(shape: tuple[int, int], shipped: byhand.Model) -> None:
    for dots in (1, 0.1):
        pixels = np.where(np.random.default_rng(2).random(shape) < dots, 0, 255).astype(np.uint8)
        pixels[shape[0] // 2, shape[1] // 2] = 0
        assert byhand.read(pixels, shipped).size == shape[::-1]


def test_places_are_told_in_pixels_of_the_original(shipped: byhand.Model, mnist: byhand.Dataset) -> None:
    small = write("47", mnist.test)
    large = np.kron(255 - small.ink, np.ones((4, 4), np.uint8))
    large = np.pad(large, ((0, 0), (0, 2404 - large.shape[1])), constant_values=255)
    page = byhand.read(large, shipped)
    assert page.text == "47"
    assert page.size == (2404, small.ink.shape[0] * 4)
    assert np.abs(np.array([digit.box for digit in page.digits]) - 4 * np.array(small.boxes)).max() <= 6


def test_no_place_lies_beyond_the_picture(shipped: byhand.Model) -> None:
    tall = np.full((2501, 41), 255, np.uint8)
    tall[2440:, 20:] = 0
    page = byhand.read(tall, shipped)
    assert page.size == (41, 2501)


def test_digits_that_touch_are_told_apart(shipped: byhand.Model, mnist: byhand.Dataset) -> None:
    pairs = ("22", "26", "31", "44", "53", "60", "66", "77", "83", "98")
    pages = [write(pair, mnist.test, gap=-2) for pair in pairs]
    assert all(ndimage.label(page.ink > 100, np.ones((3, 3)))[1] == 1 for page in pages)
    assert sum(unmarked(byhand.read(255 - page.ink, shipped)) == page.text for page in pages) >= 8


def test_the_bar_of_a_five_belongs_to_it(shipped: byhand.Model) -> None:
    picture = Image.new("L", (200, 200), 255)
    draw = ImageDraw.Draw(picture)
    draw.line([(82, 62), (78, 96)], 0, 8)
    draw.arc([(60, 90), (125, 155)], 235, 140, 0, 8)
    draw.line([(96, 58), (135, 56)], 0, 8)  # not joined to the rest
    pixels = np.asarray(picture)
    assert ndimage.label(pixels < 128, np.ones((3, 3)))[1] == 2
    page = byhand.read(pixels, shipped)
    assert page.text == "5"
    left, top, right, bottom = page.digits[0].box
    assert left < 82
    assert top < 60
    assert right > 130
    assert bottom > 150


def test_specks_are_no_digits(shipped: byhand.Model, written: Written, rng: np.random.Generator) -> None:
    dusty = 255 - written.ink
    height, width = dusty.shape
    for y, x in zip(rng.integers(0, height - 4, 60), rng.integers(0, width - 4, 60), strict=True):
        dusty[y : y + 3, x : x + 3] = 60
    assert byhand.read(dusty, shipped).text == TEXT


def test_printed_lines_are_no_digits(shipped: byhand.Model, mnist: byhand.Dataset) -> None:
    page = write("26 80", mnist.test)
    pixels = 255 - page.ink
    pixels[-30:-27] = 0
    pixels[:, 14:17] = 0  # a margin
    picture = Image.fromarray(pixels)
    ImageDraw.Draw(picture).line([(0, 16), (picture.width, 22)], 40, 2)
    assert byhand.read(np.asarray(picture), shipped).text == "26 80"


def test_boxes_around_digits_are_no_digits(shipped: byhand.Model, mnist: byhand.Dataset) -> None:
    page = write("26 80", mnist.test, gap=40)
    picture = Image.fromarray(255 - page.ink)
    for left, top, right, bottom in page.boxes:
        ImageDraw.Draw(picture).rectangle([left - 14, top - 14, right + 14, bottom + 14], outline=0, width=2)
    assert byhand.read(np.asarray(picture), shipped).text == "26 80"


@pytest.mark.parametrize("grain", [10, 14])
def test_rules_that_grain_breaks_into_dashes_are_no_digits(
    grain: int, shipped: byhand.Model, mnist: byhand.Dataset
) -> None:
    pixels = in_blue(write("26 80 41\n739 15", mnist.test).ink).astype(float)
    for y in range(20, len(pixels), 22):
        pixels[y : y + 3] = np.minimum(pixels[y : y + 3], [190, 180, 160])
    pixels += np.random.default_rng(3).normal(0, grain, pixels.shape)
    assert byhand.read(np.clip(pixels, 0, 255).astype(np.uint8), shipped).text == "26 80 41\n739 15"


def test_reading_twice_gives_the_same(shipped: byhand.Model, mnist: byhand.Dataset) -> None:
    pixels = in_blue(write("26 8", mnist.test).ink)
    first, second = (byhand.read(pixels, shipped) for _ in range(2))
    assert first.to_dict() == second.to_dict()
    for one, other in zip(first.digits, second.digits, strict=True):
        np.testing.assert_array_equal(one.image, other.image)


def test_a_page_as_json(shipped: byhand.Model, written: Written) -> None:
    page = byhand.read(255 - written.ink, shipped)
    told = page.to_dict()
    assert set(told) == {"text", "size", "lines", "numbers"}
    digit = told["lines"][0][0][0]  # type: ignore[index]
    assert digit["box"] == list(page.digits[0].box)  # type: ignore[index,call-overload]
    assert digit["digit"] == "3"  # type: ignore[index,call-overload]


# Doubts


def test_what_is_unsure_is_a_question_mark_with_a_reason(shipped: byhand.Model, written: Written) -> None:
    careful = replace(shipped, details={"calibration": {"threshold": 2}})
    page = byhand.read(255 - written.ink, careful)
    assert set(page.text) == {"?", " ", "\n"}
    assert all(digit.answer.reason for digit in page.digits)


def test_an_asterisk_among_digits_is_a_question_mark(shipped: byhand.Model, mnist: byhand.Dataset) -> None:
    page = write("308", mnist.test, gap=30)
    left, top, right, bottom = page.boxes[1]
    picture = Image.fromarray(255 - page.ink)
    draw = ImageDraw.Draw(picture)
    draw.rectangle([(left, top), (right, bottom)], 255)
    x, y, r = (left + right) // 2, (top + bottom) // 2, 24
    for dx, dy in ((0, r), (r, 0), (r, r), (r, -r)):
        draw.line([(x - dx, y - dy), (x + dx, y + dy)], 0, 6)
    read = byhand.read(np.asarray(picture), shipped)
    assert re.fullmatch(r"3\?+8", read.text)
    assert all((digit.answer.reason is None) == (digit.text != "?") for digit in read.digits)


def test_most_letters_are_refused(shipped: byhand.Model) -> None:
    letters = signs("AEFHKLMNPRTUVWXYekmntw#@%+=*")
    refused = [byhand.recognize(picture, shipped).name is None for picture in letters.values()]
    assert sum(refused) >= 0.85 * len(refused)


def test_noise_is_refused(shipped: byhand.Model, rng: np.random.Generator) -> None:
    for shape in ((28, 28), (40, 60), (200, 200)):
        for _ in range(8):
            said = byhand.recognize(rng.integers(0, 256, shape, np.uint8), shipped)
            assert said.name is None
            assert said.reason


def test_single_digits_are_named(shipped: byhand.Model, mnist: byhand.Dataset) -> None:
    images, labels = mnist.test.images[:600], mnist.test.labels[:600]
    said = [byhand.recognize(np.pad(enlarged(image), 20), shipped).name for image in images]
    named = [name == str(label) for name, label in zip(said, labels, strict=True) if name]
    assert len(named) >= 0.97 * len(said)
    assert np.mean(named) >= 0.995  # as it is calibrated


def test_a_blank_picture_is_no_digit(shipped: byhand.Model) -> None:
    said = byhand.recognize(np.zeros((50, 50), np.uint8), shipped)
    assert (said.name, said.reason) == (None, "it is blank")


@pytest.mark.parametrize(
    ("probabilities", "name", "reason"),
    [
        ({3: 0.9, 5: 0.1}, "3", None),
        ({3: 0.8, 5: 0.2}, "3", None),
        ({3: 0.79, 5: 0.21}, None, "it may be 3 or 5"),
        ({1: 0.4, 7: 0.5}, None, "it may be 7 or 1"),
        ({3: 0.75, 5: 0.05, 6: 0.05, 7: 0.15}, None, "it may be 3 or 7"),
        ({3: 0.7, 5: 0.09, 6: 0.09, 7: 0.09}, None, "it is somewhat like 3, not enough"),
        (dict.fromkeys(range(10), 0.1), None, UNLIKE_DIGITS),
        ({3: 0.4, 5: 0.2, 6: 0.2, 7: 0.2}, None, UNLIKE_DIGITS),
    ],
)
def test_what_is_said_of_probabilities(
    probabilities: dict[int, float], name: str | None, reason: str | None, shipped: byhand.Model
) -> None:
    row = np.zeros(10, np.float32)
    row[list(probabilities)] = list(probabilities.values())
    careful = replace(shipped, details={"calibration": {"threshold": float(np.float32(0.8))}})
    said = answer(careful, row)
    assert (said.name, said.reason) == (name, reason)
    assert [share for _, share in said.guesses] == sorted(row.tolist(), reverse=True)
    assert dict(said.guesses) == dict(zip("0123456789", row.tolist(), strict=True))
    told = said.to_dict()
    assert (told["digit"], told["reason"], told["best"], told["second"]) == (
        name,
        reason,
        *list(dict(said.guesses))[:2],
    )
    assert (told["probability"], told["second_probability"]) == (said.guesses[0][1], said.guesses[1][1])
    assert list(told["probabilities"]) == sorted("0123456789")  # type: ignore[arg-type]
    problem = answer(careful, row, "it is blank")
    assert (problem.name, problem.reason) == (None, "it is blank")


@pytest.mark.parametrize(
    ("probabilities", "name"),
    [
        ({1: 0.4, 7: 0.6}, "7"),
        ({1: 0.45, 7: 0.49}, None),
        ({7: 0.31, **dict.fromkeys((1, 2, 3, 4, 5, 6), 0.1)}, "7"),
        ({7: 0.31, **dict.fromkeys((1, 2, 3), 0.23)}, None),
        (dict.fromkeys(range(10), 0.1), None),
    ],
)
@pytest.mark.parametrize("threshold", [0.8, 0.2])
def test_among_digits_a_guess_is_told_that_stands_out(
    threshold: float, probabilities: dict[int, float], name: str | None, shipped: byhand.Model
) -> None:
    row = np.zeros(10, np.float32)
    row[list(probabilities)] = list(probabilities.values())
    careful = replace(shipped, details={"calibration": {"threshold": threshold}})
    said, alone = (answer(careful, row, among_digits=among).name for among in (True, False))
    assert said == (alone if threshold < max(probabilities.values()) else name)


def test_a_network_of_other_classes_does_not_talk_of_digits(shipped: byhand.Model) -> None:
    letters = replace(shipped, classes=tuple("abcdefghij"))
    assert answer(letters, np.full(10, 0.1, np.float32)).reason == UNLIKE_ANY


def test_models_of_other_images_are_refused(written: Written) -> None:
    tiny = byhand.Model((4, 10), "relu", np.zeros(50, np.float32), tuple("0123456789"), (2, 2))
    for use in (byhand.read, byhand.recognize):
        with pytest.raises(
            byhand.UsageError, match=r"the model takes images of \(2, 2\); pictures are prepared to 28×28"
        ):
            use(255 - written.ink, tiny)


@pytest.mark.parametrize("missing", ["scipy", "skimage"])
def test_pages_need_more_than_single_drawings(
    missing: str, shipped: byhand.Model, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "find_spec", lambda name: None if name == missing else True)
    with pytest.raises(byhand.ByhandError, match=r'pip install "byhand\[read\]"'):
        byhand.read(255 - written.ink, shipped)


# Printed lines


@pytest.mark.parametrize("slope", [-0.09, -0.04, 0.0, 0.013, 0.09])
def test_a_printed_line_is_found_and_a_digit_on_it_spared(slope: float, mnist: byhand.Dataset) -> None:
    digit = np.zeros((300, 400), bool)
    ink = enlarged(mnist.test.images[3]) > 100  # a 0
    digit[120 : 120 + ink.shape[0], 180 : 180 + ink.shape[1]] = ink
    line = Image.new("1", (400, 300))
    ImageDraw.Draw(line).line([(0, 150 - 200 * slope), (399, 150 + 199 * slope)], 1, 2)
    ruled = np.asarray(line)
    found = printed_lines(digit | ruled, 5, 100, 100, Effort())
    assert (found & digit & ~ruled).sum() <= 0.02 * digit.sum()
    assert (found & ruled & ~digit).sum() >= 0.98 * (ruled & ~digit).sum()
    upright = printed_lines((digit | ruled).T, 5, 100, 100, Effort())
    np.testing.assert_array_equal(upright, found.T)


def test_digits_alone_have_no_printed_lines(mnist: byhand.Dataset) -> None:
    for image in mnist.test.images[:50]:
        assert not printed_lines(np.pad(enlarged(image) > 100, 20), 5, 90, 120, Effort()).any()


def read_drawn(picture: Image.Image, shipped: byhand.Model) -> str:
    return byhand.read(255 - np.asarray(picture), shipped).text


def test_a_tightly_cropped_digit_is_read(shipped: byhand.Model, mnist: byhand.Dataset) -> None:
    for text in ("0", "3", "6", "8"):
        ink = write(text, mnist.test).ink
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        cropped = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        assert byhand.read(255 - cropped, shipped).text == text


def test_smaller_writing_below_larger_is_read(shipped: byhand.Model, mnist: byhand.Dataset) -> None:
    large, small = (Image.fromarray(write(text, mnist.test).ink) for text in ("2024", "356 28"))
    small = small.resize((small.width // 3, small.height // 3), Image.Resampling.BOX)
    page = Image.new("L", (large.width + 20, large.height + small.height + 40))
    page.paste(large, (0, 0))
    page.paste(small, (10, large.height + 20))
    assert read_drawn(page, shipped) == "2024\n356 28"


def test_a_column_of_single_digits_keeps_every_line(shipped: byhand.Model, mnist: byhand.Dataset) -> None:
    assert len(byhand.read(255 - write("7\n1\n3\n1", mnist.test).ink, shipped).lines) == 4


def test_a_digit_broken_in_two_stays_in_its_line() -> None:
    boxes = [(0, 0, 60, 100), (82, -60, 142, 20), (80, 35, 140, 105), (160, 0, 220, 100)]
    found = [Stroke(box, np.ones((box[3] - box[1], box[2] - box[0]), bool)) for box in boxes]
    (line,) = lines(found)
    assert sorted(stroke.box for stroke in line) == sorted(boxes)
    far = Stroke((82, -90, 142, -10), found[1].mask)
    assert [len(line) for line in lines([found[0], far, *found[2:]])] == [1, 3]


def test_a_sheet_with_nothing_like_a_digit_has_a_question_mark(shipped: byhand.Model) -> None:
    picture = Image.new("L", (200, 200))
    draw = ImageDraw.Draw(picture)
    for dx, dy in ((0, 40), (40, 0), (40, 40), (40, -40)):
        draw.line([(100 - dx, 100 - dy), (100 + dx, 100 + dy)], 255, 9)
    assert set(read_drawn(picture, shipped)) == {"?"}
