"""Lanes: sixteen numbers side by side, with which a compiled loop calculates as with one.

LLVM makes vectors of Numba's loops by itself, but of other lengths than a row of pixels has, and never of loops that
look up places in a table. `Lanes` hold float32 numbers, `Whole` lanes int32 ones. The operators of Python do with them
what they do with one number each, where here it says so, and a processor does it in an instruction or two.

Arrays are flat, and places in them are not checked.
"""

# Neither Numba nor LLVM's builder has types.
# mypy: disable-error-code="no-untyped-call, no-untyped-def, misc, import-untyped"
# ruff: noqa: ANN001, ANN202, ARG001

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.cgutils import create_struct_proxy
from numba.core.datamodel.models import PrimitiveModel
from numba.core.extending import intrinsic, lower_builtin, register_model
from numba.core.typing import signature
from numba.core.typing.templates import ConcreteTemplate, infer_global

from byhand.types import Bytes, Floats, Integers

LANES = 16
_BIT, _BYTE, _INTEGER, _FLOAT = ir.IntType(1), ir.IntType(8), ir.IntType(32), ir.FloatType()
_FLOATS, _INTEGERS, _BYTES = (ir.VectorType(kind, LANES) for kind in (_FLOAT, _INTEGER, _BYTE))
_POINTERS = ir.VectorType(_INTEGER.as_pointer(), LANES)


class Lanes:
    """Sixteen float32 numbers, as the type checker sees them; there are none outside of compiled loops."""

    if TYPE_CHECKING:

        def __add__(self, other: "Lanes") -> "Lanes": ...
        def __sub__(self, other: "Lanes") -> "Lanes": ...
        def __mul__(self, other: "Lanes") -> "Lanes": ...


class Whole:
    """Sixteen int32 numbers, as the type checker sees them."""

    if TYPE_CHECKING:

        def __add__(self, other: "Whole") -> "Whole": ...
        def __sub__(self, other: "Whole") -> "Whole": ...
        def __mul__(self, other: "Whole") -> "Whole": ...
        def __and__(self, other: "Whole") -> "Whole": ...
        def __or__(self, other: "Whole") -> "Whole": ...
        def __xor__(self, other: "Whole") -> "Whole": ...
        def __lshift__(self, other: "Whole") -> "Whole": ...
        def __rshift__(self, other: "Whole") -> "Whole": ...


class _LanesType(types.Type):
    """Numba's type of lanes."""


_lanes, _whole = _LanesType("Lanes"), _LanesType("Whole")
_KINDS = {"Lanes": _FLOATS, "Whole": _INTEGERS}


@register_model(_LanesType)
class _LanesModel(PrimitiveModel):
    """What LLVM keeps of them."""

    def __init__(self, manager: object, kind: _LanesType) -> None:
        super().__init__(manager, kind, _KINDS[kind.name])


def _operate(operation: object, kind: _LanesType, write: Callable[..., object]) -> None:
    """Let an operator or a function of two numbers take two lanes of a kind."""

    class Template(ConcreteTemplate):
        cases = (signature(kind, kind, kind),)

    def lower(context, builder, signature, values):
        return write(builder, *values)

    infer_global(operation)(Template)
    lower_builtin(operation, kind, kind)(lower)


_FUSED = ("contract",)  # Products and sums may be rounded once, as by all compiled loops.
_operate(operator.add, _lanes, lambda builder, a, b: builder.fadd(a, b, flags=_FUSED))
_operate(operator.sub, _lanes, lambda builder, a, b: builder.fsub(a, b, flags=_FUSED))
_operate(operator.mul, _lanes, lambda builder, a, b: builder.fmul(a, b, flags=_FUSED))
_operate(operator.add, _whole, lambda builder, a, b: builder.add(a, b))
_operate(operator.sub, _whole, lambda builder, a, b: builder.sub(a, b))
_operate(operator.mul, _whole, lambda builder, a, b: builder.mul(a, b))
_operate(operator.and_, _whole, lambda builder, a, b: builder.and_(a, b))
_operate(operator.or_, _whole, lambda builder, a, b: builder.or_(a, b))
_operate(operator.xor, _whole, lambda builder, a, b: builder.xor(a, b))
_operate(operator.lshift, _whole, lambda builder, a, b: builder.shl(a, b))
_operate(operator.rshift, _whole, lambda builder, a, b: builder.lshr(a, b))


