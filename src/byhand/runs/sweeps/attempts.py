"""One trial: a recipe is learned, and judged after every epoch by the validation images."""

from collections.abc import Callable
from time import sleep

from byhand.data.datasets import Split
from byhand.errors import ByhandError
from byhand.learning.progress import Diverged, Epoch
from byhand.learning.training import Progress, Training
from byhand.model import Model
from byhand.runs.sweeps.presence import Watch
from byhand.runs.sweeps.study import WORKERS, Sweep, Taken

WAITS = 0.5  # Seconds after which one looks again whether another process has lost its trial.


def work(
    sweep: Sweep, most: int, worker: str, split: Split, *, model: Model | None = None, heed: Callable[[], None]
) -> None:
    """Take trials and learn them, until so many are over in all.

    Parameters
    ----------
    sweep
        The search.
    most
        How many trials there are to be.
    worker
        By which name others look for this process; see `presence`.
    split
        The training images, of which some are set aside to judge by.
    model
        What every trial begins from.
    heed
        Called after every stretch of images; what it raises ends the work, and the trial is given back.

    Raises
    ------
    ByhandError
        If the journal can no longer be read or written.
    """
    watch = Watch(sweep.folder / WORKERS)
    while (taken := sweep.take(most, worker, watch)) != "over":
        if taken == "wait":
            heed()
            sleep(WAITS)
            continue
        try:
            _learn(sweep, taken, split, model, heed)
        except KeyboardInterrupt:
            sweep.give_back(taken)
            raise


def _learn(sweep: Sweep, taken: Taken, split: Split, model: Model | None, heed: Callable[[], None]) -> None:
    """Learn a trial to its end, or until it is no longer worth it."""
    epochs, right, training = 0, 0, None
    patient = taken.recipe.patience is not None
    while True:
        try:
            training = training or Training(taken.recipe, split, model=model)
            record: Progress | Epoch | None = training.advance()
        except Diverged as error:
            sweep.finish(taken, "diverged", taken.outcome(epochs, 0, f"{error}".partition(":")[0]))
            return
        except (ByhandError, MemoryError) as error:  # Another recipe may do.
            said = str(error) if isinstance(error, ByhandError) else "the memory does not suffice."
            sweep.finish(taken, "failed", taken.outcome(epochs, 0, said))
            return
        heed()
        if record is None:
            sweep.finish(taken, "complete", taken.outcome(epochs, right))
            return
        if isinstance(record, Epoch):
            assert record.accuracy is not None
            now = round(record.accuracy * taken.recipe.validation)
            epochs, right = record.number, max(right, now) if patient else now  # of the network that is kept
            verdict = sweep.report(taken, record, record.accuracy)
            if verdict == "stop":
                sweep.finish(taken, "stopped", taken.outcome(epochs, right))
            if verdict != "go on":
                return
