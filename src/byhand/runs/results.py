"""What a training comes to on the test images: one record for whoever prints it and whoever reads it."""

from dataclasses import asdict, dataclass

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
