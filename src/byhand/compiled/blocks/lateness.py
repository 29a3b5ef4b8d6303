"""Steps that are taken later: those in which a column has no gradient, but momentum or Adam move its weights.

They are taken all at once, when a batch names the column again, or when somebody wants to know all parameters. The
velocity, or the means, of k such steps are those before, times a factor; and so is the sum of a velocity's moves.

Adam's moves are m · Σ aᵢ / (cᵢ√v + ε), where m and v are the means before, and aᵢ and cᵢ the same for all weights: rate
and decays of each step. The cᵢ differ little. So two terms of such a kind say the same, those that have the same
Σ aᵢcᵢ⁻², Σ aᵢcᵢ⁻¹, Σ aᵢ and Σ aᵢcᵢ (Gauss's quadrature with two nodes); with ε beside √v as small, or as large, as it
usually is, all digits are right. In the first steps of a training the cᵢ differ more, and each move is added up.
"""

from typing import NamedTuple

import numpy as np

from byhand.compiled.blocks.batches import ADAM, NESTEROV, Mover
from byhand.compiled.blocks.passes import Network, Scratch, scratch
from byhand.compiled.blocks.turns import DONE, LEAVE, TAKEN, count, look, wait_for
from byhand.compiled.compiling import compiled, part
from byhand.types import Floats, Integers

TABLES = 7
TOGETHER = 2**16  # numbers of weights that catch up in one piece
ALIKE = 0.05**2  # variance beside the square of the mean, up to which two terms do for a sum
SAME = 1e-12  # from which on one term does
GONE = 1e-9  # of a mean: its moves are beyond the last digit


class Late(NamedTuple):
    """Which columns are late, and for what."""

    reached: Integers  # of each column, how many steps its weights have taken since none was late
    numbers: Floats  # (steps, any): those that the optimizer had for each
    before: int  # how many of these were taken before what is learned now


@compiled
def settle(network: Network, late: Late, mover: Mover, counters: Integers, patience: int, helps: bool) -> bool:
    """Let the weights of all columns take the steps that they have missed; of threads see `batches.learn`."""
    sizes, step, waited = network.sizes, len(late.numbers), False
    height = max(TOGETHER // sizes[1], 1)
    pieces, own, tables = (sizes[0] + height - 1) // height, scratch(sizes, 1), np.empty((TABLES, step + 1))
    tell_lateness(late, mover.kind, step, tables)
    while not (helps and look(counters, LEAVE)):
        first = count(counters, TAKEN, 1) * height
        if first >= sizes[0]:
            break
        for column in range(first, min(sizes[0], first + height)):
            catch_up(network, mover, late, column, step, tables, own)
        count(counters, DONE, 1)
    if not helps:
        waited = wait_for(counters, pieces, patience)
    return waited


@part
def tell_lateness(late: Late, kind: int, step: int, tables: Floats) -> None:
    """Write, for weights that have taken any number of steps, what takes them to the time of a later one.

    That is, in rows: what is left of the velocity or mean; of momentum how much the weights move for each of it, of
    Adam what is left of the root of the mean square; what weight decay leaves of the weights; and Adam's four sums.
    """
    tables[:, step] = 0
    tables[0, step], tables[1, step], tables[2, step] = 1.0, 0.0 if kind != ADAM else 1.0, 1.0
    for k in range(step - 1, -1, -1):
        rate, decay = np.float64(late.numbers[k, 0]), np.float64(late.numbers[k, 1])
        tables[0, k] = decay * tables[0, k + 1]
        if kind == ADAM:
            root, share = np.sqrt(np.float64(late.numbers[k, 2])), np.sqrt(np.float64(late.numbers[k, 4]))
            tables[1, k] = root * tables[1, k + 1]
            tables[2, k] = (1 - np.float64(late.numbers[k, 5])) * tables[2, k + 1]
            rate *= tables[2, k + 1]
            tables[3, k] = decay / (root * root) * (rate * share * share + tables[3, k + 1])
            tables[4, k] = decay / root * (rate * share + tables[4, k + 1])
            tables[5, k] = decay * (rate + tables[5, k + 1])
            tables[6, k] = decay * root * (rate / share + tables[6, k + 1])
        else:
            tables[1, k] = decay * ((rate * decay if kind == NESTEROV else rate) + tables[1, k + 1])


@part
def catch_up(network: Network, mover: Mover, late: Late, column: int, step: int, tables: Floats, own: Scratch) -> None:
    """Let the weights of a column take the steps that they have missed, up to one that is to be taken now."""
    since, n = np.int64(late.reached[column]), network.sizes[1]
    late.reached[column] = step
    if since == step:
        return
    start = network.begins[0] + column * n
    there = slice(start, start + n)
    theta, first = network.theta[there], mover.first[there]
    left, kept = np.float32(tables[0, since]), np.float32(tables[2, since])
    if mover.kind == ADAM:
        square, moves = mover.second[there], own.gradient[:n]
        if not sum_moves(square, late.numbers[since, 3], tables, since, moves):
            add_moves(late.numbers, square, since, step, tables, moves)
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
def sum_moves(square: Floats, epsilon: np.float32, tables: Floats, since: int, moves: Floats) -> bool:
    """Write how far the steps that were missed move weights for each of their mean, or tell that this needs each."""
    total = tables[3, since]
    if total <= 0:  # The learning rate is.
        moves[:] = 0
        return True
    middle = tables[4, since] / total
    variance = tables[5, since] / total - middle * middle
    if variance > ALIKE * middle * middle:
        return False
    low, high, part_of_low = middle, middle, 1.0
    if variance > SAME * middle * middle:
        third = tables[6, since] / total - 3 * middle * variance - middle * middle * middle
        lean, deviation = third / (2 * variance * np.sqrt(variance)), np.sqrt(variance)
        far = np.sqrt(1 + lean * lean)
        low, high = middle + deviation * (lean - far), middle + deviation * (lean + far)
        part_of_low = 1 / (1 + (lean - far) * (lean - far))
    a, c = np.float32(total * part_of_low * low * low), np.float32(low)
    b, d = np.float32(total * (1 - part_of_low) * high * high), np.float32(high)
    for j in range(len(square)):
        root = np.sqrt(square[j])
        one, other = c * root + epsilon, d * root + epsilon
        moves[j] = (a * other + b * one) / (one * other)
    return True


@part
def add_moves(numbers: Floats, square: Floats, since: int, step: int, tables: Floats, moves: Floats) -> None:
    """Write the same, move by move."""
    moves[:] = 0
    left, root = 1.0, 1.0
    for k in range(since, step):
        left *= np.float64(numbers[k, 1])
        root *= np.sqrt(np.float64(numbers[k, 2]))
        if left < GONE:
            break
        rate, epsilon = np.float32(numbers[k, 0] * left * tables[2, k + 1]), numbers[k, 3]
        scale = np.float32(root / np.sqrt(np.float64(numbers[k, 4])))
        for j in range(len(square)):
            moves[j] += rate / (scale * np.sqrt(square[j]) + epsilon)
