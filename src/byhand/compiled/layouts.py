"""How networks and rooms lie in memory."""
import numpy as np
from itertools import pairwise
from byhand.compiled.network import KINDS
from byhand.compiled.passes import SLACK, Network, Room
from byhand.compiled.vectors import WORD


def _aligned(n):
    room = np.zeros(4 * (n + SLACK) + 64, np.uint8)
    start = -room.ctypes.data % 64
    return room[start : start + 4 * (n + SLACK)].view(np.float32)


def network_of(theta, sizes, activation):
    copy = _aligned(len(theta))
    copy[: len(theta)] = theta
    begins = np.cumsum([0, *(n_in * n_out + n_out for n_in, n_out in pairwise(sizes))])
    return Network(copy, np.array(sizes), KINDS[activation], begins)


def room_for(sizes, images, *, with_inputs):
    lines = [-(-size // 16) | 1 for size in sizes]
    rows = [16 * n for n in lines]
    starts, total = [], 0
    for layer, row in enumerate(rows):
        if layer == 0 and not with_inputs:
            starts.append(-1)
            continue
        starts.append(total)
        total += images * row
    blocks = -(-images // WORD)
    words = -(-sizes[0] // WORD)
    return Room(np.array(starts), np.array(rows), _aligned(total), _aligned(total), np.zeros(blocks, np.int64), np.zeros(blocks * words * WORD, np.uint64))
