"""Go on with the training in a folder: where it was stopped or killed, or with more epochs where it is over.

With more epochs the schedule is laid over all of them, as if there had been so many from the beginning: a learning rate
that had fallen to nothing rises again to what the schedule then says, and falls once more. Only where the rate never
changes are the parameters, to the last bit, those of a training that had so many epochs from the start.

What a finished training has left stays as it is until the one that goes on is over, too.
"""

import warnings
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import cast

from byhand.data.datasets import BUILT_IN, Dataset, load
from byhand.data.pixels import of_facts
from byhand.errors import ByhandError, UsageError
from byhand.files import as_path, kind_of, meant
from byhand.learning.devices.world import World
from byhand.learning.engines import choice
from byhand.learning.epochs import Epochs
from byhand.learning.optimizers import rate_after
from byhand.learning.progress import Epoch
from byhand.learning.recipe import Recipe
from byhand.learning.training import Training
from byhand.runs import checkpoints, run_folder
from byhand.runs.checkpoints import Checkpoint
from byhand.runs.run_folder import Keeper
from byhand.sealing.facts import EpochFacts
from byhand.types import Json


@dataclass(frozen=True, eq=False)
class Reopened:
    """A training that goes on, what keeps it, and its data."""

    training: Training
    keeper: Keeper
    dataset: Dataset


@dataclass(frozen=True)
class Changes:
    """What shall be other than before, of a training that goes on; None for what stays. See `resume`."""

    epochs: int | None = None
    patience: int | None = None
    data: str | None = None
    engine: str | None = None
    device: str | None = None
    mapped: bool | None = None  # whether training images stay in their file


def resume(
    folder: str | Path,
    *,
    epochs: int | None = None,
    patience: int | None = None,
    data: str | Path | None = None,
    engine: str | None = None,
    device: str | None = None,
) -> Iterator[Epoch]:
    """Go on with the training in a folder, as `byhand train --resume` does, and yield a record of every epoch.

    The folder holds in the end what the command leaves; after who stops before, what that leaves after Ctrl-C.

    Parameters
    ----------
    folder
        Of a run that was stopped, or that is over and shall have more epochs.
    epochs, patience
        How many epochs in all, if more than it was begun for; another patience, if it was begun with one.
    data, engine, device
        Where its data lie now, if they have moved; what does the arithmetic, and where, from now on.

    Yields
    ------
    Epoch
        For every epoch that is left, when it is over.

    Raises
    ------
    UsageError, ByhandError
        If nothing in the folder can go on so, another process is at work there, or its data have changed.

    Warns
    -----
    UserWarning
        Of how the learning rate goes on, and of what is different about the machine.
    """
    folder, moved = as_path(folder, "the folder of a run"), None
    if data is not None:
        moved = str(as_path(data, "the file or folder where its data lie now"))
    check_folder(folder, more=epochs is not None or patience is not None)
    if not checkpoints.is_finished(folder):
        checkpoints.check_exists(folder)
    changes = Changes(epochs, patience, moved, engine, device)
    return Epochs(_resumed(folder, changes), "for epoch in byhand.resume(folder)", epochs, Epoch)


def check_folder(folder: Path, *, more: bool) -> None:
    """Refuse a folder in which no training can go on; `more`, if it is to have more than it was begun for."""
    match kind_of(folder):
        case "nothing":
            raise UsageError(f"{folder}: no such folder.{meant(folder)}")
        case "file" | "other":
            raise UsageError(f"{folder}: is no folder. Name that of the run.")
    if not checkpoints.exists(folder) and checkpoints.is_finished(folder) and not more:
        saved = checkpoints.load_finished(folder)
        over, most, patience = saved.state.place.epoch, saved.recipe.epochs, saved.recipe.patience
        way = f"`epochs` {2 * over}, say, for as many again"
        if over < most and patience is not None:
            way = f"`patience` {2 * patience}, say, to wait longer for a better one"
        raise ByhandError(f"{folder}: its training is over, after {over:,} of {most:,} epochs. It goes on with {way}.")


def reopened(folder: Path, tell: Callable[[str], None], changes: Changes, world: World = choice.ALONE) -> Reopened:
    """Make ready to go on in a folder that nobody else writes into, as `resume` says; tell what there is to know.

    Of several processes that go on together, each does this.

    Raises
    ------
    ByhandError
        As `resume`.
    """
    check_folder(folder, more=changes.epochs is not None or changes.patience is not None)
    over = not checkpoints.exists(folder) and checkpoints.is_finished(folder)
    saved, damaged = (checkpoints.load_finished(folder), None) if over else checkpoints.load(folder)
    if damaged:
        tell(damaged)
    recipe = _elsewhere(_changed(saved.recipe, changes.epochs, changes.patience), changes.engine, changes.device)
    for difference in checkpoints.differences(saved, choice.facts(recipe, world.size)):
        tell(f"this is not quite the machine it began on, so the last bits may differ: {difference}.")
    if recipe.engine != saved.recipe.engine:
        tell(f"goes on with the engine {recipe.engine} instead of {saved.recipe.engine}: the last bits will differ.")
    dataset, origin = _data_of(folder, saved, changes.data, changes.mapped)
    training = Training(recipe, dataset.train, saved.state, begun_from=saved.begun_from, world=world)
    keeper = Keeper(
        folder,
        recipe,
        origin,
        cast("list[EpochFacts]", list(saved.history)),
        begun_from=saved.begun_from,
        begun_at=saved.begun_at,
        resumed_after=saved.resumed_after,
        replaces=not checkpoints.is_finished(folder),
        processes=world.size,
    )
    if over:
        ended = training.advance()  # The last epoch again: the checkpoint was written just before its end.
        assert isinstance(ended, Epoch)
        keeper.keep(ended)
    _refuse_over(folder, training)
    if recipe.epochs != saved.recipe.epochs:
        tell(_extend(keeper, training, saved.recipe))
    return Reopened(training, keeper, dataset)


