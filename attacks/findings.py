"""What an attack reports: figures, and what it found with the way to find it again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np

from byhand.types import Json


@dataclass(frozen=True)
class Finding:
    """Something that got through.

    Attributes
    ----------
    what
        What happened, in a sentence.
    again
        How to make it happen again: a command, or what was sent.
    file
        The smallest input that does it, if it is a file.
    """

    what: str
    again: str
    file: Path | None = None


@dataclass(frozen=True)
class Report:
    """What came of one part of the attack: figures for the table, and all that was found."""

    figures: Mapping[str, Json]
    findings: Sequence[Finding] = field(default=())


# One part: gets a source of chance, how many seconds it may take, and a folder for its own files.
Attack: TypeAlias = Callable[[np.random.Generator, float, Path], Report]
