"""Three callbacks for any estimator of scikit-learn's that has callbacks (1.9 or newer): stop, keep, tell.

They follow scikit-learn's protocol `FitCallback`, and need none of its classes. One may serve several fits at once.
"""

import copy
import io
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from sklearn.metrics import check_scoring

from byhand.errors import UsageError, refuse
from byhand.files import as_path, write_atomically

# Of a fit: the identifier of the outermost one, and the places of all tasks that it lies within.
Where: TypeAlias = tuple[object, ...]
Estimator: TypeAlias = Any
Context: TypeAlias = Any

_OF_A_FIT = ("_skl_callbacks", "_skl_callbacks_to_teardown", "_callback_fit_ctx", "_parent_callback_ctx")


def _path_of(context: Context) -> list[Context]:
    """Return a task's context after those of all tasks that it lies within, outermost first."""
    return [context] if context.parent is None else [*_path_of(context.parent), context]


def _where(context: Context) -> Where:
    """Return what tells a task from all others."""
    return context.root_uuid, *(task.task_id for task in _path_of(context))


def _is_step(context: Context) -> bool:
    """Tell whether a task is one step after others, as an epoch is."""
    return context.parent is not None and context.parent.sequential_subtasks


def _score(scoring: object, estimator: Estimator, x: object, y: object, metadata: Mapping[str, object] | None) -> float:
    """Return how good an estimator is, by scikit-learn's scoring."""
    return float(check_scoring(estimator, scoring)(estimator, x, y, **(metadata or {})))


class _Callback:
    """What callbacks do that do nothing."""

    def setup(self, estimator: Estimator, context: Context) -> None:
        """Take note that a fit begins."""

    def teardown(self, estimator: Estimator, context: Context) -> None:
        """Take note that it is over."""

    def on_fit_task_begin(self, estimator: Estimator, context: Context) -> None:
        """Take note that a task of it begins."""


@dataclass
class _Best:
    """The best score of a fit's steps, and how many came after it."""

    score: float
    since: int = 0


class EarlyStopping(_Callback):
    """Stop a fit when its score has not risen for some epochs.

    Where rows are held out (`validation_fraction`), `ByhandClassifier(patience=…)` does the same, and keeps the best
    network; this one judges by whatever is wanted, and the network of the last epoch is kept.

    Parameters
    ----------
    validation
        (X, y) to judge by. None for what the estimator holds out itself (`validation_scores_`), or else for what it
        learns.
    scoring
        Name of a score, a scorer, or None for the estimator's own; higher is better.
    patience
        How many epochs may pass without a better one.
    min_delta
        By how much a better one must be better.

    Attributes
    ----------
    best_score_
        The best score of the last fit that is over.
    """

    def __init__(
        self,
        validation: tuple[Any, Any] | None = None,
        *,
        scoring: object = None,
        patience: int = 10,
        min_delta: float = 0.0,
    ) -> None:
        if not isinstance(patience, int) or patience < 1:
            refuse(patience, "it must be a whole number of at least 1.", "patience")
        if validation is not None and len(validation) != 2:
            raise UsageError("must be a pair (X, y).", "validation")
        self.validation, self.scoring = validation, scoring
        self.patience, self.min_delta = patience, min_delta
        self._fits: dict[Where, _Best] = {}

    def teardown(self, estimator: Estimator, context: Context) -> None:  # noqa: ARG002  # the protocol's
        """Forget the fit."""
        if (best := self._fits.pop(_where(context), None)) is not None:
            self.best_score_ = best.score

    def on_fit_task_end(
        self,
        estimator: Estimator,  # noqa: ARG002
        context: Context,
        *,
        X: object = None,
        y: object = None,
        metadata: Mapping[str, object] | None = None,
        fitted_estimator: Estimator = None,
    ) -> bool:
        """Judge a step, and return whether to stop."""
        if fitted_estimator is None or not _is_step(context):
            return False
        score, fit = self._judged(fitted_estimator, X, y, metadata), _where(context.parent)
        best = self._fits.get(fit)
        if best is None or score > best.score + self.min_delta:
            self._fits[fit] = _Best(score)
            return False
        best.since += 1
        return best.since >= self.patience

    def _judged(self, fitted: Estimator, x: object, y: object, metadata: Mapping[str, object] | None) -> float:
        """Return the score of a step."""
        if self.validation is not None:
            return _score(self.scoring, fitted, *self.validation, None)
        if self.scoring is None and (scores := getattr(fitted, "validation_scores_", None)):
            return float(scores[-1])
        return _score(self.scoring, fitted, x, y, metadata)


