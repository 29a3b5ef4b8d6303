"""Scores are what their definitions say."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import byhand
from byhand.judging.evaluation import bins_of, calibration_error, compare, mcnemar, wilson_interval


def certain_model(bias: list[float]) -> byhand.Model:
    """Return a model that says the same of every image: softmax of `bias`."""
    theta = np.concatenate([np.zeros(4 * len(bias)), bias]).astype(np.float32)
    return byhand.Model((4, len(bias)), "relu", theta, tuple("abc"[: len(bias)]), (2, 2))


def test_scores_counted_by_hand() -> None:
    split = byhand.Split(np.zeros((4, 2, 2), np.uint8), np.array([0, 0, 0, 1], np.uint8), ("a", "b", "c"))
    p = np.array([0.7, 0.2, 0.1])
    result = byhand.evaluate(certain_model(np.log(p).tolist()), split)
    assert result.accuracy == 0.75
    assert result.confusion_matrix.tolist() == [[3, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert result.loss == pytest.approx(-(3 * math.log(0.7) + math.log(0.2)) / 4, rel=1e-6)
    assert result.precision[0] == 0.75
    assert result.recall[:2].tolist() == [1, 0]
    assert np.isnan(result.precision[1:]).all()
    assert np.isnan(result.recall[2])
    assert result.to_dict()["recall"] == [1, 0, None]
    assert result.calibration_error == pytest.approx(0.05, abs=1e-6)
    assert result.mistakes.tolist() == [3]


def test_real_scores_agree_with_each_other(model: byhand.Model, mnist: byhand.Dataset) -> None:
    result = byhand.evaluate(model, mnist.test)
    matrix = result.confusion_matrix
    assert matrix.sum() == result.n == 10_000
    assert matrix.trace() / 10_000 == result.accuracy
    assert len(result.mistakes) == 10_000 - matrix.trace()
    confidence = result.probabilities[result.mistakes].max(axis=1)
    assert (np.diff(confidence) <= 0).all()
    assert (model.predict(mnist.test.images[result.mistakes]) != mnist.test.labels[result.mistakes]).all()
    assert result.interval[0] < result.accuracy < result.interval[1]


@pytest.mark.parametrize(
    # From the formula by hand: n = 10 with none right gives z² / (n + z²).
    ("right", "n", "low", "high"),
    [(0, 10, 0.0, 3.841459 / 13.841459), (10, 10, 10 / 13.841459, 1.0), (50, 100, 0.403832, 0.596168)],
)
def test_wilson_interval(right: int, n: int, low: float, high: float) -> None:
    assert wilson_interval(right, n) == pytest.approx((low, high), abs=1e-6)


@given(n=st.integers(1, 10**6), share=st.floats(0, 1))
def test_wilson_bounds_solve_their_equation(n: int, share: float) -> None:
    right = round(share * n)
    for bound in wilson_interval(right, n):
        assert 0 <= bound <= 1
        if 0 < right < n:
            distance = 1.959964 * math.sqrt(bound * (1 - bound) / n)
            assert abs(right / n - bound) == pytest.approx(distance, rel=1e-4, abs=1e-9)


def test_calibration() -> None:
    sure = np.full(100, 0.9)
    assert bins_of(np.array([0, 0.5, 14 / 15, 1], np.float32)).tolist() == [0, 7, 14, 14]
    assert calibration_error(sure, np.arange(100) < 90) == pytest.approx(0, abs=1e-12)
    assert calibration_error(sure, np.arange(100) < 40) == pytest.approx(0.5)
    halves = np.concatenate([np.full(50, 1.0), np.full(50, 0.5)])
    assert calibration_error(halves, np.ones(100, bool)) == pytest.approx(0.25)


def test_data_that_do_not_fit_are_refused(model: byhand.Model, few: byhand.Split) -> None:
    small = byhand.Split(np.zeros((3, 8, 8), np.uint8), np.zeros(3, np.uint8))
    more = byhand.Split(few.images, few.labels, tuple("abcdefghijk"))
    for split in (small, more, few.take(slice(0))):
        with pytest.raises(byhand.UsageError, match="Use the data it was trained for"):
            byhand.evaluate(model, split)


def test_mcnemar_by_hand() -> None:
    # 1 of 6 differing images went to the first: 2 · (1 + 6) / 2⁶
    assert mcnemar(1, 5) == mcnemar(5, 1) == pytest.approx(14 / 64)
    assert mcnemar(0, 0) == mcnemar(3, 3) == 1
    assert mcnemar(400, 900) < 1e-40  # 2¹³⁰⁰ is beyond floating point, but not beyond whole numbers.


def test_only_judgements_of_the_same_images_are_compared(model: byhand.Model, mnist: byhand.Dataset) -> None:
    few, more = (byhand.evaluate(model, mnist.test.take(slice(n))) for n in (100, 200))
    with pytest.raises(byhand.UsageError, match="same"):
        compare(few, more)


def test_a_model_of_which_no_numbers_come_is_refused(model: byhand.Model, mnist: byhand.Dataset) -> None:
    broken = replace(model, theta=np.full(len(model.theta), 3e38, np.float32))
    with pytest.raises(byhand.UsageError, match="no number"):
        byhand.evaluate(broken, mnist.test.take(slice(100)))
