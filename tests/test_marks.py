"""What is too small for a digit, a point or a dash, is told beside the digits of its line."""

import byhand
from byhand.images.limits import Effort
from byhand.reading.proposals import read_pixels
from writing import write


def test_marks_stand_in_their_lines(mnist: byhand.Dataset) -> None:
    shipped = byhand.Model.load()
    written = write("31 15\n92", mnist.test)
    pixels = 255 - written.ink
    (_, top, right, bottom), (left, *_) = written.boxes[1:3]
    point = slice(bottom - 4, bottom + 1), slice(right + 5, right + 10)
    dash = slice((top + bottom) // 2, (top + bottom) // 2 + 6), slice(left - 42, left - 20)
    pixels[point], pixels[dash] = 0, 0
    first, second = read_pixels(pixels, shipped, Effort()).lines
    assert [len(number) for number in first.numbers] == [2, 2]
    assert [mark.box for mark in first.marks] == [
        (across.start, down.start, across.stop, down.stop) for down, across in (point, dash)
    ]
    assert second.marks == []
    heights = [glyph.height for number in first.numbers for glyph in number]
    assert min(heights) <= first.height <= max(heights)
