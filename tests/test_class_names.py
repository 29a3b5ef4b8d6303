"""Classes are known by their names, in whatever order a model or the data have them."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import byhand
from byhand.data.idx import write_idx
from byhand.judging.calibration import calibrate
from byhand.judging.ensembles import ensemble
from byhand.judging.evaluation import compare
from byhand.network import layers
from byhand.web.page import export
from byhand.web.work import judging
from conftest import Run

TURNED = "1234567890"  # MNIST's digits with labels (y − 1) mod 10


def in_order(split: byhand.Split, classes: str) -> byhand.Split:
    """Return the same digits with labels that are positions in other names."""
    moved = np.array([classes.find(name) for name in split.classes]).astype(np.uint8)
    return byhand.Split(split.images, moved[split.labels], tuple(classes))


def reordered(model: byhand.Model, classes: str) -> byhand.Model:
    """Return a model that says the same, with its classes in another order."""
    theta = model.theta.copy()
    order = [model.classes.index(name) for name in classes]
    for values in layers(theta, model.sizes)[-1]:
        values[...] = values[..., order].copy()
    return replace(model, theta=theta, classes=tuple(classes))


def test_the_order_of_class_names_changes_no_judgement(model: byhand.Model, data: byhand.Dataset) -> None:
    plain = byhand.evaluate(model, data.test)
    for who, split in (
        (model, in_order(data.test, TURNED)),
        (reordered(model, TURNED), data.test),
        (reordered(model, TURNED), in_order(data.test, "0918273645")),
    ):
        other = byhand.evaluate(who, split)
        assert (other.accuracy, other.mistakes.tolist()) == (plain.accuracy, plain.mistakes.tolist())
        assert compare(plain, other).p_value == 1
        assert other.confusion_matrix.trace() == plain.confusion_matrix.trace()
        order = [int(name) for name in who.classes]
        assert other.confusion_matrix.tolist() == plain.confusion_matrix[np.ix_(order, order)].tolist()


def test_a_folder_named_in_another_encoding_is_told_so() -> None:
    images, labels, name = np.zeros((2, 2, 2), np.uint8), np.arange(2, dtype=np.uint8), os.fsdecode(b"th\xe9")
    with pytest.raises(byhand.ByhandError, match=r"the name of class 1 cannot be used: its bytes are no UTF-8\."):
        byhand.Split(images, labels, ("a", name))


def test_what_the_page_judges_and_carries_goes_by_name(model: byhand.Model, data: byhand.Dataset) -> None:
    turned = in_order(data.test, TURNED)
    assert judging.judgement(model, turned) == judging.judgement(model, data.test)
    assert judging.robustness(model, turned.take(slice(50))) == judging.robustness(model, data.test.take(slice(50)))
    assert judging.accuracy(model, turned) == judging.accuracy(model, data.test)
    facts = [export.Carried.of(model, byhand.Dataset("", data.train, test)).as_json("") for test in (turned, data.test)]
    assert facts[0] == facts[1]


def test_probabilities_are_made_honest_by_name(model: byhand.Model, data: byhand.Dataset) -> None:
    turned, plain = (calibrate(model, split) for split in (in_order(data.test, TURNED), data.test))
    assert turned.details["calibration"] == plain.details["calibration"]


def test_a_class_that_the_model_does_not_know_is_refused_by_name(model: byhand.Model, data: byhand.Dataset) -> None:
    strange = byhand.Split(data.test.images, data.test.labels, (*"012345678", "shoe"))
    with pytest.raises(byhand.UsageError, match="the classes shoe in the data, which the model does not know") as error:
        byhand.evaluate(model, strange)
    assert "it knows 0, 1, 2" in str(error.value)
    # A name of which there is no image does no harm.
    byhand.evaluate(model, strange.take(np.flatnonzero(data.test.labels != 9)))


def test_a_model_that_knows_more_is_judged_on_what_there_is(model: byhand.Model, data: byhand.Dataset) -> None:
    few = data.test.take(np.flatnonzero(data.test.labels < 3))
    three = byhand.Split(few.images, few.labels, ("0", "1", "2"))
    assert byhand.evaluate(model, three).accuracy == byhand.evaluate(model, few).accuracy


def test_a_committee_of_models_with_other_orders(model: byhand.Model, data: byhand.Dataset) -> None:
    joined, plain = ensemble([model, reordered(model, TURNED)]), ensemble([model, model])
    assert joined.classes == model.classes
    np.testing.assert_allclose(joined.theta, plain.theta, rtol=1e-6)
    assert byhand.evaluate(joined, data.test).accuracy == byhand.evaluate(model, data.test).accuracy
    with pytest.raises(byhand.UsageError, match="the same classes"):
        ensemble([model, replace(model, classes=tuple("abcdefghij"))])


def written(folder: Path, data: byhand.Dataset, classes: str) -> Path:
    """Write data into a folder, with the names of their classes."""
    folder.mkdir()
    for stem, split in (("train", data.train), ("t10k", data.test)):
        write_idx(folder / f"{stem}-images-idx3-ubyte", split.images)
        write_idx(folder / f"{stem}-labels-idx1-ubyte", split.labels)
    (folder / "classes.txt").write_text("\n".join(classes))
    return folder


def test_the_commands_go_by_name(call: Run, tmp_path: Path, model: byhand.Model, data: byhand.Dataset) -> None:
    turned = byhand.Dataset("turned", in_order(data.train, TURNED), in_order(data.test, TURNED))
    folder = written(tmp_path / "turned", turned, TURNED)
    plain, other = tmp_path / "plain.safetensors", tmp_path / "other.safetensors"
    model.save(plain)
    reordered(model, TURNED).save(other)
    accuracy = byhand.evaluate(model, data.test).accuracy
    for file in (plain, other):
        said = call("evaluate", str(file), "--data", str(folder), "--json")
        assert json.loads(said.stdout)["accuracy"] == accuracy
    said = call("compare", str(plain), str(other), "--data", str(folder), "--json")
    assert json.loads(said.stdout)["p_value"] == 1
    few = written(tmp_path / "few", byhand.Dataset("few", first_three(data.train), first_three(data.test)), "012")
    assert (
        "few has no images of the class 3, 4, 5, 6, 7, 8, 9" in call("evaluate", str(plain), "--data", str(few)).stderr
    )
    (few / "classes.txt").write_text("0\n1\nshoe\n")
    assert (
        f"{other}: there are images of the classes shoe"
        in call("compare", str(other), str(plain), "--data", str(few), code=2).stderr
    )


def first_three(split: byhand.Split) -> byhand.Split:
    """Return the zeros, ones and twos."""
    return split.take(np.flatnonzero(split.labels < 3))
