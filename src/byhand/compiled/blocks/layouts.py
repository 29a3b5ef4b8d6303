"""How parameters, and what is found out about images, lie in memory for the loops on blocks of images.

Arrays begin with a cache line, since elsewhere every vector would lie across two, and have room behind their last
number, since the last vector may reach beyond it.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np

from byhand.compiled.blocks.entries import Rows
from byhand.compiled.blocks.passes import Network, Room
from byhand.compiled.network import KINDS
from byhand.compiled.vectors import WIDEST, WORD
from byhand.data.rows import Sparse
from byhand.network import n_parameters
from byhand.types import Floats, fixed

LINE = 64  # bytes of a cache line
_A_LINE = LINE // 4  # numbers


def network_of(theta: Floats, sizes: Sequence[int], activation: str) -> Network:
    """Return a network as the loops see it, with a copy of its parameters."""
    copy = zeros(len(theta))
    copy[: len(theta)] = theta
    begins = accumulate((n_parameters(pair) for pair in pairwise(sizes)), initial=0)
    return Network(copy, np.array(sizes, np.int64), KINDS[activation], np.array([*begins], np.int64))


def room_for(sizes: Sequence[int], images: int, *, with_inputs: bool) -> Room:
    """Return room for what is found out about so many images at a time; `with_inputs` for their pixels as numbers, too.

    Without that, all images are learned or read by their lit pixels alone, however many these are.
    """
    rows = [_row(size, whole=layer == 1) for layer, size in enumerate(sizes)]
    numbers = [images * row if layer > 0 or with_inputs else 0 for layer, row in enumerate(rows)]
    starts = np.array([*accumulate(numbers, initial=0)][:-1], np.int64)
    if not with_inputs:
        starts[0] = -1
    blocks, words = -(-images // WORD), -(-sizes[0] // WORD)
    return Room(
        starts=starts,
        rows=np.array(rows, np.int64),
        a=zeros(sum(numbers)),
        delta=zeros(sum(numbers)),
        has_inputs=np.zeros(blocks, np.int64),
        turned=np.zeros(blocks * words * WORD, np.uint64),
    )


def rows_of(rows: Sparse) -> Rows:
    """Return sparse rows as the loops see them, which take none of their columns for one below zero."""
    return Rows(fixed(rows.values), fixed(rows.columns.view(np.uint32)), fixed(rows.starts))


def zeros(n: int) -> Floats:
    """Return n zeros, and as many more as a vector may reach beyond them."""
    room = np.zeros(4 * (n + WIDEST) + LINE, np.uint8)
    start = -room.ctypes.data % LINE
    return room[start : start + 4 * (n + WIDEST)].view(np.float32)


def _row(size: int, *, whole: bool) -> int:
    """Return how long the rows of a layer are; those of the first hidden one are written in `whole` vectors."""
    lines = -(-size // WIDEST) * WIDEST // _A_LINE if whole else -(-size // _A_LINE)
    return _A_LINE * (lines + 1 - lines % 2)
