"""Digits drawn by a pen of our own: all of them, in many hands, placed as MNIST's are, and the same from a seed."""

from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
from numpy.typing import NDArray

import byhand
from byhand.data.hands.digits import _DAMAGES, digit, hands
from byhand.data.hands.letters import LETTERS
from byhand.data.hands.pen import drawn, written
from byhand.data.hands.shapes import DIGITS
from byhand.data.hands.signs import SIGNS
from byhand.images.fit import fit
from byhand.learning.drawing.besides import with_hands

Drawn = tuple[NDArray[np.uint8], NDArray[np.uint8]]

TINY = byhand.Recipe(
    layers=(64,), limit=4000, epochs=4, batch_size=50, optimizer="adam", learning_rate=0.004, engine="numpy"
)


@pytest.fixture(scope="module")
def some(mnist: byhand.Dataset) -> Drawn:
    """Return digits that no training here has seen."""
    return hands(mnist.test, 600, np.random.default_rng(99))


def test_every_digit_is_drawn_and_placed_as_mnists_are(some: Drawn) -> None:
    images, labels = some
    assert images.shape == (600, 28, 28)
    assert images.dtype == labels.dtype == np.uint8
    assert np.bincount(labels, minlength=10).min() > 30
    assert images.any(axis=(1, 2)).all()
    assert all(max(np.ptp(np.flatnonzero(image.any(axis=k))) for k in (0, 1)) < 20 for image in images)
    again = np.stack([fit(image)[0] for image in images[:100]])
    assert np.abs(again.astype(int) - images[:100]).mean() < 3


def test_hardly_any_is_drawn_twice(some: Drawn) -> None:
    assert len(np.unique(some[0].reshape(len(some[0]), -1), axis=0)) == len(some[0])


def test_the_same_seed_draws_the_same_ones(few: byhand.Split) -> None:
    first, second, third = (hands(few, 30, np.random.default_rng(seed)) for seed in (5, 5, 6))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(first[0], third[0])


def test_no_shape_stands_twice_or_is_both_a_digit_and_none() -> None:
    shapes = list(chain(*DIGITS.values(), *LETTERS.values(), *SIGNS.values()))
    assert len(set(shapes)) == len(shapes)


def test_every_shape_is_made_of_points_and_can_be_written() -> None:
    rng = np.random.default_rng(0)
    for shape in chain(*DIGITS.values(), *LETTERS.values(), *SIGNS.values()):
        for stroke in shape.split("|"):
            points = stroke.removeprefix("~").split()
            assert len(points) >= 2, shape
            assert all(len(point) == 2 and set(point) <= set("0123456789a") for point in points), shape
        image, fitted = fit(drawn(written(shape, rng)))
        assert image.max() > 100, shape
        assert 0.3 < fitted.stroke_width < 8, shape


@pytest.mark.parametrize("damage", [damage for _, damage in _DAMAGES])
def test_damage_leaves_most_of_a_digit(damage: object) -> None:
    assert callable(damage)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        image = drawn(written("50 5a", rng))
        before = int(image.sum(dtype=np.int64))
        assert damage(image, rng).sum(dtype=np.int64) > 0.7 * before


def test_digits_of_other_hands_are_learned(mnist: byhand.Dataset, some: Drawn) -> None:
    images, labels = some
    without, with_some = (list(byhand.train(replace(TINY, hands=share), mnist.train))[-1].model for share in (0, 0.5))
    right = [(model.predict(images) == labels).mean() for model in (without, with_some)]
    assert right[1] > 0.8 > right[0] + 0.1
    accuracies = [byhand.evaluate(model, mnist.test).accuracy for model in (without, with_some)]
    assert accuracies[1] > accuracies[0] - 0.01


def test_what_is_held_back_to_calibrate_has_other_hands_too(few: byhand.Split) -> None:
    assert with_hands(TINY, few) is few
    held = with_hands(replace(TINY, hands=0.5), few)
    assert len(held) == 1.5 * len(few)
    np.testing.assert_array_equal(held.images[: len(few)], few.images)
    learned = hands(few, len(few) // 2, np.random.default_rng([TINY.seed, 0, 5]))[0]
    assert not np.array_equal(held.images[len(few) :], learned)


def test_data_that_are_no_digits_are_refused(few: byhand.Split) -> None:
    small = byhand.Split(np.ascontiguousarray(few.images[:, ::2, ::2]), few.labels, few.classes)
    with pytest.raises(byhand.UsageError, match=r"^hands: are made for digits"):
        next(byhand.train(byhand.Recipe(layers=(8,), epochs=1, batch_size=50, hands=0.5), small))


def test_a_digit_is_not_always_written_alike() -> None:
    rng = np.random.default_rng(0)
    shapes = {digit(7, rng).shape for _ in range(20)}
    assert len(shapes) > 10
