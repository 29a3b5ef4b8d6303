"""A fit that fails, or is interrupted, leaves a classifier as it was: what it knows belongs together."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., object])


def whole(method: Method) -> Method:
    """Return a method that learns, such that what was learned before is there again if it does not come to its end."""

    @wraps(method)
    def attempted(self: Any, *given: Any, **named: Any) -> object:  # noqa: ANN401  # what the method takes
        before = _learned(self)
        try:
            return method(self, *given, **named)
        except BaseException:
            for name in _learned(self):
                delattr(self, name)
            vars(self).update(before)
            raise

    return attempted  # type: ignore[return-value]  # It takes the same.


def _learned(estimator: object) -> dict[str, object]:
    """Return what an estimator has learned: attributes that scikit-learn would name so, and what they come from."""
    known = ("_learned", "_space")
    return {name: value for name, value in vars(estimator).items() if name.endswith("_") or name in known}
