"""What one core of this machine can do at most: multiply and add, and fetch from each level of memory.

The loops are written in LLVM's own language, as whatever Numba makes of a loop in Python would also measure Numba: on
processors that can do sixteen floats at a time it uses eight.
"""

import ctypes
import time
from collections.abc import Callable

import llvmlite.binding as llvm
import numpy as np

CHAINS = 12  # of multiply-adds that do not wait for each other
LOADS = 8  # at a time


def lanes() -> int:
    """Return how many floats the processor takes at a time."""
    features = llvm.get_host_cpu_features()
    return 16 if features.get("avx512f") else 8 if features.get("avx") else 4


def begun(vector: str, count: int) -> list[str]:
    """Return what begins so many sums, %a0…, with zeros, and goes on with the sums %b0… of the round before."""
    return [f"%a{k} = phi {vector} [zeroinitializer, %entry], [%b{k}, %loop]" for k in range(count)]


def added(vector: str, count: int) -> list[str]:
    """Return what adds up so many sums, %b0…; the last of what it writes is the total."""
    return [f"%s{k} = fadd {vector} {'%b0' if k == 1 else f'%s{k - 1}'}, %b{k}" for k in range(1, count)]


def multiply_add(width: int) -> str:
    """Return a loop of multiply-adds between registers: (rounds) → their sum, which keeps them alive."""
    vector, kind = f"<{width} x float>", f"v{width}f32"
    each = range(CHAINS)
    steps = [f"%b{k} = call {vector} @llvm.fma.{kind}({vector} %y, {vector} %y, {vector} %a{k})" for k in each]
    body = "\n".join([*begun(vector, len(each)), *steps])
    return f"""
declare {vector} @llvm.fma.{kind}({vector}, {vector}, {vector})
define float @multiply_add(i64 %rounds, float %x) {{
entry:
  %one = insertelement {vector} undef, float %x, i32 0
  %y = shufflevector {vector} %one, {vector} undef, <{width} x i32> zeroinitializer
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %loop]
  {body}
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %rounds
  br i1 %more, label %loop, label %end
end:
  {chr(10).join(added(vector, len(each)))}
  %result = extractelement {vector} %s{CHAINS - 1}, i32 0
  ret float %result
}}"""


def fetch(width: int) -> str:
    """Return a loop that adds up an array so many times: (address, portions of `LOADS` vectors, times) → a sum."""
    vector = f"<{width} x float>"
    each = range(LOADS)
    steps = [f"%first = mul i64 %i, {LOADS}"]
    for k in each:
        steps.append(f"%at{k} = add i64 %first, {k}")
        steps.append(f"%p{k} = getelementptr {vector}, ptr %data, i64 %at{k}")
        steps.append(f"%v{k} = load {vector}, ptr %p{k}, align {4 * width}")
        steps.append(f"%b{k} = fadd {vector} %a{k}, %v{k}")
    body = "\n".join([*begun(vector, len(each)), *steps])
    return f"""
define float @fetch(ptr %data, i64 %portions, i64 %times) {{
entry:
  %all = mul i64 %portions, %times
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%again, %loop]
  %done = phi i64 [0, %entry], [%count, %loop]
  {body}
  %next = add i64 %i, 1
  %over = icmp eq i64 %next, %portions
  %again = select i1 %over, i64 0, i64 %next
  %count = add i64 %done, 1
  %more = icmp slt i64 %count, %all
  br i1 %more, label %loop, label %end
end:
  {chr(10).join(added(vector, len(each)))}
  %result = extractelement {vector} %s{LOADS - 1}, i32 0
  ret float %result
}}"""


class Loops:
    """The compiled loops."""

    def __init__(self) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        self.width = lanes()
        target = llvm.Target.from_default_triple()
        features = llvm.get_host_cpu_features().flatten()
        machine = target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=3)
        module = llvm.parse_assembly(multiply_add(self.width) + fetch(self.width))
        self.engine = llvm.create_mcjit_compiler(module, machine)  # Held: the loops live as long as it does.
        self.engine.finalize_object()
        found = self.engine.get_function_address
        self._multiply_add = ctypes.CFUNCTYPE(ctypes.c_float, ctypes.c_int64, ctypes.c_float)(found("multiply_add"))
        self._fetch = ctypes.CFUNCTYPE(ctypes.c_float, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)(found("fetch"))

    def peak(self) -> float:
        """Return the Gflop/s of multiply-adds between registers."""
        rounds = 2_000_000
        seconds = quickest(lambda: self._multiply_add(rounds, 1e-9))
        return 2 * rounds * CHAINS * self.width / seconds / 1e9

    def bandwidth(self, kilobytes: int) -> float:
        """Return the GB/s at which an array of such a size is fetched again and again."""
        portion = 4 * LOADS * self.width
        portions = 1024 * kilobytes // portion
        room = np.zeros(portions * portion + portion, np.uint8)
        start = -room.ctypes.data % portion + room.ctypes.data
        times = max(1, 2**26 // (portions * portion))  # A call takes a microsecond, so it goes through the array often.
        seconds = quickest(lambda: self._fetch(start, portions, times))
        return times * portions * portion / seconds / 1e9


def quickest(work: Callable[[], object], rounds: int = 7) -> float:
    """Return the least seconds that it took, after once in vain."""
    work()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)
