"""Tables: rows and columns of a page seen from aside, printed lines that are no writing, and words."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from byhand.images.ink.printed import ruled
from byhand.images.ink.strokes import connected, typical_height
from byhand.images.limits import Effort
from byhand.images.paper import Sheet
from byhand.images.rules import printed_lines
from byhand.images.segment import find
from byhand.reading.numbers.columns import edges_between, straightened
from byhand.reading.numbers.parting import cuts
from byhand.reading.numbers.words import are_numbers
from byhand.reading.parsing import ONE_NUMBER, Line, _widest_gap
from byhand.reading.sharing import Glyph
from byhand.reading.walls import with_walls

Floats = NDArray[np.float64]
HEIGHT = 40.0
EFFORT = Effort(10**12)


def digit(left: float, top: float = 0.0, *, sure: bool = True, whole: float = 0.99, tall: float = HEIGHT) -> Glyph:
    """Return a digit, or something that is less like one."""
    probabilities = np.full(10, 0.001 if sure else 0.07, np.float32)
    probabilities[1] = 1 - 9 * probabilities[0]
    box = round(left), round(top), round(left + 0.6 * tall), round(top + tall)
    return Glyph(box, np.zeros((28, 28), np.uint8), probabilities, 100, whole)


def table(columns: Sequence[float], rows: int = 5) -> Floats:
    """Return the boxes of numbers in columns."""
    return np.array([(x, 80.0 * row, x + 90, 80 * row + HEIGHT) for row in range(rows) for x in columns])


@pytest.mark.parametrize(("turned", "fan"), [(0.0, 0.0), (0.07, 0.0), (-0.05, 0.0), (0.02, 0.08)])
def test_a_page_is_straightened(turned: float, fan: float) -> None:
    boxes = table([0, 200, 400, 600])
    x, y = boxes[:, 0] - 300, boxes[:, 1] - 160
    seen = boxes.copy()
    seen[:, [1, 3]] += (turned * x)[:, None]
    seen[:, [0, 2]] += (-(turned + fan * x / 700) * y)[:, None]
    straight = straightened(seen, HEIGHT)
    level = straight.level((seen[:, :2] + seen[:, 2:]) / 2).reshape(5, 4)
    across = straight.spans(seen).mean(axis=1).reshape(5, 4)
    assert np.ptp(level, axis=1).max() < 0.3 * HEIGHT
    assert np.ptp(across, axis=0).max() < 0.4 * HEIGHT


def test_a_column_alone_is_straight() -> None:
    straight = straightened(table([0]), HEIGHT)
    assert (straight.row, straight.row_fan, straight.column, straight.column_fan) == (0, 0, 0, 0)


def test_a_number_that_stands_in_two_pieces_is_no_column_of_its_own() -> None:
    rows = [np.array([[0, 90], [200, 290]], float) for _ in range(5)]
    rows[2] = np.array([[0, 30], [55, 90], [200, 290]], float)
    assert len(edges_between(rows, HEIGHT)) == 1
    rows[2] = np.array([[0, 30], [120, 150], [200, 290]], float)
    assert len(edges_between(rows, HEIGHT)) == 2


def test_numbers_of_two_columns_are_cut_where_other_rows_have_a_gap() -> None:
    def stroke(left: float, row: int) -> list[float]:
        return [left, 80.0 * row, left + 24, 80 * row + HEIGHT]

    apart = [[np.array([stroke(x, row), stroke(x + 30, row)]) for x in (0, 120)] for row in range(5)]
    near = np.array([stroke(x, 5) for x in (10, 40, 86, 116)])
    lines = [*apart, [near]]
    assert cuts(lines, HEIGHT)[5] == [[2]]
    assert not any(place for line in cuts(lines, HEIGHT)[:5] for place in line)
    evenly = np.array([stroke(x, 5) for x in (10, 40, 70, 100)])
    assert cuts([*apart, [evenly]], HEIGHT)[5] == [[]]
    assert cuts([[near], apart[0]], HEIGHT) == [[[]], [[], []]]
    single = [[number[:1] for number in line] for line in apart]
    assert cuts(single, HEIGHT) == [[[], []]] * 5  # of one digit each


def test_a_narrow_gap_between_columns_is_one() -> None:
    rows = [([digit(0), digit(30), digit(90)], HEIGHT), ([digit(0), digit(30), digit(150), digit(400)], HEIGHT)]
    assert 6 / HEIGHT < _widest_gap(rows, []) < 36 / HEIGHT
    point = replace(digit(0), box=(62, 36, 66, 40))
    assert _widest_gap([([digit(0), digit(30), digit(76)], HEIGHT)], [point]) == ONE_NUMBER


def grid(dashed: bool) -> NDArray[np.bool_]:
    """Return a table's lines, 2 pixels thick."""
    page = np.zeros((400, 800), bool)
    for y in range(20, 400, 60):
        page[y : y + 2, 20:782] = True
    for x in range(20, 800, 190):
        page[20:382, x : x + 2] = True
    if dashed:
        page[:, ::12] = page[::12] = False
    return page


