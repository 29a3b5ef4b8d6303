"""Probabilities that are true, and a threshold below which a model should not answer."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import byhand
from byhand.images import OLDER, PREPROCESSING
from byhand.judging.calibration import RISK, calibrate, can_calibrate
from byhand.model import UNCALIBRATED
from byhand.network import layers
from byhand.runs import run_folder


@pytest.fixture(scope="module")
def held_out(mnist: byhand.Dataset) -> byhand.Split:
    """Return images that the tests' model has not learned."""
    return mnist.train.take(slice(4000, 9000))


@pytest.fixture(scope="module")
def calibrated(model: byhand.Model, held_out: byhand.Split) -> byhand.Model:
    return calibrate(model, held_out)


def heated(model: byhand.Model, factor: float) -> byhand.Model:
    """Return the model with all logits times a factor."""
    theta = model.theta.copy()
    for values in layers(theta, model.sizes)[-1]:
        values *= np.float32(factor)
    return dataclasses.replace(model, theta=theta)


def facts(model: byhand.Model) -> dict[str, float]:
    return dict(model.details["calibration"])  # type: ignore[arg-type]


@pytest.mark.parametrize("factor", [0.5, 2.0, 4.0])
def test_a_known_temperature_is_found_and_undone(
    model: byhand.Model, calibrated: byhand.Model, held_out: byhand.Split, factor: float
) -> None:
    again = calibrate(heated(model, factor), held_out)
    assert facts(again)["temperature"] == pytest.approx(factor * facts(calibrated)["temperature"], rel=1e-3)
    np.testing.assert_allclose(
        again.predict_proba(held_out.images), calibrated.predict_proba(held_out.images), atol=1e-3
    )


def test_what_is_calibrated_stays(calibrated: byhand.Model, held_out: byhand.Split) -> None:
    assert facts(calibrate(calibrated, held_out))["temperature"] == pytest.approx(1, rel=1e-3)


def test_the_answers_stay_the_same(model: byhand.Model, calibrated: byhand.Model, mnist: byhand.Dataset) -> None:
    np.testing.assert_array_equal(calibrated.predict(mnist.test.images), model.predict(mnist.test.images))


def test_probabilities_are_truer_on_other_images(
    model: byhand.Model, held_out: byhand.Split, mnist: byhand.Dataset
) -> None:
    sure = heated(model, 3)
    before, after = (byhand.evaluate(some, mnist.test) for some in (sure, calibrate(sure, held_out)))
    assert after.loss < before.loss
    assert after.calibration_error < before.calibration_error


@pytest.mark.parametrize("risk", [0.001, RISK, 0.02, 0.05])
def test_no_more_answers_are_wrong_than_the_risk(model: byhand.Model, held_out: byhand.Split, risk: float) -> None:
    careful = calibrate(model, held_out, risk)
    probabilities = careful.predict_proba(held_out.images)
    answered = probabilities.max(axis=1) >= careful.threshold
    wrong = (probabilities.argmax(axis=1) != held_out.labels)[answered]
    assert wrong.mean() <= risk
    assert 0 < answered.mean() <= 0.9801


def test_less_risk_takes_a_higher_threshold(model: byhand.Model, held_out: byhand.Split) -> None:
    thresholds = [calibrate(model, held_out, risk).threshold for risk in (0.05, 0.02, 0.005)]
    assert thresholds == sorted(thresholds)


def test_a_good_model_still_refuses_two_percent(held_out: byhand.Split) -> None:
    shipped = calibrate(byhand.Model.load(), held_out)
    refused = shipped.predict_proba(held_out.images).max(axis=1) < shipped.threshold
    assert refused.mean() == pytest.approx(0.02, abs=0.001)


def test_too_few_images_tell_nothing(model: byhand.Model, held_out: byhand.Split) -> None:
    assert can_calibrate(200)
    assert not can_calibrate(199)
    assert not can_calibrate(0)
    with pytest.raises(byhand.UsageError, match=r"199 images are too few to calibrate for 0\.5 %"):
        calibrate(model, held_out.take(slice(199)))
    assert facts(calibrate(model, held_out.take(slice(200))))["n"] == 200


def test_images_of_another_shape_are_refused(model: byhand.Model, held_out: byhand.Split) -> None:
    small = byhand.Split(held_out.images[:, :9, :9], held_out.labels, held_out.classes)
    with pytest.raises(byhand.UsageError, match="do not fit"):
        calibrate(model, small)


def test_a_model_without_a_clue_is_not_believed(held_out: byhand.Split) -> None:
    clueless = byhand.Model((784, 10), "relu", np.zeros(7850, np.float32), held_out.classes)
    useless = calibrate(clueless, held_out)
    confidence = useless.predict_proba(held_out.images).max(axis=1)
    wrong = useless.predict(held_out.images) != held_out.labels
    answered = confidence >= useless.threshold
    assert wrong[answered].sum() <= RISK * answered.sum()


def test_it_is_kept_in_the_file(calibrated: byhand.Model, tmp_path: Path) -> None:
    calibrated.save(tmp_path / "model.safetensors")
    loaded = byhand.Model.load(tmp_path / "model.safetensors")
    assert loaded.threshold == calibrated.threshold
    assert facts(loaded) == facts(calibrated)
    assert set(facts(loaded)) == {"temperature", "threshold", "risk", "n"}
    np.testing.assert_array_equal(loaded.theta, calibrated.theta)
    assert loaded.details["recipe"] == calibrated.details["recipe"]


def test_without_calibration_the_threshold_is_a_half(model: byhand.Model) -> None:
    assert model.threshold == UNCALIBRATED == 0.5
    for strange in ("0.9", None, {}, {"threshold": "0.9"}, {"threshold": None}):
        assert dataclasses.replace(model, details={"calibration": strange}).threshold == 0.5


def test_files_of_older_models_are_still_read(model: byhand.Model, tmp_path: Path) -> None:
    assert "pixels/255" in OLDER
    for name in (*OLDER, PREPROCESSING):
        dataclasses.replace(model, preprocessing=name).save(tmp_path / "model.safetensors")
        assert byhand.Model.load(tmp_path / "model.safetensors").preprocessing == name
    with pytest.raises(byhand.ByhandError, match="a newer one may know it"):
        dataclasses.replace(model, preprocessing="mnist/99")


@pytest.mark.usefixtures("undrawn")
def test_a_run_with_enough_validation_images_leaves_a_calibrated_model(mnist: byhand.Dataset, tmp_path: Path) -> None:
    for count in (500, 100):
        recipe = byhand.Recipe(layers=(8,), epochs=1, batch_size=50, limit=300, validation=count)
        keeper = run_folder.Keeper(tmp_path, recipe, run_folder.source_of("mnist", mnist))
        *_, last = byhand.train(recipe, mnist.train)
        run_folder.save_run(keeper, last.model, mnist, judge=True)
        saved = byhand.Model.load(tmp_path / "model.safetensors")
        assert ("calibration" in saved.details) == (saved.threshold != 0.5) == (count == 500)
        assert saved.details["scores"]["loss"] == byhand.evaluate(saved, mnist.test).loss  # type: ignore[index,call-overload]
