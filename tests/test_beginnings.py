"""A training that begins from a network which has learned before: what goes on, what begins anew, and what it says."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import byhand
from byhand.data.idx import write_idx
from byhand.learning import beginnings, recipe_files
from byhand.learning.recipe_files import RecipeFile
from byhand.learning.training import Progress, Training
from byhand.model import SHIPPED
from byhand.network import initial_parameters, layers
from byhand.runs import checkpoints
from conftest import Run

SHORT = ("--epochs", 1, "--data", "small")  # as the fixture `small_folder` makes it
LETTERS = tuple("abcdefghij")


@pytest.fixture(scope="module")
def learned(few: byhand.Split) -> byhand.Model:
    return byhand.fit(byhand.Recipe(layers=(8, 6), activation="tanh", epochs=3), few).model


@pytest.fixture(scope="module")
def learned_file(learned: byhand.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("learned") / "learned.safetensors"
    learned.save(path)
    return path


def start_of(model: byhand.Model, split: byhand.Split, **choices: Any) -> byhand.Model:
    """Return the network before anything is learned."""
    recipe = beginnings.suited(byhand.Recipe(**choices), model)
    training = Training(recipe, split, model=model)
    return byhand.Model(training.sizes, recipe.activation, training.theta, split.classes, details=training.details)


def parts(model: byhand.Model) -> list[tuple[NDArray[np.floating], NDArray[np.floating]]]:
    return layers(model.theta, model.sizes)


def test_it_begins_with_the_networks_parameters(learned: byhand.Model, few: byhand.Split) -> None:
    start = start_of(learned, few)
    assert (start.sizes, start.activation) == ((784, 8, 6, 10), "tanh")
    assert start.theta.tobytes() == learned.theta.tobytes()
    assert byhand.fit(byhand.Recipe(epochs=1), few, model=learned).loss < byhand.fit(byhand.Recipe(epochs=1), few).loss


def test_classes_are_matched_by_name_whatever_their_order(learned: byhand.Model, few: byhand.Split) -> None:
    turned = few.in_classes(tuple("3210456789"))
    start = start_of(learned, turned)
    assert start.classes == tuple("3210456789")
    names = [np.array(model.classes)[model.predict(few.images)] for model in (learned, start)]
    assert (names[0] == names[1]).all()
    assert start.details["begun_from"]["last_layer"] == "kept"  # type: ignore[index,call-overload]


@pytest.mark.parametrize("classes", [LETTERS, (*"0123456789", "none"), tuple("01234")])
def test_with_other_classes_the_last_layer_is_drawn_from_the_seed(
    learned: byhand.Model, few: byhand.Split, classes: tuple[str, ...]
) -> None:
    there = few.take(np.flatnonzero(few.labels < len(classes)))
    split = byhand.Split(there.images, there.labels, classes)
    start = start_of(learned, split, seed=3)
    fresh = initial_parameters(start.sizes, "tanh", np.random.default_rng([3, 0]))
    for (w, b), (before, c) in zip(parts(start)[:-1], parts(learned)[:-1], strict=True):
        assert (w.tobytes(), b.tobytes()) == (before.tobytes(), c.tobytes())
    assert parts(start)[-1][0].tobytes() == layers(fresh, start.sizes)[-1][0].tobytes()
    assert start.details["begun_from"]["last_layer"] == "new"  # type: ignore[index,call-overload]
    with pytest.warns(UserWarning, match="the last layer begins anew: the model's classes are 0, 1, .* the data's are"):
        byhand.fit(byhand.Recipe(epochs=1), split, model=learned)


def test_a_network_without_hidden_layers_and_other_classes_begins_quite_anew(few: byhand.Split) -> None:
    flat = byhand.fit(byhand.Recipe(layers=(), epochs=1), few).model
    split = byhand.Split(few.images, few.labels, LETTERS)
    recipe = byhand.Recipe(epochs=1)
    with pytest.warns(UserWarning, match="begins anew"):
        begun = byhand.fit(recipe, split, model=flat)
    assert begun.model.theta.tobytes() == byhand.fit(replace(recipe, layers=()), split).model.theta.tobytes()


def test_what_it_began_from_can_be_checked(learned: byhand.Model, learned_file: Path, few: byhand.Split) -> None:
    digest = hashlib.sha256(learned_file.read_bytes()).hexdigest()
    for model in (learned, byhand.Model.load(learned_file)):
        details = byhand.fit(byhand.Recipe(epochs=1), few, model=model).model.details
        assert details["begun_from"] == {"sha256": digest, "last_layer": "kept"}


def test_fine_tunings_of_fine_tunings_are_saved_and_loaded(few: byhand.Split, tmp_path: Path) -> None:
    model = byhand.fit(byhand.Recipe(layers=(), epochs=1), few).model
    for _ in range(25):  # Facts are at most 20 levels deep.
        model = byhand.fit(byhand.Recipe(epochs=1), few.take(slice(9)), model=model).model
    model.save(tmp_path / "model.safetensors")
    assert byhand.Model.load(tmp_path / "model.safetensors").details == model.details


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        (
            {"layers": (8,)},
            "layers: 8 cannot be; the model to begin from has 8,6, which stays. Say 8,6, or train anew.",
        ),
        ({"layers": ()}, "layers: none cannot be; the model to begin from has 8,6"),
        ({"activation": "sigmoid"}, "activation: sigmoid cannot be; the model to begin from has tanh"),
    ],
)
def test_another_network_than_the_models_is_refused(
    learned: byhand.Model, few: byhand.Split, choices: dict[str, Any], told: str
) -> None:
    with pytest.raises(byhand.UsageError) as error:
        byhand.train(byhand.Recipe(**choices), few, model=learned)
    assert str(error.value).startswith(told)
    same = byhand.Recipe(layers=(8, 6), activation="tanh", epochs=1)
    assert byhand.fit(same, few, model=learned).model.sizes == learned.sizes


def test_images_of_another_shape_are_refused(learned: byhand.Model, few: byhand.Split) -> None:
    small = byhand.Split(np.ascontiguousarray(few.images[:, :8, :8]), few.labels)
    with pytest.raises(byhand.UsageError, match="images of 28×28 pixels, those of the data have 8×8"):
        byhand.train(byhand.Recipe(), small, model=learned)
    flat = byhand.Split(few.images.reshape(200, 14, 56), few.labels)  # as many pixels
    with pytest.raises(byhand.UsageError, match="have 14×56"):
        byhand.train(byhand.Recipe(), flat, model=learned)


@pytest.mark.parametrize("given", ["runs/mnist-1", Path("x"), {}])
def test_what_is_no_model_is_refused(few: byhand.Split, given: Any) -> None:
    with pytest.raises(byhand.UsageError, match=r"model: must be a Model, not .*: byhand.Model.load\(path\), say."):
        byhand.fit(None, few, model=given)


@pytest.mark.parametrize("choices", [{}, {"optimizer": "adam", "average": 0.9, "batch_size": 16}])
def test_a_stopped_one_goes_on_to_the_same_bits_without_the_model(
    learned: byhand.Model, few: byhand.Split, choices: dict[str, Any]
) -> None:
    recipe = beginnings.suited(byhand.Recipe(epochs=3, **choices), learned)
    states, whole = [], Training(recipe, few, model=learned)
    for record in whole.run():
        if isinstance(record, Progress):
            states.append(record.training.state())
    assert isinstance(record, byhand.Epoch)
    for state in states:
        *_, last = Training(recipe, few, state, begun_from=whole.begun_from).run()
        assert isinstance(last, byhand.Epoch)
        assert last.model.to_bytes() == record.model.to_bytes()


@pytest.mark.usefixtures("undrawn", "small_folder")
def test_from_on_the_command_line_and_the_recipe_of_its_run(call: Run, tmp_path: Path, learned_file: Path) -> None:
    shutil.copy(learned_file, tmp_path / "mine.safetensors")
    said = call("train", *SHORT, "--from", "mine.safetensors", "--out", "tuned").stdout
    assert f"begins from {tmp_path}/mine.safetensors" in said
    assert "network 784-8-6-10 (6,404 parameters, tanh)" in said
    tuned = (tmp_path / "tuned/model.safetensors").read_bytes()
    call("train", "--recipe", "tuned/run.toml", "--out", "again")
    assert (tmp_path / "again/model.safetensors").read_bytes() == tuned
    facts = json.loads(call("info", "tuned", "--json").stdout)
    digest = hashlib.sha256((tmp_path / "mine.safetensors").read_bytes()).hexdigest()
    assert facts["begun_from"] == {"sha256": digest, "last_layer": "kept"}
    assert json.loads((tmp_path / "tuned/history.json").read_text())["begun_from"] == facts["begun_from"]
    call("train", *SHORT, "--from", "tuned", "--out", "further")  # the folder of a run

    (tmp_path / "mine.safetensors").rename(tmp_path / "moved.safetensors")
    error = call("train", "--recipe", "tuned/run.toml", code=1).stderr
    assert "mine.safetensors: there is no such file." in error
    assert error.endswith("The recipe begins from it; say --from PATH if it lies elsewhere.\n")
    call("train", "--recipe", "tuned/run.toml", "--from", "moved.safetensors", "--out", "third")
    assert (tmp_path / "third/model.safetensors").read_bytes() == tuned
    shutil.copy(tmp_path / "tuned/model.safetensors", tmp_path / "mine.safetensors")
    error = call("train", "--recipe", "tuned/run.toml", code=1).stderr
    assert "mine.safetensors: is not the model any more that this recipe's run began from. Restore it, or say" in error


@pytest.mark.usefixtures("undrawn", "small_folder")
def test_byhands_own_model_is_named_default(call: Run, tmp_path: Path) -> None:
    call("train", *SHORT, "--from", "default", "--learning-rate", 1e-6, "--out", "tuned")
    content = recipe_files.read(tmp_path / "tuned/run.toml")
    assert (content.model, content.model_sha256) == ("default", hashlib.sha256(SHIPPED.read_bytes()).hexdigest())
    own, tuned = byhand.Model.load(), byhand.Model.load(tmp_path / "tuned")
    np.testing.assert_allclose(tuned.theta, own.theta, atol=1e-3)


@pytest.mark.usefixtures("small_folder")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--layers", "128,64"), "--layers: 128,64 cannot be; the model to begin from has 8,6"),
        (("--activation", "relu"), "--activation: relu cannot be; the model to begin from has tanh"),
        (("--recipe", "best"), "--layers: "),
        (("--data", "tiny"), "the model to begin from takes images of 28×28 pixels, those of the data have 14×14."),
    ],
)
def test_a_network_that_was_asked_for_is_never_left_out_silently(
    call: Run, tmp_path: Path, learned_file: Path, few: byhand.Split, words: tuple[str, ...], told: str
) -> None:
    """Also where it is the default one, which the model's own would else take the place of."""
    (tmp_path / "tiny").mkdir()
    for stem in ("train", "t10k"):
        write_idx(tmp_path / f"tiny/{stem}-images-idx3-ubyte", np.ascontiguousarray(few.images[:, :14, :14]))
        write_idx(tmp_path / f"tiny/{stem}-labels-idx1-ubyte", few.labels)
    data = () if "--data" in words else ("--data", "small")
    error = call("train", "--epochs", 1, *data, "--from", learned_file, *words, code=2).stderr
    assert error.startswith(f"byhand: {told}")
    assert error.count("\n") == 1
    assert not list(tmp_path.glob("runs/*"))


