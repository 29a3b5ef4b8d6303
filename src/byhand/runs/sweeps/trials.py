"""What there is to know of a trial, and that no journal can tell of one what cannot be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, NotRequired, TypeAlias, TypedDict, cast, get_args

from byhand.runs.sweeps.spaces import Choices, Space
from byhand.sealing.schema import check, within

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

State: TypeAlias = Literal["running", "complete", "stopped", "diverged", "failed"]
Over: TypeAlias = Literal["complete", "stopped", "diverged", "failed"]


class Outcome(TypedDict):
    """What a trial came to: epochs learned, seconds, validation images read right; what is to be said; whose twin."""

    epochs: Annotated[int, within(0)]
    seconds: Annotated[float, within(0)]
    right: Annotated[int, within(0)]
    said: str
    same_as: NotRequired[Annotated[int, within(0)]]


@dataclass(frozen=True)
class Trial:
    """A recipe that is or was tried.

    Attributes
    ----------
    number
        0 for the first.
    chosen
        The values of the fields that are searched; while it runs, perhaps not all of them.
    accuracies
        The share of the validation images read right after its epochs.
    outcome
        None while it runs.
    """

    number: int
    state: State
    chosen: Mapping[str, object]
    accuracies: Sequence[float]
    outcome: Outcome | None


def told(frozen: "FrozenTrial", space: Space) -> Trial:
    """Return a trial of Optuna's as one of byhand's.

    Raises
    ------
    ValueError, KeyError, TypeError
        If it is none that byhand has written.
    """
    number, searched = frozen.number, space.searched
    chosen = {
        name: allowed.values[frozen.params[name]] if isinstance(allowed, Choices) else frozen.params[name]
        for name, allowed in searched.items()
        if name in frozen.params
    }
    accuracies = [float(value) for _, value in sorted(frozen.intermediate_values.items())]
    if not all(0 <= value <= 1 for value in accuracies):
        raise ValueError(f"trial {number} is told to have read more images than there are, or less than none")
    if not frozen.state.is_finished():
        return Trial(number, "running", chosen, accuracies, None)
    facts = {**frozen.user_attrs["outcome"]}
    state = facts.pop("state")
    check(Outcome, facts)
    impossible = facts["right"] > space.base.validation or (len(chosen) < len(searched) and state != "failed")
    if impossible or state not in get_args(Over):
        raise ValueError(f"trial {number} is told to have come to what none can")
    return Trial(number, state, chosen, accuracies, cast("Outcome", facts))
