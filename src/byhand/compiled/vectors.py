"""Vectors: many float32 numbers side by side that a compiled loop keeps in the processor's registers.

LLVM makes vectors of Numba's loops by itself, but what such a loop sums up goes through memory: `z[j] += a * w[i, j]`
loads and stores z again for every i. A `Vector` that is summed up in a loop over i never leaves the registers, which
makes sums of many rows several times as fast. One of 128 numbers is cut into as many registers as a processor has for
it. Here is the little language of these loops: each function becomes an instruction or a few.

Arrays are flat, and places in them are not checked: not even whether they are below zero, as Numba does.
"""

# Neither Numba nor LLVM's builder has types.
# mypy: disable-error-code="no-untyped-call, no-untyped-def, misc"
# ruff: noqa: ANN001, ANN202, ARG001

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.cgutils import create_struct_proxy
from numba.core.datamodel.models import PrimitiveModel
from numba.core.extending import intrinsic, register_model

from byhand.types import Bytes, Floats, Integers

_BIT, _BYTE, _INTEGER, _FLOAT = ir.IntType(1), ir.IntType(8), ir.IntType(32), ir.FloatType()
WORD = 64  # bits
WIDEST = 128  # numbers: how many a vector may have, and so how many behind the last one of an array it may read


class Vector:
    """A vector, as the type checker sees it; there are none outside of compiled loops."""


