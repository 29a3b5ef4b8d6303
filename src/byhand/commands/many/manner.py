"""How a training, or several, are run and told of: what the command line says beside the recipe."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from byhand.errors import UsageError


@dataclass(frozen=True)
class Manner:
    """How a training is run and told of, which changes nothing of its network."""

    force: bool
    pictures: bool
    log: Sequence[str]  # the tools that are told
    as_json: bool
    together: bool = False  # of several seeds
    mapped: bool | None = None  # None if that depends on how large the data are


def check_together(seeds: int, resume: Path | None, manner: Manner) -> None:
    """Refuse what cannot go with networks that learn together."""
    if not manner.together:
        return
    if resume is not None:
        raise UsageError("each network goes on alone: leave it out, and name the folder of a seed.", "together")
    if seeds == 1:
        raise UsageError("is for several networks: say how many, such as --seeds 64.", "together")
    if manner.log:
        raise UsageError("tells of one training at a time: leave it out, or --together.", "log")
