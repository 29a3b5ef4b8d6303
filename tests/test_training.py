"""Training: reproducible, honest about validation, and plain about divergence."""

import subprocess
import sys
import time
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import byhand
from byhand import machine
from byhand.data.validation import set_aside
from byhand.learning.engines import choice
from byhand.learning.engines.engine import Engine
from byhand.learning.progress import Epoch
from byhand.learning.training import Progress, Training


def last(recipe: byhand.Recipe, split: byhand.Split) -> byhand.Epoch:
    *_, epoch = byhand.train(recipe, split)
    return epoch


def test_it_learns(mnist: byhand.Dataset) -> None:
    epochs = list(byhand.train(byhand.Recipe(limit=3000, epochs=4), mnist.train))
    assert [epoch.number for epoch in epochs] == [1, 2, 3, 4]
    assert all(after.loss < before.loss for before, after in pairwise(epochs))
    assert byhand.evaluate(epochs[-1].model, mnist.test).accuracy > 0.9
    assert epochs[0].seconds > 0
    assert epochs[0].accuracy is None


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "leaky_relu"])
def test_every_activation_learns(mnist: byhand.Dataset, activation: str) -> None:
    recipe = byhand.Recipe(limit=3000, epochs=3, activation=activation)  # type: ignore[arg-type]
    assert byhand.evaluate(last(recipe, mnist.train).model, mnist.test).accuracy > 0.85


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
@pytest.mark.parametrize("batch_size", [1, 32])
def test_every_optimizer_learns(mnist: byhand.Dataset, optimizer: str, batch_size: int) -> None:
    recipe = byhand.Recipe(limit=2000, epochs=2, batch_size=batch_size, optimizer=optimizer)  # type: ignore[arg-type]
    assert byhand.evaluate(last(recipe, mnist.train).model, mnist.test).accuracy > 0.8


@pytest.mark.parametrize("engine", ["numpy", *(["compiled"] if machine.has_numba() else [])])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov"])
def test_an_image_more_than_whole_batches_does_no_harm(mnist: byhand.Dataset, optimizer: str, engine: str) -> None:
    def accuracy(images: int) -> float:
        recipe = byhand.Recipe(limit=images, batch_size=100, optimizer=optimizer, engine=engine)  # type: ignore[arg-type]
        return byhand.evaluate(last(recipe, mnist.train).model, mnist.test).accuracy

    assert accuracy(1001) > accuracy(1000) - 0.01  # It was 0.02 to 0.05 less, as the one image stepped like a hundred.


def test_of_fewer_images_than_a_batch_all_are_a_whole_one(few: byhand.Split) -> None:
    thetas = [last(byhand.Recipe(batch_size=b, learning_rate=0.2, epochs=3), few).model.theta for b in (200, 1000)]
    assert np.array_equal(thetas[0], thetas[1])


@pytest.mark.parametrize("layers", [(), (5,), (30, 20, 10, 10)])
def test_any_number_of_layers(few: byhand.Split, layers: tuple[int, ...]) -> None:
    epoch = last(byhand.Recipe(layers=layers, epochs=2), few)
    assert epoch.model.sizes == (784, *layers, 10)
    assert np.isfinite(epoch.loss)


SCRIPT = """
import hashlib, byhand
train = byhand.load("mnist").train
for options in ({}, {"batch_size": 32, "optimizer": "adam"}):
    *_, last = byhand.train(byhand.Recipe(limit=500, epochs=2, **options), train)
    print(hashlib.sha256(last.model.theta.tobytes()).hexdigest(), last.loss)
"""


def test_the_same_seed_gives_the_same_bits_in_another_process(capsys: pytest.CaptureFixture[str]) -> None:
    exec(SCRIPT, {})  # noqa: S102
    here = capsys.readouterr().out
    there = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True).stdout
    assert here == there
    assert len(here.splitlines()) == 2


def test_another_seed_gives_another_network(few: byhand.Split) -> None:
    models = [last(byhand.Recipe(seed=seed, epochs=1), few).model for seed in (0, 1)]
    assert not np.array_equal(models[0].theta, models[1].theta)


def test_judging_never_changes_the_training(mnist: byhand.Dataset) -> None:
    recipe = byhand.Recipe(limit=300, epochs=3, validation=1000, layers=(10,))
    quiet = last(recipe, mnist.train)
    judged = None
    for judged in byhand.train(recipe, mnist.train):
        byhand.evaluate(judged.model, mnist.test)
    assert judged is not None
    assert judged.loss == quiet.loss
    np.testing.assert_array_equal(judged.model.theta, quiet.model.theta)


