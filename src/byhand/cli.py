"""The command line. Every error is one message; exit code 2 for wrong usage, 1 for a failure, 130 after Ctrl-C."""

import inspect
import io
import math
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import fields
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_type_hints

import typer
from typer.exceptions import TyperException

from byhand import console
from byhand.errors import ByhandError, UsageError
from byhand.recipes import Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byhand.model import Json, Model
    from byhand.runs import EpochFacts
    from byhand.training import Epoch, Progress

INTERRUPTED = 130  # What a shell says of a program that Ctrl-C ended.

app = typer.Typer(add_completion=False, help="A neural network written by hand, for digits written by hand.")

Data = Annotated[str, typer.Option(help="mnist, or a folder with four IDX files, or an .npz file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON lines and nothing else.")]
ModelPath = Annotated[Path, typer.Argument(metavar="MODEL", help="A model file, or the folder of a run.")]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # A terminal or pipe that cannot show a character gets a ? for it.
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_: console.note(str(message))
            return app(args=arguments, prog_name="byhand", standalone_mode=False) or 0
    except ByhandError as error:
        print(f"byhand: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except MemoryError as error:
        print(f"byhand: the memory does not suffice ({error}). Try smaller --layers or data.", file=sys.stderr)
        return 1
    except TyperException as error:
        print(f"byhand: {error.format_message()} See byhand --help.", file=sys.stderr)
        return error.exit_code


def with_recipe_options(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command that takes a `recipe` one option for each of the recipe's fields instead."""
    hints = get_type_hints(Recipe)
    parsers = {entry.name: entry.metadata["parse"] for entry in fields(Recipe) if "parse" in entry.metadata}

    def run(**options: object) -> int:
        chosen = {entry.name: options.pop(entry.name) for entry in fields(Recipe)}
        chosen |= {name: parse(chosen[name]) for name, parse in parsers.items()}
        return command(recipe=Recipe(**chosen), **options)  # type: ignore[arg-type]

    options = [
        inspect.Parameter(
            entry.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=entry.metadata.get("text", entry.default),
            annotation=Annotated[
                str if entry.name in parsers else hints[entry.name], typer.Option(help=entry.metadata["help"])
            ],
        )
        for entry in fields(Recipe)
    ]
    own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.name != "recipe"]
    signature = inspect.Signature([own[0], *options, *own[1:]])
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {name: parameter.annotation for name, parameter in signature.parameters.items()}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print it.")] = False
) -> None:
    """Train a network on handwritten digits, judge it, use it."""
    if version:
        print(f"byhand {installed_version('byhand')}")
    elif context.invoked_subcommand is None:
        print(context.get_help())


