"""Sparse rows in batches: what the first layer does costs as much as the rows say, not as much as they are wide.

Each batch's entries are brought into the order of their columns first. Then a row of weights is fetched, and its
gradient summed up, once a batch, and all other rows are left alone; see `lateness` for the steps that they miss.
"""

from typing import NamedTuple

import numpy as np

from byhand.compiled.blocks.batches import (
    DESCENT,
    Mover,
    Samples,
    add_rows,
    begin_gradient,
    compare,
    correct_rows,
    move,
    place_of,
)
from byhand.compiled.blocks.entries import Entries, add_entries, add_named_rows, column_of, entries_of, order_entries
from byhand.compiled.blocks.lateness import TABLES, Late, catch_up, decay, tell_lateness
from byhand.compiled.blocks.passes import Network, Room, Scratch, activate, rows_of, scratch, sums_of, weights_of
from byhand.compiled.blocks.turns import DONE, LEAVE, TAKEN, count, look, wait_for
from byhand.compiled.compiling import compiled, inlined, part
from byhand.types import Floats, Integers


class Plan(NamedTuple):
    """The pieces in which the work is done: all batches are ordered, and then each is learned."""

    batches: int
    late: int  # pieces in which the columns of a batch catch up
    blocks: int  # of rows
    each: int  # of a batch, with those in which weights are moved
    pieces: int


@compiled
def learn_sparse(
    network: Network,
    samples: Samples,
    entries: Entries,
    late: Late,
    mover: Mover,
    room: Room,
    losses: Floats,
    counters: Integers,
    patience: int,
    helps: bool,
) -> bool:
    """Do for sparse rows what `batches.learn` does."""
    plan, waited = planned(network.sizes, samples, entries, mover), False
    own, tables, histogram = (
        scratch(network.sizes, samples.rows),
        np.empty((TABLES, len(late.numbers) + 1)),
        np.empty(257, np.int64),
    )
    while not (helps and look(counters, LEAVE)):
        taken = count(counters, TAKEN, 1)
        if taken >= plan.pieces:
            break
        if wait_for(counters, needed_before(plan, taken), patience) and not helps:
            waited = True
            count(counters, LEAVE, 1)
        if taken < plan.batches:
            order_entries(samples, entries, taken, network.sizes[0], histogram)
        else:
            learn_piece(network, samples, entries, late, mover, room, plan, taken - plan.batches, tables, own, losses)
        count(counters, DONE, 1)
    if not helps:
        waited |= wait_for(counters, plan.pieces, patience)
    return waited


@inlined
def planned(sizes: Integers, samples: Samples, entries: Entries, mover: Mover) -> Plan:
    """Return how the work is divided."""
    n, size = len(samples.labels), samples.batch_size
    batches, blocks = (n + size - 1) // size, (min(size, n) + samples.piece - 1) // samples.piece
    late = 0 if mover.kind == DESCENT else entries.parts  # Descent does nothing where there is no gradient.
    each = late + blocks + entries.parts
    for layer in range(1, len(sizes) - 1):
        each += (sizes[layer] + samples.rows - 1) // samples.rows
    return Plan(batches, late, blocks, each, batches + batches * each)


@inlined
def needed_before(plan: Plan, taken: int) -> int:
    """Return how many pieces must be done before one begins."""
    if taken < plan.batches:
        return 0
    batch, number = (taken - plan.batches) // plan.each, (taken - plan.batches) % plan.each
    begun = plan.batches + batch * plan.each
    if number >= plan.late + plan.blocks:
        return begun + plan.late + plan.blocks
    return begun + plan.late if number >= plan.late else begun


@part
def learn_piece(
    network: Network,
    samples: Samples,
    entries: Entries,
    late: Late,
    mover: Mover,
    room: Room,
    plan: Plan,
    number: int,
    tables: Floats,
    own: Scratch,
    losses: Floats,
) -> None:
    """Do a piece of what a batch takes: its columns catch up, its rows pass, and weights are moved."""
    batch, number = number // plan.each, number % plan.each
    if number < plan.late:
        catch_up_batch(network, samples, entries, late, mover, batch, number, tables, own)
        return
    number -= plan.late
    if number < plan.blocks:
        pass_rows(network, samples, entries, mover, room, batch, number * samples.piece, own, losses)
        return
    number -= plan.blocks
    if number < entries.parts:
        correct_columns(network, samples, entries, late, mover, room, batch, number, tables, own)
    else:
        of_first = (network.sizes[0] + samples.rows - 1) // samples.rows  # pieces of its rows, which are not taken
        correct_rows(network, samples, mover, room, batch, of_first + number - entries.parts, own)


@part
def catch_up_batch(
    network: Network,
    samples: Samples,
    entries: Entries,
    late: Late,
    mover: Mover,
    batch: int,
    number: int,
    tables: Floats,
    own: Scratch,
) -> None:
    """Move the weights of the columns in a piece of a batch by the steps that they have missed."""
    start, stop = entries_of(samples, entries, batch, number)
    tell_lateness(late, mover.kind, late.before + batch, tables)
    before = -1
    for k in range(start, stop):
        column = column_of(entries, k)
        if column != before:
            catch_up(network, mover, late, column, late.before + batch, tables, own)
        before = column


@part
def pass_rows(
    network: Network,
    samples: Samples,
    entries: Entries,
    mover: Mover,
    room: Room,
    batch: int,
    row: int,
    own: Scratch,
    losses: Floats,
) -> None:
    """Let a piece of a batch's rows, from `row` on, go forward, and the gradient in their sums come back."""
    first, of = place_of(samples, batch)
    n = min(samples.piece, of - row)
    if n <= 0:
        return
    w, n_out, z = weights_of(network, 0), network.sizes[1], sums_of(network, room, 0, row)
    add_named_rows(entries.rows, first + row, n, w, n_out, w.start + network.sizes[0] * n_out, z)
    if len(network.sizes) > 2:
        activate(z.values[z.start : z.start + n * z.down], network.activation)
    share = mover.numbers[batch, -1] / np.float32(of)
    compare(network, samples, room, first, row, n, share, True, own, losses)


@part
def correct_columns(
    network: Network,
    samples: Samples,
    entries: Entries,
    late: Late,
    mover: Mover,
    room: Room,
    batch: int,
    number: int,
    tables: Floats,
    own: Scratch,
) -> None:
    """Move the weights of the columns in a piece of a batch, and with the last piece the first layer's bias."""
    n_out, w, delta = network.sizes[1], weights_of(network, 0), rows_of(room, room.delta, 1, 0)
    (k, stop), step = entries_of(samples, entries, batch, number), late.before + batch
    if mover.kind != DESCENT:
        tell_lateness(late, mover.kind, step, tables)
    while k < stop:
        column, end = column_of(entries, k), k + 1
        while end < stop and column_of(entries, end) == column:
            end += 1
        start = w.start + column * n_out
        if mover.kind != DESCENT:  # Here, and not before, as they are written here anyway.
            decay(network, mover, late, column, step, tables)
            late.reached[column] = step + 1
        add_entries(entries, k, end, delta, n_out, begin_gradient(network, mover, start, n_out, own))
        move(network, mover, batch, start, n_out, own)
        k = end
    if number == entries.parts - 1:
        n, start = place_of(samples, batch)[1], w.start + network.sizes[0] * n_out
        add_rows(delta, n, n_out, begin_gradient(network, mover, start, n_out, own))
        move(network, mover, batch, start, n_out, own)
