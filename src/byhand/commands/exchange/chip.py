"""The command `byhand export c`, and what `byhand info --bits` adds: a network in whole numbers, for a chip."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from byhand.commands import console
from byhand.commands.grammar.declared import Argument, Option
from byhand.commands.grammar.values import whole_within
from byhand.commands.options import Data, ModelOption, Transposed, White, load_as_learned, load_model
from byhand.errors import UsageError

if TYPE_CHECKING:
    from byhand.data.datasets import Dataset
    from byhand.model import Model

FEWEST, MOST = 2, 8  # bits of a weight


def c(
    file: Annotated[Path, Argument(metavar="FILE.h", help="Header to write.")],
    model: ModelOption = None,
    bits: Annotated[int, Option(min=FEWEST, max=MOST, help="Bits of a weight: fewer need less flash.")] = 8,
    fit: Annotated[bool, Option("--fit", help="Let it make drawings ready for the network, too.")] = False,
    prefix: Annotated[
        str | None, Option(metavar="NAME", help="What its names begin with (default: the header's own name).")
    ] = None,
    data: Data = "mnist",
    white: White = None,
    transposed: Transposed = False,
) -> int:
    """Run `byhand export c`."""
    from byhand.export import c_header

    if file.suffix.lower() not in (".h", ".hpp"):
        raise UsageError(f"{file}: let its name end with .h.")
    name = c_header.checked_name(file, prefix)
    network, dataset = _load_both(model, data, white=white, transposed=transposed)
    n_bytes = c_header.write(network, dataset.train, file, name, bits=bits, fit=fit)
    console.say(f"saved as {file}, {file.stat().st_size / 1e3:,.0f} kB; its constants take {n_bytes:,} bytes on a chip")
    return 0


def to_bits(text: str) -> tuple[int, ...]:
    """Read bits of weights, such as 8 or 8,6,4."""
    return tuple(int(whole_within("bits", FEWEST, MOST, part)) for part in text.replace(",", " ").split() or [text])


def tell_bits(
    model: Path | None, bits: tuple[int, ...], data: str, *, white: int | None, transposed: bool, as_json: bool
) -> int:
    """Run `byhand info --bits`."""
    from byhand.export.measuring import measured

    network, dataset = _load_both(model, data, white=white, transposed=transposed)
    rows = measured(network, dataset, bits)
    if as_json:
        for row in rows:
            console.say_json(row.to_dict())
        return 0
    cells = [
        (
            f"{row.bits} bits" if row.bits < 32 else "float32",
            f"{row.n_bytes:,}",
            f"{100 * row.right / row.n:.2f} %",
            f"{row.alike:,} of {row.n:,}",
        )
        for row in rows
    ]
    console.say(console.table(("weights", "bytes", "read right", "read as by float32"), cells))
    return 0


def _load_both(model: Path | None, data: str, *, white: int | None, transposed: bool) -> "tuple[Model, Dataset]":
    """Load a model, and data whose images tell how its weights are best rounded; say if it has learned others."""
    network = load_model(model)
    dataset = load_as_learned(data, network, white=white, transposed=transposed)
    learned = network.details.get("data")
    if isinstance(learned, Mapping) and learned.get("name") != dataset.name:
        console.note(
            f"this model learned {learned.get('name')}, and its weights are rounded on {dataset.name}: name its own "
            "data by --data."
        )
    return network, dataset
