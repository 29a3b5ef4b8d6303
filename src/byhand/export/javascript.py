"""A network as one JavaScript module that needs nothing else, for pages, Node and whatever else runs modules."""

import base64
import json
from pathlib import Path

from byhand.export.facts import facts, filled
from byhand.files import write_atomically
from byhand.model import Model

_FORMULAS = {  # as `network.ACTIVATIONS`, of one number
    "relu": "Math.max(z, 0)",
    "leaky_relu": "Math.max(z, 0.01 * z)",
    "tanh": "Math.tanh(z)",
    "sigmoid": "0.5 + 0.5 * Math.tanh(0.5 * z)",
}


def write(model: Model, path: Path) -> None:
    """Write a module, with the network's weights in it, in one step.

    Raises
    ------
    ByhandError
        If the file cannot be written.
    """
    module = filled(
        "network.mjs",
        sizes="-".join(map(str, model.sizes)),
        about=json.dumps(facts(model)),  # All beyond ASCII is escaped, and nothing stands in a comment: it stays data.
        pixels=model.sizes[0],
        height=model.image_shape[0],
        width=model.image_shape[1],
        formula=_FORMULAS[model.activation],
        theta=base64.b64encode(model.theta.astype("<f4").tobytes()).decode(),
    )
    write_atomically(path, module.encode())
