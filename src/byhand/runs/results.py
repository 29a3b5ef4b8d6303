"""What trainings come to: how one did on the test images, and the models that those with several seeds have left."""

import re
from dataclasses import asdict, dataclass
from pathlib import Path

from byhand.files import kind_of
from byhand.model import FILE_NAME
from byhand.types import Json


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a training did.

    Attributes
    ----------
    model
        The file it is in.
    accuracy
        Share of the test images read right, 0…1.
    loss
        Mean cross-entropy on them, in nats.
    epochs, seconds
        How many there were, and how long learning took.
    """

    model: str
    accuracy: float
    loss: float
    epochs: int
    seconds: float

    def to_dict(self) -> dict[str, Json]:
        """Return it as JSON can hold it."""
        return asdict(self)


def models_in(path: Path) -> list[Path]:
    """Return the folders of the seeds whose models a folder holds, in order; the path itself, if there are none."""
    if kind_of(path) != "folder" or (path / FILE_NAME).exists():
        return [path]
    seeds = [file.parent for file in path.glob(f"seed-*/{FILE_NAME}") if re.fullmatch(r"seed-\d+", file.parent.name)]
    return sorted(seeds, key=lambda folder: int(folder.name.removeprefix("seed-"))) or [path]
