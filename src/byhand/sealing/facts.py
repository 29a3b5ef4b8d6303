"""What the facts in sealed files may be: types, ranges and lengths, checked once, where they come in.

A right checksum says that a file is as it was written, not that who wrote it meant well.
"""

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired, TypeAlias, TypedDict

from byhand.labels import is_plain
from byhand.sealing.schema import matching, within
from byhand.types import Json

DEEPEST = 20  # Levels of facts within facts.

Share: TypeAlias = Annotated[float, within(0, 1)]
Count: TypeAlias = Annotated[int, within(0)]
Number: TypeAlias = Annotated[float, within(0, 1e300)]
Text: TypeAlias = Annotated[str, within(0, 10_000)]
Checksum: TypeAlias = Annotated[str, matching("[0-9a-f]{64}")]
WholeNumbers: TypeAlias = Annotated[list[int], within(0, 1000)]


def _plain(value: Json, depth: int = 0) -> str | None:
    """Want facts that are not nested too deeply, without a text that would act on a terminal."""
    if depth > DEEPEST:
        return f"at most {DEEPEST} levels deep"
    if isinstance(value, str):
        return None if is_plain(value) else "without control characters"
    below = [*value, *value.values()] if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return next((wanted for each in below if (wanted := _plain(each, depth + 1))), None)


class BegunFrom(TypedDict):
    """Which network a training began from: the SHA-256 of its file, and whether its last layer was kept."""

    sha256: Checksum
    last_layer: Annotated[str, matching("kept|new")]


class LearnedData(TypedDict, total=False):
    """What a model has learned from."""

    name: Text | None
    sha256: Text | None
    n: Count | None
    more: Any


class Calibration(TypedDict, total=False):
    """How a model's probabilities were made honest; a threshold above 1 is never reached."""

    temperature: Annotated[float, within(1e-6, 1e6)] | None
    threshold: Annotated[float, within(0, 2)] | None
    risk: Share | None
    n: Count | None
    more: Any


class Scores(TypedDict, total=False):
    """How well a model read the test images."""

    accuracy: Share | None
    loss: Number | None
    n: Count | None
    more: Any


class Details(TypedDict, total=False):
    """Where a model comes from."""

    byhand: Text | None
    recipe: dict[str, Any] | None
    data: LearnedData | None
    calibration: Calibration | None
    scores: Scores | None
    begun_from: BegunFrom | None
    resumed_after: WholeNumbers | None
    members: "list[Details] | None"
    more: Any


class ModelFacts(TypedDict):
    """What stands in a model's file beside its parameters; `Model` itself looks at more."""

    sizes: WholeNumbers
    activation: Text
    classes: list[str]
    image_shape: WholeNumbers
    preprocessing: Text
    details: Annotated[Details, _plain]


class Source(TypedDict):
    """Where the data of a training come from."""

    source: Text
    name: Text
    sha256: Checksum


class Place(TypedDict, total=False):
    """How far a training has come; as `progress.Place`."""

    epoch: Annotated[int, within(1)]
    done: Count
    loss: float
    seconds: Number
    rate: Number
    best_epoch: Count
    best_accuracy: Share


class EpochFacts(TypedDict):
    """An epoch that is over, as checkpoints, the history file and `--json` tell it."""

    epoch: Annotated[int, within(1)]
    loss: float
    seconds: Number
    learning_rate: Number
    validation_accuracy: NotRequired[Share]
    validation_loss: NotRequired[Number]  # Older files have none.


def _in_order(rows: list[EpochFacts]) -> str | None:
    """Want every epoch, one after the other, from the first on."""
    return "every epoch, in order" if any(row["epoch"] != number for number, row in enumerate(rows, 1)) else None


class HistoryFacts(TypedDict):
    """What the history file tells of a run that is over, or was stopped, as far as it is read again."""

    recipe: dict[str, Any]
    epochs: Annotated[list[EpochFacts], _in_order]
    data: NotRequired[LearnedData]
    more: NotRequired[Any]


class CheckpointFacts(TypedDict):
    """What stands in a checkpoint beside its arrays. The recipe checks itself."""

    recipe: dict[str, Any]
    data: Source
    test_sha256: NotRequired[Checksum]  # Older files have none.
    white: NotRequired[Annotated[int, within(1, 255)]]
    transposed: NotRequired[bool]
    begun_from: NotRequired[BegunFrom]
    model: NotRequired[Text]  # Where the network lay that it began from.
    resumed_after: NotRequired[WholeNumbers]
    place: Place
    history: Annotated[list[EpochFacts], _in_order]
    machine: Annotated[dict[str, Text], within(0, 100)]