def with_digits(page: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the same with rings as high as digits in most cells."""
    page = page.copy()
    for y in range(30, 370, 60):
        for x in range(60, 600, 190):
            page[y : y + 40, x : x + 24] = True
            page[y + 6 : y + 34, x + 6 : x + 18] = False
    return page


def test_the_lines_of_a_table_do_not_tell_how_high_its_writing_is() -> None:
    assert typical_height(connected(with_digits(grid(dashed=False)), EFFORT)) == HEIGHT


def test_dashes_of_a_line_are_a_line() -> None:
    lines = grid(dashed=True)
    assert ruled(lines, HEIGHT) == lines.sum()
    short = np.zeros((100, 100), bool)
    short[50:52, 10:30] = True
    assert ruled(short, HEIGHT) == pytest.approx(0.1 * short.sum(), rel=0.3)


def test_bars_between_the_boxes_of_a_form_are_no_ones() -> None:
    page = np.zeros((120, 900), bool)
    page[100:102, 20:880] = True
    for x in range(20, 900, 60):
        page[84:102, x : x + 3] = True
        page[40:80, x + 16 : x + 40] = True
        page[46:74, x + 22 : x + 34] = False
    found = find(Sheet(page.astype(np.float32), True, 0.0, 1.0), EFFORT, edges=True, rules=False)
    assert {stroke.height for stroke in found.strokes} == {40}


def test_ticks_of_a_comb_are_no_ones_though_some_are_thicker() -> None:
    page = np.zeros((120, 900), bool)
    page[100:102, 20:880] = True
    for k, x in enumerate(range(20, 900, 60)):
        page[74:102, x : x + 4 + (k % 5 == 0)] = True
        page[40:80, x + 16 : x + 40] = True
        page[46:74, x + 22 : x + 34] = False
    found = find(Sheet(page.astype(np.float32), True, 0.0, 1.0), EFFORT, edges=True, rules=False)
    assert {stroke.height for stroke in found.strokes} == {40}


def test_a_thin_comma_that_goes_through_a_line_is_written() -> None:
    page = with_digits(np.zeros((400, 600), bool))
    page[70:72] = True
    page[61:79, 100:104] = True
    found = find(Sheet(page.astype(np.float32), True, 0.0, 1.0), EFFORT, edges=True, rules=False)
    assert any(stroke.box == (100, 61, 104, 79) for stroke in found.strokes)


def test_a_digit_whose_loops_are_filled_is_no_blot() -> None:
    page = with_digits(np.zeros((400, 600), bool))
    page[30:70, 60:84] = True
    found = find(Sheet(page.astype(np.float32), True, 0.0, 1.0), EFFORT, edges=True, rules=False)
    assert [stroke.area for stroke in found.strokes if stroke.box == (60, 30, 84, 70)] == [24 * 40]


def test_where_lines_cross_they_are_lines_but_not_where_a_pen_crosses_them() -> None:
    lines = np.zeros((400, 600), bool)
    for aside in range(4):
        lines[:, 20 + aside :: 50] = lines[10 + aside :: 50] = True
    assert (printed_lines(lines, 5, 100, 100, EFFORT) == lines).all()
    written = np.zeros((400, 600), bool)
    written[190:230, 285:292] = True
    assert not (printed_lines(lines | written, 5, 100, 100, EFFORT) & written).any()


def test_faint_lines_are_found_as_well() -> None:
    ink = np.zeros((400, 600), np.float32)
    ink[:, 20:600:90] = 0.3
    ink[with_digits(np.zeros((400, 600), bool))] = 1
    ink[5:395:12, 20:600:90] = 0.5  # They are dark enough here and there.
    ink[6:395:12, 20:600:90] = ink[7:395:12, 20:600:90] = 0.5
    found = find(Sheet(ink, True, 0.0, 1.0), EFFORT, edges=True, rules=False)
    assert {stroke.height for stroke in found.strokes} == {HEIGHT}
    assert found.lines[:, 200].all()


def test_words_are_no_numbers() -> None:
    number = [digit(x) for x in (0, 30, 60)]
    word = [digit(x, sure=x == 30, whole=0.5, tall=20) for x in (0, 15, 30, 45)]
    lucky = [digit(x, whole=0.6, tall=20) for x in (0, 15)]
    doubtful = [digit(0), digit(30, sure=False)]
    assert are_numbers([number, word, number, doubtful, word, lucky]) == [True, False, True, True, False, False]
    assert are_numbers([word, word]) == [True, True]  # There is nothing else to read.
    small = [digit(x, tall=14) for x in (0, 10, 20)]
    assert are_numbers([number, small, number]) == [True, True, True]
    assert are_numbers([]) == []


def test_walls_part_cells_but_not_the_digits_of_a_form() -> None:
    printed = np.zeros((100, 400), bool)
    printed[50:52] = True
    printed[:90, 58:60] = printed[:90, 118:120] = True
    cells = Line([[digit(0), digit(30), digit(64), digit(92)], [digit(124), digit(152)]], [], HEIGHT, 20.0)
    assert with_walls([cells], printed)[0].walls == (58.5, 118.5)
    boxes = Line([[digit(30), digit(64), digit(124)]], [], HEIGHT, 40.0)
    assert with_walls([boxes], printed)[0].walls == ()
    low = printed & (np.arange(100) < 52)[:, None]  # It reaches no further than its line of writing: a box around it.
    assert with_walls([cells], low)[0].walls == ()
    printed[:90, 8:12] = printed[:90, 70:74] = True  # They go through digits: squared paper.
    assert with_walls([cells], printed)[0].walls == ()
    assert with_walls([cells], np.zeros((100, 400), bool)) == [cells]
