"""Images that count more or less: what a weight does, and what it never does."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import byhand
from byhand.learning.class_weights import parse_class_weight
from byhand.learning.engines.arrays import ArrayEngine
from byhand.learning.engines.compiled import CompiledEngine
from byhand.learning.optimizers import optimizer
from byhand.learning.training import Progress, Training
from byhand.learning.weighing import weighed
from byhand.network import initial_parameters
from conftest import Run

OPTIMIZERS = ("sgd", "momentum", "nesterov", "adam", "adamw")
SIZES = (784, 6, 10)


def with_weights(split: byhand.Split, weights: Any) -> byhand.Split:
    return replace(split, sample_weight=weights)


def theta_of(recipe: byhand.Recipe, split: byhand.Split) -> NDArray[np.float32]:
    return byhand.fit(recipe, split).model.theta


def weights_of(n: int, seed: int = 3) -> NDArray[np.float64]:
    return np.random.default_rng(seed).choice([0.5, 1.0, 2.0, 5.0], n)


def whole_batch(name: str, engine: str) -> byhand.Recipe:
    kinds: dict[str, Any] = {"optimizer": name, "engine": engine}
    return byhand.Recipe(layers=(6,), epochs=4, batch_size=1000, learning_rate=0.01, **kinds)


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_image_that_counts_twice_is_as_good_as_two(few: byhand.Split, name: str, engine: str) -> None:
    counts = np.ones(200, int)
    counts[[3, 50, 51]] = 2
    twice, repeated = with_weights(few, counts), few.take(np.repeat(np.arange(200), counts))
    recipe = whole_batch(name, engine)
    epochs = [byhand.fit(recipe, split) for split in (twice, repeated)]
    np.testing.assert_allclose(epochs[0].model.theta, epochs[1].model.theta, atol=2e-4 if "adam" in name else 2e-6)
    assert epochs[0].loss == pytest.approx(epochs[1].loss, rel=1e-5)
    assert np.abs(epochs[0].model.theta - theta_of(recipe, few)).max() > 1e-5


@pytest.mark.parametrize("choices", [{}, {"optimizer": "adam", "average": 0.9}, {"batch_size": 32, "engine": "numpy"}])
def test_an_image_that_counts_nothing_is_as_good_as_none(few: byhand.Split, choices: dict[str, Any]) -> None:
    recipe = byhand.Recipe(layers=(6,), epochs=2, **choices)
    counts = np.ones(200)
    counts[::3] = 0
    left_out = few.take(np.flatnonzero(counts))
    assert theta_of(recipe, with_weights(few, counts)).tobytes() == theta_of(recipe, left_out).tobytes()
    sevens = few.take(np.flatnonzero(few.labels != 7))
    assert theta_of(replace(recipe, class_weight=(("7", 0.0),)), few).tobytes() == theta_of(recipe, sevens).tobytes()


@pytest.mark.parametrize("choices", [{}, {"batch_size": 7, "optimizer": "momentum"}, {"engine": "numpy"}])
def test_where_all_count_alike_the_bits_are_those_without_weights(few: byhand.Split, choices: dict[str, Any]) -> None:
    recipe = byhand.Recipe(layers=(6,), epochs=2, **choices)
    alike = theta_of(recipe, with_weights(few, np.full(200, 1e-300)))
    assert alike.tobytes() == theta_of(recipe, few).tobytes()
    named = dict.fromkeys(few.classes, 0.3)
    assert theta_of(replace(recipe, class_weight=named), few).tobytes() == alike.tobytes()  # type: ignore[arg-type]


@pytest.mark.parametrize("batch", [1, 7, 32])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_both_engines_weigh_alike(few: byhand.Split, name: str, batch: int) -> None:
    weights = weights_of(60).astype(np.float32)
    start = initial_parameters(SIZES, "relu", np.random.default_rng(0))
    moved, losses = [], []
    for kind in (ArrayEngine, CompiledEngine):
        theta = start.copy()
        engine = kind(theta, SIZES, "relu", optimizer(name, theta), batch)
        losses.append(engine.learn(few.images[:60].reshape(60, -1), few.labels[:60], 0.01, weights))
        moved.append(np.array(engine.theta))
    np.testing.assert_allclose(moved[0], moved[1], atol=1e-3 if "adam" in name else 3e-5)
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("kind", [ArrayEngine, CompiledEngine])
def test_of_one_image_a_step_its_weight_is_the_length(few: byhand.Split, kind: type[ArrayEngine]) -> None:
    start = initial_parameters(SIZES, "relu", np.random.default_rng(0))

    def step(rate: float, weights: NDArray[np.float32] | None) -> NDArray[np.float32]:
        theta = start.copy()
        engine = kind(theta, SIZES, "relu", optimizer("sgd", theta))
        engine.learn(few.images[:1].reshape(1, -1), few.labels[:1], rate, weights)
        return np.array(engine.theta)

    assert step(0.01, np.array([4], np.float32)).tobytes() == step(0.04, None).tobytes()
    assert step(0.01, np.array([1], np.float32)).tobytes() == step(0.01, None).tobytes()


def test_weights_follow_their_images(mnist: byhand.Dataset) -> None:
    """Every image of weight 3 is one of a 7: then only what comes first decides, wherever images go."""
    split = with_weights(mnist.train.take(slice(3000)), np.where(mnist.train.labels[:3000] == 7, 3, 1))
    recipe = byhand.Recipe(layers=(6,), epochs=2, validation=500, limit=1500, batch_size=20)
    by_class = replace(recipe, class_weight={"7": 3})  # type: ignore[arg-type]
    assert theta_of(recipe, split).tobytes() == theta_of(by_class, mnist.train.take(slice(3000))).tobytes()
    training = Training(by_class, mnist.train.take(slice(3000)))
    assert training._weights is not None
    assert len(training.learned) == 1500
    assert training._weights.mean() == pytest.approx(1)
    sevens = training.learned.labels == 7
    np.testing.assert_allclose(training._weights[sevens] / training._weights[~sevens][0], 3, rtol=1e-6)


def test_the_scale_of_weights_does_not_matter_and_both_kinds_multiply(few: byhand.Split) -> None:
    given = weights_of(200)
    each = [weighed(with_weights(few, given * scale), (("3", 2.0),), None)[1] for scale in (1.0, 1e307, 1e-307)]
    wanted = given * np.where(few.labels == 3, 2, 1)
    for weights in each:
        assert weights is not None
        np.testing.assert_allclose(weights, wanted / wanted.mean(), rtol=1e-6)


def test_balanced_classes_count_the_same_in_all(few: byhand.Split) -> None:
    given = weights_of(200)
    for split in (few, with_weights(few, given)):
        _, weights = weighed(split, "balanced", None)
        assert weights is not None
        np.testing.assert_allclose(np.bincount(few.labels, weights), 20, rtol=1e-5)


@pytest.mark.parametrize("choices", [{}, {"batch_size": 32, "optimizer": "adam"}])
def test_balancing_finds_more_of_a_rare_class(mnist: byhand.Dataset, choices: dict[str, Any]) -> None:
    labels = mnist.train.labels[:6000]
    rare = np.isin(labels, (8, 9))
    chosen = np.sort([*np.flatnonzero(~rare), *np.flatnonzero(rare)[:40]])
    recipe = byhand.Recipe(layers=(20,), epochs=3, **choices)
    recalls = []
    for class_weight in (None, "balanced"):
        epoch = byhand.fit(replace(recipe, class_weight=class_weight), mnist.train.take(chosen))
        recalls.append(byhand.evaluate(epoch.model, mnist.test).recall[8:].mean())
    assert recalls[1] > recalls[0] + 0.1


def test_strangers_count_as_an_image_does(mnist: byhand.Dataset) -> None:
    split = with_weights(mnist.train.take(slice(100)), weights_of(100))
    training = Training(byhand.Recipe(strangers=0.2, layers=(4,), epochs=1, batch_size=20), split)
    _, _, weights = training._samples
    assert weights is not None
    assert weights.shape == (120,)
    assert (weights[100:] == 1).all()
    *_, last = training.run()
    assert isinstance(last, byhand.Epoch)
    assert 2 < last.loss < 3


def test_the_loss_is_the_weighted_mean(few: byhand.Split) -> None:
    recipe = whole_batch("sgd", "numpy")
    weights = weights_of(200)
    records = list(Training(replace(recipe, epochs=1), with_weights(few, weights)).run())
    start = byhand.Model(SIZES, "relu", initial_parameters(SIZES, "relu", np.random.default_rng([0, 0])), few.classes)
    losses = -np.log(start.predict_proba(few.images)[np.arange(200), few.labels])
    for record in records:
        assert record.loss == pytest.approx(np.average(losses, weights=weights), rel=1e-5)


def test_a_weighted_training_goes_on_to_the_same_bits(few: byhand.Split) -> None:
    split = with_weights(few, weights_of(200))
    recipe = byhand.Recipe(layers=(6,), epochs=3, batch_size=16, optimizer="momentum", class_weight="balanced")
    states = [record.training.state() for record in Training(recipe, split).run() if isinstance(record, Progress)]
    whole = theta_of(recipe, split)
    for state in states:
        *_, last = Training(recipe, split, state).run()
        assert isinstance(last, byhand.Epoch)
        assert last.model.theta.tobytes() == whole.tobytes()


def test_weights_are_part_of_the_datas_fingerprint(few: byhand.Split) -> None:
    weighted = [with_weights(few, np.r_[weight, np.ones(199)]) for weight in (1, 2)]
    assert len({few.sha256(), *(split.sha256() for split in weighted)}) == 3
    assert byhand.fit(byhand.Recipe(layers=(), epochs=1), weighted[1]).model.details["data"] == {
        "sha256": weighted[1].sha256(),
        "n": 200,
    }
    assert weighted[1].in_classes(tuple("9876543210")).sample_weight is not None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (np.ones(199), "must be a number for each of the 200 images, not float64 of shape (199,)"),
        (np.ones((200, 2)), "must be a number for each of the 200 images"),
        (["a"] * 200, "must be a number for each of the 200 images"),
        ([[1], [1, 2]], "cannot become an array"),
        (np.r_[np.nan, np.ones(199)], "the weight nan of image 0 cannot be used"),
        (np.r_[np.ones(198), -1, -2], "the weight -1 of image 198 cannot be used"),
        (np.r_[np.inf, np.ones(199)], "the weight inf of image 0"),
        (3, "of shape ()"),
        (np.ones(200, complex), "not complex128"),
        (np.ma.masked_array(np.ones(200), np.arange(200) < 3), "some of the weights are masked: fill them"),
    ],
)
def test_weights_that_cannot_be_are_refused(few: byhand.Split, given: Any, told: str) -> None:
    with pytest.raises(byhand.UsageError, match="sample_weight: ") as error:
        with_weights(few, given)
    assert told in str(error.value)
    with pytest.raises(byhand.UsageError, match="sample_weight: "):
        byhand.train(byhand.Recipe(), few, sample_weight=given)


def test_weights_that_are_all_zero_leave_nothing_to_learn(few: byhand.Split) -> None:
    with pytest.raises(byhand.UsageError, match="sample_weight: leaves nothing to learn"):
        byhand.train(byhand.Recipe(), few, sample_weight=np.zeros(200))
    none = dict.fromkeys(few.classes, 0)
    with pytest.raises(byhand.UsageError, match="class_weight: leaves nothing to learn"):
        byhand.train(byhand.Recipe(class_weight=none), few)  # type: ignore[arg-type]


def test_whatever_is_an_array_of_numbers_can_be_weights(few: byhand.Split) -> None:
    wanted = theta_of(byhand.Recipe(layers=(), epochs=1), with_weights(few, few.labels + 1.0))
    column = few.labels[:, None] + 1
    for given in ((few.labels + 1).tolist(), column, few.labels + np.uint8(1), (few.labels + 1).astype(np.float32)):
        epoch = byhand.fit(byhand.Recipe(layers=(), epochs=1), few, sample_weight=given)
        assert epoch.model.theta.tobytes() == wanted.tobytes()
    mask = few.labels > 4
    epoch = byhand.fit(byhand.Recipe(layers=(), epochs=1), few, sample_weight=mask)
    assert epoch.model.details["data"]["n"] == mask.sum()  # type: ignore[index,call-overload]


@pytest.mark.parametrize(
    ("given", "kept", "written"),
    [
        ("balanced", "balanced", "balanced"),
        ("Balanced", "balanced", "balanced"),
        ("7=2, 1=0.5", (("1", 0.5), ("7", 2.0)), {"1": 0.5, "7": 2.0}),
        ({"7": 2, "a=b": 1}, (("7", 2.0), ("a=b", 1.0)), {"7": 2.0, "a=b": 1.0}),
        ({7: np.float32(0.5)}, (("7", 0.5),), {"7": 0.5}),
        ([["7", 2]], (("7", 2.0),), {"7": 2.0}),
    ],
)
def test_class_weights_are_taken_however_they_are_written(given: Any, kept: object, written: object) -> None:
    recipe = byhand.Recipe(class_weight=given)
    assert recipe.class_weight == kept
    assert recipe.to_dict()["class_weight"] == written
    assert byhand.Recipe(**recipe.to_dict()) == replace(recipe, learning_rate=recipe.starting_rate)  # type: ignore[arg-type]
    assert len({recipe, replace(recipe)}) == 1


@pytest.mark.parametrize(
    "given",
    [
        *("", "7", "7=", "=2", "7=2,", "7:2", "7=-1", "7=nan", "7=inf", "7=1e9", "7=2,7=3", "balance"),
        *(
            3,
            pytest.param(10**5000, id="huge"),
            {},
            [],
            {"7": None},
            {"7": True},
            {"": 1},
            {None: 1},
            pytest.param({"7": 10**400}, id="too much"),
            [("7",)],
            ["77"],
            {"a" * 101: 1},
        ),
    ],
)
def test_class_weights_that_cannot_be_are_refused_in_one_short_line(given: Any) -> None:
    with pytest.raises(byhand.UsageError, match="class_weight") as error:
        byhand.Recipe(class_weight=given)
    assert error.value.fields == ("class_weight",)
    assert len(str(error.value)) < 300
    if isinstance(given, str):
        with pytest.raises(byhand.UsageError):
            parse_class_weight(given)


def test_a_class_that_the_data_do_not_have_is_named(few: byhand.Split) -> None:
    with pytest.raises(byhand.UsageError, match="there is no class seven in the data; there are 0, 1, 2"):
        byhand.train(byhand.Recipe(class_weight={"seven": 2}), few)  # type: ignore[arg-type]


@pytest.mark.usefixtures("undrawn")
def test_class_weights_on_the_command_line(call: Run) -> None:
    small = ("train", "--layers", 5, "--limit", 500, "--epochs", 1)
    assert "classes weighted" in call(*small, "--class-weight", "7=2.5,1=0", "--out", "run").stdout
    again = call("train", "--recipe", "run/run.toml", "--out", "again")
    assert call("info", "run", "--json").stdout == call("info", "again", "--json").stdout
    assert '"class_weight": {"1": 0.0, "7": 2.5}' in call("info", "run", "--json").stdout
    assert again.returncode == 0
    call(*small, "--class-weight", "balanced", "--out", "balanced")
    for words in ("--class-weight=x=2", "--class-weight=7=x", "--class-weight=", "--class-weight=all"):
        error = call(*small, words, code=2).stderr
        assert error.startswith("byhand: --class-weight: ")
        assert words == "--class-weight=x=2" or f"{words.partition('=')[2]}' cannot be used; say balanced" in error
        assert error.count("\n") == 1