def test_an_earlier_epochs_model_does_not_move(few: byhand.Split) -> None:
    records = byhand.train(byhand.Recipe(epochs=2, layers=()), few)
    first = next(records)
    before = first.model.theta.copy()
    next(records)
    np.testing.assert_array_equal(first.model.theta, before)
    with pytest.raises(ValueError, match="read-only"):
        first.model.theta[0] = 1


@given(
    count=st.integers(1, 199),
    seed=st.integers(0, 99),
    labels=st.lists(st.integers(0, 9), min_size=200, max_size=200),
)
def test_validation_images_are_apart_and_every_class_has_its_share(count: int, seed: int, labels: list[int]) -> None:
    images = np.zeros((200, 1, 1), np.uint8)
    images[:, 0, 0] = np.arange(200)
    split = byhand.Split(images, np.array(labels, np.uint8))
    learned, validation = set_aside(split, count, seed)
    assert validation is not None
    assert len(validation) == count
    assert sorted([*learned.images.ravel(), *validation.images.ravel()]) == list(range(200))
    share = np.bincount(labels, minlength=10) * count / 200
    assert (abs(np.bincount(validation.labels, minlength=10) - share) < 1 + 1e-9).all()


def test_validation_figures_are_those_of_the_images_set_aside(mnist: byhand.Dataset) -> None:
    recipe = byhand.Recipe(limit=500, epochs=1, validation=2000, seed=3)
    epoch = last(recipe, mnist.train)
    _, validation = set_aside(mnist.train, 2000, 3)
    assert validation is not None
    evaluation = byhand.evaluate(epoch.model, validation)
    assert (epoch.accuracy, epoch.validation_loss) == (evaluation.accuracy, evaluation.loss)


def test_without_validation_images_nothing_is_said_of_them(few: byhand.Split) -> None:
    epoch = last(byhand.Recipe(epochs=1, layers=()), few)
    assert epoch.accuracy is epoch.validation_loss is None


def test_progress_counts_every_image_once(mnist: byhand.Dataset) -> None:
    recipe = byhand.Recipe(limit=2500, epochs=2, batch_size=64, layers=())
    records = list(Training(recipe, mnist.train).run())
    steps = [record for record in records if isinstance(record, Progress)]
    assert [step.done for step in steps] == [960, 1920, 2500] * 2
    epochs = [record for record in records if isinstance(record, byhand.Epoch)]
    assert [step.loss for step in steps if step.done == 2500] == [epoch.loss for epoch in epochs]


def test_the_rate_falls_as_scheduled(few: byhand.Split) -> None:
    rates = [e.learning_rate for e in byhand.train(byhand.Recipe(epochs=4, learning_rate=0.08, layers=()), few)]
    assert rates == pytest.approx([0.08, 0.06, 0.04, 0.02])


@pytest.mark.parametrize("options", [{"learning_rate": 1e6}, {"learning_rate": 1e30, "epochs": 1}])
def test_divergence_is_told_in_words(few: byhand.Split, options: dict[str, float]) -> None:
    with pytest.raises(byhand.ByhandError, match=r"in epoch 1: .*`learning_rate`"):
        list(byhand.train(byhand.Recipe(**options), few))  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [{"validation": 200}, {"validation": 5000}])
def test_nothing_left_to_learn_is_refused_at_once(few: byhand.Split, options: dict[str, int]) -> None:
    with pytest.raises(byhand.UsageError, match="validation"):
        byhand.train(byhand.Recipe(**options), few)  # type: ignore[arg-type]


def test_a_split_without_images_is_refused_with_what_may_have_emptied_it(few: byhand.Split) -> None:
    with pytest.raises(byhand.UsageError, match="no image is left") as error:
        byhand.train(byhand.Recipe(), few.take(slice(0)))
    assert error.value.fields == ("limit", "validation")


def test_the_model_knows_where_it_comes_from(few: byhand.Split) -> None:
    recipe = byhand.Recipe(epochs=1, layers=(7,), seed=5)
    details = last(recipe, few).model.details
    assert details["recipe"] == {**recipe.to_dict(), "engine": "compiled" if machine.has_numba() else "numpy"}
    assert details["data"] == {"sha256": few.sha256(), "n": 200}


EVERYTHING = {
    "batch_size": 64,
    "optimizer": "adamw",
    "average": 0.9,
    "warmup": 0.3,
    "schedule": "cosine",
    "label_smoothing": 0.1,
    "adversarial": 0.05,
    "rotation": 15.0,
    "elastic": 1.0,
}


