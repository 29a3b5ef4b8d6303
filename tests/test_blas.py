"""The number of threads of linear algebra is one for the whole process, and nobody's results depend on another's."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
import threadpoolctl
from threadpoolctl import threadpool_info

import byhand
from byhand import machine
from byhand.learning.engines import arrays


def number() -> int:
    """Return how many threads NumPy's linear algebra has; other libraries may have brought their own."""
    pools = (pool for pool in threadpool_info() if pool["user_api"] == "blas")
    return next(int(pool["num_threads"]) for pool in pools if "numpy" in pool["filepath"])


def at_once(*works: Callable[[], object]) -> list[object]:
    """Let all work in threads of their own, from the same moment on."""
    together = threading.Barrier(len(works))

    def begin(work: Callable[[], object]) -> object:
        together.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(begin, works))


def test_turns_never_mix_and_leave_the_number_that_was_found() -> None:
    before, inside = number(), {1: 0, 3: 0, None: 0}

    def work(most: int | None) -> None:
        for _ in range(20):
            with machine.linear_algebra(most), machine.linear_algebra(2):  # within a turn, its number holds
                inside[most] += 1
                assert number() == (most or before)
                assert sum(inside.values()) == inside[most] <= (1 if most else 2)
                inside[most] -= 1

    at_once(*(partial(work, most) for most in (1, 1, 3, None, None)))
    assert number() == before


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_or_ctrl_c_within_a_turn_ends_it(error: type[BaseException]) -> None:
    before = number()
    with pytest.raises(error), machine.linear_algebra(1):
        raise error
    assert number() == before
    assert at_once(number, number) == [before, before]


def test_nobody_waits_for_ever() -> None:
    over = threading.Event()

    def hold() -> None:
        while not over.is_set():
            with machine.linear_algebra(1):
                time.sleep(0.001)

    def pass_by() -> None:
        for _ in range(20):
            with machine.linear_algebra():
                pass
        over.set()

    began = time.monotonic()
    at_once(hold, hold, pass_by)
    assert time.monotonic() - began < 30


def test_trainings_in_threads_come_to_what_they_come_to_alone(
    mnist: byhand.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "PRODUCTS", 5_000_000)

    def train(units: int, seed: int) -> bytes:
        recipe = byhand.Recipe(limit=600, epochs=2, batch_size=50, layers=(units,), seed=seed, engine="numpy")
        *_, last = byhand.train(recipe, mnist.train)
        return (
            last.model.theta.tobytes()
            + byhand.evaluate(last.model, mnist.test.take(slice(500))).probabilities.tobytes()
        )

    before, kinds = number(), [(16, 0), (300, 1), (16, 2), (300, 3)]  # A step of the wide ones is shared.
    alone = [train(*kind) for kind in kinds]
    assert at_once(*(partial(train, *kind) for kind in kinds)) == alone
    assert number() == before


def test_works_are_shared_whether_or_not_others_come_to_help(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    machine.share([partial(done.append, k) for k in range(20)])
    assert sorted(done) == list(range(20))
    with pytest.raises(ZeroDivisionError):
        machine.share([lambda: 1 / 0, lambda: None, lambda: None])  # type: ignore[list-item]
    together = threading.Barrier(2)
    with np.errstate(over="ignore"):  # what the caller sets holds for all
        machine.share([lambda: [together.wait(), np.float32(1e30) * np.float32(1e30)][:0]] * 2)  # type: ignore[list-item]
    held = threading.Event()
    with ThreadPoolExecutor(1) as busy:  # as where other programs have the cores
        busy.submit(held.wait)
        monkeypatch.setattr(machine, "_pool", lambda: busy)
        monkeypatch.setattr(machine, "threads", lambda: 4)
        machine.share([partial(done.append, -1)] * 3)
        assert done.count(-1) == 3
        held.set()


def test_what_a_wide_network_learns_does_not_depend_on_the_number_of_threads() -> None:
    code = (
        "import byhand; data = byhand.load('mnist').train.take(slice(160));"
        "recipe = byhand.Recipe(layers=(1024, 64), batch_size=128, engine='numpy', epochs=1);"
        "print(next(iter(byhand.train(recipe, data))).model.theta.tobytes().hex()[-4000:])"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"OPENBLAS_NUM_THREADS": n}, capture_output=True, check=True
        ).stdout
        for n in ("1", "2")
    }
    assert len(told) == 1


def test_what_other_libraries_load_changes_nothing_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    before, pools = machine.facts(), threadpool_info()
    beside = [{**pools[0], "filepath": "/x/scipy.libs/libopenblas.so", "num_threads": 77, "architecture": "other"}]
    beside += [{"user_api": "openmp", "internal_api": "openmp", "filepath": "/x/libgomp.so", "num_threads": 99}]
    monkeypatch.setattr("threadpoolctl.threadpool_info", lambda: beside + pools + pools)
    assert machine.facts() == before


def test_the_machine_is_not_what_another_thread_makes_of_it_for_a_moment() -> None:
    before, holding = machine.facts()["threads"], threading.Event()

    def hold() -> None:
        with machine.linear_algebra(1):
            holding.set()
            time.sleep(0.1)

    def ask() -> str:
        holding.wait()
        return machine.facts()["threads"]

    assert at_once(hold, ask)[1] == before


def test_a_library_that_brings_the_same_linear_algebra_makes_no_other_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    before, pools = machine.facts(), threadpoolctl.threadpool_info()
    others = [{"user_api": "openmp", "internal_api": "openmp", "num_threads": 7}]
    monkeypatch.setattr(threadpoolctl, "threadpool_info", lambda: [*pools, *pools, *others])
    assert machine.facts() == before
