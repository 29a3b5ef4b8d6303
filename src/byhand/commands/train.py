"""`byhand train`: from the command line's options to a recipe, and from a recipe to the folder of a run."""

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import Field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias, cast, get_type_hints

from byhand.commands import console
from byhand.commands.grammar import values
from byhand.commands.grammar.declared import Option
from byhand.commands.options import AsJson, OtherData, OtherRecipe, Transposed, White
from byhand.commands.terminal import INTERRUPTED, heeded_interrupts
from byhand.errors import UsageError
from byhand.files import as_typed, meant
from byhand.learning.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byhand.data.datasets import Dataset
    from byhand.learning.progress import Epoch, State
    from byhand.learning.recipe_files import RecipeFile
    from byhand.learning.training import Progress
    from byhand.runs.run_folder import Keeper
    from byhand.sealing.facts import EpochFacts
    from byhand.types import Json

Heed: TypeAlias = Callable[[], None]  # Raises a Ctrl-C that a library has swallowed.
Out = Annotated[
    Path | None,
    Option(metavar="PATH", help="Folder for the results (default: the next free one in runs/)."),
]
Force = Annotated[bool, Option("--force", help="Train in a folder that holds a trained network, which is lost.")]
Resume = Annotated[
    Path | None,
    Option(
        metavar="PATH",
        help="Go on with the training in this folder, where it was stopped or killed.",
    ),
]


METAVARS = {"layers": "SIZES"}
# How fields are read that the recipe itself checks.
NUMBERS: Mapping[object, Callable[[str], object]] = {
    **dict.fromkeys((int, int | None), values.whole),
    **dict.fromkeys((float, float | None), values.number),
}


