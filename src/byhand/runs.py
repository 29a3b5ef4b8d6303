"""The folder a training leaves behind: the model, its history and the pictures."""

import json
import platform
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import NotRequired, TypedDict, cast

from byhand import figures
from byhand.data.datasets import Dataset, Split
from byhand.errors import ByhandError
from byhand.evaluation import Evaluation, evaluate
from byhand.files import write_atomically
from byhand.model import Json, Model
from byhand.training import Epoch

MODEL_FILE = "model.safetensors"
LOSS_PICTURE = "loss.png"
JUDGING_PICTURES = ("confusion.png", "weights.png", "mistakes.png")


class EpochFacts(TypedDict):
    """One epoch as the history file and `--json` tell it."""

    epoch: int
    loss: float
    seconds: float
    learning_rate: float
    validation_accuracy: NotRequired[float]


def claim_folder(out: Path | None, name: str) -> Path:
    """Make the folder of a run: `out`, or else the next free `runs/<name>-<number>`.

    Raises
    ------
    ByhandError
        If it cannot be made or written into: better now than after the training.
    """
    folder = out or Path("runs")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if out is None:
            folder = _next_numbered(folder, name)
        write_atomically(folder / ".writable", b"")
        (folder / ".writable").unlink()
    except OSError as error:
        raise ByhandError(f"{folder}: cannot be made a folder ({error.strerror}). Choose another folder.") from error
    return folder


def release_folder(folder: Path) -> None:
    """Remove the folder of a run again if nothing was written into it."""
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def find_model(path: Path) -> Path:
    """Return the model file that `path` means: itself, or the one in the folder of a run."""
    return path / MODEL_FILE if path.is_dir() else path


def save_run(
    folder: Path, model: Model, epochs: Sequence[EpochFacts], dataset: Dataset, *, judge: bool
) -> Evaluation | None:
    """Write model, history and pictures into the folder of a run; return the evaluation on the test images.

    Without `judge`, as after an interruption, only what is quick is written and nothing is evaluated.
    """
    data = {"name": dataset.name, **cast("dict[str, Json]", model.details["data"])}
    model = replace(model, details={**model.details, "data": data})
    model.save(folder / MODEL_FILE)
    history: dict[str, Json] = {
        **model.details,
        "made_with": {"python": platform.python_version(), "numpy": version("numpy"), "machine": platform.machine()},
        "epochs": cast("list[Json]", epochs),
    }
    evaluation = None
    if judge:
        evaluation = evaluate(model, dataset.test)
        history["test"] = evaluation.to_dict()
        scores: Json = {"accuracy": evaluation.accuracy, "loss": evaluation.loss, "n": evaluation.n}
        model = replace(model, details={**model.details, "scores": scores})
        model.save(folder / MODEL_FILE)
    write_atomically(folder / "history.json", json.dumps(history, indent=1).encode())
    if evaluation is None:
        for name in (LOSS_PICTURE, *JUDGING_PICTURES):  # An older run's would not be this model's.
            (folder / name).unlink(missing_ok=True)
    else:
        curve = figures.loss_curve([row["loss"] for row in epochs], [row.get("validation_accuracy") for row in epochs])
        figures.save_figure(curve, folder / LOSS_PICTURE)
        save_evaluation_figures(folder, model, dataset.test, evaluation)
    return evaluation


def epoch_facts(epoch: Epoch) -> EpochFacts:
    """Return an epoch's record without its model, which may be large."""
    facts = EpochFacts(
        epoch=epoch.number, loss=epoch.loss, seconds=round(epoch.seconds, 3), learning_rate=epoch.learning_rate
    )
    return facts if epoch.accuracy is None else {**facts, "validation_accuracy": epoch.accuracy}


def save_evaluation_figures(folder: Path, model: Model, split: Split, evaluation: Evaluation) -> None:
    """Write the pictures that judge a model."""
    drawn = (
        figures.confusion_matrix(evaluation, model.classes),
        figures.first_layer_weights(model),
        figures.worst_mistakes(evaluation, split),
    )
    for name, figure in zip(JUDGING_PICTURES, drawn, strict=True):
        figures.save_figure(figure, folder / name)


def _next_numbered(folder: Path, name: str) -> Path:
    """Make the first of `<name>-1`, `<name>-2` … that does not exist yet; two processes never get the same."""
    number = 1
    while True:
        candidate = folder / f"{name}-{number}"
        try:
            candidate.mkdir()
        except FileExistsError:
            number += 1
        else:
            return candidate
