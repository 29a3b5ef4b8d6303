"""What all pupils share: the data they learn from, where their runs go, and who gives them turns."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from byhand.data.datasets import Dataset


@dataclass(frozen=True, eq=False)
class Ground:
    """What all pupils share.

    Attributes
    ----------
    source, home, dataset
        As for a `Trainer`.
    admit
        Is asked before a pupil's training begins; raises a `Refusal` where there is no room.
    ring
        Is called whenever a pupil may want a turn, or need none any more.
    """

    source: str
    home: Path
    dataset: Dataset
    admit: Callable[[object], None]
    ring: Callable[[], None]