@pytest.mark.parametrize(
    "choices", [{}, {"batch_size": 7, "optimizer": "momentum"}, {"patience": 1, "validation": 100}, EVERYTHING]
)
def test_going_on_from_any_moment_gives_the_same_bits(mnist: byhand.Dataset, choices: dict[str, Any]) -> None:
    recipe = byhand.Recipe(layers=(12,), epochs=3, limit=2300, **choices)
    states, whole = [], []
    for record in Training(recipe, mnist.train).run():
        if isinstance(record, Progress):
            states.append(record.training.state())
        else:
            whole.append(record)
    assert len(states) >= 6
    for state in states:
        rest = [record for record in Training(recipe, mnist.train, state).run() if isinstance(record, Epoch)]
        assert [epoch.number for epoch in rest] == [epoch.number for epoch in whole[state.place.epoch - 1 :]]
        assert [epoch.loss for epoch in rest] == [epoch.loss for epoch in whole[state.place.epoch - 1 :]]
        assert rest[-1].best.theta.tobytes() == whole[-1].best.theta.tobytes()
        assert rest[-1].model.theta.tobytes() == whole[-1].model.theta.tobytes()


def test_a_state_does_not_move_with_the_training(mnist: byhand.Dataset) -> None:
    records = Training(byhand.Recipe(layers=(), limit=3000, epochs=1), mnist.train).run()
    first = next(records)
    assert isinstance(first, Progress)
    state = first.training.state()
    before = state.arrays["theta"].copy()
    next(records)
    np.testing.assert_array_equal(state.arrays["theta"], before)


def test_patience_ends_it_and_keeps_the_best(mnist: byhand.Dataset) -> None:
    # A rate that never falls, on few images: the accuracy soon stands still.
    recipe = byhand.Recipe(limit=50, epochs=200, schedule="constant", validation=1000, patience=3, layers=(10,))
    epochs = list(byhand.train(recipe, mnist.train))
    accuracies = [epoch.accuracy or 0.0 for epoch in epochs]
    best = accuracies.index(max(accuracies))
    assert len(epochs) == best + 1 + 3 < 200
    _, validation = set_aside(mnist.train, 1000, recipe.seed)
    assert validation is not None
    assert byhand.evaluate(epochs[-1].best, validation).accuracy == max(accuracies)
    assert epochs[-1].best.theta.tobytes() == epochs[best].model.theta.tobytes()


def test_the_model_has_the_averaged_parameters(few: byhand.Split) -> None:
    for record in Training(byhand.Recipe(average=0.9, batch_size=8, epochs=1, layers=()), few).run():
        if isinstance(record, Progress):
            state = record.training.state()
        else:
            assert record.model.theta.tobytes() == state.arrays["average"].tobytes()
            assert record.model.theta.tobytes() != state.arrays["theta"].tobytes()


def test_the_rate_warms_up_and_falls(few: byhand.Split) -> None:
    recipe = byhand.Recipe(epochs=10, batch_size=8, learning_rate=0.1, warmup=0.5, schedule="cosine", layers=())
    rates = [epoch.learning_rate for epoch in byhand.train(recipe, few)]
    assert rates[:6] == pytest.approx([0, 0.02, 0.04, 0.06, 0.08, 0.1])
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert rates[-1] < 0.01


def test_distorted_images_are_learned_whatever_the_batch(mnist: byhand.Dataset) -> None:
    recipe = byhand.Recipe(limit=2000, epochs=3, rotation=10, scale=0.1, shift=1, elastic=0.5, thickness=0.2)
    drawn = last(recipe, mnist.train)
    assert drawn.loss > last(byhand.Recipe(limit=2000, epochs=3), mnist.train).loss
    assert byhand.evaluate(drawn.model, mnist.test).accuracy > 0.87


def test_adversarial_images_are_harder(few: byhand.Split) -> None:
    losses = [last(byhand.Recipe(adversarial=e, batch_size=16, epochs=5), few).loss for e in (0.0, 0.1)]
    assert losses[0] < losses[1]


def test_label_smoothing_keeps_the_network_unsure(few: byhand.Split) -> None:
    models = [
        last(byhand.Recipe(label_smoothing=s, batch_size=16, epochs=60, learning_rate=0.3), few).model
        for s in (0.0, 0.2)
    ]
    sure, unsure = (float(model.predict_proba(few.images).max(axis=1).mean()) for model in models)
    assert sure > 0.95
    assert unsure == pytest.approx(0.8 + 0.2 / 10, abs=0.05)


def test_to_make_the_engine_is_no_learning(few: byhand.Split, monkeypatch: pytest.MonkeyPatch) -> None:
    make = choice.make

    def slowly(*arguments: Any, **options: Any) -> Engine:
        time.sleep(0.5)
        return make(*arguments, **options)

    monkeypatch.setattr(choice, "make", slowly)
    assert byhand.fit(byhand.Recipe(epochs=1, layers=(4,)), few).seconds < 0.5