def with_recipe_options(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command that takes `chosen`, a choice of recipe fields by name, one option for each field instead."""
    hints = get_type_hints(Recipe)

    def run(**options: object) -> int:
        given = {entry.name: options.pop(entry.name) for entry in fields(Recipe)}
        return command(chosen={name: value for name, value in given.items() if value is not None}, **options)

    options = []
    group = ""
    for entry in fields(Recipe):
        group = entry.metadata["begins"] or group
        kind = str if "parse" in entry.metadata else hints[entry.name]
        option = Option(
            help=entry.metadata["help"],
            group=group,
            parser=entry.metadata.get("parse") or NUMBERS.get(kind),
            metavar=_metavar(entry),
            default=entry.default,
        )
        options.append(
            inspect.Parameter(
                entry.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option]
            )
        )
    own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.name != "chosen"]
    signature = inspect.Signature([*own[:2], *options, *own[2:]])
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {name: parameter.annotation for name, parameter in signature.parameters.items()}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run


def _metavar(entry: Field[object]) -> str:
    """Return what stands for the value of a field, where it is not told by the kind of the field."""
    if entry.name in METAVARS:
        return METAVARS[entry.name]
    bounds = entry.metadata["bounds"]
    return "SHARE" if isinstance(entry.default, float) and 1 in (bounds["below"], bounds["most"]) else ""


@with_recipe_options
def train(
    *,
    recipe: OtherRecipe = None,
    data: OtherData = None,
    chosen: Mapping[str, object],
    white: White = None,
    transposed: Transposed = False,
    seeds: Annotated[
        int,
        Option(min=1, max=1000, help="Train so often, with the seeds that follow, and tell mean and deviation."),
    ] = 1,
    out: Out = None,
    force: Force = False,
    resume: Resume = None,
    as_json: AsJson = False,
) -> int:
    """Run `byhand train`."""
    from byhand.learning import recipe_files
    from byhand.learning.recipe_files import RecipeFile

    if resume is not None:
        if any((recipe, data, chosen, white, transposed, out, force, seeds > 1)):
            raise UsageError("goes on with the run as it was begun; leave out all other options.", "resume")
        with heeded_interrupts() as heed:
            return _resume(resume, heed, as_json=as_json)
    source = recipe_files.read(recipe) if recipe else RecipeFile(Recipe())
    changed = replace(source.recipe, **chosen)  # type: ignore[arg-type]
    content = RecipeFile(changed, data or source.data, white=white, transposed=transposed)
    if data is None:
        content = replace(content, white=white or source.white, transposed=transposed or source.transposed)
    with heeded_interrupts() as heed:
        return _begin(content, seeds, out, heed, force=force, as_json=as_json)


def _begin(content: "RecipeFile", seeds: int, out: Path | None, heed: Heed, *, force: bool, as_json: bool) -> int:
    """Train anew, with one seed or several."""
    from byhand.data.datasets import load
    from byhand.learning import recipe_files
    from byhand.learning.engines.choice import resolve
    from byhand.runs import checkpoints, run_folder

    content = replace(content, recipe=resolve(content.recipe))
    recipe_files.encoded(content)  # It is refused now rather than after the training.
    dataset = load(content.data, white=content.white, transposed=content.transposed)
    folder = run_folder.claim_folder(out, dataset.name)
    try:
        with run_folder.held(folder):
            checkpoints.remove(folder) if force else run_folder.refuse_used(folder)
            if seeds > 1:
                return _run_seeds(content, seeds, folder, force=force, as_json=as_json)
            origin = run_folder.source_of(content.data, dataset)
            return _run(run_folder.Keeper(folder, content.recipe, origin), dataset, None, heed, as_json=as_json)
    finally:
        if out is None:
            run_folder.release_folder(folder)


def _resume(folder: Path, heed: Heed, *, as_json: bool) -> int:
    """Go on with the training in a folder."""
    from byhand.data.datasets import load
    from byhand.data.pixels import of_facts
    from byhand.runs import checkpoints, run_folder

    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder.{meant(folder)}", "resume")
    with run_folder.held(folder):
        checkpoint, warning = checkpoints.load(folder)
        if warning:
            console.note(warning)
        for difference in checkpoints.differences(checkpoint):
            console.note(f"this is not quite the machine it began on, so the last bits may differ: {difference}.")
        white, transposed = of_facts(cast("Json", checkpoint.data))
        dataset = load(checkpoint.data["source"], white=white, transposed=transposed)
        run_folder.check_checkpoint(folder, checkpoint, dataset)
        history = cast("list[EpochFacts]", list(checkpoint.history))
        keeper = run_folder.Keeper(folder, checkpoint.recipe, checkpoint.data, history)
        return _run(keeper, dataset, checkpoint.state, heed, as_json=as_json)


def _run_seeds(content: "RecipeFile", seeds: int, folder: Path, *, force: bool, as_json: bool) -> int:
    """Train with several seeds, and say what came of each and of all."""
    from byhand.commands.seeds import how_to_go_on, summarize, train_seeds

    if not as_json:
        console.say(f"{seeds} seeds from {content.recipe.seed} on, each in {folder}/seed-…")
    results = []
    try:
        for result in train_seeds(content, seeds, folder, force=force):
            results.append(result)
            console.say_json(result.to_dict()) if as_json else console.say(console.seed_line(result))
    except KeyboardInterrupt:
        console.note(f"stopped. {how_to_go_on(folder, seeds)}")
        return INTERRUPTED
    summary = summarize(results, folder)
    console.say_json(summary) if as_json else console.say(console.summary_line(summary))
    return 0


def _run(keeper: "Keeper", dataset: "Dataset", state: "State | None", heed: Heed, *, as_json: bool) -> int:
    """Train in a folder, from the start or from a state on, and say what comes of it."""
    from byhand.learning.training import Training, must_compile, where_not_kept
    from byhand.model import FILE_NAME
    from byhand.runs import run_folder
    from byhand.runs.results import Result

    recipe, folder = keeper.recipe, keeper.folder
    training = Training(recipe, dataset.train, state)
    if must_compile(recipe):
        place = where_not_kept(recipe)
        later = "the next run starts at once" if place is None else f"nothing can be kept in {place}, so every run does"
        console.note(f"compiles the training loop for this machine; {later}.")
    if not as_json:
        console.say(console.training_lines(training, dataset.name))
        if state is not None:
            console.say(f"goes on in epoch {state.place.epoch}, after {state.place.done:,} of its images")
    complete = _watch(training.run(), keeper, heed, as_json=as_json)
    epochs, model = keeper.epochs, keeper.model
    if model is None:
        number = len(epochs) + 1
        console.note(f"stopped before epoch {number} was complete; {_advice(folder) or 'nothing was saved.'}")
        return INTERRUPTED
    evaluation = run_folder.save_run(keeper, model, dataset, judge=complete)
    if epochs[-1]["loss"] >= math.log(len(model.classes)) and recipe.starting_rate > recipe.default_rate:
        console.note("the loss is no better than guessing. Try a lower --learning-rate.")
    if evaluation is None:
        reached = f"what epoch {len(epochs)} reached" if recipe.patience is None else "the best so far"
        console.note(f"stopped; {reached} is saved in {folder}; {_advice(folder)}")
        return INTERRUPTED
    if as_json:
        seconds = sum(epoch["seconds"] for epoch in epochs)
        result = Result(
            model=str(folder / FILE_NAME),
            accuracy=evaluation.accuracy,
            loss=evaluation.loss,
            epochs=len(epochs),
            seconds=seconds,
        )
        console.say_json(result.to_dict())
    else:
        console.say(
            f"test: {console.evaluation_line(evaluation)}\nsaved in {folder}: model, history, pictures and recipe"
        )
    return 0


def _advice(folder: Path) -> str:
    """Return how to go on, if that is possible."""
    from byhand.runs import checkpoints

    return f"go on with byhand train --resume {as_typed(folder)}" if checkpoints.exists(folder) else ""


def _watch(records: "Iterator[Progress | Epoch]", keeper: "Keeper", heed: Heed, *, as_json: bool) -> bool:
    """Let the training run, keep what it reaches and report it; return whether nobody pressed Ctrl-C or went away."""
    from byhand.learning.progress import Epoch

    epochs = keeper.recipe.epochs
    try:
        with console.progress_bar(epochs) as tell:
            for record in records:
                keeper.keep(record)
                tell(record)
                if isinstance(record, Epoch):
                    facts = cast("Mapping[str, Json]", keeper.epochs[-1])
                    console.say_json(facts) if as_json else console.say(console.epoch_line(record, epochs))
                heed()
    except (KeyboardInterrupt, BrokenPipeError):
        return False
    return True
