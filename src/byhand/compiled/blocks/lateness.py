"""Steps that are taken later: those in which a column has no gradient, but momentum or Adam move its weights.

They are taken all at once, when a batch names the column again, and for all columns at the end. The velocity, or the
means, of k such steps are those before, times a factor; and so is the sum of a velocity's moves. Of Adam's moves each
is added up, as far as the mean has not decayed to nothing. So the weights are those of the steps one by one, but for
rounding.
"""

import numpy as np

from byhand.compiled.blocks.batches import ADAM, NESTEROV, Mover
from byhand.compiled.blocks.entries import Entries
from byhand.compiled.blocks.passes import Network, Scratch
from byhand.compiled.compiling import part
from byhand.types import Floats

GONE = 1e-9  # of a mean: its moves are beyond the last digit
NOTHING = np.float32(1e-18)  # of a mean: whatever its square, it moves no weight


@part
def tell_lateness(mover: Mover, step: int, tables: Floats) -> None:
    """Write, for weights that have taken any number of steps, what takes them to the time of a later one.

    That is, in rows: what is left of the velocity or mean; of momentum how much the weights move for each of it, of
    Adam what is left of the root of the mean square; and what weight decay leaves of the weights.
    """
    tables[0, step], tables[1, step], tables[2, step] = 1.0, 0.0 if mover.kind != ADAM else 1.0, 1.0
    for k in range(step - 1, -1, -1):
        rate, decay = np.float64(mover.numbers[k, 0]), np.float64(mover.numbers[k, 1])
        tables[0, k] = decay * tables[0, k + 1]
        if mover.kind == ADAM:
            tables[1, k] = np.sqrt(np.float64(mover.numbers[k, 2])) * tables[1, k + 1]
            tables[2, k] = (1 - np.float64(mover.numbers[k, 5])) * tables[2, k + 1]
        else:
            tables[1, k] = decay * ((rate * decay if mover.kind == NESTEROV else rate) + tables[1, k + 1])


@part
def catch_up(
    network: Network, mover: Mover, entries: Entries, column: int, step: int, tables: Floats, own: Scratch
) -> None:
    """Let the weights of a column take the steps that they have missed, up to one that is to be taken now."""
    since, n = np.int64(entries.reached[column]), network.sizes[1]
    entries.reached[column] = step
    if since == step:
        return
    start = network.begins[0] + column * n
    there = slice(start, start + n)
    theta, first = network.theta[there], mover.first[there]
    left, kept = np.float32(tables[0, since]), np.float32(tables[2, since])
    if mover.kind == ADAM:
        square = mover.second[there]
        moves = own.gradient[:n]
        add_moves(mover.numbers, first, square, since, step, tables[2, since], moves, own.gradient[n : 2 * n])
        left_of_square = np.float32(tables[1, since] * tables[1, since])
        for j in range(n):
            theta[j] = kept * theta[j] - first[j] * moves[j]
            first[j] = left * first[j] + np.float32(1e-20)
            square[j] = left_of_square * square[j] + np.float32(1e-30)
    else:
        moved = np.float32(tables[1, since])
        for j in range(n):
            theta[j] -= moved * first[j]
            first[j] = left * first[j] + np.float32(1e-20)


@part
def add_moves(
    numbers: Floats, mean: Floats, square: Floats, since: int, step: int, kept: float, moves: Floats, root: Floats
) -> None:
    """Write how far Adam's steps from one to another move weights for each of their mean, if the gradient is zero."""
    largest = np.float32(0)
    for j in range(len(mean)):
        root[j] = np.sqrt(square[j])
        moves[j] = 0
        largest = max(largest, abs(mean[j]))
    if largest < NOTHING:
        return
    left, left_of_root = 1.0, 1.0
    for k in range(since, step):
        left *= np.float64(numbers[k, 1])
        left_of_root *= np.sqrt(np.float64(numbers[k, 2]))
        kept /= 1 - np.float64(numbers[k, 5])  # what the weight decay of the steps behind leaves of this one's move
        if left < GONE:
            break
        rate, epsilon = np.float32(numbers[k, 0] * left * kept), numbers[k, 3]
        scale = np.float32(left_of_root / np.sqrt(np.float64(numbers[k, 4])))
        for j in range(len(mean)):
            moves[j] += rate / (scale * root[j] + epsilon)
