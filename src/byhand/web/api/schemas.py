"""What the server's answers hold, for its OpenAPI description. They are made by hand; nothing is converted by these."""

from typing import Annotated

from pydantic import BaseModel, Field

from byhand.images.prepare import Problem
from byhand.reading.numbers.patterns import Kind

Share = Annotated[float, Field(ge=0, le=1)]
# Of a tuple, FastAPI makes a description that JSON Schema does not know.
Pair = Annotated[list[int], Field(min_length=2, max_length=2)]
Box = Annotated[list[int], Field(min_length=4, max_length=4)]


class Health(BaseModel):
    """The server answers."""

    status: str


class Answer(BaseModel):
    """What the network makes of one image."""

    digit: str | None = Field(description="The class it believes in; none if it should not be believed.")
    probability: Share
    best: str
    second: str
    second_probability: Share
    reason: str | None = Field(description="Why there is no digit.")
    probabilities: dict[str, Share]


class Prediction(Answer):
    """What the network makes of a picture of one digit, and how the picture was made ready for it."""

    image: str = Field(description="The 28×28 grey levels that the network saw, in base64.")
    drawing: bool = Field(description="Whether it was taken for a drawing made on a screen, not for a photo or scan.")
    box: Box | None = Field(description="Left, top, right and bottom of the ink in pixels of the upright picture.")
    problem: str | None = Field(description="Why it cannot be a digit, whatever the network makes of it.")
    problem_kind: Problem | None = Field(description="The same for programs.")


class Digit(Answer):
    """One digit on a page."""

    box: Box


class Number(BaseModel):
    """One number on a page, with its signs."""

    text: str = Field(description="As it is written, such as -37, 1'250.00 or 31/12/1999; ? for what cannot be read.")
    kind: Kind
    value: int | float | str | None = Field(description="Its value; of a day or a time of the day in ISO 8601.")
    box: Box
    probability: Share = Field(description="That every digit and sign of it is right.")
    certain: bool = Field(description="Whether that is enough to believe it.")
    second: str | None = Field(description="What else it may be.")
    second_probability: Share


class Page(BaseModel):
    """What stands on a page: lines of numbers of digits; and lines of these numbers with their signs."""

    text: str
    size: Pair
    lines: list[list[list[Digit]]]
    numbers: list[list[Number]]


class Data(BaseModel):
    """The images that the page shows."""

    name: str
    classes: list[str]
    train: int
    test: int
    shape: Pair


class Bin(BaseModel):
    """The images whose confidence lies in one fifteenth of 0…1."""

    confidence: Share | None
    accuracy: Share | None
    n: int


class Judgement(BaseModel):
    """How good a network is on the test images, and what it made of each."""

    n: int
    accuracy: Share
    interval: Annotated[list[Share], Field(min_length=2, max_length=2)]
    loss: float
    calibration_error: Share
    threshold: float
    classes: list[str]
    precision: list[Share | None]
    recall: list[Share | None]
    confusion_matrix: list[list[int]]
    reliability: list[Bin]
    labels: list[int]
    answers: list[int]
    confidence: list[Share]
    runner_up: list[int]
    mistakes: list[int] = Field(description="Positions of the images misread, the most confident first.")


class Change(BaseModel):
    """How well images are read that were changed."""

    kind: str
    amount: float = Field(description="Pixels of a shift, degrees of a rotation, standard deviation of noise.")
    accuracy: Share


class Robustness(BaseModel):
    """How well changed test images are read."""

    n: int
    rows: list[Change]


class Accuracy(BaseModel):
    """How good a network is on the test images."""

    accuracy: Share
    n: int
    loss: float
