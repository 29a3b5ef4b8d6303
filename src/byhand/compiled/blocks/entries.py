"""The entries of sparse rows: in the order of rows, for the sums, and in that of columns, for the gradient."""

from typing import NamedTuple

from numba import int64, uint64

from byhand.compiled.blocks.batches import Samples, place_of
from byhand.compiled.blocks.dense import Matrix
from byhand.compiled.blocks.sparse import in_vectors
from byhand.compiled.compiling import compiled, inlined, part
from byhand.compiled.vectors import Vector, add_times, apart, fetch, load, store, store_first, zeros
from byhand.types import Floats, Integers

FEW = 48  # entries, which are sorted by insertion
A_LINE, FETCHED = 16, 64  # entries in a cache line; and those of a row that are fetched: the processor then goes on


class Rows(NamedTuple):
    """Sparse rows as the loops see them."""

    values: Floats
    columns: Integers  # uint32
    starts: Integers  # where each row begins among these, and the last one ends


class Entries(NamedTuple):
    """The numbers that sparse rows tell, also in the order of their columns."""

    rows: Rows
    keys: Integers  # uint64: of each entry its column, and its row within the batch, in the order of the columns
    ordered: Floats  # the values in that order
    spare_keys: Integers
    spare: Floats
    parts: int  # in how many pieces the entries of a batch are learned


@part
def order_entries(samples: Samples, entries: Entries, batch: int, width: int, histogram: Integers) -> None:
    """Write the entries of a batch in the order of their columns; those of a column keep theirs."""
    first, n = place_of(samples, batch)
    start, stop, passes = entries.rows.starts[first], entries.rows.starts[first + n], 0
    if stop - start > FEW:
        while width >> (8 * passes):
            passes += 1
    keys, values, other_keys, other = entries.keys, entries.ordered, entries.spare_keys, entries.spare
    if passes % 2:
        keys, values, other_keys, other = other_keys, other, keys, values
    for row in range(n):
        for k in range(entries.rows.starts[first + row], entries.rows.starts[first + row + 1]):
            keys[k] = uint64(entries.rows.columns[k]) << uint64(32) | uint64(row)
            values[k] = entries.rows.values[k]
    if passes == 0:
        order_few(keys, values, start, stop)
    for digit in range(passes):
        order_by(uint64(32 + 8 * digit), keys, values, other_keys, other, start, stop, histogram)
        keys, values, other_keys, other = other_keys, other, keys, values


@part
def order_few(keys: Integers, values: Floats, start: int, stop: int) -> None:
    """Bring a few entries into the order of their keys."""
    for k in range(start + 1, stop):
        key, value, place = keys[k], values[k], k
        while place > start and keys[place - 1] > key:
            keys[place], values[place] = keys[place - 1], values[place - 1]
            place -= 1
        keys[place], values[place] = key, value


@part
def order_by(
    shift: int,
    keys: Integers,
    values: Floats,
    to_keys: Integers,
    to_values: Floats,
    start: int,
    stop: int,
    histogram: Integers,
) -> None:
    """Write entries in the order of one byte of their keys, and where it is the same, in theirs."""
    for k in range(257):
        histogram[k] = 0
    for k in range(start, stop):
        histogram[((keys[k] >> shift) & uint64(255)) + uint64(1)] += 1
    histogram[0] = start
    for k in range(256):
        histogram[k + 1] += histogram[k]
    for k in range(start, stop):
        digit = (keys[k] >> shift) & uint64(255)
        place = histogram[digit]
        histogram[digit] = place + 1
        to_keys[place], to_values[place] = keys[k], values[k]


@inlined
def column_of(entries: Entries, k: int) -> int:
    """Return the column of the entry at a place in the order of columns."""
    return int64(entries.keys[k] >> uint64(32))


@part
def edge(entries: Entries, start: int, stop: int, number: int) -> int:
    """Return where a batch's piece of that number begins: with a column, of which no entry is in the piece before."""
    k = start + (stop - start) * number // entries.parts
    while start < k < stop and column_of(entries, k) == column_of(entries, k - 1):
        k += 1
    return k


