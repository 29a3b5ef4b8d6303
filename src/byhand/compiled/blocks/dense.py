"""Matrix products of small matrices: four rows of the result at a time, in registers.

For the sizes of hidden layers these are several times as fast as a library's, whose preparations pay for large ones
only. Of the right matrix, a part that fits into the first-level cache is copied together and used for all rows.
"""

from typing import NamedTuple

from byhand.compiled.compiling import part
from byhand.compiled.vectors import Vector, add_times, load, store, store_first, transpose, zeros
from byhand.types import Floats

DEPTH = 128  # rows of a tile
FEW = 4  # rows, for which a tile is not worth its copying
TILE = DEPTH * 64  # numbers of the largest one


class Matrix(NamedTuple):
    """Numbers of a flat array as a matrix: that of row i and column j stands at start + i · down + j · right."""

    values: Floats
    start: int
    down: int
    right: int


@part
def add_product(begin: Matrix, a: Matrix, b: Matrix, out: Matrix, shape: tuple[int, int, int], tile: Floats) -> None:
    """Write begin + a · b into `out`, for a (m, depth) and b (depth, n), given shape (m, depth, n).

    Rows of `begin` and `out` are dense, those of `b` or its columns. Arrays have room for a vector behind their last
    number; `out` is written where it says alone.
    """
    n = shape[2]
    wide = n // 64 * 64 if n % 64 <= 16 else (n + 63) // 64 * 64
    for j in range(0, wide, 64):
        _columns(zeros(64), 64, begin, a, b, out, shape, j, tile)
    for j in range(wide, n, 16):
        _columns(zeros(16), 16, begin, a, b, out, shape, j, tile)


@part
def _columns(
    like: Vector,
    width: int,
    begin: Matrix,
    a: Matrix,
    b: Matrix,
    out: Matrix,
    shape: tuple[int, int, int],
    j: int,
    tile: Floats,
) -> None:
    """Do that for as many columns, from j on, as a vector has numbers."""
    m, depth, n = shape
    count = min(width, n - j)
    for k in range(0, depth, DEPTH):
        rows = min(DEPTH, depth - k)
        source = begin if k == 0 else out
        right, place, down = b.values, b.start + k * b.down + j, b.down
        if m >= FEW or b.right != 1:
            copy_tile(like, width, b, k, rows, j, count, tile)
            right, place, down = tile, 0, width
        for i in range(0, m - 3, 4):
            _four_rows(like, width, source, a, out, i, j, k, rows, count, tile)
        for i in range(m - m % 4, m):
            total = load(like, source.values, source.start + i * source.down + j)
            for q in range(rows):
                total = add_times(
                    total, a.values, a.start + i * a.down + (k + q) * a.right, load(like, right, place + q * down)
                )
            store_first(out.values, out.start + i * out.down + j, total, count)


@part
def copy_tile(like: Vector, width: int, b: Matrix, k: int, rows: int, j: int, count: int, tile: Floats) -> None:
    """Copy `rows` rows of `count` numbers, from row k and column j on, to rows of the width of a vector."""
    start = b.start + k * b.down + j * b.right
    if b.right == 1:
        for q in range(rows):
            store(tile, q * width, load(like, b.values, start + q * b.down))
        return
    whole_rows, whole = rows - rows % 16, count - count % 16
    for q in range(0, whole_rows, 16):
        for c in range(0, whole, 16):
            transpose(b.values, start + q + c * b.right, b.right, tile, q * width + c, width)
    for c in range(count):
        for q in range(whole_rows if c < whole else 0, rows):
            tile[q * width + c] = b.values[start + q + c * b.right]


@part
def _four_rows(
    like: Vector,
    width: int,
    source: Matrix,
    a: Matrix,
    out: Matrix,
    i: int,
    j: int,
    k: int,
    rows: int,
    count: int,
    tile: Floats,
) -> None:
    """Add what `rows` rows of a tile give to four rows of the result, from row i on."""
    start = source.start + i * source.down + j
    s0 = load(like, source.values, start)
    s1 = load(like, source.values, start + source.down)
    s2 = load(like, source.values, start + 2 * source.down)
    s3 = load(like, source.values, start + 3 * source.down)
    place = a.start + i * a.down + k * a.right
    for q in range(rows):
        row = load(like, tile, q * width)
        s0 = add_times(s0, a.values, place, row)
        s1 = add_times(s1, a.values, place + a.down, row)
        s2 = add_times(s2, a.values, place + 2 * a.down, row)
        s3 = add_times(s3, a.values, place + 3 * a.down, row)
        place += a.right
    place = out.start + i * out.down + j
    if count == width:
        store(out.values, place, s0)
        store(out.values, place + out.down, s1)
        store(out.values, place + 2 * out.down, s2)
        store(out.values, place + 3 * out.down, s3)
        return
    store_first(out.values, place, s0, count)
    store_first(out.values, place + out.down, s1, count)
    store_first(out.values, place + 2 * out.down, s2, count)
    store_first(out.values, place + 3 * out.down, s3, count)
