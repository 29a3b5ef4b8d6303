"""What scikit-learn's versions differ in: callbacks came with 1.9."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., object])
Attributes = Callable[[], Mapping[str, object]]

try:
    from sklearn.callback import CallbackSupportMixin as CallbackSupportMixin
    from sklearn.callback import with_callbacks as with_callbacks
except ImportError:  # before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """What an estimator with callbacks is; here it has none."""

    def with_callbacks(method: Method) -> Method:
        """Return a method as it is."""
        return method


class Told:
    """Tells callbacks, where there are any, of a fit and of its epochs.

    Parameters
    ----------
    estimator
        Whose fit it is.
    epochs
        How many there are at most.
    x, y, sample_weight
        What it learns, as it was given.
    """

    def __init__(self, estimator: Any, epochs: int, x: object, y: object, sample_weight: object) -> None:  # noqa: ANN401
        metadata = {} if sample_weight is None else {"sample_weight": sample_weight}
        self._known = {"estimator": estimator, "X": x, "y": y, "metadata": metadata}
        self._fit: Any = None
        self._epoch: Any = None
        if hasattr(estimator, "_init_callback_context"):
            self._fit = estimator._init_callback_context(max_subtasks=epochs)
            self._fit.call_on_fit_task_begin(**self._known)

    def begin(self) -> None:
        """Tell that an epoch begins."""
        if self._fit is not None:
            self._epoch = self._fit.subcontext(task_name="epoch")
            self._epoch.call_on_fit_task_begin(**self._known)

    def ended(self, attributes: Attributes) -> bool:
        """Tell that it is over, and what a fit that ended here would have found; return whether to end here."""
        if self._epoch is None:
            return False
        return bool(self._epoch.call_on_fit_task_end(**self._known, reconstruction_attributes=attributes))

    def end(self) -> None:
        """Tell that the fit is over, whose estimator has all its attributes now."""
        if self._fit is not None:
            self._fit.call_on_fit_task_end(**self._known, reconstruction_attributes={})