@pytest.mark.usefixtures("small_folder")
@pytest.mark.parametrize("name", ["nowhere", "damaged", "picture.png", ""])
def test_a_model_that_cannot_be_is_one_sentence(call: Run, tmp_path: Path, seven: bytes, name: str) -> None:
    (tmp_path / "damaged").write_bytes(SHIPPED.read_bytes()[:-9])
    (tmp_path / "picture.png").write_bytes(seven)
    error = call("train", *SHORT, f"--from={name}", code=1 if name else 2).stderr
    assert name in error
    assert error.count("\n") == 1


@pytest.mark.usefixtures("undrawn", "small_folder")
def test_other_classes_are_told_before_anything_is_learned(
    call: Run, tmp_path: Path, learned_file: Path, small_folder: Path
) -> None:
    (small_folder / "classes.txt").write_text("\n".join(LETTERS))
    done = call("train", *SHORT, "--from", learned_file, "--out", "letters")
    assert done.stderr.startswith("byhand: the last layer begins anew: the model's classes are 0, 1, 2, 3")
    assert done.stderr.endswith("the data's are a, b, c, d, e, f, g, h, i, j.\n")
    assert byhand.Model.load(tmp_path / "letters").classes == LETTERS


@pytest.mark.usefixtures("undrawn", "small_folder")
def test_the_same_data_are_taken_as_the_model_has_learned_them(call: Run, tmp_path: Path, few: byhand.Split) -> None:
    (tmp_path / "pale").mkdir()
    for stem in ("train", "t10k"):
        write_idx(tmp_path / f"pale/{stem}-images-idx3-ubyte", (few.images > 127).astype(np.uint8))
        write_idx(tmp_path / f"pale/{stem}-labels-idx1-ubyte", few.labels)
    pale = ("train", "--epochs", 1, "--data", "pale")
    call(*pale, "--layers", 5, "--white", 1, "--out", "first")
    done = call(*pale, "--from", "first", "--out", "second")
    assert done.stderr == ""
    assert recipe_files.read(tmp_path / "second/run.toml").white == 1


