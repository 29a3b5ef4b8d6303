"""The likeliest slips from Python: what was meant is done where that is sure, and else said in one sentence."""

import copy
import dataclasses
import gc
import re
import warnings
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import byhand
from byhand.errors import ByhandError, UsageError
from byhand.learning import fitting

Array = NDArray[np.generic]
RECIPE = byhand.Recipe(layers=(6,), epochs=2, limit=60, batch_size=20)


def losses(recipe: byhand.Recipe, split: object) -> list[float]:
    """Return the losses of a training."""
    return [epoch.loss for epoch in byhand.train(recipe, split)]  # type: ignore[arg-type]


# Data


def test_a_data_set_stands_for_the_part_that_is_meant(data: byhand.Dataset, model: byhand.Model) -> None:
    assert losses(RECIPE, data) == losses(RECIPE, data.train)
    assert losses(RECIPE, (data.train.images, data.train.labels)) == losses(RECIPE, data.train)
    test = byhand.evaluate(model, data.test)
    assert byhand.evaluate(model, data).accuracy == test.accuracy
    assert byhand.evaluate(model, (data.test.images.tolist(), data.test.labels.astype(float))).loss == test.loss


def test_labels_of_arrays_tell_their_classes(data: byhand.Dataset) -> None:
    names = np.array([*"abcdefghij"])[data.train.labels]
    *_, epoch = byhand.train(RECIPE, (data.train.images, names))
    assert epoch.model.classes == tuple("abcdefghij")
    judged = byhand.evaluate(epoch.model, (data.train.images, names))
    assert judged.accuracy == byhand.evaluate(epoch.model, (data.train.images, data.train.labels)).accuracy


def no_data(data: byhand.Dataset) -> dict[str, Callable[[], object]]:
    """Return slips with data and recipes, by what is said of them."""
    train, evaluate, split = byhand.train, byhand.evaluate, data.train
    return {
        "recipe: Split is no recipe: .* first": lambda: train(split, RECIPE),  # type: ignore[arg-type]
        "recipe: dict is no recipe": lambda: train({"epochs": 3}, split),  # type: ignore[arg-type]
        "split: str holds no labelled images.*load it by byhand.load": lambda: train(RECIPE, "mnist"),  # type: ignore[arg-type]
        "split: ndarray holds no labelled images": lambda: train(RECIPE, split.images),  # type: ignore[arg-type]
        "split: tuple holds no labelled images": lambda: train(RECIPE, (split, split)),
        "images but 200 labels": lambda: train(RECIPE, (split.images, split.labels[:200])),
        "model: Split is no model": lambda: evaluate(split, byhand.Model.load()),  # type: ignore[arg-type]
        "split: there is no image to judge by": lambda: evaluate(byhand.Model.load(), split[:0]),
        "model: type is no model": lambda: evaluate(byhand.Model, split),  # type: ignore[arg-type]
        "nowhere: there is no such file": lambda: evaluate("nowhere", split),
        "source: a Dataset is loaded already": lambda: byhand.load(data),
        "a Dataset is a name and two Splits": lambda: byhand.Dataset(split, split, "mnist"),  # type: ignore[arg-type]
        "class names must be texts.*not int": lambda: byhand.Split(split.images, split.labels, 10),  # type: ignore[arg-type]
        "https:/x.org/train.csv: is an address": lambda: byhand.load("https://x.org/train.csv"),
        "https:/x.org/a.png: is an address": lambda: byhand.read("https://x.org/a.png"),
        "HTTP:/x.org/m: is an address": lambda: byhand.Model.load("HTTP://x.org/m"),
    }


@pytest.mark.parametrize("place", range(16))
def test_what_is_no_data_or_recipe_is_named(data: byhand.Dataset, place: int) -> None:
    said, slip = [*no_data(data).items()][place]
    with pytest.raises(ByhandError, match=said) as caught:
        slip()
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_a_split_has_parts(data: byhand.Dataset) -> None:
    split = data.train
    for chosen in (slice(100), np.arange(100), np.arange(len(split)) < 100, [*range(100)]):
        assert split[chosen].sha256() == split.take(slice(100)).sha256()  # type: ignore[index]
    given: Any = split
    for slip in (lambda: given[3], lambda: given[np.int64(3)], lambda: [*given], lambda: given["7"]):
        with pytest.raises(TypeError, match=r"split\[:100\]; single ones: split.images"):
            slip()


