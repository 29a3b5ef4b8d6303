"""Portions drawn ahead by other threads: the same bits whoever draws them, and nobody waits for who has not begun."""

import copy
import os
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import byhand
from byhand import machine
from byhand.data import distortions
from byhand.data.distortions import Distortions
from byhand.learning.drawing import distorting, portions
from byhand.learning.drawing.portions import Portions
from byhand.learning.training import Training

RECIPE = byhand.Recipe(layers=(4,), engine="numpy", batch_size=20, rotation=15, shift=1, elastic=1, epochs=3, seed=5)
IMAGES, SIZE = 70, 20
PLACES = [(epoch, start) for epoch in (1, 2, 3) for start in range(0, IMAGES, SIZE)]
Pixels = NDArray[np.uint8]


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadPoolExecutor]:
    """Two threads may work: the test's own, and one that helps."""
    with ThreadPoolExecutor(1, "helper") as helpers:
        monkeypatch.setattr(machine, "threads", lambda: 2)
        monkeypatch.setattr(machine, "_pool", lambda: helpers)
        yield helpers


@pytest.fixture
def images(mnist: byhand.Dataset) -> Pixels:
    return mnist.train.images[:IMAGES]


def expected(images: Pixels, epoch: int, start: int, stop: int) -> Pixels:
    """Return what is learned then, drawn in one go by the rules that the documents tell."""
    chosen = np.random.default_rng([RECIPE.seed, epoch]).permutation(len(images))[start:stop]
    rng = np.random.default_rng([RECIPE.seed, epoch, 1])
    drawn = distortions.draw(Distortions.of(RECIPE), len(images), rng)
    return distorting.distort(images[chosen], drawn.take(chosen))


def settle(pool: ThreadPoolExecutor) -> None:
    """Wait until the thread that helps has done what there is."""
    pool.submit(lambda: None).result()


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("cut", [20, 7])
def test_the_same_is_learned_whoever_draws_it(
    images: Pixels, threads: int, cut: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "threads", lambda: threads)
    taken = Portions(RECIPE, [images], SIZE)
    for epoch, first in PLACES:
        end = min(first + SIZE, IMAGES)
        for start in range(first, end, cut):
            stop = min(start + cut, end)
            assert (taken.take(epoch, start, stop) == expected(images, epoch, start, stop)).all()
    late = Portions(RECIPE, [images], SIZE)  # as one that goes on from within a portion
    assert (late.take(2, 33, 40) == expected(images, 2, 33, 40)).all()
    assert (late.chosen(2, 0, IMAGES) == taken.chosen(2, 0, IMAGES)).all()


def test_while_a_portion_is_learned_another_thread_draws_the_next(
    images: Pixels, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    drew: list[str] = []

    def noting(work: Callable[..., None]) -> Callable[..., None]:
        def noted(*arguments: object) -> None:
            drew.append(threading.current_thread().name)
            work(*arguments)

        return noted

    monkeypatch.setattr(distorting, "_warp", lambda: noting(distortions.warp))
    taken = Portions(RECIPE, [images], SIZE)
    for number, (epoch, start) in enumerate(PLACES):
        taken.take(epoch, start, min(start + SIZE, IMAGES))
        settle(pool)
        taken.take(epoch, start, start + 1)  # a part of what is there: nothing is drawn for it, except what comes next
        settle(pool)
        assert len(drew) == min(number + 2, len(PLACES))  # and none beyond the last epoch
    assert all(name.startswith("helper") for name in drew[1:])
    assert len(taken._parts) == len(taken._portions) == 1


def test_nobody_waits_for_a_thread_that_has_not_begun(images: Pixels, pool: ThreadPoolExecutor) -> None:
    free = threading.Event()
    pool.submit(free.wait)
    taken = Portions(RECIPE, [images], SIZE)
    for epoch, start in PLACES:
        assert (taken.take(epoch, start, start + 5) == expected(images, epoch, start, start + 5)).all()
    free.set()


def test_alone_nothing_is_drawn_ahead(images: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "threads", lambda: 1)
    monkeypatch.setattr(machine, "_pool", lambda: pytest.fail("a thread was asked for"))
    taken = Portions(RECIPE, [images], SIZE)
    for epoch, start in PLACES:
        taken.take(epoch, start, start + 1)
        assert not taken._is_drawn(epoch + 1)


def test_what_fails_in_another_thread_is_told_here_and_can_be_tried_again(
    images: Pixels, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = Portions(RECIPE, [images], SIZE)

    def fail(*_: object) -> Any:
        raise MemoryError

    for broken, before, after in (("warp", (1, 0), (1, 20)), ("draw", (1, 60), (2, 0))):
        taken.chosen(before[0], 0, 1)
        taken._portions = {before: taken._begin(*before)}
        settle(pool)
        with monkeypatch.context() as patch:
            patch.setattr(*((distorting, "_warp", lambda: fail) if broken == "warp" else (portions, "draw", fail)))
            taken.take(*before, before[1] + 1)
            settle(pool)
            with pytest.raises(MemoryError):
                taken.take(*after, after[1] + 1)
        assert (taken.take(*after, after[1] + 9) == expected(images, *after, after[1] + 9)).all()


def test_a_copy_goes_on_alike(few: byhand.Split, pool: ThreadPoolExecutor) -> None:
    training = Training(RECIPE, few)
    training.advance(7)
    copies = [copy.deepcopy(training), pickle.loads(pickle.dumps(training))]  # noqa: S301
    ends = [list(one.run())[-1].model.theta.tobytes() for one in (training, *copies)]
    assert ends[0] == ends[1] == ends[2]
    settle(pool)


def test_a_forked_process_does_what_threads_of_the_other_have_begun(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    free, done = threading.Event(), list[int]()

    def work() -> None:
        free.wait()
        done.append(1)

    end = machine.begin([work, partial(done.append, 2)])
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: -1)
        free.set()
        end()
    settle(pool)
    assert sorted(done) == [1, 1, 2, 2]
