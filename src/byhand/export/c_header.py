"""A network as one header of C, for microcontrollers: whole numbers, no memory but constants and the stack."""

import hashlib
import textwrap
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from byhand.data.datasets import Split
from byhand.errors import UsageError
from byhand.export import c_names, fixed_point, quantising
from byhand.export.facts import LICENCE, TEMPLATES, filled, is_shipped
from byhand.export.fixed_point import Layer, Network
from byhand.files import write_atomically
from byhand.images import PREPROCESSING
from byhand.model import Model
from byhand.reading.answers import check_model
from byhand.types import Bytes

WIDTH = 118  # characters of a line of numbers
FIT_STACK = 3600  # bytes, measured: tests/test_chip.py


def write(model: Model, split: Split, path: Path, *, bits: int = 8, fit: bool = False, prefix: str | None = None) -> None:
    """Write a header, in one step; equal models and images give equal files.

    Parameters
    ----------
    model
        The network.
    split
        Images that it has learned, on which its weights are rounded.
    path
        The header.
    bits
        Of a weight, 2…8.
    fit
        Whether a drawing can be made ready for the network, too.
    prefix
        What all names begin with; the header's own name, if not given.

    Raises
    ------
    UsageError
        If the names are none in C, or the model cannot be written in whole numbers or does not take such images.
    ByhandError
        If the file cannot be written.
    """
    c_names.check_file(path)
    name = c_names.prefix(path, prefix)
    if fit:
        check_model(model)
    network = quantising.quantised(model, quantising.examples(model, split), bits)
    write_atomically(path, text(model, network, name, path.name, fit=fit).encode())


def text(model: Model, network: Network, name: str, file: str, *, fit: bool) -> str:
    """Return the header of a model and its whole numbers."""
    names = {"name": name, "NAME": name.upper()}
    parts = {key: _with(piece, names | _numbers(network)) for key, piece in _pieces().items()}
    of_fit = {"fit_usage": "", "fit_stack": "", "fit_declarations": "", "fit_implementation": ""}
    if fit:
        pieces = filled("fit_pieces.h", **names)
        of_fit = {
            "fit_usage": parts["usage of fit"],
            "fit_stack": f", {FIT_STACK:,} while a drawing is made ready, beside the drawing",
            "fit_declarations": "\n" + parts["declarations of fit"],
            "fit_implementation": filled("fit.h", preprocessing=PREPROCESSING, pieces=pieces, **names),
        }
    height, width = model.image_shape
    return filled(
        "network.h",
        **names,
        **of_fit,
        **_numbers(network),
        file=c_names.string(file)[1:-1],
        checksum=hashlib.sha256(model.to_bytes()).hexdigest(),
        version=version("byhand"),
        licence=f"{LICENCE}." if is_shipped(model) else "that of the model, which is not byhand's own.",
        height=height,
        width=width,
        threshold=f"{np.float32(model.threshold)!s}F",
        classes=_lines(map(c_names.string, model.classes)),
        arrays="\n".join(_arrays(layer, network.bits, f"{name}_", k) for k, layer in enumerate(network.layers)),
        layers=",\n".join(_record(layer, network.bits, f"{name}_", k) for k, layer in enumerate(network.layers)),
        adding=parts["bytes" if network.bits == 8 else "packed"],
        activated=parts[network.activation],
    )


def _numbers(network: Network) -> dict[str, object]:
    """Return the numbers that the templates name."""
    sizes, widest = network.sizes, max(network.sizes[1:])
    hidden = max(network.sizes[1:-1], default=1)
    return {
        "sizes": "-".join(map(str, sizes)),
        "activation": network.activation,
        "bits": network.bits,
        "mask": 2**network.bits - 1,
        "offset": 2 ** (network.bits - 1),
        "constants": f"{network.n_bytes:,}",
        "stack": f"{4 * widest + 2 * hidden + 12 * sizes[-1] + 200:,}",
        "pixels": sizes[0],
        "outputs": sizes[-1],
        "n_layers": len(network.layers),
        "widest": widest,
        "widest_hidden": hidden,
        "fraction": network.fraction,
        "exponent_shift": fixed_point.ONE_BITS - 16 + network.fraction,
        "powers": ", ".join(f"{c}U" for c in reversed(fixed_point.POWERS)),
        "n_powers": len(fixed_point.POWERS),
        "log2_e": fixed_point.LOG2_E,
        "most": network.most,
        "leak": fixed_point.LEAK,
        "leak_shift": fixed_point.LEAK_SHIFT,
        "full": fixed_point.FULL,
        "z_bits": fixed_point.Z_BITS,
        "step_bits": fixed_point.STEP_BITS,
        "table": _lines(map(str, fixed_point.tanh_table(network.most).tolist())),
    }