def test_splits_of_ones_own_make_a_data_set(data: byhand.Dataset) -> None:
    made = byhand.load((data.train, data.test))
    assert (made.train.sha256(), made.test.sha256()) == (data.train.sha256(), data.test.sha256())
    with pytest.warns(UserWarning, match="set aside"):
        assert len(byhand.load(data.train).test) == len(data.train) // 7
    weighed = dataclasses.replace(data.train, sample_weight=np.arange(len(data.train), dtype=float))
    assert byhand.load((weighed, data.test)).train.sha256() == weighed.sha256()


def test_fit_keeps_no_more_than_one_network(data: byhand.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[byhand.Epoch]] = []

    def noted(*arguments: Any, **choices: Any) -> Iterator[byhand.Epoch]:
        for epoch in train(*arguments, **choices):
            assert sum(one() is not None for one in made) <= 1
            made.append(weakref.ref(epoch))
            yield epoch

    train = byhand.train
    monkeypatch.setattr(fitting, "train", noted)
    assert byhand.fit(dataclasses.replace(RECIPE, epochs=5), data).number == 5


# A training that never begins


def test_a_training_that_nobody_begins_is_told(data: byhand.Dataset) -> None:
    with pytest.warns(RuntimeWarning, match=r"never begun.*for epoch in byhand.train") as caught:
        byhand.train(RECIPE, data)
    assert caught[0].filename == __file__
    epochs = byhand.train(RECIPE, data)
    assert "has not begun (epochs: 2)" in repr(epochs)
    assert next(epochs).number == 1
    assert repr(epochs) == "<byhand training, 1 of 2 epochs done>"
    assert [epoch.number for epoch in epochs] == [2]
    assert [*epochs] == []


def test_a_training_that_is_left_early_is_none_of_those(data: byhand.Dataset) -> None:
    for epoch in byhand.train(RECIPE, data):
        assert epoch.number == 1
        break
    gc.collect()


def test_a_training_that_cannot_begin_says_only_why(data: byhand.Dataset) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(UsageError, match="leave none"):
            byhand.train(byhand.Recipe(validation=300), data)
        gc.collect()
    assert not caught


# Models


def test_a_model_may_be_named_by_its_file_or_folder(
    data: byhand.Dataset, model: byhand.Model, model_file: Path
) -> None:
    picture, score = data.test.images[0], byhand.evaluate(model, data).loss
    for given in (str(model_file), model_file, model_file.parent, model.compile()):
        assert byhand.evaluate(given, data).loss == pytest.approx(score)
        assert byhand.recognize(picture, given).name == byhand.recognize(picture, model).name
        assert byhand.read(picture, given).text == byhand.read(picture, model).text
    assert byhand.Model.load(str(model_file.parent)).sizes == model.sizes


def test_an_epoch_stands_for_its_model(data: byhand.Dataset) -> None:
    *_, epoch = byhand.train(RECIPE, data)
    assert byhand.evaluate(epoch, data).loss == byhand.evaluate(epoch.model, data).loss
    assert byhand.recognize(data.test.images[0], epoch).guesses[0][1] > 0
    assert byhand.fit(RECIPE, data, model=epoch).loss == byhand.fit(RECIPE, data, model=epoch.model).loss


@pytest.mark.parametrize("given", [None, 3, b"model", np.zeros(3), byhand.Model])
def test_what_is_no_path_of_a_model_is_named(given: object) -> None:
    with pytest.raises(UsageError, match=f"{type(given).__name__} is no path"):
        byhand.Model.load(given)  # type: ignore[arg-type]


@pytest.mark.parametrize("given", ["", 3, b"path", None, RECIPE])
def test_what_is_no_path_is_named_wherever_one_is_taken(given: Any, model: byhand.Model) -> None:
    said = "the path is empty: name" if given == "" else f"{type(given).__name__} is no path: name"
    takers: list[Callable[[], object]] = [
        lambda: byhand.Model.load(given),
        lambda: model.save(given),
        lambda: byhand.resume(given),
    ]
    if given is not None:
        takers.append(lambda: byhand.resume("run", data=given))
    if given == "":
        takers.append(lambda: byhand.load(given))
    for take in takers:
        with pytest.raises(UsageError, match=said):
            take()


