"""The commands that tell what there is: `byhand recipes`, `info` of a model, and `data`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

from byhand.commands import console
from byhand.commands.exchange.chip import tell_bits, to_bits
from byhand.commands.grammar.declared import Argument, Option
from byhand.commands.options import AsJson, Data, OptionalModel, RecipeName, Transposed, White, load_model
from byhand.errors import UsageError

if TYPE_CHECKING:
    from byhand.data.datasets import Dataset, Split
    from byhand.types import Json


def recipes(as_json: AsJson = False) -> int:
    """Run `byhand recipes`."""
    from byhand.learning import recipe_files

    measured = recipe_files.results()
    for name in recipe_files.names():
        about, result = recipe_files.read(name).about, measured.get(name)
        if as_json:
            console.say_json({"name": name, "about": about, "measured": cast("Json", result)})
        else:
            console.say(console.recipe_lines(name, about, result))
    return 0


def info(
    model: OptionalModel = None,
    bits: Annotated[
        tuple[int, ...] | None,
        Option(
            metavar="BITS",
            parser=to_bits,
            help="Tell size and accuracy with weights of so few bits as byhand export c writes: 8, or 8,6,4.",
        ),
    ] = None,
    data: Data = "mnist",
    white: White = None,
    transposed: Transposed = False,
    as_json: AsJson = False,
) -> int:
    """Run `byhand info`."""
    if bits is not None:
        return tell_bits(model, bits, data, white=white, transposed=transposed, as_json=as_json)
    if (data, white, transposed) != ("mnist", None, False):
        raise UsageError(
            "belongs to --bits; say that, too.", "data" if data != "mnist" else "white" if white else "transposed"
        )
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
        console.say(console.fact_lines(facts))
    return 0


def data(
    data: Data = "mnist",
    white: White = None,
    transposed: Transposed = False,
    distortions: Annotated[
        Path | None,
        Option(metavar="FILE.png", help="Picture to draw of how --recipe changes images."),
    ] = None,
    recipe: RecipeName = "small",
    write: Annotated[
        Path | None,
        Option(metavar="FOLDER", help="Folder to write, of training images drawn anew as --recipe does it."),
    ] = None,
    count: Annotated[int | None, Option(min=1, help="With --write: how many (default: as many as there are).")] = None,
    seed: Annotated[int | None, Option(help="With --write: starting point of everything random (default: 0).")] = None,
    as_json: AsJson = False,
) -> int:
    """Run `byhand data`."""
    from byhand.data.datasets import load

    if write is None and not (count is None and seed is None):
        raise UsageError("belongs to --write FOLDER; say that, too.", "seed" if count is None else "count")
    dataset = load(data, white=white, transposed=transposed)
    if write is not None:
        return _write(dataset, write, count or len(dataset.train), recipe, seed or 0, as_json=as_json)
    if distortions is not None:
        _draw_distortions(distortions, recipe, dataset.train)
    parts = {"train": dataset.train, "test": dataset.test}
    if as_json:
        console.say_json({"name": dataset.name, **{name: console.split_facts(split) for name, split in parts.items()}})
    else:
        console.say(console.dataset_lines(dataset))
    return 0


def convert(
    source: Annotated[str, Argument(metavar="IN", help="mnist, or any data as of --data.")],
    out: Annotated[
        Path,
        Argument(
            metavar="OUT",
            help="An .npz file; or a .csv, of which two are written, _train and _test; or a folder, of IDX files.",
        ),
    ],
    white: White = None,
    transposed: Transposed = False,
) -> int:
    """Run `byhand data convert`."""
    from byhand.data.datasets import load
    from byhand.data.disk.saving import save

    for path in save(load(source, white=white, transposed=transposed), out):
        console.say(f"saved as {path}")
    return 0


def _write(dataset: "Dataset", folder: Path, count: int, recipe: str, seed: int, *, as_json: bool) -> int:
    """Write data that are drawn anew, and say so."""
    from byhand.data.distortions import Distortions
    from byhand.learning import recipe_files
    from byhand.learning.drawing import making

    distortions = Distortions.of(recipe_files.read(recipe).recipe)
    making.check(folder, count, distortions)
    if not as_json:
        console.say(f"draws {count:,} images anew, of {len(dataset.train):,}")
    making.write(dataset, folder, count, distortions, seed)
    if as_json:
        console.say_json({"folder": str(folder), "n": count})
    else:
        console.say(f"saved as {folder}, with the {len(dataset.test):,} test images as they are")
    return 0


def _draw_distortions(path: Path, recipe: str, split: "Split") -> None:
    """Draw how a recipe changes the images of a split."""
    from byhand.data.distortions import Distortions
    from byhand.judging import canvas, figures
    from byhand.learning import recipe_files

    strengths = Distortions.of(recipe_files.read(recipe).recipe)
    if not strengths:
        raise UsageError(f"{recipe} learns every image as it is; there is nothing to draw.", "recipe")
    canvas.save_figure(figures.contact_sheet(split, strengths), path)
