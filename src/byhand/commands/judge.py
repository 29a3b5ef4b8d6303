"""The commands that judge models: `byhand evaluate`, `compare` and `ensemble`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from byhand.commands import console
from byhand.commands.grammar.declared import Argument, Option
from byhand.commands.options import (
    OR_FORCE,
    AsJson,
    Data,
    ModelArgument,
    OptionalModel,
    Overwrite,
    Transposed,
    White,
    load_as_learned,
    load_model,
)
from byhand.errors import UsageError
from byhand.files import refuse_present

if TYPE_CHECKING:
    from byhand.data.datasets import Dataset
    from byhand.judging.evaluation import Evaluation
    from byhand.model import Model


def evaluate(
    model: OptionalModel = None,
    data: Data = "mnist",
    white: White = None,
    transposed: Transposed = False,
    figures: Annotated[Path | None, Option(metavar="PATH", help="Folder to write pictures into.")] = None,
    as_json: AsJson = False,
) -> int:
    """Run `byhand evaluate`."""
    from byhand.model import find_model
    from byhand.runs import run_folder

    network = load_model(model)
    dataset = load_as_learned(data, network, white=white, transposed=transposed)
    folder = None if figures is None else run_folder.claim_folder(figures, "")
    if folder is not None:
        run_folder.refuse_others_pictures(folder, None if model is None else find_model(model))
    evaluation = _judged(network, dataset)
    _tell_unjudged(network, dataset)
    learned = network.details.get("data")
    if isinstance(learned, Mapping) and learned.get("name") != dataset.name:
        console.note(f"this model learned {learned.get('name')}, and is now judged on {dataset.name}.")
    if as_json:
        console.say_json(evaluation.to_dict())
    else:
        console.say(console.evaluation_line(evaluation))
        console.say(console.class_table(evaluation, network.classes))
    if folder is not None:
        run_folder.save_evaluation_figures(folder, network, dataset.test, evaluation)
        console.note(f"pictures are in {folder}.")
    return 0


def compare(
    first: ModelArgument,
    second: ModelArgument,
    data: Data = "mnist",
    white: White = None,
    transposed: Transposed = False,
    as_json: AsJson = False,
) -> int:
    """Run `byhand compare`."""
    from byhand.judging.evaluation import compare as weigh
    from byhand.runs.results import models_in

    found = {path: models_in(path) for path in (first, second)}
    dataset = load_as_learned(data, load_model(found[first][0]), white=white, transposed=transposed)
    if any(len(paths) > 1 for paths in found.values()):
        return _compare_seeds(found[first], found[second], (first, second), dataset, as_json=as_json)
    comparison = weigh(_judged_one(first, dataset), _judged_one(second, dataset))
    if as_json:
        console.say_json(asdict(comparison))
    else:
        console.say(console.comparison_lines(comparison, (str(first), str(second))))
    return 0


def _compare_seeds(
    first: Sequence[Path], second: Sequence[Path], names: tuple[Path, Path], dataset: "Dataset", *, as_json: bool
) -> int:
    """Compare the models of two folders of seeds."""
    from byhand.judging.spread import compare_seeds

    counts = [(path, len(paths)) for path, paths in zip(names, (first, second), strict=True)]
    if one := [path for path, count in counts if count == 1]:
        ((several, count),) = [(path, count) for path, count in counts if count > 1]
        raise UsageError(f"{one[0]} is one model, and {several} are {count}: name two models, or two folders of seeds.")
    accuracies = [[_judged_one(path, dataset).accuracy for path in paths] for paths in (first, second)]
    comparison = compare_seeds(*accuracies)
    if as_json:
        console.say_json(asdict(comparison))
    else:
        console.say(console.seed_comparison_lines(comparison, (str(names[0]), str(names[1]))))
    return 0


def _judged_one(path: Path, dataset: "Dataset") -> "Evaluation":
    """Judge the model at a path, and name it where it cannot be judged."""
    model = load_model(path)
    try:
        evaluation = _judged(model, dataset)
    except UsageError as error:
        raise error.within(path) from error
    _tell_unjudged(model, dataset)
    return evaluation


def _judged(model: "Model", dataset: "Dataset") -> "Evaluation":
    """Judge a model; where it cannot be judged by these data, say which it learned."""
    from byhand.judging.evaluation import evaluate as judge

    try:
        return judge(model, dataset.test)
    except UsageError as error:
        learned = model.details.get("data")
        if not isinstance(learned, Mapping) or learned.get("name") == dataset.name:
            raise
        hint = f" It learned {learned.get('name')}: name them by --data."
        raise UsageError(error.text + hint, *error.fields) from error


def _tell_unjudged(model: "Model", dataset: "Dataset") -> None:
    """Say which classes of a model the data do not have."""
    from byhand.data.forms.found import listed

    if others := [name for name in model.classes if name not in dataset.test.classes]:
        lacks = f"{dataset.name} has no images of the class {listed(others)}"
        console.note(f"{lacks}, so on these the model is not judged.")


def ensemble(
    models: Annotated[
        list[Path], Argument(metavar="MODEL...", help="Model files, or the folders of runs or of seeds.")
    ],
    out: Annotated[Path, Option(metavar="PATH", help="File to write the committee into.")] = Path(
        "ensemble.safetensors"
    ),
    force: Overwrite = False,
) -> int:
    """Run `byhand ensemble`."""
    from byhand.judging.ensembles import ensemble as join
    from byhand.runs.results import models_in

    if not force:
        refuse_present(out, OR_FORCE, "out")
    members = [load_model(found) for path in models for found in models_in(path)]
    joined = join(members)
    joined.save(out)
    console.say(f"{len(members)} models, {len(joined.theta):,} parameters, saved as {out}")
    return 0
