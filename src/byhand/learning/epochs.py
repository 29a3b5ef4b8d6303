"""The epochs of a training, or of many, which begins when somebody asks for the first: that nobody did is told."""

import warnings
from collections.abc import Generator, Iterable
from typing import Generic, NoReturn, Self, TypeVar

from byhand.learning.progress import Epoch

T = TypeVar("T")


class Epochs(Generic[T]):
    """Hands out epoch after epoch, each as soon as it is over.

    Parameters
    ----------
    records
        Of a training: epochs, and others, which are passed over.
    how
        How to ask for them, in words.
    most
        How many epochs there may be; None if that is not known yet.
    kind
        Of what is handed out: an epoch, or a list of some.
    """

    def __init__(self, records: Generator[object, None, None], how: str, most: int | None, kind: type[T]) -> None:
        self._records, self._how, self._most, self._kind = records, how, most, kind
        self._begun = False
        self._last: T | None = None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        self._begun = True
        self._last = next(record for record in self._records if isinstance(record, self._kind))
        return self._last

    def __repr__(self) -> str:
        if not self._begun:
            most = "" if self._most is None else f" (epochs: {self._most})"
            return f"<byhand training that has not begun{most}: ask for its epochs, {self._how}>"
        last = self._last if isinstance(self._last, Iterable) else [self._last]
        done = max((epoch.number for epoch in last if isinstance(epoch, Epoch)), default=0)
        return f"<byhand training, {done}{'' if self._most is None else f' of {self._most}'} epochs done>"

    def close(self) -> None:
        """End it before its last epoch, as who leaves the loop does."""
        self._records.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a training under way cannot be copied or sent to another process: send recipe and data, and train there."
        )

    def __del__(self) -> None:
        if not self._begun:
            warnings.warn(
                f"a training was never begun: nothing was learned. Ask for its epochs: {self._how}.",
                RuntimeWarning,
                stacklevel=2,
            )