@inlined
def entries_of(samples: Samples, entries: Entries, batch: int, number: int) -> tuple[int, int]:
    """Return where a piece of a batch's entries begins and ends in the order of columns."""
    first, n = place_of(samples, batch)
    start, stop = entries.rows.starts[first], entries.rows.starts[first + n]
    return edge(entries, start, stop, number), edge(entries, start, stop, number + 1)


@part
def add_named_rows(rows: Rows, row: int, n: int, w: Matrix, n_out: int, bias: int, out: Matrix) -> None:
    """Write the sums of n rows: bias, which stands in w's array, too, plus weights times the values of their columns.

    Rows of `out` have room for whole vectors.
    """
    apart()
    wide = in_vectors(n_out)
    for j in range(0, wide, 128):
        _add_named_rows(zeros(128), rows, row, n, w, bias, out, j)
    for j in range(wide, n_out, 32):
        _add_named_rows(zeros(32), rows, row, n, w, bias, out, j)


@part
def _add_named_rows(like: Vector, rows: Rows, row: int, n: int, w: Matrix, bias: int, out: Matrix, j: int) -> None:
    """Do that for as many units, from j on, as a vector has numbers."""
    for s in range(n):
        total = load(like, w.values, bias + j)
        for k in range(rows.starts[row + s], rows.starts[row + s + 1]):
            total = add_times(total, rows.values, k, load(like, w.values, w.start + rows.columns[k] * w.down + j))
        store(out.values, out.start + s * out.down + j, total)


@compiled
def sums_of(theta: Floats, sizes: Integers, rows: Rows, out: Floats, down: int) -> None:
    """Write the sums of the first layer, a row of `down` numbers for each of these; `theta` has room behind it."""
    bias = sizes[0] * sizes[1]
    add_named_rows(
        rows, 0, len(rows.starts) - 1, Matrix(theta, 0, sizes[1], 1), sizes[1], bias, Matrix(out, 0, down, 1)
    )


@compiled
def write_rows(rows: Rows, chosen: Integers, out: Floats) -> None:
    """Write the chosen rows with their zeros (n, width).

    Rows lie anywhere, and to wait for the first entries of each takes longer than all else: they are fetched before.
    """
    n, starts = len(chosen), rows.starts
    for s in range(n):
        later, next_one = chosen[min(s + 2, n - 1)], chosen[min(s + 1, n - 1)]
        fetch(starts, later)
        for k in range(starts[next_one], min(starts[next_one] + FETCHED, starts[next_one + 1]), A_LINE):
            fetch(rows.values, k)
            fetch(rows.columns, k)
        out[s] = 0
        for k in range(starts[chosen[s]], starts[chosen[s] + 1]):
            out[s, rows.columns[k]] += rows.values[k]


@part
def add_entries(entries: Entries, start: int, stop: int, delta: Matrix, n_out: int, out: Matrix) -> None:
    """Add, to one row, value · delta of the entries of a column."""
    apart()
    wide = in_vectors(n_out)
    for j in range(0, wide, 128):
        _add_entries(zeros(128), entries, start, stop, delta, min(128, n_out - j), out, j)
    for j in range(wide, n_out, 32):
        _add_entries(zeros(32), entries, start, stop, delta, min(32, n_out - j), out, j)


@part
def _add_entries(
    like: Vector, entries: Entries, start: int, stop: int, delta: Matrix, units: int, out: Matrix, j: int
) -> None:
    """Do that for as many units, from j on, as a vector has numbers, or fewer."""
    total = load(like, out.values, out.start + j)
    for k in range(start, stop):
        row = int64(entries.keys[k] & uint64(0xFFFFFFFF))
        total = add_times(total, entries.ordered, k, load(like, delta.values, delta.start + row * delta.down + j))
    store_first(out.values, out.start + j, total, units)