class Checkpoint(_Callback):
    """Write the estimator to a file after every epoch, or after some, as if its fit had ended there.

    Parameters
    ----------
    path
        The file: `.safetensors` for a model of byhand's, in which no code is ever run, if the features are pixels; any
        other for what `joblib.load` reads, which may run code: load your own only. {step} in its name is the number of
        the epoch, {fit} what tells a fit from all others, as in a search.
    every
        After so many epochs.
    """

    def __init__(self, path: str | Path, *, every: int = 1) -> None:
        if not isinstance(every, int) or every < 1:
            refuse(every, "it must be a whole number of at least 1.", "every")
        self.path, self.every = as_path(path, "the file to write"), every

    def on_fit_task_end(
        self,
        estimator: Estimator,  # noqa: ARG002
        context: Context,
        *,
        fitted_estimator: Estimator = None,
    ) -> None:
        """Write it."""
        if fitted_estimator is None or not _is_step(context) or (context.task_id + 1) % self.every:
            return
        root, *places = _where(context.parent)
        fit = "-".join([str(root)[:8], *map(str, places)])
        path = Path(str(self.path).replace("{step}", str(context.task_id + 1)).replace("{fit}", fit))
        write_atomically(path, _bytes_of(fitted_estimator, path))


@dataclass
class Logging(_Callback):
    """Tell a logger of every epoch: its loss, the score on rows held out, and the seconds it took.

    Set on a search or a pipeline, it is handed on to what is fitted there. Processes beside this one tell their own
    loggers.

    Parameters
    ----------
    logger
        Of the standard library, or its name.
    level
        How important it is.
    max_propagation_depth
        To how many levels of estimators within others it is handed on; None for all.
    """

    logger: logging.Logger | str = "byhand.sklearn"
    level: int = logging.INFO
    max_propagation_depth: int | None = None
    _begun: dict[Where, float] = field(default_factory=dict, init=False, repr=False)

    def on_fit_task_begin(self, estimator: Estimator, context: Context) -> None:  # noqa: ARG002
        """Take the time."""
        self._begun[_where(context)] = time.perf_counter()

    def on_fit_task_end(
        self,
        estimator: Estimator,  # noqa: ARG002
        context: Context,
        *,
        fitted_estimator: Estimator = None,
    ) -> None:
        """Tell what there is to tell."""
        seconds = time.perf_counter() - self._begun.pop(_where(context), time.perf_counter())
        told = [f"loss {loss[-1]:.4g}"] if (loss := getattr(fitted_estimator, "loss_curve_", None)) else []
        if scores := getattr(fitted_estimator, "validation_scores_", None):
            told.append(f"validation score {scores[-1]:.4f}")
        told.append(f"{seconds:.2f} s")
        most = context.parent.max_subtasks if _is_step(context) else None
        of = "" if most is None else f" of {most}"
        number = f" {context.task_id + 1}{of}" if isinstance(context.task_id, int) and context.parent else ""
        logger = logging.getLogger(self.logger) if isinstance(self.logger, str) else self.logger
        logger.log(self.level, "%s %s%s: %s", context.estimator_name, context.task_name, number, ", ".join(told))


def _bytes_of(fitted: Estimator, path: Path) -> bytes:
    """Return what stands in the file of an estimator."""
    if path.suffix == ".safetensors":
        if not hasattr(fitted, "to_model"):
            raise UsageError(f"{path}: a {type(fitted).__name__} is no model of byhand's. Name a file .joblib.", "path")
        model: bytes = fitted.to_model().to_bytes()
        return model
    import joblib

    alone, written = copy.copy(fitted), io.BytesIO()
    for name in _OF_A_FIT:
        alone.__dict__.pop(name, None)
    joblib.dump(alone, written)
    return written.getvalue()
