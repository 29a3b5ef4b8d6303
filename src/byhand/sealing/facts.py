"""What the facts in a file may be: kinds, ranges and lengths, checked once, where they come in.

A right checksum says that a file is as it was written, not that who wrote it meant well. Only what reads such files
loads this module, and with it pydantic.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from byhand.labels import is_plain
from byhand.types import Json

DEEPEST = 20  # Levels of facts within facts.

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Number = Annotated[float, Field(ge=0)]
Text = Annotated[str, Field(max_length=10_000)]
Checksum = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


def check(schema: type[BaseModel], facts: Json) -> None:
    """Refuse facts that are not as a schema says.

    Raises
    ------
    ValueError
        With the place of the first fault and what should be there.
    """
    try:
        schema.model_validate(facts)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "all"
        raise ValueError(f"{place}: {first['msg'].replace('Input should be', 'must be')}") from None


def _check_whole_numbers(value: object) -> object:
    """Refuse what is no list of whole numbers."""
    if not isinstance(value, list) or not all(type(number) is int for number in value):
        raise PydanticCustomError("whole_numbers", "must be whole numbers")
    return value


def _check_plain(value: Json, depth: int = 0) -> Json:
    """Refuse facts that are nested too deeply, or have texts that would act on a terminal."""
    if depth > DEEPEST:
        raise ValueError(f"must be at most {DEEPEST} levels deep")
    if isinstance(value, str):
        if not is_plain(value):
            raise ValueError("must have no control characters")
    elif isinstance(value, Mapping):
        for name, below in value.items():
            _check_plain(name)
            _check_plain(below, depth + 1)
    elif isinstance(value, list):
        for below in value:
            _check_plain(below, depth + 1)
    return value


WholeNumbers = Annotated[list[int], BeforeValidator(_check_whole_numbers), Field(max_length=1000)]


class _Strict(BaseModel, strict=True, extra="forbid", allow_inf_nan=False):
    """Facts of which all are known."""


class _Open(BaseModel, strict=True, extra="allow", allow_inf_nan=False):
    """Facts to which later versions may add."""


class LearnedData(_Open):
    """What a model has learned from."""

    name: Text | None = None
    sha256: Text | None = None
    n: Count | None = None


class Calibration(_Open):
    """How a model's probabilities were made honest; a threshold above 1 is never reached."""

    temperature: Annotated[float, Field(gt=0)] | None = None
    threshold: Annotated[float, Field(ge=0, le=2)] | None = None
    risk: Share | None = None
    n: Count | None = None


class Scores(_Open):
    """How well a model read the test images."""

    accuracy: Share | None = None
    loss: Number | None = None
    n: Count | None = None


class Details(_Open):
    """Where a model comes from."""

    byhand: Text | None = None
    recipe: dict[str, Any] | None = None
    data: LearnedData | None = None
    calibration: Calibration | None = None
    scores: Scores | None = None
    members: list["Details"] | None = None


class ModelFacts(_Strict):
    """What stands in a model's file beside its parameters; `Model` itself looks at more."""

    sizes: WholeNumbers
    activation: Text
    classes: list[str]
    image_shape: WholeNumbers
    preprocessing: Text
    details: Annotated[Details, BeforeValidator(_check_plain)]


class SourceFacts(_Strict):
    """Where the data of a training come from."""

    source: Text
    name: Text
    sha256: Checksum


class PlaceFacts(_Strict):
    """How far a training has come; as `progress.Place`."""

    epoch: Annotated[int, Field(ge=1)] = 1
    done: Count = 0
    loss: float = 0.0
    seconds: Number = 0.0
    rate: Number = 0.0
    best_epoch: Count = 0
    best_accuracy: Share = 0.0


class EpochRow(_Strict):
    """An epoch that is over."""

    epoch: Annotated[int, Field(ge=1)]
    loss: float
    seconds: Number
    learning_rate: Number
    validation_accuracy: Share | None = None


def _check_order(rows: list[EpochRow]) -> list[EpochRow]:
    """Refuse epochs that do not stand one after the other, from the first on."""
    if any(row.epoch != number for number, row in enumerate(rows, 1)):
        raise ValueError("must be every epoch, in order")
    return rows


class CheckpointFacts(_Strict):
    """What stands in a checkpoint beside its arrays. The recipe checks itself."""

    recipe: dict[str, Any]
    data: SourceFacts
    test_sha256: Checksum | None = None  # Older files have none.
    place: PlaceFacts
    history: Annotated[list[EpochRow], AfterValidator(_check_order)]
    machine: dict[Text, Text]