def _place(context, builder, kind, array, start, of):
    """Return a pointer to place `start` of an array, as one to a type."""
    data = create_struct_proxy(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [start]), of.as_pointer())


def _spread(builder, value):
    """Return lanes that all hold a value."""
    undefined = ir.Constant(ir.VectorType(value.type, LANES), ir.Undefined)
    single = builder.insert_element(undefined, value, _INTEGER(0))
    return builder.shuffle_vector(single, undefined, ir.Constant(_INTEGERS, [0] * LANES))


@intrinsic
def _spread_float(typing, value):
    def write(context, builder, signature, values):
        return _spread(builder, *values)

    return _lanes(types.float32), write


@intrinsic
def _spread_integer(typing, value):
    def write(context, builder, signature, values):
        return _spread(builder, *values)

    return _whole(types.int32), write


def _loading(result, stored, align):
    """Return the function that loads lanes, stored as a type, from place `start` of an array on."""

    @intrinsic
    def load(typing, array, start):
        def write(context, builder, signature, values):
            loaded = builder.load(
                _place(context, builder, signature.args[0], values[0], values[1], stored), align=align
            )
            return builder.zext(loaded, _INTEGERS) if stored is _BYTES else loaded

        return result(array, types.intp), write

    return load


def _storing(stored, align):
    """Return the function that stores lanes, as a type, from place `start` of an array on."""

    @intrinsic
    def store(typing, array, start, lanes):
        def write(context, builder, signature, values):
            value = builder.trunc(values[2], _BYTES) if stored is _BYTES else values[2]
            builder.store(value, _place(context, builder, signature.args[0], values[0], values[1], stored), align=align)
            return context.get_dummy_value()

        return types.void(array, types.intp, lanes), write

    return store


@intrinsic
def _gather(typing, array, places):
    def write(context, builder, signature, values):
        data = create_struct_proxy(signature.args[0])(context, builder, values[0]).data
        pointers = builder.gep(builder.bitcast(data, _INTEGER.as_pointer()), [values[1]], source_etype=_INTEGER)
        pointers.type = _POINTERS
        all_of_them = ir.VectorType(_BIT, LANES)
        shape = ir.FunctionType(_INTEGERS, [_POINTERS, _INTEGER, all_of_them, _INTEGERS])
        gather = builder.module.declare_intrinsic("llvm.masked.gather.v16i32.v16p0", fnty=shape)
        wanted = ir.Constant(all_of_them, [1] * LANES)
        return builder.call(gather, [pointers, _INTEGER(4), wanted, ir.Constant(_INTEGERS, ir.Undefined)])

    return _whole(array, _whole), write


@intrinsic
def _spread_from(typing, array, start):
    def write(context, builder, signature, values):
        return _spread(
            builder, builder.load(_place(context, builder, signature.args[0], values[0], values[1], _FLOAT), align=4)
        )

    return _lanes(array, types.intp), write


@intrinsic
def _copy_bytes(typing, source, start, out, to, count):
    def write(context, builder, signature, values):
        place = _place(context, builder, signature.args[0], values[0], values[1], _BYTE)
        target = _place(context, builder, signature.args[2], values[2], values[3], _BYTE)
        shape = ir.FunctionType(ir.VoidType(), [target.type, place.type, values[4].type, _BIT])
        copy = builder.module.declare_intrinsic("llvm.memcpy.p0.p0.i64", fnty=shape)
        builder.call(copy, [target, place, values[4], _BIT(0)])
        return context.get_dummy_value()

    return types.void(source, types.intp, out, types.intp, types.int64), write


