"""`byhand train`: from the command line's options to a recipe, and from a recipe to the folder of a run."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from byhand.commands import bar, console
from byhand.commands.many.manner import Manner, check_together
from byhand.commands.many.several import begin
from byhand.commands.options import (
    AsJson,
    Force,
    From,
    Log,
    Mapped,
    NoPictures,
    OtherData,
    OtherRecipe,
    Out,
    Resume,
    Seeds,
    Together,
    Transposed,
    White,
    load_as_learned,
    with_recipe_options,
)
from byhand.commands.several import processes
from byhand.commands.several.processes import Heed
from byhand.commands.terminal import INTERRUPTED, width
from byhand.errors import ByhandError, UsageError
from byhand.files import as_typed, kind_of
from byhand.learning.recipe import Recipe
from byhand.runs.watching.tools import check_installed

if TYPE_CHECKING:
    from byhand.data.datasets import Dataset
    from byhand.judging.evaluation import Evaluation
    from byhand.learning.beginnings import Beginning
    from byhand.learning.devices.world import World
    from byhand.learning.recipe_files import RecipeFile
    from byhand.learning.training import Training
    from byhand.runs.run_folder import Keeper
    from byhand.runs.watching.telling import Watch
    from byhand.types import Json

MAY_CHANGE = {"epochs", "patience", "engine", "device"}  # of a training that goes on


@with_recipe_options
def train(
    *,
    recipe: OtherRecipe = None,
    data: OtherData = None,
    chosen: Mapping[str, object],
    white: White = None,
    transposed: Transposed = False,
    mapped: Mapped = False,
    begin: From = None,
    seeds: Seeds = 1,
    together: Together = False,
    out: Out = None,
    force: Force = False,
    resume: Resume = None,
    no_pictures: NoPictures = False,
    log: Log = [],  # noqa: B006  # It stays as it is.
    as_json: AsJson = False,
) -> int:
    """Run `byhand train`."""
    check_installed(log)
    manner = Manner(force, not no_pictures, log, as_json, together, mapped or None)
    check_together(seeds, resume, manner)
    if resume is not None and any(
        (recipe, chosen.keys() - MAY_CHANGE, white, transposed, begin, out, force, seeds > 1)
    ):
        raise UsageError(
            "goes on with the run as it was begun. Besides --epochs, --patience, --engine, --device, --data, "
            "--mapped, --no-pictures, --log and --json, leave out all other options.",
            "resume",
        )
    with processes.joined() as (world, heed):
        if resume is not None:
            return _resume(resume, chosen, data, manner, world, heed)
        processes.check(world, seeds)
        content = _content(recipe, chosen, data, begin)
        content = replace(content, white=white or content.white, transposed=transposed or content.transposed)
        return _begin(content, seeds, out, manner, world, heed)


def _content(recipe: str | None, chosen: Mapping[str, object], data: str | None, begin: str | None) -> "RecipeFile":
    """Return a recipe with the choices of the command line; other data are not taken as the recipe's own would be."""
    from byhand.learning import recipe_files
    from byhand.learning.recipe_files import RecipeFile

    content = recipe_files.read(recipe) if recipe else RecipeFile(Recipe())
    changed = replace(content.recipe, **chosen)  # type: ignore[arg-type]
    if "weight_decay" in chosen and changed.optimizer != "adamw":
        console.note(f"--weight-decay: {changed.optimizer} has none; it counts with --optimizer adamw alone.")
    content = replace(content, recipe=changed, about="", said=content.said | chosen.keys())
    if data is not None:
        content = replace(content, data=data, white=None, transposed=False, said=content.said | {"data"})
    return content if begin is None else replace(content, model=begin, model_sha256=None)


