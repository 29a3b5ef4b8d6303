"""What is said of a training that goes wrong, and that nothing is said of one that does not."""

import math
from typing import Any

import pytest

import byhand
from byhand.learning.training import Training
from byhand.web.training.diagnosis import Case, diagnose
from byhand.web.training.history import Curve, Point
from byhand.web.training.measuring.gauges import Gauge, Judge
from byhand.web.training.messages import Notice
from byhand.web.training.settings import recipe_of


def points(training_losses: list[float], validation_losses: list[float], total: int, accuracy: float) -> list[Point]:
    rows = zip(training_losses, validation_losses, strict=True)
    return [Point(total * (i + 1), a, b, accuracy) for i, (a, b) in enumerate(rows)]


def found(rows: list[Point], *, dead: tuple[int, ...] = (0,), total: int = 50_000, **changes: Any) -> Notice | None:
    return diagnose(Case(byhand.Recipe(**changes), (784, 20, 10), total, rows, dead))


def test_nothing_is_wrong_with_what_learns() -> None:
    assert found([]) is None
    assert found(points([2.4, 0.5, 0.3, 0.2], [2.3, 0.4, 0.3, 0.25], 1000, 0.9)) is None
    assert found(points([2.3], [2.3], 3000, 0.1)) is None  # too early
    assert found(points([2.3], [2.3], 50_000, 0.1), batch_size=1000) is None  # too few steps
    assert found(points([0.1, 0.05, 0.04, 0.03], [0.2, 0.1, 0.11, 0.112], 50_000, 0.97)) is None  # chance


def test_what_does_not_learn_is_told_with_its_figures() -> None:
    notice = found(points([2.31, 2.305], [2.302, 2.304], 50_000, 0.11))
    assert notice == Notice(
        "not_learning", {"loss": 2.304, "guessing": math.log(10), "accuracy": 0.11, "images": 100_000}
    )


def test_what_does_not_learn_is_told_without_images_set_aside_too() -> None:
    rows = [Point(50_000, 2.31), Point(100_000, 2.305)]
    assert found(rows) == Notice("not_learning", {"loss": 2.305, "guessing": math.log(10), "images": 100_000})


def test_what_reads_the_images_set_aside_has_learned() -> None:
    for loss, accuracy in ((2.0, 0.11), (2.31, 0.35)):
        assert found(points([2.31, 2.305], [2.302, loss], 50_000, accuracy)) is None


def test_overfitting_is_told_when_it_is_certain() -> None:
    notice = found(points([0.3, 0.2, 0.1, 0.05], [0.3, 0.2, 0.25, 0.3], 50_000, 0.97))
    assert notice == Notice("overfitting", {"lowest": 0.2, "now": 0.3, "epoch": 2})


def test_a_dead_layer_is_told() -> None:
    notice = found(points([1.0], [1.0], 50_000, 0.7), dead=(11,))
    assert notice == Notice("dead", {"accuracy": 0.7, "layer": 1, "dead": 11, "units": 20})
    assert found(points([1.0], [1.0], 50_000, 0.7), dead=(10,)) is None


def test_the_effect_is_told_before_its_cause() -> None:
    notice = found(points([2.31, 2.305], [2.302, 2.304], 50_000, 0.097), dead=(20,))
    assert notice is not None
    assert notice.kind == "not_learning"
    told = {"layer": 1, "dead": 20, "units": 20, "accuracy": 0.097}
    assert {name: notice.evidence[name] for name in told} == told


def test_what_is_silent_in_a_network_that_reads_well_is_nothing_wrong() -> None:
    assert found(points([0.2, 0.1], [0.2, 0.1], 50_000, 0.975), dead=(19,)) is None
    assert found([Point(50_000, 0.3)], dead=(19,)) is None
    assert found([Point(50_000, 1.6)], dead=(19,)) == Notice("dead", {"layer": 1, "dead": 19, "units": 20})


def test_a_loss_that_explodes_is_told_with_a_gentler_rate() -> None:
    notice = found(points([30.0, 40.0], [20.0, 30.0], 2000, 0.1), learning_rate=3.0)
    assert notice == Notice("diverged", {"loss": 40.0, "rate": 3.0, "suggested": 0.01})


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"limit": 500, "epochs": 40, "learning_rate": 0.02}, {None, "overfitting"}),
        ({"learning_rate": 1e-7, "limit": 8000}, {None, "not_learning"}),
        ({"learning_rate": 0.5, "limit": 12_000}, {"dead", "not_learning"}),
        ({"limit": 12_000, "epochs": 2}, {None}),
    ],
)
def test_real_trainings_are_told_apart(mnist: byhand.Dataset, changes: dict[str, Any], kinds: set[str | None]) -> None:
    training = Training(recipe_of({"epochs": 1, "validation": 2000, **changes}), mnist.train)
    judge, gauge, curve, seen, done = Judge(training), Gauge(), Curve(), set(), 0
    for record in training.run():
        if isinstance(record, byhand.Epoch):
            gauge.start_epoch()
            done = 0
            continue
        gauge.take(record.done - done, training.place.loss)
        done = record.done
        validation, dead = judge.judge()
        assert validation is not None
        images = (record.epoch - 1) * record.total + done
        curve.add(Point(images, gauge.loss or 0.0, validation.loss, validation.accuracy))
        notice = diagnose(Case(training.recipe, training.sizes, record.total, curve.points, dead))
        seen.add(notice and notice.kind)
    assert seen == kinds
