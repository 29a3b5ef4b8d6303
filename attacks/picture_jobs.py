"""What is done with hostile pictures, each in a process of its own: read as a page, and named as one digit."""

from functools import cache
from pathlib import Path

import byhand


@cache
def _model() -> byhand.Model:
    """Load the model once."""
    return byhand.Model.load()


def read(path: Path) -> str:
    """Read a picture as a page."""
    return byhand.read(path, _model()).text


def recognize(path: Path) -> str:
    """Name the one digit in a picture."""
    return str(byhand.recognize(path, _model()).name)