def _begin(content: "RecipeFile", seeds: int, out: Path | None, manner: Manner, world: "World", heed: Heed) -> int:
    """Train anew, with one seed or several."""
    from byhand.learning import beginnings, recipe_files
    from byhand.learning.engines.choice import resolve
    from byhand.learning.training import Training
    from byhand.runs import run_folder

    if content.resumed_after:
        after = ", ".join(f"{epoch:,}" for epoch in content.resumed_after)
        console.note(f"the run of this recipe was given more epochs after epoch {after:.50}: anew, it comes to others.")
    content, beginning = beginnings.of_file(replace(content, resumed_after=()))
    content = replace(content, recipe=resolve(content.recipe))
    recipe_files.encoded(content)  # It is refused now rather than after the training.
    dataset = _data_for(content, beginning, manner.mapped)
    content = replace(content, white=dataset.white, transposed=dataset.transposed)
    if seeds > 1:
        with _in_folder(out, dataset, manner) as folder:
            return begin(content, seeds, folder, dataset, beginning, manner)
    model = None if beginning is None else beginning.model
    training = Training(content.recipe, dataset.train, model=model, world=world)
    if world.rank:
        return processes.follow(training, heed)
    processes.check_alike(training)
    with _in_folder(out, dataset, manner) as folder:
        origin = run_folder.source_of(content.data, dataset)
        keeper = run_folder.Keeper(folder, content.recipe, origin, pictures=manner.pictures, processes=world.size)
        if beginning is not None:
            keeper.begun_from, keeper.begun_at = training.begun_from, beginning.source
        return _run(training, keeper, dataset, manner, heed)


@contextmanager
def _in_folder(out: Path | None, dataset: "Dataset", manner: Manner) -> Iterator[Path]:
    """Hold the folder that results go to, the next free one unless one is named; yield it."""
    from byhand.runs import checkpoints, run_folder

    folder = run_folder.claim_folder(out, dataset.name)
    try:
        with run_folder.held(folder):
            checkpoints.remove(folder) if manner.force else run_folder.refuse_used(folder)
            yield folder
    finally:
        if out is None:
            run_folder.release_folder(folder)


def _data_for(content: "RecipeFile", beginning: "Beginning | None", mapped: bool | None) -> "Dataset":
    """Load the data; say so if the model to begin from has other classes."""
    from byhand.data.datasets import BUILT_IN, load
    from byhand.learning.beginnings import change_of_classes

    white, transposed = content.white, content.transposed
    if "data" not in content.said and content.data != BUILT_IN and kind_of(Path(content.data)) == "nothing":
        raise ByhandError(f"{content.data}: the data of the recipe are not there. Say where they are: --data PATH.")
    if beginning is None:
        return load(content.data, white=white, transposed=transposed, mapped=mapped)
    dataset = load_as_learned(content.data, beginning.model, white=white, transposed=transposed, mapped=mapped)
    if change := change_of_classes(beginning.model, dataset.train):
        console.note(change)
    return dataset


def _resume(
    folder: Path, chosen: Mapping[str, object], data: str | None, manner: Manner, world: "World", heed: Heed
) -> int:
    """Go on with the training in a folder."""
    from byhand.runs import going_on, run_folder

    changes = going_on.Changes(data=data, mapped=manner.mapped, **chosen)  # type: ignore[arg-type]  # of MAY_CHANGE
    going_on.check_folder(folder, more=bool(chosen.keys() & {"epochs", "patience"}))
    if world.rank:
        return processes.follow(going_on.reopened(folder, console.note, changes, world).training, heed)
    with run_folder.held(folder):
        going = going_on.reopened(folder, console.note, changes, world)
        processes.check_alike(going.training)
        going.keeper.pictures = manner.pictures
        return _run(going.training, going.keeper, going.dataset, manner, heed, resumed=True)