class VectorType(types.Type):
    """Numba's type of vectors of `count` numbers."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(name=f"Vector({count})")


@register_model(VectorType)
class _VectorModel(PrimitiveModel):
    """What LLVM keeps of one: so many floats."""

    def __init__(self, manager: object, kind: VectorType) -> None:
        super().__init__(manager, kind, ir.VectorType(_FLOAT, kind.count))


def _place(context, builder, kind, place, of):
    """Return a pointer to a place, an array of a kind and a number, as one to a type."""
    array, start = place
    data = create_struct_proxy(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [start]), of.as_pointer())


def _spread(builder, value, count):
    """Return a vector of `count` times the same value."""
    kind = ir.VectorType(value.type, count)
    single = builder.insert_element(ir.Constant(kind, ir.Undefined), value, _INTEGER(0))
    return builder.shuffle_vector(single, ir.Constant(kind, ir.Undefined), _integers([0] * count))


def _integers(values):
    """Return a constant vector of integers."""
    return ir.Constant(ir.VectorType(_INTEGER, len(values)), values)


@intrinsic(prefer_literal=True)
def _zeros(typing, count):
    def write(context, builder, signature, values):
        return ir.Constant(context.get_value_type(signature.return_type), None)

    return VectorType(count.literal_value)(count), write


@intrinsic
def _apart(typing):
    def write(context, builder, signature, values):
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), write


@intrinsic
def _length(typing, vector):
    def write(context, builder, signature, values):
        return context.get_constant(types.intp, values[0].type.count)

    return types.intp(vector), write


@intrinsic
def _load(typing, like, array, start):
    def write(context, builder, signature, values):
        kind = context.get_value_type(signature.return_type)
        return builder.load(_place(context, builder, signature.args[1], values[1:], kind), align=4)

    return like(like, array, types.intp), write


@intrinsic
def _store(typing, array, start, vector):
    def write(context, builder, signature, values):
        builder.store(values[2], _place(context, builder, signature.args[0], values[:2], values[2].type), align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, vector), write


@intrinsic
def _store_first(typing, array, start, vector, count):
    def write(context, builder, signature, values):
        kind = values[2].type
        place = _place(context, builder, signature.args[0], values[:2], kind)
        wanted = builder.icmp_signed("<", _integers(list(range(kind.count))), _spread(builder, values[3], kind.count))
        arguments = [kind, kind.as_pointer(), _INTEGER, ir.VectorType(_BIT, kind.count)]
        shape = ir.FunctionType(ir.VoidType(), arguments)
        masked = builder.module.declare_intrinsic(f"llvm.masked.store.v{kind.count}f32.p0", fnty=shape)
        builder.call(masked, [values[2], place, _INTEGER(4), wanted])
        return context.get_dummy_value()

    return types.void(array, types.intp, vector, types.int32), write


@intrinsic
def _add_times(typing, total, factors, place, vector):
    def write(context, builder, signature, values):
        factor = builder.load(_place(context, builder, signature.args[1], values[1:3], _FLOAT), align=4)
        many = _spread(builder, factor, values[0].type.count)
        product = builder.fmul(many, values[3], flags=["contract"])
        return builder.fadd(values[0], product, flags=["contract"])

    return total(total, factors, types.intp, vector), write


def _number(context, builder, kind, array, place):
    """Return what stands at a place as a float: a byte as a share of 255."""
    there = builder.load(_place(context, builder, kind, (array, place), context.get_value_type(kind.dtype)))
    return builder.fdiv(builder.uitofp(there, _FLOAT), _FLOAT(255)) if kind.dtype == types.uint8 else there


@intrinsic
def _number_at(typing, array, place):
    def write(context, builder, signature, values):
        return _number(context, builder, signature.args[0], *values)

    return types.float32(array, types.intp), write


@intrinsic
def _add_lit(typing, total, greys, array, place, vector):
    def write(context, builder, signature, values):
        total, greys, array, place, vector = values
        kind = signature.args[2]
        stored = context.get_value_type(kind.dtype)
        there = builder.load(
            _place(context, builder, kind, (array, place), stored), align=1 if kind.dtype == types.uint8 else 4
        )
        if kind.dtype == types.uint8:
            grey = builder.zext(there, place.type)
            there = builder.load(_place(context, builder, signature.args[1], (greys, grey), _FLOAT), align=4)
        product = builder.fmul(_spread(builder, there, total.type.count), vector, flags=["contract"])
        return builder.fadd(total, product, flags=["contract"])

    return total(total, greys, array, types.intp, vector), write


@intrinsic
def _add(typing, left, right):
    def write(context, builder, signature, values):
        return builder.fadd(*values)

    return left(left, right), write


@intrinsic
def _lit_bits(typing, array, start):
    def write(context, builder, signature, values):
        are_bytes = signature.args[0].dtype == types.uint8
        kind = ir.VectorType(_BYTE if are_bytes else _FLOAT, WORD)
        lit = builder.load(_place(context, builder, signature.args[0], values, kind), align=1 if are_bytes else 4)
        compare = builder.icmp_unsigned if are_bytes else builder.fcmp_unordered
        return builder.bitcast(compare("!=", lit, ir.Constant(kind, None)), ir.IntType(WORD))

    return types.uint64(array, types.intp), write


@intrinsic
def _lowest_bit(typing, bits):
    def write(context, builder, signature, values):
        return builder.cttz(values[0], _BIT(1))

    return types.intp(types.uint64), write


@intrinsic
def _ones(typing, bits):
    def write(context, builder, signature, values):
        return builder.ctpop(values[0])

    return types.intp(types.uint64), write


@intrinsic
def _fetch(typing, array, place):
    def write(context, builder, signature, values):
        place = _place(context, builder, signature.args[0], values, _BYTE)
        shape = ir.FunctionType(ir.VoidType(), [place.type, _INTEGER, _INTEGER, _INTEGER])
        to_read, to_keep, data = _INTEGER(0), _INTEGER(3), _INTEGER(1)
        builder.call(builder.module.declare_intrinsic("llvm.prefetch.p0", fnty=shape), [place, to_read, to_keep, data])
        return context.get_dummy_value()

    return types.void(array, types.intp), write


@intrinsic
def _transpose(typing, array, start, down, out, to, width):
    def write(context, builder, signature, values):
        source, start, down, target, to, width = values
        side, kind = 16, ir.VectorType(_FLOAT, 16)
        rows = []
        for k in range(side):
            place = builder.add(start, builder.mul(down, down.type(k)))
            rows.append(builder.load(_place(context, builder, signature.args[0], (source, place), kind), align=4))
        low, high = ([place // 2 + half + side * (place % 2) for place in range(side)] for half in (0, side // 2))
        for _ in range(4):  # As often as the side can be halved, riffle the two halves of the rows together.
            rows = [
                builder.shuffle_vector(rows[k // 2], rows[k // 2 + side // 2], _integers(high if k % 2 else low))
                for k in range(side)
            ]
        for k in range(side):
            place = builder.add(to, builder.mul(width, width.type(k)))
            builder.store(rows[k], _place(context, builder, signature.args[3], (target, place), kind), align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp, out, types.intp, types.intp), write


# A vector of so many zeros, a number written in the code; all other vectors are made like one of these.
zeros = cast("Callable[[int], Vector]", _zeros)
# Nothing at run time. The function that says it is not written into its callers by LLVM: so these compile sooner.
apart = cast("Callable[[], None]", _apart)
# How many numbers a vector has.
length = cast("Callable[[Vector], int]", _length)
# (like, array, start): as many numbers of an array, from place `start` on, as the vector `like` has.
load = cast("Callable[[Vector, Floats, int], Vector]", _load)
# (array, start, vector): write a vector into an array, from place `start` on; and only its first `count` numbers.
store = cast("Callable[[Floats, int, Vector], None]", _store)
store_first = cast("Callable[[Floats, int, Vector, int], None]", _store_first)
# (total, array, place, vector): total + array[place] · vector, rounded once.
add_times = cast("Callable[[Vector, Floats, int, Vector], Vector]", _add_times)
add = cast("Callable[[Vector, Vector], Vector]", _add)
# (array, place): what an input is that stands there: a float as it is, a byte as a share of 255.
number_at = cast("Callable[[Bytes | Floats, int], np.float32]", _number_at)
# (total, greys, array, place, vector): total + that input · vector; `greys` has the shares of all bytes.
add_lit = cast("Callable[[Vector, Floats, Bytes | Floats, int, Vector], Vector]", _add_lit)
# (array, start): which of 64 inputs, from place `start` on, are not zero, a bit each.
lit_bits = cast("Callable[[Bytes | Floats, int], Any]", _lit_bits)
# The place of the lowest bit that is set; one must be.
lowest_bit = cast("Callable[[Integers], int]", _lowest_bit)
# How many bits are set.
ones = cast("Callable[[Integers], int]", _ones)
# (array, place): bring the cache line of a number into the cache, while the loop goes on.
fetch = cast("Callable[[Floats | Integers, int], None]", _fetch)
# (array, start, down, out, to, width): write 16 rows of 16 numbers, each `down` places after the last one, as columns.
transpose = cast("Callable[[Floats, int, int, Floats, int, int], None]", _transpose)
