"""The command line. Every error is one message; exit code 2 for wrong usage, 1 for a failure, 130 after Ctrl-C."""

import io
import sys
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer
from typer.exceptions import TyperException

from byhand import console
from byhand.cli_options import AsJson, Data, ModelArgument, OptionalModel, load_model
from byhand.cli_read import predict, read
from byhand.cli_train import train
from byhand.cli_web import export_app, serve
from byhand.errors import ByhandError, UsageError

if TYPE_CHECKING:
    from byhand.data.datasets import Split
    from byhand.types import Json

app = typer.Typer(add_completion=False, help="A neural network written by hand, for digits written by hand.")


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
        print(f"byhand: {console.error_line(error)}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except OSError as error:
        print(f"byhand: {error.filename or 'a file'}: {error.strerror or error}.", file=sys.stderr)
        return 1
    except MemoryError as error:
        print(f"byhand: the memory does not suffice ({error}). Try smaller --layers or data.", file=sys.stderr)
        return 1
    except TyperException as error:
        print(f"byhand: {error.format_message()} See byhand --help.", file=sys.stderr)
        return error.exit_code


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print it.")] = False
) -> None:
    """Train a network on handwritten digits, judge it, use it."""
    if version:
        print(f"byhand {installed_version('byhand')}")
    elif context.invoked_subcommand is None:
        print(context.get_help())


app.command(name="train")(train)


@app.command()
def recipes(as_json: AsJson = False) -> int:
    """List the recipes that come with byhand, and what was measured with each."""
    from byhand.recipes import store

    measured = store.results()
    for name in store.names():
        about, result = store.read(name).about, measured.get(name)
        if as_json:
            console.say_json({"name": name, "about": about, "measured": cast("Json", result)})
        else:
            print(console.recipe_lines(name, about, result))
    return 0


@app.command()
def evaluate(
    model: OptionalModel = None,
    data: Data = "mnist",
    figures: Annotated[Path | None, typer.Option(help="Folder to write pictures into.")] = None,
    as_json: AsJson = False,
) -> int:
    """Judge a model on the test images."""
    from byhand import runs
    from byhand.data.datasets import load
    from byhand.evaluation import evaluate as judge

    network, dataset = load_model(model), load(data)
    folder = None if figures is None else runs.claim_folder(figures, "")
    evaluation = judge(network, dataset.test)
    learned = network.details.get("data")
    if isinstance(learned, Mapping) and learned.get("name") != dataset.name:
        console.note(f"this model learned {learned.get('name')}, and is now judged on {dataset.name}.")
    if as_json:
        console.say_json(evaluation.to_dict())
    else:
        print(console.evaluation_line(evaluation))
        print(console.class_table(evaluation, network.classes))
    if folder is not None:
        runs.save_evaluation_figures(folder, network, dataset.test, evaluation)
        console.note(f"pictures are in {folder}.")
    return 0


@app.command()
def compare(first: ModelArgument, second: ModelArgument, data: Data = "mnist", as_json: AsJson = False) -> int:
    """Judge two models on the same test images, and tell whether their difference may be mere chance."""
    from byhand.data.datasets import load
    from byhand.evaluation import compare as weigh
    from byhand.evaluation import evaluate as judge

    split = load(data).test
    comparison = weigh(*(judge(load_model(model), split) for model in (first, second)))
    if as_json:
        console.say_json(asdict(comparison))
    else:
        print(console.comparison_lines(comparison, (str(first), str(second))))
    return 0


@app.command()
def ensemble(
    models: Annotated[list[Path], typer.Argument(metavar="MODEL...", help="Model files, or the folders of runs.")],
    out: Annotated[Path, typer.Option(help="File to write the committee into.")] = Path("ensemble.safetensors"),
) -> int:
    """Make one model of several that decide together: it averages what they say."""
    from byhand.ensembles import ensemble as join

    joined = join([load_model(path) for path in models])
    joined.save(out)
    print(f"{len(models)} models, {len(joined.theta):,} parameters, saved as {out}")
    return 0


app.command(name="predict")(predict)
app.command(name="read")(read)
app.command(name="serve")(serve)
app.add_typer(export_app, name="export")


@app.command()
def info(model: OptionalModel = None, as_json: AsJson = False) -> int:
    """Tell what is in a model file and where it comes from."""
    network = load_model(model)
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
def data(
    data: Data = "mnist",
    distortions: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Picture to draw of how --recipe changes images.")
    ] = None,
    recipe: Annotated[str, typer.Option(metavar="NAME|FILE", help="Whose --distortions.")] = "small",
    as_json: AsJson = False,
) -> int:
    """Check a data set, count its classes and draw its mean image."""
    from byhand.data.datasets import load

    dataset = load(data)
    if distortions is not None:
        _draw_distortions(distortions, recipe, dataset.train)
    parts = {"train": dataset.train, "test": dataset.test}
    if as_json:
        console.say_json({"name": dataset.name, **{name: console.split_facts(split) for name, split in parts.items()}})
    else:
        print(console.dataset_lines(dataset))
    return 0


def _draw_distortions(path: Path, recipe: str, split: "Split") -> None:
    """Draw how a recipe changes the images of a split."""
    from byhand import figures
    from byhand.data.distortions import Distortions
    from byhand.recipes import store

    strengths = Distortions.of(store.read(recipe).recipe)
    if not strengths:
        raise UsageError(f"{recipe} learns every image as it is; there is nothing to draw.", "recipe")
    figures.save_figure(figures.contact_sheet(split, strengths), path)