def _resumed(folder: Path, changes: Changes) -> Generator[Epoch, None, None]:
    """Go on, keep what is reached, and hand out every epoch."""
    with run_folder.held(folder):
        tell = partial(warnings.warn, stacklevel=5)  # beyond what asks for an epoch
        going = reopened(folder, tell, changes)
        training, keeper = going.training, going.keeper
        try:
            for record in training.run():
                keeper.keep(record)
                if isinstance(record, Epoch):
                    yield record
        except (GeneratorExit, KeyboardInterrupt):
            if not training.is_over and training.place.done == 0:  # So that no epoch is handed out twice.
                keeper.save(training.state())
            if keeper.model is not None and keeper.replaces:
                run_folder.save_run(keeper, keeper.model, going.dataset, judge=False)
            raise
        assert keeper.model is not None
        run_folder.save_run(keeper, keeper.model, going.dataset, judge=True)


def _elsewhere(recipe: Recipe, engine: str | None, device: str | None) -> Recipe:
    """Return the recipe with another engine or device, named."""
    if engine is not None and engine != recipe.engine:
        recipe = replace(recipe, engine=engine, device="auto", precision="float32")  # type: ignore[arg-type]
    if device is not None:
        recipe = replace(recipe, device=device)  # type: ignore[arg-type]
    return choice.resolve(recipe)


def _changed(recipe: Recipe, epochs: int | None, patience: int | None) -> Recipe:
    """Return the recipe with more epochs and another patience, as far as that can be."""
    if epochs is not None:
        more = replace(recipe, epochs=epochs)  # which looks at it first
        if epochs <= recipe.epochs:
            raise UsageError(
                f"{epochs:,} are no more than the {recipe.epochs:,} that the training was begun for; say how many "
                "there shall be in all.",
                "epochs",
            )
        recipe = more
    if patience is not None:
        if recipe.patience is None:
            raise UsageError(
                "the training was begun without it, so no best network was kept; leave it out.", "patience"
            )
        recipe = replace(recipe, patience=patience)
    return recipe


def _data_of(
    folder: Path, saved: Checkpoint, moved: str | None, mapped: bool | None
) -> tuple[Dataset, checkpoints.Source]:
    """Load the data as the training took them, perhaps from where they are now; return them and their origin."""
    white, transposed = of_facts(cast("Json", saved.data))
    source = saved.data["source"] if moved is None else moved
    try:
        dataset = load(source, white=white, transposed=transposed, mapped=mapped)
    except ByhandError as error:
        if moved is not None or source == BUILT_IN:
            raise
        raise type(error)(f"{error.text} If they lie elsewhere, {run_folder.elsewhere(folder)}.") from error
    dataset = replace(dataset, name=saved.data["name"])  # That of a folder may have changed.
    run_folder.check_checkpoint(folder, saved, dataset, source)
    if moved is None:
        return dataset, saved.data
    return dataset, {**saved.data, "source": run_folder.source_of(source, dataset)["source"]}


def _refuse_over(folder: Path, training: Training) -> None:
    """Refuse to go on with a training that has no epoch left."""
    if (over := training.place.epoch - 1) >= training.recipe.epochs:
        raise ByhandError(f"{folder}: all its epochs are over. It goes on with more of them: `epochs` {2 * over}, say.")
    if training.is_over:
        best, waited = training.place.best_epoch, training.place.epoch - 1 - training.place.best_epoch
        raise UsageError(
            f"{training.recipe.patience} is over: no epoch after {best:,} was better. To go on all the same, say more "
            f"than {waited:,}.",
            "patience",
        )


def _extend(keeper: Keeper, training: Training, before: Recipe) -> str:
    """Take note of where the training was given more epochs; return in words what the learning rate does."""
    recipe, place = training.recipe, training.place
    over = place.epoch - 1 + place.done / training.total
    was, now = rate_after(before, over), rate_after(recipe, over)
    if recipe.schedule == "constant" and not recipe.warmup:
        return f"goes on to {recipe.epochs:,} epochs; the learning rate stays {now:.3g}."
    keeper.resumed_after = [*keeper.resumed_after, len(keeper.epochs)]
    return (
        f"goes on to {recipe.epochs:,} epochs, and the schedule ({recipe.schedule}) is laid over all of them: the "
        f"learning rate, which had come to {was:.3g}, goes on from {now:.3g}."
    )
