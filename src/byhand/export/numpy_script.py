"""A network as a short script that needs NumPy alone, and its weights beside it: to be read, and to be run anywhere."""

import io
import sys
from pathlib import Path

import numpy as np

from byhand.errors import UsageError
from byhand.export.facts import filled
from byhand.files import write_atomically
from byhand.model import Model
from byhand.network import layers
from byhand.types import Floats

_FORMULAS = {  # as `network.ACTIVATIONS`, for arrays of NumPy alone
    "relu": "np.maximum(z, 0)",
    "leaky_relu": "np.maximum(z, 0.01 * z)",
    "tanh": "np.tanh(z)",
    "sigmoid": "0.5 + 0.5 * np.tanh(0.5 * z)",
}


def write(model: Model, path: Path) -> None:
    """Write a script, and its weights into a file beside it; each in one step, the weights first.

    Raises
    ------
    UsageError
        If the script's name is that of a module which it, or NumPy, would then load instead of the right one.
    ByhandError
        If a file cannot be written.
    """
    if path.stem == "numpy" or path.stem in sys.stdlib_module_names:
        raise UsageError(f"{path}: Python would load this script instead of its own {path.stem}. Choose another name.")
    named: dict[str, Floats] = {}
    for k, (w, b) in enumerate(layers(model.theta, model.sizes)):
        named |= {f"w{k}": w, f"b{k}": b}
    packed = io.BytesIO()
    np.savez(packed, **named)  # type: ignore[arg-type]  # Other keywords than its own are arrays.
    script = filled(
        "script.txt",
        sizes="-".join(map(str, model.sizes)),
        classes=ascii(model.classes),
        threshold=model.threshold,
        weights=ascii(beside(path).name),
        outputs=model.sizes[-1],
        height=model.image_shape[0],
        width=model.image_shape[1],
        pixels=model.sizes[0],
        hidden=len(model.sizes) - 2,
        formula=_FORMULAS[model.activation],
    )
    write_atomically(beside(path), packed.getvalue())
    write_atomically(path, script.encode())


def beside(path: Path) -> Path:
    """Return the file that the weights of a script are in."""
    return path.with_name(f"{path.stem}.weights.npz")
