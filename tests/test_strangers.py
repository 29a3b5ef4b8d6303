"""Images that are no digit: a network that learns them grows unsure of others, but not of digits."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from numpy.typing import NDArray

import byhand
from byhand.data.strangers import strangers
from byhand.images.fit import fit
from byhand.labels import NO_CLASS
from byhand.learning.engines import choice
from byhand.learning.training import Progress, Training
from byhand.network import initial_parameters

Drawn = tuple[NDArray[np.uint8], NDArray[np.uint8]]

TINY = byhand.Recipe(
    layers=(64,), limit=4000, epochs=8, batch_size=50, optimizer="adam", learning_rate=0.004, engine="numpy"
)


@pytest.fixture(scope="module")
def drawn(mnist: byhand.Dataset) -> Drawn:
    """Return strangers that no training here has seen."""
    return strangers(mnist.test, 3000, np.random.default_rng(99))


@pytest.fixture(scope="module")
def trained(mnist: byhand.Dataset) -> tuple[byhand.Epoch, byhand.Epoch]:
    """Return the last epochs of the same training without strangers and with."""
    return tuple(list(byhand.train(replace(TINY, strangers=share), mnist.train))[-1] for share in (0, 0.4))  # type: ignore[return-value]


# The images


@pytest.mark.parametrize("width", [0, 1])
def test_thin_and_blank_digits_are_no_hindrance(width: int) -> None:
    images = np.zeros((40, 28, 28), np.uint8)
    images[:, 4:24, 14 : 14 + width] = 255
    split = byhand.Split(images, np.repeat(np.arange(10, dtype=np.uint8), 4))
    drawn, _ = strangers(split, 300, np.random.default_rng(1))
    assert drawn.any(axis=(1, 2)).all()


def test_they_look_like_mnists_images_to_a_network(drawn: Drawn) -> None:
    images, labels = drawn
    assert images.shape == (3000, 28, 28)
    assert labels.shape == (3000,)
    assert images.dtype == labels.dtype == np.uint8
    assert images.max() == 255
    inside = [max(np.ptp(np.flatnonzero(image.any(axis=k))) for k in (0, 1)) < 20 for image in images if image.any()]
    assert all(inside)
    again = np.stack([fit(image)[0] for image in images[:300] if image.any()])
    assert np.abs(again.astype(int) - images[:300][images[:300].any(axis=(1, 2))]).mean() < 3


def test_they_belong_to_no_class(drawn: Drawn) -> None:
    assert set(drawn[1].tolist()) == {NO_CLASS}


def test_none_is_blank(drawn: Drawn) -> None:
    assert drawn[0].any(axis=(1, 2)).all()


def test_hardly_any_is_drawn_twice(drawn: Drawn) -> None:
    assert len(np.unique(drawn[0].reshape(len(drawn[0]), -1), axis=0)) > 0.98 * len(drawn[0])


def test_the_same_generator_draws_the_same_ones(few: byhand.Split) -> None:
    first, second, third = (strangers(few, 40, np.random.default_rng(seed)) for seed in (5, 5, 6))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(first[0], third[0])


# Learning them


def test_strangers_are_doubted_and_digits_are_not(
    trained: tuple[byhand.Epoch, byhand.Epoch], drawn: Drawn, mnist: byhand.Dataset
) -> None:
    images = drawn[0]
    (bold, shy), digits = (epoch.model for epoch in trained), mnist.test.images
    doubted = [float(np.median(model.predict_proba(images).max(axis=1))) for model in (bold, shy)]
    assert doubted[1] < 0.4 < doubted[0]
    sure = [float(np.median(model.predict_proba(digits).max(axis=1))) for model in (bold, shy)]
    assert sure[1] > 0.9
    accuracies = [byhand.evaluate(model, mnist.test).accuracy for model in (bold, shy)]
    assert accuracies[1] > accuracies[0] - 0.01


def test_the_loss_tells_of_the_datas_images_only(few: byhand.Split) -> None:
    recipe = byhand.Recipe(layers=(8,), epochs=1, batch_size=300, strangers=0.5, engine="numpy")
    *_, last = byhand.train(recipe, few)  # One step: no image was judged after another was learned.
    theta = initial_parameters((784, 8, 10), "relu", np.random.default_rng([0, 0]))
    start = byhand.Model((784, 8, 10), "relu", theta, few.classes)
    assert last.loss == pytest.approx(byhand.evaluate(start, few).loss, rel=1e-5)


def test_the_model_tells_of_the_datas_images_only(few: byhand.Split) -> None:
    *_, last = byhand.train(byhand.Recipe(layers=(8,), epochs=1, batch_size=50, strangers=0.5), few)
    assert last.model.details["data"] == {"n": 200, "sha256": few.sha256()}
    assert last.model.details["recipe"]["strangers"] == 0.5  # type: ignore[index,call-overload]


def test_of_no_class_means_as_much_of_one_as_of_another(few: byhand.Split) -> None:
    recipe = byhand.Recipe(layers=(), batch_size=200, engine="numpy")
    theta = np.zeros(7850, np.float32)
    engine = choice.make(recipe, (784, 10), theta)
    labels = np.full(200, NO_CLASS, np.uint8)
    losses = engine.learn(few.images.reshape(200, -1), labels, 0.5)
    np.testing.assert_allclose(losses, np.log(10), rtol=1e-6)
    np.testing.assert_allclose(engine.theta, 0, atol=1e-7)  # It was unsure already, so there is nothing to learn.


def test_without_strangers_nothing_changes(few: byhand.Split) -> None:
    plain = byhand.Recipe(layers=(8,), epochs=2, batch_size=20, engine="numpy")
    # A thousandth of 200 images is none.
    one, other = (list(byhand.train(replace(plain, strangers=share), few))[-1].model for share in (0, 0.001))
    np.testing.assert_array_equal(one.theta, other.theta)


def test_a_stopped_training_goes_on_to_the_same_bits(mnist: byhand.Dataset) -> None:
    recipe = replace(TINY, strangers=0.3, hands=0.2, limit=2000, epochs=2, layers=(8,), rotation=10.0)
    whole = list(Training(recipe, mnist.train).run())
    begun = islice(Training(recipe, mnist.train).run(), 4)
    states = [record.training.state() for record in begun if isinstance(record, Progress)]
    for state in (states[0], states[-1]):
        resumed = list(Training(recipe, mnist.train, state).run())
        last, expected = resumed[-1], whole[-1]
        assert isinstance(last, byhand.Epoch)
        assert isinstance(expected, byhand.Epoch)
        np.testing.assert_array_equal(last.model.theta, expected.model.theta)
        assert last.loss == expected.loss


def test_data_without_some_class_can_have_strangers(mnist: byhand.Dataset) -> None:
    some = mnist.train.take(np.flatnonzero(mnist.train.labels[:500] < 3))
    *_, last = byhand.train(byhand.Recipe(layers=(8,), epochs=1, batch_size=50, strangers=1), some)
    assert np.isfinite(last.loss)


def test_images_of_another_size_are_refused(few: byhand.Split) -> None:
    small = byhand.Split(np.ascontiguousarray(few.images[:, ::2, ::2]), few.labels, few.classes)
    with pytest.raises(byhand.UsageError, match=r"^strangers: "):
        next(byhand.train(byhand.Recipe(layers=(8,), epochs=1, batch_size=50, strangers=0.5), small))