def test_a_folder_without_a_model_tells_where_one_is(tmp_path: Path, model: byhand.Model) -> None:
    with pytest.raises(ByhandError, match=r"there is no such file\. `byhand train` makes one when it ends\."):
        byhand.Model.load(tmp_path)
    (tmp_path / "seed-1").mkdir()
    model.save(tmp_path / "seed-1" / "model.safetensors")
    with pytest.raises(ByhandError, match=r"there is no such file\. There is one in .*seed-1\."):
        byhand.Model.load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"label,pixel0\n", b"\x89PNG\r\n\x1a\n", b"[recipe]\n", b"PK\3\4"])
def test_another_kind_of_file_is_no_damaged_model(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ByhandError, match=r"file: is not a sound model file .*may be something else"):
        byhand.Model.load(tmp_path / "file")


# Images


class Tensor:
    """An array of another library."""

    def __init__(self, values: Array) -> None:
        self.values = values

    def __array__(self, dtype: object = None, copy: object = None) -> Array:
        return self.values


class OnAnotherDevice:
    def __array__(self, dtype: object = None, copy: object = None) -> Array:
        raise TypeError("can't convert cuda:0 device type tensor to numpy")


FORMS: dict[str, Callable[[Array], Any]] = {
    "(n, h, w)": lambda x: x,
    "(n, pixels)": lambda x: x.reshape(len(x), -1),
    "(n, 1, h, w)": lambda x: x[:, None],
    "(n, h, w, 1)": lambda x: x[..., None],
    "int64": lambda x: x.astype(np.int64),
    "big-endian": lambda x: x.astype(">i4"),
    "unit floats": lambda x: x.astype(np.float64) / 255,
    "lists": lambda x: x.tolist(),
    "a list of images": lambda x: [*x],
    "a tensor": lambda x: Tensor(x),
    "objects": lambda x: x.astype(object),
    "nothing masked": np.ma.masked_array,
    "not contiguous": lambda x: np.asfortranarray(x),
}


@pytest.mark.parametrize("form", FORMS)
def test_images_of_any_usual_form_give_the_same_answers(model: byhand.Model, data: byhand.Dataset, form: str) -> None:
    images = data.test.images[:5]
    given = FORMS[form](images)
    np.testing.assert_array_equal(model.predict(given), model.predict(images))
    np.testing.assert_allclose(model.predict_proba(given), model.predict_proba(images), atol=1e-6)
    np.testing.assert_array_equal(model.compile().predict(given), model.predict(images))


@pytest.mark.parametrize("form", [lambda x: x, np.ravel, lambda x: x[..., None], lambda x: x.tolist()])
def test_one_image_of_any_usual_form_gives_one_answer(
    model: byhand.Model, data: byhand.Dataset, form: Callable[[Array], Array]
) -> None:
    assert model.predict(form(data.test.images[0])).shape == ()


def test_one_image_may_be_a_matrix(model: byhand.Model, data: byhand.Dataset) -> None:
    image = data.test.images[0]
    assert model.predict(image.view(np.matrix)) == model.predict(image)


def test_pictures_may_be_arrays_of_another_library(data: byhand.Dataset) -> None:
    image: Any = Tensor(data.test.images[0])
    assert byhand.recognize(image).name == "7"
    with pytest.raises(UsageError, match="The OnAnotherDevice is no picture: can't convert cuda:0"):
        byhand.recognize(OnAnotherDevice())  # type: ignore[arg-type]


def test_truth_values_are_full_ink(model: byhand.Model, data: byhand.Dataset) -> None:
    inked = data.test.images[:5] > 127
    np.testing.assert_array_equal(model.predict_proba(inked), model.predict_proba(inked * np.uint8(255)))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("digit.png", "byhand.recognize and byhand.read take pictures"),
        (Path("digit.png"), "byhand.recognize"),
        (b"\x89PNG", "byhand.recognize"),
        (None, "no array of numbers"),
        ([[1, 2], [3]], "cannot become an array"),
        ([], r"shape \(0,\) do not fit"),
        (OnAnotherDevice(), "cannot become an array: can't convert cuda:0"),
        (np.zeros((28, 28, 3), np.uint8), "do not fit.*Make colours grey"),
        (np.zeros((2, 28, 28, 3), np.uint8), "do not fit.*Make colours grey"),
        (np.full((28, 28), 256), "0…255; these go from 256 to 256"),
        (np.full((28, 28), -1), "0…255; these go from -1 to -1"),
        (np.full((28, 28), 200.0), "0…1.*from 200 to 200. Divide grey levels by 255"),
        (np.full((28, 28), np.nan), "NaN"),
        (np.full((28, 28), "7"), "uint8, or floats"),
        (np.zeros((28, 28), "M8[s]"), "uint8, or floats"),
        (np.full((28, 28), 1.0000001), "from 1.0000001 to 1.0000001"),
        (np.ma.masked_array(np.ones((28, 28), np.uint8), np.eye(28) > 0), "masked: fill them"),
    ],
)
def test_what_is_no_image_is_refused_in_one_sentence(model: byhand.Model, given: Any, said: str) -> None:
    for reader in (model, model.compile()):
        with pytest.raises(UsageError, match=said):
            reader.predict(given)


