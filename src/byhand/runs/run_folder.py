"""The folder a training leaves behind: the model, its history and the pictures."""

import json
import platform
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import cast

from byhand.data.datasets import BUILT_IN, Dataset, Split
from byhand.data.pixels import facts_of
from byhand.data.validation import validation_part
from byhand.errors import ByhandError
from byhand.files import as_typed, words, write_atomically
from byhand.judging import canvas, curves, figures
from byhand.judging.calibration import calibrate, can_calibrate
from byhand.judging.curves import Course
from byhand.judging.evaluation import Evaluation, evaluate
from byhand.learning import recipe_files
from byhand.learning.drawing.besides import with_hands
from byhand.learning.engines import choice
from byhand.learning.progress import Epoch, State
from byhand.learning.recipe import Recipe
from byhand.learning.training import Progress
from byhand.model import FILE_NAME, Model
from byhand.runs import checkpoints
from byhand.runs.checkpoints import Checkpoint
from byhand.runs.results import Result
from byhand.sealing.facts import BegunFrom, EpochFacts
from byhand.types import Json

RECIPE_FILE, HISTORY_FILE = "run.toml", "history.json"
_LOCK = ".lock"
CHECKPOINT_SECONDS = 30.0  # At most so much is lost when a training is killed.
LOSS_PICTURE = "loss.png"
JUDGING_PICTURES = ("confusion.png", "weights.png", "mistakes.png")


def claim_folder(out: Path | None, name: str, home: Path = Path("runs")) -> Path:
    """Make the folder of a run: `out`, or else the next free `<name>-<number>` in `home`.

    Raises
    ------
    ByhandError
        If it cannot be made or written into: better now than after the training.
    """
    folder = out or home
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if out is None:
            folder = _next_numbered(folder, name)
        write_atomically(folder / ".writable", b"")
        (folder / ".writable").unlink()
        for name in (FILE_NAME, RECIPE_FILE, HISTORY_FILE, checkpoints.FILE):
            if (folder / name).is_dir():
                raise ByhandError(f"{folder / name}: is a folder where a file is to be. Choose another folder.")
    except OSError as error:
        raise ByhandError(f"{folder}: cannot be made a folder ({error.strerror}). Choose another folder.") from error
    return folder


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Let no other training write into the folder; it is free again at the end, or when the process dies.

    Raises
    ------
    ByhandError
        If another training holds it.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ByhandError(
            f"{folder}: another training writes there now. Wait for its end, or choose another folder."
        ) from None
    except OSError as error:
        raise ByhandError(f"{folder}: cannot be written into ({error.strerror}).") from error
    try:
        yield
    finally:
        lock.release()


def release_folder(folder: Path) -> None:
    """Remove the folder of a run again if nothing was learned in it."""
    with suppress(OSError):  # It may be gone already, or another one's.
        if {path.name for path in folder.iterdir()} <= {_LOCK}:
            (folder / _LOCK).unlink(missing_ok=True)
            folder.rmdir()


def refuse_used(folder: Path) -> None:
    """Refuse to begin anew where a training was stopped, or is over: it would be lost."""
    if checkpoints.exists(folder):
        raise ByhandError(
            f"{folder}: a training was stopped here. Go on with byhand train --resume {as_typed(folder)}, or choose "
            "another folder."
        )
    seeds = [path.parent for path in sorted(folder.glob(f"seed-*/{FILE_NAME}"))]
    if finished := [path for path in (folder, *seeds) if (path / FILE_NAME).exists()]:
        raise ByhandError(
            f"{finished[0]}: holds a trained network, which would be lost. Choose another folder, or say --force."
        )


def refuse_others_pictures(folder: Path, model_file: Path | None) -> None:
    """Refuse to put pictures of one model beside another, whose they would seem to be."""
    if (beside := folder / FILE_NAME).exists() and (model_file is None or not beside.samefile(model_file)):
        raise ByhandError(f"{folder}: holds another network, whose pictures would be lost. Choose another folder.")