def _run(
    training: "Training", keeper: "Keeper", dataset: "Dataset", manner: Manner, heed: Heed, *, resumed: bool = False
) -> int:
    """Train in a folder, from the start or from where it was stopped, and say what comes of it."""
    from byhand.runs.watching.telling import Watch

    recipe, choices = keeper.recipe, {**keeper.recipe.to_dict(), "data": dataset.name}
    tell_compiling(recipe)
    if not manner.as_json:
        console.say(console.training_lines(training, dataset.name))
        if keeper.begun_at is not None:
            console.say(f"begins from {keeper.begun_at}")
        if resumed:
            after = f", after {training.place.done:,} of its images" if training.place.done else ""
            console.say(f"goes on in epoch {training.place.epoch}{after}")
    with Watch(manner.log, keeper.folder, choices, console.note, goes_on=resumed) as watch:
        for look in () if manner.as_json else watch.looks:
            console.say(look, as_it_is=True)  # It may be copied.
        complete = _learn(training, keeper, watch, heed, as_json=manner.as_json)
        evaluation = _saved(keeper, dataset, complete=complete)
        if evaluation is None:
            return INTERRUPTED
        _say_result(keeper, evaluation, as_json=manner.as_json)
        watch.judge(evaluation)
    return 0


def _saved(keeper: "Keeper", dataset: "Dataset", *, complete: bool) -> "Evaluation | None":
    """Save what a training has reached; return how it did on the test images, or say how it goes on if stopped."""
    from byhand.runs import run_folder

    recipe, folder, epochs, model = keeper.recipe, keeper.folder, keeper.epochs, keeper.model
    if model is None:
        number = len(epochs) + 1
        console.note(f"stopped before epoch {number} was complete; {_advice(keeper) or 'nothing was saved.'}")
        return None
    if not (complete or keeper.replaces):
        console.note(f"stopped; the network of the finished training stays in {folder}; {_advice(keeper)}")
        return None
    evaluation = run_folder.save_run(keeper, model, dataset, judge=complete)
    if epochs[-1]["loss"] >= math.log(len(model.classes)) and recipe.starting_rate > recipe.default_rate:
        console.note("the loss is no better than guessing. Try a lower --learning-rate.")
    if evaluation is None:
        reached = f"what epoch {len(epochs)} reached" if recipe.patience is None else "the best so far"
        console.note(f"stopped; {reached} is saved in {folder}; {_advice(keeper)}")
    return evaluation


def tell_compiling(recipe: Recipe) -> None:
    """Say so if a training by a recipe begins with compiling for seconds."""
    from byhand.learning.engines.choice import must_compile, where_not_kept

    if must_compile(recipe):
        place = where_not_kept(recipe)
        later = "the next run starts at once" if place is None else f"nothing can be kept in {place}, so every run does"
        console.note(f"compiles the training loop for this machine; {later}.")


def _say_result(keeper: "Keeper", evaluation: "Evaluation", *, as_json: bool) -> None:
    """Say how a training did on the test images."""
    from byhand.runs import run_folder

    if as_json:
        console.say_json(run_folder.result_of(keeper, evaluation).to_dict())
    else:
        kept = "model, history, pictures and recipe" if keeper.pictures else "model, history and recipe"
        console.say(f"test: {console.evaluation_line(evaluation)}\nsaved in {keeper.folder}: {kept}")


def _advice(keeper: "Keeper") -> str:
    """Return how to go on, if that is possible."""
    from byhand.runs import checkpoints

    advice = f"go on with byhand train --resume {as_typed(keeper.folder)}"
    if checkpoints.exists(keeper.folder):
        return advice
    return "" if keeper.replaces else f"{advice} --epochs {keeper.recipe.epochs}"


def _learn(training: "Training", keeper: "Keeper", watch: "Watch", heed: Heed, *, as_json: bool) -> bool:
    """Let the training run, keep what it reaches and report it; return whether nobody pressed Ctrl-C or went away."""
    from byhand.learning.progress import Epoch

    epochs = keeper.recipe.epochs
    try:
        watch.tell(keeper.epochs)
        with bar.progress_bar(training, as_json=as_json) as tell:
            for record in training.run():
                keeper.keep(record)
                tell(record)
                if isinstance(record, Epoch):
                    facts = cast("Mapping[str, Json]", keeper.epochs[-1])
                    console.say_json(facts) if as_json else console.say(console.epoch_line(record, epochs, width()))
                    watch.tell(keeper.epochs[-1:])
                heed()
    except (KeyboardInterrupt, BrokenPipeError):
        return False
    return True
