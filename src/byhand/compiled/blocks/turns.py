"""Several threads in one compiled loop: they take pieces of work in turn, and wait for those that must come first.

Pieces are numbered; a thread takes the lowest number that nobody has taken, and begins when all pieces that it needs
are done. So a single thread does them one after the other, and a second one that comes late, or never, changes nothing
but the time. No piece writes what another one of the same stage writes or reads: all numbers come out as of one thread.
"""

# Neither Numba nor LLVM's builder has types.
# mypy: disable-error-code="no-untyped-call, no-untyped-def, misc"
# ruff: noqa: ANN001, ANN202, ARG001

from collections.abc import Callable
from typing import cast

import numpy as np
from numba import types
from numba.core.cgutils import create_struct_proxy
from numba.core.extending import intrinsic

from byhand.compiled.compiling import compiled
from byhand.types import Integers

# Places of the counters, each in a cache line of its own: pieces taken, pieces done, whether helpers shall leave.
TAKEN, DONE, LEAVE = 0, 16, 32
LONG = 40_000  # Looks at a counter; some tenths of a millisecond. Whoever lets others wait so long is being held up.


def counters() -> Integers:
    """Return those of a piece of work that nobody has begun."""
    return np.zeros(48, np.int64)


@intrinsic
def _count(typing, counters, place, step):
    def write(context, builder, signature, values):
        data = create_struct_proxy(signature.args[0])(context, builder, values[0]).data
        return builder.atomic_rmw("add", builder.gep(data, [values[1]]), values[2], "seq_cst")

    return types.int64(counters, types.intp, types.int64), write


@intrinsic
def _look(typing, counters, place):
    def write(context, builder, signature, values):
        data = create_struct_proxy(signature.args[0])(context, builder, values[0]).data
        return builder.load_atomic(builder.gep(data, [values[1]]), "acquire", 8)

    return types.int64(counters, types.intp), write


# (counters, place, step): add to a counter in one go, and return what it was; and only look at it.
count = cast("Callable[[Integers, int, int], int]", _count)
look = cast("Callable[[Integers, int], int]", _look)


@compiled
def wait_for(counters: Integers, pieces: int) -> bool:
    """Wait until so many pieces are done; tell whether it took long."""
    looks = 0
    while look(counters, DONE) < pieces:
        looks += 1
    return looks > LONG
