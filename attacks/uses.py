"""What byhand does with the files that it reads: each is loaded, and then used as a user would."""

import json
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

import byhand
from attacks import foreign
from attacks.specimens import few, histories
from byhand.commands.console import fact_lines
from byhand.data.datasets import Dataset, Split
from byhand.data.disk.stored import CannotStay
from byhand.judging.curves import learning_curves, loss_curve
from byhand.judging.ensembles import ensemble
from byhand.labels import printable
from byhand.learning import beginnings, recipe_files
from byhand.learning.engines.choice import resolve
from byhand.learning.training import Training
from byhand.network import n_parameters
from byhand.runs import checkpoints
from byhand.runs.histories import find_curves
from byhand.runs.run_folder import HISTORY_FILE
from byhand.web.page.export import Carried

MOST_PARAMETERS = 2_000_000  # of a network that is made here
LONGEST = 500  # characters of a run's name
FEW = 20  # images that are learned


def use(path: Path) -> str:
    """Use a file as the folder it lies in says, or a folder as its name says."""
    uses = {
        "data": data,
        "npz": data,
        "model": model,
        "checkpoint": checkpoint,
        "recipe": recipe,
        "history": history,
        foreign.USE: foreign.use,
    }
    return uses[path.name if path.is_dir() else path.parent.name](path)


def data(path: Path) -> str:
    """Load data, learn from them, where they lie to the same bits, and judge by them."""
    loaded = byhand.load(path)
    settings = byhand.Recipe(layers=(3,), epochs=1, limit=FEW, engine="numpy", batch_size=FEW)
    if n_parameters(settings.sizes(loaded.train.images[0].size, len(loaded.train.classes))) > MOST_PARAMETERS:
        return "too large to be learned here"
    *_, last = byhand.train(settings, loaded.train)
    if path.is_dir():
        with suppress(CannotStay):
            *_, same = byhand.train(settings, byhand.load(path, mapped=True).train)
            if same.model.to_bytes() != last.model.to_bytes():
                raise AssertionError("other bits are learned where they lie")
    said = byhand.evaluate(last.model, loaded.test.take(slice(FEW)))
    return f"{loaded.name} {loaded.train.sha256()} {said.accuracy}"


def model(path: Path) -> str:
    """Load a model, describe it, let it read in every way, and make others of it."""
    loaded = byhand.Model.load(path)
    facts = {"sizes": list(loaded.sizes), "classes": list(loaded.classes), **loaded.details}
    text = fact_lines(facts) + json.dumps(facts, allow_nan=False) + str(loaded.threshold)
    images = np.random.default_rng(0).integers(0, 256, (3, *loaded.image_shape)).astype(np.uint8)
    split = Split(images, np.zeros(3, np.uint8), loaded.classes)
    with np.errstate(all="ignore"):
        loaded.predict(images), loaded.activations(images[0]), loaded.compile().predict_proba(images[0])
    if len(loaded.sizes) > 2:
        ensemble([loaded, loaded]).to_bytes()
    Carried.of(loaded, Dataset("images", split, split)).as_json("")
    byhand.fit(byhand.Recipe(epochs=1, engine="numpy"), split, model=loaded)
    if loaded.to_bytes() != path.read_bytes():
        return f"{text}, and is written otherwise"
    return text


def checkpoint(path: Path) -> str:
    """Load a checkpoint, and go on with it."""
    saved, _ = checkpoints.load(path)
    training = Training(saved.recipe, _split(), saved.state, begun_from=saved.begun_from)
    training.advance(FEW)
    text = "".join(f"{row['epoch']:d} {row['loss']:.3f} {row['seconds']:.1f}" for row in saved.history)
    checkpoints.save(path, replace(saved, state=training.state(), machine={}))
    again, _ = checkpoints.load(path)
    return f"{text} {again.state.place} {checkpoints.differences(saved, {})}"


def recipe(path: Path) -> str:
    """Read a recipe, and learn a bit by it."""
    content = recipe_files.read(path)
    recipe_files.write(path, content)
    beginnings.of_file(replace(content, model_sha256=None))
    again = recipe_files.read(path).recipe
    if again.to_dict() != content.recipe.to_dict():
        raise AssertionError("what is written is not what was read")
    again = replace(again, validation=min(again.validation, FEW))
    if n_parameters(again.sizes(784, 10)) > MOST_PARAMETERS:
        Training(again, _split())
        return "too large to be learned here"
    Training(resolve(again), _split()).advance(FEW)
    return str(again)


def history(path: Path) -> str:
    """Read the history of a run, and draw it alone and beside itself."""
    beside = path.parent / "beside"
    beside.mkdir(exist_ok=True)
    (beside / HISTORY_FILE).write_bytes(histories()[0].content)
    found, left_out = find_curves([path, beside])
    try:
        loss_curve(found[0].courses[0]).draw_without_rendering()
        learning_curves(found).draw_without_rendering()
    except byhand.ByhandError as error:  # What was read can be drawn.
        raise AssertionError(str(error)) from error
    names = [printable(curve.name, "\n") for curve in found]
    if any("\n" in name or len(name) > LONGEST for name in names):
        raise AssertionError("a run's name is no short line")
    return f"{names} {left_out}"


@cache
def _split() -> Split:
    """Return the images to learn from."""
    return few()