def source_of(path: str, dataset: Dataset) -> checkpoints.Source:
    """Return where data come from, so that they are found again from any folder, with their fingerprints."""
    source = path if path == BUILT_IN else str(Path(path).resolve())
    train, test = dataset.train.sha256(), dataset.test.sha256()
    origin = {"source": source, "name": dataset.name, "sha256": train, "test_sha256": test}
    return cast("checkpoints.Source", origin | facts_of(dataset.white, transposed=dataset.transposed))


def check_checkpoint(folder: Path, checkpoint: Checkpoint, dataset: Dataset, source: str) -> None:
    """Refuse to go on with other data than the training began with, or to judge it by other test images."""
    now = source_of(source, dataset)
    if any(now[name] != checkpoint.data[name] for name in ("name", "sha256")):
        raise ByhandError(f"{source}: is not the data this training began with. Restore it, or {elsewhere(folder)}.")
    if checkpoint.data.get("test_sha256", now["test_sha256"]) != now["test_sha256"]:
        raise ByhandError(
            f"{source}: its test images are not those this training began with. Restore them, or {elsewhere(folder)}."
        )
    if (rows := len(checkpoint.history)) != (over := checkpoint.state.place.epoch - 1):
        raise ByhandError(
            f"{folder}: its checkpoint tells of {rows:,} epochs, and stands after {over:,}. Go on from another copy."
        )


def elsewhere(folder: Path) -> str:
    """Say how a training goes on whose data have moved."""
    return f"say where it is now: byhand train --resume {as_typed(folder)} --data PATH"


@dataclass
class Keeper:
    """Keeps what a training has reached: the facts of its epochs, its last model, and checkpoints in its folder.

    It writes only into the folder that was there at first: what is put in its place, such as a link, leads elsewhere.
    """

    folder: Path
    recipe: Recipe  # with its engine named
    data: checkpoints.Source
    epochs: list[EpochFacts] = field(default_factory=list)
    model: Model | None = None
    begun_from: BegunFrom | None = None
    begun_at: str | None = None  # where the network lay that it began from
    resumed_after: Sequence[int] = ()
    replaces: bool = True  # Whether what a finished training has left gives way as soon as this one has a checkpoint.
    processes: int = 1  # that learn together
    pictures: bool = True  # whether they are wanted; without them matplotlib is not loaded

    def __post_init__(self) -> None:
        self._machine, self._place = choice.facts(self.recipe, self.processes), _identity(self.folder)
        self._saved = time.monotonic()

    def keep(self, record: Progress | Epoch) -> None:
        """Take note of a record; write a checkpoint at the end of an epoch, and every half minute within."""
        if isinstance(record, Epoch):
            self.model = record.best
            self.epochs.append(epoch_facts(record))
        elif record.done == record.total or time.monotonic() - self._saved >= CHECKPOINT_SECONDS:
            self.save(record.training.state())

    def save(self, state: State) -> None:
        """Write a checkpoint."""
        self.check_place()
        history = cast("Sequence[dict[str, Json]]", tuple(self.epochs))
        more = self.begun_from, self.begun_at, self.resumed_after
        checkpoints.save(self.folder, Checkpoint(self.recipe, self.data, state, history, self._machine, *more))
        if self.replaces:
            checkpoints.forget_finished(self.folder)
        self._saved = time.monotonic()

    def check_place(self) -> None:
        """Refuse to write where another folder has come, or none is left."""
        if _identity(self.folder) != self._place:
            raise ByhandError(f"{self.folder}: is not the folder any more that this training began in. Start it anew.")