@intrinsic
def _prefetch(typing, array, start):
    def write(context, builder, signature, values):
        place = _place(context, builder, signature.args[0], values[0], values[1], _BYTE)
        shape = ir.FunctionType(ir.VoidType(), [place.type, _INTEGER, _INTEGER, _INTEGER])
        fetch = builder.module.declare_intrinsic("llvm.prefetch.p0", fnty=shape)
        builder.call(fetch, [place, _INTEGER(0), _INTEGER(3), _INTEGER(1)])  # to read, for long, data
        return context.get_dummy_value()

    return types.void(array, types.intp), write


@intrinsic
def _whole_part(typing, lanes):
    def write(context, builder, signature, values):
        return builder.fptosi(values[0], _INTEGERS)

    return _whole(_lanes), write


@intrinsic
def _as_floats(typing, whole):
    def write(context, builder, signature, values):
        return builder.sitofp(values[0], _FLOATS)

    return _lanes(_whole), write


@intrinsic
def _total(typing, lanes):
    def write(context, builder, signature, values):
        shape = ir.FunctionType(_FLOAT, [_FLOAT, _FLOATS])
        add = builder.module.declare_intrinsic("llvm.vector.reduce.fadd.v16f32", fnty=shape)
        return builder.call(add, [_FLOAT(0), values[0]], fastmath=("reassoc",))

    return types.float32(_lanes), write


def _comparing(compare, order):
    """Return the function that chooses, in each lane, the one of two numbers that compares so."""

    @intrinsic
    def choose(typing, one, other):
        def write(context, builder, signature, values):
            return builder.select(getattr(builder, compare)(order, *values), *values)

        return _whole(_whole, _whole), write

    return choose


# A value in every lane.
spread = cast("Callable[[np.float32], Lanes]", _spread_float)
spread_whole = cast("Callable[[int], Whole]", _spread_integer)
# (array, start): sixteen numbers of an array, from place `start` on. (array, start, lanes): store them there.
load = cast("Callable[[Floats, int], Lanes]", _loading(_lanes, _FLOATS, 4))
store = cast("Callable[[Floats, int, Lanes], None]", _storing(_FLOATS, 4))
load_bytes = cast("Callable[[Bytes, int], Whole]", _loading(_whole, _BYTES, 1))
load_whole = cast("Callable[[Integers, int], Whole]", _loading(_whole, _INTEGERS, 4))
store_bytes = cast("Callable[[Bytes, int, Whole], None]", _storing(_BYTES, 1))
store_whole = cast("Callable[[Integers, int, Whole], None]", _storing(_INTEGERS, 4))
# (array, places): the number at a place of its own for each lane.
gather = cast("Callable[[Integers, Whole], Whole]", _gather)
# (array, place): the number that stands there, in every lane.
spread_from = cast("Callable[[Floats, int], Lanes]", _spread_from)
# (source, start, out, to, count): copy so many bytes.
copy_bytes = cast("Callable[[Bytes, int, Bytes, int, int], None]", _copy_bytes)
# (array, start): let the processor fetch what stands there from memory, while it does other things.
prefetch = cast("Callable[[Bytes | Floats, int], None]", _prefetch)
# The numbers without what stands behind the point; and whole numbers as floats.
whole = cast("Callable[[Lanes], Whole]", _whole_part)
floats = cast("Callable[[Whole], Lanes]", _as_floats)
# The sum of all lanes.
total = cast("Callable[[Lanes], np.float32]", _total)
# The larger of two numbers in each lane; and the smaller one, where those below zero count as the largest of all.
larger = cast("Callable[[Whole, Whole], Whole]", _comparing("icmp_signed", ">"))
least = cast("Callable[[Whole, Whole], Whole]", _comparing("icmp_unsigned", "<"))