@app.command()
@with_recipe_options
def train(
    *,
    data: Data = "mnist",
    recipe: Recipe,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results (default: the next free one in runs/).")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Train a network, judge it on the test images, and save it with its history and pictures."""
    from byhand import engines, runs
    from byhand.data.datasets import load
    from byhand.training import follow

    recipe = engines.resolve(recipe)
    dataset = load(data)
    records = follow(recipe, dataset.train)
    folder = runs.claim_folder(out, dataset.name)
    try:
        if engines.must_compile(recipe):
            console.note("compiles the training loop for this machine; the next run starts at once.")
        if not as_json:
            print(console.training_lines(recipe, dataset), flush=True)
        epochs, model, complete = _watch(records, recipe, as_json=as_json)
        if model is None:
            console.note("stopped before the first epoch was complete; nothing was saved.")
            return INTERRUPTED
        evaluation = runs.save_run(folder, model, epochs, dataset, judge=complete)
    finally:
        if out is None:
            runs.release_folder(folder)
    if epochs[-1]["loss"] >= math.log(len(model.classes)) and recipe.starting_rate > recipe.default_rate:
        console.note("the loss is no better than guessing. Try a lower --learning-rate.")
    if evaluation is None:
        console.note(f"stopped; what epoch {len(epochs)} reached is saved in {folder}.")
        return INTERRUPTED
    if as_json:
        facts: dict[str, Json] = {"accuracy": evaluation.accuracy, "loss": evaluation.loss, "epochs": len(epochs)}
        seconds = sum(epoch["seconds"] for epoch in epochs)
        console.say_json({"model": str(folder / runs.MODEL_FILE), **facts, "seconds": seconds})
    else:
        print(f"test: {console.evaluation_line(evaluation)}\nsaved in {folder}: model, history and pictures")
    return 0


def _watch(
    records: "Iterator[Progress | Epoch]", recipe: Recipe, *, as_json: bool
) -> "tuple[list[EpochFacts], Model | None, bool]":
    """Let the training run and report it; return its epochs, the last model, and whether nobody pressed Ctrl-C."""
    from byhand.runs import epoch_facts
    from byhand.training import Epoch

    epochs: list[EpochFacts] = []
    model = None
    try:
        with console.progress_bar(recipe.epochs) as tell:
            for record in records:
                tell(record)
                if isinstance(record, Epoch):
                    model = record.model
                    epochs.append(epoch_facts(record))
                    console.say_json(cast("Mapping[str, Json]", epochs[-1])) if as_json else print(
                        console.epoch_line(record, recipe.epochs), flush=True
                    )
    except KeyboardInterrupt:
        return epochs, model, False
    return epochs, model, True


@app.command()
def evaluate(
    model: ModelPath,
    data: Data = "mnist",
    figures: Annotated[Path | None, typer.Option(help="Folder to write pictures into.")] = None,
    as_json: AsJson = False,
) -> int:
    """Judge a model on the test images."""
    from byhand import runs
    from byhand.data.datasets import load
    from byhand.evaluation import evaluate as judge

    network, dataset = _load_model(model), load(data)
    evaluation = judge(network, dataset.test)
    learned = network.details.get("data")
    if isinstance(learned, Mapping) and learned.get("name") != dataset.name:
        console.note(f"this model learned {learned.get('name')}, and is now judged on {dataset.name}.")
    if as_json:
        console.say_json(evaluation.to_dict())
    else:
        print(console.evaluation_line(evaluation))
        print(console.class_table(evaluation, network.classes))
    if figures is not None:
        folder = runs.claim_folder(figures, "")
        runs.save_evaluation_figures(folder, network, dataset.test, evaluation)
        console.note(f"pictures are in {folder}.")
    return 0


@app.command()
def predict(
    model: ModelPath,
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Pictures of one digit, white on black.")],
    as_json: AsJson = False,
) -> int:
    """Name the digit in pictures of 28×28 pixels or more, white ink on black."""
    from byhand.images.prepare import is_dark_on_light, read_picture

    network = _load_model(model)
    failed = 0
    for path in images:
        try:
            image = read_picture(path, network.image_shape)
        except ByhandError as error:
            failed = 1
            console.note(str(error))
            continue
        if not image.any():
            console.note(f"{path}: has no ink; the answer means nothing.")
        if is_dark_on_light(image):
            console.note(f"{path}: looks like dark ink on light paper; the answer counts only for light ink on dark.")
        probabilities = dict(zip(network.classes, network.predict_proba(image).tolist(), strict=True))
        first, second = sorted(probabilities, key=lambda name: -probabilities[name])[:2]
        if as_json:
            answer = {"image": str(path), "class": first, "probability": probabilities[first]}
            console.say_json({**answer, "probabilities": probabilities})
        else:
            sure, less_sure = 100 * probabilities[first], 100 * probabilities[second]
            print(f"{path}: {first} ({sure:.1f} %; next {second}, {less_sure:.1f} %)")
    return failed


@app.command()
def info(model: ModelPath, as_json: AsJson = False) -> int:
    """Tell what is in a model file and where it comes from."""
    network = _load_model(model)
    facts: dict[str, Json] = {
        "sizes": list(network.sizes),
        "parameters": len(network.theta),
        "activation": network.activation,
        "classes": list(network.classes),
        "image_shape": list(network.image_shape),
        "preprocessing": network.preprocessing,
        **network.details,
    }
    if as_json:
        console.say_json(facts)
    else:
        print(console.fact_lines(facts))
    return 0


@app.command()
def data(data: Data = "mnist", as_json: AsJson = False) -> int:
    """Check a data set, count its classes and draw its mean image."""
    from byhand.data.datasets import load

    dataset = load(data)
    parts = {"train": dataset.train, "test": dataset.test}
    if as_json:
        console.say_json({"name": dataset.name, **{name: console.split_facts(split) for name, split in parts.items()}})
    else:
        print(console.dataset_lines(dataset))
    return 0


def _load_model(path: Path) -> "Model":
    """Load a model from its file or from the folder of its run."""
    from byhand.model import Model
    from byhand.runs import find_model

    return Model.load(find_model(path))