@pytest.mark.slow
@pytest.mark.usefixtures("small_folder")
def test_seeds_begin_from_it_too(run: Run, tmp_path: Path, learned_file: Path) -> None:
    run("train", *SHORT, "--from", learned_file, "--seeds", 3, "--out", "many", "--json")
    run("train", *SHORT, "--from", learned_file, "--seed", 2, "--out", "one")
    models = [byhand.Model.load(tmp_path / f"many/seed-{seed}") for seed in range(3)]
    assert len({model.theta.tobytes() for model in models}) == 3
    assert models[2].theta.tobytes() == byhand.Model.load(tmp_path / "one").theta.tobytes()
    assert all(model.details["begun_from"] == models[0].details["begun_from"] for model in models)


def test_a_recipe_file_names_what_it_begins_from(tmp_path: Path) -> None:
    content = RecipeFile(byhand.Recipe(layers=(3,)), model="/somewhere", model_sha256="0" * 64)
    recipe_files.write(tmp_path / "run.toml", content)
    again = recipe_files.read(tmp_path / "run.toml")
    assert (again.model, again.model_sha256) == ("/somewhere", "0" * 64)
    assert "layers" in again.said
    (tmp_path / "own.toml").write_text('from = "default"\n[recipe]\nepochs = 1\n')
    assert recipe_files.read(tmp_path / "own.toml").said == {"epochs"}
    for wrong in ("from = 3", "from_sha256 = []", 'resumed_after = ["2"]', "resumed_after = 2"):
        (tmp_path / "wrong.toml").write_text(wrong)
        with pytest.raises(byhand.UsageError, match="cannot be used; there may be about") as error:
            recipe_files.read(tmp_path / "wrong.toml")
        assert wrong.replace('"', "'") in str(error.value)
    with pytest.raises(byhand.ByhandError, match="has bytes in its name that are no text"):
        recipe_files.encoded(replace(content, model="\udc80"))


@pytest.mark.usefixtures("undrawn", "small_folder")
def test_a_stopped_one_goes_on_in_its_folder_and_keeps_what_it_began_from(
    call: Run, tmp_path: Path, learned_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = ("train", "--data", "small", "--epochs", 2, "--from", tmp_path / "mine.safetensors")
    shutil.copy(learned_file, tmp_path / "mine.safetensors")
    call(*begin, "--out", "whole")
    saved: list[object] = []

    def interrupted(*arguments: Any) -> None:
        saved.append(keep(*arguments))
        raise KeyboardInterrupt

    keep = checkpoints.save
    with monkeypatch.context() as stopping:
        stopping.setattr(checkpoints, "save", interrupted)
        assert "stopped before epoch 1" in call(*begin, "--out", "run", code=130).stderr
    (tmp_path / "mine.safetensors").unlink()
    call("train", "--resume", "run")
    for name in ("model.safetensors", "run.toml"):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