def save_run(keeper: Keeper, model: Model, dataset: Dataset, *, judge: bool) -> Evaluation | None:
    """Write model, history, pictures and recipe into the folder of a run; return the evaluation on the test images.

    A picture that cannot be drawn is warned of, and fails nothing.
    Without `judge`, as after an interruption, only what is quick is written and nothing is evaluated.
    """
    keeper.check_place()
    folder, epochs = keeper.folder, keeper.epochs
    data = {"name": dataset.name, **cast("dict[str, Json]", model.details["data"])}
    data |= facts_of(dataset.white, transposed=dataset.transposed)
    resumed: dict[str, Json] = {"resumed_after": list(keeper.resumed_after)} if keeper.resumed_after else {}
    model = replace(model, details={**model.details, "data": data, **resumed})
    if judge and can_calibrate(keeper.recipe.validation):
        held = validation_part(dataset.train, keeper.recipe.validation, keeper.recipe.seed)
        model = calibrate(model, with_hands(keeper.recipe, held))
    model.save(folder / FILE_NAME)
    history: dict[str, Json] = {
        **model.details,
        "made_with": {"python": platform.python_version(), "numpy": version("numpy"), "machine": platform.machine()},
        "epochs": cast("list[Json]", epochs),
    }
    recipe_files.write(folder / RECIPE_FILE, _content(keeper, dataset))
    evaluation = None
    if judge:
        evaluation = evaluate(model, dataset.test)
        history["test"] = evaluation.to_dict()
        scores: Json = {"accuracy": evaluation.accuracy, "loss": evaluation.loss, "n": evaluation.n}
        model = replace(model, details={**model.details, "scores": scores})
        model.save(folder / FILE_NAME)
    write_atomically(folder / HISTORY_FILE, json.dumps(history, indent=1).encode())
    if evaluation is None or not keeper.pictures:
        for name in (LOSS_PICTURE, *JUDGING_PICTURES):  # An older run's would not be this model's.
            (folder / name).unlink(missing_ok=True)
    else:
        with though_not_drawn(folder):
            canvas.save_figure(curves.loss_curve(course_of(epochs)), folder / LOSS_PICTURE)
            save_evaluation_figures(folder, model, dataset.test, evaluation)
    if evaluation is not None:
        checkpoints.finish(folder)
    return evaluation


def _content(keeper: Keeper, dataset: Dataset) -> recipe_files.RecipeFile:
    """Return what a run was begun with, and where its training was given more epochs than that."""
    begun_from = keeper.begun_from
    return recipe_files.RecipeFile(
        keeper.recipe,
        keeper.data["source"],
        white=dataset.white,
        transposed=dataset.transposed,
        model=keeper.begun_at,
        model_sha256=None if begun_from is None else begun_from["sha256"],
        resumed_after=tuple(keeper.resumed_after),
    )


@contextmanager
def though_not_drawn(folder: Path) -> Iterator[None]:
    """Let nothing that goes wrong with pictures, in whatever way, take the run with it; warn of it."""
    try:
        yield
    except Exception as error:
        warnings.warn(f"{folder}: not all pictures could be drawn ({words(error)}).", RuntimeWarning, stacklevel=1)


def epoch_facts(epoch: Epoch) -> EpochFacts:
    """Return an epoch's record without its model, which may be large."""
    facts = EpochFacts(
        epoch=epoch.number, loss=epoch.loss, seconds=round(epoch.seconds, 3), learning_rate=epoch.learning_rate
    )
    if epoch.accuracy is None or epoch.validation_loss is None:
        return facts
    return {**facts, "validation_accuracy": epoch.accuracy, "validation_loss": epoch.validation_loss}


def course_of(epochs: Sequence[EpochFacts]) -> Course:
    """Return what there is to draw of the epochs of a training."""
    return Course(
        tuple(row["loss"] for row in epochs),
        tuple(row.get("validation_loss") for row in epochs),
        tuple(row.get("validation_accuracy") for row in epochs),
    )


def save_evaluation_figures(folder: Path, model: Model, split: Split, evaluation: Evaluation) -> None:
    """Write the pictures that judge a model."""
    drawn = (
        figures.confusion_matrix(evaluation, model.classes),
        figures.first_layer_weights(model),
        figures.worst_mistakes(evaluation, split.in_classes(model.classes)),
    )
    for name, figure in zip(JUDGING_PICTURES, drawn, strict=True):
        canvas.save_figure(figure, folder / name)


def result_of(keeper: "Keeper", evaluation: Evaluation) -> Result:
    """Return what a training that is kept has come to on the test images."""
    return Result(
        model=str(keeper.folder / FILE_NAME),
        accuracy=evaluation.accuracy,
        loss=evaluation.loss,
        epochs=len(keeper.epochs),
        seconds=sum(epoch["seconds"] for epoch in keeper.epochs),
    )


def _identity(folder: Path) -> tuple[int, int] | None:
    """Return what tells a folder from another one that has its path; None if there is none."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


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
