"""A network as one header of C, for microcontrollers: whole numbers, no memory but constants and the stack."""

import hashlib
import re
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from string import Template

import numpy as np
from numpy.typing import NDArray

from byhand.data.datasets import Split
from byhand.export import c_names, fixed_point, quantising
from byhand.export.facts import LICENCE, TEMPLATES, filled, is_shipped
from byhand.export.fixed_point import Layer, Network
from byhand.files import write_atomically
from byhand.images import PREPROCESSING
from byhand.model import Model
from byhand.reading.answers import check_model

FIT_STACK = 3900  # bytes on a Cortex-M4, which tests/test_chip.py measures


def checked_name(path: Path, prefix: str | None = None) -> str:
    """Return what all names in a header begin with: the prefix, or else the header's own name.

    Raises
    ------
    UsageError
        If C knows no such names, or has a header of this name itself.
    """
    c_names.check_file(path)
    return c_names.prefix(path, prefix)


def write(model: Model, split: Split, path: Path, name: str, *, bits: int = 8, fit: bool = False) -> int:
    """Write a header, in one step, and return how many bytes its constants take; equal models give equal files.

    Parameters
    ----------
    model
        The network.
    split
        Images that it has learned, on which its weights are rounded.
    path
        The header.
    name
        What all names begin with, of `checked_name`.
    bits
        Of a weight, 2…8.
    fit
        Whether a drawing can be made ready for the network, too.

    Raises
    ------
    UsageError
        If the model cannot be written in whole numbers, or takes other images.
    ByhandError
        If the file cannot be written.
    """
    if fit:
        check_model(model)
    network = quantising.quantised(model, quantising.examples(model, split), bits)
    write_atomically(path, text(model, network, name, path.name, fit=fit).encode())
    return network.n_bytes


def text(model: Model, network: Network, name: str, file: str, *, fit: bool) -> str:
    """Return the header of a model and its whole numbers."""
    names = {"name": name, "NAME": name.upper()}
    numbers = _numbers(network)
    parts = _parts(names | numbers)
    of_fit = {"fit_usage": "", "fit_stack": "", "fit_declarations": "", "fit_implementation": ""}
    if fit:
        pieces = filled("fit_pieces.h", **names)
        of_fit = {
            "fit_usage": parts["usage of fit"],
            "fit_stack": f", {FIT_STACK:,} while a drawing is made ready, beside the drawing",
            "fit_declarations": parts["declarations of fit"],
            "fit_implementation": filled("fit.h", preprocessing=PREPROCESSING, pieces=pieces, **names),
        }
    height, width = model.image_shape
    return filled(
        "network.h",
        **names,
        **of_fit,
        **numbers,
        file=c_names.string(file)[1:-1],
        checksum=hashlib.sha256(model.to_bytes()).hexdigest(),
        version=version("byhand"),
        licence=LICENCE,
        and_weights=", and so are the weights" if is_shipped(model) else "",
        height=height,
        width=width,
        threshold=f"{np.float32(model.threshold)!s}F",
        classes=_lines(map(c_names.string, model.classes), 1),
        arrays="\n".join(_arrays(layer, network.bits, name, k) for k, layer in enumerate(network.layers)),
        layers=",\n".join(_record(layer, network.bits, name, k) for k, layer in enumerate(network.layers)),
        adding=parts["bytes" if network.bits == 8 else "packed"],
        activated=(parts["tanh of a sum"] if network.activation in ("tanh", "sigmoid") else "")
        + parts[network.activation],
    )


def _numbers(network: Network) -> dict[str, object]:
    """Return the numbers that the templates name."""
    sizes, widest = network.sizes, max(network.sizes[1:])
    hidden = max(network.sizes[1:-1], default=1)
    return {
        "sizes": "-".join(map(str, sizes)),
        "activation": network.activation,
        "bits": network.bits,
        "weight": "int8_t" if network.bits == 8 else "uint8_t",
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
        "table": _lines(map(str, fixed_point.tanh_table(network.most).tolist()), 16),
    }


def _parts(values: dict[str, object]) -> dict[str, str]:
    """Return the parts of the header of which only some are needed, by name."""
    _, *rest = re.split(r"/\* == (.*) \*/\n", (TEMPLATES / "parts.h").read_text("utf-8"))
    return {key: Template(part).substitute(values) for key, part in zip(rest[::2], rest[1::2], strict=True)}


def _arrays(layer: Layer, bits: int, name: str, k: int) -> str:
    """Return the arrays of a layer."""
    weights = packed(layer.weights, bits).ravel()
    arrays = [
        f"static const {name}_weight {name}_weights_{k}[] = {{\n{_lines(weights, 18)}\n}};",
        f"static const int32_t {name}_bias_{k}[] = {{\n{_lines(layer.bias, 8)}\n}};",
        f"static const uint32_t {name}_factors_{k}[] = {{\n{_lines(layer.factors, 8)}\n}};",
    ]
    return "\n".join(arrays)


def _record(layer: Layer, bits: int, name: str, k: int) -> str:
    """Return the record of a layer."""
    inputs, units = layer.weights.shape
    arrays = ", ".join(f"{name}_{what}_{k}" for what in ("weights", "bias", "factors"))
    return f"    {{{arrays}, {inputs}, {units}, {fixed_point.row_bytes(units, bits)}, {layer.shift}}}"


def packed(weights: NDArray[np.int8], bits: int) -> NDArray[np.integer]:
    """Return the weights of each input (n_in, bytes), without gaps between them, the first in the lowest bits.

    So packed, they are larger by half their range, and not below 0; those of 8 bits are as they are.
    """
    if bits == 8:
        return weights
    raised = (weights + np.int8(2 ** (bits - 1))).astype(np.uint8)
    single = np.unpackbits(raised[..., None], axis=2, count=bits, bitorder="little")
    return np.packbits(single.reshape(len(weights), -1), axis=1, bitorder="little")


def _lines(items: Iterable[object], a_line: int) -> str:
    """Return items of an array, so many a line."""
    texts = list(map(str, items))
    lines = (", ".join(texts[start : start + a_line]) for start in range(0, len(texts), a_line))
    return ",\n".join(f"    {line}" for line in lines)