def test_a_split_is_no_array_of_images(model: byhand.Model, data: byhand.Dataset) -> None:
    given: Any
    for given in (data, data.test):
        with pytest.raises(UsageError, match=r"no array of images: take .*data.test.images"):
            model.predict(given)


# Recipes


def test_layers_may_be_written_as_on_the_command_line() -> None:
    assert byhand.Recipe(layers="300,100").layers == (300, 100)  # type: ignore[arg-type]
    assert byhand.Recipe(layers="none").layers == ()  # type: ignore[arg-type]
    for given in (128, "many", None, {128}):
        with pytest.raises(UsageError, match=r"^layers: .*such as \(128, 64\)"):
            byhand.Recipe(layers=given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("epoch", "epochs"),
        ("n_epochs", "epochs"),
        ("Layers", "layers"),
        ("lr", "learning_rate"),
        ("learningrate", "learning_rate"),
        ("batch", "batch_size"),
        ("hidden_layer_sizes", "layers"),
        ("random_state", "seed"),
        ("optimiser", "optimizer"),
    ],
)
def test_a_name_that_a_recipe_has_not_is_told_with_the_one_meant(given: str, meant: str) -> None:
    with pytest.raises(UsageError, match=rf"^a Recipe has no {given}. Did you mean {meant}\?$"):
        byhand.Recipe(**{given: 3})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=f"Did you mean {meant}"):
        dataclasses.replace(RECIPE, **{given: 3})  # type: ignore[arg-type]


def test_a_name_that_is_like_none_is_told_with_all() -> None:
    with pytest.raises(UsageError, match=r"a Recipe has no xyz. It has layers, activation, epochs, .*engine"):
        byhand.Recipe(xyz=3)  # type: ignore[call-arg]
    with pytest.raises(UsageError, match=r"has names: Recipe\(layers=…\)"):
        byhand.Recipe((128, 64))  # type: ignore[call-arg]


def test_a_recipe_that_shall_change_says_how() -> None:
    with pytest.raises(AttributeError, match=r"dataclasses.replace\(…, epochs=…\)"):
        RECIPE.epochs = 3  # type: ignore[misc]
    assert dataclasses.replace(RECIPE, epochs=3).epochs == 3
    assert copy.deepcopy(RECIPE) == RECIPE
    assert eval(repr(RECIPE)) == RECIPE  # noqa: S307


def test_help_explains_every_field_of_a_recipe() -> None:
    told = byhand.Recipe.__doc__ or ""
    for entry in dataclasses.fields(byhand.Recipe):
        assert re.search(rf"^{entry.name} : .*, default {re.escape(repr(entry.default))}\n    ", told, re.MULTILINE)
        assert f"    {entry.metadata['help']}\n" in told


# Names


def test_every_public_name_is_told_by_help() -> None:
    told = byhand.__doc__ or ""
    assert all(name in told for name in byhand.__all__)


def test_a_name_that_byhand_has_not_is_told_with_the_one_meant() -> None:
    for meant in ("evaluate", "train", "Model", "recognize"):
        for given in (meant[:-1], f"{meant[1]}{meant[0]}{meant[2:]}", meant.upper()):
            with pytest.raises(AttributeError, match=rf"no attribute '{given}'. Did you mean {meant}\?"):
                getattr(byhand, given)
    with pytest.raises(AttributeError, match=r"no attribute '_x'.$"):
        _ = byhand._x
    assert "importlib" not in dir(byhand)
    assert {"__version__", *byhand.__all__} <= {*dir(byhand)}
    assert re.fullmatch(r"\d+\.\d+.*", str(byhand.__version__))
